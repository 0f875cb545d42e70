// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
)

// TestReview is a management review in the browser: begun, refused while an input
// has no word, signed, and carried out.
func TestReview(t *testing.T) {
	h := open(t, trap)
	vic := h.person(h.caller.Org, "vic@larkspur.example", account.Member{Role: account.Viewer})
	page := func(who *house, path string) string {
		t.Helper()
		d := parse(text(who.do(http.MethodGet, path, "")))
		if len(d.faults) > 0 || len(d.first) != 3 {
			t.Errorf("%s: %v, the first lines say %q", path, d.faults, d.first)
		}
		return d.page
	}
	if p := page(vic, "/review"); strings.Contains(p, "Begin a review") || !strings.Contains(p, "a) Status of actions") {
		t.Error("the inputs are not shown, or the form is")
	}
	if r := h.do(http.MethodPost, "/review", form("day", "2099-01-01", "outside", "Ada "+hostile)); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "2099-01-01") {
		t.Errorf("on a day to come: %d", r.Code)
	}
	if r := h.do(http.MethodPost, "/review", form("day", "2026-11-25", "outside", "Ada "+hostile, "present", "Otto\r\nIda")); r.Code != http.StatusSeeOther {
		t.Fatalf("beginning: %d %s", r.Code, text(r))
	}
	const at = "/review/m1"
	if r := h.do(http.MethodPost, at+"/sign", form("version", "1")); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "the records say nothing of it") {
		t.Errorf("signing with inputs of which nobody speaks: %d", r.Code)
	}
	said := []string{"version", "1", "step", "a second auditor is trained", "step.owner", "", "step.due", "", "step.done", ""}
	for _, m := range regexp.MustCompile(`name="said\.([a-z0-9]+)"`).FindAllStringSubmatch(page(h, at), -1) {
		said = append(said, "said."+m[1], "none, "+m[1])
	}
	if r := h.do(http.MethodPost, at, form(said...)); r.Code != http.StatusSeeOther {
		t.Fatalf("writing: %d %s", r.Code, text(r))
	}
	if r := h.do(http.MethodPost, at, form(said...)); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "none, b</textarea>") {
		t.Errorf("two at once: %d", r.Code)
	}
	if r := h.do(http.MethodPost, at+"/sign", form("version", "2")); r.Code != http.StatusSeeOther {
		t.Fatalf("signing: %d %s", r.Code, text(r))
	}
	if p := page(vic, at); !strings.Contains(p, "signed by") || !strings.Contains(p, "none, b") || strings.Contains(p, "<script>alert") {
		t.Error("the signed minutes are shown wrongly")
	}
	if r := h.do(http.MethodPost, at, form("version", "3", "step", "a second auditor is trained", "step.done", "2026-11-25")); r.Code != http.StatusSeeOther {
		t.Errorf("carried out: %d %s", r.Code, text(r))
	}
	if p := page(h, at); !strings.Contains(p, "what was decided is carried out") || strings.Contains(p, "not any more what was signed") {
		t.Error("what was carried out is not told, or breaks the signature")
	}
	for format, begins := range map[string]string{"docx": "PK", "pdf": "%PDF"} {
		if r := h.do(http.MethodPost, at+"/paper", form("format", format)); !strings.HasPrefix(text(r), begins) {
			t.Errorf("%s: %d", format, r.Code)
		}
	}
	page(vic, "/review")
	if p := page(h, "/"); !strings.Contains(p, "Continual improvement") || !strings.Contains(p, "The work is here") {
		t.Error("the seven phases are not on the first page")
	}
}
