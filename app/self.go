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

// Self is what an account sees of itself.
type Self struct {
	Account  account.Account
	Password bool // has one
	Codes    bool // asks for a time-based code
	Recovery int  // codes that are left
	Passkeys []account.Passkey
	Sessions []account.Session
	Tokens   []account.Token
}

// notAccount tells the owner of the disk that he is no account.
func notAccount() error {
	return problem.New(problem.Denied, "you came by the link of the program and have no account", "let yourself in with an e-mail address under Members, and make a link for it")
}

// Self gives what the caller's account holds. The sessions and tokens carry no
// secret that opens anything.
func (a *App) Self(ctx context.Context, c Caller) (out Self, err error) {
	root, err := a.root(ctx)
	if err != nil {
		return out, err
	}
	id := c.pass.account
	if id == "" && !c.pass.local || c.pass.token {
		return out, signInFirst()
	}
	if id == "" {
		out.Account.Login = string(c.Actor)
	} else {
		if out.Account, err = a.active(ctx, id); err != nil {
			return out, err
		}
		p, err := a.proof(ctx, root, id)
		if err != nil {
			return out, err
		}
		out.Password, out.Codes, out.Recovery, out.Passkeys = p.Password != "", p.Seed != "", len(p.Recovery), p.Passkeys
	}
	all, err := list[account.Session](ctx, root, sessions)
	if err != nil {
		return out, err
	}
	out.Sessions = slices.DeleteFunc(all, func(s account.Session) bool {
		return s.Account != id || s.Pending || !s.Valid(a.now()) || id == "" && s.Person != string(c.Actor)
	})
	slices.SortFunc(out.Sessions, func(x, y account.Session) int { return y.Seen.Compare(x.Seen) })
	made, err := list[account.Token](ctx, root, tokens)
	out.Tokens = slices.DeleteFunc(made, func(t account.Token) bool { return id == "" || t.Account != id })
	return out, err
}

// EndSession ends a session of the caller's account, such as one on a machine
// that was lost.
func (a *App) EndSession(ctx context.Context, c Caller, id string) error {
	return a.endSession(ctx, id, c.Actor, func(s account.Session) bool {
		return s.Account == c.pass.account && (s.Account != "" || c.pass.local && s.Person == string(c.Actor))
	})
}

// Redeem uses a link: it sets the password of its account, ends all its
// sessions, and opens one. An account that has a password keeps it, unless the
// link was made to set another.
func (a *App) Redeem(ctx context.Context, v Visitor, token, password string) (session string, err error) {
	id, secret, ok := account.Split(token)
	root, err := a.root(ctx)
	if err != nil {
		return "", err
	}
	l, there, err := get[account.Link](ctx, root, links, id)
	if err != nil {
		return "", err
	}
	if !ok || !there || !l.Secret.Is(secret) || !a.now().Before(l.Ends) {
		return "", problem.New(problem.Denied, "this link does not work any more", "ask the operator of the server for another")
	}
	acc, err := a.active(ctx, l.Account)
	if err != nil {
		return "", err
	}
	if err := account.CheckPassword(acc.Login, password); err != nil {
		return "", err
	}
	hashed, err := a.hasher.Hash(ctx, password)
	if err != nil {
		return "", err
	}
	err = root.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Delete(links, l.ID, store.Event{Kind: "link.used", Actor: store.Actor(acc.Login)}); err != nil {
			return err // used meanwhile
		}
		p, err := a.proof(ctx, tx, acc.ID)
		if err != nil {
			return err
		}
		if p.Password != "" && l.Purpose != account.Reset {
			return problem.New(problem.Conflict, "this account has a password already", "sign in with it")
		}
		p.Password = hashed
		if err := endSessions(ctx, tx, acc, ""); err != nil {
			return err
		}
		return a.putProof(tx, acc.ID, p, "password.set", store.Actor(acc.Login))
	})
	if err != nil {
		return "", err
	}
	return a.open(ctx, acc, account.ByLink, v)
}

// endSessions ends every session of an account but one.
func endSessions(ctx context.Context, tx *store.Tx, acc account.Account, but string) error {
	all, err := list[account.Session](ctx, tx, sessions)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Account == acc.ID && s.ID != but {
			if err := tx.Delete(sessions, s.ID, store.Event{Kind: "session.ended", Actor: store.Actor(acc.Login)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// ChangePassword sets another password for who knows the old one, and ends all
// other sessions.
func (a *App) ChangePassword(ctx context.Context, c Caller, v Visitor, keep account.Session, old, password string) error {
	acc, p, err := a.own(ctx, c)
	if err != nil {
		return err
	}
	now := a.now().UTC()
	if wait := a.misses.wait(v, acc.Login, now); wait > 0 {
		return tooMany(wait)
	}
	ok, _, err := a.hasher.Verify(ctx, p.Password, old)
	if err != nil {
		return err
	}
	if !ok {
		a.misses.fail(v, acc.Login, now)
		return problem.New(problem.Denied, "this is not your password of today", "type it again")
	}
	if err := account.CheckPassword(acc.Login, password); err != nil {
		return err
	}
	return a.setPassword(ctx, acc, password, "password.changed", func(tx *store.Tx) error { return endSessions(ctx, tx, acc, keep.ID) })
}

// setPassword sets a password, and does also in the same change. It is hashed
// before: the line of changes does not wait for that.
func (a *App) setPassword(ctx context.Context, acc account.Account, password, kind string, also func(*store.Tx) error) error {
	hashed, err := a.hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	return a.setProof(ctx, acc, kind, func(p *proof) error {
		p.Password = hashed
		return nil
	}, also)
}

// setProof changes what an account proves itself with.
func (a *App) setProof(ctx context.Context, acc account.Account, kind string, change func(*proof) error, also func(*store.Tx) error) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	return root.Update(ctx, func(tx *store.Tx) error {
		p, err := a.proof(ctx, tx, acc.ID)
		if err != nil {
			return err
		}
		if err := change(&p); err != nil {
			return err
		}
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		return a.putProof(tx, acc.ID, p, kind, store.Actor(acc.Login))
	})
}

// own gives the caller's account with its proof.
func (a *App) own(ctx context.Context, c Caller) (account.Account, proof, error) {
	if c.pass.account == "" || c.pass.token {
		return account.Account{}, proof{}, notAccount()
	}
	acc, err := a.active(ctx, c.pass.account)
	if err != nil {
		return acc, proof{}, err
	}
	root, err := a.root(ctx)
	if err != nil {
		return acc, proof{}, err
	}
	p, err := a.proof(ctx, root, acc.ID)
	return acc, p, err
}

// stepUp asks for a proof of the last ten minutes before what changes who can
// come in.
func (a *App) stepUp(s account.Session) error {
	if s.Fresh(a.now()) {
		return nil
	}
	return problem.New(problem.Denied, "you proved who you are more than ten minutes ago", "sign out, sign in again, and do it then")
}

// BeginCodes draws the seed of time-based codes; it counts when the first code
// of it was shown.
func (a *App) BeginCodes(ctx context.Context, c Caller, s account.Session) (uri string, err error) {
	acc, _, err := a.own(ctx, c)
	if err != nil {
		return "", err
	}
	if err := a.stepUp(s); err != nil {
		return "", err
	}
	seed := account.NewSeed()
	err = a.setProof(ctx, acc, "codes.begun", func(p *proof) error { p.NewSeed = seed; return nil }, nil)
	return account.SeedURI("Demarc", acc.Login, seed), err
}

// ConfirmCodes begins to ask for time-based codes once one was shown, and gives
// recovery codes: this once.
func (a *App) ConfirmCodes(ctx context.Context, c Caller, s account.Session, code string) (recovery []string, err error) {
	acc, _, err := a.own(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := a.stepUp(s); err != nil {
		return nil, err
	}
	codes, secrets := account.NewRecovery()
	err = a.setProof(ctx, acc, "codes.set", func(p *proof) error {
		step, ok := account.CheckCode(p.NewSeed, code, a.now(), 0)
		if p.NewSeed == "" || !ok {
			return problem.New(problem.Denied, "the code does not fit", "type the code that your program shows now")
		}
		p.Seed, p.NewSeed, p.Step, p.Recovery = p.NewSeed, "", step, secrets
		return nil
	}, nil)
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// NewRecovery makes new recovery codes in place of the old ones, and gives them
// this once.
func (a *App) NewRecovery(ctx context.Context, c Caller, s account.Session) (recovery []string, err error) {
	acc, _, err := a.own(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := a.stepUp(s); err != nil {
		return nil, err
	}
	codes, secrets := account.NewRecovery()
	err = a.setProof(ctx, acc, "recovery.set", func(p *proof) error {
		if !p.second() {
			return problem.New(problem.Conflict, "no second factor is asked for that a recovery code could stand in for", "set one up first")
		}
		p.Recovery = secrets
		return nil
	}, nil)
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// RemoveCodes ends asking for time-based codes.
func (a *App) RemoveCodes(ctx context.Context, c Caller, s account.Session) error {
	acc, _, err := a.own(ctx, c)
	if err != nil {
		return err
	}
	if err := a.stepUp(s); err != nil {
		return err
	}
	return a.setProof(ctx, acc, "codes.removed", func(p *proof) error {
		if p.Seed, p.NewSeed, p.Step = "", "", 0; !p.second() {
			p.Recovery = nil
		}
		return nil
	}, nil)
}

// tokenUsed is how often a token notes that it is used.
const tokenUsed = time.Hour

// MakeToken makes a token for the caller's account in the organisation: for
// what he may do himself, and no more.
func (a *App) MakeToken(ctx context.Context, c Caller, t account.Token) (account.Token, string, error) {
	acc, _, err := a.own(ctx, c)
	if err != nil {
		return t, "", err
	}
	for _, p := range t.Scopes {
		if err := a.May(ctx, c, p); err != nil {
			return t, "", err
		}
	}
	t.Account, t.Person, t.Org = acc.ID, acc.Login, c.Org
	made, text, err := account.NewToken(t, a.now().UTC())
	if err != nil {
		return t, "", err
	}
	root, err := a.root(ctx)
	if err != nil {
		return t, "", err
	}
	return made, text, root.Update(ctx, func(tx *store.Tx) error {
		return tx.Put(tokens, made.ID, made, store.Event{Kind: "token.made", Actor: c.Actor})
	})
}

// EndToken ends a token of the caller's.
func (a *App) EndToken(ctx context.Context, c Caller, id string) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	return root.Update(ctx, func(tx *store.Tx) error {
		t, ok, err := get[account.Token](ctx, tx, tokens, id)
		if err != nil {
			return err
		}
		if !ok || c.pass.account == "" || t.Account != c.pass.account {
			return problem.New(problem.NotFound, "there is no token "+cutWord(id)+" of yours", "your account lists them")
		}
		return tx.Delete(tokens, id, store.Event{Kind: "token.ended", Actor: c.Actor})
	})
}

// Token gives the caller behind a token of the API. He is in the organisation
// of the token and in no other.
func (a *App) Token(ctx context.Context, text string) (Caller, error) {
	id, secret, err := account.ParseToken(text)
	if err != nil {
		return Caller{}, err
	}
	root, err := a.root(ctx)
	if err != nil {
		return Caller{}, err
	}
	t, ok, err := get[account.Token](ctx, root, tokens, id)
	if err != nil {
		return Caller{}, err
	}
	now := a.now().UTC()
	if !ok || !t.Secret.Is(secret) || !t.Valid(now) {
		return Caller{}, problem.New(problem.Denied, "this token opens nothing: it is unknown, was ended, or has expired", "make another in the web application, under your account")
	}
	acc, err := a.active(ctx, t.Account)
	if err != nil {
		return Caller{}, err
	}
	if t.LastUsed == nil || now.Sub(*t.LastUsed) > tokenUsed {
		t.LastUsed = &now
		err := root.Update(ctx, func(tx *store.Tx) error {
			if _, err := tx.Record(ctx, tokens, id); err != nil {
				return err // ended meanwhile
			}
			return tx.Put(tokens, id, t, store.Event{Kind: "token.used", Actor: store.Actor(acc.Login)})
		})
		if err != nil {
			return Caller{}, err
		}
	}
	return Caller{Org: t.Org, Actor: store.Actor(acc.Login), pass: pass{account: acc.ID, token: true, scopes: t.Scopes, org: t.Org}}, nil
}
