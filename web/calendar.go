// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/calendar"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// calendarView is what the page of the control calendar shows.
type calendarView struct {
	*app.Calendar
	Shown    []calendar.Occurrence // after the filter
	State    string
	Scope    *scope.Scope
	Subjects []audit.Subject // controls and clauses to choose from
	Edit     bool
	Issue    bool
	Form     routineForm
	Fault    string
}

// routineForm is a routine as the form has it.
type routineForm struct {
	calendar.Routine
	Every string // a rule of the list; empty: Rule as it was typed
}

func (s *Server) calendar(v *visit) error {
	view, err := s.calendarView(v)
	if err != nil {
		return err
	}
	return s.show(v, calendarHead(view), calendarPage(view))
}

func (s *Server) calendarView(v *visit) (calendarView, error) {
	now := s.o.Now()
	view := calendarView{State: v.get("state"), Edit: v.may(account.EditCalendar, now), Issue: v.may(account.IssueReport, now), Form: routineForm{calendar.Routine{Grace: 14, From: calendar.DayOf(now).Add(14)}, quarterly}}
	var err error
	if view.Calendar, err = s.o.App.Calendar(v, v.Caller); err != nil {
		return view, err
	}
	if view.Scope, err = s.scopeOrNone(v); err != nil {
		return view, err
	}
	if view.Subjects, err = s.subjects(); err != nil {
		return view, err
	}
	soon := calendar.DayOf(now).Add(90)
	for _, o := range view.Occurrences {
		if view.State == "" && (o.State == calendar.ToCome && o.Due <= soon || o.State != calendar.ToCome) || string(o.State) == view.State {
			view.Shown = append(view.Shown, o)
		}
	}
	return view, nil
}

// subjects gives the clauses and controls that a routine may keep working.
func (s *Server) subjects() ([]audit.Subject, error) {
	cat, err := s.o.App.Catalogue()
	if err != nil {
		return nil, err
	}
	return audit.World{Catalogue: cat, Edition: cat.Editions()[len(cat.Editions())-1].ID}.Subjects(), nil
}

func calendarHead(view calendarView) page {
	next := "Nothing is due. What comes stands below."
	switch {
	case len(view.Routines) == 0 && view.Edit:
		next = "Write the usual routines into the calendar, give each an owner, and take out what you do not do."
	case len(view.Routines) == 0:
		next = "Nobody has written a routine down yet."
	case view.Counts[calendar.Overdue] > 0:
		next = plural(view.Counts[calendar.Overdue], "occurrence is", "occurrences are") + " overdue: do it before it is missed."
	case view.Counts[calendar.Unproven] > 0:
		next = "Attach the evidence of what was done without any."
	case view.Counts[calendar.DueNow] > 0:
		next = "Open what is due, do it, write down what came of it, and attach what shows it."
	}
	return page{Title: "Control calendar", Section: "/calendar",
		What: "What is done again and again so that controls keep working: when each is due, who does it, and whether it was done.",
		Why:  "A control that worked once tells nothing of today. ISO/IEC 27001 asks for evidence that processes are carried out as planned (8.1) and are monitored (9.1); auditors draw samples of it.",
		Next: next}
}

// seedCalendar writes the usual routines in.
func (s *Server) seedCalendar(v *visit) error {
	if _, err := s.o.App.SeedCalendar(v, v.Caller); err != nil {
		return err
	}
	return v.redirect("/calendar")
}

const quarterly = "FREQ=MONTHLY;INTERVAL=3"

// everies are the rules to choose from; the empty one is typed.
func everies() []option {
	var out []option
	for _, rule := range []string{"FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY", "FREQ=MONTHLY;INTERVAL=2", quarterly, "FREQ=MONTHLY;INTERVAL=6", "FREQ=YEARLY"} {
		out = append(out, option{rule, calendar.Says(rule)})
	}
	return append(out, option{"", "by the rule that is typed below"})
}

// everyOf gives the entry of the list that a rule is; empty: none.
func everyOf(rule string) string {
	if slices.ContainsFunc(everies(), func(o option) bool { return o.Value == rule }) {
		return rule
	}
	return ""
}

// typedRoutine reads the form over the routine as it stands.
func typedRoutine(v *visit, r calendar.Routine) (routineForm, int, error) {
	if err := v.r.ParseForm(); err != nil {
		return routineForm{Routine: r}, 0, problem.New(problem.Invalid, "the form cannot be read", "send it again").Wrap(err)
	}
	f := v.r.PostForm
	if r.ID == "" {
		r.ID = strings.TrimSpace(f.Get("id"))
	}
	r.Title, r.Does, r.Service, r.Owner = strings.TrimSpace(f.Get("title")), plainLines(f.Get("does")), f.Get("service"), f.Get("owner")
	r.From, r.Until, r.Grace, r.Evidence = calendar.Day(f.Get("from")), calendar.Day(f.Get("until")), digit(f.Get("grace")), f.Get("evidence") == "yes"
	r.Controls, r.Clauses = f["control"], f["clause"]
	every := f.Get("every")
	if r.Rule = every; every == "" {
		r.Rule = strings.TrimSpace(f.Get("rule"))
	}
	return routineForm{r, every}, digit(f.Get("version")), nil
}

// addRoutine takes the form of a new routine.
func (s *Server) addRoutine(v *visit) error {
	form, _, err := typedRoutine(v, calendar.Routine{})
	if err == nil {
		_, err = s.o.App.SetRoutine(v, v.Caller, form.Routine, 0)
	}
	return s.settled(v, err, "/calendar/"+form.ID, func(fault string) error {
		view, err := s.calendarView(v)
		if err != nil {
			return err
		}
		view.Form, view.Fault = form, fault
		return s.typed(v, calendarHead(view), calendarPage(view))
	})
}

// calendarPaper issues the calendar as a file.
func (s *Server) calendarPaper(v *visit) error {
	return s.issuePaper(v, "is no calendar", app.CalendarFormats(), v.Org+"-calendar", func(format string, w io.Writer) error {
		return s.o.App.CalendarPaper(v, v.Caller, format, report.Paper{}, w)
	})
}

// calendarFile gives the days for other calendars.
func (s *Server) calendarFile(v *visit) error {
	return s.download(v, v.Org+"-controls.ics", "text/calendar; charset=utf-8", func(w io.Writer) error {
		return s.o.App.CalendarPaper(v, v.Caller, "ics", report.Paper{}, w)
	})
}

// routineView is what the page of one routine shows.
type routineView struct {
	app.RoutineLine
	Occurrences []calendar.Occurrence // the newest first
	Scope       *scope.Scope
	Subjects    []audit.Subject
	Edit        bool
	Perform     bool
	Form        routineForm
	Fault       string
	Said        url.Values // the form of what was done, as it was typed or begins
	Refused     string
}

// proofMost is the most that a file may have that shows what was done.
const proofMost = 64 << 20

func (s *Server) routine(v *visit) error {
	view, err := s.routineView(v)
	if err != nil {
		return err
	}
	return s.show(v, routineHead(view), routinePage(view))
}

func (s *Server) routineView(v *visit) (routineView, error) {
	now := s.o.Now()
	view := routineView{Edit: v.may(account.EditCalendar, now), Perform: v.may(account.PerformControl, now), Said: url.Values{"on": {string(calendar.DayOf(now))}}}
	var err error
	if view.RoutineLine, view.Occurrences, err = s.o.App.Routine(v, v.Caller, v.r.PathValue("routine")); err != nil {
		return view, err
	}
	view.Occurrences = slices.DeleteFunc(view.Occurrences, func(o calendar.Occurrence) bool {
		return o.State == calendar.ToCome && o.Due != view.Next // the others follow from the rule
	})
	view.Form = routineForm{view.RoutineLine.Routine, everyOf(view.Rule)}
	if view.Scope, err = s.scopeOrNone(v); err != nil {
		return view, err
	}
	view.Subjects, err = s.subjects()
	return view, err
}

func routineHead(view routineView) page {
	next := "Nothing before " + or(string(view.Next), "its next day: it has ended") + "."
	if view.Now != nil {
		next = "Do it, write down what came of it, and attach what shows it: it is due on " + string(view.Now.Due) + "."
	} else if view.Counts[calendar.Unproven] > 0 {
		next = "Attach the evidence of what was done without any."
	}
	return page{Title: view.Title, Section: "/calendar",
		What: "A routine that is due " + view.Says + ". " + capital(personName(view.Scope, view.Owner)) + " does it.",
		Why:  "Whether a control works is shown by what was done each time, by whom, and what came of it (ISO/IEC 27001, 8.1 and 9.1).",
		Next: next}
}

// editRoutine takes the form of a routine.
func (s *Server) editRoutine(v *visit) error {
	view, err := s.routineView(v)
	if err != nil {
		return err
	}
	form, seen, err := typedRoutine(v, view.RoutineLine.Routine)
	if err == nil {
		_, err = s.o.App.SetRoutine(v, v.Caller, form.Routine, seen)
	}
	return s.settled(v, err, "/calendar/"+form.ID, func(fault string) error {
		view.Form, view.Fault = form, fault
		return s.typed(v, routineHead(view), routinePage(view))
	})
}

// performRoutine takes what was done, with the file that shows it; of what was
// done already it takes the file.
func (s *Server) performRoutine(v *visit) error {
	id := v.r.PathValue("routine")
	u, err := v.receiveForm(proofMost, func([]byte) error { return nil })
	if err != nil {
		return s.faultyDone(v, url.Values{}, err)
	}
	defer u.Close()
	word := func(name string) string { return plainLines(u.Fields.Get(name)) }
	var in io.Reader
	if u.File != nil {
		in = u
	}
	due := calendar.Day(word("due"))
	if word("attach") == "yes" {
		if in == nil {
			return s.faultyDone(v, u.Fields, problem.New(problem.Invalid, "file: choose the file that shows it", "choose one"))
		}
		_, err = s.o.App.AttachEvidence(v, v.Caller, id, due, supportName(u.Name), in)
	} else {
		_, err = s.o.App.PerformRoutine(v, v.Caller, id, due, calendar.Done{On: calendar.Day(word("on")), Outcome: calendar.Outcome(word("outcome")), Words: word("words")}, supportName(u.Name), in)
	}
	if err != nil {
		return s.faultyDone(v, u.Fields, err)
	}
	return v.redirect("/calendar/" + id)
}

// faultyDone shows the form again with what was wrong; an error that is not the
// sender's is given back.
func (s *Server) faultyDone(v *visit, form url.Values, err error) error {
	fault, ok := mendable(err)
	if !ok {
		return err
	}
	view, err := s.routineView(v)
	if err != nil {
		return err
	}
	view.Said, view.Refused = form, fault
	return s.typed(v, routineHead(view), routinePage(view))
}

// routineBody gives a file that shows what was done.
func (s *Server) routineBody(v *visit) error {
	n, err := strconv.Atoi(or(v.get("file"), "0"))
	if err != nil {
		return problem.New(problem.Invalid, "file: there is no such file", "its page names those that there are")
	}
	f, in, err := s.o.App.RoutineEvidence(v, v.Caller, v.r.PathValue("routine"), calendar.Day(v.r.PathValue("day")), n)
	if err != nil {
		return err
	}
	defer in.Close()
	return s.download(v, f.Name, "application/octet-stream", func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
}

// calendarClass gives the colour of a state, and calendarSign its sign.
func calendarClass(s calendar.State) string {
	return map[calendar.State]string{calendar.InTime: "s-satisfied", calendar.TooLate: "s-accepted", calendar.DueNow: "s-partly", calendar.Overdue: "s-not-satisfied", calendar.Missed: "s-not-satisfied", calendar.Unproven: "s-unknown", calendar.ToCome: "s-not-applicable"}[s]
}

func calendarSign(s calendar.State) string {
	return map[calendar.State]string{calendar.InTime: "✓", calendar.TooLate: "△", calendar.DueNow: "◐", calendar.Overdue: "!", calendar.Missed: "✕", calendar.Unproven: "?", calendar.ToCome: "–"}[s]
}

// bodyPath is the address of the n-th file of what was done.
func bodyPath(o calendar.Occurrence, n int) string {
	return fmt.Sprintf("/calendar/%s/%s/body?file=%d", o.Routine, o.Due, n)
}

// routineNext gives the day on which a routine is due next.
func routineNext(l app.RoutineLine) string {
	if l.Now != nil {
		return string(l.Now.Due)
	}
	return string(l.Next)
}

// occurrenceSaid says of what was not done until when it may be.
func occurrenceSaid(o calendar.Occurrence) string {
	switch o.State {
	case calendar.Missed:
		return "nobody did it by " + string(o.Closes)
	case calendar.ToCome:
		return "may be done from " + string(o.Opens)
	}
	return "missed after " + string(o.Closes)
}
