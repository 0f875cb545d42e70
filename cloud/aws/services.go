// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"

	"demarc.dev/demarc/cloud"
)

// service is one cloud service: what it is asked and what that needs.
type service struct {
	name   string // as in the option Services, spool and gaps
	global bool   // asked once an account, not in each region
	// completes tells that it lists nothing itself and tells more of what other
	// services list.
	completes bool
	kinds     []cloud.Kind // what its failure leaves incomplete
	actions   []string     // IAM actions that collect needs
	collect   func(context.Context, *unit) error
}

// services is the table; the longest come first.
func services() []*service {
	return []*service{
		s3Service(),
		iamService(),
		ec2Service(),
		logsService(),
		rdsService(),
		lambdaService(),
		kmsService(),
		trailService(),
		alarmService(),
		snsService(),
		sqsService(),
		backupService(),
		elbService(),
		secretsService(),
		dynamoService(),
		efsService(),
		cacheService(),
		acmService(),
		eksService(),
		ecrService(),
		scalingService(),
		ssmService(),
		configService(),
		guardService(),
		hubService(),
		inspectorService(),
		analyzerService(),
		ssoService(),
		organizationService(),
		accountService(),
	}
}
