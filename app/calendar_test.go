// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/calendar"
	"demarc.dev/demarc/problem"
)

// TestCalendar: what is done again and again is seeded and owned, due, done with
// its evidence, and what was missed stays missed. The clock stands at 20 November
// 2026.
func TestCalendar(t *testing.T) {
	a := estate(t, t.TempDir())
	if n := must[int](t)(a.SeedCalendar(ctx, larkspur)); n < 12 {
		t.Errorf("%d usual routines", n)
	}
	if n := must[int](t)(a.SeedCalendar(ctx, larkspur)); n != 0 {
		t.Errorf("and %d more", n)
	}
	c := must[*app.Calendar](t)(a.Calendar(ctx, larkspur))
	if len(c.Counts) != 1 || c.Counts[calendar.DueNow] == 0 {
		t.Errorf("at first: %v", c.Counts)
	}
	r := calendar.Routine{ID: "log-look", Title: "Look at the logs", Rule: "FREQ=MONTHLY", From: "2026-08-25", Grace: 5, Owner: "platform", Evidence: true, Controls: []string{"event-logging"}}
	r = must[calendar.Routine](t)(a.SetRoutine(ctx, larkspur, r, 0))
	_, err := a.SetRoutine(ctx, larkspur, r, 7)
	wantKind(t, err, problem.Conflict)
	bad := r
	bad.Owner = "vendor-desk" // who has left
	_, err = a.SetRoutine(ctx, larkspur, bad, 1)
	wantKind(t, err, problem.Invalid)

	ines, _, _ := person(t, a, "larkspur", "platform@larkspur.example", account.Member{Role: account.ControlOwner})
	tom, _, _ := person(t, a, "larkspur", "product@larkspur.example", account.Member{Role: account.ControlOwner})
	vic, _, _ := person(t, a, "larkspur", "vic@larkspur.example", account.Member{Role: account.Viewer})
	if w := fmtWork(must[[]app.Work](t)(a.MyWork(ctx, ines))); !strings.Contains(w, "Perform: Look at the logs") {
		t.Errorf("it does not wait for its owner: %s", w)
	}
	if w := fmtWork(must[[]app.Work](t)(a.MyWork(ctx, tom))); strings.Contains(w, "Look at the logs") {
		t.Error("it waits for somebody else")
	}
	did := calendar.Done{On: "2026-11-20", Outcome: calendar.Fine, Words: "all sources deliver"}
	_, err = a.PerformRoutine(ctx, ines, r.ID, "2026-10-25", did, "", nil)
	wantKind(t, err, problem.Invalid) // that one was missed
	_, err = a.PerformRoutine(ctx, ines, r.ID, "2026-11-24", did, "", nil)
	wantKind(t, err, problem.NotFound)
	_, err = a.PerformRoutine(ctx, vic, r.ID, "2026-11-25", did, "", nil)
	wantKind(t, err, problem.Denied)
	_, err = a.AttachEvidence(ctx, ines, r.ID, "2026-11-25", "x.txt", strings.NewReader("x"))
	wantKind(t, err, problem.Conflict) // it was not done yet
	o := must[calendar.Occurrence](t)(a.PerformRoutine(ctx, ines, r.ID, "2026-11-25", did, "", nil))
	if o.State != calendar.Unproven {
		t.Errorf("done without the file that it needs: %s", o.State)
	}
	_, err = a.PerformRoutine(ctx, ines, r.ID, "2026-11-25", did, "", nil)
	wantKind(t, err, problem.Conflict)
	o = must[calendar.Occurrence](t)(a.AttachEvidence(ctx, ines, r.ID, "2026-11-25", "protocol.txt", strings.NewReader("seen")))
	if o.State != calendar.InTime || len(o.Done.Files) != 1 || o.Done.By != "platform@larkspur.example" {
		t.Errorf("with its file: %+v", o)
	}
	f, in, err := a.RoutineEvidence(ctx, vic, r.ID, "2026-11-25", 0)
	ok(t, err)
	data := must[[]byte](t)(io.ReadAll(in))
	ok(t, in.Close())
	if string(data) != "seen" || f.Name != "protocol.txt" {
		t.Errorf("%s holds %q", f.Name, data)
	}
	_, all, err := a.Routine(ctx, vic, r.ID)
	ok(t, err)
	if n := calendar.Counts(all); n[calendar.Missed] != 3 || n[calendar.InTime] != 1 {
		t.Errorf("%v", n)
	}
	// Another rule takes nothing away of what was due.
	r.Rule = "FREQ=YEARLY"
	r = must[calendar.Routine](t)(a.SetRoutine(ctx, larkspur, r, 1))
	_, all, err = a.Routine(ctx, vic, r.ID)
	ok(t, err)
	if n := calendar.Counts(all); n[calendar.Missed] != 3 || r.Version != 2 {
		t.Errorf("after a change of its rule: %v", n)
	}
	for _, format := range app.CalendarFormats() {
		var first, second bytes.Buffer
		ok(t, a.CalendarPaper(ctx, larkspur, format, report.Paper{}, &first))
		ok(t, a.CalendarPaper(ctx, larkspur, format, report.Paper{}, &second))
		if !bytes.Equal(first.Bytes(), second.Bytes()) || first.Len() < 400 {
			t.Errorf("%s: %d bytes, or another the second time", format, first.Len())
		}
		if format == "yaml" {
			if n := must[int](t)(a.ImportCalendar(ctx, larkspur, "c.yaml", first.Bytes())); n != 0 {
				t.Errorf("the routines as they were written change %d", n)
			}
		}
	}
	verify(t, a, larkspur)
}
