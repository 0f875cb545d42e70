// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
)

func input() Input {
	return Input{Catalogue: book(), Scope: smallScope(), Checks: smallChecks(), Edition: "2015", Now: now(), Snapshots: []Snapshot{snapshotOf("1", "2")}}
}

func fails(n int) check.Finding {
	return check.Finding{Check: "backed-up", Fingerprint: fmt.Sprint("f", n), Outcome: check.Fail, Severity: check.High, Resource: fmt.Sprintf("r%05d", n), Account: "1", Message: "no backup"}
}

func TestRun_KeepsTheWorstAndCountsTheRest(t *testing.T) {
	var all []check.Finding
	for i := range 5000 {
		f := fails(i)
		switch {
		case i%2 == 0:
			f.Outcome = check.Unknown
		case i == 4001:
			f.Exposed = true
		}
		all = append(all, f)
	}
	a := conclude(t, input(), all)
	for _, r := range a.Results {
		if r.Tally.Fail != 2500 || r.Tally.Unknown != 2500 || len(r.Worst) != worstKept || r.Exposed != 1 {
			t.Fatalf("%s: %+v, %d examples, %d exposed", r.Service, r.Tally, len(r.Worst), r.Exposed)
		}
		if r.Worst[0].Resource != "r04001" || r.Worst[1].Resource != "r00001" {
			t.Errorf("%s: the worst are %s and %s", r.Service, r.Worst[0].Resource, r.Worst[1].Resource)
		}
	}
	if len(a.Results) != 2 {
		t.Errorf("account 1 is evidence for aws and ledger, and %d results stand", len(a.Results))
	}
}

func TestRun_TakesNoMemoryForWhatPasses(t *testing.T) {
	r, err := New(input())
	if err != nil {
		t.Fatal(err)
	}
	f := fails(1)
	f.Outcome = check.Pass
	if n := testing.AllocsPerRun(1000, func() {
		if err := r.Add(f); err != nil {
			t.Fatal(err)
		}
	}); n >= 1 {
		t.Errorf("%v allocations a finding", n)
	}
}

func TestRun_AFindingOfNoServiceIsCountedApart(t *testing.T) {
	stranger, nobody := fails(1), fails(2)
	stranger.Account, nobody.Account, nobody.Outcome = "9", "", check.Pass
	a := conclude(t, input(), []check.Finding{stranger, nobody, stranger})
	want := []Unassigned{{Account: "", Findings: 1}, {Account: "9", Findings: 2, Failing: 2}}
	if fmt.Sprint(a.Unassigned) != fmt.Sprint(want) || len(a.Results) != 0 {
		t.Errorf("%+v, %d results", a.Unassigned, len(a.Results))
	}
}

func TestRun_AScopeWithoutAccountConcernsEveryServiceWithOne(t *testing.T) {
	f := check.Finding{Check: "mfa", Outcome: check.Unknown, Severity: check.Critical, Resource: "aws", Native: scopeNative, Message: "cannot tell: the account of aws was not read (denied)"}
	a := conclude(t, input(), []check.Finding{f})
	if len(a.Results) != 2 || a.Results[0].Scopes != 1 {
		t.Fatalf("%+v", a.Results)
	}
	if n := answerOf(t, a, "aws", "9.2.1-C1"); n.Reasons[0].Kind != ReasonScopeUnread || !strings.Contains(n.Summary, "the account of aws was not read (denied)") {
		t.Errorf("%s %+v", n.Summary, n.Reasons)
	}
}

func TestRun_OnlyAnExceptionInForceCovers(t *testing.T) {
	in := input()
	in.Exceptions = []check.Exception{{ID: "ended", Until: now().AddDate(0, 0, -1)}, {ID: "last-day", Until: now()}}
	for id, want := range map[string]Tally{"ended": {Fail: 1}, "unheard-of": {Fail: 1}, "last-day": {Accepted: 1}} {
		f := fails(1)
		f.Exception = id
		a := conclude(t, in, []check.Finding{f})
		if a.Results[0].Tally != want {
			t.Errorf("%s: %+v", id, a.Results[0].Tally)
		}
		if got := len(a.Exceptions); got != want.Accepted {
			t.Errorf("%s: %d uses", id, got)
		}
	}
}

func TestRun_WhatWasNotCollectedIsNamed(t *testing.T) {
	in := input()
	in.Snapshots = []Snapshot{{Provider: "aws", Source: "live", Accounts: []string{"1"}, Regions: []string{"eu-west-1"}}}
	in.Scope.Services[1].Regions = []string{"eu-west-1", "eu-central-1"}
	f := fails(1)
	f.Outcome = check.Pass
	a := conclude(t, in, []check.Finding{f})
	if got := fmt.Sprint(a.Services[0].Uncollected); got != "[region eu-central-1 of account 1 account 2]" {
		t.Errorf("uncollected: %s", got)
	}
	n := answerOf(t, a, "aws", "12.3.1-C1")
	if n.Status != Unknown || n.Reasons[0].Kind != ReasonNotCollected {
		t.Errorf("%s: %s", n.Status, n.Summary)
	}
}

func TestRun_ChecksOfAnotherProviderHoldNothingBack(t *testing.T) {
	if n := answerOf(t, conclude(t, input(), nil), "aws", "9.2.1-C2"); len(n.Checks) != 0 {
		t.Errorf("a check of azure bears on the accounts of aws: %+v", n.Checks)
	}
}

func TestRun_OurAccountsProveNothingOfTheOtherSide(t *testing.T) {
	f := check.Finding{Check: "mfa", Outcome: check.Fail, Severity: check.Critical, Resource: "root", Account: "1"}
	a := conclude(t, input(), []check.Finding{f})
	if n := answerOf(t, a, "aws", "9.2.1-P1"); len(n.Checks) != 0 || n.Status != Unknown {
		t.Errorf("the provider's duty rests on our accounts: %s %+v", n.Status, n.Checks)
	}
	if n := answerOf(t, a, "ledger", "9.2.1-P1"); n.Status != NotSatisfied {
		t.Errorf("our own duty as provider: %s", n.Summary)
	}
}

func TestRun_Attestations(t *testing.T) {
	say := func(id, duty, control, service string, answer AttestedAnswer, days int) Attestation {
		on := now().AddDate(0, 0, days).Truncate(24 * 3600e9)
		return Attestation{ID: id, Duty: duty, Control: control, Service: service, Answer: answer, Statement: "So.", By: "Ada", On: on, Expires: on.AddDate(0, 6, 0), Evidence: []Evidence{{Path: "a.pdf"}}}
	}
	in := input()
	in.Attestations = []Attestation{
		say("far", "", "backup", "*", AnswerNo, -10),
		say("near", "12.3.1-C2", "", "aws", AnswerYes, -20),
		say("newer", "12.3.1-C2", "", "aws", AnswerPartly, -5),
		say("ended", "12.3.1-C3", "", "aws", AnswerYes, -400),
		say("future", "9.2.1-C1", "", "aws", AnswerYes, 3),
		say("elsewhere", "5.39-C1", "", "aws", AnswerYes, -3),
	}
	a := conclude(t, in, nil)
	states := map[string]string{}
	for _, s := range a.Said {
		states[s.ID] = fmt.Sprintf("%s %d", s.State, s.Answers)
	}
	want := map[string]string{"near": "unused 0", "newer": "in-force 1", "ended": "expired 0", "future": "not-yet 1", "elsewhere": "not-asked 0"}
	for id, w := range want {
		if states[id] != w {
			t.Errorf("%s: %s, want %s", id, states[id], w)
		}
	}
	if n := answerOf(t, a, "aws", "12.3.1-C3"); n.Status != NotSatisfied || n.Attestation.ID != "far" {
		t.Errorf("one in force must speak before a nearer one that has ended: %s %s", n.Attestation.ID, n.Summary)
	}
	if n := answerOf(t, a, "aws", "12.3.1-P1"); n.Attestation != nil {
		t.Errorf("a word for every service spoke for the other side: %+v", n.Attestation)
	}
}

func TestNew_Refuses(t *testing.T) {
	for name, c := range map[string]struct {
		with func(*Input)
		kind problem.Kind
		says string
	}{
		"edition":  {func(in *Input) { in.Edition = "2019" }, problem.Usage, "2019"},
		"service":  {func(in *Input) { in.Services = []string{"gcp"} }, problem.NotFound, "gcp"},
		"party":    {func(in *Input) { in.Parties = []catalogue.Party{"broker"} }, problem.Usage, "broker"},
		"matrices": {func(in *Input) { in.Matrices = make2("aws") }, problem.Invalid, "two matrices"},
		"checks":   {func(in *Input) { in.Checks = append(in.Checks, in.Checks[0]) }, problem.Invalid, "backed-up"},
		"time":     {func(in *Input) { in.Now = in.Now.AddDate(-3000, 0, 0); in.Now = zero() }, problem.Internal, "no time"},
	} {
		in := input()
		c.with(&in)
		_, err := New(in)
		if err == nil || problem.Of(err) != c.kind || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func make2(id string) []responsibility.Matrix {
	return []responsibility.Matrix{{Service: id, Edition: "2015", Version: 1}, {Service: id, Edition: "2015", Version: 1}}
}

func TestDecode_Refuses(t *testing.T) {
	data, err := Encode(conclude(t, input(), []check.Finding{fails(1)}))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		kind problem.Kind
	}{
		"newer":     {bytes.Replace(data, []byte(`"format":1`), []byte(`"format":2`), 1), problem.Invalid},
		"none":      {[]byte(`{}`), problem.Invalid},
		"cut":       {data[:len(data)/2], problem.Invalid},
		"changed":   {bytes.Replace(data, []byte(`"status":"not-satisfied"`), []byte(`"status":"satisfied"`), 1), problem.Integrity},
		"unknown":   {bytes.Replace(data, []byte(`"format":1`), []byte(`"format":1,"x":2`), 1), problem.Invalid},
		"appended":  {append(bytes.Clone(data), '1'), problem.Invalid},
		"wrong":     {bytes.Replace(data, []byte(`"findings":`), []byte(`"findings":"`), 1), problem.Invalid},
		"no digest": {bytes.Replace(data, []byte(`"digest":"`), []byte(`"digest":"x`), 1), problem.Integrity},
	} {
		if name == "wrong" {
			c.data = []byte(`{"format":1,"digest":7}`)
		}
		if _, err := Decode(c.data); err == nil || problem.Of(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Decode(data); err != nil {
		t.Errorf("the whole: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	data, err := Encode(conclude(f, Input{Catalogue: book(), Scope: smallScope(), Edition: "2026", Services: []string{"mailer"}, Now: now()}, nil))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"format":1,"answers":[{"checks":null}],"digest":"sha256:"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := Decode(data)
		if err != nil {
			return
		}
		if _, err := Encode(a); err != nil {
			t.Errorf("decoded and cannot be encoded: %v", err)
		}
	})
}

func TestGaps_TheWorstFirstAndWhy(t *testing.T) {
	f := check.Finding{Check: "mfa", Outcome: check.Fail, Severity: check.Critical, Resource: "root", Account: "1"}
	a := conclude(t, input(), []check.Finding{fails(1), f})
	first := a.Gaps[0]
	if first.Severity != check.Critical || first.Status != NotSatisfied || !first.Ours || !strings.Contains(first.Why, "mfa") || first.Checks[0] == "" {
		t.Errorf("%+v", first)
	}
	for i := range a.Gaps[1:] {
		if severityRank(a.Gaps[i].Severity) > severityRank(a.Gaps[i+1].Severity) {
			t.Fatalf("%s stands before %s", a.Gaps[i].ID, a.Gaps[i+1].ID)
		}
	}
}

func TestGround_ClausesInTheOrderOfPeople(t *testing.T) {
	for _, e := range []catalogue.Edition{catalogue.Edition2015, catalogue.Edition2026} {
		in := input()
		in.Edition = e
		a := conclude(t, in, nil)
		if want := len(book().Duties(e, "")) * 3; len(a.Answers) != want {
			t.Errorf("%s: %d answers, want %d", e, len(a.Answers), want)
		}
		last := ""
		for _, c := range a.Controls {
			if last != "" && compareNatural(last, c.Clause) > 0 {
				t.Errorf("%s: %s before %s", e, last, c.Clause)
			}
			last = c.Clause
		}
		for _, r := range a.Themes {
			if r.Clause == "" {
				t.Errorf("%s: %d answers stand in no theme", e, r.Counts.Total)
			}
		}
	}
}

func TestCompareNatural(t *testing.T) {
	words := []string{"5.1", "5.1.1", "5.2", "5.10", "9.2.1-C2", "9.2.1-C10", "12.1", "CLD.6.3.1", "CLD.12.1.5"}
	for i, a := range words {
		for j, b := range words {
			if got := compareNatural(a, b); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%s and %s: %d", a, b, got)
			}
		}
	}
}

func TestUnread_IsKept(t *testing.T) {
	in := input()
	in.Unread = []cloud.ScopeGap{{Provider: "aws", Account: "2", Kinds: []cloud.Kind{"disk", "alarm"}, Gap: cloud.Gap{Reason: cloud.Denied}}, {Provider: "aws", Account: "1"}}
	a := conclude(t, in, nil)
	if len(a.Unread) != 2 || a.Unread[0].Account != "1" || a.Unread[1].Kinds[0] != "alarm" || in.Unread[0].Kinds[0] != "disk" {
		t.Errorf("%+v, %+v", a.Unread, in.Unread)
	}
}
