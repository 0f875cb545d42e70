// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"slices"
	"strings"
	"testing"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// TestContext_FromProposalToApproval: regions that were seen are proposed and
// only confirmed; what is approved is stale after a change.
func TestContext_FromProposalToApproval(t *testing.T) {
	a := estate(t, t.TempDir())
	s := must[*scope.Scope](t)(a.Scope(ctx, larkspur))
	for i := range s.Services {
		s.Services[i].Regions = nil
	}
	_, err := a.SetScope(ctx, larkspur, "scope.yaml", must[[]byte](t)(scope.Encode(s)))
	ok(t, err)
	if x := must[*app.Context](t)(a.Context(ctx, larkspur)); len(x.Seen) != 0 || !x.Proposed || x.Version != 0 {
		t.Errorf("before anything was assessed it is %+v", x)
	}
	assessed(t, a, larkspur, everything)
	x := must[*app.Context](t)(a.Context(ctx, larkspur))
	if !slices.Contains(x.Proposals(), app.SeenRegion{Service: "aws", Region: "eu-central-1"}) {
		t.Fatalf("it proposes %+v", x.Proposals())
	}
	_, err = a.ConfirmRegion(ctx, larkspur, "aws", "mars")
	wantKind(t, err, problem.NotFound)
	for _, p := range x.Proposals() {
		must[*scope.Scope](t)(a.ConfirmRegion(ctx, larkspur, p.Service, p.Region))
	}
	if x = must[*app.Context](t)(a.Context(ctx, larkspur)); len(x.Proposals()) != 0 {
		t.Errorf("after they were confirmed it proposes %+v", x.Proposals())
	}
	_, err = a.ApproveContext(ctx, larkspur, x.Digest)
	wantKind(t, err, problem.Invalid)
	good := "statement: Larkspur Ledger.\nissues: [{id: climate, side: external, title: Climate, climate: true, relevant: \"no\", effect: inland}]\nparties: [{id: c, name: Customers, requires: [a restore]}]\nlaw: [{id: g, title: GDPR, where: EU, services: [ledger]}]\nborders: [{with: Amazon, what: the machines}]\n"
	x = must[*app.Context](t)(a.SetContext(ctx, larkspur, "context.yaml", []byte(good), 0))
	for _, open := range x.Open {
		if !strings.HasPrefix(open, "service mailer: no region") { // no interface tells where it is
			t.Errorf("it leaves open: %s", open)
		}
	}
	_, err = a.SetContext(ctx, larkspur, "context.yaml", []byte(good), 0)
	wantKind(t, err, problem.Conflict)
	s = must[*scope.Scope](t)(a.Scope(ctx, larkspur))
	for i := range s.Services {
		if s.Services[i].ID == "mailer" {
			s.Services[i].Regions = []string{"eu"}
		}
	}
	_, err = a.SetScope(ctx, larkspur, "scope.yaml", must[[]byte](t)(scope.Encode(s)))
	ok(t, err)
	x = must[*app.Context](t)(a.Context(ctx, larkspur))
	must[scope.Approval](t)(a.ApproveContext(ctx, larkspur, x.Digest))
	if x = must[*app.Context](t)(a.Context(ctx, larkspur)); !x.Valid() || len(x.Since) != 0 || x.Approved.Version != 1 {
		t.Errorf("approved it is %+v", x.Approved)
	}
	s.Services[0].Criticality = scope.Low
	_, err = a.SetScope(ctx, larkspur, "scope.yaml", must[[]byte](t)(scope.Encode(s)))
	ok(t, err)
	if x = must[*app.Context](t)(a.Context(ctx, larkspur)); x.Valid() || len(x.Since) != 1 {
		t.Errorf("after a change it is valid, or says %q", x.Since)
	}
	if work := must[[]app.Work](t)(a.MyWork(ctx, larkspur)); !slices.ContainsFunc(work, func(w app.Work) bool { return w.Where == "/context" }) {
		t.Error("that it waits for approval is not told")
	}
	verify(t, a, larkspur)
}
