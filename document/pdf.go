// SPDX-License-Identifier: Apache-2.0

package document

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"codeberg.org/go-pdf/fpdf"
)

// The page, in points.
const (
	marginSide   = 56.7 // 20 mm
	marginTop    = 70.0
	marginBottom = 64.0
)

// PDF renders pages of A4: cover, contents with page numbers, bookmarks, and a
// header and footer that say whose paper it is and which page of how many.
func PDF(d Document) ([]byte, error) {
	if err := Check(d); err != nil {
		return nil, err
	}
	p, err := newPDF(d)
	if err != nil {
		return nil, err
	}
	body := p.blocks(d.Blocks, p.right-p.left)
	if p.missing > 0 {
		body = append(body, p.missingNote()...)
	}
	room := p.height - marginTop - marginBottom
	pages := flow(body, room)
	contents := flow(p.contents(), room)
	p.total = 1 + len(contents) + len(pages)
	for i, page := range pages {
		for _, s := range page {
			if s.section > 0 {
				p.sectionPage[s.section-1] = 2 + len(contents) + i
			}
		}
	}
	p.cover(d.Meta)
	for _, page := range append(contents, pages...) {
		p.page(page)
	}
	var out bytes.Buffer
	if err := p.f.Output(&out); err != nil {
		return nil, fmt.Errorf("writing PDF of %s: %w", d.Meta.ID, err)
	}
	return out.Bytes(), nil
}

// pdfWriter paints one document.
type pdfWriter struct {
	f           *fpdf.Fpdf
	fonts       *fonts
	meta        Meta
	sections    []section
	sectionPage []int
	links       map[string]int // id → fpdf's number
	next        int            // of sections
	missing     int            // letters that no font has
	total       int            // pages

	width, height float64
	left, right   float64
	inColumns     bool
	now           style // what the page is set to
}

func newPDF(d Document) (*pdfWriter, error) {
	fs, err := loadFonts()
	if err != nil {
		return nil, err
	}
	orientation := "P"
	if d.Landscape {
		orientation = "L"
	}
	f := fpdf.New(orientation, "pt", "A4", "")
	f.SetCreationDate(d.Meta.Date.UTC())
	f.SetModificationDate(d.Meta.Date.UTC())
	f.SetCatalogSort(true)
	f.SetAutoPageBreak(false, 0)
	f.SetMargins(0, 0, 0)
	f.SetCellMargin(0)
	f.SetLang("en-GB")
	f.SetDisplayMode("fullwidth", "continuous")
	m := d.Meta
	f.SetTitle(basic(m.Title+" – "+m.Organisation), true)
	f.SetAuthor(basic(m.Organisation), true)
	f.SetSubject(basic(m.ID+", version "+m.Version+", "+m.Classification), true)
	f.SetKeywords(basic("data digest sha256:"+m.Digest+", catalogue "+m.Catalogue), true)
	f.SetCreator("Demarc", true)
	f.SetProducer("Demarc", true)
	for at := range faces {
		f.AddUTF8FontFromBytes(at.file(), "", fs.files[at])
	}
	p := &pdfWriter{f: f, fonts: fs, meta: m, sections: outline(d.Blocks), links: map[string]int{}}
	p.sectionPage = make([]int, len(p.sections))
	p.width, p.height = f.GetPageSize()
	p.left, p.right = marginSide, p.width-marginSide
	p.anchors(d.Blocks)
	return p, f.Error()
}

// basic gives s without what lies outside the basic plane, which fpdf's
// strings cannot hold.
func basic(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xFFFF {
			return box
		}
		return r
	}, clean(s))
}

// anchors prepares a link for every id.
func (p *pdfWriter) anchors(blocks []Block) {
	for _, s := range p.sections {
		p.links[s.id] = p.f.AddLink()
	}
	for _, b := range blocks {
		if t, ok := b.(Table); ok {
			for _, r := range t.Rows {
				if r.ID != "" {
					p.links[r.ID] = p.f.AddLink()
				}
			}
		}
	}
}

// page paints one page with its header and footer.
func (p *pdfWriter) page(strips []placed) {
	p.f.AddPage()
	p.now = style{}
	p.furniture()
	for _, s := range strips {
		y := marginTop + s.y
		for _, id := range s.ids {
			p.f.SetLink(p.links[id], y-4, -1)
		}
		if s.section > 0 {
			p.bookmark(p.sections[s.section-1], y)
		}
		if s.paint != nil {
			s.paint(p.left, y)
		}
	}
}

func (p *pdfWriter) bookmark(s section, y float64) {
	if s.level > 2 {
		return
	}
	p.set(style{face: regular, size: 8, colour: ink()})
	p.f.Bookmark(basic(s.number+"  "+s.title), s.level-1, y-8)
}

// furniture paints the running header and footer.
func (p *pdfWriter) furniture() {
	m, small := p.meta, style{size: 7.2, face: regular, colour: quiet()}
	strong := small
	strong.face, strong.colour = bold, ink()
	class := p.fonts.cut(clean(m.Classification), regular, 7.2, 160)
	room := p.right - p.left - p.fonts.width(class, regular, 7.2) - 16
	org := p.fonts.cut(clean(m.Organisation), bold, 7.2, room*0.5)
	x := p.left + p.say(org, p.left, 40, strong)
	p.say(p.fonts.cut("   "+clean(m.Title), regular, 7.2, room-(x-p.left)), x, 40, small)
	p.sayRight(class, p.right, 40, small)
	p.rule(p.left, 48, p.right, 0.4, hairline())
	y := p.height - 34
	p.rule(p.left, y-12, p.right, 0.4, hairline())
	page := "Page " + strconv.Itoa(p.f.PageNo()) + " of " + strconv.Itoa(p.total)
	p.sayRight(page, p.right, y, small)
	room = p.right - p.left - p.fonts.width(page, regular, 7.2) - 16
	foot := clean(m.ID) + "   version " + clean(m.Version) + "   digest " + clean(m.shortDigest()) + "…"
	p.say(p.fonts.cut(foot, regular, 7.2, room), p.left, y, small)
}

// set chooses font and colour when they differ from what the page has.
func (p *pdfWriter) set(st style) {
	if p.now.face != st.face || p.now.size != st.size {
		p.f.SetFont(st.face.file(), "", st.size)
	}
	if p.now.colour != st.colour || p.now.size == 0 {
		p.f.SetTextColor(int(st.colour.r), int(st.colour.g), int(st.colour.b))
	}
	p.now = st
}

// say writes s with its baseline at y and gives its width.
func (p *pdfWriter) say(s string, x, y float64, st style) float64 {
	width := 0.0
	for _, a := range p.atoms(s, atom{face: st.face}, st.size) {
		face := st
		face.face = a.face
		p.set(face)
		p.f.Text(x+width, y, a.text)
		width += a.width
	}
	return width
}

func (p *pdfWriter) sayRight(s string, x, y float64, st style) {
	p.say(s, x-p.fonts.width(s, st.face, st.size), y, st)
}

// line paints a laid line whose top is y.
func (p *pdfWriter) line(l textLine, x, y float64, st style) {
	base := y + st.leading/2 + st.size*0.36
	for _, r := range l.runs {
		p.set(style{face: r.face, size: st.size, colour: r.colour})
		p.f.Text(x+r.x, base, r.text)
		if r.link == "" {
			continue
		}
		p.rule(x+r.x, base+1.4, x+r.x+r.width, 0.4, r.colour)
		if id, ok := p.links[strings.TrimPrefix(r.link, "#")]; ok && r.link[0] == '#' {
			p.f.Link(x+r.x, y, r.width, st.leading, id)
		} else {
			p.f.LinkString(x+r.x, y, r.width, st.leading, basic(r.link))
		}
	}
}

func (p *pdfWriter) rule(x1, y, x2, width float64, c colour) {
	p.f.SetDrawColor(int(c.r), int(c.g), int(c.b))
	p.f.SetLineWidth(width)
	p.f.Line(x1, y, x2, y)
}

func (p *pdfWriter) fill(x, y, w, h float64, c colour) {
	p.f.SetFillColor(int(c.r), int(c.g), int(c.b))
	p.f.Rect(x, y, w, h, "F")
}
