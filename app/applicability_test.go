// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/applicability"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
)

// TestApplicability_FromProposalToApproval: what the example tells is proposed,
// people decide the rest in the workbook, the statement is approved, and a later
// one says what changed.
func TestApplicability_FromProposalToApproval(t *testing.T) {
	a := estate(t, t.TempDir())
	assessed(t, a, larkspur, everything)
	must[int](t)(a.SeedRisks(ctx, larkspur, ""))
	const ed = catalogue.Edition2026
	statement := func() *app.Applicability {
		t.Helper()
		return must[*app.Applicability](t)(a.Applicability(ctx, larkspur, ""))
	}
	s := statement()
	if s.Edition != ed || s.Summary.Standings[applicability.Blank] == 0 || s.Summary.Standings[applicability.Proposed] < 100 || s.Run == "" {
		t.Fatalf("the first statement: %+v", s.Summary)
	}
	_, err := a.ApproveApplicability(ctx, larkspur, ed, s.Digest)
	wantKind(t, err, problem.Invalid) // it has blanks
	_, err = a.DecideApplicability(ctx, larkspur, ed, applicability.Decision{Line: "A.7.4", Justification: " "}, 0)
	wantKind(t, err, problem.Invalid)
	must[applicability.Decision](t)(a.DecideApplicability(ctx, larkspur, ed, applicability.Decision{Line: "A.7.4", Justification: "no premises"}, 0))
	_, err = a.DecideApplicability(ctx, larkspur, ed, applicability.Decision{Line: "A.7.4", Justification: "no premises"}, 0)
	wantKind(t, err, problem.Conflict)

	// The workbook comes back as it went: no more decided than before. Filled in,
	// it decides the blanks.
	paper := func(format string) []byte {
		t.Helper()
		var b bytes.Buffer
		ok(t, a.ApplicabilityPaper(ctx, larkspur, ed, format, report.Paper{}, &b))
		return b.Bytes()
	}
	if n := must[int](t)(a.ImportApplicability(ctx, larkspur, ed, "soa.xlsx", paper("xlsx"))); n != 0 {
		t.Errorf("the workbook as it was written decides %d lines", n)
	}
	var decided bytes.Buffer
	decided.WriteString("lines:\n")
	for _, l := range statement().Lines {
		if l.Standing == applicability.Blank {
			decided.WriteString("  - {line: " + l.ID + ", applicable: true, justification: the handbook asks for it}\n")
		}
	}
	if n := must[int](t)(a.ImportApplicability(ctx, larkspur, ed, "soa.yaml", decided.Bytes())); n == 0 || statement().Summary.Standings[applicability.Blank] != 0 {
		t.Errorf("%d lines decided", n)
	}
	_, err = a.ApproveApplicability(ctx, larkspur, ed, s.Digest)
	wantKind(t, err, problem.Conflict) // it is another one by now
	s = statement()
	must[applicability.Approval](t)(a.ApproveApplicability(ctx, larkspur, ed, s.Digest))
	if s = statement(); !s.Valid() || len(s.Changes) != 0 || s.Approved.Version != 1 {
		t.Errorf("approved: %+v", s.Changes)
	}
	for _, format := range app.ApplicabilityFormats() {
		if first := paper(format); !bytes.Equal(first, paper(format)) || len(first) < 1000 {
			t.Errorf("%s: %d bytes, or another the second time", format, len(first))
		}
	}
	must[applicability.Decision](t)(a.DecideApplicability(ctx, larkspur, ed, applicability.Decision{Line: "A.7.4", Applicable: true, Justification: "there is an office now"}, 1))
	if s = statement(); s.Valid() || len(s.Changes) != 2 {
		t.Errorf("a line was decided anew: %+v", s.Changes)
	}
	// The other edition has lines of its own, and no status of this assessment.
	old := must[*app.Applicability](t)(a.Applicability(ctx, larkspur, catalogue.Edition2015))
	if old.Run != "" || old.Approved != nil || old.Summary.Lines == s.Summary.Lines {
		t.Errorf("the statement of 2015: %+v", old.Summary)
	}
	contributor, _, _ := person(t, a, "larkspur", "con@larkspur.example", account.Member{Role: account.Contributor})
	_, err = a.ApproveApplicability(ctx, contributor, ed, s.Digest)
	wantKind(t, err, problem.Denied)
	verify(t, a, larkspur)
}
