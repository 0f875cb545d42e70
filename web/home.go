// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/remediation"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
)

// homeView is what the first page shows.
type homeView struct {
	Run      app.Run
	RunWord  string // as the URL names it
	A        *assess.Assessment
	Light    light
	Ready    ready
	Worst    []assess.Result
	Failing  int // checks that fail
	First    []remediation.Action
	Outlook  string
	Before   app.Run    // of the drift; ID empty: there is no earlier run
	Drift    *app.Drift // nil: there is no earlier run, or it is still being compared
	Matrices map[responsibility.Severity]int
	Unread   int
	Size     int64 // of the log
	Trend    trend
	Points   []measured
	Says     string // of the trend
	Root     string // of the last checkpoint
	Radar    radar
	Stand    []string // sources that were no real account
}

// The lengths of the lists of the first page.
const (
	worstMost = 8
	firstMost = 5
)

func (s *Server) home(v *visit) error {
	run, err := s.run(v)
	if problem.Of(err) == problem.NotFound && err != nil && v.get("run") == "" {
		return s.begin(v)
	}
	if err != nil {
		return err
	}
	g, err := s.gap(v, run)
	if err != nil {
		return err
	}
	h := homeView{Run: run, RunWord: v.get("run"), A: g.Assessment, First: g.Plan.Actions[:min(firstMost, len(g.Plan.Actions))], Unread: len(g.Assessment.Unread)}
	h.Light, _ = s.integrity(v.Org)
	if h.Ready, err = s.ready(v, v.Caller, v.member); err != nil {
		return err
	}
	if h.Size, h.Root, err = s.checkpointOf(v); err != nil {
		return err
	}
	if h.Points, h.Says, err = s.trendOf(v, run.Edition); err != nil {
		return err
	}
	cat, err := s.o.App.Catalogue()
	if err != nil {
		return err
	}
	h.Radar = drawRadar(subjectsOf(cat, g.Assessment, true))
	h.Trend = drawTrend(h.Points, 620, 230)
	h.Worst, h.Failing = worstOf(g.Assessment)
	for _, o := range g.Outlooks {
		h.Outlook = o.Says
	}
	for _, x := range g.Assessment.Snapshots {
		if x.Synthetic != "" && !slices.Contains(h.Stand, x.Synthetic) {
			h.Stand = append(h.Stand, x.Synthetic)
		}
	}
	if err := s.homeBefore(v, &h); err != nil {
		return err
	}
	m, err := s.o.App.Matrices(v, v.Caller, run.Edition)
	if err != nil {
		return err
	}
	h.Matrices = map[responsibility.Severity]int{}
	for _, f := range m.Findings {
		h.Matrices[f.Severity]++
	}
	next := "Nothing is open. Collect and assess again when something changes."
	if len(h.First) > 0 {
		next = "Begin with the action that gains most for its effort: " + h.First[0].Title + "."
	}
	return s.show(v, page{
		Title: g.Assessment.Organisation.Name, Section: "/", Run: v.get("run"),
		What: "Where " + g.Assessment.Organisation.Name + " stands by ISO/IEC 27017:" + string(run.Edition) + ", as assessment " + run.ID + " of " + moment(run.At) + " found it.",
		Why:  "Customer and provider each have duties for the security of a cloud service. An auditor asks each side to show its half.",
		Next: next,
	}, homePage(h))
}

// homeBefore finds what changed since the run before of the same edition.
func (s *Server) homeBefore(v *visit, h *homeView) error {
	all, err := s.o.App.Runs(v, v.Caller)
	if err != nil {
		return err
	}
	for _, r := range slices.Backward(all) {
		if r.At.Before(h.Run.At) && r.Edition == h.Run.Edition && r.ID != h.Run.ID {
			h.Before = r
			break
		}
	}
	if h.Before.ID == "" {
		return nil
	}
	h.Drift, err = s.driftSoon(v, h.Before, h.Run)
	return err
}

// worstOf gives the worst failing checks, one line a check, and how many fail.
func worstOf(a *assess.Assessment) ([]assess.Result, int) {
	var failing []assess.Result
	seen := map[string]bool{}
	for _, r := range a.Results {
		if r.Tally.Fail > 0 && !seen[r.Check] {
			seen[r.Check] = true
			failing = append(failing, r)
		}
	}
	slices.SortStableFunc(failing, func(x, y assess.Result) int {
		if d := app.Rank(y.Severity) - app.Rank(x.Severity); d != 0 {
			return d
		}
		if d := y.Exposed - x.Exposed; d != 0 {
			return d
		}
		return y.Tally.Fail - x.Tally.Fail
	})
	return failing[:min(worstMost, len(failing))], len(failing)
}

// roleOf says what the organisation does with a service.
func roleOf(r scope.ServiceRole) string {
	if r == scope.Provides {
		return "we provide"
	}
	return "we consume"
}

// failSaid says how many resources fail a check, and names one.
func failSaid(r assess.Result) string {
	out := number(r.Tally.Fail) + " of " + number(r.Tally.Fail+r.Tally.Pass+r.Tally.Accepted+r.Tally.Unknown) + " fail"
	if r.Exposed > 0 {
		out += ", " + number(r.Exposed) + " reachable from the internet"
	}
	for _, x := range r.Worst {
		if x.Outcome == check.Fail {
			return out + ". " + capital(cut(x.Message, 110))
		}
	}
	return out + "."
}

// separator stands between the counts of severities.
func separator(s responsibility.Severity) string {
	if s == responsibility.Low {
		return ""
	}
	return ", "
}
