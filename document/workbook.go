// SPDX-License-Identifier: Apache-2.0

package document

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// Workbook is tables for people to filter, annotate and edit. Its first sheet
// is a cover with the facts, the list of sheets and the legend.
type Workbook struct {
	Meta   Meta
	Legend []LegendRow
	Sheets []Sheet
}

// LegendRow explains a word that the sheets use.
type LegendRow struct {
	Chip    Chip
	Meaning string
}

// Sheet is one table. Its columns are titled in row HeaderRow; the data follow.
type Sheet struct {
	Name    string // of the tab: unique, up to 31 letters, none of []:*?/\
	Title   string
	Note    string // one line under the title
	Columns []SheetColumn
	Rows    [][]Value
	Empty   string // the sentence that stands there when there are no rows
	Stacked bool   // draw the whole-number columns as stacked bars beside the table
}

// HeaderRow is the row of the column titles, counted from one.
const HeaderRow = 4

// SheetColumn is a column of a Sheet.
type SheetColumn struct {
	Title   string
	Width   float64  // in letters
	Tone    Tone     // of the bars, with Sheet.Stacked
	States  []Chip   // words that are coloured wherever they stand in the column
	Options []string // what a cell may hold; Excel offers them as a list
	Edit    bool     // meant to be filled or changed by people
}

// Value is the content of a cell: words, a whole number, a share or a day.
type Value struct {
	kind valueKind
	text string
	num  float64
	day  time.Time
}

type valueKind int

const (
	isText valueKind = iota
	isCount
	isShare
	isDay
	isBlank
)

// Word is a cell of words. They stay words: Excel never reads them as a
// formula, neither when it opens the file nor when the cell is edited.
func Word(s string) Value { return Value{kind: isText, text: clean(s)} }

// Count is a cell of a whole number.
func Count(n int) Value { return Value{kind: isCount, num: float64(n)} }

// ShareOf is a cell of a share from 0 to 1, shown in per cent.
func ShareOf(v float64) Value { return Value{kind: isShare, num: v} }

// Day is a cell of a day.
func Day(t time.Time) Value { return Value{kind: isDay, day: t.UTC()} }

// Blank is a cell left for people to fill. It stands only in columns that are
// meant to be edited.
func Blank() Value { return Value{kind: isBlank} }

// any gives the value as the library of spreadsheets takes it.
func (v Value) any() any {
	switch v.kind {
	case isCount:
		return int64(v.num)
	case isShare:
		return v.num
	case isDay:
		return v.day
	case isBlank:
		return nil
	}
	return longest(v.text)
}

// maxCell is what a cell of Excel holds.
const maxCell = 32767

// longest cuts words that a cell cannot hold, and says so in the cell.
func longest(s string) string {
	if utf8.RuneCountInString(s) <= maxCell {
		return s
	}
	const note = "… (cut here: a cell holds no more)"
	return string([]rune(s)[:maxCell-utf8.RuneCountInString(note)]) + note
}

// CheckWorkbook tells every fault of a workbook that must not reach a reader.
func CheckWorkbook(b Workbook) error {
	l := &linter{ids: map[string]bool{}}
	l.meta(b.Meta)
	names := map[string]bool{"cover": true}
	for _, s := range b.Sheets {
		l.sheet(s, names)
	}
	for _, r := range b.Legend {
		l.word("legend", r.Chip.Word)
		l.word("legend: "+r.Chip.Word, r.Meaning)
	}
	return l.problem(b.Meta.ID)
}

func (l *linter) sheet(s Sheet, names map[string]bool) {
	key := strings.ToLower(s.Name)
	switch {
	case names[key]:
		l.fault("sheet %q stands twice, or takes the name of the cover", s.Name)
	case s.Name == "" || utf8.RuneCountInString(s.Name) > 31 || strings.ContainsAny(s.Name, `[]:*?/\'`):
		l.fault("sheet %q: the name is empty, too long, or holds a letter that Excel refuses", s.Name)
	}
	names[key] = true
	l.word("sheet "+s.Name, s.Title)
	if len(s.Columns) == 0 {
		l.fault("sheet %q has no columns", s.Name)
	}
	for _, c := range s.Columns {
		l.word("sheet "+s.Name, c.Title)
		if list := strings.Join(c.Options, ","); len(list) > 255 || strings.Count(list, ",") > max(0, len(c.Options)-1) {
			l.fault("sheet %q, column %q: the list of what a cell may hold is longer than Excel takes, or holds a comma", s.Name, c.Title)
		}
	}
	if len(s.Rows) == 0 && said(s.Empty) == "" {
		l.fault("sheet %q has no rows and no sentence that says so", s.Name)
	}
	if len(s.Rows)+HeaderRow > 1048576 {
		l.fault("sheet %q: %d rows are more than a sheet holds", s.Name, len(s.Rows))
	}
	for i, r := range s.Rows {
		if len(r) != len(s.Columns) {
			l.fault("sheet %q: row %d has %d cells for %d columns", s.Name, i+1, len(r), len(s.Columns))
			continue
		}
		for k, v := range r {
			if fault := v.fault(s.Columns[k]); fault != "" {
				l.fault("sheet %q: row %d, %q: %s", s.Name, i+1, s.Columns[k].Title, fault)
			}
		}
	}
}

func (v Value) fault(c SheetColumn) string {
	switch {
	case v.kind == isBlank && !c.Edit:
		return "the cell is empty"
	case v.kind == isText && said(v.text) == "":
		return "the cell is empty"
	case v.kind == isDay && v.day.IsZero():
		return "the day is not set"
	case math.IsNaN(v.num) || math.IsInf(v.num, 0):
		return fmt.Sprintf("%v is no number", v.num)
	}
	return ""
}
