// SPDX-License-Identifier: Apache-2.0

package web

import (
	"io"
	"slices"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/calendar"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// reviewsView is what the page of management reviews shows.
type reviewsView struct {
	Rows   []app.ReviewLine
	Inputs []audit.Input // as the records have them now
	Scope  *scope.Scope
	Hold   bool
	Form   audit.Review
	Fault  string
}

func (s *Server) reviews(v *visit) error {
	view, err := s.reviewsView(v)
	if err != nil {
		return err
	}
	return s.show(v, reviewsHead(view), reviewsPage(view))
}

func (s *Server) reviewsView(v *visit) (reviewsView, error) {
	view := reviewsView{Hold: v.may(account.HoldReview, s.o.Now()), Form: audit.Review{Day: calendar.DayOf(s.o.Now())}}
	var err error
	if view.Rows, err = s.o.App.Reviews(v, v.Caller); err != nil {
		return view, err
	}
	if view.Inputs, err = s.o.App.ReviewInputs(v, v.Caller); err != nil {
		return view, err
	}
	view.Scope, err = s.scopeOrNone(v)
	return view, err
}

func reviewsHead(view reviewsView) page {
	next := "Nothing until the next review: once a year at least."
	switch {
	case len(view.Rows) > 0 && view.Rows[0].Signed == nil:
		next = "Go on with the review of " + string(view.Rows[0].Day) + ": its minutes are not signed."
	case len(view.Rows) == 0 && view.Hold:
		next = "Look at the inputs below with whoever leads the organisation, and begin a review."
	case len(view.Rows) == 0:
		next = "No review was held yet."
	}
	return page{Title: "Management review", Section: "/review",
		What: "The reviews of the management system by whoever leads the organisation: the inputs from the records, what was said and decided, and the signed minutes.",
		Why:  "ISO/IEC 27001 asks the top management to review the system at planned intervals (9.3), names each input to look at (9.3.2), and asks for the decisions (9.3.3).",
		Next: next}
}

// beginReview freezes the inputs.
func (s *Server) beginReview(v *visit) error {
	f := v.r.PostFormValue
	r := audit.Review{Day: audit.Day(f("day")), Chair: strings.TrimSpace(or(f("outside"), f("chair")))}
	for _, who := range strings.Split(plainLines(f("present")), "\n") {
		if who = strings.TrimSpace(who); who != "" {
			r.Present = append(r.Present, who)
		}
	}
	made, err := s.o.App.BeginReview(v, v.Caller, r)
	return s.settled(v, err, "/review/"+made.ID, func(fault string) error {
		view, err := s.reviewsView(v)
		if err != nil {
			return err
		}
		view.Form, view.Fault = r, fault
		return s.typed(v, reviewsHead(view), reviewsPage(view))
	})
}

// reviewView is what the page of one review shows.
type reviewView struct {
	app.ReviewLine
	Scope   *scope.Scope
	Hold    bool
	Issue   bool
	Form    audit.Review // as it stands, or as it was typed
	Fault   string
	Refused string // why it was not signed
}

func (s *Server) review(v *visit) error {
	view, err := s.reviewView(v)
	if err != nil {
		return err
	}
	return s.show(v, reviewHead(view), reviewPage(view))
}

func (s *Server) reviewView(v *visit) (reviewView, error) {
	now := s.o.Now()
	view := reviewView{Hold: v.may(account.HoldReview, now), Issue: v.may(account.IssueReport, now)}
	var err error
	if view.ReviewLine, err = s.o.App.Review(v, v.Caller, v.r.PathValue("review")); err != nil {
		return view, err
	}
	view.Form = view.ReviewLine.Review
	view.Scope, err = s.scopeOrNone(v)
	return view, err
}

func reviewHead(view reviewView) page {
	next := "Say of each input what was looked at, write down what was decided, then sign the minutes."
	switch {
	case view.Signed != nil && view.Late > 0:
		next = plural(view.Late, "decision is", "decisions are") + " late: carry them out and note the day."
	case view.Signed != nil && view.Open > 0:
		next = "Carry out what was decided, and note the day."
	case view.Signed != nil:
		next = "Nothing: what was decided is carried out."
	}
	return page{Title: "Management review of " + string(view.Day), Section: "/review",
		What: "A management review led by " + personName(view.Scope, view.Chair) + ". Its inputs are those of " + moment(view.ReviewLine.At) + ".",
		Why:  "The minutes show that each input was looked at and what was decided (ISO/IEC 27001, 9.3.2 and 9.3.3); later reviews and auditors ask what became of it.",
		Next: next}
}

// writeReview takes what was said and decided.
func (s *Server) writeReview(v *visit) error {
	view, err := s.reviewView(v)
	if err != nil {
		return err
	}
	if err := v.r.ParseForm(); err != nil {
		return problem.New(problem.Invalid, "the form cannot be read", "send it again").Wrap(err)
	}
	f, said := v.r.PostForm, map[string]string{}
	view.Form.Inputs = slices.Clone(view.Form.Inputs)
	for i, in := range view.Form.Inputs {
		if f.Has("said." + in.Letter) {
			said[in.Letter] = plainLines(f.Get("said." + in.Letter))
			view.Form.Inputs[i].Said = said[in.Letter]
		}
	}
	view.Form.Decisions = nil
	for i, what := range f["step"] {
		at := func(name string) string {
			if i < len(f[name]) {
				return f[name][i]
			}
			return ""
		}
		if strings.TrimSpace(what) != "" {
			view.Form.Decisions = append(view.Form.Decisions, audit.Decision{What: strings.TrimSpace(what), Owner: at("step.owner"), Due: audit.Day(at("step.due")), Done: audit.Day(at("step.done"))})
		}
	}
	_, err = s.o.App.WriteReview(v, v.Caller, view.ID, said, view.Form.Decisions, digit(f.Get("version")))
	return s.settled(v, err, "/review/"+view.ID, func(fault string) error {
		view.Fault = fault
		return s.typed(v, reviewHead(view), reviewPage(view))
	})
}

// signReview signs the minutes.
func (s *Server) signReview(v *visit) error {
	id := v.r.PathValue("review")
	_, err := s.o.App.SignReview(v, v.Caller, id, digit(v.r.PostFormValue("version")))
	return s.settled(v, err, "/review/"+id, func(fault string) error {
		view, err := s.reviewView(v)
		if err != nil {
			return err
		}
		view.Refused = fault
		return s.typed(v, reviewHead(view), reviewPage(view))
	})
}

// reviewPaper issues the minutes as a file.
func (s *Server) reviewPaper(v *visit) error {
	id := v.r.PathValue("review")
	return s.issuePaper(v, "are no minutes", app.ReviewFormats(), v.Org+"-review-"+cut(id, 12), func(format string, w io.Writer) error {
		return s.o.App.ReviewPaper(v, v.Caller, id, format, report.Paper{}, w)
	})
}

// reviewSaid says how the minutes stand.
func reviewSaid(r app.ReviewLine) string {
	switch {
	case r.Signed == nil:
		return "not signed"
	case !r.Valid:
		return "signed by " + r.Signed.By + ", and not any more what was signed"
	}
	return "signed by " + r.Signed.By + ", " + day(r.Signed.At)
}

func commas(all []string) string { return strings.Join(all, ", ") }

func lines(all []string) string { return strings.Join(all, "\n") }

// decisionRows are the rows of the form: with empty ones while there may be more.
func decisionRows(q reviewView) []audit.Decision {
	rows := slices.Clone(q.Form.Decisions)
	if q.Signed == nil {
		rows = append(rows, make([]audit.Decision, blankSteps+1)...)
	}
	return rows
}
