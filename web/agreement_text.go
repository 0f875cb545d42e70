// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"strconv"

	"demarc.dev/demarc/agreement/text"
)

// readDocument is a document as the page of a review shows it.
type readDocument struct {
	Name, Unreadable string
	Notes            []string
	Blocks           []readBlock
}

// readBlock is a block of a document, cut where quotes begin and end.
type readBlock struct {
	Kind  text.Kind
	Level int
	Label string // the number that the file's own numbering gives
	Page  int    // that begins with this block; 0 when none does
	Spans []readSpan
}

// readSpan is a stretch of text that is quoted by the same findings.
type readSpan struct {
	Text    string
	Anchors []string // ids of the quotes that begin here
	Row     string   // id of the finding that quotes it; empty: none does
	Tone    string
}

// passage is where a finding's quote stands.
type passage struct {
	from, to int
	id, row  string
	tone     string
}

// lay cuts documents into what is quoted and what is not, and gives each row
// the id of its passage.
func lay(docs []*text.Document, rows []agreementRow) []readDocument {
	quoted := map[string][]passage{}
	for i := range rows {
		q := rows[i].Quote
		if q == nil {
			continue
		}
		rows[i].Mark = "q-" + strconv.Itoa(i)
		quoted[q.Document] = append(quoted[q.Document], passage{q.From, q.To, rows[i].Mark, rowID(rows[i].Key()), agreementTone(rows[i].State)})
	}
	var out []readDocument
	for _, d := range docs {
		all := quoted[d.Name]
		slices.SortStableFunc(all, func(a, b passage) int { return a.from - b.from })
		r := readDocument{Name: d.Name, Unreadable: d.Unreadable, Notes: d.Notes}
		page := 0
		for _, b := range d.Blocks {
			block := readBlock{Kind: b.Kind, Level: min(b.Level, 6), Label: b.Label, Spans: spans(d, b, all)}
			if b.Page > page {
				page, block.Page = b.Page, b.Page
			}
			r.Blocks = append(r.Blocks, block)
		}
		out = append(out, r)
	}
	return out
}

// spans cuts a block where passages begin and end. Of several that cover a
// stretch the shortest is what a click on it leads to.
func spans(d *text.Document, b text.Block, all []passage) []readSpan {
	cuts := []int{b.From, b.To}
	var here []passage
	for _, p := range all {
		if p.from < b.To && p.to > b.From {
			here = append(here, p)
			cuts = append(cuts, max(p.from, b.From), min(p.to, b.To))
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []readSpan
	for i := 0; i+1 < len(cuts); i++ {
		s := readSpan{Text: d.Quote(cuts[i], cuts[i+1])}
		shortest := -1
		for _, p := range here {
			if p.from > cuts[i] || p.to < cuts[i+1] {
				continue
			}
			if max(p.from, b.From) == cuts[i] && p.from >= b.From {
				s.Anchors = append(s.Anchors, p.id)
			}
			if shortest < 0 || p.to-p.from < shortest {
				shortest, s.Row, s.Tone = p.to-p.from, p.row, p.tone
			}
		}
		out = append(out, s)
	}
	return out
}
