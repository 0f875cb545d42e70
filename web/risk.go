// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/risk"
	"demarc.dev/demarc/scope"
)

// riskView is what the page of the register shows.
type riskView struct {
	*app.Register
	Shown  []risk.Line // after the filter
	Filter riskFilter
	Scope  *scope.Scope
	Edit   bool
	Issue  bool
	Decide bool
	Heats  []riskHeat
	Own    risk.Risk // a new one that was refused, as it was typed
	Fault  string
}

// riskFilter stands in the address of the page.
type riskFilter struct{ Service, State, Band, Cell, Text string }

// riskHeat is one heat map of the register.
type riskHeat struct {
	View risk.View
	risk.Heat
}

// cell names a cell of a heat map in an address.
func cell(v risk.View, likelihood, consequence int) string {
	return fmt.Sprintf("%s-%d-%d", v, likelihood, consequence)
}

func (f riskFilter) keeps(l risk.Line) bool {
	if f.Service != "" && l.Service != f.Service || f.State != "" && string(l.State) != f.State || f.Band != "" && l.Band != f.Band {
		return false
	}
	if f.Text != "" && !strings.Contains(strings.ToLower(l.ID+" "+l.Title+" "+l.Event+" "+l.Owner), strings.ToLower(f.Text)) {
		return false
	}
	if f.Cell == "" {
		return true
	}
	return l.State != risk.Closed && slices.ContainsFunc(risk.Views(), func(v risk.View) bool {
		r := v.Of(l.Risk)
		return cell(v, r.Likelihood, r.Consequence) == f.Cell
	})
}

func (s *Server) risks(v *visit) error {
	view, err := s.riskView(v)
	if err != nil {
		return err
	}
	return s.show(v, riskPage(view), risksPage(view))
}

func (s *Server) riskView(v *visit) (riskView, error) {
	g, err := s.o.App.Register(v, v.Caller)
	if err != nil {
		return riskView{}, err
	}
	sc, err := s.scopeOrNone(v)
	if err != nil {
		return riskView{}, err
	}
	now := s.o.Now()
	view := riskView{Register: g, Scope: sc, Filter: riskFilter{v.get("service"), v.get("state"), v.get("band"), v.get("cell"), v.get("text")},
		Edit: v.may(account.EditRisk, now), Issue: v.may(account.IssueReport, now), Decide: v.may(account.DecideRisk, now)}
	all := make([]risk.Risk, len(g.Risks))
	for i, l := range g.Risks {
		all[i] = l.Risk
		if view.Filter.keeps(l) {
			view.Shown = append(view.Shown, l)
		}
	}
	for _, x := range risk.Views() {
		view.Heats = append(view.Heats, riskHeat{x, risk.Map(g.Method, all, x)})
	}
	return view, nil
}

// scopeOrNone gives the scope, an empty one when nobody wrote it.
func (s *Server) scopeOrNone(v *visit) (*scope.Scope, error) {
	sc, err := s.o.App.Scope(v, v.Caller)
	if err != nil && problem.Of(err) == problem.NotFound {
		return &scope.Scope{}, nil
	}
	return sc, err
}

func riskPage(view riskView) page {
	next := "Look at what is above the appetite, and at what went stale."
	switch s := view.Summary; {
	case s.All == 0 && view.Edit:
		next = "Write the threats to your services into the register; then rate them, one after the other."
	case s.All == 0:
		next = "Nobody has written a risk down yet."
	case s.States[risk.Identified] > 0:
		next = plural(s.States[risk.Identified], "risk waits", "risks wait") + " to be rated: open one, see what the state of its controls suggests, and decide."
	}
	return page{Title: "Risk register", Section: "/risk",
		What: "What may happen to the cloud services of the organisation, how likely and how bad it is, and what is done about it.",
		Why:  "ISO/IEC 27001 asks for a method, for owners, and for an acceptance of what is left (6.1.2, 6.1.3, 8.2, 8.3); ISO/IEC 27017 adds the threats of the cloud.",
		Next: next}
}

// seedRisks writes the threats of the catalogue into the register.
func (s *Server) seedRisks(v *visit) error {
	if _, err := s.o.App.SeedRisks(v, v.Caller, v.r.PostFormValue("service")); err != nil {
		return err
	}
	return v.redirect("/risk")
}

// addRisk writes a risk of the firm's own down.
func (s *Server) addRisk(v *visit) error {
	r := risk.Risk{ID: strings.TrimSpace(v.r.PostFormValue("id")), Title: v.r.PostFormValue("title"), Event: v.r.PostFormValue("event"), Service: v.r.PostFormValue("service"), Owner: v.r.PostFormValue("owner")}
	_, err := s.o.App.SetRisk(v, v.Caller, r, 0)
	return s.settled(v, err, "/risk/"+r.ID, func(fault string) error {
		view, err := s.riskView(v)
		if err != nil {
			return err
		}
		view.Own, view.Fault = r, fault
		return s.typed(v, riskPage(view), risksPage(view))
	})
}

// mendable gives the words of an error that the visitor can mend in the form.
func mendable(err error) (string, bool) {
	if k := problem.Of(err); err != nil && (k == problem.Invalid || k == problem.Conflict) {
		return err.Error(), true
	}
	return "", false
}

// settled answers a form that was acted on: what the visitor can mend is shown
// again, with what he typed; otherwise he is led on.
func (s *Server) settled(v *visit, err error, to string, again func(fault string) error) error {
	if fault, ok := mendable(err); ok {
		return again(fault)
	}
	if err != nil {
		return err
	}
	return v.redirect(to)
}

// riskPaper issues the register as a file.
func (s *Server) riskPaper(v *visit) error {
	return s.issuePaper(v, "is no risk register", app.RiskFormats(), v.Org+"-risks", func(format string, w io.Writer) error {
		return s.o.App.RiskPaper(v, v.Caller, format, report.Paper{}, w)
	})
}

// oneRiskView is what the page of one risk shows.
type oneRiskView struct {
	risk.Line
	Form        risk.Risk // as it stands, or as it was typed and refused
	Fault       string
	Method      risk.Method
	Scope       *scope.Scope
	Edit        bool
	Decide      bool
	Until       string // a day to propose
	Typed       struct{ Until, Note string }
	DecideFault string
}

// blankSteps is how many empty rows stand under the steps of a treatment.
const blankSteps = 2

func (s *Server) risk(v *visit) error {
	view, err := s.oneRisk(v)
	if err != nil {
		return err
	}
	return s.show(v, oneRiskHead(view), oneRiskPage(view))
}

func (s *Server) oneRisk(v *visit) (oneRiskView, error) {
	g, err := s.o.App.Register(v, v.Caller)
	if err != nil {
		return oneRiskView{}, err
	}
	l, err := g.Of(v.r.PathValue("risk"))
	if err != nil {
		return oneRiskView{}, err
	}
	sc, err := s.scopeOrNone(v)
	now := s.o.Now()
	view := oneRiskView{Line: l, Form: l.Risk, Method: g.Method, Scope: sc, Edit: v.may(account.EditRisk, now), Decide: v.may(account.DecideRisk, now) && l.Closed == ""}
	view.Typed.Until = now.AddDate(1, 0, 0).Format("2006-01-02")
	return view, err
}

func oneRiskHead(view oneRiskView) page {
	next := "Nothing until something changes."
	switch view.State {
	case risk.Identified:
		next = "Decide how likely and how bad it is; what the controls suggest stands beside."
	case risk.Assessed:
		next = "Say what is done about it."
	case risk.Proposed:
		next = "Its owner approves the treatment and accepts what is left."
	case risk.Stale:
		next = "It is not what was accepted any more: look at what changed, and decide anew."
	case risk.Treating:
		next = "Do what is planned, and note when it is done."
	}
	what := "A risk to " + serviceName(view.Scope, view.Service) + "."
	if view.Threat != "" {
		what = "The threat " + view.Threat + " of the catalogue to " + serviceName(view.Scope, view.Service) + "."
	}
	return page{Title: view.Title, Section: "/risk", What: what + " It is " + string(view.State) + ".",
		Why:  "A risk has an owner, who approves what is done about it and accepts what is left (ISO/IEC 27001, 6.1.3).",
		Next: next}
}

// serviceName gives the name of a service of the scope.
func serviceName(sc *scope.Scope, id string) string {
	if id == "" {
		return "the organisation as a whole"
	}
	if v, ok := sc.Service(id); ok {
		return v.Name
	}
	return id
}

// personName gives the name of a person of the scope.
func personName(sc *scope.Scope, id string) string {
	if p, ok := sc.Person(id); ok {
		return p.Name
	}
	return or(id, "nobody")
}

// owners are the owners to choose from; one that is set and unknown stays.
func owners(sc *scope.Scope, set string) []option {
	out := []option{{"", "nobody"}}
	known := set == ""
	for _, p := range sc.People {
		if p.Active || p.ID == set {
			out = append(out, option{p.ID, p.Name})
			known = known || p.ID == set
		}
	}
	if !known {
		out = append(out, option{set, set})
	}
	return out
}

func levels(scale []risk.Level) []option {
	out := []option{{"", "not rated"}}
	for i, l := range scale {
		out = append(out, option{strconv.Itoa(i + 1), fmt.Sprintf("%d %s: %s", i+1, l.Name, l.Words)})
	}
	return out
}

func treatments() []option {
	return []option{{"", "not decided"}, {string(risk.Modify), "modify: change controls"}, {string(risk.Retain), "retain: keep it as it is"}, {string(risk.Avoid), "avoid: do without what brings it"}, {string(risk.Share), "share: with an insurer or a supplier"}}
}

// editRisk takes the form of a risk; what is refused comes back as it was typed.
func (s *Server) editRisk(v *visit) error {
	view, err := s.oneRisk(v)
	if err != nil {
		return err
	}
	r, seen, err := typedRisk(v, view.Risk)
	if err == nil {
		_, err = s.o.App.SetRisk(v, v.Caller, r, seen)
	}
	return s.settled(v, err, "/risk/"+r.ID, func(fault string) error {
		view.Form, view.Fault = r, fault
		return s.typed(v, oneRiskHead(view), oneRiskPage(view))
	})
}

// typedRisk reads the form over the risk as it stands.
func typedRisk(v *visit, r risk.Risk) (risk.Risk, int, error) {
	if err := v.r.ParseForm(); err != nil {
		return r, 0, problem.New(problem.Invalid, "the form cannot be read", "send it again").Wrap(err)
	}
	f := v.r.PostForm
	rating := func(name string) risk.Rating {
		return risk.Rating{Likelihood: digit(f.Get(name + ".likelihood")), Consequence: digit(f.Get(name + ".consequence"))}
	}
	r.Title, r.Event, r.Owner, r.Because, r.Closed = f.Get("title"), plainLines(f.Get("event")), f.Get("owner"), plainLines(f.Get("because")), plainLines(f.Get("closed"))
	r.Inherent, r.Current = rating("inherent"), rating("current")
	r.Treatment = risk.Treatment{Option: risk.Option(f.Get("option")), Target: rating("target"), Reason: plainLines(f.Get("reason"))}
	for i, what := range f["step"] {
		if strings.TrimSpace(what) == "" {
			continue
		}
		at := func(name string) string {
			if i < len(f[name]) {
				return f[name][i]
			}
			return ""
		}
		r.Treatment.Actions = append(r.Treatment.Actions, risk.Step{What: what, Gap: at("step.gap"), Owner: at("step.owner"), Due: risk.Day(at("step.due")), Done: risk.Day(at("step.done"))})
	}
	seen, err := strconv.Atoi(f.Get("version"))
	if err != nil {
		return r, 0, problem.New(problem.Invalid, "version: the form names no version", "open the risk again")
	}
	return r, seen, nil
}

// digit reads a step of a scale; anything else is none.
func digit(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// plainLines takes the line ends of a form off.
func plainLines(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// decideRisk approves a treatment and accepts what is left.
func (s *Server) decideRisk(v *visit) error {
	id, until, note := v.r.PathValue("risk"), v.r.PostFormValue("until"), plainLines(v.r.PostFormValue("note"))
	_, err := s.o.App.DecideRisk(v, v.Caller, id, digit(v.r.PostFormValue("version")), risk.Day(until), note)
	return s.settled(v, err, "/risk/"+id, func(fault string) error {
		view, err := s.oneRisk(v)
		if err != nil {
			return err
		}
		view.DecideFault, view.Typed.Until, view.Typed.Note = fault, until, note
		return s.typed(v, oneRiskHead(view), oneRiskPage(view))
	})
}

// riskMethodView is what the page of the method shows.
type riskMethodView struct {
	risk.Method
	Usual  bool
	Decide bool
	Text   string // the method as a file, or what was typed
	Fault  string
}

func (s *Server) riskMethod(v *visit) error {
	view, err := s.methodView(v)
	if err != nil {
		return err
	}
	return s.show(v, riskMethodHead(), riskMethodPage(view))
}

func (s *Server) methodView(v *visit) (riskMethodView, error) {
	m, usual, err := s.o.App.RiskMethod(v, v.Caller)
	if err != nil {
		return riskMethodView{}, err
	}
	data, err := m.Encode()
	return riskMethodView{Method: m, Usual: usual, Decide: v.may(account.DecideRisk, s.o.Now()), Text: string(data)}, err
}

func riskMethodHead() page {
	return page{Title: "Risk method", Section: "/risk",
		What: "The scales on which risks are rated, the bands of their product, and up to where a risk may be kept without anybody's acceptance.",
		Why:  "ISO/IEC 27001, 6.1.2 asks for criteria that give consistent, comparable results, and for criteria of acceptance.",
		Next: "Set the words so that two people would rate the same risk alike."}
}

// setRiskMethod takes a method in.
func (s *Server) setRiskMethod(v *visit) error {
	text := strings.ReplaceAll(v.r.PostFormValue("method"), "\r\n", "\n")
	_, err := s.o.App.SetRiskMethod(v, v.Caller, "method.yaml", []byte(text))
	return s.settled(v, err, "/riskmethod", func(fault string) error {
		view, err := s.methodView(v)
		if err != nil {
			return err
		}
		view.Text, view.Fault = text, fault
		return s.typed(v, riskMethodHead(), riskMethodPage(view))
	})
}
