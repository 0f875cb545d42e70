// SPDX-License-Identifier: Apache-2.0

package document

import (
	"math"
	"slices"
	"strconv"
)

func (c Heat) draw(fs *fonts, width float64) *scene {
	const row = 20.0
	s := &scene{width: width, fonts: fs}
	left := labelWidth(width)
	cell := min((width-left)/float64(max(1, len(c.Columns))), 74)
	y := 14.0
	for i, name := range c.Columns {
		s.text(left+cell*(float64(i)+0.5), y-4, 7.2, fs.cut(name, regular, 7.2, cell-4), Centre, regular, paint{role: quietRole})
	}
	top := 0
	for _, r := range c.Rows {
		top = max(top, slices.Max(append([]int{0}, r.Values...)))
	}
	for _, r := range c.Rows {
		s.rowLabel(r.Label, y+row/2, left)
		for i, v := range r.Values {
			s.heatCell(c.Tone, v, top, left+cell*float64(i), y, cell, row)
		}
		y += row
	}
	s.height = y + 4
	return s
}

// heatCell draws a cell in one of four steps; the number always stands in it.
func (s *scene) heatCell(t Tone, v, top int, x, y, w, h float64) {
	fill, text := paint{role: groundRole}, paint{role: quietRole}
	switch step := heatStep(v, top); {
	case step == 3:
		fill, text = toned(t), paint{role: paperRole}
	case step > 0:
		fill, text = paint{tint, t}, toned(t)
	}
	s.rect(x+1, y+1, w-2, h-2, fill)
	f := regular
	if heatStep(v, top) > 1 {
		f = bold
	}
	s.text(x+w/2, y+h/2+2.9, labelSize, heatWord(v), Centre, f, text)
}

// heatStep gives 0 for nothing, else 1 to 3.
func heatStep(v, top int) int {
	if v <= 0 || top == 0 {
		return 0
	}
	return min(3, 1+3*v/(top+1))
}

func (c Heat) faults() []string {
	for _, r := range c.Rows {
		if r.Label == "" || len(r.Values) != len(c.Columns) {
			return []string{"a row without a label, or with values for other columns: " + r.Label}
		}
	}
	return nil
}

const (
	plotTop    = 10.0
	plotHeight = 190.0
	dotRadius  = 7.2
)

func (c Scatter) draw(fs *fonts, width float64) *scene {
	s := &scene{width: width, height: plotTop + plotHeight + 34, fonts: fs}
	left := 44.0
	top := c.top()
	c.frame(s, left, top)
	step := (width - left) / float64(max(1, len(c.Steps)))
	y := func(v float64) float64 {
		return plotTop + plotHeight - dotRadius - 3 - v/top*(plotHeight-2*dotRadius-6)
	}
	var placed []point
	for _, p := range c.Points {
		at := place(placed, left+step*float64(p.Step), step, y(p.Y))
		placed = append(placed, at)
		s.circle(at.x, at.y, dotRadius, toned(p.Tone))
		s.text(at.x, at.y+2.5, 7, strconv.Itoa(p.Number), Centre, bold, paint{role: paperRole})
	}
	return s
}

func (c Scatter) top() float64 {
	top := 1.0
	for _, p := range c.Points {
		top = max(top, p.Y)
	}
	return top
}

// frame draws the steps of effort as columns and the scale of impact.
func (c Scatter) frame(s *scene, left, top float64) {
	step := (s.width - left) / float64(max(1, len(c.Steps)))
	bottom := plotTop + plotHeight
	for i, name := range c.Steps {
		x := left + step*float64(i)
		if i%2 == 0 {
			s.rect(x, plotTop, step, plotHeight, paint{role: groundRole})
		}
		s.text(x+step/2, bottom+12, 7.6, s.fonts.cut(name, regular, 7.6, step-4), Centre, regular, paint{role: inkRole})
	}
	s.line(left, bottom, s.width, bottom, 0.6, paint{role: quietRole})
	for _, v := range ticks(top) {
		y := bottom - dotRadius - 3 - v/top*(plotHeight-2*dotRadius-6)
		s.line(left-3, y, s.width, y, 0.4, paint{role: hairRole})
		s.text(left-6, y+2.6, 7, number(v), Right, regular, paint{role: quietRole})
	}
	s.text(left+(s.width-left)/2, bottom+27, 7.6, c.XTitle, Centre, regular, paint{role: quietRole})
	s.text(0, plotTop-2, 7.6, c.YTitle, Left, regular, paint{role: quietRole})
}

// ticks gives whole numbers up to top, at most six.
func ticks(top float64) []float64 {
	step := 1.0
	for _, f := range []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10000} {
		step = f
		if top/f <= 5 {
			break
		}
	}
	if top/step > 6 {
		step = math.Ceil(top / 5)
	}
	var out []float64
	for v := 0.0; v <= top; v += step {
		out = append(out, v)
	}
	return out
}

// place finds the spot nearest to the middle of the column where a dot covers
// no earlier one; it moves sideways first, so that the height stays true.
func place(taken []point, x, step, y float64) point {
	free := func(p point) bool {
		return !slices.ContainsFunc(taken, func(q point) bool { return math.Hypot(p.x-q.x, p.y-q.y) < 2*dotRadius+1 })
	}
	room := int((step/2 - dotRadius - 1) / (dotRadius + 0.5))
	for _, lift := range []float64{0, -4, 4, -8, 8, -16, 16, -24, 24, -32, 32} {
		for k := 0; k <= room; k++ {
			for _, side := range []float64{1, -1} {
				p := point{x + step/2 + side*float64(k)*(dotRadius+0.5), y + lift}
				if free(p) {
					return p
				}
			}
		}
	}
	return point{x + step/2, y}
}

func (c Scatter) faults() []string {
	for _, p := range c.Points {
		if p.Label == "" || p.Step < 0 || p.Step >= len(c.Steps) || p.Y < 0 {
			return []string{"a point without a label, off the steps, or below zero: " + p.Label}
		}
	}
	return nil
}
