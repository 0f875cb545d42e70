// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/iampolicy"
)

// Answer answers for every principal that the reader saw, once. gaps are those
// of the snapshots; now is when they were taken: conditions on time are weighed
// at it. Equal estates give equal answers.
func (r *Reader) Answer(gaps []cloud.ScopeGap, now time.Time) *Answer {
	w := newWorld(r, now)
	b := &builder{w: w, ends: map[int]end{}}
	b.solve()
	a := &Answer{Principals: []Principal{}, Accounts: []string{}, Methods: len(methods), Unread: unlisted(gaps)}
	for _, id := range slices.Sorted(maps.Keys(w.accounts)) {
		a.Accounts = append(a.Accounts, id)
		if why := w.accounts[id].railsWhy; why != "" {
			a.Unread = append(a.Unread, why)
		}
	}
	for _, n := range w.nodes {
		if n.kind == groupKind || n.whole != nil {
			continue
		}
		if p := b.principal(n); p.Verdict != None || n.kind == User || n.kind == RoleKind {
			a.Principals = append(a.Principals, p)
		}
	}
	order := Verdicts()
	slices.SortStableFunc(a.Principals, func(x, y Principal) int {
		return cmp.Or(cmp.Compare(slices.Index(order, x.Verdict), slices.Index(order, y.Verdict)), cmp.Compare(x.ID, y.ID))
	})
	return a
}

// end is where paths end: an administrator, or one who may be.
type end struct {
	decision
	unread bool
}

// builder makes the answer of what was found.
type builder struct {
	w       *world
	ends    map[int]end
	sure    *found
	perhaps *found
	order   []*node // with a sure path, nearest first
}

func (b *builder) solve() {
	w := b.w
	certain, all := map[int]int{}, map[int]int{}
	for _, n := range w.inside {
		d := w.administrator(n, false)
		e := end{decision: d}
		switch {
		case d.answer == iampolicy.Yes:
			certain[n.place] = 0
		case d.answer == iampolicy.Unknown:
			all[n.place] = 0
		case d.stop != "" && n.whole == nil:
			w.stopped[n] = cmp.Or(w.stopped[n], "its policies give all rights, but "+d.stop)
		}
		if why := n.hidden(); why != "" && d.answer != iampolicy.Yes && w.capped(n).answer != iampolicy.No {
			if n.seenAdmin && n.whole == nil { // the collector judged it by the same policies
				certain[n.place], e = 0, end{}
			} else {
				all[n.place], e.unread, e.ifs = 0, true, []string{why}
			}
		}
		b.ends[n.place] = e
	}
	x := &ways{w, true}
	b.sure = solve(graph{len(w.nodes), certain, x.into, x.made})
	for i, d := range b.sure.dist {
		if d >= 0 {
			all[i] = d
		}
	}
	x = &ways{w, false}
	b.perhaps = solve(graph{len(w.nodes), all, x.into, x.made})
	for i, n := range w.nodes {
		if b.sure.dist[i] >= 0 {
			b.order = append(b.order, n)
		}
	}
	slices.SortStableFunc(b.order, func(x, y *node) int { return cmp.Compare(b.sure.dist[x.place], b.sure.dist[y.place]) })
}

// hidden tells which policy of a principal was not read.
func (n *node) hidden() string {
	if n.unread != "" {
		return n.unread
	}
	for _, d := range n.docs {
		if d.unread != "" {
			return "the policy " + short(d.id) + " was not read: " + d.unread
		}
	}
	return ""
}

func (b *builder) principal(n *node) Principal {
	w := b.w
	p := Principal{ID: n.id, Name: n.name, Kind: n.kind, Account: n.account, Verdict: None, MFA: n.mfa, Hold: Session}
	p.Created, p.LastUsed, p.Used = n.created, n.lastUsed, n.used
	if n.kind == User || n.kind == Root {
		p.Hold = Standing
	}
	if c := w.keys[n.id]; c != nil && n.kind == User {
		if c.used.After(p.LastUsed) {
			p.LastUsed = c.used
		}
		p.Used = p.Used && !c.unread
		if c.active > 0 && p.MFA == Yes {
			p.MFA = No // its key asks for none
		}
	}
	e := b.ends[n.place]
	switch {
	case b.sure.dist[n.place] == 0:
		b.holds(&p, n, e)
	case b.sure.dist[n.place] > 0:
		b.path(&p, n, b.sure)
	case b.perhaps.dist[n.place] == 0:
		p.Verdict, p.Why = Possible, "it is an administrator if "+strings.Join(compact(e.ifs), "; and ")
		if e.unread {
			p.Verdict, p.Why = Unknown, e.ifs[0]
		}
	case b.perhaps.dist[n.place] > 0:
		b.path(&p, n, b.perhaps)
	default:
		p.Why = cmp.Or(w.stopped[n], "nothing that it may do leads to an administrator")
	}
	switch p.Verdict {
	case Administrator:
		b.elsewhere(&p, n)
	case None:
	default:
		b.begin(&p, n)
	}
	return p
}

// holds tells of an administrator.
func (b *builder) holds(p *Principal, n *node, e end) {
	p.Verdict = Administrator
	if n.kind == Root {
		p.Why, p.Fix = "it is the first user of the account", "keep its second factor, delete its keys, and use it for nothing but what only it can do"
		return
	}
	if e.by == nil {
		p.Why, p.Fix = "the collector judged its policies so", "collect again with this version, which reads them"
		return
	}
	p.Why = "all rights by " + label(e.by, e.st)
	if !slices.Contains(n.policies, e.by.id) {
		for _, g := range n.groups {
			if slices.Contains(g.policies, e.by.id) {
				p.Why += ", through the group " + g.name
			}
		}
	}
	p.Fix = "give it the rights that it needs in place of " + short(e.by.id) + ", and lend the rest by a role for a session"
	if n.kind == RoleKind {
		p.Fix = "keep who may take it small, ask for a second factor in its trust, and give the daily work a role without these rights"
	}
	b.holding(p, e.st.Ends(), e.st.DemandsMFA())
}

func (b *builder) holding(p *Principal, until time.Time, mfa bool) {
	if !until.IsZero() {
		p.Hold, p.Until = Timed, until
	}
	if mfa {
		p.MFA = Yes
	}
}

// path writes the shortest path down, from what was found.
func (b *builder) path(p *Principal, n *node, f *found) {
	w := b.w
	p.Verdict = Assumes
	var ifs []string
	unread := false
	for at := n.place; at >= 0 && len(p.Path) < 64; {
		x := f.next[at]
		if f.dist[at] == 0 || len(x.moves) == 0 && x.to < 0 {
			if b.sure.dist[at] > 0 && f != b.sure { // the rest is sure
				f = b.sure
				continue
			}
			e := b.ends[at]
			ifs = append(ifs, e.ifs...)
			unread = unread || e.unread && b.sure.dist[at] != 0
			break
		}
		for _, mv := range x.moves {
			p.Path = append(p.Path, w.step(mv))
			ifs = append(ifs, mv.ifs...)
			b.holding(p, mv.until, mv.mfa)
			if mv.method >= 0 && methods[mv.method].ID != "assume" {
				if p.Verdict == Assumes {
					p.Fix = methods[mv.method].fix
					if a := mv.acts[0]; a.Policy != "" {
						p.Fix += " (" + short(a.Policy) + ", statement " + a.Statement + ")"
					}
				}
				p.Verdict = Escalates
			}
		}
		at = x.to
	}
	p.Why = summary(p.Path)
	if p.Fix == "" {
		p.Fix = methods[w.method("assume")].fix
	}
	if ifs = compact(ifs); len(ifs) > 0 {
		p.Verdict = Possible
		p.Why += ", if " + strings.Join(ifs, "; and ")
		if unread {
			p.Verdict = Unknown
		}
	}
}

func (w *world) method(id string) int {
	return slices.IndexFunc(methods, func(m Method) bool { return m.ID == id })
}

// summary tells a path in a line.
func summary(path []Step) string {
	var parts []string
	for _, s := range path {
		parts = append(parts, s.Says)
	}
	return strings.Join(parts, ", then ")
}

// step tells a move to people.
func (w *world) step(mv *move) Step {
	s := Step{Title: mv.title, From: mv.from.id, To: mv.to.id, Acts: mv.acts, If: mv.ifs}
	s.Says = strings.ToLower(mv.title[:1]) + mv.title[1:] + " (" + mv.on + ")"
	if mv.method >= 0 {
		s.Method = methods[mv.method].ID
	}
	return s
}

// tries is how many targets a method is tried on, nearest first, when the ways
// are listed with which a principal can begin.
const tries = 400

// begin lists the methods with which a path can begin.
func (b *builder) begin(p *Principal, n *node) {
	w := b.w
	if n.kind != User && n.kind != RoleKind {
		return
	}
	for mi := range methods {
		m := &methods[mi]
		if m.ID != "assume" && !w.has(n, mi) {
			continue
		}
		if best := b.best(mi, n); best != nil {
			p.Ways = append(p.Ways, Way{Method: m.ID, Title: m.Title, To: best.to.id, Certain: best.certain})
		}
	}
}

// elsewhere lists what an administrator of one account becomes in others.
func (b *builder) elsewhere(p *Principal, n *node) {
	w, mi := b.w, b.w.method("assume")
	if n.kind != User && n.kind != RoleKind {
		return
	}
	tried := 0
	for _, v := range b.order {
		if v.account == n.account || v.kind != RoleKind || v.whole != nil || b.sure.dist[v.place] > 0 {
			continue
		}
		if tried++; tried > tries {
			return
		}
		w.becomes(mi, n, v, func(mv *move) bool {
			p.Elsewhere = append(p.Elsewhere, Way{Method: "assume", Title: mv.title, To: v.id, Certain: mv.certain})
			return false
		})
	}
}

func (b *builder) best(mi int, n *node) *move {
	w := b.w
	var best *move
	take := func(mv *move) bool {
		if mv.method == mi && (best == nil || mv.certain && !best.certain) {
			best = mv
		}
		return best == nil || !best.certain
	}
	switch methods[mi].gain {
	case widen:
		w.widens(n, n, take)
		return best
	case unbound:
		if n.free != nil && b.perhaps.dist[n.free.place] >= 0 {
			w.frees(n, n, take)
		}
		return best
	}
	tried := 0
	for _, v := range b.order {
		if v.whole != nil || v.account != n.account && methods[mi].ID != "assume" {
			continue
		}
		if tried++; tried > tries || !w.becomes(mi, n, v, take) {
			break
		}
	}
	return best
}
