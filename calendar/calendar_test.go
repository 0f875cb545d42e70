// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/catalogue"
)

var now = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

func world(t testing.TB) World {
	t.Helper()
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	return World{Catalogue: cat, Services: []string{"ledger"}, People: []string{"platform"}}
}

// TestRule_OverTheEdges: the end of the year, the 29th of February, months that
// are too short, and the weeks about a change to summer time.
func TestRule_OverTheEdges(t *testing.T) {
	for _, x := range []struct{ rule, from, last, want string }{
		{"FREQ=MONTHLY;INTERVAL=3", "2026-11-30", "2027-12-31", "2026-11-30 2027-02-28 2027-05-30 2027-08-30 2027-11-30"},
		{"FREQ=MONTHLY", "2026-12-31", "2027-04-30", "2026-12-31 2027-01-31 2027-02-28 2027-03-31 2027-04-30"},
		{"FREQ=MONTHLY;BYMONTHDAY=-1", "2028-01-15", "2028-04-01", "2028-01-31 2028-02-29 2028-03-31"},
		{"FREQ=MONTHLY;BYMONTHDAY=31", "2027-01-31", "2027-04-30", "2027-01-31 2027-02-28 2027-03-31 2027-04-30"},
		{"FREQ=YEARLY", "2028-02-29", "2032-03-01", "2028-02-29 2029-02-28 2030-02-28 2031-02-28 2032-02-29"},
		{"FREQ=WEEKLY;INTERVAL=2", "2026-12-21", "2027-01-31", "2026-12-21 2027-01-04 2027-01-18"},
		{"FREQ=WEEKLY;BYDAY=FR,MO", "2026-03-25", "2026-04-06", "2026-03-27 2026-03-30 2026-04-03 2026-04-06"},
		{"FREQ=DAILY;INTERVAL=10", "2026-03-25", "2026-04-15", "2026-03-25 2026-04-04 2026-04-14"},
		{"FREQ=MONTHLY;BYMONTHDAY=1", "2026-05-15", "2026-07-02", "2026-06-01 2026-07-01"},
	} {
		r, err := parseRule(x.rule)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range r.days(Day(x.from), Day(x.last)) {
			got = append(got, string(d))
		}
		if strings.Join(got, " ") != x.want {
			t.Errorf("%s from %s: %v, want %s", x.rule, x.from, got, x.want)
		}
	}
	for _, bad := range []string{"", "FREQ=HOURLY", "INTERVAL=2", "FREQ=MONTHLY;INTERVAL=0", "FREQ=MONTHLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=XX", "FREQ=DAILY;BYMONTHDAY=1", "FREQ=MONTHLY;COUNT=3", "monthly"} {
		if _, err := parseRule(bad); err == nil {
			t.Errorf("%q is taken for a rule", bad)
		}
	}
	if s := Says("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1"); s != "every 3 months, on the last day" {
		t.Error(s)
	}
}

// TestOccurrences: how each stands follows from the rule, what was done and the
// day; what was missed stays missed, also after the rule changed.
func TestOccurrences(t *testing.T) {
	r := Routine{ID: "log-review", Title: "Logs", Rule: "FREQ=MONTHLY", From: "2026-06-30", Grace: 10, Evidence: true, Version: 1}
	done := []Done{
		{Routine: "log-review", Due: "2026-06-30", On: "2026-06-29", Files: []File{{Name: "a"}}},
		{Routine: "log-review", Due: "2026-07-30", On: "2026-08-02", Files: []File{{Name: "a"}}},
		{Routine: "log-review", Due: "2026-08-30", On: "2026-08-30"},
		{Routine: "other", Due: "2026-09-30", On: "2026-09-30"},
	}
	states := func(r Routine, at time.Time) string {
		var out []string
		for _, o := range r.Occurrences("2026-06-01", "2026-12-31", done, at) {
			out = append(out, fmt.Sprint(string(o.Due)[5:], " ", o.State))
		}
		return strings.Join(out, ", ")
	}
	const past = "06-30 done, 07-30 done late, 08-30 without evidence, 09-30 missed, 10-30 missed, "
	if got := states(r, now); got != past+"11-30 due, 12-30 to come" {
		t.Error(got)
	}
	if got := states(r, now.AddDate(0, 0, 10)); got != past+"11-30 overdue, 12-30 to come" {
		t.Error(got)
	}
	changed := r
	changed.Rule = "FREQ=YEARLY"
	changed = changed.Change(r, now)
	if got := states(changed, now); got != past+"11-25 due" || changed.Version != 2 {
		t.Error(got)
	}
	if same := r.Change(r, now); len(same.Earlier) != 0 {
		t.Error("a rule that stays begins anew")
	}
	o := r.Occurrences("2026-11-01", "2026-11-30", nil, now)[0]
	if o.Opens != "2026-11-15" || o.Closes != "2026-12-10" {
		t.Errorf("it opens on %s and closes on %s", o.Opens, o.Closes)
	}
	if err := o.Doable(Done{On: "2026-11-25", Outcome: Fine, Words: "x"}, now); err != nil {
		t.Error(err)
	}
	if o.Doable(Done{On: "2026-11-26", Outcome: Fine, Words: "x"}, now) == nil || o.Doable(Done{On: "2026-11-01", Outcome: "maybe"}, now) == nil {
		t.Error("it is done in the days to come, or long before")
	}
	o.State = Missed
	if o.Doable(Done{On: "2026-11-25", Outcome: Fine, Words: "x"}, now) == nil {
		t.Error("what was missed is ticked away")
	}
	if weekly := (Routine{ID: "w", Rule: "FREQ=WEEKLY", From: "2026-11-02", Grace: 30}).Occurrences("2026-11-01", "2026-11-10", nil, now); weekly[0].Closes != "2026-11-08" {
		t.Errorf("grace goes beyond the next one: %s", weekly[0].Closes)
	}
}

func TestUsual(t *testing.T) {
	w, seen := world(t), map[string]bool{}
	for _, r := range Usual() {
		if r.From = "2026-01-31"; r.Validate(w) != nil || seen[r.ID] || r.Does == "" || len(r.Controls)+len(r.Clauses) == 0 {
			t.Errorf("%s: %v", r.ID, r.Validate(w))
		}
		seen[r.ID] = true
	}
}

func TestICS(t *testing.T) {
	all := []Occurrence{{Routine: "log-review", Title: "Logs, alarms; and \\ more ü" + strings.Repeat("ü", 60), Due: "2026-12-31", State: ToCome}}
	data := string(ICS("larkspur", "Controls", all, func(string) string { return "first\nsecond" }, now))
	for _, want := range []string{"BEGIN:VCALENDAR\r\n", "DTSTART;VALUE=DATE:20261231\r\n", "DTEND;VALUE=DATE:20270101\r\n", "UID:log-review-2026-12-31@larkspur.demarc\r\n", `Logs\, alarms\; and \\ more`, `first\nsecond`, "END:VCALENDAR\r\n"} {
		if !strings.Contains(data, want) {
			t.Errorf("%q is not in it", want)
		}
	}
	for _, line := range strings.Split(data, "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\n\r") {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	if !strings.Contains(strings.ReplaceAll(data, "\r\n ", ""), strings.Repeat("ü", 61)) {
		t.Error("folding cuts a letter")
	}
}

const example = "routines:\n  - id: restore-test\n    title: Restore test\n    controls: [backup]\n    owner: platform\n    rule: FREQ=MONTHLY;INTERVAL=6\n    from: \"2026-01-31\"\n    grace: 14\n    evidence: true\n"

func TestParse(t *testing.T) {
	w := world(t)
	all, err := Parse("c.yaml", []byte(example), w)
	if err != nil || len(all) != 1 || !all[0].Evidence {
		t.Fatalf("%v %v", all, err)
	}
	data, err := Encode(all)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("c.yaml", data, w)
	if err != nil || fmt.Sprint(again) != fmt.Sprint(all) {
		t.Errorf("%s %v", data, err)
	}
	_, err = Parse("bad.yaml", []byte("routines:\n  - {id: X, title: \" \", rule: often, from: soon, grace: 999, controls: [x], clauses: [\"99\"], service: y, owner: z}\n"), w)
	for _, want := range []string{".id", ".title", ".rule", ".from", ".grace", ".controls", ".clauses", ".service", ".owner"} {
		if err == nil || !strings.Contains(err.Error(), "routines[0]"+want) {
			t.Errorf("the fault of %s is not told: %v", want, err)
		}
	}
}

func FuzzRule(f *testing.F) {
	for _, s := range []string{"FREQ=MONTHLY;INTERVAL=3", "FREQ=WEEKLY;BYDAY=MO,FR", "FREQ=YEARLY;BYMONTHDAY=-1", "FREQ=DAILY"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := parseRule(s)
		if err != nil {
			return
		}
		days := r.days("2026-01-31", "2036-01-31")
		if !slices.IsSorted(days) || len(days) > mostDays || len(slices.Compact(slices.Clone(days))) != len(days) {
			t.Fatalf("%q gives days out of order or twice", s)
		}
	})
}
