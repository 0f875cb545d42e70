// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
)

// TestMatrix_FromTheUsualDivisionToAgreement is what a security lead does: takes
// the usual division over, changes a line, signs it off, has the other party
// agree; and what comes of a change afterwards, and of two at once.
func TestMatrix_FromTheUsualDivisionToAgreement(t *testing.T) {
	h := open(t, larkspur)
	mia := h.person(h.caller.Org, "mia@larkspur.example", account.Member{Role: account.Manager})
	carl := h.person(h.caller.Org, "carl@larkspur.example", account.Member{Role: account.Contributor})
	vic := h.person(h.caller.Org, "vic@larkspur.example", account.Member{Role: account.Viewer})
	const at, duty = "/responsibility/mailer", "9.2.1-C1"
	step := func(who *house, name, version string, more ...string) int {
		return who.do(http.MethodPost, at+"/step/"+name, form(append([]string{"edition", "2015", "version", version}, more...)...)).Code
	}
	line := func(version string, more ...string) string {
		return form(append([]string{"edition", "2015", "version", version, "duty", duty, "customer", "both", "provider", "none", "customer_owner", "platform", "basis", "internal", "reference", "ISMS 4.2"}, more...)...)
	}
	page := func() string { return text(h.do(http.MethodGet, at+"?edition=2015&line="+duty, "")) }

	if !strings.Contains(page(), "none stored: this is the usual division") {
		t.Fatal("the example has a matrix of 2015 for the mailer: take another")
	}
	if code := step(vic, "adopt", "0"); code != http.StatusForbidden {
		t.Errorf("a viewer takes it over: %d", code)
	}
	if code := step(carl, "adopt", "0"); code != http.StatusSeeOther {
		t.Fatalf("taking it over: %d", code)
	}
	if code := step(carl, "adopt", "0"); code != http.StatusConflict {
		t.Errorf("taking it over twice: %d", code)
	}
	if r := carl.do(http.MethodPost, at+"/line", line("1", "note", hostile)); r.Code != http.StatusSeeOther {
		t.Fatalf("changing a line: %d %s", r.Code, text(r))
	}
	shown := page()
	if !strings.Contains(shown, "ISMS 4.2") || strings.Contains(shown, "<script>alert") || !strings.Contains(shown, "version 2") {
		t.Error("the page does not show the change, or shows it raw")
	}
	if r := carl.do(http.MethodPost, at+"/line", line("1", "note", "late")); r.Code != http.StatusConflict || !strings.Contains(text(r), "Version 2") {
		t.Errorf("a change of what was changed meanwhile: %d", r.Code)
	}
	for name, bad := range map[string]string{
		"share":   form("edition", "2015", "version", "2", "duty", duty, "customer", "all", "provider", "none", "basis", "internal"),
		"duty":    form("edition", "2015", "version", "2", "duty", "99.9-C1", "customer", "both", "provider", "none", "basis", "internal"),
		"edition": form("edition", "1999", "version", "2", "duty", duty),
	} {
		if r := carl.do(http.MethodPost, at+"/line", bad); r.Code != http.StatusUnprocessableEntity {
			t.Errorf("a wrong %s: %d %s", name, r.Code, text(r))
		}
	}
	if code := step(carl, "sign", "2"); code != http.StatusForbidden {
		t.Errorf("a contributor signs: %d", code)
	}
	if code := step(mia, "sign", "1"); code != http.StatusConflict {
		t.Errorf("signing what was changed since it was looked at: %d", code)
	}
	for i, name := range []string{"sign", "send", "acknowledge"} {
		if code := step(mia, name, strconv.Itoa(i+2), "by", "Otto Rind"); code != http.StatusSeeOther {
			t.Fatalf("%s: %d", name, code)
		}
	}
	if shown := page(); !strings.Contains(shown, "mia@larkspur.example") || !strings.Contains(shown, "acknowledged") {
		t.Error("the page does not say who signed, and that it is acknowledged")
	}
	if r := carl.do(http.MethodPost, at+"/line", line("5", "provider", "performs", "split", "we name, they make")); r.Code != http.StatusSeeOther {
		t.Fatalf("a change after the sign-off: %d %s", r.Code, text(r))
	}
	if shown := text(h.do(http.MethodGet, at+"?edition=2015&compare=v1", "")); !strings.Contains(shown, "What differs from version 1") || !strings.Contains(shown, "we name, they make") || !strings.Contains(shown, "carl@larkspur.example") {
		t.Error("the page does not say what differs from the first version, and who changed it")
	}
	if r := h.do(http.MethodGet, at+"?edition=2026&compare=statement", ""); r.Code != http.StatusOK || !strings.Contains(text(r), "What differs from the provider") {
		t.Errorf("compared with the statement: %d", r.Code)
	}
	if r := h.do(http.MethodGet, at+"?edition=2015&compare=v99", ""); r.Code != http.StatusNotFound {
		t.Errorf("compared with a version that never was: %d", r.Code)
	}
	if !strings.Contains(page(), "stale") {
		t.Error("the sign-off does not go stale with a material change")
	}
}
