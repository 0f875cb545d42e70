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

// A questionnaire's ids mean what they mean in its version.
func TestParseStatement_Questionnaire(t *testing.T) {
	cat, s := load(t), estate()
	const framework = "ccm-4.0.13"
	var id, duty string // a question that leads to an operational duty
	for _, m := range cat.Mappings() {
		c, _ := cat.Control(m.Control)
		if i := slices.IndexFunc(c.Duties, func(d catalogue.Duty) bool { return d.Operational }); m.Framework == framework && i >= 0 {
			id, duty = m.ID, c.Duties[i].ID
			break
		}
	}
	if id == "" {
		t.Fatal("no question of " + framework + " leads to an operational duty")
	}
	text := "Question ID,SSRM Control Ownership,CSP Implementation Description\n" + id + ".1,CSC-owned,not us\nZZZ-99.1,CSP-owned,\n"
	about := func(file, text string, o StatementOptions) (duties, unmatched int) {
		o.Service = "cloud"
		st, err := ParseStatement(file, []byte(text), o, cat, s)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range st.Rows {
			if r.Ref == duty && r.Who == ByCustomer && r.Text == id+".1: not us" {
				duties++
			}
		}
		return duties, len(Unmatched(*st, cat, catalogue.Edition2015))
	}
	for what, got := range map[string]func() (int, int){
		"by option": func() (int, int) { return about("q.csv", text, StatementOptions{Framework: framework}) },
		"by name":   func() (int, int) { return about("CAIQ-v4.0.3.csv", text, StatementOptions{}) },
		"by title":  func() (int, int) { return about("q.csv", "CAIQ Version 4.0.2,,\n"+text, StatementOptions{}) },
	} {
		if duties, unmatched := got(); duties != 1 || unmatched != 1 {
			t.Errorf("%s: %d rows about %s, %d unmatched", what, duties, duty, unmatched)
		}
	}
	if duties, unmatched := about("q.csv", text, StatementOptions{}); duties != 0 || unmatched != 2 {
		t.Errorf("without a version, %d rows about %s and %d unmatched: nothing may be guessed", duties, duty, unmatched)
	}
	_, err := ParseStatement("q.csv", []byte(text), StatementOptions{Service: "cloud", Framework: "ccm-4.0.1"}, cat, s)
	if err == nil || !strings.Contains(err.Error(), `did you mean "ccm-4.0.13"?`) {
		t.Errorf("an unknown framework: %v", err)
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
