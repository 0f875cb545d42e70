// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"strings"

	"demarc.dev/demarc/catalogue"
)

// asked names where the standard asks for something: the clauses of the
// controls in both editions. A page says it beside its why, so that a reader can
// look it up in his own copy.
func (s *Server) asked(controls ...string) string {
	var out []string
	for _, ed := range []catalogue.Edition{catalogue.Edition2026, catalogue.Edition2015} {
		if ids := s.clauses(ed, controls...); ids != "" {
			out = append(out, string(ed)+": "+ids)
		}
	}
	return strings.Join(out, "; ")
}

// clauses names the clauses of controls in one edition.
func (s *Server) clauses(ed catalogue.Edition, controls ...string) string {
	cat, err := s.o.App.Catalogue()
	if err != nil { // every page that needs more of it says so
		return ""
	}
	var ids []string
	for _, key := range controls {
		c, _ := cat.Control(key)
		for _, x := range c.Clauses {
			if x.Edition == ed && !slices.Contains(ids, x.ID) {
				ids = append(ids, x.ID)
			}
		}
	}
	return strings.Join(ids, ", ")
}
