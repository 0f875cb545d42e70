// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"slices"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// Members gives who may do what in the organisation, by login; also those whose
// time has ended.
func (a *App) Members(ctx context.Context, c Caller) ([]account.Member, error) {
	all, err := listed[account.Member](ctx, a, c, account.ReadMember, members)
	slices.SortFunc(all, func(a, b account.Member) int { return cmp.Compare(a.Person, b.Person) })
	return all, err
}

// Member gives what the caller is in the organisation; Local is its owner.
func (a *App) Member(ctx context.Context, c Caller) (account.Member, error) {
	return a.Enter(ctx, c, account.ReadOrganisation)
}

// SetMember gives an account access to the organisation, or changes it. Only an
// owner makes an owner or takes that from one, and one owner always stays.
// m.Account and m.Person name an account that exists; By and At are set here.
func (a *App) SetMember(ctx context.Context, c Caller, m account.Member) error {
	h, err := a.enter(ctx, c, account.ManageMember)
	if err != nil {
		return err
	}
	m.By, m.At = string(c.Actor), a.now().UTC()
	if err := m.Validate(m.At); err != nil {
		return err
	}
	// The list of the account first: one that names too much shows nothing, for
	// the organisation itself says who is let in.
	if err := a.belong(ctx, m.Account, h.ID()); err != nil {
		return err
	}
	return h.Update(ctx, func(tx *store.Tx) error {
		if err := h.mayChange(ctx, tx, m.Account, m.Role); err != nil {
			return err
		}
		return putMember(tx, c, m)
	})
}

// RemoveMember ends an account's access to the organisation at once.
func (a *App) RemoveMember(ctx context.Context, c Caller, id string) error {
	return a.remove(ctx, c, account.ManageMember, members, id, func(h *hall, tx *store.Tx) error { return h.mayChange(ctx, tx, id, "") })
}

func putMember(tx *store.Tx, c Caller, m account.Member) error {
	return tx.Put(members, m.Account, m, store.Event{Kind: "member.set", Actor: c.Actor})
}

// mayChange tells whether the caller may make a member what he is to become;
// an empty role is none.
func (h *hall) mayChange(ctx context.Context, tx *store.Tx, id string, to account.Role) error {
	all, err := list[account.Member](ctx, tx, members)
	if err != nil {
		return err
	}
	var was account.Role
	owners := 0
	for _, m := range all {
		if m.Account == id {
			was = m.Role
		}
		if m.Role == account.Owner && m.Until == nil {
			owners++
		}
	}
	owning := h.caller.pass.local || slices.ContainsFunc(all, func(m account.Member) bool {
		return m.Account == h.caller.pass.account && m.Role == account.Owner
	})
	switch {
	case (was == account.Owner) != (to == account.Owner) && !owning:
		return problem.New(problem.Denied, "only an owner makes an owner, or takes that from one", "ask an owner of the organisation")
	case was == account.Owner && to != account.Owner && owners == 1:
		return problem.New(problem.Conflict, "this is the last owner of the organisation", "make somebody else an owner first")
	}
	return nil
}
