// SPDX-License-Identifier: Apache-2.0

package document

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite golden files")

// golden compares got with a file of testdata, or rewrites the file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		i := 0
		for i < len(got) && i < len(want) && got[i] == want[i] {
			i++
		}
		from := max(0, i-60)
		t.Errorf("%s differs at byte %d:\n got …%q\nwant …%q", name, i, got[from:min(len(got), i+80)], want[from:min(len(want), i+80)])
	}
}

func meta() Meta {
	return Meta{
		Title: "Specimen of a paper", Subtitle: "Every block, once", Organisation: "Example & Sons <Ltd>", ID: "SPEC-1", Version: "1.2",
		Classification: "Internal", Date: time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC), Catalogue: "27017:2015, 2026.11",
		Digest: "3f1a9c5e7b2d4f60819ab3cd57e4f1023f1a9c5e7b2d4f60819ab3cd57e4f102",
		Facts:  []Fact{{"Services", "2"}}, Notice: "This is an example.",
	}
}

// specimen holds every block and every chart once.
func specimen() Document {
	return Document{Meta: meta(), Blocks: []Block{
		Heading{Level: 1, Text: "Summary", ID: "summary"},
		Paragraph{Lead: true, Text: Say("**%d of %d** duties are met; see [the table](#duty-1) or [the site](https://example.org/a?b=1&c=2).", 12, 16)},
		Paragraph{Text: Say("A resource is named `%s`, in *%s*.", "arn:aws:s3:::a*b", "eu [west]")},
		Paragraph{Small: true, Text: Plain("A note.")},
		Tiles{Items: []Tile{{Value: "75 %", Label: "ready", Note: "12 of 16", Tone: Accent}, {Value: "4", Label: "not met", Tone: Bad}}},
		Columns{
			Left:  []Block{Donut{Figure: Figure{"Status", "12 of 16 are met."}, Middle: "75 %", Below: "ready", Slices: []Slice{{"Met", 12, Good}, {"In part", 1, Part}, {"Not met", 3, Bad}}}},
			Right: []Block{Heading{Level: 3, Text: "First"}, List{Numbered: true, Items: []Text{Plain("One."), Plain("Two.")}}},
		},
		Heading{Level: 2, Text: "Charts"},
		Bars{Figure: Figure{"Readiness", "The mail is ahead."}, Of: "Service", Unit: "Ready", Max: 1, Bars: []Bar{{"Mail", 0.9, "90 %", Accent}, {"Ledger", 0.4, "40 %", Second}}},
		Stacked{Figure: Figure{"By theme", "Access is behind."}, Of: "Theme", Series: []Series{{"Met", Good}, {"Unknown", Unknown}, {"Not met", Bad}}, Rows: []StackedRow{{"Access", []int{2, 1, 3}}, {"Operations", []int{10, 0, 0}}}},
		Radar{Figure: Figure{"Round", "Even."}, Of: "Theme", Axes: []string{"A", "B", "C", "D"}, Series: []RadarSeries{{"Customer", Accent, []float64{1, .5, .25, 0}}, {"Provider", Second, []float64{.2, .4, -1, .8}}}},
		Heat{Figure: Figure{"Gaps", "Access holds the worst."}, Of: "Theme", Tone: Bad, Columns: []string{"High", "Low"}, Rows: []HeatRow{{"Access", []int{3, 0}}, {"Operations", []int{1, -1}}}},
		Scatter{Figure: Figure{"Effort", "One is quick."}, XTitle: "Effort", YTitle: "Duties", Steps: []string{"Hours", "Days"}, Points: []ScatterPoint{{1, "Close it", 0, 3, Bad}, {2, "Write it", 1, 1, Accent}}},
		PageBreak{},
		Heading{Level: 1, Text: "Duties"},
		Callout{Tone: Unknown, Title: "One region was not read", Text: Plain("Its duties stay unknown.")},
		Table{Caption: "Duties", Columns: []Column{{"Duty", 1, Left}, {"Status", 1, Left}, {"Found", 1, Right}, {"Share", 1, Centre}}, Rows: []Row{
			{Group: "Mail", Detail: "consumed"},
			{ID: "duty-1", Cells: []Cell{Str("5.1-C1"), Status(Good, "Met"), Num(0), {Lines: []Text{Plain("100 %")}, Bar: &Share{1, Good}}}},
			{Cells: []Cell{Words(Plain("5.1-C2"), Mono("id")), {Chip: &Chip{"High", Bad, MarkLevel3}}, Num(12), Str("not expected")}},
		}},
		Table{Caption: "Exceptions", Columns: []Column{{"Exception", 1, Left}}, Empty: "No exception is in force."},
		Definitions{Items: []Definition{{"Unknown", Plain("Neither is shown.")}}},
		Heading{Level: 2, Text: "How to mend"},
		Heading{Level: 3, Text: "On the command line"},
		Code{Text: "aws s3api put \\\n  --bucket x"},
		List{Items: []Text{Plain("שלום Ltd (2026)"), Plain("مرحبا"), Plain("🎉 漢字")}},
		Signatures{Signers: []Signer{{"Example, as customer", "Ada"}, {"Cloud, as provider", ""}, {"A third", ""}}},
	}}
}

func book() Workbook {
	states := []Chip{{Word: "Met", Tone: Good}, {Word: "Not met", Tone: Bad}}
	return Workbook{Meta: meta(), Legend: []LegendRow{{states[0], "Shown to be met."}, {states[1], "Shown not to be met."}}, Sheets: []Sheet{
		{Name: "Summary", Title: "By theme", Note: "All services", Stacked: true, Columns: []SheetColumn{{Title: "Theme", Width: 30}, {Title: "Met", Width: 10, Tone: Good}, {Title: "Not met", Width: 10, Tone: Bad}},
			Rows: [][]Value{{Word("Access"), Count(4), Count(5)}, {Word("Operations"), Count(1400), Count(3)}}},
		{Name: "Duties", Title: "Duties", Columns: []SheetColumn{{Title: "Duty", Width: 12}, {Title: "Status", Width: 12, States: states}, {Title: "Customer", Width: 12, Options: []string{"none", "performs"}, Edit: true},
			{Title: "Share", Width: 8}, {Title: "On", Width: 11}, {Title: "Remark", Width: 30, Edit: true}},
			Rows: [][]Value{
				{Word("5.1-C1"), Word("Met"), Word("performs"), ShareOf(0.5), Day(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)), Blank()},
				{Word(`=HYPERLINK("http://x","y")`), Word("Not met"), Word("none"), ShareOf(1), Day(time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)), Word("@SUM(1)")},
			}},
		{Name: "Exceptions", Title: "Exceptions", Empty: "No exception is in force.", Columns: []SheetColumn{{Title: "Exception", Width: 30}}},
	}}
}
