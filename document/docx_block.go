// SPDX-License-Identifier: Apache-2.0

package document

import (
	"fmt"
	"strings"
)

// blocks writes blocks into a room of the given width.
func (w *docxWriter) blocks(blocks []Block, width int) {
	for _, b := range blocks {
		if _, opens := b.(Heading); w.breaks && !opens {
			w.put(`<w:p><w:pPr><w:pStyle w:val="Gap"/><w:pageBreakBefore/></w:pPr></w:p>`)
			w.breaks = false
		}
		switch v := b.(type) {
		case Heading:
			w.heading(v)
		case Paragraph:
			keep := ""
			if v.Keep {
				keep = `<w:keepNext/>`
			}
			w.paragraph(paragraphStyle(v), v.Text, keep)
		case List:
			w.list(v)
		case Callout:
			w.box(v.Tone, width, func() {
				w.paragraph("Normal", Strong(v.Title), `<w:keepNext/><w:spacing w:after="20"/>`)
				w.paragraph("Normal", v.Text, `<w:spacing w:after="0"/>`)
			})
		case Tiles:
			w.tiles(v, width)
		case Definitions:
			w.definitions(v, width)
		case Code:
			w.paragraph("Code", Plain(v.Text), `<w:keepLines/>`)
		case Table:
			w.table(v, width)
		case Columns:
			w.columns(v, width)
		case Signatures:
			w.signatures(v, width)
		case PageBreak:
			w.breaks = true
		case Chart:
			w.chart(v, width)
		}
	}
}

func paragraphStyle(v Paragraph) string {
	switch {
	case v.Lead:
		return "Lead"
	case v.Small:
		return "Small"
	}
	return "Normal"
}

func (w *docxWriter) heading(h Heading) {
	mark := ""
	if !w.inColumns {
		mark = w.bookmark(w.sections[w.next].id)
		w.next++
	}
	top := ""
	if w.breaks {
		top = `<w:pageBreakBefore/><w:spacing w:before="0"/>`
		w.breaks = false
	}
	w.put(fmt.Sprintf(`<w:p><w:pPr><w:pStyle w:val="Heading%d"/>%s</w:pPr>%s<w:r><w:t xml:space="preserve">§</w:t></w:r></w:p>`, h.Level, top, mark), h.Text)
}

// paragraph writes text in a style; more is further paragraph properties.
func (w *docxWriter) paragraph(style string, t Text, more string) {
	w.put(`<w:p><w:pPr><w:pStyle w:val="` + style + `"/>` + more + `</w:pPr>`)
	w.text(t, "")
	w.put(`</w:p>`)
}

// text writes runs; look is run properties that all of them have.
func (w *docxWriter) text(t Text, look string) {
	for _, s := range t {
		w.span(s, look)
	}
}

func (w *docxWriter) span(s Span, look string) {
	props := look
	if s.Code {
		props = `<w:rStyle w:val="CodeText"/>` + props
	}
	if s.Strong && !strings.Contains(props, "<w:b/>") {
		props += `<w:b/><w:bCs/>`
	}
	if s.Em {
		props += `<w:i/><w:iCs/>`
	}
	closing := ""
	if s.Link != "" && safeLink(s.Link) {
		props = `<w:rStyle w:val="Hyperlink"/>` + strings.Replace(props, `<w:rStyle w:val="CodeText"/>`, "", 1)
		closing = `</w:hyperlink>`
		if n, ok := w.marks[strings.TrimPrefix(s.Link, "#")]; ok && s.Link[0] == '#' {
			w.put(`<w:hyperlink w:anchor="` + markName(n) + `" w:history="1">`)
		} else {
			w.put(`<w:hyperlink r:id="` + w.address(s.Link) + `" w:history="1">`)
		}
	}
	for i, line := range strings.Split(clean(s.Text), "\n") {
		w.put(`<w:r><w:rPr>` + orderRun(props) + `</w:rPr>`)
		if i > 0 {
			w.put(`<w:br/>`)
		}
		w.put(`<w:t xml:space="preserve">§</w:t></w:r>`, line)
	}
	w.put(closing)
}

// orderRun puts run properties into the order of the schema.
func orderRun(props string) string {
	var out strings.Builder
	for _, tag := range []string{"w:rStyle", "w:rFonts", "w:b", "w:bCs", "w:i", "w:iCs", "w:color", "w:sz", "w:szCs", "w:u", "w:shd"} {
		from := strings.Index(props, "<"+tag+" ")
		if from < 0 {
			from = strings.Index(props, "<"+tag+"/>")
		}
		if from >= 0 {
			end := from + strings.Index(props[from:], ">") + 1
			out.WriteString(props[from:end])
		}
	}
	return out.String()
}

// address gives the relationship of an address outside.
func (w *docxWriter) address(a string) string {
	for i, known := range w.addresses {
		if known == a {
			return linkID(i)
		}
	}
	w.addresses = append(w.addresses, a)
	return linkID(len(w.addresses) - 1)
}

func (w *docxWriter) list(v List) {
	style, number := "ListBullet", ""
	if v.Numbered {
		w.lists++
		style, number = "ListNumber", fmt.Sprintf(`<w:numPr><w:ilvl w:val="0"/><w:numId w:val="%d"/></w:numPr>`, w.lists+2)
	}
	for _, t := range v.Items {
		w.paragraph(style, t, number)
	}
}

// box is a callout: a tinted cell with a coloured edge.
func (w *docxWriter) box(tone Tone, width int, content func()) {
	look := tone.look()
	w.openTable([]int{width})
	w.put(fmt.Sprintf(`<w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/><w:tcBorders><w:left w:val="single" w:sz="18" w:space="0" w:color="%s"/></w:tcBorders>`+
		`<w:shd w:val="clear" w:color="auto" w:fill="%s"/><w:tcMar><w:top w:w="140" w:type="dxa"/><w:left w:w="260" w:type="dxa"/><w:bottom w:w="140" w:type="dxa"/><w:right w:w="260" w:type="dxa"/></w:tcMar></w:tcPr>`,
		width, look.light.hex(), look.tint.hex()))
	content()
	w.put(`</w:tc></w:tr></w:tbl>`)
	w.gap()
}

// gap stands after a table: Word would join two tables that touch.
func (w *docxWriter) gap() { w.put(`<w:p><w:pPr><w:pStyle w:val="Gap"/></w:pPr></w:p>`) }

func (w *docxWriter) tiles(v Tiles, width int) {
	const per, between = 4, 240
	for from := 0; from < len(v.Items); from += per {
		row := v.Items[from:min(from+per, len(v.Items))]
		n := min(per, len(v.Items))
		col := (width - between*(n-1)) / n
		var grid []int
		for i := range len(row) {
			if i > 0 {
				grid = append(grid, between)
			}
			grid = append(grid, col)
		}
		w.gap()
		w.openTable(grid)
		w.put(`<w:tr><w:trPr><w:cantSplit/></w:trPr>`)
		for i, t := range row {
			if i > 0 {
				w.put(fmt.Sprintf(`<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/></w:tcPr><w:p><w:pPr><w:pStyle w:val="TableText"/></w:pPr></w:p></w:tc>`, between))
			}
			w.tile(t, col)
		}
		w.put(`</w:tr></w:tbl>`)
		w.gap()
	}
}

func (w *docxWriter) tile(t Tile, width int) {
	tone := t.Tone.look().light
	w.put(fmt.Sprintf(`<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/><w:tcBorders><w:top w:val="single" w:sz="12" w:space="0" w:color="%s"/></w:tcBorders></w:tcPr>`, width, tone.hex()))
	w.put(`<w:p><w:pPr><w:pStyle w:val="TableText"/><w:keepNext/><w:spacing w:before="80"/></w:pPr><w:r><w:rPr><w:b/><w:bCs/>`+runColour(tone)+size(23)+`</w:rPr><w:t xml:space="preserve">§</w:t></w:r></w:p>`, t.Value)
	w.put(`<w:p><w:pPr><w:pStyle w:val="TableText"/></w:pPr><w:r><w:rPr><w:b/><w:bCs/>`+size(8.5)+`</w:rPr><w:t xml:space="preserve">§</w:t></w:r></w:p>`, t.Label)
	if t.Note != "" {
		w.put(`<w:p><w:pPr><w:pStyle w:val="TableHead"/></w:pPr><w:r><w:t xml:space="preserve">§</w:t></w:r></w:p>`, t.Note)
	}
	w.put(`</w:tc>`)
}

func (w *docxWriter) columns(v Columns, width int) {
	const between = 480
	col := (width - between) / 2
	w.inColumns = true
	w.openTable([]int{col, between, col})
	w.put(fmt.Sprintf(`<w:tr><w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/></w:tcPr>`, col))
	w.blocks(v.Left, col)
	w.gap()
	w.put(fmt.Sprintf(`</w:tc><w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/></w:tcPr><w:p><w:pPr><w:pStyle w:val="TableText"/></w:pPr></w:p></w:tc><w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/></w:tcPr>`, between, col))
	w.blocks(v.Right, col)
	w.gap()
	w.put(`</w:tc></w:tr></w:tbl>`)
	w.gap()
	w.inColumns = false
}

// signatures are tables whose rows begin with the line to sign on.
func (w *docxWriter) signatures(v Signatures, width int) {
	const between = 480
	col := (width - between) / 2
	for from := 0; from < len(v.Signers); from += 2 {
		pair := v.Signers[from:min(from+2, len(v.Signers))]
		w.gap()
		w.openTable([]int{col, between, col})
		w.signRow(col, between, 0, func(i int) (string, string) {
			if i >= len(pair) {
				return "", ""
			}
			return pair[i].For, "<w:b/><w:bCs/>"
		})
		for line := range 3 {
			w.signRow(col, between, 820, func(i int) (string, string) {
				if i >= len(pair) {
					return "", ""
				}
				return signLines(pair[i])[line], runColour(quiet()) + size(8)
			})
		}
		w.put(`</w:tbl>`)
	}
	w.gap()
}

// signRow writes one row for two signers; above is the room over the line.
func (w *docxWriter) signRow(col, between, above int, word func(i int) (text, look string)) {
	if above > 0 {
		w.put(fmt.Sprintf(`<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="%d" w:hRule="exact"/></w:trPr>`, above))
		for _, width := range []int{col, between, col} {
			w.put(fmt.Sprintf(`<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/></w:tcPr><w:p><w:pPr><w:pStyle w:val="TableText"/><w:keepNext/></w:pPr></w:p></w:tc>`, width))
		}
		w.put(`</w:tr>`)
	}
	w.put(`<w:tr><w:trPr><w:cantSplit/></w:trPr>`)
	for i := range 3 {
		width, text, look, top := col, "", "", ""
		if i == 1 {
			width = between
		} else if text, look = word(i / 2); text != "" && above > 0 {
			top = `<w:tcBorders>` + border("top", 6, ink()) + `</w:tcBorders>`
		}
		w.put(fmt.Sprintf(`<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/>%s</w:tcPr><w:p><w:pPr><w:pStyle w:val="TableText"/><w:keepNext/></w:pPr><w:r><w:rPr>%s</w:rPr><w:t xml:space="preserve">§</w:t></w:r></w:p></w:tc>`, width, top, look), text)
	}
	w.put(`</w:tr>`)
}
