// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/document"
)

// GapWorkbook holds everything that the gap report draws on, for people who
// filter: every duty, gap, action, result, and what was not read.
func GapWorkbook(g Gap) (document.Workbook, error) {
	b, err := newBook(g)
	if err != nil {
		return document.Workbook{}, err
	}
	w := document.Workbook{Meta: b.meta("Gap assessment workbook", "ISO/IEC 27017:"+string(b.a.Edition)+", duties of "+parties(b.a.Parties))}
	for _, s := range shown() {
		w.Legend = append(w.Legend, document.LegendRow{Chip: statusOf(s).chip(), Meaning: statusOf(s).meaning})
	}
	for _, s := range severities() {
		w.Legend = append(w.Legend, document.LegendRow{Chip: severityChip(s), Meaning: severityMeaning(s)})
	}
	w.Sheets = []document.Sheet{b.themeSheet(), b.serviceSheet(), b.dutySheet(), b.gapSheet(), b.planSheet(), b.checkSheet(), b.exampleSheet(), b.unreadSheet(), b.exceptionSheet(), b.saidSheet()}
	return w, nil
}

func sheetColumn(title string, width float64) document.SheetColumn {
	return document.SheetColumn{Title: title, Width: width}
}

func statusColumn() document.SheetColumn {
	c := sheetColumn("Status", 16)
	for _, s := range shown() {
		c.States = append(c.States, statusOf(s).chip())
	}
	return c
}

func severityColumn() document.SheetColumn {
	c := sheetColumn("Severity", 10)
	for _, s := range severities() {
		c.States = append(c.States, severityChip(s))
	}
	return c
}

// statusNumbers are the columns of counts.
func statusNumbers() []document.SheetColumn {
	var out []document.SheetColumn
	for _, s := range shown() {
		out = append(out, document.SheetColumn{Title: statusOf(s).word, Width: 11, Tone: statusOf(s).tone})
	}
	return append(out, sheetColumn("Duties", 9), sheetColumn("Ready", 13))
}

func statusValues(c assess.Counts) []document.Value {
	var out []document.Value
	for _, n := range split(c) {
		out = append(out, document.Count(n))
	}
	share, ok := readiness(c)
	if !ok {
		return append(out, document.Count(c.Total), word("nothing applies"))
	}
	return append(out, document.Count(c.Total), document.ShareOf(share))
}

func word(s string) document.Value { return document.Word(s) }

// yes says a fact in a word.
func yes(v bool) document.Value {
	if v {
		return word("yes")
	}
	return word("no")
}

func (b *book) themeSheet() document.Sheet {
	s := document.Sheet{Name: "Themes", Title: "Duties by theme and party", Stacked: true, Empty: "No theme was assessed.",
		Columns: append([]document.SheetColumn{sheetColumn("Theme", 44)}, statusNumbers()...)}
	for _, r := range b.a.Themes {
		s.Rows = append(s.Rows, append([]document.Value{word(r.Clause + " " + r.Title + ", " + party(r.Party))}, statusValues(r.Counts)...))
	}
	return s
}

func (b *book) serviceSheet() document.Sheet {
	s := document.Sheet{Name: "Services", Title: "Duties by service", Empty: "The scope names no cloud service.",
		Columns: append([]document.SheetColumn{sheetColumn("Service", 28), sheetColumn("Id", 16), sheetColumn("Role", 12), sheetColumn("Model", 8), sheetColumn("Own side", 11), sheetColumn("Accounts", 18), sheetColumn("Criticality", 14), sheetColumn("Responsibility matrix", 26)}, statusNumbers()...)}
	for _, v := range b.a.Services {
		s.Rows = append(s.Rows, append([]document.Value{word(v.Name), word(v.ID), word(string(v.Role)), word(model(v.Model)), word(party(v.Ours)), word(accounts(v.Accounts)),
			word(or(string(v.Criticality), "not stated")), word(standing(v.Matrix))}, statusValues(v.Counts)...))
	}
	return s
}

func (b *book) dutySheet() document.Sheet {
	s := document.Sheet{Name: "Duties", Title: "Every duty of every service", Empty: "No duty was assessed.", Columns: []document.SheetColumn{
		sheetColumn("Duty", 13), sheetColumn("Service", 22), statusColumn(), sheetColumn("Control", 34), sheetColumn("Party", 10), sheetColumn("Own", 7), sheetColumn("What it asks", 60),
		sheetColumn("Why", 50), sheetColumn("All reasons", 60), sheetColumn("Performed by", 13), sheetColumn("Allocation", 14), sheetColumn("Facts read", 10), sheetColumn("Facts needed", 10), sheetColumn("Checks", 28), sheetColumn("Attested", 40),
		{Title: "Remark", Width: 30, Edit: true}}}
	for _, a := range b.a.Answers {
		s.Rows = append(s.Rows, b.dutyRow(a))
	}
	return s
}

func (b *book) dutyRow(a assess.Answer) []document.Value {
	allocation := "by the matrix"
	if a.Defaulted {
		allocation = "default"
	}
	var reasons, checks []string
	for _, r := range a.Reasons {
		reasons = append(reasons, r.Says)
	}
	for _, c := range a.Checks {
		checks = append(checks, c.Check)
	}
	said := "nobody attested"
	if a.Attestation != nil {
		said = attested(*a.Attestation).String() + " " + a.Attestation.Statement
	}
	return []document.Value{word(a.Duty), word(b.service(a.Service)), word(statusOf(a.Status).word), word(b.heading(b.controls[a.Control])), word(party(a.Party)), yes(a.Ours), word(b.dutyByID[a.Duty].Text),
		word(or(a.Summary, "no summary")), word(or(strings.Join(reasons, "\n"), "no reason was given")), word(performer(a.By)), word(allocation), document.Count(a.Coverage.Read), document.Count(a.Coverage.Required),
		word(or(strings.Join(checks, "\n"), "no test defined")), word(said), document.Blank()}
}

func (b *book) gapSheet() document.Sheet {
	s := document.Sheet{Name: "Gaps", Title: "Gaps, the worst first", Empty: "No gap was found.", Columns: []document.SheetColumn{
		sheetColumn("No.", 6), sheetColumn("Duty", 13), sheetColumn("Service", 22), statusColumn(), severityColumn(), sheetColumn("Control", 34), sheetColumn("Party", 10), sheetColumn("Own", 7), sheetColumn("What it asks", 60),
		sheetColumn("Why", 50), sheetColumn("Why this severity", 40), sheetColumn("Checks", 28), {Title: "Owner", Width: 18, Edit: true}, {Title: "Due", Width: 12, Edit: true}, {Title: "Remark", Width: 30, Edit: true}}}
	for i, g := range b.a.Gaps {
		s.Rows = append(s.Rows, []document.Value{document.Count(i + 1), word(g.Duty), word(b.service(g.Service)), word(statusOf(g.Status).word), word(severityChip(g.Severity).Word), word(b.heading(b.controls[g.Control])), word(party(g.Party)), yes(g.Ours),
			word(b.dutyByID[g.Duty].Text), word(or(g.Summary, "no summary")), word(or(g.Why, "no reason was given")), word(or(strings.Join(g.Checks, "\n"), "no test defined")), document.Blank(), document.Blank(), document.Blank()})
	}
	return s
}

func (b *book) planSheet() document.Sheet {
	s := document.Sheet{Name: "Plan", Title: "Actions, highest priority first", Note: "Score = severity × exposure × duties × 1000 ÷ effort. Efforts are estimates.", Empty: "The plan holds no action.", Columns: []document.SheetColumn{
		sheetColumn("No.", 6), sheetColumn("Action", 44), sheetColumn("Kind", 10), sheetColumn("Wave", 7), sheetColumn("Quick win", 9), severityColumn(), sheetColumn("What to do", 60), sheetColumn("Services", 26), sheetColumn("Resources", 10), sheetColumn("Exposed", 9),
		sheetColumn("Duties", 8), sheetColumn("Duties it alone lifts", 11), sheetColumn("Effort", 16), sheetColumn("Minutes", 9), sheetColumn("Score", 9), sheetColumn("Why this priority", 50), sheetColumn("After", 30), sheetColumn("Id", 30),
		{Title: "Owner", Width: 18, Edit: true}, {Title: "Due", Width: 12, Edit: true}, {Title: "Done", Width: 10, Edit: true, Options: []string{"open", "in work", "done"}}}}
	for i, a := range b.Plan.Actions {
		s.Rows = append(s.Rows, []document.Value{document.Count(i + 1), word(or(a.Title, a.ID)), word(string(a.Kind)), document.Count(a.Wave), yes(a.QuickWin), word(severityChip(a.Severity).Word), word(or(a.What, a.Title)), word(b.serviceNames(a.Services)), document.Count(a.Resources), document.Count(a.Exposed),
			document.Count(len(a.Bears)), document.Count(a.Unlocks), word(or(a.Effort, effort(a.Minutes))), document.Count(a.Minutes), document.Count(a.Priority.Score), word(or(a.Priority.Why, "no reason was given")), word(b.actionNames(a.After)), word(a.ID),
			document.Blank(), document.Blank(), word("open")})
	}
	return s
}
