// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"strings"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/document"
)

// cause is what lies beneath one gap or more: a failing check, or what a
// person or the matrix said.
type cause struct {
	check    string // empty when no check fails
	says     string // what is wrong, as a sentence
	severity check.Severity
	status   assess.Status // the worst
	gaps     []assess.Gap
}

// findCauses gathers the gaps that were found, not those that are unknown, by
// what lies beneath them, in the order of the gaps: the worst first.
func (b *book) findCauses() []cause {
	var out []cause
	at := map[string]int{}
	for _, g := range b.a.Gaps {
		if g.Status == assess.Unknown {
			continue
		}
		worst := b.worstCheck(g)
		key := or(worst, g.Service+" "+bare(g.Summary))
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, cause{check: worst, says: upper(or(bare(g.Summary), "no reason was given")), severity: g.Severity, status: g.Status})
		}
		c := &out[i]
		c.gaps = append(c.gaps, g)
		if rankOf(g.Severity) < rankOf(c.severity) {
			c.severity = g.Severity
		}
		if g.Status == assess.NotSatisfied {
			c.status = g.Status
		}
	}
	return out
}

// worstCheck gives the worst failing check of a gap, in the order of the
// failing checks.
func (b *book) worstCheck(g assess.Gap) string {
	for _, f := range b.failing {
		if slices.Contains(g.Checks, f.id) {
			return f.id
		}
	}
	return ""
}

// bare is a summary without the status that it begins with: the status stands
// beside it.
func bare(summary string) string {
	for _, s := range shown() {
		if rest, ok := strings.CutPrefix(summary, statusOf(s).word+": "); ok {
			return upper(rest)
		}
	}
	return summary
}

// what says what is wrong: of a check how many resources fail, and, unless it
// is to be brief, one of them.
func (b *book) what(c cause, brief bool) document.Cell {
	i := slices.IndexFunc(b.failing, func(f failing) bool { return f.id == c.check })
	if c.check == "" || i < 0 {
		return document.Words(document.Strong(b.dutyByID[c.gaps[0].Duty].Text), document.Plain(sentence(c.says)))
	}
	f := b.failing[i]
	words := upper(tallyWords(f.tally))
	if f.exposed > 0 {
		words += ", " + thousands(f.exposed) + " reachable from the internet"
	}
	words += "."
	if brief {
		return document.Words(append(document.Plain("Fails: "), document.Link(f.title, "#"+checkID(f.id))...), document.Plain(words))
	}
	if k := slices.IndexFunc(f.worst, func(e assess.Example) bool { return e.Outcome == check.Fail && e.Exception == "" }); k >= 0 {
		words += " " + upper(sentence(or(f.worst[k].Message, "No message")))
	}
	return document.Words(append(document.Plain("Fails: "), document.Link(f.title, "#"+checkID(f.id))...), document.Plain(words))
}

// servicesOf names the services of a cause.
func (b *book) servicesOf(c cause) string {
	var ids []string
	for _, s := range b.a.Services {
		if slices.ContainsFunc(c.gaps, func(g assess.Gap) bool { return g.Service == s.ID }) {
			ids = append(ids, s.ID)
		}
	}
	return b.serviceNames(ids)
}

// worstFive are the worst causes, for the summary.
func (b *book) worstFive() []document.Block {
	if len(b.causes) == 0 {
		return nil
	}
	first := b.causes[:min(5, len(b.causes))]
	t := document.Table{Caption: "The worst that was found", Columns: []document.Column{column("What is wrong", 6), column("Severity", 1.1), column("Services", 2.2), numbers("Gaps", 0.6)}}
	for _, c := range first {
		t.Rows = append(t.Rows, row(b.what(c, true), severityCell(c.severity), str(b.servicesOf(c)), num(len(c.gaps))))
	}
	return []document.Block{t}
}

// topGaps are the causes of the gaps that were found, the worst first.
func (b *book) topGaps() []document.Block {
	out := []document.Block{heading(1, "The worst gaps", "gaps")}
	if len(b.a.Gaps) == 0 {
		if len(b.a.Answers) == 0 {
			return append(out, text("No duty was assessed, so no gap was looked for."))
		}
		return append(out, text("No gap was found: every duty is satisfied or inherited, stands under an accepted risk, or does not apply."))
	}
	out = append(out, document.Paragraph{Lead: true, Text: document.Say("%s: %s not satisfied, %s partly satisfied, %s unknown.", count(len(b.a.Gaps), "gap", "gaps"),
		thousands(b.gapsOf(assess.NotSatisfied)), thousands(b.gapsOf(assess.Partly)), thousands(b.gapsOf(assess.Unknown)))})
	if heat := b.heat(); heat != nil {
		out = append(out, heat)
	}
	known := len(b.a.Gaps) - b.gapsOf(assess.Unknown)
	if known == 0 {
		return append(out, text("No duty is shown not to be met. What is unknown stands in [What is not known, and why](#unknown)."))
	}
	out = append(out, lead("What lies beneath the %s that %s shown not to be met, or met only in part, the worst first; gaps with one cause stand together. Each gap stands in [What is not met](#not-met), and what is unknown in [What is not known, and why](#unknown).", count(known, "gap", "gaps"), is(known)))
	return append(out, b.causeTable()...)
}

func (b *book) causeTable() []document.Block {
	t := document.Table{Columns: []document.Column{numbers("No.", 0.5), column("What is wrong", 4.2), column("Status", 1.3), column("Severity", 1.1), column("Duties that it bears on", 2.3)}}
	for i, c := range b.causes[:min(most, len(b.causes))] {
		t.Rows = append(t.Rows, row(num(i+1), b.what(c, false), statusCell(c.status), severityCell(c.severity), b.gapDuties(c)))
	}
	if left := len(b.causes) - len(t.Rows); left > 0 {
		return []document.Block{t, note("%s in [What is not met](#not-met) and, as a list, in the workbook.", count(left, "further cause stands", "further causes stand"))}
	}
	return []document.Block{t}
}

// gapDuties names the duties of a cause, one line for each service.
func (b *book) gapDuties(c cause) document.Cell {
	var cell document.Cell
	for _, s := range b.a.Services {
		var ids []string
		for _, g := range c.gaps {
			if g.Service == s.ID {
				ids = append(ids, g.Duty)
			}
		}
		if len(ids) > 0 {
			cell.Lines = append(cell.Lines, append(document.Strong(s.Name+": "), dutyLinks(ids)...))
		}
	}
	if len(cell.Lines) == 0 {
		return str(count(len(c.gaps), "duty", "duties"))
	}
	return cell
}

// dutyLinks lead to the duties in the annex.
func dutyLinks(ids []string) document.Text {
	var out document.Text
	for i, id := range ids {
		if i > 0 {
			out = append(out, document.Span{Text: ", "})
		}
		out = append(out, document.Span{Text: id, Link: "#" + dutyPlace(id)})
	}
	return out
}

// dutyPlace is the place of a duty in the annex.
func dutyPlace(id string) string { return "duty-" + id }
