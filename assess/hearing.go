// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"cmp"
	"slices"
	"time"

	"demarc.dev/demarc/catalogue"
)

// hearing chooses which attestation speaks for which answer.
type hearing struct {
	at   time.Time
	all  []Attestation // in a fixed order
	uses []int         // answers that rest on each
	near []bool        // some duty was asked for which it could have spoken
}

func newHearing(all []Attestation, at time.Time) *hearing {
	h := &hearing{at: at, all: slices.Clone(all), uses: make([]int, len(all)), near: make([]bool, len(all))}
	for i := range h.all {
		a := &h.all[i]
		a.On, a.Expires = a.On.UTC(), a.Expires.UTC()
		a.Evidence = slices.Clone(a.Evidence)
		slices.SortFunc(a.Evidence, func(x, y Evidence) int {
			return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.SHA256, y.SHA256))
		})
	}
	slices.SortFunc(h.all, compareAttestations)
	return h
}

func compareAttestations(a, b Attestation) int {
	return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Duty, b.Duty), cmp.Compare(a.Control, b.Control), cmp.Compare(a.Party, b.Party), cmp.Compare(a.Service, b.Service),
		cmp.Compare(a.Answer, b.Answer), a.On.Compare(b.On), a.Expires.Compare(b.Expires), cmp.Compare(a.By, b.By), cmp.Compare(a.Statement, b.Statement), cmp.Compare(a.Source, b.Source),
		slices.CompareFunc(a.Evidence, b.Evidence, func(x, y Evidence) int {
			return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.SHA256, y.SHA256))
		}))
}

// on gives the attestation that speaks for a duty of a service: of those in
// force the nearest, of equally near ones the newest, of equally new ones the
// less flattering. When none is in force, an expired one is shown, and then
// one that is dated after the assessment.
func (h *hearing) on(v *served, d *catalogue.Duty, c *catalogue.Control, we bool) *Attested {
	best := -1
	for i := range h.all {
		if nearness(&h.all[i], v, d, c, we) == 0 {
			continue
		}
		h.near[i] = true
		if best < 0 || h.before(i, best, v, d, c, we) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	h.uses[best]++
	out := h.all[best].attested(h.at)
	return &out
}

// passing gives the id of an attestation in force that names the duty for every
// service, to be told where it does not speak.
func (h *hearing) passing(d *catalogue.Duty) string {
	for i := range h.all {
		if a := &h.all[i]; a.Duty == d.ID && a.Service == "*" && a.state(h.at) == InForce {
			return a.ID
		}
	}
	return ""
}

func (h *hearing) before(i, j int, v *served, d *catalogue.Duty, c *catalogue.Control, we bool) bool {
	a, b := &h.all[i], &h.all[j]
	return cmp.Or(cmp.Compare(stateRank(a, h.at), stateRank(b, h.at)), cmp.Compare(nearness(b, v, d, c, we), nearness(a, v, d, c, we)), b.On.Compare(a.On),
		cmp.Compare(answerRank(a.Answer), answerRank(b.Answer)), cmp.Compare(len(a.Evidence), len(b.Evidence)), cmp.Compare(i, j)) < 0
}

// nearness tells how near an attestation is to a duty of a service; 0 when it
// does not speak of it. One for every service speaks only where the duty is
// ours to do.
func nearness(a *Attestation, v *served, d *catalogue.Duty, c *catalogue.Control, we bool) int {
	party := cmp.Or(a.Party, v.facts.Ours)
	n := 0
	switch {
	case a.Duty == d.ID:
		n = 3
	case a.Duty == "" && a.Control == c.Key && party == d.Party:
		n = 1
	default:
		return 0
	}
	switch {
	case a.Service == v.ID:
		return n + 1
	case a.Service == "*" && (d.Party == v.facts.Ours || we):
		return n
	}
	return 0
}

func stateRank(a *Attestation, at time.Time) int {
	switch a.state(at) {
	case InForce:
		return 0
	case Expired:
		return 1
	}
	return 2
}

func (a *Attestation) state(at time.Time) SaidState {
	switch {
	case notYet(a.On, at):
		return NotYet
	case lapsed(a.Expires, at):
		return Expired
	}
	return InForce
}

// answerRank orders answers, the least flattering first.
func answerRank(a AttestedAnswer) int { return slices.Index(Answers(), a) }

// Answers lists what a person can say, the least flattering first.
func Answers() []AttestedAnswer {
	return []AttestedAnswer{AnswerNo, AnswerPartly, AnswerYes, AnswerInherited, AnswerNotApplicable}
}

func (a *Attestation) attested(at time.Time) Attested {
	return Attested{ID: a.ID, Answer: a.Answer, Statement: a.Statement, By: a.By, On: a.On, Expires: a.Expires, Expired: a.state(at) == Expired, Source: a.Source, Evidence: a.Evidence}
}

// told says what became of every attestation.
func (h *hearing) told() []Said {
	out := make([]Said, 0, len(h.all))
	for i := range h.all {
		a := &h.all[i]
		s := Said{Attested: a.attested(h.at), Duty: a.Duty, Control: a.Control, Service: a.Service, State: a.state(h.at), Answers: h.uses[i]}
		switch {
		case !h.near[i]:
			s.State = NotAsked
		case s.State == InForce && s.Answers == 0:
			s.State = Unused
		}
		out = append(out, s)
	}
	return out
}
