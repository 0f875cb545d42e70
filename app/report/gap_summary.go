// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/document"
)

// ready gives the readiness of counts in words; nothing that applies gives
// words too.
func ready(c assess.Counts) string {
	share, ok := readiness(c)
	if !ok {
		return "nothing applies"
	}
	return percent(share)
}

// readiness is the share of duties that are satisfied or inherited, of those
// that apply.
func readiness(c assess.Counts) (share float64, ok bool) {
	if c.Total == c.NotApplicable {
		return 0, false
	}
	return float64(c.Satisfied+c.Inherited) / float64(c.Total-c.NotApplicable), true
}

// percent prints a share with one digit, rounded down: of two readings the
// less flattering.
func percent(share float64) string {
	tenths := int(share*1000 + 1e-9)
	return fmt.Sprintf("%d.%d %%", tenths/10, tenths%10)
}

// summary is the one page that a board reads: how it stands, what is worst,
// what to do first, what is not known and why.
func (b *book) summary() []document.Block {
	out := []document.Block{heading(1, "Summary", "summary"), document.Paragraph{Lead: true, Text: b.lead()}}
	ours := b.a.Readiness.Ours
	if ours.Total > 0 {
		out = append(out, b.tiles(ours), document.Paragraph{Small: true, Text: b.breakdown()}, document.Columns{Left: []document.Block{b.donut(ours)}, Right: b.firstSteps()})
	}
	out = append(out, b.worstFive()...)
	return append(out, b.unknownWords()...)
}

// standings shows the status of everything, by service and by theme.
func (b *book) standings() []document.Block {
	out := []document.Block{heading(1, "How it stands", "standing"), text("The summary speaks of the organisation's own duties. This section shows the duties of both sides.")}
	out = append(out, b.byService()...)
	out = append(out, b.theirs()...)
	return append(out, b.byTheme()...)
}

// lead is the one sentence that a director reads.
func (b *book) lead() document.Text {
	r := b.a.Readiness
	org := b.a.Organisation.Name
	services := count(len(b.a.Services), "cloud service", "cloud services")
	if r.Ours.Total == 0 {
		return document.Say("No duty of %s itself was assessed, over %s.", org, services)
	}
	if _, ok := readiness(r.Ours); !ok {
		return document.Say("None of the %s that ISO/IEC 27017:%s puts on %s for %s applies to it.", count(r.Ours.Total, "duty", "duties"), string(b.a.Edition), org, services)
	}
	return document.Say("**%s is %s ready.** ISO/IEC 27017:%s puts %s on it for %s; %s %s met.",
		org, ready(r.Ours), string(b.a.Edition), count(r.Ours.Total, "duty", "duties"), services, thousands(r.Ours.Satisfied+r.Ours.Inherited), is(r.Ours.Satisfied+r.Ours.Inherited))
}

// rest says in words what is not met.
func rest(c assess.Counts) string {
	var parts []string
	for _, p := range []struct {
		n         int
		one, many string
	}{
		{c.NotSatisfied, "is not satisfied", "are not satisfied"},
		{c.Partly, "is met only in part", "are met only in part"},
		{c.Unknown, "is unknown", "are unknown"},
		{c.Accepted, "fails under an accepted risk", "fail under an accepted risk"},
		{c.NotApplicable, "does not apply", "do not apply"},
	} {
		switch {
		case p.n == 1:
			parts = append(parts, "1 "+p.one)
		case p.n > 1:
			parts = append(parts, thousands(p.n)+" "+p.many)
		}
	}
	return and(parts)
}

// breakdown says what the rest is, and what readiness counts.
func (b *book) breakdown() document.Text {
	c := b.a.Readiness.Ours
	others := rest(c)
	if others == "" {
		return document.Say("No gap is left among the duties of %s.", b.a.Organisation.Name)
	}
	words := document.Say("Of the others, %s.", others)
	if _, ok := readiness(c); !ok {
		return words
	}
	return append(words, document.Say(" Readiness is what is satisfied or inherited, %s + %s, of what applies, %s − %s.", thousands(c.Satisfied), thousands(c.Inherited), thousands(c.Total), thousands(c.NotApplicable))...)
}

func (b *book) tiles(c assess.Counts) document.Block {
	critical := 0
	for _, g := range b.a.Gaps {
		if g.Ours && g.Status == assess.NotSatisfied && g.Severity == "critical" {
			critical++
		}
	}
	return document.Tiles{Items: []document.Tile{
		{Value: ready(c), Label: "ready", Note: thousands(c.Satisfied+c.Inherited) + " of " + thousands(c.Total-c.NotApplicable) + " duties that apply", Tone: document.Accent},
		{Value: thousands(c.NotSatisfied), Label: "not satisfied", Note: thousands(critical) + " of critical severity", Tone: document.Bad},
		{Value: thousands(c.Partly), Label: "partly satisfied", Note: "a part is met, a part is not", Tone: document.Part},
		{Value: thousands(c.Unknown), Label: "unknown", Note: "never counted as met", Tone: document.Unknown},
	}}
}

func (b *book) donut(c assess.Counts) document.Block {
	d := document.Donut{Figure: document.Figure{Title: "Own duties by status", Says: fmt.Sprintf("%s: %s satisfied or inherited, %s not.", count(c.Total, "duty", "duties"), thousands(c.Satisfied+c.Inherited), thousands(c.Total-c.Satisfied-c.Inherited))},
		Middle: ready(c), Below: "ready"}
	if _, ok := readiness(c); !ok {
		d.Middle, d.Below = "–", "nothing applies"
	}
	for _, s := range shown() {
		d.Slices = append(d.Slices, document.Slice{Name: statusOf(s).word, Count: of(c, s), Tone: statusOf(s).tone})
	}
	return d
}

// firstSteps are the actions of highest priority, with why.
func (b *book) firstSteps() []document.Block {
	out := []document.Block{heading(3, "What to do first", "")}
	if len(b.Plan.Actions) == 0 {
		return append(out, text("Nothing: the plan holds no action."))
	}
	var items []document.Text
	for _, a := range b.Plan.Actions[:min(4, len(b.Plan.Actions))] {
		items = append(items, document.Say("**%s** %s", sentence(a.Title), sentence(upper(or(a.Effort, effort(a.Minutes))))))
	}
	return append(out, document.List{Numbered: true, Items: items},
		note("[All %s](#plan), with the reason for each.", count(len(b.Plan.Actions), "action", "actions")))
}

// sentence ends words with a full stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	switch s[len(s)-1] {
	case '.', '!', '?':
		return s
	}
	return s + "."
}

// theirs tells of the duties of the other side.
func (b *book) theirs() []document.Block {
	c := b.a.Readiness.Theirs
	if c.Total == 0 {
		return nil
	}
	others := rest(c)
	if others != "" {
		others = "; " + others
	}
	return []document.Block{
		heading(2, "Duties of the other side", "theirs"),
		text("%s on the other side of the services: what the organisation relies on. %s %s inherited, with a basis and evidence, or satisfied%s. An unknown duty of the other side is a question to ask it, not a fault that was found.",
			count(c.Total, "more duty lies", "more duties lie"), thousands(met(c)), is(met(c)), others),
	}
}

func series() []document.Series {
	var out []document.Series
	for _, s := range shown() {
		out = append(out, document.Series{Name: statusOf(s).word, Tone: statusOf(s).tone})
	}
	return out
}

func split(c assess.Counts) []int {
	var out []int
	for _, s := range shown() {
		out = append(out, of(c, s))
	}
	return out
}

func (b *book) byService() []document.Block {
	if len(b.a.Services) == 0 {
		return nil
	}
	chart := document.Stacked{Figure: document.Figure{Title: "All duties by service", Says: "Duties of both sides of each service, by status."}, Of: "Service", Series: series(), Share: true}
	for _, s := range b.a.Services {
		chart.Rows = append(chart.Rows, document.StackedRow{Label: s.Name, Counts: split(s.Counts)})
	}
	return []document.Block{heading(2, "By service", "by-service"), chart}
}

// byTheme shows each theme and party: a radar to see the shape, a table for
// the numbers.
func (b *book) byTheme() []document.Block {
	if len(b.a.Themes) == 0 {
		return nil
	}
	out := []document.Block{heading(2, "By theme and party", "by-theme")}
	out = append(out, b.radar()...)
	t := document.Table{Columns: []document.Column{column("Theme", 3)}}
	for _, p := range b.a.Parties {
		t.Columns = append(t.Columns, numbers(upper(party(p))+" duties met", 1.1), numbers("Ready, "+party(p), 0.9), column("Worst, "+party(p), 1.5))
	}
	at := map[string]int{}
	for _, r := range b.a.Themes {
		if _, ok := at[r.Key]; !ok {
			at[r.Key] = len(t.Rows)
			cells := []document.Cell{str(r.Clause + " " + r.Title)}
			for range b.a.Parties {
				cells = append(cells, str("no duty"), str("nothing applies"), str("not expected"))
			}
			t.Rows = append(t.Rows, row(cells...))
		}
		if k := slices.Index(b.a.Parties, r.Party); k >= 0 && r.Counts.Total > 0 {
			cells := t.Rows[at[r.Key]].Cells
			cells[1+3*k], cells[2+3*k], cells[3+3*k] = str(thousands(met(r.Counts))+" of "+thousands(r.Counts.Total)), str(ready(r.Counts)), statusCell(r.Status)
		}
	}
	out = append(out, t)
	return append(out, note("“Met” counts the duties, over all services, that are satisfied or inherited. “Ready” leaves out the duties that do not apply. “Worst” is the worst status of any of them."))
}

func (b *book) radar() []document.Block {
	r := document.Radar{Figure: document.Figure{Title: "Readiness by theme", Says: "The further out, the more of the theme's duties are satisfied or inherited. A theme without a duty that applies has no point."}, Of: "Theme"}
	at := map[string]int{}
	for _, t := range b.a.Themes {
		if _, ok := at[t.Key]; !ok {
			at[t.Key] = len(r.Axes)
			r.Axes = append(r.Axes, t.Clause+" "+t.Title)
		}
	}
	if len(r.Axes) < 3 {
		return nil
	}
	for i, p := range b.a.Parties {
		s := document.RadarSeries{Name: "Duties of the " + party(p), Tone: []document.Tone{document.Accent, document.Second}[i%2], Values: make([]float64, len(r.Axes))}
		for k := range s.Values {
			s.Values[k] = -1
		}
		for _, t := range b.a.Themes {
			if share, ok := readiness(t.Counts); ok && t.Party == p {
				s.Values[at[t.Key]] = share
			}
		}
		r.Series = append(r.Series, s)
	}
	return []document.Block{r}
}

// ofParty says whose duty it is, and whether it is the organisation's own.
func ofParty(p catalogue.Party, ours bool) string {
	if ours {
		return party(p) + ", own duty"
	}
	return party(p) + ", of the other side"
}
