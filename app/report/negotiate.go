// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"

	"demarc.dev/demarc/agreement"
	read "demarc.dev/demarc/agreement/text"
	"demarc.dev/demarc/document"
)

// wanted is a change to ask for: a subject once, however many packs ask for it.
type wanted struct {
	agreement.Finding
	state agreement.State
	refs  []string
}

// wants gives what to ask for: what is adverse, missing, weak or by reference
// only, as reviewers settled it, the gravest first.
func (a Agreement) wants() []wanted {
	var out []wanted
	at := map[string]int{}
	for _, f := range a.Review.Findings {
		s := a.state(f)
		if f.Proposal == "" || s == agreement.Met || s == agreement.Unreadable {
			continue
		}
		if i, seen := at[f.Topic]; seen {
			out[i].refs = append(out[i].refs, f.References...)
			continue
		}
		at[f.Topic] = len(out)
		out = append(out, wanted{f, s, slices.Clone(f.References)})
	}
	order := agreement.States()
	slices.SortStableFunc(out, func(x, y wanted) int {
		return cmp.Or(cmp.Compare(slices.Index(order, x.state), slices.Index(order, y.state)), cmp.Compare(y.Weight, x.Weight))
	})
	return out
}

// span is a stretch of a document that is to be taken away.
type span struct{ from, to int }

// AgreementRedline is the agreement with the proposed wording as tracked
// changes: what agrees the contrary is taken out, what promises too little gets
// the wording behind it, and what is missing stands at the end. It is made of
// the words that were read; the layout of the file is not kept.
func AgreementRedline(a Agreement) ([]byte, error) {
	r := document.Redline{Title: "Proposed changes: " + a.Name, Author: or(a.Organisation, "The customer"), At: a.At}
	gone, behind := map[string][]span{}, map[string][]wanted{}
	var rest []wanted
	for _, w := range a.wants() {
		switch q := w.Quote; {
		case q == nil || w.state == agreement.Missing || w.state == agreement.ByReference:
			rest = append(rest, w)
		default:
			if w.state == agreement.Adverse {
				gone[q.Document] = append(gone[q.Document], span{q.From + q.Core[0], q.From + q.Core[1]})
			}
			behind[q.Document] = append(behind[q.Document], w)
		}
	}
	for _, d := range a.Documents {
		if d.Unreadable != "" {
			continue
		}
		if len(a.Documents) > 1 {
			r.Paragraphs = append(r.Paragraphs, document.RedlineParagraph{Heading: 1, Runs: []document.RedlineRun{{Text: d.Name}}})
		}
		r.Paragraphs = append(r.Paragraphs, redlined(d, gone[d.Name], behind[d.Name])...)
	}
	if len(rest) > 0 {
		r.Paragraphs = append(r.Paragraphs, proposal(2, "Additional terms"))
	}
	for i, w := range rest {
		r.Paragraphs = append(r.Paragraphs, proposal(0, fmt.Sprintf("A%d. %s: %s", i+1, w.Title, w.Proposal)))
	}
	return document.RedlineDOCX(r)
}

func proposal(heading int, words string) document.RedlineParagraph {
	return document.RedlineParagraph{Heading: heading, Added: true, Runs: []document.RedlineRun{{Text: words, Change: document.Proposed}}}
}

// redlined gives the paragraphs of a document with what is taken away and what
// is proposed behind the block that was quoted.
func redlined(d *read.Document, gone []span, behind []wanted) []document.RedlineParagraph {
	var out []document.RedlineParagraph
	for _, b := range d.Blocks {
		p := document.RedlineParagraph{}
		switch b.Kind {
		case read.Heading:
			p.Heading = max(1, b.Level)
		case read.Item:
			p.Indent = b.Level
		}
		if b.Label != "" {
			p.Runs = append(p.Runs, document.RedlineRun{Text: b.Label + " "})
		}
		p.Runs = append(p.Runs, runsOf(d, b, gone)...)
		out = append(out, p)
		for _, w := range behind {
			if end := w.Quote.From + w.Quote.Core[1]; end > b.From && end <= b.To {
				out = append(out, proposal(0, w.Proposal))
			}
		}
	}
	return out
}

// runsOf cuts a block where something is taken away.
func runsOf(d *read.Document, b read.Block, gone []span) []document.RedlineRun {
	cuts := []int{b.From, b.To}
	for _, g := range gone {
		for _, at := range []int{g.from, g.to} {
			if at > b.From && at < b.To {
				cuts = append(cuts, at)
			}
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []document.RedlineRun
	for i := 0; i+1 < len(cuts); i++ {
		r := document.RedlineRun{Text: d.Quote(cuts[i], cuts[i+1])}
		if slices.ContainsFunc(gone, func(g span) bool { return g.from <= cuts[i] && g.to >= cuts[i+1] }) {
			r.Change = document.TakenAway
		}
		out = append(out, r)
	}
	return out
}

// AgreementLetter is a letter to the other party: what to change, in which
// clause, why, and with which wording.
func AgreementLetter(a Agreement) (document.Document, error) {
	meta, err := a.meta()
	if err != nil {
		return document.Document{}, err
	}
	meta.Title, meta.Subtitle = "Changes that we ask for", a.Name
	wants := a.wants()
	d := document.Document{Meta: meta, Blocks: []document.Block{
		heading(1, "Our request", "request"),
		document.Paragraph{Text: document.Plain("Dear Sir or Madam,")},
		document.Paragraph{Text: document.Say("we have read %s against what our policies, the standards that we follow and the law ask of it. Before we sign, or go on, we ask for %s. Each is given with the words that it concerns, the reason, and wording that we would accept. Please answer each with yes, with other wording, or with the reason why not.", a.Name, count(len(wants), "change", "changes"))},
	}}
	if len(wants) == 0 {
		d.Blocks = append(d.Blocks, document.Paragraph{Text: document.Plain("Nothing of what we ask is missing: we have no change to propose.")})
	}
	for i, w := range wants {
		d.Blocks = append(d.Blocks, heading(2, w.Title, fmt.Sprintf("change-%d", i+1)))
		switch {
		case w.Quote != nil && w.state != agreement.Missing:
			d.Blocks = append(d.Blocks, document.Paragraph{Text: document.Say("*%s:* “%s”", w.Quote.Where(), w.Quote.Line(900))})
		default:
			d.Blocks = append(d.Blocks, document.Paragraph{Text: document.Plain("We found no passage on this in the documents that we have.")})
		}
		slices.Sort(w.refs)
		d.Blocks = append(d.Blocks, document.Paragraph{Text: document.Say("**Why.** %s Asked for by %s.", asksOf(w.state), list(slices.Compact(w.refs), "our policy"))},
			document.Callout{Tone: document.Accent, Title: "Wording that we propose", Text: document.Plain(w.Proposal)})
	}
	d.Blocks = append(d.Blocks, document.Paragraph{Text: document.Plain("Yours faithfully,")}, document.Paragraph{Text: document.Plain(or(a.Organisation, "The customer"))})
	return d, nil
}

// asksOf says what is wrong in a letter's tone.
func asksOf(s agreement.State) string {
	switch s {
	case agreement.Adverse:
		return "The passage agrees the contrary of what we need."
	case agreement.Weak:
		return "The passage promises less than we need: no figure, a weaker one, an effort or a permission."
	case agreement.ByReference:
		return "The subject is left to a document that we do not have."
	}
	return "What nobody promises, nobody owes; we need it agreed."
}
