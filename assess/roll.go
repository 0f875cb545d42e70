// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"slices"

	"demarc.dev/demarc/catalogue"
)

// Add counts one more answer.
func (c *Counts) Add(s Status) { c.move(s, 1) }

// Move takes one answer from a status to another.
func (c *Counts) Move(from, to Status) {
	c.move(from, -1)
	c.move(to, 1)
}

func (c *Counts) move(s Status, by int) {
	c.Total += by
	switch s {
	case NotSatisfied:
		c.NotSatisfied += by
	case Partly:
		c.Partly += by
	case Accepted:
		c.Accepted += by
	case Satisfied:
		c.Satisfied += by
	case Inherited:
		c.Inherited += by
	case NotApplicable:
		c.NotApplicable += by
	default:
		c.Unknown += by
	}
}

// Met counts the answers that are satisfied or inherited.
func (c Counts) Met() int { return c.Satisfied + c.Inherited }

// Applies counts the answers that are not "not applicable".
func (c Counts) Applies() int { return c.Total - c.NotApplicable }

// Worst gives the worst status that is counted; empty when nothing is.
func (c Counts) Worst() Status {
	for _, p := range []struct {
		n int
		s Status
	}{{c.NotSatisfied, NotSatisfied}, {c.Partly, Partly}, {c.Unknown, Unknown}, {c.Accepted, Accepted}, {c.Satisfied, Satisfied}, {c.Inherited, Inherited}, {c.NotApplicable, NotApplicable}} {
		if p.n > 0 {
			return p.s
		}
	}
	return ""
}

// rollKey is what a roll-up sums over.
type rollKey struct {
	key     string
	party   catalogue.Party
	service string
}

// roll sums the answers up: controls, themes, services, readiness.
func (r *Run) roll(a *Assessment) {
	controls, themes, services := map[rollKey]*Counts{}, map[rollKey]*Counts{}, map[string]*Counts{}
	bearing := map[rollKey]map[string]bool{}
	a.Readiness = Readiness{ByParty: map[catalogue.Party]Counts{}, ByService: map[string]Counts{}}
	for i := range a.Answers {
		n := &a.Answers[i]
		for _, at := range []rollKey{{n.Control, n.Party, ""}, {n.Control, n.Party, n.Service}} {
			count(controls, at, n.Status)
		}
		count(themes, rollKey{r.ground.theme(n.Control).ID, n.Party, ""}, n.Status)
		count(services, n.Service, n.Status)
		a.Readiness.add(n)
		at := rollKey{n.Control, n.Party, ""}
		if bearing[at] == nil {
			bearing[at] = map[string]bool{}
		}
		for _, p := range r.ground.proofs[n.Duty] {
			if p.check.Origin == "" {
				bearing[at][p.check.ID] = true
			}
		}
	}
	for i := range a.Services {
		if c := services[a.Services[i].ID]; c != nil {
			a.Services[i].Counts = *c
		}
		a.Readiness.ByService[a.Services[i].ID] = a.Services[i].Counts
	}
	a.Controls = r.controlRolls(a, controls, bearing)
	a.Themes = r.themeRolls(a, themes)
}

func count[K comparable](in map[K]*Counts, at K, s Status) {
	if in[at] == nil {
		in[at] = &Counts{}
	}
	in[at].Add(s)
}

func (r *Readiness) add(a *Answer) {
	r.All.Add(a.Status)
	if a.Ours {
		r.Ours.Add(a.Status)
	} else {
		r.Theirs.Add(a.Status)
	}
	c := r.ByParty[a.Party]
	c.Add(a.Status)
	r.ByParty[a.Party] = c
}

func (r *Run) controlRolls(a *Assessment, sums map[rollKey]*Counts, bearing map[rollKey]map[string]bool) []Roll {
	var out []Roll
	for _, c := range r.ground.controls {
		for _, p := range a.Parties {
			for i := -1; i < len(a.Services); i++ {
				service := ""
				if i >= 0 {
					service = a.Services[i].ID
				}
				n := sums[rollKey{c.Key, p, service}]
				if n == nil {
					continue
				}
				out = append(out, Roll{Key: c.Key, Clause: r.ground.clauses[c.Key], Title: r.ground.titles[c.Key], Party: p, Service: service, Status: n.Worst(), Counts: *n,
					Thin: len(bearing[rollKey{c.Key, p, ""}]) < thinBelow})
			}
		}
	}
	return out
}

// thinBelow is how many checks a control needs for a party to be more than thin.
const thinBelow = 3

func (r *Run) themeRolls(a *Assessment, sums map[rollKey]*Counts) []Roll {
	var out []Roll
	for _, t := range append(slices.Clone(r.ground.themes), catalogue.Theme{Title: "Other"}) {
		for _, p := range a.Parties {
			if n := sums[rollKey{t.ID, p, ""}]; n != nil {
				out = append(out, Roll{Key: t.ID, Clause: t.ID, Title: t.Title, Party: p, Status: n.Worst(), Counts: *n})
			}
		}
	}
	return out
}

// theme gives the theme of a control; one that the catalogue puts nowhere has
// a theme without a number.
func (g *ground) theme(key string) catalogue.Theme {
	if i, ok := g.themed[key]; ok {
		return g.themes[i]
	}
	return catalogue.Theme{Title: "Other"}
}
