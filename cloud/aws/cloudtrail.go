// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"demarc.dev/demarc/cloud"
)

func trailService() *service {
	return &service{
		name: "cloudtrail", kinds: []cloud.Kind{cloud.LogTrail},
		actions: []string{"cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus"},
		collect: collectTrails,
	}
}

func collectTrails(ctx context.Context, u *unit) error {
	c := cloudtrail.NewFromConfig(u.cfg)
	// Shadow trails too: the trail that covers this region may live in one that
	// is not read, or in the organisation's management account.
	out, err := c.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(true)})
	if err != nil {
		return err
	}
	seen := u.seen("cloudtrail:DescribeTrails", out.ResultMetadata)
	each(ctx, u, out.TrailList, func(t types.Trail) {
		home := aws.ToString(t.HomeRegion)
		if home != u.region && slices.Contains(u.regions, home) {
			return // its own region tells of it
		}
		u.trail(ctx, c, t, seen)
	})
	return nil
}

func (u *unit) trail(ctx context.Context, c *cloudtrail.Client, t types.Trail, seen cloud.Seen) {
	arn := aws.ToString(t.TrailARN)
	raw := map[string]any{"Trail": t}
	r := u.resource(cloud.LogTrail, "cloudtrail.trail", arn, aws.ToString(t.Name), nil, seen)
	if f := strings.Split(arn, ":"); len(f) > 5 {
		r.Region = f[3]
		if slices.Contains(u.ours, f[4]) { // else the management account's, seen from a member
			r.Account = f[4]
		}
	}
	fact(r, "multi_region", aws.ToBool(t.IsMultiRegionTrail), nil)
	fact(r, "validation", aws.ToBool(t.LogFileValidationEnabled), nil)
	fact(r, "organisation", aws.ToBool(t.IsOrganizationTrail), nil)
	fact(r, "customer_key", aws.ToString(t.KmsKeyId) != "", nil)
	u.protects(r, aws.ToString(t.KmsKeyId))
	bucket := aws.ToString(t.S3BucketName)
	fact(r, "store", bucket, nil)
	if bucket != "" {
		link(r, "logs-to", "arn:"+u.s.partition+":s3:::"+bucket)
	}
	link(r, "logs-to", strings.TrimSuffix(aws.ToString(t.CloudWatchLogsLogGroupArn), ":*"))
	status, err := c.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: t.TrailARN})
	logging, fault := false, ""
	if err == nil {
		logging, fault = aws.ToBool(status.IsLogging), aws.ToString(status.LatestDeliveryError)
		raw["Status"] = status
	} else {
		u.miss(err) // who asks whether a trail covers something must know
	}
	fact(r, "logging", logging, err)
	fact(r, "delivery_error", fault, err)
	events, err := c.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: t.TrailARN})
	var buckets []string
	if err == nil {
		raw["EventSelectors"] = map[string]any{"Basic": events.EventSelectors, "Advanced": events.AdvancedEventSelectors}
		buckets = dataBuckets(events)
	} else {
		u.miss(err)
	}
	fact(r, "management_events", err == nil && managementEvents(events), err)
	u.note("trail", arn, map[string]any{"bucket": bucket, "logging": logging, "home": aws.ToString(t.HomeRegion), "multi_region": aws.ToBool(t.IsMultiRegionTrail),
		"organisation": aws.ToBool(t.IsOrganizationTrail), "log_group": aws.ToString(t.CloudWatchLogsLogGroupArn), "data_buckets": stringList(buckets)})
	r.Raw = document(raw)
	u.add(r)
}

// managementEvents tells whether reads and writes of management are recorded.
func managementEvents(out *cloudtrail.GetEventSelectorsOutput) bool {
	for _, s := range out.EventSelectors {
		if aws.ToBool(s.IncludeManagementEvents) && s.ReadWriteType == types.ReadWriteTypeAll {
			return true
		}
	}
	return slices.ContainsFunc(out.AdvancedEventSelectors, func(s types.AdvancedEventSelector) bool {
		return fieldEquals(s, "eventCategory", "Management") && !hasField(s, "readOnly")
	})
}

// dataBuckets gives the beginnings of ARNs of objects whose reads and writes are
// recorded; "arn:aws:s3" covers all.
func dataBuckets(out *cloudtrail.GetEventSelectorsOutput) []string {
	var prefixes []string
	for _, s := range out.EventSelectors {
		if s.ReadWriteType != types.ReadWriteTypeAll {
			continue
		}
		for _, d := range s.DataResources {
			if aws.ToString(d.Type) == "AWS::S3::Object" {
				prefixes = append(prefixes, d.Values...)
			}
		}
	}
	for _, s := range out.AdvancedEventSelectors {
		if !fieldEquals(s, "eventCategory", "Data") || !fieldEquals(s, "resources.type", "AWS::S3::Object") || hasField(s, "readOnly") || hasField(s, "eventName") {
			continue
		}
		if !hasField(s, "resources.ARN") {
			prefixes = append(prefixes, "arn:aws:s3", "arn:aws-cn:s3", "arn:aws-us-gov:s3")
			continue
		}
		for _, f := range s.FieldSelectors {
			if aws.ToString(f.Field) == "resources.ARN" && len(f.NotEquals)+len(f.NotStartsWith)+len(f.NotEndsWith) == 0 {
				prefixes = append(prefixes, f.StartsWith...)
			}
		}
	}
	return prefixes
}

func hasField(s types.AdvancedEventSelector, name string) bool {
	return slices.ContainsFunc(s.FieldSelectors, func(f types.AdvancedFieldSelector) bool { return aws.ToString(f.Field) == name })
}

func fieldEquals(s types.AdvancedEventSelector, name, value string) bool {
	return slices.ContainsFunc(s.FieldSelectors, func(f types.AdvancedFieldSelector) bool {
		return aws.ToString(f.Field) == name && slices.Contains(f.Equals, value)
	})
}
