// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"

	"demarc.dev/demarc/calendar"
	"demarc.dev/demarc/document"
)

// Calendar is what a paper of the control calendar is made of.
type Calendar struct {
	Names
	Routines    []calendar.Routine
	Occurrences []calendar.Occurrence
	Counts      map[calendar.State]int
}

// CalendarReport is the control calendar: what is done again and again, and
// whether it was (ISO/IEC 27001:2022, 8.1 and 9.1).
func CalendarReport(c Calendar) document.Document {
	d := document.Document{Landscape: true, Meta: c.calendarMeta()}
	done := c.Counts[calendar.InTime] + c.Counts[calendar.TooLate]
	of := done + c.Counts[calendar.Missed] + c.Counts[calendar.Unproven]
	d.Blocks = append(d.Blocks, heading(1, "Summary", "summary"),
		lead("Of %s that ended within a year %d were done and shown, %d of them late; %d were missed and %d have no evidence.", count(of, "occurrence", "occurrences"), done, c.Counts[calendar.TooLate], c.Counts[calendar.Missed], c.Counts[calendar.Unproven]),
		document.Tiles{Items: []document.Tile{
			{Value: itoa(c.Counts[calendar.Missed]), Label: "missed", Tone: unlessNone(c.Counts[calendar.Missed], document.Bad)},
			{Value: itoa(c.Counts[calendar.Overdue]), Label: "overdue now", Tone: unlessNone(c.Counts[calendar.Overdue], document.Bad)},
			{Value: itoa(c.Counts[calendar.Unproven]), Label: "done, without evidence", Tone: unlessNone(c.Counts[calendar.Unproven], document.Unknown)},
			{Value: itoa(c.Counts[calendar.InTime]), Label: "done in time", Tone: document.Good},
		}})
	t := document.Table{Columns: []document.Column{column("Routine", 3), column("What is done", 5), column("When", 2), column("Owner", 1.8), column("Keeps working", 2.4)}, Empty: "The calendar holds no routine."}
	for _, r := range c.Routines {
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{document.Words(document.Plain(r.Title), document.Mono(r.ID)), document.Str(or(r.Does, "not written")), document.Str(calendar.Says(r.Rule)), document.Str(c.who(r.Owner)), document.Str(list(append(append([]string{}, r.Controls...), r.Clauses...), "none named"))}})
	}
	o := document.Table{Columns: []document.Column{column("Due", 1.1), column("Routine", 3), column("State", 1.4), column("Done on", 1.2), column("By", 1.8), column("What came of it", 4), column("Evidence", 3)}, Empty: "Nothing was due, and nothing is.", Dense: true}
	for _, x := range c.Occurrences {
		o.Rows = append(o.Rows, document.Row{Cells: append([]document.Cell{document.Str(string(x.Due)), document.Str(x.Title), calendarCell(x.State)}, doneCells(x)...)})
	}
	d.Blocks = append(d.Blocks, heading(1, "Routines", "routines"), t, heading(1, "Occurrences", "occurrences"), o,
		note("How an occurrence stands is derived from the rule, from what was written down, and from the day of this paper. What was missed stays missed."))
	return d
}

func (c Calendar) calendarMeta() document.Meta {
	return c.meta("Control calendar", "ISO/IEC 27001:2022, clauses 8.1 and 9.1", document.Fact{Name: "Routines", Value: itoa(len(c.Routines))})
}

func calendarCell(s calendar.State) document.Cell {
	tone := map[calendar.State]document.Tone{calendar.InTime: document.Good, calendar.TooLate: document.Part, calendar.DueNow: document.Part, calendar.Unproven: document.Unknown, calendar.Missed: document.Bad, calendar.Overdue: document.Bad, calendar.ToCome: document.Muted}[s]
	return document.Status(tone, string(s))
}

func doneCells(x calendar.Occurrence) []document.Cell {
	if x.Done == nil {
		return []document.Cell{document.Str("not done"), document.Str("nobody"), document.Str("nothing yet"), document.Str("none")}
	}
	return []document.Cell{document.Str(string(x.Done.On)), document.Str(x.Done.By), document.Words(document.Plain(string(x.Done.Outcome)), document.Plain(x.Done.Words)), document.Str(fileNames(x.Done.Files))}
}

func fileNames(all []calendar.File) string {
	var out []string
	for _, f := range all {
		out = append(out, f.Name+" ("+f.SHA256[:12]+"…)")
	}
	return or(strings.Join(out, ", "), "none")
}

// CalendarWorkbook is the calendar for people who filter.
func CalendarWorkbook(c Calendar) document.Workbook {
	w := document.Workbook{Meta: c.calendarMeta()}
	r := document.Sheet{Name: "Routines", Title: "Routines", Empty: "The calendar holds no routine.", Columns: []document.SheetColumn{sheetColumn("Routine", 24), sheetColumn("Title", 34), sheetColumn("What is done", 70), sheetColumn("When", 24), sheetColumn("Rule", 28), sheetColumn("First day", 12), sheetColumn("Grace", 8), sheetColumn("Evidence needed", 10), sheetColumn("Owner", 24), sheetColumn("Controls", 40), sheetColumn("Clauses", 16)}}
	for _, x := range c.Routines {
		r.Rows = append(r.Rows, []document.Value{word(x.ID), word(x.Title), word(or(x.Does, "not written")), word(calendar.Says(x.Rule)), word(x.Rule), word(string(x.From)), document.Count(x.Grace), yes(x.Evidence), word(c.who(x.Owner)), word(list(x.Controls, "none")), word(list(x.Clauses, "none"))})
	}
	o := document.Sheet{Name: "Occurrences", Title: "From a year ago to a year from now", Empty: "Nothing was due, and nothing is.", Columns: []document.SheetColumn{sheetColumn("Due", 12), sheetColumn("Routine", 24), sheetColumn("Title", 34), sheetColumn("State", 16), sheetColumn("Done on", 12), sheetColumn("By", 24), sheetColumn("Outcome", 16), sheetColumn("What came of it", 60), sheetColumn("Evidence", 50)}}
	for _, x := range c.Occurrences {
		on, by, outcome, said, files := "not done", "nobody", "none", "nothing yet", "none"
		if x.Done != nil {
			on, by, outcome, said, files = string(x.Done.On), x.Done.By, string(x.Done.Outcome), x.Done.Words, fileNames(x.Done.Files)
		}
		o.Rows = append(o.Rows, []document.Value{word(string(x.Due)), word(x.Routine), word(x.Title), word(string(x.State)), word(on), word(by), word(outcome), word(said), word(files)})
	}
	w.Sheets = []document.Sheet{r, o}
	return w
}
