// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
)

// ground is what stands before the first finding: which duties are asked of
// which services, by whom they are performed, and which checks bear on them.
type ground struct {
	parties  []catalogue.Party
	controls []*catalogue.Control // of the edition, by clause
	clauses  map[string]string    // key of a control → its first clause
	titles   map[string]string
	themes   []catalogue.Theme
	themed   map[string]int // key of a control → its place in themes
	services []*served      // by id
	checks   map[string]*check.Check
	proofs   map[string][]proof // duty → the checks that bear on it, by id
	account  map[string][]string
	every    []string // services of every account
	any      []string // services of any account: a scope that names none concerns them all
}

// served is a service with what is known of it before the findings.
type served struct {
	*scope.Service
	facts     Service
	matrix    map[string]responsibility.Allocation // by duty; of the matrix
	usual     map[string]responsibility.Allocation // by duty; the default of the catalogue
	providers map[string]bool                      // of the snapshots that tell of its accounts
}

// proof is a check that bears on a duty.
type proof struct {
	check *check.Check
	check.Proof
}

func newGround(in Input) (*ground, error) {
	g := &ground{clauses: map[string]string{}, titles: map[string]string{}, themed: map[string]int{}, checks: map[string]*check.Check{}, proofs: map[string][]proof{}, account: map[string][]string{}}
	switch {
	case in.Catalogue == nil || in.Scope == nil:
		return nil, fmt.Errorf("assessing: no catalogue or no scope was handed in")
	case in.Now.IsZero():
		return nil, fmt.Errorf("assessing: no time was handed in")
	}
	if err := g.setParties(in.Parties); err != nil {
		return nil, err
	}
	if err := g.setControls(in); err != nil {
		return nil, err
	}
	if err := g.setServices(in); err != nil {
		return nil, err
	}
	return g, g.setChecks(in.Checks)
}

func (g *ground) setParties(asked []catalogue.Party) error {
	both := []catalogue.Party{catalogue.Customer, catalogue.Provider}
	for _, p := range asked {
		if !slices.Contains(both, p) {
			return problem.New(problem.Usage, fmt.Sprintf("there is no party %q", p), "say customer or provider")
		}
	}
	for _, p := range both {
		if len(asked) == 0 || slices.Contains(asked, p) {
			g.parties = append(g.parties, p)
		}
	}
	return nil
}

func (g *ground) setControls(in Input) error {
	if in.Edition != catalogue.Edition2015 && in.Edition != catalogue.Edition2026 {
		return problem.New(problem.Usage, fmt.Sprintf("the catalogue has no edition %q of ISO/IEC 27017", in.Edition), "say 2015 or 2026")
	}
	g.themes = in.Catalogue.Themes(in.Edition)
	for i, t := range g.themes {
		for _, key := range t.Controls {
			g.themed[key] = i
		}
	}
	for _, c := range in.Catalogue.Controls() {
		kept := c
		kept.Duties = slices.DeleteFunc(c.DutiesOf(in.Edition, ""), func(d catalogue.Duty) bool { return !slices.Contains(g.parties, d.Party) })
		if len(kept.Duties) == 0 {
			continue
		}
		g.clauses[c.Key], g.titles[c.Key] = c.Key, c.Title
		if i := slices.IndexFunc(c.Clauses, func(l catalogue.Clause) bool { return l.Edition == in.Edition }); i >= 0 {
			g.clauses[c.Key] = c.Clauses[i].ID
			g.titles[c.Key] = cmp.Or(c.Clauses[i].Title, c.Title)
		}
		slices.SortFunc(kept.Duties, func(a, b catalogue.Duty) int {
			return cmp.Or(cmp.Compare(a.Party, b.Party), compareNatural(a.ID, b.ID))
		})
		g.controls = append(g.controls, &kept)
	}
	slices.SortFunc(g.controls, func(a, b *catalogue.Control) int {
		return cmp.Or(compareNatural(g.clauses[a.Key], g.clauses[b.Key]), cmp.Compare(a.Key, b.Key))
	})
	return nil
}

func (g *ground) setServices(in Input) error {
	for _, id := range in.Services {
		if !slices.ContainsFunc(in.Scope.Services, func(s scope.Service) bool { return s.ID == id }) {
			return problem.New(problem.NotFound, fmt.Sprintf("the scope has no service %q", id), "demarc scope show lists the services")
		}
	}
	for i := range in.Scope.Services {
		s := &in.Scope.Services[i]
		if len(in.Services) > 0 && !slices.Contains(in.Services, s.ID) {
			continue
		}
		v := &served{Service: s, providers: map[string]bool{}}
		v.facts = Service{ID: s.ID, Name: s.Name, Role: s.Role, Model: s.Model, Provider: s.Provider, Criticality: s.Criticality,
			Accounts: sorted(s.Accounts), BuiltOn: sorted(s.BuiltOn), Ours: s.Party()}
		if err := v.setMatrix(in); err != nil {
			return err
		}
		v.setSnapshots(in.Snapshots)
		g.services = append(g.services, v)
	}
	slices.SortFunc(g.services, func(a, b *served) int { return cmp.Compare(a.ID, b.ID) })
	for i, v := range g.services {
		if i > 0 && g.services[i-1].ID == v.ID {
			return problem.New(problem.Invalid, fmt.Sprintf("the scope has two services %q", v.ID), "give each service an id of its own")
		}
		for _, a := range slices.Compact(slices.Clone(v.facts.Accounts)) {
			g.account[a] = append(g.account[a], v.ID)
		}
		if len(v.Accounts) > 0 {
			g.any = append(g.any, v.ID)
		}
	}
	g.every = g.account[scope.AnyAccount]
	for a, ids := range g.account {
		if a != scope.AnyAccount {
			g.account[a] = sorted(slices.Concat(ids, g.every))
		}
	}
	return nil
}

func (g *ground) setChecks(all []check.Check) error {
	for i := range all {
		c := &all[i]
		if g.checks[c.ID] != nil {
			return problem.New(problem.Invalid, fmt.Sprintf("two checks are called %q", c.ID), "give each check an id of its own")
		}
		g.checks[c.ID] = c
	}
	for _, id := range slices.Sorted(maps.Keys(g.checks)) {
		c := g.checks[id]
		for _, p := range c.Proves {
			g.proofs[p.Duty] = append(g.proofs[p.Duty], proof{c, p})
		}
	}
	return nil
}

// evidenceFor gives the ids of the services for which a finding is evidence:
// those of its account. A scope that names no account concerns every service
// with an account.
func (g *ground) evidenceFor(f *check.Finding) []string {
	if f.Account == "" && f.Native == scopeNative {
		return g.any
	}
	if ids, ok := g.account[f.Account]; ok && f.Account != scope.AnyAccount {
		return ids
	}
	return g.every
}

// setSnapshots notes which snapshots tell of the service's accounts, and which
// of its accounts and regions no snapshot tells of.
func (v *served) setSnapshots(all []Snapshot) {
	for _, a := range v.facts.Accounts {
		told := false
		regions := map[string]bool{}
		for _, s := range all {
			if a != scope.AnyAccount && !slices.Contains(s.Accounts, a) {
				continue
			}
			told = true
			v.providers[s.Provider] = true
			for _, r := range v.Regions {
				regions[r] = regions[r] || s.Source != live || len(s.Regions) == 0 || slices.Contains(s.Regions, r)
			}
		}
		switch {
		case !told && a == scope.AnyAccount:
			v.facts.Uncollected = append(v.facts.Uncollected, "any account")
		case !told:
			v.facts.Uncollected = append(v.facts.Uncollected, "account "+a)
		}
		for _, r := range sorted(v.Regions) {
			if told && !regions[r] {
				v.facts.Uncollected = append(v.facts.Uncollected, "region "+r+" of account "+strings.Replace(a, scope.AnyAccount, "any", 1))
			}
		}
	}
}

func sorted(in []string) []string {
	if len(in) == 0 {
		return nil
	}
	out := slices.Clone(in)
	slices.Sort(out)
	return slices.Compact(out)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// compareNatural compares words with the numbers in them as numbers:
// "9.2.1" comes before "12.1.2".
func compareNatural(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x > 0 && y > 0 {
			m, n := strings.TrimLeft(a[:x], "0"), strings.TrimLeft(b[:y], "0")
			if c := cmp.Or(cmp.Compare(len(m), len(n)), cmp.Compare(m, n), cmp.Compare(x, y)); c != 0 {
				return c
			}
			a, b = a[x:], b[y:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
