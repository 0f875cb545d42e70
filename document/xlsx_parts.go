// SPDX-License-Identifier: Apache-2.0

package document

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// look names a style of a cell; equal looks share one style.
type look struct {
	size   float64
	bold   bool
	colour colour // black is ink
	header bool
	cell   bool // of the data
	kind   valueKind
	edit   bool
	right  bool
	code   bool
	tone   Tone // a word of status
	link   bool
	plain  bool // of the cover: wraps, stands at the top
}

// style gives the number of a style and makes it when it is new.
func (x *xlsxWriter) style(l look) int {
	if id, ok := x.styles[l]; ok {
		return id
	}
	s := &excelize.Style{
		Font:      &excelize.Font{Family: "Arial", Size: l.size, Bold: l.bold, Color: ink().hex()},
		Alignment: &excelize.Alignment{Vertical: "top", WrapText: l.cell || l.header || l.plain},
		NumFmt:    49, // text: what is typed here later stays text
	}
	if l.colour != (colour{}) {
		s.Font.Color = l.colour.hex()
	}
	if l.code {
		s.Font.Family = "Consolas"
	}
	if l.link {
		s.Font.Color, s.Font.Underline = Accent.look().light.hex(), "single"
	}
	if l.tone != None {
		s.Font.Bold, s.Font.Color = true, l.tone.look().light.hex()
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{l.tone.look().tint.hex()}}
	}
	switch {
	case l.header:
		s.Alignment.Vertical = "center"
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{Accent.look().tint.hex()}}
		s.Border = []excelize.Border{{Type: "bottom", Color: ink().hex(), Style: 2}}
		if l.right {
			s.Alignment.Horizontal = "right"
		}
		if l.edit {
			s.Fill.Color = []string{Part.look().tint.hex()}
		}
	case l.cell:
		s.Border = []excelize.Border{{Type: "bottom", Color: hairline().hex(), Style: 1}}
		l.number(s)
	}
	id, err := x.f.NewStyle(s)
	x.do(err)
	x.styles[l] = id
	return id
}

// number sets how numbers and days are shown.
func (l look) number(s *excelize.Style) {
	switch l.kind {
	case isCount:
		s.NumFmt = 3 // 1,234
	case isShare:
		s.NumFmt = 0
		format := "0.0%"
		s.CustomNumFmt = &format
	case isDay:
		s.NumFmt = 0
		format := "yyyy-mm-dd"
		s.CustomNumFmt = &format
		s.Alignment.Horizontal, s.Alignment.Indent = "left", 1
	}
}

// cover writes the first sheet.
func (x *xlsxWriter) cover(b Workbook) {
	const sheet = "Cover"
	m := b.Meta
	no := false
	x.do(x.f.SetSheetView(sheet, 0, &excelize.ViewOptions{ShowGridLines: &no}))
	x.do(x.f.SetColWidth(sheet, "A", "A", 3))
	x.do(x.f.SetColWidth(sheet, "B", "B", 26))
	x.do(x.f.SetColWidth(sheet, "C", "C", 72))
	n := 2
	put := func(column string, l look, s string) {
		at := fmt.Sprintf("%s%d", column, n)
		x.do(x.f.SetCellStr(sheet, at, longest(clean(s))))
		x.do(x.f.SetCellStyle(sheet, at, at, x.style(l)))
		if l.plain {
			lines := 1 + int(x.fonts.width(clean(s), regular, l.size)*1.05/((72*7+5)*0.75-6))
			x.do(x.f.SetRowHeight(sheet, n, min(409, 3+13.2*float64(lines))))
		}
	}
	height := func(h float64) { x.do(x.f.SetRowHeight(sheet, n, h)) }
	put("B", look{size: 11, bold: true, colour: Accent.look().light}, m.Organisation)
	n++
	put("B", look{size: 24, bold: true}, m.Title)
	height(36)
	if m.Subtitle != "" {
		n++
		put("B", look{size: 12, colour: quiet()}, m.Subtitle)
	}
	if m.Notice != "" {
		n += 2
		put("B", look{size: 10, tone: Part}, "Please note")
		put("C", look{size: 10, plain: true}, m.Notice)
	}
	n += 2
	for _, f := range m.lines() {
		put("B", look{size: 10, colour: quiet()}, f.Name)
		put("C", look{size: 10, plain: true, bold: f.Value != m.Digest, code: f.Value == m.Digest}, f.Value)
		n++
	}
	x.sheetsOnCover(b, &n, put)
	x.legendOnCover(b, &n, put)
	x.page(sheet, 100)
	x.do(x.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", RefersTo: fmt.Sprintf("'%s'!$A$1:$C$%d", sheet, n), Scope: sheet}))
}

func (x *xlsxWriter) sheetsOnCover(b Workbook, n *int, put func(string, look, string)) {
	*n++
	put("B", look{size: 12, bold: true}, "Sheets")
	*n++
	for _, s := range b.Sheets {
		put("B", look{size: 10, link: true}, s.Name)
		x.do(x.f.SetCellHyperLink("Cover", fmt.Sprintf("B%d", *n), "'"+s.Name+"'!A1", "Location"))
		words := fmt.Sprintf("%s: %d rows", clean(s.Title), len(s.Rows))
		switch len(s.Rows) {
		case 0:
			words = clean(s.Title) + ": " + clean(s.Empty)
		case 1:
			words = clean(s.Title) + ": 1 row"
		}
		put("C", look{size: 10, plain: true}, words)
		*n++
	}
}

func (x *xlsxWriter) legendOnCover(b Workbook, n *int, put func(string, look, string)) {
	edits := false
	for _, s := range b.Sheets {
		for _, c := range s.Columns {
			edits = edits || c.Edit
		}
	}
	if len(b.Legend) == 0 && !edits {
		return
	}
	*n++
	put("B", look{size: 12, bold: true}, "Legend")
	*n++
	for _, r := range b.Legend {
		put("B", look{size: 10, tone: r.Chip.Tone}, r.Chip.Word)
		put("C", look{size: 10, plain: true}, r.Meaning)
		*n++
	}
	if edits {
		put("B", look{size: 10, header: true, edit: true}, "A column of this colour")
		put("C", look{size: 10, plain: true}, "is meant to be filled or changed by people; the other columns are what the program found.")
		*n++
	}
}

// stacked draws the whole-number columns as one bar a row.
func (x *xlsxWriter) stacked(s Sheet) {
	first, last := HeaderRow+1, HeaderRow+len(s.Rows)
	var series []excelize.ChartSeries
	for i, c := range s.Columns {
		if !x.isNumber(s, i) || c.Tone == None {
			continue
		}
		name, err := excelize.ColumnNumberToName(i + 1)
		x.do(err)
		series = append(series, excelize.ChartSeries{
			Name:       fmt.Sprintf("'%s'!$%s$%d", s.Name, name, HeaderRow),
			Categories: fmt.Sprintf("'%s'!$A$%d:$A$%d", s.Name, first, last),
			Values:     fmt.Sprintf("'%s'!$%s$%d:$%s$%d", s.Name, name, first, name, last),
			Fill:       excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{c.Tone.look().light.hex()}},
		})
	}
	at, err := excelize.ColumnNumberToName(len(s.Columns) + 2)
	x.do(err)
	gap := uint(60)
	x.do(x.f.AddChart(s.Name, fmt.Sprintf("%s%d", at, HeaderRow), &excelize.Chart{
		Type: excelize.BarStacked, Series: series, GapWidth: &gap,
		Title:     excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: clean(s.Title), Font: &excelize.Font{Size: 11, Bold: true, Color: ink().hex()}}}},
		Legend:    excelize.ChartLegend{Position: "bottom"},
		Dimension: excelize.ChartDimension{Width: 640, Height: uint(140 + min(26, max(15, 700/len(s.Rows)))*len(s.Rows))},
		YAxis:     excelize.ChartAxis{MajorGridLines: true, Font: excelize.Font{Size: 9, Color: quiet().hex()}},
		XAxis:     excelize.ChartAxis{ReverseOrder: true, Font: excelize.Font{Size: 9, Color: ink().hex()}},
	}))
}
