// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"net/url"
	"slices"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/remediation"
	"demarc.dev/demarc/risk"
)

// assignView is what the page shows on which an action gets somebody who does it.
type assignView struct {
	Action remediation.Action
	InPlan bool
	Now    app.Assignment // Owner empty: nobody does it
	Late   bool
	May    bool
	Form   url.Values
	Fault  string
	People []string // of the scope
}

// assigned is who does an action, as the plan shows it.
type assigned struct {
	app.Assignment
	Late bool
}

// assignedOf gives who does which action of a plan.
func (s *Server) assignedOf(v *visit) (map[string]assigned, error) {
	all, err := s.o.App.Assignments(v, v.Caller)
	out := map[string]assigned{}
	for _, x := range all {
		out[x.Action] = assigned{x, x.Due.Before(s.o.Now())}
	}
	return out, err
}

func (s *Server) assignOne(v *visit) error {
	return s.showAssign(v, http.StatusOK, v.get("action"), nil, "")
}

func (s *Server) showAssign(v *visit, status int, id string, form url.Values, fault string) error {
	run, err := s.o.App.Run(v, v.Caller, "")
	if err != nil {
		return err
	}
	g, err := s.gap(v, run)
	if err != nil {
		return err
	}
	all, err := s.assignedOf(v)
	if err != nil {
		return err
	}
	view := assignView{Now: all[id].Assignment, Late: all[id].Late, Form: form, Fault: fault, May: v.may(account.AssignAction, s.o.Now())}
	i := slices.IndexFunc(g.Plan.Actions, func(a remediation.Action) bool { return a.ID == id })
	if view.InPlan = i >= 0; view.InPlan {
		view.Action = g.Plan.Actions[i]
	} else if view.Now.Owner == "" {
		return problem.New(problem.NotFound, "The plan has no action "+cut(id, 80), "Open the plan: an action that is done stands in it no more.")
	} else {
		view.Action = remediation.Action{ID: id, Title: id}
	}
	if view.Form == nil {
		view.Form = url.Values{"owner": {view.Now.Owner}, "due": {string(view.Now.Due)}, "note": {view.Now.Note}}
	}
	if sc, err := s.o.App.Scope(v, v.Caller); err == nil {
		for _, p := range sc.People {
			view.People = append(view.People, p.Name)
		}
	}
	next := "Name somebody and a day. It then waits for him on his first page until an assessment finds it done."
	if !view.InPlan {
		next = "Nothing: the newest assessment finds nothing left to do for it."
	}
	return s.write(v, status, s.dress(v, page{
		Title: view.Action.Title, Section: "/remediation",
		What: "Who does this action of the plan, and until when.",
		Why:  "Treatment and correction need an owner and a day. Whether it is done is told by the next assessment, not by a tick.",
		Next: next,
	}), layout, assignPage(view))
}

// assign says who does an action, or that nobody does when the form has no owner.
func (s *Server) assign(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return problem.New(problem.Usage, "The form could not be read", "Send it again.")
	}
	f := v.r.PostForm
	id := f.Get("action")
	var err error
	if f.Get("nobody") != "" {
		err = s.o.App.Unassign(v, v.Caller, id)
	} else {
		_, err = s.o.App.Assign(v, v.Caller, app.Assignment{Action: id, Owner: f.Get("owner"), Due: risk.Day(f.Get("due")), Note: f.Get("note")})
	}
	return s.settled(v, err, query("/remediation/assign", "action", id), func(fault string) error {
		return s.showAssign(v, http.StatusUnprocessableEntity, id, f, fault)
	})
}
