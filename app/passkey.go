// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// passkeysMost is how many passkeys an account may have.
const passkeysMost = 10

// Question is what a page hands to an authenticator through the browser.
type Question struct {
	Options  string // JSON for navigator.credentials
	Ceremony string // sealed: comes back with the answer, and says nothing to the browser
}

// What a ceremony is for: an answer to one is none to another.
const (
	atTheDoor  = "passkey at the door"
	asSecond   = "passkey as second factor"
	registered = "passkey registered"
)

// ask seals a ceremony for its purpose and the session that it belongs to, so
// that any replica can take the answer and no other browser can give it.
func (a *App) ask(purpose, session string, options []byte, c account.Ceremony) (Question, error) {
	k, err := a.key()
	if err != nil {
		return Question{}, err
	}
	data, err := json.Marshal(c)
	if err != nil {
		return Question{}, fmt.Errorf("sealing a ceremony: %w", err)
	}
	sealed, err := k.Seal(purpose, session, data)
	return Question{Options: string(options), Ceremony: sealed}, err
}

func (a *App) asked(purpose, session, sealed string) (c account.Ceremony, err error) {
	k, err := a.key()
	if err != nil {
		return c, err
	}
	data, err := k.Open(purpose, session, sealed)
	if err != nil {
		return c, problem.New(problem.Denied, "the passkey was not accepted", "try again, or sign in another way").Wrap(err)
	}
	return c, json.Unmarshal(data, &c)
}

// spend notes that a ceremony was answered, so that its answer counts once.
func (p *proof) spend(c account.Ceremony, now time.Time) error {
	if _, ok := p.Spent[c.ID()]; ok {
		return problem.New(problem.Denied, "this answer of the passkey was used already", "try again")
	}
	maps.DeleteFunc(p.Spent, func(_ string, ends time.Time) bool { return !now.Before(ends) })
	if p.Spent == nil {
		p.Spent = map[string]time.Time{}
	}
	p.Spent[c.ID()] = c.Ends
	return nil
}

// AskAtDoor asks whoever stands there for a passkey: it knows nobody.
func (a *App) AskAtDoor(rp *account.RelyingParty) (Question, error) {
	options, c, err := rp.BeginSignIn(nil, a.now().UTC())
	if err != nil {
		return Question{}, err
	}
	return a.ask(atTheDoor, "", options, c)
}

// SignInPasskey signs in whom a passkey names, and who proved to it that he is
// there: two factors in one.
func (a *App) SignInPasskey(ctx context.Context, rp *account.RelyingParty, v Visitor, ceremony, answer string) (token string, err error) {
	now := a.now().UTC()
	if wait := a.misses.wait(v, "", now); wait > 0 {
		return "", tooMany(wait)
	}
	c, err := a.asked(atTheDoor, "", ceremony)
	if err != nil {
		return "", err
	}
	acc, err := a.provePasskey(ctx, rp, c, answer, func(account.Account) bool { return true })
	if err != nil {
		if problem.Of(err) == problem.Denied {
			a.misses.fail(v, "", now)
		}
		return "", err
	}
	return a.open(ctx, acc, account.ByPasskey, v)
}

// Second is what a pending session may show.
type Second struct {
	Codes   bool      // time-based ones
	Passkey *Question // nil: the account has none, or they do not work here
}

// AskSecond says what a pending session may bring as its second factor; rp may
// be nil. A recovery code always counts.
func (a *App) AskSecond(ctx context.Context, rp *account.RelyingParty, pending string) (out Second, err error) {
	s, err := a.pending(ctx, pending)
	if err != nil {
		return out, err
	}
	h, p, err := a.holder(ctx, s.Account)
	if err != nil {
		return out, err
	}
	if out.Codes = p.Seed != ""; rp == nil || len(h.Passkeys) == 0 {
		return out, nil
	}
	options, c, err := rp.BeginSignIn(&h, a.now().UTC())
	if err != nil {
		return out, err
	}
	q, err := a.ask(asSecond, s.ID, options, c)
	out.Passkey = &q
	return out, err
}

// SignInSecond brings a pending session a passkey as its second factor. The
// session gets a new token.
func (a *App) SignInSecond(ctx context.Context, rp *account.RelyingParty, v Visitor, pending, ceremony, answer string) (token string, err error) {
	s, err := a.pending(ctx, pending)
	if err != nil {
		return "", err
	}
	now := a.now().UTC()
	if wait := a.misses.wait(v, s.Person, now); wait > 0 {
		return "", tooMany(wait)
	}
	c, err := a.asked(asSecond, s.ID, ceremony)
	if err != nil {
		return "", err
	}
	acc, err := a.provePasskey(ctx, rp, c, answer, func(acc account.Account) bool { return acc.ID == s.Account })
	if err != nil {
		if problem.Of(err) == problem.Denied {
			a.misses.fail(v, s.Person, now)
		}
		return "", err
	}
	a.misses.clear(v, s.Person)
	if err := a.endSession(ctx, s.ID, store.Actor(s.Person), func(account.Session) bool { return true }); err != nil {
		return "", err
	}
	return a.open(ctx, acc, account.BySecond, v)
}

// provePasskey checks an answer and notes in one change that the passkey was
// used and the ceremony is spent. A passkey whose counter went back stays
// marked, and is refused.
func (a *App) provePasskey(ctx context.Context, rp *account.RelyingParty, c account.Ceremony, answer string, may func(account.Account) bool) (acc account.Account, err error) {
	now := a.now().UTC()
	proved, refused := rp.FinishSignIn(c, []byte(answer), func(id string) (account.Holder, error) {
		h, p, err := a.holder(ctx, id)
		acc = h.Account
		if _, spent := p.Spent[c.ID()]; err == nil && (spent || !may(acc)) {
			err = errors.New("another account's passkey, or one answer twice")
		}
		return h, err
	}, now)
	if refused != nil && !proved.Passkey.Cloned() {
		return acc, refused
	}
	kind := "passkey.used"
	if refused != nil {
		kind = "passkey.doubted"
	}
	err = a.setProof(ctx, acc, kind, func(p *proof) error {
		i := slices.IndexFunc(p.Passkeys, func(x account.Passkey) bool { return x.ID() == proved.Passkey.ID() })
		if i < 0 {
			return signInFirst() // removed meanwhile
		}
		p.Passkeys[i] = proved.Passkey
		return p.spend(c, now)
	}, nil)
	return acc, errors.Join(refused, err)
}

// holder gives an account that is not shut out, with its passkeys.
func (a *App) holder(ctx context.Context, id string) (h account.Holder, p proof, err error) {
	if h.Account, err = a.active(ctx, id); err != nil {
		return h, p, err
	}
	root, err := a.root(ctx)
	if err != nil {
		return h, p, err
	}
	p, err = a.proof(ctx, root, id)
	h.Passkeys = p.Passkeys
	return h, p, err
}

// BeginPasskey asks the browser of a session for a new passkey.
func (a *App) BeginPasskey(ctx context.Context, rp *account.RelyingParty, c Caller, s account.Session) (Question, error) {
	acc, p, err := a.own(ctx, c)
	if err != nil {
		return Question{}, err
	}
	if err := a.stepUp(s); err != nil {
		return Question{}, err
	}
	if len(p.Passkeys) >= passkeysMost {
		return Question{}, tooManyPasskeys()
	}
	options, ceremony, err := rp.BeginPasskey(account.Holder{Account: acc, Passkeys: p.Passkeys}, a.now().UTC())
	if err != nil {
		return Question{}, err
	}
	return a.ask(registered, s.ID, options, ceremony)
}

func tooManyPasskeys() error {
	return problem.New(problem.Conflict, fmt.Sprintf("an account has at most %d passkeys", passkeysMost), "remove one that you do not use")
}

// AddPasskey keeps the passkey that the authenticator made, under a name. Who
// has no recovery codes yet is given some: this once.
func (a *App) AddPasskey(ctx context.Context, rp *account.RelyingParty, c Caller, s account.Session, ceremony, answer, name string) (recovery []string, err error) {
	acc, _, err := a.own(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := a.stepUp(s); err != nil {
		return nil, err
	}
	question, err := a.asked(registered, s.ID, ceremony)
	if err != nil {
		return nil, err
	}
	codes, secrets := account.NewRecovery()
	now := a.now().UTC()
	err = a.setProof(ctx, acc, "passkey.added", func(p *proof) error {
		if len(p.Passkeys) >= passkeysMost {
			return tooManyPasskeys()
		}
		made, err := rp.FinishPasskey(account.Holder{Account: acc, Passkeys: p.Passkeys}, question, []byte(answer), name, now)
		if err != nil {
			return err
		}
		p.Passkeys = append(p.Passkeys, made)
		if recovery = nil; len(p.Recovery) == 0 {
			p.Recovery, recovery = secrets, codes
		}
		return p.spend(question, now)
	}, nil)
	if err != nil {
		return nil, err
	}
	return recovery, nil
}

// RemovePasskey takes a passkey of the caller's away. With the last second
// factor its recovery codes go too.
func (a *App) RemovePasskey(ctx context.Context, c Caller, s account.Session, id string) error {
	acc, _, err := a.own(ctx, c)
	if err != nil {
		return err
	}
	if err := a.stepUp(s); err != nil {
		return err
	}
	return a.setProof(ctx, acc, "passkey.removed", func(p *proof) error {
		had := len(p.Passkeys)
		p.Passkeys = slices.DeleteFunc(p.Passkeys, func(x account.Passkey) bool { return x.ID() == id })
		if len(p.Passkeys) == had {
			return problem.New(problem.NotFound, "there is no passkey "+cutWord(id)+" of yours", "your account lists them")
		}
		if !p.second() {
			p.Recovery = nil
		}
		return nil
	}, nil)
}
