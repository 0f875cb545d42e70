// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/cloud/iampolicy"
)

// world is an estate made ready for questions.
type world struct {
	now       time.Time
	nodes     []*node // principals, then groups, then principals without their boundary
	inside    []*node // nodes without those from outside
	byID      map[string]*node
	accounts  map[string]*account
	docs      map[string]*doc
	keys      map[string]*credentials
	actions   map[string]int
	first     []int                    // the action of the first call of each method
	silent    [][]*iampolicy.Statement // of a policy that speaks of none of them
	byAccount map[string][]*node
	sorted    []*node              // identities and groups by id
	papers    []*doc               // policies that the customer wrote, by id
	byAction  []map[string][]*node // by action and account: who has a statement that allows it
	regions   []string             // that conditions name
	rest      map[restKey]*trial   // the part of a method that is about no target
	exists    map[string]bool      // functions: what is there cannot be made
	stopped   map[*node]string
}

// newWorld joins what a reader saw.
func newWorld(r *Reader, now time.Time) *world {
	w := &world{now: now.UTC(), byID: map[string]*node{}, accounts: r.accounts, docs: r.docs, keys: r.keys, actions: map[string]int{}, rest: map[restKey]*trial{}, stopped: map[*node]string{}, exists: map[string]bool{}}
	for i := range methods {
		for _, n := range methods[i].needs {
			if _, ok := w.actions[n.action]; !ok {
				w.actions[n.action] = len(w.actions)
			}
		}
		w.first = append(w.first, w.actions[methods[i].needs[0].action])
	}
	w.silent = make([][]*iampolicy.Statement, len(w.actions))
	slices.SortFunc(r.nodes, func(a, b *node) int { return cmp.Compare(a.id, b.id) })
	w.nodes = slices.DeleteFunc(slices.Clone(r.nodes), func(n *node) bool { return n.linked })
	for _, n := range w.nodes {
		r.home(n.account)
	}
	for _, id := range slices.Sorted(maps.Keys(r.accounts)) {
		if a := r.accounts[id]; a.seen {
			w.nodes = append(w.nodes, &node{id: "arn:aws:iam::" + id + ":root", name: "root", kind: Root, account: id, mfa: a.rootMFA, lastUsed: a.rootUsed, used: a.rootIsUsed})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.groups)) {
		w.nodes = append(w.nodes, r.groups[key])
	}
	for _, n := range w.nodes {
		w.join(n, r.groups)
		w.byID[n.id] = n
	}
	for _, n := range slices.Clone(w.nodes) {
		if n.bound != nil || n.boundaryUnread != "" {
			free := *n
			free.bound, free.boundary, free.boundaryUnread, free.whole, free.free = nil, "", "", n, nil
			n.free = &free
			w.nodes = append(w.nodes, &free)
		}
	}
	for i, n := range w.nodes {
		n.place = i
	}
	w.inside = w.nodes
	w.outsiders()
	w.rails(r.rails)
	w.attach(r.objects)
	w.index()
	return w
}

// join gives a node its policies and groups.
func (w *world) join(n *node, groups map[string]*node) {
	for _, name := range n.memberOf {
		g := groups[n.account+" "+name]
		if g == nil {
			n.unread = cmp.Or(n.unread, "the group "+name+" was not read")
			continue
		}
		n.groups = append(n.groups, g)
		g.members = append(g.members, n)
		for _, id := range g.policies {
			n.docs = append(n.docs, w.doc(id, "policy"))
		}
		n.unread = cmp.Or(n.unread, g.unread)
	}
	for _, id := range n.policies {
		d := w.doc(id, "policy")
		n.docs = append(n.docs, d)
		d.holders = append(d.holders, n)
	}
	if n.boundary != "" {
		n.bound = w.doc(n.boundary, "boundary")
	}
	if n.trust != nil {
		w.prepare(n.trust)
		n.services = servicesOf(n.trust.policy)
	}
}

// doc gives a policy, prepared; one that was not listed is one that was not read.
func (w *world) doc(id, what string) *doc {
	d := w.docs[id]
	if d == nil {
		d = &doc{id: id, what: what, unread: "it was not listed"}
		w.docs[id] = d
	}
	w.prepare(d)
	return d
}

// prepare sorts the statements of a policy by the actions of the methods.
func (w *world) prepare(d *doc) {
	if d.allow != nil {
		return
	}
	d.allow, d.deny = w.silent, w.silent
	if d.policy == nil {
		return
	}
	for i := range d.policy.Statements {
		s := &d.policy.Statements[i]
		for _, c := range s.Conditions {
			if strings.EqualFold(c.Key, "aws:RequestedRegion") {
				w.regions = append(w.regions, c.Values...)
			}
		}
		for action, a := range w.actions {
			if !s.Speaks(action) {
				continue
			}
			list := &d.deny
			if s.Allow {
				list = &d.allow
			}
			if &(*list)[0] == &w.silent[0] { // most policies say nothing of these actions
				*list = make([][]*iampolicy.Statement, len(w.actions))
			}
			(*list)[a] = append((*list)[a], s)
		}
	}
}

// servicesOf gives the services that a trust lets assume.
func servicesOf(p *iampolicy.Policy) map[string]bool {
	out := map[string]bool{}
	if p == nil {
		return out
	}
	for i := range p.Statements {
		s := &p.Statements[i]
		if !s.Speaks("sts:AssumeRole") {
			continue
		}
		for _, service := range s.Of("Service") {
			if s.Allow {
				out[service] = true
			}
		}
	}
	for i := range p.Statements {
		s := &p.Statements[i]
		if s.Allow || !s.Speaks("sts:AssumeRole") || len(s.Conditions) > 0 {
			continue
		}
		for _, service := range s.Of("Service") {
			delete(out, service)
		}
	}
	return out
}

// rails hangs guard-rails over accounts: at each level one must allow.
func (w *world) rails(all []*rail) {
	at := map[string][]*doc{}
	for _, x := range all {
		if x.doc.what = "guard-rail"; x.on == "resources" {
			x.doc.what = "guard-rail over resources"
		}
		w.prepare(x.doc)
		for _, t := range x.targets {
			at[x.on+" "+t] = append(at[x.on+" "+t], x.doc)
		}
	}
	for _, a := range w.accounts {
		if len(a.units) == 0 {
			continue
		}
		for _, level := range append(slices.Clone(a.units), a.id) {
			if docs := at["identities "+level]; len(docs) > 0 {
				a.levels = append(a.levels, docs)
			} else if len(all) > 0 && level != a.id {
				a.railsWhy = cmp.Or(a.railsWhy, "no guard-rail at "+level+" was read, and each level has one")
			}
			a.guards = append(a.guards, at["resources "+level]...)
		}
	}
}

// attach finds what runs as a role.
func (w *world) attach(objects []*object) {
	carriers := map[string]*node{}
	for _, n := range w.nodes {
		for _, p := range n.profiles {
			if n.whole == nil {
				carriers[p] = n
			}
		}
	}
	for _, o := range objects {
		w.exists[o.id] = !o.machine
		n := carriers[o.profile]
		if !o.machine {
			n = w.byID[o.role]
		}
		switch {
		case n == nil:
		case o.machine:
			n.machines = append(n.machines, o)
		default:
			n.runs = append(n.runs, o)
		}
	}
}

// index finds who has which action.
func (w *world) index() {
	slices.Sort(w.regions)
	w.regions = slices.DeleteFunc(slices.Compact(w.regions), func(r string) bool { return strings.ContainsAny(r, "*?$") })
	w.regions = w.regions[:min(len(w.regions), 24)]
	w.byAction = make([]map[string][]*node, len(w.actions))
	for a := range w.byAction {
		w.byAction[a] = map[string][]*node{}
	}
	w.byAccount = map[string][]*node{}
	for _, id := range slices.Sorted(maps.Keys(w.byID)) {
		w.sorted = append(w.sorted, w.byID[id])
	}
	for _, id := range slices.Sorted(maps.Keys(w.docs)) {
		if w.docs[id].written {
			w.papers = append(w.papers, w.docs[id])
		}
	}
	nobody := make([][]grant, len(w.actions))
	for _, n := range w.inside {
		w.byAccount[n.account] = append(w.byAccount[n.account], n)
		n.grants = nobody
		for a := range w.byAction {
			if held := n.granted(a); len(held) > 0 {
				if &n.grants[0] == &nobody[0] {
					n.grants = make([][]grant, len(w.actions))
				}
				n.grants[a] = held
				w.byAction[a][n.account] = append(w.byAction[a][n.account], n)
			}
		}
	}
}

// granted gathers the statements that allow an action to a principal.
func (n *node) granted(a int) []grant {
	var out []grant
	for _, d := range n.docs {
		for _, s := range d.allow[a] {
			out = append(out, grant{d, s})
		}
	}
	return out
}
