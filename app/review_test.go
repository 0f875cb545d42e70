// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"slices"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/problem"
)

// TestReview: the inputs that 9.3.2 names are there by letter with the numbers of
// the registers, stay as they were frozen, and the minutes bind to them.
func TestReview(t *testing.T) {
	a := estate(t, t.TempDir())
	assessed(t, a, larkspur, everything)
	must[int](t)(a.SeedRisks(ctx, larkspur, ""))
	in := must[[]audit.Input](t)(a.ReviewInputs(ctx, larkspur))
	letters := ""
	for _, x := range in {
		letters += x.Letter[:1]
	}
	if letters != "abcddddefg" {
		t.Errorf("the inputs are %s", letters)
	}
	reg := must[*app.Register](t)(a.Register(ctx, larkspur))
	if f := in[8].Facts; len(f) < 2 || !strings.Contains(f[0].Says, "107 not rated") && reg.Summary.All > 0 && !strings.Contains(f[0].Says, "not rated") {
		t.Errorf("of risk it says %v", f)
	}
	r := must[audit.Review](t)(a.BeginReview(ctx, larkspur, audit.Review{Day: "2026-11-19", Chair: "Ines Adler"}))
	_, err := a.SignReview(ctx, larkspur, r.ID, 1)
	wantKind(t, err, problem.Invalid)
	said := map[string]string{}
	for _, x := range in {
		said[x.Letter] = "looked at"
	}
	_, err = a.WriteReview(ctx, larkspur, r.ID, said, []audit.Decision{{What: "x", Owner: "vendor-desk", Due: "2027-01-31"}}, 1)
	wantKind(t, err, problem.Invalid) // who has left does nothing
	decided := []audit.Decision{{What: "x", Owner: "platform", Due: "2027-01-31"}}
	l := must[app.ReviewLine](t)(a.WriteReview(ctx, larkspur, r.ID, said, decided, 1))
	vic, _, _ := person(t, a, "larkspur", "vic@larkspur.example", account.Member{Role: account.Contributor})
	_, err = a.SignReview(ctx, vic, r.ID, l.Version)
	wantKind(t, err, problem.Denied)
	l = must[app.ReviewLine](t)(a.SignReview(ctx, larkspur, r.ID, l.Version))
	_, err = a.WriteReview(ctx, larkspur, r.ID, said, nil, l.Version)
	wantKind(t, err, problem.Conflict)
	must[int](t)(a.SeedCalendar(ctx, larkspur)) // the records go on
	decided[0].Done, decided[0].What = "2026-11-20", "something else"
	l = must[app.ReviewLine](t)(a.WriteReview(ctx, larkspur, r.ID, nil, decided, l.Version))
	if !l.Valid || l.Open != 0 || l.Decisions[0].What != "x" || l.Frozen != audit.Frozen(l.Inputs) {
		t.Errorf("after it was carried out: %+v", l)
	}
	verify(t, a, larkspur)
}

// TestPhases: every gate lies in one of the seven phases, each blocker leads
// somewhere, and the work is in the first phase that is not over.
func TestPhases(t *testing.T) {
	a := estate(t, t.TempDir())
	assessed(t, a, larkspur, everything)
	gates := must[[]app.Gate](t)(a.Gates(ctx, larkspur))
	phases := app.Phases(gates)
	n, now := 0, 0
	for i, p := range phases {
		n += len(p.Gates)
		if p.Now {
			now++
			if p.Open || slices.ContainsFunc(phases[:i], func(q app.Phase) bool { return !q.Open }) {
				t.Errorf("the work is in %s", p.Title)
			}
		}
		for _, g := range p.Gates {
			if g.Open != (len(g.Blockers) == 0) || g.Met > g.Of || g.Of == 0 || g.Why == "" {
				t.Errorf("%s: %+v", p.Title, g)
			}
			for _, b := range g.Blockers {
				if b.What == "" || !strings.HasPrefix(b.Where, "/") {
					t.Errorf("%s: %+v", g.Title, b)
				}
			}
		}
		if len(p.Gates) == 0 {
			t.Errorf("%s has no gate", p.Title)
		}
	}
	if len(phases) != 7 || n != len(gates) || now != 1 {
		t.Errorf("%d phases hold %d of %d gates, and the work is in %d of them", len(phases), n, len(gates), now)
	}
	// What removes a blocker removes it.
	closed := func(id string) bool {
		all := must[[]app.Gate](t)(a.Gates(ctx, larkspur))
		return !all[slices.IndexFunc(all, func(g app.Gate) bool { return g.ID == id })].Open
	}
	if !closed("planned") {
		t.Error("without an audit the cycle is planned")
	}
	must[[]audit.Audit](t)(a.ProposeAudits(ctx, larkspur))
	if closed("planned") || !closed("audited") {
		t.Error("after audits were proposed the cycle is planned, and none was held")
	}
}
