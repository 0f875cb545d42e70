// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"demarc.dev/demarc/check"
)

func encoded(t *rapid.T, a *Assessment) []byte {
	data, err := Encode(a)
	if err != nil {
		t.Fatalf("Encode: %v", err)
	}
	return data
}

// shuffled gives the same values in another order.
func shuffled[T any](t *rapid.T, in []T) []T {
	return rapid.Permutation(slices.Clone(in)).Draw(t, "order")
}

func TestAssessment_SameInputsInAnyOrderGiveTheSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, findings := world(t)
		first := encoded(t, conclude(t, in, findings))
		in.Matrices, in.Attestations, in.Checks = shuffled(t, in.Matrices), shuffled(t, in.Attestations), shuffled(t, in.Checks)
		in.Snapshots, in.Exceptions = shuffled(t, in.Snapshots), shuffled(t, in.Exceptions)
		in.Scope.Services = shuffled(t, in.Scope.Services)
		for i := range in.Matrices {
			in.Matrices[i].Allocations = shuffled(t, in.Matrices[i].Allocations)
		}
		if second := encoded(t, conclude(t, in, shuffled(t, findings))); !bytes.Equal(first, second) {
			t.Fatalf("the order of the inputs changed the assessment:\n%s\n%s", first, second)
		}
	})
}

func TestAssessment_DecodesToItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, findings := world(t)
		data := encoded(t, conclude(t, in, findings))
		a, err := Decode(data)
		if err != nil {
			t.Fatalf("Decode: %v", err)
		}
		if again := encoded(t, a); !bytes.Equal(data, again) {
			t.Fatalf("it changed on the way:\n%s\n%s", data, again)
		}
	})
}

func (c Counts) sum() int {
	return c.NotSatisfied + c.Partly + c.Unknown + c.Accepted + c.Satisfied + c.Inherited + c.NotApplicable
}

func (c Counts) plus(o Counts) Counts {
	return Counts{c.Total + o.Total, c.NotSatisfied + o.NotSatisfied, c.Partly + o.Partly, c.Unknown + o.Unknown, c.Accepted + o.Accepted, c.Satisfied + o.Satisfied, c.Inherited + o.Inherited, c.NotApplicable + o.NotApplicable}
}

func TestReadiness_AddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, findings := world(t)
		a := conclude(t, in, findings)
		r := a.Readiness
		var parties, services, themes, controls, apart, listed Counts
		for _, c := range r.ByParty {
			parties = parties.plus(c)
		}
		for _, s := range a.Services {
			if s.Counts != r.ByService[s.ID] {
				t.Fatalf("service %s: %v in the list, %v in the readiness", s.ID, s.Counts, r.ByService[s.ID])
			}
			services = services.plus(s.Counts)
		}
		for _, x := range a.Themes {
			themes = themes.plus(x.Counts)
		}
		for _, x := range a.Controls {
			if x.Counts.Total != x.Counts.sum() || x.Status != x.Counts.Worst() {
				t.Fatalf("control %s: %+v", x.Key, x)
			}
			if x.Service == "" {
				controls = controls.plus(x.Counts)
			} else {
				apart = apart.plus(x.Counts)
			}
		}
		open := 0
		for _, n := range a.Answers {
			listed.Add(n.Status)
			if n.Status.Open() {
				open++
			}
		}
		for name, c := range map[string]Counts{"ours and theirs": r.Ours.plus(r.Theirs), "parties": parties, "services": services, "themes": themes, "controls": controls, "controls by service": apart, "answers": listed} {
			if c != r.All || c.Total != c.sum() {
				t.Fatalf("%s: %+v, all: %+v", name, c, r.All)
			}
		}
		if len(a.Gaps) != open {
			t.Fatalf("%d gaps for %d open answers", len(a.Gaps), open)
		}
	})
}

func TestAnswer_EveryOneHasReasonsThatCarryIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, findings := world(t)
		for _, n := range conclude(t, in, findings).Answers {
			if len(n.Summary) < 12 || !slices.ContainsFunc(n.Reasons, func(r Reason) bool { return r.Bears == n.Status }) {
				t.Fatalf("%s of %s is %s, and no reason bears it: %q %+v", n.Duty, n.Service, n.Status, n.Summary, n.Reasons)
			}
			for _, r := range n.Reasons {
				if strings.Contains(r.Says, "%!") || strings.Contains(r.Says, "  ") || strings.HasSuffix(r.Says, "..") {
					t.Fatalf("the reason %s of %s stumbles: %s", r.Kind, n.Duty, r.Says)
				}
				if r.Says == "" || r.Says == sentence(string(r.Kind)) {
					t.Fatalf("the reason %s of %s has no words", r.Kind, n.Duty)
				}
				if r.Holds && statusRank(r.Bears) < statusRank(n.Status) {
					t.Fatalf("%s of %s is %s, and %q holds it at %s", n.Duty, n.Service, n.Status, r.Says, r.Bears)
				}
			}
			if n.Coverage.Read > n.Coverage.Required {
				t.Fatalf("%s: %+v", n.Duty, n.Coverage)
			}
		}
	})
}

func statuses(a *Assessment) map[On]Status {
	out := map[On]Status{}
	for _, n := range a.Answers {
		out[On{n.Service, n.Duty}] = n.Status
	}
	return out
}

// A fact that is lost must never help: what passed and is unread now may lower
// a status and never raise it. What failed and is unread now is no fail.
func TestAnswer_MissingFactsNeverPassAndNeverFail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, findings := world(t)
		before := statuses(conclude(t, in, findings))
		lost := slices.Clone(findings)
		for i := range lost {
			if lost[i].Outcome == check.Pass {
				lost[i].Outcome = check.Unknown
			}
		}
		for at, s := range statuses(conclude(t, in, lost)) {
			if statusRank(s) > statusRank(before[at]) {
				t.Fatalf("%v went from %s to %s when passes were lost", at, before[at], s)
			}
		}
		for i := range lost {
			if lost[i].Outcome == check.Fail {
				lost[i].Outcome = check.Unknown
			}
		}
		for _, n := range conclude(t, in, lost).Answers {
			if slices.ContainsFunc(n.Reasons, func(r Reason) bool { return r.Kind == ReasonFail || r.Kind == ReasonPass || r.Kind == ReasonPartPass }) {
				t.Fatalf("%s: nothing was read, and %+v", n.Duty, n.Reasons)
			}
		}
	})
}

func TestAnswer_AFailureNeverHelps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, findings := world(t)
		before := statuses(conclude(t, in, findings))
		more := rapid.Custom(finding).Draw(t, "more")
		more.Outcome, more.Exception = check.Fail, ""
		for at, s := range statuses(conclude(t, in, append(findings, more))) {
			if statusRank(s) > statusRank(before[at]) {
				t.Fatalf("%v went from %s to %s by a failure", at, before[at], s)
			}
		}
	})
}

// What a trial says must be what an assessment of the changed world says.
func TestTrial_SaysWhatAnAssessmentWouldSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, findings := world(t)
		for i := range findings {
			findings[i].Source = live // what is mended in a plan alone does not stand yet
		}
		a := conclude(t, in, findings)
		at := At{rapid.SampledFrom([]string{"aws", "ledger"}).Draw(t, "in"), rapid.SampledFrom([]string{"backed-up", "copied", "mfa"}).Draw(t, "what")}
		read := rapid.Bool().Draw(t, "read")
		s := Supposition{Mended: []At{at}}
		if read {
			s = Supposition{Read: []At{at}}
		}
		r, err := New(in)
		if err != nil {
			t.Fatalf("New: %v", err)
		}
		changed := slices.Clone(findings)
		for i, f := range changed {
			covered := f.Exception == "good"
			for _, id := range r.ground.evidenceFor(&f) {
				if id != at.Service || f.Check != at.Check {
					continue
				}
				if !read && f.Outcome == check.Fail && !covered || read && (f.Outcome == check.Unknown || f.Outcome == check.Error) {
					changed[i].Outcome, changed[i].Native = check.Pass, ""
				}
			}
		}
		want := map[On]Status{}
		was := statuses(a)
		for k, v := range statuses(conclude(t, in, changed)) {
			if v != was[k] && k.Service == at.Service {
				want[k] = v
			}
		}
		got := NewTrial(a).Suppose(s)
		for _, g := range got {
			if want[On{g.Service, g.Duty}] != g.To || was[On{g.Service, g.Duty}] != g.From {
				t.Fatalf("%+v: an assessment says %q", g, want[On{g.Service, g.Duty}])
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%d shifts, want %d: %v %v", len(got), len(want), got, want)
		}
	})
}

func TestTrial_NothingSupposedNothingChanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, findings := world(t)
		a := conclude(t, in, findings)
		trial := NewTrial(a)
		for i := range a.Answers {
			if got := newSupposed(trial).status(i); got != a.Answers[i].Status {
				t.Fatalf("%s of %s: %s, derived again it is %s", a.Answers[i].Duty, a.Answers[i].Service, a.Answers[i].Status, got)
			}
		}
	})
}

// One supposition on top of another is both at once.
func TestTrial_SuppositionsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, findings := world(t)
		a := conclude(t, in, findings)
		var s [3]Supposition
		for _, n := range a.Answers {
			for _, r := range n.Reasons {
				if !slices.Contains(few(), n.Duty) {
					continue
				}
				if k := rapid.IntRange(0, 5).Draw(t, "in"); k < 3 {
					s[k] = s[k].And(remedy(On{n.Service, n.Duty}, r))
				}
			}
		}
		at := statuses(a)
		trial := NewTrial(a)
		for _, more := range s {
			for _, g := range trial.Suppose(more) {
				if at[On{g.Service, g.Duty}] != g.From {
					t.Fatalf("%+v begins at %s", g, at[On{g.Service, g.Duty}])
				}
				at[On{g.Service, g.Duty}] = g.To
			}
			trial = trial.With(more)
		}
		for _, g := range NewTrial(a).Suppose(s[0].And(s[1]).And(s[2])) {
			if at[On{g.Service, g.Duty}] != g.To {
				t.Fatalf("%+v at once, step by step it is %s", g, at[On{g.Service, g.Duty}])
			}
			delete(at, On{g.Service, g.Duty})
		}
		for on, s := range statuses(a) {
			if left, ok := at[on]; ok && left != s {
				t.Fatalf("%v is %s step by step, and stays %s at once", on, left, s)
			}
		}
	})
}

func TestTrial_NeverLowersAnOpenAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, findings := world(t)
		a := conclude(t, in, findings)
		var s Supposition
		for _, n := range a.Answers {
			if !n.Status.Open() || !slices.Contains(few(), n.Duty) {
				continue
			}
			on := On{n.Service, n.Duty}
			for _, r := range n.Reasons {
				if rapid.Bool().Draw(t, "suppose") {
					s = s.And(remedy(on, r))
				}
			}
		}
		for _, g := range NewTrial(a).Suppose(s) {
			if statusRank(g.To) < statusRank(g.From) {
				t.Fatalf("%+v is lower; supposed: %+v", g, s)
			}
		}
	})
}

func remedy(on On, r Reason) Supposition {
	switch r.Kind {
	case ReasonFail:
		return Supposition{Mended: []At{{on.Service, r.Check}}}
	case ReasonUnread, ReasonScopeUnread, ReasonFaulty:
		return Supposition{Read: []At{{on.Service, r.Check}}}
	case ReasonNotCollected, ReasonNeverRun, ReasonStale:
		return Supposition{Collected: []string{on.Service}}
	case ReasonNoBasis, ReasonNoAssurance:
		return Supposition{Secured: []On{on}}
	case ReasonNobody:
		return Supposition{Assigned: []On{on}}
	case ReasonNoAttestation, ReasonAttestedBare, ReasonAttestedNo, ReasonAttestedPartly, ReasonExpired, ReasonNotYet:
		return Supposition{Attested: []On{on}}
	}
	return Supposition{}
}
