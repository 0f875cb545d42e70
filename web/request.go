// SPDX-License-Identifier: Apache-2.0

package web

import (
	"io"
	"strconv"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
)

// requestsView is what the page of requests shows.
type requestsView struct {
	Rows []app.Request
	Ask  bool
	Now  time.Time
}

func (s *Server) requests(v *visit) error {
	all, err := s.o.App.Requests(v, v.Caller)
	if err != nil {
		return err
	}
	open := 0
	for _, r := range all {
		if r.State == app.RequestOpen {
			open++
		}
	}
	view := requestsView{Rows: all, Ask: v.may(account.AskRequest, s.o.Now()), Now: s.o.Now()}
	return s.show(v, page{
		Title: "Auditors' requests", Section: "/request",
		What: "What auditors asked for, and what they were given: " + plural(len(all), "request", "requests") + ", " + number(open) + " open.",
		Why:  "An auditor must be able to see the evidence, and the organisation must know what it handed out.",
		Next: map[bool]string{true: "Ask for what you need; you will find the answer and the pack here.", false: "Answer what is open, with words and a sealed pack."}[view.Ask && !v.may(account.AnswerRequest, s.o.Now())],
	}, requestsPage(view))
}

// askRequest files a request.
func (s *Server) askRequest(v *visit) error {
	ask := app.Request{About: v.r.PostFormValue("about"), Text: v.r.PostFormValue("text")}
	if day := v.r.PostFormValue("due"); day != "" {
		due, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return problem.New(problem.Invalid, "due: "+cut(day, 20)+" is no day", "write it like 2026-12-31")
		}
		due = due.AddDate(0, 0, 1).Add(-time.Second)
		ask.Due = &due
	}
	r, err := s.o.App.Ask(v, v.Caller, ask)
	if err != nil {
		return err
	}
	return v.redirect("/request/" + r.ID)
}

// requestView is what the page of one request shows.
type requestView struct {
	R      app.Request
	Size   int64 // entries of the log
	Answer bool  // the visitor may answer
	Follow bool  // the visitor asked
}

func (s *Server) request(v *visit) error {
	r, err := s.o.App.Request(v, v.Caller, v.r.PathValue("request"))
	if err != nil {
		return err
	}
	live := r.State == app.RequestOpen || r.State == app.RequestAnswered
	view := requestView{R: r, Answer: live && v.may(account.AnswerRequest, s.o.Now()), Follow: live && v.may(account.AskRequest, s.o.Now()) && r.Account == v.Account()}
	if view.Size, err = s.o.App.LogSize(v, v.Caller); err != nil {
		return err
	}
	return s.show(v, page{
		Title: "Request " + r.ID, Section: "/request",
		What: r.By + " asked for this on " + moment(r.At) + ". It is " + string(r.State) + ".",
		Why:  "An auditor must be able to see the evidence, and the organisation must know what it handed out.",
		Next: requestNext(view),
	}, requestPage(view))
}

func requestNext(view requestView) string {
	switch {
	case view.Follow && view.R.State == app.RequestAnswered:
		return "Look at the answer, verify the pack offline, and close the request or ask on."
	case view.Answer && view.R.State == app.RequestOpen:
		return "Answer it: say where the evidence stands, and hand over the part of the log that shows it."
	case view.R.State == app.RequestOpen:
		return "Wait for the answer."
	}
	return "Nothing: it is " + string(view.R.State) + "."
}

// answerRequest answers a request, with a pack when one is wanted.
func (s *Server) answerRequest(v *visit) error {
	var pack *app.PackAsk
	if v.r.PostFormValue("pack") != "" {
		pack = &app.PackAsk{}
		for name, into := range map[string]*int64{"from": &pack.From, "to": &pack.To} {
			word := strings.TrimSpace(v.r.PostFormValue(name))
			if word == "" {
				continue
			}
			n, err := strconv.ParseInt(word, 10, 64)
			if err != nil {
				return problem.New(problem.Invalid, name+": "+cut(word, 20)+" is no number of an entry", "Evidence lists the entries")
			}
			*into = n
		}
	}
	id := v.r.PathValue("request")
	if _, err := s.o.App.AnswerRequest(v, v.Caller, id, v.r.PostFormValue("text"), pack); err != nil {
		return err
	}
	return v.redirect("/request/" + id)
}

// followRequest lets the asker go on.
func (s *Server) followRequest(v *visit) error {
	id := v.r.PathValue("request")
	if _, err := s.o.App.FollowRequest(v, v.Caller, id, v.r.PostFormValue("text"), app.RequestState(v.r.PostFormValue("state"))); err != nil {
		return err
	}
	return v.redirect("/request/" + id)
}

// requestPack hands out the pack of an answer.
func (s *Server) requestPack(v *visit) error {
	id := v.r.PathValue("request")
	pack, err := s.o.App.RequestPack(v, v.Caller, id)
	if err != nil {
		return err
	}
	defer pack.Close()
	return s.download(v, v.Org+"-request-"+id+".zip", "application/zip", func(w io.Writer) error { _, err := io.Copy(w, pack); return err })
}

// dueSaid says by when something is wanted.
func dueSaid(due *time.Time, now time.Time) string {
	switch {
	case due == nil:
		return "no day named"
	case due.Before(now):
		return "late: " + due.Format("2 January 2006")
	}
	return due.Format("2 January 2006")
}
