// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
)

// exceptionView is what the page of exceptions shows.
type exceptionView struct {
	Rows  []exceptionRow // those that end soonest first
	May   bool
	Open  bool // the form
	Form  url.Values
	Fault string
	Hint  string
}

type exceptionRow struct {
	check.Exception
	Use   check.ExceptionUse // in the newest assessment; State empty: it was not asked with it
	Ended bool
}

// exceptionTerm is how long an exception is proposed to hold.
const exceptionTerm = 90 * 24 * time.Hour

func (s *Server) exceptions(v *visit) error {
	form := url.Values{"checks": {v.get("check")}, "until": {s.o.Now().UTC().Add(exceptionTerm).Format(time.DateOnly)}}
	if r := v.get("resource"); r != "" {
		form.Set("where", "r.id == "+strconv.Quote(r))
	}
	all, err := s.o.App.Exceptions(v, v.Caller)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(all, func(x check.Exception) bool { return x.ID == v.get("change") }); i >= 0 {
		x := all[i]
		form = url.Values{"id": {x.ID}, "checks": {strings.Join(x.Checks, " ")}, "where": {x.Where}, "reason": {x.Reason}, "owner": {x.Owner}, "until": {x.Until.Format(time.DateOnly)}, "evidence": {x.Evidence}}
	}
	return s.showExceptions(v, http.StatusOK, exceptionView{Form: form, Open: form.Get("id") != "" || v.get("check") != ""})
}

func (s *Server) showExceptions(v *visit, status int, view exceptionView) error {
	all, err := s.o.App.Exceptions(v, v.Caller)
	if err != nil {
		return err
	}
	run, err := s.o.App.Run(v, v.Caller, "")
	if err != nil && problem.Of(err) != problem.NotFound {
		return err
	}
	now := s.o.Now().UTC()
	for _, x := range all {
		row := exceptionRow{Exception: x, Ended: !now.Before(x.Until.AddDate(0, 0, 1))}
		if i := slices.IndexFunc(run.Stats.Exceptions, func(u check.ExceptionUse) bool { return u.ID == x.ID }); i >= 0 {
			row.Use = run.Stats.Exceptions[i]
		}
		view.Rows = append(view.Rows, row)
	}
	slices.SortStableFunc(view.Rows, func(x, y exceptionRow) int { return x.Until.Compare(y.Until) })
	view.May = v.may(account.EditException, now)
	next := "Mend what has ended, or have it approved anew. To accept a failure, open its finding."
	if view.Fault != "" {
		next = "Nothing was saved. What you typed stands below, with what was wrong with it."
	}
	return s.write(v, status, s.dress(v, page{
		Title: "Exceptions", Section: "/exception",
		What: "Failures that are accepted for a time. The finding stays a failure; the exception stands beside it, with who owns it, who approved it and when it ends.",
		Why:  "A risk that is kept is to be accepted by somebody who may, with a reason and for a time. A failure that is only muted is lost from sight.",
		Next: next,
	}), layout, exceptionPage(view))
}

// putException takes one exception in, approved by whoever sends it.
func (s *Server) putException(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return problem.New(problem.Usage, "The form could not be read", "Send it again.")
	}
	word := func(name string) string { return strings.TrimSpace(v.r.PostForm.Get(name)) }
	x := check.Exception{ID: word("id"), Checks: strings.FieldsFunc(word("checks"), func(c rune) bool { return c == ',' || c == ' ' || c == '\n' || c == '\r' }), Where: word("where"), Reason: word("reason"), Owner: word("owner"), Evidence: word("evidence")}
	var err error
	if x.Until, err = time.Parse(time.DateOnly, word("until")); err != nil {
		err = problem.New(problem.Invalid, "the last day on which it holds is missing, or no day", "choose one")
	} else {
		_, err = s.o.App.PutException(v, v.Caller, x)
	}
	var p *problem.Problem
	if errors.As(err, &p) && (p.Kind == problem.Invalid || p.Kind == problem.Usage) {
		return s.showExceptions(v, p.Kind.Status(), exceptionView{Form: v.r.PostForm, Open: true, Fault: p.Sentence, Hint: p.Hint})
	}
	if err != nil {
		return err
	}
	return v.redirect("/exception")
}

// removeException takes one away.
func (s *Server) removeException(v *visit) error {
	if err := s.o.App.RemoveException(v, v.Caller, v.r.PostFormValue("id")); err != nil {
		return err
	}
	return v.redirect("/exception")
}
