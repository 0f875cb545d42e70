// SPDX-License-Identifier: Apache-2.0

package web

import (
	"io"
	"net/url"
	"slices"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// auditsView is what the page of the programme shows.
type auditsView struct {
	*app.AuditProgramme
	Shown   []audit.Coverage // after the filter
	Cover   string
	Scope   *scope.Scope
	Conduct bool
	Issue   bool
	Form    audit.Audit // a plan, as it begins or was typed
	Fault   string
	Cycle   string // what was wrong with the cycle that was typed
}

func (s *Server) audits(v *visit) error {
	view, err := s.auditsView(v)
	if err != nil {
		return err
	}
	return s.show(v, auditsHead(view), auditsPage(view))
}

func (s *Server) auditsView(v *visit) (auditsView, error) {
	now := s.o.Now()
	view := auditsView{Cover: v.get("cover"), Conduct: v.may(account.ConductAudit, now), Issue: v.may(account.IssueReport, now)}
	var err error
	if view.AuditProgramme, err = s.o.App.Programme(v, v.Caller); err != nil {
		return view, err
	}
	if view.Scope, err = s.scopeOrNone(v); err != nil {
		return view, err
	}
	for _, c := range view.Coverage {
		if view.Cover == "" || string(c.Cover) == view.Cover {
			view.Shown = append(view.Shown, c)
		}
	}
	return view, nil
}

func auditsHead(view auditsView) page {
	next := "Nothing until the next audit: " + nextAudit(view) + "."
	switch {
	case view.Covers[audit.Uncovered] > 0 && view.Conduct:
		next = "Have audits proposed for the years of the cycle, so that each subject is looked at once; then name who leads them."
	case view.Covers[audit.Uncovered] > 0:
		next = plural(view.Covers[audit.Uncovered], "subject is", "subjects are") + " in no audit: ask whoever plans them."
	case slices.ContainsFunc(view.Audits, func(l app.AuditLine) bool { return l.State == audit.Late }):
		next = "An audit is late: answer its questions and conclude it, or move its days."
	}
	return page{Title: "Internal audit", Section: "/audit",
		What: "The programme of internal audits over a cycle of years, how far it covers the clauses and controls, and each audit with its checklist.",
		Why:  "ISO/IEC 27001 asks for internal audits at planned intervals, by people who do not audit their own work (9.2); certification bodies look at the programme before they come.",
		Next: next}
}

// nextAudit names the audit that comes next.
func nextAudit(view auditsView) string {
	for _, l := range view.Audits {
		if l.State != audit.Concluded && l.State != audit.Cancelled {
			return l.ID + " begins on " + string(l.Begins)
		}
	}
	return "none is planned"
}

// proposeAudits plans an audit for each year that has none.
func (s *Server) proposeAudits(v *visit) error {
	if _, err := s.o.App.ProposeAudits(v, v.Caller); err != nil {
		return err
	}
	return v.redirect("/audit")
}

// setProgramme sets the cycle.
func (s *Server) setProgramme(v *visit) error {
	p := audit.Programme{Begins: audit.Day(v.r.PostFormValue("begins")), Years: digit(v.r.PostFormValue("years"))}
	_, err := s.o.App.SetProgramme(v, v.Caller, p, digit(v.r.PostFormValue("version")))
	return s.settled(v, err, "/audit", func(fault string) error {
		view, err := s.auditsView(v)
		if err != nil {
			return err
		}
		view.Programme.Begins, view.Programme.Years, view.Cycle = p.Begins, p.Years, fault
		return s.typed(v, auditsHead(view), auditsPage(view))
	})
}

// typedPlan reads the form of a plan over the audit as it stands.
func typedPlan(v *visit, x audit.Audit) (audit.Audit, int, error) {
	if err := v.r.ParseForm(); err != nil {
		return x, 0, problem.New(problem.Invalid, "the form cannot be read", "send it again").Wrap(err)
	}
	f := v.r.PostForm
	x.Title, x.Begins, x.Ends = strings.TrimSpace(f.Get("title")), audit.Day(f.Get("begins")), audit.Day(f.Get("ends"))
	x.Objective, x.Method, x.Cancelled = plainLines(f.Get("objective")), plainLines(f.Get("method")), plainLines(f.Get("cancelled"))
	x.Lead = strings.TrimSpace(or(f.Get("outside"), f.Get("lead")))
	x.Team = nil
	for _, who := range slices.Concat(f["member"], strings.Split(plainLines(f.Get("team")), "\n")) {
		if who = strings.TrimSpace(who); who != "" {
			x.Team = append(x.Team, who)
		}
	}
	x.Clauses, x.Controls, x.Services = f["clause"], f["control"], f["service"]
	return x, digit(f.Get("version")), nil
}

// planAudit takes the form of a new audit.
func (s *Server) planAudit(v *visit) error {
	x, _, err := typedPlan(v, audit.Audit{})
	if err == nil {
		x, err = s.o.App.SetAudit(v, v.Caller, x, 0)
	}
	return s.settled(v, err, "/audit/"+x.ID, func(fault string) error {
		view, err := s.auditsView(v)
		if err != nil {
			return err
		}
		x.ID = ""
		view.Form, view.Fault = x, fault
		return s.typed(v, auditsHead(view), auditsPage(view))
	})
}

// programmePaper issues the programme as a file.
func (s *Server) programmePaper(v *visit) error {
	return s.issuePaper(v, "is no programme", app.ProgrammeFormats(), v.Org+"-audits", func(format string, w io.Writer) error {
		return s.o.App.ProgrammePaper(v, v.Caller, format, report.Paper{}, w)
	})
}

// auditView is what the page of one audit shows.
type auditView struct {
	*app.AuditView
	Scope    *scope.Scope
	Subjects []audit.Coverage // to choose from
	Groups   []questionGroup
	Conduct  bool // and the audit is open
	Asking   bool // and it takes place, and has begun
	Issue    bool
	Form     audit.Audit
	Fault    string
	At       *app.QuestionLine // the question that is looked at; nil: none
	Said     app.AuditAnswer   // the answer to it, as it stands or was typed
	Refused  string            // why it was not recorded
	Next     string            // id of the next question without an answer
	Ask      app.SampleAsk
	Drawn    string // why nothing was drawn
	Popular  []app.Population
	Words    string
	Unended  string // why it was not concluded
}

func (s *Server) audit(v *visit) error {
	view, err := s.auditView(v)
	if err != nil {
		return err
	}
	return s.show(v, auditHead(view), auditPage(view))
}

func (s *Server) auditView(v *visit) (auditView, error) {
	now := s.o.Now()
	view := auditView{Issue: v.may(account.IssueReport, now)}
	var err error
	if view.AuditView, err = s.o.App.Audit(v, v.Caller, v.r.PathValue("audit")); err != nil {
		return view, err
	}
	view.Form, view.Conduct = view.Audit, v.may(account.ConductAudit, now) && view.Conclusion == nil
	if view.Scope, err = s.scopeOrNone(v); err != nil {
		return view, err
	}
	p, err := s.o.App.Programme(v, v.Caller)
	if err != nil {
		return view, err
	}
	view.Subjects = p.Coverage
	if view.Conduct {
		if view.Popular, err = s.o.App.Populations(v, v.Caller); err != nil {
			return view, err
		}
	}
	view.Asking = view.Conduct && view.Cancelled == "" && view.State != audit.Planned
	view.Groups = grouped(view.Questions)
	view.look(or(v.get("question"), v.r.PostFormValue("question")))
	return view, nil
}

// look takes one question of the checklist to look at: that which is named, or
// the first without an answer.
func (q *auditView) look(id string) {
	for i, l := range q.Questions {
		if l.Answer == nil && q.Next == "" && l.ID != id {
			q.Next = l.ID
		}
		if l.ID == id {
			q.At = &q.Questions[i]
		}
	}
	if q.At == nil && q.Next != "" {
		q.look(q.Next)
		return
	}
	if q.At != nil && q.At.Answer != nil {
		q.Said = app.AuditAnswer{Result: q.At.Answer.Result, Seen: q.At.Answer.Seen}
		for _, n := range q.Findings {
			if n.ID == q.At.Answer.Raised {
				q.Said.Statement, q.Said.Where = n.Statement, n.Where
			}
		}
	}
}

// questionGroup are the questions about one subject.
type questionGroup struct {
	Subject, Title string
	Questions      []app.QuestionLine
	Answered       int
	Worst          audit.Result // of the answers; empty: none
}

func grouped(all []app.QuestionLine) []questionGroup {
	var out []questionGroup
	for _, q := range all {
		if len(out) == 0 || out[len(out)-1].Subject != q.Subject {
			out = append(out, questionGroup{Subject: q.Subject, Title: q.Title})
		}
		g := &out[len(out)-1]
		if g.Questions = append(g.Questions, q); q.Answer == nil {
			continue
		}
		if g.Answered++; g.Worst == "" || slices.Index(audit.Results(), q.Answer.Result) < slices.Index(audit.Results(), g.Worst) {
			g.Worst = q.Answer.Result
		}
	}
	return out
}

// opens tells whether a group stands open: that of the question that is looked
// at, and one in which something was raised.
func (q auditView) opens(g questionGroup) bool {
	return q.Asking && q.At != nil && q.At.Subject == g.Subject || g.Worst.Raises() || len(q.Groups) < 4
}

func auditHead(view auditView) page {
	next := "Nothing: it is concluded. What it raised is treated below Nonconformities."
	switch {
	case view.Conclusion != nil:
	case view.Cancelled != "":
		next = "Nothing: it does not take place. Plan another one for what it was to look at."
	case view.Lead == "":
		next = "Name who leads it: nobody who owns or answers for what it looks at."
	case len(view.Conflicts) > 0:
		next = "Name another auditor: " + view.Conflicts[0] + "."
	case view.State == audit.Planned:
		next = "Nothing before " + string(view.Begins) + ": then its questions are answered here."
	case view.Answered < view.Asked:
		next = plural(view.Asked-view.Answered, "question waits", "questions wait") + " for an answer: look, then write down what you saw."
	default:
		next = "Every question has an answer: conclude the audit."
	}
	return page{Title: view.Title, Section: "/audit",
		What: "An internal audit from " + string(view.Begins) + " to " + string(view.Ends) + ". It is " + string(view.State) + ".",
		Why:  "An audit tells whether the management system conforms and is effective; its criteria, its results and who made it are documented (ISO/IEC 27001, 9.2.2).",
		Next: next}
}

// editAudit takes the form of a plan; what is refused comes back as it was typed.
func (s *Server) editAudit(v *visit) error {
	view, err := s.auditView(v)
	if err != nil {
		return err
	}
	x, seen, err := typedPlan(v, view.Audit)
	if err == nil {
		_, err = s.o.App.SetAudit(v, v.Caller, x, seen)
	}
	return s.settled(v, err, "/audit/"+x.ID, func(fault string) error {
		view.Form, view.Fault = x, fault
		return s.typed(v, auditHead(view), auditPage(view))
	})
}

// answerAudit records what was seen, and goes on to the next question.
func (s *Server) answerAudit(v *visit) error {
	id, f := v.r.PathValue("audit"), v.r.PostFormValue
	said := app.AuditAnswer{Question: f("question"), Result: audit.Result(f("result")), Seen: plainLines(f("seen")), Statement: plainLines(f("statement")), Where: strings.TrimSpace(f("where"))}
	_, err := s.o.App.AnswerAudit(v, v.Caller, id, said, digit(f("version")))
	if fault, ok := mendable(err); ok {
		view, err := s.auditView(v)
		if err != nil {
			return err
		}
		view.Said, view.Refused = said, fault
		return s.typed(v, auditHead(view), auditPage(view))
	}
	if err != nil {
		return err
	}
	to := "/audit/" + id
	if next := f("next"); next != "" {
		to += "?question=" + url.QueryEscape(next)
	}
	return v.redirect(to + "#question")
}

// sampleAudit draws a sample.
func (s *Server) sampleAudit(v *visit) error {
	id, f := v.r.PathValue("audit"), v.r.PostFormValue
	ask := app.SampleAsk{Population: f("population"), Size: digit(f("size")), Seed: strings.TrimSpace(f("seed")), Why: plainLines(f("why"))}
	_, err := s.o.App.SampleAudit(v, v.Caller, id, ask)
	return s.settled(v, err, "/audit/"+id+"#samples", func(fault string) error {
		view, err := s.auditView(v)
		if err != nil {
			return err
		}
		view.Ask, view.Drawn = ask, fault
		return s.typed(v, auditHead(view), auditPage(view))
	})
}

// concludeAudit ends an audit.
func (s *Server) concludeAudit(v *visit) error {
	id, words := v.r.PathValue("audit"), plainLines(v.r.PostFormValue("words"))
	_, err := s.o.App.ConcludeAudit(v, v.Caller, id, words, digit(v.r.PostFormValue("version")))
	return s.settled(v, err, "/audit/"+id, func(fault string) error {
		view, err := s.auditView(v)
		if err != nil {
			return err
		}
		view.Words, view.Unended = words, fault
		return s.typed(v, auditHead(view), auditPage(view))
	})
}

// auditPaper issues the report of an audit as a file.
func (s *Server) auditPaper(v *visit) error {
	id := v.r.PathValue("audit")
	return s.issuePaper(v, "is no report of an audit", app.AuditFormats(), v.Org+"-audit-"+cut(id, 12), func(format string, w io.Writer) error {
		return s.o.App.AuditPaper(v, v.Caller, id, format, report.Paper{}, w)
	})
}

// outsideOf gives the name of somebody who is no person of the scope.
func outsideOf(sc *scope.Scope, who string) string {
	if _, ok := sc.Person(who); ok {
		return ""
	}
	return who
}

// outsiders gives those of a team who are no people of the scope, one a line.
func outsiders(sc *scope.Scope, team []string) string {
	var out []string
	for _, who := range team {
		if w := outsideOf(sc, who); w != "" {
			out = append(out, w)
		}
	}
	return strings.Join(out, "\n")
}

func resultOptions() []option { return options("", audit.Results()) }

func coverOptions() []option { return options("all", audit.Covers()) }

func populationOptions(all []app.Population) []option {
	var out []option
	for _, p := range all {
		if p.Of > 0 {
			out = append(out, option{p.ID, p.Title + ", " + number(p.Of)})
		}
	}
	return out
}

// auditClass gives the colour of a word of the audit, and auditSign its sign.
func auditClass[S ~string](word S) string {
	switch string(word) {
	case string(audit.Concluded), string(audit.Conforms), string(audit.Covered):
		return "s-satisfied"
	case string(audit.Late), string(audit.Major), string(audit.Uncovered), string(audit.Raised), string(audit.NotEffective):
		return "s-not-satisfied"
	case string(audit.UnderWay), string(audit.Due), string(audit.Minor), string(audit.Partly), string(audit.Analysed), string(audit.Acting), string(audit.ToVerify):
		return "s-partly"
	case string(audit.Planned), string(audit.NotSeen), string(audit.Scheduled), string(audit.Noted), string(audit.Opportunity):
		return "s-unknown"
	}
	return "s-not-applicable"
}

func auditSign[S ~string](word S) string {
	return map[string]string{"s-satisfied": "✓", "s-not-satisfied": "✕", "s-partly": "◐", "s-unknown": "○"}[auditClass(word)]
}
