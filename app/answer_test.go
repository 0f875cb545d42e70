// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"strings"
	"testing"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/problem"
)

// TestAnswer: an answer stands beside those of others, takes the place of an
// earlier one for the same duty and service, keeps its evidence, counts in the
// next assessment, and can be taken back.
func TestAnswer(t *testing.T) {
	a := estate(t, t.TempDir())
	before := must[[]assess.Attestation](t)(a.Attestations(ctx, larkspur))
	said := assess.Attestation{Duty: "9.2.1-P1", Service: "ledger", Answer: assess.AnswerYes, Statement: "Each tenant has its own directory.", By: "Ines Adler", On: at.UTC().Truncate(24 * 3600e9), Expires: at.UTC().Truncate(24*3600e9).AddDate(1, 0, 0)}
	one := must[assess.Attestation](t)(a.Answer(ctx, larkspur, said, "tenants.pdf", strings.NewReader("%PDF-1.7 tenants")))
	if len(one.Evidence) != 1 || len(one.Evidence[0].SHA256) != 64 {
		t.Errorf("the evidence: %+v", one.Evidence)
	}
	said.Answer, said.Statement = assess.AnswerPartly, "But for one."
	two := must[assess.Attestation](t)(a.Answer(ctx, larkspur, said, "", nil))
	now := must[[]assess.Attestation](t)(a.Attestations(ctx, larkspur))
	if len(now) != len(before)+1 || two.ID != one.ID || len(two.Evidence) != 1 {
		t.Errorf("%d answers after %d, the second %+v", len(now), len(before), two)
	}
	run := assessed(t, a, larkspur, everything)
	found := false
	for _, x := range run.Assessment.Answers {
		found = found || x.Duty == said.Duty && x.Service == "ledger" && x.Attestation != nil && x.Attestation.Statement == said.Statement
	}
	if !found {
		t.Error("the assessment does not know the answer")
	}
	ok(t, a.WithdrawAnswer(ctx, larkspur, two.ID))
	if left := must[[]assess.Attestation](t)(a.Attestations(ctx, larkspur)); len(left) != len(before) {
		t.Errorf("%d answers are left of %d", len(left), len(before))
	}
	wantKind(t, a.WithdrawAnswer(ctx, larkspur, two.ID), problem.NotFound)
	size := must[int64](t)(a.LogSize(ctx, larkspur))
	for name, bad := range map[string]func(*assess.Attestation){
		"answer": func(x *assess.Attestation) { x.Answer = "maybe" }, "statement": func(x *assess.Attestation) { x.Statement = " " },
		"expires": func(x *assess.Attestation) { x.Expires = x.On.AddDate(9, 0, 0) }, "service": func(x *assess.Attestation) { x.Service = "none" },
		"duty": func(x *assess.Attestation) { x.Duty = "99.9-C1" }, "the duty": func(x *assess.Attestation) { x.Duty = "" }, "by": func(x *assess.Attestation) { x.By = "" },
	} {
		x := said
		bad(&x)
		_, err := a.Answer(ctx, larkspur, x, "", nil)
		wantKind(t, err, problem.Invalid)
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := a.Answer(ctx, larkspur, said, "../x", strings.NewReader("x"))
	wantKind(t, err, problem.Invalid)
	if now := must[int64](t)(a.LogSize(ctx, larkspur)); now != size {
		t.Errorf("what was refused wrote %d entries", now-size)
	}
	verify(t, a, larkspur)
}
