// SPDX-License-Identifier: Apache-2.0

package web

import (
	"math"
	"slices"
	"strconv"

	"demarc.dev/demarc/assess"
)

// A chart is computed here and drawn in chart.templ: this file knows numbers and
// places and no page, so that what a picture shows can be held against what it
// was given. Places are in units of the drawing's box, from its upper left.

// tick is a mark of an axis.
type tick struct{ At, Text string }

// point is a place of a drawing.
type point struct{ X, Y float64 }

func (p point) x() string { return tenth(p.X) }
func (p point) y() string { return tenth(p.Y) }

func tenth(n float64) string { return strconv.FormatFloat(n, 'f', 1, 64) }

// line joins points with straight lines.
func line(points []point) string {
	out := ""
	for i, p := range points {
		step := " L"
		if i == 0 {
			step = "M"
		}
		out += step + p.x() + " " + p.y()
	}
	return out
}

// polar gives the place at a distance from a centre, after a part of a whole
// turn clockwise from above.
func polar(centre point, r, turn float64) point {
	sin, cos := math.Sincos(turn * 2 * math.Pi)
	return point{centre.X + r*sin, centre.Y - r*cos}
}

// steps gives round numbers from 0 up to the first that is not below most, at
// most six of them.
func steps(most int) []int {
	unit := 1
	for {
		for _, by := range []int{1, 2, 5} {
			if step := unit * by; step*5 >= most {
				out := []int{0}
				for n := step; ; n += step {
					if out = append(out, n); n >= most {
						return out
					}
				}
			}
		}
		unit *= 10
	}
}

// view says how large a drawing is.
type view struct{ Wide, High int }

func (v view) box() string { return "0 0 " + strconv.Itoa(v.Wide) + " " + strconv.Itoa(v.High) }

// trend is how counts moved from one assessment to the next.
type trend struct {
	view
	Lines  []trendLine
	YTicks []tick
	Bands  []trendBand // one an assessment
}

type trendLine struct {
	Name, Class, Path string
	Marks             []string // paths of the signs at its points
	End               point    // of its last point
	Last              int
}

// trendBand is the strip of one assessment.
type trendBand struct {
	X, Wide, Mid string
	Name, Says   string
	Path         string // of the assessment
	Named        bool   // its name stands below the axis: there is room
}

// measured is one point in time of a trend.
type measured struct {
	Name, Path, Says string
	Counts           assess.Counts
}

// The measures of a trend.
const (
	trendLeft, trendRight, trendTop, trendFoot = 44, 150, 16, 30
	trendNames                                 = 12 // below the axis, at most
	trendApart                                 = 15 // between two names at the right end
)

// drawTrend draws three lines over the assessments, each with a sign of its own.
func drawTrend(all []measured, wide, high int) trend {
	t := trend{view: view{wide, high}}
	if len(all) == 0 {
		return t
	}
	most := 1
	for _, m := range all {
		for _, n := range waysOf(m.Counts) {
			most = max(most, n)
		}
	}
	scale := steps(most)
	top := float64(scale[len(scale)-1])
	foot := float64(high - trendFoot)
	y := func(n int) float64 { return foot - float64(n)/top*(foot-trendTop) }
	band := float64(wide-trendLeft-trendRight) / float64(len(all))
	x := func(i int) float64 { return trendLeft + (float64(i)+0.5)*band }
	for _, n := range scale {
		t.YTicks = append(t.YTicks, tick{tenth(y(n)), number(n)})
	}
	every := (len(all) + trendNames - 1) / trendNames
	for i, m := range all {
		t.Bands = append(t.Bands, trendBand{X: tenth(x(i) - band/2), Wide: tenth(band), Mid: tenth(x(i)), Name: m.Name, Says: m.Says, Path: m.Path, Named: (len(all)-1-i)%every == 0})
	}
	for way, l := range []trendLine{{Name: "met", Class: "t-met"}, {Name: "shown not met", Class: "t-unmet"}, {Name: "unknown", Class: "t-unknown"}} {
		points := make([]point, len(all))
		for i, m := range all {
			points[i] = point{x(i), y(waysOf(m.Counts)[way])}
			l.Marks = append(l.Marks, sign(way, points[i], 4))
		}
		l.Path, l.End, l.Last = line(points), points[len(points)-1], waysOf(all[len(all)-1].Counts)[way]
		t.Lines = append(t.Lines, l)
	}
	apart(t.Lines)
	return t
}

// waysOf gives what is met, what is shown not to be met, and what is unknown:
// the figures of the first page. What was accepted is none of them.
func waysOf(c assess.Counts) [3]int {
	return [3]int{c.Met(), c.NotSatisfied + c.Partly, c.Unknown}
}

// apart moves the names at the right ends so that none lies on another.
func apart(lines []trendLine) {
	order := make([]*trendLine, len(lines))
	for i := range lines {
		order[i] = &lines[i]
	}
	slices.SortStableFunc(order, func(a, b *trendLine) int { return int(math.Copysign(1, a.End.Y-b.End.Y)) })
	for i := 1; i < len(order); i++ {
		order[i].End.Y = max(order[i].End.Y, order[i-1].End.Y+trendApart)
	}
}

// sign is a disc, a square, a triangle, a diamond or a cross about a place: what
// is drawn is told apart without its colour.
func sign(which int, p point, r float64) string {
	at := func(turns ...float64) string {
		var out []point
		for _, t := range turns {
			out = append(out, polar(p, r*1.25, t))
		}
		return line(out) + " Z"
	}
	switch which {
	case 0:
		arc := " a" + tenth(r) + " " + tenth(r) + " 0 1 0 "
		return "M" + tenth(p.X-r) + " " + p.y() + arc + tenth(2*r) + " 0" + arc + tenth(-2*r) + " 0 Z"
	case 1:
		return at(0.125, 0.375, 0.625, 0.875)
	case 2:
		return at(0, 1.0/3, 2.0/3)
	case 3:
		return at(0, 0.25, 0.5, 0.75)
	}
	w := r / 2.5
	return line([]point{{p.X - w, p.Y - r}, {p.X + w, p.Y - r}, {p.X + w, p.Y - w}, {p.X + r, p.Y - w}, {p.X + r, p.Y + w}, {p.X + w, p.Y + w}, {p.X + w, p.Y + r}, {p.X - w, p.Y + r}, {p.X - w, p.Y + w}, {p.X - r, p.Y + w}, {p.X - r, p.Y - w}, {p.X - w, p.Y - w}}) + " Z"
}

// spoke is one subject of a radar.
type spoke struct {
	Name   string
	Counts assess.Counts
}

// radar shows for each subject which part is met, and which part is known.
type radar struct {
	view
	Met, Known string // outlines
	Rings      []ring
	Spokes     []spokeDrawn
}

type ring struct{ Path, At, Text string }

type spokeDrawn struct {
	spoke
	End, Mark point // of its axis; of its part that is met
	At        point // of its name
	Anchor    string
}

// The measures of a radar.
const radarWide, radarHigh, radarR = 600, 420, 150

// drawRadar draws a subject a spoke; those of which nothing applies have none.
// Fewer than three make no figure.
func drawRadar(all []spoke) radar {
	all = slices.DeleteFunc(slices.Clone(all), func(s spoke) bool { return s.Counts.Applies() == 0 })
	r := radar{view: view{radarWide, radarHigh}}
	if len(all) < 3 {
		return r
	}
	centre := point{radarWide / 2, radarHigh / 2}
	at := func(i int, part float64) point { return polar(centre, radarR*part, float64(i)/float64(len(all))) }
	outline := func(part func(assess.Counts) float64) (out []point) {
		for i, s := range all {
			out = append(out, at(i, part(s.Counts)))
		}
		return out
	}
	for _, p := range []float64{0.25, 0.5, 0.75, 1} {
		g := ring{Path: line(outline(func(assess.Counts) float64 { return p })) + " Z", At: tenth(centre.Y - radarR*p)}
		if p < 1 { // the name of the first subject stands there
			g.Text = strconv.Itoa(int(p*100)) + " %"
		}
		r.Rings = append(r.Rings, g)
	}
	met := outline(metPart)
	r.Met = line(met) + " Z"
	r.Known = line(outline(knownPart)) + " Z"
	for i, s := range all {
		drawn := spokeDrawn{spoke: s, End: at(i, 1), Mark: met[i], At: at(i, 1.13), Anchor: "middle"}
		switch d := drawn.At.X - centre.X; {
		case d > radarR/8:
			drawn.Anchor = "start"
		case d < -radarR/8:
			drawn.Anchor = "end"
		}
		r.Spokes = append(r.Spokes, drawn)
	}
	return r
}

func metPart(c assess.Counts) float64 { return float64(c.Met()) / float64(c.Applies()) }

func knownPart(c assess.Counts) float64 {
	return float64(c.Applies()-c.Unknown) / float64(c.Applies())
}

// heat is a block of a heat map: services down, controls across.
type heat struct {
	view
	Title string
	Cols  []heatCol
	Rows  []heatRow
	Foot  int // of the names of the columns
}

type heatCol struct {
	Key   string // of the control
	Mid   string // of the column
	Label string
	Title string
}

type heatRow struct {
	Name     string
	Y, TextY string
	Cells    []heatCell
}

// heatCell is one control of one service.
type heatCell struct {
	X      string
	Mid    string
	Status assess.Status // empty: nothing is asked of this side
	Counts assess.Counts
	Says   string
	Path   string
}

// The measures of a heat map.
const (
	heatLeft, heatFoot         = 146, 4
	heatCellWide, heatCellHigh = 27, 26
)

// drawHeat places a block; cell tells of a row and a column, by their numbers,
// what stands there.
func drawHeat(title string, cols []heatCol, rows []heatRow, cell func(row, col int) heatCell) heat {
	longest := 0
	for _, c := range cols {
		longest = max(longest, len(c.Label))
	}
	top := 14 + 7*longest // the names stand upright
	h := heat{Title: title, Cols: cols, Rows: rows, Foot: top - 6, view: view{heatLeft + len(cols)*heatCellWide + heatFoot, top + len(rows)*heatCellHigh + heatFoot}}
	for c := range h.Cols {
		h.Cols[c].Mid = strconv.Itoa(heatLeft + c*heatCellWide + heatCellWide/2)
	}
	for r := range h.Rows {
		row := &h.Rows[r]
		y := top + r*heatCellHigh
		row.Y, row.TextY = strconv.Itoa(y), strconv.Itoa(y+heatCellHigh/2)
		for c := range h.Cols {
			x := cell(r, c)
			x.X, x.Mid = strconv.Itoa(heatLeft+c*heatCellWide), h.Cols[c].Mid
			row.Cells = append(row.Cells, x)
		}
	}
	return h
}
