// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"

	"demarc.dev/demarc/cloud"
)

func cacheService() *service {
	return &service{
		name: "elasticache", kinds: []cloud.Kind{cloud.Cache},
		actions: []string{"elasticache:DescribeCacheClusters", "elasticache:DescribeReplicationGroups", "elasticache:ListTagsForResource"},
		collect: collectCaches,
	}
}

func collectCaches(ctx context.Context, u *unit) error {
	c := elasticache.NewFromConfig(u.cfg)
	u.miss(pages(ctx, c.DescribeReplicationGroups, &elasticache.DescribeReplicationGroupsInput{}, func(page *elasticache.DescribeReplicationGroupsOutput) {
		seen := u.seen("elasticache:DescribeReplicationGroups", page.ResultMetadata)
		each(ctx, u, page.ReplicationGroups, func(g types.ReplicationGroup) {
			r := u.resource(cloud.Cache, "elasticache.replication-group", aws.ToString(g.ARN), aws.ToString(g.ReplicationGroupId), g, seen)
			fact(r, "encrypted", aws.ToBool(g.AtRestEncryptionEnabled), nil)
			fact(r, "tls_required", aws.ToBool(g.TransitEncryptionEnabled) && g.TransitEncryptionMode != types.TransitEncryptionModePreferred, nil)
			fact(r, "auth", aws.ToBool(g.AuthTokenEnabled) || len(g.UserGroupIds) > 0, nil)
			u.protects(r, aws.ToString(g.KmsKeyId))
			u.cacheTags(ctx, c, r)
			u.add(r)
		})
	}))
	return pages(ctx, c.DescribeCacheClusters, &elasticache.DescribeCacheClustersInput{}, func(page *elasticache.DescribeCacheClustersOutput) {
		seen := u.seen("elasticache:DescribeCacheClusters", page.ResultMetadata)
		each(ctx, u, page.CacheClusters, func(k types.CacheCluster) {
			if aws.ToString(k.ReplicationGroupId) != "" {
				return // the group tells of it
			}
			r := u.resource(cloud.Cache, "elasticache.cluster", aws.ToString(k.ARN), aws.ToString(k.CacheClusterId), k, seen)
			fact(r, "encrypted", aws.ToBool(k.AtRestEncryptionEnabled), nil)
			fact(r, "tls_required", aws.ToBool(k.TransitEncryptionEnabled) && k.TransitEncryptionMode != types.TransitEncryptionModePreferred, nil)
			fact(r, "auth", aws.ToBool(k.AuthTokenEnabled), nil)
			u.cacheTags(ctx, c, r)
			u.add(r)
		})
	})
}

func (u *unit) cacheTags(ctx context.Context, c *elasticache.Client, r *cloud.Resource) {
	out, err := c.ListTagsForResource(ctx, &elasticache.ListTagsForResourceInput{ResourceName: &r.ID})
	if err != nil {
		tag(r, nil, err)
		return
	}
	tag(r, tagMap(out.TagList, func(t types.Tag) (*string, *string) { return t.Key, t.Value }), nil)
}
