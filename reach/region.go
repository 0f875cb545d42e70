// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strconv"
)

// Protocols are places in a list: the common ones, one that stands for all that
// no rule names, and those that a rule of the model names by number.
const (
	tcp = iota
	udp
	icmp
	other
)

const maxPort = 65535

// protocols gives names places.
type protocols struct {
	place map[string]int
	names []string
}

func newProtocols() *protocols {
	return &protocols{place: map[string]int{"tcp": tcp, "udp": udp, "icmp": icmp, "other": other}, names: []string{"tcp", "udp", "icmp", "other"}}
}

func (p *protocols) add(name string) {
	if _, ok := p.place[name]; !ok && name != "all" {
		p.place[name] = len(p.names)
		p.names = append(p.names, name)
	}
}

// ported tells whether the protocol has ports.
func ported(protocol int) bool { return protocol == tcp || protocol == udp }

// span gives the ports of a rule for one protocol.
func (r Ports) span(protocol int) (int, int) {
	switch {
	case !ported(protocol):
		return 0, 0
	case r.Protocol == "all":
		return 0, maxPort
	}
	return max(0, r.From), min(maxPort, r.To)
}

// part lets through the addresses of set, and the members of filters.
type part struct {
	set     set
	members []int // sorted
}

// cell is what a region lets through for a range of ports: an address must be in
// set and pass every named part.
type cell struct {
	lo, hi int
	set    set
	named  []part
}

// admits adds to sets what an address must lie in to pass the cell, given the
// filters that its interface is a member of, where members are known.
func (c *cell) admits(sets []set, filters []int, members bool) []set {
	sets = append(sets, c.set)
	for i := range c.named {
		if p := &c.named[i]; !members || !overlap(p.members, filters) {
			sets = append(sets, p.set)
		}
	}
	return sets
}

// overlap tells whether two sorted lists have a number in common.
func overlap(a, b []int) bool {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			return true
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return false
}

// region is cells for each protocol, in order of ports, apart from each other.
type region struct {
	id    int // equal regions of a world have one
	cells [][]cell
}

// flat is a rule made ready.
type flat struct {
	Ports
	allow   bool
	peers   set
	members []int
}

// compile makes a region of rules in the order in which they are applied.
func compile(rules []flat, p *protocols) [][]cell {
	out := make([][]cell, len(p.names))
	for protocol, name := range p.names {
		var own []flat
		for _, r := range rules {
			if r.Protocol == "all" || r.Protocol == name {
				own = append(own, r)
			}
		}
		out[protocol] = cellsOf(own, protocol)
	}
	return out
}

func cellsOf(rules []flat, protocol int) []cell {
	var edges []int
	for _, r := range rules {
		if lo, hi := r.span(protocol); lo <= hi {
			edges = append(edges, lo, hi+1)
		}
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	var out []cell
	for i := 0; i+1 < len(edges); i++ {
		if c, ok := decide(rules, protocol, edges[i]); ok {
			c.lo, c.hi = edges[i], edges[i+1]-1
			out = append(out, c)
		}
	}
	return out
}

// decide weighs the rules for one port: all ports of a cell have the same fate.
func decide(rules []flat, protocol, port int) (cell, bool) {
	var allowed, refused set
	var spans []span
	var members []int
	ordered := slices.ContainsFunc(rules, func(r flat) bool { return !r.allow })
	for _, r := range rules {
		lo, hi := r.span(protocol)
		switch {
		case port < lo || port > hi:
		case !r.allow:
			refused = refused.union(r.peers.minus(allowed))
		case ordered:
			allowed = allowed.union(r.peers.minus(refused))
		default:
			spans = append(spans, r.peers...)
			members = append(members, r.members...)
		}
	}
	if !ordered {
		allowed = join(spans)
	}
	if len(members) == 0 {
		return cell{set: allowed}, len(allowed) > 0
	}
	slices.Sort(members)
	return cell{set: everything(), named: []part{{allowed, slices.Compact(members)}}}, true
}

// both lets through what both let through.
func both(r, s [][]cell) [][]cell {
	out := make([][]cell, len(r))
	for p := range r {
		overlaps(r[p], s[p], func(a, b *cell, lo, hi int) bool {
			if c := (cell{lo, hi, a.set.intersect(b.set), slices.Concat(a.named, b.named)}); len(c.set) > 0 {
				out[p] = append(out[p], c)
			}
			return true
		})
	}
	return out
}

// overlaps gives the pairs of cells that have ports in common, until each is
// satisfied.
func overlaps(a, b []cell, each func(a, b *cell, lo, hi int) bool) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		if lo, hi := max(a[i].lo, b[j].lo), min(a[i].hi, b[j].hi); lo <= hi && !each(&a[i], &b[j], lo, hi) {
			return
		}
		if a[i].hi < b[j].hi {
			i++
		} else {
			j++
		}
	}
}

// limited keeps the ports that a node listens on; nil are all.
func limited(cells [][]cell, listens []Ports, p *protocols) [][]cell {
	if listens == nil {
		return cells
	}
	rules := make([]flat, len(listens))
	for i, l := range listens {
		rules[i] = flat{Ports: l, allow: true, peers: everything()}
	}
	return both(cells, compile(rules, p))
}

// key is the same for equal cells, and for no others.
func key(cells [][]cell) string {
	var b []byte
	for _, list := range cells {
		b = binary.AppendUvarint(b, uint64(len(list)))
		for _, c := range list {
			b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(c.lo)), uint64(c.hi))
			b = appendSet(b, c.set)
			b = binary.AppendUvarint(b, uint64(len(c.named)))
			for _, p := range c.named {
				b = appendSet(b, p.set)
				b = append(b, numbers(p.members)...)
			}
		}
	}
	return string(b)
}

func appendSet(b []byte, s set) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	for _, x := range s {
		for _, a := range [2]netip.Addr{x.lo, x.hi} {
			bytes := a.AsSlice()
			b = append(append(b, byte(len(bytes))), bytes...)
		}
	}
	return b
}

// numbers writes a list of numbers as a key.
func numbers(list []int) string {
	b := strconv.AppendInt(nil, int64(len(list)), 36)
	for _, v := range list {
		b = strconv.AppendInt(append(b, '.'), int64(v), 36)
	}
	return string(append(b, ';'))
}
