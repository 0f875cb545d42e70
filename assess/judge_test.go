// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/responsibility"
)

func said(answer AttestedAnswer, evidence ...string) *Attested {
	a := &Attested{ID: "a", Answer: answer, Statement: "So it is.", By: "Ada", On: now().AddDate(0, -1, 0), Expires: now().AddDate(1, 0, 0)}
	for _, e := range evidence {
		a.Evidence = append(a.Evidence, Evidence{Path: e})
	}
	return a
}

func ended(a *Attested) *Attested {
	a.Expires, a.Expired = now().AddDate(0, 0, -1).Truncate(24*time.Hour), true
	return a
}

func sourced(a *Attested) *Attested {
	a.Source = "SOC 2"
	return a
}

func asked(extent string, t Tally) CheckAnswer {
	return CheckAnswer{Check: "c", Title: "Stores are closed", Severity: check.High, Extent: extent, Ran: true, Tally: t}
}

func TestWeigh(t *testing.T) {
	us := responsibility.Allocation{Customer: responsibility.SharesBoth, Provider: responsibility.None}
	them := responsibility.Allocation{Customer: responsibility.None, Provider: responsibility.Performs, Basis: responsibility.Basis{Kind: responsibility.ContractClause, Reference: "MSA 7"}, Evidence: []string{"SOC 2"}}
	both := them
	both.Customer = responsibility.SharesBoth
	guess, bare, nobody := them, them, responsibility.Allocation{Customer: responsibility.Accounts, Provider: responsibility.None}
	guess.Basis = responsibility.Basis{Kind: responsibility.Assumption}
	bare.Evidence = nil
	old, never := asked("full", Tally{Pass: 2}), asked("full", Tally{})
	old.Stale, never.Ran = true, false
	plan := asked("full", Tally{Pass: 2, Fail: 2})
	plan.Planned = 2
	would, wouldOld, mixed := asked("part", Tally{Pass: 3, Fail: 1}), asked("part", Tally{Pass: 3, Fail: 1}), asked("part", Tally{Fail: 2, NotApplicable: 3})
	would.Would, wouldOld.Would, wouldOld.Stale, mixed.Would = 1, 1, true, 1
	spare := asked("part", Tally{Fail: 1, NotApplicable: 4})
	spare.Would = 1
	some, most := asked("part", Tally{Pass: 3}), asked("full", Tally{Pass: 3, Fail: 1})
	for _, c := range []struct {
		name   string
		by     responsibility.Allocation
		checks []CheckAnswer
		said   *Attested
		want   Status
		lead   ReasonKind
	}{
		{"a check of the whole duty passes", us, []CheckAnswer{asked("full", Tally{Pass: 3})}, nil, Satisfied, ReasonPass},
		{"a check of a part passes, nobody answers", us, []CheckAnswer{some}, nil, Unknown, ReasonNoAttestation},
		{"a check of a part passes, somebody answers", us, []CheckAnswer{some}, said(AnswerYes, "e"), Satisfied, ReasonAttested},
		{"a check of a part passes, somebody answers without evidence", us, []CheckAnswer{some}, said(AnswerYes), Unknown, ReasonAttestedBare},
		{"everything fails", us, []CheckAnswer{asked("part", Tally{Fail: 2})}, nil, NotSatisfied, ReasonFail},
		{"some fail", us, []CheckAnswer{most}, nil, Partly, ReasonFail},
		{"what stands fails, what is planned passes", us, []CheckAnswer{plan}, nil, NotSatisfied, ReasonFail},
		{"what stands passes, what is planned would fail", us, []CheckAnswer{would}, nil, Partly, ReasonFail},
		{"what stands passes, what is planned would fail, a yes", us, []CheckAnswer{would}, said(AnswerYes, "e"), Partly, ReasonFail},
		{"what stands passes by old facts, what is planned would fail", us, []CheckAnswer{wouldOld}, nil, NotSatisfied, ReasonFail},
		{"nothing that stands is asked, what is planned would fail", us, []CheckAnswer{spare}, nil, Partly, ReasonFail},
		{"one that stands fails, and one that is planned", us, []CheckAnswer{mixed}, nil, NotSatisfied, ReasonFail},
		{"one check fails everywhere, another passes", us, []CheckAnswer{some, asked("part", Tally{Fail: 2})}, nil, NotSatisfied, ReasonFail},
		{"a check beats a yes", us, []CheckAnswer{most}, said(AnswerYes, "e"), Partly, ReasonFail},
		{"a check beats a not applicable", us, []CheckAnswer{most}, said(AnswerNotApplicable), Partly, ReasonFail},
		{"a no beats a pass", us, []CheckAnswer{asked("full", Tally{Pass: 3})}, said(AnswerNo), NotSatisfied, ReasonAttestedNo},
		{"a partly beats a pass", us, []CheckAnswer{asked("full", Tally{Pass: 3})}, said(AnswerPartly), Partly, ReasonAttestedPartly},
		{"an unread fact beats a yes", us, []CheckAnswer{asked("part", Tally{Pass: 3, Unknown: 1})}, said(AnswerYes, "e"), Unknown, ReasonUnread},
		{"a faulty check is unknown", us, []CheckAnswer{asked("full", Tally{Pass: 3, Error: 1})}, nil, Unknown, ReasonFaulty},
		{"old facts are unknown", us, []CheckAnswer{old}, nil, Unknown, ReasonStale},
		{"never run is unknown, whatever is said", us, []CheckAnswer{never}, said(AnswerYes, "e"), Unknown, ReasonNeverRun},
		{"met no resource", us, []CheckAnswer{asked("full", Tally{NotApplicable: 4})}, nil, Unknown, ReasonNoAttestation},
		{"met no resource, somebody answers", us, []CheckAnswer{asked("full", Tally{})}, said(AnswerYes, "e"), Satisfied, ReasonAttested},
		{"an accepted failure is no pass", us, []CheckAnswer{asked("full", Tally{Pass: 2, Accepted: 1})}, nil, Accepted, ReasonAccepted},
		{"an accepted failure beside an open one", us, []CheckAnswer{asked("full", Tally{Accepted: 1, Fail: 1})}, nil, NotSatisfied, ReasonFail},
		{"an accepted failure of a part, nobody answers", us, []CheckAnswer{asked("part", Tally{Accepted: 1})}, nil, Unknown, ReasonNoAttestation},
		{"an accepted failure is no not-applicable", us, []CheckAnswer{asked("part", Tally{Accepted: 1})}, said(AnswerNotApplicable), Accepted, ReasonAccepted},
		{"no check, nobody answers", us, nil, nil, Unknown, ReasonNoAttestation},
		{"no check, a yes", us, nil, said(AnswerYes, "e"), Satisfied, ReasonAttested},
		{"a yes that has ended", us, nil, ended(said(AnswerYes, "e")), Unknown, ReasonExpired},
		{"a no that has ended still stands", us, nil, ended(said(AnswerNo)), NotSatisfied, ReasonAttestedNo},
		{"not applicable", us, nil, said(AnswerNotApplicable), NotApplicable, ReasonNotApplicable},
		{"not applicable needs no facts", us, []CheckAnswer{asked("part", Tally{Unknown: 1})}, said(AnswerNotApplicable), NotApplicable, ReasonNotApplicable},
		{"nobody performs", nobody, []CheckAnswer{asked("full", Tally{Pass: 1})}, said(AnswerYes, "e"), NotSatisfied, ReasonNobody},
		{"nobody performs what does not apply", nobody, nil, said(AnswerNotApplicable), NotApplicable, ReasonNotApplicable},
		{"they perform, by contract and with evidence", them, nil, nil, Inherited, ReasonInherited},
		{"they perform, by an assumption", guess, nil, nil, Unknown, ReasonNoBasis},
		{"they perform, by a contract without evidence", bare, nil, nil, Unknown, ReasonNoAssurance},
		{"they perform, and somebody shows the evidence", bare, nil, said(AnswerYes, "e"), Inherited, ReasonInherited},
		{"they perform, by an assumption, and somebody shows the report", guess, nil, sourced(said(AnswerInherited, "e")), Inherited, ReasonInherited},
		{"they perform, and our accounts fail", them, []CheckAnswer{asked("part", Tally{Fail: 1})}, nil, NotSatisfied, ReasonFail},
		{"they perform, and our accounts were not read", them, []CheckAnswer{asked("part", Tally{Unknown: 1})}, nil, Inherited, ReasonInherited},
		{"both perform, ours is not shown", both, nil, nil, Unknown, ReasonNoAttestation},
		{"both perform, theirs is not shown", responsibility.Allocation{Customer: responsibility.Performs, Provider: responsibility.Performs}, nil, said(AnswerYes, "e"), Unknown, ReasonNoBasis},
		{"both perform, and both are shown", both, nil, said(AnswerYes, "e"), Satisfied, ReasonAttested},
		{"we perform, and somebody says that they do", us, nil, sourced(said(AnswerInherited, "e")), Unknown, ReasonContradiction},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := Answer{Service: "aws", Duty: "d", Party: "customer", Ours: true, Allocation: c.by, By: c.by.Who(), Checks: c.checks, Attestation: c.said}
			b := newBench(&Assessment{At: now(), Services: []Service{{ID: "aws", Name: "Amazon Web Services", Provider: "Amazon", Ours: "customer", Accounts: []string{"1"}}}})
			b.judge(&n)
			if n.Status != c.want || n.Reasons[0].Kind != c.lead {
				t.Errorf("%s because %s, want %s because %s: %+v", n.Status, n.Reasons[0].Kind, c.want, c.lead, n.Reasons)
			}
			if !strings.HasPrefix(n.Summary, statusWord(n.Status)+": ") {
				t.Errorf("the summary does not carry the status: %s", n.Summary)
			}
		})
	}
}

func TestWeigh_AServiceWithoutAccountsRestsOnAnswers(t *testing.T) {
	never := asked("part", Tally{})
	never.Ran = false
	n := Answer{Service: "mailer", Ours: true, Allocation: responsibility.Allocation{Customer: responsibility.SharesBoth}, Checks: []CheckAnswer{never}, Attestation: said(AnswerYes, "e")}
	newBench(&Assessment{At: now(), Services: []Service{{ID: "mailer", Ours: "customer"}}}).judge(&n)
	if n.Status != Satisfied {
		t.Errorf("%s: %s", n.Status, n.Summary)
	}
}

func TestWeigh_WhatAServiceBeneathDoes(t *testing.T) {
	n := Answer{Service: "ledger", Ours: true, Allocation: responsibility.Allocation{Provider: responsibility.SharesBoth}, Attestation: sourced(said(AnswerInherited, "e"))}
	newBench(&Assessment{At: now(), Services: []Service{{ID: "ledger", Ours: "provider", BuiltOn: []string{"aws"}}}}).judge(&n)
	if n.Status != Inherited {
		t.Errorf("%s: %s", n.Status, n.Summary)
	}
}

// An answer about what the other party does has its effect, or the reason says
// what it lacks.
func TestWeigh_AnAnswerForTheOtherParty(t *testing.T) {
	guess := responsibility.Allocation{Provider: responsibility.Performs, Basis: responsibility.Basis{Kind: responsibility.DefaultBasis}}
	for _, c := range []struct {
		name   string
		said   *Attested
		passed string
		want   Status
		says   string
	}{
		{"source and evidence", sourced(said(AnswerInherited, "soc2.pdf")), "", Inherited, "by the word of Ada"},
		{"no evidence", sourced(said(AnswerInherited)), "", Unknown, "by “SOC 2”, but the answer names no evidence"},
		{"no source", said(AnswerInherited, "soc2.pdf"), "", Unknown, "Ada answered that it is inherited, but names no source"},
		{"a yes", said(AnswerYes, "soc2.pdf"), "", Unknown, "which does not bind the other party"},
		{"ended", ended(sourced(said(AnswerInherited, "soc2.pdf"))), "", Unknown, "The answer “inherited” of Ada held until"},
		{"for every service", nil, "15.1.1-P1/*#1", Unknown, "15.1.1-P1/*#1 for every service does not speak here"},
	} {
		n := Answer{Service: "aws", Duty: "15.1.1-P1", Party: "provider", Allocation: guess, By: guess.Who(), Defaulted: true, Attestation: c.said, Passed: c.passed}
		newBench(&Assessment{At: now(), Services: []Service{{ID: "aws", Ours: "customer"}}}).judge(&n)
		var all []string
		for _, r := range n.Reasons {
			all = append(all, r.Says)
		}
		if got := strings.Join(all, " "); n.Status != c.want || !strings.Contains(got, c.says) {
			t.Errorf("%s: %s: %s", c.name, n.Status, got)
		}
	}
}

func TestSummary_TellsAPlanFromAnAccount(t *testing.T) {
	f := check.Finding{Check: "backed-up", Outcome: check.Fail, Severity: check.High, Resource: "aws_s3_bucket.exports", Name: "exports", Account: "2", Source: "plan", Message: "exports has no backup"}
	a := conclude(t, Input{Catalogue: book(), Scope: smallScope(), Checks: smallChecks(), Edition: "2015", Now: now(), Snapshots: []Snapshot{snapshotOf("1", "2")}}, []check.Finding{f})
	n := answerOf(t, a, "aws", "12.3.1-C1")
	if want := "Not satisfied: the one resource fails “Title of backed-up”: exports has no backup, in a plan that is not applied yet."; n.Summary != want || a.Results[0].Worst[0].Source != "plan" {
		t.Errorf("%s\nwant %s", n.Summary, want)
	}
}

// A plan that is not applied is no state of what stands: it makes an answer
// partly at most, says that it would, and reaches nobody from the internet yet.
func TestSummary_WhatAPlanWouldDo(t *testing.T) {
	in := Input{Catalogue: book(), Scope: smallScope(), Checks: smallChecks(), Edition: "2015", Now: now(), Snapshots: []Snapshot{snapshotOf("1", "2")}}
	plan := check.Finding{Check: "backed-up", Outcome: check.Fail, Severity: check.High, Resource: "aws_s3_bucket.exports", Name: "exports", Account: "2", Source: planned, Message: "exports has no backup", Exposed: true}
	done := check.Finding{Check: "backed-up", Outcome: check.Pass, Severity: check.High, Resource: "arn:aws:s3:::books", Account: "2", Source: live}
	spare := done
	spare.Outcome, spare.Resource = check.NotApplicable, "arn:aws:s3:::scratch"
	broken := done
	broken.Outcome, broken.Resource, broken.Name, broken.Message, broken.Exposed = check.Fail, "arn:aws:s3:::a", "a", "a has no backup", true
	for _, c := range []struct {
		findings []check.Finding
		want     string
	}{
		{[]check.Finding{plan, done, done}, "Partly satisfied: 1 of 3 resources would fail “Title of backed-up”: exports has no backup, in a plan that is not applied yet; what stands and was read passes; 1 of those that are planned would be reachable from the internet."},
		{[]check.Finding{plan, spare}, "Partly satisfied: the one resource would fail “Title of backed-up”: exports has no backup, in a plan that is not applied yet; 1 of those that are planned would be reachable from the internet."},
		{[]check.Finding{plan, broken}, "Not satisfied: both resources fail “Title of backed-up”, 1 of them only in a plan that is not applied yet; one of them: a has no backup; 1 of those that fail can be reached from the internet; 1 of those that are planned would be reachable from the internet."},
		{[]check.Finding{plan}, "Not satisfied: the one resource fails “Title of backed-up”: exports has no backup, in a plan that is not applied yet; 1 of those that are planned would be reachable from the internet."},
	} {
		a := conclude(t, in, c.findings)
		n := answerOf(t, a, "aws", "12.3.1-C1")
		if n.Summary != c.want {
			t.Errorf("%s\nwant %s", n.Summary, c.want)
		}
		for _, e := range a.Results[0].Worst {
			if e.Exposed == (e.Source == planned) {
				t.Errorf("%s is said to be reachable now: %v", e.Resource, e.Exposed)
			}
		}
		told := map[string]int{}
		for _, r := range n.Reasons {
			if told[r.Check]++; r.Check != "" && told[r.Check] > 1 {
				t.Errorf("two reasons speak of %s: %+v", r.Check, n.Reasons)
			}
		}
	}
}

func TestSummary_GoesDownToTheResourceAndTheField(t *testing.T) {
	in := Input{Catalogue: book(), Scope: smallScope(), Checks: smallChecks(), Edition: "2015", Now: now(), Snapshots: []Snapshot{snapshotOf("1", "2")}}
	open := check.Finding{Check: "backed-up", Outcome: check.Fail, Severity: check.High, Resource: "arn:aws:s3:::exports", Name: "exports", Account: "2", Message: "exports has no backup (backups is 0)", Exposed: true}
	done := check.Finding{Check: "backed-up", Outcome: check.Pass, Severity: check.High, Resource: "arn:aws:s3:::books", Account: "2"}
	n := answerOf(t, conclude(t, in, []check.Finding{open, done, done}), "aws", "12.3.1-C1")
	want := "Partly satisfied: 1 of 3 resources fails “Title of backed-up”: exports has no backup (backups is 0); 1 of those that fail can be reached from the internet."
	if n.Summary != want {
		t.Errorf("%s\nwant %s", n.Summary, want)
	}
	if n.Reasons[0].Check != "backed-up" || !n.Reasons[0].Holds {
		t.Errorf("%+v", n.Reasons[0])
	}
}
