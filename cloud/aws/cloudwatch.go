// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"

	"demarc.dev/demarc/cloud"
)

func alarmService() *service {
	return &service{
		name: "cloudwatch", kinds: []cloud.Kind{cloud.Alarm},
		actions: []string{"cloudwatch:DescribeAlarms"},
		collect: collectAlarms,
	}
}

// alarmClient speaks the service's older protocol, which AWS answers as well as
// the SDK's choice of CBOR, and which emulators know: so what the tests prove is
// what real accounts are asked.
func alarmClient(cfg aws.Config) *cloudwatch.Client {
	return cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) { o.Protocol = awsquery.New(schemas.GraniteServiceVersion20100801) })
}

func collectAlarms(ctx context.Context, u *unit) error {
	c := alarmClient(u.cfg)
	return pages(ctx, c.DescribeAlarms, &cloudwatch.DescribeAlarmsInput{AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm}}, func(page *cloudwatch.DescribeAlarmsOutput) {
		seen := u.seen("cloudwatch:DescribeAlarms", page.ResultMetadata)
		for _, a := range page.MetricAlarms {
			r := u.resource(cloud.Alarm, "cloudwatch.alarm", aws.ToString(a.AlarmArn), aws.ToString(a.AlarmName), a, seen)
			metric, namespace := aws.ToString(a.MetricName), aws.ToString(a.Namespace)
			dimensions := a.Dimensions
			for _, q := range a.Metrics { // an expression over metrics: the first that is one
				if metric == "" && q.MetricStat != nil && q.MetricStat.Metric != nil {
					metric, namespace = aws.ToString(q.MetricStat.Metric.MetricName), aws.ToString(q.MetricStat.Metric.Namespace)
					dimensions = q.MetricStat.Metric.Dimensions
				}
			}
			fact(r, "metric", metric, nil)
			fact(r, "enabled", aws.ToBool(a.ActionsEnabled), nil)
			r.Attributes["_namespace"], r.Attributes["_actions"] = namespace, stringList(a.AlarmActions)
			if !strings.HasPrefix(namespace, "AWS/") { // the metric of a filter over logs
				u.note("alarm", aws.ToString(a.AlarmName), map[string]any{"namespace": namespace, "metric": metric, "enabled": aws.ToBool(a.ActionsEnabled), "actions": stringList(a.AlarmActions)})
			}
			for _, d := range dimensions {
				if aws.ToString(d.Name) == "AutoScalingGroupName" {
					u.note("group-alarm", aws.ToString(d.Value), nil)
				}
			}
			for _, action := range a.AlarmActions {
				if strings.HasPrefix(action, "arn:") {
					link(r, "notifies", action)
				}
			}
			u.add(r)
		}
	})
}

func scalingService() *service {
	return &service{
		name: "autoscaling", kinds: []cloud.Kind{cloud.MachineGroup},
		actions: []string{"autoscaling:DescribeAutoScalingGroups"},
		collect: collectGroups,
	}
}

func collectGroups(ctx context.Context, u *unit) error {
	c := autoscaling.NewFromConfig(u.cfg)
	return pages(ctx, c.DescribeAutoScalingGroups, &autoscaling.DescribeAutoScalingGroupsInput{MaxRecords: aws.Int32(100)}, func(page *autoscaling.DescribeAutoScalingGroupsOutput) {
		seen := u.seen("autoscaling:DescribeAutoScalingGroups", page.ResultMetadata)
		for _, g := range page.AutoScalingGroups {
			r := u.resource(cloud.MachineGroup, "autoscaling.group", aws.ToString(g.AutoScalingGroupARN), aws.ToString(g.AutoScalingGroupName), g, seen)
			tag(r, tagMap(g.Tags, func(t scalingtypes.TagDescription) (*string, *string) { return t.Key, t.Value }), nil)
			fact(r, "minimum", int64(aws.ToInt32(g.MinSize)), nil)
			fact(r, "maximum", int64(aws.ToInt32(g.MaxSize)), nil)
			fact(r, "zones", int64(len(g.AvailabilityZones)), nil)
			u.add(r)
		}
	})
}
