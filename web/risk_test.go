// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/example"
)

// TestRisk is what the people of a firm do with its register: seed it, rate a
// risk, be refused and lose nothing, treat it, accept what is left, change it.
func TestRisk(t *testing.T) {
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
	vic := h.person(h.caller.Org, "vic@larkspur.example", account.Member{Role: account.Viewer})
	const at = "/risk/ledger-ct-17"
	if page := text(vic.do(http.MethodGet, "/risk", "")); strings.Contains(page, "Write them down") || !strings.Contains(page, "Nobody has written a risk down yet.") {
		t.Error("who may only look is shown the form, or not told that the register is empty")
	}
	if r := carl.do(http.MethodPost, "/risk/seed", form("service", "ledger")); r.Code != http.StatusSeeOther {
		t.Fatalf("seeding: %d %s", r.Code, text(r))
	}
	edit := func(version string, more ...string) string {
		return form(append([]string{"version", version, "title", "Failure of tenant isolation " + hostile, "event", "one tenant sees another's books", "owner", "product",
			"inherent.likelihood", "3", "inherent.consequence", "5", "because", "tested in one place only"}, more...)...)
	}
	r := carl.do(http.MethodPost, at, edit("1", "current.likelihood", "2", "current.consequence", "5", "option", "modify", "step", "a wall below the queries"))
	refused := text(r)
	for _, want := range []string{"treatment.target", `value="a wall below the queries"`, "tested in one place only"} {
		if r.Code != http.StatusUnprocessableEntity || !strings.Contains(refused, want) {
			t.Errorf("what is refused (%d) does not hold %s", r.Code, want)
		}
	}
	whole := []string{"current.likelihood", "2", "current.consequence", "5", "option", "modify", "step", "a wall below the queries", "step.owner", "product", "step.due", "2027-01-31", "step.done", "", "target.likelihood", "1", "target.consequence", "5"}
	if r := carl.do(http.MethodPost, at, edit("1", whole...)); r.Code != http.StatusSeeOther {
		t.Fatalf("rating: %d %s", r.Code, text(r))
	}
	if r := carl.do(http.MethodPost, at, edit("1", whole...)); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "changed meanwhile") {
		t.Errorf("two at once: %d", r.Code)
	}
	if r := carl.do(http.MethodPost, at+"/decide", form("version", "2", "until", "2099-01-01")); r.Code != http.StatusForbidden {
		t.Errorf("a contributor accepts it: %d", r.Code)
	}
	if r := h.do(http.MethodPost, at+"/decide", form("version", "2", "until", "1999-01-01", "note", "so be it")); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "so be it") {
		t.Errorf("until a day that has passed: %d", r.Code)
	}
	if r := h.do(http.MethodPost, at+"/decide", form("version", "2", "until", "2099-01-01")); r.Code != http.StatusSeeOther {
		t.Fatalf("accepting: %d %s", r.Code, text(r))
	}
	if page := text(vic.do(http.MethodGet, at, "")); !strings.Contains(page, "treating") || !strings.Contains(page, "a wall below the queries") || strings.Contains(page, "<script>alert") || strings.Contains(page, "Rate and treat") {
		t.Error("the viewer's page is wrong")
	}
	// The heat maps count each rated risk once, and lead to what they count.
	page := text(h.do(http.MethodGet, "/risk", ""))
	cells := regexp.MustCompile(`href="([^"]*/risk\?cell=(inherent|current|target)-\d-\d)"[^>]*>(\d+)<`).FindAllStringSubmatch(page, -1)
	if len(cells) != 3 {
		t.Fatalf("one risk is rated, and the maps show %v", cells)
	}
	for _, c := range cells {
		if list := text(h.do(http.MethodGet, inPlace.ReplaceAllString(c[1], "/"), "")); c[3] != "1" || !strings.Contains(list, "1 risk of ") || !strings.Contains(list, at+`"`) {
			t.Errorf("%s counts %s and leads elsewhere", c[1], c[3])
		}
	}
	changed := append([]string{}, whole...)
	changed[1] = "3"
	if r := carl.do(http.MethodPost, at, edit("3", changed...)); r.Code != http.StatusSeeOther {
		t.Fatalf("rating anew: %d %s", r.Code, text(r))
	}
	if page := text(h.do(http.MethodGet, at, "")); !strings.Contains(page, "That is stale.") || !strings.Contains(page, "current: 2 × 5 → 3 × 5") {
		t.Error("what changed since the acceptance is not told")
	}
	for format, begins := range map[string]string{"docx": "PK", "pdf": "%PDF", "xlsx": "PK", "yaml": "risks:", "json": "{"} {
		r := h.do(http.MethodPost, "/risk/paper", form("format", format))
		if paper := text(r); r.Code != http.StatusOK || !strings.HasPrefix(paper, begins) || !strings.Contains(r.Header().Get("Content-Disposition"), "-risks."+format) {
			t.Errorf("%s: %d %.40q", format, r.Code, paper)
		}
	}
	riskMethodOf(t, h)
	for _, path := range []string{"/risk", at, "/riskmethod"} {
		d := parse(text(h.do(http.MethodGet, path, "")))
		if len(d.faults) > 0 || len(d.first) != 3 {
			t.Errorf("%s: %v, the first lines say %q", path, d.faults, d.first)
		}
	}
}

// riskMethodOf sets a method of the firm's own; ratings beyond it count as none.
func riskMethodOf(t *testing.T, h *house) {
	t.Helper()
	method := "bands: [{name: fine, from: 1}, {name: grave, from: 5}]\nappetite: 2\n"
	for _, scale := range []string{"likelihood", "consequence"} {
		method += scale + ":\n"
		for i := range 3 {
			method += fmt.Sprintf("  - {name: step %d, words: it is %d}\n", i, i)
		}
	}
	if r := h.do(http.MethodPost, "/riskmethod", form("method", "appetite: many")); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "appetite: many") {
		t.Errorf("a method that is none: %d", r.Code)
	}
	if r := h.do(http.MethodPost, "/riskmethod", form("method", method)); r.Code != http.StatusSeeOther {
		t.Errorf("setting a method: %d %s", r.Code, text(r))
	}
	if page := text(h.do(http.MethodGet, "/risk", "")); !strings.Contains(page, "no such rating") {
		t.Error("a rating beyond the scales is shown as if it were on them")
	}
}
