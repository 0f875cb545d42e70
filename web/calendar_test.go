// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/example"
)

// TestCalendar is the control calendar in the browser: seeded, one of the firm's
// own, done with the file that shows it, and what is typed is never lost.
func TestCalendar(t *testing.T) {
	h := open(t, func(t *testing.T, a *app.App, c app.Caller) {
		data, err := fs.ReadFile(example.Files(), "scope.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.SetScope(t.Context(), c, "scope.yaml", data); err != nil {
			t.Fatal(err)
		}
	})
	con := h.person(h.caller.Org, "con@larkspur.example", account.Member{Role: account.ControlOwner})
	page := func(who *house, path string) string {
		t.Helper()
		d := parse(text(who.do(http.MethodGet, path, "")))
		if len(d.faults) > 0 || len(d.first) != 3 {
			t.Errorf("%s: %v, the first lines say %q", path, d.faults, d.first)
		}
		return d.page
	}
	if p := page(con, "/calendar"); strings.Contains(p, "Write the usual routines in") || !strings.Contains(p, "no routine yet") {
		t.Error("who may not edit is shown the form")
	}
	if r := h.do(http.MethodPost, "/calendar/seed", ""); r.Code != http.StatusSeeOther {
		t.Fatalf("seeding: %d", r.Code)
	}
	own := []string{"id", "look", "title", "Look " + hostile, "from", "2026-11-27", "grace", "5", "evidence", "yes", "control", "event-logging"}
	if r := h.do(http.MethodPost, "/calendar", form(append(own, "every", "", "rule", "often")...)); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), `value="often"`) {
		t.Errorf("a rule that is none: %d", r.Code)
	}
	if r := h.do(http.MethodPost, "/calendar", form(append(own, "every", "", "rule", "FREQ=MONTHLY;BYMONTHDAY=27")...)); r.Code != http.StatusSeeOther {
		t.Fatalf("one of our own: %d %s", r.Code, text(r))
	}
	if p := page(con, "/"); !strings.Contains(p, "Perform: Look") || strings.Contains(p, "<script>alert") {
		t.Error("it does not wait for who may do it")
	}
	const perform = "/calendar/look/perform"
	done := func(words string) []string {
		return []string{"due", "2026-11-27", "on", "2026-11-25", "outcome", "nothing found", "words", words}
	}
	if r := con.send(perform, sent{name: "proof.txt", file: strings.NewReader("seen"), fields: done("")}); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "words: say what was looked at") {
		t.Errorf("without words: %d", r.Code)
	}
	if r := con.send(perform, sent{fields: done("all deliver")}); r.Code != http.StatusSeeOther {
		t.Fatalf("done: %d %s", r.Code, text(r))
	}
	if p := page(con, "/calendar/look"); !strings.Contains(p, "without evidence") || !strings.Contains(p, "Evidence of 2026-11-27") {
		t.Error("what was done without evidence is not told")
	}
	if r := con.send(perform, sent{name: "proof.txt", file: strings.NewReader("seen"), fields: []string{"due", "2026-11-27", "attach", "yes"}}); r.Code != http.StatusSeeOther {
		t.Fatalf("attaching: %d %s", r.Code, text(r))
	}
	if r := con.do(http.MethodGet, "/calendar/look/2026-11-27/body?file=0", ""); text(r) != "seen" || !strings.Contains(r.Header().Get("Content-Disposition"), "proof.txt") {
		t.Errorf("its file: %d %q", r.Code, text(r))
	}
	if r := con.do(http.MethodGet, "/calendar.ics", ""); !strings.HasPrefix(text(r), "BEGIN:VCALENDAR") {
		t.Errorf("the days: %d", r.Code)
	}
	if r := h.do(http.MethodPost, "/calendar/look", form("version", "1", "title", "Look", "every", "FREQ=YEARLY", "from", "2026-11-27", "grace", "5")); r.Code != http.StatusSeeOther {
		t.Errorf("changing it: %d %s", r.Code, text(r))
	}
	if r := h.do(http.MethodPost, "/calendar/look", form("version", "1", "title", "Other words", "every", "FREQ=YEARLY", "from", "2026-11-27")); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), `value="Other words"`) {
		t.Errorf("two at once: %d", r.Code)
	}
	for format, begins := range map[string]string{"xlsx": "PK", "pdf": "%PDF", "yaml": "routines:", "ics": "BEGIN"} {
		if r := h.do(http.MethodPost, "/calendar/paper", form("format", format)); !strings.HasPrefix(text(r), begins) {
			t.Errorf("%s: %d", format, r.Code)
		}
	}
	page(con, "/calendar?state=to+come")
}
