// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// Visitor is who stands at the door, as the network shows him.
type Visitor struct {
	Address string // of the network
	Browser string // as it calls itself
}

// misses counts failed proofs in memory, by login and address together, so that
// nobody can keep another out from elsewhere, and by address alone. They end
// with the process; several replicas count each for itself.
type misses struct {
	mu sync.Mutex
	of map[string]account.Attempts
}

const missesMost = 50_000

// addressFree is how many more failures one address may have than one login.
const addressFree = 45

func (m *misses) wait(v Visitor, login string, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.of[v.Address]
	all.Failed = max(0, all.Failed-addressFree)
	return max(m.of[v.Address+"|"+login].Wait(now), all.Wait(now))
}

func (m *misses) fail(v Visitor, login string, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil || len(m.of) > missesMost {
		m.of = map[string]account.Attempts{}
	}
	for _, key := range []string{v.Address, v.Address + "|" + login} {
		m.of[key] = m.of[key].Fail(now)
	}
}

func (m *misses) clear(v Visitor, login string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.of, v.Address+"|"+login)
}

// errSignIn is the one answer to a sign-in that fails, whatever was wrong.
func errSignIn() error {
	return problem.New(problem.Denied, "login and password do not fit together", "try again; the operator of the server makes a link for who forgot the password")
}

func tooMany(wait time.Duration) error {
	return problem.New(problem.Denied, "too many attempts failed", fmt.Sprintf("wait %d seconds and try again", int(math.Ceil(wait.Seconds()))))
}

// SignIn proves an account by its password. The token is what the browser's
// cookie is to hold; while pending is true it opens nothing until SignInCode or
// SignInSecond.
func (a *App) SignIn(ctx context.Context, v Visitor, login, password string) (token string, pending bool, err error) {
	login, err = account.Login(login)
	if err != nil {
		login = "" // and goes on, so that a wrong form takes as long as a wrong password
	}
	now := a.now().UTC()
	if wait := a.misses.wait(v, login, now); wait > 0 {
		return "", false, tooMany(wait)
	}
	root, err := a.root(ctx)
	if err != nil {
		return "", false, err
	}
	acc, known, err := findLogin(ctx, root, login)
	if err != nil {
		return "", false, err
	}
	var p proof
	if known {
		if p, err = a.proof(ctx, root, acc.ID); err != nil {
			return "", false, err
		}
	}
	ok, anew, err := a.hasher.Verify(ctx, p.Password, password)
	if err != nil {
		return "", false, err
	}
	if !ok || acc.Disabled {
		a.misses.fail(v, login, now)
		return "", false, errSignIn()
	}
	if anew {
		if err := a.setPassword(ctx, acc, password, "password.rehashed", nil); err != nil {
			return "", false, err
		}
	}
	if !p.second() {
		a.misses.clear(v, login)
		token, err = a.open(ctx, acc, account.ByPassword, v)
		return token, false, err
	}
	s, token := account.NewSession(acc.ID, acc.Login, account.ByPassword, now, a.limits)
	s.Address, s.Browser = v.Address, cutWord(v.Browser)
	return token, true, a.putSession(ctx, s.Pend(), "session.pending", store.Actor(acc.Login))
}

// SignInCode brings a pending session its second factor: a time-based code, or
// a recovery code. The session gets a new token.
func (a *App) SignInCode(ctx context.Context, v Visitor, pending, code string) (token string, err error) {
	s, err := a.pending(ctx, pending)
	if err != nil {
		return "", err
	}
	now := a.now().UTC()
	if wait := a.misses.wait(v, s.Person, now); wait > 0 {
		return "", tooMany(wait)
	}
	root, err := a.root(ctx)
	if err != nil {
		return "", err
	}
	by := account.ByTOTP
	err = root.Update(ctx, func(tx *store.Tx) error {
		p, err := a.proof(ctx, tx, s.Account)
		if err != nil {
			return err
		}
		by = account.ByTOTP
		step, ok := account.CheckCode(p.Seed, code, now, p.Step)
		if ok && p.Seed != "" {
			p.Step = step
		} else if p.Recovery, ok = account.UseRecovery(p.Recovery, code); ok {
			by = account.ByRecovery
		}
		if !ok {
			return problem.New(problem.Denied, "the code does not fit", "type the code that your program shows now, or one of your recovery codes")
		}
		if err := tx.Delete(sessions, s.ID, store.Event{Kind: "session.ended", Actor: store.Actor(s.Person)}); err != nil {
			return err
		}
		return a.putProof(tx, s.Account, p, "code.used", store.Actor(s.Person))
	})
	if err != nil {
		if problem.Of(err) == problem.Denied {
			a.misses.fail(v, s.Person, now)
		}
		return "", err
	}
	a.misses.clear(v, s.Person)
	return a.open(ctx, account.Account{ID: s.Account, Login: s.Person}, by, v)
}

// open opens a session of an account.
func (a *App) open(ctx context.Context, acc account.Account, by account.Proof, v Visitor) (token string, err error) {
	s, token := account.NewSession(acc.ID, acc.Login, by, a.now().UTC(), a.limits)
	s.Address, s.Browser = v.Address, cutWord(v.Browser)
	return token, a.putSession(ctx, s, "session.opened", store.Actor(acc.Login))
}

// OpenLocal opens a session for the owner of the disk, who used a link that the
// program printed.
func (a *App) OpenLocal(ctx context.Context, c Caller, v Visitor) (token string, err error) {
	if !c.pass.local {
		return "", notOperator()
	}
	return a.open(ctx, account.Account{Login: string(c.Actor)}, account.ByLink, v)
}

func (a *App) putSession(ctx context.Context, s account.Session, kind string, by store.Actor) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	return root.Update(ctx, func(tx *store.Tx) error {
		return tx.Put(sessions, s.ID, s, store.Event{Kind: kind, Actor: by})
	})
}

func signInFirst() error {
	return problem.New(problem.Denied, "nobody is signed in here", "sign in")
}

// session gives the valid session of a token, pending or not.
func (a *App) session(ctx context.Context, token string) (s account.Session, err error) {
	id, secret, ok := account.Split(token)
	if !ok {
		return s, signInFirst()
	}
	root, err := a.root(ctx)
	if err != nil {
		return s, err
	}
	s, ok, err = get[account.Session](ctx, root, sessions, id)
	if err != nil {
		return s, err
	}
	if !ok || !s.Secret.Is(secret) || !s.Valid(a.now()) {
		return account.Session{}, signInFirst()
	}
	return s, nil
}

// pending gives the session of a token that waits for a second factor.
func (a *App) pending(ctx context.Context, token string) (account.Session, error) {
	s, err := a.session(ctx, token)
	if err == nil && !s.Pending {
		err = signInFirst()
	}
	return s, err
}

// Session gives the caller behind the token of a session. Denied when it has
// ended, waits for a second factor, or its account was shut out.
func (a *App) Session(ctx context.Context, token string) (Caller, account.Session, error) {
	s, err := a.session(ctx, token)
	if err != nil {
		return Caller{}, s, err
	}
	if s.Pending {
		return Caller{}, account.Session{}, signInFirst()
	}
	c := Caller{Actor: store.Actor(s.Person), pass: pass{local: s.Account == ""}}
	if s.Account != "" {
		acc, err := a.active(ctx, s.Account)
		if err != nil {
			return Caller{}, account.Session{}, err
		}
		c.pass = pass{account: acc.ID, operator: acc.Operator}
	}
	if now := a.now().UTC(); s.Stale(now) {
		s.Seen = now
		if err := a.noteSeen(ctx, s, c.Actor); err != nil {
			return Caller{}, account.Session{}, err
		}
	}
	return c, s, nil
}

// noteSeen notes that a session is used, unless it was ended meanwhile.
func (a *App) noteSeen(ctx context.Context, s account.Session, by store.Actor) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	return root.Update(ctx, func(tx *store.Tx) error {
		if _, ok, err := get[account.Session](ctx, tx, sessions, s.ID); err != nil || !ok {
			if err == nil {
				err = signInFirst()
			}
			return err
		}
		return tx.Put(sessions, s.ID, s, store.Event{Kind: "session.seen", Actor: by})
	})
}

// active gives an account that is not shut out.
func (a *App) active(ctx context.Context, id string) (account.Account, error) {
	root, err := a.root(ctx)
	if err != nil {
		return account.Account{}, err
	}
	acc, ok, err := get[account.Account](ctx, root, accounts, id)
	if err != nil {
		return acc, err
	}
	if !ok || acc.Disabled {
		return account.Account{}, signInFirst()
	}
	return acc, nil
}

// SignOut ends the session of a token. One that does not exist has ended.
func (a *App) SignOut(ctx context.Context, token string) error {
	s, err := a.session(ctx, token)
	if problem.Of(err) == problem.Denied && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	return a.endSession(ctx, s.ID, store.Actor(s.Person), func(account.Session) bool { return true })
}

func (a *App) endSession(ctx context.Context, id string, by store.Actor, may func(account.Session) bool) error {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	return root.Update(ctx, func(tx *store.Tx) error {
		s, ok, err := get[account.Session](ctx, tx, sessions, id)
		if err != nil {
			return err
		}
		if !ok || !may(s) {
			return problem.New(problem.NotFound, "there is no session "+cutWord(id)+" of yours", "your account lists them")
		}
		return tx.Delete(sessions, id, store.Event{Kind: "session.ended", Actor: by})
	})
}
