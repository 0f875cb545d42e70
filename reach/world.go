// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"slices"
	"strings"
)

// world is the model made ready: ids are places. It is the work of one
// goroutine until it is built, and only read after.
type world struct {
	m       *Model
	lenient bool // what was not read lets everything through; else nothing
	protos  *protocols
	all     set

	network, subnet, table, filter, joined, node map[string]int
	member                                       map[string]int // filters that interfaces or rules name
	ranges                                       []set          // of networks
	routes                                       [][]routed
	hubs                                         [][][]routed // of joins: of tables

	known   map[string]*region // by key
	guards  map[string]*region // by direction and the filters' ids
	crossed map[[2]int]*region // of two regions
	in, out []*region          // of subnets: what crosses their border
	// replyIn and replyOut are in and out of the filters without state.
	replyIn, replyOut []*region
}

func index[T any](list []T, id func(*T) string) map[string]int {
	out := make(map[string]int, len(list))
	for i := range list {
		if _, ok := out[id(&list[i])]; !ok {
			out[id(&list[i])] = i
		}
	}
	return out
}

func newWorld(m *Model, lenient bool) *world {
	w := &world{m: m, lenient: lenient, protos: newProtocols(), all: everything(), member: map[string]int{},
		known: map[string]*region{}, guards: map[string]*region{}, crossed: map[[2]int]*region{}}
	w.network = index(m.Networks, func(n *Network) string { return n.ID })
	w.subnet = index(m.Subnets, func(n *Subnet) string { return n.ID })
	w.table = index(m.Tables, func(n *Table) string { return n.ID })
	w.filter = index(m.Filters, func(n *Filter) string { return n.ID })
	w.joined = index(m.Joins, func(n *Join) string { return n.ID })
	w.node = index(m.Nodes, func(n *Node) string { return n.ID })
	w.names()
	w.ways()
	for i := range m.Subnets {
		stateless := slices.DeleteFunc(slices.Clone(m.Subnets[i].Filters), func(id string) bool {
			f, ok := w.filter[id]
			return ok && !m.Filters[f].Stateless
		})
		w.in = append(w.in, w.guard(each(m.Subnets[i].Filters), true))
		w.out = append(w.out, w.guard(each(m.Subnets[i].Filters), false))
		w.replyIn = append(w.replyIn, w.guard(each(stateless), true))
		w.replyOut = append(w.replyOut, w.guard(each(stateless), false))
	}
	return w
}

// each makes a guard of each filter.
func each(filters []string) [][]string {
	out := make([][]string, len(filters))
	for i, f := range filters {
		out[i] = []string{f}
	}
	return out
}

// names gives protocols and members their numbers.
func (w *world) names() {
	note := func(id string) {
		if _, ok := w.member[id]; !ok {
			w.member[id] = len(w.member)
		}
	}
	for i := range w.m.Filters {
		note(w.m.Filters[i].ID)
		for _, r := range w.m.Filters[i].Rules {
			w.protos.add(r.Protocol)
			for _, id := range r.Members {
				note(id)
			}
		}
	}
	for i := range w.m.Nodes {
		for _, l := range w.m.Nodes[i].Listens {
			w.protos.add(l.Protocol)
		}
		for _, t := range w.m.Nodes[i].Targets {
			w.protos.add(t.Protocol)
		}
		for _, nic := range w.m.Nodes[i].Interfaces {
			for _, g := range nic.Guards {
				for _, id := range g {
					note(id)
				}
			}
		}
	}
}

// ways makes ranges and routes ready.
func (w *world) ways() {
	for i := range w.m.Networks {
		w.ranges = append(w.ranges, setOf(w.m.Networks[i].Ranges))
	}
	for i := range w.m.Subnets {
		if n, ok := w.network[w.m.Subnets[i].Network]; ok {
			w.ranges[n] = w.ranges[n].union(setOf(w.m.Subnets[i].Ranges))
		}
	}
	for i := range w.m.Tables {
		w.routes = append(w.routes, longest(w.m.Tables[i].Routes))
	}
	for i := range w.m.Joins {
		var tables [][]routed
		for _, t := range w.m.Joins[i].Tables {
			tables = append(tables, longest(t.Routes))
		}
		w.hubs = append(w.hubs, tables)
	}
}

// unreadFilter tells why a filter decides nothing that is known.
func (w *world) unreadFilter(id string, together bool) string {
	i, ok := w.filter[id]
	if !ok {
		return "the rules of " + id + " were not read"
	}
	f := &w.m.Filters[i]
	if f.Unread != "" {
		return "the rules of " + id + " were not read: " + f.Unread
	}
	refuses, members := false, together
	for i := range f.Rules {
		refuses = refuses || !f.Rules[i].Allow
		members = members || len(f.Rules[i].Members) > 0
	}
	if refuses && members {
		return "the rules of " + id + " refuse where rules may only allow"
	}
	return ""
}

// rulesOf gives one direction of the filters that stand together in a guard.
func (w *world) rulesOf(filters []string, inbound bool) []flat {
	var out []flat
	for _, id := range filters {
		if w.unreadFilter(id, len(filters) > 1) != "" {
			if w.lenient {
				return []flat{{Ports: Ports{Protocol: "all"}, allow: true, peers: w.all}}
			}
			continue
		}
		for _, r := range w.m.Filters[w.filter[id]].Rules {
			if r.Inbound != inbound {
				continue
			}
			x := flat{Ports: r.Ports, allow: r.Allow, peers: setOf(r.Peers)}
			for _, m := range r.Members {
				x.members = append(x.members, w.member[m])
			}
			out = append(out, x)
		}
	}
	return out
}

// guard compiles guards that must all let through.
func (w *world) guard(guards [][]string, inbound bool) *region {
	var b strings.Builder
	if inbound {
		b.WriteString("in")
	}
	for _, g := range guards {
		b.WriteString("\x00" + strings.Join(g, "\x01"))
	}
	if r, ok := w.guards[b.String()]; ok {
		return r
	}
	cells := compile([]flat{{Ports: Ports{Protocol: "all"}, allow: true, peers: w.all}}, w.protos)
	for i, g := range guards {
		if next := compile(w.rulesOf(g, inbound), w.protos); i == 0 {
			cells = next
		} else {
			cells = both(cells, next)
		}
	}
	r := w.region(cells)
	w.guards[b.String()] = r
	return r
}

// region gives equal cells one region.
func (w *world) region(cells [][]cell) *region {
	k := key(cells)
	if r, ok := w.known[k]; ok {
		return r
	}
	r := &region{len(w.known), cells}
	w.known[k] = r
	return r
}

// cross is what two regions both let through.
func (w *world) cross(a, b *region) *region {
	at := [2]int{a.id, b.id}
	if r, ok := w.crossed[at]; ok {
		return r
	}
	r := w.region(both(a.cells, b.cells))
	w.crossed[at] = r
	return r
}
