// SPDX-License-Identifier: Apache-2.0

package document

// cover paints the first page: whose paper, what it is, and the facts that
// identify it.
func (p *pdfWriter) cover(m Meta) {
	p.f.AddPage()
	p.now = style{}
	accent := Accent.look().light
	width := p.right - p.left
	org := style{12, 17, bold, accent}
	p.few(p.lay(Plain(m.Organisation), org, width*0.72), 3, p.left, 62, org)
	class := style{9, 13, bold, quiet()}
	p.sayRight(p.fonts.cut(clean(m.Classification), bold, 9, width*0.26), p.right, 74, class)

	y := p.height * 0.3
	p.fill(p.left, y, 40, 3, accent)
	title := style{34, 41, bold, ink()}
	y = p.few(p.lay(Plain(m.Title), title, width), 4, p.left, y+20, title)
	if m.Subtitle != "" {
		sub := style{13, 19, regular, quiet()}
		y = p.few(p.lay(Plain(m.Subtitle), sub, min(width, measure)), 3, p.left, y+10, sub)
	}
	if m.Notice != "" {
		p.notice(m.Notice, y+28, width)
	}
	p.coverFacts(m, width)
}

// few paints at most n lines, and an ellipsis where more would follow.
func (p *pdfWriter) few(lines []textLine, n int, x, y float64, st style) float64 {
	for i, l := range lines {
		if i == n {
			p.say("…", x, y+st.leading/2, st)
			break
		}
		p.line(l, x, y, st)
		y += st.leading
	}
	return y
}

func (p *pdfWriter) notice(s string, y, width float64) {
	st, look := bodyStyle(), Part.look()
	lines := p.lay(Plain(s), st, min(width, measure)-28)
	lines = lines[:min(len(lines), 6)]
	h := st.leading*float64(len(lines)) + 16
	p.fill(p.left, y, min(width, measure), h, look.tint)
	p.fill(p.left, y, 2.4, h, look.light)
	p.few(lines, len(lines), p.left+15, y+8, st)
}

// coverFacts stand at the foot of the cover in columns, the digest below.
func (p *pdfWriter) coverFacts(m Meta, width float64) {
	facts := m.lines()
	digest := facts[len(facts)-1]
	facts = facts[:len(facts)-1]
	const gap = 18.0
	per := 3
	if p.width > p.height {
		per = 5
	}
	w := (width - gap*float64(per-1)) / float64(per)
	rows := (len(facts) + per - 1) / per
	const row, last = 50.0, 40.0
	y := p.height - marginBottom - float64(rows)*row - last
	name, value := style{7.4, 10.6, regular, quiet()}, style{9, 12.4, bold, ink()}
	for i, f := range facts {
		x, at := p.left+(w+gap)*float64(i%per), y+row*float64(i/per)
		p.rule(x, at, x+w, 0.4, hairline())
		p.say(p.fonts.cut(clean(f.Name), regular, 7.4, w), x, at+13, name)
		p.few(p.lay(Plain(f.Value), value, w), 2, x, at+16.5, value)
	}
	at := y + row*float64(rows)
	p.rule(p.left, at, p.right, 0.4, hairline())
	p.say(digest.Name, p.left, at+13, name)
	p.say(p.fonts.cut(clean(digest.Value), mono, 8, width), p.left, at+27, style{8, 11, mono, ink()})
}
