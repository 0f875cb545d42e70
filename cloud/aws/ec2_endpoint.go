// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"demarc.dev/demarc/cloud"
)

// endpoints reads the private ways to services.
func (r *ec2Reader) endpoints(ctx context.Context) error {
	list := paged(r.client.DescribeVpcEndpoints, &ec2.DescribeVpcEndpointsInput{MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		seen := r.seen("ec2:DescribeVpcEndpoints", page.ResultMetadata)
		for _, e := range page.VpcEndpoints {
			if e.State == types.StateDeleted || e.State == types.StateRejected || e.State == types.StateFailed {
				continue
			}
			id := aws.ToString(e.VpcEndpointId)
			d := r.resource(cloud.Endpoint, "ec2.vpc-endpoint", r.arn("ec2", "vpc-endpoint/"+id), id, e, seen)
			tag(d, ec2Tags(e.Tags), nil)
			d.Name = nameOr(d.Tags, id)
			link(d, "in-network", r.arn("ec2", "vpc/"+aws.ToString(e.VpcId)))
			fact(d, "service", aws.ToString(e.ServiceName), nil)
			fact(d, "offered", false, nil)
			var cards []string
			for _, n := range e.NetworkInterfaceIds {
				cards = append(cards, r.arn("ec2", "network-interface/"+n))
			}
			fact(d, "interfaces", stringList(cards), nil)
			fact(d, "balancers", stringList(nil), nil)
			r.add(d)
		}
	}
	return nil
}

// offered reads the services that the account offers to others' networks.
func (r *ec2Reader) offered(ctx context.Context) error {
	list := paged(r.client.DescribeVpcEndpointServiceConfigurations, &ec2.DescribeVpcEndpointServiceConfigurationsInput{MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		seen := r.seen("ec2:DescribeVpcEndpointServiceConfigurations", page.ResultMetadata)
		for _, s := range page.ServiceConfigurations {
			id := aws.ToString(s.ServiceId)
			d := r.resource(cloud.Endpoint, "ec2.vpc-endpoint-service", r.arn("ec2", "vpc-endpoint-service/"+id), id, s, seen)
			tag(d, ec2Tags(s.Tags), nil)
			d.Name = nameOr(d.Tags, id)
			fact(d, "service", aws.ToString(s.ServiceName), nil)
			fact(d, "offered", true, nil)
			fact(d, "interfaces", stringList(nil), nil)
			fact(d, "balancers", stringList(append(append([]string{}, s.NetworkLoadBalancerArns...), s.GatewayLoadBalancerArns...)), nil)
			r.add(d)
		}
	}
	return nil
}
