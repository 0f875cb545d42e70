// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
	"demarc.dev/demarc/supplier"
)

const supplierScope = `organisation: {id: larkspur, name: Larkspur, role: both}
services:
  - {id: mailer, name: Postrider, role: consumes, model: saas, provider: Postrider Mail Ltd, regions: [eu-west-1], data_classes: [personal], criticality: high}
  - {id: ledger, name: Ledger, role: provides, model: saas, built_on: [mailer]}
`

// TestSupplier is the story of a supplier: found in the scope, asked, shown,
// decided on, and looked at again when something ends.
func TestSupplier(t *testing.T) {
	now := time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC)
	a := must[*app.App](t)(app.Open(ctx, app.Options{Dir: t.TempDir(), Version: "0.1.0", Now: func() time.Time { return now }}))
	t.Cleanup(func() { a.Close() })
	ok(t, a.CreateOrg(ctx, larkspur))
	if all := must[[]app.SupplierReading](t)(a.Suppliers(ctx, larkspur)); len(all) != 0 {
		t.Errorf("without a scope: %+v", all)
	}
	_, err := a.SetScope(ctx, larkspur, "scope.yaml", []byte(supplierScope))
	ok(t, err)
	const id = "postrider-mail-ltd"
	r := must[app.SupplierReading](t)(a.Supplier(ctx, larkspur, id))
	if r.State != supplier.Unasked || r.Score.Tier.Level != 3 || r.Score.Left != 3 || len(r.Services) != 1 {
		t.Errorf("found as %+v", r)
	}
	_, err = a.DecideSupplier(ctx, larkspur, id, supplier.Decision{Verdict: supplier.Accept, Until: "2027-10-20"})
	wantKind(t, err, problem.Invalid)
	_, err = a.SetSupplier(ctx, larkspur, id, "s.yaml", []byte("assurances:\n  - {id: iso, kind: iso27001, by: Example, services: [ledger], from: 2025-01-01, until: 2026-12-01}\n"))
	wantKind(t, err, problem.Invalid)
	r = must[app.SupplierReading](t)(a.SetSupplier(ctx, larkspur, id, "s.yaml", []byte("assurances:\n  - {id: iso, kind: iso27001, by: Example, services: [mailer], regions: [eu-west-1], from: 2025-01-01, until: 2026-12-01}\n")))
	if len(r.Standings) != 1 || !r.Standings[0].Counts || !r.Standings[0].Soon {
		t.Errorf("its assurance: %+v", r.Standings)
	}
	r = must[app.SupplierReading](t)(a.AnswerSupplier(ctx, larkspur, id, []supplier.Answer{{Question: "access-1", Answer: supplier.Yes, Evidence: supplier.Report, Assurance: "iso"}, {Question: "exit-2", Answer: supplier.No}}))
	if r.Score.Answered != 2 || r.Score.Coverage == 0 || r.State != supplier.Answered {
		t.Errorf("answered as %+v", r.Score)
	}
	_, err = a.AnswerSupplier(ctx, larkspur, id, []supplier.Answer{{Question: "nothing", Answer: supplier.Yes}})
	wantKind(t, err, problem.Invalid)

	// The agreement about its service: an adverse passage keeps the risk up, and
	// the question leads to the clause.
	must[app.Agreement](t)(a.PutAgreement(ctx, larkspur, app.AgreementAsk{Name: "Postrider: terms", Service: "mailer", Packs: []string{"iso27017"}, Files: []app.Upload{{Name: "terms.md", Data: []byte(postrider)}}}))
	r = must[app.SupplierReading](t)(a.Supplier(ctx, larkspur, id))
	if c := r.Of("deletion"); len(c) != 1 || c[0].Agreement != "g1" || c[0].Key != "iso27017/deletion" {
		t.Errorf("the clause on deletion: %+v", c)
	}

	r = must[app.SupplierReading](t)(a.DecideSupplier(ctx, larkspur, id, supplier.Decision{Verdict: supplier.Conditions, Until: "2027-10-20", Conditions: []supplier.Condition{{What: "a confirmation of deletion", Who: "Ines", Due: "2026-12-01"}}}))
	if r.State != supplier.Bound || r.Decision.By == "" || r.Decision.Left == 0 {
		t.Errorf("decided as %+v", r.Decision)
	}
	works := ""
	for _, w := range must[[]app.Work](t)(a.MyWork(ctx, larkspur)) {
		works += w.What + "; "
	}
	if !strings.Contains(works, "The iso27001 of Postrider Mail Ltd ends") || !strings.Contains(works, "a confirmation of deletion") {
		t.Errorf("work: %s", works)
	}
	if r = must[app.SupplierReading](t)(a.AnswerSupplier(ctx, larkspur, id, []supplier.Answer{{Question: "exit-2"}})); r.State != supplier.Stale || r.Score.Answered != 1 {
		t.Errorf("after a change it is %s with %d answers", r.State, r.Score.Answered)
	}
	now = time.Date(2027, 11, 1, 0, 0, 0, 0, time.UTC)
	if r = must[app.SupplierReading](t)(a.Supplier(ctx, larkspur, id)); r.State != supplier.Expired || r.Standings[0].Counts {
		t.Errorf("a year later it is %s", r.State)
	}
	_, err = a.Supplier(ctx, larkspur, "nobody")
	wantKind(t, err, problem.NotFound)
	ok(t, must[*store.Verification](t)(a.VerifyLog(ctx, larkspur)).Err())
}
