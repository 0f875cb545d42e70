// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/document"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/remediation"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite golden files")

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
		g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
		for i := range min(len(g), len(w)) {
			if g[i] != w[i] {
				t.Fatalf("%s differs at line %d:\n got %.300q\nwant %.300q", name, i+1, g[i], w[i])
			}
		}
		t.Errorf("%s has %d lines, want %d", name, len(g), len(w))
	}
}

// plain is a page as its words: the golden file of a report is to be read.
func plain(t *testing.T, d document.Document) []byte {
	t.Helper()
	page, err := document.HTML(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []string{`(?s)<style>.*?</style>`, `(?s)<svg.*?</svg>`} {
		page = regexp.MustCompile(cut).ReplaceAll(page, nil)
	}
	page = regexp.MustCompile(`</(p|h\d|tr|li|dd|dt|caption|figcaption|div|th)>`).ReplaceAll(page, []byte("\n"))
	page = regexp.MustCompile(`</td>`).ReplaceAll(page, []byte(" | "))
	page = regexp.MustCompile(`<[^>]*>`).ReplaceAll(page, nil)
	return regexp.MustCompile(`(?m)^[\s|]*\n`).ReplaceAll(page, nil)
}

func gapReport(t *testing.T, g Gap) document.Document {
	t.Helper()
	d, err := GapReport(g)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestGoldenGapReport(t *testing.T) {
	golden(t, "gap.txt", plain(t, gapReport(t, gapOf(counter()))))
}

func TestGoldenMatrixDocument(t *testing.T) {
	d, err := MatrixDocument(matrixOf(counter()))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "matrix.txt", plain(t, d))
}

// TestGoldenNothing is the report of an assessment that holds nothing: every
// absence has a word.
func TestGoldenNothing(t *testing.T) {
	a := &assess.Assessment{Digest: "sha256:00", At: at(), Edition: "2015"}
	a.Organisation.Name = "Example"
	g := Gap{Paper: Paper{ID: "GAP-0", Version: "1", Classification: "Public"}, Assessment: a, Catalogue: "2026.11"}
	g.Plan.Assessment = a.Digest
	golden(t, "nothing.txt", plain(t, gapReport(t, g)))
	w, err := GapWorkbook(g)
	if err != nil {
		t.Fatal(err)
	}
	if err := document.CheckWorkbook(w); err != nil {
		t.Error(err)
	}
}

// TestReports_AlwaysStand proves for any values that no cell is empty, no link
// leads nowhere, no format is left, and that the same values give the same
// bytes.
func TestReports_AlwaysStand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := chooser(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") })
		g, m := gapOf(pick), matrixOf(pick)
		gap, err := GapReport(g)
		if err != nil {
			t.Fatal(err)
		}
		matrix, err := MatrixDocument(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []document.Document{gap, matrix} {
			if err := document.Check(d); err != nil {
				t.Fatal(err)
			}
			words := fmt.Sprintf("%v", d.Blocks)
			for _, bad := range []string{"%!", "(MISSING)", "<nil>", "1 duties", "1 gaps", "1 actions"} {
				if i := strings.Index(words, bad); i >= 0 && (i == 0 || words[i-1] < '0' || words[i-1] > '9') {
					t.Fatalf("%q stands in the document: …%s…", bad, words[max(0, i-60):min(len(words), i+60)])
				}
			}
		}
		for _, make := range []func() (document.Workbook, error){func() (document.Workbook, error) { return GapWorkbook(g) }, func() (document.Workbook, error) { return MatrixWorkbook([]Matrix{m}) }} {
			w, err := make()
			if err != nil {
				t.Fatal(err)
			}
			if err := document.CheckWorkbook(w); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestGapReport_SameValuesSameBytes(t *testing.T) {
	for _, f := range []func(document.Document) ([]byte, error){document.HTML, document.PDF, document.DOCX} {
		first, err := f(gapReport(t, gapOf(counter())))
		if err != nil {
			t.Fatal(err)
		}
		again, err := f(gapReport(t, gapOf(counter())))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again) {
			t.Error("two reports of one assessment differ")
		}
	}
}

// TestGapReport_CountsAreTheAssessments holds every count of the documents to
// the assessment: what the screen shows.
func TestGapReport_CountsAreTheAssessments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := gapOf(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") })
		d, err := GapReport(g)
		if err != nil {
			t.Fatal(err)
		}
		r := g.Assessment.Readiness
		answers, inSections, gaps := 0, 0, 0
		for _, b := range flat(d.Blocks) {
			switch v := b.(type) {
			case document.Tiles:
				want := []string{ready(r.Ours), thousands(r.Ours.NotSatisfied), thousands(r.Ours.Partly), thousands(r.Ours.Unknown)}
				for i, tile := range v.Items {
					if tile.Value != want[i] {
						t.Fatalf("tile %q shows %s, the assessment says %s", tile.Label, tile.Value, want[i])
					}
				}
			case document.Donut:
				for i, s := range shown() {
					if v.Slices[i].Count != of(r.Ours, s) {
						t.Fatalf("%s: the ring shows %d, the assessment says %d", s, v.Slices[i].Count, of(r.Ours, s))
					}
				}
			case document.Stacked:
				for i, row := range v.Rows {
					if !slices.Equal(row.Counts, split(g.Assessment.Services[i].Counts)) {
						t.Fatalf("%s: the bars show %v", row.Label, row.Counts)
					}
				}
			case document.Heat:
				for _, row := range v.Rows {
					for _, n := range row.Values {
						gaps += n
					}
				}
			case document.Table:
				full, grouped := counted(t, v)
				inSections += full + grouped
				answers += inAnnex(v)
			}
		}
		if inSections != len(g.Assessment.Answers) {
			t.Fatalf("%d answers in the sections, %d in the assessment", inSections, len(g.Assessment.Answers))
		}
		if answers != len(g.Assessment.Answers) || answers != r.All.Total {
			t.Fatalf("%d answers in the document, %d in the assessment, %d counted", answers, len(g.Assessment.Answers), r.All.Total)
		}
		if gaps != len(g.Assessment.Gaps) {
			t.Fatalf("%d gaps in the document, %d in the assessment", gaps, len(g.Assessment.Gaps))
		}
	})
}

// counted gives how many answers a table shows: those of the section of what
// is not met, one a row, and those of the grouped sections, many a row, whose
// number must be that of the duties that the row names.
func counted(t interface{ Fatalf(string, ...any) }, v document.Table) (full, grouped int) {
	for _, row := range v.Rows {
		switch {
		case row.Group != "":
		case v.Columns[0].Title == "Duty and service":
			full++
		case v.Columns[len(v.Columns)-1].Title == "Which duties":
			n, named := row.Cells[2].String(), len(strings.Split(row.Cells[3].String(), ", "))
			if n != thousands(named) {
				t.Fatalf("a row says %s duties and names %d", n, named)
			}
			grouped += named
		}
	}
	return full, grouped
}

// inAnnex gives how many statuses the annex shows.
func inAnnex(v document.Table) int {
	if v.Columns[0].Title != "Duty" || len(v.Columns) < 2 || v.Columns[1].Title != "What it asks" {
		return 0
	}
	n := 0
	for _, row := range v.Rows {
		for _, c := range row.Cells {
			if c.Chip != nil {
				n++
			}
		}
	}
	return n
}

// flat gives all blocks, those in columns too.
func flat(blocks []document.Block) []document.Block {
	var out []document.Block
	for _, b := range blocks {
		if c, ok := b.(document.Columns); ok {
			out = append(append(out, flat(c.Left)...), flat(c.Right)...)
			continue
		}
		out = append(out, b)
	}
	return out
}

func TestGapWorkbook_CountsAreTheAssessments(t *testing.T) {
	g := gapOf(counter())
	w, err := GapWorkbook(g)
	if err != nil {
		t.Fatal(err)
	}
	data, err := document.XLSX(w)
	if err != nil {
		t.Fatal(err)
	}
	sheets, err := document.ReadWorkbook("gap.xlsx", data)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	statuses := map[string]int{}
	for _, s := range sheets {
		rows[s.Name] = len(s.Rows)
		if s.Name == "Duties" {
			for _, r := range s.Rows {
				statuses[r[slices.Index(s.Columns, "Status")]]++
			}
		}
	}
	a := g.Assessment
	want := map[string]int{"Duties": len(a.Answers), "Gaps": len(a.Gaps), "Plan": len(g.Plan.Actions), "Checks": len(a.Results), "Themes": len(a.Themes), "Services": len(a.Services)}
	for name, n := range want {
		if rows[name] != n {
			t.Errorf("sheet %s has %d rows, want %d", name, rows[name], n)
		}
	}
	for _, s := range shown() {
		if statuses[statusOf(s).word] != of(a.Readiness.All, s) {
			t.Errorf("%s: %d in the workbook, %d in the assessment", s, statuses[statusOf(s).word], of(a.Readiness.All, s))
		}
	}
}

func TestGapReport_RefusesWhatDoesNotBelongTogether(t *testing.T) {
	g := gapOf(counter())
	g.Plan.Assessment = "sha256:another"
	if _, err := GapReport(g); problem.Of(err) != problem.Conflict {
		t.Errorf("a plan of another assessment: %v", err)
	}
	g = gapOf(counter())
	g.Controls = g.Controls[1:]
	if _, err := GapReport(g); problem.Of(err) != problem.Conflict || !strings.Contains(err.Error(), "5.1.1-C1") {
		t.Errorf("a catalogue without a duty: %v", err)
	}
	if _, err := GapReport(Gap{Plan: remediation.Plan{}}); problem.Of(err) != problem.Invalid {
		t.Errorf("no assessment: %v", err)
	}
}

func TestReadiness(t *testing.T) {
	for _, c := range []struct {
		counts assess.Counts
		want   string
	}{
		{assess.Counts{}, "nothing applies"},
		{assess.Counts{Total: 2, NotApplicable: 2}, "nothing applies"},
		{assess.Counts{Total: 3, Satisfied: 2, Unknown: 1}, "66.6 %"},
		{assess.Counts{Total: 1000, Satisfied: 999, Unknown: 1}, "99.9 %"},
		{assess.Counts{Total: 10000, Satisfied: 9999, Unknown: 1}, "99.9 %"},
		{assess.Counts{Total: 4, Satisfied: 1, Inherited: 1, Accepted: 1, NotApplicable: 1}, "66.6 %"},
		{assess.Counts{Total: 1, Satisfied: 1}, "100.0 %"},
	} {
		if got := ready(c.counts); got != c.want {
			t.Errorf("%+v: %s, want %s", c.counts, got, c.want)
		}
	}
}
