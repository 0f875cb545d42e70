// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"io"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/scope"
)

// contextView is what the page of the scope's context shows.
type contextView struct {
	*app.Context
	Text    string // of the form: as it stands, or as it was typed
	Seen    int64  // version that a save is for
	Edit    bool
	Approve bool
	Issue   bool
	Fault   string
	Typed   bool // it was refused
}

func (s *Server) context(v *visit) error {
	view, err := s.contextView(v)
	if err != nil {
		return err
	}
	return s.show(v, contextHead(view), contextPage(view))
}

func (s *Server) contextView(v *visit) (contextView, error) {
	now := s.o.Now()
	view := contextView{Edit: v.may(account.EditScope, now), Approve: v.may(account.ApproveScope, now), Issue: v.may(account.IssueReport, now)}
	var err error
	if view.Context, err = s.o.App.Context(v, v.Caller); err != nil {
		return view, err
	}
	data, err := scope.EncodeContext(&view.Context.Context)
	view.Text, view.Seen = string(data), view.Version
	return view, err
}

func contextHead(view contextView) page {
	next := "Nothing until something of it changes."
	switch {
	case len(view.Proposals()) > 0:
		next = "Confirm the regions that were seen, or find out why something runs there."
	case view.Proposed:
		next = "What stands here is only proposed: write what is true, and say what each thing means for you."
	case len(view.Open) > 0:
		next = "Say what is open: " + plural(len(view.Open), "thing", "things") + "."
	case !view.Valid() && view.Approve:
		next = "Read it as an auditor would, then approve it."
	case !view.Valid():
		next = "Wait for its approval."
	}
	return page{Title: "Scope and context", Section: "/context",
		What: "What the management system is about, where it borders on others, what is left out, and what bears on it: issues, interested parties, the law.",
		Why:  "A scope follows from issues, parties and borders, and its exclusions are justified; climate change is considered (ISO/IEC 27001, 4.1 to 4.3 with Amd 1:2024).",
		Next: next}
}

// contextRefused shows the page again with what was refused.
func (s *Server) contextRefused(v *visit, fault, typed string) error {
	view, err := s.contextView(v)
	if err != nil {
		return err
	}
	if view.Fault = fault; typed != "" {
		view.Text, view.Seen, view.Typed = typed, view.Version, true // who was overtaken has seen what stands now, above
	}
	return s.typed(v, contextHead(view), contextPage(view))
}

// setContext takes the form of the context.
func (s *Server) setContext(v *visit) error {
	text := strings.ReplaceAll(v.r.PostFormValue("context"), "\r\n", "\n")
	seen := int64(digit(v.r.PostFormValue("seen")))
	_, err := s.o.App.SetContext(v, v.Caller, "context.yaml", []byte(text), seen)
	return s.settled(v, err, "/context", func(fault string) error {
		return s.contextRefused(v, fault, text)
	})
}

func (s *Server) confirmContext(v *visit) error {
	_, err := s.o.App.ConfirmRegion(v, v.Caller, v.r.PostFormValue("service"), v.r.PostFormValue("region"))
	if err != nil {
		return err
	}
	return v.redirect("/context")
}

func (s *Server) approveContext(v *visit) error {
	_, err := s.o.App.ApproveContext(v, v.Caller, v.r.PostFormValue("digest"))
	return s.settled(v, err, "/context", func(fault string) error {
		return s.contextRefused(v, fault, "")
	})
}

func (s *Server) contextPaper(v *visit) error {
	return s.issuePaper(v, "is no scope statement", app.ContextFormats(), v.Org+"-scope", func(format string, w io.Writer) error {
		return s.o.App.ContextPaper(v, v.Caller, format, report.Paper{}, w)
	})
}

// chainOf says on whom a service rests.
func chainOf(sc *scope.Scope, x scope.Service) string {
	out := []string{or(x.Provider, "not named")}
	if x.Role == scope.Provides {
		out = []string{"ourselves"}
	}
	for _, b := range sc.Beneath(x.ID) {
		out = append(out, fmt.Sprintf("beneath: %s (%s)", or(b.Provider, "not named"), b.Name))
	}
	return strings.Join(out, ", ")
}
