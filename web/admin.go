// SPDX-License-Identifier: Apache-2.0

package web

import (
	"demarc.dev/demarc/account"
)

// adminView is what the page of the installation shows.
type adminView struct {
	Rows      []account.Account
	Self      string // id of the visitor's own account
	Link, For string // just made
}

// adminRoutes are the pages of who manages the installation; app refuses anybody
// else.
func (s *Server) adminRoutes() map[string]handler {
	return map[string]handler{
		"GET /admin":                 s.admin,
		"POST /admin/{account}":      s.adminSet,
		"POST /admin/{account}/link": s.adminLink,
		"POST /organisation":         s.createOrg,
	}
}

func (s *Server) admin(v *visit) error { return s.adminWith(v, "", "") }

// adminWith shows the accounts, with a link that was just made for one.
func (s *Server) adminWith(v *visit, link, whose string) error {
	view := adminView{Link: link}
	var err error
	if view.Rows, err = s.o.App.Accounts(v, v.Caller); err != nil {
		return err
	}
	for _, a := range view.Rows {
		if a.ID == whose {
			view.For = a.Login
		}
	}
	view.Self = v.Account()
	return s.show(v, page{
		Title: "Accounts", Section: "/admin",
		What: "Everybody who has an account on this server: " + plural(len(view.Rows), "account", "accounts") + ". Where each may go the organisations say.",
		Why:  "Who can come in at all must be known, looked through regularly, and ended at once.",
		Next: "Shut out who has left. Make a link for who forgot the password, and hand it over yourself.",
	}, adminPage(view))
}

// adminSet makes an account an operator, or shuts it out.
func (s *Server) adminSet(v *visit) error {
	operator, disabled := v.r.PostFormValue("operator") == "yes", v.r.PostFormValue("disabled") == "yes"
	if err := s.o.App.SetAccount(v, v.Caller, v.r.PathValue("account"), operator, disabled); err != nil {
		return err
	}
	return v.redirect("/admin")
}

// adminLink makes a link for an account; it is shown this once.
func (s *Server) adminLink(v *visit) error {
	token, l, err := s.o.App.MakeLink(v, v.Caller, v.r.PathValue("account"))
	if err != nil {
		return err
	}
	return s.adminWith(v, s.joinAddress(v, token), l.Account)
}

// joinAddress gives the address of a link of the operator.
func (s *Server) joinAddress(v *visit, token string) string {
	scheme := "http"
	if s.o.Secure {
		scheme = "https"
	}
	return scheme + "://" + v.r.Host + "/join?token=" + token
}

// yesNo gives the value of a form's field.
func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
