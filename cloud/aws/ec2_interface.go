// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"demarc.dev/demarc/cloud"
)

// interfaces reads the network interfaces of machines and of all else that
// stands in a network.
func (r *ec2Reader) interfaces(ctx context.Context) error {
	list := paged(r.client.DescribeNetworkInterfaces, &ec2.DescribeNetworkInterfacesInput{MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		seen := r.seen("ec2:DescribeNetworkInterfaces", page.ResultMetadata)
		for _, n := range page.NetworkInterfaces {
			r.add(r.card(n, seen))
		}
	}
	return nil
}

func (r *ec2Reader) card(n types.NetworkInterface, seen cloud.Seen) *cloud.Resource {
	id := aws.ToString(n.NetworkInterfaceId)
	d := r.resource(cloud.NetworkInterface, "ec2.network-interface", r.arn("ec2", "network-interface/"+id), id, n, seen)
	tag(d, ec2Tags(n.TagSet), nil)
	d.Name = nameOr(d.Tags, id)
	r.inNetwork(d, aws.ToString(n.VpcId))
	fact(d, "subnet", r.arn("ec2", "subnet/"+aws.ToString(n.SubnetId)), nil)
	link(d, "in-subnet", r.arn("ec2", "subnet/"+aws.ToString(n.SubnetId)))
	addresses := appendText(nil, n.PrivateIpAddress)
	public := ""
	if n.Association != nil {
		public = aws.ToString(n.Association.PublicIp)
	}
	for _, a := range n.PrivateIpAddresses {
		addresses = appendText(addresses, a.PrivateIpAddress)
		if a.Association != nil && public == "" {
			public = aws.ToString(a.Association.PublicIp)
		}
	}
	for _, a := range n.Ipv6Addresses {
		addresses = appendText(addresses, a.Ipv6Address)
	}
	fact(d, "addresses", stringList(addresses), nil)
	fact(d, "public_address", public, nil)
	var groups []string
	for _, g := range n.Groups {
		groups = append(groups, r.arn("ec2", "security-group/"+aws.ToString(g.GroupId)))
		link(d, "guarded-by", r.arn("ec2", "security-group/"+aws.ToString(g.GroupId)))
	}
	fact(d, "firewalls", stringList(groups), nil)
	kind, owner := r.owner(n)
	fact(d, "type", kind, nil)
	fact(d, "attached", owner, nil)
	link(d, "attached-to", owner)
	return d
}

// owner tells what made an interface and whose it is: a machine's is named by
// its attachment, a balancer's by the words that the provider describes it with.
func (r *ec2Reader) owner(n types.NetworkInterface) (kind, owner string) {
	says := aws.ToString(n.Description)
	switch {
	case n.Attachment != nil && aws.ToString(n.Attachment.InstanceId) != "":
		return "interface", r.arn("ec2", "instance/"+*n.Attachment.InstanceId)
	case strings.HasPrefix(says, "ELB app/"), strings.HasPrefix(says, "ELB net/"), strings.HasPrefix(says, "ELB gwy/"):
		return "balancer", r.arn("elasticloadbalancing", "loadbalancer/"+strings.TrimPrefix(says, "ELB "))
	case strings.HasPrefix(says, "ELB "):
		return "balancer", ""
	case says == "RDSNetworkInterface":
		return "database", ""
	case n.InterfaceType == types.NetworkInterfaceTypeNatGateway:
		return "translation", ""
	case n.InterfaceType == types.NetworkInterfaceTypeVpcEndpoint:
		return "endpoint", ""
	case n.InterfaceType == types.NetworkInterfaceTypeTransitGateway:
		return "transit", ""
	case n.InterfaceType == "":
		return "interface", ""
	}
	return string(n.InterfaceType), ""
}
