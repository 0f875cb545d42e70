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
func (s *Server) doorstep(v *visit, status int, p page, content templ.Component) error {
	p.Style, p.Script = s.styles.path, s.scripts.path
	return s.write(v, status, p, doorstep, content)
}

// doorRoutes are the pages of who is not signed in yet.
func (s *Server) doorRoutes() map[string]handler {
	return map[string]handler{
		"GET /signin":           s.signin,
		"POST /signin":          s.signinPassword,
		"POST /signin/code":     s.signinCode,
		"POST /signin/passkey":  s.signinPasskey,
		"POST /signin/second":   s.signinSecond,
		"GET /signin/oidc":      s.leave,
		"GET /signin/oidc/back": s.comeBack,
		"GET /join":             s.joinForm,
		"POST /join":            s.join,
	}
}

// open tells whether anybody may ask for a path: those of the door, the styles,
// and the script.
func (s *Server) open(path string) bool {
	return s.doors[path] || strings.HasPrefix(path, "/style/") || strings.HasPrefix(path, "/script/")
}

// doorsOf gives the paths of the routes.
func doorsOf(routes map[string]handler) map[string]bool {
	out := map[string]bool{}
	for pattern := range routes {
		_, path, _ := strings.Cut(pattern, " ")
		out[path] = true
	}
	return out
}

// signin shows the form, or redeems the link that the program printed.
func (s *Server) signin(v *visit) error {
	token := v.r.URL.Query().Get("token")
	if token == "" {
		return s.doorstep(v, http.StatusOK, page{Title: "Sign in", Next: "With the e-mail address and the password of your account, or another way that is offered here."}, s.signinForm(v, "", ""))
	}
	// A look ahead by a browser or another program must not use the link up.
	if v.r.Method != http.MethodGet || strings.Contains(v.r.Header.Get("Sec-Purpose"), "prefetch") {
		return s.doorstep(v, http.StatusServiceUnavailable, page{Title: "Not yet", Next: "Open the link."}, nothing())
	}
	if !s.gate.redeem(token) {
		return s.doorstep(v, http.StatusUnauthorized, page{Title: "This link does not work any more", Next: "A sign-in link works once. Look where demarc serve runs: it printed another when this one was used."}, nothing())
	}
	session, err := s.o.App.OpenLocal(v, s.o.Caller, s.visitor(v.r))
	if err != nil {
		return err
	}
	if s.o.Opened != nil {
		s.o.Opened()
	}
	s.setCookie(v.w, session)
	return v.redirect("/")
}

// signinPassword takes the form.
func (s *Server) signinPassword(v *visit) error {
	login, next := strings.TrimSpace(v.r.PostFormValue("login")), v.r.PostFormValue("next")
	token, pending, err := s.o.App.SignIn(v, s.visitor(v.r), login, v.r.PostFormValue("password"))
	if err != nil {
		return s.again(v, err, "Sign in", s.signinForm(v, login, next))
	}
	s.setCookie(v.w, token)
	if pending {
		second, form, err := s.secondForm(v, token, next)
		if err != nil {
			return err
		}
		return s.doorstep(v, http.StatusOK, page{Title: secondTitle, Next: second}, form)
	}
	return v.onward(next)
}

// signinCode takes the second factor.
func (s *Server) signinCode(v *visit) error {
	token, err := s.o.App.SignInCode(v, s.visitor(v.r), s.tokenOf(v.r), v.r.PostFormValue("code"))
	return s.seconded(v, token, err)
}

// seconded goes on with the session that a second factor opened, or shows the
// forms once more.
func (s *Server) seconded(v *visit, token string, err error) error {
	next := v.r.PostFormValue("next")
	if err != nil {
		_, form, lost := s.secondForm(v, s.tokenOf(v.r), next)
		if lost != nil {
			form = s.signinForm(v, "", next) // the session that waited has ended
		}
		return s.again(v, err, secondTitle, form)
	}
	s.setCookie(v.w, token)
	return v.onward(next)
}

const joinTitle = "Choose your password"

// joinForm shows the form of a link of the operator.
func (s *Server) joinForm(v *visit) error {
	return s.doorstep(v, http.StatusOK, page{Title: joinTitle, Next: "At least 12 characters; a sentence of four or five words that nobody would guess is best."}, joinForm(v.r.URL.Query().Get("token")))
}

// join takes it.
func (s *Server) join(v *visit) error {
	token := v.r.PostFormValue("token")
	if v.r.PostFormValue("password") != v.r.PostFormValue("again") {
		return s.again(v, problem.New(problem.Invalid, "the two passwords differ", "type the same twice"), joinTitle, joinForm(token))
	}
	session, err := s.o.App.Redeem(v, s.visitor(v.r), token, v.r.PostFormValue("password"))
	if err != nil {
		return s.again(v, err, joinTitle, joinForm(token))
	}
	s.setCookie(v.w, session)
	return v.redirect("/")
}

// again shows a form at the door once more, with what was wrong.
func (s *Server) again(v *visit, err error, title string, form templ.Component) error {
	var p *problem.Problem
	if !errors.As(err, &p) || p.Kind == problem.Internal {
		return err
	}
	status := p.Kind.Status()
	if p.Kind == problem.Denied {
		status = http.StatusUnauthorized
	}
	return s.doorstep(v, status, page{Title: title, Next: capital(p.Sentence) + ": " + p.Hint + "."}, form)
}

func (s *Server) signout(v *visit) error {
	if err := s.o.App.SignOut(v, s.tokenOf(v.r)); err != nil {
		return err
	}
	s.setCookie(v.w, "")
	return s.doorstep(v, http.StatusOK, page{Title: "You are signed out", Next: "To come back, sign in again, or open the sign-in link that demarc serve printed last."}, s.signinForm(v, "", ""))
}
