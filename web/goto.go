// SPDX-License-Identifier: Apache-2.0

package web

import (
	"encoding/json"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
)

// destination is a place that a reader may go to: of the palette, and of the
// page that stands in for it.
type destination struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Hint string `json:"hint,omitempty"`
	Path string `json:"path"`
}

// gotoView is what the page of places shows.
type gotoView struct {
	Query string
	Found []destination
	All   int
}

// gotoMost is how many places the page shows.
const gotoMost = 60

// goTo finds places by words, for who has no script or no wish for it.
func (s *Server) goTo(v *visit) error {
	all, err := s.destinations(v)
	if err != nil {
		return err
	}
	view := gotoView{Query: strings.TrimSpace(v.get("q"))}
	if len(view.Query) > 200 {
		return problem.New(problem.Usage, "These are too many words", "Say a name or a number.")
	}
	words := strings.Fields(strings.ToLower(view.Query))
	var pages []destination
	for _, m := range s.menu(v) {
		for _, i := range m.Items {
			pages = append(pages, destination{Kind: "page", Name: i.Name, Path: at(v, i.Path)})
		}
	}
	for _, d := range append(pages, all...) {
		if len(words) == 0 && d.Kind != "page" && d.Kind != "service" || !holdsWords(d, words) {
			continue
		}
		if view.All++; len(view.Found) < gotoMost {
			view.Found = append(view.Found, d)
		}
	}
	return s.show(v, page{
		Title: "Go to", Section: "/go",
		What: "Every place of these pages by its name: pages, services, controls, duties and checks.",
		Why:  "What an auditor asks for must be found at once, and documented information is to be available where it is needed.",
		Next: "Type a word or a number. With script, Ctrl K or / opens the same anywhere, and ? lists the keys.",
	}, gotoPage(view))
}

func holdsWords(d destination, words []string) bool {
	all := strings.ToLower(d.Name + " " + d.Kind + " " + d.Hint)
	for _, w := range words {
		if !strings.Contains(all, w) {
			return false
		}
	}
	return true
}

// goToJSON gives the places to the script, but those of the menu, which stand in
// every page.
func (s *Server) goToJSON(v *visit) error {
	all, err := s.destinations(v)
	if err != nil {
		return err
	}
	data, err := json.Marshal(all)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	if _, err := v.w.Write(data); err != nil {
		s.o.Log.Info("writing places", "error", err) // the reader left
	}
	return nil
}

// destinations gives the services that the visitor sees, and what the catalogue
// holds, each on the pages that he may open.
func (s *Server) destinations(v *visit) ([]destination, error) {
	out := []destination{}
	sc, err := s.o.App.Scope(v, v.Caller)
	if err != nil && problem.Of(err) != problem.NotFound { // nobody wrote one yet
		return nil, err
	}
	now := s.o.Now()
	if err == nil {
		for _, x := range sc.Services {
			for _, to := range []struct {
				what, path string
				need       account.Permission
			}{{"duties", query("/duty", "service", x.ID), account.ReadAssessment}, {"findings", query("/finding", "service", x.ID), account.ReadFinding}, {"responsibility matrix", "/responsibility/" + x.ID, account.ReadMatrix}} {
				if v.may(to.need, now) {
					out = append(out, destination{"service", x.Name + ", " + to.what, x.ID, at(v, to.path)})
				}
			}
		}
	}
	cat, err := s.o.App.Catalogue()
	if err != nil {
		return nil, err
	}
	duties := v.may(s.needs["/duty/{duty}"], now)
	for _, c := range cat.Controls() {
		var ids []string
		for _, x := range c.Clauses {
			ids = append(ids, x.ID)
		}
		out = append(out, destination{"control", strings.Join(ids, " · ") + " " + c.Title, c.Key, at(v, "/catalogue/"+c.Key)})
		for _, d := range c.Duties {
			if duties {
				out = append(out, destination{"duty", d.ID + " " + cut(d.Text, 70), string(d.Party), at(v, "/duty/"+d.ID)})
			}
		}
	}
	checks, err := s.shipped()
	if err != nil {
		return nil, err
	}
	for _, x := range checks {
		out = append(out, destination{"check", x.Title, x.ID, at(v, "/check/"+x.ID)})
	}
	return out, nil
}

// letterOf gives the letter that, after g, goes to a page of the menu.
func letterOf(path string) string {
	return map[string]string{
		"/": "h", "/scope": "s", "/responsibility": "m", "/responsibility/finding": "o", "/duty/map": "v", "/duty": "d", "/finding": "f", "/remediation": "p", "/assess": "a",
		"/catalogue": "c", "/check": "t", "/job": "l", "/collect": "n", "/evidence": "e", "/report": "r", "/request": "q", "/member": "u", "/risk": "k",
	}[path]
}
