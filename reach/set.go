// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"net/netip"
	"slices"
)

// span is a range of addresses of one family, both ends in it.
type span struct{ lo, hi netip.Addr }

// set is a set of addresses: spans in order, apart from each other. IPv4 stands
// before IPv6. A set is never changed after it was made, so sets may share.
type set []span

func spanOf(p netip.Prefix) span {
	p = p.Masked()
	return span{p.Addr(), last(p)}
}

// last gives the last address of a masked prefix.
func last(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// everything is every address of both families.
func everything() set {
	return setOf([]netip.Prefix{netip.PrefixFrom(netip.IPv4Unspecified(), 0), netip.PrefixFrom(netip.IPv6Unspecified(), 0)})
}

func setOf(prefixes []netip.Prefix) set {
	spans := make([]span, len(prefixes))
	for i, p := range prefixes {
		spans[i] = spanOf(p)
	}
	return join(spans)
}

// join makes a set of spans in any order.
func join(spans []span) set {
	slices.SortFunc(spans, func(a, b span) int { return a.lo.Compare(b.lo) })
	var out set
	for _, s := range spans {
		if n := len(out); n > 0 && adjoins(out[n-1], s) {
			if out[n-1].hi.Less(s.hi) {
				out[n-1].hi = s.hi
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// adjoins tells whether b, which does not begin before a, overlaps or follows a
// without a hole.
func adjoins(a, b span) bool {
	if a.hi.Is4() != b.lo.Is4() {
		return false
	}
	return !a.hi.Less(b.lo) || a.hi.Next() == b.lo
}

func (s set) union(t set) set {
	if len(s) == 0 {
		return t
	}
	if len(t) == 0 {
		return s
	}
	return join(append(slices.Clone(s), t...))
}

func (s set) intersect(t set) set {
	var out set
	for i, j := 0, 0; i < len(s) && j < len(t); {
		lo, hi := s[i].lo, s[i].hi
		if lo.Less(t[j].lo) {
			lo = t[j].lo
		}
		if t[j].hi.Less(hi) {
			hi = t[j].hi
		}
		if !hi.Less(lo) {
			out = append(out, span{lo, hi})
		}
		if s[i].hi.Less(t[j].hi) {
			i++
		} else {
			j++
		}
	}
	return out
}

func (s set) minus(t set) set {
	var out set
	j := 0
	for _, a := range s {
		lo, gone := a.lo, false
		for j < len(t) && t[j].hi.Less(lo) {
			j++
		}
		for k := j; k < len(t) && !a.hi.Less(t[k].lo); k++ {
			if lo.Less(t[k].lo) {
				out = append(out, span{lo, t[k].lo.Prev()})
			}
			if !t[k].hi.Less(a.hi) {
				gone = true
				break
			}
			lo = t[k].hi.Next()
		}
		if !gone {
			out = append(out, span{lo, a.hi})
		}
	}
	return out
}

// touches tells whether the sets have an address in common.
func (s set) touches(t set) bool {
	for i, j := 0, 0; i < len(s) && j < len(t); {
		switch {
		case s[i].hi.Less(t[j].lo):
			i++
		case t[j].hi.Less(s[i].lo):
			j++
		default:
			return true
		}
	}
	return false
}

// at gives the place of the first span that ends at a or after it.
func (s set) at(a netip.Addr) int {
	i, _ := slices.BinarySearchFunc(s, a, func(x span, a netip.Addr) int { return x.hi.Compare(a) })
	return i
}

// covers tells whether the whole span lies in s.
func (s set) covers(x span) bool {
	i := s.at(x.lo)
	return i < len(s) && !x.lo.Less(s[i].lo) && !s[i].hi.Less(x.hi)
}

// meet gives the first address, not before a, that lies in every set.
func meet(a netip.Addr, sets []set) (netip.Addr, bool) {
	for i, agree := 0, 0; agree < len(sets); i = (i + 1) % len(sets) {
		s := sets[i]
		at := s.at(a)
		if at == len(s) {
			return a, false
		}
		agree++
		if a.Less(s[at].lo) {
			a, agree = s[at].lo, 1
		}
	}
	return a, true
}

// prefixes gives the set as prefixes, as few as there are.
func (s set) prefixes() []netip.Prefix {
	var out []netip.Prefix
	for _, x := range s {
		for lo := x.lo; ; {
			p := netip.PrefixFrom(lo, lo.BitLen())
			for p.Bits() > 0 {
				wider := netip.PrefixFrom(lo, p.Bits()-1)
				if wider.Masked().Addr() != lo || x.hi.Less(last(wider.Masked())) {
					break
				}
				p = wider
			}
			out = append(out, p)
			end := last(p)
			if !end.Less(x.hi) {
				break
			}
			lo = end.Next()
		}
	}
	return out
}
