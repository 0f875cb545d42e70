// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/scope"
)

// The tests here hold the product's catalogue; they pass with whatever it says.
func load(t testing.TB) *catalogue.Catalogue {
	t.Helper()
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

func models() []catalogue.ServiceModel {
	return []catalogue.ServiceModel{catalogue.IaaS, catalogue.PaaS, catalogue.SaaS}
}

// The catalogue's words for shares must be ours, for every duty and model.
func TestDefault_EveryDuty(t *testing.T) {
	cat := load(t)
	for _, e := range editions() {
		for _, model := range models() {
			m := Default(cat, scope.Service{ID: "s", Role: scope.Consumes, Model: model}, e)
			if len(m.Allocations) != len(cat.Duties(e, "")) || len(m.Allocations) < 200 {
				t.Errorf("%s %s: %d lines for %d duties", e, model, len(m.Allocations), len(cat.Duties(e, "")))
			}
			shares := []Share{None, Performs, Accounts, SharesBoth}
			for _, a := range m.Allocations {
				if !slices.Contains(shares, a.Customer) || !slices.Contains(shares, a.Provider) || a.Who() == ByNobody || a.Customer.Accountable() == a.Provider.Accountable() {
					t.Errorf("%s %s: %+v", e, model, a)
				}
				if line, ok := DefaultLine(cat, model, a.Duty); !ok || !cmp.Equal(line, a) {
					t.Errorf("DefaultLine gives %+v, the matrix %+v", line, a)
				}
			}
		}
	}
	if _, ok := DefaultLine(cat, catalogue.IaaS, "unheard"); ok {
		t.Error("a line for a duty that nobody knows")
	}
}

func TestDefault_RoundTrip(t *testing.T) {
	cat, s := load(t), estate()
	for _, e := range editions() {
		for _, service := range s.Services {
			m := Default(cat, service, e)
			data, err := EncodeMatrix(*m, cat)
			if err != nil {
				t.Fatal(err)
			}
			back, err := ParseMatrix("m.yaml", data, cat, s)
			if err != nil {
				t.Fatalf("%v\n%.2000s", err, data)
			}
			if diff := cmp.Diff(m, back, cmpopts.IgnoreFields(Matrix{}, "File")); diff != "" {
				t.Errorf("%s %s (-written +read):\n%s", service.ID, e, diff)
			}
			for line := range strings.SplitSeq(string(data), "\n") {
				if strings.HasSuffix(line, " ") || len(line) > 140 {
					t.Errorf("%s %s: an ugly line %q", service.ID, e, line)
				}
			}
		}
	}
}

// On the defaults alone, nothing is settled: every critical duty of the other
// side is an assumption, nothing differs from what is usual, and no duty is
// without a performer.
func TestCheck_Defaults(t *testing.T) {
	cat, s := load(t), estate()
	in := Input{Catalogue: cat, Scope: s, Edition: catalogue.Edition2026, Now: today()}
	for _, service := range s.Services {
		in.Matrices = append(in.Matrices, *Default(cat, service, in.Edition))
	}
	counts := map[Rule]int{}
	for _, f := range Check(in) {
		counts[f.Rule]++
		if f.Duty != "" && f.Control == "" {
			t.Errorf("no control in %+v", f)
		}
	}
	for _, r := range []Rule{Gap, Overlap, TwoAccountable, ModelAnomaly, StaleSignOff, OwnerLeft, StatementMismatch, ContractMismatch} {
		if counts[r] > 0 {
			t.Errorf("%s found %d in the defaults", r, counts[r])
		}
	}
	if counts[NotAcknowledged] != 3 || counts[AssumptionOnly] == 0 || counts[ChainBreak] == 0 {
		t.Errorf("found %v; want three drafts, assumptions, and promises that break", counts)
	}
	verdicts := Verdicts(in)
	if want := 3 * len(cat.Duties(in.Edition, "")); len(verdicts) != want {
		t.Errorf("%d verdicts, want %d", len(verdicts), want)
	}
}

func TestParseStatement_Catalogue(t *testing.T) {
	cat, s := load(t), estate()
	st, err := ParseStatement("s.csv", []byte("id,who\nbackup,provider\nCLD.6.3.1,both\n5.38,both\n"), StatementOptions{Service: "cloud"}, cat, s)
	if err != nil {
		t.Fatal(err)
	}
	cloud, _ := s.Service("cloud")
	m := Default(cat, cloud, catalogue.Edition2015)
	if got := CompareStatement(*m, *st, cat); len(got) == 0 {
		t.Error("a provider that does all of backup agrees with the defaults of IaaS")
	}
	if got := Unmatched(*st, cat, catalogue.Edition2015); len(got) != 0 {
		t.Errorf("unmatched %v: a number of either edition names a control", got)
	}
}

func BenchmarkCheck(b *testing.B) {
	cat, s := load(b), estate()
	in := Input{Catalogue: cat, Scope: s, Edition: catalogue.Edition2026, Now: today()}
	for _, service := range s.Services {
		in.Matrices = append(in.Matrices, *Default(cat, service, in.Edition))
	}
	for b.Loop() {
		Check(in)
	}
}
