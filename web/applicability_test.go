// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/example"
)

// TestApplicability: a line is decided, refused without loss, and the statement
// is approved once it has no blank.
func TestApplicability(t *testing.T) {
	h := open(t, func(t *testing.T, a *app.App, c app.Caller) {
		data, err := fs.ReadFile(example.Files(), "scope.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.SetScope(t.Context(), c, "scope.yaml", data); err != nil {
			t.Fatal(err)
		}
	})
	carl := h.person(h.caller.Org, "carl@larkspur.example", account.Member{Role: account.Contributor})
	const list, at = "/applicability", "/applicability/A.7.4"
	page := text(carl.do(http.MethodGet, list, ""))
	if !strings.Contains(page, "27017-8.13-provider") || !strings.Contains(page, "? not justified") || strings.Contains(page, "Approve it as it stands") {
		t.Error("the list is not whole, or offers what a contributor may not do")
	}
	r := carl.do(http.MethodPost, at, form("version", "0", "applicable", "no", "justification", "  ", "responsible", "security"))
	if body := text(r); r.Code != http.StatusUnprocessableEntity || !strings.Contains(body, "has no blank") || !strings.Contains(body, `value="security" selected`) {
		t.Errorf("without a reason: %d", r.Code)
	}
	r = carl.do(http.MethodPost, at, form("version", "0", "applicable", "no", "justification", "No premises. "+hostile, "then", "next"))
	if r.Code != http.StatusSeeOther || !strings.HasSuffix(r.Header().Get("Location"), "/applicability/A.7.5?edition=2026") {
		t.Errorf("deciding leads to %d %s", r.Code, r.Header().Get("Location"))
	}
	if r := carl.do(http.MethodPost, at, form("version", "0", "applicable", "yes", "justification", "another")); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "decided meanwhile") {
		t.Errorf("two at once: %d", r.Code)
	}
	approve := func() (int, string) {
		digest := regexp.MustCompile(`name="digest" value="([^"]+)"`).FindStringSubmatch(text(h.do(http.MethodGet, list, "")))
		if digest == nil {
			t.Fatal("nothing is offered to approve")
		}
		r := h.do(http.MethodPost, list+"/approve", form("edition", "2026", "digest", digest[1]))
		return r.Code, text(r)
	}
	if code, body := approve(); code != http.StatusUnprocessableEntity || !strings.Contains(body, "no justification yet") {
		t.Errorf("approved with blanks: %d", code)
	}
	for _, m := range regexp.MustCompile(`/applicability/(A\.[0-9.]+)\?`).FindAllStringSubmatch(text(h.do(http.MethodGet, list+"?standing=blank", "")), -1) {
		if r := carl.do(http.MethodPost, "/applicability/"+m[1], form("version", "0", "applicable", "yes", "justification", "the handbook asks for it")); r.Code != http.StatusSeeOther {
			t.Fatalf("%s: %d", m[1], r.Code)
		}
	}
	if code, body := approve(); code != http.StatusSeeOther {
		t.Fatalf("approving: %d %s", code, body)
	}
	if r := carl.do(http.MethodPost, at, form("version", "1", "applicable", "yes", "justification", "An office was let.")); r.Code != http.StatusSeeOther {
		t.Fatalf("deciding anew: %d", r.Code)
	}
	if page := text(h.do(http.MethodGet, list, "")); !strings.Contains(page, "2 differences since") || strings.Contains(page, "<script>alert") {
		t.Error("what changed since the approval is not told, or a reason is markup")
	}
	for format, begins := range map[string]string{"docx": "PK", "pdf": "%PDF", "xlsx": "PK", "yaml": "lines:"} {
		r := h.do(http.MethodPost, list+"/paper", form("format", format, "edition", "2026"))
		if paper := text(r); r.Code != http.StatusOK || !strings.HasPrefix(paper, begins) {
			t.Errorf("%s: %d %.40q", format, r.Code, paper)
		}
	}
	for _, path := range []string{list, at, list + "?status=none", list + "?edition=2015&party=provider"} {
		if d := parse(text(h.do(http.MethodGet, path, ""))); len(d.faults) > 0 || len(d.first) != 3 {
			t.Errorf("%s: %v, the first lines say %q", path, d.faults, d.first)
		}
	}
}
