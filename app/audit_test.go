// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/problem"
)

// TestAudit_FromProgrammeToClosedNonconformity: a cycle is proposed, an audit is
// planned by somebody who looks at nothing of his own, asks, samples, raises and
// concludes; what it raised is mended, and somebody else says that it works.
func TestAudit_FromProgrammeToClosedNonconformity(t *testing.T) {
	a := estate(t, t.TempDir())
	assessed(t, a, larkspur, everything)
	proposed := must[[]audit.Audit](t)(a.ProposeAudits(ctx, larkspur))
	if len(proposed) != 3 || proposed[0].ID != "a1" {
		t.Fatalf("%d audits are proposed", len(proposed))
	}
	if again := must[[]audit.Audit](t)(a.ProposeAudits(ctx, larkspur)); again != nil {
		t.Errorf("and %d more", len(again))
	}
	p := must[*app.AuditProgramme](t)(a.Programme(ctx, larkspur))
	if p.Covers[audit.Scheduled] != len(p.Coverage) || p.Usual || len(p.Coverage) < 70 {
		t.Fatalf("the cycle: %v of %d", p.Covers, len(p.Coverage))
	}

	// Nobody audits his own work: the records know whose it is.
	plan := audit.Audit{Title: "Backups", Begins: "2026-11-18", Ends: "2026-11-27", Lead: "platform", Clauses: []string{"9.2", "6.1.2"}, Controls: []string{"backup"}, Services: []string{"aws"}}
	_, err := a.SetAudit(ctx, larkspur, plan, 0)
	wantKind(t, err, problem.Invalid)
	if !strings.Contains(err.Error(), "Ines Adler (platform lead) owns Amazon Web Services") {
		t.Errorf("why she may not: %v", err)
	}
	plan.Lead = "Nadia Roth"
	x := must[audit.Audit](t)(a.SetAudit(ctx, larkspur, plan, 0))
	_, err = a.SetAudit(ctx, larkspur, x, 7)
	wantKind(t, err, problem.Conflict)
	nadia, _, _ := person(t, a, "larkspur", "nadia@roth.example", account.Member{Role: account.InternalAuditor})
	ines, _, _ := person(t, a, "larkspur", "platform@larkspur.example", account.Member{Role: account.Manager})
	view := must[*app.AuditView](t)(a.Audit(ctx, nadia, x.ID))
	if view.State != audit.Due || len(view.Questions) < 4 || len(view.Conflicts) != 0 {
		t.Fatalf("%s with %d questions, %v", view.State, len(view.Questions), view.Conflicts)
	}
	facts := 0
	for _, q := range view.Questions {
		facts += len(q.Facts)
	}
	if facts < len(view.Questions) {
		t.Errorf("the records say %d things about %d questions", facts, len(view.Questions))
	}
	answer := func(c app.Caller, q string, r audit.Result, seen int) error {
		_, err := a.AnswerAudit(ctx, c, x.ID, app.AuditAnswer{Question: q, Result: r, Seen: "the plan of restores", Where: "aws", Statement: "the last restore was never tried"}, seen)
		return err
	}
	first := view.Questions[0].ID
	wantKind(t, answer(ines, first, audit.Conforms, 0), problem.Invalid) // it is her own work
	wantKind(t, answer(nadia, "duty/none", audit.Conforms, 0), problem.Invalid)
	for _, q := range view.Questions[1:] {
		ok(t, answer(nadia, q.ID, audit.Conforms, 0))
	}
	_, err = a.ConcludeAudit(ctx, nadia, x.ID, "It conforms.", len(view.Questions))
	wantKind(t, err, problem.Invalid) // one question has no answer
	ok(t, answer(nadia, first, audit.Major, 0))
	wantKind(t, answer(nadia, first, audit.Minor, 0), problem.Conflict)
	ok(t, answer(nadia, first, audit.Minor, 1)) // she thought about it
	found := must[[]app.NonconformityLine](t)(a.Nonconformities(ctx, larkspur))
	if len(found) != 1 || found[0].Grade != audit.Minor || found[0].State != audit.Raised || found[0].Due != "2027-02-18" || found[0].Requirement != "ISO/IEC 27001, 6.1.2 Information security risk assessment" {
		t.Fatalf("raised: %+v", found)
	}
	ok(t, answer(nadia, first, audit.Conforms, 2)) // and took it back
	if none := must[[]app.NonconformityLine](t)(a.Nonconformities(ctx, larkspur)); len(none) != 0 {
		t.Errorf("what was taken back stays: %v", none)
	}
	ok(t, answer(nadia, first, audit.Minor, 3))

	one := must[audit.Sample](t)(a.SampleAudit(ctx, nadia, x.ID, app.SampleAsk{Population: "resource:object-store", Size: 3, Why: "are they backed up"}))
	two := must[audit.Sample](t)(a.SampleAudit(ctx, nadia, x.ID, app.SampleAsk{Population: "resource:object-store", Size: 3, Seed: one.Seed, Why: "again"}))
	if len(one.Items) != 3 || strings.Join(one.Items, " ") != strings.Join(two.Items, " ") || one.Of <= 3 {
		t.Errorf("drawn %v, then %v of %d", one.Items, two.Items, one.Of)
	}
	_, err = a.SampleAudit(ctx, nadia, x.ID, app.SampleAsk{Population: "unicorns", Size: 3, Why: "x"})
	wantKind(t, err, problem.NotFound)
	if all := must[[]app.Population](t)(a.Populations(ctx, nadia)); len(all) < 8 {
		t.Errorf("populations: %v", all)
	}

	view = must[*app.AuditView](t)(a.Audit(ctx, nadia, x.ID))
	done := must[audit.Audit](t)(a.ConcludeAudit(ctx, nadia, x.ID, "It conforms but for one lapse.", view.Version))
	if done.Conclusion == nil || !must[*app.AuditView](t)(a.Audit(ctx, nadia, x.ID)).Valid {
		t.Error("it is not concluded, or not what was concluded")
	}
	wantKind(t, answer(nadia, first, audit.Conforms, 4), problem.Conflict)
	treated(t, a, ines, nadia)
	if v := must[*app.AuditView](t)(a.Audit(ctx, nadia, x.ID)); !v.Valid || v.Findings[0].State != audit.Closed {
		t.Error("the treatment changes what was concluded")
	}
	p = must[*app.AuditProgramme](t)(a.Programme(ctx, larkspur))
	if p.Covers[audit.Covered] != 2 || p.Covers[audit.Partly] != 1 || p.Tally.Overdue != 0 {
		t.Errorf("the cycle afterwards: %v", p.Covers)
	}
	auditPapers(t, a, x.ID)
	verify(t, a, larkspur)
}

// treated mends what was raised, and has somebody else look whether it works.
func treated(t *testing.T, a *app.App, ines, nadia app.Caller) {
	t.Helper()
	n := must[[]app.NonconformityLine](t)(a.Nonconformities(ctx, ines))[0].Nonconformity
	work := must[[]app.Work](t)(a.MyWork(ctx, ines))
	if !strings.Contains(work[0].What, "Say why it came to it") && !strings.Contains(fmtWork(work), n.ID) {
		t.Errorf("it does not wait for her: %v", work)
	}
	_, err := a.VerifyNonconformity(ctx, nadia, n.ID, n.Version, true, "the plan")
	wantKind(t, err, problem.Invalid)
	n.Cause, n.Correction, n.Corrected = "nobody had the task", "a restore was tried", "2026-11-20"
	n.Actions = []audit.Action{{What: "a restore every half year", Owner: "vendor-desk", Due: "2026-12-31"}}
	_, err = a.TreatNonconformity(ctx, ines, n, n.Version)
	wantKind(t, err, problem.Invalid) // who has left does nothing
	n.Actions[0].Owner, n.Actions[0].Done = "platform", "2026-11-20"
	l := must[app.NonconformityLine](t)(a.TreatNonconformity(ctx, ines, n, n.Version))
	if l.State != audit.ToVerify {
		t.Fatalf("it is %s", l.State)
	}
	_, err = a.TreatNonconformity(ctx, nadia, n, l.Version)
	wantKind(t, err, problem.Denied)
	_, err = a.VerifyNonconformity(ctx, ines, n.ID, l.Version, true, "the restore works")
	wantKind(t, err, problem.Invalid) // it is her own work
	l = must[app.NonconformityLine](t)(a.VerifyNonconformity(ctx, nadia, n.ID, l.Version, true, "the protocol of the restore"))
	if l.State != audit.Closed {
		t.Errorf("it is %s", l.State)
	}
	_, err = a.RaiseNonconformity(ctx, nadia, audit.Nonconformity{Source: audit.OfAudit, Grade: audit.Minor, Requirement: "x", Where: "y", Statement: "z", Evidence: "w"})
	wantKind(t, err, problem.Invalid)
	other := must[audit.Nonconformity](t)(a.RaiseNonconformity(ctx, nadia, audit.Nonconformity{Source: audit.OfComplaint, Grade: audit.Opportunity, Requirement: "the notice", Where: "ledger", Statement: "it comes late", Evidence: "a letter"}))
	if line := must[app.NonconformityLine](t)(a.Nonconformity(ctx, nadia, other.ID)); line.State != audit.Noted || line.Due != "" {
		t.Errorf("an opportunity: %+v", line)
	}
}

func fmtWork(all []app.Work) string {
	var out []string
	for _, w := range all {
		out = append(out, w.What)
	}
	return strings.Join(out, "; ")
}

func auditPapers(t *testing.T, a *app.App, id string) {
	t.Helper()
	twice := func(format string, write func(*bytes.Buffer) error) []byte {
		var first, second bytes.Buffer
		ok(t, write(&first))
		ok(t, write(&second))
		if !bytes.Equal(first.Bytes(), second.Bytes()) || first.Len() < 400 {
			t.Errorf("%s: %d bytes, or another the second time", format, first.Len())
		}
		return first.Bytes()
	}
	for _, format := range app.AuditFormats() {
		twice(format, func(b *bytes.Buffer) error { return a.AuditPaper(ctx, larkspur, id, format, report.Paper{}, b) })
	}
	var plans []byte
	for _, format := range app.ProgrammeFormats() {
		data := twice(format, func(b *bytes.Buffer) error { return a.ProgrammePaper(ctx, larkspur, format, report.Paper{}, b) })
		if format == "yaml" {
			plans = data
		}
	}
	// What goes out as a file comes back as it was; of a concluded audit nothing
	// is taken in.
	_, err := a.ImportAudits(ctx, larkspur, "plans.yaml", plans)
	wantKind(t, err, problem.Conflict)
	i := bytes.Index(plans, []byte("- id: "+id))
	if n := must[int](t)(a.ImportAudits(ctx, larkspur, "plans.yaml", plans[:i])); n != 0 {
		t.Errorf("the plans as they were written change %d", n)
	}
	wantKind(t, a.AuditPaper(ctx, larkspur, id, "txt", report.Paper{}, &bytes.Buffer{}), problem.Usage)
}
