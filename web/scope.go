// SPDX-License-Identifier: Apache-2.0

package web

import (
	"demarc.dev/demarc/account"
	"strconv"

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
	m, err := s.matrices(v, ed)
	if err != nil {
		return err
	}
	counts, err := s.serviceCounts(v)
	if err != nil {
		return err
	}
	view := scopeView{Edit: v.may(account.EditScope, s.o.Now()), Scope: sc, Graph: drawGraph(sc)}
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
		Why:  "The scope says which services an assessment speaks of. For a service that we consume the customer’s duties are ours; for one that we provide, the provider’s.",
		Next: "See that no service is missing and that each has a matrix. The scope itself is edited as a file.",
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

// graph is the services as a drawing: each stands one level above those that it
// is built on.
type graph struct {
	Width, Height string
	Box           string
	Nodes         []node
	Edges         []edge
	Says          string
}

type node struct{ X, Y, TextX, TextY, Name, Role, ID string }

type edge struct{ Path string }

const (
	nodeWide, nodeHigh = 190, 52
	nodeGap, levelGap  = 30, 50
)

func drawGraph(sc *scope.Scope) graph {
	levels := map[string]int{}
	var level func(id string, seen int) int
	level = func(id string, seen int) int {
		x, ok := sc.Service(id)
		n := 0
		if !ok || seen > len(sc.Services) { // built in a circle
			return n
		}
		for _, b := range x.BuiltOn {
			n = max(n, level(b, seen+1)+1)
		}
		return n
	}
	top, per, most := 0, map[int]int{}, 0
	for _, x := range sc.Services {
		l := level(x.ID, 0)
		levels[x.ID] = l
		top = max(top, l)
		per[l]++
		most = max(most, per[l])
	}
	at, used := map[string][2]int{}, map[int]int{}
	g := graph{Says: "Services and what they are built on; the table says the same."}
	for _, x := range sc.Services {
		l := levels[x.ID]
		indent := (most - per[l]) * (nodeWide + nodeGap) / 2
		px, py := 10+indent+used[l]*(nodeWide+nodeGap), 10+(top-l)*(nodeHigh+levelGap)
		used[l]++
		at[x.ID] = [2]int{px, py}
		g.Nodes = append(g.Nodes, node{strconv.Itoa(px), strconv.Itoa(py), strconv.Itoa(px + 12), strconv.Itoa(py + 22), cut(x.Name, 24), roleOf(x.Role), x.ID})
	}
	for _, x := range sc.Services {
		for _, b := range x.BuiltOn {
			from, to := at[x.ID], at[b]
			if _, ok := at[b]; ok {
				g.Edges = append(g.Edges, edge{"M" + strconv.Itoa(from[0]+nodeWide/2) + " " + strconv.Itoa(from[1]+nodeHigh) + " C" + strconv.Itoa(from[0]+nodeWide/2) + " " + strconv.Itoa(from[1]+nodeHigh+levelGap/2) + " " + strconv.Itoa(to[0]+nodeWide/2) + " " + strconv.Itoa(to[1]-levelGap/2) + " " + strconv.Itoa(to[0]+nodeWide/2) + " " + strconv.Itoa(to[1])})
			}
		}
	}
	w, h := 20+most*(nodeWide+nodeGap)-nodeGap, 20+(top+1)*(nodeHigh+levelGap)-levelGap
	g.Width, g.Height, g.Box = strconv.Itoa(w), strconv.Itoa(h), "0 0 "+strconv.Itoa(w)+" "+strconv.Itoa(h)
	return g
}
