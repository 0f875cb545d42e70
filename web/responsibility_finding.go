// SPDX-License-Identifier: Apache-2.0

package web

import (
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
)

// ruleView is what the page of findings about matrices shows.
type ruleView struct {
	Edition                 catalogue.Edition
	Service, Severity, Rule string
	Services                []option
	Groups                  []ruleGroup
	Found, All              int
	Earlier, Later          string
}

type ruleGroup struct {
	Rule     responsibility.Rule
	Findings []responsibility.Finding // those that are shown
	Found    int
	All      string // where all of them are shown, page by page; empty: they are
}

// Of each rule few findings are shown; of a rule that was chosen, a page.
const (
	ruleFew  = 15
	ruleRows = 50
)

func (s *Server) responsibilityFindings(v *visit) error {
	ed, err := s.edition(v)
	if err != nil {
		return err
	}
	m, err := s.o.App.Matrices(v, v.Caller, ed)
	if err != nil {
		return err
	}
	at, err := pageNumber(v)
	if err != nil {
		return err
	}
	view := ruleView{Edition: ed, Service: v.get("service"), Severity: v.get("severity"), Rule: v.get("rule"), Services: serviceOptions(m.Scope), All: len(m.Findings)}
	for _, rule := range allRules() {
		g := ruleGroup{Rule: rule}
		for _, f := range m.Findings {
			if f.Rule == rule && (view.Service == "" || f.Service == view.Service) && (view.Severity == "" || string(f.Severity) == view.Severity) && (view.Rule == "" || string(rule) == view.Rule) {
				g.Findings = append(g.Findings, f)
			}
		}
		if len(g.Findings) > 0 {
			view.Found += len(g.Findings)
			view.Groups = append(view.Groups, view.cut(v, g, at))
		}
	}
	return s.show(v, page{
		Title: "What the rules find in the matrices", Section: "/responsibility/finding",
		What: "Where a division of duties does not hold, in the matrices of ISO/IEC 27017:" + string(ed) + ": nobody performs, both believe the other does, a claim rests on nothing.",
		Why:  "Shared responsibility fails at the seams. The standard asks that roles be divided, written down, agreed and communicated.",
		Next: "Begin with the first rules: a gap, an overlap, a broken chain. Each finding says what to do.",
	}, ruleFindingsPage(view))
}

// cut leaves of a group what is shown on this page.
func (r *ruleView) cut(v *visit, g ruleGroup, at int) ruleGroup {
	if g.Found = len(g.Findings); r.Rule == "" {
		if g.Found > ruleFew {
			g.Findings, g.All = g.Findings[:ruleFew], query("/responsibility/finding", "rule", string(g.Rule), "service", r.Service, "severity", r.Severity, "edition", string(r.Edition))
		}
		return g
	}
	from := min((at-1)*ruleRows, g.Found)
	g.Findings = g.Findings[from:min(from+ruleRows, g.Found)]
	if at > 1 {
		r.Earlier = pageAt(v, at-1)
	}
	if from+ruleRows < g.Found {
		r.Later = pageAt(v, at+1)
	}
	return g
}

func serviceOptions(sc *scope.Scope) []option {
	out := []option{{"", "all services"}}
	for _, x := range sc.Services {
		out = append(out, option{x.ID, x.Name})
	}
	return out
}

func ruleOptions() []option {
	out := []option{{"", "all rules"}}
	for _, r := range allRules() {
		out = append(out, option{string(r), string(r) + " " + ruleName(r)})
	}
	return out
}
