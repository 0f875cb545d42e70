// SPDX-License-Identifier: Apache-2.0

package web

import (
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
)

// selfRoutes are the pages of the visitor's own account; they belong to no
// organisation and ask for no permission but to be signed in.
func (s *Server) selfRoutes() map[string]handler {
	return map[string]handler{
		"GET /self":                 s.self,
		"POST /self/password":       s.selfPassword,
		"POST /self/codes":          s.selfCodes,
		"POST /self/codes/confirm":  s.selfConfirm,
		"POST /self/codes/remove":   s.selfRemove,
		"POST /self/recovery":       s.selfRecovery,
		"GET /self/passkey":         s.selfPasskey,
		"POST /self/passkey":        s.selfAddPasskey,
		"POST /self/passkey/remove": s.selfRemovePasskey,
		"POST /self/session/end":    s.selfEndSession,
		"POST /self/token":          s.selfToken,
		"POST /self/token/end":      s.selfEndToken,
	}
}

// selfView is what the page of one's own account shows.
type selfView struct {
	Self     app.Self
	This     string // id of this session
	Orgs     []string
	Seed     string // of codes that are being set up: the address
	Picture  string // of it
	Side     int
	Recovery []string // just made
	Token    string   // just made
	Keys     bool     // passkeys work in this page
	KeysAt   string   // where else they do; empty: nowhere
}

func (s *Server) self(v *visit) error { return s.selfWith(v, selfView{}) }

func (s *Server) selfWith(v *visit, view selfView) error {
	var err error
	if view.Self, err = s.o.App.Self(v, v.Caller); err != nil {
		return err
	}
	if view.Orgs, err = s.o.App.Orgs(v, v.Caller); err != nil {
		return err
	}
	view.This, view.Keys = v.session().ID, s.passkeys(v) != nil
	if s.o.Passkeys != nil && !view.Keys {
		view.KeysAt = s.o.Passkeys.Origin()
	}
	next := "End the sessions that you do not know."
	switch {
	case len(view.Recovery) > 0:
		next = "Keep the recovery codes: they are shown this once."
	case view.Self.Account.ID == "":
		next = "Let yourself in with an e-mail address under Members of an organisation, so that you need no link any more."
	case !view.Self.Codes && len(view.Self.Passkeys) == 0:
		next = "Set up a second factor: a password alone is too little for evidence."
	}
	return s.show(v, page{
		Title: "Your account", Section: "/self",
		What: "How " + view.Self.Account.Login + " signs in, where, and which programs act in that name.",
		Why:  "Who can change what an auditor relies on must be known for certain.",
		Next: next,
	}, selfPage(view))
}

func (s *Server) selfPassword(v *visit) error {
	if v.r.PostFormValue("password") != v.r.PostFormValue("again") {
		return problem.New(problem.Invalid, "the two passwords differ", "go back and type the same twice")
	}
	if err := s.o.App.ChangePassword(v, v.Caller, s.visitor(v.r), v.session(), v.r.PostFormValue("old"), v.r.PostFormValue("password")); err != nil {
		return err
	}
	return v.redirect("/self")
}

func (s *Server) selfCodes(v *visit) error {
	uri, err := s.o.App.BeginCodes(v, v.Caller, v.session())
	if err != nil {
		return err
	}
	picture, side, err := account.SeedPicture(uri)
	if err != nil {
		return err
	}
	return s.selfWith(v, selfView{Seed: uri, Picture: picture, Side: side})
}

func (s *Server) selfConfirm(v *visit) error {
	codes, err := s.o.App.ConfirmCodes(v, v.Caller, v.session(), v.r.PostFormValue("code"))
	if err != nil {
		return err
	}
	return s.selfWith(v, selfView{Recovery: codes})
}

func (s *Server) selfRemove(v *visit) error {
	if err := s.o.App.RemoveCodes(v, v.Caller, v.session()); err != nil {
		return err
	}
	return v.redirect("/self")
}

func (s *Server) selfEndSession(v *visit) error {
	if err := s.o.App.EndSession(v, v.Caller, v.r.PostFormValue("session")); err != nil {
		return err
	}
	return v.redirect("/self")
}

// tokenDays is how long a token lasts that the form makes.
const tokenDays = 90

func (s *Server) selfToken(v *visit) error {
	t := account.Token{Name: v.r.PostFormValue("name"), Ends: s.o.Now().Add(tokenDays * 24 * time.Hour)}
	for _, p := range clean(v.r.PostForm["scope"]) {
		t.Scopes = append(t.Scopes, account.Permission(p))
	}
	_, text, err := s.o.App.MakeToken(v, v.Caller.In(v.r.PostFormValue("organisation")), t)
	if err != nil {
		return err
	}
	return s.selfWith(v, selfView{Token: text})
}

func (s *Server) selfEndToken(v *visit) error {
	if err := s.o.App.EndToken(v, v.Caller, v.r.PostFormValue("token")); err != nil {
		return err
	}
	return v.redirect("/self")
}

// scopesOf gives the permissions as words.
func scopesOf(t account.Token) []string {
	var out []string
	for _, p := range t.Scopes {
		out = append(out, string(p))
	}
	return out
}

// proofSaid says how somebody proved who he is.
func proofSaid(p account.Proof) string {
	switch p {
	case account.ByLink:
		return "a link that works once"
	case account.ByPassword:
		return "a password"
	case account.ByTOTP:
		return "a password and a code"
	case account.ByRecovery:
		return "a password and a recovery code"
	case account.BySecond:
		return "a password and a passkey"
	case account.ByPasskey:
		return "a passkey"
	case account.ByOIDC:
		return "the identity provider"
	}
	return string(p)
}
