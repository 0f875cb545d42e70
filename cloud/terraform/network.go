// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"slices"
	"strconv"
	"strings"
)

var networks = []string{"aws_vpc", "aws_default_vpc"}

func network(b *builder) {
	b.base(false)
	b.put("default", known(b.it.kind == "aws_default_vpc"))
	b.put("flow_log", b.flowLog())
	b.put("time_servers", b.timeServers())
	cidr := b.text("cidr_block", notInSource("cidr_block"))
	if v, ok := cidr.value.(string); ok && cidr.known() {
		cidr = stringList([]string{v})
	}
	b.put("cidrs", cidr)
	b.put("internet_gateway", notInSource("which gateway is attached"))
}

// flowLog tells whether a flow log of all, or all refused, traffic is a part.
func (b *builder) flowLog() fact {
	logs, sure := b.parts("aws_flow_log")
	out := known(false)
	for _, d := range logs {
		out = anyOf(out, d.text("traffic_type", known("ALL")).when(func(t string) bool { return t == "ALL" || t == "REJECT" }))
	}
	switch {
	case out.is(true):
		return out
	case !sure:
		return afterApply("what a flow log covers")
	case len(logs) == 0 && !b.it.create:
		return notInSource("flow logs outside this " + b.source)
	}
	return out
}

func (b *builder) timeServers() fact {
	d, f := b.part("aws_vpc_dhcp_options_association", known(false))
	if d == nil {
		if f.known() {
			return stringList(nil)
		}
		return f
	}
	options, sure := b.index.targets(d, "dhcp_options_id", "aws_vpc_dhcp_options")
	if !sure || len(options) != 1 {
		return afterApply("the options of " + d.it.address)
	}
	o := b.index.doc(options[0])
	if f := o.get("ntp_servers", known(nil)); !f.known() {
		return f
	}
	return stringList(texts(o.at("ntp_servers")))
}

func subnet(b *builder) {
	b.base(false)
	b.put("auto_public_address", b.flag("map_public_ip_on_launch", known(false)))
	b.put("network", b.linked("in-network", "vpc_id", networks...))
	b.put("public", b.routed())
	cidr := b.text("cidr_block", notInSource("cidr_block"))
	if v, ok := cidr.value.(string); ok && cidr.known() {
		cidr = stringList([]string{v})
	}
	b.put("cidrs", cidr)
	b.put("route_table", notInSource("the main route table of its network"))
	b.put("firewalls", notInSource("the network ACL of its network"))
	own := b.flowLog()
	vpcs, sure := b.index.targets(b.doc, "vpc_id", networks...)
	if own.is(true) {
		b.put("flow_log", own)
	} else if sure && len(vpcs) == 1 {
		whole := &builder{collector: b.collector, doc: b.index.doc(vpcs[0]), r: b.r}
		b.put("flow_log", anyOf(own, whole.flowLog()))
	} else {
		b.put("flow_log", anyOf(own, notInSource("flow logs of its network")))
	}
}

// routed tells whether a route of the subnet's own table leads to the internet.
func (b *builder) routed() fact {
	association, f := b.part("aws_route_table_association", notInSource("the main route table of its network"))
	if association == nil {
		return f
	}
	tables, sure := b.index.targets(association, "route_table_id", "aws_route_table", "aws_default_route_table")
	if !sure || len(tables) != 1 {
		return afterApply("the routes of " + association.it.address)
	}
	table := b.index.doc(tables[0])
	out := known(false)
	routes, f := table.list("route")
	if !f.known() && !table.unset("route") {
		out = f
	}
	for i := range routes {
		out = anyOf(out, b.toInternet(table, "route."+strconv.Itoa(i)+".", "cidr_block", "ipv6_cidr_block"))
	}
	for _, d := range b.index.children[tables[0]]["aws_route"] {
		out = anyOf(out, b.toInternet(d, "", "destination_cidr_block", "destination_ipv6_cidr_block"))
	}
	if len(b.index.lost["aws_route"]) > 0 {
		out = anyOf(out, afterApply("the table of a route"))
	}
	return out
}

func (b *builder) toInternet(d *doc, prefix, v4, v6 string) fact {
	everywhere := d.text(prefix+v4, known("")).is("0.0.0.0/0") || d.text(prefix+v6, known("")).is("::/0")
	if !everywhere {
		return known(false)
	}
	gateway := d.text(prefix+"gateway_id", known(""))
	if gateway.known() {
		return gateway.when(func(id string) bool { return strings.HasPrefix(id, "igw-") })
	}
	if found, _ := b.index.targets(d, prefix+"gateway_id", "aws_internet_gateway"); len(found) > 0 {
		return known(true)
	}
	return gateway
}

// zone gives the zone that tags declare.
func (b *builder) zone() fact { return known(declaredZone(b.r.Tags)) }

func declaredZone(tags map[string]string) string {
	zone := strings.ToLower(tag(tags, "zone", "tier"))
	if !slices.Contains([]string{"public", "private", "data", "admin"}, zone) {
		return ""
	}
	return zone
}

func peering(b *builder) {
	b.base(false)
	var tenants, stages []string
	gap := known(true)
	for _, side := range []string{"vpc_id", "peer_vpc_id"} {
		found, sure := b.index.targets(b.doc, side, networks...)
		if len(found) != 1 || !sure {
			gap = notInSource("the tags of the network at " + side)
			continue
		}
		b.link("joins", side, networks...)
		tags := b.index.doc(found[0]).tags()
		if t := tag(tags, "tenant"); t != "" {
			tenants = append(tenants, t)
		}
		if s := tag(tags, "stage", "env", "environment"); s != "" {
			stages = append(stages, s)
		}
	}
	for name, list := range map[string][]string{"tenants": tenants, "stages": stages} {
		if gap.known() {
			b.put(name, stringList(list))
		} else {
			b.put(name, gap)
		}
	}
	routes, sure := b.parts("aws_route")
	switch {
	case len(routes) > 0:
		b.put("routed", known(true))
	case !sure:
		b.put("routed", afterApply("where a route leads"))
	default:
		b.put("routed", notInSource("routes outside this "+b.source))
	}
	active := b.text("accept_status", notInSource("whether it is accepted")).equals("active")
	b.put("active", anyOf(b.flag("auto_accept", known(false)), active))
	b.put("references", notInSource("whether rules name groups across it"))
}

func loadBalancer(b *builder) {
	b.base(false)
	b.put("internet_facing", b.flag("internal", known(false)).not())
	logs := b.flag("access_logs.0.enabled", known(b.it.kind == "aws_elb" && b.at("access_logs.0") != nil))
	b.put("access_logging", logs)
	b.link("logs-to", "access_logs.0.bucket", "aws_s3_bucket")
	b.put("delete_protected", b.flag("enable_deletion_protection", known(false)))
	for _, name := range []string{"subnets", "firewalls", "targets"} {
		b.put(name, notInSource("where it stands and hands on to"))
	}
}

// weakest is the lowest TLS version of the policies of load balancers.
func weakest(policy string) string {
	switch {
	case strings.Contains(policy, "TLS13-1-3-"):
		return "1.3"
	case strings.Contains(policy, "TLS13-1-2-"), strings.Contains(policy, "TLS-1-2-"), strings.Contains(policy, "-FS-1-2-"):
		return "1.2"
	case strings.Contains(policy, "TLS13-1-1-"), strings.Contains(policy, "TLS-1-1-"), strings.Contains(policy, "-FS-1-1-"):
		return "1.1"
	}
	return "1.0"
}

func listener(b *builder) {
	b.base(false)
	protocol := b.text("protocol", known("HTTP"))
	b.put("protocol", protocol)
	b.put("port", b.number("port", known(int64(0))))
	balancers, sure := b.index.targets(b.doc, "load_balancer_arn", "aws_lb", "aws_alb")
	facing := notInSource("its load balancer")
	if len(balancers) == 1 && sure {
		facing = b.collector.doc(balancers[0]).flag("internal", known(false)).not()
		b.r.Name = b.r.Name + " of " + balancers[0].address
	}
	b.put("internet_facing", facing)
	b.link("member-of", "load_balancer_arn", "aws_lb", "aws_alb")
	b.link("presents", "certificate_arn", "aws_acm_certificate")
	b.put("redirects_to_tls", b.redirects())
	tls := protocol.when(func(p string) bool { return p == "HTTPS" || p == "TLS" })
	switch {
	case tls.is(false):
		b.put("tls_min", known(""))
	case !tls.known():
		b.put("tls_min", tls)
	default:
		policy := b.text("ssl_policy", known("ELBSecurityPolicy-2016-08"))
		if name, ok := policy.value.(string); ok && policy.known() {
			policy = known(weakest(name))
		}
		b.put("tls_min", policy)
	}
}

func (b *builder) redirects() fact {
	for _, it := range b.index.byKind["aws_lb_listener_rule"] {
		found, sure := b.index.targets(b.index.doc(it), "listener_arn", "aws_lb_listener", "aws_alb_listener")
		if slices.Contains(found, b.it) && !redirect(b.index.doc(it), "action").is(true) {
			return known(false)
		}
		if !sure {
			return afterApply("the listener of a rule")
		}
	}
	return redirect(b.doc, "default_action")
}

// redirect tells whether all actions send to HTTPS.
func redirect(d *doc, path string) fact {
	actions, f := d.list(path)
	if !f.known() {
		return f
	}
	for _, a := range actions {
		kind, _ := walk(a, "type")
		protocol, _ := walk(a, "redirect.0.protocol")
		if kind != "redirect" || protocol != "HTTPS" {
			return known(false)
		}
	}
	return known(len(actions) > 0)
}
