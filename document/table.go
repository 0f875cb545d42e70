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
	ID    string // target of links "#ID"; may be empty
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
