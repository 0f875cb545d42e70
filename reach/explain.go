// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"slices"
	"strings"
)

// candidates is how many pairs of classes are asked what stops them: the answer
// names the one that comes nearest.
const candidates = 8

// explainer tells what stops packets between tenants that do not reach each
// other. It asks a solution in which what was not read lets everything through, so
// that no such thing is named.
type explainer struct {
	s      *solution
	from   [][]sender // by tenant
	to     [][]*dest
	routed []bits // by tenant: networks that some of its routes lead into
	lies   []bits // by tenant: networks that it has ends in

	limit, room []set
}

type sender struct {
	s *source
	g *group
}

func newExplainer(s *solution) *explainer {
	n := len(s.c.tenants)
	x := &explainer{s: s, from: make([][]sender, n), to: make([][]*dest, n), routed: make([]bits, n), lies: make([]bits, n)}
	for t := range n {
		x.routed[t], x.lies[t] = newBits(len(s.w.m.Networks)), newBits(len(s.w.m.Networks))
	}
	for _, q := range s.c.sources {
		for _, g := range q.groups {
			if g.tenant >= 0 {
				x.from[g.tenant] = append(x.from[g.tenant], sender{q, g})
			}
		}
		for _, t := range q.tenants {
			for to := range s.c.legsOf(q.network, q.table) {
				x.routed[t].set(to)
			}
		}
	}
	for _, d := range s.c.dests {
		if d.tenant >= 0 {
			x.to[d.tenant] = append(x.to[d.tenant], d)
			x.lies[d.tenant].set(d.network)
		}
	}
	return x
}

// stops tells what stops every packet from one tenant to another.
func (x *explainer) stops(from, to int) string {
	tenants := x.s.c.tenants
	for _, t := range []int{from, to} {
		if len(x.to[t]) == 0 {
			return tenants[t] + " has no network interface"
		}
	}
	way := false
	for i := range x.routed[from] {
		way = way || x.routed[from][i]&x.lies[to][i] != 0
	}
	if !way {
		return x.noRoute(from, to)
	}
	best, asked := stage(-1), 0
	var at func() string
	for _, q := range x.from[from] {
		for _, d := range x.to[to] {
			if q.s.four != d.four {
				continue
			}
			for _, l := range x.s.ways(q.s, d, x.s.c.legsOf(q.s.network, q.s.table)[d.network]) {
				if now := x.stage(q, d, l); now > best {
					best, at = now, func() string { return x.words(q, d, now) }
				}
				if asked++; asked >= candidates {
					return at()
				}
			}
		}
	}
	if at == nil {
		return x.noRoute(from, to)
	}
	return at()
}

// noRoute names what lacks: a way between the networks of the tenants.
func (x *explainer) noRoute(from, to int) string {
	q, d := x.from[from][0].s, x.to[to][0]
	m := x.s.w.m
	source, dest := m.Networks[q.network].ID, m.Networks[d.network].ID
	for i := range m.Joins {
		j := &m.Joins[i]
		ends := func(n string) bool { return slices.ContainsFunc(j.Ends, func(e End) bool { return e.Network == n }) }
		switch {
		case !ends(source) || !ends(dest):
		case !j.Active:
			return j.ID + " joins " + source + " and " + dest + ", and it is not active"
		default:
			return j.ID + " joins " + source + " and " + dest + ", and no route of " + m.Subnets[q.subnet].Table + " leads through it there"
		}
	}
	return "no route leads from " + source + " to " + dest + ": nothing joins them"
}

// stage is how near packets come to their goal: what stops them.
type stage int

const (
	atRoute stage = iota
	atReceiver
	atSender
	atBorderOut
	atBorderIn
	atAll // each lets something through, and no packet passes all
)

// stage tells how near packets of one class come to another.
func (x *explainer) stage(q sender, d *dest, l leg) stage {
	w := x.s.w
	local := q.s.subnet == d.subnet
	x.limit = x.limit[:0]
	if !local {
		x.limit = append(x.limit, l.set)
	}
	out := func(r *region) bool {
		return anyCell(r, func(c *cell) bool {
			x.room = c.admits(append(x.room[:0], x.limit...), d.filters, l.members)
			return d.pick(x.s.w.lenient, x.room) != nil
		})
	}
	in := func(r *region) bool {
		return anyCell(r, func(c *cell) bool {
			x.room = c.admits(x.room[:0], q.g.filters, l.members)
			return q.g.pick(x.s.w.lenient, x.room) != nil
		})
	}
	switch {
	case !local && d.pick(x.s.w.lenient, x.limit) == nil:
		return atRoute
	case !in(d.in):
		return atReceiver
	case !out(q.s.out):
		return atSender
	case local:
	case !out(w.out[q.s.subnet]):
		return atBorderOut
	case !in(w.in[d.subnet]):
		return atBorderIn
	}
	return atAll
}

// words tells what stops packets at a stage.
func (x *explainer) words(q sender, d *dest, at stage) string {
	m := x.s.w.m
	from, to := x.s.called(firstOf(q.g).node), x.s.called(firstOf(&d.group).node)
	who, whom := guardsOf(x.s.w, q.g), guardsOf(x.s.w, &d.group)
	switch at {
	case atRoute:
		return "no route of " + m.Subnets[q.s.subnet].Table + " leads to the addresses of " + to
	case atReceiver:
		text := "no inbound rule of " + whom + " lets " + from + " in to " + to
		for i, l := range d.listens {
			text += []string{", which listens on ", " and "}[min(i, 1)] + l.String()
		}
		return text
	case atSender:
		return "no outbound rule of " + who + " lets " + from + " out to " + to
	case atBorderOut:
		return "no outbound rule of " + strings.Join(m.Subnets[q.s.subnet].Filters, ", ") + " lets " + from + " out to " + to
	case atBorderIn:
		return "no inbound rule of " + strings.Join(m.Subnets[d.subnet].Filters, ", ") + " lets " + from + " in to " + to
	}
	list := []string{who, whom}
	if q.s.subnet != d.subnet {
		list = slices.Concat([]string{who}, m.Subnets[q.s.subnet].Filters, m.Subnets[d.subnet].Filters, []string{whom})
	}
	return "from " + from + " to " + to + " each of " + strings.Join(slices.Compact(list), ", ") + " lets something through, and no packet passes all of them"
}

func anyCell(r *region, ok func(*cell) bool) bool {
	for _, cells := range r.cells {
		for i := range cells {
			if ok(&cells[i]) {
				return true
			}
		}
	}
	return false
}

func firstOf(g *group) *end {
	if len(g.points) > 0 {
		return &g.points[0]
	}
	return &g.ranged[0]
}

// guardsOf names the filters that guard a class.
func guardsOf(w *world, g *group) string {
	e := firstOf(g)
	nic := &w.m.Nodes[e.node].Interfaces[e.nic]
	names := slices.Concat(nic.Guards...)
	if len(names) == 0 {
		return "no filter"
	}
	return strings.Join(names, ", ")
}
