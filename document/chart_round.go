// SPDX-License-Identifier: Apache-2.0

package document

import (
	"math"
	"strconv"
)

func (c Donut) draw(fs *fonts, width float64) *scene {
	size := min(width*0.36, 138)
	rows := float64(len(c.Slices)) * 17
	s := &scene{width: width, height: max(size+6, rows+10), fonts: fs}
	cx, cy, outer := size/2, s.height/2, size/2
	inner, total, from := outer*0.66, c.sum(), 0.0
	s.add(shape{kind: poly, points: sector(cx, cy, inner, outer, 0, 1), fill: paint{role: groundRole}})
	for _, v := range c.Slices {
		if v.Count == 0 {
			continue
		}
		to := from + float64(v.Count)/float64(total)
		s.add(shape{kind: poly, points: sector(cx, cy, inner, outer, from, to), fill: toned(v.Tone), pattern: v.Tone.look().pattern,
			stroke: paint{role: paperRole}, width: 0.9})
		from = to
	}
	s.text(cx, cy+3, size*0.15, c.Middle, Centre, bold, paint{role: inkRole})
	s.text(cx, cy+14, min(size*0.062, 7.6), c.Below, Centre, regular, paint{role: quietRole})
	c.key(s, size+18, (s.height-rows)/2, width)
	return s
}

// key lists the slices with count and share at the right.
func (c Donut) key(s *scene, x, y, width float64) {
	right := min(width, x+190)
	wide := right-x > 165
	for _, v := range c.Slices {
		areaSwatch(v.Tone)(s, x, y+3)
		share := percent(float64(v.Count), float64(c.sum()))
		count := right
		if wide {
			count = right - 38
			s.text(right, y+10.5, labelSize-0.6, share, Right, regular, paint{role: quietRole})
		}
		room := count - x - 14 - s.fonts.width(strconv.Itoa(v.Count), bold, labelSize) - 6
		s.text(x+14, y+10.5, labelSize, s.fonts.cut(v.Name, regular, labelSize, room), Left, regular, paint{role: inkRole})
		s.text(count, y+10.5, labelSize, strconv.Itoa(v.Count), Right, bold, paint{role: inkRole})
		s.line(x, y+16, right, y+16, 0.4, paint{role: hairRole})
		y += 17
	}
}

func (c Donut) faults() []string {
	for _, v := range c.Slices {
		if v.Name == "" || v.Count < 0 {
			return []string{"a part without a name, or below zero"}
		}
	}
	return nil
}

func (c Radar) draw(fs *fonts, width float64) *scene {
	size := min(width, 390)
	s := &scene{width: width, height: size*0.76 + 34, fonts: fs}
	items := make([]legendItem, len(c.Series))
	for i, v := range c.Series {
		items[i] = legendItem{v.Name, lineSwatch(v.Tone, i)}
	}
	s.legend(items, 0, 2, width)
	cx, cy, r := width/2, s.height/2+9, size*0.3
	c.web(s, cx, cy, r)
	for i, v := range c.Series {
		c.outline(s, v, i, cx, cy, r)
	}
	return s
}

// web draws rings at each quarter, the axes and their names.
func (c Radar) web(s *scene, cx, cy, r float64) {
	n := float64(len(c.Axes))
	for _, ring := range []float64{0.25, 0.5, 0.75, 1} {
		pts := make([]point, len(c.Axes))
		for i := range c.Axes {
			pts[i] = polar(cx, cy, r*ring, float64(i)/n)
		}
		s.add(shape{kind: poly, points: pts, stroke: paint{role: hairRole}, width: 0.5})
	}
	for i, name := range c.Axes {
		end, at := polar(cx, cy, r, float64(i)/n), polar(cx, cy, r+9, float64(i)/n)
		s.line(cx, cy, end.x, end.y, 0.5, paint{role: hairRole})
		anchor, room := Centre, 110.0
		if at.x > cx+4 {
			anchor, room = Left, s.width-at.x
		} else if at.x < cx-4 {
			anchor, room = Right, at.x
		}
		lines := s.wrap(name, 7.2, room, 2)
		y := at.y + 2.6 - 4.2*float64(len(lines)-1)
		if anchor == Centre && at.y < cy {
			y = at.y - 4 - 8.4*float64(len(lines)-1)
		}
		for k, l := range lines {
			s.text(at.x, y+8.4*float64(k), 7.2, l, anchor, regular, paint{role: quietRole})
		}
	}
	for i, word := range []string{"50 %", "100 %"} {
		s.text(cx+2, cy-r*0.5*float64(i+1)-1.2, 5.8, word, Left, regular, paint{role: quietRole})
	}
}

// outline joins the values of a series; an axis without a value is left out.
func (c Radar) outline(s *scene, v RadarSeries, i int, cx, cy, r float64) {
	var pts []point
	for k, val := range v.Values {
		if val >= 0 && !math.IsNaN(val) {
			pts = append(pts, polar(cx, cy, r*min(val, 1), float64(k)/float64(len(c.Axes))))
		}
	}
	if len(pts) > 1 {
		s.add(shape{kind: poly, points: pts, stroke: toned(v.Tone), width: 1.5, dash: i%2 == 1})
	}
	for _, p := range pts {
		s.dot(i, p, toned(v.Tone))
	}
}

// dot marks a value: round for the first series, square for the next.
func (s *scene) dot(i int, p point, fill paint) {
	if i%2 == 0 {
		s.circle(p.x, p.y, 2.1, fill)
		return
	}
	s.rect(p.x-1.9, p.y-1.9, 3.8, 3.8, fill)
}

func lineSwatch(t Tone, i int) func(*scene, float64, float64) {
	return func(s *scene, x, y float64) {
		l := s.line(x-1, y+4.2, x+10, y+4.2, 1.5, toned(t))
		l.dash = i%2 == 1
		s.dot(i, point{x + 4.5, y + 4.2}, toned(t))
	}
}

func (c Radar) faults() []string {
	if len(c.Axes) < 3 {
		return []string{"a radar needs three axes or more"}
	}
	for _, v := range c.Series {
		if v.Name == "" || len(v.Values) != len(c.Axes) {
			return []string{"a series without a name, or with values for other axes: " + v.Name}
		}
	}
	return nil
}
