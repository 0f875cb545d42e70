// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/responsibility"
)

// field gives what a form field of a page holds: of a text, an input or a list.
func field(t *testing.T, page, name string) string {
	t.Helper()
	for _, form := range []string{`<textarea name="` + name + `"[^>]*>([^<]*)</textarea>`, `<input type="(?:text|hidden)" name="` + name + `"[^>]* value="([^"]*)"`, `(?s)<select name="` + name + `">(.*?)</select>`} {
		all := regexp.MustCompile(form).FindAllStringSubmatch(page, -1)
		if len(all) == 0 {
			continue
		}
		value := all[len(all)-1][1] // the panel stands after the filter and the form for many
		if m := regexp.MustCompile(`<option value="([^"]*)" selected`).FindStringSubmatch(value); m != nil {
			value = m[1]
		}
		return html.UnescapeString(value)
	}
	t.Fatalf("the page has no field %s", name)
	return ""
}

// TestMatrix_RefusedEdit: what was typed is shown again, with each fault at its
// field; what somebody else saved meanwhile is shown beside it, by whom; and
// what only they changed is not undone by saving again.
func TestMatrix_RefusedEdit(t *testing.T) {
	h := open(t, larkspur)
	carl := h.person(h.caller.Org, "carl@larkspur.example", account.Member{Role: account.Contributor})
	dora := h.person(h.caller.Org, "dora@larkspur.example", account.Member{Role: account.Contributor})
	const at, duty = "/responsibility/mailer", "9.2.1-C1"
	send := func(who *house, version string, change ...string) (int, string) {
		words := []string{"edition", "2015", "version", version, "duty", duty, "customer", "both", "provider", "none", "basis", "internal", "reference", "ISMS 4.2", "view", "party=customer&text=9.2"}
		r := who.do(http.MethodPost, at+"/line", form(append(words, change...)...))
		return r.Code, text(r)
	}
	code, page := send(carl, "0", "customer", "everything", "customer_owner", "nobody-here", "rationale", hostile, "note", "two\r\nlines", "evidence", strings.Repeat("x", 500))
	if code != http.StatusUnprocessableEntity {
		t.Fatalf("a faulty line: %d", code)
	}
	for name, want := range map[string]string{"customer": "everything", "provider": "none", "customer_owner": "nobody-here", "rationale": hostile, "note": "two\nlines", "reference": "ISMS 4.2", "evidence": strings.Repeat("x", 500), "version": "0", "view": "edition=2015&party=customer&text=9.2"} {
		if got := field(t, page, name); got != want {
			t.Errorf("%s holds %q, typed was %q", name, got, want)
		}
	}
	if n := strings.Count(page, `class="fault"`); n != 3 {
		t.Errorf("%d faults are shown at their fields, of 3", n)
	}
	if strings.Contains(page, "<script>alert") || strings.Contains(page, `"9.2.1-P1"`) {
		t.Error("the page runs what was typed, or forgot its filter")
	}
	if d := parse(page); len(d.faults) > 0 {
		t.Error(d.faults)
	}

	if r := carl.do(http.MethodPost, at+"/step/adopt", form("edition", "2015", "version", "0")); r.Code != http.StatusSeeOther {
		t.Fatal(r.Code)
	}
	if code, page := send(dora, "1", "provider", "performs", "split", "they make, we name", "note", "dora's"); code != http.StatusSeeOther {
		t.Fatalf("dora: %d %s", code, page)
	}
	// Carl saw version 1. He changes note and rationale; Dora changed split, provider and note.
	before := must(h.app.DefaultMatrix(t.Context(), h.caller, "mailer", catalogue.Edition2015))
	line, _ := before.Line(duty)
	code, page = send(carl, "1", "customer", string(line.Customer), "provider", string(line.Provider), "basis", string(line.Basis.Kind), "reference", line.Basis.Reference, "note", "carl's", "rationale", "because")
	if code != http.StatusConflict {
		t.Fatalf("a stale version: %d", code)
	}
	for name, want := range map[string]string{"note": "carl's", "rationale": "because", "split": "they make, we name", "provider": "performs", "version": "2"} {
		if got := field(t, page, name); got != want {
			t.Errorf("after the conflict %s holds %q, want %q", name, got, want)
		}
	}
	for _, says := range []string{"You saw version 1", "dora@larkspur.example", "somebody else saved: dora&#39;s", "You had not, so theirs stands"} {
		if !strings.Contains(page, says) {
			t.Errorf("the page does not say %q", says)
		}
	}
	if d := parse(page); len(d.faults) > 0 {
		t.Error(d.faults)
	}
	// He saves the form as it was shown to him.
	again := []string{}
	for _, name := range []string{"customer", "provider", "split", "basis", "reference", "note", "rationale"} {
		again = append(again, name, field(t, page, name))
	}
	if code, page := send(carl, "2", again...); code != http.StatusSeeOther {
		t.Fatalf("saving again: %d %s", code, page)
	}
	now, _ := must(h.app.Matrices(t.Context(), h.caller, catalogue.Edition2015)).Stored["mailer"].Line(duty)
	if now.Note != "carl's" || now.Split != "they make, we name" || now.Rationale != "because" || now.Provider != responsibility.Performs {
		t.Errorf("what is stored: %+v", now)
	}
	if r := carl.do(http.MethodPost, at+"/line", form("edition", "2015", "version", "3", "duty", "99.9-C1", "customer", "both", "provider", "none", "basis", "internal")); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "Nothing was saved") {
		t.Errorf("a line of no duty: %d", r.Code)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func number(n int) string { return strconv.Itoa(n) }

func plural(n int, what string) string { return number(n) + " " + what + "s" }

// TestMatrix_Page is what the page of a matrix does beside the edit of one line.
func TestMatrix_Page(t *testing.T) {
	h := open(t, larkspur)
	t.Run("Filter", func(t *testing.T) { filtered(t, h) })
	t.Run("ManyLines", func(t *testing.T) { manyLines(t, h) })
	t.Run("StaleSays", func(t *testing.T) { staleSays(t, h) })
}

// manyLines: the ticked lines, or all that the filter shows, change in
// one act; what is refused loses nothing.
func manyLines(t *testing.T, h *house) {
	carl := h.person(h.caller.Org, "carl@larkspur.example", account.Member{Role: account.Contributor})
	vic := h.person(h.caller.Org, "vic@larkspur.example", account.Member{Role: account.Viewer})
	const at = "/responsibility/aws"
	stored := func() *responsibility.Matrix {
		return must(h.app.Matrices(t.Context(), h.caller, catalogue.Edition2026)).Stored["aws"]
	}
	m := stored()
	q := url.Values{"edition": {"2026"}, "version": {number(m.Version)}, "which": {"chosen"}, "duty": {m.Allocations[0].Duty, m.Allocations[2].Duty}, "note": {"seen"}, "basis": {"contract"}, "reference": {"MSA 4"}}
	if r := vic.do(http.MethodPost, at+"/lines", q.Encode()); r.Code != http.StatusForbidden {
		t.Errorf("a viewer: %d", r.Code)
	}
	size := must(h.app.LogSize(t.Context(), h.caller))
	if r := carl.do(http.MethodPost, at+"/lines", q.Encode()); r.Code != http.StatusSeeOther {
		t.Fatalf("two lines: %d %s", r.Code, text(r))
	}
	if now := must(h.app.LogSize(t.Context(), h.caller)); now != size+2 { // the change, and who Carl is
		t.Errorf("%d entries", now-size)
	}
	now := stored()
	if a, b, c := now.Allocations[0], now.Allocations[1], now.Allocations[2]; a.Note != "seen" || b.Note == "seen" || c.Basis.Reference != "MSA 4" {
		t.Errorf("%+v\n%+v\n%+v", a, b, c)
	}
	page := text(carl.do(http.MethodGet, at+"?party=provider&text=backup", ""))
	shown := field(t, page, "shown")
	if n := strings.Count(shown, ",") + 1; n < 3 || n > 60 || strings.Count(page, `form="lines"`) != n {
		t.Fatalf("the filter shows %d lines: %s", n, shown)
	}
	all := url.Values{"edition": {"2026"}, "version": {number(m.Version)}, "which": {"shown"}, "shown": {shown}, "customer_owner": {"nobody-here"}, "note": {"for all"}, "view": {"party=provider&text=backup"}, "duty": {m.Allocations[0].Duty}}
	r := carl.do(http.MethodPost, at+"/lines", all.Encode())
	page = text(r)
	if r.Code != http.StatusConflict || !strings.Contains(page, "You saw version") || !strings.Contains(page, "for all") || !regexp.MustCompile(`value="shown" checked`).MatchString(page) {
		t.Errorf("a stale version: %d", r.Code)
	}
	all.Set("version", number(now.Version))
	r = carl.do(http.MethodPost, at+"/lines", all.Encode())
	page = text(r)
	if n := strings.Count(shown, ",") + 1; r.Code != http.StatusUnprocessableEntity || !strings.Contains(page, plural(n, "fault")+" were found") || !strings.Contains(page, strings.ReplaceAll(shown, ",", ", ")+": people of the scope") || !strings.Contains(page, "for all") {
		t.Errorf("nobody of that name in %d lines: %d, %d faults", n, r.Code, strings.Count(page, `class="fault"`))
	}
	all.Set("customer_owner", "platform")
	if r := carl.do(http.MethodPost, at+"/lines", all.Encode()); r.Code != http.StatusSeeOther || !strings.Contains(r.Header().Get("Location"), "text=backup") {
		t.Fatalf("all that is shown: %d to %s", r.Code, r.Header().Get("Location"))
	}
	for _, l := range stored().Allocations {
		if in := slices.Contains(strings.Split(shown, ","), l.Duty); in != (l.Note == "for all" && l.CustomerOwner == "platform") {
			t.Errorf("%s was shown: %v, and says %q", l.Duty, in, l.Note)
		}
	}
	for name, bad := range map[string]url.Values{
		"nothing":            {"edition": {"2026"}, "version": {number(stored().Version)}, "duty": {m.Allocations[0].Duty}},
		"no line":            {"edition": {"2026"}, "version": {number(stored().Version)}, "note": {"x"}},
		"a reference only":   {"edition": {"2026"}, "version": {number(stored().Version)}, "duty": {m.Allocations[0].Duty}, "reference": {"x"}},
		"nothing is shown":   {"edition": {"2026"}, "version": {number(stored().Version)}, "note": {"x"}, "which": {"shown"}},
		"a duty of no place": {"edition": {"2026"}, "version": {number(stored().Version)}, "note": {"x"}, "duty": {"99.9-C1"}},
	} {
		if r := carl.do(http.MethodPost, at+"/lines", bad.Encode()); r.Code != http.StatusUnprocessableEntity && r.Code != http.StatusBadRequest || !strings.Contains(text(r), "Nothing was saved") {
			t.Errorf("%s: %d", name, r.Code)
		}
	}
}

// filtered: each filter leaves what it says, in the address; the panel
// leads to the lines before and after it, as they are shown.
func filtered(t *testing.T, h *house) {
	m := must(h.app.Matrices(t.Context(), h.caller, catalogue.Edition2026))
	rows := func(query string) []string {
		var out []string
		for _, x := range regexp.MustCompile(`<tr id="line-([^"]+)"`).FindAllStringSubmatch(text(h.do(http.MethodGet, "/responsibility/ledger?"+query, "")), -1) {
			out = append(out, x[1])
		}
		return out
	}
	all := rows("edition=2026")
	if len(all) < 250 {
		t.Fatalf("%d rows", len(all))
	}
	party := rows("edition=2026&party=customer")
	if len(party) == 0 || len(party) == len(all) || slices.ContainsFunc(party, func(d string) bool { return !strings.Contains(d, "-C") }) {
		t.Errorf("of the customer: %q", party)
	}
	kinds := map[string]responsibility.VerdictKind{}
	for _, v := range m.Verdicts {
		if v.Service == "ledger" {
			kinds[v.Duty] = v.Kind
		}
	}
	open := func(d string) bool {
		return kinds[d] == responsibility.OnNobody || kinds[d] == responsibility.OnBoth || kinds[d] == responsibility.Unallocated
	}
	if got, want := rows("edition=2026&open=yes"), slices.DeleteFunc(slices.Clone(all), func(d string) bool { return !open(d) }); !slices.Equal(got, want) {
		t.Errorf("only gaps and overlaps: %q, want %q", got, want)
	}
	for _, query := range []string{"control=backup", "text=restore", "rule=any", "theme=A.8", "verdict=shared", "text=no+such+word"} {
		if got := rows("edition=2026&" + query); len(got) == len(all) {
			t.Errorf("%s shows %d rows", query, len(got))
		}
	}
	page := text(h.do(http.MethodGet, "/responsibility/ledger?edition=2026&party=customer&line="+party[1], ""))
	for rel, duty := range map[string]string{"prev": party[0], "next": party[2]} {
		link := regexp.MustCompile(`href="([^"]*)" rel="` + rel + `"`).FindStringSubmatch(page)
		if link == nil || !strings.Contains(link[1], "line="+duty+"&amp;party=customer#line-"+duty) {
			t.Errorf("the %s line is %q, want %s", rel, link, duty)
		}
	}
}

// staleSays: a sign-off that went stale says what changed, old and
// new, who and when.
func staleSays(t *testing.T, h *house) {
	m := must(h.app.SignMatrix(t.Context(), h.caller, "aws", catalogue.Edition2026, 0, "Ruth Calder"))
	line := m.Allocations[1]
	line.Provider = responsibility.Performs
	_, _, err := h.app.EditMatrix(t.Context(), app.Local(h.caller.Org, "carl@larkspur.example"), "aws", catalogue.Edition2026, m.Version, []responsibility.Allocation{line})
	if err != nil {
		t.Fatal(err)
	}
	page := text(h.do(http.MethodGet, "/responsibility/aws?edition=2026", ""))
	at := strings.Index(page, "What changed since it was signed")
	if at < 0 {
		t.Fatal("the page does not say what changed")
	}
	section := page[at : at+strings.Index(page[at:], "</section>")]
	for _, says := range []string{"Ruth Calder", "version " + number(m.Version), line.Duty, "what the provider does", "nothing", "performs", "carl@larkspur.example"} {
		if !strings.Contains(section, says) {
			t.Errorf("it does not say %q: %s", says, section)
		}
	}
}
