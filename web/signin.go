// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"demarc.dev/demarc/problem"
)

// doorstep shows a page to who is not signed in: it shows no data.
func (s *Server) doorstep(v *visit, status int, p page, content templ.Component) {
	p.Style = s.styles.path
	if err := s.write(v, status, p, doorstep, content); err != nil {
		s.o.Log.Error("writing a page at the door", "error", err)
	}
}

// signin shows the form, or redeems the link that the program printed.
func (s *Server) signin(w http.ResponseWriter, r *http.Request) {
	v := &visit{Context: r.Context(), w: w, r: r}
	token := r.URL.Query().Get("token")
	if token == "" {
		s.doorstep(v, http.StatusOK, page{Title: "Sign in", Next: "With the e-mail address and the password of your account."}, signinForm("", "", s.o.Provider != nil))
		return
	}
	// A look ahead by a browser or another program must not use the link up.
	if r.Method != http.MethodGet || strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") {
		s.refuse(w, r, http.StatusServiceUnavailable, "Not yet", "Open the link.")
		return
	}
	if !s.gate.redeem(token) {
		s.refuse(w, r, http.StatusUnauthorized, "This link does not work any more", "A sign-in link works once. Look where demarc serve runs: it printed another when this one was used.")
		return
	}
	session, err := s.o.App.OpenLocal(r.Context(), s.o.Caller, s.visitor(r))
	if err != nil {
		s.fail(v, err)
		return
	}
	if s.o.Opened != nil {
		s.o.Opened()
	}
	s.setCookie(w, session)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// signinPassword takes the form.
func (s *Server) signinPassword(w http.ResponseWriter, r *http.Request) {
	v := &visit{Context: r.Context(), w: w, r: r}
	login, next := strings.TrimSpace(r.PostFormValue("login")), r.PostFormValue("next")
	token, pending, err := s.o.App.SignIn(r.Context(), s.visitor(r), login, r.PostFormValue("password"))
	if err != nil {
		s.again(v, err, "Sign in", signinForm(login, next, s.o.Provider != nil))
		return
	}
	s.setCookie(w, token)
	if pending {
		s.doorstep(v, http.StatusOK, page{Title: "Your second factor", Next: "Type the code that your program for codes shows now, or one of your recovery codes."}, codeForm(next))
		return
	}
	onward(w, r, next)
}

// signinCode takes the second factor.
func (s *Server) signinCode(w http.ResponseWriter, r *http.Request) {
	v := &visit{Context: r.Context(), w: w, r: r}
	next := r.PostFormValue("next")
	token, err := s.o.App.SignInCode(r.Context(), s.visitor(r), s.tokenOf(r), r.PostFormValue("code"))
	if err != nil {
		s.again(v, err, "Your second factor", codeForm(next))
		return
	}
	s.setCookie(w, token)
	onward(w, r, next)
}

// join shows the form of a link of the operator, and takes it.
func (s *Server) join(w http.ResponseWriter, r *http.Request) {
	v := &visit{Context: r.Context(), w: w, r: r}
	const title = "Choose your password"
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		s.doorstep(v, http.StatusOK, page{Title: title, Next: "At least 12 characters; a sentence of four or five words that nobody would guess is best."}, joinForm(r.URL.Query().Get("token")))
		return
	}
	token := r.PostFormValue("token")
	if r.PostFormValue("password") != r.PostFormValue("again") {
		s.again(v, problem.New(problem.Invalid, "the two passwords differ", "type the same twice"), title, joinForm(token))
		return
	}
	session, err := s.o.App.Redeem(r.Context(), s.visitor(r), token, r.PostFormValue("password"))
	if err != nil {
		s.again(v, err, title, joinForm(token))
		return
	}
	s.setCookie(w, session)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// again shows a form at the door once more, with what was wrong.
func (s *Server) again(v *visit, err error, title string, form templ.Component) {
	var p *problem.Problem
	if !errors.As(err, &p) || p.Kind == problem.Internal {
		s.fail(v, err)
		return
	}
	status := p.Kind.Status()
	if p.Kind == problem.Denied {
		status = http.StatusUnauthorized
	}
	s.doorstep(v, status, page{Title: title, Next: capital(p.Sentence) + ": " + p.Hint + "."}, form)
}

func (s *Server) signout(w http.ResponseWriter, r *http.Request) {
	v := &visit{Context: r.Context(), w: w, r: r}
	if err := s.o.App.SignOut(r.Context(), s.tokenOf(r)); err != nil {
		s.fail(v, err)
		return
	}
	s.setCookie(w, "")
	s.doorstep(v, http.StatusOK, page{Title: "You are signed out", Next: "To come back, sign in again, or open the sign-in link that demarc serve printed last."}, signinForm("", "", s.o.Provider != nil))
}
