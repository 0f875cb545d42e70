// SPDX-License-Identifier: Apache-2.0

package risk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/scope"
)

// Suggestion is what the catalogue and the state of the controls say about a
// risk. It decides nothing: a person does.
type Suggestion struct {
	Inherent Rating    `json:"inherent"`
	Current  Rating    `json:"current"`
	Controls []Treater `json:"controls"` // that treat the threat, the weakest first
	Met      int       `json:"met"`      // half points: a duty met counts two, one partly met one
	Of       int       `json:"of"`       // twice the duties that apply
	Severe   []string  `json:"severe"`   // ids of critical gaps among them
	Why      []string  `json:"why"`      // how it was reckoned, a sentence a step
}

// Treater is a control that treats a threat, as it stands for the service.
type Treater struct {
	Key    string        `json:"key"`
	Clause string        `json:"clause"`
	Title  string        `json:"title"`
	Counts assess.Counts `json:"counts"`
}

// Ground is an assessment, gathered once to suggest many ratings from. It is not
// changed after NewGround and may be used by many at once.
type Ground struct {
	cat     *catalogue.Catalogue
	edition catalogue.Edition
	counts  map[place]assess.Counts
	severe  map[place][]string // ids of critical gaps
}

// place is a control of a service; an empty service is all of them.
type place struct{ service, control string }

// NewGround gathers the answers of an assessment; nil: nothing was assessed.
func NewGround(cat *catalogue.Catalogue, a *assess.Assessment) *Ground {
	g := &Ground{cat: cat}
	if a == nil {
		return g
	}
	g.edition, g.counts, g.severe = a.Edition, map[place]assess.Counts{}, map[place][]string{}
	for _, x := range a.Answers {
		for _, at := range []place{{x.Service, x.Control}, {"", x.Control}} {
			c := g.counts[at]
			c.Add(x.Status)
			g.counts[at] = c
		}
	}
	for _, x := range a.Gaps {
		if x.Severity == check.Critical {
			for _, at := range []place{{x.Service, x.Control}, {"", x.Control}} {
				g.severe[at] = append(g.severe[at], x.ID)
			}
		}
	}
	return g
}

// Suggest reckons a rating for a threat to a service; nil is the organisation as
// a whole. Where nothing was assessed nothing is known of the controls, and the
// current rating is the inherent one.
//
// The inherent rating is the catalogue's seed, one to five, put onto the scales
// of the method, with the consequence one step higher for a critical service
// and one lower for one of low criticality. The current likelihood is one step
// lower when at least six tenths of the duties that treat the threat are met,
// two when nine tenths are, and not at all lower while one of their gaps is
// critical. A duty of which nothing is known counts as not met. What controls do
// to the consequence a person judges.
func (g *Ground) Suggest(m Method, t catalogue.Threat, v *scope.Service) Suggestion {
	s := Suggestion{Controls: []Treater{}, Severe: []string{}}
	s.Inherent = Rating{onto(t.Likelihood, len(m.Likelihood)), onto(t.Impact, len(m.Consequence))}
	s.say("%s is seeded with likelihood %d and consequence %d of 5, which is %s on the scales of the firm.", t.ID, t.Likelihood, t.Impact, s.Inherent)
	if v != nil {
		by := map[scope.Criticality]int{scope.Critical: 1, scope.Low: -1}[v.Criticality]
		if c := min(max(s.Inherent.Consequence+by, 1), len(m.Consequence)); c != s.Inherent.Consequence {
			s.Inherent.Consequence = c
			s.say("%s is of %s criticality: the consequence becomes %d.", v.Name, v.Criticality, c)
		}
	}
	s.Current = s.Inherent
	if g.counts == nil {
		s.say("Nothing was assessed yet, so nothing is known of the controls: the rating stays.")
		return s
	}
	s.controls(g, t, v)
	s.lower()
	return s
}

func (s *Suggestion) say(words string, args ...any) {
	s.Why = append(s.Why, fmt.Sprintf(words, args...))
}

// onto puts a step of five onto a scale of n.
func onto(step, n int) int { return 1 + ((step-1)*(n-1)+2)/4 }

// controls counts the duties that treat the threat.
func (s *Suggestion) controls(g *Ground, t catalogue.Threat, v *scope.Service) {
	at := place{}
	if v != nil {
		at.service = v.ID
	}
	for _, at.control = range t.Controls {
		c, _ := g.cat.Control(at.control) // the linter of the catalogue vouches for it
		where, ok := c.Place(g.edition)
		if !ok {
			where.ID = c.Key // the edition has no place for it, and no answers either
		}
		counts := g.counts[at]
		s.Controls = append(s.Controls, Treater{Key: c.Key, Clause: where.ID, Title: c.Title, Counts: counts})
		s.Met += 2*counts.Met() + counts.Partly
		s.Of += 2 * counts.Applies()
		s.Severe = append(s.Severe, g.severe[at]...)
	}
	slices.SortStableFunc(s.Controls, func(x, y Treater) int { return cmp.Compare(share(x.Counts), share(y.Counts)) })
}

// share is how much of what applies is met, in thousandths; nothing that applies
// comes last.
func share(c assess.Counts) int {
	if c.Applies() == 0 {
		return 1001
	}
	return (2*c.Met() + c.Partly) * 500 / c.Applies()
}

// lower takes off the likelihood what the controls are worth.
func (s *Suggestion) lower() {
	if s.Of == 0 {
		s.say("No duty of the assessment treats it here: the rating stays.")
		return
	}
	percent := s.Met * 100 / s.Of
	s.say("%s of the %d duties that treat it are met (a duty partly met counts half, one of which nothing is known not at all): %d %%.", half(s.Met), s.Of/2, percent)
	steps := 0
	switch {
	case s.Met*10 >= s.Of*9:
		steps = 2
	case s.Met*10 >= s.Of*6:
		steps = 1
	}
	switch {
	case len(s.Severe) > 0:
		s.say("A critical gap stands among them (%s): the likelihood stays.", strings.Join(s.Severe[:min(3, len(s.Severe))], ", "))
		return
	case steps == 0:
		s.say("That is below 60 %%: the likelihood stays.")
		return
	}
	s.Current.Likelihood = max(1, s.Inherent.Likelihood-steps)
	s.say("From 60 %% on the likelihood is one step lower, from 90 %% on two: it becomes %d. What controls do to the consequence you judge.", s.Current.Likelihood)
}

func half(points int) string {
	if points%2 == 0 {
		return fmt.Sprint(points / 2)
	}
	return fmt.Sprintf("%d½", points/2)
}

// Seed proposes the risks of a scope: each threat of the catalogue to each
// service whose model it concerns. Threats that the other side alone treats are
// proposed too: we rely on it, and it is our risk that it fails.
func Seed(cat *catalogue.Catalogue, s *scope.Scope) []Risk {
	var out []Risk
	for _, v := range s.Services {
		for _, t := range cat.Threats() {
			if slices.Contains(t.Models, v.Model) {
				out = append(out, Risk{ID: ID(v.ID, t.ID), Service: v.ID, Threat: t.ID, Title: t.Title, Event: t.Text, Owner: v.Owner})
			}
		}
	}
	return out
}
