// SPDX-License-Identifier: Apache-2.0

package report

import (
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/document"
)

// most is how many gaps and actions a reader of the report sees in full; the
// workbook holds them all.
const most = 20

// topGaps are the worst gaps, with the reason for their severity.
func (b *book) topGaps() []document.Block {
	out := []document.Block{heading(1, "The worst gaps", "gaps")}
	if len(b.a.Gaps) == 0 {
		if len(b.a.Answers) == 0 {
			return append(out, text("No duty was assessed, so no gap was looked for."))
		}
		return append(out, text("No gap was found: every duty is satisfied or inherited, stands under an accepted risk, or does not apply."))
	}
	shownGaps := b.a.Gaps[:min(most, len(b.a.Gaps))]
	out = append(out, document.Paragraph{Lead: true, Text: document.Say("%s found: %s not satisfied, %s partly satisfied, %s unknown.", count(len(b.a.Gaps), "gap was", "gaps were"),
		thousands(b.gapsOf(assess.NotSatisfied)), thousands(b.gapsOf(assess.Partly)), thousands(b.gapsOf(assess.Unknown)))})
	if heat := b.heat(); heat != nil {
		out = append(out, heat)
	}
	t := document.Table{Columns: []document.Column{numbers("No.", 0.5), column("Duty", 2.9), column("Service", 1.3), column("Status", 1.4), column("Severity", 1.2), column("Why", 3)}}
	for i, g := range shownGaps {
		t.Rows = append(t.Rows, row(num(i+1),
			document.Words(append(document.Link(g.Duty, "#"+controlID(g.Control)), document.Span{Text: ", " + ofParty(g.Party, g.Ours)}), document.Plain(b.dutyByID[g.Duty].Text)),
			str(b.service(g.Service)), statusCell(g.Status), severityCell(g.Severity),
			document.Words(document.Plain(or(g.Summary, "no reason was given")), document.Plain(or(g.Why, "the severity has no reason")))))
	}
	out = append(out, t)
	if left := len(b.a.Gaps) - len(shownGaps); left > 0 {
		out = append(out, note("%s in [Duties in detail](#duties) and, as a list, in the workbook.", count(left, "further gap stands", "further gaps stand")))
	}
	return out
}

func (b *book) gapsOf(s assess.Status) int {
	n := 0
	for _, g := range b.a.Gaps {
		if g.Status == s {
			n++
		}
	}
	return n
}

// heat counts gaps by theme and severity.
func (b *book) heat() document.Block {
	h := document.Heat{Figure: document.Figure{Title: "Gaps by theme and severity", Says: "All gaps, of both sides. The darker a field, the more gaps it holds."}, Of: "Theme", Tone: document.Bad}
	for _, s := range severities() {
		h.Columns = append(h.Columns, severityChip(s).Word)
	}
	at := map[string]int{}
	for _, t := range b.a.Themes {
		if _, ok := at[t.Key]; !ok {
			at[t.Key] = len(h.Rows)
			h.Rows = append(h.Rows, document.HeatRow{Label: t.Clause + " " + t.Title, Values: make([]int, len(h.Columns))})
		}
	}
	for _, g := range b.a.Gaps {
		i, ok := at[b.theme(b.controls[g.Control]).Key]
		if !ok {
			i = len(h.Rows)
			at[""] = i
			h.Rows = append(h.Rows, document.HeatRow{Label: "Other controls", Values: make([]int, len(h.Columns))})
		}
		if k := rankOf(g.Severity); k >= 0 {
			h.Rows[i].Values[k]++
		}
	}
	if len(h.Rows) == 0 {
		return nil
	}
	return h
}

// controlID is the place of a control in the document.
func controlID(key string) string { return "control-" + key }

// checkID is the place of a check in the document.
func checkID(id string) string { return "check-" + id }

// theme gives the theme that a control's clause lies in: the one with the
// longest matching number.
func (b *book) theme(c catalogue.Control) assess.Roll {
	clause, best := b.clause(c).ID, assess.Roll{}
	for _, t := range b.a.Themes {
		if within(clause, t.Clause) && len(t.Clause) > len(best.Clause) {
			best = t
		}
	}
	return best
}

// within says whether clause "12.3.1" lies in clause "12".
func within(clause, theme string) bool {
	return clause == theme || len(clause) > len(theme) && clause[:len(theme)] == theme && clause[len(theme)] == '.'
}
