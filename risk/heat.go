// SPDX-License-Identifier: Apache-2.0

package risk

import "time"

// Heat counts risks on the scales of a method, by likelihood and consequence
// from 1.
type Heat struct {
	Cells   [][]int `json:"cells"`   // Cells[likelihood-1][consequence-1]
	Unrated int     `json:"unrated"` // that have no such rating
}

// View says which rating of a risk is meant.
type View string

// The views.
const (
	ViewInherent View = "inherent"
	ViewCurrent  View = "current"
	ViewTarget   View = "target" // what is expected once the treatment is done; current where none is planned
)

// Views gives all of them, in the order of the years.
func Views() []View { return []View{ViewInherent, ViewCurrent, ViewTarget} }

// Of gives that rating of a risk.
func (v View) Of(r Risk) Rating {
	switch {
	case v == ViewInherent:
		return r.Inherent
	case v == ViewTarget && !r.Treatment.Target.None():
		return r.Treatment.Target
	}
	return r.Current
}

// Map counts the risks that are not closed. A rating beyond the scales, left
// from an earlier method, counts as none: it has to be decided anew.
func Map(m Method, all []Risk, v View) Heat {
	h := Heat{Cells: make([][]int, len(m.Likelihood))}
	for i := range h.Cells {
		h.Cells[i] = make([]int, len(m.Consequence))
	}
	for _, r := range all {
		if r.Closed != "" {
			continue
		}
		if at := v.Of(r); m.Within(at) {
			h.Cells[at.Likelihood-1][at.Consequence-1]++
		} else {
			h.Unrated++
		}
	}
	return h
}

// Summary is the register in numbers.
type Summary struct {
	All         int            `json:"all"` // also the closed
	States      map[State]int  `json:"states"`
	Bands       map[string]int `json:"bands"`       // of the current rating, without the closed
	Intolerable int            `json:"intolerable"` // above the appetite, and no valid decision accepts them
	LateSteps   int            `json:"late_steps"`
	Ownerless   int            `json:"ownerless"` // without the closed
}

// Sum gives the numbers at a moment.
func Sum(m Method, all []Risk, now time.Time) Summary {
	s := Summary{All: len(all), States: map[State]int{}, Bands: map[string]int{}}
	for _, r := range all {
		state := r.State(now)
		s.States[state]++
		if state == Closed {
			continue
		}
		s.LateSteps += len(r.Late(now))
		if r.Owner == "" {
			s.Ownerless++
		}
		if r.Current.None() {
			continue
		}
		s.Bands[m.Band(r.Current)]++
		if !m.Tolerable(r.Current) && state != Accepted && state != Treating {
			s.Intolerable++
		}
	}
	return s
}
