// SPDX-License-Identifier: Apache-2.0

package supplier_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"demarc.dev/demarc/scope"
	"demarc.dev/demarc/supplier"
)

var (
	now    = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	mailer = scope.Service{ID: "mailer", Name: "Postrider", Role: scope.Consumes, Regions: []string{"eu-west-1"}, DataClasses: []string{"personal"}, Criticality: scope.Medium}
	ledger = scope.Service{ID: "ledger", Name: "Ledger", Role: scope.Provides, BuiltOn: []string{"mailer"}}
	own    = []scope.Service{mailer}
	all    = []scope.Service{mailer, ledger}
)

func questions(t testing.TB) supplier.Questionnaire {
	t.Helper()
	q, err := supplier.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func read(t testing.TB, yaml string) supplier.Supplier {
	t.Helper()
	s, err := supplier.Parse("s.yaml", []byte(yaml), own, questions(t))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const cert = "assurances:\n  - {id: iso, kind: iso27001, by: Example, services: [mailer], regions: [eu-west-1], from: 2025-01-01, until: %s}\n"

func TestScore_IsReckonedByHand(t *testing.T) {
	q := supplier.Questionnaire{Questions: []supplier.Question{
		{ID: "exit-1", Domain: "Exit", Weight: 3}, {ID: "exit-2", Domain: "Exit", Weight: 1}, {ID: "access-1", Domain: "Access", Weight: 2}, {ID: "crypto-1", Domain: "Cryptography", Weight: 2}}}
	s := read(t, "answers:\n  - {question: exit-1, answer: yes, evidence: tested}\n  - {question: exit-2, answer: partly, evidence: document}\n  - {question: access-1, answer: yes}\n")
	got := s.ScoreOf(q, own, all, 0, now)
	// 3·1 + 1·0.35 + 2·0.4 + 0 of 8 = 51.8 %; proved 3.35 = 41.8 %; at most 3.35 + 2 + 2 = 91.8 %.
	if got.Coverage != 518 || got.Low != 418 || got.High != 918 || got.Answered != 3 {
		t.Errorf("coverage %d, from %d to %d, answered %d", got.Coverage, got.Low, got.High, got.Answered)
	}
	if got.Tier.Level != 3 || got.Residual != 3*(1000-518) || got.Left != 2 || got.Worst != 2 || got.Best != 1 {
		t.Errorf("tier %d, residual %d, left %d, worst %d, best %d", got.Tier.Level, got.Residual, got.Left, got.Worst, got.Best)
	}
	if d := got.Domains[0]; d.Coverage != 837 || got.Domains[2].High != 1000 || got.Domains[2].Low != 0 {
		t.Errorf("domains %+v", got.Domains)
	}
	if got := s.ScoreOf(q, own, all, 3, now); got.Left != 3 || got.Best != 3 || !strings.Contains(strings.Join(got.Why, ";"), "3 adverse passages") {
		t.Errorf("with adverse passages %d is left: %v", got.Left, got.Why)
	}
}

func TestStanding_WhatProvesNothing(t *testing.T) {
	answer := "answers:\n  - {question: access-1, answer: yes, evidence: report, assurance: iso}\n"
	for name, c := range map[string]struct{ yaml, why string }{
		"in force":         {strings.Replace(cert, "%s", "2028-01-01", 1), ""},
		"ends today":       {strings.Replace(cert, "%s", "2026-11-25", 1), ""},
		"ended":            {strings.Replace(cert, "%s", "2026-11-24", 1), "it ended on 2026-11-24"},
		"other region":     {strings.Replace(strings.Replace(cert, "%s", "2028-01-01", 1), "eu-west-1", "us-east-1", 1), "used in eu-west-1"},
		"no service":       {strings.Replace(strings.Replace(cert, "%s", "2028-01-01", 1), "services: [mailer], ", "", 1), "does not cover Postrider"},
		"not yet":          {strings.Replace(strings.Replace(cert, "%s", "2028-01-01", 1), "2025-01-01", "2027-01-01", 1), "begins on 2027-01-01"},
		"an old report":    {strings.Replace(strings.Replace(cert, "%s", "2025-10-31", 1), "iso27001", "soc2", 1), "it ended on 2026-10-31"},
		"a report of late": {strings.Replace(strings.Replace(cert, "%s", "2026-03-31", 1), "iso27001", "soc2", 1), ""},
	} {
		s := read(t, c.yaml+answer)
		score := s.ScoreOf(questions(t), own, all, 0, now)
		for _, p := range score.Parts {
			if p.ID != "access-1" {
				continue
			}
			if want := map[bool]int{true: 90, false: 40}[c.why == ""]; p.Counts != want || !strings.Contains(p.Why, c.why) {
				t.Errorf("%s: it counts %d: %s", name, p.Counts, p.Why)
			}
		}
	}
	if s := read(t, strings.Replace(cert, "%s", "2027-01-31", 1)); !s.Standings(own, now)[0].Soon {
		t.Error("an end within 90 days is not told ahead")
	}
}

func TestTier_SaysWhy(t *testing.T) {
	for want, s := range map[supplier.Level]scope.Service{1: {Name: "a", Criticality: scope.Low}, 2: {Name: "a", Criticality: scope.Low, DataClasses: []string{"telemetry"}}, 3: {Name: "a"}, 4: {Name: "a", Criticality: scope.Low, DataClasses: []string{"health"}}} {
		if tier := (supplier.Supplier{}).TierOf([]scope.Service{s}, nil); tier.Level != want || len(tier.Why) == 0 {
			t.Errorf("%+v is %d: %v", s, tier.Level, tier.Why)
		}
	}
	if tier := (supplier.Supplier{Privileged: true}).TierOf(own, all); tier.Level != 4 {
		t.Errorf("privileged is %d", tier.Level)
	}
}

func TestParse_TellsAllFaults(t *testing.T) {
	_, err := supplier.Parse("s.yaml", []byte("assurances:\n  - {id: a, kind: iso9, by: x, from: 2026-01-01, until: 2025-01-01, services: [other]}\n  - {id: a, kind: soc2, by: x, from: 2025-01-01, until: 2025-02-01}\nanswers:\n  - {question: nothing, answer: maybe}\n  - {question: exit-1, answer: na}\n  - {question: exit-1, answer: yes, evidence: report, assurance: z}\n"), own, questions(t))
	for _, want := range []string{"assurances[0].kind", "assurances[0].until", "assurances[0].services", "assurances[1].id", "answers[0].question", "answers[0].answer", "answers[1].note", "answers[2].question", "answers[2].assurance"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("does not tell %s: %v", want, err)
		}
	}
}

func TestDecision(t *testing.T) {
	s := read(t, "answers:\n  - {question: exit-1, answer: yes}\n")
	digest := s.Digest(s.TierOf(own, all), 0)
	d := supplier.Decision{Verdict: supplier.Conditions, Until: "2027-11-25", Conditions: []supplier.Condition{{What: "a report", Due: "2027-01-31"}}, Digest: digest}
	if err := d.Check(now); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		d      *supplier.Decision
		digest string
		at     time.Time
		want   supplier.State
	}{{nil, digest, now, supplier.Answered}, {&d, digest, now, supplier.Bound}, {&d, "x", now, supplier.Stale}, {&d, digest, now.AddDate(1, 0, 1), supplier.Expired}} {
		if got := supplier.StateOf(s, c.d, c.digest, c.at); got != c.want {
			t.Errorf("%s, not %s", got, c.want)
		}
	}
	if got := supplier.StateOf(supplier.Supplier{}, nil, "", now); got != supplier.Unasked {
		t.Error(got)
	}
	for _, bad := range []supplier.Decision{{}, {Verdict: supplier.Accept, Until: "2020-01-01"}, {Verdict: supplier.Conditions, Until: "2027-01-01"}, {Verdict: supplier.Reject, Until: "2027-01-01"}, {Verdict: supplier.Accept, Until: "2027-01-01", Conditions: d.Conditions}} {
		if bad.Check(now) == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

// TestScore_Properties: the score lies within its range, and a better proof
// never makes it worse.
func TestScore_Properties(t *testing.T) {
	q := questions(t)
	rapid.Check(t, func(t *rapid.T) {
		var s supplier.Supplier
		for _, x := range q.Questions {
			if rapid.Bool().Draw(t, "answered") {
				s.Answers = append(s.Answers, supplier.Answer{Question: x.ID, Answer: rapid.SampledFrom(supplier.Replies()).Draw(t, "reply"), Evidence: rapid.SampledFrom(supplier.Proofs()).Draw(t, "proof"), Note: "x"})
			}
		}
		got := s.ScoreOf(q, own, all, rapid.IntRange(0, 5).Draw(t, "adverse"), now)
		if got.Low > got.Coverage || got.Coverage > got.High || got.High > 1000 || got.Best > got.Left || got.Left > got.Worst || got.Worst > got.Tier.Level {
			t.Fatalf("%+v", got)
		}
		if len(s.Answers) == 0 {
			return
		}
		before := s.ScoreOf(q, own, all, 0, now)
		s.Answers[0].Evidence = supplier.Tested
		if after := s.ScoreOf(q, own, all, 0, now); after.Coverage < before.Coverage {
			t.Fatalf("tested, it covers %d and not %d", after.Coverage, before.Coverage)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(strings.Replace(cert, "%s", "2028-01-01", 1) + "answers:\n  - {question: exit-1, answer: na, note: none}\n"))
	q, err := supplier.Shipped()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := supplier.Parse("s.yaml", data, own, q)
		if err != nil {
			return
		}
		again, err := s.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := supplier.Parse("again.yaml", again, own, q); err != nil {
			t.Fatalf("written, it is not read: %v\n%s", err, again)
		}
		s.ScoreOf(q, own, all, 0, now)
	})
}
