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

// TestAudit is an internal audit in the browser: proposed, planned, refused for
// who would audit his own work, asked question by question, sampled, concluded,
// and what it raised brought to its end.
func TestAudit(t *testing.T) {
	h := open(t, func(t *testing.T, a *app.App, c app.Caller) {
		data, err := fs.ReadFile(example.Files(), "scope.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.SetScope(t.Context(), c, "scope.yaml", data); err != nil {
			t.Fatal(err)
		}
	})
	nadia := h.person(h.caller.Org, "nadia@roth.example", account.Member{Role: account.InternalAuditor})
	carl := h.person(h.caller.Org, "carl@larkspur.example", account.Member{Role: account.Contributor})
	vic := h.person(h.caller.Org, "vic@larkspur.example", account.Member{Role: account.Viewer})
	page := func(who *house, path string) string {
		t.Helper()
		r := who.do(http.MethodGet, path, "")
		d := parse(text(r))
		if r.Code != http.StatusOK || len(d.faults) > 0 || len(d.first) != 3 {
			t.Errorf("%s: %d %v, the first lines say %q", path, r.Code, d.faults, d.first)
		}
		return d.page
	}
	goes := func(who *house, path, body string) string {
		t.Helper()
		r := who.do(http.MethodPost, path, body)
		if r.Code != http.StatusSeeOther {
			t.Fatalf("POST %s: %d %s", path, r.Code, text(r))
		}
		return inPlace.ReplaceAllString(r.Header().Get("Location"), "/")
	}
	refused := func(who *house, path, body string, wants ...string) {
		t.Helper()
		r := who.do(http.MethodPost, path, body)
		back := text(r)
		for _, want := range wants {
			if r.Code != http.StatusUnprocessableEntity || !strings.Contains(back, want) {
				t.Errorf("POST %s: %d, and what comes back does not hold %q", path, r.Code, want)
			}
		}
	}
	if p := page(vic, "/audit"); strings.Contains(p, "Plan an audit") || !strings.Contains(p, "No audit is planned yet.") {
		t.Error("who may only look is shown the form")
	}
	goes(nadia, "/audit/propose", "")
	if p := page(nadia, "/audit"); strings.Count(p, "Internal audit, year") != 3 || strings.Contains(p, "Propose audits") {
		t.Error("the proposals are not shown, or more are offered")
	}
	refused(nadia, "/audit/programme", form("version", "1", "begins", "soon", "years", "3"), "begins: name the first day", `value="soon"`)
	goes(nadia, "/audit/programme", form("version", "1", "begins", "2026-01-01", "years", "3"))
	plan := []string{"title", "Backups " + hostile, "begins", "2026-11-20", "ends", "2026-11-30", "clause", "9.2", "control", "backup", "service", "aws"}
	refused(nadia, "/audit", form(append(plan, "lead", "platform")...), "nobody audits his own work", "owns Amazon Web Services", `value="2026-11-20"`)
	at := goes(nadia, "/audit", form(append(plan, "outside", "Nadia Roth", "team", "Otto Outside\r\n")...))
	if at != "/audit/a4" {
		t.Fatalf("the audit is at %s", at)
	}
	one := page(nadia, at)
	if !strings.Contains(one, "Otto Outside") || strings.Contains(one, "<script>alert") || !strings.Contains(one, `id="question"`) {
		t.Error("the page of the audit is wrong")
	}
	refused(nadia, at+"/answer", form("question", "clause/9.2", "version", "0", "result", "minor", "seen", "the minutes", "statement", ""), "statement: say what the lapse is", "the minutes</textarea>")
	to := goes(nadia, at+"/answer", form("question", "clause/9.2", "version", "0", "result", "minor", "seen", "the minutes "+hostile, "statement", "no audit in 2025", "where", "management", "next", "duty/12.3.1-C1"))
	if to != at+"?question=duty%2F12.3.1-C1#question" {
		t.Errorf("then it goes to %s", to)
	}
	refused(nadia, at+"/conclude", form("version", "2", "words", "It conforms."), "questions have no answer")
	for range 20 {
		p := page(nadia, at)
		m := regexp.MustCompile(`name="question" value="([^"]+)"`).FindStringSubmatch(p)
		if m == nil || !strings.Contains(p, "no answer yet") {
			break
		}
		goes(nadia, at+"/answer", form("question", m[1], "version", "0", "result", "conforms", "seen", "the plan"))
	}
	refused(nadia, at+"/sample", form("population", "people", "size", "0", "why", "access"), "size: 1 to 500")
	goes(nadia, at+"/sample", form("population", "people", "size", "2", "why", "access of leavers"))
	version := regexp.MustCompile(`name="version" value="(\d+)"/?>\s*<label><span>Whether`).FindStringSubmatch(page(nadia, at))
	if version == nil {
		t.Fatal("no form to conclude")
	}
	goes(nadia, at+"/conclude", form("version", version[1], "words", "It conforms but for one lapse."))
	if p := page(vic, at); !strings.Contains(p, "What stands is what was concluded.") || !strings.Contains(p, "access of leavers") || strings.Contains(p, "Conclude the audit") {
		t.Error("the concluded audit is shown wrongly")
	}
	foundAndMended(t, h, nadia, carl, page, goes, refused)
	for _, x := range []struct{ path, format, begins string }{{at, "pdf", "%PDF"}, {at, "docx", "PK"}, {at, "json", "{"}, {"/audit", "xlsx", "PK"}, {"/audit", "pdf", "%PDF"}, {"/audit", "yaml", "programme:"}} {
		if r := nadia.do(http.MethodPost, x.path+"/paper", form("format", x.format)); r.Code != http.StatusOK || !strings.HasPrefix(text(r), x.begins) {
			t.Errorf("%s as %s: %d", x.path, x.format, r.Code)
		}
	}
	page(vic, "/audit?cover=in+part")
}

// foundAndMended brings what was raised to its end.
func foundAndMended(t *testing.T, h, nadia, carl *house, page func(*house, string) string, goes func(*house, string, string) string, refused func(*house, string, string, ...string)) {
	t.Helper()
	const at = "/nonconformity/n1"
	if p := page(carl, "/"); !strings.Contains(p, "Say why it came to it") {
		t.Error("it does not wait for who may treat it")
	}
	refused(carl, at, form("version", "1", "cause", "nobody had the task", "step", "a calendar", "step.owner", "", "step.due", "2026-12-31"), "action 1: name who does it", "nobody had the task</textarea>", `value="a calendar"`)
	whole := []string{"cause", "nobody had the task", "correction", "an audit was held", "corrected", "2026-11-24", "step", "a calendar", "step.owner", "security", "step.due", "2026-12-31"}
	goes(carl, at, form(append(whole, "version", "1", "step.done", "")...))
	if p := page(carl, at); !strings.Contains(p, "acting") {
		t.Error("an open action leaves it acting")
	}
	refused(carl, at, form(append(whole, "version", "1", "step.done", "2026-11-24")...), "was changed meanwhile")
	goes(carl, at, form(append(whole, "version", "2", "step.done", "2026-11-24")...))
	if r := carl.do(http.MethodPost, at+"/verify", form("version", "3", "effective", "yes", "words", "x")); r.Code != http.StatusForbidden {
		t.Errorf("a contributor verifies: %d", r.Code)
	}
	if p := page(nadia, "/"); !strings.Contains(p, "Look whether what was done works") {
		t.Error("it does not wait for who may verify it")
	}
	refused(nadia, at+"/verify", form("version", "3", "effective", "yes", "words", " "), "words: say what was looked at")
	goes(nadia, at+"/verify", form("version", "3", "effective", "yes", "words", "the calendar holds it"))
	if p := page(carl, at); !strings.Contains(p, "It works.") || !strings.Contains(p, "Nothing: it is closed.") {
		t.Error("it is not closed")
	}
	refused(nadia, "/nonconformity", form("source", "complaint", "grade", "minor", "requirement", "", "statement", "late notice", "where", "ledger", "evidence", "a letter"), "requirement: say which", "late notice</textarea>")
	if to := goes(h, "/nonconformity", form("source", "complaint", "grade", "opportunity", "requirement", "the notice", "statement", "late notice", "where", "ledger", "evidence", "a letter")); to != "/nonconformity/n2" {
		t.Errorf("it is at %s", to)
	}
	page(carl, "/nonconformity/n2")
	if p := page(carl, "/nonconformity?state=closed"); !strings.Contains(p, "n1: no audit in 2025") || strings.Contains(p, "n2: ") {
		t.Error("the filter shows something else")
	}
}
