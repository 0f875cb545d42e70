// SPDX-License-Identifier: Apache-2.0

package document

import (
	"fmt"
	"strings"
)

// openTable begins a table with columns of fixed width, in twentieths of a
// point.
func (w *docxWriter) openTable(grid []int) {
	total := 0
	var cols strings.Builder
	for _, g := range grid {
		total += g
		fmt.Fprintf(&cols, `<w:gridCol w:w="%d"/>`, g)
	}
	w.put(fmt.Sprintf(`<w:tbl><w:tblPr><w:tblW w:w="%d" w:type="dxa"/><w:tblLayout w:type="fixed"/>`+
		`<w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="0" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid>%s</w:tblGrid>`, total, cols.String()))
}

// table writes a table whose header comes again on every page and whose rows
// stay whole unless they are long.
func (w *docxWriter) table(t Table, width int) {
	if t.Caption != "" {
		w.paragraph("Caption", Plain(t.Caption), "")
	}
	if len(t.Rows) == 0 {
		w.paragraph("Small", Plain(t.Empty), "")
		return
	}
	grid := w.grid(t, width)
	w.openTable(grid)
	w.put(`<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>`)
	for i, c := range t.Columns {
		w.put(cellStart(grid[i], "", border("bottom", 6, ink()), i == len(grid)-1) + `<w:vAlign w:val="bottom"/></w:tcPr>`)
		w.put(`<w:p><w:pPr><w:pStyle w:val="TableHead"/>`+justify(c.Align)+`</w:pPr><w:r><w:t xml:space="preserve">§</w:t></w:r></w:p></w:tc>`, c.Title)
	}
	w.put(`</w:tr>`)
	for _, r := range t.Rows {
		w.row(t, r, grid, false)
	}
	w.put(`</w:tbl>`)
	w.gap()
}

func (w *docxWriter) grid(t Table, width int) []int {
	out, sum := make([]int, len(t.Columns)), 0
	for i, points := range t.fit(w.fonts, float64(width)/20, 7.5, 8.4, 8, 22) {
		out[i] = int(points * 20)
		sum += out[i]
	}
	out[len(out)-1] += width - sum
	return out
}

func (w *docxWriter) definitions(v Definitions, width int) {
	t := Table{Columns: []Column{{Width: 1}, {Width: 2.6}}}
	grid := w.grid(t, width)
	w.openTable(grid)
	for _, d := range v.Items {
		w.row(t, Row{Cells: []Cell{Str(d.Term), Words(d.Text)}}, grid, true)
	}
	w.put(`</w:tbl>`)
	w.gap()
}

func (w *docxWriter) row(t Table, r Row, grid []int, terms bool) {
	if r.Group != "" {
		sum := 0
		for _, g := range grid {
			sum += g
		}
		w.put(`<w:tr><w:trPr><w:cantSplit/></w:trPr>` + cellStart(sum, fmt.Sprintf(`<w:gridSpan w:val="%d"/>`, len(grid)), border("bottom", 4, hairline()), true) + `</w:tcPr>`)
		w.put(`<w:p><w:pPr><w:pStyle w:val="TableText"/><w:keepNext/><w:spacing w:before="160"/></w:pPr>`+w.bookmark(r.ID)+`<w:r><w:rPr><w:b/><w:bCs/>`+size(8.5)+`</w:rPr><w:t xml:space="preserve">§</w:t></w:r>`, r.Group)
		if r.Detail != "" {
			w.put(`<w:r><w:t xml:space="preserve">  §</w:t></w:r>`, r.Detail)
		}
		w.put(`</w:p></w:tc></w:tr>`)
		return
	}
	split := `<w:trPr><w:cantSplit/></w:trPr>`
	if long(r, grid) {
		split = ""
	}
	w.put(`<w:tr>` + split)
	for i, c := range r.Cells {
		start := cellStart(grid[i], "", border("bottom", 4, hairline()), i == len(grid)-1)
		if t.Dense {
			start = strings.ReplaceAll(start, `w:w="64"`, `w:w="30"`)
		}
		w.put(start + `</w:tcPr>`)
		look := ""
		if t.Dense {
			look = size(7.5)
		}
		if terms && i == 0 {
			look = runColour(quiet())
		}
		mark := ""
		if i == 0 {
			mark = w.bookmark(r.ID)
		}
		w.cell(c, t.Columns[i].Align, look, mark)
		w.put(`</w:tc>`)
	}
	w.put(`</w:tr>`)
}

// long says that a row may take more than a third of a page.
func long(r Row, grid []int) bool {
	for i, c := range r.Cells {
		if len(c.String())*90 > grid[i]*22 {
			return true
		}
	}
	return false
}

func cellStart(width int, span, borders string, last bool) string {
	right := 140
	if last {
		right = 0
	}
	return fmt.Sprintf(`<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/>%s<w:tcBorders>%s</w:tcBorders><w:tcMar><w:top w:w="64" w:type="dxa"/><w:bottom w:w="64" w:type="dxa"/><w:right w:w="%d" w:type="dxa"/></w:tcMar>`,
		width, span, borders, right)
}

func border(side string, eighths int, c colour) string {
	return fmt.Sprintf(`<w:%s w:val="single" w:sz="%d" w:space="0" w:color="%s"/>`, side, eighths, c.hex())
}

func justify(a Align) string {
	switch a {
	case Right:
		return `<w:jc w:val="right"/>`
	case Centre:
		return `<w:jc w:val="center"/>`
	}
	return ""
}

func (w *docxWriter) cell(c Cell, a Align, look, mark string) {
	start := `<w:p><w:pPr><w:pStyle w:val="TableText"/>` + justify(a) + `</w:pPr>`
	if c.Chip != nil {
		w.put(start + mark)
		mark = ""
		more := look
		look := c.Chip.Tone.look()
		word := c.Chip.Word
		if sign := c.Chip.mark().sign(); sign != "" {
			word = sign + "\u00A0" + word
		}
		w.text(Plain("\u00A0"+word+"\u00A0"), "<w:b/><w:bCs/>"+runColour(look.light)+more+`<w:shd w:val="clear" w:color="auto" w:fill="`+look.tint.hex()+`"/>`)
		w.put(`</w:p>`)
	}
	for _, l := range c.Lines {
		w.put(start + mark)
		mark = ""
		w.text(l, look)
		w.put(`</w:p>`)
	}
}
