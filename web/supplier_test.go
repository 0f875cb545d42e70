// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
)

// TestSuppliers is the story of a supplier: found in the scope, shown with its
// assurances, answered for, decided on, and stale after a change.
func TestSuppliers(t *testing.T) {
	h := open(t, trap)
	if page := text(h.do(http.MethodGet, "/supplier", "")); !strings.Contains(page, "Amazon Web Services") || !strings.Contains(page, "rests on it") {
		t.Fatal("the provider of the scope is no supplier")
	}
	const at = "/supplier/amazon-web-services"
	if r := h.do(http.MethodPost, at, form("supplier", "privileged: true\r\nassurances:\r\n  - {id: iso, kind: iso27001, by: Example, services: [aws], from: 2025-01-01, until: 2028-01-01}\r\n")); r.Code != http.StatusSeeOther {
		t.Fatalf("taking it in: %d %s", r.Code, text(r))
	}
	if r := h.do(http.MethodPost, at, form("supplier", "assurances:\n  - {id: iso, kind: soap}\n")); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "supplier.yaml:2: assurances[0].kind") {
		t.Errorf("a file with faults: %d", r.Code)
	}
	if r := h.do(http.MethodPost, at+"/answer", form("answer.access-1", "yes", "evidence.access-1", "document", "answer.exit-2", "no")); r.Code != http.StatusSeeOther {
		t.Fatalf("answering: %d %s", r.Code, text(r))
	}
	if r := h.do(http.MethodPost, at+"/answer", form("answer.access-1", "na")); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "needs a reason") {
		t.Errorf("an answer without its reason: %d", r.Code)
	}
	page := text(h.do(http.MethodGet, at, ""))
	d := parse(page)
	if len(d.faults) > 0 || len(d.first) != 3 {
		t.Errorf("%v, first lines %q", d.faults, d.first)
	}
	for _, want := range []string{"How much rests on it: critical", "its staff administer our systems", "Counts 70 of 100", "the answer is no", "2 of 22 questions", "Nobody decided yet"} {
		if !strings.Contains(page, want) {
			t.Errorf("the supplier does not say %q", want)
		}
	}
	if r := h.do(http.MethodPost, at+"/decide", form("verdict", "conditions", "until", "2027-06-01")); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "needs one at least") {
		t.Errorf("conditions that are none: %d", r.Code)
	}
	if r := h.do(http.MethodPost, at+"/decide", form("verdict", "conditions", "until", "2027-06-01", "conditions", "a confirmation of deletion; Ines; 2027-01-31")); r.Code != http.StatusSeeOther {
		t.Errorf("deciding: %d %s", r.Code, text(r))
	}
	if page = text(h.do(http.MethodGet, at, "")); !strings.Contains(page, "a confirmation of deletion") || !strings.Contains(page, "accepted on conditions") {
		t.Error("the decision is not shown")
	}
	h.do(http.MethodPost, at, form("supplier", "privileged: false\n"))
	if page = text(h.do(http.MethodGet, at, "")); !strings.Contains(page, "decided once, and changed since") {
		t.Error("after a change the decision is not stale")
	}
	viewer := h.person(h.caller.Org, "vera@larkspur.example", account.Member{Role: account.Viewer})
	if page = text(viewer.do(http.MethodGet, at, "")); strings.Contains(page, ">Decide<") || strings.Contains(page, "as a file") {
		t.Error("who may only look is shown forms")
	}
}
