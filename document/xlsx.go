// SPDX-License-Identifier: Apache-2.0

package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// XLSX renders a workbook: a cover, then each sheet with a filter, a header
// that stays, and pages that carry what every page carries.
func XLSX(b Workbook) ([]byte, error) {
	if err := CheckWorkbook(b); err != nil {
		return nil, err
	}
	fs, err := loadFonts()
	if err != nil {
		return nil, err
	}
	f := excelize.NewFile()
	defer f.Close() // removes the temporary file that a sheet over 16 MiB streams through
	x := &xlsxWriter{f: f, meta: b.Meta, styles: map[look]int{}, fonts: fs}
	x.do(f.SetSheetName("Sheet1", "Cover"))
	x.do(f.SetDefaultFont("Arial"))
	for _, s := range b.Sheets {
		_, err := f.NewSheet(s.Name)
		x.do(err)
	}
	for _, s := range b.Sheets {
		x.sheet(s)
	}
	x.cover(b)
	x.properties()
	f.SetActiveSheet(0)
	data, err := x.pack()
	if err != nil {
		return nil, fmt.Errorf("writing XLSX of %s: %w", b.Meta.ID, err)
	}
	return data, nil
}

// pack writes the archive with its parts in the order of their names: the
// library takes some of them from maps.
func (x *xlsxWriter) pack() ([]byte, error) {
	if x.err != nil {
		return nil, x.err
	}
	sort.Slice(x.f.ContentTypes.Defaults, func(i, j int) bool {
		return x.f.ContentTypes.Defaults[i].Extension < x.f.ContentTypes.Defaults[j].Extension
	})
	kept := &keeper{files: map[string]*bytes.Buffer{}}
	x.f.SetZipWriter(func(io.Writer) excelize.ZipWriter { return kept })
	if err := x.f.Write(io.Discard); err != nil {
		return nil, err
	}
	var parts []part
	for _, name := range slices.Sorted(maps.Keys(kept.files)) {
		parts = append(parts, part{name, kept.files[name].String()})
	}
	return archive(parts, x.meta.Date)
}

// keeper keeps what is written to an archive, part by part.
type keeper struct{ files map[string]*bytes.Buffer }

func (k *keeper) Create(name string) (io.Writer, error) {
	k.files[name] = &bytes.Buffer{}
	return k.files[name], nil
}

func (k *keeper) AddFS(fs.FS) error { return errors.New("a workbook has no files of a disk") }
func (k *keeper) Close() error      { return nil }

// xlsxWriter writes one workbook; the first error ends it.
type xlsxWriter struct {
	f      *excelize.File
	meta   Meta
	styles map[look]int
	fonts  *fonts
	err    error
}

func (x *xlsxWriter) do(err error) {
	if x.err == nil && err != nil {
		x.err = err
	}
}

// sheet streams the rows, so that a hundred thousand of them are written in a
// second.
func (x *xlsxWriter) sheet(s Sheet) {
	x.page(s.Name, letters(s.Columns)) // before the stream begins, which writes the sheet's head
	w, err := x.f.NewStreamWriter(s.Name)
	if x.do(err); x.err != nil {
		return
	}
	for i, c := range s.Columns {
		x.do(w.SetColWidth(i+1, i+1, max(c.Width, 6)))
	}
	x.do(w.SetPanes(&excelize.Panes{Freeze: true, XSplit: 1, YSplit: HeaderRow, TopLeftCell: "B" + fmt.Sprint(HeaderRow+1), ActivePane: "bottomRight"}))
	x.row(w, 1, excelize.RowOpts{Height: 24}, excelize.Cell{StyleID: x.style(look{size: 14, bold: true}), Value: clean(s.Title)})
	note := clean(s.Note)
	if note == "" {
		note = x.meta.Organisation + " · " + x.meta.Title + " · version " + x.meta.Version
	}
	x.row(w, 2, excelize.RowOpts{Height: 16}, excelize.Cell{StyleID: x.style(look{size: 9, colour: quiet()}), Value: clean(note)})
	header := make([]excelize.Cell, len(s.Columns))
	for i, c := range s.Columns {
		header[i] = excelize.Cell{StyleID: x.style(look{size: 9, bold: true, header: true, edit: c.Edit, right: x.isNumber(s, i)}), Value: clean(c.Title)}
	}
	x.row(w, HeaderRow, excelize.RowOpts{Height: headerHeight(s.Columns)}, header...)
	for i, r := range s.Rows {
		cells := make([]excelize.Cell, len(r))
		for k, v := range r {
			cells[k] = excelize.Cell{StyleID: x.style(look{size: 9, cell: true, kind: v.kind, edit: s.Columns[k].Edit}), Value: v.any()}
		}
		x.row(w, HeaderRow+1+i, excelize.RowOpts{Height: x.height(s.Columns, r)}, cells...)
	}
	if len(s.Rows) == 0 {
		x.row(w, HeaderRow+1, excelize.RowOpts{}, excelize.Cell{StyleID: x.style(look{size: 9, colour: quiet()}), Value: clean(s.Empty)})
	}
	x.furnish(s)
	if s.Stacked && len(s.Rows) > 0 {
		x.stacked(s)
	}
	if x.err == nil {
		x.do(w.Flush())
	}
}

// height gives a row the lines that its longest cell needs: programs do not
// agree on doing it themselves. Excel allows 409 points.
func (x *xlsxWriter) height(columns []SheetColumn, r []Value) float64 {
	lines := 1
	for i, v := range r {
		if v.kind != isText {
			continue
		}
		room := (max(columns[i].Width, 6)*7+5)*0.75 - 5
		n := 0
		for _, part := range strings.SplitN(v.text, "\n", 40) {
			n += 1 + int(x.fonts.width(part[:min(len(part), 4000)], regular, 9)*1.04/room)
		}
		lines = max(lines, n)
	}
	return min(409, 4+12.2*float64(lines))
}

func (x *xlsxWriter) isNumber(s Sheet, column int) bool {
	return len(s.Rows) > 0 && (s.Rows[0][column].kind == isCount || s.Rows[0][column].kind == isShare)
}

// headerHeight leaves room for titles that need two lines or more.
func headerHeight(columns []SheetColumn) float64 {
	lines := 1
	for _, c := range columns {
		lines = max(lines, 1+int(float64(len(c.Title))*1.15/max(c.Width, 6)))
	}
	return 8 + 12.5*float64(min(lines, 4))
}

func (x *xlsxWriter) row(w *excelize.StreamWriter, n int, opts excelize.RowOpts, cells ...excelize.Cell) {
	values := make([]any, len(cells))
	for i, c := range cells {
		values[i] = c
	}
	if x.err == nil {
		x.do(w.SetRow(fmt.Sprintf("A%d", n), values, opts))
	}
}

// furnish adds what lies around the cells: filter, lists, colours, print.
func (x *xlsxWriter) furnish(s Sheet) {
	last := HeaderRow + max(1, len(s.Rows))
	letter := func(i int) string {
		name, err := excelize.ColumnNumberToName(i + 1)
		x.do(err)
		return name
	}
	if len(s.Rows) > 0 {
		x.do(x.f.AutoFilter(s.Name, fmt.Sprintf("A%d:%s%d", HeaderRow, letter(len(s.Columns)-1), last), nil))
	}
	for i, c := range s.Columns {
		area := fmt.Sprintf("%s%d:%s%d", letter(i), HeaderRow+1, letter(i), last)
		if len(c.Options) > 0 && len(s.Rows) > 0 {
			v := excelize.NewDataValidation(true)
			v.Sqref = area
			x.do(v.SetDropList(c.Options))
			v.SetError(excelize.DataValidationErrorStyleStop, "Not in the list", "Choose one of the words of the list, so that the file can be read back.")
			x.do(x.f.AddDataValidation(s.Name, v))
		}
		if len(c.States) > 0 && len(s.Rows) > 0 {
			x.states(s.Name, area, c.States)
		}
	}
	x.do(x.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("'%s'!$A:$A,'%s'!$%d:$%d", s.Name, s.Name, HeaderRow, HeaderRow), Scope: s.Name}))
}

// states colours words wherever they stand, also after an edit.
func (x *xlsxWriter) states(sheet, area string, states []Chip) {
	rules := make([]excelize.ConditionalFormatOptions, 0, len(states))
	for _, c := range states {
		look := c.Tone.look()
		id, err := x.f.NewConditionalStyle(&excelize.Style{
			Font: &excelize.Font{Bold: true, Color: look.light.hex()},
			Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{look.tint.hex()}},
		})
		x.do(err)
		rules = append(rules, excelize.ConditionalFormatOptions{Type: "cell", Criteria: "==", Format: &id, Value: `"` + strings.ReplaceAll(clean(c.Word), `"`, `""`) + `"`})
	}
	x.do(x.f.SetConditionalFormat(sheet, area, rules))
}

// letters is the width of all columns.
func letters(columns []SheetColumn) float64 {
	sum := 0.0
	for _, c := range columns {
		sum += max(c.Width, 6)
	}
	return sum
}

// page sets paper, and header and footer of each printed page. A table of many
// columns is printed on A3, and on more pages beside each other rather than in
// letters that nobody can read.
func (x *xlsxWriter) page(sheet string, width float64) {
	const a4, a3, onA4, onA3 = 9, 8, 170, 250
	orientation, fit, paper, high := "portrait", 1, a4, 0
	if width > 110 {
		orientation = "landscape"
	}
	if width > onA4 {
		paper, fit = a3, int(math.Ceil(width/onA3))
	}
	x.do(x.f.SetPageLayout(sheet, &excelize.PageLayoutOptions{Size: &paper, Orientation: &orientation, FitToWidth: &fit, FitToHeight: &high}))
	yes := true
	x.do(x.f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &yes}))
	margin, foot := 0.6, 0.3
	x.do(x.f.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{Left: &margin, Right: &margin, Top: &margin, Bottom: &margin, Header: &foot, Footer: &foot}))
	m := x.meta
	x.do(x.f.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{
		OddHeader: "&L&8" + x.furniture(m.Organisation+" · "+m.Title, 120) + "&R&8" + x.furniture(m.Classification, 40),
		OddFooter: "&L&8" + x.furniture(m.ID+" · version "+m.Version+" · digest "+m.shortDigest()+"…", 110) + "&R&8Page &P of &N",
	}))
}

// furniture makes words safe between the codes of a header, which begin with
// an ampersand; a digit first would be read as a size.
func (x *xlsxWriter) furniture(s string, letters int) string {
	s = strings.ReplaceAll(clean(s), "\n", " ")
	if r := []rune(s); len(r) > letters {
		s = string(r[:letters-1]) + "…"
	}
	return " " + strings.ReplaceAll(s, "&", "&&")
}

func (x *xlsxWriter) properties() {
	m, at := x.meta, x.meta.Date.UTC().Format(time.RFC3339)
	x.do(x.f.SetDocProps(&excelize.DocProperties{Title: clean(m.Title), Subject: clean(m.Subtitle), Creator: clean(m.Organisation), LastModifiedBy: clean(m.Organisation),
		Category: clean(m.Classification), Identifier: clean(m.ID), Version: clean(m.Version), Created: at, Modified: at, Language: "en-GB",
		Description: "Data digest (SHA-256): " + clean(m.Digest), Keywords: "catalogue " + clean(m.Catalogue)}))
	x.do(x.f.SetAppProps(&excelize.AppProperties{Application: "Demarc", Company: clean(m.Organisation)}))
}
