// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"

	"demarc.dev/demarc/document"
)

// GapReport is the paper for the people who decide: what is met, what is not
// and why, what nobody can tell, and what to do in which order.
func GapReport(g Gap) (document.Document, error) {
	b, err := newBook(g)
	if err != nil {
		return document.Document{}, err
	}
	d := document.Document{Meta: b.meta("Gap assessment report", "ISO/IEC 27017:"+string(b.a.Edition)+", duties of "+parties(b.a.Parties))}
	for i, section := range [][]document.Block{
		b.summary(), b.standings(), b.legend(), b.sources(), b.topGaps(), b.plan(), b.notMet(), slices.Concat(b.notKnown(), b.settled()), b.failingSection(), slices.Concat(b.exceptions(), b.attestations(), b.method()), b.annex(),
	} {
		if i > 0 {
			d.Blocks = append(d.Blocks, document.PageBreak{})
		}
		d.Blocks = append(d.Blocks, section...)
	}
	return d, nil
}

func heading(level int, text, id string) document.Block {
	return document.Heading{Level: level, Text: text, ID: id}
}

func text(format string, args ...any) document.Block {
	return document.Paragraph{Text: document.Say(format, args...)}
}

// lead is a paragraph that stays with the block after it.
func lead(format string, args ...any) document.Block {
	return document.Paragraph{Keep: true, Text: document.Say(format, args...)}
}

func note(format string, args ...any) document.Block {
	return document.Paragraph{Small: true, Text: document.Say(format, args...)}
}

func column(title string, width float64) document.Column {
	return document.Column{Title: title, Width: width}
}

func numbers(title string, width float64) document.Column {
	return document.Column{Title: title, Width: width, Align: document.Right}
}

func row(cells ...document.Cell) document.Row { return document.Row{Cells: cells} }

func str(s string) document.Cell { return document.Str(s) }

// num is a cell of a whole number as people read it.
func num(n int) document.Cell { return document.Str(thousands(n)) }
