// SPDX-License-Identifier: Apache-2.0

package document

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"demarc.dev/demarc/problem"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

func xlsx(t testing.TB, b Workbook) []byte {
	t.Helper()
	data, err := XLSX(b)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestXLSX_NoFormula proves that words from data are never a formula: no cell
// has one, and the format of every cell of words keeps what is typed as words.
func TestXLSX_NoFormula(t *testing.T) {
	b := book()
	for i, s := range []string{"=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "=cmd|'/c calc'!A1", `=HYPERLINK("http://x")`} {
		b.Sheets[1].Rows = append(b.Sheets[1].Rows, []Value{Word(s), Word(s), Word(s), Count(i), Day(meta().Date), Word(s)})
	}
	b.Sheets[1].Title, b.Sheets[1].Note, b.Sheets[1].Columns[0].Title = "=1+1", "=2", "=3"
	b.Meta.Organisation, b.Meta.Title = "=1", "=2"
	data := xlsx(t, b)
	for name, part := range unzip(t, data) {
		if strings.HasPrefix(name, "xl/worksheets/sheet") && bytes.Contains(part, []byte("<f")) && bytes.Contains(part, []byte("<f>")) {
			t.Errorf("%s holds a formula", name)
		}
	}
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for row := HeaderRow + 1; row <= HeaderRow+len(b.Sheets[1].Rows); row++ {
		cell := fmt.Sprintf("A%d", row)
		id, err := f.GetCellStyle("Duties", cell)
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		if style.NumFmt != 49 {
			t.Errorf("%s has number format %d: what is typed there could become a formula", cell, style.NumFmt)
		}
	}
}

func TestReadWorkbook_ReadsBackWhatWasWritten(t *testing.T) {
	sheets, err := ReadWorkbook("book.xlsx", xlsx(t, book()))
	if err != nil {
		t.Fatal(err)
	}
	want := SheetText{Name: "Duties", First: 5, Columns: []string{"Duty", "Status", "Customer", "Share", "On", "Remark"}, Rows: [][]string{
		{"5.1-C1", "Met", "performs", "0.5", "46024", ""},
		{`=HYPERLINK("http://x","y")`, "Not met", "none", "1", "46025", "@SUM(1)"},
	}}
	if len(sheets) != 3 {
		t.Fatalf("%d sheets", len(sheets))
	}
	if d := cmp.Diff(want, sheets[1]); d != "" {
		t.Error(d)
	}
}

func TestReadWorkbook_RefusesWhatIsNone(t *testing.T) {
	whole := xlsx(t, book())
	for name, data := range map[string][]byte{"empty": nil, "text": []byte("Duty,Status\n"), "cut": whole[:len(whole)/2]} {
		if _, err := ReadWorkbook(name, data); problem.Of(err) != problem.Invalid || err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzReadWorkbook(f *testing.F) {
	f.Add(xlsx(f, book()))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		sheets, err := ReadWorkbook("fuzz.xlsx", data)
		if err != nil {
			return
		}
		for _, s := range sheets {
			for _, r := range s.Rows {
				if len(r) != len(s.Columns) {
					t.Fatalf("a row of %d cells under %d columns", len(r), len(s.Columns))
				}
			}
		}
	})
}

func TestXLSX_TwentyThousandRows(t *testing.T) {
	b := book()
	row := b.Sheets[1].Rows[0]
	b.Sheets[1].Rows = nil
	for range 20_000 {
		b.Sheets[1].Rows = append(b.Sheets[1].Rows, row)
	}
	data := xlsx(t, b)
	sheet := unzip(t, data)["xl/worksheets/sheet3.xml"]
	if n := bytes.Count(sheet, []byte("<row ")); n != 20_000+3 {
		t.Errorf("%d rows", n)
	}
	if !bytes.Contains(sheet, []byte(`<autoFilter ref="$A$4:$F$20004"`)) {
		t.Error("the filter does not cover the rows")
	}
}

func TestXLSX_LongWordsAreCutAloud(t *testing.T) {
	b := book()
	b.Sheets[1].Rows[0][5] = Word(strings.Repeat("é", 40_000))
	sheets, err := ReadWorkbook("x", xlsx(t, b))
	if err != nil {
		t.Fatal(err)
	}
	if got := sheets[1].Rows[0][5]; len([]rune(got)) != maxCell || !strings.HasSuffix(got, "(cut here: a cell holds no more)") {
		t.Errorf("%d letters, ending %q", len([]rune(got)), got[len(got)-40:])
	}
}

// TestCharts_CountsAreTheData proves that the table beside a chart holds the
// numbers that the chart was given.
func TestCharts_CountsAreTheData(t *testing.T) {
	c := Stacked{Figure: Figure{"a", "b"}, Of: "Theme", Series: []Series{{"Met", Good}, {"Not met", Bad}}, Rows: []StackedRow{{"A", []int{3, 4}}, {"B", []int{0, 9}}}}
	var got []string
	for _, r := range c.data().Rows {
		for _, cell := range r.Cells {
			got = append(got, cell.String())
		}
	}
	if want := []string{"A", "3", "4", "7", "B", "0", "9", "9"}; !cmp.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	fs, err := loadFonts()
	if err != nil {
		t.Fatal(err)
	}
	drawn := ""
	for _, sh := range c.draw(fs, 480).shapes {
		if sh.kind == words {
			drawn += sh.text + " "
		}
	}
	for _, want := range []string{"3 ", "4 ", "7 ", "9 "} {
		if !strings.Contains(drawn, want) {
			t.Errorf("the drawing %q does not show %q", drawn, want)
		}
	}
}
