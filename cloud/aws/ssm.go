// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"demarc.dev/demarc/cloud"
)

func ssmService() *service {
	return &service{
		name: "ssm", completes: true, kinds: []cloud.Kind{cloud.Machine},
		actions: []string{"ssm:DescribeInstanceInformation", "ssm:DescribeInstancePatchStates"},
		collect: collectPatches,
	}
}

// collectPatches notes which machines patch management reaches and what they
// miss. It reads no parameter.
func collectPatches(ctx context.Context, u *unit) error {
	c := ssm.NewFromConfig(u.cfg)
	var ids []string
	if err := pages(ctx, c.DescribeInstanceInformation, &ssm.DescribeInstanceInformationInput{MaxResults: aws.Int32(50)}, func(page *ssm.DescribeInstanceInformationOutput) {
		for _, i := range page.InstanceInformationList {
			if i.PingStatus != types.PingStatusInactive {
				ids = append(ids, aws.ToString(i.InstanceId))
				u.note("managed", aws.ToString(i.InstanceId), nil)
			}
		}
	}); err != nil {
		return err
	}
	each(ctx, u, slices.Collect(slices.Chunk(ids, 50)), func(some []string) {
		err := pages(ctx, c.DescribeInstancePatchStates, &ssm.DescribeInstancePatchStatesInput{InstanceIds: some}, func(page *ssm.DescribeInstancePatchStatesOutput) {
			for _, s := range page.InstancePatchStates {
				missing := int64(aws.ToInt32(s.CriticalNonCompliantCount)) + int64(aws.ToInt32(s.SecurityNonCompliantCount))
				u.note("patch", aws.ToString(s.InstanceId), map[string]any{"missing": missing})
			}
		})
		if err != nil {
			g := gapOf(err)
			u.note("patch-gap", "", map[string]any{"reason": string(g.Reason), "call": g.Call, "detail": g.Detail})
		}
	})
	return nil
}
