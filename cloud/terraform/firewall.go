// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// packet is a rule as the kinds know it.
type packet struct {
	in, allow bool
	protocol  string
	from, to  int64
	sources   []string
	number    int64 // of an ordered list
}

func (p packet) fact() map[string]any {
	direction := "out"
	if p.in {
		direction = "in"
	}
	internet := slices.ContainsFunc(p.sources, everywhere)
	list, _ := stringList(slices.Clone(p.sources)).value.([]any)
	return map[string]any{"direction": direction, "allow": p.allow, "protocol": p.protocol, "from_port": p.from, "to_port": p.to,
		"internet": internet, "sources": list}
}

// everywhere tells whether a range is the internet, or a half of it: two halves
// are how the whole is written to slip past a rule.
func everywhere(source string) bool {
	p, err := netip.ParsePrefix(source)
	return err == nil && p.Bits() <= 1
}

// protocols gives our word for a protocol's name or number.
func protocol(v any) string {
	text := strings.ToLower(scalar(v))
	switch text {
	case "-1", "all", "":
		return "all"
	case "6":
		return "tcp"
	case "17":
		return "udp"
	case "1", "58", "icmpv6":
		return "icmp"
	}
	return text
}

func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

func port(v any, otherwise int64) int64 {
	if n, err := strconv.ParseInt(scalar(v), 10, 64); err == nil {
		return n
	}
	return otherwise
}

// ports sets the ports: all of them without a limit, none for ICMP.
func (p *packet) ports(from, to any) {
	p.from, p.to = port(from, -1), port(to, -1)
	switch {
	case p.protocol == "icmp":
		p.from, p.to = 0, 0
	case p.protocol != "tcp" && p.protocol != "udp", p.from == -1:
		p.from, p.to = 0, 65535
	}
}

func securityGroup(b *builder) {
	b.base(false)
	b.put("stateless", known(false))
	name, _ := b.at("name").(string)
	b.put("default", known(b.it.kind == "aws_default_security_group" || name == "default"))
	b.put("zone", b.zone())
	b.put("network", b.linked("in-network", "vpc_id", networks...))
	b.put("rules", b.groupRules())
}

// groupRules gives the rules within a group and those that are parts of it.
func (b *builder) groupRules() fact {
	var packets []packet
	for _, direction := range []string{"ingress", "egress"} {
		list, f := b.list(direction)
		if !f.known() && !b.it.create && !b.unset(direction) {
			return f
		}
		if !f.known() && !b.unset(direction) && b.in.config != nil {
			return f
		}
		for i, v := range list {
			if b.partlyUnknown(direction + "." + strconv.Itoa(i)) {
				return afterApply(direction)
			}
			packets = append(packets, inlineRule(v, direction == "ingress"))
		}
	}
	for _, part := range []string{"aws_security_group_rule", "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"} {
		parts, sure := b.parts(part)
		if !sure {
			return afterApply("the group of an " + part)
		}
		for _, d := range parts {
			p, f := separateRule(d)
			if !f.known() {
				return f
			}
			packets = append(packets, p)
		}
	}
	slices.SortStableFunc(packets, func(a, b packet) int {
		return cmp.Or(cmp.Compare(b2i(b.in), b2i(a.in)), cmp.Compare(a.protocol, b.protocol), cmp.Compare(a.from, b.from), slices.Compare(a.sources, b.sources))
	})
	return rulesFact(packets)
}

func b2i(v bool) int {
	if v {
		return 1
	}
	return 0
}

func rulesFact(packets []packet) fact {
	out := make([]any, 0, len(packets))
	for _, p := range packets {
		out = append(out, p.fact())
	}
	return known(out)
}

func inlineRule(v any, in bool) packet {
	at := func(name string) any { v, _ := walk(v, name); return v }
	p := packet{in: in, allow: true, protocol: protocol(at("protocol"))}
	p.ports(at("from_port"), at("to_port"))
	for _, name := range []string{"cidr_blocks", "ipv6_cidr_blocks", "security_groups", "prefix_list_ids"} {
		p.sources = append(p.sources, texts(at(name))...)
	}
	if at("self") == true {
		p.sources = append(p.sources, "self")
	}
	return p
}

// separateRule reads a rule that is a resource of its own.
func separateRule(d *doc) (packet, fact) {
	p := packet{allow: true}
	for _, path := range []string{"type", "protocol", "ip_protocol", "from_port", "to_port"} {
		if d.unknownAt(path) && !d.unset(path) {
			return p, afterApply(d.it.address + " " + path)
		}
	}
	p.in = d.it.kind == "aws_vpc_security_group_ingress_rule" || d.at("type") == "ingress"
	kind := d.at("protocol")
	if d.it.kind != "aws_security_group_rule" {
		kind = d.at("ip_protocol")
	}
	p.protocol = protocol(kind)
	p.ports(d.at("from_port"), d.at("to_port"))
	for _, name := range []string{"cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6", "prefix_list_ids", "prefix_list_id",
		"source_security_group_id", "referenced_security_group_id"} {
		if d.partlyUnknown(name) && !d.unset(name) {
			if strings.Contains(name, "group") || strings.Contains(name, "list") {
				p.sources = append(p.sources, "after apply")
				continue
			}
			return p, afterApply(d.it.address + " " + name)
		}
		p.sources = append(p.sources, texts(d.at(name))...)
	}
	if d.at("self") == true {
		p.sources = append(p.sources, "self")
	}
	return p, known(true)
}

func networkACL(b *builder) {
	b.base(false)
	b.put("stateless", known(true))
	b.put("default", known(b.it.kind == "aws_default_network_acl"))
	b.put("zone", b.aclZone())
	b.put("network", b.linked("in-network", "vpc_id", networks...))
	b.put("rules", b.aclRules())
}

// aclZone gives the zone of the list's own tags, or of its subnets when they
// agree.
func (b *builder) aclZone() fact {
	if own := b.zone(); !own.is("") {
		return own
	}
	subnets, sure := b.index.targets(b.doc, "subnet_ids", "aws_subnet")
	if !sure && !b.unset("subnet_ids") || len(subnets) < len(texts(b.at("subnet_ids"))) {
		return notInSource("the tags of its subnets")
	}
	zone := ""
	for i, it := range subnets {
		z := declaredZone(b.index.doc(it).tags())
		if i > 0 && z != zone {
			return known("")
		}
		zone = z
	}
	return known(zone)
}

func (b *builder) aclRules() fact {
	var packets []packet
	for _, direction := range []string{"ingress", "egress"} {
		list, f := b.list(direction)
		if !f.known() && !b.unset(direction) {
			return f
		}
		for i, v := range list {
			if b.partlyUnknown(direction + "." + strconv.Itoa(i)) {
				return afterApply(direction)
			}
			packets = append(packets, aclRule(v, direction == "ingress", "action", "rule_no", "ipv6_cidr_block"))
		}
	}
	parts, sure := b.parts("aws_network_acl_rule")
	if !sure {
		return afterApply("the list of an aws_network_acl_rule")
	}
	for _, d := range parts {
		for _, path := range []string{"egress", "protocol", "rule_action", "rule_number", "cidr_block", "ipv6_cidr_block", "from_port", "to_port"} {
			if d.unknownAt(path) && !d.unset(path) {
				return afterApply(d.it.address + " " + path)
			}
		}
		packets = append(packets, aclRule(d.values, d.at("egress") != true, "rule_action", "rule_number", "ipv6_cidr_block"))
	}
	slices.SortStableFunc(packets, func(a, b packet) int {
		return cmp.Or(cmp.Compare(b2i(b.in), b2i(a.in)), cmp.Compare(a.number, b.number))
	})
	return rulesFact(effective(packets))
}

func aclRule(v any, in bool, action, number, v6 string) packet {
	at := func(name string) any { v, _ := walk(v, name); return v }
	p := packet{in: in, allow: strings.EqualFold(scalar(at(action)), "allow"), protocol: protocol(at("protocol")), number: port(at(number), 0)}
	p.ports(at("from_port"), at("to_port"))
	for _, name := range []string{"cidr_block", v6} {
		if s := scalar(at(name)); s != "" {
			p.sources = append(p.sources, s)
		}
	}
	return p
}

// effective leaves out the rules of an ordered list that an earlier one covers.
func effective(packets []packet) []packet {
	var out []packet
	for _, p := range packets {
		if !slices.ContainsFunc(out, func(o packet) bool { return o.covers(p) }) {
			out = append(out, p)
		}
	}
	return out
}

func (p packet) covers(q packet) bool {
	if p.in != q.in || p.protocol != "all" && p.protocol != q.protocol || p.from > q.from || p.to < q.to {
		return false
	}
	for _, s := range q.sources {
		if !slices.ContainsFunc(p.sources, func(o string) bool { return contains(o, s) }) {
			return false
		}
	}
	return true
}

func contains(outer, inner string) bool {
	o, err1 := netip.ParsePrefix(outer)
	i, err2 := netip.ParsePrefix(inner)
	return err1 == nil && err2 == nil && o.Bits() <= i.Bits() && o.Contains(i.Addr())
}
