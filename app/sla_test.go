// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/sla"
	"demarc.dev/demarc/store"
)

const postriderLevels = `# Service level agreement of Postrider

1. Availability. Provider will make the mail API available for at least 99.9% of each calendar month.

2. Credits. If the availability is less than 99.9% but at least 99.0%, the credit is 10% of the monthly fee.

3. Claims. To receive a credit, Customer must submit a claim within 30 days of the end of the calendar month.
`

// TestLevel is the story of a service level: read from the agreement, taken
// over, measured, claimed and reviewed.
func TestLevel(t *testing.T) {
	now := time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC)
	a := must[*app.App](t)(app.Open(ctx, app.Options{Dir: t.TempDir(), Version: "0.1.0", Now: func() time.Time { return now }}))
	t.Cleanup(func() { a.Close() })
	ok(t, a.CreateOrg(ctx, larkspur))
	must[app.Agreement](t)(a.PutAgreement(ctx, larkspur, app.AgreementAsk{Name: "Postrider: levels", Packs: []string{"gdpr28"}, Files: []app.Upload{{Name: "sla.md", Data: []byte(postriderLevels)}}}))
	l := must[app.ServiceLevel](t)(a.TakeLevel(ctx, larkspur, "g1", 0))
	if l.ID != "l1" || l.Agreement != "g1" || l.Version != 1 || l.Metric.Target.String() != "99.9" || len(l.Metric.Tiers) != 1 || l.Metric.Claim.Within != 30 || len(l.Quotes) < 3 {
		t.Fatalf("taken over as %+v", l)
	}
	_, err := a.TakeLevel(ctx, larkspur, "g1", 7)
	wantKind(t, err, problem.NotFound)
	l.Fee, l.Currency, l.Every = 400*sla.Hundred/100, "EUR", 3
	l = must[app.ServiceLevel](t)(a.SetLevel(ctx, larkspur, l))

	csv := app.Upload{Name: "outages.csv", Data: []byte("start,end,what,kind\n2026-09-03T08:00:00Z,2026-09-03T10:00:00Z,mail queue stood,down\n2026-09-12T01:00:00Z,2026-09-12T05:00:00Z,announced,maintenance\n2026-09-12T02:00:00Z,2026-09-12T05:30:00Z,maintenance took longer,down\n")}
	must[app.ServiceLevel](t)(a.AddMeasurement(ctx, larkspur, "l1", csv))
	_, err = a.AddMeasurement(ctx, larkspur, "l1", csv)
	wantKind(t, err, problem.Conflict)
	_, err = a.AddMeasurement(ctx, larkspur, "l1", app.Upload{Name: "x.csv", Data: []byte("start,end\nnever,2026-09-03T10:00:00Z\n")})
	wantKind(t, err, problem.Invalid)
	must[app.ServiceLevel](t)(a.AddMeasurement(ctx, larkspur, "l1", app.Upload{Name: "status.csv", Data: []byte("window,percent\n2026-09,99.95\n")}))

	r := must[app.LevelReading](t)(a.Level(ctx, larkspur, "l1"))
	last, ended := r.Last()
	if !ended || last.Window != "2026-09" || last.State != sla.Missed || last.Down != 9000 || last.Credit.String() != "10" || last.Amount.String() != "40" || last.ClaimBy != "2026-10-30" || len(r.Claims()) != 1 {
		t.Errorf("reckoned as %+v", last)
	}
	if len(r.Others) != 1 || r.Others[0].State != sla.Met {
		t.Errorf("what the provider says: %+v", r.Others)
	}
	if c := must[sla.Composed](t)(a.Compose(ctx, larkspur, "l1 * 99.9")); c.Availability.String() != "99.8001" {
		t.Errorf("composed to %s", c.Availability)
	}
	works := func() string {
		var out []string
		for _, w := range must[[]app.Work](t)(a.MyWork(ctx, larkspur)) {
			out = append(out, w.What)
		}
		return strings.Join(out, "; ")
	}
	if w := works(); !strings.Contains(w, "Claim a credit of 10 %") || strings.Contains(w, "Review the service level") {
		t.Errorf("work: %s", w)
	}

	_, err = a.ReviewLevel(ctx, larkspur, "l1", app.LevelReview{On: "soon", Decisions: []app.LevelDecision{{Due: "x"}}})
	if problem.Of(err) != problem.Invalid || !strings.Contains(err.Error(), "people") || !strings.Contains(err.Error(), "decisions[0].due") {
		t.Errorf("a review without a day: %v", err)
	}
	l = must[app.ServiceLevel](t)(a.ReviewLevel(ctx, larkspur, "l1", app.LevelReview{On: "2026-10-19", People: []string{"Ines Adler", " ", "Postrider support"}, Minutes: "The queue stood.", Decisions: []app.LevelDecision{{What: "Claim the credit", Who: "Ines Adler", Due: "2026-10-28"}}}))
	if n := len(l.Reviews); n != 1 || len(l.Reviews[0].People) != 2 || len(l.Reviews[0].Seen) != 2 || l.Reviews[0].Seen[1].State != sla.Missed {
		t.Errorf("reviews: %+v", l.Reviews)
	}
	now = time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	r = must[app.LevelReading](t)(a.Level(ctx, larkspur, "l1"))
	if w := works(); len(r.Claims()) != 0 || !r.Late || r.Next != "2027-01-19" || !strings.Contains(w, "Review the service level") || !strings.Contains(w, "Decided at a review") {
		t.Errorf("later: next %s, late %t, claims %v, work %s", r.Next, r.Late, r.Claims(), w)
	}
	must[app.ServiceLevel](t)(a.RemoveMeasurement(ctx, larkspur, "l1", "m1"))
	_, err = a.RemoveMeasurement(ctx, larkspur, "l1", "m1")
	wantKind(t, err, problem.NotFound)
	if r = must[app.LevelReading](t)(a.Level(ctx, larkspur, "l1")); len(r.Results) != 1 || r.Results[0].Kind != sla.Stateds || len(r.Reviews) != 1 {
		t.Errorf("without the incidents: %+v", r.Results)
	}
	l.Metric.Window = sla.Quarter
	_, err = a.SetLevel(ctx, larkspur, l)
	wantKind(t, err, problem.Conflict)
	ok(t, a.RemoveLevel(ctx, larkspur, "l1"))
	wantKind(t, a.RemoveLevel(ctx, larkspur, "l1"), problem.NotFound)
	ok(t, must[*store.Verification](t)(a.VerifyLog(ctx, larkspur)).Err())
}
