// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/scope"
)

// The tests of the rules use a catalogue of three controls, so that a reader
// sees all of it. That of the product is tested in catalogue_test.go.
func controls() []catalogue.Control {
	both := []catalogue.Edition{catalogue.Edition2015, catalogue.Edition2026}
	old := []catalogue.Edition{catalogue.Edition2015}
	restated := "guidance of the standard, restated"
	return []catalogue.Control{
		{Key: "backup", Title: "Backup",
			Clauses: []catalogue.Clause{{Edition: catalogue.Edition2015, ID: "12.3.1", Title: "Information backup"}, {Edition: catalogue.Edition2026, ID: "8.13", Title: "Information backup"}},
			Duties: []catalogue.Duty{
				{ID: "12.3.1-C1", Party: catalogue.Customer, Text: "Copies are made and a restore was tried.", Basis: restated, Editions: both},
				{ID: "12.3.1-P1", Party: catalogue.Provider, Text: "What the service copies is told: scope, time, retention.", Basis: restated, Editions: both},
			}},
		{Key: "roles", Title: "Roles",
			Clauses: []catalogue.Clause{{Edition: catalogue.Edition2015, ID: "CLD.6.3.1", Title: "Shared roles"}, {Edition: catalogue.Edition2026, ID: "5.38", Title: "Shared roles"}},
			Duties: []catalogue.Duty{
				{ID: "CLD.6.3.1-C1", Party: catalogue.Customer, Text: "The split of duties stands in an agreement.", Basis: restated, Editions: old},
				{ID: "5.38-P1", Party: catalogue.Provider, Text: "The split is told to customers.", Basis: restated, Editions: []catalogue.Edition{catalogue.Edition2026}},
			}},
		{Key: "hardening", Title: "Hardening",
			Clauses: []catalogue.Clause{{Edition: catalogue.Edition2015, ID: "CLD.9.5.2", Title: "Virtual machine hardening"}},
			Duties: []catalogue.Duty{
				{ID: "CLD.9.5.2-C1", Party: catalogue.Customer, Text: "Machines run only what they need.", Basis: "good practice", Editions: both},
			}},
	}
}

// custom is what is usual: a party performs the duties that speak to it, but
// under SaaS machines are the provider's affair.
func custom(model catalogue.ServiceModel, duty string) (customer, provider Share, ok bool) {
	switch {
	case model == catalogue.SaaS && duty == "CLD.9.5.2-C1":
		return Accounts, Performs, true
	case duty == "12.3.1-C1" || duty == "CLD.6.3.1-C1" || duty == "CLD.9.5.2-C1":
		return SharesBoth, None, true
	case duty == "12.3.1-P1" || duty == "5.38-P1":
		return None, SharesBoth, true
	}
	return "", "", false
}

func smallBook(e catalogue.Edition) *book { return newBook(controls(), e, custom) }

func today() time.Time { return time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC) }

// estate is the scope of the tests: a product on a mailer and a cloud.
func estate() *scope.Scope {
	return &scope.Scope{
		Organisation: scope.Organisation{ID: "larkspur", Name: "Larkspur", Role: scope.RoleBoth},
		Services: []scope.Service{
			{ID: "cloud", Name: "Big Cloud", Role: scope.Consumes, Model: catalogue.IaaS, Provider: "Bigco", Agreement: "MSA 2024"},
			{ID: "mailer", Name: "Postrider", Role: scope.Consumes, Model: catalogue.SaaS, Provider: "Postrider Inc", Agreement: "Terms 3"},
			{ID: "ledger", Name: "Ledger", Role: scope.Provides, Model: catalogue.SaaS, Customer: "the tenants", Agreement: "Ledger terms", BuiltOn: []string{"cloud", "mailer"}},
		},
		People: []scope.Person{{ID: "ada", Name: "Ada", Active: true}, {ID: "bob", Name: "Bob", Active: false}},
	}
}

// settledLine is a line of a consumed service that no rule finds anything in.
func settledLine(duty string) Allocation {
	a := Allocation{Duty: duty, Customer: SharesBoth, Provider: None, CustomerOwner: "ada", ProviderContact: "support",
		Basis: Basis{Kind: ContractClause, Reference: "MSA 2024, 7.3(b)"}, Evidence: []string{"report.pdf"}}
	if e := smallBook(catalogue.Edition2015).byID[duty]; e.Party == catalogue.Provider {
		a.Customer, a.Provider = None, SharesBoth
	}
	return a
}

// settledMatrix is a signed and acknowledged matrix of a service of the estate
// that no rule finds anything in.
func settledMatrix(t testing.TB, s *scope.Scope, id string) Matrix {
	t.Helper()
	m := Matrix{Service: id, Edition: catalogue.Edition2015, Version: 1}
	service, ok := s.Service(id)
	if !ok {
		t.Fatalf("no service %s", id)
	}
	m.Agreement = service.Agreement
	for _, d := range smallBook(catalogue.Edition2015).duties {
		a := settledLine(d.ID)
		a.Basis.Reference = service.Agreement + ", 7.3(b)"
		if d.ID == "CLD.9.5.2-C1" && service.Model == catalogue.SaaS {
			a.Customer, a.Provider = Accounts, Performs
		}
		if service.Role == scope.Provides {
			a.ProviderContact, a.CustomerOwner = "ada", "the tenant's administrator"
		}
		m.Allocations = append(m.Allocations, a)
	}
	return signed(t, m, service)
}

func signed(t testing.TB, m Matrix, service scope.Service) Matrix {
	t.Helper()
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	m, err := Sign(m, service, "Ada", day)
	if err != nil {
		t.Fatal(err)
	}
	if m, err = Acknowledge(m, service, "Their Counsel", day); err != nil {
		t.Fatal(err)
	}
	return m
}

// world is all that a review looks at.
type world struct {
	scope      *scope.Scope
	matrices   []Matrix
	statements []Statement
	edition    catalogue.Edition
}

func settledWorld(t testing.TB) *world {
	s := estate()
	w := &world{scope: s, edition: catalogue.Edition2015}
	for _, v := range s.Services {
		w.matrices = append(w.matrices, settledMatrix(t, s, v.ID))
	}
	return w
}

func (w *world) review() *review {
	return newReview(smallBook(w.edition), w.scope, w.matrices, w.statements, today())
}

func (w *world) check() []Finding { return w.review().run() }

// matrix gives the matrix of a service, to be changed.
func (w *world) matrix(id string) *Matrix {
	i := slices.IndexFunc(w.matrices, func(m Matrix) bool { return m.Service == id })
	if i < 0 {
		panic("no matrix of " + id)
	}
	return &w.matrices[i]
}

// line gives a line, to be changed.
func (w *world) line(id, duty string) *Allocation {
	m := w.matrix(id)
	i := slices.IndexFunc(m.Allocations, func(a Allocation) bool { return a.Duty == duty })
	if i < 0 {
		panic("no line of " + duty)
	}
	return &m.Allocations[i]
}

// sign signs every matrix anew, so that a changed line shows by its own rule
// and not as a stale sign-off.
func (w *world) sign(t testing.TB) {
	t.Helper()
	for i, m := range w.matrices {
		if service, ok := w.scope.Service(m.Service); ok && m.SignOff != nil && m.Status == Acknowledged && len(m.Allocations) > 0 {
			w.matrices[i] = signed(t, m, service)
		}
	}
}

func told(findings []Finding) []string {
	out := []string{}
	for _, f := range findings {
		out = append(out, fmt.Sprintf("%s %s %s %s", f.Rule, f.Severity, f.Service, first(f.Duty, "-")))
	}
	return out
}
