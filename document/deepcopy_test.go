// SPDX-License-Identifier: Apache-2.0

package document

import (
	"bytes"
	"reflect"
	"sync"
	"testing"

	"github.com/tiendc/go-deepcopy"
	"github.com/xuri/excelize/v2"
)

type copied struct {
	Name   string
	Number *int
	Rows   []*copied
	Pair   [2][]string
	kept   string
	Free   any
}

// TestCopy: what takes the place of the copier under excelize shares nothing.
func TestCopy(t *testing.T) {
	n := 7
	from := copied{Name: "a", Number: &n, Rows: []*copied{{Name: "b", kept: "x"}, nil}, Pair: [2][]string{{"c"}, nil}, kept: "y"}
	var to copied
	if err := deepcopy.Copy(&to, from); err != nil || !reflect.DeepEqual(to, from) {
		t.Fatalf("%+v: %v", to, err)
	}
	*to.Number, to.Rows[0].Name, to.Pair[0][0] = 8, "z", "z"
	if n != 7 || from.Rows[0].Name != "b" || from.Pair[0][0] != "c" {
		t.Errorf("the original was changed: %+v", from)
	}
	if err := deepcopy.Copy(&to, &copied{}); err != nil || !reflect.DeepEqual(to, copied{}) {
		t.Errorf("%+v: %v", to, err)
	}
	type guarded struct {
		mu   sync.Mutex
		Name string
	}
	one, other := &guarded{Name: "a"}, &guarded{}
	one.mu.Lock()
	if err := deepcopy.Copy(other, one); err != nil || other.Name != "a" || !other.mu.TryLock() {
		t.Error("a lock was copied")
	}
	for _, c := range []struct{ dst, src any }{{to, from}, {&to, n}, {&to, nil}, {nil, from}, {&to, copied{Free: map[string]int{}}}, {(*copied)(nil), from}} {
		if err := deepcopy.Copy(c.dst, c.src); err == nil {
			t.Errorf("%T into %T was taken", c.src, c.dst)
		}
	}
}

// TestCopy_Workbook walks each place where excelize copies: a column, a row with
// its conditions and validations, and a whole sheet.
func TestCopy_Workbook(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	style, err := f.NewConditionalStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	v := excelize.NewDataValidation(true)
	v.Sqref = "A2:B2"
	for _, err := range []error{err, f.SetCellStr("Sheet1", "A2", "first"), f.SetCellFormula("Sheet1", "B2", "SUM(C2:D2)"), f.SetColWidth("Sheet1", "A", "C", 20), f.SetColVisible("Sheet1", "B", false), f.SetSheetProps("Sheet1", nil),
		v.SetDropList([]string{"x", "y"}), f.AddDataValidation("Sheet1", v), f.SetConditionalFormat("Sheet1", "A2:B2", []excelize.ConditionalFormatOptions{{Type: "cell", Criteria: "=", Format: &style, Value: "1"}}),
		f.DuplicateRow("Sheet1", 2), f.SetCellStr("Sheet1", "A3", "second")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	to, err := f.NewSheet("Other")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.CopySheet(0, to); err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellStr("Other", "A2", "changed"); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := f.Write(&file); err != nil {
		t.Fatal(err)
	}
	g, err := excelize.OpenReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for _, c := range []struct{ sheet, cell, want string }{{"Sheet1", "A2", "first"}, {"Sheet1", "A3", "second"}, {"Other", "A2", "changed"}, {"Other", "A3", "second"}} {
		if got, err := g.GetCellValue(c.sheet, c.cell); err != nil || got != c.want {
			t.Errorf("%s!%s is %q, %v", c.sheet, c.cell, got, err)
		}
	}
	if formula, err := g.GetCellFormula("Sheet1", "B3"); err != nil || formula != "SUM(C3:D3)" {
		t.Errorf("the formula of the copied row is %q, %v", formula, err)
	}
	if width, err := g.GetColWidth("Other", "C"); err != nil || width != 20 {
		t.Errorf("the width of the copied column is %v, %v", width, err)
	}
	if conditions, err := g.GetConditionalFormats("Sheet1"); err != nil || len(conditions) < 2 {
		t.Errorf("conditions: %v, %v", conditions, err)
	}
}
