// SPDX-License-Identifier: Apache-2.0

package web

import (
	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
)

// scopeView is what the page of cloud services shows.
type scopeView struct {
	Edit  bool // the visitor may
	Scope *scope.Scope
	Rows  []serviceRow
	Graph graph
}

type serviceRow struct {
	scope.Service
	Owner    string
	Standing responsibility.Status // empty: no matrix is stored
	Counts   assess.Counts
	Assessed bool
}

func (s *Server) scope(v *visit) error {
	sc, err := s.o.App.Scope(v, v.Caller)
	if problem.Of(err) == problem.NotFound && v.may(account.EditScope, s.o.Now()) {
		return s.editScope(v)
	}
	if err != nil {
		return err
	}
	ed, err := s.edition(v)
	if err != nil {
		return err
	}
	m, err := s.o.App.Matrices(v, v.Caller, ed)
	if err != nil {
		return err
	}
	counts, err := s.serviceCounts(v)
	if err != nil {
		return err
	}
	view := scopeView{Edit: v.may(account.EditScope, s.o.Now()), Scope: sc, Graph: drawGraph(sc, counts)}
	for _, x := range sc.Services {
		row := serviceRow{Service: x, Owner: "nobody named"}
		if p, ok := sc.Person(x.Owner); ok {
			row.Owner = p.Name
		}
		row.Counts, row.Assessed = counts[x.ID]
		if m.Stored[x.ID] != nil {
			if row.Standing, err = m.Standing(x.ID); err != nil {
				return err
			}
		}
		view.Rows = append(view.Rows, row)
	}
	return s.show(v, page{
		Title: "Cloud services", Section: "/scope",
		What: "The cloud services that " + sc.Organisation.Name + " consumes and provides, and what each is built on.",
		Why:  "The scope is to name what it covers and where it meets others. Of a service that we consume the customer’s duties are ours, of one that we provide the provider’s.",
		Next: "See that no service is missing, that each has an owner, and that each has a matrix that is agreed and not stale.",
	}, scopePage(view))
}

// serviceCounts gives the statuses of each service of the newest assessment;
// none when nothing was assessed yet.
func (s *Server) serviceCounts(v *visit) (map[string]assess.Counts, error) {
	run, err := s.o.App.Run(v, v.Caller, "")
	if problem.Of(err) == problem.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	g, err := s.gap(v, app.Run(run))
	if err != nil {
		return nil, err
	}
	out := map[string]assess.Counts{}
	for _, x := range g.Assessment.Services {
		out[x.ID] = x.Counts
	}
	return out, nil
}
