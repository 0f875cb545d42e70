// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
)

// TestAttest: a control owner answers for a duty with a file, is told what is
// wrong without losing what was typed, and takes an answer back.
func TestAttest(t *testing.T) {
	h := open(t, larkspur)
	ora := h.person(h.caller.Org, "ora@larkspur.example", account.Member{Role: account.ControlOwner})
	vic := h.person(h.caller.Org, "vic@larkspur.example", account.Member{Role: account.Viewer})
	fields := func(change ...string) []string {
		all := map[string]string{"duty": "9.2.1-P1", "service": "ledger", "answer": "yes", "expires": "2027-06-30", "statement": "Each tenant has its own directory. " + hostile}
		for i := 0; i+1 < len(change); i += 2 {
			all[change[i]] = change[i+1]
		}
		var out []string
		for k, v := range all {
			out = append(out, k, v)
		}
		return out
	}
	if page := text(ora.do(http.MethodGet, "/attest?duty=9.2.1-P1&service=ledger", "")); len(parse(page).faults) > 0 || !strings.Contains(page, `enctype="multipart/form-data"`) {
		t.Error(parse(page).faults)
	}
	size := must(h.app.LogSize(t.Context(), h.caller))
	for name, c := range map[string]struct {
		sent
		says string
	}{
		"no answer":  {sent{fields: fields("answer", "")}, "answer"},
		"no day":     {sent{fields: fields("expires", "soon")}, "last day"},
		"too long":   {sent{fields: fields("expires", "2039-01-01")}, "3 years"},
		"no duty":    {sent{fields: fields("duty", "99.9-C1")}, "no duty"},
		"no service": {sent{fields: fields("service", "none")}, "no service"},
		"65 MB":      {sent{fields: fields(), name: "x.pdf", file: io.LimitReader(&endless{}, 65<<20)}, "64 MiB"},
		"no source":  {sent{fields: fields("answer", "inherited")}, "source"},
		"cut off":    {sent{fields: fields(), name: "x.pdf", file: strings.NewReader("%PDF"), cut: 30}, "did not come whole"},
		"no form":    {sent{kind: "text/plain"}, "No file was sent"},
		"empty file": {sent{fields: fields(), name: "x.pdf", file: strings.NewReader("")}, "is empty"},
	} {
		r := ora.send("/attest", c.sent)
		page := text(r)
		if r.Code != http.StatusUnprocessableEntity && r.Code != http.StatusBadRequest || !strings.Contains(page, c.says) || strings.Contains(page, "<script>alert") {
			t.Errorf("%s: %d", name, r.Code)
		}
		if strings.HasPrefix(name, "no s") && !strings.Contains(page, "Each tenant has its own directory.") {
			t.Errorf("%s: what was typed is lost", name)
		}
		if d := parse(page); len(d.faults) > 0 {
			t.Errorf("%s: %v", name, d.faults)
		}
	}
	if now := must(h.app.LogSize(t.Context(), h.caller)); now != size {
		t.Errorf("what was refused wrote %d entries", now-size)
	}
	if r := vic.send("/attest", sent{fields: fields()}); r.Code != http.StatusForbidden {
		t.Errorf("a viewer: %d", r.Code)
	}
	if r := ora.send("/attest", sent{fields: fields(), name: `C:\x\tenants:1.svg`, file: strings.NewReader(script)}); r.Code != http.StatusSeeOther {
		t.Fatalf("answering: %d %s", r.Code, text(r))
	}
	all := must(h.app.Attestations(t.Context(), h.caller))
	got := all[len(all)-1]
	if got.By != "ora@larkspur.example" || len(got.Evidence) != 1 || got.Evidence[0].Path != "tenants-1.svg" {
		t.Errorf("%+v", got)
	}
	if page := text(vic.do(http.MethodGet, "/attest", "")); !strings.Contains(page, "ora@larkspur.example") || strings.Contains(page, "<script>alert") || strings.Contains(page, "Take back") {
		t.Error("the page does not show the answer, shows it raw, or lets a viewer take it back")
	}
	if r := ora.do(http.MethodPost, "/attest/withdraw", form("id", got.ID)); r.Code != http.StatusSeeOther {
		t.Errorf("taking it back: %d", r.Code)
	}
	if r := ora.do(http.MethodPost, "/attest/withdraw", form("id", got.ID)); r.Code != http.StatusNotFound {
		t.Errorf("taking it back twice: %d", r.Code)
	}
}
