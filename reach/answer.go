// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"cmp"
	"maps"
	"slices"
)

// Verdict says whether packets can go.
type Verdict string

// The verdicts.
const (
	Open    Verdict = "open"    // a packet can go, and its answer come back
	OneWay  Verdict = "one-way" // a packet arrives, and no answer comes back
	Unknown Verdict = "unknown" // a fact on which it depends was not read
	Closed  Verdict = "closed"  // no packet can go
)

// Administration is the tenant of the provider's administration network.
const Administration = "administration"

// Answer is what a model comes to.
type Answer struct {
	Tenants  []Tenant   `json:"tenants"`
	Pairs    []Pair     `json:"pairs"`    // every ordered pair of tenants, the administration among them
	Internet []Exposure `json:"internet"` // every node: the open ones first, the closed ones last
	Nodes    int        `json:"nodes"`
	Nobody   int        `json:"nobody"`  // nodes of no tenant: in no pair
	Classes  int        `json:"classes"` // of nodes that are alike, which were compared
}

// Tenant is a tenant, how many nodes it has, and in which accounts.
type Tenant struct {
	ID       string   `json:"id"`
	Nodes    int      `json:"nodes"`
	Accounts []string `json:"accounts"`
}

// Pair is whether From's nodes reach To's.
type Pair struct {
	From    string  `json:"from"`
	To      string  `json:"to"`
	Verdict Verdict `json:"verdict"`
	Why     string  `json:"why"`            // the packet that goes, what stops it, or what was not read
	Fix     string  `json:"fix,omitempty"`  // what would stop it; of open and one-way pairs
	Path    []Step  `json:"path,omitempty"` // step by step, the shortest there is
}

// Step is one step of a path.
type Step struct {
	What string `json:"what"` // "machine", "security group", "route table", …
	ID   string `json:"id"`   // the provider's own
	Name string `json:"name,omitempty"`
	Says string `json:"says"` // the rule or route that lets the packet on
}

// Exposure is whether the internet reaches a node.
type Exposure struct {
	Node     string    `json:"node"`
	Name     string    `json:"name"`
	Kind     string    `json:"kind"`
	Tenant   string    `json:"tenant,omitempty"`
	Verdict  Verdict   `json:"verdict"`
	Openings []Opening `json:"openings,omitempty"`
	Why      string    `json:"why"`
	Path     []Step    `json:"path,omitempty"`
}

// Opening is what the internet reaches at a node.
type Opening struct {
	Ports
	From   []string `json:"from"`          // the ranges that may send, at most eight of them
	Anyone bool     `json:"anyone"`        // a good part of the internet: no rule for known senders
	Via    string   `json:"via,omitempty"` // the balancer that hands on
}

// Solve answers for every pair of tenants and every node. The model is not
// changed; equal models give equal answers.
func Solve(m *Model) *Answer {
	a := &Answer{Nodes: len(m.Nodes), Tenants: []Tenant{}, Pairs: []Pair{}, Internet: []Exposure{}}
	tenants := a.count(m)
	strict := solve(newWorld(m, false), tenants, nil)
	a.Classes = len(strict.c.dests)
	d := doubtsOf(strict.w)
	lenient := strict
	if d.any {
		lenient = solve(newWorld(m, true), tenants, func(to, from int) bool {
			_, ok := strict.pairs[to][from]
			return ok
		})
	}
	x := newExplainer(lenient)
	for from := range tenants {
		for to := range tenants {
			if from != to {
				a.Pairs = append(a.Pairs, pair(strict, lenient, d, x, from, to))
			}
		}
	}
	a.Internet = exposures(strict, lenient, d)
	return a
}

// count fills in the tenants, and gives their ids in order.
func (a *Answer) count(m *Model) []string {
	nodes, accounts := map[string]int{}, map[string][]string{}
	for i := range m.Nodes {
		n := &m.Nodes[i]
		if n.Tenant == "" {
			a.Nobody++
			continue
		}
		nodes[n.Tenant]++
		if !slices.Contains(accounts[n.Tenant], n.Account) {
			accounts[n.Tenant] = append(accounts[n.Tenant], n.Account)
		}
	}
	tenants := slices.Sorted(maps.Keys(nodes))
	for _, id := range tenants {
		slices.Sort(accounts[id])
		a.Tenants = append(a.Tenants, Tenant{id, nodes[id], accounts[id]})
	}
	return tenants
}

func pair(strict, lenient *solution, d *doubts, x *explainer, from, to int) Pair {
	p := Pair{From: strict.c.tenants[from], To: strict.c.tenants[to]}
	if f, ok := strict.pairs[to][from]; ok {
		p.Verdict = Open
		if f.score >= noAnswer {
			p.Verdict = OneWay
		}
		t := strict.trace(f)
		p.Path, p.Why, p.Fix = t.steps, strict.packet(f), t.fix()
		return p
	}
	if f, ok := lenient.pairs[to][from]; ok {
		t := lenient.trace(f)
		p.Verdict, p.Path, p.Why = Unknown, t.steps, t.unread()
		return p
	}
	if why := cmp.Or(d.hidden(p.From, p.To), lenient.lost[from]); why != "" {
		p.Verdict, p.Why = Unknown, why
		return p
	}
	p.Verdict, p.Why = Closed, x.stops(from, to)
	return p
}

// doubts are the facts of a model that were not read.
type doubts struct {
	any   bool
	m     *Model
	nodes map[string]string // by tenant: a node of which nobody knows where it lies
	node  map[int]string
}

func doubtsOf(w *world) *doubts {
	d := &doubts{m: w.m, nodes: map[string]string{}, node: map[int]string{}}
	for i := range w.m.Nodes {
		n := &w.m.Nodes[i]
		why := n.Doubt
		for j := range n.Interfaces {
			nic := &n.Interfaces[j]
			if _, ok := w.placeOf(nic); !ok {
				why = "the subnet " + nic.Subnet + " was not read"
			} else if len(nic.Addresses) == 0 {
				if d.any = true; len(nic.Within) == 0 {
					why = "the addresses of " + nic.ID + " were not read"
				}
			}
		}
		if why != "" {
			why = "where " + n.ID + " lies is not known: " + why
			d.node[i] = why
			if d.nodes[n.Tenant] == "" {
				d.nodes[n.Tenant] = why
			}
		}
		for _, t := range n.Targets {
			_, ok := w.node[t.Node]
			d.any = d.any || !ok || t.Keeps
		}
		for _, nic := range n.Interfaces {
			for _, g := range nic.Guards {
				d.filters(w, g)
			}
		}
	}
	for i := range w.m.Subnets {
		_, ok := w.table[w.m.Subnets[i].Table]
		d.any = d.any || !ok
		for _, f := range w.m.Subnets[i].Filters {
			d.filters(w, []string{f})
		}
	}
	for i := range w.m.Tables {
		d.any = d.any || w.m.Tables[i].Unread != ""
		for _, r := range w.m.Tables[i].Routes {
			_, known := w.joined[r.Target]
			d.any = d.any || r.Way == Appliance || r.Way == Through && !known
		}
	}
	for i := range w.m.Joins {
		d.any = d.any || w.m.Joins[i].doubtful()
	}
	for i := range w.m.Networks {
		d.any = d.any || w.m.Networks[i].GatewayUnread != ""
	}
	return d
}

// doubtful tells whether what a join leads to depends on what was not read.
func (j *Join) doubtful() bool {
	for _, e := range j.Ends {
		known := slices.ContainsFunc(j.Tables, func(t Table) bool { return t.ID == e.Table })
		if j.Hub && e.Table != "" && !known {
			return true
		}
	}
	return j.Unread != "" || slices.ContainsFunc(j.Tables, func(t Table) bool {
		return t.Unread != "" || slices.ContainsFunc(t.Routes, func(r Route) bool { return r.Way == Through })
	})
}

func (d *doubts) filters(w *world, guard []string) {
	for _, id := range guard {
		d.any = d.any || w.unreadFilter(id, len(guard) > 1) != ""
	}
}

// hidden tells why a pair that seems closed may not be.
func (d *doubts) hidden(from, to string) string {
	if len(d.m.Unread) > 0 {
		return d.m.Unread[0]
	}
	return cmp.Or(d.nodes[from], d.nodes[to])
}
