// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// Fact is something about the organisation that policies say.
type Fact struct {
	ID      string `yaml:"id" json:"id"`
	Ask     string `yaml:"ask" json:"ask"`
	Usual   string `yaml:"usual,omitempty" json:"usual,omitempty"` // what many choose; offered, and never taken for an answer
	Group   string `yaml:"group,omitempty" json:"group,omitempty"`
	Derived bool   `yaml:"derived,omitempty" json:"derived,omitempty"` // from the scope or from the policy, and not to be said
}

// Known are facts by their ids.
type Known map[string]string

// maxFact bounds what is said about a fact, in bytes.
const maxFact = 200

// CheckFacts tells all that is wrong with what somebody says about facts.
func (b *Book) CheckFacts(said Known) error {
	var faults []string
	for _, id := range slices.Sorted(maps.Keys(said)) {
		f, ok := b.Fact(id)
		switch v := said[id]; {
		case !ok:
			faults = append(faults, fmt.Sprintf("%.60s: there is no such fact", id))
		case f.Derived:
			faults = append(faults, id+": it is read from the scope and not said here")
		case len(v) > maxFact:
			faults = append(faults, fmt.Sprintf("%s: it is longer than %d bytes", id, maxFact))
		case strings.ContainsFunc(v, unicode.IsControl) || strings.ContainsAny(v, "[]{}"):
			faults = append(faults, id+": one line of words, without brackets")
		}
	}
	return problem.Faulty("these facts cannot be kept", faults)
}

// FromScope gives the facts that the scope tells; what it does not tell is not
// among them.
func FromScope(s *scope.Scope) Known {
	out := Known{}
	put := func(id string, words ...string) {
		if t := Enumerate(words); t != "" {
			out[id] = t
		}
	}
	put("organisation.name", s.Organisation.Name)
	put("organisation.contact", s.Organisation.Contact)
	var consumed, provided, providers, regions, classes []string
	for _, v := range s.Services {
		if v.Role == scope.Provides {
			provided = append(provided, v.Name)
		} else {
			consumed = append(consumed, v.Name)
			providers = append(providers, v.Provider)
		}
		regions, classes = append(regions, v.Regions...), append(classes, v.DataClasses...)
	}
	slices.Sort(regions)
	slices.Sort(classes)
	put("services.consumed", consumed...)
	put("services.provided", provided...)
	put("providers", providers...)
	put("regions", regions...)
	put("data.classes", classes...)
	return out
}

// Enumerate writes words as a sentence lists them, each once: "a, b and c".
func Enumerate(words []string) string {
	var out []string
	for _, w := range words {
		if w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	if len(out) < 2 {
		return strings.Join(out, "")
	}
	return strings.Join(out[:len(out)-1], ", ") + " and " + out[len(out)-1]
}

// Parties gives the sides on which an organisation stands: the parts of
// templates that are for it.
func Parties(s *scope.Scope) []catalogue.Party {
	var out []catalogue.Party
	for _, p := range []struct {
		party catalogue.Party
		role  scope.Role
		does  scope.ServiceRole
	}{{catalogue.Customer, scope.RoleCustomer, scope.Consumes}, {catalogue.Provider, scope.RoleProvider, scope.Provides}} {
		if s.Organisation.Role == p.role || s.Organisation.Role == scope.RoleBoth || slices.ContainsFunc(s.Services, func(v scope.Service) bool { return v.Role == p.does }) {
			out = append(out, p.party)
		}
	}
	return out
}

// Months says how long some months are.
func Months(n int) string {
	if n == 1 {
		return "month"
	}
	return fmt.Sprintf("%d months", n)
}
