// SPDX-License-Identifier: Apache-2.0

package report

import (
	"demarc.dev/demarc/document"
	"demarc.dev/demarc/risk"
)

// RiskWorkbook is the register for people who filter: risks, steps, ratings
// over time, and what the suggestions rest on.
func RiskWorkbook(r Risk) document.Workbook {
	w := document.Workbook{Meta: r.meta("Cloud risk register, workbook")}
	for _, s := range risk.States() {
		w.Legend = append(w.Legend, document.LegendRow{Chip: *riskStateCell(s).Chip, Meaning: riskStateMeans(s)})
	}
	w.Sheets = []document.Sheet{r.riskSheet(), r.stepSheet(), r.ratedSheet(), r.suggestSheet()}
	return w
}

func (r Risk) ratingValues(x risk.Rating) []document.Value {
	if x.None() {
		return []document.Value{word("not rated"), word("not rated"), word("not rated")}
	}
	return []document.Value{document.Count(x.Likelihood), document.Count(x.Consequence), document.Count(x.Score())}
}

func (r Risk) riskSheet() document.Sheet {
	state := sheetColumn("State", 12)
	for _, s := range risk.States() {
		state.States = append(state.States, *riskStateCell(s).Chip)
	}
	s := document.Sheet{Name: "Risks", Title: "Every risk", Empty: "The register holds no risk.", Columns: []document.SheetColumn{
		sheetColumn("Risk", 22), sheetColumn("Title", 36), sheetColumn("Service", 20), sheetColumn("Threat", 9), sheetColumn("What may happen", 50), sheetColumn("Owner", 18), state,
		sheetColumn("Inherent likelihood", 10), sheetColumn("Inherent consequence", 10), sheetColumn("Inherent score", 10),
		sheetColumn("Current likelihood", 10), sheetColumn("Current consequence", 10), sheetColumn("Current score", 10), sheetColumn("Band", 10),
		sheetColumn("Expected likelihood", 10), sheetColumn("Expected consequence", 10), sheetColumn("Expected score", 10),
		sheetColumn("Suggested now", 12), sheetColumn("Why so", 40), sheetColumn("Option", 10), sheetColumn("Approved by", 20), sheetColumn("Holds until", 12),
		{Title: "Remark", Width: 30, Edit: true}}}
	for _, l := range r.Lines {
		row := []document.Value{word(l.ID), word(l.Title), word(r.where(l.Service)), word(or(l.Threat, "own")), word(or(l.Says, "not written")), word(r.who(l.Owner)), word(string(l.State))}
		row = append(row, r.ratingValues(l.Inherent)...)
		row = append(row, r.ratingValues(l.Current)...)
		row = append(row, word(or(l.Band, "not rated")))
		row = append(row, r.ratingValues(risk.ViewTarget.Of(l.Risk))...)
		suggested, by, until := "no threat of the catalogue", "nobody", "not approved"
		if l.Suggest != nil {
			suggested = l.Suggest.Current.String()
		}
		if l.Decision != nil {
			by, until = l.Decision.By, string(l.Decision.Until)
		}
		s.Rows = append(s.Rows, append(row, word(suggested), word(or(l.Because, "not written")), word(or(string(l.Treatment.Option), "not decided")), word(by), word(until), document.Blank()))
	}
	return s
}

func (r Risk) stepSheet() document.Sheet {
	s := document.Sheet{Name: "Treatment", Title: "Every step of every treatment", Empty: "No step is planned.", Columns: []document.SheetColumn{
		sheetColumn("Risk", 22), sheetColumn("Option", 10), sheetColumn("Step", 60), sheetColumn("Gap", 24), sheetColumn("By", 18), sheetColumn("Due", 12), sheetColumn("Done", 12), sheetColumn("Late", 8)}}
	for _, l := range r.Lines {
		for _, x := range l.Treatment.Actions {
			s.Rows = append(s.Rows, []document.Value{word(l.ID), word(string(l.Treatment.Option)), word(x.What), word(or(x.Gap, "none")), word(r.who(x.Owner)), word(or(string(x.Due), "no day")), word(or(string(x.Done), "open")), yes(x.Done == "" && x.Due.Before(r.At))})
		}
	}
	return s
}

func (r Risk) ratedSheet() document.Sheet {
	s := document.Sheet{Name: "Over time", Title: "Every rating, as it was decided", Empty: "Nobody has rated a risk.", Columns: []document.SheetColumn{
		sheetColumn("Risk", 22), sheetColumn("On", 12), sheetColumn("By", 24), sheetColumn("Inherent", 12), sheetColumn("Current", 12), sheetColumn("Expected", 12)}}
	for _, l := range r.Lines {
		for _, x := range l.Ratings {
			s.Rows = append(s.Rows, []document.Value{word(l.ID), document.Day(x.At), word(x.By), word(or(x.Inherent.String(), "not rated")), word(or(x.Current.String(), "not rated")), word(or(x.Target.String(), "none"))})
		}
	}
	return s
}

func (r Risk) suggestSheet() document.Sheet {
	s := document.Sheet{Name: "Controls", Title: "What the suggestions rest on: the controls that treat each threat", Empty: "No risk has a threat of the catalogue.", Columns: append([]document.SheetColumn{
		sheetColumn("Risk", 22), sheetColumn("Clause", 12), sheetColumn("Control", 40)}, statusNumbers()...)}
	for _, l := range r.Lines {
		if l.Suggest == nil {
			continue
		}
		for _, c := range l.Suggest.Controls {
			s.Rows = append(s.Rows, append([]document.Value{word(l.ID), word(c.Clause), word(c.Title)}, statusValues(c.Counts)...))
		}
	}
	return s
}
