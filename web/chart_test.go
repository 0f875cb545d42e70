// SPDX-License-Identifier: Apache-2.0

package web

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/remediation"
)

func TestSteps(t *testing.T) {
	for most := 1; most < 5000; most++ {
		got := steps(most)
		if len(got) > 6 || len(got) < 2 || got[0] != 0 || got[len(got)-1] < most || got[len(got)-2] >= most {
			t.Fatalf("steps(%d) = %v", most, got)
		}
		for i := 1; i < len(got); i++ {
			if got[i]-got[i-1] != got[1] {
				t.Fatalf("steps(%d) = %v: not even", most, got)
			}
		}
	}
}

// numbers gives the numbers of a path.
func numbers(t *testing.T, path string) []float64 {
	t.Helper()
	var out []float64
	for _, w := range strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune("MLZ ", r) }) {
		n, err := strconv.ParseFloat(w, 64)
		if err != nil {
			t.Fatalf("path %q: %v", path, err)
		}
		out = append(out, n)
	}
	return out
}

func float(t *testing.T, s string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestTrend reads the counts back from the places of the lines.
func TestTrend(t *testing.T) {
	var all []measured
	for i := range 40 {
		all = append(all, measured{Name: "r" + strconv.Itoa(i), Counts: assess.Counts{Total: 300, Satisfied: i * 5, Inherited: i, NotSatisfied: 90 - i, Partly: 3, Unknown: 207 - 5*i}})
	}
	d := drawTrend(all, 1000, 260)
	zero, top := float(t, d.YTicks[0].At), float(t, d.YTicks[len(d.YTicks)-1].At)
	most := float(t, strings.ReplaceAll(d.YTicks[len(d.YTicks)-1].Text, ",", ""))
	for way, l := range d.Lines {
		at := numbers(t, l.Path)
		if len(at) != 2*len(all) || len(l.Marks) != len(all) {
			t.Fatalf("%s: %d places, %d signs, of %d assessments", l.Name, len(at)/2, len(l.Marks), len(all))
		}
		for i, m := range all {
			read := (zero - at[2*i+1]) / (zero - top) * most
			if want := waysOf(m.Counts)[way]; math.Abs(read-float64(want)) > 0.2 {
				t.Errorf("%s of %s stands at %.2f, is %d", l.Name, m.Name, read, want)
			}
			if mid := float(t, d.Bands[i].Mid); math.Abs(mid-at[2*i]) > 0.06 {
				t.Errorf("%s of %s is not in its strip", l.Name, m.Name)
			}
		}
		if l.Last != waysOf(all[len(all)-1].Counts)[way] {
			t.Errorf("%s ends with %d", l.Name, l.Last)
		}
	}
	named := 0
	for _, b := range d.Bands {
		if b.Named {
			named++
		}
	}
	if named > trendNames || !d.Bands[len(d.Bands)-1].Named {
		t.Errorf("%d names below the axis", named)
	}
	ends := []float64{d.Lines[0].End.Y, d.Lines[1].End.Y, d.Lines[2].End.Y}
	slices.Sort(ends)
	if ends[1]-ends[0] < trendApart || ends[2]-ends[1] < trendApart {
		t.Errorf("names lie on one another: %v", ends)
	}
	if none := drawTrend(nil, 100, 100); len(none.Lines) != 0 {
		t.Error("a trend of nothing has lines")
	}
}

// TestRadar reads the parts back from the distances to the centre.
func TestRadar(t *testing.T) {
	all := []spoke{
		{"whole", assess.Counts{Total: 4, Satisfied: 3, Inherited: 1}},
		{"none asked", assess.Counts{Total: 2, NotApplicable: 2}},
		{"half", assess.Counts{Total: 5, Satisfied: 2, Unknown: 1, Partly: 1, NotApplicable: 1}},
		{"nothing", assess.Counts{Total: 2, Unknown: 2}},
	}
	d := drawRadar(all)
	if len(d.Spokes) != 3 || d.Spokes[1].Name != "half" {
		t.Fatalf("subjects %v", d.Spokes)
	}
	for _, x := range []struct {
		path string
		want []float64
	}{{d.Met, []float64{1, 0.5, 0}}, {d.Known, []float64{1, 0.75, 0}}} {
		at := numbers(t, x.path)
		for i, want := range x.want {
			r := math.Hypot(at[2*i]-radarWide/2, at[2*i+1]-radarHigh/2) / radarR
			if math.Abs(r-want) > 0.002 {
				t.Errorf("subject %d stands at %.3f, want %.3f", i, r, want)
			}
		}
	}
	if d := drawRadar(all[:2]); d.Met != "" {
		t.Error("two subjects make a figure")
	}
}

func TestPolar(t *testing.T) {
	for turn, want := range map[float64]point{0: {5, 3}, 0.25: {7, 5}, 0.5: {5, 7}, 0.75: {3, 5}} {
		if got := polar(point{5, 5}, 2, turn); math.Hypot(got.X-want.X, got.Y-want.Y) > 1e-9 {
			t.Errorf("after %.2f turns: %v, want %v", turn, got, want)
		}
	}
}

func TestHeat(t *testing.T) {
	cols := []heatCol{{Label: "5.1"}, {Label: "CLD.12.4.5"}}
	rows := []heatRow{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	d := drawHeat("x", cols, rows, func(r, c int) heatCell { return heatCell{Says: strconv.Itoa(r) + strconv.Itoa(c)} })
	seen := map[string]bool{}
	for r, row := range d.Rows {
		for c, cell := range row.Cells {
			if cell.Says != strconv.Itoa(r)+strconv.Itoa(c) {
				t.Errorf("row %d, column %d holds %s", r, c, cell.Says)
			}
			if seen[cell.X+","+row.Y] {
				t.Errorf("two cells stand at %s, %s", cell.X, row.Y)
			}
			seen[cell.X+","+row.Y] = true
			if x, y := float(t, cell.X), float(t, row.Y); x < 0 || y < float64(d.Foot) || x+heatCellWide > float64(d.Wide) || y+heatCellHigh > float64(d.High) {
				t.Errorf("a cell at %v, %v stands out of the drawing %v", x, y, d.view)
			}
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d cells", len(seen))
	}
}

func TestCompareNumbers(t *testing.T) {
	want := []string{"5.1", "5.9", "5.10", "5.38", "12.1.2", "12.4.1", "CLD.6.3.1", "CLD.12.1.5"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, compareNumbers)
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// TestBubbles places every action once, the more duties the higher, the more
// work the farther.
func TestBubbles(t *testing.T) {
	var actions []remediation.Action
	for i := range 200 {
		a := remediation.Action{ID: "a" + strconv.Itoa(i), Kind: kinds()[i%5], Minutes: 5 * (i*i%97 + 1), Effort: "x"}
		a.Bears = make([]remediation.Target, i%11)
		actions = append(actions, a)
	}
	b := drawBubbles(actions, func(n int) string { return "/p" + strconv.Itoa(n) })
	seen := 0
	for i, d := range b.Dots {
		seen += len(d.Actions)
		first := slices.IndexFunc(actions, func(a remediation.Action) bool { return a.ID == d.Actions[0].ID })
		if want := "/p" + strconv.Itoa(first) + "#" + d.Actions[0].ID; d.Link != want {
			t.Errorf("a bubble leads to %s, its most urgent action is %s", d.Link, want)
		}
		for _, a := range d.Actions {
			if a.Kind != d.Kind || len(a.Bears) != d.Duties || math.Abs(effortAt(float64(a.Minutes))-d.At.X) > bubbleApart {
				t.Errorf("%s of %d minutes and %d duties is in the bubble %+v", a.ID, a.Minutes, len(a.Bears), d)
			}
		}
		for _, o := range b.Dots[:i] {
			if o.Duties < d.Duties && o.At.Y <= d.At.Y || o.Actions[0].Minutes < d.Actions[0].Minutes && o.At.X > d.At.X {
				t.Errorf("%v and %v stand in the wrong order", o, d)
			}
		}
		if d.At.X < bubbleLeft || d.At.X > bubbleRight || d.At.Y < bubbleTop || d.At.Y > bubbleBottom {
			t.Errorf("%v stands out of the chart", d.At)
		}
	}
	if seen != len(actions) {
		t.Errorf("%d actions are drawn of %d", seen, len(actions))
	}
}
