// SPDX-License-Identifier: Apache-2.0

package web

import (
	"math"
	"strconv"
	"testing"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/scope"
)

// estateOf makes a scope of many services: provided ones upon consumed ones.
func estateOf(provided, consumed int) *scope.Scope {
	sc := &scope.Scope{}
	for i := range consumed {
		sc.Services = append(sc.Services, scope.Service{ID: "c" + strconv.Itoa(i), Name: "Consumed " + strconv.Itoa(i), Role: scope.Consumes, Provider: "Provider " + strconv.Itoa(i%3)})
	}
	for i := range provided {
		x := scope.Service{ID: "p" + strconv.Itoa(i), Name: "Provided " + strconv.Itoa(i), Role: scope.Provides, BuiltOn: []string{"c" + strconv.Itoa(i%consumed), "c0"}}
		if i > 0 {
			x.BuiltOn = append(x.BuiltOn, "p0")
		}
		sc.Services = append(sc.Services, x)
	}
	return sc
}

func TestGraph(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 2}, {3, 4}, {20, 30}} {
		sc := estateOf(size[0], size[1])
		g := drawGraph(sc, map[string]assess.Counts{"c0": {Total: 4, Satisfied: 1, Unknown: 3}})
		at := map[string]node{}
		services := 0
		for i, n := range g.Nodes {
			at[n.id] = n
			if n.Kind != "party" {
				services++
			}
			if n.X < 0 || n.Y < 0 || n.X+nodeWide > g.Wide || n.Y+nodeHigh > g.High {
				t.Errorf("%v: %s stands out of the drawing", size, n.Name)
			}
			for _, o := range g.Nodes[:i] {
				if abs(n.X-o.X) < nodeWide && abs(n.Y-o.Y) < nodeHigh {
					t.Errorf("%v: %s lies on %s", size, n.Name, o.Name)
				}
			}
		}
		if services != len(sc.Services) {
			t.Errorf("%v: %d services are drawn of %d", size, services, len(sc.Services))
		}
		if most := 2*graphEdge + graphAcross*(nodeWide+nodeGap); g.Wide > most {
			t.Errorf("%v: %d wide", size, g.Wide)
		}
		edges := 0
		for _, x := range sc.Services {
			edges += 1 + len(x.BuiltOn)
			for _, b := range x.BuiltOn {
				if at["s "+x.ID].Y >= at["s "+b].Y {
					t.Errorf("%v: %s does not stand above %s, on which it is built", size, x.ID, b)
				}
			}
		}
		if len(g.Edges) != edges {
			t.Errorf("%v: %d lines, want %d", size, len(g.Edges), edges)
		}
		p := at["s c0"].Pieces
		if len(p) != 2 || math.Abs(float(t, p[0].W)-(nodeWide-24)/4) > 0.1 {
			t.Errorf("%v: the bar of c0 is %v", size, p)
		}
	}
}

func TestGraph_Circle(t *testing.T) {
	sc := &scope.Scope{Services: []scope.Service{{ID: "a", BuiltOn: []string{"b"}}, {ID: "b", BuiltOn: []string{"a", "gone"}}}}
	if g := drawGraph(sc, nil); len(g.Nodes) != 2 || len(g.Edges) != 2 {
		t.Errorf("%d services and %d lines of a circle of two", len(g.Nodes), len(g.Edges))
	}
}

func abs(n int) int { return max(n, -n) }
