// SPDX-License-Identifier: Apache-2.0

package document

import (
	"strconv"

	"codeberg.org/go-pdf/fpdf"
)

// chart is one strip: title, words, drawing.
func (p *pdfWriter) chart(c Chart, width float64) []strip {
	f, cap, small := c.figure(), captionStyle(), smallStyle()
	title := p.lay(Plain(f.Title), cap, width)
	says := p.lay(Plain(f.Says), small, min(width, measure))
	drawing := c.draw(p.fonts, width)
	top := cap.leading*float64(len(title)) + small.leading*float64(len(says)) + 9
	before := 16.0
	if p.inColumns {
		before = 4
	}
	return []strip{{before: before, height: top + drawing.height + 8, paint: func(x, y float64) {
		at := y
		for _, l := range title {
			p.line(l, x, at, cap)
			at += cap.leading
		}
		for _, l := range says {
			p.line(l, x, at, small)
			at += small.leading
		}
		p.scene(drawing, x, y+top)
	}}}
}

// columns become one strip when both sides fit on a page, else they follow
// each other.
func (p *pdfWriter) columns(v Columns, width float64) []strip {
	const gap = 28.0
	w := (width - gap) / 2
	p.inColumns = true
	left, right := p.blocks(v.Left, w), p.blocks(v.Right, w)
	p.inColumns = false
	lh, rh := stackHeight(left), stackHeight(right)
	if max(lh, rh) > p.height-marginTop-marginBottom {
		return append(left, right...)
	}
	return []strip{{before: 14, height: max(lh, rh), paint: func(x, y float64) {
		paintStack(left, x, y)
		paintStack(right, x+w+gap, y)
	}}}
}

func stackHeight(strips []strip) float64 {
	h := 0.0
	for i, s := range strips {
		if i > 0 {
			h += s.before
		}
		h += s.height
	}
	return h
}

func paintStack(strips []strip, x, y float64) {
	for i, s := range strips {
		if i > 0 {
			y += s.before
		}
		if s.paint != nil {
			s.paint(x, y)
		}
		y += s.height
	}
}

func (p *pdfWriter) signatures(v Signatures, width float64) []strip {
	const gap, step = 28.0, 44.0
	w := (width - gap) / 2
	st, small := bodyStyle(), smallStyle()
	st.face = bold
	var out []strip
	for from := 0; from < len(v.Signers); from += 2 {
		pair := v.Signers[from:min(from+2, len(v.Signers))]
		s := strip{before: 20}
		heads := make([][]textLine, len(pair))
		most := 0
		for i, g := range pair {
			heads[i] = p.lay(Plain(g.For), st, w)
			most = max(most, len(heads[i]))
		}
		s.height = st.leading*float64(most) + 3*step + 16
		s.paint = func(x, y float64) {
			for i, g := range pair {
				at := x + (w+gap)*float64(i)
				for k, l := range heads[i] {
					p.line(l, at, y+st.leading*float64(k), st)
				}
				for k, name := range signLines(g) {
					base := y + st.leading*float64(most) + step*float64(k+1) - 6
					p.rule(at, base, at+w, 0.6, ink())
					p.say(p.fonts.cut(name, regular, small.size, w), at, base+11, small)
				}
			}
		}
		out = append(out, s)
	}
	return out
}

// contents lists the sections; the page numbers are read when it is painted.
func (p *pdfWriter) contents() []strip {
	st := headingStyle(1)
	out := []strip{{height: st.leading + 14, paint: func(x, y float64) { p.say("Contents", x, y+20, st) }}}
	width := p.right - p.left
	for i, s := range p.sections {
		if s.level > 2 {
			continue
		}
		row := style{9.2, 15, regular, ink()}
		indent, before := 24.0, 0.0
		if s.level == 1 {
			row.face, before, indent = bold, 7, 0
		}
		number := p.fonts.cut(s.number, regular, row.size, 40)
		title := p.fonts.cut(s.title, row.face, row.size, width-indent-70)
		out = append(out, strip{before: before, height: row.leading, paint: func(x, y float64) {
			light := row
			light.face, light.colour = regular, quiet()
			p.say(number, x+indent, y+11, light)
			p.say(title, x+indent+30, y+11, row)
			p.sayRight(strconv.Itoa(p.sectionPage[i]), x+width, y+11, light)
			p.f.Link(x, y, width, row.leading, p.links[s.id])
		}})
	}
	return out
}

// missingNote is told at the end of a paper that could not show every letter.
func (p *pdfWriter) missingNote() []strip {
	verb := "letters stand"
	if p.missing == 1 {
		verb = "letter stands"
	}
	return p.paragraph(Paragraph{Small: true, Text: Say("%d %s as □, because the fonts of this file cannot show them. The HTML and the DOCX of this document show them.", p.missing, verb)}, p.right-p.left)
}

// scene paints a drawing with its origin at x, y.
func (p *pdfWriter) scene(s *scene, x, y float64) {
	for _, sh := range s.shapes {
		pts := make([]fpdf.PointType, len(sh.points))
		for i, q := range sh.points {
			pts[i] = fpdf.PointType{X: x + q.x, Y: y + q.y}
		}
		if sh.kind == words {
			st := style{face: sh.face, size: sh.size, colour: sh.fill.colour()}
			p.say(sh.text, pts[0].X-anchored(s, sh), pts[0].Y, st)
			continue
		}
		p.shape(sh, pts, p.ready(sh))
		if sh.pattern != solid {
			p.hatch(sh, pts)
		}
	}
}

func anchored(s *scene, sh shape) float64 {
	return -shift(sh.anchor, 0, s.fonts.width(sh.text, sh.face, sh.size))
}

// ready sets the colours of a shape and gives fpdf's word for how to draw it.
func (p *pdfWriter) ready(sh shape) string {
	how := ""
	if sh.fill.role != blank {
		c := sh.fill.colour()
		p.f.SetFillColor(int(c.r), int(c.g), int(c.b))
		how = "F"
	}
	if sh.stroke.role != blank {
		c := sh.stroke.colour()
		p.f.SetDrawColor(int(c.r), int(c.g), int(c.b))
		p.f.SetLineWidth(sh.width)
		how += "D"
	}
	return how
}

func (p *pdfWriter) shape(sh shape, pts []fpdf.PointType, how string) {
	if sh.dash {
		p.f.SetDashPattern([]float64{4, 2.4}, 0)
		defer p.f.SetDashPattern(nil, 0)
	}
	switch sh.kind {
	case rect:
		p.f.Rect(pts[0].X, pts[0].Y, pts[1].X-pts[0].X, pts[1].Y-pts[0].Y, how)
	case circle:
		p.f.Circle(pts[0].X, pts[0].Y, sh.r, how)
	case poly:
		p.f.Polygon(pts, how)
	case line:
		p.f.MoveTo(pts[0].X, pts[0].Y)
		for _, q := range pts[1:] {
			p.f.LineTo(q.X, q.Y)
		}
		p.f.DrawPath("D")
	}
}

// hatch draws the pattern over a filled rect or polygon.
func (p *pdfWriter) hatch(sh shape, pts []fpdf.PointType) {
	lo, hi := pts[0], pts[0]
	for _, q := range pts {
		lo.X, lo.Y, hi.X, hi.Y = min(lo.X, q.X), min(lo.Y, q.Y), max(hi.X, q.X), max(hi.Y, q.Y)
	}
	if sh.kind == rect {
		p.f.ClipRect(lo.X, lo.Y, hi.X-lo.X, hi.Y-lo.Y, false)
	} else {
		p.f.ClipPolygon(pts, false)
	}
	p.f.SetDrawColor(255, 255, 255)
	p.f.SetLineWidth(0.7)
	h := hi.Y - lo.Y
	switch sh.pattern {
	case dotted:
		p.f.SetFillColor(255, 255, 255)
		for gx := lo.X + 2; gx < hi.X; gx += 4 {
			for gy := lo.Y + 2; gy < hi.Y; gy += 4 {
				p.f.Rect(gx, gy, 0.9, 0.9, "F")
			}
		}
	default:
		for gx := lo.X - h; gx < hi.X; gx += 4 {
			if sh.pattern != falling {
				p.f.Line(gx, hi.Y, gx+h, lo.Y)
			}
			if sh.pattern != rising {
				p.f.Line(gx, lo.Y, gx+h, hi.Y)
			}
		}
	}
	p.f.ClipEnd()
}
