// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
)

var (
	heatCellDrawn = regexp.MustCompile(`(?s)<a href="([^"]+)" aria-label="([^"]+)">\s*<title>[^<]*</title>\s*<rect class="f-([a-z-]+)"`)
	heatCellWord  = regexp.MustCompile(`(?s)<td><a href="([^"]+)">\S+ ([a-z ]+)</a> <span class="fine">(\d+) of (\d+) met</span>`)
	trendStep     = regexp.MustCompile(`aria-label="(r\d+): [^"]*, ([\d,]+) met, ([\d,]+) shown not met, ([\d,]+) unknown"`)
	radarPart     = regexp.MustCompile(`(?s)<text class="name"[^>]*>([^<]+)<tspan class="part"[^>]*>([^<]+)</tspan>`)
)

// charts holds what the pictures show against what app concluded.
func charts(t *testing.T, h *house) {
	run, err := h.app.Run(t.Context(), h.caller, "")
	if err != nil {
		t.Fatal(err)
	}
	a, err := h.app.Assessment(t.Context(), h.caller, run)
	if err != nil {
		t.Fatal(err)
	}
	page := text(h.do(http.MethodGet, "/duty/map", ""))
	t.Run("HeatMap", func(t *testing.T) { heatMap(t, h, a, page) })
	t.Run("Radar", func(t *testing.T) {
		met, applies := 0, 0
		for _, m := range radarPart.FindAllStringSubmatch(page, -1) {
			if !strings.Contains(m[2], "%") {
				t.Errorf("%s: %s", m[1], m[2])
			}
			var x, of int
			row := regexp.MustCompile(`(?s)<th scope="row">` + regexp.QuoteMeta(strings.TrimSpace(m[1])) + `</th><td class="num">` + regexp.QuoteMeta(m[2]) + `</td>(.*?)</tr>`).FindStringSubmatch(page)
			if row == nil {
				t.Errorf("the table does not say %s %s", m[1], m[2])
				continue
			}
			counts := regexp.MustCompile(`>(\d+)<`).FindAllStringSubmatch(row[1], -1)
			x, of = atoi(t, counts[0][1])+atoi(t, counts[1][1]), atoi(t, counts[7][1])-atoi(t, counts[6][1])
			if want := fmt.Sprintf("%d.%d %%", x*100/of, x*1000/of%10); m[2] != want {
				t.Errorf("%s: the picture says %s, its table %s", m[1], m[2], want)
			}
			met, applies = met+x, applies+of
		}
		if met != a.Readiness.Ours.Met() || applies != a.Readiness.Ours.Applies() {
			t.Errorf("the subjects add up to %d of %d, the assessment says %d of %d", met, applies, a.Readiness.Ours.Met(), a.Readiness.Ours.Applies())
		}
	})
	t.Run("Trend", func(t *testing.T) { trendPage(t, h) })
	t.Run("Effort", func(t *testing.T) { effortPage(t, h) })
}

func heatMap(t *testing.T, h *house, a *assess.Assessment, page string) {
	want := map[string]assess.Roll{}
	sides := map[string]catalogue.Party{}
	for _, s := range a.Services {
		sides[s.ID] = s.Ours
	}
	for _, r := range a.Controls {
		if r.Service != "" && r.Party == sides[r.Service] {
			want["control="+r.Key+"&amp;party="+string(r.Party)+"&amp;service="+r.Service] = r
		}
	}
	key := func(link string) string { _, q, _ := strings.Cut(link, "?"); return q }
	drawn := heatCellDrawn.FindAllStringSubmatch(page, -1)
	for _, m := range drawn {
		if r, ok := want[key(m[1])]; !ok || string(r.Status) != m[3] || !strings.Contains(m[2], fmt.Sprintf(" %d met of %d dut", r.Counts.Met(), r.Counts.Applies())) {
			t.Errorf("%s is drawn as %s (%s), concluded as %s", m[1], m[3], m[2], r.Status)
		}
	}
	told := heatCellWord.FindAllStringSubmatch(page, -1)
	for _, m := range told {
		if r, ok := want[key(m[1])]; !ok || strings.ReplaceAll(string(r.Status), "-", " ") != m[2] || atoi(t, m[3]) != r.Counts.Met() || atoi(t, m[4]) != r.Counts.Applies() {
			t.Errorf("the table says %v, concluded was %+v", m[1:], r)
		}
	}
	if len(drawn) != len(want) || len(told) != len(want) || len(want) == 0 {
		t.Errorf("%d cells are drawn and %d told of %d", len(drawn), len(told), len(want))
	}
	// A cell opens as many duties as it says.
	link := strings.ReplaceAll(drawn[0][1], "&amp;", "&")
	if got := text(h.do(http.MethodGet, link, "")); !strings.Contains(got, fmt.Sprintf("of %d: ", want[key(drawn[0][1])].Counts.Total)) {
		t.Errorf("%s does not open %d duties", link, want[key(drawn[0][1])].Counts.Total)
	}
}

// trendPage holds the trend against the first page of each assessment.
func trendPage(t *testing.T, h *house) {
	steps := trendStep.FindAllStringSubmatch(text(h.do(http.MethodGet, "/assess", "")), -1)
	if len(steps) != 2 {
		t.Fatalf("%d steps, want the two assessments of 2026", len(steps))
	}
	for _, m := range steps {
		run, err := h.app.Run(t.Context(), h.caller, m[1])
		if err != nil {
			t.Fatal(err)
		}
		a, err := h.app.Assessment(t.Context(), h.caller, run)
		if err != nil {
			t.Fatal(err)
		}
		n := a.Readiness.Ours
		if run.Ours != n {
			t.Errorf("the record of %s says %+v, it concluded %+v", m[1], run.Ours, n)
		}
		for i, want := range []int{n.Met(), n.NotSatisfied + n.Partly, n.Unknown} {
			if m[2+i] != thousands(want) {
				t.Errorf("%s: the trend says %v, it concluded %+v", m[1], m[2:], n)
			}
		}
		home := text(h.do(http.MethodGet, "/?run="+m[1], ""))
		for _, say := range []string{m[2] + " of ", ">" + m[3] + "</a>", ">" + m[4] + "</a>"} {
			if !strings.Contains(home, say) {
				t.Errorf("the first page of %s does not say %q", m[1], say)
			}
		}
	}
}

var (
	effortSign = regexp.MustCompile(`(?s)<a href="([^"]+)" aria-label="(\d+) actions? to [^"]*">\s*<title>`)
	effortRow  = regexp.MustCompile(`<td class="num">(\d+)</td><td class="num">(\d+)</td><td><a href="([^"]+)">`)
)

// effortPage counts the actions of the chart, of its table and of the list, and
// follows its signs to the actions that they name.
func effortPage(t *testing.T, h *house) {
	for _, view := range []string{"", "?wave=1", "?kind=mend&quick=yes"} {
		page := text(h.do(http.MethodGet, "/remediation"+view, ""))
		drawn, told := 0, 0
		signs := effortSign.FindAllStringSubmatch(page, -1)
		for i, m := range signs {
			if drawn += atoi(t, m[2]); i%7 != 0 {
				continue
			}
			link, anchor, _ := strings.Cut(strings.ReplaceAll(m[1], "&amp;", "&"), "#")
			if !parse(text(h.do(http.MethodGet, link, ""))).ids[anchor] {
				t.Errorf("%s has no %s", link, anchor)
			}
		}
		for _, m := range effortRow.FindAllStringSubmatch(page, -1) {
			told += atoi(t, m[2])
		}
		if drawn == 0 || drawn != told || !strings.Contains(page, fmt.Sprintf(" of %d actions.", drawn)) {
			t.Errorf("%q: %d actions are drawn, %d stand in the table, and the list has another number", view, drawn, told)
		}
	}
}

func atoi(t *testing.T, s string) (n int) {
	t.Helper()
	if _, err := fmt.Sscan(s, &n); err != nil {
		t.Fatal(err)
	}
	return n
}
