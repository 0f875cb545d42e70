// SPDX-License-Identifier: Apache-2.0

package document

import "strconv"

// Align is how the words of a column stand.
type Align int

// The alignments.
const (
	Left Align = iota
	Right
	Centre
)

// Table is rows under titled columns. It has no empty cell: what is absent has
// a word.
type Table struct {
	Caption string // may be empty when a heading says it already
	Columns []Column
	Rows    []Row
	Empty   string // the sentence that stands there when there are no rows
	Dense   bool   // small and close, for a long list that is looked up rather than read
}

// Column is a column of a Table.
type Column struct {
	Title string
	Width float64 // share of the width, against the other columns
	Align Align
}

// Row is a row of a Table. A Row with Group set is a title over the rows that
// follow, with a few words of detail after it, and has no cells.
type Row struct {
	Group  string
	Detail string
	Cells  []Cell
	ID     string // target of links "#ID"; may be empty
}

// Cell holds a chip, text, or both: the chip comes first, lines of text follow.
type Cell struct {
	Chip  *Chip
	Lines []Text
	Bar   *Share // a share drawn as a small bar beside the text
}

// Share is a part of a whole, with the tone it is drawn in.
type Share struct {
	Of   float64 // 0 to 1
	Tone Tone
}

// Str is a cell of plain words.
func Str(s string) Cell { return Cell{Lines: []Text{Plain(s)}} }

// Num is a cell of a whole number.
func Num(n int) Cell { return Str(strconv.Itoa(n)) }

// Words is a cell of text, one line for each.
func Words(lines ...Text) Cell { return Cell{Lines: lines} }

// Status is a cell of a chip.
func Status(tone Tone, word string) Cell { return Cell{Chip: &Chip{Word: word, Tone: tone}} }

// String gives the words of the cell, lines joined by a line break.
func (c Cell) String() string {
	var s string
	if c.Chip != nil {
		s = c.Chip.Word
	}
	for _, l := range c.Lines {
		if s != "" {
			s += "\n"
		}
		s += l.String()
	}
	return s
}

// shares gives each column's share of 1.
func (t Table) shares() []float64 {
	var sum float64
	for _, c := range t.Columns {
		sum += max(c.Width, 0.1)
	}
	out := make([]float64, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = max(c.Width, 0.1) / sum
	}
	return out
}

// fit gives the columns' widths: their shares, but none narrower than the
// longest word of its title and than its chips need, as long as the others can
// give way. gap is the room between columns, icon that of a chip's mark.
func (t Table) fit(fs *fonts, width, title, chip, gap, icon float64) []float64 {
	most := width * 0.24
	if len(t.Columns) > 5 {
		most = width * 0.16
	}
	least, sum := make([]float64, len(t.Columns)), 0.0
	for i, c := range t.Columns {
		for _, w := range fields(clean(c.Title)) {
			least[i] = max(least[i], fs.width(w, regular, title)+gap)
		}
		for _, r := range t.Rows {
			if r.Group != "" || i >= len(r.Cells) {
				continue
			}
			if r.Cells[i].Chip != nil {
				least[i] = max(least[i], fs.width(clean(r.Cells[i].Chip.Word), bold, chip)+icon+gap)
			}
			if c.Align == Right { // a number is never divided
				for _, l := range r.Cells[i].Lines {
					least[i] = max(least[i], fs.width(clean(l.String()), regular, chip)+gap)
				}
			}
		}
		least[i] = min(least[i], most)
		sum += least[i]
	}
	if sum > width {
		clear(least)
	}
	return spread(t.shares(), least, width)
}

// spread divides width by shares; what would be narrower than its least takes
// that, and the rest is divided again.
func spread(shares, least []float64, width float64) []float64 {
	out := make([]float64, len(shares))
	fixed := make([]bool, len(shares))
	for again := true; again; {
		again = false
		room, parts := width, 0.0
		for i := range shares {
			if fixed[i] {
				room -= least[i]
			} else {
				parts += shares[i]
			}
		}
		for i := range shares {
			switch {
			case fixed[i]:
				out[i] = least[i]
			case room*shares[i]/parts < least[i]:
				fixed[i], again = true, true
			default:
				out[i] = room * shares[i] / parts
			}
		}
	}
	return out
}
