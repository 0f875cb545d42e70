// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/document"
)

// notMet is every answer that is shown not to be met, in full: what an auditor
// reads word by word.
func (b *book) notMet() []document.Block {
	t := document.Table{Dense: true, Columns: []document.Column{column("Duty and service", 2.3), column("Standing", 1.1), column("Why", 5.4)}}
	answers := map[string][]assess.Answer{}
	for _, a := range b.a.Answers {
		if a.Status == assess.NotSatisfied || a.Status == assess.Partly || a.Status == assess.Accepted {
			answers[a.Duty] = append(answers[a.Duty], a)
		}
	}
	severity := map[[2]string]assess.Gap{}
	for _, g := range b.a.Gaps {
		severity[[2]string{g.Service, g.Duty}] = g
	}
	n := 0
	for _, g := range b.byThemes(answers) {
		for _, c := range g.controls {
			t.Rows = append(t.Rows, document.Row{Group: b.heading(c), Detail: c.Objective})
			for _, d := range c.Duties {
				for _, a := range answers[d.ID] {
					n++
					t.Rows = append(t.Rows, row(b.dutyCell(a, d), b.standingCell(a, severity), b.why(a)))
				}
			}
		}
	}
	out := []document.Block{heading(1, "What is not met", "not-met")}
	if n == 0 {
		return append(out, text("No duty is shown not to be met, or met only in part, and none stands under an accepted risk."))
	}
	return append(out, lead("%s not met, met only in part, or %s under an accepted risk, control by control. Who performs is what the responsibility matrix says; where it has no line for the duty, the default of the catalogue stands.",
		count(n, "duty is", "duties are"), map[bool]string{true: "stands", false: "stand"}[n == 1]), t)
}

func (b *book) dutyCell(a assess.Answer, d catalogue.Duty) document.Cell {
	return document.Words(document.Say("[%s](#%s), %s", d.ID, dutyPlace(d.ID), b.service(a.Service)), document.Plain(d.Text), document.Say("*%s*", ofParty(a.Party, a.Ours)))
}

// standingCell shows the status, of a gap its severity, and who performs.
func (b *book) standingCell(a assess.Answer, gaps map[[2]string]assess.Gap) document.Cell {
	cell := statusCell(a.Status)
	if g, ok := gaps[[2]string{a.Service, a.Duty}]; ok {
		cell.Lines = append(cell.Lines, document.Plain("severity "+strings.ToLower(severityChip(g.Severity).Word)))
	}
	by := "performed by " + performer(a.By)
	if a.Defaulted {
		return with(cell, document.Say("%s, *by default*", by))
	}
	return with(cell, document.Plain(by))
}

func with(c document.Cell, lines ...document.Text) document.Cell {
	c.Lines = append(c.Lines, lines...)
	return c
}

// themed is the controls of one theme.
type themed struct {
	title    string
	controls []catalogue.Control
}

// byThemes gathers the controls that were assessed by theme, in the order in
// which the catalogue first meets each.
func (b *book) byThemes(answers map[string][]assess.Answer) []themed {
	var out []themed
	at := map[string]int{}
	for _, c := range b.Controls {
		if !b.assessed(c, answers) {
			continue
		}
		t := b.theme(c)
		i, ok := at[t.Key]
		if !ok {
			i = len(out)
			at[t.Key] = i
			out = append(out, themed{title: or(strings.TrimSpace(t.Clause+" "+t.Title), "Other controls")})
		}
		out[i].controls = append(out[i].controls, c)
	}
	return out
}

func (b *book) assessed(c catalogue.Control, answers map[string][]assess.Answer) bool {
	for _, d := range c.Duties {
		if len(answers[d.ID]) > 0 {
			return true
		}
	}
	return false
}

// reasonsShown is how many reasons an answer prints beside its summary; the
// workbook holds all.
const reasonsShown = 3

// why is the answer's sentence and each reason that holds the status down and
// says more. What passes, and what else was said, is counted, and stands in
// the workbook.
func (b *book) why(a assess.Answer) document.Cell {
	first := bare(or(a.Summary, "No summary was given."))
	cell := document.Cell{Lines: []document.Text{document.Plain(first)}}
	shown, left := 0, 0
	for _, r := range a.Reasons {
		switch {
		case r.Says == "":
		case strings.HasPrefix(first, strings.TrimSuffix(r.Says, ".")):
			cell.Lines[0] = append(cell.Lines[0], b.toCheck(r)...)
		case !r.Holds || r.Kind == assess.ReasonPartPass || r.Kind == assess.ReasonForeignPass || r.Kind == assess.ReasonNothing || r.Kind == assess.ReasonUnread || r.Kind == assess.ReasonScopeUnread || shown == reasonsShown:
			left++
		default:
			shown++
			cell.Lines = append(cell.Lines, append(document.Plain("– "+r.Says), b.toCheck(r)...))
		}
	}
	if left > 0 {
		cell.Lines = append(cell.Lines, document.Say("*%s in the workbook.*", count(left, "further reason stands", "further reasons stand")))
	}
	if a.Coverage.Required > 0 && a.Coverage.Read < a.Coverage.Required {
		cell.Lines = append(cell.Lines, document.Say("%s of %s that its checks need %s read.", thousands(a.Coverage.Read), count(a.Coverage.Required, "fact", "facts"), was(a.Coverage.Read)))
	}
	if a.Attestation != nil {
		cell.Lines = append(cell.Lines, attested(*a.Attestation))
	}
	return cell
}

// toCheck leads from a reason to its check, when that fails.
func (b *book) toCheck(r assess.Reason) document.Text {
	if r.Check == "" || !b.isFailing(r.Check) {
		return nil
	}
	return document.Text{{Text: " "}, {Text: r.Check, Link: "#" + checkID(r.Check)}}
}

func was(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

func attested(t assess.Attested) document.Text {
	state := "holds until " + day(t.Expires, "no day was set")
	if t.Expired {
		state = "expired on " + day(t.Expires, "no day was set")
	}
	return document.Say("Attested “%s” by %s on %s, %s, with %s.", answerWord(t.Answer), or(t.By, "nobody named"), day(t.On, "no day was set"), state, count(len(t.Evidence), "piece of evidence", "pieces of evidence"))
}

func answerWord(a assess.AttestedAnswer) string {
	switch a {
	case assess.AnswerYes:
		return "yes"
	case assess.AnswerPartly:
		return "partly"
	case assess.AnswerNo:
		return "no"
	case assess.AnswerNotApplicable:
		return "does not apply"
	case assess.AnswerInherited:
		return "inherited"
	}
	return or(string(a), "no answer")
}
