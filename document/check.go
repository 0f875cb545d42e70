// SPDX-License-Identifier: Apache-2.0

package document

import (
	"fmt"
	"strings"

	"demarc.dev/demarc/problem"
)

// Check tells every fault of a document that must not reach a reader: see the
// package comment. It returns nil or a Problem that lists them all.
func Check(d Document) error {
	l := &linter{ids: map[string]bool{}}
	l.meta(d.Meta)
	l.collect(d.Blocks)
	l.blocks(d.Blocks, true)
	return l.problem(d.Meta.ID)
}

// linter gathers faults.
type linter struct {
	ids    map[string]bool
	level  int
	faults []string
}

func (l *linter) problem(id string) error {
	if len(l.faults) == 0 {
		return nil
	}
	noun := "faults"
	if len(l.faults) == 1 {
		noun = "fault"
	}
	return problem.New(problem.Invalid,
		fmt.Sprintf("document %q has %d %s: %s", id, len(l.faults), noun, strings.Join(l.faults, "; ")),
		"a paper with such a fault is not written; mend the data or the builder that gave it")
}

func (l *linter) fault(format string, args ...any) {
	l.faults = append(l.faults, fmt.Sprintf(format, args...))
}

func (l *linter) meta(m Meta) {
	for _, f := range []Fact{{"title", m.Title}, {"organisation", m.Organisation}, {"id", m.ID}, {"version", m.Version},
		{"classification", m.Classification}, {"catalogue", m.Catalogue}, {"digest", m.Digest}} {
		if said(f.Value) == "" {
			l.fault("meta: %s is empty", f.Name)
		}
	}
	if m.Date.IsZero() {
		l.fault("meta: date is not set")
	}
	for _, f := range m.Facts {
		if said(f.Name) == "" || said(f.Value) == "" {
			l.fault("meta: fact %q is empty", f.Name)
		}
	}
}

// collect notes the ids before any link is looked at.
func (l *linter) collect(blocks []Block) {
	for _, b := range blocks {
		switch v := b.(type) {
		case Heading:
			l.id(v.ID)
		case Table:
			for _, r := range v.Rows {
				l.id(r.ID)
			}
		case Columns:
			l.collect(v.Left)
			l.collect(v.Right)
		}
	}
}

func (l *linter) id(id string) {
	if id == "" {
		return
	}
	if l.ids[id] {
		l.fault("id %q stands twice", id)
	}
	l.ids[id] = true
}

func (l *linter) blocks(blocks []Block, top bool) {
	for i, b := range blocks {
		where := fmt.Sprintf("block %d", i+1)
		switch v := b.(type) {
		case Heading:
			l.heading(v, top)
		case Paragraph:
			l.text(where, v.Text)
		case List:
			for _, t := range v.Items {
				l.text(where, t)
			}
		case Callout:
			l.word(where, v.Title)
			l.text(where, v.Text)
		case Tiles:
			for _, t := range v.Items {
				l.word(where, t.Value)
				l.word(where, t.Label)
			}
		case Definitions:
			for _, d := range v.Items {
				l.word(where, d.Term)
				l.text(where, d.Text)
			}
		case Code:
			l.word(where, v.Text)
		case Table:
			l.table(v)
		case Columns:
			l.columns(v, top)
		case Chart:
			l.chart(v)
		case Signatures:
			for _, s := range v.Signers {
				l.word(where, s.For)
			}
		case PageBreak:
		default:
			l.fault("%s: a block of unknown type %T", where, b)
		}
	}
}

func (l *linter) heading(h Heading, top bool) {
	l.word("heading", h.Text)
	switch {
	case !top && h.Level != 3:
		l.fault("heading %q: only level 3 stands in columns", h.Text)
	case !top:
		return
	case h.Level < 1 || h.Level > 3:
		l.fault("heading %q: level %d is not 1 to 3", h.Text, h.Level)
	case h.Level > l.level+1:
		l.fault("heading %q: level %d follows level %d", h.Text, h.Level, l.level)
	}
	l.level = h.Level
}

func (l *linter) columns(c Columns, top bool) {
	if !top {
		l.fault("columns stand inside columns")
	}
	l.blocks(c.Left, false)
	l.blocks(c.Right, false)
}

func (l *linter) chart(c Chart) {
	f := c.figure()
	l.word("chart", f.Title)
	l.word("chart "+f.Title, f.Says)
	for _, s := range c.faults() {
		l.fault("chart %q: %s", f.Title, s)
	}
}

func (l *linter) table(t Table) {
	name := t.Caption
	if name == "" && len(t.Columns) > 0 {
		name = t.Columns[0].Title
	}
	if len(t.Columns) == 0 {
		l.fault("table %q has no columns", name)
	}
	for i, c := range t.Columns {
		if said(c.Title) == "" {
			l.fault("table %q: column %d has no title", name, i+1)
		}
	}
	if len(t.Rows) == 0 && said(t.Empty) == "" {
		l.fault("table %q has no rows and no sentence that says so", name)
	}
	for i, r := range t.Rows {
		if r.Group != "" {
			continue
		}
		if len(r.Cells) != len(t.Columns) {
			l.fault("table %q: row %d has %d cells for %d columns", name, i+1, len(r.Cells), len(t.Columns))
			continue
		}
		for k, c := range r.Cells {
			l.cell(fmt.Sprintf("table %q: row %d, %q", name, i+1, t.Columns[k].Title), c)
		}
	}
}

func (l *linter) cell(where string, c Cell) {
	if c.Chip != nil && said(c.Chip.Word) == "" {
		l.fault("%s: a chip without a word", where)
	}
	if said(c.String()) == "" {
		l.fault("%s: the cell is empty", where)
	}
	for _, t := range c.Lines {
		l.links(where, t)
	}
}

func (l *linter) text(where string, t Text) {
	if said(t.String()) == "" {
		l.fault("%s: a text is empty", where)
	}
	l.links(where, t)
}

func (l *linter) links(where string, t Text) {
	for _, s := range t {
		if strings.HasPrefix(s.Link, "#") && !l.ids[s.Link[1:]] {
			l.fault("%s: %q leads to %q, which does not exist", where, s.Text, s.Link)
		}
	}
}

func (l *linter) word(where, s string) {
	if said(s) == "" {
		l.fault("%s: a text is empty", where)
	}
}

// said gives what a reader would see of s.
func said(s string) string { return strings.TrimSpace(clean(s)) }
