// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/catalogue"
)

var now = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

func world(t *testing.T) World {
	t.Helper()
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	return World{Catalogue: cat, Edition: catalogue.Edition2026, Services: []Side{{"aws", catalogue.Customer}, {"ledger", catalogue.Provider}}}
}

// TestPropose: what is proposed for a cycle covers every subject of it once, and
// nothing is proposed for what is covered.
func TestPropose(t *testing.T) {
	w, p := world(t), Programme{Begins: "2026-01-01", Years: 3}
	made := w.Propose(p, nil, now)
	if len(made) != 3 {
		t.Fatalf("%d audits", len(made))
	}
	for i := range made {
		made[i].ID = fmt.Sprintf("a%d", i+1)
		if err := made[i].Validate(w); err != nil || !p.Holds(made[i]) || made[i].Begins.Before(now) {
			t.Errorf("%s from %s to %s: %v", made[i].Title, made[i].Begins, made[i].Ends, err)
		}
		for _, c := range always {
			if !slices.Contains(made[i].Clauses, c) {
				t.Errorf("%s does not look at %s", made[i].Title, c)
			}
		}
	}
	for _, c := range w.Coverage(p, made) {
		if want := map[bool]int{true: 3, false: 1}[slices.Contains(always, c.ID)]; c.Cover != Scheduled || len(c.Audits) != want {
			t.Errorf("%s is %s by %v", c.ID, c.Cover, c.Audits)
		}
	}
	if more := w.Propose(p, made, now); more != nil {
		t.Errorf("a cycle that is planned whole needs no %d audits", len(more))
	}
	// A cancelled audit covers nothing, and another is proposed in its year.
	made[1].Cancelled = "the auditor is ill"
	if more := w.Propose(p, made, now); len(more) != 1 || len(more[0].Controls) != len(made[1].Controls) {
		t.Errorf("in place of the cancelled one: %d audits", len(more))
	}
	if none := w.Propose(Programme{Begins: "2020-01-01", Years: 3}, nil, now); none != nil {
		t.Error("an audit is proposed in a cycle that has passed")
	}
}

// TestCoverage: a subject is covered by a concluded audit that looked at all its
// questions, and by nothing less.
func TestCoverage(t *testing.T) {
	w, p := world(t), Programme{Begins: "2026-01-01", Years: 3}
	a := Audit{ID: "a1", Title: "x", Begins: "2026-11-02", Ends: "2026-11-06", Clauses: []string{"9.2"}, Controls: []string{"backup"}}
	cover := func(id string) Cover {
		all := w.Coverage(p, []Audit{a})
		return all[slices.IndexFunc(all, func(c Coverage) bool { return c.ID == id })].Cover
	}
	questions := w.Questions(a, nil)
	if len(questions) < 3 || questions[0].ID != "clause/9.2" {
		t.Fatalf("the checklist: %v", questions)
	}
	for _, q := range questions {
		a.Answers = append(a.Answers, Answer{Question: q.ID, Result: Conforms, Seen: "the record"})
		if q.Asks == "" || q.Looks == "" {
			t.Errorf("%s asks %q and looks at %q", q.ID, q.Asks, q.Looks)
		}
	}
	if cover("backup") != Scheduled || cover("9.2") != Scheduled || cover("4.1") != Uncovered {
		t.Error("before it is concluded an audit covers nothing")
	}
	a.Conclusion = &Conclusion{}
	if cover("backup") != Covered || cover("9.2") != Covered {
		t.Error("a concluded audit covers what it looked at")
	}
	a.Answers[len(a.Answers)-1].Result = NotSeen
	if cover("backup") != Partly || cover("9.2") != Covered {
		t.Error("what was not looked at is not covered")
	}
	a.Answers[len(a.Answers)-1].Result, a.Services = Conforms, []string{"ledger"}
	if cover("backup") != Partly {
		t.Error("an audit of one service covers the others too")
	}
	p.Begins = "2027-01-01"
	if cover("9.2") != Uncovered {
		t.Error("an audit before the cycle covers nothing of it")
	}
}

func TestState(t *testing.T) {
	a := Audit{Begins: "2026-11-25", Ends: "2026-11-25"}
	for _, x := range []struct {
		begins, ends Day
		answers      int
		want         State
	}{{"2026-11-26", "2026-11-27", 0, Planned}, {"2026-11-25", "2026-11-25", 0, Due}, {"2026-11-20", "2026-11-25", 1, UnderWay}, {"2026-11-20", "2026-11-24", 1, Late}, {"2026-11-20", "2026-11-24", 0, Late}, {"2026-12-20", "2026-12-24", 1, UnderWay}} {
		a.Begins, a.Ends, a.Answers = x.begins, x.ends, make([]Answer, x.answers)
		if got := a.State(now); got != x.want {
			t.Errorf("from %s to %s with %d answers it is %s, want %s", x.begins, x.ends, x.answers, got, x.want)
		}
	}
}

// TestDraw: the same population in any order gives the same sample, a larger one
// begins with it, and another seed gives another.
func TestDraw(t *testing.T) {
	var all []string
	for i := range 200 {
		all = append(all, fmt.Sprintf("item-%d", i))
	}
	first := Draw("a1/1", all, 10)
	turned := slices.Clone(all)
	slices.Reverse(turned)
	if !slices.Equal(first, Draw("a1/1", append(turned, turned...), 10)) || !slices.Equal(first, Draw("a1/1", all, 25)[:10]) {
		t.Error("the sample hangs on the order or the size")
	}
	if slices.Equal(first, Draw("a1/2", all, 10)) || PopulationDigest(all) != PopulationDigest(turned) || PopulationDigest(all) == PopulationDigest(all[1:]) {
		t.Error("seed and digest tell nothing")
	}
	if len(Draw("x", all[:3], 10)) != 3 || len(Draw("x", all, -1)) != 0 || len(Draw("x", nil, 5)) != 0 {
		t.Error("a sample larger than its population")
	}
	// Each item has about the same chance: over many seeds none is left out.
	hits := map[string]int{}
	for i := range 1000 {
		for _, x := range Draw(fmt.Sprint("seed ", i), all[:20], 5) {
			hits[x]++
		}
	}
	for _, x := range all[:20] {
		if hits[x] < 180 || hits[x] > 320 {
			t.Errorf("%s was drawn %d times of 1,000, 250 are to be expected", x, hits[x])
		}
	}
}

// TestNonconformity is the life of one: raised, understood, mended, looked at by
// somebody else, found not to work, mended again, closed.
func TestNonconformity(t *testing.T) {
	n := Nonconformity{ID: "n1", Source: OfAudit, Grade: Minor, Requirement: "ISO/IEC 27001, 9.3", Where: "management", Statement: "no review was held in 2025", Evidence: "no minutes", Raised: Mark{"nadia", now}, Due: DueOf(Minor, now)}
	state := func(want NonconformityState) {
		t.Helper()
		if got := n.State(); got != want {
			t.Fatalf("it is %s, want %s", got, want)
		}
	}
	if err := n.Validate(); err != nil {
		t.Fatal(err)
	}
	state(Raised)
	if late := n.Overdue(now.AddDate(0, 0, 31)); len(late) != 1 || !strings.Contains(late[0], "2026-12-25") {
		t.Errorf("a month later: %v", late)
	}
	n.Cause = "nobody had it in his calendar"
	state(Analysed)
	n.Correction, n.Corrected = "a review was held", "2026-11-24"
	state(Analysed)
	n.Actions, n.Treated = []Action{{What: "the calendar of controls holds it", Owner: "security", Due: "2026-12-31"}}, []Mark{{"ruth", now}}
	state(Acting)
	if err := n.ValidateTreatment([]string{"security"}, now); err != nil {
		t.Error(err)
	}
	if late := n.Overdue(now.AddDate(0, 6, 0)); len(late) != 2 {
		t.Errorf("half a year later: %v", late)
	}
	if n.Verifiable([]string{"nadia"}, "the calendar") == nil {
		t.Error("what is not done yet is verified")
	}
	n.Actions[0].Done = "2026-12-20"
	state(ToVerify)
	for _, who := range []string{"security", "ruth"} {
		if n.Verifiable([]string{"x", who}, "the calendar") == nil {
			t.Errorf("%s says of his own work that it works", who)
		}
	}
	if err := n.Verifiable([]string{"nadia"}, "the calendar"); err != nil {
		t.Error(err)
	}
	n.Verifications = []Verification{{Effective: false, Words: "the entry is there and nobody looked", Actions: 1}}
	state(NotEffective)
	n.Actions = append(n.Actions, Action{What: "a reminder", Owner: "security", Due: "2027-01-31"})
	state(Acting)
	n.Actions[1].Done = "2027-01-10"
	state(ToVerify)
	n.Verifications = append(n.Verifications, Verification{Effective: true, Words: "held", Actions: 2})
	state(Closed)
	if n.Overdue(now.AddDate(9, 0, 0)) != nil {
		t.Error("what is closed is not late")
	}
	if c := Count([]Nonconformity{n, {Grade: Major, Raised: Mark{At: now.AddDate(-1, 0, 0)}, Due: "2026-01-01"}, {Grade: Opportunity}, {Grade: Opportunity, Decision: "it is good enough"}}, now); c.Overdue != 1 || c.Open[Major] != 1 || c.Open[Opportunity] != 1 || c.States[Closed] != 2 || c.All != 4 {
		t.Errorf("%+v", c)
	}
}

// TestIndependent: an auditor's own work is named, and nobody else's.
func TestIndependent(t *testing.T) {
	a := Audit{Lead: "security", Team: []string{"Nadia Roth", "security"}}
	own := Own{"security": {"owns Ledger"}, "platform": {"owns AWS"}}
	err := a.Independent(own, strings.ToUpper)
	if err == nil || !strings.Contains(err.Error(), "SECURITY owns Ledger") || strings.Contains(err.Error(), "PLATFORM") {
		t.Errorf("%v", err)
	}
	if a.Lead, a.Team = "Nadia Roth", nil; a.Independent(own, strings.ToUpper) != nil {
		t.Error("somebody from outside is refused")
	}
}

// TestDigest: a conclusion binds to what was asked, seen and raised, and not to
// what is done about it.
func TestDigest(t *testing.T) {
	a := Audit{ID: "a1", Answers: []Answer{{Question: "clause/9.2", Result: Conforms, Seen: "x"}}}
	raised := []Nonconformity{{ID: "n1", Statement: "y"}}
	was := a.Digest(raised)
	a.Conclusion, a.Version, raised[0].Cause = &Conclusion{}, 7, "because"
	if a.Digest(raised) != was {
		t.Error("the digest changes with the treatment")
	}
	if raised[0].Statement = "z"; a.Digest(raised) == was {
		t.Error("the digest does not change with the statement")
	}
}

const plans = `programme: {begins: "2026-01-01", years: 3}
audits:
  - id: a1
    title: Cloud operations
    begins: "2026-11-02"
    ends: "2026-11-06"
    lead: Nadia Roth
    clauses: ["9.1", "10.2"]
    controls: [backup]
    services: [ledger]
`

func TestParsePlan(t *testing.T) {
	w := world(t)
	p, err := ParsePlan("plan.yaml", []byte(plans), w)
	if err != nil || len(p.Audits) != 1 || p.Programme.Years != 3 {
		t.Fatalf("%+v %v", p, err)
	}
	data, err := EncodePlan(p)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParsePlan("plan.yaml", data, w)
	if err != nil || fmt.Sprint(again.Audits) != fmt.Sprint(p.Audits) || *again.Programme != *p.Programme {
		t.Errorf("%s\n%v", data, err)
	}
	_, err = ParsePlan("bad.yaml", []byte("programme: {begins: soon, years: 9}\naudits:\n  - {id: b1, title: x, begins: \"2026-11-09\", ends: \"2026-11-02\", controls: [bakup], services: [lodger]}\n  - {id: a2, title: y, begins: \"2026-11-09\", ends: \"2026-11-10\"}\n"), w)
	for _, want := range []string{"bad.yaml:1: programme.begins", "programme.years", "audits[0].id", "audits[0].begins", `"bakup"`, `"lodger"`, "audits[1].clauses"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the fault %s is not told: %v", want, err)
		}
	}
}

func FuzzParsePlan(f *testing.F) {
	cat, err := catalogue.Load()
	if err != nil {
		f.Fatal(err)
	}
	w := World{Catalogue: cat, Edition: catalogue.Edition2026, Services: []Side{{"ledger", catalogue.Customer}}}
	f.Add([]byte(plans))
	f.Add([]byte("audits: [{id: a1}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParsePlan("x", data, w)
		if err != nil {
			return
		}
		out, err := EncodePlan(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParsePlan("x", out, w); err != nil {
			t.Fatalf("what was read does not read again: %v\n%s", err, out)
		}
	})
}
