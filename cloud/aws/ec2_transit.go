// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"demarc.dev/demarc/cloud"
)

// transits reads transit gateways by the networks that are attached to them.
func (r *ec2Reader) transits(ctx context.Context) error {
	gateways := map[string]*cloud.Resource{}
	ends := map[string][]string{}
	up := map[string]int{}
	list := paged(r.client.DescribeTransitGatewayAttachments, &ec2.DescribeTransitGatewayAttachmentsInput{MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		seen := r.seen("ec2:DescribeTransitGatewayAttachments", page.ResultMetadata)
		for _, a := range page.TransitGatewayAttachments {
			id, owner := aws.ToString(a.TransitGatewayId), aws.ToString(a.TransitGatewayOwnerId)
			if a.ResourceType != types.TransitGatewayAttachmentResourceTypeVpc || a.State == types.TransitGatewayAttachmentStateDeleted || id == "" {
				continue
			}
			if owner == "" {
				owner = r.account
			}
			d := gateways[id]
			if d == nil {
				d = r.resource(cloud.Interconnect, "ec2.transit-gateway", "arn:"+r.s.partition+":ec2:"+r.region+":"+owner+":transit-gateway/"+id, id, nil, seen)
				gateways[id] = d
			}
			ends[id] = append(ends[id], aws.ToString(a.ResourceOwnerId)+" "+aws.ToString(a.ResourceId))
			link(d, "joins", "arn:"+r.s.partition+":ec2:"+r.region+":"+aws.ToString(a.ResourceOwnerId)+":vpc/"+aws.ToString(a.ResourceId))
			if a.State == types.TransitGatewayAttachmentStateAvailable {
				up[id]++
			}
		}
	}
	knows, unread := r.references(ctx)
	for id, d := range gateways {
		fact(d, "active", up[id] > 0, nil)
		fact(d, "references", knows[id], unread)
		r.interconnect(d, id, ends[id])
	}
	return nil
}

// references tells which transit gateways know groups across them.
func (r *ec2Reader) references(ctx context.Context) (map[string]bool, error) {
	out := map[string]bool{}
	list := paged(r.client.DescribeTransitGateways, &ec2.DescribeTransitGatewaysInput{MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return nil, err
		}
		for _, g := range page.TransitGateways {
			if g.Options != nil {
				out[aws.ToString(g.TransitGatewayId)] = g.Options.SecurityGroupReferencingSupport == types.SecurityGroupReferencingSupportValueEnable
			}
		}
	}
	return out, nil
}

// transitTables reads the tables of transit gateways. Only the owner's account
// sees them.
func (r *ec2Reader) transitTables(ctx context.Context) error {
	list := paged(r.client.DescribeTransitGatewayRouteTables, &ec2.DescribeTransitGatewayRouteTablesInput{MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		seen := r.seen("ec2:DescribeTransitGatewayRouteTables", page.ResultMetadata)
		for _, t := range page.TransitGatewayRouteTables {
			if t.State == types.TransitGatewayRouteTableStateDeleted || t.State == types.TransitGatewayRouteTableStateDeleting {
				continue
			}
			id := aws.ToString(t.TransitGatewayRouteTableId)
			d := r.resource(cloud.RouteTable, "ec2.transit-gateway-route-table", r.arn("ec2", "transit-gateway-route-table/"+id), id, t, seen)
			tag(d, ec2Tags(t.Tags), nil)
			d.Name = nameOr(d.Tags, id)
			transit := r.arn("ec2", "transit-gateway/"+aws.ToString(t.TransitGatewayId))
			link(d, "part-of", transit)
			fact(d, "network", "", nil)
			fact(d, "transit", transit, nil)
			users, err := r.transitUsers(ctx, id)
			fact(d, "users", stringList(users), err)
			routes, err := r.transitRoutes(ctx, id)
			fact(d, "routes", stringList(routes), err)
			r.add(d)
		}
	}
	return nil
}

// transitUsers gives what asks a table: networks, and other attachments by their
// own ids.
func (r *ec2Reader) transitUsers(ctx context.Context, table string) ([]string, error) {
	var users []string
	list := paged(r.client.GetTransitGatewayRouteTableAssociations, &ec2.GetTransitGatewayRouteTableAssociationsInput{TransitGatewayRouteTableId: &table, MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return nil, err
		}
		for _, a := range page.Associations {
			if a.State == types.TransitGatewayAssociationStateAssociated {
				users = appendText(users, a.ResourceId)
			}
		}
	}
	return users, nil
}

// transitRoutes gives the routes of a table. The call has no pages: it says that
// there are more than it gives.
func (r *ec2Reader) transitRoutes(ctx context.Context, table string) ([]string, error) {
	out, err := r.client.SearchTransitGatewayRoutes(ctx, &ec2.SearchTransitGatewayRoutesInput{TransitGatewayRouteTableId: &table,
		Filters: []types.Filter{{Name: aws.String("state"), Values: []string{"active", "blackhole"}}}})
	if err != nil {
		return nil, err
	}
	if aws.ToBool(out.AdditionalRoutesAvailable) {
		return nil, missing(cloud.NotCollected, "ec2:SearchTransitGatewayRoutes", "the table has more routes than the call gives")
	}
	var routes []string
	for _, route := range out.Routes {
		ways, err := transitWays(route)
		if err != nil {
			return nil, err
		}
		routes = append(routes, ways...)
	}
	return routes, nil
}

// transitWays gives a route as range, way and target, once for each attachment
// that it leads to. An active route that names none leads nobody knows where.
func transitWays(route types.TransitGatewayRoute) ([]string, error) {
	to := aws.ToString(route.DestinationCidrBlock)
	switch {
	case to == "":
		return nil, missing(cloud.Unsupported, "ec2:SearchTransitGatewayRoutes", "a route leads to a prefix list, which is not followed")
	case route.State == types.TransitGatewayRouteStateBlackhole:
		return []string{to + " drop -"}, nil
	case len(route.TransitGatewayAttachments) == 0:
		return []string{to + " through -"}, nil
	}
	var out []string
	for _, a := range route.TransitGatewayAttachments {
		id := aws.ToString(a.ResourceId)
		switch {
		case a.ResourceType == types.TransitGatewayAttachmentResourceTypeVpc:
			out = append(out, to+" attached "+id)
		case a.ResourceType == types.TransitGatewayAttachmentResourceTypeVpn, a.ResourceType == types.TransitGatewayAttachmentResourceTypeDirectConnectGateway:
			out = append(out, to+" elsewhere "+id)
		default:
			out = append(out, to+" through "+aws.ToString(a.TransitGatewayAttachmentId))
		}
	}
	return out, nil
}
