// SPDX-License-Identifier: Apache-2.0

package remediation

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
)

func TestPlan_WorksOnEveryGapAndEveryFailingCheck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := world(t)
		p := Make(a, book(), checks())
		borne := map[assess.On]bool{}
		ids := map[string]*Action{}
		minutes := 0
		for i := range p.Actions {
			x := &p.Actions[i]
			if ids[x.ID] != nil {
				t.Fatalf("%s stands twice", x.ID)
			}
			ids[x.ID] = x
			minutes += x.Minutes
			for _, b := range x.Bears {
				borne[assess.On{Service: b.Service, Duty: b.Duty}] = true
			}
			if x.Title == "" || x.What == "" || x.Priority.Why == "" || x.Severity == "" || x.Minutes <= 0 || len(x.Services) == 0 || strings.Contains(x.Title+x.What, "%!") {
				t.Fatalf("%s is not whole: %+v", x.ID, x)
			}
		}
		for _, g := range a.Gaps {
			if !borne[assess.On{Service: g.Service, Duty: g.Duty}] {
				t.Fatalf("no action works on %s: %s", g.ID, g.Summary)
			}
		}
		if p.Numbers.Covered != len(borne) || p.Numbers.Gaps != len(a.Gaps) || p.Numbers.Actions != len(p.Actions) || p.Numbers.Minutes != minutes {
			t.Fatalf("%+v for %d gaps, %d borne, %d actions", p.Numbers, len(a.Gaps), len(borne), len(p.Actions))
		}
		for _, r := range a.Results {
			if r.Tally.Fail > 0 && ids["mend:"+r.Check] == nil {
				t.Fatalf("%s fails and no action mends it", r.Check)
			}
		}
		order(t, p, ids)
	})
}

// order tells whether waves hold every action once, after what it waits for.
func order(t *rapid.T, p Plan, ids map[string]*Action) {
	seen := 0
	for i, w := range p.Waves {
		if w.Number != i+1 || w.Title == "" || w.Why == "" || len(w.Actions) == 0 {
			t.Fatalf("wave %d: %+v", i+1, w)
		}
		for _, id := range w.Actions {
			seen++
			if ids[id].Wave != w.Number {
				t.Fatalf("%s says wave %d and stands in %d", id, ids[id].Wave, w.Number)
			}
			for _, before := range ids[id].After {
				if ids[before] == nil || ids[before].Wave >= w.Number || ids[id].AfterWhy == "" {
					t.Fatalf("%s in wave %d waits for %s", id, w.Number, before)
				}
			}
		}
	}
	if seen != len(p.Actions) {
		t.Fatalf("%d of %d actions stand in waves", seen, len(p.Actions))
	}
}

func TestPlan_TheSameForTheSameAssessment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := world(t)
		first, second := Make(a, book(), checks()), Make(a, book(), rapid.Permutation(checks()).Draw(t, "order"))
		if !reflect.DeepEqual(first, second) {
			t.Fatalf("two plans of one assessment differ")
		}
	})
}

func TestPriority_GrowsWithEachFactorAndFallsWithEffort(t *testing.T) {
	all := []check.Severity{check.Critical, check.High, check.Medium, check.Low}
	rapid.Check(t, func(t *rapid.T) {
		s, exposed := rapid.IntRange(0, 3).Draw(t, "severity"), rapid.IntRange(0, 30).Draw(t, "exposed")
		unlocks, helps, minutes := rapid.IntRange(0, 40).Draw(t, "unlocks"), rapid.IntRange(0, 40).Draw(t, "helps"), rapid.IntRange(1, 20000).Draw(t, "minutes")
		more := rapid.IntRange(0, 9).Draw(t, "more")
		at := score(all[s], exposed, unlocks, helps, minutes).Score
		for name, other := range map[string]int{
			"exposure": score(all[s], exposed+more, unlocks, helps, minutes).Score, "unlocked": score(all[s], exposed, unlocks+more, helps, minutes).Score,
			"helped": score(all[s], exposed, unlocks, helps+more, minutes).Score, "severity": score(all[max(0, s-more)], exposed, unlocks, helps, minutes).Score,
			"less effort": score(all[s], exposed, unlocks, helps, max(1, minutes-more*40)).Score, "alone instead of beside": score(all[s], exposed, unlocks+min(more, helps), helps-min(more, helps), minutes).Score,
		} {
			if other < at {
				t.Fatalf("more %s lowers the score from %d to %d", name, at, other)
			}
		}
	})
}

func TestWhatIf_NeverLowersAndDoesWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := world(t)
		p := Make(a, book(), checks())
		var ids []string
		for _, x := range p.Actions {
			if rapid.IntRange(0, 2).Draw(t, "do") == 0 {
				ids = append(ids, x.ID)
			}
		}
		o, err := WhatIf(a, p, ids)
		if err != nil {
			t.Fatalf("WhatIf: %v", err)
		}
		after := a.Readiness.Ours
		ours := map[assess.On]bool{}
		for _, n := range a.Answers {
			ours[assess.On{Service: n.Service, Duty: n.Duty}] = n.Ours
		}
		for _, c := range o.Changed {
			if at := assess.Statuses(); slices.Index(at, c.To) <= slices.Index(at, c.From) {
				t.Fatalf("%+v is lower", c)
			}
			if ours[assess.On{Service: c.Service, Duty: c.Duty}] {
				after.Move(c.From, c.To)
			}
		}
		if after != o.After || o.Before != a.Readiness.Ours || o.After.Met() < o.Before.Met() || !o.Estimate || !strings.HasPrefix(o.Says, "Estimate: ") {
			t.Fatalf("%+v, counted %+v", o, after)
		}
	})
}

func TestWhatIf_AloneIsWhatOneActionLifts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := world(t)
		p := Make(a, book(), checks())
		if len(p.Actions) == 0 {
			return
		}
		x := p.Actions[rapid.IntRange(0, len(p.Actions)-1).Draw(t, "which")]
		o, err := WhatIf(a, p, []string{x.ID})
		if err != nil {
			t.Fatalf("WhatIf: %v", err)
		}
		lifted := 0
		for _, c := range o.Changed {
			if !c.To.Open() {
				lifted++
			}
		}
		alone := 0
		for _, b := range x.Bears {
			if b.Alone {
				alone++
			}
		}
		if lifted != x.Unlocks || alone != x.Unlocks {
			t.Fatalf("%s unlocks %d, %d targets say alone, the outlook lifts %d", x.ID, x.Unlocks, alone, lifted)
		}
	})
}

// The whole plan leaves no gap, but where an answer must come first from a
// snapshot that nobody has yet.
func TestWhatIf_TheWholePlanClosesWhatItCan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := world(t)
		p := Make(a, book(), checks())
		var ids []string
		for _, x := range p.Actions {
			ids = append(ids, x.ID)
		}
		o, err := WhatIf(a, p, ids)
		if err != nil {
			t.Fatalf("WhatIf: %v", err)
		}
		closed := map[assess.On]bool{}
		for _, c := range o.Changed {
			closed[assess.On{Service: c.Service, Duty: c.Duty}] = !c.To.Open()
		}
		for _, n := range a.Answers {
			if n.Status.Open() && !closed[assess.On{Service: n.Service, Duty: n.Duty}] && !waits(n) {
				t.Fatalf("%s of %s is left after the whole plan: %s", n.Duty, n.Service, n.Summary)
			}
		}
	})
}

// waits tells whether an answer needs a new assessment before it can close:
// what was never looked at is not supposed to pass, and who answers anew in
// place of "inherited" must show the basis again.
func waits(n assess.Answer) bool {
	return n.Attestation != nil && n.Attestation.Answer == assess.AnswerInherited || slices.ContainsFunc(n.Reasons, func(r assess.Reason) bool {
		return r.Kind == assess.ReasonNotCollected || r.Kind == assess.ReasonNeverRun || r.Kind == assess.ReasonStale
	})
}

func TestBest_IsAtLeastAsGoodAsTheFirstByPriority(t *testing.T) {
	a := conclude(t, input(), []check.Finding{found("store-public", check.Fail, 1), found("store-public", check.Pass, 2), found("user-mfa", check.Fail, 3), found("backup", check.Fail, 4), found("trail", check.Unknown, 5)})
	p := Make(a, book(), checks())
	best := Best(a, p, 5)
	if len(best) != 5 || !slices.Equal(best, Best(a, p, 5)) {
		t.Fatalf("%v", best)
	}
	var first []string
	for _, x := range p.Actions[:5] {
		first = append(first, x.ID)
	}
	one, err := WhatIf(a, p, best)
	if err != nil {
		t.Fatal(err)
	}
	other, err := WhatIf(a, p, first)
	if err != nil {
		t.Fatal(err)
	}
	if one.After.Met() < other.After.Met() || one.After.Met() <= one.Before.Met() {
		t.Errorf("best %v meets %d, the first %v %d", best, one.After.Met(), first, other.After.Met())
	}
	if all := Best(a, p, len(p.Actions)+7); len(all) != len(p.Actions) {
		t.Errorf("%d of %d", len(all), len(p.Actions))
	}
}

func TestPlan_LogsBeforeAlarmsAndMendsBeforeAnswers(t *testing.T) {
	a := conclude(t, input(), []check.Finding{found("trail", check.Fail, 1), found("sign-in-alarm", check.Fail, 1), found("user-mfa", check.Fail, 1), found("lonely", check.Fail, 1)})
	p := Make(a, book(), checks())
	trail, alarm, mfa, paper := action(t, p, "mend:trail"), action(t, p, "mend:sign-in-alarm"), action(t, p, "mend:user-mfa"), action(t, p, "attest:12.4.1-C1")
	if !slices.Contains(alarm.After, trail.ID) || trail.Wave >= alarm.Wave || mfa.Wave != 1 || !slices.Contains(paper.After, trail.ID) {
		t.Errorf("trail %d, alarm %d after %v, mfa %d, paper after %v", trail.Wave, alarm.Wave, alarm.After, mfa.Wave, paper.After)
	}
	if lonely := action(t, p, "mend:lonely"); len(lonely.Bears) != 0 || lonely.Priority.Duties != 1 {
		t.Errorf("%+v", lonely)
	}
}

func TestPlan_SaysWhyInWords(t *testing.T) {
	open := found("store-public", check.Fail, 1)
	open.Exposed = true
	a := conclude(t, input(), []check.Finding{open, found("store-public", check.Fail, 3), found("store-public", check.Pass, 5)})
	x := action(t, Make(a, book(), checks()), "mend:store-public")
	if x.Title != "Mend 2 resources: Stores are closed" || x.Resources != 2 || x.Exposed != 1 || x.Fix.CLI == "" || !x.QuickWin || x.Severity != check.Critical {
		t.Errorf("%+v", x)
	}
	if want := "Critical severity; 1 resource can be reached from the internet; it lifts 1 duty by itself; 30 minutes of work."; x.Priority.Why != want {
		t.Errorf("%s\nwant %s", x.Priority.Why, want)
	}
	if !strings.Contains(x.What, "r1 is open") {
		t.Errorf("%s", x.What)
	}
}

func TestWhatIf_SaysWhatIsMetAndWhatOnlyMoves(t *testing.T) {
	// The full check lifts 9.4.1-C2 of aws; the part that it has in
	// CLD.9.5.1-P1 of ledger is mended and needs an answer beside it.
	a := conclude(t, input(), []check.Finding{found("store-public", check.Fail, 0)})
	o, err := WhatIf(a, Make(a, book(), checks()), []string{"mend:store-public"})
	if err != nil {
		t.Fatal(err)
	}
	want := []Change{{"aws", "9.4.1-C2", assess.NotSatisfied, assess.Satisfied}, {"ledger", "CLD.9.5.1-P1", assess.NotSatisfied, assess.Unknown}}
	if !slices.Equal(o.Changed, want) {
		t.Errorf("%+v", o.Changed)
	}
	if want := "Estimate: this action makes 1 more of our own duties met, and improves 1 other that needs more; readiness 0.0 % → "; !strings.HasPrefix(o.Says, want) {
		t.Errorf("%s\nwant %s…", o.Says, want)
	}
}

func TestWhatIf_Refuses(t *testing.T) {
	a := conclude(t, input(), nil)
	p := Make(a, book(), checks())
	if _, err := WhatIf(a, p, []string{"mend:nothing"}); problem.Of(err) != problem.NotFound || err == nil {
		t.Errorf("an unknown id: %v", err)
	}
	p.Assessment = "sha256:0"
	if _, err := WhatIf(a, p, nil); problem.Of(err) != problem.Conflict || err == nil {
		t.Errorf("a plan of another assessment: %v", err)
	}
}

func TestPlan_SurvivesJSON(t *testing.T) {
	a := conclude(t, input(), []check.Finding{found("trail", check.Fail, 1)})
	p := Make(a, book(), checks())
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), "null") {
		t.Errorf("a list is null: an absence is an empty list")
	}
	var again Plan
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	best := Best(a, p, 3)
	one, err := WhatIf(a, p, best)
	if err != nil {
		t.Fatal(err)
	}
	other, err := WhatIf(a, again, best)
	if err != nil || !reflect.DeepEqual(one, other) {
		t.Errorf("%v: %+v %+v", err, one, other)
	}
}
