// SPDX-License-Identifier: Apache-2.0

package report

import (
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/document"
)

// most is how many causes of gaps a reader of the report sees first; the
// sections after it and the workbook hold them all.
const most = 15

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
