// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"demarc.dev/demarc/cloud"
)

// anywhere tells whether a range is the internet, or a half of it: two halves
// are how the whole is written to slip past a rule.
func anywhere(cidr string) bool {
	p, err := netip.ParsePrefix(cidr)
	return err == nil && p.Bits() <= 1
}

// packets is one rule as a check sees it.
type packets struct {
	direction string
	allow     bool
	protocol  string
	from, to  int64
	sources   []string
}

func (p packets) rule() map[string]any {
	return map[string]any{"direction": p.direction, "allow": p.allow, "protocol": p.protocol, "from_port": p.from, "to_port": p.to,
		"internet": slices.ContainsFunc(p.sources, anywhere), "sources": stringList(p.sources)}
}

// protocolOf gives a protocol by the provider's name or number; others than the
// common ones keep their number.
func protocolOf(name string) string {
	switch name {
	case "-1":
		return "all"
	case "6":
		return "tcp"
	case "17":
		return "udp"
	case "1", "58", "icmpv6":
		return "icmp"
	}
	return name
}

// portRange gives the ports that a rule covers: all of them without a limit,
// none for protocols without ports.
func portRange(protocol string, from, to *int32) (int64, int64) {
	switch {
	case protocol == "icmp":
		return 0, 0
	case protocol != "tcp" && protocol != "udp", from == nil, aws.ToInt32(from) == -1:
		return 0, 65535
	}
	return int64(*from), int64(aws.ToInt32(to))
}

func (r *ec2Reader) securityGroups(ctx context.Context) error {
	lists := map[string]prefixEntries{}
	list := paged(r.client.DescribeSecurityGroups, &ec2.DescribeSecurityGroupsInput{MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		seen := r.seen("ec2:DescribeSecurityGroups", page.ResultMetadata)
		for _, g := range page.SecurityGroups {
			id := aws.ToString(g.GroupId)
			f := r.resource(cloud.Firewall, "ec2.security-group", r.arn("ec2", "security-group/"+id), aws.ToString(g.GroupName), g, seen)
			tag(f, ec2Tags(g.Tags), nil)
			fact(f, "default", aws.ToString(g.GroupName) == "default", nil)
			fact(f, "stateless", false, nil)
			fact(f, "zone", zoneOf(f.Tags), nil)
			r.inNetwork(f, aws.ToString(g.VpcId))
			in, err := r.permissions(ctx, "in", g.IpPermissions, lists)
			out, errOut := r.permissions(ctx, "out", g.IpPermissionsEgress, lists)
			if err == nil {
				err = errOut
			}
			fact(f, "rules", append(in, out...), err)
			r.add(f)
		}
	}
	return nil
}

func (r *ec2Reader) inNetwork(f *cloud.Resource, vpc string) {
	network := ""
	if vpc != "" {
		network = r.arn("ec2", "vpc/"+vpc)
	}
	fact(f, "network", network, nil)
	link(f, "in-network", network)
}

// zoneOf gives the zone that tags declare.
func zoneOf(tags map[string]string) string { return tagged(tags, "zone", "tier") }

// prefixEntries are the entries of a prefix list, or why they are not known.
type prefixEntries struct {
	cidrs []string
	err   error
}

func (r *ec2Reader) permissions(ctx context.Context, direction string, list []types.IpPermission, lists map[string]prefixEntries) ([]any, error) {
	out := []any{}
	for _, p := range list {
		rule := packets{direction: direction, allow: true, protocol: protocolOf(aws.ToString(p.IpProtocol))}
		rule.from, rule.to = portRange(rule.protocol, p.FromPort, p.ToPort)
		for _, c := range p.IpRanges {
			rule.sources = appendText(rule.sources, c.CidrIp)
		}
		for _, c := range p.Ipv6Ranges {
			rule.sources = appendText(rule.sources, c.CidrIpv6)
		}
		for _, g := range p.UserIdGroupPairs {
			rule.sources = appendText(rule.sources, g.GroupId)
		}
		for _, l := range p.PrefixListIds {
			entries := r.prefixList(ctx, aws.ToString(l.PrefixListId), lists)
			if entries.err != nil {
				return nil, entries.err
			}
			rule.sources = append(rule.sources, entries.cidrs...)
		}
		out = append(out, rule.rule())
	}
	return out, nil
}

func (r *ec2Reader) prefixList(ctx context.Context, id string, known map[string]prefixEntries) prefixEntries {
	if p, ok := known[id]; ok {
		return p
	}
	var p prefixEntries
	list := paged(r.client.GetManagedPrefixListEntries, &ec2.GetManagedPrefixListEntriesInput{PrefixListId: &id})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			p.err = err
			break
		}
		for _, e := range page.Entries {
			p.cidrs = appendText(p.cidrs, e.Cidr)
		}
	}
	known[id] = p
	return p
}

func (r *ec2Reader) networkACLs(ctx context.Context) error {
	list := paged(r.client.DescribeNetworkAcls, &ec2.DescribeNetworkAclsInput{MaxResults: aws.Int32(500)})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		seen := r.seen("ec2:DescribeNetworkAcls", page.ResultMetadata)
		for _, a := range page.NetworkAcls {
			id := aws.ToString(a.NetworkAclId)
			f := r.resource(cloud.Firewall, "ec2.network-acl", r.arn("ec2", "network-acl/"+id), id, a, seen)
			tag(f, ec2Tags(a.Tags), nil)
			f.Name = nameOr(f.Tags, id)
			fact(f, "default", aws.ToBool(a.IsDefault), nil)
			fact(f, "stateless", true, nil)
			r.aclZone(f, a)
			for _, s := range a.Associations {
				r.nets.borders[aws.ToString(s.SubnetId)] = append(r.nets.borders[aws.ToString(s.SubnetId)], f.ID)
			}
			r.inNetwork(f, aws.ToString(a.VpcId))
			fact(f, "rules", aclRules(a.Entries), nil)
			r.add(f)
		}
	}
	return nil
}

// aclZone takes the zone from the list's own tags, else from its subnets' if
// they agree.
func (r *ec2Reader) aclZone(f *cloud.Resource, a types.NetworkAcl) {
	zone := zoneOf(f.Tags)
	if zone != "" {
		fact(f, "zone", zone, nil)
		return
	}
	for i, s := range a.Associations {
		subnet := aws.ToString(s.SubnetId)
		tags, known := r.nets.subnetTags[subnet]
		if !known && r.nets.subnetsUnread != nil {
			gap(f, r.nets.subnetsUnread, "zone")
			return
		}
		link(f, "guards", r.arn("ec2", "subnet/"+subnet))
		if z := zoneOf(tags); i == 0 {
			zone = z
		} else if z != zone {
			zone = ""
		}
	}
	fact(f, "zone", zone, nil)
}

// aclRules orders the entries as they are applied and leaves out those that an
// earlier one covers whole: they never decide.
func aclRules(entries []types.NetworkAclEntry) []any {
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b types.NetworkAclEntry) int {
		out := func(e types.NetworkAclEntry) int {
			if aws.ToBool(e.Egress) {
				return 1
			}
			return 0
		}
		return cmp.Or(out(a)-out(b), cmp.Compare(aws.ToInt32(a.RuleNumber), aws.ToInt32(b.RuleNumber)))
	})
	var kept []packets
	rules := []any{}
	for _, e := range entries {
		p := packets{direction: "in", allow: e.RuleAction == types.RuleActionAllow, protocol: protocolOf(aws.ToString(e.Protocol))}
		if aws.ToBool(e.Egress) {
			p.direction = "out"
		}
		var from, to *int32
		if e.PortRange != nil {
			from, to = e.PortRange.From, e.PortRange.To
		}
		p.from, p.to = portRange(p.protocol, from, to)
		p.sources = appendText(appendText(nil, e.CidrBlock), e.Ipv6CidrBlock)
		if slices.ContainsFunc(kept, p.coveredBy) {
			continue
		}
		kept = append(kept, p)
		rules = append(rules, p.rule())
	}
	return rules
}

func (p packets) coveredBy(earlier packets) bool {
	if p.direction != earlier.direction || earlier.protocol != "all" && (earlier.protocol != p.protocol || earlier.from > p.from || earlier.to < p.to) {
		return false
	}
	return !slices.ContainsFunc(p.sources, func(s string) bool {
		return !slices.ContainsFunc(earlier.sources, func(e string) bool { return contains(e, s) })
	})
}

func contains(outer, inner string) bool {
	o, err := netip.ParsePrefix(outer)
	i, err2 := netip.ParsePrefix(inner)
	return err == nil && err2 == nil && o.Addr().Is4() == i.Addr().Is4() && o.Bits() <= i.Bits() && o.Masked().Contains(i.Addr())
}
