// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// trace is the path of a packet in words, with what would stop it and what was
// not read on the way.
type trace struct {
	steps  []Step
	fixes  []string
	doubts []string
}

func (t *trace) fix() string { return strings.Join(t.fixes, ", or ") }

func (t *trace) unread() string {
	if len(t.doubts) == 0 {
		return "it depends on facts that were not read"
	}
	slices.Sort(t.doubts)
	return strings.Join(slices.Compact(t.doubts), "; ")
}

func (t *trace) doubt(why string) {
	if why != "" {
		t.doubts = append(t.doubts, why)
	}
}

// packet tells which packet goes, in one sentence.
func (s *solution) packet(f found) string {
	first := f.witness
	if len(f.via) > 0 {
		first = f.via[0]
	}
	text := s.called(first.src.node) + " reaches " + s.called(f.dst.node) + " on " + s.portWords(&f.witness)
	for i, v := range f.via {
		if i == 0 {
			text += " through "
		} else {
			text += " and "
		}
		text += s.called(v.dst.node)
	}
	if f.score >= noAnswer {
		text += "; no answer comes back"
	}
	return text
}

func (s *solution) called(node int) string {
	n := &s.w.m.Nodes[node]
	return cmp.Or(n.Name, n.ID)
}

func (s *solution) portWords(w *witness) string {
	return Ports{s.w.protos.names[w.protocol], w.lo, w.hi}.String()
}

// String gives ports as people write them: "tcp 443", "udp 1000-2000", "any tcp
// port", "icmp".
func (p Ports) String() string {
	switch {
	case p.Protocol == "all":
		return "every protocol"
	case p.Protocol == "other":
		return "other protocols"
	case p.Protocol != "tcp" && p.Protocol != "udp":
		if _, err := strconv.Atoi(p.Protocol); err == nil {
			return "protocol " + p.Protocol
		}
		return p.Protocol
	case p.From <= 0 && p.To >= maxPort:
		return "any " + p.Protocol + " port"
	case p.From == p.To:
		return p.Protocol + " " + strconv.Itoa(p.From)
	}
	return p.Protocol + " " + strconv.Itoa(p.From) + "-" + strconv.Itoa(p.To)
}

// trace tells the path of a packet.
func (s *solution) trace(f found) *trace {
	t := &trace{}
	for i, w := range append(slices.Clone(f.via), f.witness) {
		if i == 0 {
			t.steps = append(t.steps, s.node(&w.src, "sends "+s.portWords(&w)))
		}
		s.hop(t, &w)
		says := "takes in " + s.portWords(&w)
		if i < len(f.via) {
			says += " and hands on"
		}
		t.steps = append(t.steps, s.node(&w.dst, says))
		if i == len(f.via) {
			s.answer(t, &w)
		}
	}
	return t
}

func (s *solution) node(e *end, says string) Step {
	n := &s.w.m.Nodes[e.node]
	if e.lo == e.hi {
		says = e.lo.String() + " " + says
	}
	return Step{What: n.Kind, ID: n.ID, Name: n.Name, Says: says}
}

// hop tells of one packet: the rules that let it out, the way, the rules that
// let it in.
func (s *solution) hop(t *trace, w *witness) {
	m := s.w.m
	src, dst := &m.Nodes[w.src.node].Interfaces[w.src.nic], &m.Nodes[w.dst.node].Interfaces[w.dst.nic]
	for _, e := range []end{w.src, w.dst} {
		if e.lo != e.hi {
			t.doubt("the address of " + m.Nodes[e.node].ID + " was not read")
		}
	}
	out := asked{s.w, false, w.protocol, w.lo, w.dst.span, s.w.filtersOf(dst), w.leg.members}
	in := asked{s.w, true, w.protocol, w.lo, w.src.span, s.w.filtersOf(src), w.leg.members}
	for _, g := range src.Guards {
		out.let(t, g)
	}
	if !w.local {
		for _, f := range m.Subnets[w.from.subnet].Filters {
			out.let(t, []string{f})
		}
		s.way(t, w)
		for _, f := range m.Subnets[w.to.subnet].Filters {
			in.let(t, []string{f})
		}
	}
	for _, g := range dst.Guards {
		if rule := in.let(t, g); rule != "" {
			t.fixes = slices.Insert(t.fixes, 0, rule)
		}
	}
}

// way tells of the route and what it passes.
func (s *solution) way(t *trace, w *witness) {
	t.doubt(w.leg.doubt)
	if w.from.table < 0 {
		t.steps = append(t.steps, Step{What: "route table", ID: s.w.m.Subnets[w.from.subnet].Table, Says: "was not read"})
		return
	}
	table := &s.w.m.Tables[w.from.table]
	if table.Unread != "" {
		t.steps = append(t.steps, Step{What: "route table", ID: table.ID, Name: table.Name, Says: "was not read"})
		return
	}
	for _, r := range s.w.routes[w.from.table] {
		if !r.set.touches(set{w.dst.span}) {
			continue
		}
		says := r.To.String() + " → " + cmp.Or(r.Target, string(r.Way))
		t.steps = append(t.steps, Step{What: "route table", ID: table.ID, Name: table.Name, Says: says})
		if r.Way == Through {
			t.fixes = append(t.fixes, "remove the route "+says+" from "+table.ID)
		}
		break
	}
	if w.leg.join >= 0 {
		s.join(t, w)
	}
}

func (s *solution) join(t *trace, w *witness) {
	j := &s.w.m.Joins[w.leg.join]
	step := Step{What: "peering", ID: j.ID, Name: j.Name, Says: "joins " + s.w.m.Networks[w.from.network].ID + " and " + s.w.m.Networks[w.to.network].ID}
	if j.Hub {
		step.What = "transit gateway"
		for _, e := range j.Ends {
			if e.Network != s.w.m.Networks[w.from.network].ID {
				continue
			}
			step.Says = "its table " + e.Table + " leads to " + s.w.m.Networks[w.to.network].ID
			t.fixes = append(t.fixes, "take "+s.w.m.Networks[w.to.network].ID+" out of "+e.Table)
		}
	}
	t.steps = append(t.steps, step)
}

// answer tells by what the answer comes back, or that none does.
func (s *solution) answer(t *trace, w *witness) {
	switch {
	case w.local:
	case !w.answered:
		t.steps = append(t.steps, Step{What: "answer", ID: "", Says: "no answer comes back: no route leads back, or a network ACL stops it"})
	case w.to.table >= 0:
		t.steps = append(t.steps, Step{What: "answer", ID: s.w.m.Tables[w.to.table].ID, Says: "the answer comes back by this route table"})
		t.doubt(s.w.m.Tables[w.to.table].Unread)
	default:
		t.doubt("the route table of " + s.w.m.Subnets[w.to.subnet].ID + " was not read")
	}
}

// asked is a packet as a filter sees it.
type asked struct {
	w        *world
	inbound  bool
	protocol int
	port     int
	peer     span
	filters  []int
	members  bool
}

// let adds the rule of a guard that lets the packet through, and gives the words
// to take it away with.
func (q *asked) let(t *trace, guard []string) string {
	for _, id := range guard {
		if why := q.w.unreadFilter(id, len(guard) > 1); why != "" {
			continue
		}
		f := &q.w.m.Filters[q.w.filter[id]]
		for i := range f.Rules {
			r := &f.Rules[i]
			if !q.matches(r) {
				continue
			}
			if !r.Allow {
				break
			}
			says := r.words()
			t.steps = append(t.steps, Step{What: cmp.Or(f.Kind, "filter"), ID: f.ID, Name: f.Name, Says: "allows " + says})
			return "narrow the rule " + says + " of " + f.ID
		}
	}
	for _, id := range guard {
		if why := q.w.unreadFilter(id, len(guard) > 1); why != "" {
			t.doubt(why)
			t.steps = append(t.steps, Step{What: "filter", ID: id, Says: "was not read"})
		}
	}
	return ""
}

func (q *asked) matches(r *Rule) bool {
	if r.Inbound != q.inbound || r.Protocol != "all" && r.Protocol != q.w.protos.names[q.protocol] {
		return false
	}
	if lo, hi := r.span(q.protocol); q.port < lo || q.port > hi {
		return false
	}
	if slices.ContainsFunc(r.Peers, func(p netip.Prefix) bool { return set{spanOf(p)}.touches(set{q.peer}) }) {
		return true
	}
	return q.members && slices.ContainsFunc(r.Members, func(m string) bool { return slices.Contains(q.filters, q.w.member[m]) })
}

// words gives a rule as people write it.
func (r *Rule) words() string {
	side := " to "
	if r.Inbound {
		side = " from "
	}
	var peers []string
	for _, p := range r.Peers {
		peers = append(peers, p.String())
	}
	for _, m := range r.Members {
		peers = append(peers, "members of "+m)
	}
	if len(peers) > 4 {
		peers = append(peers[:4], "and "+strconv.Itoa(len(peers)-4)+" more")
	}
	return r.Ports.String() + side + strings.Join(peers, ", ")
}
