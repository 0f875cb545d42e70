// SPDX-License-Identifier: Apache-2.0

package web

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/remediation"
)

// planView is what the page of the plan shows.
type planView struct {
	RunWord        string
	Plan           remediation.Plan
	Rows           []remediation.Action
	First          int
	Found          int
	Wave, Kind     string
	Quick          bool
	Waves          []option
	Chosen         []string
	Outlook        *remediation.Outlook
	Titles         map[string]string
	Chart          chart
	Earlier, Later string
}

// chart is effort × impact as a drawing; the list below it is its table.
type chart struct {
	Dots   []dot
	XTicks []tick
	YTicks []tick
}

type dot struct{ Title, X, Y, R, Kind, Count string }

// The measures of the chart, in units of its box.
const (
	chartLeft, chartRight  = 70, 880
	chartTop, chartBottom  = 20, 340
	planRows               = 40
	whatMost               = 40
	effortLeast, effortBig = 10.0, 30000.0 // minutes
)

func (s *Server) remediation(v *visit) error {
	run, err := s.run(v)
	if err != nil {
		return err
	}
	g, err := s.gap(v, run)
	if err != nil {
		return err
	}
	view := planView{RunWord: v.get("run"), Plan: g.Plan, Wave: v.get("wave"), Kind: v.get("kind"), Quick: v.get("quick") == "yes", Titles: map[string]string{}, Waves: []option{{"", "all waves"}}}
	for _, w := range g.Plan.Waves {
		view.Waves = append(view.Waves, option{strconv.Itoa(w.Number), strconv.Itoa(w.Number) + ": " + w.Title})
	}
	at, err := pageNumber(v)
	if err != nil {
		return err
	}
	view.First = (at - 1) * planRows
	var drawn []remediation.Action
	for _, a := range g.Plan.Actions {
		view.Titles[a.ID] = a.Title
		if view.Wave != "" && strconv.Itoa(a.Wave) != view.Wave || view.Kind != "" && string(a.Kind) != view.Kind || view.Quick && !a.QuickWin {
			continue
		}
		drawn = append(drawn, a)
		if view.Found++; view.Found > view.First && len(view.Rows) < planRows {
			view.Rows = append(view.Rows, a)
		}
	}
	view.Chart = drawChart(drawn)
	if at > 1 {
		view.Earlier = pageAt(v, at-1)
	}
	if view.First+len(view.Rows) < view.Found {
		view.Later = pageAt(v, at+1)
	}
	if view.Chosen = v.query["what"]; len(view.Chosen) > whatMost {
		return problem.New(problem.Usage, "At most "+strconv.Itoa(whatMost)+" actions can be asked about at once", "Tick fewer.")
	}
	if len(view.Chosen) > 0 {
		o, err := app.WhatIf(g, view.Chosen)
		if err != nil {
			return err
		}
		view.Outlook, view.Chosen = &o, o.Actions
	}
	n := g.Plan.Numbers
	return s.show(v, page{
		Title: "Gaps and plan", Section: "/remediation", Run: v.get("run"),
		What: plural(n.Actions, "action", "actions") + " that work on " + number(n.Covered) + " of " + plural(n.Gaps, "gap", "gaps") + ", " + remediation.Duration(n.Minutes) + " in all.",
		Why:  "Nonconformities are to be corrected in the order of their risk, and an auditor asks why one came before another. Each action says so.",
		Next: "Begin with the quick wins of the first wave. Tick some actions and ask what they would change.",
	}, planPage(view))
}

// drawChart places every action by its effort and by the duties that it helps,
// both on scales that double.
func drawChart(actions []remediation.Action) chart {
	var c chart
	most := 8.0
	for _, a := range actions {
		most = max(most, float64(len(a.Bears)))
	}
	x := func(minutes float64) float64 {
		at := math.Log(max(minutes, effortLeast)/effortLeast) / math.Log(effortBig/effortLeast)
		return chartLeft + min(at, 1)*(chartRight-chartLeft)
	}
	y := func(duties float64) float64 {
		return chartBottom - math.Log2(1+duties)/math.Log2(1+most)*(chartBottom-chartTop)
	}
	for _, t := range []struct {
		minutes float64
		text    string
	}{{15, "15 min"}, {60, "1 hour"}, {480, "1 day"}, {2400, "1 week"}, {9600, "1 month"}} {
		c.XTicks = append(c.XTicks, tick{tenth(x(t.minutes)), t.text})
	}
	for n := 1.0; n <= most; n *= 2 {
		c.YTicks = append(c.YTicks, tick{tenth(y(n)), strconv.Itoa(int(n))})
	}
	// What would lie on one another is one bubble, as large as it is many.
	type place struct {
		kind   remediation.Kind
		x, dut int
	}
	var places []place
	at := map[place][]remediation.Action{}
	for _, a := range actions {
		p := place{a.Kind, int(x(float64(a.Minutes)) / 14), len(a.Bears)}
		if at[p] == nil {
			places = append(places, p)
		}
		at[p] = append(at[p], a)
	}
	for _, p := range places {
		here := at[p]
		d := dot{X: tenth(x(float64(here[0].Minutes))), Y: tenth(y(float64(p.dut))), R: tenth(4 + 1.6*math.Sqrt(float64(len(here)-1))), Kind: string(p.kind),
			Title: plural(len(here), "action", "actions") + " to " + kindName(p.kind) + ", " + here[0].Effort + ", " + plural(p.dut, "duty", "duties") + " each; the most urgent: " + here[0].Title}
		if len(here) >= 10 {
			d.Count = number(len(here))
		}
		c.Dots = append(c.Dots, d)
	}
	slices.Reverse(c.Dots) // the most urgent lies on top
	return c
}

// kindName says what sort of action it is.
func kindName(k remediation.Kind) string {
	switch k {
	case remediation.Mend:
		return "mend resources"
	case remediation.Read:
		return "read what is unknown"
	case remediation.Attest:
		return "attest, with evidence"
	case remediation.Secure:
		return "get the other side’s word"
	case remediation.Assign:
		return "name who performs"
	}
	return string(k)
}

func kinds() []remediation.Kind {
	return []remediation.Kind{remediation.Mend, remediation.Read, remediation.Attest, remediation.Secure, remediation.Assign}
}

func kindOptions() []option {
	out := []option{{"", "all kinds"}}
	for _, k := range kinds() {
		out = append(out, option{string(k), kindName(k)})
	}
	return out
}

// elsewhere tells whether a chosen action stands on another page of the list:
// it stays chosen when more are ticked here.
func (p *planView) elsewhere(id string) bool {
	return !slices.ContainsFunc(p.Rows, func(a remediation.Action) bool { return a.ID == id })
}

// anchor makes an id of an action one of an element.
func anchor(id string) string { return strings.NewReplacer(" ", "_").Replace(id) }

func quickWord(quick bool) string {
	if quick {
		return "yes"
	}
	return ""
}

// checkOutcome is what an action about a check works on.
func checkOutcome(k remediation.Kind) string {
	if k == remediation.Mend {
		return "fail"
	}
	return "unknown"
}
