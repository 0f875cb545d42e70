// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"time"

	"demarc.dev/demarc/document"
	"demarc.dev/demarc/risk"
)

// Risk is what a paper of the risk register is made of.
type Risk struct {
	Paper        Paper
	Organisation string
	Catalogue    string // version of the catalogue of threats
	Digest       string // SHA-256 of the register, in hex
	At           time.Time
	Run          string // the assessment that suggestions rest on; empty: none
	Method       risk.Method
	Usual        bool // nobody set a method
	Lines        []risk.Line
	Summary      risk.Summary
	Services     map[string]string // names by id
	People       map[string]string // names by id
}

// RiskReport is the risk register with the treatment plan, to be read and
// approved (ISO/IEC 27001:2022, 6.1.2, 6.1.3, 8.2 and 8.3).
func RiskReport(r Risk) document.Document {
	d := document.Document{Landscape: true, Meta: r.meta("Cloud risk register and treatment plan")}
	d.Blocks = slices.Concat(r.summary(), r.heat(), r.register(), r.treatment(), r.decisions(), r.method())
	return d
}

func (r Risk) meta(title string) document.Meta {
	m := document.Meta{Title: title, Subtitle: "ISO/IEC 27001:2022, clauses 6.1.2, 6.1.3, 8.2 and 8.3", Organisation: r.Organisation,
		ID: r.Paper.ID, Version: r.Paper.Version, Classification: r.Paper.Classification, Date: r.At, Catalogue: "threats of the catalogue " + r.Catalogue, Digest: r.Digest,
		Facts: []document.Fact{{Name: "Risks", Value: itoa(r.Summary.All)}, {Name: "Suggestions rest on", Value: or(r.Run, "no assessment")}}}
	m.Facts = append(m.Facts, r.Paper.sender()...)
	if r.Usual {
		m.Notice = "The organisation has set no method of its own: scales, bands and appetite are those that Demarc begins with."
	}
	return m
}

func (r Risk) summary() []document.Block {
	s := r.Summary
	out := []document.Block{heading(1, "Summary", "summary"),
		lead("The register holds %s: nobody has rated %d of them yet, and of the others %s above the appetite of %d without a valid acceptance.", count(s.All, "risk", "risks"), s.States[risk.Identified], count(s.Intolerable, "is", "are"), r.Method.Appetite),
		document.Tiles{Items: []document.Tile{
			{Value: itoa(s.States[risk.Identified]), Label: "not rated yet", Tone: unlessNone(s.States[risk.Identified], document.Unknown)},
			{Value: itoa(s.Intolerable), Label: "not tolerable and not accepted", Tone: unlessNone(s.Intolerable, document.Bad)},
			{Value: itoa(s.States[risk.Stale]), Label: "accepted once, changed since", Tone: unlessNone(s.States[risk.Stale], document.Part)},
			{Value: itoa(s.LateSteps), Label: "steps of treatment are late", Tone: unlessNone(s.LateSteps, document.Bad)},
		}}}
	t := document.Table{Caption: "Risks by state", Columns: []document.Column{column("State", 2), numbers("Risks", 1), column("What it means", 6)}, Empty: "There is no state."}
	for _, state := range risk.States() {
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{riskStateCell(state), document.Num(s.States[state]), document.Str(riskStateMeans(state))}})
	}
	return append(out, t)
}

func unlessNone(n int, t document.Tone) document.Tone {
	if n == 0 {
		return document.Good
	}
	return t
}

// riskStateMeans says in a sentence what a state is.
func riskStateMeans(s risk.State) string {
	switch s {
	case risk.Identified:
		return "It is written down, and nobody rated it."
	case risk.Assessed:
		return "It is rated, and nothing is decided about it."
	case risk.Proposed:
		return "A treatment is written down and waits for its owner."
	case risk.Stale:
		return "It was approved once; it changed since, or the day until which that held has passed."
	case risk.Treating:
		return "The treatment is approved, and steps are open."
	case risk.Accepted:
		return "The treatment is approved, nothing is left to do, and what is left is accepted."
	}
	return "It is no risk any more; the register says why."
}

func riskStateCell(s risk.State) document.Cell {
	tone := map[risk.State]document.Tone{risk.Identified: document.Unknown, risk.Assessed: document.Bad, risk.Proposed: document.Part, risk.Stale: document.Bad, risk.Treating: document.Part, risk.Accepted: document.Good, risk.Closed: document.Muted}[s]
	return document.Status(tone, string(s))
}

// heat draws where the risks lie: without controls, now, and once the
// treatment is done.
func (r Risk) heat() []document.Block {
	out := []document.Block{heading(1, "Where the risks lie", "heat")}
	for _, v := range risk.Views() {
		h := risk.Map(r.Method, risksOf(r.Lines), v)
		c := document.Heat{Figure: document.Figure{Title: riskViewTitle(v), Says: fmt.Sprintf("Likelihood by consequence; %s no such rating.", count(h.Unrated, "risk has", "risks have"))}, Of: "Likelihood", Tone: document.Bad}
		for _, l := range r.Method.Consequence {
			c.Columns = append(c.Columns, l.Name)
		}
		for i := len(r.Method.Likelihood) - 1; i >= 0; i-- {
			c.Rows = append(c.Rows, document.HeatRow{Label: r.Method.Likelihood[i].Name, Values: h.Cells[i]})
		}
		out = append(out, c)
	}
	return out
}

func riskViewTitle(v risk.View) string {
	switch v {
	case risk.ViewInherent:
		return "Inherent: without any control"
	case risk.ViewCurrent:
		return "Current: with the controls as they are"
	}
	return "Expected: once the treatment is done"
}

func (r Risk) ratingCell(x risk.Rating) document.Cell {
	if x.None() {
		return document.Status(document.Unknown, "not rated")
	}
	step, of := r.Method.Severity(x)
	tone := document.Good
	switch {
	case step == of:
		tone = document.Bad
	case step > 1:
		tone = document.Part
	}
	c := document.Status(tone, r.Method.Band(x))
	c.Lines = []document.Text{document.Plain(fmt.Sprintf("%s = %d", x, x.Score()))}
	return c
}

func (r Risk) where(id string) string {
	if id == "" {
		return "the organisation as a whole"
	}
	return or(r.Services[id], id)
}

func (r Risk) who(id string) string {
	if id == "" {
		return "nobody"
	}
	return or(r.People[id], id)
}

func (r Risk) register() []document.Block {
	t := document.Table{Columns: []document.Column{column("Risk", 4), column("Service", 1.6), column("Owner", 1.3), column("State", 1.2), column("Inherent", 1.1), column("Current", 1.1), column("Expected", 1.1), column("Treatment", 1.1)}, Empty: "The register holds no risk.", Dense: true}
	for _, l := range r.Lines {
		words := []document.Text{document.Strong(l.Title), document.Mono(l.ID)}
		if l.Differs() {
			words = append(words, document.Say("The state of the controls suggests %s now.", l.Suggest.Current.String()))
		}
		if l.Because != "" {
			words = append(words, document.Plain(l.Because))
		}
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{document.Words(words...), document.Str(r.where(l.Service)), document.Str(r.who(l.Owner)), riskStateCell(l.State),
			r.ratingCell(l.Inherent), r.ratingCell(l.Current), r.ratingCell(risk.ViewTarget.Of(l.Risk)), document.Str(or(string(l.Treatment.Option), "not decided"))}})
	}
	return []document.Block{heading(1, "Register", "register"), t}
}

func (r Risk) treatment() []document.Block {
	t := document.Table{Columns: []document.Column{column("Step", 4.5), column("Of the risk", 3), column("Option", 1), column("By", 1.3), column("Due", 1.3), column("Done", 1.3)}, Empty: "No step is planned."}
	for _, l := range r.Lines {
		for _, s := range l.Treatment.Actions {
			due := document.Str(or(string(s.Due), "no day"))
			if s.Done == "" && s.Due.Before(r.At) {
				due.Chip = &document.Chip{Word: "late", Tone: document.Bad}
			}
			t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{document.Str(s.What), document.Words(document.Plain(l.Title), document.Mono(l.ID)), document.Str(string(l.Treatment.Option)), document.Str(r.who(s.Owner)), due, document.Str(or(string(s.Done), "open"))}})
		}
	}
	return []document.Block{heading(1, "Treatment plan", "treatment"), t}
}

func (r Risk) decisions() []document.Block {
	t := document.Table{Columns: []document.Column{column("Risk", 3.5), column("Approved by", 2), column("On", 1.3), column("Until", 1.3), column("Holds", 1.2), column("Note, and what changed since", 4)}, Empty: "Nobody has approved a treatment or accepted a risk."}
	for _, l := range r.Lines {
		if l.Decision == nil {
			continue
		}
		words := []document.Text{document.Plain(or(l.Decision.Note, "no note"))}
		for _, s := range l.Since {
			words = append(words, document.Plain(s))
		}
		holds := document.Status(document.Good, "yes")
		if l.State == risk.Stale {
			holds = document.Status(document.Bad, "stale")
		}
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{document.Words(document.Plain(l.Title), document.Mono(l.ID)), document.Str(l.Decision.By), document.Str(day(l.Decision.At, "no day")), document.Str(string(l.Decision.Until)), holds, document.Words(words...)}})
	}
	return []document.Block{heading(1, "Approvals and acceptances", "decisions"), t,
		note("Each binds to a digest of the risk as it was: its service, threat, words, owner, ratings, option, expected rating and steps.")}
}

func (r Risk) method() []document.Block {
	out := []document.Block{heading(1, "Method", "method"), text("The score is likelihood times consequence. Up to %d a risk needs no acceptance.", r.Method.Appetite)}
	for _, scale := range []struct {
		name   string
		levels []risk.Level
	}{{"Likelihood", r.Method.Likelihood}, {"Consequence", r.Method.Consequence}} {
		t := document.Table{Caption: scale.name, Columns: []document.Column{numbers("Step", 0.6), column("Name", 1.5), column("Meaning", 6)}, Empty: "The scale has no step."}
		for i, l := range scale.levels {
			t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{document.Num(i + 1), document.Str(l.Name), document.Str(l.Words)}})
		}
		out = append(out, t)
	}
	t := document.Table{Caption: "Bands", Columns: []document.Column{column("Band", 2), numbers("From the score", 1)}, Empty: "There is no band."}
	for _, b := range r.Method.Bands {
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{document.Str(b.Name), document.Num(b.From)}})
	}
	return append(out, t)
}

func risksOf(lines []risk.Line) []risk.Risk {
	out := make([]risk.Risk, len(lines))
	for i, l := range lines {
		out[i] = l.Risk
	}
	return out
}
