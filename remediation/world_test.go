// SPDX-License-Identifier: Apache-2.0

package remediation

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
)

// TestMain draws fewer worlds than is usual, because each is a whole catalogue;
// -rapid.checks draws more.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "40"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func now() time.Time { return time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC) }

// book is the catalogue, loaded once.
var book = sync.OnceValue(func() *catalogue.Catalogue {
	c, err := catalogue.Load()
	if err != nil {
		panic(err)
	}
	return c
})

func estate() *scope.Scope {
	return &scope.Scope{Organisation: scope.Organisation{ID: "larkspur", Name: "Larkspur Ledger", Role: scope.RoleBoth}, Services: []scope.Service{
		{ID: "ledger", Name: "Ledger", Role: scope.Provides, Model: catalogue.SaaS, BuiltOn: []string{"aws"}, Accounts: []string{"1"}, Criticality: scope.Critical},
		{ID: "aws", Name: "Amazon Web Services", Provider: "Amazon", Role: scope.Consumes, Model: catalogue.IaaS, Accounts: []string{"1", "2"}, Criticality: scope.High},
	}}
}

func checks() []check.Check {
	return []check.Check{
		{ID: "store-public", Title: "Stores are closed", Severity: check.Critical, Effort: "minutes", Kinds: []cloud.Kind{cloud.ObjectStore}, Proves: []check.Proof{{Duty: "9.4.1-C2", Extent: "full"}, {Duty: "CLD.9.5.1-P1", Extent: "part"}}, Fix: check.Fix{CLI: "close it"}},
		{ID: "user-mfa", Title: "Users have a second factor", Severity: check.High, Effort: "hours", Kinds: []cloud.Kind{cloud.Identity}, Proves: []check.Proof{{Duty: "9.2.3-C1", Extent: "full"}}},
		{ID: "trail", Title: "A trail logs all regions", Severity: check.High, Effort: "hours", Kinds: []cloud.Kind{cloud.LogTrail}, Proves: []check.Proof{{Duty: "12.4.1-C1", Extent: "part"}}},
		{ID: "sign-in-alarm", Title: "Sign-ins raise an alarm", Severity: check.Medium, Effort: "hours", Kinds: []cloud.Kind{cloud.Alarm}, Proves: []check.Proof{{Duty: "CLD.12.4.5-C1", Extent: "part"}}},
		{ID: "backup", Title: "Stores are backed up", Severity: check.Low, Effort: "weeks", Kinds: []cloud.Kind{cloud.BackupPlan}, Proves: []check.Proof{{Duty: "12.3.1-C1", Extent: "part"}, {Duty: "12.3.1-P1", Extent: "full"}}},
		{ID: "lonely", Title: "Proves nothing", Severity: check.Medium, Effort: "days", Kinds: []cloud.Kind{cloud.Queue}},
	}
}

func input() assess.Input {
	return assess.Input{Catalogue: book(), Scope: estate(), Checks: checks(), Edition: "2015", Now: now(),
		Snapshots: []assess.Snapshot{{Provider: "aws", Source: "live", Accounts: []string{"1", "2"}}}}
}

func found(id string, o check.Outcome, n int) check.Finding {
	f := check.Finding{Check: id, Outcome: o, Resource: fmt.Sprintf("r%d", n), Account: fmt.Sprint(1 + n%2), Message: fmt.Sprintf("r%d is open", n)}
	f.Fingerprint = id + f.Resource
	for _, c := range checks() {
		if c.ID == id {
			f.Severity, f.Kind = c.Severity, c.Kinds[0]
		}
	}
	return f
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

func conclude(t failer, in assess.Input, findings []check.Finding) *assess.Assessment {
	t.Helper()
	r, err := assess.New(in)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	for _, f := range findings {
		if err := r.Add(f); err != nil {
			t.Fatalf("Add: %v", err)
		}
	}
	a, err := r.Finish()
	if err != nil {
		t.Fatalf("Finish: %v", err)
	}
	return a
}

// world draws an assessment.
func world(t *rapid.T) *assess.Assessment {
	in := input()
	in.Services = rapid.SampledFrom([][]string{{"aws"}, {"ledger"}, {"aws"}, nil}).Draw(t, "services")
	if rapid.IntRange(0, 3).Draw(t, "untold") == 0 {
		in.Snapshots[0].Accounts = []string{"1"}
	}
	in.Exceptions = []check.Exception{{ID: "good", Until: now()}}
	duties := []string{"9.4.1-C2", "CLD.9.5.1-P1", "9.2.3-C1", "12.4.1-C1", "CLD.12.4.5-C1", "12.3.1-C1", "12.3.1-P1"}
	shares := rapid.SampledFrom([]responsibility.Share{responsibility.None, responsibility.Performs, responsibility.SharesBoth})
	for _, id := range []string{"aws", "ledger"} {
		m := responsibility.Matrix{Service: id, Edition: "2015", Version: 1}
		for _, d := range duties {
			if rapid.Bool().Draw(t, "line") {
				m.Allocations = append(m.Allocations, responsibility.Allocation{Duty: d, Customer: shares.Draw(t, "customer"), Provider: shares.Draw(t, "provider"),
					Basis: responsibility.Basis{Kind: responsibility.ContractClause, Reference: rapid.SampledFrom([]string{"", "MSA 3"}).Draw(t, "reference")}})
			}
		}
		in.Matrices = append(in.Matrices, m)
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "attestations") {
		a := assess.Attestation{ID: fmt.Sprint(i), Duty: rapid.SampledFrom(duties).Draw(t, "duty"), Service: rapid.SampledFrom([]string{"aws", "ledger", "*"}).Draw(t, "of"), Answer: rapid.SampledFrom(assess.Answers()).Draw(t, "answer"), By: "Ada", Statement: "So.",
			On: now().Truncate(24*time.Hour).AddDate(0, 0, rapid.IntRange(-20, 1).Draw(t, "on"))}
		a.Expires = a.On.AddDate(0, 0, rapid.IntRange(0, 30).Draw(t, "days"))
		if rapid.Bool().Draw(t, "evidence") {
			a.Evidence, a.Source = []assess.Evidence{{Path: "a.pdf"}}, "SOC 2"
		}
		in.Attestations = append(in.Attestations, a)
	}
	return conclude(t, in, rapid.SliceOfN(rapid.Custom(finding), 0, 20).Draw(t, "findings"))
}

func finding(t *rapid.T) check.Finding {
	f := found(rapid.SampledFrom(checks()).Draw(t, "check").ID, rapid.SampledFrom([]check.Outcome{check.Pass, check.Fail, check.Fail, check.Unknown, check.Error, check.NotApplicable}).Draw(t, "outcome"), rapid.IntRange(0, 30).Draw(t, "resource"))
	f.Exposed = rapid.Bool().Draw(t, "exposed")
	if rapid.IntRange(0, 5).Draw(t, "excepted") == 0 {
		f.Exception = "good"
	}
	return f
}

func action(t testing.TB, p Plan, id string) Action {
	t.Helper()
	for _, a := range p.Actions {
		if a.ID == id {
			return a
		}
	}
	t.Fatalf("the plan has no action %s", id)
	return Action{}
}
