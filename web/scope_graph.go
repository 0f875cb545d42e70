// SPDX-License-Identifier: Apache-2.0

package web

import (
	"cmp"
	"slices"
	"strconv"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/scope"
)

// graph is the services as a drawing: each stands above those that it is built
// on, our customers above all, and the providers below.
type graph struct {
	view
	Nodes []node
	Edges []edge
}

// node is a service, or a party.
type node struct {
	X, Y       int
	Kind       string // provides, consumes, party
	Name, Says string
	Path       string // empty: of a party
	Pieces     []piece
	level      int
	id         string
}

// edge leads from what uses to what is used.
type edge struct {
	Kind       string // built, party
	Path, Head string
}

// The measures of the drawing.
const (
	nodeWide, nodeHigh = 200, 62
	nodeGap, levelGap  = 24, 46
	graphEdge          = 12
	graphAcross        = 5 // nodes beside one another; more stand in further rows
)

// drawGraph places the services of a scope. What the services stand for is told
// by counts, of those that were assessed.
func drawGraph(sc *scope.Scope, counts map[string]assess.Counts) graph {
	levels := levelsOf(sc)
	top := 0
	for _, l := range levels {
		top = max(top, l)
	}
	var nodes []node
	var uses [][2]string
	party := func(id, name, says string, level int) {
		if !slices.ContainsFunc(nodes, func(n node) bool { return n.id == id }) {
			nodes = append(nodes, node{Kind: "party", Name: cut(name, 22), Says: says, level: level, id: id})
		}
	}
	for _, x := range sc.Services {
		n := node{Kind: string(x.Role), Name: cut(x.Name, 22), Says: roleOf(x.Role) + " · " + x.Model.Name(), Path: "#service-" + x.ID, level: levels[x.ID] + 1, id: "s " + x.ID}
		if c, ok := counts[x.ID]; ok && c.Total > 0 {
			n.Pieces = piecesWide(c, nodeWide-24)
		}
		nodes = append(nodes, n)
		for _, b := range x.BuiltOn {
			uses = append(uses, [2]string{n.id, "s " + b})
		}
		switch {
		case x.Role == scope.Provides:
			party("c "+x.Customer, or(x.Customer, "our customers"), "consume it", top+2)
			uses = append(uses, [2]string{"c " + x.Customer, n.id})
		case x.Provider != "":
			party("p "+x.Provider, x.Provider, "provides it", 0)
			uses = append(uses, [2]string{n.id, "p " + x.Provider})
		}
	}
	return place(nodes, uses)
}

// levelsOf gives how many services stand below each, at the longest way down.
func levelsOf(sc *scope.Scope) map[string]int {
	out := map[string]int{}
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
	for _, x := range sc.Services {
		out[x.ID] = level(x.ID, 0)
	}
	return out
}

// place gives every node its place, row below row, and draws what leads from one
// to another.
func place(nodes []node, uses [][2]string) graph {
	slices.SortStableFunc(nodes, func(a, b node) int { return cmp.Compare(b.level, a.level) })
	var rows [][]*node
	at := map[string]*node{}
	across := 0
	for i := range nodes {
		n := &nodes[i]
		at[n.id] = n
		if last := len(rows) - 1; last < 0 || rows[last][0].level != n.level || len(rows[last]) == graphAcross {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], n)
		across = max(across, len(rows[len(rows)-1]))
	}
	g := graph{view: view{2*graphEdge + across*(nodeWide+nodeGap) - nodeGap, 2*graphEdge + len(rows)*(nodeHigh+levelGap) - levelGap}}
	for r, row := range rows {
		indent := (across - len(row)) * (nodeWide + nodeGap) / 2
		for i, n := range row {
			n.X, n.Y = graphEdge+indent+i*(nodeWide+nodeGap), graphEdge+r*(nodeHigh+levelGap)
		}
	}
	g.Nodes = nodes
	for _, u := range uses {
		if from, to := at[u[0]], at[u[1]]; from != nil && to != nil {
			g.Edges = append(g.Edges, joined(from, to))
		}
	}
	return g
}

// joined draws a line from the foot of one node to the head of another.
func joined(from, to *node) edge {
	e := edge{Kind: "built"}
	if from.Kind == "party" || to.Kind == "party" {
		e.Kind = "party"
	}
	a, b := point{float64(from.X + nodeWide/2), float64(from.Y + nodeHigh)}, point{float64(to.X + nodeWide/2), float64(to.Y)}
	half := (b.Y - a.Y) / 2
	e.Path = "M" + a.x() + " " + a.y() + " C" + a.x() + " " + tenth(a.Y+half) + " " + b.x() + " " + tenth(b.Y-half) + " " + b.x() + " " + tenth(b.Y-6)
	e.Head = "M" + tenth(b.X-4) + " " + tenth(b.Y-8) + " h8 L" + b.x() + " " + b.y() + " Z"
	return e
}

// piecesWide divides a bar of a width by the counts.
func piecesWide(c assess.Counts, wide int) []piece {
	out := pieces(c)
	before := 0
	for i := range out {
		out[i].X = tenth(float64(before) / float64(c.Total) * float64(wide))
		out[i].W = tenth(float64(out[i].Count) / float64(c.Total) * float64(wide))
		before += out[i].Count
	}
	return out
}

// plus adds to a place, for what is drawn in it.
func plus(n, by int) string { return strconv.Itoa(n + by) }

// partiesOf says who stands on either side of a service.
func partiesOf(x scope.Service) string {
	if x.Role == scope.Provides {
		return "we provide it to " + or(x.Customer, "our customers")
	}
	return or(x.Provider, "somebody not named") + " provides it to us"
}
