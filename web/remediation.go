// SPDX-License-Identifier: Apache-2.0

package web

import (
	"maps"
	"slices"
	"strconv"
	"strings"

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
	Owner          string // who does it; "nobody" and "late" are words of their own
	Owners         []option
	Assigned       map[string]assigned // by action
	Waves          []option
	Chosen         []string
	Outlook        *remediation.Outlook
	Titles         map[string]string
	Chart          bubbles
	Earlier, Later string
}

// The lengths of the lists of the plan.
const (
	planRows = 40
	whatMost = 40
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
	if view.Assigned, err = s.assignedOf(v); err != nil {
		return err
	}
	view.Owner, view.Owners = v.get("owner"), ownerOptions(view.Assigned)
	var drawn []remediation.Action
	for _, a := range g.Plan.Actions {
		view.Titles[a.ID] = a.Title
		if view.Wave != "" && strconv.Itoa(a.Wave) != view.Wave || view.Kind != "" && string(a.Kind) != view.Kind || view.Quick && !a.QuickWin || !view.ownedRight(a.ID) {
			continue
		}
		drawn = append(drawn, a)
		if view.Found++; view.Found > view.First && len(view.Rows) < planRows {
			view.Rows = append(view.Rows, a)
		}
	}
	view.Chart = drawBubbles(drawn, func(n int) string {
		return query("/remediation", "wave", view.Wave, "kind", view.Kind, "quick", v.get("quick"), "owner", view.Owner, "run", view.RunWord, "page", strconv.Itoa(n/planRows+1))
	})
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
		o, err := s.outlook(v, run, g, view.Chosen)
		if err != nil {
			return err
		}
		view.Outlook, view.Chosen = &o, o.Actions
	}
	n := g.Plan.Numbers
	return s.show(v, page{
		Title: "Gaps and plan", Section: "/remediation", Run: v.get("run"),
		What: plural(n.Actions, "action", "actions") + " that work on " + number(n.Covered) + " of " + plural(n.Gaps, "gap", "gaps") + ", " + remediation.Duration(n.Minutes) + " in all.",
		Why:  "Nonconformities are to be corrected, and risks treated by a plan. An auditor asks why one came before another: each action says so.",
		Next: "Begin with the quick wins of the first wave. Tick some actions and ask what they would change.",
	}, planPage(view))
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

// The words of the filter by who does it that are nobody's name.
const (
	ownedByNobody = "-nobody"
	ownedLate     = "-late"
)

// ownedRight tells whether an action is done by whom the filter asks for.
func (p *planView) ownedRight(action string) bool {
	x, ok := p.Assigned[action]
	switch p.Owner {
	case "":
		return true
	case ownedByNobody:
		return !ok
	case ownedLate:
		return x.Late
	}
	return x.Owner == p.Owner
}

func ownerOptions(all map[string]assigned) []option {
	out := []option{{"", "anybody"}, {ownedByNobody, "nobody yet"}, {ownedLate, "late"}}
	names := map[string]bool{}
	for _, x := range all {
		names[x.Owner] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		out = append(out, option{name, name})
	}
	return out
}
