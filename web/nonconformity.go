// SPDX-License-Identifier: Apache-2.0

package web

import (
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// foundView is what the page of nonconformities shows.
type foundView struct {
	All    []app.NonconformityLine
	Shown  []app.NonconformityLine // after the filter
	Filter struct{ State, Grade string }
	Tally  audit.Tally
	Raise  bool
	Form   audit.Nonconformity
	Fault  string
}

func (s *Server) nonconformities(v *visit) error {
	view, err := s.foundView(v)
	if err != nil {
		return err
	}
	return s.show(v, foundHead(view), foundPage(view))
}

func (s *Server) foundView(v *visit) (foundView, error) {
	view := foundView{Raise: v.may(account.ConductAudit, s.o.Now()), Form: audit.Nonconformity{Source: audit.OfCertifier, Grade: audit.Minor}}
	view.Filter.State, view.Filter.Grade = v.get("state"), v.get("grade")
	var err error
	if view.All, err = s.o.App.Nonconformities(v, v.Caller); err != nil {
		return view, err
	}
	bare := make([]audit.Nonconformity, len(view.All))
	for i, n := range view.All {
		bare[i] = n.Nonconformity
		if (view.Filter.State == "" || string(n.State) == view.Filter.State) && (view.Filter.Grade == "" || string(n.Grade) == view.Filter.Grade) {
			view.Shown = append(view.Shown, n)
		}
	}
	view.Tally = audit.Count(bare, s.o.Now().UTC())
	return view, nil
}

func foundHead(view foundView) page {
	next := "Nothing is open."
	switch {
	case view.Tally.Overdue > 0:
		next = "Begin with what is overdue: it stands at the top."
	case view.Tally.States[audit.Raised] > 0:
		next = "Say of each why it came to it, and what will be done so that it does not come again."
	case view.Tally.All > view.Tally.States[audit.Closed]:
		next = "Do what is planned; then somebody else looks whether it works."
	}
	return page{Title: "Nonconformities", Section: "/nonconformity",
		What: "What an audit, the certifier, an incident or a complaint found not to be as it must be, or to be better, and what was done about it.",
		Why:  "ISO/IEC 27001 asks to react, to find the cause, to act so that it does not come again, and to look whether that works (10.2); it asks to improve continually (10.1).",
		Next: next}
}

// raiseNonconformity writes down what did not come from an internal audit.
func (s *Server) raiseNonconformity(v *visit) error {
	f := v.r.PostFormValue
	n := audit.Nonconformity{Source: audit.Source(f("source")), Grade: audit.Result(f("grade")), Requirement: f("requirement"), Where: f("where"), Statement: plainLines(f("statement")), Evidence: plainLines(f("evidence")), Due: audit.Day(f("due"))}
	made, err := s.o.App.RaiseNonconformity(v, v.Caller, n)
	return s.settled(v, err, "/nonconformity/"+made.ID, func(fault string) error {
		view, err := s.foundView(v)
		if err != nil {
			return err
		}
		view.Form, view.Fault = n, fault
		return s.typed(v, foundHead(view), foundPage(view))
	})
}

// oneFound is what the page of one nonconformity shows.
type oneFound struct {
	app.NonconformityLine
	Scope   *scope.Scope
	Form    audit.Nonconformity // the treatment, as it stands or was typed
	Treat   bool
	Verify  bool
	Fault   string
	Words   string // of a verification that was refused
	Refused string
}

func (s *Server) nonconformity(v *visit) error {
	view, err := s.oneFound(v)
	if err != nil {
		return err
	}
	return s.show(v, oneFoundHead(view), oneFoundPage(view))
}

func (s *Server) oneFound(v *visit) (oneFound, error) {
	now := s.o.Now()
	view := oneFound{Treat: v.may(account.TreatNonconformity, now), Verify: v.may(account.VerifyNonconformity, now)}
	var err error
	if view.NonconformityLine, err = s.o.App.Nonconformity(v, v.Caller, v.r.PathValue("nonconformity")); err != nil {
		return view, err
	}
	view.Form = view.Nonconformity
	view.Scope, err = s.scopeOrNone(v)
	return view, err
}

func oneFoundHead(view oneFound) page {
	next := map[audit.NonconformityState]string{
		audit.Raised:       "Say why it came to it: ask why until the answer is something that can be changed.",
		audit.Analysed:     "Write down what was mended at once, and what will be done so that it does not come again.",
		audit.Acting:       "Do what is planned, and note the day on which it was done.",
		audit.ToVerify:     "Somebody who had no hand in it looks whether it works.",
		audit.NotEffective: "What was done does not work: plan something more.",
		audit.Noted:        "Decide: do something, or say why not. An opportunity needs no answer, but one that is thought about helps.",
		audit.Closed:       "Nothing: it is closed.",
	}[view.State]
	what := capital(string(view.Grade)) + " nonconformity"
	if view.Grade == audit.Opportunity {
		what = "Opportunity for improvement"
	}
	return page{Title: view.ID + ": " + cut(view.Statement, 80), Section: "/nonconformity",
		What: what + " from " + article(string(view.Source)) + ". It is " + string(view.State) + ".",
		Why:  "A lapse that is only mended comes again: the standard asks for its cause, for corrective action, and for a look whether that works (ISO/IEC 27001, 10.2).",
		Next: next}
}

func article(s string) string {
	if strings.ContainsAny(s[:1], "aeio") {
		return "an " + s
	}
	if s == string(audit.OfMonitoring) {
		return s
	}
	return "a " + s
}

// treatNonconformity takes the form of a treatment.
func (s *Server) treatNonconformity(v *visit) error {
	view, err := s.oneFound(v)
	if err != nil {
		return err
	}
	if err := v.r.ParseForm(); err != nil {
		return problem.New(problem.Invalid, "the form cannot be read", "send it again").Wrap(err)
	}
	f, n := v.r.PostForm, view.Nonconformity
	n.Cause, n.Similar, n.Correction, n.Corrected, n.Decision, n.Actions = plainLines(f.Get("cause")), plainLines(f.Get("similar")), plainLines(f.Get("correction")), audit.Day(f.Get("corrected")), plainLines(f.Get("decision")), nil
	for i, what := range f["step"] {
		at := func(name string) string {
			if i < len(f[name]) {
				return f[name][i]
			}
			return ""
		}
		if strings.TrimSpace(what) != "" {
			n.Actions = append(n.Actions, audit.Action{What: strings.TrimSpace(what), Owner: at("step.owner"), Due: audit.Day(at("step.due")), Done: audit.Day(at("step.done"))})
		}
	}
	_, err = s.o.App.TreatNonconformity(v, v.Caller, n, digit(f.Get("version")))
	return s.settled(v, err, "/nonconformity/"+n.ID, func(fault string) error {
		view.Form, view.Fault = n, fault
		return s.typed(v, oneFoundHead(view), oneFoundPage(view))
	})
}

// verifyNonconformity takes what somebody says about the effect.
func (s *Server) verifyNonconformity(v *visit) error {
	id, words := v.r.PathValue("nonconformity"), plainLines(v.r.PostFormValue("words"))
	_, err := s.o.App.VerifyNonconformity(v, v.Caller, id, digit(v.r.PostFormValue("version")), v.r.PostFormValue("effective") == "yes", words)
	return s.settled(v, err, "/nonconformity/"+id, func(fault string) error {
		view, err := s.oneFound(v)
		if err != nil {
			return err
		}
		view.Words, view.Refused = words, fault
		return s.typed(v, oneFoundHead(view), oneFoundPage(view))
	})
}

func foundStates() []option { return options("all states", audit.NonconformityStates()) }

func gradeOptions(all string) []option {
	return options(all, []audit.Result{audit.Major, audit.Minor, audit.Opportunity})
}

func sourceOptions() []option { return options("", audit.Sources()[1:]) }

// inside gives the id of a person of the scope, empty for somebody else.
func inside(sc *scope.Scope, who string) string {
	if outsideOf(sc, who) == "" {
		return who
	}
	return ""
}

func namesOf(sc *scope.Scope, ids []string) string {
	var out []string
	for _, id := range ids {
		out = append(out, personName(sc, id))
	}
	return or(strings.Join(out, ", "), "nobody besides")
}

func servicesOf(sc *scope.Scope, ids []string) string {
	var out []string
	for _, id := range ids {
		out = append(out, serviceName(sc, id))
	}
	return or(strings.Join(out, ", "), "all of the scope")
}

// coverSaid says what a cover is.
func coverSaid(c audit.Cover) string {
	switch c {
	case audit.Covered:
		return "covered by concluded audits"
	case audit.Partly:
		return "in part: some questions or services were left out"
	case audit.Scheduled:
		return "scheduled: an audit is to look at it"
	}
	return "open: no audit looks at it"
}
