// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"strings"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/problem"
)

// checksView is what the list of checks shows.
type checksView struct {
	Severity, Kind, Text string
	Kinds                []option
	Rows                 []checkRow
	All                  int
}

type checkRow struct {
	check.Check
	Tally assess.Tally // of the newest assessment, over all services
	Ran   bool
}

func (s *Server) checks(v *visit) error {
	all, err := s.shipped()
	if err != nil {
		return err
	}
	tallies, err := s.tallies(v)
	if err != nil {
		return err
	}
	view := checksView{Severity: v.get("severity"), Kind: v.get("kind"), Text: strings.ToLower(strings.TrimSpace(v.get("text"))), All: len(all), Kinds: []option{{"", "all kinds"}}}
	var kinds []cloud.Kind
	for _, c := range all {
		kinds = append(kinds, c.Kinds...)
		if view.Severity != "" && string(c.Severity) != view.Severity || view.Kind != "" && !slices.Contains(c.Kinds, cloud.Kind(view.Kind)) ||
			view.Text != "" && !strings.Contains(strings.ToLower(c.ID+" "+c.Title+" "+c.Why), view.Text) {
			continue
		}
		row := checkRow{Check: c}
		row.Tally, row.Ran = tallies[c.ID]
		view.Rows = append(view.Rows, row)
	}
	slices.Sort(kinds)
	for _, k := range slices.Compact(kinds) {
		view.Kinds = append(view.Kinds, option{string(k), words(k)})
	}
	slices.SortStableFunc(view.Rows, func(x, y checkRow) int { return app.Rank(y.Severity) - app.Rank(x.Severity) })
	return s.show(v, page{
		Title: "Checks", Section: "/check",
		What: "Every question that is put to the state of the cloud, one question about one resource, each with its own examples.",
		Why:  "Each check bears on duties of the standard and says why. What no check can prove is for people to attest.",
		Next: "Open one to see what it asks, and how to mend what fails. Your own checks: demarc assess --checks FOLDER.",
	}, checksPage(view))
}

// tallies gives the answers of the newest assessment by check. Each finding is
// counted once for every service that it speaks for, as in the papers.
func (s *Server) tallies(v *visit) (map[string]assess.Tally, error) {
	run, err := s.o.App.Run(v, v.Caller, "")
	if problem.Of(err) == problem.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	g, err := s.gap(v, run)
	if err != nil {
		return nil, err
	}
	out := map[string]assess.Tally{}
	for _, r := range g.Assessment.Results {
		t := out[r.Check]
		t.Pass, t.Fail, t.Accepted, t.Unknown, t.Error, t.NotApplicable = t.Pass+r.Tally.Pass, t.Fail+r.Tally.Fail, t.Accepted+r.Tally.Accepted, t.Unknown+r.Tally.Unknown, t.Error+r.Tally.Error, t.NotApplicable+r.Tally.NotApplicable
		out[r.Check] = t
	}
	return out, nil
}

// checkView is what the page of one check shows.
type checkView struct {
	Check   check.Check
	Duties  []provedDuty
	Tally   assess.Tally
	Ran     bool
	Shipped bool
}

// check explains a check: as it was asked in the newest assessment when that
// knows it, so that a check of the user's own is explained too.
func (s *Server) check(v *visit) error {
	id := v.r.PathValue("check")
	all, err := s.shipped()
	if err != nil {
		return err
	}
	if run, err := s.run(v); err == nil {
		g, err := s.gap(v, run)
		if err != nil {
			return err
		}
		all = slices.Concat(g.Checks, all)
	} else if problem.Of(err) != problem.NotFound {
		return err
	}
	i := slices.IndexFunc(all, func(c check.Check) bool { return c.ID == id })
	if i < 0 {
		return problem.New(problem.NotFound, "No check is called "+cut(id, 60), "Checks lists them.")
	}
	view := checkView{Check: all[i]}
	if view.Duties, err = s.proved(view.Check.Proves); err != nil {
		return err
	}
	tallies, err := s.tallies(v)
	if err != nil {
		return err
	}
	view.Tally, view.Ran = tallies[id]
	return s.show(v, page{
		Title: view.Check.Title, Section: "/check",
		What: "The check " + id + ", about " + kindWords(view.Check.Kinds) + ": " + string(view.Check.Severity) + " when it fails; mending one takes " + view.Check.Effort + ".",
		Why:  or(view.Check.Why, "It bears on the duties below."),
		Next: "See what fails it, and mend that as it is told below.",
	}, checkPage(view))
}

func kindWords(kinds []cloud.Kind) string {
	var out []string
	for _, k := range kinds {
		out = append(out, words(k))
	}
	return strings.Join(out, ", ")
}
