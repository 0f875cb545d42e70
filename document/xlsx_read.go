// SPDX-License-Identifier: Apache-2.0

package document

import (
	"archive/zip"
	"bytes"
	"strings"

	"demarc.dev/demarc/problem"
	"github.com/xuri/excelize/v2"
)

// SheetText is what a sheet holds when it is read back: the cells as words.
type SheetText struct {
	Name    string
	Columns []string
	Rows    [][]string // as long as Columns each
	First   int        // row of the sheet that Rows[0] stands in
}

// The most that ReadWorkbook takes in.
const (
	maxFile    = 32 << 20
	maxUnzip   = 96 << 20
	maxRows    = 200_000   // of a sheet
	maxColumns = 200       // of a sheet
	maxCells   = 2_000_000 // of all sheets: rows without a word weigh in memory too
)

// ReadWorkbook reads back a file that XLSX wrote and people edited. name is
// what the file is called in messages. Sheets without a header in HeaderRow,
// such as the cover, are left out.
func ReadWorkbook(name string, data []byte) ([]SheetText, error) {
	if len(data) > maxFile {
		return nil, problem.Newf(problem.Invalid, "%s: the file is larger than %d MiB", name, maxFile>>20).WithHint("keep one estate in one workbook")
	}
	if n, err := unzipped(data); err == nil && n > maxUnzip {
		return nil, problem.Newf(problem.Invalid, "%s: unpacked it would have %d MiB; the most is %d", name, n>>20, maxUnzip>>20).WithHint("make the workbook anew: demarc report matrix --format xlsx")
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnzip, UnzipXMLSizeLimit: maxUnzip, RawCellValue: true})
	if err != nil {
		return nil, problem.Newf(problem.Invalid, "%s: this is no XLSX workbook", name).WithHint("save the sheet as .xlsx and try again").Wrap(err)
	}
	defer f.Close() // read only, and nothing was put on disk
	var out []SheetText
	left := maxCells
	for _, sheet := range f.GetSheetList() {
		if strings.EqualFold(sheet, "Cover") {
			continue
		}
		s, err := readSheet(f, name, sheet, &left)
		if err != nil {
			return nil, err
		}
		if s.Columns != nil {
			out = append(out, s)
		}
	}
	return out, nil
}

// unzipped gives how many bytes the parts of a ZIP say that they have unpacked;
// the reader of ZIP gives no more of a part than it says.
func unzipped(data []byte) (n uint64, err error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return 0, err
	}
	for _, f := range z.File {
		if n += f.UncompressedSize64; n > maxUnzip {
			break
		}
	}
	return n, nil
}

func readSheet(f *excelize.File, name, sheet string, left *int) (SheetText, error) {
	out := SheetText{Name: sheet, First: HeaderRow + 1}
	rows, err := f.Rows(sheet)
	if err != nil {
		return out, problem.Newf(problem.Invalid, "%s: sheet %q cannot be read", name, sheet).Wrap(err)
	}
	defer rows.Close()
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns()
		if err != nil {
			return out, problem.Newf(problem.Invalid, "%s: sheet %q, row %d cannot be read", name, sheet, n).Wrap(err)
		}
		switch {
		case n > maxRows || len(cells) > maxColumns:
			return out, problem.Newf(problem.Invalid, "%s: sheet %q has more than %d rows or %d columns", name, sheet, maxRows, maxColumns)
		case n == HeaderRow:
			out.Columns = titles(cells)
		case n > HeaderRow && out.Columns != nil:
			if *left -= len(out.Columns); *left < 0 {
				return out, problem.Newf(problem.Invalid, "%s: its sheets have more than %d cells", name, maxCells).WithHint("delete the empty rows below the last line")
			}
			row := make([]string, len(out.Columns))
			for i := range min(len(row), len(cells)) {
				row[i] = strings.TrimSpace(clean(cells[i]))
			}
			out.Rows = append(out.Rows, row)
		}
	}
	return out, nil
}

// titles gives the column titles; nil when the row holds none.
func titles(cells []string) []string {
	var out []string
	for _, c := range cells {
		out = append(out, strings.TrimSpace(clean(c)))
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}
