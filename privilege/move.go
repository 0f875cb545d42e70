// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"maps"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/cloud/iampolicy"
)

// move is one step that a principal can take.
type move struct {
	method  int // place in methods; -1: a way in from outside
	from    *node
	to      *node
	title   string
	on      string // what it is used on, for people
	acts    []Act
	ifs     []string
	until   time.Time
	mfa     bool
	certain bool
}

// restKey names the part of a method that is about no target: it is asked once
// a principal.
type restKey struct{ node, method int }

// trial is what the calls of a method came to.
type trial struct {
	acts  []Act
	ifs   []string
	until time.Time
	mfa   bool
}

func (t *trial) take(d decision, q request) {
	policy, statement := "", ""
	if d.by != nil {
		policy = d.by.id
	}
	if d.st != nil {
		statement = strings.TrimPrefix(d.st.Name(), "statement ")
		if end := d.st.Ends(); !end.IsZero() && (t.until.IsZero() || end.Before(t.until)) {
			t.until = end
		}
		t.mfa = t.mfa || d.st.DemandsMFA()
	}
	t.acts = append(t.acts, Act{q.action, q.resource, policy, statement})
	t.ifs = append(t.ifs, d.ifs...)
}

// fill puts what is known into the resource of a need.
func (q *request) fill(resource string) {
	q.resource = resource
	switch {
	case resource == onTarget && q.policy != nil:
		q.resource = q.policy.id
	case resource == onTarget:
		q.resource = q.on.id
	case resource == onObject:
		q.resource = q.object.id
	default:
		if f := strings.SplitN(q.by.id, ":", 3); len(f) == 3 && f[1] != "aws" && q.resource != everything {
			q.resource = "arn:" + f[1] + strings.TrimPrefix(q.resource, "arn:aws")
		}
		q.resource = strings.ReplaceAll(q.resource, "{account}", q.by.account)
		q.on, q.object = nil, nil
	}
}

func aboutTarget(n need) bool { return n.resource == onTarget || n.resource == onObject }

// calls asks whether a principal may make all calls of a method.
func (w *world) calls(mi int, base request) *trial {
	m := &methods[mi]
	t := &trial{}
	for _, n := range m.needs {
		if !aboutTarget(n) {
			continue
		}
		q := base
		q.action = n.action
		q.fill(n.resource)
		d := w.decide(q)
		if d.answer == iampolicy.No {
			w.stop(base.by, m, d)
			return nil
		}
		t.take(d, q)
	}
	rest := w.others(mi, base)
	if rest == nil {
		return nil
	}
	t.acts, t.ifs = append(t.acts, rest.acts...), append(t.ifs, rest.ifs...)
	if t.until.IsZero() || !rest.until.IsZero() && rest.until.Before(t.until) {
		t.until = rest.until
	}
	t.mfa = t.mfa || rest.mfa
	return t
}

func (w *world) others(mi int, base request) *trial {
	m := &methods[mi]
	if !slices.ContainsFunc(m.needs, func(n need) bool { return !aboutTarget(n) }) {
		return &trial{}
	}
	key := restKey{base.by.place, mi}
	if t, ok := w.rest[key]; ok {
		return t
	}
	var needs []need
	for _, n := range m.needs {
		if !aboutTarget(n) {
			needs = append(needs, n)
		}
	}
	t := w.choose(m, needs, base.by, map[string]string{}, nil)
	w.rest[key] = t
	return t
}

// choose goes through calls about things that the caller makes and names: calls
// about the same thing have to be allowed for one name.
func (w *world) choose(m *Method, needs []need, by *node, chosen map[string]string, done []need) *trial {
	if len(needs) == 0 {
		return w.chosen(done, by, chosen)
	}
	n := needs[0]
	q := request{action: n.action, by: by}
	q.fill(n.resource)
	if part, ok := chosen[n.resource]; ok {
		q.resource = part
	}
	all := w.each(q, true)
	if d := best(all); d.answer == iampolicy.No {
		w.stop(by, m, d)
		return nil
	}
	var unsure *trial
	tried := map[string]bool{}
	for _, d := range all {
		if d.answer == iampolicy.No || tried[d.part] || w.exists[d.part] {
			continue
		}
		tried[d.part] = true
		further := maps.Clone(chosen)
		further[n.resource] = d.part
		if t := w.choose(m, needs[1:], by, further, append(slices.Clone(done), n)); t != nil {
			if len(t.ifs) == 0 {
				return t
			}
			if unsure == nil {
				unsure = t
			}
		}
	}
	return unsure
}

// chosen asks once more for the names that were chosen: what a later call left
// of them must be allowed to the earlier ones.
func (w *world) chosen(needs []need, by *node, chosen map[string]string) *trial {
	t := &trial{}
	for _, n := range needs {
		q := request{action: n.action, by: by, resource: chosen[n.resource]}
		d := w.decide(q)
		if d.answer == iampolicy.No {
			return nil
		}
		t.take(d, q)
	}
	return t
}

// stop notes the first thing that stops a principal whose policies would let it.
func (w *world) stop(n *node, m *Method, d decision) {
	if n.whole != nil {
		return
	}
	if d.stop != "" && w.stopped[n] == "" {
		w.stopped[n] = strings.ToLower(m.Title[:1]) + m.Title[1:] + ": its policies would allow it, but " + d.stop
	}
}

// make builds a move out of what was asked.
func (w *world) make(mi int, from, to *node, on string, t *trial, conditions ...string) *move {
	for _, c := range conditions {
		if c != "" {
			t.ifs = append(t.ifs, c)
		}
	}
	if h := methods[mi].hangs; h != "" {
		t.ifs = append(t.ifs, h)
	}
	t.ifs = compact(t.ifs)
	return &move{method: mi, from: from, to: to, title: methods[mi].Title, on: on, acts: t.acts, ifs: t.ifs, until: t.until, mfa: t.mfa, certain: len(t.ifs) == 0}
}

// given asks for the facts without which a method does not work on a target.
func (w *world) given(m *Method, v *node, o *object, d *doc) (ok bool, condition string) {
	c := w.keys[v.id]
	if c == nil {
		c = &credentials{}
	}
	for _, g := range m.given {
		answer, says := Yes, ""
		switch g {
		case onMachine:
			answer, says = triOf(len(v.profiles) > 0, !v.profilesUnread), "an instance profile carries "+v.name
		case managedBy:
			answer, says = o.managed, "Systems Manager reaches "+o.name
		case signsIn:
			answer, says = v.console, v.name+" has a password"
		case noPassword:
			answer, says = not(v.console), v.name+" has no password"
		case oneFactor:
			answer, says = not(v.mfa), "no second factor stands before the password of "+v.name
		case fewKeys:
			answer = triOf(c.keys < 2, true)
		case twoKeys:
			answer = triOf(c.keys >= 2, true)
		case otherText:
			answer = triOf(d.strongVersion(), true)
		case bounded:
			answer = triOf(v.boundary != "", v.boundaryUnread == "")
			says = v.name + " has a boundary"
		}
		switch answer {
		case No:
			return false, ""
		case Maybe:
			condition = says
		}
	}
	return true, condition
}

func not(t Tri) Tri { return map[Tri]Tri{Yes: No, No: Yes, Maybe: Maybe}[t] }

// strongVersion tells whether a version that is not in force gives all rights.
func (d *doc) strongVersion() bool {
	return slices.ContainsFunc(d.versions, func(text string) bool {
		p, err := iampolicy.Parse([]byte(text))
		return err == nil && slices.ContainsFunc(p.Statements, func(s iampolicy.Statement) bool {
			return s.Allow && len(s.Conditions) == 0 && everywhere(&s, func(string) (string, iampolicy.Known) { return "", iampolicy.Obscure })
		})
	})
}

// self is the identity that a principal acts as: itself, or for one without its
// boundary, itself with it.
func (n *node) self() *node {
	if n.whole != nil {
		return n.whole
	}
	return n
}

// becomes gives the moves by one method with which p can act as v. v is a user,
// a role, or a group that p joins.
func (w *world) becomes(mi int, p, v *node, yield func(*move) bool) bool {
	m := &methods[mi]
	if m.gain != become || p == v || p.self() == v.self() {
		return true
	}
	switch {
	case m.target == aUser && v.kind == User, m.target == aRole && v.kind == RoleKind, m.target == toGroup && v.kind == groupKind && p.kind == User:
		return w.direct(mi, p, v, yield)
	case v.kind != RoleKind:
		return true
	case m.target == passed || m.target == unseen:
		if v.account != p.account || !v.services[m.service] {
			return true
		}
		ok, condition := w.given(m, v, nil, nil)
		if !ok {
			return true
		}
		t := w.calls(mi, request{by: p, on: v, service: m.service})
		return t == nil || yield(w.make(mi, p, v, v.name, t, condition))
	case m.target == function || m.target == machine:
		objects := v.runs
		if m.target == machine {
			objects = v.machines
		}
		for _, o := range objects {
			if o.account != p.account {
				continue
			}
			ok, condition := w.given(m, v, o, nil)
			if !ok {
				continue
			}
			if t := w.calls(mi, request{by: p, object: o}); t != nil && !yield(w.make(mi, p, v, o.name+", which runs as "+v.name, t, condition)) {
				return false
			}
		}
	}
	return true
}

// direct gives the move on a user, a role or a group itself.
func (w *world) direct(mi int, p, v *node, yield func(*move) bool) bool {
	m := &methods[mi]
	if m.ID == "assume" {
		mv := w.assumes(mi, p, v)
		return mv == nil || yield(mv)
	}
	if p.account != v.account {
		return true
	}
	ok, condition := w.given(m, v, nil, nil)
	if !ok {
		return true
	}
	t := w.calls(mi, request{by: p, on: v})
	if t == nil {
		return true
	}
	switch m.target {
	case toGroup:
		// Its boundary and guard-rails limit what the group gives it.
		cap := w.capped(p)
		if cap.answer == iampolicy.No {
			w.stop(p, m, cap)
			return true
		}
		t.ifs = append(t.ifs, cap.ifs...)
	case aRole:
		// With its trust in itself, nothing but a refusal keeps it from assuming.
		d := w.bounds(request{action: "sts:AssumeRole", resource: v.id, by: p, on: v})
		if d.answer == iampolicy.No {
			w.stop(p, m, d)
			return true
		}
		t.ifs = append(t.ifs, d.ifs...)
	}
	return yield(w.make(mi, p, v, v.name, t, condition))
}

// assumes weighs the trust of a role together with the rights of who asks: in
// one account a trust that names it is enough, else both have to allow it.
func (w *world) assumes(mi int, p, v *node) *move {
	named, trust := w.trusts(p, v)
	if trust.answer == iampolicy.No {
		return nil
	}
	q := request{action: "sts:AssumeRole", resource: v.id, by: p, on: v}
	var d decision
	direct := p.account == v.account && named == iampolicy.ByName
	if direct && p.kind == User && p.bound != nil {
		// A user who is named is not bound by what its boundary does not name.
		unbounded := *p
		unbounded.bound = nil
		q.by = &unbounded
		if d = w.bounds(q); d.answer != iampolicy.No {
			d = refused(d, p.bound, nameOf(p, p.bound), w.actions[q.action], q.action, q.resource, w.facts(&q))
		}
	} else if direct {
		d = w.bounds(q)
	}
	if !direct || d.answer != iampolicy.Yes {
		if e := w.decide(q); !direct || e.answer == iampolicy.Yes {
			d = e
		}
	}
	if d.answer == iampolicy.No {
		w.stop(p, &methods[mi], d)
		return nil
	}
	t := &trial{}
	t.take(d, q)
	t.take(trust, q)
	t.acts[1].Action = "trust"
	if d.by == nil {
		t.acts = t.acts[1:]
	}
	return w.make(mi, p, v, v.name, t)
}

// capped asks whether all rights, if they were given, would be held.
func (w *world) capped(n *node) decision { return w.administrator(n, true) }

// widens gives the moves with which p gives v all rights; v may be p itself.
// Rights reach v by its own policies and those of its groups.
func (w *world) widens(p, v *node, yield func(*move) bool) bool {
	self := v.self()
	if p.account != self.account || self.kind != User && self.kind != RoleKind && self.kind != groupKind {
		return true
	}
	on := append([]*node{self}, self.groups...)
	for mi := range methods {
		m := &methods[mi]
		if m.gain != widen || !w.has(p, mi) {
			continue
		}
		for _, n := range on {
			switch {
			case m.target == aUser && n.kind == User, m.target == aRole && n.kind == RoleKind, m.target == aGroup && n.kind == groupKind:
				if t := w.calls(mi, request{by: p, on: n}); t != nil && !w.widened(mi, p, v, n.name, t, yield) {
					return false
				}
			case m.target == aPolicy:
				for _, id := range n.policies {
					d := w.docs[id]
					if !d.written || d.account != p.account {
						continue
					}
					if ok, _ := w.given(m, v, nil, d); !ok {
						continue
					}
					if t := w.calls(mi, request{by: p, policy: d}); t != nil && !w.widened(mi, p, v, short(d.id), t, yield) {
						return false
					}
				}
			}
		}
	}
	return true
}

func (w *world) widened(mi int, p, v *node, on string, t *trial, yield func(*move) bool) bool {
	cap := w.capped(v)
	if cap.answer == iampolicy.No {
		if p == v {
			w.stop(p, &methods[mi], cap)
		}
		return true
	}
	t.ifs = append(t.ifs, cap.ifs...)
	return yield(w.make(mi, p, v, on, t))
}

// has tells quickly whether a principal has a statement for the first call of a
// method.
func (w *world) has(p *node, mi int) bool {
	return len(p.grants[w.first[mi]]) > 0
}

// frees gives the moves with which p takes the boundary of v away.
func (w *world) frees(p, v *node, yield func(*move) bool) bool {
	if p.account != v.account || v.free == nil {
		return true
	}
	for mi := range methods {
		m := &methods[mi]
		if v.bound != nil && v.bound.written && m.ID == "policy-version" && w.has(p, mi) {
			if t := w.calls(mi, request{by: p, policy: v.bound}); t != nil && !yield(w.make(mi, p, v.free, short(v.bound.id)+", which bounds "+v.name, t)) {
				return false
			}
		}
		if m.gain != unbound || !w.has(p, mi) || (m.target == aUser) != (v.kind == User) {
			continue
		}
		ok, condition := w.given(m, v, nil, nil)
		if !ok {
			continue
		}
		if t := w.calls(mi, request{by: p, on: v}); t != nil && !yield(w.make(mi, p, v.free, v.name, t, condition)) {
			return false
		}
	}
	return true
}
