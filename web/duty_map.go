// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
)

// mapView is what the page of the status map shows.
type mapView struct {
	RunWord, Side  string
	Sum            assess.Counts
	Blocks         []heat
	Radar          radar
	RadarSays      string
	Earlier, Later string
	Shown, All     int // services
}

// mapServices is how many services stand in one picture.
const mapServices = 15

func (s *Server) dutyMap(v *visit) error {
	run, g, cat, err := s.concluded(v)
	if err != nil {
		return err
	}
	at, err := pageNumber(v)
	if err != nil {
		return err
	}
	a := g.Assessment
	view := mapView{RunWord: v.get("run"), Side: v.get("side"), All: len(a.Services)}
	ours := view.Side != "theirs"
	view.Sum = a.Readiness.Theirs
	if ours {
		view.Sum = a.Readiness.Ours
	}
	first := min((at-1)*mapServices, len(a.Services))
	shown := a.Services[first:min(first+mapServices, len(a.Services))]
	if view.Shown = len(shown); at > 1 {
		view.Earlier = pageAt(v, at-1)
	}
	if first+len(shown) < len(a.Services) {
		view.Later = pageAt(v, at+1)
	}
	view.Blocks = heatOf(cat, a, shown, ours, view.RunWord)
	view.Radar = drawRadar(subjectsOf(cat, a, ours))
	view.RadarSays = radarSays(ours)
	return s.show(v, page{
		Title: "Status map", Section: "/duty/map", Run: v.get("run"),
		What: "Every control of ISO/IEC 27017:" + string(run.Edition) + " for every cloud service, each by the worst status of its duties " + ofSide(ours) + ".",
		Why:  "An auditor samples across controls and services: a picture shows where a sample would hurt, and where nobody could answer.",
		Next: "Look for columns that are bad everywhere, one remedy mends many, and for rows of question marks. Each cell opens its duties.",
	}, mapPage(view))
}

func radarSays(ours bool) string {
	return "For each subject, which part of the duties " + ofSide(ours) + " that apply is met, over all services. The subjects are the sections of the edition of 2015; what it did not have is by itself."
}

func ofSide(ours bool) string {
	if ours {
		return "of our own side"
	}
	return "of the other side"
}

// heatOf gives a block for each theme of the edition that was assessed.
func heatOf(cat *catalogue.Catalogue, a *assess.Assessment, services []assess.Service, ours bool, run string) []heat {
	type place struct{ service, control string }
	rolls := map[place]assess.Roll{}
	sides := map[string]catalogue.Party{}
	for _, x := range services {
		if sides[x.ID] = x.Ours; !ours {
			sides[x.ID] = otherParty(x.Ours)
		}
	}
	for _, r := range a.Controls {
		if side, ok := sides[r.Service]; ok && r.Party == side {
			rolls[place{r.Service, r.Key}] = r
		}
	}
	var out []heat
	for _, t := range cat.Themes(a.Edition) {
		var cols []heatCol
		for _, key := range t.Controls {
			c, _ := cat.Control(key)
			cols = append(cols, heatCol{Key: key, Label: clauseIn(c, a.Edition, t.ID), Title: c.Title})
		}
		slices.SortStableFunc(cols, func(x, y heatCol) int { return compareNumbers(x.Label, y.Label) })
		rows := make([]heatRow, len(services))
		for i, x := range services {
			rows[i] = heatRow{Name: x.Name}
		}
		out = append(out, drawHeat(t.ID+" "+t.Title, cols, rows, func(row, col int) heatCell {
			r, ok := rolls[place{services[row].ID, cols[col].Key}]
			says := cols[col].Label + " " + cols[col].Title + ", " + services[row].Name + ": "
			if !ok {
				return heatCell{Says: says + "nothing is asked of this side"}
			}
			return heatCell{Status: r.Status, Counts: r.Counts, Says: says + words(r.Status) + ", " + number(r.Counts.Met()) + " met of " + plural(r.Counts.Applies(), "duty", "duties"),
				Path: query("/duty", "control", r.Key, "service", r.Service, "party", string(r.Party), "run", run)}
		}))
	}
	return out
}

// compareNumbers orders clauses as a reader counts: 5.9 before 5.10.
func compareNumbers(x, y string) int {
	a, b := strings.Split(x, "."), strings.Split(y, ".")
	for i := range min(len(a), len(b)) {
		m, errM := strconv.Atoi(a[i])
		n, errN := strconv.Atoi(b[i])
		by := strings.Compare(a[i], b[i])
		if errM == nil && errN == nil {
			by = m - n
		}
		if by != 0 {
			return by
		}
	}
	return len(a) - len(b)
}

func otherParty(p catalogue.Party) catalogue.Party {
	if p == catalogue.Customer {
		return catalogue.Provider
	}
	return catalogue.Customer
}

// clauseIn gives the number of a control in the edition, of two the one of the
// theme.
func clauseIn(c catalogue.Control, ed catalogue.Edition, theme string) string {
	first := ""
	for _, x := range c.Clauses {
		if x.Edition != ed {
			continue
		}
		if strings.HasPrefix(x.ID, theme+".") {
			return x.ID
		}
		if first == "" {
			first = x.ID
		}
	}
	return first
}

// subjectsOf counts the duties by the sections of the edition of 2015, which are
// subjects; what it did not have is one of its own.
func subjectsOf(cat *catalogue.Catalogue, a *assess.Assessment, ours bool) []spoke {
	of := map[string]int{}
	var out []spoke
	for _, t := range cat.Themes(catalogue.Edition2015) {
		for _, key := range t.Controls {
			of[key] = len(out)
		}
		out = append(out, spoke{Name: subject(t)})
	}
	out = append(out, spoke{Name: "new in 2026"})
	for _, x := range a.Answers {
		if x.Ours != ours {
			continue
		}
		i, ok := of[x.Control]
		if !ok {
			i = len(out) - 1
		}
		out[i].Counts.Add(x.Status)
	}
	return out
}

// subject names a section of 2015 by a word or two of our own.
func subject(t catalogue.Theme) string {
	short := map[string]string{"5": "policy", "6": "organisation", "7": "people", "8": "assets", "9": "access", "10": "cryptography", "11": "equipment", "12": "operations",
		"13": "networks", "14": "development", "15": "suppliers", "16": "incidents", "17": "continuity", "18": "law, review", "CLD": "cloud controls"}[t.ID]
	return t.ID + " " + or(short, cut(t.Title, 18))
}
