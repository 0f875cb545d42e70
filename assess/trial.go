// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"cmp"
	"maps"
	"slices"

	"demarc.dev/demarc/responsibility"
)

// Trial asks what an assessment would say if some facts were others. It
// derives statuses in the same way as an assessment does. It only reads the
// assessment, which must not change meanwhile, and is safe for concurrent use.
type Trial struct {
	of      *Assessment
	bench   *bench
	answers map[On]int   // service and duty
	checks  map[At][]int // the answers on which a check of a service bears
	service map[string][]int
	base    *supposed // what is supposed already; nil: nothing
}

// Supposition is what is supposed to be other than it was.
type Supposition struct {
	Mended    []At     // every failure of the check in the service passes
	Read      []At     // every fact that the check could not read there is read and passes; a faulty check is mended
	Collected []string // services: snapshots tell of all their accounts and regions, and of now; checks that were never run meet nothing
	Attested  []On     // somebody answers yes, with evidence
	Secured   []On     // the other party's part rests on a contract and on evidence
	Assigned  []On     // our own side performs it
}

// At is a check in the accounts of a service.
type At struct{ Service, Check string }

// On is a duty of a service.
type On struct{ Service, Duty string }

// And gives a supposition of both; neither is changed.
func (s Supposition) And(o Supposition) Supposition {
	return Supposition{Mended: slices.Concat(s.Mended, o.Mended), Read: slices.Concat(s.Read, o.Read), Collected: slices.Concat(s.Collected, o.Collected),
		Attested: slices.Concat(s.Attested, o.Attested), Secured: slices.Concat(s.Secured, o.Secured), Assigned: slices.Concat(s.Assigned, o.Assigned)}
}

// Shift is an answer whose status would be another one.
type Shift struct {
	Service, Duty string
	Ours          bool
	From, To      Status
}

// NewTrial prepares an assessment for questions.
func NewTrial(a *Assessment) *Trial {
	t := &Trial{of: a, bench: newBench(a), answers: map[On]int{}, checks: map[At][]int{}, service: map[string][]int{}}
	for i := range a.Answers {
		n := &a.Answers[i]
		t.answers[On{n.Service, n.Duty}] = i
		t.service[n.Service] = append(t.service[n.Service], i)
		for _, c := range n.Checks {
			at := At{n.Service, c.Check}
			t.checks[at] = append(t.checks[at], i)
		}
	}
	return t
}

// Suppose gives the answers whose status would change, in the order of the
// assessment. What names no answer and no check of the assessment changes
// nothing.
func (t *Trial) Suppose(s Supposition) []Shift {
	w := newSupposed(t)
	w.apply(s)
	var out []Shift
	for _, i := range sortedInts(w.on) {
		n, from := &t.of.Answers[i], t.status(i)
		if to := w.status(i); to != from {
			out = append(out, Shift{Service: n.Service, Duty: n.Duty, Ours: n.Ours, From: from, To: to})
		}
	}
	return out
}

// With gives a trial of the assessment as it would be under the supposition:
// what it is asked then comes on top of that. The trial itself stays as it is.
func (t *Trial) With(s Supposition) *Trial {
	w := newSupposed(t)
	w.apply(s)
	if t.base != nil {
		w.join(t.base)
	}
	out := *t
	out.base = w
	w.Trial = nil
	return &out
}

// status gives the status of an answer under what is supposed already.
func (t *Trial) status(i int) Status {
	if t.base == nil || t.base.on[i] == nil {
		return t.of.Answers[i].Status
	}
	w := newSupposed(t)
	return w.status(i)
}

func sortedInts[V any](m map[int]V) []int {
	out := make([]int, 0, len(m))
	for i := range m {
		out = append(out, i)
	}
	slices.Sort(out)
	return out
}

// supposed is the assessment under a supposition.
type supposed struct {
	*Trial
	mended, read map[At]bool
	collected    map[string]bool
	on           map[int]*change // the answers that are concerned
}

// change is what is supposed of one answer.
type change struct{ attested, secured, assigned bool }

func newSupposed(t *Trial) *supposed {
	return &supposed{Trial: t, mended: map[At]bool{}, read: map[At]bool{}, collected: map[string]bool{}, on: map[int]*change{}}
}

// join adds what another one supposes.
func (w *supposed) join(o *supposed) {
	maps.Copy(w.mended, o.mended)
	maps.Copy(w.read, o.read)
	maps.Copy(w.collected, o.collected)
	for i, c := range o.on {
		both := w.change(i)
		both.attested, both.secured, both.assigned = both.attested || c.attested, both.secured || c.secured, both.assigned || c.assigned
		w.on[i] = &both
	}
}

// change gives what is supposed of an answer, with what was supposed already.
func (w *supposed) change(i int) change {
	var out change
	if c := w.on[i]; c != nil {
		out = *c
	}
	if w.Trial != nil && w.base != nil && w.base.on[i] != nil {
		c := w.base.on[i]
		out = change{out.attested || c.attested, out.secured || c.secured, out.assigned || c.assigned}
	}
	return out
}

func (w *supposed) apply(s Supposition) {
	for _, p := range s.Mended {
		w.mended[p] = true
		w.touch(w.checks[p])
	}
	for _, p := range s.Read {
		w.read[p] = true
		w.touch(w.checks[p])
	}
	for _, id := range s.Collected {
		w.collected[id] = true
		w.touch(w.service[id])
	}
	for _, set := range []struct {
		on   []On
		mark func(*change)
	}{
		{s.Attested, func(c *change) { c.attested = true }}, {s.Secured, func(c *change) { c.secured = true }}, {s.Assigned, func(c *change) { c.assigned = true }},
	} {
		for _, d := range set.on {
			if i, ok := w.answers[d]; ok {
				w.touch([]int{i})
				set.mark(w.on[i])
			}
		}
	}
}

func (w *supposed) touch(answers []int) {
	for _, i := range answers {
		if w.on[i] == nil {
			w.on[i] = &change{}
		}
	}
}

// status derives the status of an answer anew, from changed facts.
func (w *supposed) status(i int) Status {
	n, c, base := w.of.Answers[i], w.change(i), w.base
	if base == nil {
		base = &supposed{}
	}
	service := *w.bench.services[n.Service]
	collected := w.collected[n.Service] || base.collected[n.Service]
	if collected {
		service.Uncollected = nil
	}
	n.Checks = slices.Clone(n.Checks)
	for k := range n.Checks {
		at := At{n.Service, n.Checks[k].Check}
		suppose(&n.Checks[k], w.mended[at] || base.mended[at], w.read[at] || base.read[at], collected)
	}
	a := &n.Allocation
	if c.secured {
		if !rests(a.Basis) {
			a.Basis = responsibility.Basis{Kind: responsibility.ContractClause, Reference: cmp.Or(a.Basis.Reference, "supposed")}
		}
		a.Evidence = append(slices.Clone(a.Evidence), "supposed")
	}
	if c.assigned {
		w.assign(a, &service)
	}
	if c.attested {
		n.Attestation = &Attested{Answer: AnswerYes, On: w.of.At, Expires: w.of.At, Evidence: []Evidence{{Path: "supposed"}}}
	}
	return weigh(facts{at: w.of.At, service: &service, answer: &n}).status
}

func suppose(c *CheckAnswer, mended, read, collected bool) {
	if mended {
		c.Tally.Pass += c.Tally.Fail
		c.Tally.Fail, c.Would, c.Disputed = 0, 0, 0
	}
	if read {
		c.Tally.Pass += c.Tally.Unknown + c.Tally.Error
		c.Tally.Unknown, c.Tally.Error, c.Scopes = 0, 0, 0
	}
	if collected {
		c.Ran, c.Stale = true, false
	}
}

func (w *supposed) assign(a *responsibility.Allocation, s *Service) {
	if s.Ours == "provider" {
		a.Provider = responsibility.SharesBoth
	} else {
		a.Customer = responsibility.SharesBoth
	}
}
