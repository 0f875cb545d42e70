// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/document"
	"demarc.dev/demarc/remediation"
)

// plan is the remediation plan: quick wins, effort against impact, waves, what
// if.
func (b *book) plan() []document.Block {
	out := []document.Block{heading(1, "Remediation plan", "plan")}
	n := b.Plan.Numbers
	if n.Actions == 0 {
		return append(out, text("The plan holds no action: %s to work on.", count(len(b.a.Gaps), "gap is left", "gaps are left")))
	}
	out = append(out, document.Paragraph{Lead: true, Text: document.Say("%s on %s of %s, with an estimated effort of %s.", count(n.Actions, "action works", "actions work"), thousands(n.Covered), count(n.Gaps, "gap", "gaps"), effort(n.Minutes))},
		text("The order follows a score: severity × exposure × duties helped, divided by effort. Efforts are estimates of the checks and of the kind of work; they hold no waiting time."))
	out = append(out, b.quickWins()...)
	out = append(out, b.scatter()...)
	out = append(out, b.waves()...)
	return append(out, b.whatIf()...)
}

// actionsShown is how many actions a list of the plan prints; the workbook
// holds all.
const actionsShown = 10

// effort says minutes of work in words.
func effort(minutes int) string {
	const hour, dayOfWork = 60, 8 * 60
	switch {
	case minutes < 2*hour:
		return count(minutes, "minute", "minutes")
	case minutes < 2*dayOfWork:
		return fmt.Sprintf("about %s", count((minutes+hour/2)/hour, "hour", "hours"))
	default:
		return fmt.Sprintf("about %s of work", count((minutes+dayOfWork/2)/dayOfWork, "day", "days"))
	}
}

func (b *book) action(id string) (remediation.Action, bool) {
	i := slices.IndexFunc(b.Plan.Actions, func(a remediation.Action) bool { return a.ID == id })
	if i < 0 {
		return remediation.Action{}, false
	}
	return b.Plan.Actions[i], true
}

func (b *book) quickWins() []document.Block {
	out := []document.Block{heading(2, "Quick wins", "quick-wins")}
	if len(b.Plan.QuickWins) == 0 {
		return append(out, text("No action is a quick win: each that helps much also costs much."))
	}
	out = append(out, lead("%s much for little work. Begin here.", count(len(b.Plan.QuickWins), "action gives", "actions give")))
	shownIDs := b.Plan.QuickWins[:min(actionsShown, len(b.Plan.QuickWins))]
	out = append(out, b.actionTable(shownIDs))
	if left := len(b.Plan.QuickWins) - len(shownIDs); left > 0 {
		out = append(out, note("%s in the workbook.", count(left, "further quick win stands", "further quick wins stand")))
	}
	return out
}

func (b *book) actionTable(ids []string) document.Table {
	t := document.Table{Columns: []document.Column{column("Action", 4.2), column("Services", 1.5), column("Effort", 1.2), column("Why this priority", 2.7), numbers("Score", 0.8)}, Empty: "No action."}
	for _, id := range ids {
		a, ok := b.action(id)
		if !ok {
			continue
		}
		t.Rows = append(t.Rows, row(document.Words(b.actionTitle(a), document.Plain(a.What)), str(b.serviceNames(a.Services)),
			str(or(a.Effort, effort(a.Minutes))), str(or(a.Priority.Why, "no reason was given")), num(a.Priority.Score)))
	}
	return t
}

// actionTitle leads to the failing check when there is one.
func (b *book) actionTitle(a remediation.Action) document.Text {
	if a.Check != "" && b.isFailing(a.Check) {
		return document.Link(a.Title, "#"+checkID(a.Check))
	}
	return document.Strong(a.Title)
}

// scatter sets the first actions by effort against the duties that they help.
func (b *book) scatter() []document.Block {
	steps := []struct {
		name string
		upTo int // minutes
	}{{"up to an hour", 60}, {"up to a day", 8 * 60}, {"up to a week", 5 * 8 * 60}, {"longer", 1 << 40}}
	s := document.Scatter{Figure: document.Figure{Title: "Effort and impact", Says: "The actions of highest priority. High and to the left: much help for little work. The numbers are those of the list below."},
		XTitle: "Effort", YTitle: "Duties that the action helps"}
	for _, st := range steps {
		s.Steps = append(s.Steps, st.name)
	}
	first := b.Plan.Actions[:min(actionsShown, len(b.Plan.Actions))]
	var key []document.Text
	for i, a := range first {
		step := slices.IndexFunc(steps, func(st struct {
			name string
			upTo int
		}) bool {
			return a.Minutes <= st.upTo
		})
		s.Points = append(s.Points, document.ScatterPoint{Number: i + 1, Label: or(a.Title, a.ID), Step: step, Y: float64(len(a.Bears)), Tone: severityChip(a.Severity).Tone})
		key = append(key, document.Plain(or(a.Title, a.ID)))
	}
	return []document.Block{heading(2, "Effort and impact", "effort"), s, document.List{Numbered: true, Items: key}}
}

func (b *book) waves() []document.Block {
	out := []document.Block{heading(2, "Waves", "waves")}
	if len(b.Plan.Waves) == 0 {
		return append(out, text("The plan has no waves."))
	}
	sum := document.Table{Columns: []document.Column{column("Wave", 2), column("Why then", 3.4), numbers("Actions", 0.8), column("Effort", 1.4)}}
	for _, w := range b.Plan.Waves {
		sum.Rows = append(sum.Rows, row(document.Words(document.Strong(fmt.Sprintf("%d. %s", w.Number, w.Title))), str(or(w.Why, "no reason was given")), num(len(w.Actions)), str(effort(w.Minutes))))
	}
	out = append(out, sum)
	for _, w := range b.Plan.Waves {
		out = append(out, heading(3, fmt.Sprintf("Wave %d: %s", w.Number, w.Title), ""))
		ids := w.Actions[:min(actionsShown, len(w.Actions))]
		out = append(out, b.waveTable(ids))
		if left := len(w.Actions) - len(ids); left > 0 {
			out = append(out, note("%s of this wave in the workbook.", count(left, "further action stands", "further actions stand")))
		}
	}
	return out
}

func (b *book) waveTable(ids []string) document.Table {
	t := document.Table{Columns: []document.Column{column("Action", 5), column("Services", 2.2), numbers("Duties", 0.7), column("Effort", 1.6)}, Empty: "No action."}
	for _, id := range ids {
		a, ok := b.action(id)
		if !ok {
			continue
		}
		cell := document.Words(b.actionTitle(a))
		if len(a.After) > 0 {
			cell.Lines = append(cell.Lines, document.Say("*After:* %s. %s", b.actionNames(a.After), sentence(or(a.AfterWhy, "No reason was given"))))
		}
		t.Rows = append(t.Rows, row(cell, str(b.serviceNames(a.Services)), num(len(a.Bears)), str(or(a.Effort, effort(a.Minutes)))))
	}
	return t
}

func (b *book) actionNames(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = id
		if a, ok := b.action(id); ok {
			names[i] = a.Title
		}
	}
	return list(names[:min(3, len(names))], "nothing")
}

// whatIf shows estimates, and says that they are.
func (b *book) whatIf() []document.Block {
	out := []document.Block{heading(2, "What if", "what-if")}
	if len(b.Outlooks) == 0 {
		return append(out, text("No outlook was computed."))
	}
	t := document.Table{Columns: []document.Column{column("If this is done", 3.4), numbers("Met now", 1), numbers("Met then", 1), numbers("Ready now", 1.1), numbers("Ready then", 1.1)}}
	var supposes []string
	for _, o := range b.Outlooks {
		t.Rows = append(t.Rows, row(document.Words(document.Plain(b.outlookTitle(o)), document.Plain(o.Says)), num(met(o.Before)), num(met(o.After)), str(ready(o.Before)), str(ready(o.After))))
		supposes = append(supposes, o.Supposes...)
	}
	out = append(out, lead("These are **estimates**, of the organisation's own duties."), t)
	if len(supposes) > 0 {
		var items []document.Text
		seen := map[string]bool{}
		for _, s := range supposes {
			if !seen[s] {
				seen[s] = true
				items = append(items, document.Plain(s))
			}
		}
		out = append(out, text("They suppose:"), document.List{Items: items})
	}
	return out
}

func met(c assess.Counts) int { return c.Satisfied + c.Inherited }

func (b *book) outlookTitle(o remediation.Outlook) string {
	switch {
	case slices.Equal(o.Actions, b.Plan.QuickWins):
		return "the quick wins"
	case len(o.Actions) == len(b.Plan.Actions):
		return "the whole plan"
	}
	for _, w := range b.Plan.Waves {
		if slices.Equal(o.Actions, w.Actions) {
			return fmt.Sprintf("wave %d", w.Number)
		}
	}
	return count(len(o.Actions), "action", "actions") + ": " + b.actionNames(o.Actions)
}
