// SPDX-License-Identifier: Apache-2.0

package document

import "strconv"

// table writes a table. Where the screen is narrow each row becomes a card, so
// every cell carries its column's title.
func (h *htmlWriter) table(t Table) {
	if len(t.Rows) == 0 {
		if t.Caption != "" {
			h.put(`<p class="caption">§</p>`, t.Caption)
		}
		h.put("<p class=\"none\">§</p>\n", t.Empty)
		return
	}
	class := ""
	if t.Dense {
		class = ` class="dense"`
	}
	h.raw(`<div class="scroll"><table` + class + `>`)
	if t.Caption != "" {
		h.put("<caption>§</caption>", t.Caption)
	}
	h.raw("<colgroup>")
	for _, points := range t.fit(h.fonts, h.room, 12.5, 13.5, 14, 19) {
		h.raw(`<col style="width:` + fixed(100*points/h.room) + `%">`)
	}
	h.raw("</colgroup><thead><tr>")
	for _, c := range t.Columns {
		h.put(`<th scope="col"`+alignClass(c.Align)+`>§</th>`, c.Title)
	}
	h.raw("</tr></thead><tbody>")
	for _, r := range t.Rows {
		h.row(t, r)
	}
	h.raw("</tbody></table></div>\n")
}

func (h *htmlWriter) row(t Table, r Row) {
	h.raw("<tr")
	if r.ID != "" {
		h.put(` id="§"`, r.ID)
	}
	if r.Group != "" {
		h.put(` class="group"><th scope="rowgroup" colspan="`+strconv.Itoa(len(t.Columns))+`">§`, r.Group)
		if r.Detail != "" {
			h.put(` <span>§</span>`, r.Detail)
		}
		h.raw("</th></tr>\n")
		return
	}
	h.raw(">")
	for i, c := range r.Cells {
		h.put(`<td`+alignClass(t.Columns[i].Align)+` data-title="§"><div>`, t.Columns[i].Title)
		h.cell(c)
		h.raw("</div></td>")
	}
	h.raw("</tr>\n")
}

func alignClass(a Align) string {
	switch a {
	case Right:
		return ` class="right"`
	case Centre:
		return ` class="centre"`
	}
	return ""
}

func (h *htmlWriter) cell(c Cell) {
	if c.Chip != nil {
		h.put(`<span class="chip t-`+c.Chip.Tone.look().name+`">`+h.icon(*c.Chip)+`§</span>`, c.Chip.Word)
	}
	for i, l := range c.Lines {
		if i > 0 || c.Chip != nil {
			h.raw("<br>")
		}
		h.text(l)
	}
	if c.Bar != nil {
		h.raw(`<span class="share t-` + c.Bar.Tone.look().name + `"><i style="width:` + fixed(100*min(max(c.Bar.Of, 0), 1)) + `%"></i></span>`)
	}
}

// icon is a chip's mark; the word beside it says the same.
func (h *htmlWriter) icon(c Chip) string {
	if c.mark() == MarkNone {
		return ""
	}
	s := &scene{width: 12, height: 12, fonts: h.fonts}
	s.mark(c.mark(), c.Tone, 6, 6, 11)
	return `<svg class="mark" viewBox="0 0 12 12" aria-hidden="true">` + svgShapes(s, "") + `</svg>`
}
