// SPDX-License-Identifier: Apache-2.0

package document

import (
	"fmt"
	"strconv"
)

// Chart is a drawing of data: Bars, Stacked, Donut, Radar, Heat or Scatter.
// Each carries a Figure.
type Chart interface {
	Block
	figure() Figure
	draw(fs *fonts, width float64) *scene // width in points
	data() Table                          // the same numbers as a table
	faults() []string
}

// Figure is the words of a chart.
type Figure struct {
	Title string
	Says  string // what a reader should see in it, in one or two sentences: also the text alternative
}

// Bars are horizontal bars.
type Bars struct {
	Figure
	Of   string // title of the first column of the data table
	Unit string // title of the values
	Max  float64
	Bars []Bar
}

// Bar is one of the Bars.
type Bar struct {
	Label string
	Value float64
	Says  string // the value in words: "62 %"
	Tone  Tone
}

// Stacked are horizontal bars of counts.
type Stacked struct {
	Figure
	Of     string // title of the first column of the data table
	Series []Series
	Rows   []StackedRow
	Share  bool // every bar has the full width
}

// Series is a part that every bar or ring has.
type Series struct {
	Name string
	Tone Tone
}

// StackedRow is one bar: a count for each series.
type StackedRow struct {
	Label  string
	Counts []int
}

// Donut is a ring of counts.
type Donut struct {
	Figure
	Middle string // "62 %"
	Below  string // "ready"
	Slices []Slice
}

// Slice is a part of a Donut.
type Slice struct {
	Name  string
	Count int
	Tone  Tone
}

// Radar shows values from 0 to 1 on axes around a point. A negative value
// means that there is nothing to show on that axis for the series.
type Radar struct {
	Figure
	Of     string
	Axes   []string
	Series []RadarSeries
}

// RadarSeries is one outline of a Radar.
type RadarSeries struct {
	Name   string
	Tone   Tone
	Values []float64
}

// Heat is a grid of numbers, darker where the number is higher.
type Heat struct {
	Figure
	Of      string
	Tone    Tone
	Columns []string
	Rows    []HeatRow
}

// HeatRow is a row of a Heat; a negative value has no meaning and shows Absent.
type HeatRow struct {
	Label  string
	Values []int
}

// Absent is the word for a cell of a Heat without a meaning.
const Absent = "n/a"

// Scatter sets things by effort, in steps, against impact.
type Scatter struct {
	Figure
	XTitle, YTitle string
	Steps          []string // of the x axis
	Points         []ScatterPoint
}

// ScatterPoint is a numbered thing.
type ScatterPoint struct {
	Number int
	Label  string
	Step   int // index into Steps
	Y      float64
	Tone   Tone
}

func (Bars) block()    {}
func (Stacked) block() {}
func (Donut) block()   {}
func (Radar) block()   {}
func (Heat) block()    {}
func (Scatter) block() {}

func (f Figure) figure() Figure { return f }

func (c Bars) data() Table {
	t := Table{Columns: []Column{{Title: c.Of, Width: 3}, {Title: c.Unit, Width: 1, Align: Right}}, Empty: c.Says}
	for _, b := range c.Bars {
		t.Rows = append(t.Rows, Row{Cells: []Cell{Str(b.Label), Str(b.Says)}})
	}
	return t
}

func (c Stacked) data() Table {
	t := Table{Columns: []Column{{Title: c.Of, Width: 3}}, Empty: c.Says}
	for _, s := range c.Series {
		t.Columns = append(t.Columns, Column{Title: s.Name, Width: 1, Align: Right})
	}
	t.Columns = append(t.Columns, Column{Title: "Total", Width: 1, Align: Right})
	for _, r := range c.Rows {
		cells, sum := []Cell{Str(r.Label)}, 0
		for _, n := range r.Counts {
			cells, sum = append(cells, Num(n)), sum+n
		}
		t.Rows = append(t.Rows, Row{Cells: append(cells, Num(sum))})
	}
	return t
}

func (c Donut) data() Table {
	t := Table{Columns: []Column{{Title: "Part", Width: 3}, {Title: "Count", Width: 1, Align: Right}, {Title: "Share", Width: 1, Align: Right}}, Empty: c.Says}
	for _, s := range c.Slices {
		t.Rows = append(t.Rows, Row{Cells: []Cell{Str(s.Name), Num(s.Count), Str(percent(float64(s.Count), float64(c.sum())))}})
	}
	return t
}

func (c Donut) sum() int {
	n := 0
	for _, s := range c.Slices {
		n += s.Count
	}
	return n
}

func (c Radar) data() Table {
	t := Table{Columns: []Column{{Title: c.Of, Width: 3}}, Empty: c.Says}
	for _, s := range c.Series {
		t.Columns = append(t.Columns, Column{Title: s.Name, Width: 1, Align: Right})
	}
	for i, a := range c.Axes {
		cells := []Cell{Str(a)}
		for _, s := range c.Series {
			word := "nothing to show"
			if s.Values[i] >= 0 {
				word = percent(s.Values[i], 1)
			}
			cells = append(cells, Str(word))
		}
		t.Rows = append(t.Rows, Row{Cells: cells})
	}
	return t
}

func (c Heat) data() Table {
	t := Table{Columns: []Column{{Title: c.Of, Width: 3}}, Empty: c.Says}
	for _, name := range c.Columns {
		t.Columns = append(t.Columns, Column{Title: name, Width: 1, Align: Right})
	}
	for _, r := range c.Rows {
		cells := []Cell{Str(r.Label)}
		for _, v := range r.Values {
			cells = append(cells, Str(heatWord(v)))
		}
		t.Rows = append(t.Rows, Row{Cells: cells})
	}
	return t
}

func heatWord(v int) string {
	if v < 0 {
		return Absent
	}
	return strconv.Itoa(v)
}

func (c Scatter) data() Table {
	t := Table{Columns: []Column{{Title: "No.", Width: 0.5, Align: Right}, {Title: "Point", Width: 4}, {Title: c.XTitle, Width: 1}, {Title: c.YTitle, Width: 1, Align: Right}}, Empty: c.Says}
	for _, p := range c.Points {
		t.Rows = append(t.Rows, Row{Cells: []Cell{Num(p.Number), Str(p.Label), Str(c.Steps[p.Step]), Str(number(p.Y))}})
	}
	return t
}

// number prints a value without digits that say nothing.
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// percent prints a share with one digit, rounded down: of two readings the less
// flattering.
func percent(part, whole float64) string {
	if whole == 0 {
		return "0.0 %"
	}
	tenths := int(part/whole*1000 + 1e-9)
	return fmt.Sprintf("%d.%d %%", tenths/10, tenths%10)
}
