// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
)

// page is what stands around the content of every page.
type page struct {
	Title        string
	Section      string // path of the entry of the menu that is marked
	What         string // the first lines: what is this,
	Why          string // why does the standard ask (empty on a page that tells an error),
	Next         string // what do I do next
	Run          string // the assessment that is shown, when it is not the newest
	Actor        string
	Organisation string
	Version      string
	Style        string      // path of the style sheet
	Script       string      // path of the script
	Trail        []item      // the pages above this one
	About        string      // key of the control that the page is about
	Controls     []reference // of ISO/IEC 27017, that ask for it
	Clauses      string      // of ISO/IEC 27001
	Menu         []menu
}

// menu is a part of the menu.
type menu struct {
	Title string
	Items []item
}

type item struct{ Path, Name string }

// visit is one request with its caller.
type visit struct {
	context.Context
	w http.ResponseWriter
	r *http.Request
	app.Caller
	query  url.Values
	member account.Member // of the caller in the organisation
}

// handler answers a visit; an error becomes a page.
type handler func(v *visit) error

// serve makes a handler one of HTTP, for those who may; an empty need is
// anybody who is signed in.
func (s *Server) serve(need account.Permission, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{Context: r.Context(), w: w, r: r, Caller: callerOf(r.Context()).In(placeOf(r.Context())), query: r.URL.Query()}
		var err error
		if need != "" {
			v.member, err = s.o.App.Enter(v, v.Caller, need)
		}
		if err == nil {
			err = h(v)
		}
		if err != nil {
			s.fail(v, err)
		}
	})
}

// show writes a page whole: what fails halfway is a page that says so, never
// half a page.
func (s *Server) show(v *visit, p page, content templ.Component) error {
	return s.write(v, http.StatusOK, s.dress(v, p), layout, content)
}

// typed shows the page of a form that was refused, with what was typed.
func (s *Server) typed(v *visit, p page, content templ.Component) error {
	return s.write(v, http.StatusUnprocessableEntity, s.dress(v, p), layout, content)
}

func (s *Server) dress(v *visit, p page) page {
	p.Actor, p.Version, p.Style, p.Script = string(v.Actor), s.o.Version, s.styles.path, s.scripts.path
	if p.Menu = selfMenu(v); v.Org != "" {
		p.Menu, p.Organisation = s.menu(v), v.Org
	}
	p.Trail = trailOf(p, v.r.URL.Path)
	p.Controls, p.Clauses = s.references(p)
	return p
}

func (s *Server) write(v *visit, status int, p page, frame func(page) templ.Component, content templ.Component) error {
	var b bytes.Buffer
	if err := frame(p).Render(templ.WithChildren(v, content), &b); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, err := v.w.Write(b.Bytes())
	if err != nil {
		s.o.Log.Info("writing a page", "error", err) // the reader left
	}
	return nil
}

// fail tells an error: a problem in its own words, anything else by an id only.
func (s *Server) fail(v *visit, err error) {
	if v.Err() != nil {
		return // the reader left
	}
	var p *problem.Problem
	status, sentence, hint := http.StatusInternalServerError, "Something went wrong on our side", ""
	if errors.As(err, &p) && p.Kind != problem.Internal {
		status, sentence, hint = p.Kind.Status(), p.Sentence, p.Hint
	} else {
		id := rand.Text()[:10]
		s.o.Log.Error("answering", "id", id, "path", v.r.URL.Path, "error", err)
		hint = "It was written to the log of the program under " + id + "."
	}
	if status == http.StatusOK {
		status = http.StatusInternalServerError
	}
	v.w.Header().Del("Content-Disposition")
	shown := page{Title: sentence, What: "What you asked for could not be shown.", Next: hint}
	if err := s.write(v, status, s.dress(v, shown), layout, nothing()); err != nil {
		s.o.Log.Error("writing an error", "error", err)
	}
}

// atDoor makes a handler one of HTTP for who is not signed in.
func (s *Server) atDoor(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{Context: r.Context(), w: w, r: r}
		if err := h(v); err != nil {
			s.fail(v, err)
		}
	})
}

// refuse answers whoever may not see any data: a plain page without any.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, status int, title, next string) {
	s.atDoor(func(v *visit) error { return s.doorstep(v, status, page{Title: title, Next: next}, nothing()) }).ServeHTTP(w, r)
}

// get gives a word of the query.
func (v *visit) get(name string) string { return v.query.Get(name) }

// with gives the address of this page with one word of the query changed, and
// the page number forgotten; an empty value takes the word away.
func (v *visit) with(name, value string) string {
	q := url.Values{}
	for k, words := range v.query {
		for _, w := range words {
			if w != "" && k != "page" {
				q.Add(k, w)
			}
		}
	}
	if q.Del(name); value != "" {
		q.Set(name, value)
	}
	return address(v.r.URL.Path, q)
}

// address joins a path and a query.
func address(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// run gives the assessment that the query names, or the newest.
func (s *Server) run(v *visit) (app.Run, error) { return s.o.App.Run(v, v.Caller, v.get("run")) }

// concluded gives that assessment, what it concluded, and the catalogue by which
// it is read.
func (s *Server) concluded(v *visit) (app.Run, report.Gap, *catalogue.Catalogue, error) {
	run, err := s.run(v)
	if err != nil {
		return run, report.Gap{}, nil, err
	}
	g, err := s.gap(v, run)
	if err != nil {
		return run, g, nil, err
	}
	cat, err := s.o.App.Catalogue()
	return run, g, cat, err
}

// missing answers for a page that does not exist.
func (s *Server) missing(v *visit) error {
	return problem.New(problem.NotFound, "There is no page at "+cut(v.r.URL.Path, 80), "Go on from the menu.")
}
