// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"sync"
)

// found is a packet and how long its way is.
type found struct {
	witness
	via   []witness // the packets before it, to balancers that hand on
	score int       // less is better: answered before not, then the fewest hops
}

// A balancer before the last packet, and the lack of an answer, weigh more than
// any number of hops.
const (
	viaBalancer = 10
	noAnswer    = 100
)

// solution is the best packet for each pair of tenants and for each balancer.
type solution struct {
	w     *world
	c     *classes
	pairs []map[int]found       // by destination tenant: source tenant → packet
	relay map[int]map[int]found // by node with targets: source tenant → packet
	lost  map[int]string        // source tenants that reach a balancer whose target was not read
	// settled tells that nobody asks for a pair any more; nil: every pair is asked.
	settled func(to, from int) bool
}

// solve weighs the whole world. It uses all processors that Go may.
func solve(w *world, tenants []string, settled func(to, from int) bool) *solution {
	s := &solution{w: w, c: classify(w, tenants), pairs: make([]map[int]found, len(tenants)), relay: map[int]map[int]found{}, lost: map[int]string{}, settled: settled}
	jobs := map[[2]int][]*dest{} // by tenant and relay
	for _, d := range s.c.dests {
		if d.tenant >= 0 {
			jobs[[2]int{d.tenant, -1}] = append(jobs[[2]int{d.tenant, -1}], d)
		}
		if d.relay >= 0 {
			jobs[[2]int{-1, d.relay}] = append(jobs[[2]int{-1, d.relay}], d)
		}
	}
	for _, d := range s.c.dests { // the map of legs is only read from here on
		s.c.legsOf(d.network, d.table)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	work := make(chan [2]int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			k := newWorker(s.c)
			for at := range work {
				best := s.into(k, at[0], jobs[at])
				mu.Lock()
				if at[1] >= 0 {
					s.relay[at[1]] = best
				} else {
					s.pairs[at[0]] = best
				}
				mu.Unlock()
			}
		})
	}
	for _, at := range slices.SortedFunc(maps.Keys(jobs), func(a, b [2]int) int { return cmp.Or(a[0]-b[0], a[1]-b[1]) }) {
		work <- at
	}
	close(work)
	wg.Wait()
	s.handOn()
	return s
}

// into finds the best packet from every tenant to the classes of one.
func (s *solution) into(k *worker, tenant int, dests []*dest) map[int]found {
	best := map[int]found{}
	k.scores = slices.Repeat([]int{2 * noAnswer}, len(s.c.tenants))
	for t := range k.scores {
		if t == tenant || tenant >= 0 && s.settled != nil && s.settled(tenant, t) {
			k.scores[t] = -1
		}
	}
	for _, d := range dests {
		for i := range s.c.from[d.network] {
			a := &s.c.from[d.network][i]
			if !overlap(d.named, a.filters) && !d.sum.touches(s.w.ranges[a.network]) {
				continue
			}
			for _, q := range a.sources {
				if q.four != d.four {
					continue
				}
				for _, l := range s.ways(q, d, a.legs[q.table]) {
					s.try(k, q, d, l, best)
				}
			}
		}
	}
	return best
}

// ways gives the legs between two classes: within a subnet there is one, which
// no table decides.
func (s *solution) ways(q *source, d *dest, legs []leg) []leg {
	if q.subnet == d.subnet {
		return []leg{{join: -1, members: true}}
	}
	return legs
}

func (s *solution) try(k *worker, q *source, d *dest, l leg, best map[int]found) {
	local := q.subnet == d.subnet
	for _, answered := range []bool{true, false} {
		score := l.hops
		if !answered {
			score += noAnswer
		}
		for i := range k.wanted {
			k.wanted[i] = 0
		}
		for _, t := range q.tenants {
			if score < k.scores[t] {
				k.wanted.set(t)
			}
		}
		if k.wanted.none() || local && !answered {
			continue
		}
		m := meeting{worker: k, s: q, d: d, leg: l, local: local, answered: answered, want: k.wanted,
			found: func(t int, w witness) {
				best[t] = found{witness: w, score: score}
				k.scores[t] = score
			}}
		m.run()
	}
}

// handOn follows balancers to their targets, balancer by balancer, until no way
// becomes shorter.
func (s *solution) handOn() {
	forwards := map[[2]int]*witness{}
	for changed := true; changed; {
		changed = false
		for _, r := range slices.Sorted(maps.Keys(s.relay)) {
			if len(s.relay[r]) == 0 {
				continue
			}
			for i, t := range s.w.m.Nodes[r].Targets {
				n, ok := s.w.node[t.Node]
				if !ok {
					s.lose(r, t.Node)
					continue
				}
				at := [2]int{r, i}
				w, known := forwards[at]
				if !known {
					w = s.forward(r, n, t)
					forwards[at] = w
				}
				if w != nil {
					changed = s.take(s.relay[r], n, *w) || changed
				}
			}
		}
	}
}

// lose notes that what reaches a balancer goes on to where nobody knows.
func (s *solution) lose(balancer int, target string) {
	if !s.w.lenient {
		return
	}
	for from := range s.relay[balancer] {
		s.lost[from] = s.w.m.Nodes[balancer].ID + " hands on to " + target + ", which was not read"
	}
}

// take notes that what reaches a balancer reaches its target.
func (s *solution) take(reached map[int]found, n int, w witness) bool {
	changed := false
	note := func(best map[int]found, tenant int) {
		for from, f := range reached {
			score := f.score + viaBalancer + w.hops()
			if !w.answered && f.answered {
				score += noAnswer
			}
			if old, ok := best[from]; from != tenant && (!ok || score < old.score) {
				best[from] = found{witness: w, via: append(slices.Clone(f.via), f.witness), score: score}
				changed = true
			}
		}
	}
	if tenant := s.tenantOf(n); tenant >= 0 {
		if s.pairs[tenant] == nil {
			s.pairs[tenant] = map[int]found{}
		}
		note(s.pairs[tenant], tenant)
	}
	if best, ok := s.relay[n]; ok {
		note(best, -1)
	}
	return changed
}

func (s *solution) tenantOf(node int) int {
	i, ok := slices.BinarySearch(s.c.tenants, s.w.m.Nodes[node].Tenant)
	if !ok {
		return -1
	}
	return i
}

// forward gives the best packet by which a balancer hands on to a target.
func (s *solution) forward(from, to int, t Target) *witness {
	var best *witness
	k := &worker{c: s.c, replies: map[[2]int][][]reply{}, backs: map[[3]int]set{}}
	for _, d := range s.c.destOf[to] {
		for _, q := range s.c.sourceOf[from] {
			src, dst := s.c.sources[q.class].only(q.end, s.w.lenient && t.Keeps), s.c.dests[d.class].only(d.end, t.Ports, s.w.protos)
			if src.four != dst.four {
				continue
			}
			for _, l := range s.ways(src, dst, s.c.legsOf(src.network, src.table)[dst.network]) {
				for _, answered := range []bool{true, false} {
					want := newBits(1)
					want.set(0)
					m := meeting{worker: k, s: src, d: dst, leg: l, local: src.subnet == dst.subnet, answered: answered, want: want,
						found: func(_ int, w witness) {
							w.src = q.end
							if best == nil || w.answered && !best.answered || w.answered == best.answered && w.hops() < best.hops() {
								best = &w
							}
						}}
					m.run()
				}
			}
		}
	}
	return best
}

// only narrows a source to one end, as that of the only tenant. Where a target
// may see the sender's address, any address may be it.
func (q *source) only(e end, any bool) *source {
	s := *q
	g := &group{}
	for _, old := range q.groups {
		if slices.ContainsFunc(slices.Concat(old.points, old.ranged), func(o end) bool { return o.node == e.node && o.nic == e.nic }) {
			g.filters = old.filters
		}
	}
	if any {
		all := everything()
		e.span = all[1]
		if q.four {
			e.span = all[0]
		}
	}
	g.add(e)
	s.groups, s.byFilter = []*group{g}, map[int][]*group{}
	for _, f := range g.filters {
		s.byFilter[f] = s.groups
	}
	return &s
}

// only narrows a destination to one end and the ports of a target.
func (d *dest) only(e end, ports Ports, p *protocols) *dest {
	out := *d
	out.points, out.ranged = nil, nil
	out.add(e)
	out.in = &region{-1, limited(d.in.cells, []Ports{ports}, p)}
	out.cross = &region{-1, limited(d.cross.cells, []Ports{ports}, p)}
	return &out
}
