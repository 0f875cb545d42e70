// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
)

// memberView is what the page of members shows.
type memberView struct {
	Rows     []account.Member
	Now      time.Time
	Manage   bool
	Operator bool
	Services []string // that an access can be bound to
	Link     string   // just made
	For      string   // whose it is
}

func (s *Server) members(v *visit) error { return s.membersWith(v, "", "") }

// membersWith shows the members, with a link that was just made for an account.
func (s *Server) membersWith(v *visit, link, whose string) error {
	view := memberView{Now: s.o.Now(), Manage: v.may(account.ManageMember, s.o.Now()), Operator: v.Operator(), Link: link}
	var err error
	if view.Rows, err = s.o.App.Members(v, v.Caller); err != nil {
		return err
	}
	for _, m := range view.Rows {
		if m.Account == whose {
			view.For = m.Person
		}
	}
	if sc, err := s.o.App.Scope(v, v.Caller); err == nil {
		view.Services = sc.ServiceIDs()
	} else if problem.Of(err) != problem.NotFound {
		return err
	}
	next := "Give each person the least that the task needs, and an external auditor an end."
	if view.Manage {
		next = "Let a person in with the least that the task needs. " + map[bool]string{true: "Then make the link with which the person sets a password, and hand it over yourself.", false: "Who never signed in gets a link from the operator of this server."}[view.Operator]
	}
	return s.show(v, page{
		Title: "Members", Section: "/member",
		What: "Who may do what in " + v.Org + ": " + plural(len(view.Rows), "person", "people") + ". Who loses access loses it at once.",
		Why:  "Access to the records of a cloud service is given by role, reviewed, ended in time, and can be shown.",
		Next: next,
	}, memberPage(view))
}

// letIn gives a person access.
func (s *Server) letIn(v *visit) error {
	m := account.Member{Role: account.Role(v.r.PostFormValue("role")), Services: clean(v.r.PostForm["service"])}
	if day := v.r.PostFormValue("until"); day != "" {
		until, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return problem.New(problem.Invalid, "until: "+cut(day, 20)+" is no day", "write it like 2026-12-31")
		}
		until = until.AddDate(0, 0, 1) // the access ends when the day has ended
		m.Until = &until
	}
	if _, err := s.o.App.LetIn(v, v.Caller, v.r.PostFormValue("login"), v.r.PostFormValue("name"), m); err != nil {
		return err
	}
	return v.redirect("/member")
}

func clean(words []string) []string {
	var out []string
	for _, w := range words {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

func (s *Server) removeMember(v *visit) error {
	if err := s.o.App.RemoveMember(v, v.Caller, v.r.PathValue("account")); err != nil {
		return err
	}
	return v.redirect("/member")
}

// memberLink makes the link with which a member sets a password; it is shown
// this once.
func (s *Server) memberLink(v *visit) error {
	token, l, err := s.o.App.MakeLink(v, v.Caller, v.r.PathValue("account"))
	if err != nil {
		return err
	}
	return s.membersWith(v, s.joinAddress(v, token), l.Account)
}

// accessSaid says until when an access lasts.
func accessSaid(m account.Member, now time.Time) string {
	switch {
	case m.Until == nil:
		return "without an end"
	case !now.Before(*m.Until):
		return "ended on " + m.Until.Add(-time.Second).Format("2 January 2006")
	}
	return "until the end of " + m.Until.Add(-time.Second).Format("2 January 2006")
}

// rolesDown gives the roles with the least mighty first: that is what a form
// begins with.
func rolesDown() []account.Role {
	all := account.Roles()
	slices.Reverse(all)
	return all
}
