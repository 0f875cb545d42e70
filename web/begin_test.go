// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
)

// TestBegin makes an organisation in the browser and takes its first steps.
func TestBegin(t *testing.T) {
	h := open(t, trap)
	if r := h.do(http.MethodPost, "/organisation", form("id", "bramble")); r.Code != http.StatusSeeOther || r.Header().Get("Location") != "/o/bramble/" {
		t.Fatalf("making an organisation leads to %d %q: %s", r.Code, r.Header().Get("Location"), text(r))
	}
	ann := h.person("bramble", "ann@bramble.example", account.Member{Role: account.Manager})
	for _, path := range []string{"/", "/scope", "/job", "/evidence", "/member"} {
		r := ann.do(http.MethodGet, path, "")
		d := parse(text(r))
		if r.Code != http.StatusOK || len(d.first) != 3 || len(d.faults) > 0 {
			t.Errorf("%s of an empty organisation: %d, %v", path, r.Code, d.faults)
		}
	}
	const scope = "organisation: {id: bramble, name: Bramble Clinic, role: customer}\nservices:\n  - {id: ledger, name: Larkspur Ledger, role: consumes, model: saas, provider: Larkspur}\n"
	if r := ann.do(http.MethodPost, "/scope", form("scope", strings.Replace(scope, "saas", "sass", 1))); r.Code != http.StatusOK {
		t.Errorf("a scope with a fault: %d", r.Code)
	} else if shown := text(r); !strings.Contains(shown, `role="alert"`) || strings.Count(shown, "sass") < 2 {
		t.Errorf("the fault is not told, or what was typed is lost: %s", shown)
	}
	if r := ann.do(http.MethodPost, "/scope", form("scope", scope)); r.Code != http.StatusSeeOther {
		t.Fatalf("saving the scope: %d %s", r.Code, text(r))
	}
	if shown := text(ann.do(http.MethodGet, "/scope", "")); !strings.Contains(shown, "Larkspur Ledger") {
		t.Error("the scope is not shown")
	}
	if shown := text(ann.do(http.MethodGet, "/?all=yes", "")); !strings.Contains(shown, "bramble") || strings.Contains(shown, h.caller.Org+"/") {
		t.Error("her organisations: none but hers")
	}
	whole := h.do(http.MethodGet, "/?all=yes", "")
	if shown := text(whole); whole.Code != http.StatusOK || !strings.Contains(shown, "Bramble Clinic") || !strings.Contains(shown, "/o/"+h.caller.Org+"/") {
		t.Errorf("the owner's organisations: %d", whole.Code)
	}
	if r := ann.do(http.MethodGet, "/admin", ""); r.Code != http.StatusForbidden {
		t.Errorf("who manages no installation sees its accounts: %d", r.Code)
	}
	accounts := text(h.do(http.MethodGet, "/admin", ""))
	id := regexp.MustCompile(`/admin/(a-[0-9a-z]+)/link`).FindStringSubmatch(accounts)
	if len(id) != 2 {
		t.Fatal("the page of accounts lists none")
	}
	if r := h.do(http.MethodPost, "/admin/"+id[1], form("operator", "no", "disabled", "yes")); r.Code != http.StatusSeeOther {
		t.Errorf("shutting somebody out: %d", r.Code)
	}
	if r := ann.do(http.MethodGet, "/", ""); r.Code != http.StatusUnauthorized {
		t.Errorf("who was shut out: %d", r.Code)
	}
	h.do(http.MethodPost, "/admin/"+id[1], form("operator", "no", "disabled", "no"))
	if r := ann.do(http.MethodPost, "/organisation", form("id", "other")); r.Code != http.StatusForbidden {
		t.Errorf("who manages no installation makes an organisation: %d", r.Code)
	}
}
