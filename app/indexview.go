// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
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
	inAccount := map[int32]bool{}
	bears := map[int32]bool{}
	ok := make([]bool, len(x.classes))
	for i := range x.classes {
		c := &x.classes[i]
		in, known := inAccount[c.account]
		if !known {
			in = (f.Account == "" || f.Account == x.names[c.account]) && a.in(x.names[c.account])
			inAccount[c.account] = in
		}
		ok[i] = in && (f.Outcome == "" || f.Outcome == string(Outcomes()[c.outcome])) && (f.Severity == "" || Rank(check.Severity(f.Severity)) == int(c.rank)) &&
			(f.Check == "" || f.Check == x.names[c.check]) && (f.Region == "" || f.Region == x.names[c.region]) && (f.Kind == "" || f.Kind == x.names[c.kind])
		if ok[i] && f.Control != "" {
			on, known := bears[c.check]
			if !known {
				on = slices.Contains(x.askedOf(x.names[c.check]).controls, f.Control)
				bears[c.check] = on
			}
			ok[i] = on
		}
	}
	return ok
}

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

// groups counts a view by a word; that with the worst outcomes comes first.
func (x *findingIndex) groups(s *subset, ok []bool, by string, a span) []FindingGroup {
	type tally struct {
		n    [5]int // by outcome
		rank int8
	}
	tallies := map[string]*tally{}
	services := map[int32][]string{}
	for i := range x.classes {
		size := len(s.of(int32(i)))
		if !ok[i] || size == 0 {
			continue
		}
		for _, key := range x.keys(&x.classes[i], by, a, services) {
			t := tallies[key]
			if t == nil {
				t = &tally{}
				tallies[key] = t
			}
			t.n[x.classes[i].outcome] += size
			t.rank = max(t.rank, x.classes[i].rank)
		}
	}
	out := make([]FindingGroup, 0, len(tallies))
	for key, t := range tallies {
		g := FindingGroup{Key: key, Outcomes: map[check.Outcome]int{}}
		if by == GroupCheck {
			g.Title = x.askedOf(key).title
		}
		if t.rank > 0 {
			g.Severity = severityOf(t.rank)
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

// keys gives the groups that a class belongs to.
func (x *findingIndex) keys(c *findingClass, by string, a span, services map[int32][]string) []string {
	switch by {
	case GroupControl:
		if on := x.askedOf(x.names[c.check]).controls; len(on) > 0 {
			return on
		}
		return []string{""}
	case GroupService:
		of, known := services[c.account]
		if !known {
			if of = a.of(x.names[c.account]); len(of) == 0 {
				of = []string{""}
			}
			services[c.account] = of
		}
		return of
	case GroupAccount:
		return []string{x.names[c.account]}
	case GroupRegion:
		return []string{x.names[c.region]}
	case GroupKind:
		return []string{x.names[c.kind]}
	case GroupSeverity:
		return []string{string(severityOf(c.rank))}
	case GroupOutcome:
		return []string{string(Outcomes()[c.outcome])}
	}
	return []string{x.names[c.check]}
}

// severityOf gives the severity of a rank; empty for 0.
func severityOf(rank int8) check.Severity {
	if rank < 1 || rank > 4 {
		return ""
	}
	return []check.Severity{check.Low, check.Medium, check.High, check.Critical}[rank-1]
}
