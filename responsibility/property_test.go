// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/scope"
)

// drawWorld draws a scope, matrices of some services, and statements.
func drawWorld(t *rapid.T) *world {
	w := &world{edition: rapid.SampledFrom(editions()).Draw(t, "edition"), scope: estate()}
	for i := range w.scope.Services {
		s := &w.scope.Services[i]
		s.Criticality = rapid.SampledFrom([]scope.Criticality{"", scope.Low, scope.Medium, scope.Critical}).Draw(t, "criticality")
		for range rapid.IntRange(0, 2).Draw(t, "matrices") {
			e := rapid.SampledFrom(editions()).Draw(t, "of")
			m := drawMatrix(t, smallBook(e), s.ID)
			if m.SignOff != nil && rapid.Bool().Draw(t, "fresh") {
				m.SignOff.Digest = Digest(m, *s)
			}
			w.matrices = append(w.matrices, m)
		}
	}
	refs := rapid.SampledFrom([]string{"12.3.1-C1", "12.3.1-P1", "backup", "CLD.6.3.1", "8.13", "unheard"})
	who := rapid.SampledFrom([]Who{ByCustomer, ByProvider, ByBoth, ByNobody})
	for range rapid.IntRange(0, 3).Draw(t, "statements") {
		st := Statement{Service: rapid.SampledFrom([]string{"cloud", "mailer", "ledger", "gone"}).Draw(t, "service"), Title: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "title"),
			Date: rapid.SampledFrom([]string{"", "2026-01-01", "2026-02-01"}).Draw(t, "date")}
		for range rapid.IntRange(0, 3).Draw(t, "rows") {
			st.Rows = append(st.Rows, StatementRow{Ref: refs.Draw(t, "ref"), Who: who.Draw(t, "who")})
		}
		w.statements = append(w.statements, st)
	}
	return w
}

func has(findings []Finding, rule Rule, service, duty string) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Rule == rule && f.Service == service && f.Duty == duty })
}

func TestProperty_EveryDutyHasOneVerdict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		seen := map[[2]string]int{}
		for _, v := range w.review().verdicts() {
			seen[[2]string{v.Service, v.Duty}]++
			if v.Kind == "" {
				t.Fatalf("an empty verdict: %+v", v)
			}
		}
		duties := smallBook(w.edition).duties
		if len(seen) != len(duties)*len(w.scope.Services) {
			t.Fatalf("%d verdicts, want %d × %d", len(seen), len(duties), len(w.scope.Services))
		}
		for key, n := range seen {
			if n != 1 {
				t.Fatalf("%v has %d verdicts", key, n)
			}
		}
	})
}

// A verdict and the rules say the same thing of a line.
func TestProperty_VerdictsAgreeWithRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		findings := w.check()
		for _, v := range w.review().verdicts() {
			if gap := v.Kind == OnNobody || v.Kind == Unallocated; gap != has(findings, Gap, v.Service, v.Duty) {
				t.Fatalf("%+v, and RM-01 says otherwise", v)
			}
			if (v.Kind == OnBoth) != has(findings, Overlap, v.Service, v.Duty) {
				t.Fatalf("%+v, and RM-02 says otherwise", v)
			}
			if v.Kind == NoMatrix && !has(findings, Gap, v.Service, "") {
				t.Fatalf("%+v, and nothing says that there is no matrix", v)
			}
			for _, r := range v.Rules {
				if !has(findings, r, v.Service, v.Duty) {
					t.Fatalf("%+v names %s, which found nothing", v, r)
				}
			}
		}
	})
}

// Every finding names a cause that stands in the inputs: taking the line's
// fault away takes the finding away. Here the cause is looked up.
func TestProperty_NoFindingWithoutACause(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		r := w.review()
		prints := map[string]bool{}
		for _, f := range r.run() {
			if prints[f.Fingerprint] || f.Why == "" || f.Fix == "" || rank(f.Severity) < 0 {
				t.Fatalf("a finding twice, or without words: %+v", f)
			}
			prints[f.Fingerprint] = true
			s, ok := w.scope.Service(f.Service)
			if !ok {
				t.Fatalf("a finding about a service out of scope: %+v", f)
			}
			if f.Duty == "" {
				continue
			}
			a, has := r.lines[f.Service][f.Duty]
			said := r.said[f.Service][f.Duty].who
			cause := map[Rule]bool{
				Gap:               !has || a.Who() == ByNobody,
				Overlap:           a.Who() == ByBoth,
				OrphanShared:      a.Who() == ByBoth && (a.CustomerOwner == "" || a.ProviderContact == ""),
				TwoAccountable:    a.Customer.Accountable() && a.Provider.Accountable(),
				AssumptionOnly:    a.Share(s.Other()).Performs() && a.Basis.Kind != ContractClause,
				ContractMismatch:  a.Basis.Kind == ContractClause,
				StatementMismatch: has && said != "" && said != a.Who(),
				ChainBreak:        s.Role == scope.Provides && a.Provider.Performs() && len(f.Chain) > 1,
				NoEvidence:        s.Role == scope.Consumes && a.Provider.Performs() && len(a.Evidence) == 0,
				ModelAnomaly:      a.Rationale == "" || a.Rationale == " ",
				OwnerLeft:         a.Owner(s.Party()) == "bob" || a.Owner(s.Party()) == "eve",
			}[f.Rule]
			if f.Rule == ModelAnomaly && !cause {
				cause = len(a.Rationale) < 40 // blank of some other sort
			}
			if !cause {
				t.Fatalf("%s about %+v has no cause: %s", f.Rule, a, f.Why)
			}
		}
	})
}

func TestProperty_OrderOfInputsNeverShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		before, verdicts := w.check(), w.review().verdicts()
		w.matrices = rapid.Permutation(w.matrices).Draw(t, "matrices")
		w.statements = rapid.Permutation(w.statements).Draw(t, "statements")
		w.scope.Services = rapid.Permutation(w.scope.Services).Draw(t, "services")
		for i, m := range w.matrices {
			w.matrices[i].Allocations = rapid.Permutation(m.Allocations).Draw(t, "lines")
		}
		if diff := cmp.Diff(before, w.check()); diff != "" {
			t.Fatalf("findings (-before +after):\n%s", diff)
		}
		if diff := cmp.Diff(verdicts, w.review().verdicts()); diff != "" {
			t.Fatalf("verdicts (-before +after):\n%s", diff)
		}
	})
}

// line draws one line of a world to be changed, nil when there is none that
// is read.
func drawTarget(t *rapid.T, w *world) (*Allocation, string) {
	w.matrices = slices.DeleteFunc(w.matrices, func(m Matrix) bool { return m.Edition != w.edition || len(m.Allocations) == 0 })
	slices.SortStableFunc(w.matrices, func(a, b Matrix) int { return slices.Compare([]string{a.Service}, []string{b.Service}) })
	w.matrices = slices.CompactFunc(w.matrices, func(a, b Matrix) bool { return a.Service == b.Service })
	if len(w.matrices) == 0 {
		t.Skip("no matrix")
	}
	m := &w.matrices[rapid.IntRange(0, len(w.matrices)-1).Draw(t, "matrix")]
	return &m.Allocations[rapid.IntRange(0, len(m.Allocations)-1).Draw(t, "target")], m.Service
}

func TestProperty_RemovingTheLastPerformerIsAGap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		a, service := drawTarget(t, w)
		for _, s := range []*Share{&a.Customer, &a.Provider} {
			*s = map[Share]Share{None: None, Performs: None, Accounts: Accounts, SharesBoth: Accounts}[*s]
		}
		if !has(w.check(), Gap, service, a.Duty) {
			t.Fatalf("nobody performs %s of %s, and RM-01 found nothing", a.Duty, service)
		}
		a.Customer = Performs
		if has(w.check(), Gap, service, a.Duty) {
			t.Fatalf("the customer performs %s of %s, and RM-01 found a gap", a.Duty, service)
		}
	})
}

func TestProperty_ABasisRemovesAssumption(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		a, service := drawTarget(t, w)
		a.Basis = rapid.SampledFrom([]Basis{{ContractClause, "MSA 2024, 7.3(b)"}, {ProviderStatement, "CAIQ 4.0.3 of 2026-03"}}).Draw(t, "basis")
		if has(w.check(), AssumptionOnly, service, a.Duty) {
			t.Fatalf("%s of %s rests on %s, and RM-05 found an assumption", a.Duty, service, a.Basis)
		}
		a.Basis = Basis{Kind: Assumption}
		s, _ := w.scope.Service(service)
		critical := smallBook(w.edition).weighty(s, smallBook(w.edition).byID[a.Duty])
		if want := critical && a.Share(s.Other()).Performs(); has(w.check(), AssumptionOnly, service, a.Duty) != want {
			t.Fatalf("%s of %s rests on an assumption; RM-05 found it: %v, want %v", a.Duty, service, !want, want)
		}
	})
}

// The chain rule is compared with a plain walk over every way down, which is
// slow and easy to read.
func TestProperty_ChainsAgreeWithAPlainWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{edition: catalogue.Edition2015, scope: &scope.Scope{Organisation: scope.Organisation{ID: "o", Name: "O"}}}
		lines := map[string]Allocation{}
		for i := range rapid.IntRange(1, 5).Draw(t, "services") {
			s := scope.Service{ID: string(rune('a' + i)), Role: rapid.SampledFrom([]scope.ServiceRole{scope.Consumes, scope.Provides}).Draw(t, "role")}
			for _, below := range w.scope.Services {
				if rapid.Bool().Draw(t, "on") {
					s.BuiltOn = append(s.BuiltOn, below.ID)
				}
			}
			a := drawLine(t, "12.3.1-C1")
			lines[s.ID] = a
			w.scope.Services = append(w.scope.Services, s)
			w.matrices = append(w.matrices, Matrix{Service: s.ID, Edition: catalogue.Edition2015, Allocations: []Allocation{a}})
		}
		var left func(id string) bool
		left = func(id string) bool {
			s, _ := w.scope.Service(id)
			a := lines[id]
			if a.Who() == ByNobody || a.Customer.Performs() && !kept(a, catalogue.Customer) {
				return true
			}
			if !a.Provider.Performs() || s.Role == scope.Provides && kept(a, catalogue.Provider) || s.Role == scope.Consumes && settled(a.Basis) {
				return false
			}
			return slices.ContainsFunc(s.BuiltOn, left)
		}
		findings := w.check()
		for _, s := range w.scope.Services {
			a := lines[s.ID]
			want := s.Role == scope.Provides && a.Provider.Performs() && !kept(a, catalogue.Provider) && slices.ContainsFunc(s.BuiltOn, left)
			if got := has(findings, ChainBreak, s.ID, "12.3.1-C1"); got != want {
				t.Fatalf("the promise of %s breaks: %v, want %v\n%+v", s.ID, got, want, lines)
			}
		}
	})
}
