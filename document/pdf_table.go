// SPDX-License-Identifier: Apache-2.0

package document

const (
	cellGap = 9.0 // between columns
	cellPad = 4.6 // above and below a row's text
)

func tableStyle() style   { return style{7.9, 11.4, regular, ink()} }
func denseStyle() style   { return style{7.2, 9.6, regular, ink()} }
func titleStyle() style   { return style{7.4, 10.4, regular, quiet()} }
func captionStyle() style { return style{9, 13, bold, ink()} }

// look gives the style of a table's text and the room above and below a row.
func (t Table) look() (style, float64) {
	if t.Dense {
		return denseStyle(), 2.6
	}
	return tableStyle(), cellPad
}

// cellLine is one line of a cell.
type cellLine struct {
	text   textLine
	indent float64
	chip   *Chip  // whose mark stands before the line
	bar    *Share // drawn instead of text
}

// table lays out caption, header and rows. The header comes again on every
// page; a row is divided only when it is longer than half a page.
func (p *pdfWriter) table(t Table, width float64) []strip {
	var out []strip
	if t.Caption != "" {
		st := captionStyle()
		lines := p.lay(Plain(t.Caption), st, width)
		out = append(out, strip{before: 14, height: st.leading*float64(len(lines)) + 3, keep: true, paint: func(x, y float64) {
			for i, l := range lines {
				p.line(l, x, y+st.leading*float64(i), st)
			}
		}})
	}
	if len(t.Rows) == 0 {
		st := smallStyle()
		return append(out, lineStrips(p.lay(Plain(t.Empty), st, min(width, measure)), st.leading, 4, func(l textLine, x, y float64) { p.line(l, x, y, st) })...)
	}
	return append(out, p.rows(t, width, false)...)
}

// rows lays out the rows; plain is a table without header, of terms.
func (p *pdfWriter) rows(t Table, width float64, plain bool) []strip {
	st, _ := t.look()
	widths := t.fit(p.fonts, width+cellGap, titleStyle().size, st.size, cellGap, 12)
	var head *strip
	var out []strip
	if !plain {
		h := p.header(t, widths, width)
		head = &h
		first := h
		first.before, first.keep = 8, true
		out = append(out, first)
	} else {
		out = append(out, strip{height: 4, keep: true})
	}
	for _, r := range t.Rows {
		out = append(out, p.row(t, r, widths, width, head, plain)...)
	}
	return append(out, strip{height: 10})
}

func (p *pdfWriter) header(t Table, widths []float64, width float64) strip {
	st := titleStyle()
	cells, most := make([][]textLine, len(t.Columns)), 0
	for i, c := range t.Columns {
		cells[i] = p.lay(Plain(c.Title), st, widths[i]-cellGap)
		most = max(most, len(cells[i]))
	}
	s := strip{height: st.leading*float64(most) + 6}
	s.paint = func(x, y float64) {
		for i, lines := range cells {
			for k, l := range lines {
				at := y + st.leading*float64(most-len(lines)+k)
				p.line(l, x+shift(t.Columns[i].Align, widths[i]-cellGap, l.width), at, st)
			}
			x += widths[i]
		}
		p.rule(x-width-cellGap, y+s.height-1.5, x-cellGap, 0.7, ink())
	}
	return s
}

// shift gives where a line begins in a room.
func shift(a Align, room, width float64) float64 {
	switch a {
	case Right:
		return room - width
	case Centre:
		return (room - width) / 2
	}
	return 0
}

func (p *pdfWriter) row(t Table, r Row, widths []float64, width float64, head *strip, plain bool) []strip {
	if r.Group != "" {
		return []strip{p.group(r, width, head)}
	}
	st, pad := t.look()
	cells, most := make([][]cellLine, len(r.Cells)), 0
	for i, c := range r.Cells {
		quietTerm := plain && i == 0
		cells[i] = p.cellLines(c, st, widths[i]-cellGap, quietTerm)
		most = max(most, len(cells[i]))
	}
	per := most
	if float64(most)*st.leading > (p.height-marginTop-marginBottom)/2 {
		per = 14
	}
	var out []strip
	for from := 0; from < most; from += per {
		to := min(from+per, most)
		s := strip{head: head, height: st.leading * float64(to-from)}
		top := 0.0
		if from == 0 {
			top = pad
			s.height += pad
			if r.ID != "" {
				s.ids = []string{r.ID}
			}
		}
		last := to == most
		if last {
			s.height += pad
		}
		s.paint = func(x, y float64) {
			start := x
			for i, lines := range cells {
				p.cellPart(lines, from, to, x, y+top, widths[i]-cellGap, t.Columns[i].Align, st)
				x += widths[i]
			}
			if last {
				p.rule(start, y+s.height, start+width, 0.35, hairline())
			}
		}
		out = append(out, s)
	}
	return out
}

func (p *pdfWriter) group(r Row, width float64, head *strip) strip {
	st := style{8.4, 12, bold, ink()}
	words := Strong(r.Group)
	if r.Detail != "" {
		words = append(words, Span{Text: "  " + r.Detail})
	}
	st.face = regular
	lines := p.lay(words, st, width)
	s := strip{head: head, height: st.leading*float64(len(lines)) + 14, keep: true}
	if r.ID != "" {
		s.ids = []string{r.ID}
	}
	s.paint = func(x, y float64) {
		for i, l := range lines {
			p.line(l, x, y+10+st.leading*float64(i), st)
		}
		p.rule(x, y+s.height, x+width, 0.35, hairline())
	}
	return s
}

// cellLines lays out a cell: chip, text, bar.
func (p *pdfWriter) cellLines(c Cell, st style, width float64, term bool) []cellLine {
	var out []cellLine
	if term {
		st.colour = quiet()
	}
	if c.Chip != nil {
		look := st
		look.face, look.colour = bold, c.Chip.Tone.look().light
		indent := 11.5
		if c.Chip.mark() == MarkNone {
			indent = 0
		}
		for i, l := range p.lay(Plain(c.Chip.Word), look, width-indent) {
			line := cellLine{text: l, indent: indent}
			if i == 0 && indent > 0 {
				line.chip = c.Chip
			}
			out = append(out, line)
		}
	}
	for _, t := range c.Lines {
		for _, l := range p.lay(t, st, width) {
			out = append(out, cellLine{text: l})
		}
	}
	if c.Bar != nil {
		out = append(out, cellLine{bar: c.Bar})
	}
	return out
}

func (p *pdfWriter) cellPart(lines []cellLine, from, to int, x, y, width float64, a Align, st style) {
	for i := from; i < min(to, len(lines)); i++ {
		l := lines[i]
		if l.bar != nil {
			p.fill(x, y+3, width, 3, hairline())
			p.fill(x, y+3, width*min(max(l.bar.Of, 0), 1), 3, l.bar.Tone.look().light)
		}
		at := x + shift(a, width-l.indent, l.text.width)
		if l.chip != nil {
			s := &scene{fonts: p.fonts}
			s.mark(l.chip.mark(), l.chip.Tone, at+4, y+st.leading/2, 7.8)
			p.scene(s, 0, 0)
		}
		p.line(l.text, at+l.indent, y, st)
		y += st.leading
	}
}
