// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"slices"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// installation is the id under which the store keeps what belongs to no
// organisation: accounts, sessions, tokens. Nobody enters it as an organisation.
const installation = "installation"

// Orgs gives the ids of the organisations that the caller belongs to, in order;
// all of them to the owner of the disk.
func (a *App) Orgs(ctx context.Context, c Caller) ([]string, error) {
	if !c.pass.local {
		return a.belongs(ctx, c)
	}
	ids, err := a.store.Orgs(ctx)
	return slices.DeleteFunc(ids, func(id string) bool { return id == installation }), err
}

// org gives the caller's organisation, whoever he is.
func (a *App) org(ctx context.Context, c Caller) (*store.Org, error) {
	if c.Org != "" {
		return a.named(ctx, c, c.Org)
	}
	ids, err := a.Orgs(ctx, c)
	if err != nil {
		return nil, err
	}
	switch len(ids) {
	case 0:
		return nil, problem.New(problem.NotFound, "this store holds no organisation yet", "demarc collect aws, or demarc scope import scope.yaml")
	case 1:
		return a.named(ctx, c, ids[0])
	}
	return nil, problem.New(problem.Usage, "this store holds several organisations: "+strings.Join(ids, ", "), "say which with --org")
}

// named gives an organisation by its id. To an account, one that does not exist
// and one that is not his are told in the same words.
func (a *App) named(ctx context.Context, c Caller, id string) (*store.Org, error) {
	if id == installation {
		return nil, noOrg(id)
	}
	o, err := a.store.Org(ctx, id)
	if isNotFound(err) && !c.pass.local {
		return nil, noOrg(id)
	}
	return o, err
}

// CreateOrg makes the organisation that the caller names, with an empty log and
// the key of that log, and makes the caller's account its owner. Conflict when
// it exists; Denied to who does not manage the installation.
func (a *App) CreateOrg(ctx context.Context, c Caller) error {
	if !c.Operator() {
		return problem.New(problem.Denied, "only who manages the installation makes an organisation", "ask the operator of this server")
	}
	if c.Org == installation {
		return problem.New(problem.Invalid, "the id "+installation+" is kept for Demarc itself", "choose another id")
	}
	o, err := a.store.CreateOrg(ctx, c.Org, c.Actor)
	if err != nil || c.pass.local {
		return err
	}
	m := account.Member{Account: c.pass.account, Person: string(c.Actor), Role: account.Owner, By: string(c.Actor), At: a.now().UTC()}
	if err := o.Update(ctx, func(tx *store.Tx) error { return putMember(tx, c, m) }); err != nil {
		return err
	}
	return a.belong(ctx, m.Account, c.Org)
}

// enterOrNew is enter, and makes the organisation when there is none. like is
// the id that it gets when the caller names none and none exists.
func (a *App) enterOrNew(ctx context.Context, c Caller, need account.Permission, like string) (*hall, error) {
	id := c.Org
	if id == "" {
		ids, err := a.Orgs(ctx, c)
		if err != nil {
			return nil, err
		}
		if len(ids) > 0 {
			return a.enter(ctx, c, need)
		}
		id = like
	}
	h, err := a.enter(ctx, c.In(id), need)
	if !isNotFound(err) || !c.Operator() {
		return h, err
	}
	if err := a.CreateOrg(ctx, c.In(id)); err != nil && problem.Of(err) != problem.Conflict {
		return nil, err // a Conflict: made by another caller, meanwhile
	}
	return a.enter(ctx, c.In(id), need)
}
