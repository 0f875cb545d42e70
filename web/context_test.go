// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
)

// TestContext: a context is proposed, written, refused without loss, approved,
// and stale after a change.
func TestContext(t *testing.T) {
	h := open(t, trap)
	vic := h.person(h.caller.Org, "vic@larkspur.example", account.Member{Role: account.Viewer})
	page := text(h.do(http.MethodGet, "/context", ""))
	if !strings.Contains(page, "Climate change") || !strings.Contains(page, "things are open") || strings.Contains(page, "Approve it as it stands") {
		t.Error("the proposal is not shown, or can be approved")
	}
	if r := h.do(http.MethodPost, "/context/confirm", form("service", "aws", "region", "mars")); r.Code != http.StatusNotFound {
		t.Errorf("confirming what was not seen: %d", r.Code)
	}
	words := "statement: All that we do " + strings.ReplaceAll(hostile, `"`, "'") + "\nmood: fine\n"
	if r := text(h.do(http.MethodPost, "/context", form("seen", "0", "context", words))); !strings.Contains(r, "mood") || !strings.Contains(r, "All that we do") || strings.Contains(r, "<script>alert") {
		t.Error("what is refused is lost")
	}
	good := "statement: All that we do in clouds.\nissues: [{id: climate, side: external, title: Climate, climate: true, relevant: \"no\", effect: inland}]\nparties: [{id: c, name: Customers, requires: [a restore]}]\nlaw: [{id: g, title: GDPR, where: EU}]\nborders: [{with: Amazon, what: the machines}]\n"
	if r := h.do(http.MethodPost, "/context", form("seen", "0", "context", good)); r.Code != http.StatusSeeOther {
		t.Fatalf("saving: %d %s", r.Code, text(r))
	}
	if r := text(h.do(http.MethodPost, "/context", form("seen", "0", "context", good))); !strings.Contains(r, "changed meanwhile") {
		t.Error("two at once are not told")
	}
	if r := h.do(http.MethodPost, "/context/approve", form("digest", "sha256:0")); r.Code != http.StatusUnprocessableEntity {
		t.Errorf("approving another one: %d", r.Code)
	}
	for format, begins := range map[string]string{"docx": "PK", "pdf": "%PDF", "html": "<!", "yaml": "# Context", "json": "{"} {
		if paper := text(h.do(http.MethodPost, "/context/paper", form("format", format))); !strings.HasPrefix(paper, begins) {
			t.Errorf("%s: %.60q", format, paper)
		}
	}
	if page := text(vic.do(http.MethodGet, "/context", "")); strings.Contains(page, "Write the context") || !strings.Contains(page, "All that we do in clouds.") {
		t.Error("the viewer's page is wrong")
	}
	d := parse(text(h.do(http.MethodGet, "/context", "")))
	if len(d.faults) > 0 || len(d.first) != 3 {
		t.Errorf("%v, the first lines say %q", d.faults, d.first)
	}
}
