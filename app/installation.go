// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"slices"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// belonging lists the organisations that an account may be a member of. It is
// where to look, not who is let in: that the organisation says itself.
type belonging struct {
	Organisations []string `json:"organisations"`
}

const belongings = "belonging"

// root gives what belongs to no organisation, and makes it the first time. The
// package keeps it to itself.
func (a *App) root(ctx context.Context) (*store.Org, error) {
	o, err := a.store.Org(ctx, installation)
	if !isNotFound(err) {
		return o, err
	}
	o, err = a.store.CreateOrg(ctx, installation, installation)
	if problem.Of(err) == problem.Conflict && err != nil {
		return a.store.Org(ctx, installation)
	}
	return o, err
}

// belongs gives the organisations that the caller's account is a member of now.
func (a *App) belongs(ctx context.Context, c Caller) ([]string, error) {
	if c.pass.account == "" {
		return nil, nil
	}
	root, err := a.root(ctx)
	if err != nil {
		return nil, err
	}
	b, _, err := get[belonging](ctx, root, belongings, c.pass.account)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, id := range b.Organisations {
		_, err := a.enter(ctx, c.In(id), account.ReadOrganisation)
		if kind := problem.Of(err); err != nil && (kind == problem.NotFound || kind == problem.Denied) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}

// belong notes that an account may be a member of an organisation.
func (a *App) belong(ctx context.Context, id, org string) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	return root.Update(ctx, func(tx *store.Tx) error {
		b, _, err := get[belonging](ctx, tx, belongings, id)
		if err != nil || slices.Contains(b.Organisations, org) {
			return err
		}
		b.Organisations = append(b.Organisations, org)
		slices.Sort(b.Organisations)
		return tx.Put(belongings, id, b, store.Event{Kind: "account.belongs", Actor: installation})
	})
}
