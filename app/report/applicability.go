// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/applicability"
	"demarc.dev/demarc/document"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// Applicability is what the Statement of Applicability is written from.
type Applicability struct {
	Paper        Paper
	Organisation string
	Catalogue    string // its version
	Digest       string // of the statement, "sha256:…"
	At           time.Time
	Run          string // that the statuses rest on; empty: none
	Statement    applicability.Statement
	Approved     *applicability.Approval // nil: never
	Changes      []applicability.Change
	People       map[string]string // names by id
}

// ApplicabilityReport is the Statement of Applicability, to be approved and
// handed to an auditor (ISO/IEC 27001:2022, 6.1.3 d).
func ApplicabilityReport(s Applicability) document.Document {
	d := document.Document{Landscape: true, Meta: s.meta()}
	d.Blocks = append(d.Blocks, s.summary()...)
	for _, set := range s.sets() {
		d.Blocks = append(d.Blocks, s.set(set)...)
	}
	d.Blocks = append(d.Blocks, s.changes()...)
	return d
}

func (s Applicability) meta() document.Meta {
	m := document.Meta{Title: "Statement of Applicability", Subtitle: "ISO/IEC 27001:2022 Annex A and ISO/IEC 27017:" + string(s.Statement.Edition), Organisation: s.Organisation,
		ID: s.Paper.ID, Version: s.Paper.Version, Classification: s.Paper.Classification, Date: s.At, Catalogue: s.Catalogue, Digest: strings.TrimPrefix(s.Digest, "sha256:"),
		Facts: []document.Fact{{Name: "Lines", Value: itoa(s.Statement.Summary.Lines)}, {Name: "Statuses rest on", Value: or(s.Run, "no assessment")}, {Name: "Approved", Value: s.approved()}}}
	m.Facts = append(m.Facts, s.Paper.sender()...)
	if n := s.Statement.Summary.Standings[applicability.Blank]; n > 0 {
		m.Notice = fmt.Sprintf("This is a draft: %s no justification yet.", count(n, "line has", "lines have"))
	} else if s.Approved == nil || s.Approved.Digest != s.Digest {
		m.Notice = "This is a draft: what stands here is not what was approved last."
	}
	return m
}

func (s Applicability) approved() string {
	if s.Approved == nil {
		return "never"
	}
	return fmt.Sprintf("version %d by %s on %s", s.Approved.Version, s.Approved.By, day(s.Approved.At, "no day"))
}

func (s Applicability) summary() []document.Block {
	n := s.Statement.Summary
	out := []document.Block{heading(1, "Summary", "summary"),
		lead("Of %s %d apply and %d are excluded, each with its reason.", count(n.Lines, "line", "lines"), n.Applicable, n.Excluded),
		document.Tiles{Items: []document.Tile{
			{Value: itoa(n.Standings[applicability.Decided]), Label: "decided by a person", Tone: document.Good},
			{Value: itoa(n.Standings[applicability.Proposed]), Label: "proposed from scope, risks and catalogue", Tone: document.Unknown},
			{Value: itoa(n.Standings[applicability.Blank]), Label: "without a justification", Tone: unlessNone(n.Standings[applicability.Blank], document.Bad)},
			{Value: itoa(n.Untested), Label: "apply, and nothing tells how they stand", Tone: unlessNone(n.Untested, document.Unknown)},
		}}}
	t := document.Table{Caption: "Lines that apply, by how they stand", Columns: []document.Column{column("Status", 2), numbers("Lines", 1), column("What it means", 6)}, Empty: "No line has a status."}
	for _, x := range shown() {
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{statusCell(x), document.Num(n.Statuses[x]), document.Str(statusOf(x).meaning)}})
	}
	t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{document.Status(document.Muted, "No status"), document.Num(n.Untested), document.Str("No control of the cloud set corresponds, or nothing was assessed: documents and people answer for it.")}})
	return append(out, t, note("A status is the worst of the answers about the organisation's own duties, over all its services. It is derived from the assessment and never written by hand."))
}

// sets gives the standards of the lines, in their order.
func (s Applicability) sets() []string {
	var out []string
	for _, l := range s.Statement.Lines {
		out = append(out, l.Set)
	}
	return unique(out)
}

func (s Applicability) set(set string) []document.Block {
	t := document.Table{Columns: []document.Column{column("Line", 1.2), column("Control", 3), column("Applies", 1.1), column("Justification", 4.2), column("How it stands", 1.5), column("Answers", 1.4)}, Empty: "There is no line.", Dense: true}
	group := ""
	for _, l := range s.Statement.Lines {
		if l.Set != set {
			continue
		}
		if l.Group != group {
			group = l.Group
			t.Rows = append(t.Rows, document.Row{Group: group})
		}
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{s.number(l), document.Str(l.Title), appliesCell(l), s.justification(l), s.status(l), document.Str(s.person(l.Responsible))}})
	}
	return []document.Block{heading(1, set, strings.Map(idLetter, strings.ToLower(set))), t}
}

// idLetter keeps the letters of a target of links.
func idLetter(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
		return r
	}
	return '-'
}

func (s Applicability) number(l applicability.Line) document.Cell {
	lines := []document.Text{document.Strong(l.Number)}
	if l.Party != "" {
		lines = append(lines, document.Plain(party(l.Party)))
	}
	return document.Words(lines...)
}

func appliesCell(l applicability.Line) document.Cell {
	switch {
	case l.Standing == applicability.Blank:
		return document.Status(document.Bad, "not decided")
	case l.Applicable:
		return document.Status(document.Good, "applies")
	}
	return document.Status(document.Muted, "excluded")
}

func (s Applicability) justification(l applicability.Line) document.Cell {
	lines := []document.Text{document.Plain(l.Justification)}
	if l.Standing == applicability.Proposed {
		lines = append(lines, document.Plain("(proposed)"))
	}
	if len(l.Policies) > 0 {
		lines = append(lines, document.Plain("Policies in force: "+strings.Join(l.Policies, ", ")))
	}
	return document.Words(lines...)
}

func (s Applicability) status(l applicability.Line) document.Cell {
	switch {
	case !l.Applicable:
		return document.Status(document.Muted, "excluded")
	case l.Status == "":
		return document.Status(document.Muted, l.Absence)
	}
	c := statusCell(l.Status)
	c.Lines = append(c.Lines, document.Plain(fmt.Sprintf("%d of %d duties met", l.Counts.Met(), l.Counts.Applies())))
	return c
}

func (s Applicability) person(id string) string {
	if id == "" {
		return "nobody named"
	}
	return or(s.People[id], id)
}

func (s Applicability) changes() []document.Block {
	out := []document.Block{heading(1, "What changed since it was approved", "changes")}
	if s.Approved == nil {
		return append(out, text("The statement was never approved."))
	}
	t := document.Table{Columns: []document.Column{column("Line", 1.5), column("What", 1.3), column("Approved", 4), column("Now", 4)}, Empty: "Nothing changed since " + s.approved() + "."}
	for _, c := range s.Changes {
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{document.Str(c.Line), document.Str(c.What), document.Str(or(c.Was, "none")), document.Str(or(c.Now, "none"))}})
	}
	return append(out, t)
}

// The titles of the columns that ReadApplicability finds a decision by.
const (
	colLine          = "Line"
	colApplies       = "Applies"
	colJustification = "Justification"
	colResponsible   = "Responsible"
	sheetStatement   = "Statement"
)

// ApplicabilityWorkbook is the statement in a form that people edit, and that
// ReadApplicability takes in.
func ApplicabilityWorkbook(s Applicability) document.Workbook {
	w := document.Workbook{Meta: s.meta()}
	for _, x := range shown() {
		w.Legend = append(w.Legend, document.LegendRow{Chip: statusOf(x).chip(), Meaning: statusOf(x).meaning})
	}
	lines := document.Sheet{Name: sheetStatement, Title: "Every line", Note: "Change Applies, Justification and Responsible, and take the file in again.", Empty: "There is no line.", Columns: []document.SheetColumn{
		sheetColumn(colLine, 22), sheetColumn("Standard", 26), sheetColumn("Theme", 16), sheetColumn("Number", 10), sheetColumn("Control", 44), sheetColumn("Party", 10),
		{Title: colApplies, Width: 10, Edit: true, Options: []string{"yes", "no"}}, {Title: colJustification, Width: 60, Edit: true}, sheetColumn("Standing", 11), {Title: colResponsible, Width: 18, Edit: true},
		statusColumn(), sheetColumn("Duties met", 10), sheetColumn("Duties", 9), sheetColumn("Risks it treats", 40), sheetColumn("Policies in force", 40), sheetColumn("Decided by", 24)}}
	for _, l := range s.Statement.Lines {
		lines.Rows = append(lines.Rows, lineRow(l))
	}
	changes := document.Sheet{Name: "Changes", Title: "What changed since it was approved", Empty: "Nothing changed, or it was never approved.", Columns: []document.SheetColumn{sheetColumn(colLine, 22), sheetColumn("What", 14), sheetColumn("Approved", 50), sheetColumn("Now", 50)}}
	for _, c := range s.Changes {
		changes.Rows = append(changes.Rows, []document.Value{word(c.Line), word(c.What), word(or(c.Was, "none")), word(or(c.Now, "none"))})
	}
	w.Sheets = []document.Sheet{lines, changes}
	return w
}

func lineRow(l applicability.Line) []document.Value {
	standing, justification, responsible := l.Absence, word(l.Justification), document.Blank()
	if l.Status != "" {
		standing = statusOf(l.Status).word
	}
	if l.Standing == applicability.Blank {
		justification = document.Blank()
	}
	if l.Responsible != "" {
		responsible = word(l.Responsible)
	}
	return []document.Value{word(l.ID), word(l.Set), word(or(l.Group, "cloud")), word(l.Number), word(l.Title), word(or(string(l.Party), "both")),
		yes(l.Applicable), justification, word(string(l.Standing)), responsible, word(standing), document.Count(l.Counts.Met()), document.Count(l.Counts.Applies()), word(or(strings.Join(l.Risks, ", "), "none")), word(or(strings.Join(l.Policies, ", "), "none")), word(or(l.By, "nobody"))}
}

// ReadApplicability reads the decisions of an edited workbook, and tells every
// fault at once. A line that says what was proposed, or still has no
// justification, is no decision.
func ReadApplicability(name string, data []byte, s applicability.Statement, sc *scope.Scope) ([]applicability.Decision, error) {
	sheets, err := document.ReadWorkbook(name, data)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(sheets, func(x document.SheetText) bool { return x.Name == sheetStatement })
	if i < 0 {
		return nil, problem.New(problem.Invalid, fmt.Sprintf("%s: there is no sheet %q in it", name, sheetStatement), "begin with the workbook that Demarc writes")
	}
	sheet := sheets[i]
	r := &cellReader{name: name}
	for _, want := range []string{colLine, colApplies, colJustification, colResponsible} {
		if !slices.Contains(sheet.Columns, want) {
			r.fault("sheet %q has no column %q", sheet.Name, want)
		}
	}
	if len(r.faults) > 0 {
		return nil, r.told()
	}
	var out []applicability.Decision
	seen := map[string]bool{}
	for k, cells := range sheet.Rows {
		if strings.Join(cells, "") == "" {
			continue
		}
		get := func(title string) string { return cells[slices.Index(sheet.Columns, title)] }
		d, decided, err := readDecision(get, s, sc)
		switch {
		case err != nil:
			r.fault("sheet %q, row %d: %v", sheet.Name, sheet.First+k, err)
		case seen[d.Line]:
			r.fault("sheet %q, row %d: %s stands twice", sheet.Name, sheet.First+k, d.Line)
		case decided:
			out = append(out, d)
		}
		seen[d.Line] = true
	}
	if len(r.faults) > 0 {
		return nil, r.told()
	}
	return out, nil
}

// readDecision reads one row; decided is false when it says no more than what
// was proposed.
func readDecision(get func(title string) string, s applicability.Statement, sc *scope.Scope) (d applicability.Decision, decided bool, err error) {
	d = applicability.Decision{Line: get(colLine), Justification: get(colJustification), Responsible: get(colResponsible)}
	switch strings.ToLower(get(colApplies)) {
	case "yes":
		d.Applicable = true
	case "no":
	default:
		return d, false, fmt.Errorf("%s: %q is neither yes nor no", colApplies, get(colApplies))
	}
	was, ok := s.Line(d.Line)
	if ok && was.Standing != applicability.Decided && was.Applicable == d.Applicable && was.Responsible == d.Responsible &&
		(d.Justification == was.Justification || d.Justification == "" && was.Standing == applicability.Blank) {
		return d, false, nil
	}
	return d, true, d.Validate(s, sc)
}
