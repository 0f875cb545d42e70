// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/document"
)

// duties is every answer, control by control: the part of the report that an
// auditor reads.
func (b *book) duties() []document.Block {
	out := []document.Block{heading(1, "Duties in detail", "duties"),
		text("Every duty that was assessed, once for each service. “Performed by” is what the responsibility matrix says; where there is no line for the duty, the default of the catalogue stands and is marked.")}
	answers := map[string][]assess.Answer{}
	for _, a := range b.a.Answers {
		answers[a.Duty] = append(answers[a.Duty], a)
	}
	if len(answers) == 0 {
		return append(out, text("No duty was assessed."))
	}
	for _, g := range b.byThemes(answers) {
		out = append(out, heading(2, g.title, ""))
		for _, c := range g.controls {
			out = append(out, b.control(c, answers)...)
		}
	}
	return out
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

func (b *book) control(c catalogue.Control, answers map[string][]assess.Answer) []document.Block {
	out := []document.Block{heading(3, b.heading(c), controlID(c.Key)), note("%s %s", or(c.Objective, "No objective is written."), b.rollWords(c))}
	t := document.Table{Columns: []document.Column{column("Service", 1.3), column("Status", 1.3), column("Performed by", 1.1), column("Why", 4.4)}}
	for _, d := range c.Duties {
		if len(answers[d.ID]) == 0 {
			continue
		}
		t.Rows = append(t.Rows, document.Row{Group: d.ID + ", " + party(d.Party), Detail: d.Text})
		for _, a := range answers[d.ID] {
			t.Rows = append(t.Rows, row(str(b.service(a.Service)), statusCell(a.Status), b.performedBy(a), b.why(a)))
		}
	}
	return append(out, t)
}

// rollWords says how the control stands for each party, over all services.
func (b *book) rollWords(c catalogue.Control) string {
	words := ""
	for _, p := range b.a.Parties {
		r, ok := b.rolls[rollKey{c.Key, p, ""}]
		if !ok || r.Counts.Total == 0 {
			continue
		}
		words += fmt.Sprintf("For the %s: %s met, the worst is “%s”. ", party(p), some(met(r.Counts), r.Counts.Total, "answer", "answers"), statusOf(r.Status).word)
		if r.Thin {
			words += "Fewer than three checks bear on it. "
		}
	}
	return words
}

func (b *book) performedBy(a assess.Answer) document.Cell {
	cell := str(performer(a.By))
	if a.Defaulted {
		cell.Lines = append(cell.Lines, document.Say("*default*"))
	}
	return cell
}

// reasonsShown is how many reasons an answer prints; the workbook holds all.
const reasonsShown = 6

// why is the answer's sentence and each reason that says more.
func (b *book) why(a assess.Answer) document.Cell {
	cell := document.Cell{Lines: []document.Text{document.Plain(or(a.Summary, "No summary was given."))}}
	n := 0
	for _, r := range a.Reasons {
		if r.Says == a.Summary || r.Says == "" {
			continue
		}
		if n++; n > reasonsShown {
			cell.Lines = append(cell.Lines, document.Say("*%s in the workbook*", count(len(a.Reasons)-reasonsShown, "further reason stands", "further reasons stand")))
			break
		}
		line := document.Plain("– " + r.Says)
		if r.Check != "" && b.isFailing(r.Check) {
			line = append(line, document.Span{Text: " "}, document.Span{Text: r.Check, Link: "#" + checkID(r.Check)})
		}
		cell.Lines = append(cell.Lines, line)
	}
	if a.Coverage.Required > 0 && a.Coverage.Read < a.Coverage.Required {
		cell.Lines = append(cell.Lines, document.Say("%s of %s that its checks need %s read.", thousands(a.Coverage.Read), count(a.Coverage.Required, "fact", "facts"), was(a.Coverage.Read)))
	}
	if a.Attestation != nil {
		cell.Lines = append(cell.Lines, attested(*a.Attestation))
	}
	return cell
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
