// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/scope"
)

// stack is a product that we provide on a platform that we provide, on a
// platform that we consume, on a cloud: four levels. Every line says that the
// provider performs and rests on an assumption, so a promise goes down until
// somebody is shown to do the work. All services are of medium criticality, so
// that RM-05 keeps still, and are SaaS by model.
type stack struct {
	*world
}

func newStack() *stack {
	w := &world{edition: catalogue.Edition2015, scope: &scope.Scope{
		Organisation: scope.Organisation{ID: "larkspur", Name: "Larkspur", Role: scope.RoleBoth},
		Services: []scope.Service{
			{ID: "product", Name: "Product", Role: scope.Provides, BuiltOn: []string{"inner"}, Customer: "the tenants"},
			{ID: "inner", Name: "Inner", Role: scope.Provides, BuiltOn: []string{"platform"}},
			{ID: "platform", Name: "Platform", Role: scope.Consumes, Provider: "Platco", BuiltOn: []string{"cloud"}},
			{ID: "cloud", Name: "Cloud", Role: scope.Consumes, Provider: "Bigco"},
		},
	}}
	for i := range w.scope.Services {
		w.scope.Services[i].Criticality = scope.Medium
		m := Matrix{Service: w.scope.Services[i].ID, Edition: catalogue.Edition2015, Version: 1, Status: Draft}
		for _, d := range smallBook(catalogue.Edition2015).duties {
			m.Allocations = append(m.Allocations, Allocation{Duty: d.ID, Customer: None, Provider: SharesBoth, Basis: Basis{Kind: Assumption}, Rationale: "test", Evidence: []string{"e"}})
		}
		w.matrices = append(w.matrices, m)
	}
	return &stack{w}
}

// leave gives a duty to the customer of a service.
func (s *stack) leave(service string) *Allocation {
	a := s.line(service, "12.3.1-C1")
	a.Customer, a.Provider, a.Evidence = SharesBoth, None, nil
	return a
}

func (s *stack) breaks() []Finding {
	return slices.DeleteFunc(s.check(), func(f Finding) bool { return f.Rule != ChainBreak })
}

func path(f Finding) string {
	var out []string
	for _, l := range f.Chain {
		out = append(out, fmt.Sprintf("%s(%s) %s", l.Service, l.Who, l.Says))
	}
	return strings.Join(out, " > ")
}

func TestChain_BreaksAtAnyDepth(t *testing.T) {
	const duty = "12.3.1-C1"
	promise := func(service, to string) string { return service + "(provider) Larkspur promises it to " + to }
	for _, c := range []struct {
		level string
		want  map[string]string // service whose promise breaks → its chain
	}{
		{"inner", map[string]string{"product": promise("product", "the tenants") + " > inner(customer) leaves it to its customer"}},
		{"platform", map[string]string{
			"product": promise("product", "the tenants") + " > inner(provider) is said to perform it > platform(customer) leaves it to its customer",
			"inner":   promise("inner", "the customer") + " > platform(customer) leaves it to its customer",
		}},
		{"cloud", map[string]string{
			"product": promise("product", "the tenants") + " > inner(provider) is said to perform it > platform(provider) is said to perform it > cloud(customer) leaves it to its customer",
			"inner":   promise("inner", "the customer") + " > platform(provider) is said to perform it > cloud(customer) leaves it to its customer",
		}},
	} {
		s := newStack()
		if got := s.breaks(); len(got) > 0 {
			t.Fatalf("a stack in which each provider performs breaks: %q", told(got))
		}
		s.leave(c.level)
		got := s.breaks()
		if len(got) != len(c.want) {
			t.Errorf("%s leaves the duty: found %q", c.level, told(got))
		}
		for _, f := range got {
			if f.Duty != duty || f.Severity != High || path(f) != c.want[f.Service] {
				t.Errorf("%s leaves the duty: %s %s\ngot  %s\nwant %s", c.level, f.Service, f.Duty, path(f), c.want[f.Service])
			}
		}
	}
}

func TestChain_Words(t *testing.T) {
	s := newStack()
	s.leave("platform")
	for _, f := range s.breaks() {
		if f.Service != "product" {
			continue
		}
		want := "Larkspur promises 12.3.1-C1 of Product to the tenants, but Platform, beneath it, leaves it to its customer, and no control or person of ours is shown to perform it."
		if f.Why != want {
			t.Errorf("why %q, want %q", f.Why, want)
		}
		if want := "Perform 12.3.1-C1 for Platform with a control of your own"; !strings.HasPrefix(f.Fix, want) {
			t.Errorf("fix %q, want %q", f.Fix, want)
		}
		return
	}
	t.Error("the promise of the product does not break")
}

// A promise holds when somebody is shown to keep it, at any level above the
// break.
func TestChain_Kept(t *testing.T) {
	internal := Basis{Kind: InternalControl, Reference: "BCK-01"}
	for name, c := range map[string]struct {
		keep func(s *stack)
		want []string // services whose promise breaks still
	}{
		"by a control written where it is left": {func(s *stack) { s.line("cloud", "12.3.1-C1").Basis = internal }, nil},
		"by a person with evidence where it is left": {func(s *stack) {
			a := s.line("cloud", "12.3.1-C1")
			a.CustomerOwner, a.Evidence = "ada", []string{"restore.pdf"}
		}, nil},
		"a person without evidence keeps nothing":     {func(s *stack) { s.line("cloud", "12.3.1-C1").CustomerOwner = "ada" }, []string{"inner", "product"}},
		"a control without a reference keeps nothing": {func(s *stack) { s.line("cloud", "12.3.1-C1").Basis = Basis{Kind: InternalControl} }, []string{"inner", "product"}},
		"evidence of others keeps nothing":            {func(s *stack) { s.line("cloud", "12.3.1-C1").Evidence = []string{"soc2.pdf"} }, []string{"inner", "product"}},
		"by the product itself":                       {func(s *stack) { s.line("product", "12.3.1-C1").Basis = internal }, []string{"inner"}},
		"by the inner platform":                       {func(s *stack) { s.line("inner", "12.3.1-C1").Basis = internal }, nil},
		"by a provider that is bound": {func(s *stack) {
			s.line("platform", "12.3.1-C1").Basis = Basis{Kind: ContractClause, Reference: "T, 4.1"}
		}, nil},
		"by a provider that says so": {func(s *stack) {
			s.line("platform", "12.3.1-C1").Basis = Basis{Kind: ProviderStatement, Reference: "CAIQ"}
		}, nil},
		"our own control does not bind a provider": {func(s *stack) { s.line("platform", "12.3.1-C1").Basis = internal }, []string{"inner", "product"}},
		"the customers were promised nothing": {func(s *stack) {
			for _, id := range []string{"product", "inner"} {
				a := s.line(id, "12.3.1-C1")
				a.Customer, a.Provider = SharesBoth, None
			}
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack()
			s.leave("cloud")
			c.keep(s)
			var got []string
			for _, f := range s.breaks() {
				got = append(got, f.Service)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("broken are %q, want %q", got, c.want)
			}
		})
	}
}

func TestChain_WhatIsLeft(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *stack)
		says   string
	}{
		"a part":  {func(s *stack) { a := s.line("inner", "12.3.1-C1"); a.Customer, a.Evidence = Performs, nil }, "inner(both) leaves a part of it to its customer"},
		"nobody":  {func(s *stack) { s.line("inner", "12.3.1-C1").Provider = Accounts }, "inner(nobody) says that nobody performs it"},
		"no line": {func(s *stack) { m := s.matrix("inner"); m.Allocations = m.Allocations[1:] }, "inner() has no line for it"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack()
			c.change(s)
			got := s.breaks()
			if len(got) != 1 || !strings.HasSuffix(path(got[0]), " > "+c.says) {
				t.Fatalf("found %q; %v", told(got), got)
			}
		})
	}
}

func TestChain_NoMatrixBeneath(t *testing.T) {
	s := newStack()
	s.matrices = s.matrices[:2]
	got := s.breaks()
	if want := []string{"RM-08 medium inner -", "RM-08 medium product -"}; !slices.Equal(told(got), want) {
		t.Fatalf("found %q, want %q: one finding a service, not one a duty", told(got), want)
	}
	if want := "What Product promises rests on Cloud and Platform, of which no matrix says what is left to us."; got[1].Why != want {
		t.Errorf("why %q, want %q", got[1].Why, want)
	}
}

func TestChain_SeveralBeneath(t *testing.T) {
	s := newStack()
	s.scope.Services[0].BuiltOn = []string{"platform", "cloud"} // the product stands on both
	s.leave("cloud")
	s.leave("platform")
	for _, f := range s.breaks() {
		if f.Service == "product" && (!strings.HasSuffix(path(f), "> cloud(customer) leaves it to its customer") || !strings.HasSuffix(f.Why, "breaks on 1 more of the services that it is built on directly.")) {
			t.Errorf("%s\n%s", path(f), f.Why)
		}
	}
}

// Very many ways lead down a stack of diamonds, and a circle leads nowhere:
// neither may cost more than a look at each service.
func TestChain_ManyWays(t *testing.T) {
	w := &world{edition: catalogue.Edition2015, scope: &scope.Scope{Organisation: scope.Organisation{ID: "o", Name: "O"}}}
	const levels = 60
	for i := range levels {
		for _, side := range []string{"a", "b"} {
			v := scope.Service{ID: fmt.Sprintf("%s%02d", side, i), Role: scope.Provides, Criticality: scope.Medium}
			next := (i + 1) % levels // the last stands on the first: a circle
			v.BuiltOn = []string{fmt.Sprintf("a%02d", next), fmt.Sprintf("b%02d", next)}
			w.scope.Services = append(w.scope.Services, v)
			w.matrices = append(w.matrices, Matrix{Service: v.ID, Edition: catalogue.Edition2015, Allocations: []Allocation{{Duty: "12.3.1-C1", Provider: SharesBoth, Customer: None}}})
		}
	}
	for _, f := range w.check() {
		if f.Rule == ChainBreak && f.Duty == "12.3.1-C1" {
			t.Fatalf("a break where nothing is left to anybody: %s", path(f))
		}
	}
}
