// SPDX-License-Identifier: Apache-2.0

package document

import "math"

// scene is a drawing before it has a format: shapes in points, the origin at
// the upper left, later shapes over earlier ones. SVG, PDF and DOCX draw it
// from the same numbers.
type scene struct {
	width, height float64
	shapes        []shape
	fonts         *fonts
}

type shapeKind int

const (
	rect   shapeKind = iota // between two points
	line                    // open, through the points
	poly                    // closed, through the points
	circle                  // of radius r around the first point
	words                   // text at the first point, on its baseline
)

type point struct{ x, y float64 }

type shape struct {
	kind    shapeKind
	points  []point
	r       float64
	fill    paint
	stroke  paint
	width   float64 // of the stroke
	dash    bool
	pattern pattern // over the fill
	text    string
	size    float64
	face    face
	anchor  Align // of text about its point
}

// paint is a colour by its role, so that a dark screen can have its own.
type paint struct {
	role role
	tone Tone
}

type role int

const (
	blank     role = iota // nothing is drawn
	full                  // the tone's colour
	tint                  // the tone's tint
	inkRole               // text
	quietRole             // quieter text
	hairRole              // lines
	paperRole             // the paper itself
	groundRole
)

// colour gives the paint on white paper.
func (p paint) colour() colour {
	switch p.role {
	case full:
		return p.tone.look().light
	case tint:
		return p.tone.look().tint
	case quietRole:
		return quiet()
	case hairRole:
		return hairline()
	case paperRole:
		return white()
	case groundRole:
		return ground()
	}
	return ink()
}

func toned(t Tone) paint { return paint{full, t} }

func (s *scene) rect(x, y, w, h float64, fill paint) *shape {
	return s.add(shape{kind: rect, points: []point{{x, y}, {x + w, y + h}}, fill: fill})
}

func (s *scene) line(x1, y1, x2, y2, width float64, stroke paint) *shape {
	return s.add(shape{kind: line, points: []point{{x1, y1}, {x2, y2}}, stroke: stroke, width: width})
}

func (s *scene) circle(x, y, r float64, fill paint) *shape {
	return s.add(shape{kind: circle, points: []point{{x, y}}, r: r, fill: fill})
}

func (s *scene) text(x, y, size float64, text string, anchor Align, f face, fill paint) {
	s.add(shape{kind: words, points: []point{{x, y}}, text: clean(text), size: size, face: f, anchor: anchor, fill: fill})
}

func (s *scene) add(sh shape) *shape {
	s.shapes = append(s.shapes, sh)
	return &s.shapes[len(s.shapes)-1]
}

// wrap breaks s into at most n lines that fit width; the last is cut short.
func (s *scene) wrap(text string, size, width float64, n int) []string {
	var out []string
	now := ""
	for _, w := range fields(text) {
		next := w
		if now != "" {
			next = now + " " + w
		}
		if now != "" && s.fonts.width(next, regular, size) > width {
			if len(out) == n-1 {
				return append(out, s.fonts.cut(next+"…", regular, size, width))
			}
			out, next = append(out, now), w
		}
		now = next
	}
	return append(out, s.fonts.cut(now, regular, size, width))
}

// sector gives the outline of a part of a ring; angles in turns from 12
// o'clock, clockwise.
func sector(cx, cy, inner, outer, from, to float64) []point {
	steps := max(2, int(math.Ceil((to-from)*120)))
	out := make([]point, 0, 2*steps+2)
	for i := 0; i <= steps; i++ {
		out = append(out, polar(cx, cy, outer, from+(to-from)*float64(i)/float64(steps)))
	}
	for i := steps; i >= 0; i-- {
		out = append(out, polar(cx, cy, inner, from+(to-from)*float64(i)/float64(steps)))
	}
	return out
}

func polar(cx, cy, r, turn float64) point {
	a := 2 * math.Pi * turn
	return point{cx + r*math.Sin(a), cy - r*math.Cos(a)}
}

// mark draws a mark of status with its middle at x, y.
func (s *scene) mark(m Mark, t Tone, x, y, size float64) {
	r, p, w := size/2, toned(t), size*0.13
	paper := paint{role: paperRole}
	stroke := func(pts ...point) {
		for i := range pts {
			pts[i] = point{x + pts[i].x*r, y + pts[i].y*r}
		}
		s.add(shape{kind: line, points: pts, stroke: paper, width: w})
	}
	ring := func() {
		s.add(shape{kind: circle, points: []point{{x, y}}, r: r - w/2, stroke: p, width: w, fill: paper})
	}
	switch m {
	case MarkCheck:
		s.circle(x, y, r, p)
		stroke(point{-0.45, 0.05}, point{-0.12, 0.38}, point{0.48, -0.34})
	case MarkCross:
		s.circle(x, y, r, p)
		stroke(point{-0.38, -0.38}, point{0.38, 0.38})
		stroke(point{-0.38, 0.38}, point{0.38, -0.38})
	case MarkHalf:
		ring()
		s.add(shape{kind: poly, points: sector(x, y, 0, r-w/2, 0.5, 1), fill: p})
	case MarkQuestion:
		ring()
		s.text(x, y+r*0.52, size*0.72, "?", Centre, bold, p)
	case MarkDash:
		ring()
		s.line(x-r*0.42, y, x+r*0.42, y, w, p)
	case MarkRing:
		ring()
	case MarkDot:
		s.circle(x, y, r*0.86, p)
	case MarkLevel1, MarkLevel2, MarkLevel3, MarkLevel4:
		s.level(int(m-MarkLevel1)+1, p, x, y, size)
	}
}

// level draws four bars of rising height, n of them filled.
func (s *scene) level(n int, p paint, x, y, size float64) {
	w := size / 5.6
	for i := range 4 {
		h := size * (0.4 + 0.2*float64(i))
		fill := p
		if i >= n {
			fill = paint{role: hairRole}
		}
		s.rect(x-size/2+float64(i)*w*1.5, y+size/2-h, w, h, fill)
	}
}

// legend draws names with their swatches from x on and gives the next line's y.
func (s *scene) legend(items []legendItem, x, y, width float64) float64 {
	at := x
	for _, it := range items {
		w := s.fonts.width(it.name, regular, 7.6) + 22
		if at+w > x+width && at > x {
			at, y = x, y+13
		}
		it.swatch(s, at, y)
		s.text(at+13, y+7, 7.6, it.name, Left, regular, paint{role: quietRole})
		at += w
	}
	return y + 13
}

type legendItem struct {
	name   string
	swatch func(s *scene, x, y float64)
}

// areaSwatch is a filled square of a tone with its pattern.
func areaSwatch(t Tone) func(*scene, float64, float64) {
	return func(s *scene, x, y float64) {
		s.rect(x, y, 8.5, 8.5, toned(t)).pattern = t.look().pattern
	}
}
