// SPDX-License-Identifier: Apache-2.0

package document

import (
	"strconv"
	"strings"
)

func bodyStyle() style  { return style{9.2, 14, regular, ink()} }
func leadStyle() style  { return style{11.2, 17, regular, ink()} }
func smallStyle() style { return style{7.8, 11.6, regular, quiet()} }
func monoStyle() style  { return style{7.4, 11, mono, ink()} }

// measure is the widest line of running text, for the eye's sake.
const measure = 430

func headingStyle(level int) style {
	switch level {
	case 1:
		return style{20, 26, bold, ink()}
	case 2:
		return style{13, 18, bold, ink()}
	}
	return style{10.2, 14.5, bold, ink()}
}

// blocks lays out blocks into strips of the given width.
func (p *pdfWriter) blocks(blocks []Block, width float64) []strip {
	var out []strip
	for _, b := range blocks {
		out = append(out, p.block(b, width)...)
	}
	return out
}

func (p *pdfWriter) block(b Block, width float64) []strip {
	switch v := b.(type) {
	case Heading:
		return p.heading(v, width)
	case Paragraph:
		return p.paragraph(v, width)
	case List:
		return p.list(v, width)
	case Callout:
		return p.callout(v, width)
	case Tiles:
		return p.tiles(v, width)
	case Definitions:
		return p.definitions(v, width)
	case Code:
		return p.code(v, width)
	case Table:
		return p.table(v, width)
	case Columns:
		return p.columns(v, width)
	case Signatures:
		return p.signatures(v, width)
	case PageBreak:
		return []strip{{breaks: true}}
	case Chart:
		return p.chart(v, width)
	}
	return nil
}

func (p *pdfWriter) heading(h Heading, width float64) []strip {
	st := headingStyle(h.Level)
	s := strip{before: []float64{30, 24, 17}[h.Level-1], keep: true}
	number, indent := "", 0.0
	if !p.inColumns {
		sec := p.sections[p.next]
		p.next++
		s.section, s.ids, number = p.next, []string{sec.id}, sec.number
	}
	if number != "" {
		indent = p.fonts.width(number, regular, st.size) + st.size*0.55
	}
	lines := p.lay(Plain(h.Text), st, width-indent)
	s.height = st.leading*float64(len(lines)) + []float64{8, 4, 2}[h.Level-1]
	s.paint = func(x, y float64) {
		if number != "" {
			light := st
			light.face, light.colour = regular, quiet()
			p.say(number, x, y+st.leading/2+st.size*0.36, light)
		}
		for i, l := range lines {
			p.line(l, x+indent, y+st.leading*float64(i), st)
		}
	}
	return []strip{s}
}

func (p *pdfWriter) paragraph(v Paragraph, width float64) []strip {
	st, before := bodyStyle(), 6.0
	if v.Lead {
		st, before = leadStyle(), 4
	}
	if v.Small {
		st, before = smallStyle(), 4
	}
	out := lineStrips(p.lay(v.Text, st, min(width, measure)), st.leading, before, func(l textLine, x, y float64) { p.line(l, x, y, st) })
	for i := range out {
		out[i].keep = v.Keep
	}
	return out
}

func (p *pdfWriter) list(v List, width float64) []strip {
	st := bodyStyle()
	var out []strip
	for i, item := range v.Items {
		sign, indent := "•", 13.0
		if v.Numbered {
			sign, indent = strconv.Itoa(i+1)+".", 18
		}
		before := 3.0
		if i == 0 {
			before = 7
		}
		first := true
		strips := lineStrips(p.lay(item, st, min(width, measure)-indent), st.leading, before, func(l textLine, x, y float64) { p.line(l, x+indent, y, st) })
		for k := range strips {
			if first {
				paint := strips[k].paint
				strips[k].paint = func(x, y float64) {
					light := st
					light.colour = quiet()
					p.say(sign, x, y+st.leading/2+st.size*0.36, light)
					paint(x, y)
				}
				first = false
			}
		}
		out = append(out, strips...)
	}
	return out
}

// callout is one strip unless it is longer than half a page; then its lines
// may be divided.
func (p *pdfWriter) callout(v Callout, width float64) []strip {
	const pad, inset = 9.0, 15.0
	st, look := bodyStyle(), v.Tone.look()
	head := st
	head.face = bold
	lines := p.lay(Plain(v.Title), head, width-2*inset)
	titles := len(lines)
	lines = append(lines, p.lay(v.Text, st, min(width-2*inset, measure))...)
	per := len(lines)
	if float64(per)*st.leading > (p.height-marginTop-marginBottom)/2 {
		per = 12
	}
	var out []strip
	for from := 0; from < len(lines); from += per {
		part, top, bottom := lines[from:min(from+per, len(lines))], 0.0, 0.0
		s := strip{}
		if from == 0 {
			s.before, top = 12, pad
		}
		if from+per >= len(lines) {
			bottom = pad
		}
		s.height = top + bottom + st.leading*float64(len(part))
		s.paint = func(x, y float64) {
			p.fill(x, y, width, s.height, look.tint)
			p.fill(x, y, 2.4, s.height, look.light)
			for i, l := range part {
				set := st
				if from+i < titles {
					set = head
				}
				p.line(l, x+inset, y+top+st.leading*float64(i), set)
			}
		}
		out = append(out, s)
	}
	return append(out, strip{height: 8})
}

func (p *pdfWriter) tiles(v Tiles, width float64) []strip {
	const gap, perRow = 16.0, 4
	big, label, note := style{23, 30, bold, ink()}, style{8.6, 12, bold, ink()}, smallStyle()
	var out []strip
	for from := 0; from < len(v.Items); from += perRow {
		row := v.Items[from:min(from+perRow, len(v.Items))]
		n := float64(min(perRow, len(v.Items)))
		w := (width - gap*(n-1)) / n
		s := strip{before: 14}
		labels, notes := make([][]textLine, len(row)), make([][]textLine, len(row))
		for i, t := range row {
			labels[i] = p.lay(Plain(t.Label), label, w)
			h := 8 + big.leading + label.leading*float64(len(labels[i]))
			if t.Note != "" {
				notes[i] = p.lay(Plain(t.Note), note, w)
				h += note.leading * float64(len(notes[i]))
			}
			s.height = max(s.height, h)
		}
		s.paint = func(x, y float64) {
			for i, t := range row {
				p.tile(t, labels[i], notes[i], x+(w+gap)*float64(i), y, w)
			}
		}
		out = append(out, s)
	}
	return append(out, strip{height: 10})
}

func (p *pdfWriter) tile(t Tile, labels, notes []textLine, x, y, w float64) {
	tone := t.Tone.look().light
	p.fill(x, y, w, 1.6, tone)
	p.say(p.fonts.cut(clean(t.Value), bold, 23, w), x, y+30, style{23, 30, bold, tone})
	y += 38
	label := style{8.6, 12, bold, ink()}
	for _, l := range labels {
		p.line(l, x, y, label)
		y += label.leading
	}
	for _, l := range notes {
		p.line(l, x, y, smallStyle())
		y += smallStyle().leading
	}
}

func (p *pdfWriter) definitions(v Definitions, width float64) []strip {
	t := Table{Columns: []Column{{Width: 1}, {Width: 2.6}}}
	for _, d := range v.Items {
		t.Rows = append(t.Rows, Row{Cells: []Cell{Str(d.Term), Words(d.Text)}})
	}
	return p.rows(t, width, true)
}

// code keeps every blank as it was typed. Up to twelve lines stay together.
func (p *pdfWriter) code(v Code, width float64) []strip {
	st := monoStyle()
	lines := p.codeLines(v.Text, int((width-20)/p.fonts.width("m", mono, st.size)))
	together := len(lines) <= 12
	edge := func(before float64) strip {
		return strip{height: 6, keep: true, before: before, paint: func(x, y float64) { p.fill(x, y, width, 6, ground()) }}
	}
	out := []strip{edge(6)}
	for i, l := range lines {
		out = append(out, strip{height: st.leading, keep: together || i == 0 || i >= len(lines)-2, paint: func(x, y float64) {
			p.fill(x, y-0.3, width, st.leading+0.6, ground())
			p.say(l, x+10, y+st.leading/2+st.size*0.36, st)
		}})
	}
	foot := edge(0)
	foot.keep = false
	return append(out, foot, strip{height: 6})
}

// codeLines cuts typed lines at the width, after a blank where there is one.
func (p *pdfWriter) codeLines(text string, letters int) []string {
	var out []string
	for _, typed := range strings.Split(clean(text), "\n") {
		line := []rune(typed)
		for len(line) > letters {
			cut := letters
			for k := letters; k > letters/2; k-- {
				if line[k-1] == ' ' {
					cut = k
					break
				}
			}
			out = append(out, string(line[:cut]))
			line = line[cut:]
		}
		out = append(out, string(line))
	}
	return out
}
