// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/check"
)

// TestException: a manager accepts a failure from its finding under his own name,
// is told what is wrong without losing what was typed, and takes it away.
func TestException(t *testing.T) {
	h := open(t, larkspur)
	mia := h.person(h.caller.Org, "mia@larkspur.example", account.Member{Role: account.Manager})
	vic := h.person(h.caller.Org, "vic@larkspur.example", account.Member{Role: account.Viewer})
	before := must(h.app.Exceptions(t.Context(), h.caller))
	typed := func(change ...string) string {
		all := []string{"checks", "object-store-public", "where", `r.name == "larkspur-www"`, "reason", "It is the public site. " + hostile, "owner", "Ines Adler", "until", "2099-03-31"}
		for i := 0; i+1 < len(change); i += 2 {
			all[slices.Index(all, change[i])+1] = change[i+1]
		}
		return form(all...)
	}
	if page := text(mia.do(http.MethodGet, "/exception?check=object-store-public&resource="+url.QueryEscape(`arn:"x`), "")); !strings.Contains(page, `r.id == &#34;arn:\&#34;x&#34;`) {
		t.Error("the form does not begin with the resource of the finding")
	}
	for name, c := range map[string]struct{ body, says string }{
		"no reason":      {typed("reason", " "), "reason: it is missing"},
		"no such check":  {typed("checks", "object-store-publik"), "no check is called"},
		"no condition":   {typed("where", "r.publik"), "publik"},
		"no day":         {typed("until", "soon"), "last day"},
		"a day long ago": {typed("until", "2020-01-01"), "is over"},
	} {
		r := mia.do(http.MethodPost, "/exception", c.body)
		page := text(r)
		if r.Code != http.StatusUnprocessableEntity || !strings.Contains(page, c.says) || !strings.Contains(page, "Ines Adler") || strings.Contains(page, "<script>alert") {
			t.Errorf("%s: %d %s", name, r.Code, parse(page).faults)
		}
	}
	if r := vic.do(http.MethodPost, "/exception", typed()); r.Code != http.StatusForbidden {
		t.Errorf("a viewer: %d", r.Code)
	}
	if r := mia.do(http.MethodPost, "/exception", typed()); r.Code != http.StatusSeeOther {
		t.Fatalf("accepting: %d %s", r.Code, text(r))
	}
	all := must(h.app.Exceptions(t.Context(), h.caller))
	at := slices.IndexFunc(all, func(x check.Exception) bool { return x.ID == "object-store-public-1" })
	if len(all) != len(before)+1 || at < 0 || all[at].ApprovedBy != "mia@larkspur.example" {
		t.Fatalf("%+v", all)
	}
	if page := text(vic.do(http.MethodGet, "/exception", "")); !strings.Contains(page, "object-store-public-1") || strings.Contains(page, "Take away") || strings.Contains(page, "<script>alert") {
		t.Error("a viewer does not see it, or may take it away")
	}
	for want, id := range map[int]string{http.StatusSeeOther: "object-store-public-1", http.StatusNotFound: "none"} {
		if r := mia.do(http.MethodPost, "/exception/remove", form("id", id)); r.Code != want {
			t.Errorf("taking %s away: %d", id, r.Code)
		}
	}
	if left := must(h.app.Exceptions(t.Context(), h.caller)); len(left) != len(before) {
		t.Errorf("%d are left of %d", len(left), len(before))
	}
}

// TestAssign: an action of the plan gets an owner and a day, waits on his first
// page, is found by the filter, and is nobody's again.
func TestAssign(t *testing.T) {
	h := open(t, larkspur)
	cora := h.person(h.caller.Org, "cora@larkspur.example", account.Member{Role: account.Contributor})
	const action = "mend:object-store-public"
	at := "/remediation/assign?action=" + action
	refused := cora.do(http.MethodPost, "/remediation/assign", form("action", action, "owner", "", "due", "soon", "note", "kept "+hostile))
	if page := text(refused); refused.Code != http.StatusUnprocessableEntity || !strings.Contains(page, "owner: name a person") || !strings.Contains(page, "kept ") || strings.Contains(page, "<script>alert") {
		t.Errorf("nobody and no day: %d", refused.Code)
	}
	if r := cora.do(http.MethodPost, "/remediation/assign", form("action", action, "owner", "cora@larkspur.example", "due", "2020-01-31")); r.Code != http.StatusSeeOther {
		t.Fatalf("assigning: %d %s", r.Code, text(r))
	}
	for path, want := range map[string]string{at: "31 January 2020", "/remediation?owner=-late": "cora@larkspur.example", "/": "remediation/assign?action="} {
		if page := text(cora.do(http.MethodGet, path, "")); !strings.Contains(page, want) {
			t.Errorf("%s does not show %s", path, want)
		}
	}
	if page := text(cora.do(http.MethodGet, "/remediation?owner=-nobody", "")); strings.Contains(page, "<code>"+action+"</code>") {
		t.Error("what somebody does is shown as nobody's")
	}
	if r := cora.do(http.MethodGet, "/remediation/assign?action=mend:none", ""); r.Code != http.StatusNotFound {
		t.Errorf("an action that is none: %d", r.Code)
	}
	if r := cora.do(http.MethodPost, "/remediation/assign", form("action", action, "nobody", "yes")); r.Code != http.StatusSeeOther {
		t.Errorf("nobody does it: %d", r.Code)
	}
	if left := must(h.app.Assignments(t.Context(), h.caller)); len(left) > 0 {
		t.Errorf("%+v", left)
	}
}
