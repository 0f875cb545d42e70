// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strconv"
)

// end is one address of an interface: lo is hi, unless all that is known is a
// range in which it lies.
type end struct {
	span
	node, nic int
}

// group is the ends of one class: alike in all that rules and routes ask.
type group struct {
	tenant  int   // -1: nobody's
	filters []int // that its guards name, sorted
	points  []end // by address
	ranged  []end // of unknown address
}

// pick gives an end that lies in every set. Of an end of unknown address all
// must, or for a lenient world some.
func (g *group) pick(lenient bool, sets []set) *end {
	for i := 0; i < len(g.points); {
		a, ok := meet(g.points[i].lo, sets)
		if !ok {
			break
		}
		if a == g.points[i].lo {
			return &g.points[i]
		}
		n, _ := slices.BinarySearchFunc(g.points[i:], a, func(e end, a netip.Addr) int { return e.lo.Compare(a) })
		i += n
	}
	for i := range g.ranged {
		e := &g.ranged[i]
		if lenient {
			if a, ok := meet(e.lo, sets); ok && !e.hi.Less(a) {
				return e
			}
		} else if !slices.ContainsFunc(sets, func(s set) bool { return !s.covers(e.span) }) {
			return e
		}
	}
	return nil
}

func (g *group) add(e end) {
	if e.lo == e.hi {
		g.points = append(g.points, e)
	} else {
		g.ranged = append(g.ranged, e)
	}
}

func (g *group) sort() {
	order := func(a, b end) int { return cmp.Or(a.lo.Compare(b.lo), a.node-b.node, a.nic-b.nic) }
	slices.SortFunc(g.points, order)
	slices.SortFunc(g.ranged, order)
}

// place is where ends lie: equal for all of a class.
type place struct {
	subnet, network, table int
	four                   bool // IPv4; rules and routes of the families never meet
}

// source is the classes of one place with one set of outbound rules.
type source struct {
	place
	out, cross *region // within the subnet; across its border
	groups     []*group
	byFilter   map[int][]*group
	tenants    []int // that have ends in it
}

// dest is a class that receives alike.
type dest struct {
	place
	group
	in, cross *region
	relay     int // a node with targets; -1: none
	public    bool
	listens   []Ports
	// sum is every address that some cell may let in, and named are the filters
	// whose members some cell lets in.
	sum   set
	named []int
}

type classes struct {
	w       *world
	tenants []string
	sources []*source
	dests   []*dest
	// from gives the sources that have a way into a network, by the network that
	// they lie in.
	from             map[int][]approach
	legs             map[[2]int]map[int][]leg // by network and table
	sourceOf, destOf map[int][]ended          // by node
}

// ended is a class and the ends of one node in it.
type ended struct {
	class int
	end   end
}

// approach is the sources of a network that have ways into another.
type approach struct {
	network int
	sources []*source
	legs    map[int][]leg // by table
	filters []int         // that interfaces there name, sorted
}

func classify(w *world, tenants []string) *classes {
	c := &classes{w: w, tenants: tenants, from: map[int][]approach{}, legs: map[[2]int]map[int][]leg{}, sourceOf: map[int][]ended{}, destOf: map[int][]ended{}}
	slot := map[string]int{}
	for i, t := range tenants {
		slot[t] = i
	}
	f := &filing{c: c, sources: map[string]int{}, groups: map[string]*group{}, dests: map[string]int{}}
	for n := range w.m.Nodes {
		node := &w.m.Nodes[n]
		tenant, ok := slot[node.Tenant]
		if !ok {
			tenant = -1
		}
		for i := range node.Interfaces {
			f.file(n, i, tenant)
		}
	}
	for _, s := range c.sources {
		for _, g := range s.groups {
			g.sort()
			if g.tenant >= 0 && !slices.Contains(s.tenants, g.tenant) {
				s.tenants = append(s.tenants, g.tenant)
			}
		}
	}
	for _, d := range c.dests {
		d.sort()
		d.summarise()
	}
	c.approaches()
	return c
}

// summarise makes ready what most sources are turned away by.
func (d *dest) summarise() {
	var spans []span
	for _, r := range [2]*region{d.in, d.cross} {
		for _, cells := range r.cells {
			for i := range cells {
				c := &cells[i]
				if len(c.named) == 0 {
					spans = append(spans, c.set...)
					continue
				}
				for _, p := range c.named {
					spans = append(spans, p.set...)
					d.named = append(d.named, p.members...)
				}
			}
		}
	}
	slices.Sort(d.named)
	d.named = slices.Compact(d.named)
	d.sum = join(spans)
}

// approaches gathers the sources by network, and their ways into each.
func (c *classes) approaches() {
	by := map[int]*approach{}
	for _, s := range c.sources {
		a := by[s.network]
		if a == nil {
			a = &approach{network: s.network, legs: map[int][]leg{}}
			by[s.network] = a
		}
		a.sources = append(a.sources, s)
		for _, g := range s.groups {
			a.filters = append(a.filters, g.filters...)
		}
	}
	for _, from := range slices.Sorted(maps.Keys(by)) {
		a := by[from]
		slices.Sort(a.filters)
		a.filters = slices.Compact(a.filters)
		into := map[int]*approach{from: {network: from, legs: map[int][]leg{}, filters: a.filters}}
		for _, s := range a.sources {
			legs := c.legsOf(s.network, s.table)
			own := into[from]
			own.sources, own.legs[s.table] = append(own.sources, s), legs[from]
			for to, l := range legs {
				if to == from {
					continue
				}
				if into[to] == nil {
					into[to] = &approach{network: from, legs: map[int][]leg{}, filters: a.filters}
				}
				into[to].sources, into[to].legs[s.table] = append(into[to].sources, s), l
			}
		}
		for to, a := range into {
			c.from[to] = append(c.from[to], *a)
		}
	}
}

func (c *classes) legsOf(network, table int) map[int][]leg {
	at := [2]int{network, table}
	if _, ok := c.legs[at]; !ok {
		c.legs[at] = c.w.legsOf(network, table)
	}
	return c.legs[at]
}

// filing puts interfaces into their classes.
type filing struct {
	c              *classes
	sources, dests map[string]int
	groups         map[string]*group
}

// file puts the addresses of an interface into their classes. What lies in a
// subnet that nobody read is in none: doubts tell of it.
func (f *filing) file(n, i, tenant int) {
	w, node := f.c.w, &f.c.w.m.Nodes[n]
	nic := &node.Interfaces[i]
	at, ok := w.placeOf(nic)
	if !ok {
		return
	}
	out, in, filters := w.guard(nic.Guards, false), w.guard(nic.Guards, true), w.filtersOf(nic)
	for _, x := range ends(nic) {
		e := end{x, n, i}
		at.four = x.lo.Is4()
		f.source(at, out, tenant, filters, e)
		public := nic.Public && at.four || !at.four && globalUnicast6.Contains(x.lo)
		f.dest(at, in, tenant, filters, public, node, e)
	}
}

// placeOf gives where an interface lies.
func (w *world) placeOf(nic *Interface) (place, bool) {
	subnet, ok := w.subnet[nic.Subnet]
	if !ok {
		return place{}, false
	}
	network, ok := w.network[w.m.Subnets[subnet].Network]
	if !ok {
		return place{}, false
	}
	table, ok := w.table[w.m.Subnets[subnet].Table]
	if !ok {
		table = -1
	}
	return place{subnet: subnet, network: network, table: table}, true
}

// filtersOf gives the filters that an interface is a member of.
func (w *world) filtersOf(nic *Interface) []int {
	var out []int
	for _, g := range nic.Guards {
		for _, id := range g {
			out = append(out, w.member[id])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func ends(nic *Interface) []span {
	var out []span
	for _, a := range nic.Addresses {
		out = append(out, span{a, a})
	}
	if len(out) == 0 {
		for _, p := range nic.Within {
			out = append(out, spanOf(p))
		}
	}
	return out
}

func (f *filing) source(at place, out *region, tenant int, filters []int, e end) {
	c := f.c
	k := strconv.Itoa(at.subnet) + " " + strconv.FormatBool(at.four) + " " + strconv.Itoa(out.id)
	s, ok := f.sources[k]
	if !ok {
		s = len(c.sources)
		f.sources[k] = s
		c.sources = append(c.sources, &source{place: at, out: out, cross: c.w.cross(out, c.w.out[at.subnet]), byFilter: map[int][]*group{}})
	}
	k += " " + strconv.Itoa(tenant) + " " + numbers(filters)
	g, ok := f.groups[k]
	if !ok {
		g = &group{tenant: tenant, filters: filters}
		f.groups[k] = g
		c.sources[s].groups = append(c.sources[s].groups, g)
		for _, m := range filters {
			c.sources[s].byFilter[m] = append(c.sources[s].byFilter[m], g)
		}
	}
	g.add(e)
	c.sourceOf[e.node] = append(c.sourceOf[e.node], ended{s, e})
}

func (f *filing) dest(at place, in *region, tenant int, filters []int, public bool, node *Node, e end) {
	c, relay := f.c, -1
	if len(node.Targets) > 0 {
		relay = e.node
	}
	if node.Listens != nil {
		in = c.w.region(limited(in.cells, node.Listens, c.w.protos))
	}
	k := numbers([]int{at.subnet, tenant, relay, in.id}) + strconv.FormatBool(public) + strconv.FormatBool(at.four) + numbers(filters)
	d, ok := f.dests[k]
	if !ok {
		d = len(c.dests)
		f.dests[k] = d
		c.dests = append(c.dests, &dest{place: at, group: group{tenant: tenant, filters: filters}, in: in, cross: c.w.cross(in, c.w.in[at.subnet]),
			relay: relay, public: public, listens: node.Listens})
	}
	c.dests[d].add(e)
	c.destOf[e.node] = append(c.destOf[e.node], ended{d, e})
}

// bits is a set of tenants.
type bits []uint64

func newBits(n int) bits      { return make(bits, (n+63)/64) }
func (b bits) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bits) clear(i int)    { b[i/64] &^= 1 << (i % 64) }
func (b bits) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b bits) none() bool {
	for _, w := range b {
		if w != 0 {
			return false
		}
	}
	return true
}
