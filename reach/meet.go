// SPDX-License-Identifier: Apache-2.0

package reach

import "slices"

// ephemeral are the ports that clients answer on, of every system in use.
const (
	ephemeralLow  = 1024
	ephemeralHigh = maxPort
)

// reply is where an answer passes the stateless filters of both subnets on some
// port: to the addresses of to, from those of from.
type reply struct{ to, from set }

// witness is a packet that goes: who sends it to whom, by which leg.
type witness struct {
	src, dst end
	from, to place
	leg      leg
	local    bool // within one subnet
	protocol int
	lo, hi   int // ports
	answered bool
}

// hops is less for a shorter way.
func (w *witness) hops() int {
	if w.local {
		return 0
	}
	return w.leg.hops
}

// worker weighs sources against destinations; each goroutine has its own.
type worker struct {
	c       *classes
	replies map[[2]int][][]reply
	backs   map[[3]int]set
	sets    [2][]set // room for the sets of a receiver and of a sender
	wanted  bits
	scores  []int // of the best packet from each tenant; less is better
}

func newWorker(c *classes) *worker {
	return &worker{c: c, replies: map[[2]int][][]reply{}, backs: map[[3]int]set{}, wanted: newBits(len(c.tenants))}
}

// repliesOf gives where answers from d to s pass filters without state.
func (k *worker) repliesOf(s *source, d *dest) [][]reply {
	out, in := k.c.w.replyOut[d.subnet], k.c.w.replyIn[s.subnet]
	at := [2]int{out.id, in.id}
	list, ok := k.replies[at]
	if !ok {
		list = make([][]reply, len(out.cells))
		for p := range list {
			list[p] = replies(out.cells[p], in.cells[p], ported(p))
		}
		k.replies[at] = list
	}
	return list
}

func replies(out, in []cell, ported bool) []reply {
	var list []reply
	overlaps(out, in, func(a, b *cell, lo, hi int) bool {
		if ported && (hi < ephemeralLow || lo > ephemeralHigh) {
			return true
		}
		// A subnet's filter knows addresses, and no members.
		r := reply{a.plain(), b.plain()}
		if !slices.ContainsFunc(list, func(o reply) bool { return slices.Equal(o.to, r.to) && slices.Equal(o.from, r.from) }) {
			list = append(list, r)
		}
		return true
	})
	return list
}

// plain is the addresses that a cell lets through as such.
func (c *cell) plain() set {
	s := c.set
	for _, p := range c.named {
		s = s.intersect(p.set)
	}
	return s
}

// back gives the addresses of s's network to which d's routes lead.
func (k *worker) back(s *source, d *dest) set {
	at := [3]int{d.network, d.table, s.network}
	b, ok := k.backs[at]
	if !ok {
		for _, l := range k.c.legsOf(d.network, d.table)[s.network] {
			b = b.union(l.set)
		}
		k.backs[at] = b
	}
	return b
}

// meeting is one source against one destination by one leg.
type meeting struct {
	*worker
	s        *source
	d        *dest
	leg      leg
	local    bool
	answered bool // only packets whose answer comes back
	want     bits // tenants; those that are found are taken out
	found    func(tenant int, w witness)
}

// run finds a packet of each tenant that is wanted.
func (m *meeting) run() {
	out, in := m.s.cross.cells, m.d.cross.cells
	if m.local {
		out, in = m.s.out.cells, m.d.in.cells
	}
	for p := range out {
		overlaps(out[p], in[p], func(a, b *cell, lo, hi int) bool {
			m.cells(a, b, p, lo, hi)
			return !m.want.none()
		})
		if m.want.none() {
			return
		}
	}
}

func (m *meeting) cells(a, b *cell, protocol, lo, hi int) {
	w := witness{from: m.s.place, to: m.d.place, leg: m.leg, local: m.local, protocol: protocol, lo: lo, hi: hi, answered: m.answered}
	switch {
	case m.local:
		m.weigh(a, b, w, nil, nil)
	case !m.answered:
		m.weigh(a, b, w, []set{m.leg.set}, nil)
	default:
		back := m.back(m.s, m.d)
		for _, r := range m.repliesOf(m.s, m.d)[protocol] {
			m.weigh(a, b, w, []set{m.leg.set, r.from}, []set{back, r.to})
		}
	}
}

// weigh asks for a receiver in all of to, and a sender in all of from.
func (m *meeting) weigh(a, b *cell, w witness, to, from []set) {
	lenient := m.c.w.lenient
	m.sets[0] = a.admits(append(m.sets[0][:0], to...), m.d.filters, m.leg.members)
	receiver := m.d.pick(lenient, m.sets[0])
	if receiver == nil {
		return
	}
	w.dst = *receiver
	weigh := func(g *group) {
		if g.tenant < 0 || !m.want.has(g.tenant) {
			return
		}
		m.sets[1] = b.admits(append(m.sets[1][:0], from...), g.filters, m.leg.members)
		if e := g.pick(lenient, m.sets[1]); e != nil {
			w.src = *e
			m.want.clear(g.tenant)
			m.found(g.tenant, w)
		}
	}
	if len(b.named) > 0 && len(b.named[0].set) == 0 {
		if !m.leg.members {
			return
		}
		for _, f := range b.named[0].members {
			for _, g := range m.s.byFilter[f] {
				weigh(g)
			}
		}
		return
	}
	for _, g := range m.s.groups {
		weigh(g)
	}
}
