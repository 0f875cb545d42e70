// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"net/netip"
	"slices"
)

// The oracle answers the same questions by sending every packet, one by one,
// through every rule and route of a model. It shares nothing with the solver
// but the model: no sets, no classes. A fact that was not read makes a packet
// perhaps pass.

// truth is no, perhaps or yes.
type truth int

const (
	no truth = iota
	perhaps
	yes
)

type oracle struct {
	m         *Model
	protocols []string
	ports     []int
	addresses []netip.Addr // of which every rule treats at least one like any other
}

func newOracle(m *Model) *oracle {
	o := &oracle{m: m, protocols: []string{"tcp", "udp", "icmp", "other"}, ports: []int{0, 1023, 1024, 65535}}
	port := func(p Ports) {
		for _, n := range []int{p.From - 1, p.From, p.To, p.To + 1} {
			if n >= 0 && n <= 65535 && !slices.Contains(o.ports, n) {
				o.ports = append(o.ports, n)
			}
		}
		if p.Protocol != "all" && !slices.Contains(o.protocols, p.Protocol) {
			o.protocols = append(o.protocols, p.Protocol)
		}
	}
	prefix := func(p netip.Prefix) {
		first := p.Masked().Addr()
		o.addresses = append(o.addresses, first, first.Prev())
		for a := first; p.Contains(a) && p.Addr().BitLen()-p.Bits() < 4; a = a.Next() {
			o.addresses = append(o.addresses, a, a.Next())
		}
		if p.Addr().BitLen()-p.Bits() >= 4 {
			o.addresses = append(o.addresses, first.Next(), lastOf(p), lastOf(p).Next())
		}
	}
	for _, f := range m.Filters {
		for _, r := range f.Rules {
			port(r.Ports)
			for _, p := range r.Peers {
				prefix(p)
			}
		}
	}
	for _, t := range m.Tables {
		for _, r := range t.Routes {
			prefix(r.To)
		}
	}
	for _, n := range m.Networks {
		for _, p := range n.Ranges {
			prefix(p)
		}
	}
	for _, n := range m.Nodes {
		for _, l := range n.Listens {
			port(l)
		}
		for _, t := range n.Targets {
			port(t.Ports)
		}
	}
	o.addresses = append(o.addresses, netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("2600::1"))
	o.addresses = slices.DeleteFunc(o.addresses, func(a netip.Addr) bool { return !a.IsValid() })
	slices.SortFunc(o.addresses, netip.Addr.Compare)
	o.addresses = slices.Compact(o.addresses)
	return o
}

func lastOf(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := range len(b) * 8 {
		if i >= p.Bits() {
			b[i/8] |= 128 >> (i % 8)
		}
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// packet is what a filter sees: the other side.
type packet struct {
	protocol string
	port     int
	peer     netip.Addr
	groups   []string // of the other side's interface, where they are known
}

func has(ports Ports, protocol string, port int) bool {
	if ports.Protocol == "all" {
		return true
	}
	if ports.Protocol != protocol {
		return false
	}
	return protocol != "tcp" && protocol != "udp" || ports.From <= port && port <= ports.To
}

// portsOf gives the ports that are worth a packet: for a protocol without ports
// one stands for all.
func (o *oracle) portsOf(protocol string) []int {
	if protocol != "tcp" && protocol != "udp" {
		return []int{0}
	}
	return o.ports
}

// clientPorts gives those on which clients take answers in.
func (o *oracle) clientPorts(protocol string) []int {
	return slices.DeleteFunc(slices.Clone(o.portsOf(protocol)), func(p int) bool { return len(o.portsOf(protocol)) > 1 && p < 1024 })
}

// passes asks the filters that stand together: the first rule that matches
// decides in each; one that lets through is enough.
func (o *oracle) passes(guard []string, inbound bool, p packet) truth {
	best := no
	for _, id := range guard {
		i := slices.IndexFunc(o.m.Filters, func(f Filter) bool { return f.ID == id })
		if i < 0 || o.m.Filters[i].Unread != "" {
			best = max(best, perhaps)
			continue
		}
		for _, r := range o.m.Filters[i].Rules {
			if r.Inbound != inbound || !has(r.Ports, p.protocol, p.port) {
				continue
			}
			peer := slices.ContainsFunc(r.Peers, func(x netip.Prefix) bool { return x.Contains(p.peer) })
			member := slices.ContainsFunc(r.Members, func(x string) bool { return slices.Contains(p.groups, x) })
			if peer || member {
				if r.Allow {
					best = yes
				}
				break
			}
		}
	}
	return best
}

// hop is how a route leads on.
type hop struct {
	truth
	route   int // which route it was: of unknown addresses all must take one
	members bool
	join    bool
}

// routed asks the table of a subnet for the way to an address in a network.
func (o *oracle) routed(s *Subnet, to string, addr netip.Addr) hop {
	if !o.inNetwork(to, addr) {
		return hop{}
	}
	i := slices.IndexFunc(o.m.Tables, func(t Table) bool { return t.ID == s.Table })
	if i < 0 || o.m.Tables[i].Unread != "" {
		return hop{perhaps, -1, true, false}
	}
	k := bestRoute(o.m.Tables[i].Routes, addr)
	if k < 0 {
		return hop{}
	}
	switch r := o.m.Tables[i].Routes[k]; r.Way {
	case Local:
		if s.Network == to {
			return hop{yes, k, true, false}
		}
	case Appliance:
		return hop{perhaps, k, true, false}
	case Through:
		h := o.across(r.Target, s.Network, to, addr)
		h.route = h.route*100 + k
		return h
	}
	return hop{}
}

func (o *oracle) inNetwork(id string, addr netip.Addr) bool {
	contains := func(p netip.Prefix) bool { return p.Contains(addr) }
	for _, n := range o.m.Networks {
		if n.ID == id && slices.ContainsFunc(n.Ranges, contains) {
			return true
		}
	}
	for _, s := range o.m.Subnets {
		if s.Network == id && slices.ContainsFunc(s.Ranges, contains) {
			return true
		}
	}
	return false
}

func bestRoute(routes []Route, addr netip.Addr) int {
	best := -1
	for i, r := range routes {
		if r.To.Contains(addr) && (best < 0 || r.To.Bits() > routes[best].To.Bits()) {
			best = i
		}
	}
	return best
}

func (o *oracle) across(id, from, to string, addr netip.Addr) hop {
	i := slices.IndexFunc(o.m.Joins, func(j Join) bool { return j.ID == id })
	if i < 0 || o.m.Joins[i].Unread != "" {
		return hop{perhaps, 0, true, false}
	}
	j := o.m.Joins[i]
	at := slices.IndexFunc(j.Ends, func(e End) bool { return e.Network == from })
	there := slices.ContainsFunc(j.Ends, func(e End) bool { return e.Network == to })
	switch {
	case !j.Active || at < 0:
		return hop{}
	case !j.Hub && there && to != from:
		return hop{yes, 0, j.Members, true}
	case !j.Hub || j.Ends[at].Table == "":
		return hop{}
	}
	t := slices.IndexFunc(j.Tables, func(t Table) bool { return t.ID == j.Ends[at].Table })
	if t < 0 || j.Tables[t].Unread != "" {
		return hop{perhaps, 0, true, false}
	}
	k := bestRoute(j.Tables[t].Routes, addr)
	if k < 0 {
		return hop{}
	}
	switch r := j.Tables[t].Routes[k]; {
	case r.Way == Attached && r.Target == to && there:
		return hop{yes, k + 1, j.Members, true}
	case r.Way == Through:
		return hop{perhaps, k + 1, true, false}
	}
	return hop{}
}

// card is an interface with its node and its place.
type card struct {
	node      *Node
	nic       *Interface
	subnet    *Subnet
	addresses []netip.Addr
	guessed   bool
}

func (o *oracle) cards(n *Node) []card {
	var out []card
	for i := range n.Interfaces {
		nic := &n.Interfaces[i]
		s := slices.IndexFunc(o.m.Subnets, func(s Subnet) bool { return s.ID == nic.Subnet })
		if s < 0 || !slices.ContainsFunc(o.m.Networks, func(w Network) bool { return w.ID == o.m.Subnets[s].Network }) {
			continue
		}
		for _, a := range nic.Addresses {
			out = append(out, card{n, nic, &o.m.Subnets[s], []netip.Addr{a}, false})
		}
		if len(nic.Addresses) > 0 {
			continue
		}
		for _, p := range nic.Within {
			c := card{n, nic, &o.m.Subnets[s], nil, true}
			for a := p.Masked().Addr(); p.Contains(a); a = a.Next() {
				c.addresses = append(c.addresses, a)
			}
			out = append(out, c)
		}
	}
	return out
}

func groupsOf(nic *Interface) []string { return slices.Concat(nic.Guards...) }

// sent is how surely a packet arrives, and how surely its answer too.
type sent struct{ arrives, answered truth }

func (a sent) or(b sent) sent {
	return sent{max(a.arrives, b.arrives), max(a.answered, b.answered)}
}

// send sends every packet from one card to another; from, if not nil, are the
// addresses that it may bear in place of its own. listens narrows the ports.
func (o *oracle) send(a, b card, listens func(string, int) bool, from []netip.Addr) sent {
	var best sent
	if a.addresses[0].Is4() != b.addresses[0].Is4() {
		return best
	}
	for _, protocol := range o.protocols {
		for _, port := range o.portsOf(protocol) {
			if listens != nil && !listens(protocol, port) {
				continue
			}
			best = best.or(o.every(a, b, protocol, port, from))
			if best.answered == yes {
				return best
			}
		}
	}
	return best
}

// every sends one packet with all the addresses that the cards may have.
func (o *oracle) every(a, b card, protocol string, port int, from []netip.Addr) sent {
	all, some := sent{yes, no}, sent{}
	senders := a.addresses
	if from != nil {
		senders = from
	}
	route := -2
	// An answer comes back surely if one port of the client's carries it for all.
	clients := o.clientPorts(protocol)
	replies := slices.Repeat([]truth{yes}, len(clients))
	for _, x := range senders {
		for _, y := range b.addresses {
			if x.Is4() != y.Is4() {
				continue
			}
			arrives, way := o.one(a, b, protocol, port, x, y)
			if route == -2 {
				route = way.route
			} else if route != way.route && arrives == yes {
				arrives = perhaps
			}
			all.arrives, some.arrives = min(all.arrives, arrives), max(some.arrives, arrives)
			if arrives == no {
				clear(replies)
				continue
			}
			for r, client := range clients {
				back := min(arrives, o.reply(a, b, protocol, client, x, y))
				replies[r] = min(replies[r], back)
				some.answered = max(some.answered, back)
			}
		}
	}
	for _, r := range replies {
		all.answered = max(all.answered, r)
	}
	if from != nil { // nobody knows whether the address is kept
		all = sent{}
	}
	return sent{max(min(some.arrives, perhaps), bool2(all.arrives)), max(min(some.answered, perhaps), bool2(all.answered))}
}

// bool2 keeps only a sure yes.
func bool2(t truth) truth {
	if t == yes {
		return yes
	}
	return no
}

// one sends one packet.
func (o *oracle) one(a, b card, protocol string, port int, x, y netip.Addr) (truth, hop) {
	local := a.subnet == b.subnet
	way := hop{yes, 0, true, false}
	if !local {
		way = o.routed(a.subnet, b.subnet.Network, y)
	}
	out, in := packet{protocol, port, y, nil}, packet{protocol, port, x, nil}
	if way.members {
		out.groups, in.groups = groupsOf(b.nic), groupsOf(a.nic)
	}
	t := way.truth
	for _, g := range a.nic.Guards {
		t = min(t, o.passes(g, false, out))
	}
	for _, g := range b.nic.Guards {
		t = min(t, o.passes(g, true, in))
	}
	if !local && t > no {
		for _, f := range a.subnet.Filters {
			t = min(t, o.passes([]string{f}, false, out))
		}
		for _, f := range b.subnet.Filters {
			t = min(t, o.passes([]string{f}, true, in))
		}
	}
	if b.node.Listens != nil && !slices.ContainsFunc(b.node.Listens, func(l Ports) bool { return has(l, protocol, port) }) {
		t = no
	}
	return t, way
}

// reply sends the answer to one packet, to a port of the client's.
func (o *oracle) reply(a, b card, protocol string, port int, x, y netip.Addr) truth {
	if a.subnet == b.subnet {
		return yes
	}
	t := o.routed(b.subnet, a.subnet.Network, x).truth
	t = min(t, o.stateless(b.subnet, false, packet{protocol, port, x, nil}))
	return min(t, o.stateless(a.subnet, true, packet{protocol, port, y, nil}))
}

func (o *oracle) stateless(s *Subnet, inbound bool, p packet) truth {
	t := yes
	for _, id := range s.Filters {
		i := slices.IndexFunc(o.m.Filters, func(f Filter) bool { return f.ID == id })
		if i < 0 || o.m.Filters[i].Stateless {
			t = min(t, o.passes([]string{id}, inbound, p))
		}
	}
	return t
}

// between sends every packet from one node to another.
func (o *oracle) between(a, b *Node, listens func(string, int) bool, keeps bool) sent {
	var best sent
	for _, x := range o.cards(a) {
		for _, y := range o.cards(b) {
			best = best.or(o.send(x, y, listens, nil))
			if keeps {
				var any []netip.Addr
				for _, z := range o.addresses {
					if z.Is4() == x.addresses[0].Is4() {
						any = append(any, z)
					}
				}
				best = best.or(o.send(x, y, listens, any))
			}
		}
	}
	return best
}

// spread follows balancers from what was reached first.
func (o *oracle) spread(reached map[string]sent) (lost bool) {
	for changed := true; changed; {
		changed = false
		for i := range o.m.Nodes {
			n := &o.m.Nodes[i]
			r := reached[n.ID]
			if r.arrives == no {
				continue
			}
			for _, t := range n.Targets {
				k := slices.IndexFunc(o.m.Nodes, func(n Node) bool { return n.ID == t.Node })
				if k < 0 {
					lost = true
					continue
				}
				f := o.between(n, &o.m.Nodes[k], func(p string, port int) bool { return has(t.Ports, p, port) }, t.Keeps)
				was := reached[t.Node]
				now := was.or(sent{min(r.arrives, f.arrives), min(r.answered, f.answered)})
				if now != was {
					reached[t.Node], changed = now, true
				}
			}
		}
	}
	return lost
}

// pair answers whether a tenant reaches another.
func (o *oracle) pair(from, to string) Verdict {
	reached := map[string]sent{}
	hidden := len(o.m.Unread) > 0
	for i := range o.m.Nodes {
		n := &o.m.Nodes[i]
		if n.Tenant == from || n.Tenant == to {
			hidden = hidden || o.doubtful(n)
		}
		if n.Tenant != from {
			continue
		}
		for j := range o.m.Nodes {
			if b := &o.m.Nodes[j]; i != j && (b.Tenant != from || len(b.Targets) > 0) {
				reached[b.ID] = reached[b.ID].or(o.between(n, b, nil, false))
			}
		}
		// A balancer is one of its tenant's nodes, and may send to itself.
		if len(n.Targets) > 0 {
			reached[n.ID] = reached[n.ID].or(o.between(n, n, nil, false))
		}
	}
	lost := o.spread(reached)
	var got sent
	for _, n := range o.m.Nodes {
		if n.Tenant == to {
			got = got.or(reached[n.ID])
		}
	}
	switch {
	case got.answered == yes:
		return Open
	case got.arrives == yes:
		return OneWay
	case got.arrives == perhaps || hidden || lost:
		return Unknown
	}
	return Closed
}

func (o *oracle) doubtful(n *Node) bool {
	if n.Doubt != "" {
		return true
	}
	for i := range n.Interfaces {
		nic := &n.Interfaces[i]
		if len(nic.Addresses)+len(nic.Within) == 0 {
			return true
		}
		s := slices.IndexFunc(o.m.Subnets, func(s Subnet) bool { return s.ID == nic.Subnet })
		if s < 0 || !slices.ContainsFunc(o.m.Networks, func(w Network) bool { return w.ID == o.m.Subnets[s].Network }) {
			return true
		}
	}
	return false
}

// exposed answers for every node whether the internet reaches it.
func (o *oracle) exposed() map[string]Verdict {
	reached := map[string]sent{}
	for i := range o.m.Nodes {
		n := &o.m.Nodes[i]
		for _, c := range o.cards(n) {
			reached[n.ID] = reached[n.ID].or(o.fromInternet(c))
		}
	}
	o.spread(reached)
	out := map[string]Verdict{}
	for i := range o.m.Nodes {
		n := &o.m.Nodes[i]
		switch r := reached[n.ID]; {
		case r.answered == yes:
			out[n.ID] = Open
		case r.arrives == yes:
			out[n.ID] = OneWay
		case r.arrives == perhaps || o.doubtful(n):
			out[n.ID] = Unknown
		default:
			out[n.ID] = Closed
		}
	}
	return out
}

// routable tells whether the internet carries an address: written out once more,
// by hand.
func routable(a netip.Addr) bool {
	if a.Is6() {
		return a.As16()[0]>>5 == 1
	}
	b := a.As4()
	switch {
	case b[0] == 0, b[0] == 10, b[0] == 127, b[0] >= 224,
		b[0] == 100 && b[1]>>6 == 1, b[0] == 169 && b[1] == 254, b[0] == 172 && b[1]>>4 == 1,
		b[0] == 192 && b[1] == 168, b[0] == 192 && b[1] == 0 && b[2] == 0, b[0] == 198 && b[1]>>1 == 9:
		return false
	}
	return true
}

func (o *oracle) fromInternet(c card) sent {
	var best sent
	public := c.nic.Public && c.addresses[0].Is4() || c.addresses[0].Is6() && c.addresses[0].As16()[0]>>5 == 1
	i := slices.IndexFunc(o.m.Networks, func(n Network) bool { return n.ID == c.subnet.Network })
	way := no
	if o.m.Networks[i].Gateway != "" {
		way = yes
	} else if o.m.Networks[i].GatewayUnread != "" {
		way = perhaps
	}
	if !public || way == no {
		return best
	}
	for _, a := range o.addresses {
		if !routable(a) || a.Is4() != c.addresses[0].Is4() {
			continue
		}
		for _, protocol := range o.protocols {
			for _, port := range o.portsOf(protocol) {
				p := packet{protocol, port, a, nil}
				t := way
				for _, g := range c.nic.Guards {
					t = min(t, o.passes(g, true, p))
				}
				for _, f := range c.subnet.Filters {
					t = min(t, o.passes([]string{f}, true, p))
				}
				if c.node.Listens != nil && !slices.ContainsFunc(c.node.Listens, func(l Ports) bool { return has(l, protocol, port) }) {
					t = no
				}
				if best.arrives = max(best.arrives, t); t <= best.answered {
					continue
				}
				for _, r := range o.clientPorts(protocol) {
					back := min(o.outward(c.subnet, a), o.stateless(c.subnet, false, packet{protocol, r, a, nil}))
					best.answered = max(best.answered, min(t, back))
				}
			}
		}
	}
	return best
}

func (o *oracle) outward(s *Subnet, a netip.Addr) truth {
	i := slices.IndexFunc(o.m.Tables, func(t Table) bool { return t.ID == s.Table })
	if i < 0 || o.m.Tables[i].Unread != "" {
		return perhaps
	}
	k := bestRoute(o.m.Tables[i].Routes, a)
	if k < 0 {
		return no
	}
	switch o.m.Tables[i].Routes[k].Way {
	case Internet:
		return yes
	case Appliance:
		return perhaps
	}
	return no
}
