// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
)

// matrixView is what the page of a matrix shows.
type matrixView struct {
	Service  scope.Service
	Services []scope.Service
	Edition  catalogue.Edition
	Matrix   *responsibility.Matrix
	Stored   bool
	Standing responsibility.Status
	Since    *app.Since // what changed since the sign-off; nil: it stands, or there is none
	Newer    []pairing  // what else is another than when it was signed, though it ends no sign-off
	Groups   []matrixGroup
	Shown    []string // duties
	All      int
	Kinds    map[responsibility.VerdictKind]int // of all rows
	Filter   matrixFilter
	Differs  int // rows that differ from the default
	Themes   []option
	Controls []option
	Rules    []option
	Panel    *matrixRow
	Earlier  string // the duty before that of the panel, as they are shown
	Later    string
	Whole    []responsibility.Finding // about the matrix as a whole
	Customer string                   // when the matrix does not name it
	May      matrixMay
	Other    comparison
	People   []scope.Person // of the scope: owners are named by their ids
	Refused  refused        // an edit that was not taken
	visit    *visit
}

// pairing is what was, and what is.
type pairing struct{ What, Was, Is string }

// matrixGroup is a control with its duties.
type matrixGroup struct {
	Control catalogue.Control
	Clause  string
	Rows    []matrixRow
}

// matrixRow is a duty as the matrix divides it.
type matrixRow struct {
	Duty     catalogue.Duty
	Control  catalogue.Control
	Line     responsibility.Allocation
	Present  bool // the matrix has a line
	Verdict  responsibility.VerdictKind
	Findings []responsibility.Finding
	Default  responsibility.Allocation
	Differs  bool // from the default
}

// matrixFilter says which rows are shown, as the address names it.
type matrixFilter struct {
	Party, Theme, Control, Rule, Verdict string
	Open                                 bool // only gaps and overlaps
	Differs                              bool // only what differs from the usual
	Text                                 string
}

func filterOf(v *visit) matrixFilter {
	return matrixFilter{Party: v.get("party"), Theme: v.get("theme"), Control: v.get("control"), Rule: v.get("rule"), Verdict: v.get("verdict"),
		Open: v.get("open") != "", Differs: v.get("compare") == "default", Text: strings.TrimSpace(v.get("text"))}
}

// holds tells whether a row is shown.
func (f matrixFilter) holds(r matrixRow, theme, clause string) bool {
	return (f.Party == "" || string(r.Duty.Party) == f.Party) && (f.Theme == "" || theme == f.Theme) && (f.Control == "" || r.Control.Key == f.Control) &&
		(f.Verdict == "" || string(r.Verdict) == f.Verdict) && (!f.Open || open(r.Verdict)) && (!f.Differs || r.Differs) &&
		(f.Rule == "" || slices.ContainsFunc(r.Findings, func(x responsibility.Finding) bool { return f.Rule == anyRule || string(x.Rule) == f.Rule })) &&
		(f.Text == "" || r.says(f.Text, clause))
}

// anyRule is the filter of rows of which a rule found something, whichever.
const anyRule = "any"

// open tells of a duty that nobody performs, or that both do unsplit.
func open(k responsibility.VerdictKind) bool {
	return k == responsibility.OnNobody || k == responsibility.OnBoth || k == responsibility.Unallocated
}

// says tells whether every word of a text stands somewhere in the row.
func (r matrixRow) says(text, clause string) bool {
	l := r.Line
	all := strings.ToLower(strings.Join(append([]string{r.Duty.ID, r.Duty.Text, r.Control.Title, clause, l.Split, l.CustomerOwner, l.ProviderContact, l.Basis.String(), l.Rationale, l.Note}, l.Evidence...), "\n"))
	for _, word := range strings.Fields(strings.ToLower(text)) {
		if !strings.Contains(all, word) {
			return false
		}
	}
	return true
}

// responsibility leads to the matrix of the first service.
func (s *Server) responsibility(v *visit) error {
	sc, err := s.o.App.Scope(v, v.Caller)
	if err != nil {
		return err
	}
	if len(sc.Services) == 0 {
		return problem.New(problem.NotFound, "The scope names no cloud service", "demarc scope import scope.yaml")
	}
	return v.redirect("/responsibility/" + sc.Services[0].ID)
}

// edition gives the edition that the query names, or that of the newest run.
func (s *Server) edition(v *visit) (catalogue.Edition, error) {
	switch e := v.get("edition"); e {
	case "2015", "2026":
		return catalogue.Edition(e), nil
	case "":
		run, err := s.run(v)
		if problem.Of(err) == problem.NotFound {
			return catalogue.Edition2026, nil
		}
		return run.Edition, err
	default:
		return "", problem.New(problem.NotFound, "There is no edition "+cut(e, 20)+" of the standard", "The editions are 2015 and 2026.")
	}
}

func (s *Server) matrix(v *visit) error { return s.matrixWith(v, refused{}) }

// matrixWith shows a matrix, and what of an edit was not taken.
func (s *Server) matrixWith(v *visit, no refused) error {
	ed, err := s.edition(v)
	if err != nil {
		return err
	}
	if duty := v.get("duty"); duty != "" { // as other pages name a line
		v.query.Set("line", duty)
		v.query.Del("duty")
	}
	m, err := s.o.App.Matrices(v, v.Caller, ed)
	if err != nil {
		return err
	}
	service, ok := m.Scope.Service(v.r.PathValue("service"))
	if !ok {
		return problem.New(problem.NotFound, "No service is called "+cut(v.r.PathValue("service"), 40), "Cloud services lists them.")
	}
	view := matrixView{Service: service, Services: m.Scope.Services, Edition: ed, Kinds: map[responsibility.VerdictKind]int{}, Filter: filterOf(v), Refused: no, visit: v}
	view.May, view.People = s.matrixMay(v), m.Scope.People
	if view.Matrix, view.Stored, err = m.Of(service.ID); err != nil {
		return err
	}
	if view.Standing, err = m.Standing(service.ID); err != nil {
		return err
	}
	if view.Customer = m.Scope.Organisation.Name; service.Role == scope.Provides {
		view.Customer = or(service.Customer, "our customers")
	}
	if err := s.matrixRows(v, m, &view); err != nil {
		return err
	}
	if err := s.compare(v, m, &view); err != nil {
		return err
	}
	if err := s.since(v, &view); err != nil {
		return err
	}
	p := page{
		Title: "Who answers for " + service.Name, Section: "/responsibility",
		What: "The responsibility matrix of " + service.Name + ", which " + roleOf(service.Role) + ": for each duty of ISO/IEC 27017:" + string(ed) + " which party performs it and which answers for it.",
		Why:  "Customer and provider must agree on who does what and write it down. What nobody does, and what both believe the other does, is where clouds break.",
		Next: view.next(),
	}
	return s.write(v, no.status(), s.dress(v, p), layout, matrixPage(view))
}

// next says what to do with the matrix.
func (m *matrixView) next() string {
	switch {
	case m.Refused.Why != "":
		return "Nothing was saved. What you typed stands below, with what was wrong with it."
	case !m.Stored:
		return "Nobody has looked at this matrix yet: it is the usual division. Take it over, change the lines that are otherwise, and sign it off."
	case m.Standing == responsibility.Stale:
		return "Something changed after the sign-off: see below what, and agree again."
	}
	return "Read the rows with a rule beside them: each says what is missing."
}

func (s *Server) matrixRows(v *visit, m *app.Matrices, view *matrixView) error {
	cat, err := s.o.App.Catalogue()
	if err != nil {
		return err
	}
	usual, err := s.o.App.DefaultMatrix(v, v.Caller, view.Service.ID, view.Edition)
	if err != nil {
		return err
	}
	lines, defaults := view.Matrix.Lines(), usual.Lines()
	verdicts, found := view.found(m)
	theme := view.options(cat)
	chosen := or(view.Refused.Line.Duty, v.get("line"))
	before, now := "", false // the row that was shown before, and whether it was the chosen one
	for _, c := range cat.Controls() {
		g := matrixGroup{Control: c, Clause: clausesOf(c, view.Edition)}
		for _, d := range c.DutiesOf(view.Edition, "") {
			row := matrixRow{Duty: d, Control: c, Verdict: verdicts[d.ID], Findings: found[d.ID], Default: defaults[d.ID]}
			row.Line, row.Present = lines[d.ID]
			row.Differs = row.Line.Customer != row.Default.Customer || row.Line.Provider != row.Default.Provider
			view.All++
			if row.Differs {
				view.Differs++
			}
			shown := view.Filter.holds(row, theme[c.Key], g.Clause)
			if chosen == d.ID {
				view.Panel = &row
			}
			if !shown {
				continue
			}
			if now {
				view.Later = d.ID
			}
			if now = chosen == d.ID; now {
				view.Earlier = before
			}
			before = d.ID
			g.Rows, view.Shown = append(g.Rows, row), append(view.Shown, d.ID)
		}
		if len(g.Rows) > 0 {
			view.Groups = append(view.Groups, g)
		}
	}
	return nil
}

// found gives the verdict and the findings of each duty.
func (m *matrixView) found(all *app.Matrices) (map[string]responsibility.VerdictKind, map[string][]responsibility.Finding) {
	verdicts, found := map[string]responsibility.VerdictKind{}, map[string][]responsibility.Finding{}
	for _, x := range all.Verdicts {
		if x.Service == m.Service.ID {
			verdicts[x.Duty] = x.Kind
			m.Kinds[x.Kind]++
		}
	}
	rules := map[responsibility.Rule]bool{}
	for _, f := range all.Findings {
		if f.Service == m.Service.ID {
			found[f.Duty] = append(found[f.Duty], f)
			rules[f.Rule] = rules[f.Rule] || f.Duty != ""
		}
	}
	m.Whole = found[""]
	m.Rules = []option{{"", "any or none"}, {anyRule, "any rule"}}
	for _, r := range allRules() {
		if rules[r] {
			m.Rules = append(m.Rules, option{string(r), string(r) + " " + ruleName(r)})
		}
	}
	return verdicts, found
}

// options fills what the filter offers, and gives the theme of each control.
func (m *matrixView) options(cat *catalogue.Catalogue) map[string]string {
	theme := map[string]string{}
	m.Themes, m.Controls = []option{{"", "all themes"}}, []option{{"", "all controls"}}
	for _, t := range cat.Themes(m.Edition) {
		m.Themes = append(m.Themes, option{t.ID, t.ID + " " + t.Title})
		for _, key := range t.Controls {
			theme[key] = t.ID
		}
	}
	for _, c := range cat.Controls() {
		if clause := clausesOf(c, m.Edition); clause != "" {
			m.Controls = append(m.Controls, option{c.Key, cut(clause+" "+c.Title, 60)})
		}
	}
	return theme
}

// line gives the address of the panel of a duty, at its row where that is shown;
// without one, of the page without a panel, where the panel's row stands.
func (m *matrixView) line(duty string) string {
	switch {
	case duty != "":
		return m.visit.with("line", duty) + m.anchor(duty)
	case m.Panel != nil && slices.Contains(m.Shown, m.Panel.Duty.ID):
		return m.visit.with("line", "") + m.anchor(m.Panel.Duty.ID)
	}
	return m.visit.with("line", "") + "#grid"
}

// anchor gives the place of a duty on the page: beside its row the panel is seen.
func (m *matrixView) anchor(duty string) string {
	if slices.Contains(m.Shown, duty) {
		return "#line-" + duty
	}
	return "#panel"
}

// clausesOf gives the numbers of a control in an edition.
func clausesOf(c catalogue.Control, ed catalogue.Edition) string {
	var ids []string
	for _, clause := range c.Clauses {
		if clause.Edition == ed && !slices.Contains(ids, clause.ID) {
			ids = append(ids, clause.ID)
		}
	}
	return strings.Join(ids, ", ")
}

// back gives the address that a form of this page was sent from, and puts the
// visit there: the filter is kept over an edit.
func (v *visit) back(path string) {
	q, err := url.ParseQuery(v.r.PostFormValue("view"))
	if err != nil || len(v.r.PostFormValue("view")) > queryMost {
		q = url.Values{}
	}
	if ed := v.r.PostFormValue("edition"); ed != "" {
		q.Set("edition", ed)
	}
	r := v.r.Clone(v.Context)
	r.URL.Path, r.Method = path, http.MethodGet
	v.r, v.query = r, q
}
