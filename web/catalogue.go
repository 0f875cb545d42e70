// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"strings"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
)

// catalogueView is what the list of controls shows.
type catalogueView struct {
	Edition  catalogue.Edition
	Party    string
	Query    string
	Editions []catalogue.EditionFacts
	Themes   []themeGroup
	Remarks  []catalogue.Citation
	Hits     []catalogue.Hit
	Version  string
}

type themeGroup struct {
	catalogue.Theme
	Rows []controlRow
}

type controlRow struct {
	catalogue.Control
	Clause             string
	Customer, Provider int // duties
}

// searchMost bounds what a search shows, and how long its words may be.
const searchMost = 20

func (s *Server) catalogue(v *visit) error {
	cat, err := s.o.App.Catalogue()
	if err != nil {
		return err
	}
	ed, err := s.edition(v)
	if err != nil {
		return err
	}
	view := catalogueView{Edition: ed, Party: v.get("party"), Query: cut(v.get("q"), 200), Editions: cat.Editions(), Version: cat.Version()}
	if view.Query != "" {
		view.Remarks, view.Hits = cat.Remarks(view.Query), cat.Search(view.Query, searchMost)
	} else {
		for _, t := range cat.Themes(ed) {
			g := themeGroup{Theme: t}
			for _, key := range t.Controls {
				c, _ := cat.Control(key)
				row := controlRow{c, clausesOf(c, ed), len(c.DutiesOf(ed, catalogue.Customer)), len(c.DutiesOf(ed, catalogue.Provider))}
				if view.Party == "customer" && row.Customer == 0 || view.Party == "provider" && row.Provider == 0 {
					continue
				}
				g.Rows = append(g.Rows, row)
			}
			if len(g.Rows) > 0 {
				view.Themes = append(view.Themes, g)
			}
		}
	}
	return s.show(v, page{
		Title: "Catalogue", Section: "/catalogue",
		What: "What ISO/IEC 27017 asks of customer and provider, in our own words, in the editions of 2015 and 2026 (catalogue " + cat.Version() + "). It holds no text of the standard.",
		Why:  "The standard adds cloud guidance to the controls of ISO/IEC 27002, and speaks to each party by itself.",
		Next: "Search by number or words, also by numbers that are often cited wrongly; or open a control.",
	}, cataloguePage(view))
}

// controlView is what the page of a control shows.
type controlView struct {
	Note     string
	Control  catalogue.Control
	Edition  catalogue.Edition
	Maps     []mapGroup
	Threats  []catalogue.Threat
	Checks   []check.Check
	Assessed bool
}

type mapGroup struct {
	Framework, Relation string
	IDs                 []string
}

func (s *Server) control(v *visit) error {
	cat, err := s.o.App.Catalogue()
	if err != nil {
		return err
	}
	ed, err := s.edition(v)
	if err != nil {
		return err
	}
	c, ok := cat.Control(v.r.PathValue("control"))
	if !ok {
		return problem.New(problem.NotFound, "No control is called "+cut(v.r.PathValue("control"), 60), "Search the catalogue: it knows wrong numbers too.")
	}
	all, err := s.shipped()
	if err != nil {
		return err
	}
	view := controlView{Control: c, Edition: ed, Threats: cat.ThreatsOf(c.Key)}
	for _, x := range all {
		if slices.ContainsFunc(x.Proves, func(p check.Proof) bool { o, ok := cat.ControlOf(p.Duty); return ok && o.Key == c.Key }) {
			view.Checks = append(view.Checks, x)
		}
	}
	for _, f := range cat.Frameworks() {
		for _, m := range cat.MapsOf(c.Key) {
			if m.Framework != f.ID {
				continue
			}
			n := len(view.Maps)
			if n == 0 || view.Maps[n-1].Framework != f.Name || view.Maps[n-1].Relation != m.Relation {
				view.Maps = append(view.Maps, mapGroup{Framework: f.Name, Relation: m.Relation})
				n++
			}
			view.Maps[n-1].IDs = append(view.Maps[n-1].IDs, m.ID)
		}
	}
	return s.show(v, page{
		Title: c.Title, Section: "/catalogue", About: c.Key,
		What: "The control " + c.Key + ": where both editions place it, what each party must do, and what proves it.",
		Why:  or(c.Objective, "See its duties."),
		Next: "Open a duty and see how it stands for each of your services.",
	}, controlPage(view))
}

// operates says who usually operates a control under each service model.
func operates(c catalogue.Control) string {
	var out []string
	for _, m := range []catalogue.ServiceModel{catalogue.IaaS, catalogue.PaaS, catalogue.SaaS} {
		if by := c.Operates[m]; by != "" {
			out = append(out, m.Name()+": "+string(by))
		}
	}
	return or(strings.Join(out, ", "), "not stated")
}

// editionsOf says in which editions a duty stands.
func editionsOf(d catalogue.Duty) string {
	var out []string
	for _, e := range d.Editions {
		out = append(out, string(e)+", "+d.BasisIn(e))
	}
	return strings.Join(out, "; ")
}
