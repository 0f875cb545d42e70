// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
)

// globalUnicast6 are the addresses of IPv6 that the internet routes.
var globalUnicast6 = netip.MustParsePrefix("2000::/3")

// special are the ranges of IPv4 that the internet does not route: IANA's
// registry of special-purpose addresses, and multicast. Ranges kept for
// documents are left in: examples are written with them.
var special = [...]string{"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"}

// internet is every address from which the internet can send.
func internet() set {
	var out []netip.Prefix
	for _, s := range special {
		out = append(out, netip.MustParsePrefix(s))
	}
	return set{everything()[0]}.minus(setOf(out)).union(set{spanOf(globalUnicast6)})
}

// gap is what the internet reaches at a class.
type gap struct {
	Opening
	protocol int
	from     set
	answered bool
	via      int // the balancer; -1: none
	forward  *witness
}

// surface is what the internet reaches, by node.
type surface struct {
	s    *solution
	open map[int][]gap
}

func surfaceOf(s *solution) *surface {
	f := &surface{s: s, open: map[int][]gap{}}
	net := internet()
	for _, d := range s.c.dests {
		gaps := s.gaps(d, net)
		if len(gaps) == 0 {
			continue
		}
		for _, e := range slices.Concat(d.points, d.ranged) {
			f.open[e.node] = append(f.open[e.node], gaps...)
		}
	}
	f.handOn()
	return f
}

// gaps gives what the internet reaches at a class, as far as gateway, filters
// and routes let it.
func (s *solution) gaps(d *dest, net set) []gap {
	n := &s.w.m.Networks[d.network]
	if !d.public || n.Gateway == "" && (n.GatewayUnread == "" || !s.w.lenient) {
		return nil
	}
	family := set{everything()[1]}
	if d.four {
		family = set{everything()[0]}
	}
	home, _ := s.w.outward(d.table)
	var out []gap
	for p, cells := range d.cross.cells {
		for i := range cells {
			from := cells[i].plain().intersect(net).intersect(family)
			if len(from) == 0 {
				continue
			}
			g := gap{Opening: Opening{Ports: Ports{s.w.protos.names[p], cells[i].lo, cells[i].hi}}, protocol: p, from: from, via: -1}
			for _, c := range s.w.replyOut[d.subnet].cells[p] {
				fits := !ported(p) || c.hi >= ephemeralLow && c.lo <= ephemeralHigh
				g.answered = g.answered || fits && c.plain().intersect(home).touches(from)
			}
			out = append(out, g)
		}
	}
	return out
}

// handOn follows balancers that the internet reaches to their targets, until
// nothing more opens.
func (f *surface) handOn() {
	forwards := map[[2]int]*witness{}
	slot := map[[2]int]int{}
	for changed := true; changed; {
		changed = false
		for r := range f.s.w.m.Nodes {
			for i, t := range f.s.w.m.Nodes[r].Targets {
				n, ok := f.s.w.node[t.Node]
				if !ok || len(f.open[r]) == 0 {
					continue
				}
				at := [2]int{r, i}
				if _, known := forwards[at]; !known {
					forwards[at] = f.s.forward(r, n, t)
				}
				if forwards[at] == nil {
					continue
				}
				g := f.beyond(r, forwards[at])
				if k, ok := slot[at]; !ok {
					slot[at] = len(f.open[n])
					f.open[n] = append(f.open[n], g)
					changed = true
				} else if old := &f.open[n][k]; old.answered != g.answered || !slices.Equal(old.from, g.from) {
					*old = g
					changed = true
				}
			}
		}
	}
}

// beyond is the gap at a target: of all that reaches the balancer.
func (f *surface) beyond(balancer int, w *witness) gap {
	g := gap{Opening: Opening{Ports: Ports{f.s.w.protos.names[w.protocol], w.lo, w.hi}, Via: f.s.w.m.Nodes[balancer].ID}, protocol: w.protocol, via: balancer, forward: w}
	for _, o := range f.open[balancer] {
		g.from = g.from.union(o.from)
		g.answered = g.answered || o.answered && w.answered
	}
	return g
}

// told completes openings with the ranges that may send.
func told(gaps []gap) []Opening {
	var out []Opening
	for _, g := range gaps {
		o := g.Opening
		for _, p := range g.from.prefixes() {
			if len(o.From) < 8 {
				o.From = append(o.From, p.String())
			}
		}
		if o.Anyone = g.from.most(); o.Anyone {
			o.From = []string{"anyone"}
		}
		same := func(x Opening) bool {
			return x.Ports == o.Ports && x.Via == o.Via && slices.Equal(x.From, o.From)
		}
		if !slices.ContainsFunc(out, same) {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b Opening) int {
		return cmp.Or(cmp.Compare(a.Via, b.Via), cmp.Compare(a.Protocol, b.Protocol), a.Ports.From-b.Ports.From)
	})
	return out
}

// most tells whether a set holds a good part of the addresses of a family:
// no rule for known senders does.
func (s set) most() bool {
	const share = 1 << 30 // of the 3.7 thousand million that the internet routes
	count := uint64(0)
	for _, x := range s {
		if x.lo.Is4() {
			lo, hi := x.lo.As4(), x.hi.As4()
			count += uint64(binary.BigEndian.Uint32(hi[:])-binary.BigEndian.Uint32(lo[:])) + 1
		} else if lo, hi := x.lo.As16(), x.hi.As16(); hi[0]-lo[0] >= 8 {
			return true
		}
	}
	return count >= share
}

// exposures answers for every node.
func exposures(strict, lenient *solution, d *doubts) []Exposure {
	sure, maybe := surfaceOf(strict), (*surface)(nil)
	if lenient != strict {
		maybe = surfaceOf(lenient)
	}
	out := make([]Exposure, 0, len(strict.w.m.Nodes))
	for i := range strict.w.m.Nodes {
		out = append(out, exposure(sure, maybe, d, i))
	}
	rank := map[Verdict]int{Open: 0, OneWay: 1, Unknown: 2, Closed: 3}
	slices.SortStableFunc(out, func(a, b Exposure) int {
		return cmp.Or(rank[a.Verdict]-rank[b.Verdict], cmp.Compare(a.Node, b.Node))
	})
	return out
}

func exposure(sure, maybe *surface, d *doubts, node int) Exposure {
	n := &sure.s.w.m.Nodes[node]
	x := Exposure{Node: n.ID, Name: n.Name, Kind: n.Kind, Tenant: n.Tenant}
	gaps := sure.open[node]
	switch {
	case len(gaps) > 0:
		x.Verdict = OneWay
		for _, g := range gaps {
			if g.answered {
				x.Verdict = Open
			}
		}
		x.Openings = told(gaps)
		x.Why = sure.why(node, x)
		x.Path = sure.path(node, gaps)
	case maybe != nil && len(maybe.open[node]) > 0:
		x.Verdict, x.Openings = Unknown, told(maybe.open[node])
		t := maybe.trace(node, maybe.open[node])
		x.Path, x.Why = t.steps, t.unread()
	case d.node[node] != "":
		x.Verdict, x.Why = Unknown, d.node[node]
	default:
		x.Verdict, x.Why = Closed, sure.stops(node)
	}
	return x
}

// why tells what the internet reaches, in one sentence.
func (f *surface) why(node int, x Exposure) string {
	o := x.Openings[0]
	text := "the internet reaches " + f.s.called(node) + " on " + o.Ports.String()
	if !o.Anyone {
		text = "some addresses of the internet reach " + f.s.called(node) + " on " + o.Ports.String()
	}
	if len(x.Openings) > 1 {
		text += " and more"
	}
	if o.Via != "" {
		text += " through " + f.s.called(f.s.w.node[o.Via])
	}
	if x.Verdict == OneWay {
		text += "; no answer goes back"
	}
	return text
}

// stops tells what keeps the internet from a node.
func (f *surface) stops(node int) string {
	m, public := f.s.w.m, false
	for _, q := range f.s.c.destOf[node] {
		d := f.s.c.dests[q.class]
		if !d.public {
			continue
		}
		public = true
		if m.Networks[d.network].Gateway != "" {
			return "no rule of " + guardsOf(f.s.w, &d.group) + " and of the filters of " + m.Subnets[d.subnet].ID + " lets the internet in"
		}
	}
	if public {
		return "its network has no gateway to the internet"
	}
	return "the internet has no address for it, and nothing that the internet reaches hands on to it"
}

func (f *surface) path(node int, gaps []gap) []Step { return f.trace(node, gaps).steps }

// trace tells the path of the first gap at a node.
func (f *surface) trace(node int, gaps []gap) *trace {
	g := gaps[0] // it opened first, so that its own way in does not lead back here
	for _, o := range gaps {
		if o.via < 0 && (g.via >= 0 || o.answered && !g.answered) {
			g = o
		}
	}
	t := &trace{}
	if g.via >= 0 {
		t = f.trace(g.via, f.open[g.via])
		f.s.hop(t, g.forward)
		t.steps = append(t.steps, f.s.node(&g.forward.dst, "takes in "+f.s.portWords(g.forward)))
		return t
	}
	for _, q := range f.s.c.destOf[node] {
		d := f.s.c.dests[q.class]
		if d.public && f.entry(t, d, &q.end, &g) {
			break
		}
	}
	return t
}

// entry tells how a packet from the internet comes in.
func (f *surface) entry(t *trace, d *dest, e *end, g *gap) bool {
	m := f.s.w.m
	first := g.from[0].lo
	if first.Is4() != d.four {
		return false
	}
	n := &m.Networks[d.network]
	t.steps = append(t.steps, Step{What: "internet", Says: "sends " + g.Ports.String()})
	if n.Gateway == "" {
		t.doubt("whether " + n.ID + " has a gateway to the internet was not read: " + n.GatewayUnread)
	}
	t.steps = append(t.steps, Step{What: "internet gateway", ID: n.Gateway, Says: "leads into " + n.ID})
	q := asked{w: f.s.w, inbound: true, protocol: g.protocol, port: g.Ports.From, peer: g.from[0]}
	for _, id := range m.Subnets[d.subnet].Filters {
		q.let(t, []string{id})
	}
	for _, guard := range m.Nodes[e.node].Interfaces[e.nic].Guards {
		q.let(t, guard)
	}
	t.steps = append(t.steps, f.s.node(e, "takes in "+g.Ports.String()))
	if _, why := f.s.w.outward(d.table); why != "" {
		t.doubt(why)
	}
	return true
}
