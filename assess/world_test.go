// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

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

// few are the duties about which worlds differ.
func few() []string {
	return []string{"12.3.1-C1", "12.3.1-C2", "12.3.1-P1", "9.2.1-C1", "9.2.1-C2", "9.2.1-P1", "CLD.6.3.1-C1", "CLD.6.3.1-P2"}
}

func smallScope() *scope.Scope {
	return &scope.Scope{Organisation: scope.Organisation{ID: "larkspur", Name: "Larkspur Ledger", Role: scope.RoleBoth}, Services: []scope.Service{
		{ID: "ledger", Name: "Ledger", Role: scope.Provides, Model: catalogue.SaaS, BuiltOn: []string{"aws"}, Accounts: []string{"1"}, Criticality: scope.Critical},
		{ID: "aws", Name: "Amazon Web Services", Provider: "Amazon", Role: scope.Consumes, Model: catalogue.IaaS, Accounts: []string{"1", "2"}, Criticality: scope.High},
		{ID: "mailer", Name: "Postrider", Provider: "Postrider", Role: scope.Consumes, Model: catalogue.SaaS},
	}}
}

func smallChecks() []check.Check {
	var out []check.Check
	for i, c := range []struct {
		id       string
		severity check.Severity
		proves   []check.Proof
	}{
		{"backed-up", check.High, []check.Proof{{Duty: "12.3.1-C1", Extent: "full"}, {Duty: "12.3.1-P1", Extent: "part"}}},
		{"copied", check.Low, []check.Proof{{Duty: "12.3.1-C1", Extent: "part"}, {Duty: "12.3.1-C2", Extent: "part"}}},
		{"mfa", check.Critical, []check.Proof{{Duty: "9.2.1-C1", Extent: "part"}, {Duty: "9.2.1-P1", Extent: "full"}, {Duty: "12.3.1-P1", Extent: "part"}}},
		{"azure-only", check.Medium, []check.Proof{{Duty: "9.2.1-C2", Extent: "full"}}},
	} {
		v := check.Check{ID: c.id, Title: "Title of " + c.id, Severity: c.severity, Kinds: []cloud.Kind{cloud.ObjectStore}, Proves: c.proves, Effort: []string{"minutes", "hours", "days", "weeks"}[i]}
		if c.id == "azure-only" {
			v.Providers = []string{"azure"}
		}
		out = append(out, v)
	}
	return out
}

func snapshotOf(accounts ...string) Snapshot {
	return Snapshot{Provider: "aws", Source: "live", Tool: "demarc", Accounts: accounts, Started: now().Add(-time.Hour), Ended: now()}
}

// world draws whole inputs with their findings.
func world(t *rapid.T) (Input, []check.Finding) {
	in := Input{Catalogue: book(), Scope: smallScope(), Checks: smallChecks(), Edition: "2015", Now: now()}
	for _, accounts := range [][]string{{"1"}, {"2"}, {"3"}} {
		if rapid.IntRange(0, 4).Draw(t, "told") > 0 {
			in.Snapshots = append(in.Snapshots, snapshotOf(accounts...))
		}
	}
	in.Exceptions = []check.Exception{{ID: "old", Until: now().AddDate(0, 0, -2)}, {ID: "good", Until: now()}}
	in.Services = rapid.SampledFrom([][]string{{"aws"}, {"ledger"}, {"aws"}, {"ledger"}, {"mailer"}, nil}).Draw(t, "services")
	in.Parties = rapid.SampledFrom([][]catalogue.Party{nil, {catalogue.Customer}, {catalogue.Provider}}).Draw(t, "parties")
	in.Matrices = matrices(t)
	in.Attestations = attestations(t)
	if rapid.IntRange(0, 3).Draw(t, "aged") == 0 {
		in.MaxAge = 24 * time.Hour
	}
	return in, rapid.SliceOfN(rapid.Custom(finding), 0, 25).Draw(t, "findings")
}

func finding(t *rapid.T) check.Finding {
	c := rapid.SampledFrom(smallChecks()[:3]).Draw(t, "check")
	f := check.Finding{Check: c.ID, Severity: c.Severity, Resource: fmt.Sprintf("r%d", rapid.IntRange(1, 40).Draw(t, "resource")), Kind: cloud.ObjectStore, Provider: "aws", Message: "public is true",
		Account: rapid.SampledFrom([]string{"1", "2", "3", ""}).Draw(t, "account"), Exposed: rapid.Bool().Draw(t, "exposed"), Fields: []string{"public"}}
	f.Fingerprint = f.Check + f.Resource
	f.Source = rapid.SampledFrom([]string{"live", "live", "plan"}).Draw(t, "source")
	f.Outcome = rapid.SampledFrom([]check.Outcome{check.Pass, check.Pass, check.Fail, check.Fail, check.Unknown, check.NotApplicable, check.Error}).Draw(t, "outcome")
	if rapid.IntRange(0, 3).Draw(t, "excepted") == 0 {
		f.Exception = rapid.SampledFrom([]string{"old", "good", "unheard-of"}).Draw(t, "exception")
	}
	if rapid.IntRange(0, 9).Draw(t, "scope") == 0 && f.Outcome == check.Unknown {
		f.Native = scopeNative
	}
	f.Seen.At = now().Add(-time.Duration(rapid.IntRange(0, 40).Draw(t, "age")) * time.Hour)
	return f
}

func matrices(t *rapid.T) []responsibility.Matrix {
	var out []responsibility.Matrix
	shares := rapid.SampledFrom([]responsibility.Share{responsibility.None, responsibility.Performs, responsibility.SharesBoth})
	for _, id := range []string{"aws", "ledger", "mailer"} {
		if rapid.IntRange(0, 3).Draw(t, "matrix") == 0 {
			continue
		}
		m := responsibility.Matrix{Service: id, Edition: "2015", Version: 1, Status: responsibility.Draft}
		for _, d := range few() {
			if rapid.IntRange(0, 4).Draw(t, "line") == 0 {
				continue
			}
			a := responsibility.Allocation{Duty: d, Customer: shares.Draw(t, "customer"), Provider: shares.Draw(t, "provider")}
			a.Basis.Kind = rapid.SampledFrom([]responsibility.BasisKind{responsibility.ContractClause, responsibility.ProviderStatement, responsibility.Assumption, responsibility.DefaultBasis}).Draw(t, "basis")
			a.Basis.Reference = rapid.SampledFrom([]string{"", "MSA 7.3"}).Draw(t, "reference")
			if rapid.Bool().Draw(t, "assured") {
				a.Evidence = []string{"SOC 2"}
			}
			m.Allocations = append(m.Allocations, a)
		}
		out = append(out, m)
	}
	return out
}

func attestations(t *rapid.T) []Attestation {
	var out []Attestation
	for i := range rapid.IntRange(0, 8).Draw(t, "attestations") {
		a := Attestation{ID: fmt.Sprintf("a%d", i), Service: rapid.SampledFrom([]string{"aws", "ledger", "mailer", "*"}).Draw(t, "of"), Answer: rapid.SampledFrom(Answers()).Draw(t, "answer"), By: "Ada", Statement: "So it is."}
		if rapid.Bool().Draw(t, "of control") {
			a.Control = rapid.SampledFrom([]string{"backup", "user-registration", "shared-roles"}).Draw(t, "control")
			a.Party = rapid.SampledFrom([]catalogue.Party{"", catalogue.Customer, catalogue.Provider}).Draw(t, "party")
		} else {
			a.Duty = rapid.SampledFrom(few()).Draw(t, "duty")
		}
		a.On = now().Truncate(24*time.Hour).AddDate(0, 0, rapid.IntRange(-40, 2).Draw(t, "on"))
		a.Expires = a.On.AddDate(0, 0, rapid.IntRange(0, 60).Draw(t, "holds"))
		if rapid.Bool().Draw(t, "with evidence") {
			a.Evidence = []Evidence{{Path: "b.pdf"}, {Path: "a.pdf"}}
		}
		if rapid.Bool().Draw(t, "with source") {
			a.Source = "SOC 2"
		}
		out = append(out, a)
	}
	return out
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

func conclude(t failer, in Input, findings []check.Finding) *Assessment {
	t.Helper()
	r, err := New(in)
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

func answerOf(t testing.TB, a *Assessment, service, duty string) Answer {
	t.Helper()
	for _, n := range a.Answers {
		if n.Service == service && n.Duty == duty {
			return n
		}
	}
	t.Fatalf("no answer for %s of %s", duty, service)
	return Answer{}
}
