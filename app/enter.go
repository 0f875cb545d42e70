// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"slices"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// Caller says for which organisation something is done, and by whom. Only this
// package makes one that may do anything: Local for whoever owns the disk, and
// the sessions and tokens of accounts.
type Caller struct {
	Org   string      // empty: the only one of the store
	Actor store.Actor // a person or a program, as the organisation knows it

	pass pass
	once *claim // of a request that is carried out once; may be nil
	seen *seen  // what the caller changes, as he saw it; may be nil
}

// pass is what a caller showed at the door. The zero pass opens nothing.
type pass struct {
	local    bool   // owns the disk that the store lies on
	account  string // id
	operator bool   // may manage the installation
	token    bool   // came with a token: scopes say what for
	scopes   []account.Permission
	org      string // of the token: it opens no other
}

// Local is the caller of the shell: whoever may read and write the files of the
// store needs no permission from it.
func Local(org string, actor store.Actor) Caller {
	return Caller{Org: org, Actor: actor, pass: pass{local: true}}
}

// In is the same caller, before another organisation.
func (c Caller) In(org string) Caller {
	c.Org = org
	return c
}

// Account gives the id of the caller's account; empty for Local.
func (c Caller) Account() string { return c.pass.account }

// Operator tells whether the caller may manage the installation.
func (c Caller) Operator() bool { return c.pass.local || c.pass.operator && !c.pass.token }

// members is the collection of who may do what in an organisation.
const members = "member"

// hall is an organisation that a caller entered for something that he may do.
type hall struct {
	*store.Org
	caller Caller
	need   account.Permission
	now    func() time.Time
	member account.Member // an owner for Local
}

// enter lets a caller into his organisation for what he needs, and nobody else:
// to somebody who is no member it does not exist.
func (a *App) enter(ctx context.Context, c Caller, need account.Permission) (*hall, error) {
	o, err := a.org(ctx, c)
	if err != nil {
		return nil, err
	}
	h := &hall{Org: o, caller: c, need: need, now: a.now}
	h.member, err = h.admit(ctx, o)
	if err != nil {
		return nil, err
	}
	return h, nil
}

// Update is the organisation's, with the caller's permission read again in the
// transaction that the entry stands in: who lost it meanwhile changes nothing.
// So is what he saw of a record, and that a request is carried out is noted.
func (h *hall) Update(ctx context.Context, fn func(*store.Tx) error) error {
	err := h.Org.Update(ctx, func(tx *store.Tx) error {
		if _, err := h.admit(ctx, tx); err != nil {
			return err
		}
		if err := h.caller.seen.holds(ctx, tx); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		if err := h.caller.seen.note(ctx, tx); err != nil {
			return err
		}
		return h.caller.once.mark(ctx, tx)
	})
	if err == nil {
		h.caller.changed()
	}
	return err
}

// admit tells whether the caller may do what he came for, as from stands.
func (h *hall) admit(ctx context.Context, from records) (account.Member, error) {
	p := h.caller.pass
	if p.local {
		return account.Member{Person: string(h.caller.Actor), Role: account.Owner}, nil
	}
	if p.account == "" || p.token && p.org != h.ID() {
		return account.Member{}, noOrg(h.ID())
	}
	m, ok, err := get[account.Member](ctx, from, members, p.account)
	if err != nil {
		return m, err
	}
	if !ok {
		return m, noOrg(h.ID())
	}
	if p.token && !slices.Contains(p.scopes, h.need) {
		return m, problem.New(problem.Denied, "this token is not for "+string(h.need), "make one whose scopes hold it")
	}
	return m, m.Check(h.need, h.now())
}

// sees tells whether the caller may look at a service.
func (h *hall) sees(service string) bool { return h.member.Sees(service) }

// noOrg is the answer about an organisation that does not exist, and about one
// that the caller does not belong to: the same words.
func noOrg(id string) error {
	return problem.New(problem.NotFound, "there is no organisation "+id+" that you belong to", "choose one from your list of organisations")
}

// Enter tells what the caller is in the organisation, when he may do something
// there; otherwise NotFound or Denied, as May. Local is an owner.
func (a *App) Enter(ctx context.Context, c Caller, need account.Permission) (account.Member, error) {
	h, err := a.enter(ctx, c, need)
	if err != nil {
		return account.Member{}, err
	}
	return h.member, nil
}

// May tells whether the caller may do something in the organisation: nil, or
// NotFound to who is no member, or Denied. Every use case asks for itself; a
// door asks first so that it can say so before it begins.
func (a *App) May(ctx context.Context, c Caller, need account.Permission) error {
	_, err := a.enter(ctx, c, need)
	return err
}

// listed gives a collection of the organisation to who may read it.
func listed[T any](ctx context.Context, a *App, c Caller, need account.Permission, collection string) ([]T, error) {
	h, err := a.enter(ctx, c, need)
	if err != nil {
		return nil, err
	}
	return list[T](ctx, h, collection)
}

// remove takes a record away for who may, unless check finds a reason not to.
func (a *App) remove(ctx context.Context, c Caller, need account.Permission, collection, id string, check func(*hall, *store.Tx) error) error {
	h, err := a.enter(ctx, c, need)
	if err != nil {
		return err
	}
	return h.Update(ctx, func(tx *store.Tx) error {
		if check != nil {
			if err := check(h, tx); err != nil {
				return err
			}
		}
		return tx.Delete(collection, id, store.Event{Kind: collection + ".removed", Actor: c.Actor})
	})
}
