// SPDX-License-Identifier: Apache-2.0

package web

import (
	"github.com/a-h/templ"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
)

// passkeys gives what passkeys are bound to, where they work in the page of the
// visit: they are bound to one origin, and a page that was asked for under
// another name can use none.
func (s *Server) passkeys(v *visit) *account.RelyingParty {
	scheme := "http://"
	if s.o.Secure {
		scheme = "https://"
	}
	if s.o.Passkeys == nil || !s.o.Passkeys.Serves(scheme+v.r.Host) {
		return nil
	}
	return s.o.Passkeys
}

// signinForm is the way in, by password, passkey or provider.
func (s *Server) signinForm(v *visit, login, next string) templ.Component {
	x := doorView{Login: login, Next: next, Provider: s.o.Provider != nil}
	if rp := s.passkeys(v); rp != nil {
		q, err := s.o.App.AskAtDoor(rp)
		if err != nil {
			s.o.Log.Error("asking for a passkey", "error", err) // the other ways stay open
		} else {
			x.Passkey = &q
		}
	}
	return signinForms(x)
}

const secondTitle = "Your second factor"

// secondForm asks for the second factor of a session that waits for it, and
// says in words for which.
func (s *Server) secondForm(v *visit, pending, next string) (string, templ.Component, error) {
	x, err := s.o.App.AskSecond(v, s.passkeys(v), pending)
	if err != nil {
		return "", nil, err
	}
	words := "Type one of your recovery codes: passkeys do not work at this address."
	switch {
	case x.Codes && x.Passkey != nil:
		words = "Use your passkey, or type the code that your program for codes shows now, or one of your recovery codes."
	case x.Codes:
		words = "Type the code that your program for codes shows now, or one of your recovery codes."
	case x.Passkey != nil:
		words = "Use your passkey, or type one of your recovery codes."
	case s.o.Passkeys != nil:
		words = "Your passkey works at " + s.o.Passkeys.Origin() + "; sign in there, or type one of your recovery codes."
	}
	return words, secondForms(next, x), nil
}

func errNoPasskeys() error {
	return problem.New(problem.NotFound, "passkeys do not work at this address", "have the server told its name, with --url, and open it by that name")
}

// answer gives what the browser sent of a passkey.
func (v *visit) answer() (ceremony, answer string, err error) {
	ceremony, answer = v.r.PostFormValue("ceremony"), v.r.PostFormValue("answer")
	if answer == "" {
		err = problem.New(problem.Invalid, "your browser sent no passkey", "allow the script of this page, or sign in another way")
	}
	return ceremony, answer, err
}

// signinPasskey signs in by a passkey alone.
func (s *Server) signinPasskey(v *visit) error {
	token, err := s.withPasskey(v, func(rp *account.RelyingParty, ceremony, answer string) (string, error) {
		return s.o.App.SignInPasskey(v, rp, s.visitor(v.r), ceremony, answer)
	})
	next := v.r.PostFormValue("next")
	if err != nil {
		return s.again(v, err, "Sign in", s.signinForm(v, "", next))
	}
	s.setCookie(v.w, token)
	return v.onward(next)
}

// signinSecond takes a passkey as the second factor.
func (s *Server) signinSecond(v *visit) error {
	token, err := s.withPasskey(v, func(rp *account.RelyingParty, ceremony, answer string) (string, error) {
		return s.o.App.SignInSecond(v, rp, s.visitor(v.r), s.tokenOf(v.r), ceremony, answer)
	})
	return s.seconded(v, token, err)
}

func (s *Server) withPasskey(v *visit, use func(rp *account.RelyingParty, ceremony, answer string) (string, error)) (string, error) {
	rp := s.passkeys(v)
	if rp == nil {
		return "", errNoPasskeys()
	}
	ceremony, answer, err := v.answer()
	if err != nil {
		return "", err
	}
	return use(rp, ceremony, answer)
}

// selfPasskey shows the form that makes a passkey.
func (s *Server) selfPasskey(v *visit) error {
	rp := s.passkeys(v)
	if rp == nil {
		return errNoPasskeys()
	}
	q, err := s.o.App.BeginPasskey(v, rp, v.Caller, v.session())
	if err != nil {
		return err
	}
	return s.show(v, page{
		Title: "A new passkey", Section: "/self",
		What: "A key that this device, your telephone or a security key makes for this server alone; only its public half comes here.",
		Why:  "A password can be guessed, told and fished for; a passkey cannot, for it answers to the right server only.",
		Next: "Give it the name of the thing that it lives in, and follow your browser.",
	}, newPasskey(q))
}

func (s *Server) selfAddPasskey(v *visit) error {
	rp := s.passkeys(v)
	if rp == nil {
		return errNoPasskeys()
	}
	ceremony, answer, err := v.answer()
	if err != nil {
		return err
	}
	recovery, err := s.o.App.AddPasskey(v, rp, v.Caller, v.session(), ceremony, answer, v.r.PostFormValue("name"))
	if err != nil {
		return err
	}
	if len(recovery) == 0 {
		return v.redirect("/self")
	}
	return s.selfWith(v, selfView{Recovery: recovery})
}

func (s *Server) selfRemovePasskey(v *visit) error {
	if err := s.o.App.RemovePasskey(v, v.Caller, v.session(), v.r.PostFormValue("passkey")); err != nil {
		return err
	}
	return v.redirect("/self")
}

func (s *Server) selfRecovery(v *visit) error {
	codes, err := s.o.App.NewRecovery(v, v.Caller, v.session())
	if err != nil {
		return err
	}
	return s.selfWith(v, selfView{Recovery: codes})
}

// usedSaid says when a passkey was used.
func usedSaid(p account.Passkey) string {
	if p.LastUsed == nil {
		return "never"
	}
	return moment(*p.LastUsed)
}
