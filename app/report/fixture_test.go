// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"time"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/remediation"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
)

// chooser gives a number below n: the fixtures are built of its choices, so
// that a fixed one gives a golden file and a random one a property.
type chooser func(n int) int

// counter chooses in a fixed pattern.
func counter() chooser {
	at := 0
	return func(n int) int {
		at = at*1103515245 + 12345
		return (at >> 16 & 0x7fff) % n
	}
}

func at() time.Time { return time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC) }

// controls are a small catalogue in its own words.
func controls() []catalogue.Control {
	var out []catalogue.Control
	for _, c := range []struct{ key, clause, title string }{{"policies", "5.1.1", "Policies"}, {"access", "9.2.1", "Users"}, {"secrets", "9.2.4", "Secrets"}, {"backup", "12.3.1", "Backup"}, {"shared-roles", "CLD.6.3.1", "Shared roles"}} {
		v := catalogue.Control{Key: c.key, Title: c.title, Objective: "So that " + c.title + " are in order.", Clauses: []catalogue.Clause{{Edition: "2015", ID: c.clause, Title: c.title}}}
		for i := range 3 {
			for _, p := range []catalogue.Party{catalogue.Customer, catalogue.Provider} {
				letter := map[catalogue.Party]string{catalogue.Customer: "C", catalogue.Provider: "P"}[p]
				v.Duties = append(v.Duties, catalogue.Duty{ID: fmt.Sprintf("%s-%s%d", c.clause, letter, i+1), Control: c.key, Party: p, Text: fmt.Sprintf("The %s does part %d of %s.", p, i+1, c.title), Editions: []catalogue.Edition{"2015"}})
			}
		}
		out = append(out, v)
	}
	out[0].Duties[5].Editions = []catalogue.Edition{"2026"} // not in the edition that the tests assess
	return out
}

func tally(c *assess.Counts, s assess.Status) {
	c.Total++
	switch s {
	case assess.Satisfied:
		c.Satisfied++
	case assess.Inherited:
		c.Inherited++
	case assess.Accepted:
		c.Accepted++
	case assess.Partly:
		c.Partly++
	case assess.NotSatisfied:
		c.NotSatisfied++
	case assess.NotApplicable:
		c.NotApplicable++
	default:
		c.Unknown++
	}
}

func worse(a, b assess.Status) assess.Status {
	for _, s := range assess.Statuses() {
		if a == s || b == s {
			return s
		}
	}
	return a
}

// builder builds an assessment whose numbers are those of its answers.
type builder struct {
	pick  chooser
	gap   Gap
	a     *assess.Assessment
	rolls map[rollKey]*assess.Roll
	order []rollKey
}

// gapOf builds a gap report's values by the choices of pick.
func gapOf(pick chooser) Gap {
	b := &builder{pick: pick, rolls: map[rollKey]*assess.Roll{}}
	b.a = &assess.Assessment{Format: 1, Digest: "sha256:3f1a9c5e7b2d4f60819ab3cd57e4f1023f1a9c5e7b2d4f60819ab3cd57e4f102", At: at(),
		Organisation: scope.Organisation{ID: "example", Name: "Example & Sons Ltd", Role: scope.RoleBoth, Contact: "security@example.org"}, Edition: "2015", Parties: []catalogue.Party{catalogue.Customer, catalogue.Provider}}
	b.gap = Gap{Paper: Paper{ID: "GAP-1", Version: "1.0", Classification: "Confidential"}, Assessment: b.a, Controls: controls(), Catalogue: "2026.11"}
	services := []assess.Service{
		{ID: "aws", Name: "Amazon Web Services", Role: scope.Consumes, Model: catalogue.IaaS, Provider: "Amazon", Criticality: "high", Accounts: []string{"111122223333"}, Ours: catalogue.Customer, Matrix: responsibility.Acknowledged, MatrixVersion: 2},
		{ID: "ledger", Name: "Ledger", Role: scope.Provides, Model: catalogue.SaaS, Ours: catalogue.Provider},
	}
	for i := range services[:1+pick(2)] {
		b.service(&services[i])
		b.a.Services = append(b.a.Services, services[i])
	}
	for _, k := range b.order {
		b.a.Themes = append(b.a.Themes, *b.rolls[k])
	}
	b.facts()
	b.plan()
	return b.gap
}

func (b *builder) service(s *assess.Service) {
	for _, c := range b.gap.Controls {
		for _, d := range c.Duties {
			if d.Editions[0] != "2015" {
				continue
			}
			a := b.answer(*s, c, d)
			b.a.Answers = append(b.a.Answers, a)
			for _, n := range []*assess.Counts{&b.a.Readiness.All, &s.Counts} {
				tally(n, a.Status)
			}
			if a.Ours {
				tally(&b.a.Readiness.Ours, a.Status)
			} else {
				tally(&b.a.Readiness.Theirs, a.Status)
			}
			theme := map[byte]string{'5': "5", '9': "9", '1': "12", 'C': "CLD.6"}[c.Clauses[0].ID[0]]
			k := rollKey{theme, d.Party, ""}
			if b.rolls[k] == nil {
				b.rolls[k] = &assess.Roll{Key: theme, Clause: theme, Title: "Theme " + theme, Party: d.Party, Status: assess.NotApplicable}
				b.order = append(b.order, k)
			}
			tally(&b.rolls[k].Counts, a.Status)
			b.rolls[k].Status = worse(b.rolls[k].Status, a.Status)
			if a.Status == assess.NotSatisfied || a.Status == assess.Partly || a.Status == assess.Unknown {
				b.a.Gaps = append(b.a.Gaps, assess.Gap{ID: s.ID + "/" + d.ID, Service: s.ID, Duty: d.ID, Control: c.Key, Party: d.Party, Ours: a.Ours, Status: a.Status,
					Severity: severities()[b.pick(4)], Why: "Its worst check says so.", Summary: a.Summary})
			}
		}
	}
}

func (b *builder) answer(s assess.Service, c catalogue.Control, d catalogue.Duty) assess.Answer {
	st := assess.Statuses()[b.pick(7)]
	a := assess.Answer{Service: s.ID, Duty: d.ID, Control: c.Key, Party: d.Party, Ours: d.Party == s.Ours, Status: st, By: []responsibility.Who{responsibility.ByCustomer, responsibility.ByProvider, responsibility.ByBoth, responsibility.ByNobody}[b.pick(4)],
		Defaulted: b.pick(2) == 0, Summary: "It is " + string(st) + ".", Coverage: assess.Coverage{Read: b.pick(4), Required: 3}}
	for i := range b.pick(9) {
		a.Reasons = append(a.Reasons, assess.Reason{Kind: assess.ReasonFail, Says: fmt.Sprintf("Reason %d.", i), Check: []string{"", "object-store-public", "unheard-of"}[b.pick(3)], Bears: st})
	}
	if b.pick(3) == 0 {
		a.Attestation = &assess.Attested{ID: "x", Answer: assess.AnswerYes, By: "Ada", On: at().AddDate(0, -1, 0), Expires: at().AddDate(1, 0, 0)}
	}
	return a
}

// facts are snapshots, results, attestations and exceptions, each of them
// absent for some choices.
func (b *builder) facts() {
	for range b.pick(3) {
		b.a.Snapshots = append(b.a.Snapshots, assess.Snapshot{Provider: "aws", Source: "live", Tool: "demarc 0.1.0", Accounts: []string{"111122223333"}, Started: at(), Ended: at(), Calls: 4821, Lost: int64(b.pick(3)), Synthetic: []string{"", "moto 5.2.1"}[b.pick(2)]})
		b.a.Unread = append(b.a.Unread, cloud.ScopeGap{Provider: "aws", Account: "111122223333", Region: "eu-west-1", Kinds: []cloud.Kind{"audit-trail"}, Gap: cloud.Gap{Reason: cloud.Denied}})
	}
	for i, id := range []string{"object-store-public", "root-mfa"} {
		c := check.Check{ID: id, Title: "Title of " + id, Severity: severities()[i], Why: "Because of *it*", Fix: check.Fix{CLI: "aws s3api \\\n  --bucket x"}}
		b.gap.Checks = append(b.gap.Checks, c)
		for _, s := range b.a.Services {
			r := assess.Result{Service: s.ID, Check: id, Title: c.Title, Severity: c.Severity, Tally: assess.Tally{Pass: b.pick(5), Fail: b.pick(5), Unknown: b.pick(3), Accepted: b.pick(2)}}
			for k := range b.pick(12) {
				r.Worst = append(r.Worst, assess.Example{Outcome: outcomes()[b.pick(5)], Severity: c.Severity, Message: "public is true", Resource: fmt.Sprintf("arn:aws:s3:::%d", k), Exception: []string{"", "EX-1"}[b.pick(2)]})
			}
			b.a.Results = append(b.a.Results, r)
		}
	}
	for range b.pick(3) {
		b.a.Said = append(b.a.Said, assess.Said{Attested: assess.Attested{Answer: assess.AnswerPartly}, Control: "backup", Service: "*", State: []assess.SaidState{assess.InForce, assess.Expired, assess.NotYet, assess.Unused, assess.NotAsked}[b.pick(5)]})
	}
	if b.pick(2) == 0 {
		b.gap.Exceptions = []check.Exception{{ID: "EX-1", Checks: []string{"root-mfa"}, Reason: "It is replaced soon", Owner: "Ada", Until: at()}, {ID: "EX-2", Checks: []string{"root-mfa"}}}
		b.gap.Uses = []check.ExceptionUse{{ID: "EX-2", State: "expired", Note: "mend it or accept it anew"}}
		b.a.Exceptions = []assess.ExceptionUse{{ID: "EX-1", Findings: 2, Checks: []string{"root-mfa"}, Services: []string{"aws"}}, {ID: "EX-3", Findings: 1}}
	}
	for range b.pick(2) {
		b.a.Unassigned = append(b.a.Unassigned, assess.Unassigned{Findings: 4, Failing: 1})
	}
}

func (b *builder) plan() {
	p := remediation.Plan{Assessment: b.a.Digest}
	for i := range b.pick(45) {
		a := remediation.Action{ID: fmt.Sprintf("mend:%d", i), Kind: []remediation.Kind{remediation.Mend, remediation.Read, remediation.Attest, remediation.Secure, remediation.Assign}[b.pick(5)], Title: fmt.Sprintf("Action %d", i), What: "Do it.",
			Check: []string{"", "root-mfa"}[b.pick(2)], Severity: severities()[b.pick(4)], Minutes: 30 * (1 + b.pick(200)), Wave: 1 + b.pick(3), QuickWin: b.pick(4) == 0, Priority: remediation.Priority{Score: 900 - i}}
		for range b.pick(6) {
			a.Bears = append(a.Bears, remediation.Target{})
		}
		if i > 0 && b.pick(3) == 0 {
			a.After, a.AfterWhy = []string{"mend:0"}, "it needs the first"
		}
		p.Actions = append(p.Actions, a)
		if a.QuickWin {
			p.QuickWins = append(p.QuickWins, a.ID)
		}
		for len(p.Waves) < a.Wave {
			p.Waves = append(p.Waves, remediation.Wave{Number: len(p.Waves) + 1, Title: "Wave"})
		}
		p.Waves[a.Wave-1].Actions = append(p.Waves[a.Wave-1].Actions, a.ID)
		p.Numbers.Minutes += a.Minutes
	}
	p.Numbers.Actions, p.Numbers.Gaps, p.Numbers.Covered = len(p.Actions), len(b.a.Gaps), len(b.a.Gaps)
	b.gap.Plan = p
	if b.pick(2) == 0 {
		b.gap.Outlooks = []remediation.Outlook{{Estimate: true, Actions: p.QuickWins, Before: b.a.Readiness.Ours, After: b.a.Readiness.Ours, Says: "Estimate: nothing changes.", Supposes: []string{"What was mended passes."}}}
	}
}

// matrixOf builds the values of a matrix by the choices of pick.
func matrixOf(pick chooser) Matrix {
	m := Matrix{Paper: Paper{ID: "RM-1", Version: "1.0", Classification: "Confidential"}, Organisation: scope.Organisation{ID: "example", Name: "Example & Sons Ltd"},
		Service: scope.Service{ID: "aws", Name: "Amazon Web Services", Role: scope.Consumes, Model: catalogue.IaaS, Provider: "Amazon"}, Matrix: responsibility.Matrix{Service: "aws", Edition: "2015", Version: 2},
		Standing: []responsibility.Status{responsibility.Draft, responsibility.Acknowledged, responsibility.Stale}[pick(3)], Controls: controls(), Catalogue: "2026.11", At: at()}
	if pick(2) == 0 {
		m.Matrix.SignOff = &responsibility.SignOff{By: "Ada", On: "2026-03-01"}
	}
	shares := []responsibility.Share{responsibility.None, responsibility.Performs, responsibility.Accounts, responsibility.SharesBoth}
	kinds := []responsibility.BasisKind{responsibility.ContractClause, responsibility.ProviderStatement, responsibility.InternalControl, responsibility.Assumption, responsibility.DefaultBasis}
	for _, c := range m.Controls {
		for _, d := range c.Duties {
			if d.Editions[0] != "2015" {
				continue
			}
			v := responsibility.Verdict{Service: "aws", Duty: d.ID, Kind: verdictKinds()[pick(6)]}
			if pick(5) == 0 {
				v.Rules = []responsibility.Rule{responsibility.Gap}
				m.Findings = append(m.Findings, responsibility.Finding{Rule: responsibility.Gap, Severity: responsibility.High, Service: "aws", Duty: d.ID, Why: "Nobody performs.", Chain: []responsibility.Link{{Service: "ledger"}}})
			}
			m.Verdicts = append(m.Verdicts, v)
			if pick(6) == 0 {
				continue
			}
			a := responsibility.Allocation{Duty: d.ID, Customer: shares[pick(4)], Provider: shares[pick(4)], Basis: responsibility.Basis{Kind: kinds[pick(5)]}}
			if pick(2) == 0 {
				a.Split, a.CustomerOwner, a.ProviderContact, a.Basis.Reference, a.Rationale, a.Note = "One\ndoes = this", "ada", "support", "MSA, 7.3(b)", "-1 for a reason", "@see"
				a.Evidence = []string{"SOC 2", "=report"}
			}
			m.Matrix.Allocations = append(m.Matrix.Allocations, a)
		}
	}
	return m
}
