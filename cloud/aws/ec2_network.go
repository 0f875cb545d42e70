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

// networks is what the things in a region must know of its networks.
type networks struct {
	subnetTags    map[string]map[string]string
	subnetsUnread error
	flowing       map[string]bool // network or subnet → an active flow log
	flowsUnread   error
	clocks        map[string][]string // DHCP options → time servers
	clocksUnread  error
	tables        []types.RouteTable
	tablesSeen    cloud.Seen
	tablesUnread  error
	borders       map[string][]string // subnet → network ACLs
	bordersUnread error
	gates         map[string]string // network → gateway to the internet
	gatesUnread   error
}

// networks reads networks, subnets, packet rules and what joins networks.
func (r *ec2Reader) networks(ctx context.Context) {
	r.nets = networks{subnetTags: map[string]map[string]string{}, flowing: map[string]bool{}, clocks: map[string][]string{},
		borders: map[string][]string{}, gates: map[string]string{}}
	r.nets.clocksUnread = r.timeServers(ctx)
	r.nets.flowsUnread = r.flowLogs(ctx)
	r.nets.tablesUnread = r.routeTables(ctx)
	subnets, seen, err := r.subnets(ctx)
	r.nets.subnetsUnread = err
	r.miss(err, cloud.Subnet)
	for _, s := range subnets {
		r.nets.subnetTags[aws.ToString(s.SubnetId)] = ec2Tags(s.Tags)
	}
	r.nets.bordersUnread = r.networkACLs(ctx)
	r.miss(r.nets.bordersUnread, cloud.Firewall)
	r.nets.gatesUnread = r.gateways(ctx)
	for _, s := range subnets {
		r.add(r.subnet(s, seen))
	}
	r.miss(r.nets.tablesUnread, cloud.RouteTable)
	r.tables(ctx, subnets)
	r.miss(r.vpcs(ctx, subnets), cloud.Network)
	r.miss(r.securityGroups(ctx), cloud.Firewall)
	r.miss(r.peerings(ctx), cloud.Interconnect)
	r.miss(r.transits(ctx), cloud.Interconnect)
	r.miss(r.transitTables(ctx), cloud.RouteTable)
}

func (r *ec2Reader) flowLogs(ctx context.Context) error {
	list := paged(r.client.DescribeFlowLogs, &ec2.DescribeFlowLogsInput{MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		for _, f := range page.FlowLogs {
			delivers := aws.ToString(f.FlowLogStatus) == "ACTIVE" && aws.ToString(f.DeliverLogsStatus) != "FAILED"
			if delivers && f.TrafficType != types.TrafficTypeAccept {
				r.nets.flowing[aws.ToString(f.ResourceId)] = true
			}
		}
	}
	return nil
}

// timeServers reads which time servers networks hand out.
func (r *ec2Reader) timeServers(ctx context.Context) error {
	list := paged(r.client.DescribeDhcpOptions, &ec2.DescribeDhcpOptionsInput{MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		for _, o := range page.DhcpOptions {
			for _, c := range o.DhcpConfigurations {
				if aws.ToString(c.Key) != "ntp-servers" {
					continue
				}
				id := aws.ToString(o.DhcpOptionsId)
				for _, v := range c.Values {
					r.nets.clocks[id] = appendText(r.nets.clocks[id], v.Value)
				}
			}
		}
	}
	return nil
}

func (r *ec2Reader) routeTables(ctx context.Context) error {
	list := paged(r.client.DescribeRouteTables, &ec2.DescribeRouteTablesInput{MaxResults: aws.Int32(100)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		r.nets.tables = append(r.nets.tables, page.RouteTables...)
		r.nets.tablesSeen = r.seen("ec2:DescribeRouteTables", page.ResultMetadata)
		for _, t := range page.RouteTables {
			for _, route := range t.Routes {
				for _, through := range []string{aws.ToString(route.VpcPeeringConnectionId), aws.ToString(route.TransitGatewayId)} {
					if through != "" && route.State != types.RouteStateBlackhole {
						r.note("route", through, nil)
					}
				}
			}
		}
	}
	return nil
}

func (r *ec2Reader) subnets(ctx context.Context) (all []types.Subnet, seen cloud.Seen, err error) {
	list := paged(r.client.DescribeSubnets, &ec2.DescribeSubnetsInput{MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return all, seen, err
		}
		seen = r.seen("ec2:DescribeSubnets", page.ResultMetadata)
		all = append(all, page.Subnets...)
	}
	return all, seen, nil
}

func (r *ec2Reader) subnet(s types.Subnet, seen cloud.Seen) *cloud.Resource {
	id, vpc := aws.ToString(s.SubnetId), aws.ToString(s.VpcId)
	d := r.resource(cloud.Subnet, "ec2.subnet", r.arn("ec2", "subnet/"+id), id, s, seen)
	tag(d, ec2Tags(s.Tags), nil)
	d.Name = nameOr(d.Tags, id)
	fact(d, "public", r.reachesInternet(id, vpc), r.nets.tablesUnread)
	fact(d, "auto_public_address", aws.ToBool(s.MapPublicIpOnLaunch), nil)
	fact(d, "network", r.arn("ec2", "vpc/"+vpc), nil)
	fact(d, "flow_log", r.nets.flowing[id] || r.nets.flowing[vpc], r.nets.flowsUnread)
	link(d, "in-network", r.arn("ec2", "vpc/"+vpc))
	ranges := appendText(nil, s.CidrBlock)
	for _, a := range s.Ipv6CidrBlockAssociationSet {
		ranges = appendText(ranges, a.Ipv6CidrBlock)
	}
	fact(d, "cidrs", stringList(ranges), nil)
	table := ""
	if t := r.tableOf(id, vpc); t != nil {
		table = r.arn("ec2", "route-table/"+aws.ToString(t.RouteTableId))
	}
	fact(d, "route_table", table, r.nets.tablesUnread)
	fact(d, "firewalls", stringList(r.nets.borders[id]), r.nets.bordersUnread)
	return d
}

// tableOf gives the subnet's own route table, else the network's main one.
func (r *ec2Reader) tableOf(subnet, vpc string) *types.RouteTable {
	var main *types.RouteTable
	for i, t := range r.nets.tables {
		for _, a := range t.Associations {
			if aws.ToString(a.SubnetId) == subnet {
				return &r.nets.tables[i]
			}
			if aws.ToBool(a.Main) && aws.ToString(t.VpcId) == vpc {
				main = &r.nets.tables[i]
			}
		}
	}
	return main
}

func (r *ec2Reader) reachesInternet(subnet, vpc string) bool {
	table := r.tableOf(subnet, vpc)
	return table != nil && opensInternet(*table)
}

func opensInternet(t types.RouteTable) bool {
	return slices.ContainsFunc(t.Routes, func(route types.Route) bool {
		wide := anywhere(aws.ToString(route.DestinationCidrBlock)) || anywhere(aws.ToString(route.DestinationIpv6CidrBlock))
		return wide && strings.HasPrefix(aws.ToString(route.GatewayId), "igw-") && route.State != types.RouteStateBlackhole
	})
}

func (r *ec2Reader) vpcs(ctx context.Context, subnets []types.Subnet) error {
	list := paged(r.client.DescribeVpcs, &ec2.DescribeVpcsInput{MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		seen := r.seen("ec2:DescribeVpcs", page.ResultMetadata)
		for _, v := range page.Vpcs {
			id := aws.ToString(v.VpcId)
			d := r.resource(cloud.Network, "ec2.vpc", r.arn("ec2", "vpc/"+id), id, v, seen)
			tag(d, ec2Tags(v.Tags), nil)
			d.Name = nameOr(d.Tags, id)
			r.note("network", id, map[string]any{"tenant": tagged(d.Tags, "tenant"), "stage": tagged(d.Tags, "stage", "env", "environment")})
			fact(d, "default", aws.ToBool(v.IsDefault), nil)
			if !aws.ToBool(v.IsDefault) {
				r.note("used", "network", nil)
			}
			fact(d, "flow_log", r.flowsAll(id, subnets), r.nets.flowsUnread)
			fact(d, "cidrs", vpcRanges(v), nil)
			fact(d, "internet_gateway", r.nets.gates[id], r.nets.gatesUnread)
			fact(d, "time_servers", stringList(r.nets.clocks[aws.ToString(v.DhcpOptionsId)]), r.nets.clocksUnread)
			r.add(d)
		}
	}
	return nil
}

// flowsAll tells whether a flow log covers the network, or each of its subnets.
func (r *ec2Reader) flowsAll(vpc string, subnets []types.Subnet) bool {
	if r.nets.flowing[vpc] {
		return true
	}
	some := false
	for _, s := range subnets {
		if aws.ToString(s.VpcId) == vpc {
			if some = r.nets.flowing[aws.ToString(s.SubnetId)]; !some {
				return false
			}
		}
	}
	return some
}

func vpcRanges(v types.Vpc) []any {
	ranges := appendText(nil, v.CidrBlock)
	for _, a := range v.CidrBlockAssociationSet {
		ranges = appendText(ranges, a.CidrBlock)
	}
	for _, a := range v.Ipv6CidrBlockAssociationSet {
		ranges = appendText(ranges, a.Ipv6CidrBlock)
	}
	return stringList(ranges)
}

// peerings reads peerings between networks, seen from this side.
func (r *ec2Reader) peerings(ctx context.Context) error {
	list := paged(r.client.DescribeVpcPeeringConnections, &ec2.DescribeVpcPeeringConnectionsInput{MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		seen := r.seen("ec2:DescribeVpcPeeringConnections", page.ResultMetadata)
		for _, p := range page.VpcPeeringConnections {
			if p.Status == nil || p.RequesterVpcInfo == nil || p.AccepterVpcInfo == nil || peeringGone(p.Status.Code) {
				continue
			}
			id, from := aws.ToString(p.VpcPeeringConnectionId), p.RequesterVpcInfo
			arn := "arn:" + r.s.partition + ":ec2:" + aws.ToString(from.Region) + ":" + aws.ToString(from.OwnerId) + ":vpc-peering-connection/" + id
			d := r.resource(cloud.Interconnect, "ec2.vpc-peering-connection", arn, id, p, seen)
			tag(d, ec2Tags(p.Tags), nil)
			d.Name = nameOr(d.Tags, id)
			fact(d, "active", p.Status.Code == types.VpcPeeringConnectionStateReasonCodeActive, nil)
			var ends []string
			for _, end := range []*types.VpcPeeringConnectionVpcInfo{from, p.AccepterVpcInfo} {
				ends = append(ends, aws.ToString(end.OwnerId)+" "+aws.ToString(end.VpcId))
				region := aws.ToString(end.Region)
				if region == "" {
					region = r.region
				}
				link(d, "joins", "arn:"+r.s.partition+":ec2:"+region+":"+aws.ToString(end.OwnerId)+":vpc/"+aws.ToString(end.VpcId))
			}
			// Groups are known across a peering within a region.
			fact(d, "references", aws.ToString(from.Region) == aws.ToString(p.AccepterVpcInfo.Region), nil)
			r.interconnect(d, id, ends)
		}
	}
	return nil
}

func peeringGone(code types.VpcPeeringConnectionStateReasonCode) bool {
	switch code {
	case types.VpcPeeringConnectionStateReasonCodeDeleted, types.VpcPeeringConnectionStateReasonCodeRejected,
		types.VpcPeeringConnectionStateReasonCodeExpired, types.VpcPeeringConnectionStateReasonCodeFailed:
		return true
	}
	return false
}

// interconnect leaves to the joins whose networks these are and, because the
// other side may be read too, whether a route leads through.
func (r *ec2Reader) interconnect(d *cloud.Resource, id string, ends []string) {
	d.Attributes["_networks"] = stringList(ends)
	d.Attributes["_id"] = id
	if r.nets.tablesUnread != nil {
		gap(d, r.nets.tablesUnread, "routed")
	}
	r.add(d)
}
