// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"cmp"
	"slices"
	"time"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/responsibility"
)

// facts are all that a status is derived from. They stand in an Assessment, so
// that a status can be derived again, and under a supposition.
type facts struct {
	at      time.Time
	service *Service
	answer  *Answer // its facts; Status, Summary and Reasons are not read
}

// line is a reason before it has words.
type line struct {
	kind  ReasonKind
	check int // place in answer.Checks; -1: of none
	bears Status
	holds bool // it is one of those that decide
}

// verdict is a status with what led to it.
type verdict struct {
	status Status
	lines  []line
}

// weigh derives the status of one duty of one service. It is the only place
// that does.
func weigh(f facts) verdict {
	w := &weighing{facts: f}
	ours, theirs := f.service.Ours, other(f.service.Ours)
	w.we, w.they = f.answer.Allocation.Share(ours).Performs(), f.answer.Allocation.Share(theirs).Performs()
	w.hear()
	for i := range f.answer.Checks {
		w.ask(i)
	}
	w.whole()
	w.person()
	w.matrix()
	w.conclude()
	slices.SortStableFunc(w.lines, w.order)
	return verdict{status: w.status, lines: w.lines}
}

func other(p catalogue.Party) catalogue.Party {
	if p == catalogue.Provider {
		return catalogue.Customer
	}
	return catalogue.Provider
}

// weighing is the state of weigh.
type weighing struct {
	facts
	verdict
	we, they bool // perform, by the matrix
	said     AttestedAnswer
	evidence bool // what was said is supported by evidence
	fails    Status
	passed   bool // a check that proves the whole duty passes everywhere
	covered  bool // a check or a person shows the whole duty
	accepted bool
	below    bool // covered by what another party does
}

func (w *weighing) add(kind ReasonKind, check int, bears Status, holds bool) {
	if i := slices.IndexFunc(w.lines, func(l line) bool { return l.kind == kind && l.check == check }); i >= 0 {
		w.lines[i].holds = w.lines[i].holds || holds
		return
	}
	w.lines = append(w.lines, line{kind, check, bears, holds})
}

// hear takes what a person says, when it is in force. A no and a partly stand
// until somebody answers anew: time alone mends nothing.
func (w *weighing) hear() {
	a := w.answer.Attestation
	if a == nil || notYet(a.On, w.at) {
		return
	}
	if lapsed(a.Expires, w.at) && a.Answer != AnswerNo && a.Answer != AnswerPartly {
		return
	}
	w.said, w.evidence = a.Answer, len(a.Evidence) > 0
}

// notYet tells whether a day lies after the day of at.
func notYet(day, at time.Time) bool { return day.After(at) }

// lapsed tells whether a last day has ended.
func lapsed(day, at time.Time) bool { return !at.Before(day.AddDate(0, 0, 1)) }

// ask weighs what one check says.
func (w *weighing) ask(i int) {
	c := &w.answer.Checks[i]
	t, full := c.Tally, c.Extent == "full"
	t.Pass -= c.Planned // what is only planned does not stand beside what fails
	shown := t.Pass - c.Foreign
	if !c.Ran {
		w.add(ReasonNeverRun, i, Unknown, len(w.service.Accounts) > 0)
		return
	}
	if t.Fail > 0 {
		bears := NotSatisfied
		if (t.Pass > 0 || t.Fail == c.Would) && !c.Stale { // what is only planned is no failure of what stands
			bears = Partly
		}
		w.fails = worse(w.fails, bears)
		w.add(ReasonFail, i, bears, true)
		if c.Disputed > 0 {
			w.add(ReasonDisputed, i, bears, true)
		}
	}
	for _, u := range []struct {
		kind ReasonKind
		is   bool
	}{{ReasonUnread, t.Unknown > c.Scopes}, {ReasonScopeUnread, c.Scopes > 0}, {ReasonFaulty, t.Error > 0}, {ReasonStale, c.Stale}} {
		if u.is {
			w.add(u.kind, i, Unknown, true)
		}
	}
	if t.Accepted > 0 {
		w.accepted = true
		w.add(ReasonAccepted, i, Accepted, true)
	}
	clean := t.Fail+t.Unknown+t.Error == 0 && !c.Stale
	switch {
	case t.Fail > 0 && t.Pass > 0: // how many pass is told with those that fail
	case t.Pass > 0 && shown <= 0:
		w.add(ReasonForeignPass, i, Unknown, false)
	case t.Pass > 0 && full:
		w.add(ReasonPass, i, Satisfied, false)
	case t.Pass > 0:
		w.add(ReasonPartPass, i, Unknown, false)
	case t == Tally{} || t.NotApplicable > 0 && t.Fail+t.Unknown+t.Error+t.Accepted == 0:
		w.add(ReasonNothing, i, Unknown, false)
	}
	w.covered = w.covered || full && clean && shown+t.Accepted > 0
	w.passed = w.passed || full && clean && shown > 0 && t.Accepted == 0
}

// whole weighs what concerns all checks at once.
func (w *weighing) whole() {
	if len(w.answer.Checks) == 0 {
		if w.we {
			w.add(ReasonNoTest, -1, Unknown, false)
		}
		return
	}
	if len(w.service.Uncollected) > 0 {
		w.add(ReasonNotCollected, -1, Unknown, true)
	}
}

// person weighs what somebody says against what checks say.
func (w *weighing) person() {
	a := w.answer.Attestation
	switch {
	case a == nil:
		if w.we && !w.covered {
			w.add(ReasonNoAttestation, -1, Unknown, false)
		}
		return
	case notYet(a.On, w.at):
		w.add(ReasonNotYet, -1, Unknown, false)
	case lapsed(a.Expires, w.at):
		w.add(ReasonExpired, -1, Unknown, false)
	}
	w.answered()
	if w.fails != "" && (w.said == AnswerYes || w.said == AnswerInherited || w.said == AnswerNotApplicable) {
		w.add(ReasonContradiction, -1, w.fails, true)
	}
	if w.said == AnswerNo && w.passed {
		w.add(ReasonContradiction, -1, NotSatisfied, true)
	}
}

func (w *weighing) answered() {
	switch w.said {
	case AnswerNo:
		w.add(ReasonAttestedNo, -1, NotSatisfied, true)
	case AnswerPartly:
		w.add(ReasonAttestedPartly, -1, Partly, true)
	case AnswerNotApplicable:
		w.add(ReasonNotApplicable, -1, NotApplicable, false)
	case AnswerYes:
		if !w.evidence {
			w.add(ReasonAttestedBare, -1, Unknown, false)
			return
		}
		w.add(ReasonAttested, -1, Satisfied, false)
		w.covered = true
	case AnswerInherited:
		w.inherited()
	}
}

// inherited weighs the word that another party does it, where the matrix does
// not say so itself: then the word stands in place of a default, or tells of a
// service beneath.
func (w *weighing) inherited() {
	if w.they && !(w.we && w.answer.Defaulted) {
		if w.we && !w.covered {
			w.add(ReasonNoAttestation, -1, Unknown, false) // for our own part
		}
		return
	}
	switch {
	case w.answer.Attestation.Source == "":
		w.add(ReasonNoBasis, -1, Unknown, w.we)
	case !w.evidence:
		w.add(ReasonNoAssurance, -1, Unknown, w.we)
	case w.we && !w.answer.Defaulted && len(w.service.BuiltOn) == 0:
		w.add(ReasonContradiction, -1, Unknown, true) // the matrix says that we alone perform it
	default:
		w.add(ReasonInherited, -1, Inherited, false)
		w.covered, w.below = true, true
	}
}

// matrix weighs what the matrix says of the other party.
func (w *weighing) matrix() {
	if !w.we && !w.they {
		if w.said != AnswerNotApplicable {
			w.add(ReasonNobody, -1, NotSatisfied, true)
		}
		return
	}
	if !w.they || w.below || w.said == AnswerNotApplicable {
		return
	}
	heard := w.said == AnswerInherited && w.answer.Attestation.Source != ""
	basis := rests(w.answer.Allocation.Basis) || heard
	assured := len(w.answer.Allocation.Evidence) > 0 || w.evidence && (w.said == AnswerYes || heard)
	switch {
	case !basis:
		w.add(ReasonNoBasis, -1, Unknown, true)
	case !assured:
		w.add(ReasonNoAssurance, -1, Unknown, true)
	default:
		w.add(ReasonInherited, -1, Inherited, false)
	}
	if !w.we && w.fails != "" && w.said != AnswerYes && w.said != AnswerInherited {
		w.add(ReasonContradiction, -1, w.fails, true) // it is the other party's, and a check fails in our accounts
	}
}

// rests tells whether a basis is more than an assumption.
func rests(b responsibility.Basis) bool {
	return (b.Kind == responsibility.ContractClause || b.Kind == responsibility.ProviderStatement) && b.Reference != ""
}

// conclude takes the worst of what holds.
func (w *weighing) conclude() {
	apart := w.said == AnswerNotApplicable || !w.we && w.they // what was not read of our accounts says nothing of it
	status := Satisfied
	switch {
	case w.said == AnswerNotApplicable:
		status = NotApplicable
	case !w.we && w.they || w.below && !w.passed:
		status = Inherited
	case !w.covered:
		status = Unknown
	}
	for i := range w.lines {
		l := &w.lines[i]
		if l.holds && apart && l.check >= 0 && l.bears == Unknown || l.holds && apart && l.kind == ReasonNotCollected {
			l.holds = false
		}
		if !w.covered && w.we && !apart && !l.holds && l.bears == Unknown {
			l.holds = true
		}
		if l.holds {
			status = worse(status, l.bears)
		}
	}
	w.status = status
}

// statusRank is 0 for the worst.
func statusRank(s Status) int {
	for i, known := range Statuses() {
		if s == known {
			return i
		}
	}
	return len(Statuses())
}

// worse gives the worse of two statuses; an empty one is none.
func worse(a, b Status) Status {
	if a == "" || b != "" && statusRank(b) < statusRank(a) {
		return b
	}
	return a
}

// order sorts reasons: what holds first, then what bears the status, the rest
// by the status that it bears; then by the severity of the check and its id.
func (w *weighing) order(a, b line) int {
	if c := cmp.Or(compareBool(b.holds, a.holds), compareBool(b.bears == w.status, a.bears == w.status), cmp.Compare(statusRank(a.bears), statusRank(b.bears)), cmp.Compare(kindRank(a.kind), kindRank(b.kind))); c != 0 {
		return c
	}
	if a.check < 0 || b.check < 0 {
		return cmp.Compare(a.check, b.check)
	}
	x, y := &w.answer.Checks[a.check], &w.answer.Checks[b.check]
	return cmp.Or(cmp.Compare(severityRank(x.Severity), severityRank(y.Severity)), cmp.Compare(x.Check, y.Check))
}

// kindRank is the order in which reasons of the same weight are told.
func kindRank(k ReasonKind) int {
	return slices.Index([]ReasonKind{ReasonNobody, ReasonAttestedNo, ReasonFail, ReasonDisputed, ReasonAttestedPartly, ReasonContradiction, ReasonUnread, ReasonScopeUnread, ReasonFaulty, ReasonStale,
		ReasonNotCollected, ReasonNeverRun, ReasonNoBasis, ReasonNoAssurance, ReasonExpired, ReasonNotYet, ReasonAttestedBare, ReasonNoAttestation, ReasonPartPass, ReasonForeignPass, ReasonNothing,
		ReasonNoTest, ReasonAccepted, ReasonPass, ReasonAttested, ReasonInherited, ReasonNotApplicable}, k)
}
