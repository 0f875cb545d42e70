// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"demarc.dev/demarc/cloud"
)

// gateways reads which networks have a gateway to the internet.
func (r *ec2Reader) gateways(ctx context.Context) error {
	list := paged(r.client.DescribeInternetGateways, &ec2.DescribeInternetGatewaysInput{MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		for _, g := range page.InternetGateways {
			for _, a := range g.Attachments {
				if a.State != types.AttachmentStatusDetached && a.State != types.AttachmentStatusDetaching {
					r.nets.gates[aws.ToString(a.VpcId)] = aws.ToString(g.InternetGatewayId)
				}
			}
		}
	}
	return nil
}

// tables tells of the route tables that were read before the subnets.
func (r *ec2Reader) tables(ctx context.Context, subnets []types.Subnet) {
	users := map[string][]string{}
	for _, s := range subnets {
		if t := r.tableOf(aws.ToString(s.SubnetId), aws.ToString(s.VpcId)); t != nil {
			users[aws.ToString(t.RouteTableId)] = append(users[aws.ToString(t.RouteTableId)], r.arn("ec2", "subnet/"+aws.ToString(s.SubnetId)))
		}
	}
	lists := map[string]prefixEntries{}
	for _, t := range r.nets.tables {
		id := aws.ToString(t.RouteTableId)
		d := r.resource(cloud.RouteTable, "ec2.route-table", r.arn("ec2", "route-table/"+id), id, t, r.nets.tablesSeen)
		tag(d, ec2Tags(t.Tags), nil)
		d.Name = nameOr(d.Tags, id)
		r.inNetwork(d, aws.ToString(t.VpcId))
		fact(d, "transit", "", nil)
		fact(d, "users", stringList(users[id]), r.nets.subnetsUnread)
		routes, err := r.routesOf(ctx, t, lists)
		fact(d, "routes", stringList(routes), err)
		r.add(d)
	}
}

// routesOf gives each route as range, way and target. Of two routes to one range
// a static one stands before one that a gateway propagates.
func (r *ec2Reader) routesOf(ctx context.Context, t types.RouteTable, lists map[string]prefixEntries) ([]string, error) {
	fixed := map[string]bool{}
	order := slices.Clone(t.Routes)
	slices.SortStableFunc(order, func(a, b types.Route) int { return propagated(a) - propagated(b) })
	var out []string
	for _, route := range order {
		ranges := appendText(appendText(nil, route.DestinationCidrBlock), route.DestinationIpv6CidrBlock)
		if list := aws.ToString(route.DestinationPrefixListId); list != "" {
			if strings.HasPrefix(aws.ToString(route.GatewayId), "vpce-") {
				continue // to a service of the provider's, by its public addresses
			}
			entries := r.prefixList(ctx, list, lists)
			if entries.err != nil {
				return nil, entries.err
			}
			ranges = append(ranges, entries.cidrs...)
		}
		for _, to := range ranges {
			if !fixed[to] {
				fixed[to] = true
				out = append(out, to+" "+wayOf(route))
			}
		}
	}
	return out, nil
}

func propagated(r types.Route) int {
	if r.Origin == types.RouteOriginEnableVgwRoutePropagation {
		return 1
	}
	return 0
}

// wayOf gives the way and the target of a route.
func wayOf(r types.Route) string {
	gateway := aws.ToString(r.GatewayId)
	first := func(texts ...*string) string {
		for _, t := range texts {
			if aws.ToString(t) != "" {
				return *t
			}
		}
		return ""
	}
	switch {
	case r.State == types.RouteStateBlackhole:
		return "drop -"
	case gateway == "local":
		return "local -"
	case first(r.VpcPeeringConnectionId, r.TransitGatewayId) != "":
		return "through " + first(r.VpcPeeringConnectionId, r.TransitGatewayId)
	case strings.HasPrefix(gateway, "igw-"):
		return "internet " + gateway
	case first(r.NatGatewayId, r.EgressOnlyInternetGatewayId) != "":
		return "outward " + first(r.NatGatewayId, r.EgressOnlyInternetGatewayId)
	case strings.HasPrefix(gateway, "vgw-"), first(r.LocalGatewayId, r.CarrierGatewayId) != "":
		return "elsewhere " + first(r.GatewayId, r.LocalGatewayId, r.CarrierGatewayId)
	case strings.HasPrefix(gateway, "vpce-"), first(r.InstanceId, r.NetworkInterfaceId) != "":
		return "appliance " + first(r.GatewayId, r.NetworkInterfaceId, r.InstanceId)
	case aws.ToString(r.CoreNetworkArn) != "":
		return "through " + *r.CoreNetworkArn
	}
	return "appliance -" // of a kind that is not known here: nobody knows where it leads
}
