// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"demarc.dev/demarc/check"
)

// FindingFilter is a view of the findings of a run. Empty fields do not filter.
type FindingFilter struct {
	Outcome  string `json:"outcome,omitempty"`
	Severity string `json:"severity,omitempty"`
	Check    string `json:"check,omitempty"`
	Control  string `json:"control,omitempty"` // key of one that the check bears on
	Service  string `json:"service,omitempty"` // whose accounts the resource is in
	Account  string `json:"account,omitempty"`
	Region   string `json:"region,omitempty"`
	Kind     string `json:"kind,omitempty"` // of the resource
	Text     string `json:"text,omitempty"` // in the name, id, native type or tenant of the resource, the message, check, kind, account or region
}

// span tells of an account whether it is in a view, and of which services
// it is.
type span struct {
	in func(account string) bool
	of func(account string) []string
}

// matching tells of each class whether the filter holds it, but for its text.
func (x *findingIndex) matching(f FindingFilter, a span) []bool {
	in := x.perName(func(c *findingClass) int32 { return c.account }, func(account string) bool { return (f.Account == "" || f.Account == account) && a.in(account) })
	asked := x.perName(func(c *findingClass) int32 { return c.check }, func(check string) bool {
		return (f.Check == "" || f.Check == check) && (f.Control == "" || slices.Contains(x.askedOf(check).controls, f.Control))
	})
	outcome, rank := slices.Index(Outcomes(), check.Outcome(f.Outcome)), Rank(check.Severity(f.Severity))
	region, kind := x.nameOf(f.Region), x.nameOf(f.Kind)
	ok := make([]bool, len(x.classes))
	for i := range x.classes {
		c := &x.classes[i]
		ok[i] = in[c.account] && asked[c.check] && (f.Outcome == "" || outcome == int(c.outcome)) && (f.Severity == "" || rank == int(c.rank)) &&
			(f.Region == "" || region == c.region) && (f.Kind == "" || kind == c.kind)
	}
	return ok
}

// perName puts a question to each name that the classes have in one place.
func (x *findingIndex) perName(of func(*findingClass) int32, ask func(string) bool) []bool {
	out, known := make([]bool, len(x.names)), make([]bool, len(x.names))
	for i := range x.classes {
		if n := of(&x.classes[i]); !known[n] {
			known[n], out[n] = true, ask(x.names[n])
		}
	}
	return out
}

// nameOf gives the number of a name; -1 when no class has it.
func (x *findingIndex) nameOf(name string) int32 { return int32(slices.Index(x.names, name)) }

// askedOf gives what is known of a check; of one that the run did not ask, its id.
func (x *findingIndex) askedOf(id string) askedCheck {
	if i, ok := slices.BinarySearchFunc(x.asked, id, func(c askedCheck, id string) int { return strings.Compare(c.id, id) }); ok {
		return x.asked[i]
	}
	return askedCheck{id: id, title: id}
}

// sight is a view in an order.
type sight struct {
	x       *findingIndex
	s       *subset
	ok      []bool  // by class
	classes []int32 // the order of the classes; nil: flat is the order
	flat    []int32
}

func (x *findingIndex) sight(s *subset, ok []bool, sort string) sight {
	if sort == ByResource || sort == BySeen {
		return sight{x: x, s: s, ok: ok, flat: x.flat(s, sort)}
	}
	return sight{x: x, s: s, ok: ok, classes: x.classOrder(sort)}
}

// found counts the view.
func (v sight) found() (n int) {
	for c := range v.ok {
		if v.ok[c] {
			n += len(v.s.of(int32(c)))
		}
	}
	return n
}

// before counts what stands in the view before a position of the order.
func (v sight) before(position int) (n int) {
	if v.flat != nil {
		for _, place := range v.flat[:min(position, len(v.flat))] {
			if v.ok[v.x.class[place]] {
				n++
			}
		}
		return n
	}
	base := 0
	for _, c := range v.classes {
		if base >= position {
			break
		}
		size := len(v.s.of(c))
		if v.ok[c] {
			n += min(size, position-base)
		}
		base += size
	}
	return n
}

// take gives at most most places of the view from its number from on, with the
// position of the first, and that after the last.
func (v sight) take(from, most int) (places []int32, first, after int) {
	add := func(place int32, position int) bool {
		if from > 0 {
			from--
			return true
		}
		if len(places) == 0 {
			first = position
		}
		places, after = append(places, place), position+1
		return len(places) < most
	}
	if v.flat != nil {
		for i, place := range v.flat {
			if v.ok[v.x.class[place]] && !add(place, i) {
				break
			}
		}
		return places, first, after
	}
	base := 0
	for _, c := range v.classes {
		some := v.s.of(c)
		if v.ok[c] {
			skip := min(from, len(some))
			from -= skip
			for i := skip; i < len(some); i++ {
				if !add(some[i], base+i) {
					return places, first, after
				}
			}
		}
		base += len(some)
	}
	return places, first, after
}

// What findings are grouped by.
const (
	GroupCheck    = "check"
	GroupControl  = "control"
	GroupService  = "service"
	GroupAccount  = "account"
	GroupRegion   = "region"
	GroupKind     = "kind"
	GroupSeverity = "severity"
	GroupOutcome  = "outcome"
)

// FindingGroupings gives the words for what findings are grouped by.
func FindingGroupings() []string {
	return []string{GroupCheck, GroupControl, GroupService, GroupAccount, GroupRegion, GroupKind, GroupSeverity, GroupOutcome}
}

// FindingGroup counts the findings that have something in common. A finding
// whose check bears on several controls, or whose account several services
// have, counts for each.
type FindingGroup struct {
	Key      string                `json:"key"` // empty: those that have none, such as no region
	Title    string                `json:"title,omitempty"`
	Severity check.Severity        `json:"severity,omitempty"` // the worst
	Found    int                   `json:"found"`
	Outcomes map[check.Outcome]int `json:"outcomes"`
}

// tally counts what a group holds.
type tally struct {
	n    [5]int // by outcome
	rank int8   // the worst
}

func (t *tally) add(o tally) {
	for i := range t.n {
		t.n[i] += o.n[i]
	}
	t.rank = max(t.rank, o.rank)
}

// groups counts a view by a word; that with the worst outcomes comes first.
func (x *findingIndex) groups(s *subset, ok []bool, by string, a span) []FindingGroup {
	tallies := map[string]tally{}
	for name, t := range x.tallies(s, ok, by) {
		if t.n == [5]int{} {
			continue
		}
		for _, key := range x.keys(name, by, a) {
			sum := tallies[key]
			sum.add(t)
			tallies[key] = sum
		}
	}
	out := make([]FindingGroup, 0, len(tallies))
	for key, t := range tallies {
		g := FindingGroup{Key: key, Severity: severityOf(t.rank), Outcomes: map[check.Outcome]int{}}
		if by == GroupCheck {
			g.Title = x.askedOf(key).title
		}
		for i, o := range Outcomes() {
			if t.n[i] > 0 {
				g.Outcomes[o] = t.n[i]
				g.Found += t.n[i]
			}
		}
		out = append(out, g)
	}
	slices.SortFunc(out, func(p, q FindingGroup) int {
		a, b := tallies[p.Key], tallies[q.Key]
		for i := range a.n {
			if c := cmp.Compare(b.n[i], a.n[i]); c != 0 {
				return c
			}
		}
		return strings.Compare(p.Key, q.Key)
	})
	return out
}

// tallies counts a view by one number of the classes: a name, a rank or an outcome.
func (x *findingIndex) tallies(s *subset, ok []bool, by string) []tally {
	out := make([]tally, max(len(x.names), 5))
	for i := range x.classes {
		if !ok[i] {
			continue
		}
		c := &x.classes[i]
		at := c.check
		switch by {
		case GroupService, GroupAccount:
			at = c.account
		case GroupRegion:
			at = c.region
		case GroupKind:
			at = c.kind
		case GroupSeverity:
			at = int32(c.rank)
		case GroupOutcome:
			at = int32(c.outcome)
		}
		t := &out[at]
		t.n[c.outcome] += len(s.of(int32(i)))
		t.rank = max(t.rank, c.rank)
	}
	return out
}

// keys gives the groups that a number of the classes belongs to.
func (x *findingIndex) keys(at int, by string, a span) []string {
	var keys []string
	switch by {
	case GroupControl:
		keys = x.askedOf(x.names[at]).controls
	case GroupService:
		keys = a.of(x.names[at])
	case GroupSeverity:
		return []string{string(severityOf(int8(at)))}
	case GroupOutcome:
		return []string{string(Outcomes()[at])}
	default:
		return []string{x.names[at]}
	}
	if len(keys) == 0 {
		return []string{""}
	}
	return keys
}

// FindingChoices are the words that the filter of a run's findings can be
// chosen of, in order.
type FindingChoices struct {
	Checks                                       []AskedCheck
	Controls, Services, Accounts, Regions, Kinds []string
}

// AskedCheck is a check of a run.
type AskedCheck struct{ ID, Title string }

// choices gives those that all may see; whose accounts are bounded sees less.
func (x *findingIndex) choices(a span) FindingChoices {
	var out FindingChoices
	controls := map[string]bool{}
	for _, k := range x.asked {
		out.Checks = append(out.Checks, AskedCheck{k.id, k.title})
		for _, control := range k.controls {
			controls[control] = true
		}
	}
	out.Controls = slices.Sorted(maps.Keys(controls))
	names := func(of func(*findingClass) int32, in func(string) bool) (all []string) {
		for n, there := range x.perName(of, func(name string) bool { return name != "" && in(name) }) {
			if there {
				all = append(all, x.names[n])
			}
		}
		slices.Sort(all)
		return all
	}
	every := func(string) bool { return true }
	out.Accounts = names(func(c *findingClass) int32 { return c.account }, a.in)
	out.Regions = names(func(c *findingClass) int32 { return c.region }, every)
	out.Kinds = names(func(c *findingClass) int32 { return c.kind }, every)
	return out
}

// severityOf gives the severity of a rank; empty for 0.
func severityOf(rank int8) check.Severity {
	if rank < 1 || rank > 4 {
		return ""
	}
	return []check.Severity{check.Low, check.Medium, check.High, check.Critical}[rank-1]
}
