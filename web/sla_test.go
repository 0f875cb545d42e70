// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"strings"
	"testing"

	"demarc.dev/demarc/account"
)

const postriderLevels = `# Service level agreement of Postrider

1. Availability. Provider will make the mail API available for at least 99.9% of each calendar month.

2. Credits. If the availability is less than 99.9% but at least 99.0%, the credit is 10% of the monthly fee.

3. Claims. To receive a credit, Customer must submit a claim within 30 days of the end of the calendar month.
`

// TestLevels is the story of a service level: read from an agreement, taken
// over, given a fee, measured, composed, reviewed, and taken off the list.
func TestLevels(t *testing.T) {
	h := open(t, trap)
	_, _, at := h.handIn("/agreement", map[string]string{"name": "Postrider: levels", "pack": "gdpr28"}, [2]string{"sla.md", postriderLevels})
	page := text(h.do(http.MethodGet, at+"/sla", ""))
	for _, want := range []string{"99.9 % a month", "below 99.9, at least 99: 10 %", "within 30 days after the end of the window", "clause 1", "Take it over"} {
		if !strings.Contains(page, want) {
			t.Errorf("what the agreement names does not say %q", want)
		}
	}
	r := h.do(http.MethodPost, at+"/sla", form("at", "0"))
	if r.Code != http.StatusSeeOther {
		t.Fatalf("taking it over: %d %s", r.Code, text(r))
	}
	const level = "/sla/l2"
	fields := []string{"name", "Availability of the mail API", "target", "99.9", "window", "month", "zone", "UTC", "method", "time", "tiers", "below 99.9, at least 99: 10 %\nbelow 99: 25 %", "within", "30", "unit", "day", "after", "window", "fee", "400", "currency", "EUR", "agreement", "g2"}
	if r := h.do(http.MethodPost, level, form(fields...)); r.Code != http.StatusSeeOther {
		t.Fatalf("changing it: %d %s", r.Code, text(r))
	}
	if r := h.do(http.MethodPost, level, form(append(fields, "since", "yesterday")...)); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "yesterday") {
		t.Errorf("a day that is none: %d", r.Code)
	}
	csv := "start,end,what,kind\n2026-01-03T08:00:00Z,2026-01-03T10:00:00Z,queue,down\n"
	if code, page, _ := h.handIn(level+"/record", nil, [2]string{"outages.csv", csv}); code != http.StatusSeeOther {
		t.Fatalf("handing measurements in: %d %s", code, page)
	}
	if code, page, _ := h.handIn(level+"/record", nil, [2]string{"bad.csv", "start,end\nnever,never\n"}); code != http.StatusUnprocessableEntity || !strings.Contains(page, "bad.csv:2: start") {
		t.Errorf("bad measurements: %d", code)
	}
	page = text(h.do(http.MethodGet, level, ""))
	d := parse(page)
	if len(d.faults) > 0 || len(d.first) != 3 {
		t.Errorf("%v, first lines %q", d.faults, d.first)
	}
	for _, want := range []string{"2026-01", "99.731182 %", "missed", "10 %, 40 EUR", "2026-03-02", "2 h", "by incidents", "Keep the minutes"} {
		if !strings.Contains(page, want) {
			t.Errorf("the level does not say %q", want)
		}
	}
	if page = text(h.do(http.MethodGet, "/sla?of=l2+*+99.9", "")); !strings.Contains(page, "99.8001 %") || !strings.Contains(page, "fail independently") {
		t.Error("nothing is composed")
	}
	if page = text(h.do(http.MethodGet, "/sla?of=l2+%2B+1", "")); !strings.Contains(page, "It cannot be reckoned") {
		t.Error("a wrong expression is not told")
	}
	if r := h.do(http.MethodPost, level+"/review", form("on", "2026-01-05")); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "say who was there") {
		t.Errorf("minutes without people: %d", r.Code)
	}
	if r := h.do(http.MethodPost, level+"/review", form("on", "2026-01-05", "people", "Ines\r\nPostrider support", "minutes", "The queue stood.", "decisions", "Claim the credit; Ines; 2026-02-01")); r.Code != http.StatusSeeOther {
		t.Errorf("keeping minutes: %d %s", r.Code, text(r))
	}
	if page = text(h.do(http.MethodGet, level, "")); !strings.Contains(page, "The queue stood.") || !strings.Contains(page, "Claim the credit") {
		t.Error("the minutes are not shown")
	}
	viewer := h.person(h.caller.Org, "vera@larkspur.example", account.Member{Role: account.Viewer})
	if page = text(viewer.do(http.MethodGet, level, "")); strings.Contains(page, "<form class=\"stack\"") {
		t.Error("who may only look is shown forms")
	}
	if r := h.do(http.MethodPost, "/sla", form("name", "x", "target", "101", "tiers", "nonsense")); r.Code != http.StatusUnprocessableEntity || !strings.Contains(text(r), "nonsense") {
		t.Errorf("a level that is none: %d", r.Code)
	}
	if r := h.do(http.MethodPost, "/sla", form("name", "Own", "target", "99", "window", "year", "per.credit", "1", "per.unit", "days", "per.each", "60")); r.Code != http.StatusSeeOther {
		t.Errorf("a level by hand: %d %s", r.Code, text(r))
	}
	for _, path := range []string{level + "/record/m1/remove", level + "/remove"} {
		if r := h.do(http.MethodPost, path, ""); r.Code != http.StatusSeeOther {
			t.Errorf("%s: %d", path, r.Code)
		}
	}
}
