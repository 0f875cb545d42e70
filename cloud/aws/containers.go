// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"

	"demarc.dev/demarc/cloud"
)

func eksService() *service {
	return &service{
		name: "eks", kinds: []cloud.Kind{cloud.Cluster},
		actions: []string{"eks:DescribeCluster", "eks:ListClusters"},
		collect: collectClusters,
	}
}

func collectClusters(ctx context.Context, u *unit) error {
	c := eks.NewFromConfig(u.cfg)
	return pages(ctx, c.ListClusters, &eks.ListClustersInput{}, func(page *eks.ListClustersOutput) {
		each(ctx, u, page.Clusters, func(name string) {
			out, err := c.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &name})
			if err == nil && out.Cluster == nil {
				err = orElse(nil, "eks:DescribeCluster")
			}
			if err != nil {
				u.miss(err)
				return
			}
			k := out.Cluster
			r := u.resource(cloud.Cluster, "eks.cluster", aws.ToString(k.Arn), name, k, u.seen("eks:DescribeCluster", out.ResultMetadata))
			tag(r, k.Tags, nil)
			fact(r, "version", aws.ToString(k.Version), nil)
			if v := k.ResourcesVpcConfig; v == nil {
				gap(r, orElse(nil, "eks:DescribeCluster"), "endpoint_open")
			} else {
				fact(r, "endpoint_open", v.EndpointPublicAccess && (len(v.PublicAccessCidrs) == 0 || slices.ContainsFunc(v.PublicAccessCidrs, anywhere)), nil)
			}
			fact(r, "audit_log", k.Logging != nil && slices.ContainsFunc(k.Logging.ClusterLogging, func(l ekstypes.LogSetup) bool {
				return aws.ToBool(l.Enabled) && slices.Contains(l.Types, ekstypes.LogTypeAudit)
			}), nil)
			key := ""
			for _, e := range k.EncryptionConfig { // of secrets: a cluster can name nothing else
				if e.Provider != nil {
					key = aws.ToString(e.Provider.KeyArn)
				}
			}
			fact(r, "secrets_encrypted", key != "", nil)
			u.protects(r, key)
			u.add(r)
		})
	})
}

func ecrService() *service {
	return &service{
		name: "ecr", kinds: []cloud.Kind{cloud.Registry},
		actions: []string{"ecr:DescribeRepositories", "ecr:GetRegistryScanningConfiguration", "ecr:GetRepositoryPolicy", "ecr:ListTagsForResource"},
		collect: collectRegistries,
	}
}

func collectRegistries(ctx context.Context, u *unit) error {
	c := ecr.NewFromConfig(u.cfg)
	scanning, unread := c.GetRegistryScanningConfiguration(ctx, &ecr.GetRegistryScanningConfigurationInput{})
	return pages(ctx, c.DescribeRepositories, &ecr.DescribeRepositoriesInput{}, func(page *ecr.DescribeRepositoriesOutput) {
		seen := u.seen("ecr:DescribeRepositories", page.ResultMetadata)
		each(ctx, u, page.Repositories, func(d ecrtypes.Repository) {
			name := aws.ToString(d.RepositoryName)
			raw := map[string]any{"Repository": d}
			r := u.resource(cloud.Registry, "ecr.repository", aws.ToString(d.RepositoryArn), name, nil, seen)
			ctx := told(ctx, r)
			own := tri{yes: d.ImageScanningConfiguration != nil && d.ImageScanningConfiguration.ScanOnPush}
			whole := tri{err: unread}
			if unread == nil {
				whole = tri{yes: scansOnPush(scanning.ScanningConfiguration, name)}
			}
			either(own, whole).into(r, "scan_on_push")
			fact(r, "immutable_tags", d.ImageTagMutability == ecrtypes.ImageTagMutabilityImmutable, nil)
			if d.EncryptionConfiguration != nil {
				u.protects(r, aws.ToString(d.EncryptionConfiguration.KmsKey))
			}
			policy, err := c.GetRepositoryPolicy(ctx, &ecr.GetRepositoryPolicyInput{RepositoryName: d.RepositoryName})
			switch {
			case absent(err, "RepositoryPolicyNotFoundException"):
				fact(r, "public", false, nil)
			case err != nil:
				gap(r, err, "public")
			default:
				raw["Policy"] = policy.PolicyText
				u.permission(aws.ToString(policy.PolicyText), "ecr:GetRepositoryPolicy").public().into(r, "public")
			}
			tags, err := c.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{ResourceArn: d.RepositoryArn})
			if err != nil {
				tag(r, nil, err)
			} else {
				tag(r, tagMap(tags.Tags, func(t ecrtypes.Tag) (*string, *string) { return t.Key, t.Value }), nil)
			}
			r.Raw = document(raw)
			u.add(r)
		})
	})
}

// scansOnPush tells whether a rule over the whole registry covers a repository.
func scansOnPush(c *ecrtypes.RegistryScanningConfiguration, name string) bool {
	return c != nil && slices.ContainsFunc(c.Rules, func(rule ecrtypes.RegistryScanningRule) bool {
		return rule.ScanFrequency != ecrtypes.ScanFrequencyManual && slices.ContainsFunc(rule.RepositoryFilters, func(f ecrtypes.ScanningRepositoryFilter) bool {
			pattern := aws.ToString(f.Filter)
			if !strings.Contains(pattern, "*") {
				return strings.Contains(name, pattern)
			}
			return wild(pattern, name)
		})
	})
}
