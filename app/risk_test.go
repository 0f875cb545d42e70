// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"slices"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/risk"
	"demarc.dev/demarc/scope"
)

// TestRisk_FromThreatToAcceptance is the life of one risk of the example.
func TestRisk_FromThreatToAcceptance(t *testing.T) {
	a := estate(t, t.TempDir())
	assessed(t, a, larkspur, everything)
	n := must[int](t)(a.SeedRisks(ctx, larkspur, ""))
	if again := must[int](t)(a.SeedRisks(ctx, larkspur, "")); n < 80 || again != 0 {
		t.Fatalf("seeded %d risks, then %d", n, again)
	}
	line := func(id string) risk.Line {
		t.Helper()
		return must[risk.Line](t)(must[*app.Register](t)(a.Register(ctx, larkspur)).Of(id))
	}
	r := line("ledger-ct-17")
	if r.State != risk.Identified || r.Suggest == nil || len(r.Suggest.Controls) == 0 || r.Suggest.Of == 0 {
		t.Fatalf("the seed is %+v", r)
	}
	// Nothing is decided about what nobody rated.
	_, err := a.DecideRisk(ctx, larkspur, r.ID, r.Version, "2027-11-01", "")
	wantKind(t, err, problem.Invalid)
	for _, want := range []string{"inherent, current", "treatment.option"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("does not tell %s: %v", want, err)
		}
	}
	x := r.Risk
	x.Owner = must[*scope.Scope](t)(a.Scope(ctx, larkspur)).People[0].ID
	x.Inherent, x.Current = r.Suggest.Inherent, risk.Rating{Likelihood: 2, Consequence: 5}
	x.Treatment = risk.Treatment{Option: risk.Modify, Target: risk.Rating{Likelihood: 1, Consequence: 5}, Actions: []risk.Step{{What: "a filter of tenants below the queries", Due: "2026-12-31"}}}
	x = must[risk.Risk](t)(a.SetRisk(ctx, larkspur, x, r.Version))
	_, err = a.SetRisk(ctx, larkspur, x, r.Version)
	wantKind(t, err, problem.Conflict)
	for _, until := range []risk.Day{"2026-11-01", "soon", ""} {
		_, err = a.DecideRisk(ctx, larkspur, x.ID, x.Version, until, "")
		wantKind(t, err, problem.Invalid)
	}
	x = must[risk.Risk](t)(a.DecideRisk(ctx, larkspur, x.ID, x.Version, "2027-11-01", ""))
	if got := line(x.ID); got.State != risk.Treating || got.Decision.By == "" || got.Band != "high" || len(got.Ratings) != 1 || !got.Differs() && got.Suggest.Current != got.Current {
		t.Errorf("it is %+v", got)
	}
	// What was accepted is another thing once it is rated otherwise.
	x.Current.Likelihood = 3
	x.Decision = nil // is not the caller's to take away
	must[risk.Risk](t)(a.SetRisk(ctx, larkspur, x, x.Version))
	if got := line(x.ID); got.State != risk.Stale || !slices.Contains(got.Since, "current: 2 × 5 → 3 × 5") || len(got.Ratings) != 2 {
		t.Errorf("it is %s, since %q", got.State, got.Since)
	}
}

func TestRisk_ImportIsWholeOrNothing(t *testing.T) {
	a := estate(t, t.TempDir())
	_, _, err := a.ImportRisks(ctx, larkspur, "risks.yaml", []byte("risks:\n  - {id: good, title: good}\n  - {id: bad, title: bad, service: nowhere}\n"))
	wantKind(t, err, problem.Invalid)
	if g := must[*app.Register](t)(a.Register(ctx, larkspur)); len(g.Risks) != 0 || !g.Usual {
		t.Fatalf("half of it was taken in: %+v", g.Risks)
	}
	_, err = a.SetRiskMethod(ctx, larkspur, "method.yaml", []byte("appetite: 3\n"))
	wantKind(t, err, problem.Invalid)
	data := []byte("risks:\n  - {id: good, title: good, inherent: {likelihood: 2, consequence: 2}, current: {likelihood: 1, consequence: 2}, treatment: {option: retain}}\n")
	for _, want := range [][2]int{{1, 0}, {0, 0}} {
		added, changed, err := a.ImportRisks(ctx, larkspur, "risks.yaml", data)
		if err != nil || [2]int{added, changed} != want {
			t.Errorf("import: %d added, %d changed, %v; want %v", added, changed, err, want)
		}
	}
}

// TestRisk_WhoMay: who is let in for one service sees its risks and no other;
// who may only look decides nothing.
func TestRisk_WhoMay(t *testing.T) {
	a := estate(t, t.TempDir())
	must[int](t)(a.SeedRisks(ctx, larkspur, ""))
	bound, _, _ := person(t, a, "larkspur", "bo@larkspur.example", account.Member{Role: account.Viewer, Services: []string{"mailer"}})
	if g := must[*app.Register](t)(a.Register(ctx, bound)); len(g.Risks) == 0 || slices.ContainsFunc(g.Risks, func(l risk.Line) bool { return l.Service != "mailer" }) || g.Summary.All != len(g.Risks) {
		t.Errorf("sees %d risks: %+v", len(g.Risks), g.Summary)
	}
	viewer, _, _ := person(t, a, "larkspur", "vic@larkspur.example", account.Member{Role: account.Viewer})
	_, err := a.SeedRisks(ctx, viewer, "")
	wantKind(t, err, problem.Denied)
	contributor, _, _ := person(t, a, "larkspur", "con@larkspur.example", account.Member{Role: account.Contributor})
	_, err = a.DecideRisk(ctx, contributor, "ledger-ct-17", 1, "2027-01-01", "")
	wantKind(t, err, problem.Denied)
}
