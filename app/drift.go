// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
)

// Drift is what changed from an earlier assessment to a later one.
type Drift struct {
	Earlier, Later Run
	Findings       FindingDrift
	Duties         assess.Difference
}

// FindingDrift is what became of findings, which are told apart by their
// fingerprints. It says what check.Difference does, and holds no more of it than
// people look at.
type FindingDrift struct {
	New     Changed // fail, and did not before
	Fixed   Changed // failed before; pass or do not apply now
	Open    Changed // failed before and still fail
	Unknown Changed // were known before and are unknown, or an error, now
	Known   Changed // were unknown before and pass or do not apply now
	Gone    Changed // failed before and are not in the later run; these are the earlier findings
}

// Changed counts findings to which the same happened.
type Changed struct {
	Count int
	First []check.Finding // at most ChangedMost, in order of check and of the name of the resource

	open [5]int // those that no exception covers, by Rank
}

// ChangedMost is how many findings of a sort a drift names.
const ChangedMost = 200

// Drift compares two assessments.
func (a *App) Drift(ctx context.Context, c Caller, earlier, later Run) (*Drift, error) {
	var was, is foundView
	var before, after *assess.Assessment
	side := func(run Run, concluded **assess.Assessment, view *foundView) (err error) {
		if *concluded, err = a.Assessment(ctx, c, run); err != nil {
			return err
		}
		*view, err = a.findingView(ctx, c, run, FindingFilter{})
		return err
	}
	var both sync.WaitGroup // each reads a large file when it is not at hand
	var faults [2]error
	both.Go(func() { faults[0] = side(earlier, &before, &was) })
	both.Go(func() { faults[1] = side(later, &after, &is) })
	both.Wait()
	for _, err := range faults {
		if err != nil {
			return nil, err
		}
	}
	d := &Drift{Earlier: earlier, Later: later, Duties: assess.Compare(before, after)}
	var err error
	d.Findings, err = driftOf(was, is)
	return d, err
}

// driftOf compares what two views hold.
func driftOf(was, is foundView) (d FindingDrift, err error) {
	var fresh, fixed, open, unknown, known, gone []int32
	failed, pass, none := outcomeAt(check.Fail), outcomeAt(check.Pass), outcomeAt(check.NotApplicable)
	for place, class := range is.x.class {
		if !is.ok[class] {
			continue
		}
		before, there := was.outcome(is.x.print[place])
		settled := there && (before == pass || before == none)
		switch now := is.x.classes[class].outcome; {
		case now == failed && there && before == failed:
			open = append(open, int32(place))
		case now == failed:
			fresh = append(fresh, int32(place))
		case now != pass && now != none:
			if settled || there && before == failed {
				unknown = append(unknown, int32(place))
			}
		case there && before == failed:
			fixed = append(fixed, int32(place))
		case there && !settled:
			known = append(known, int32(place))
		}
	}
	for place, class := range was.x.class {
		if !was.ok[class] || was.x.classes[class].outcome != failed {
			continue
		}
		if _, there := is.outcome(was.x.print[place]); !there {
			gone = append(gone, int32(place))
		}
	}
	for _, part := range []struct {
		into   *Changed
		from   foundView
		places []int32
	}{{&d.New, is, fresh}, {&d.Fixed, is, fixed}, {&d.Open, is, open}, {&d.Unknown, is, unknown}, {&d.Known, is, known}, {&d.Gone, was, gone}} {
		if *part.into, err = part.from.changed(part.places); err != nil {
			return d, err
		}
	}
	return d, nil
}

func outcomeAt(o check.Outcome) uint8 { return uint8(slices.Index(Outcomes(), o)) }

// outcome gives that of the finding with the fingerprint, by its number in
// Outcomes; there is false when the view has none.
func (v foundView) outcome(p fingerprint) (outcome uint8, there bool) {
	place, ok := v.x.find(p)
	if !ok || !v.ok[v.x.class[place]] {
		return 0, false
	}
	return v.x.classes[v.x.class[place]].outcome, true
}

// changed counts places and reads the first of them.
func (v foundView) changed(places []int32) (out Changed, err error) {
	out.Count = len(places)
	checks := v.x.nameRanks()
	slices.SortFunc(places, func(a, b int32) int {
		return cmp.Or(cmp.Compare(checks[v.x.classes[v.x.class[a]].check], checks[v.x.classes[v.x.class[b]].check]),
			cmp.Compare(v.x.ranks[v.x.where[a]], v.x.ranks[v.x.where[b]]), bytes.Compare(v.x.print[a][:], v.x.print[b][:]))
	})
	for _, place := range places {
		if c := &v.x.classes[v.x.class[place]]; !c.excepted {
			out.open[c.rank]++
		}
	}
	read := v.x.lines.reader()
	for _, place := range places[:min(ChangedMost, len(places))] {
		f, err := read.read(place)
		if err != nil {
			return out, err
		}
		out.First = append(out.First, f)
	}
	return out, nil
}

// nameRanks gives the place of each name in the order of names.
func (x *findingIndex) nameRanks() []int32 {
	order := make([]int32, len(x.names))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(x.names[a], x.names[b]) })
	ranks := make([]int32, len(order))
	for rank, name := range order {
		ranks[name] = int32(rank)
	}
	return ranks
}

// Rank orders severities: 4 for critical, 1 for low, 0 for another word.
func Rank(s check.Severity) int {
	return 1 + slices.Index([]check.Severity{check.Low, check.Medium, check.High, check.Critical}, s)
}

// Reached counts the failures that no exception covers and that have at least
// the severity.
func (out *Assessed) Reached(at check.Severity) int {
	n := 0
	for finding := range out.failing {
		if Rank(finding) >= Rank(at) {
			n += out.failing[finding]
		}
	}
	return n
}

// Reached counts the failures that the earlier assessment did not have.
func (d *Drift) Reached(at check.Severity) int {
	n := 0
	for rank := Rank(at); rank < len(d.Findings.New.open); rank++ {
		n += d.Findings.New.open[rank]
	}
	return n
}
