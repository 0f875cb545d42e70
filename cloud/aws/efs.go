// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/efs/types"

	"demarc.dev/demarc/cloud"
)

func efsService() *service {
	return &service{
		name: "efs", kinds: []cloud.Kind{cloud.FileStore},
		actions: []string{"elasticfilesystem:DescribeFileSystemPolicy", "elasticfilesystem:DescribeFileSystems"},
		collect: collectEFS,
	}
}

func collectEFS(ctx context.Context, u *unit) error {
	c := efs.NewFromConfig(u.cfg)
	return pages(ctx, c.DescribeFileSystems, &efs.DescribeFileSystemsInput{}, func(page *efs.DescribeFileSystemsOutput) {
		seen := u.seen("elasticfilesystem:DescribeFileSystems", page.ResultMetadata)
		each(ctx, u, page.FileSystems, func(f types.FileSystemDescription) {
			r := u.resource(cloud.FileStore, "efs.file-system", aws.ToString(f.FileSystemArn), aws.ToString(f.Name), f, seen)
			tag(r, tagMap(f.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value }), nil)
			if r.Name == "" {
				r.Name = aws.ToString(f.FileSystemId)
			}
			fact(r, "encrypted", aws.ToBool(f.Encrypted), nil)
			u.protects(r, aws.ToString(f.KmsKeyId))
			policy, err := c.DescribeFileSystemPolicy(ctx, &efs.DescribeFileSystemPolicyInput{FileSystemId: f.FileSystemId})
			switch {
			case absent(err, "PolicyNotFound"):
				fact(r, "tls_only", false, nil)
			case err != nil:
				gap(r, err, "tls_only")
			default:
				u.permission(aws.ToString(policy.Policy), "elasticfilesystem:DescribeFileSystemPolicy").tlsOnly("elasticfilesystem", r.ID).into(r, "tls_only")
			}
			u.add(r)
		})
	})
}
