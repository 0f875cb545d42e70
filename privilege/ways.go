// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"maps"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud/iampolicy"
)

// ways answers the questions of solve for one plane, with certain moves alone or
// with all.
type ways struct {
	w       *world
	certain bool
}

func (x *ways) takes(mv *move) bool { return mv.certain || !x.certain }

// into yields the ways into v: by a move on it, and for one without its boundary
// by taking the boundary away and then acting as it.
func (x *ways) into(to int, open func(int) bool, yield func(way)) {
	w, v := x.w, x.w.nodes[to]
	if v.whole != nil {
		x.freed(v, open, yield)
		return
	}
	for mi := range methods {
		if methods[mi].gain != become {
			continue
		}
		for _, p := range w.candidates(mi, v) {
			if !open(p.place) {
				continue
			}
			w.becomes(mi, p, v, func(mv *move) bool {
				if !x.takes(mv) {
					return true
				}
				yield(way{p.place, v.place, []*move{mv}})
				return false
			})
		}
	}
	for _, o := range v.outside {
		if o.node.place != v.place && open(o.node.place) && (o.why == "" || !x.certain) {
			yield(way{o.node.place, v.place, []*move{w.comesIn(o, v)}})
		}
	}
}

func (x *ways) freed(v *node, open func(int) bool, yield func(way)) {
	w, whole := x.w, v.whole
	for _, a := range w.freeing() {
		for _, p := range w.byAction[a][whole.account] {
			if !open(p.place) {
				continue
			}
			w.frees(p, whole, func(first *move) bool {
				if !x.takes(first) {
					return true
				}
				if p == whole {
					yield(way{p.place, v.place, []*move{first}})
					return false
				}
				second := x.acting(p, whole)
				if second == nil {
					return false
				}
				yield(way{p.place, v.place, []*move{first, second}})
				return false
			})
		}
	}
}

// acting gives a move with which p can act as v, a certain one first.
func (x *ways) acting(p, v *node) *move {
	var best *move
	for mi := range methods {
		if methods[mi].gain != become || methods[mi].ID != "assume" && !x.w.has(p, mi) {
			continue
		}
		x.w.becomes(mi, p, v, func(mv *move) bool {
			if x.takes(mv) && (best == nil || mv.certain && !best.certain) {
				best = mv
			}
			return best == nil || !best.certain
		})
		if best != nil && best.certain {
			return best
		}
	}
	return best
}

// made yields the ways with which principals give themselves all rights: in one
// move, or in two by giving them to another and acting as it.
func (x *ways) made(n int, open func(int) bool, yield func(way)) {
	for _, p := range x.w.wideners() {
		if !open(p.place) {
			continue
		}
		if n == 1 {
			x.w.widens(p, p, func(mv *move) bool {
				if x.takes(mv) {
					yield(way{p.place, -1, []*move{mv}})
					return false
				}
				return true
			})
			continue
		}
		x.lends(p, yield)
	}
}

// lends looks for another whom p can give all rights and as whom it can act.
func (x *ways) lends(p *node, yield func(way)) {
	var unsure *way
	for _, v := range x.w.reachable(p) {
		if v.account != p.account || v == p || v.whole != nil || v.self() == p.self() || v.kind != User && v.kind != RoleKind && v.kind != groupKind {
			continue
		}
		var first *move
		x.w.widens(p, v, func(mv *move) bool {
			if x.takes(mv) && (first == nil || mv.certain) {
				first = mv
			}
			return first == nil || !first.certain
		})
		if first == nil {
			continue
		}
		second := x.acting(p, v)
		if second == nil {
			continue
		}
		found := way{p.place, -1, []*move{first, second}}
		if first.certain && second.certain {
			yield(found)
			return
		}
		if unsure == nil {
			unsure = &found
		}
	}
	if unsure != nil {
		yield(*unsure)
	}
}

// reachable are those whom p may be able to give rights, by the beginnings of
// the resources that its policies name.
func (w *world) reachable(p *node) []*node {
	places := map[int]bool{}
	add := func(n *node) {
		places[n.place] = true
		for _, member := range n.members {
			places[member.place] = true
		}
	}
	for mi := range methods {
		if methods[mi].gain != widen {
			continue
		}
		for _, g := range p.grants[w.first[mi]] {
			for _, resource := range g.st.Resources {
				begin, _, whole := strings.Cut(resource, "$")
				if i := strings.IndexAny(begin, "*?"); i >= 0 {
					begin, whole = begin[:i], true
				}
				if g.st.NotResource || whole && len(begin) < len("arn:aws:iam::") {
					return w.byAccount[p.account]
				}
				if methods[mi].target != aPolicy {
					for _, n := range beginning(w.sorted, begin, func(n *node) string { return n.id }) {
						add(n)
					}
					continue
				}
				for _, d := range beginning(w.papers, begin, func(d *doc) string { return d.id }) {
					for _, n := range d.holders {
						add(n)
					}
				}
			}
		}
	}
	out := make([]*node, 0, len(places))
	for _, i := range slices.Sorted(maps.Keys(places)) {
		out = append(out, w.nodes[i])
	}
	return out
}

// beginning gives those of a sorted list whose ids begin so.
func beginning[T any](list []T, prefix string, id func(T) string) []T {
	from, _ := slices.BinarySearchFunc(list, prefix, func(x T, p string) int { return strings.Compare(id(x), p) })
	to := from
	for to < len(list) && strings.HasPrefix(id(list[to]), prefix) {
		to++
	}
	return list[from:to]
}

// wideners are the principals that have a call that gives rights, in order.
func (w *world) wideners() []*node {
	return w.whoHave(func(m *Method) bool { return m.gain == widen })
}

func (w *world) whoHave(of func(*Method) bool) []*node {
	places := map[int]bool{}
	for mi := range methods {
		if of(&methods[mi]) {
			for _, list := range w.byAction[w.actions[methods[mi].needs[0].action]] {
				for _, n := range list {
					places[n.place] = true
				}
			}
		}
	}
	out := []*node{}
	for _, i := range slices.Sorted(maps.Keys(places)) {
		out = append(out, w.nodes[i])
	}
	return out
}

// freeing are the actions that take boundaries away.
func (w *world) freeing() []int {
	return []int{w.actions["iam:DeleteUserPermissionsBoundary"], w.actions["iam:DeleteRolePermissionsBoundary"], w.actions["iam:CreatePolicyVersion"]}
}

// candidates are the principals that may have a way into v by a method.
func (w *world) candidates(mi int, v *node) []*node {
	m := &methods[mi]
	switch {
	case v.kind == User && m.target != aUser, v.kind == groupKind && m.target != toGroup, v.kind == RoleKind && (m.target == aUser || m.target == toGroup):
		return nil
	case v.kind != User && v.kind != groupKind && v.kind != RoleKind:
		return nil
	case (m.target == passed || m.target == unseen) && !v.services[m.service], m.target == function && len(v.runs) == 0, m.target == machine && len(v.machines) == 0:
		return nil
	}
	if m.ID != "assume" {
		return w.byAction[w.actions[m.needs[0].action]][v.account]
	}
	return w.trusted(v)
}

// trusted are the principals that the trust of a role may name.
func (w *world) trusted(v *node) []*node {
	a := w.actions["sts:AssumeRole"]
	everyone := func() []*node {
		var out []*node
		for _, id := range slices.Sorted(maps.Keys(w.accounts)) {
			out = append(out, w.byAction[a][id]...)
		}
		return out
	}
	if v.trust == nil || v.trust.policy == nil {
		return everyone()
	}
	var out []*node
	for _, s := range v.trust.allow[a] {
		if s.NotPrincipal {
			return w.inside
		}
		for _, p := range s.Of("AWS") {
			switch account := iampolicy.AccountOf(p); {
			case p == "*":
				return w.inside
			case iampolicy.WholeAccount(p):
				out = append(out, w.byAction[a][account]...)
			default:
				for _, n := range w.byAccount[account] {
					if s.Names(n.id, n.account) == iampolicy.ByName {
						out = append(out, n)
					}
				}
			}
		}
	}
	return out
}
