// SPDX-License-Identifier: Apache-2.0

package web

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/reach"
)

// matrixMost is how many tenants are drawn: beyond it the list tells what is not
// closed, and a drawing would tell nothing.
const matrixMost = 24

// reachView is what the page of reachability shows.
type reachView struct {
	Nothing  string // why there is no answer
	Tenants  []reach.Tenant
	Rows     []reachRow
	Drawing  *reachDrawing
	Pairs    part[reach.Pair] // that are not closed
	Exposed  part[reach.Exposure]
	Tally    map[reach.Verdict]int
	Internet map[reach.Verdict]int
	Nodes    int
	Nobody   int
	Filed    bool // tenants were written down
	Seen     []app.Snapshot
}

type reachRow struct {
	From  string
	Cells []reach.Pair // Verdict empty: the tenant itself
}

const (
	reachWhat = "Whether any packet can go from one tenant's machines to another's, to the administration network, or from the internet to a machine: computed from groups, lists, routes and joins, without sending one."
	reachWhy  = "Tenants must be kept apart in what they share, and the administration network from all of them (CLD.9.5.1, 13.1.3, CLD.13.1.4). No single rule shows whether they are."
)

func (s *Server) reach(v *visit) error {
	p := page{Title: "Reachability", Section: "/reach", What: reachWhat, Why: reachWhy,
		Next: "Open what is not closed: its path names each rule, and what would stop it. Unknown means that something was not read."}
	r, err := s.o.App.Reach(v, v.Caller, nil)
	if problem.Of(err) == problem.NotFound && err != nil {
		return s.show(v, p, reachPage(reachView{Nothing: err.Error()}))
	}
	if err != nil {
		return err
	}
	view, err := reachViewOf(v, r)
	if err != nil {
		return err
	}
	return s.show(v, p, reachPage(view))
}

// reachRows is how many pairs, and machines, stand on one page.
const reachRows = 100

func reachViewOf(v *visit, r *app.Reached) (view reachView, err error) {
	view = reachView{Tenants: r.Tenants, Tally: map[reach.Verdict]int{}, Internet: map[reach.Verdict]int{}, Nodes: r.Nodes, Nobody: r.Nobody, Filed: r.Tenanted != nil, Seen: r.Snapshots}
	cells := map[[2]string]reach.Pair{}
	var pairs []reach.Pair
	var exposed []reach.Exposure
	for _, p := range r.Pairs {
		view.Tally[p.Verdict]++
		cells[[2]string{p.From, p.To}] = p
		if p.Verdict != reach.Closed {
			pairs = append(pairs, p)
		}
	}
	slices.SortStableFunc(pairs, func(a, b reach.Pair) int { return cmp.Compare(reachRank(a.Verdict), reachRank(b.Verdict)) })
	for _, x := range r.Internet {
		view.Internet[x.Verdict]++
		if x.Verdict != reach.Closed {
			exposed = append(exposed, x)
		}
	}
	if view.Pairs, err = partOf(v, "page", pairs, reachRows); err != nil {
		return view, err
	}
	if view.Exposed, err = partOf(v, "machines", exposed, reachRows); err != nil {
		return view, err
	}
	if len(r.Tenants) < 2 || len(r.Tenants) > matrixMost {
		return view, nil
	}
	for _, from := range r.Tenants {
		row := reachRow{From: from.ID}
		for _, to := range r.Tenants {
			row.Cells = append(row.Cells, cells[[2]string{from.ID, to.ID}])
		}
		view.Rows = append(view.Rows, row)
	}
	view.Drawing = drawReach(r)
	return view, nil
}

func reachRank(v reach.Verdict) int {
	return slices.Index([]reach.Verdict{reach.Open, reach.OneWay, reach.Unknown, reach.Closed}, v)
}

// reachClass gives the look of a verdict: what is open is a failure.
func reachClass(v reach.Verdict) string {
	return map[reach.Verdict]string{reach.Open: "o-fail", reach.OneWay: "d-overlap", reach.Unknown: "o-unknown", reach.Closed: "o-pass"}[v]
}

func reachSign(v reach.Verdict) string {
	return map[reach.Verdict]string{reach.Open: "✕", reach.OneWay: "→", reach.Unknown: "?", reach.Closed: "✓"}[v]
}

// reachDrawing is the picture: who reaches whom, tenants in a circle, the
// internet among them.
type reachDrawing struct {
	Dots  []reachDot
	Lines []reachLine
}

type reachDot struct {
	ID, X, Y, LabelX, LabelY, Anchor string
	Internet                         bool
}

type reachLine struct {
	Path, D, Says string
	Verdict       reach.Verdict
}

const internetDot = "internet"

func drawReach(r *app.Reached) *reachDrawing {
	names := []string{internetDot}
	for _, t := range r.Tenants {
		names = append(names, t.ID)
	}
	d := &reachDrawing{}
	const centre, middle, radius = 290.0, 165.0, 120.0 // of a picture of 580 by 330: names stand beside the dots
	spot := map[string][2]float64{}
	for i, n := range names {
		angle := 2*math.Pi*float64(i)/float64(len(names)) - math.Pi/2
		x, y := centre+radius*math.Cos(angle), middle+radius*math.Sin(angle)
		spot[n] = [2]float64{x, y}
		anchor := "middle"
		if math.Cos(angle) > 0.3 {
			anchor = "start"
		} else if math.Cos(angle) < -0.3 {
			anchor = "end"
		}
		d.Dots = append(d.Dots, reachDot{ID: n, X: at1(x), Y: at1(y), LabelX: at1(centre + (radius+16)*math.Cos(angle)), LabelY: at1(middle + (radius+16)*math.Sin(angle) + 4), Anchor: anchor, Internet: n == internetDot})
	}
	for _, p := range r.Pairs {
		if p.Verdict != reach.Closed {
			d.Lines = append(d.Lines, reachLine{query("/reach/pair", "from", p.From, "to", p.To), curve(spot[p.From], spot[p.To]), p.From + " to " + p.To + ": " + string(p.Verdict), p.Verdict})
		}
	}
	told := map[string]bool{}
	for _, x := range r.Internet {
		if x.Verdict != reach.Closed && x.Tenant != "" && !told[x.Tenant] {
			told[x.Tenant] = true
			d.Lines = append(d.Lines, reachLine{query("/reach/internet", "node", x.Node), curve(spot[internetDot], spot[x.Tenant]), "internet to " + x.Tenant + ": " + string(x.Verdict), x.Verdict})
		}
	}
	return d
}

func at1(v float64) string { return fmt.Sprintf("%.1f", v) }

// curve bends a line to its right, so that the way there and the way back are
// two lines; it ends before the dot.
func curve(a, b [2]float64) string {
	dx, dy := b[0]-a[0], b[1]-a[1]
	length := math.Hypot(dx, dy)
	ux, uy := dx/length, dy/length
	mx, my := (a[0]+b[0])/2-uy*length*0.12, (a[1]+b[1])/2+ux*length*0.12
	ex, ey := b[0]-mx, b[1]-my
	end := math.Hypot(ex, ey)
	return fmt.Sprintf("M%.1f %.1f Q%.1f %.1f %.1f %.1f", a[0], a[1], mx, my, b[0]-ex/end*16, b[1]-ey/end*16)
}

func (s *Server) reachPair(v *visit) error {
	r, err := s.o.App.Reach(v, v.Caller, nil)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(r.Pairs, func(p reach.Pair) bool { return p.From == v.get("from") && p.To == v.get("to") })
	if i < 0 {
		return problem.New(problem.NotFound, "there is no such pair of tenants", "open Reachability and choose one")
	}
	p := r.Pairs[i]
	return s.show(v, page{Title: p.From + " to " + p.To, Section: "/reach", What: "Whether a packet can go from a machine of " + p.From + " to one of " + p.To + ", and by which rules.", Why: reachWhy,
		Next: "Change one of the things that would stop it, collect again, and look here once more."}, reachPairPage(p))
}

func (s *Server) reachInternet(v *visit) error {
	r, err := s.o.App.Reach(v, v.Caller, nil)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(r.Internet, func(x reach.Exposure) bool { return x.Node == v.get("node") })
	if i < 0 {
		return problem.New(problem.NotFound, "there is no such machine", "open Reachability and choose one")
	}
	x := r.Internet[i]
	return s.show(v, page{Title: "Internet to " + x.Name, Section: "/reach", What: "Whether the internet reaches " + x.Name + ", on which ports and by which rules.", Why: reachWhy,
		Next: "Narrow the rule that the path names, or take the public address away, and collect again."}, reachNodePage(x))
}
