// SPDX-License-Identifier: Apache-2.0

package web

import (
	"math"
	"slices"
	"strconv"

	"demarc.dev/demarc/remediation"
)

// bubbles is effort × impact as a drawing.
type bubbles struct {
	view
	Dots   []bubble
	XTicks []tick
	YTicks []tick
}

// bubble is one or more actions of a kind that cost about as much and help as
// many duties.
type bubble struct {
	At      point
	Path    string // of its sign
	Link    string // to the most urgent of its actions
	Kind    remediation.Kind
	Duties  int
	Actions []remediation.Action
}

// The measures of the drawing, in units of its box, and the ends of its scale of
// effort in minutes.
const (
	bubbleWide, bubbleHigh  = 1100, 420
	bubbleLeft, bubbleRight = 70, 1080
	bubbleTop, bubbleBottom = 24, 370
	effortLeast, effortBig  = 10.0, 30000.0
	bubbleApart             = 14 // what is nearer is one bubble
)

// drawBubbles places every action by its effort and by the duties that it helps,
// both on scales that double. What would lie on one another is one bubble, as
// large as it is many. page gives the address of the page of the list on which
// the action with a number stands.
func drawBubbles(actions []remediation.Action, page func(n int) string) bubbles {
	b := bubbles{view: view{bubbleWide, bubbleHigh}}
	most := 8.0
	for _, a := range actions {
		most = max(most, float64(len(a.Bears)))
	}
	y := func(duties float64) float64 {
		return bubbleBottom - math.Log2(1+duties)/math.Log2(1+most)*(bubbleBottom-bubbleTop)
	}
	for _, t := range []struct {
		minutes float64
		text    string
	}{{15, "15 min"}, {60, "1 hour"}, {480, "1 day"}, {2400, "1 week"}, {9600, "1 month"}} {
		b.XTicks = append(b.XTicks, tick{tenth(effortAt(t.minutes)), t.text})
	}
	for n := 1.0; n <= most; n *= 2 {
		b.YTicks = append(b.YTicks, tick{tenth(y(n)), strconv.Itoa(int(n))})
	}
	type place struct {
		kind      remediation.Kind
		x, duties int
	}
	at := map[place]int{}
	for i, a := range actions {
		p := place{a.Kind, int(effortAt(float64(a.Minutes)) / bubbleApart), len(a.Bears)}
		n, ok := at[p]
		if !ok {
			n = len(b.Dots)
			at[p] = n
			b.Dots = append(b.Dots, bubble{At: point{effortAt(float64(a.Minutes)), y(float64(p.duties))}, Link: page(i) + "#" + anchor(a.ID), Kind: a.Kind, Duties: p.duties})
		}
		b.Dots[n].Actions = append(b.Dots[n].Actions, a)
	}
	for i := range b.Dots {
		d := &b.Dots[i]
		d.Path = sign(slices.Index(kinds(), d.Kind), d.At, 4.5+1.6*math.Sqrt(float64(len(d.Actions)-1)))
	}
	return b
}

// effortAt places minutes of work.
func effortAt(minutes float64) float64 {
	at := math.Log(max(minutes, effortLeast)/effortLeast) / math.Log(effortBig/effortLeast)
	return bubbleLeft + min(at, 1)*(bubbleRight-bubbleLeft)
}

// drawn gives the bubbles as they are drawn: the most urgent lies on top.
func (b bubbles) drawn() []bubble {
	out := slices.Clone(b.Dots)
	slices.Reverse(out)
	return out
}

// says tells what a bubble stands for.
func (d bubble) says() string {
	return plural(len(d.Actions), "action", "actions") + " to " + kindName(d.Kind) + ", " + d.Actions[0].Effort + ", " + plural(d.Duties, "duty", "duties") + " each; the most urgent: " + d.Actions[0].Title
}

// bubbleNamed is how many actions of a bubble its row of the table names.
const bubbleNamed = 3

// kindSign gives the sign of a kind for a legend.
func kindSign(k remediation.Kind) string {
	return sign(slices.Index(kinds(), k), point{7, 7}, 5)
}
