// SPDX-License-Identifier: Apache-2.0

package document

import (
	"fmt"
	"strings"
)

// DOCX renders a document for people to edit and sign. Headings, lists, page
// numbers and repeated table headers are Word's own; charts are drawn shapes;
// nothing asks to be updated when it is opened.
func DOCX(d Document) ([]byte, error) {
	if err := Check(d); err != nil {
		return nil, err
	}
	fs, err := loadFonts()
	if err != nil {
		return nil, err
	}
	w := &docxWriter{fonts: fs, meta: d.Meta, sections: outline(d.Blocks), marks: map[string]int{}, page: portrait()}
	if d.Landscape {
		w.page = landscape()
	}
	w.collect(d.Blocks)
	w.cover()
	w.contents()
	w.blocks(d.Blocks, w.page.room())
	body := xmlHead + `<w:document ` + wordNamespaces + `><w:body>` + w.b.String() + w.page.section() + `</w:body></w:document>`
	return archive([]part{
		{"[Content_Types].xml", contentTypes()},
		{"_rels/.rels", packageRels()},
		{"docProps/core.xml", coreProperties(d.Meta)},
		{"docProps/app.xml", appProperties(d.Meta)},
		{"docProps/custom.xml", customProperties(d.Meta)},
		{"word/document.xml", body},
		{"word/_rels/document.xml.rels", documentRels(w.addresses)},
		{"word/styles.xml", wordStyles()},
		{"word/numbering.xml", wordNumbering(w.lists)},
		{"word/settings.xml", wordSettings()},
		{"word/fontTable.xml", wordFonts()},
		{"word/theme/theme1.xml", wordTheme()},
		{"word/header1.xml", w.header()},
		{"word/footer1.xml", w.footer()},
	}, d.Meta.Date)
}

// docxWriter writes the body of document.xml.
type docxWriter struct {
	b         strings.Builder
	fonts     *fonts
	meta      Meta
	sections  []section
	next      int // of sections
	marks     map[string]int
	addresses []string
	lists     int // numbered lists so far
	drawings  int
	inColumns bool
	breaks    bool // the next block begins a page
	page      wordPage
}

// wordPage is a page in twentieths of a point.
type wordPage struct{ width, height, side, top, bottom int }

func portrait() wordPage  { return wordPage{11906, 16838, 1134, 1500, 1300} }
func landscape() wordPage { return wordPage{16838, 11906, 1134, 1400, 1200} }

func (p wordPage) room() int { return p.width - 2*p.side }

func (p wordPage) section() string {
	orient := ""
	if p.width > p.height {
		orient = ` w:orient="landscape"`
	}
	return fmt.Sprintf(`<w:sectPr><w:headerReference w:type="default" r:id="rId4"/><w:footerReference w:type="default" r:id="rId5"/><w:pgSz w:w="%d" w:h="%d"%s/>`+
		`<w:pgMar w:top="%d" w:right="%d" w:bottom="%d" w:left="%d" w:header="640" w:footer="560" w:gutter="0"/><w:titlePg/></w:sectPr>`,
		p.width, p.height, orient, p.top, p.side, p.bottom, p.side)
}

// put writes markup in which each § is replaced by the next text, escaped.
func (w *docxWriter) put(markup string, texts ...string) {
	w.b.WriteString(fillXML(markup, texts...))
}

// collect gives every id a bookmark number.
func (w *docxWriter) collect(blocks []Block) {
	for _, s := range w.sections {
		w.marks[s.id] = len(w.marks) + 1
	}
	for _, b := range blocks {
		if t, ok := b.(Table); ok {
			for _, r := range t.Rows {
				if r.ID != "" {
					w.marks[r.ID] = len(w.marks) + 1
				}
			}
		}
	}
}

// bookmark gives an empty bookmark for an id; Word allows few letters in a
// name, so the name is made of its number.
func (w *docxWriter) bookmark(id string) string {
	n, ok := w.marks[id]
	if !ok {
		return ""
	}
	return fmt.Sprintf(`<w:bookmarkStart w:id="%d" w:name="%s"/><w:bookmarkEnd w:id="%d"/>`, n, markName(n), n)
}

func markName(n int) string { return fmt.Sprintf("place_%d", n) }

func (w *docxWriter) cover() {
	m := w.meta
	w.put(`<w:p><w:pPr><w:pStyle w:val="Organisation"/><w:tabs><w:tab w:val="clear" w:pos="9638"/><w:tab w:val="right" w:pos="`+fmt.Sprint(w.page.room())+`"/></w:tabs></w:pPr>`+
		`<w:r><w:t xml:space="preserve">§</w:t></w:r><w:r><w:tab/></w:r><w:r><w:rPr>`+runColour(quiet())+size(9)+`</w:rPr><w:t xml:space="preserve">§</w:t></w:r></w:p>`, m.Organisation, m.Classification)
	above := w.page.height / 5
	w.put(fmt.Sprintf(`<w:p><w:pPr><w:pBdr><w:top w:val="single" w:sz="24" w:space="0" w:color="%s"/></w:pBdr><w:spacing w:before="%d" w:after="160" w:line="60" w:lineRule="exact"/><w:ind w:right="%d"/></w:pPr></w:p>`,
		Accent.look().light.hex(), above, w.page.room()-800))
	w.put(`<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr><w:r><w:t xml:space="preserve">§</w:t></w:r></w:p>`, m.Title)
	if m.Subtitle != "" {
		w.put(`<w:p><w:pPr><w:pStyle w:val="Subtitle"/></w:pPr><w:r><w:t xml:space="preserve">§</w:t></w:r></w:p>`, m.Subtitle)
	}
	if m.Notice != "" {
		w.box(Part, w.page.room()*3/4, func() { w.paragraph("Normal", Plain(m.Notice), `<w:spacing w:after="0"/>`) })
	}
	w.put(fmt.Sprintf(`<w:p><w:pPr><w:spacing w:before="%d" w:after="0" w:line="20" w:lineRule="exact"/></w:pPr></w:p>`, w.coverRest(m, above)))
	w.coverFacts(m)
}

// coverRest gives the room that is left between the title and the facts, so
// that these stand at the foot of the page.
func (w *docxWriter) coverRest(m Meta, above int) int {
	room := float64(w.page.room()) / 20
	lines := func(s string, f face, size, width float64) int {
		if s == "" {
			return 0
		}
		return int(w.fonts.width(clean(s), f, size)/width) + 1
	}
	used := 440 + above + 220 + 800*lines(m.Title, bold, 34, room) + 120
	if m.Subtitle != "" {
		used += 350*lines(m.Subtitle, regular, 13, room) + 240
	}
	if m.Notice != "" {
		used += 260*lines(m.Notice, regular, 9.5, room*3/4-26) + 440
	}
	facts := m.lines()
	tall := 0
	for i := 0; i < len(facts)-1; i += 3 {
		most := 1
		for _, f := range facts[i:min(i+3, len(facts)-1)] {
			most = max(most, lines(f.Value, bold, 9, room/3-8))
		}
		tall += 480 + 230*most
	}
	return min(31680, max(0, w.page.height-w.page.top-w.page.bottom-used-tall-760))
}

// coverFacts stand in columns, the digest across the page.
func (w *docxWriter) coverFacts(m Meta) {
	const per = 3
	facts := m.lines()
	digest := facts[len(facts)-1]
	facts = facts[:len(facts)-1]
	col := w.page.room() / per
	w.openTable([]int{col, col, col})
	line := fmt.Sprintf(`<w:tcBorders><w:top w:val="single" w:sz="4" w:space="0" w:color="%s"/></w:tcBorders>`, hairline().hex())
	cell := func(f Fact, extra, run string) {
		w.put(fmt.Sprintf(`<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/>%s%s</w:tcPr>`, col, extra, line))
		if f.Name == "" {
			w.put(`<w:p><w:pPr><w:pStyle w:val="TableText"/></w:pPr></w:p></w:tc>`)
			return
		}
		w.put(`<w:p><w:pPr><w:pStyle w:val="TableHead"/><w:spacing w:before="80"/></w:pPr><w:r><w:t xml:space="preserve">§</w:t></w:r></w:p>`+
			`<w:p><w:pPr><w:pStyle w:val="TableText"/><w:spacing w:after="160"/></w:pPr><w:r><w:rPr>`+run+`</w:rPr><w:t xml:space="preserve">§</w:t></w:r></w:p></w:tc>`, f.Name, f.Value)
	}
	for i := 0; i < len(facts); i += per {
		w.put(`<w:tr>`)
		for k := range per {
			f := Fact{}
			if i+k < len(facts) {
				f = facts[i+k]
			}
			cell(f, "", "<w:b/><w:bCs/>"+size(9))
		}
		w.put(`</w:tr>`)
	}
	w.put(`<w:tr>`)
	cell(digest, `<w:gridSpan w:val="3"/>`, monoRun()+size(8))
	w.put(`</w:tr></w:tbl>`)
}

// contents are links; they carry no page numbers, because only the program
// that lays out the pages knows them, and a wrong one would be worse.
func (w *docxWriter) contents() {
	w.put(`<w:p><w:pPr><w:pStyle w:val="Contents"/><w:pageBreakBefore/></w:pPr><w:r><w:t>Contents</w:t></w:r></w:p>`)
	field := `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> TOC \o "1-2" \h \z \n </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>`
	for _, s := range w.sections {
		if s.level > 2 {
			continue
		}
		w.put(fmt.Sprintf(`<w:p><w:pPr><w:pStyle w:val="TOC%d"/></w:pPr>%s<w:hyperlink w:anchor="%s" w:history="1"><w:r><w:rPr><w:b w:val="0"/><w:bCs w:val="0"/>%s</w:rPr><w:t>%s</w:t></w:r><w:r><w:tab/></w:r><w:r><w:t xml:space="preserve">§</w:t></w:r></w:hyperlink></w:p>`,
			s.level, field, markName(w.marks[s.id]), runColour(quiet()), s.number), s.title)
		field = ""
	}
	if field == "" {
		w.put(`<w:p><w:pPr><w:pStyle w:val="Gap"/></w:pPr><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`)
	}
	w.breaks = true
}

func (w *docxWriter) header() string {
	m := w.meta
	return xmlHead + fillXML(`<w:hdr `+wordNamespaces+`><w:p><w:pPr><w:pStyle w:val="Header"/>`+w.rightTab()+`</w:pPr><w:r><w:rPr><w:b/><w:bCs/>`+runColour(ink())+`</w:rPr><w:t xml:space="preserve">§</w:t></w:r>`+
		`<w:r><w:t xml:space="preserve">   §</w:t></w:r><w:r><w:tab/></w:r><w:r><w:t xml:space="preserve">§</w:t></w:r></w:p></w:hdr>`,
		w.fonts.cut(clean(m.Organisation), bold, 7.5, 180), w.fonts.cut(clean(m.Title), regular, 7.5, 170), w.fonts.cut(clean(m.Classification), regular, 7.5, 110))
}

func (w *docxWriter) footer() string {
	m := w.meta
	field := func(name string) string {
		return `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> ` + name + ` </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>`
	}
	return xmlHead + fillXML(`<w:ftr `+wordNamespaces+`><w:p><w:pPr><w:pStyle w:val="Footer"/>`+w.rightTab()+`</w:pPr><w:r><w:t xml:space="preserve">§   version §   digest §…</w:t></w:r><w:r><w:tab/></w:r>`+
		`<w:r><w:t xml:space="preserve">Page </w:t></w:r>`+field("PAGE")+`<w:r><w:t xml:space="preserve"> of </w:t></w:r>`+field("NUMPAGES")+`</w:p></w:ftr>`,
		w.fonts.cut(clean(m.ID), regular, 7.5, 130), w.fonts.cut(clean(m.Version), regular, 7.5, 60), m.shortDigest())
}

// rightTab moves the right tab to the margin of a landscape page.
func (w *docxWriter) rightTab() string {
	if w.page.room() == portrait().room() {
		return ""
	}
	return fmt.Sprintf(`<w:tabs><w:tab w:val="clear" w:pos="%d"/><w:tab w:val="right" w:pos="%d"/></w:tabs>`, portrait().room(), w.page.room())
}
