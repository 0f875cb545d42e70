// SPDX-License-Identifier: Apache-2.0

package web

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/account/oidc"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
)

// away keeps what belongs to people who are at the identity provider, each for
// one browser and one use. It ends with the process.
type away struct {
	mu sync.Mutex
	of map[string]oidc.State
}

const (
	awayMost   = 10_000
	awayTime   = 10 * time.Minute
	awayCookie = "demarc_away"
)

func (a *away) keep(s oidc.State, now time.Time) string {
	id := rand.Text()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of == nil || len(a.of) > awayMost {
		a.of = map[string]oidc.State{}
	}
	for k, x := range a.of {
		if now.After(x.Ends) {
			delete(a.of, k)
		}
	}
	a.of[id] = s
	return id
}

func (a *away) take(id string) (oidc.State, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := a.of[id]
	delete(a.of, id)
	return s, ok
}

// leave sends the browser to the identity provider. Its cookie must come back
// from another site, so that it is Lax; it opens nothing.
func (s *Server) leave(v *visit) error {
	if s.o.Provider == nil {
		return s.doorstep(v, http.StatusNotFound, page{Title: "There is no identity provider", Next: "Sign in with your password."}, nothing())
	}
	address, state := s.o.Provider.Begin(s.o.Now())
	http.SetCookie(v.w, &http.Cookie{Name: awayCookie, Value: s.away.keep(state, s.o.Now()), Path: "/signin", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.o.Secure, MaxAge: int(awayTime.Seconds())})
	return v.redirect(address)
}

// comeBack takes what the browser brings back from the identity provider.
func (s *Server) comeBack(v *visit) error {
	cookie, err := v.r.Cookie(awayCookie)
	var state oidc.State
	ok := err == nil && s.o.Provider != nil
	if ok {
		state, ok = s.away.take(cookie.Value)
	}
	http.SetCookie(v.w, &http.Cookie{Name: awayCookie, Path: "/signin", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.o.Secure, MaxAge: -1})
	if !ok {
		return s.again(v, problem.New(problem.Denied, "this sign-in was not begun in this browser, or took too long", "begin it again"), "Sign in", s.signinForm(v, "", ""))
	}
	token, err := s.vouched(v, state)
	if err != nil {
		return s.again(v, err, "Sign in", s.signinForm(v, "", ""))
	}
	s.setCookie(v.w, token)
	// A redirect from here would still count as coming from the other site, and
	// the browser would not send the strict cookie along.
	v.w.Header().Set("Refresh", "0; url=/")
	return s.doorstep(v, http.StatusOK, page{Title: "You are signed in", Next: "Go on to your organisations."}, onwardLink())
}

// vouched gives the session of whom the provider vouches for.
func (s *Server) vouched(v *visit, state oidc.State) (string, error) {
	id, err := s.o.Provider.Finish(v, v.r.URL.Query(), state, s.o.Now())
	if err != nil {
		return "", err
	}
	out := app.Outside{Issuer: id.Issuer, Subject: id.Subject, Name: id.Name, SignUp: s.o.OIDC.AllowSignUp}
	if email, err := id.LinkEmail(); err == nil {
		out.Email = email
	}
	for _, m := range s.o.OIDC.Mapping {
		out.Mapped = append(out.Mapped, m.Org)
	}
	for _, g := range s.o.OIDC.Grants(id.Groups) {
		out.Granted = append(out.Granted, app.Granted{Org: g.Org, Role: account.Role(g.Role)})
	}
	return s.o.App.SignInOutside(v, s.visitor(v.r), out)
}
