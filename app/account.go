// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// The collections of the installation.
const (
	accounts = "account"
	logins   = "login" // by the digest of the login: which account
	proofs   = "proof"
	sessions = "session"
	tokens   = "token"
	links    = "link"
)

// loginOf is the record that finds an account by its login.
type loginOf struct {
	Account string `json:"account"`
}

// idOf gives the id of a record that is found by words that may be no id.
func idOf(words string) string {
	sum := sha256.Sum256([]byte(words))
	return hex.EncodeToString(sum[:16])
}

// accountOf gives an account by its id.
func accountOf(ctx context.Context, from records, id string) (account.Account, error) {
	acc, ok, err := get[account.Account](ctx, from, accounts, id)
	if err == nil && !ok {
		err = problem.New(problem.NotFound, "there is no account "+cutWord(id), "the list of accounts names them")
	}
	return acc, err
}

// proof is all that an account can show, sealed as one.
type proof struct {
	Password string           `json:"password,omitempty"` // hash, PHC
	Seed     string           `json:"seed,omitempty"`     // of time-based codes; empty: there are none
	NewSeed  string           `json:"new_seed,omitempty"` // until its first code was shown
	Step     int64            `json:"step,omitempty"`     // the last that was used
	Recovery []account.Secret `json:"recovery,omitempty"`

	Passkeys []account.Passkey    `json:"passkeys,omitempty"`
	Spent    map[string]time.Time `json:"spent,omitempty"` // ceremonies that were answered, until they end by themselves
}

// second tells whether more than the password is asked for.
func (p proof) second() bool { return p.Seed != "" || len(p.Passkeys) > 0 }

// sealed is a proof as it is kept.
type sealed struct {
	Sealed string `json:"sealed"`
}

func (a *App) proof(ctx context.Context, from records, id string) (p proof, err error) {
	s, ok, err := get[sealed](ctx, from, proofs, id)
	if err != nil || !ok {
		return p, err
	}
	k, err := a.key()
	if err != nil {
		return p, err
	}
	data, err := k.Open(proofs, id, s.Sealed)
	if err != nil {
		return p, problem.New(problem.Integrity, "what this account proves itself with cannot be opened", "put keys/installation.secret back from a backup, or have the operator make a reset link").Wrap(err)
	}
	return p, json.Unmarshal(data, &p)
}

func (a *App) putProof(tx *store.Tx, id string, p proof, kind string, actor store.Actor) error {
	k, err := a.key()
	if err != nil {
		return err
	}
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("sealing a proof: %w", err)
	}
	s, err := k.Seal(proofs, id, data)
	if err != nil {
		return err
	}
	return tx.Put(proofs, id, sealed{s}, store.Event{Kind: kind, Actor: actor})
}

// findLogin gives the account of a login; ok is false when there is none.
func findLogin(ctx context.Context, from records, login string) (acc account.Account, ok bool, err error) {
	l, ok, err := get[loginOf](ctx, from, logins, idOf(login))
	if err != nil || !ok {
		return acc, false, err
	}
	return get[account.Account](ctx, from, accounts, l.Account)
}

// Accounts gives all accounts of the installation, by login, to who manages it.
func (a *App) Accounts(ctx context.Context, c Caller) ([]account.Account, error) {
	if !c.Operator() {
		return nil, notOperator()
	}
	root, err := a.root(ctx)
	if err != nil {
		return nil, err
	}
	all, err := list[account.Account](ctx, root, accounts)
	slices.SortFunc(all, func(x, y account.Account) int { return cmp.Compare(x.Login, y.Login) })
	return all, err
}

func notOperator() error {
	return problem.New(problem.Denied, "only who manages the installation may do this", "ask the operator of this server")
}

// LetIn gives a person access to the organisation by the login, and makes an
// account when there is none. The answer is the same whether there was one: an
// organisation does not learn of others through it. Who never signed in needs a
// link from the operator.
func (a *App) LetIn(ctx context.Context, c Caller, login, name string, m account.Member) (account.Member, error) {
	h, err := a.enter(ctx, c, account.ManageMember)
	if err != nil {
		return m, err
	}
	if login, err = account.Login(login); err != nil {
		return m, err
	}
	if name, err = account.Name(name); err != nil {
		return m, err
	}
	m.At = a.now().UTC()
	if err := m.Validate(m.At); err != nil {
		return m, err
	}
	if m.Account, err = a.accountFor(ctx, h.caller.Actor, login, name); err != nil {
		return m, err
	}
	m.Person, m.Name = login, name
	return m, a.SetMember(ctx, c, m)
}

// accountFor gives the id of the account of a login, and makes it when there is
// none.
func (a *App) accountFor(ctx context.Context, by store.Actor, login, name string) (id string, err error) {
	root, err := a.root(ctx)
	if err != nil {
		return "", err
	}
	err = root.Update(ctx, func(tx *store.Tx) error {
		acc, ok, err := findLogin(ctx, tx, login)
		if err != nil {
			return err
		}
		if id = acc.ID; ok {
			return nil
		}
		acc = account.Account{ID: account.NewID(), Login: login, Name: name, Created: a.now().UTC()}
		id = acc.ID
		if err := tx.Put(logins, idOf(login), loginOf{acc.ID}, store.Event{Kind: "account.named", Actor: by}); err != nil {
			return err
		}
		return tx.Put(accounts, acc.ID, acc, store.Event{Kind: "account.made", Actor: by})
	})
	return id, err
}

// SetAccount lets the operator make another an operator, or shut an account out
// of the whole installation. Its sessions and tokens end with it.
func (a *App) SetAccount(ctx context.Context, c Caller, id string, operator, disabled bool) error {
	if !c.Operator() {
		return notOperator()
	}
	if id == c.pass.account && (disabled || !operator) {
		return problem.New(problem.Conflict, "nobody shuts himself out", "have another operator do it")
	}
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	return root.Update(ctx, func(tx *store.Tx) error {
		acc, err := accountOf(ctx, tx, id)
		if err != nil {
			return err
		}
		acc.Operator, acc.Disabled = operator, disabled
		return tx.Put(accounts, id, acc, store.Event{Kind: "account.set", Actor: c.Actor})
	})
}

// MakeLink makes the link with which an account sets its first password, or
// another one. Only the operator may: whoever holds the link becomes that person.
func (a *App) MakeLink(ctx context.Context, c Caller, id string) (token string, l account.Link, err error) {
	if !c.Operator() {
		return "", l, notOperator()
	}
	root, err := a.root(ctx)
	if err != nil {
		return "", l, err
	}
	err = root.Update(ctx, func(tx *store.Tx) error {
		if _, err := accountOf(ctx, tx, id); err != nil {
			return err
		}
		p, err := a.proof(ctx, tx, id)
		if err != nil {
			return err
		}
		purpose := account.Invite
		if p.Password != "" {
			purpose = account.Reset
		}
		l, token = account.NewLink(purpose, id, string(c.Actor), a.now().UTC())
		return tx.Put(links, l.ID, l, store.Event{Kind: "link.made", Actor: c.Actor})
	})
	return token, l, err
}
