// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/document"
)

// columnsOfServices is how many services stand beside each other in the annex;
// with more of them each duty names the services under each status.
const columnsOfServices = 4

// annex is every duty in one line, with its status for each service: the list
// against which an auditor ticks.
func (b *book) annex() []document.Block {
	out := []document.Block{heading(1, "Annex: every duty", "duties")}
	answers := map[string][]assess.Answer{}
	for _, a := range b.a.Answers {
		answers[a.Duty] = append(answers[a.Duty], a)
	}
	if len(answers) == 0 {
		return append(out, text("No duty was assessed."))
	}
	t := document.Table{Dense: true, Columns: []document.Column{column("Duty", 1.5), column("What it asks", 4.6)}}
	wide := len(b.a.Services) > columnsOfServices
	if wide {
		t.Columns = append(t.Columns, column("Status, and of which services", 3))
	}
	for _, s := range b.a.Services {
		if !wide {
			t.Columns = append(t.Columns, column(s.Name, 1.2))
		}
	}
	for _, g := range b.byThemes(answers) {
		for _, c := range g.controls {
			t.Rows = append(t.Rows, document.Row{Group: b.heading(c), Detail: b.rollWords(c), ID: controlID(c.Key)})
			for _, d := range c.Duties {
				if len(answers[d.ID]) > 0 {
					t.Rows = append(t.Rows, b.annexRow(d, answers[d.ID], wide))
				}
			}
		}
	}
	return append(out, text("Every duty that was assessed, in our own words, with its status for each service. The letter in its number names the party: C the customer, P the provider. The workbook holds the reasons of every one."), t)
}

func (b *book) annexRow(d catalogue.Duty, answers []assess.Answer, wide bool) document.Row {
	r := document.Row{ID: dutyPlace(d.ID), Cells: []document.Cell{document.Words(document.Strong(d.ID)), str(d.Text)}}
	if wide {
		var cell document.Cell
		for _, s := range shown() {
			var ids []string
			for _, a := range answers {
				if a.Status == s {
					ids = append(ids, a.Service)
				}
			}
			if len(ids) > 0 {
				cell.Lines = append(cell.Lines, append(document.Strong(statusOf(s).word+": "), document.Plain(b.serviceNames(ids))...))
			}
		}
		r.Cells = append(r.Cells, cell)
		return r
	}
	for _, s := range b.a.Services {
		i := slices.IndexFunc(answers, func(a assess.Answer) bool { return a.Service == s.ID })
		if i < 0 {
			r.Cells = append(r.Cells, str("not asked"))
			continue
		}
		r.Cells = append(r.Cells, statusCell(answers[i].Status))
	}
	return r
}

// rollWords says how the control stands for each party, over all services.
func (b *book) rollWords(c catalogue.Control) string {
	var words []string
	for _, p := range b.a.Parties {
		r, ok := b.rolls[rollKey{c.Key, p, ""}]
		if !ok || r.Counts.Total == 0 {
			continue
		}
		words = append(words, fmt.Sprintf("%s %s of %s met", party(p), thousands(met(r.Counts)), thousands(r.Counts.Total)))
	}
	return strings.Join(words, "; ")
}
