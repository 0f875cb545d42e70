// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"demarc.dev/demarc/cloud"
)

func secretsService() *service {
	return &service{
		name: "secretsmanager", kinds: []cloud.Kind{cloud.Secret},
		actions: []string{"secretsmanager:GetResourcePolicy", "secretsmanager:ListSecrets"},
		collect: collectSecrets,
	}
}

// collectSecrets reads what is told about secrets, never a secret.
func collectSecrets(ctx context.Context, u *unit) error {
	c := secretsmanager.NewFromConfig(u.cfg)
	return pages(ctx, c.ListSecrets, &secretsmanager.ListSecretsInput{MaxResults: aws.Int32(100)}, func(page *secretsmanager.ListSecretsOutput) {
		seen := u.seen("secretsmanager:ListSecrets", page.ResultMetadata)
		each(ctx, u, page.SecretList, func(s types.SecretListEntry) {
			r := u.resource(cloud.Secret, "secretsmanager.secret", aws.ToString(s.ARN), aws.ToString(s.Name), s, seen)
			tag(r, tagMap(s.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value }), nil)
			fact(r, "rotation", aws.ToBool(s.RotationEnabled), nil)
			changed := aws.ToTime(s.LastChangedDate)
			if s.LastChangedDate == nil {
				changed = aws.ToTime(s.CreatedDate)
			}
			fact(r, "changed", changed.UTC(), nil)
			u.protects(r, aws.ToString(s.KmsKeyId))
			policy, err := c.GetResourcePolicy(told(ctx, r), &secretsmanager.GetResourcePolicyInput{SecretId: s.ARN})
			if err != nil {
				gap(r, err, "public")
			} else {
				u.permission(aws.ToString(policy.ResourcePolicy), "secretsmanager:GetResourcePolicy").public().into(r, "public")
			}
			u.add(r)
		})
	})
}
