// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"demarc.dev/demarc/cloud"
)

// stands tells where a balancer can be reached and what it hands on to: every
// target of its groups, whatever rule of a listener leads there.
func (b *balancers) stands(ctx context.Context, r *cloud.Resource, l types.LoadBalancer) {
	var subnets, groups []string
	for _, z := range l.AvailabilityZones {
		subnets = append(subnets, b.arn("ec2", "subnet/"+aws.ToString(z.SubnetId)))
	}
	for _, g := range l.SecurityGroups {
		groups = append(groups, b.arn("ec2", "security-group/"+g))
	}
	fact(r, "subnets", stringList(subnets), nil)
	fact(r, "firewalls", stringList(groups), nil)
	var targets []string
	err := pages(ctx, b.client.DescribeTargetGroups, &elb.DescribeTargetGroupsInput{LoadBalancerArn: l.LoadBalancerArn}, func(page *elb.DescribeTargetGroupsOutput) {
		for _, g := range page.TargetGroups {
			if g.TargetType == types.TargetTypeEnumLambda {
				continue // a function is no machine
			}
			health, err := b.client.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: g.TargetGroupArn})
			if err != nil {
				gap(r, err, "targets")
				continue
			}
			for _, t := range health.TargetHealthDescriptions {
				targets = appendTarget(targets, b, l, g, t.Target)
			}
		}
	})
	if _, unread := r.Gaps["targets"]; err != nil || !unread {
		fact(r, "targets", stringList(targets), err)
	}
}

// appendTarget adds "protocol port target". A network balancer may keep the
// sender's address.
func appendTarget(list []string, b *balancers, l types.LoadBalancer, g types.TargetGroup, t *types.TargetDescription) []string {
	if t == nil {
		return list
	}
	protocols := []string{"tcp"}
	switch g.Protocol {
	case types.ProtocolEnumUdp:
		protocols = []string{"udp"}
	case types.ProtocolEnumTcpUdp:
		protocols = []string{"tcp", "udp"}
	case types.ProtocolEnumGeneve:
		return list // an appliance looks at packets and hands them back
	}
	target := aws.ToString(t.Id)
	switch {
	case strings.HasPrefix(target, "i-"):
		target = b.arn("ec2", "instance/"+target)
	case g.TargetType == types.TargetTypeEnumIp:
		target = "ip " + aws.ToString(g.VpcId) + " " + target
	}
	port := t.Port
	if port == nil {
		port = g.Port
	}
	keeps := ""
	if l.Type == types.LoadBalancerTypeEnumNetwork {
		keeps = " keeps"
	}
	for _, p := range protocols {
		list = append(list, p+" "+portText(port)+" "+target+keeps)
	}
	return list
}
