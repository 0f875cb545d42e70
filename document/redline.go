// SPDX-License-Identifier: Apache-2.0

package document

import (
	"strconv"
	"strings"
	"time"
)

// Redline is a text with proposed changes, which a word processor shows as
// tracked: each can be accepted or rejected there.
type Redline struct {
	Title      string
	Author     string // of the changes
	At         time.Time
	Paragraphs []RedlineParagraph
}

// RedlineParagraph is a paragraph of it.
type RedlineParagraph struct {
	Heading int  // 1 to 3; 0: none
	Indent  int  // depth of a list
	Added   bool // the paragraph itself is proposed
	Runs    []RedlineRun
}

// RedlineRun is a stretch of text that is kept, taken away or proposed.
type RedlineRun struct {
	Text   string
	Change Change
}

// Change is what happens to a stretch of text.
type Change uint8

// The changes.
const (
	Kept Change = iota
	TakenAway
	Proposed
)

// RedlineDOCX writes a redline as a DOCX with tracked changes (ECMA-376, part 1,
// 17.13.5). The same redline gives the same bytes.
func RedlineDOCX(r Redline) ([]byte, error) {
	w := redlineWriter{mark: fillXML(` w:author="§" w:date="§"`, r.Author, r.At.UTC().Format(time.RFC3339))}
	for _, p := range r.Paragraphs {
		w.paragraph(p)
	}
	const ns = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	body := xmlHead + `<w:document ` + ns + `><w:body>` + w.b.String() +
		`<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1304" w:right="1304" w:bottom="1304" w:left="1304" w:header="624" w:footer="624" w:gutter="0"/></w:sectPr></w:body></w:document>`
	const main = "application/vnd.openxmlformats-officedocument.wordprocessingml."
	types := xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/word/document.xml" ContentType="` + main + `document.main+xml"/><Override PartName="/word/styles.xml" ContentType="` + main + `styles+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`
	rels := xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + relationships + `/officeDocument" Target="word/document.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`
	docRels := xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + relationships + `/styles" Target="styles.xml"/></Relationships>`
	return archive([]part{{"[Content_Types].xml", types}, {"_rels/.rels", rels}, {"word/document.xml", body}, {"word/_rels/document.xml.rels", docRels}, {"word/styles.xml", redlineStyles(ns)},
		{"docProps/core.xml", coreProperties(Meta{Title: r.Title, Organisation: r.Author, Date: r.At})}}, r.At)
}

// redlineStyles are a plain text with three headings.
func redlineStyles(ns string) string {
	var b strings.Builder
	b.WriteString(xmlHead + `<w:styles ` + ns + `><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Liberation Sans" w:hAnsi="Liberation Sans" w:cs="Liberation Sans"/><w:sz w:val="21"/><w:lang w:val="en-GB"/></w:rPr></w:rPrDefault>` +
		`<w:pPrDefault><w:pPr><w:spacing w:after="140" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>`)
	for i, size := range []string{"34", "27", "23"} {
		n := strconv.Itoa(i + 1)
		b.WriteString(`<w:style w:type="paragraph" w:styleId="Heading` + n + `"><w:name w:val="heading ` + n + `"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:pPr><w:keepNext/><w:spacing w:before="280" w:after="120"/><w:outlineLvl w:val="` + strconv.Itoa(i) + `"/></w:pPr><w:rPr><w:b/><w:sz w:val="` + size + `"/></w:rPr></w:style>`)
	}
	b.WriteString(`</w:styles>`)
	return b.String()
}

type redlineWriter struct {
	b    strings.Builder
	mark string // author and day of a change
	id   int
}

// open begins a change.
func (w *redlineWriter) open(name string) string {
	w.id++
	return `<w:` + name + ` w:id="` + strconv.Itoa(w.id) + `"` + w.mark
}

func (w *redlineWriter) paragraph(p RedlineParagraph) {
	w.b.WriteString(`<w:p><w:pPr>`)
	if p.Heading > 0 {
		w.b.WriteString(`<w:pStyle w:val="Heading` + strconv.Itoa(min(p.Heading, 3)) + `"/>`)
	}
	if p.Indent > 0 {
		w.b.WriteString(`<w:ind w:left="` + strconv.Itoa(420*min(p.Indent, 5)) + `"/>`)
	}
	if p.Added {
		w.b.WriteString(`<w:rPr>` + w.open("ins") + `/></w:rPr>`)
	}
	w.b.WriteString(`</w:pPr>`)
	for _, r := range p.Runs {
		text := escape(r.Text)
		switch r.Change {
		case Proposed:
			w.b.WriteString(w.open("ins") + `><w:r><w:t xml:space="preserve">` + text + `</w:t></w:r></w:ins>`)
		case TakenAway:
			w.b.WriteString(w.open("del") + `><w:r><w:delText xml:space="preserve">` + text + `</w:delText></w:r></w:del>`)
		default:
			w.b.WriteString(`<w:r><w:t xml:space="preserve">` + text + `</w:t></w:r>`)
		}
	}
	w.b.WriteString(`</w:p>`)
}
