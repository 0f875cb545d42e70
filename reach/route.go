// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"cmp"
	"net/netip"
	"slices"
)

// leg is a way from a table of routes into a network: the addresses of it that
// are routed so, the join passed, and whether members are known beyond it.
type leg struct {
	join    int // -1: none
	hops    int // 1 within the network, 2 across a join
	set     set
	members bool
	doubt   string // what was not read, where that alone opens it
}

// routed is a route with the addresses for which it is the longest prefix.
type routed struct {
	Route
	set set
}

// longest gives each route the addresses that no longer prefix takes. Of equal
// prefixes the first stands.
func longest(routes []Route) []routed {
	routes = slices.Clone(routes)
	slices.SortStableFunc(routes, func(a, b Route) int { return cmp.Compare(b.To.Bits(), a.To.Bits()) })
	var out []routed
	taken := map[netip.Prefix]bool{}
	for i, r := range routes {
		r.To = r.To.Masked()
		if taken[r.To] {
			continue
		}
		taken[r.To] = true
		var longer []netip.Prefix
		for _, o := range routes[:i] {
			if o.To.Bits() > r.To.Bits() && r.To.Contains(o.To.Addr()) {
				longer = append(longer, o.To)
			}
		}
		out = append(out, routed{r, set{spanOf(r.To)}.minus(setOf(longer))})
	}
	return out
}

// legsOf gives the ways from a subnet's table into every network.
func (w *world) legsOf(network, table int) map[int][]leg {
	out := map[int][]leg{}
	add := func(to int, l leg) {
		l.set = l.set.intersect(w.ranges[to])
		if len(l.set) == 0 {
			return
		}
		l.hops = 1
		if to != network || l.join >= 0 {
			l.hops = 2
		}
		out[to] = append(out[to], l)
	}
	if table < 0 {
		w.anywhere(w.all, "the table of routes was not read", add)
		return out
	}
	if why := w.m.Tables[table].Unread; why != "" {
		w.anywhere(w.all, "the routes of "+w.m.Tables[table].ID+" were not read: "+why, add)
		return out
	}
	for _, r := range w.routes[table] {
		switch r.Way {
		case Local:
			add(network, leg{join: -1, set: r.set, members: true})
		case Through:
			w.through(r.Target, network, r.set, add)
		case Appliance:
			w.anywhere(r.set, "a route leads to "+r.Target+", a machine that may forward", add)
		}
	}
	return out
}

// anywhere is what a route may lead to that is not known: every network, and
// only where what was not read lets through.
func (w *world) anywhere(s set, why string, add func(int, leg)) {
	if !w.lenient {
		return
	}
	for to := range w.m.Networks {
		add(to, leg{join: -1, set: s, members: true, doubt: why})
	}
}

// through gives the ways across a join.
func (w *world) through(id string, from int, s set, add func(int, leg)) {
	j, ok := w.joined[id]
	if !ok {
		w.anywhere(s, "what "+id+" joins was not read", add)
		return
	}
	join := &w.m.Joins[j]
	if join.Unread != "" {
		w.anywhere(s, "what "+id+" joins was not read: "+join.Unread, add)
		return
	}
	at := slices.IndexFunc(join.Ends, func(e End) bool { return e.Network == w.m.Networks[from].ID })
	if !join.Active || at < 0 {
		return
	}
	if !join.Hub {
		for _, e := range join.Ends {
			if to, ok := w.network[e.Network]; ok && to != from {
				add(to, leg{join: j, set: s, members: join.Members})
			}
		}
		return
	}
	table := slices.IndexFunc(join.Tables, func(t Table) bool { return t.ID == join.Ends[at].Table })
	if table < 0 {
		if join.Ends[at].Table != "" {
			w.anywhere(s, "the table "+join.Ends[at].Table+" of "+id+" was not read", add)
		}
		return
	}
	if why := join.Tables[table].Unread; why != "" {
		w.anywhere(s, "the routes of "+join.Ends[at].Table+" were not read: "+why, add)
		return
	}
	for _, r := range w.hubs[j][table] {
		w.attached(join, j, r, s, add)
	}
}

// attached follows a route of a hub's table. Only networks at the hub are
// reached; a hub beyond the hub is not followed, and so not known.
func (w *world) attached(join *Join, j int, r routed, s set, add func(int, leg)) {
	both := s.intersect(r.set)
	switch r.Way {
	case Attached:
		if to, ok := w.network[r.Target]; ok && slices.ContainsFunc(join.Ends, func(o End) bool { return o.Network == r.Target }) {
			add(to, leg{join: j, set: both, members: join.Members})
		}
	case Through:
		w.anywhere(both, join.ID+" leads on through "+r.Target+", which is not followed", add)
	}
}

// outward gives the addresses that a table sends to the internet's gateway, and
// why that is not known.
func (w *world) outward(table int) (set, string) {
	switch {
	case table < 0 && w.lenient:
		return w.all, "the table of routes was not read"
	case table < 0:
		return nil, ""
	case w.m.Tables[table].Unread != "" && w.lenient:
		return w.all, "the routes of " + w.m.Tables[table].ID + " were not read: " + w.m.Tables[table].Unread
	case w.m.Tables[table].Unread != "":
		return nil, ""
	}
	var out set
	for _, r := range w.routes[table] {
		if r.Way == Internet || r.Way == Appliance && w.lenient {
			out = out.union(r.set)
		}
	}
	return out, ""
}
