// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/supplier"
)

func (s *Server) suppliers(v *visit) error {
	all, err := s.o.App.Suppliers(v, v.Caller)
	if err != nil {
		return err
	}
	open := 0
	for _, r := range all {
		switch r.State {
		case supplier.Unasked, supplier.Answered, supplier.Stale, supplier.Expired:
			open++
		}
	}
	next := "Look at what ends soon."
	switch {
	case len(all) == 0:
		next = "Write the cloud services that the organisation consumes into the scope, with their providers."
	case open > 0:
		next = capital(plural(open, "supplier waits", "suppliers wait")) + " for answers or a decision: begin with the one on which most rests."
	}
	return s.show(v, page{Title: "Suppliers", Section: "/supplier",
		What: "The providers of the cloud services of the scope: how much rests on each, what it answers and shows, and what is left of the risk.",
		Why:  "Who buys a service answers for what the supplier does with it: suppliers are chosen, agreed with, and watched by how much rests on them.",
		Next: next}, suppliersPage(all))
}

// supplierView is what the page of one supplier shows.
type supplierView struct {
	R            app.SupplierReading
	Edit, Decide bool
	Text         string // what is known of it, as a file
	Fault        string // of that, or of the answers
	Said         decisionForm
}

// decisionForm is a decision as it was typed.
type decisionForm struct{ Verdict, Until, Note, Conditions, Fault string }

func (s *Server) supplier(v *visit) error {
	view, err := s.supplierView(v)
	if err != nil {
		return err
	}
	return s.show(v, supplierHead(view), supplierPage(view))
}

func (s *Server) supplierView(v *visit) (supplierView, error) {
	r, err := s.o.App.Supplier(v, v.Caller, v.r.PathValue("supplier"))
	if err != nil {
		return supplierView{}, err
	}
	now := s.o.Now()
	view := supplierView{R: r, Edit: v.may(account.EditAgreement, now), Decide: v.may(account.ReviewAgreement, now), Said: decisionForm{Until: now.AddDate(1, 0, 0).UTC().Format(time.DateOnly)}}
	data, err := r.Supplier.Encode()
	view.Text = string(data)
	return view, err
}

func supplierHead(view supplierView) page {
	r := view.R
	next := "Nothing until something ends or changes."
	switch r.State {
	case supplier.Unasked:
		next = "Send it the questions, and write its answers down."
	case supplier.Answered:
		next = "Ask for proof where its word alone stands; then decide."
	case supplier.Stale:
		next = "Something material changed since the decision: look at it, and decide anew."
	case supplier.Expired:
		next = "The decision has ended: look at the supplier again, and decide."
	case supplier.Bound:
		next = "See that the conditions are kept by their days."
	case supplier.Rejected:
		next = "Plan how to leave it."
	}
	return page{Title: r.Name, Section: "/supplier",
		What: "A supplier of " + plural(len(r.Services), "service", "services") + " of the scope; what rests on it is " + r.Score.Tier.Level.Word() + ", what is left of the risk " + r.Score.Left.Word() + ". It is " + r.State.Says() + ".",
		Why:  "The customer assesses a supplier before it relies on it, and again at intervals (supplier relationships, ISO/IEC 27017:2015 15.1 and 15.2, 2026 5.19 to 5.22).",
		Next: next}
}

// again shows the page with what was refused.
func (s *Server) supplierAgain(v *visit, change func(*supplierView)) error {
	view, err := s.supplierView(v)
	if err != nil {
		return err
	}
	change(&view)
	return s.typed(v, supplierHead(view), supplierPage(view))
}

func (s *Server) setSupplier(v *visit) error {
	text := strings.ReplaceAll(v.r.PostFormValue("supplier"), "\r\n", "\n")
	r, err := s.o.App.SetSupplier(v, v.Caller, v.r.PathValue("supplier"), "supplier.yaml", []byte(text))
	return s.settled(v, err, "/supplier/"+r.ID, func(fault string) error {
		return s.supplierAgain(v, func(view *supplierView) { view.Text, view.Fault = text, fault })
	})
}

// answerSupplier takes the whole questionnaire in.
func (s *Server) answerSupplier(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return problem.New(problem.Invalid, "The form cannot be read", "Send it again.").Wrap(err)
	}
	q, err := supplier.Shipped()
	if err != nil {
		return err
	}
	var all []supplier.Answer
	for _, x := range q.Questions {
		f := func(name string) string { return plainLines(v.r.PostForm.Get(name + "." + x.ID)) }
		all = append(all, supplier.Answer{Question: x.ID, Answer: supplier.Reply(f("answer")), Evidence: supplier.Proof(f("evidence")), Assurance: f("assurance"), Note: f("note")})
	}
	r, err := s.o.App.AnswerSupplier(v, v.Caller, v.r.PathValue("supplier"), all)
	return s.settled(v, err, "/supplier/"+r.ID+"#questions", func(fault string) error {
		return s.supplierAgain(v, func(view *supplierView) { view.Fault, view.R.Supplier.Answers = fault, all })
	})
}

// decideSupplier keeps a decision. A line of conditions is what is to be done,
// who does it and by when.
func (s *Server) decideSupplier(v *visit) error {
	form := decisionForm{Verdict: v.r.PostFormValue("verdict"), Until: v.r.PostFormValue("until"), Note: plainLines(v.r.PostFormValue("note")), Conditions: plainLines(v.r.PostFormValue("conditions"))}
	d := supplier.Decision{Verdict: supplier.Verdict(form.Verdict), Until: form.Until, Note: form.Note}
	for _, line := range strings.Split(form.Conditions, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		part := append(strings.Split(line, ";"), "", "")
		d.Conditions = append(d.Conditions, supplier.Condition{What: strings.TrimSpace(part[0]), Who: strings.TrimSpace(part[1]), Due: strings.TrimSpace(part[2])})
	}
	r, err := s.o.App.DecideSupplier(v, v.Caller, v.r.PathValue("supplier"), d)
	return s.settled(v, err, "/supplier/"+r.ID, func(fault string) error {
		form.Fault = fault
		return s.supplierAgain(v, func(view *supplierView) { view.Said = form })
	})
}

// answerOf gives what was answered to a question.
func (v supplierView) answerOf(id string) supplier.Answer {
	for _, a := range v.R.Supplier.Answers {
		if a.Question == id {
			return a
		}
	}
	return supplier.Answer{}
}

func (v supplierView) assurances() []option {
	out := []option{{"", "none"}}
	for _, a := range v.R.Supplier.Assurances {
		out = append(out, option{a.ID, a.ID + ", " + string(a.Kind)})
	}
	return out
}

func replyOptions() []option {
	return []option{{"", "not answered"}, {"yes", "yes"}, {"partly", "partly"}, {"no", "no"}, {"na", "does not apply"}}
}

func proofOptions() []option {
	return []option{{"statement", "its word only"}, {"document", "a document of its own"}, {"report", "an assurance"}, {"tested", "tested by us"}}
}

func supplierVerdicts() []option {
	return []option{{"", "choose"}, {"accept", "accept"}, {"conditions", "accept on conditions"}, {"reject", "reject"}}
}

// supplierTone is the class of a level of risk.
func supplierTone(l supplier.Level) string {
	switch {
	case l >= 4:
		return "bad"
	case l == 3:
		return "warn"
	case l == 0:
		return "dim"
	}
	return "good"
}

// rangeSaid is a score with its range.
func rangeSaid(s supplier.Score) string {
	if s.Low == s.High {
		return supplier.Permille(s.Coverage)
	}
	return fmt.Sprintf("%s (%s to %s)", supplier.Permille(s.Coverage), supplier.Permille(s.Low), supplier.Permille(s.High))
}

func serviceIDs(v supplierView) []string {
	var out []string
	for _, x := range v.R.Services {
		out = append(out, x.ID)
	}
	return out
}
