// SPDX-License-Identifier: Apache-2.0

package document

import (
	"math"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/problem"
)

func TestCheck(t *testing.T) {
	add := func(blocks ...Block) func(*Document) {
		return func(d *Document) { d.Blocks = append(d.Blocks, blocks...) }
	}
	for _, c := range []struct {
		name   string
		change func(*Document)
		want   string
	}{
		{"no digest", func(d *Document) { d.Meta.Digest = " " }, "digest is empty"},
		{"no date", func(d *Document) { d.Meta.Date = time.Time{} }, "date is not set"},
		{"an empty fact", func(d *Document) { d.Meta.Facts = []Fact{{"Services", ""}} }, `fact "Services"`},
		{"an empty cell", add(Table{Columns: []Column{{"A", 1, Left}, {"B", 1, Left}}, Rows: []Row{{Cells: []Cell{Str("x"), Str("\u200e ")}}}}), `row 1, "B": the cell is empty`},
		{"a cell too few", add(Table{Columns: []Column{{"A", 1, Left}, {"B", 1, Left}}, Rows: []Row{{Cells: []Cell{Str("x")}}}}), "1 cells for 2 columns"},
		{"a column without title", add(Table{Columns: []Column{{"", 1, Left}}, Rows: []Row{{Cells: []Cell{Str("x")}}}}), "column 1 has no title"},
		{"no rows and no sentence", add(Table{Columns: []Column{{"A", 1, Left}}}), "no sentence"},
		{"a skipped level", add(Heading{Level: 1, Text: "a"}, Heading{Level: 3, Text: "b"}), "level 3 follows level 1"},
		{"a level that is none", add(Heading{Level: 4, Text: "a"}), "level 4"},
		{"a link to nowhere", add(Paragraph{Text: Say("[a](#nowhere)")}), `"#nowhere", which does not exist`},
		{"an id twice", add(Heading{Level: 1, Text: "a", ID: "summary"}), `id "summary" stands twice`},
		{"a chart without words", add(Donut{Figure: Figure{Title: "a"}}), "chart a: a text is empty"},
		{"a chart with counts too few", add(Stacked{Figure: Figure{"a", "b"}, Series: []Series{{"s", Good}}, Rows: []StackedRow{{"r", nil}}}), "other series"},
		{"a radar of two axes", add(Radar{Figure: Figure{"a", "b"}, Axes: []string{"x", "y"}}), "three axes"},
		{"a point off the steps", add(Scatter{Figure: Figure{"a", "b"}, Steps: []string{"x"}, Points: []ScatterPoint{{1, "p", 1, 1, Good}}}), "off the steps"},
		{"a heat row too short", add(Heat{Figure: Figure{"a", "b"}, Columns: []string{"x"}, Rows: []HeatRow{{"r", nil}}}), "other columns"},
		{"a bar below zero", add(Bars{Figure: Figure{"a", "b"}, Bars: []Bar{{"x", -1, "-1", Good}}}), "below zero"},
		{"columns in columns", add(Columns{Left: []Block{Columns{}}}), "inside columns"},
		{"a large heading in columns", add(Columns{Left: []Block{Heading{Level: 1, Text: "x"}}}), "only level 3"},
		{"an empty paragraph", add(Paragraph{}), "a text is empty"},
		{"a block of no type", add(nil), "unknown type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := specimen()
			c.change(&d)
			for name, f := range papers() {
				_, err := f(d)
				if problem.Of(err) != problem.Invalid || err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: %v, want %q", name, err, c.want)
				}
			}
		})
	}
	if err := Check(specimen()); err != nil {
		t.Errorf("the specimen: %v", err)
	}
}

func TestCheck_TellsAllFaults(t *testing.T) {
	err := Check(Document{Blocks: []Block{Heading{Level: 2, Text: "x"}, Paragraph{}}})
	for _, want := range []string{"title", "organisation", "id", "version", "classification", "catalogue", "digest", "date", "level 2 follows", "a text is empty"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told: %v", want, err)
		}
	}
}

func TestCheckWorkbook(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Workbook)
		want   string
	}{
		{"a sheet twice", func(b *Workbook) { b.Sheets[1].Name = "SUMMARY" }, "stands twice"},
		{"the name of the cover", func(b *Workbook) { b.Sheets[1].Name = "cover" }, "cover"},
		{"a name that Excel refuses", func(b *Workbook) { b.Sheets[1].Name = "a/b" }, "refuses"},
		{"an empty cell", func(b *Workbook) { b.Sheets[0].Rows[0][0] = Word("") }, `"Theme": the cell is empty`},
		{"a blank where nobody edits", func(b *Workbook) { b.Sheets[0].Rows[0][0] = Blank() }, "the cell is empty"},
		{"no number", func(b *Workbook) { b.Sheets[1].Rows[0][3] = ShareOf(math.NaN()) }, "is no number"},
		{"no day", func(b *Workbook) { b.Sheets[1].Rows[0][4] = Day(time.Time{}) }, "day is not set"},
		{"a row too short", func(b *Workbook) { b.Sheets[0].Rows[0] = nil }, "0 cells for 3 columns"},
		{"a list with a comma", func(b *Workbook) { b.Sheets[1].Columns[2].Options = []string{"a,b"} }, "comma"},
		{"no sentence for no rows", func(b *Workbook) { b.Sheets[2].Empty = "" }, "no sentence"},
		{"a word without meaning", func(b *Workbook) { b.Legend[0].Meaning = "" }, "legend: Met"},
		{"no digest", func(b *Workbook) { b.Meta.Digest = "" }, "digest is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := book()
			c.change(&b)
			if _, err := XLSX(b); err == nil || problem.Of(err) != problem.Invalid || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
