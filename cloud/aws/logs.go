// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	tagtypes "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"

	"demarc.dev/demarc/cloud"
)

func logsService() *service {
	return &service{
		name: "logs", kinds: []cloud.Kind{cloud.LogStore},
		actions: []string{"logs:DescribeLogGroups", "logs:DescribeMetricFilters", "tag:GetResources"},
		collect: collectLogs,
	}
}

func collectLogs(ctx context.Context, u *unit) error {
	c := cloudwatchlogs.NewFromConfig(u.cfg)
	// One call tells the tags of a hundred groups; a call for each would take
	// hours where there are hundreds of thousands.
	tags := map[string]map[string]string{}
	client := resourcegroupstaggingapi.NewFromConfig(u.cfg)
	untagged := pages(ctx, client.GetResources, &resourcegroupstaggingapi.GetResourcesInput{
		ResourceTypeFilters: []string{"logs:log-group"}, ResourcesPerPage: aws.Int32(100)}, func(page *resourcegroupstaggingapi.GetResourcesOutput) {
		for _, m := range page.ResourceTagMappingList {
			tags[strings.TrimSuffix(aws.ToString(m.ResourceARN), ":*")] = tagMap(m.Tags, func(t tagtypes.Tag) (*string, *string) { return t.Key, t.Value })
		}
	})
	err := pages(ctx, c.DescribeLogGroups, &cloudwatchlogs.DescribeLogGroupsInput{Limit: aws.Int32(50)}, func(page *cloudwatchlogs.DescribeLogGroupsOutput) {
		seen := u.seen("logs:DescribeLogGroups", page.ResultMetadata)
		for _, g := range page.LogGroups {
			name := aws.ToString(g.LogGroupName)
			r := u.resource(cloud.LogStore, "logs.log-group", u.arn("logs", "log-group:"+name), name, g, seen)
			tag(r, tags[r.ID], untagged)
			fact(r, "retention_days", int64(aws.ToInt32(g.RetentionInDays)), nil)
			u.protects(r, aws.ToString(g.KmsKeyId))
			u.add(r)
		}
	})
	if err != nil {
		return err
	}
	return pages(ctx, c.DescribeMetricFilters, &cloudwatchlogs.DescribeMetricFiltersInput{}, func(page *cloudwatchlogs.DescribeMetricFiltersOutput) {
		for _, f := range page.MetricFilters {
			events := eventsOf(aws.ToString(f.FilterPattern))
			if len(events) == 0 {
				continue
			}
			for _, m := range f.MetricTransformations {
				group := aws.ToString(f.LogGroupName)
				u.note("metric-filter", group+" "+aws.ToString(f.FilterName)+" "+aws.ToString(m.MetricName), map[string]any{
					"group": u.arn("logs", "log-group:"+group), "namespace": aws.ToString(m.MetricNamespace), "metric": aws.ToString(m.MetricName), "events": stringList(events)})
			}
		}
	})
}

var (
	rootUse      = regexp.MustCompile(`\$\.userIdentity\.type\s*=\s*"?Root"?`)
	failedSignIn = regexp.MustCompile(`\$\.errorMessage\s*=\s*"?Failed authentication"?|\$\.responseElements\.ConsoleLogin\s*=\s*"?Failure"?`)
)

// eventsOf tells which of the events that matter a pattern counts.
func eventsOf(pattern string) []string {
	var out []string
	if failedSignIn.MatchString(pattern) {
		out = append(out, "failed-sign-in")
	}
	if rootUse.MatchString(pattern) {
		out = append(out, "root-use")
	}
	return out
}
