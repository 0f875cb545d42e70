// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/internal/strict"
	"demarc.dev/demarc/problem"
)

const larkspur = `organisation:
  id: larkspur
  name: Larkspur Ledger
  role: both
  contact: security@larkspur.example
services:
  - id: aws
    name: Amazon Web Services
    role: consumes
    model: iaas
    provider: Amazon Web Services
    accounts: ["000054321098", "109876543210"]
    regions: [eu-central-1]
    data_classes: [personal]
    criticality: critical
  - id: mailer
    name: Postrider
    role: consumes
    model: saas
    owner: ada
  - id: ledger
    name: Larkspur Ledger
    role: provides
    model: saas
    customer: our tenants
    built_on: [aws, mailer]
    accounts: [000054321098]
people:
  - {id: ada, name: Ada Example}
  - {id: bob, name: Bob Example, active: false}
`

func TestParse(t *testing.T) {
	s, err := Parse("scope.yaml", []byte(larkspur))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Services[2].Accounts[0]; got != "000054321098" {
		t.Errorf("account %q lost its zeros", got)
	}
	if want := []Person{{"ada", "Ada Example", true}, {"bob", "Bob Example", false}}; !slices.Equal(s.People, want) {
		t.Errorf("people %v, want %v: who does not say active is active", s.People, want)
	}
	if s.Services[0].Party() != catalogue.Customer || s.Services[2].Party() != catalogue.Provider {
		t.Error("a consumed service puts us on the customer's side, a provided one on the provider's")
	}
	if s.Services[1].Weight() != High || s.Services[0].Weight() != Critical {
		t.Error("a criticality that is not stated counts as high")
	}
}

// Each case changes one thing of a good file; the fault must name its line,
// its field and what is wrong.
func TestParse_Faults(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"role of organisation": {"role: both", "role: buyer", `scope.yaml:4: organisation.role: "buyer" is not one of customer, provider, both`},
		"near word":            {"role: both", "role: custmer", `did you mean "customer"?`},
		"unknown field":        {"  contact:", "  contcat:", `scope.yaml:5: organisation.contcat: the format has no field "contcat" here; did you mean "contact"?`},
		"no name":              {"  name: Larkspur Ledger\n  role: both", "  role: both", "scope.yaml:1: organisation.name: it is missing"},
		"bad id":               {"- id: mailer", "- id: Mail Er", "services[1].id: \"Mail Er\" is no id"},
		"long id":              {"- id: mailer", "- id: " + strings.Repeat("m", 65), "is no id"},
		"twice":                {"- id: mailer", "- id: aws", `scope.yaml:16: services[1].id: the id "aws" is that of another service too, in line 7`},
		"service role":         {"role: provides", "role: sells", "services[2].role: \"sells\" is not one of consumes, provides"},
		"model":                {"model: iaas", "model: faas", `services[0].model: "faas" is not one of iaas, paas, saas; did you mean "iaas"?`},
		"no model":             {"    model: iaas\n", "", "scope.yaml:7: services[0].model: it is missing; it is one of iaas, paas, saas"},
		"criticality":          {"criticality: critical", "criticality: severe", "services[0].criticality: \"severe\" is not one of low, medium, high, critical"},
		"unknown beneath":      {"built_on: [aws, mailer]", "built_on: [aws, maile]", `scope.yaml:26: services[2].built_on[1]: there is no service "maile"; did you mean "mailer"?`},
		"on itself":            {"built_on: [aws, mailer]", "built_on: [ledger]", "services[2].built_on[0]: the service is built on itself"},
		"circle":               {"    owner: ada", "    built_on: [ledger]", "scope.yaml:20: services[1].built_on: the services are built in a circle: mailer on ledger on mailer"},
		"customer side only":   {"role: both", "role: customer", "services[2].role: the organisation provides Larkspur Ledger, while organisation.role is customer"},
		"provider side only":   {"role: both", "role: provider", "services[0].role: the organisation consumes Amazon Web Services, while organisation.role is provider"},
		"customer of consumed": {"    owner: ada", "    customer: us", "services[1].customer: of a service that the organisation consumes, it is the customer itself"},
		"owner":                {"owner: ada", "owner: adda", `services[1].owner: people has nobody with the id "adda"; did you mean "ada"?`},
		"person twice":         {"{id: bob,", "{id: ada,", `people[1].id: the id "ada" is that of another person too`},
		"any and one":          {"accounts: [000054321098]", "accounts: [\"*\", x]", "services[2].accounts: \"*\" stands for every account"},
		"account twice":        {"accounts: [000054321098]", "accounts: [x, x]", `services[2].accounts[1]: "x" stands twice`},
		"empty region":         {"regions: [eu-central-1]", "regions: [\" \"]", "services[0].regions[0]: it is empty"},
		"list for a word":      {"model: iaas", "model: [iaas]", "services[0].model: here stands a list; the format wants one value"},
		"no services":          {larkspur[strings.Index(larkspur, "services:"):], "services: []\n", "services: there is no service"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(larkspur, c.old, c.new, 1)
			if text == larkspur {
				t.Fatal("the case changes nothing")
			}
			s, err := Parse("scope.yaml", []byte(text))
			if s != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v and error:\n%v\nwant:\n%s", s, err, c.want)
			}
			if problem.Of(err) != problem.Invalid {
				t.Errorf("the kind is %v, want invalid", problem.Of(err))
			}
		})
	}
}

func TestParse_TellsAllFaults(t *testing.T) {
	_, err := Parse("s.yaml", []byte("organisation: {id: A}\nservices:\n  - {id: a, role: provides, built_on: [b]}\n"))
	var faults strict.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("no faults in the chain of %v", err)
	}
	var fields []string
	for _, f := range faults {
		fields = append(fields, f.Field)
	}
	want := []string{"organisation.id", "organisation.name", "organisation.role", "services[0].built_on[0]", "services[0].model", "services[0].name"}
	if !slices.Equal(fields, want) {
		t.Errorf("fields %q, want %q", fields, want)
	}
	if _, err := Parse("s.yaml", []byte("- a\n")); err == nil || strings.Count(err.Error(), "\n") > 0 {
		t.Errorf("a file that is no table is one fault, got: %v", err)
	}
}

// A service is called by its id where it has no name.
func TestParse_Nameless(t *testing.T) {
	_, err := Parse("s.yaml", []byte("organisation: {id: a, name: A, role: customer}\nservices:\n  - {id: b, role: provides, model: saas}\n  - {role: provides, model: saas}\n"))
	for _, want := range []string{"the organisation provides b, while", "the organisation provides this service, while", "services[1].id: it is missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in:\n%v", want, err)
		}
	}
}

// A hostile file costs no more than a bad one.
func TestParse_Bounds(t *testing.T) {
	head := "organisation: {id: a, name: A, role: both}\n"
	services := head + "services:\n" + strings.Repeat("- {id: b, built_on: [c, d, e]}\n", 5_000)
	if _, err := Parse("s.yaml", []byte(services)); err == nil || !strings.Contains(err.Error(), "there are 5000 services; the most is 1000") {
		t.Errorf("too many services: %.300v", err)
	}
	people := head + "services: [{id: b, name: B, role: consumes, model: saas}]\npeople:\n" + strings.Repeat("- {id: b, name: B}\n", 10_001)
	if _, err := Parse("s.yaml", []byte(people)); err == nil || !strings.Contains(err.Error(), "there are 10001 people; the most is 10000") {
		t.Errorf("too many people: %.300v", err)
	}
	built := head + "services:\n- {id: b, name: B, role: consumes, model: saas, built_on: [" + strings.Repeat("nothing, ", 20_000) + "]}\n"
	if _, err := Parse("s.yaml", []byte(built)); err == nil || strings.Count(err.Error(), "\n") > 201 {
		t.Errorf("too many faults: %.300v", err)
	}
}

func TestServicesOf(t *testing.T) {
	s, err := Parse("scope.yaml", []byte(larkspur))
	if err != nil {
		t.Fatal(err)
	}
	s.Services[1].Accounts = []string{AnyAccount}
	for account, want := range map[string]string{"000054321098": "aws mailer ledger", "109876543210": "aws mailer", "other": "mailer", "": "mailer"} {
		var ids []string
		for _, v := range s.ServicesOf(account) {
			ids = append(ids, v.ID)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("account %q is evidence for %q, want %q", account, got, want)
		}
	}
}

func TestBeneath(t *testing.T) {
	s := &Scope{Services: []Service{{ID: "top", BuiltOn: []string{"b", "a"}}, {ID: "a", BuiltOn: []string{"c"}}, {ID: "b", BuiltOn: []string{"c", "gone"}},
		{ID: "c", BuiltOn: []string{"top"}}, {ID: "apart"}}}
	var ids []string
	for _, v := range s.Beneath("top") {
		ids = append(ids, v.ID)
	}
	if want := []string{"b", "a", "c"}; !slices.Equal(ids, want) {
		t.Errorf("beneath are %q, want %q", ids, want)
	}
	if got := s.Beneath("apart"); got != nil {
		t.Errorf("beneath nothing are %v", got)
	}
}

func TestDigest(t *testing.T) {
	base := Service{ID: "ledger", Name: "Ledger", Role: Provides, Model: catalogue.SaaS, Provider: "We", Agreement: "MSA", BuiltOn: []string{"aws", "mailer"},
		Accounts: []string{"1", "2"}, Regions: []string{"eu"}, DataClasses: []string{"personal"}, Criticality: High}
	changed := map[string]func(s *Service){
		"role": func(s *Service) { s.Role = Consumes }, "model": func(s *Service) { s.Model = catalogue.PaaS }, "provider": func(s *Service) { s.Provider = "They" },
		"customer": func(s *Service) { s.Customer = "one" }, "agreement": func(s *Service) { s.Agreement = "MSA 2" }, "beneath": func(s *Service) { s.BuiltOn = []string{"aws"} },
		"account": func(s *Service) { s.Accounts = []string{"1"} }, "region": func(s *Service) { s.Regions = []string{"eu", "us"} },
		"data": func(s *Service) { s.DataClasses = nil }, "criticality": func(s *Service) { s.Criticality = Low },
	}
	for what, change := range changed {
		s := base
		change(&s)
		if s.Digest() == base.Digest() {
			t.Errorf("a changed %s leaves the digest", what)
		}
	}
	same := base
	same.Name, same.Purpose, same.Owner, same.BuiltOn = "L", "books", "ada", []string{"mailer", "aws"}
	if same.Digest() != base.Digest() {
		t.Error("words and the order of lists change the digest")
	}
	if !slices.Equal(base.BuiltOn, []string{"aws", "mailer"}) || !slices.Equal(same.BuiltOn, []string{"mailer", "aws"}) {
		t.Error("Digest sorted the caller's lists")
	}
}

func TestEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScope(t)
		data, err := Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse("scope.yaml", data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if diff := cmp.Diff(s, back); diff != "" {
			t.Fatalf("(-written +read):\n%s\n%s", diff, data)
		}
		again, err := Encode(back)
		if err != nil || string(again) != string(data) {
			t.Fatalf("not canonical: %v\n%s\n%s", err, data, again)
		}
	})
	if _, err := Encode(&Scope{}); err == nil || !strings.Contains(err.Error(), "organisation.id") {
		t.Errorf("an empty scope was written: %v", err)
	}
}

// drawScope draws a scope without a fault: services stand on earlier ones.
func drawScope(t *rapid.T) *Scope {
	text := rapid.StringN(0, 20, -1)
	some := rapid.StringMatching(`[!-~].{0,12}`) // not blank
	list := rapid.SliceOfNDistinct(some, 0, 3, rapid.ID).Filter(func(l []string) bool { return !slices.Contains(l, AnyAccount) })
	s := &Scope{Organisation: Organisation{ID: "org", Name: some.Draw(t, "name"), Role: RoleBoth, Contact: text.Draw(t, "contact")}}
	for i := range rapid.IntRange(0, 3).Draw(t, "people") {
		s.People = append(s.People, Person{ID: fmt.Sprintf("p%d", i), Name: some.Draw(t, "person"), Active: rapid.Bool().Draw(t, "active")})
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "services") {
		v := Service{ID: fmt.Sprintf("s%d", i), Name: some.Draw(t, "service"), Role: rapid.SampledFrom([]ServiceRole{Consumes, Provides}).Draw(t, "role"),
			Model:    rapid.SampledFrom([]catalogue.ServiceModel{catalogue.IaaS, catalogue.PaaS, catalogue.SaaS}).Draw(t, "model"),
			Provider: text.Draw(t, "provider"), Purpose: text.Draw(t, "purpose"), Agreement: text.Draw(t, "agreement"),
			Criticality: rapid.SampledFrom([]Criticality{"", Low, Medium, High, Critical}).Draw(t, "criticality")}
		for _, l := range []*[]string{&v.Accounts, &v.Regions, &v.DataClasses} {
			if words := list.Draw(t, "list"); len(words) > 0 {
				*l = words
			}
		}
		if i > 0 && rapid.Bool().Draw(t, "built") {
			v.BuiltOn = []string{fmt.Sprintf("s%d", rapid.IntRange(0, i-1).Draw(t, "beneath"))}
		}
		if len(s.People) > 0 {
			v.Owner = rapid.SampledFrom([]string{"", "p0"}).Draw(t, "owner")
		}
		s.Services = append(s.Services, v)
	}
	return s
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(larkspur))
	f.Add([]byte("organisation: &a {id: x}\nservices: *a\n"))
	f.Add([]byte("services: [{id: a, built_on: [b]}, {id: b, built_on: [a]}]\n"))
	f.Add([]byte("{"))
	f.Add([]byte("organisation: {id: a, name: \"\\u0085\", role: customer}\nservices: [{id: a, name: \"#\", role: consumes, model: saas}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("f", data)
		if (s == nil) == (err == nil) {
			t.Fatal("neither a scope nor an error, or both")
		}
		if err != nil {
			return
		}
		out, err := Encode(s)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		back, err := Parse("f", out)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, out)
		}
		if again, _ := Encode(back); string(again) != string(out) {
			t.Fatalf("not canonical:\n%s\n%s", out, again)
		}
	})
}
