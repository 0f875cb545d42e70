// SPDX-License-Identifier: Apache-2.0

package web

import (
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
	Groups   []matrixGroup
	Rows     int // shown
	All      int
	Kinds    map[responsibility.VerdictKind]int // of all rows
	Party    string
	Theme    string
	Rule     string
	Verdict  string
	Compare  bool
	Differs  int // rows that differ from the default
	Themes   []option
	Rules    []option
	Panel    *matrixRow
	Whole    []responsibility.Finding // about the matrix as a whole
	Customer string                   // when the matrix does not name it
	May      matrixMay
	Other    comparison
	People   []scope.Person // of the scope: owners are named by their ids
	visit    *visit
}

// matrixGroup is a control with its duties.
type matrixGroup struct {
	Control catalogue.Control
	Clause  string
	Rows    []matrixRow
}

// matrixRow is a duty as the matrix divides it.
type matrixRow struct {
	Duty     catalogue.Duty
	Line     responsibility.Allocation
	Present  bool // the matrix has a line
	Verdict  responsibility.VerdictKind
	Findings []responsibility.Finding
	Default  responsibility.Allocation
	Differs  bool // from the default
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

func (s *Server) matrix(v *visit) error {
	ed, err := s.edition(v)
	if err != nil {
		return err
	}
	m, err := s.matrices(v, ed)
	if err != nil {
		return err
	}
	service, ok := m.Scope.Service(v.r.PathValue("service"))
	if !ok {
		return problem.New(problem.NotFound, "No service is called "+cut(v.r.PathValue("service"), 40), "Cloud services lists them.")
	}
	view := matrixView{Service: service, Services: m.Scope.Services, Edition: ed, Kinds: map[responsibility.VerdictKind]int{}, visit: v,
		Party: v.get("party"), Theme: v.get("theme"), Rule: v.get("rule"), Verdict: v.get("verdict"), Compare: v.get("compare") == "default"}
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
	next := "Read the rows with a rule beside them: each says what is missing."
	switch {
	case !view.Stored:
		next = "Nobody has looked at this matrix yet: it is the usual division. Take it over, change the lines that are otherwise, and sign it off."
	case view.Standing == responsibility.Stale:
		next = "Something changed after the sign-off: agree again."
	}
	return s.show(v, page{
		Title: "Who answers for " + service.Name, Section: "/responsibility",
		What: "The responsibility matrix of " + service.Name + ", which " + roleOf(service.Role) + ": for each duty of ISO/IEC 27017:" + string(ed) + " which party performs it and which answers for it.",
		Why:  "Customer and provider must agree on who does what and write it down. What nobody does, and what both believe the other does, is where clouds break.",
		Next: next,
	}, matrixPage(view))
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
	verdicts, found := map[string]responsibility.VerdictKind{}, map[string][]responsibility.Finding{}
	for _, x := range m.Verdicts {
		if x.Service == view.Service.ID {
			verdicts[x.Duty] = x.Kind
			view.Kinds[x.Kind]++
		}
	}
	rules := map[responsibility.Rule]bool{}
	for _, f := range m.Findings {
		if f.Service == view.Service.ID {
			found[f.Duty] = append(found[f.Duty], f)
			rules[f.Rule] = true
		}
	}
	view.Whole = found[""]
	view.Rules = []option{{"", "any or none"}}
	for _, r := range allRules() {
		if rules[r] {
			view.Rules = append(view.Rules, option{string(r), string(r) + " " + ruleName(r)})
		}
	}
	theme := map[string]string{}
	view.Themes = []option{{"", "all themes"}}
	for _, t := range cat.Themes(view.Edition) {
		view.Themes = append(view.Themes, option{t.ID, t.ID + " " + t.Title})
		for _, key := range t.Controls {
			theme[key] = t.ID
		}
	}
	for _, c := range cat.Controls() {
		g := matrixGroup{Control: c, Clause: clausesOf(c, view.Edition)}
		for _, d := range c.DutiesOf(view.Edition, "") {
			row := matrixRow{Duty: d, Verdict: verdicts[d.ID], Findings: found[d.ID], Default: defaults[d.ID]}
			row.Line, row.Present = lines[d.ID]
			row.Differs = row.Line.Customer != row.Default.Customer || row.Line.Provider != row.Default.Provider
			view.All++
			if row.Differs {
				view.Differs++
			}
			if v.get("duty") == d.ID {
				view.Panel = &row
			}
			if view.holds(row, theme[c.Key]) {
				g.Rows = append(g.Rows, row)
				view.Rows++
			}
		}
		if len(g.Rows) > 0 {
			view.Groups = append(view.Groups, g)
		}
	}
	return nil
}

// holds tells whether a row is in the view.
func (m *matrixView) holds(r matrixRow, theme string) bool {
	return (m.Party == "" || string(r.Duty.Party) == m.Party) && (m.Theme == "" || theme == m.Theme) && (m.Verdict == "" || string(r.Verdict) == m.Verdict) &&
		(!m.Compare || r.Differs) && (m.Rule == "" || slices.ContainsFunc(r.Findings, func(f responsibility.Finding) bool { return string(f.Rule) == m.Rule }))
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

// shareWord says what a party does for a duty.
func shareWord(s responsibility.Share) string {
	switch s {
	case responsibility.Performs:
		return "performs"
	case responsibility.Accounts:
		return "answers for it"
	case responsibility.SharesBoth:
		return "performs and answers"
	case responsibility.None:
		return "nothing"
	}
	return "no line"
}

// shareSign is the sign before it.
func shareSign(s responsibility.Share) string {
	switch s {
	case responsibility.Performs:
		return "●"
	case responsibility.Accounts:
		return "◇"
	case responsibility.SharesBoth:
		return "◆"
	}
	return "·"
}

// verdictWord says what a verdict means.
func verdictWord(k responsibility.VerdictKind) string {
	switch k {
	case responsibility.OnCustomer:
		return "customer"
	case responsibility.OnProvider:
		return "provider"
	case responsibility.OnShared:
		return "shared"
	case responsibility.OnBoth:
		return "overlap"
	case responsibility.OnNobody:
		return "gap: nobody"
	case responsibility.Unallocated:
		return "not divided"
	case responsibility.NoMatrix:
		return "no matrix yet"
	}
	return "not expected"
}

func verdictSign(k responsibility.VerdictKind) string {
	switch k {
	case responsibility.OnCustomer:
		return "◐"
	case responsibility.OnProvider:
		return "◑"
	case responsibility.OnShared:
		return "●"
	case responsibility.OnBoth:
		return "◉"
	case responsibility.OnNobody:
		return "✕"
	}
	return "?"
}

func verdicts() []responsibility.VerdictKind {
	return []responsibility.VerdictKind{responsibility.OnNobody, responsibility.OnBoth, responsibility.Unallocated, responsibility.NoMatrix, responsibility.OnShared, responsibility.OnCustomer, responsibility.OnProvider}
}

func verdictOptions() []option {
	out := []option{{"", "all"}}
	for _, k := range verdicts() {
		out = append(out, option{string(k), verdictWord(k)})
	}
	return out
}

// ruleName says in a few words what a rule looks for.
func ruleName(r responsibility.Rule) string {
	switch r {
	case responsibility.Gap:
		return "nobody performs"
	case responsibility.Overlap:
		return "both perform, unsplit"
	case responsibility.OrphanShared:
		return "shared, one side unnamed"
	case responsibility.TwoAccountable:
		return "two answer for it"
	case responsibility.AssumptionOnly:
		return "rests on an assumption"
	case responsibility.ContractMismatch:
		return "contract says otherwise"
	case responsibility.StatementMismatch:
		return "provider says otherwise"
	case responsibility.ChainBreak:
		return "broken chain"
	case responsibility.NoEvidence:
		return "no evidence"
	case responsibility.ModelAnomaly:
		return "unusual, unexplained"
	case responsibility.NotAcknowledged:
		return "not acknowledged"
	case responsibility.StaleSignOff:
		return "stale sign-off"
	case responsibility.OwnerLeft:
		return "owner has left"
	}
	return string(r)
}

// allRules lists the rules in their order.
func allRules() []responsibility.Rule {
	return []responsibility.Rule{responsibility.Gap, responsibility.Overlap, responsibility.OrphanShared, responsibility.TwoAccountable, responsibility.AssumptionOnly,
		responsibility.ContractMismatch, responsibility.StatementMismatch, responsibility.ChainBreak, responsibility.NoEvidence, responsibility.ModelAnomaly,
		responsibility.NotAcknowledged, responsibility.StaleSignOff, responsibility.OwnerLeft}
}
