// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"slices"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// Granted is a role in an organisation that a group of the identity provider is
// worth.
type Granted struct {
	Org  string
	Role account.Role
}

// Outside is somebody whom an identity provider vouches for.
type Outside struct {
	Issuer, Subject string
	Email           string // that the provider has verified; empty: none
	Name            string
	SignUp          bool      // an account is made for who has none
	Mapped          []string  // organisations whose members the provider's groups say
	Granted         []Granted // what the groups of this person are worth
}

// externals finds an account by who vouches for it.
const externals = "external"

// byProvider stands in a membership that the provider's groups gave.
const byProvider = "identity provider"

func voucherID(o Outside) string { return idOf(o.Issuer + "\x00" + o.Subject) }

// SignInOutside opens a session for somebody whom the identity provider vouches
// for. The account is the one that came this way before, or else the one of the
// verified address, or else a new one where that is allowed. Memberships that the
// provider's groups gave are brought up to what they are worth today; those that
// people gave stay.
func (a *App) SignInOutside(ctx context.Context, v Visitor, o Outside) (token string, err error) {
	acc, err := a.outsideAccount(ctx, o)
	if err != nil {
		return "", err
	}
	if acc.Disabled {
		return "", errSignIn()
	}
	for _, org := range o.Mapped {
		if err := a.grant(ctx, acc, org, o.Granted); err != nil {
			return "", err
		}
	}
	return a.open(ctx, acc, account.ByOIDC, v)
}

func (a *App) outsideAccount(ctx context.Context, o Outside) (acc account.Account, err error) {
	root, err := a.root(ctx)
	if err != nil {
		return acc, err
	}
	login := ""
	if o.Email != "" {
		if login, err = account.Login(o.Email); err != nil {
			return acc, err
		}
	}
	err = root.Update(ctx, func(tx *store.Tx) error {
		known, ok, err := get[loginOf](ctx, tx, externals, voucherID(o))
		if err != nil {
			return err
		}
		if ok {
			acc, _, err = get[account.Account](ctx, tx, accounts, known.Account)
			return err
		}
		if login == "" {
			return problem.New(problem.Denied, "the identity provider has verified no address of yours", "have it verified there, or sign in with a password")
		}
		found := false
		if acc, found, err = findLogin(ctx, tx, login); err != nil {
			return err
		}
		if !found && !o.SignUp {
			return problem.New(problem.Denied, "there is no account for this address", "ask an administrator of your organisation to let you in")
		}
		if found && acc.External != nil {
			return problem.New(problem.Denied, "this address belongs to another person at the identity provider", "ask the operator of the server")
		}
		if !found {
			acc = account.Account{ID: account.NewID(), Login: login, Name: o.Name, Created: a.now().UTC()}
			if err := tx.Put(logins, idOf(login), loginOf{acc.ID}, store.Event{Kind: "account.named", Actor: byProvider}); err != nil {
				return err
			}
		}
		acc.External = &account.External{Issuer: o.Issuer, Subject: o.Subject}
		if err := tx.Put(accounts, acc.ID, acc, store.Event{Kind: "account.linked", Actor: byProvider}); err != nil {
			return err
		}
		return tx.Put(externals, voucherID(o), loginOf{acc.ID}, store.Event{Kind: "account.vouched", Actor: byProvider})
	})
	return acc, err
}

// grant brings one membership up to what the groups are worth.
func (a *App) grant(ctx context.Context, acc account.Account, org string, granted []Granted) error {
	local := Local(org, byProvider)
	o, err := a.named(ctx, local, org)
	if isNotFound(err) {
		return nil // the mapping names an organisation that is not here
	}
	if err != nil {
		return err
	}
	was, has, err := get[account.Member](ctx, o, members, acc.ID)
	if err != nil || has && was.By != byProvider {
		return err // people decided
	}
	at := slices.IndexFunc(granted, func(g Granted) bool { return g.Org == org })
	switch {
	case at >= 0 && (!has || was.Role != granted[at].Role):
		return a.SetMember(ctx, local, account.Member{Account: acc.ID, Person: acc.Login, Name: acc.Name, Role: granted[at].Role})
	case at < 0 && has:
		if err := a.RemoveMember(ctx, local, acc.ID); problem.Of(err) != problem.Conflict || err == nil {
			return err
		}
		return nil // the last owner stays until people name another
	}
	return nil
}
