// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
	"demarc.dev/demarc/store"
)

const scopes = "scope"

// Scope gives the organisation's scope; NotFound when nobody wrote one.
func (a *App) Scope(ctx context.Context, c Caller) (*scope.Scope, error) {
	o, err := a.enter(ctx, c, account.ReadOrganisation)
	if err != nil {
		return nil, err
	}
	s, err := scopeOf(ctx, o, o.ID())
	if err != nil {
		return nil, err
	}
	return o.narrowScope(s), nil
}

func scopeOf(ctx context.Context, from records, org string) (*scope.Scope, error) {
	s, ok, err := get[scope.Scope](ctx, from, scopes, current)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, problem.New(problem.NotFound, "organisation "+org+" has no scope: nobody wrote which cloud services it consumes and provides", "demarc scope show --default > scope.yaml, edit it, then demarc scope import scope.yaml")
	}
	return &s, nil
}

// SetScope takes in a scope.yaml. It makes the organisation when the caller
// names none and the store holds none.
func (a *App) SetScope(ctx context.Context, c Caller, file string, data []byte) (*scope.Scope, error) {
	s, err := scope.Parse(file, data)
	if err != nil {
		return nil, err
	}
	o, err := a.enterOrNew(ctx, c, account.EditScope, s.Organisation.ID)
	if err != nil {
		return nil, err
	}
	return s, o.Update(ctx, func(tx *store.Tx) error {
		return tx.Put(scopes, current, s, store.Event{Kind: "scope.changed", Actor: c.Actor})
	})
}

// DefaultScope proposes a scope from what was seen: one consumed service for
// each provider, over all its accounts.
func (a *App) DefaultScope(ctx context.Context, c Caller) (*scope.Scope, error) {
	o, err := a.enter(ctx, c, account.ReadOrganisation)
	if err != nil {
		return nil, err
	}
	all, err := a.Snapshots(ctx, c)
	if err != nil {
		return nil, err
	}
	reports, err := a.Imports(ctx, c)
	if err != nil {
		return nil, err
	}
	return proposeScope(o.ID(), all, inForce(reports)), nil
}

// proposeScope is deliberately plain: what an organisation provides, and on
// what, only its people know.
func proposeScope(org string, all []Snapshot, reports []Import) *scope.Scope {
	s := &scope.Scope{Organisation: scope.Organisation{ID: org, Name: org, Role: scope.RoleCustomer}}
	accounts, regions := map[string][]string{}, map[string][]string{}
	for _, snapshot := range all {
		p := snapshot.Header.Provider
		for _, account := range snapshot.Header.Accounts {
			accounts[p] = append(accounts[p], account.ID)
		}
		if len(snapshot.Header.Accounts) == 0 {
			accounts[p] = append(accounts[p], scope.AnyAccount)
		}
		for _, r := range snapshot.Header.Regions {
			if r != "global" {
				regions[p] = append(regions[p], r)
			}
		}
	}
	for _, i := range reports {
		for p, ids := range i.providers() {
			accounts[p] = append(accounts[p], ids...)
		}
	}
	for p := range accounts {
		if slices.Contains(accounts[p], scope.AnyAccount) {
			accounts[p] = []string{scope.AnyAccount}
		}
		s.Services = append(s.Services, scope.Service{ID: p, Name: providerName(p), Provider: providerName(p), Role: scope.Consumes, Model: "iaas", Accounts: distinct(accounts[p]), Regions: distinct(regions[p])})
	}
	slices.SortFunc(s.Services, func(x, y scope.Service) int { return strings.Compare(x.ID, y.ID) })
	return s
}

func providerName(id string) string {
	switch id {
	case "aws":
		return "Amazon Web Services"
	case "azure":
		return "Microsoft Azure"
	case "gcp":
		return "Google Cloud"
	case "kubernetes":
		return "Kubernetes"
	case "host":
		return "Own machines"
	}
	return id
}

func distinct(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

// service gives a service of the scope by its id, or the problem that there is
// none.
func service(s *scope.Scope, id string) (scope.Service, error) {
	if v, ok := s.Service(id); ok {
		return v, nil
	}
	return scope.Service{}, problem.New(problem.NotFound, fmt.Sprintf("no service of the scope is called %q", id), "one of: "+strings.Join(s.ServiceIDs(), ", "))
}
