// SPDX-License-Identifier: Apache-2.0

package check

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"demarc.dev/demarc/cloud"
)

const exceptionText = `exceptions:
  - id: public-website
    checks: [store]
    where: r.name == "www" && tag("owner") == "web"
    reason: the store is the public website
    owner: web team
    approved_by: Ada Byron
    until: 2026-12-31
    evidence: https://tickets.example/4711
`

func TestParseExceptions(t *testing.T) {
	got, err := ParseExceptions("exceptions.yaml", []byte(exceptionText))
	if err != nil {
		t.Fatal(err)
	}
	e := got[0]
	if len(got) != 1 || e.ID != "public-website" || e.Owner != "web team" || e.ApprovedBy != "Ada Byron" || !e.Until.Equal(time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)) || e.Checks[0] != "store" || e.Evidence == "" || e.Reason == "" || e.Where == "" {
		t.Errorf("%+v", e)
	}
	_, err = ParseExceptions("x.yaml", []byte("exceptions:\n  - id: A b\n    until: soon\n  - {id: c, checks: [a], reason: r, owner: o, approved_by: p, until: 2026-01-01}\n  - {id: c, checks: [a], reason: r, owner: o, approved_by: p, until: 2026-13-01}\n"))
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	want := `x.yaml:2: exceptions[0].reason: it is missing; say why it is accepted
x.yaml:2: exceptions[0].owner: it is missing; say who answers for it
x.yaml:2: exceptions[0].approved_by: it is missing; say who accepted it
x.yaml:2: exceptions[0].checks: there is none; list the ids of the checks
x.yaml:2: exceptions[0].id: "A b" is no id; use small letters, digits and hyphens
x.yaml:3: exceptions[0].until: "soon" is no date; write it as 2027-03-31
x.yaml:5: exceptions[2].until: "2026-13-01" is no date; write it as 2027-03-31
x.yaml:5: exceptions[2].id: another exception is called c; give it an id of its own`
	if diff := cmp.Diff(want, faults.Error()); diff != "" {
		t.Error(diff)
	}
	if _, err = ParseExceptions("x.yaml", []byte("exceptions:\n  - {id: a, untill: 2026-01-01}\n")); err == nil || !strings.Contains(err.Error(), "untill") {
		t.Errorf("a misspelt field: %v", err)
	}
}

func TestExceptions(t *testing.T) {
	set := compile(t, question("store", cloud.ObjectStore, "!r.public"), question("key", cloud.Key, "r.rotation"))
	rs := []cloud.Resource{
		resource(cloud.ObjectStore, "www", attrs{"public": true}, tags("owner", "web")),
		resource(cloud.ObjectStore, "other", attrs{"public": true}),
		resource(cloud.ObjectStore, "unread", attrs{}),
		resource(cloud.ObjectStore, "closed", attrs{"public": false}),
		resource(cloud.ObjectStore, "no tags", attrs{"public": true}, gap("tags", cloud.Denied, "")),
		resource(cloud.Key, "k", attrs{"rotation": true}),
	}
	now := testNow() // 2026-06-01 12:00
	day := func(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }
	in := Input{Source: sourceOf(rs), Now: now, Exceptions: []Exception{
		{ID: "website", Checks: []string{"store"}, Where: `tag("owner") == "web"`, Until: day("2026-06-01"), Owner: "w"}, // its last day
		{ID: "late", Checks: []string{"store"}, Where: `r.name == "other"`, Until: day("2026-05-31")},
		{ID: "far", Checks: []string{"store"}, Where: `r.name == "unread"`, Until: day("2029-01-01")},
		{ID: "idle", Checks: []string{"key"}, Until: day("2026-12-31")},
		{ID: "lost", Checks: []string{"stores"}, Until: day("2026-12-31")},
	}}
	findings, stats := runAll(t, set, in)
	got := map[string]string{}
	for _, f := range findings {
		got[f.Resource] = string(f.Outcome) + " " + f.Exception
	}
	want := map[string]string{"www": "fail website", "other": "fail ", "unread": "unknown far", "closed": "pass ", "no tags": "fail ", "k": "pass "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	wantUses := []ExceptionUse{
		{ID: "website", State: "in force", Covers: 1, Unclear: 1, Owner: "w", Until: day("2026-06-01")},
		{ID: "late", State: "expired", Covers: 1, Until: day("2026-05-31"), Note: "it ended on 2026-05-31: mend what it covered, or have it approved anew"},
		{ID: "far", State: "in force", Covers: 1, Until: day("2029-01-01"), Note: "it reaches further than a year: shorten it"},
		{ID: "idle", State: "unused", Until: day("2026-12-31"), Note: "nothing that it covers fails any more: withdraw it"},
		{ID: "lost", State: "unused", Until: day("2026-12-31"), Note: "no check is called stores; did you mean store?"},
	}
	if diff := cmp.Diff(wantUses, stats.Exceptions); diff != "" {
		t.Error(diff)
	}
	if stats.Excepted != 2 {
		t.Errorf("%d are excepted", stats.Excepted)
	}
}

// TestExceptions_LastMoment: an exception holds until its last day ends, UTC.
func TestExceptions_LastMoment(t *testing.T) {
	set := compile(t, question("disk", cloud.Disk, "r.encrypted"))
	e := Exception{ID: "e", Checks: []string{"disk"}, Until: time.Date(2026, 5, 31, 0, 0, 0, 0, time.UTC)}
	midnight := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for now, want := range map[time.Time]string{midnight.Add(-time.Nanosecond): "e", midnight: "", midnight.In(time.FixedZone("", 3600)).Add(-time.Second): "e"} {
		findings, _ := runAll(t, set, Input{Source: sourceOf([]cloud.Resource{resource(cloud.Disk, "d", attrs{"encrypted": false})}), Now: now, Exceptions: []Exception{e}})
		if findings[0].Exception != want {
			t.Errorf("at %v the exception is %q", now, findings[0].Exception)
		}
	}
}

func TestExceptions_FaultyCondition(t *testing.T) {
	set := compile(t, question("store", cloud.ObjectStore, "!r.public"), question("key", cloud.Key, "r.rotation"))
	list := []Exception{
		{ID: "a", Checks: []string{"store", "key"}, Where: "r.rotation"}, {ID: "b", Checks: []string{"store"}, Where: "r.name"},
		{ID: "c", Checks: []string{"store"}, Where: `all("key").size() > 0`}, {ID: "d", Checks: []string{"sture"}, Where: "r.public &&"},
	}
	faults := set.CheckExceptions(list)
	for _, want := range []string{"an object-store has no field rotation", "it gives a string, not a bool", "cannot ask other resources", "ends too early", "no check is called sture; did you mean store?"} {
		if !strings.Contains(faults.Error(), want) {
			t.Errorf("not told: %s in\n%v", want, faults)
		}
	}
	_, err := set.Run(context.Background(), Input{Source: sourceOf(nil), Now: testNow(), Exceptions: list}, func(Finding) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "has no field rotation") {
		t.Errorf("it ran: %v", err)
	}
}

func FuzzParseExceptions(f *testing.F) {
	f.Add([]byte(exceptionText))
	f.Add([]byte("exceptions: [{id: a, until: 2026-01-01}]"))
	f.Add([]byte("exceptions: &a [*a]"))
	set, err := Compile([]Check{question("store", cloud.ObjectStore, "!r.public")})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseExceptions("f.yaml", data)
		if err != nil {
			var faults Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Fatalf("an error without faults: %v", err)
			}
			return
		}
		set.CheckExceptions(list)
	})
}
