// SPDX-License-Identifier: Apache-2.0

package remediation

import (
	"fmt"
	"slices"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/problem"
)

// suppose says what is other once the action is done.
func (a *Action) suppose() assess.Supposition {
	var s assess.Supposition
	var at []assess.At
	for _, id := range a.Services {
		at = append(at, assess.At{Service: id, Check: a.Check})
	}
	var on []assess.On
	for _, t := range a.Bears {
		on = append(on, assess.On{Service: t.Service, Duty: t.Duty})
	}
	switch {
	case a.Kind == Mend:
		s.Mended = at
	case a.Kind == Read && a.Check == "":
		s.Collected = a.Services
	case a.Kind == Read:
		s.Read = at
	case a.Kind == Attest:
		s.Attested = on
	case a.Kind == Secure:
		s.Secured = on
	case a.Kind == Assign:
		s.Assigned = on
	}
	return s
}

// WhatIf tells what the assessment would say if the actions of the plan with
// these ids were done. The statuses are derived as those of the assessment
// are. A problem of kind NotFound names an id that the plan does not have, and
// one of kind Conflict a plan of another assessment.
func WhatIf(a *assess.Assessment, p Plan, ids []string) (Outlook, error) {
	if p.Assessment != a.Digest {
		return Outlook{}, problem.New(problem.Conflict, "the plan was made from another assessment", "make the plan anew")
	}
	out := Outlook{Estimate: true, Actions: []string{}, Before: a.Readiness.Ours, After: a.Readiness.Ours, Changed: []Change{}}
	var s assess.Supposition
	kinds := map[Kind]bool{}
	for _, id := range ids {
		i := slices.IndexFunc(p.Actions, func(x Action) bool { return x.ID == id })
		if i < 0 {
			return Outlook{}, problem.New(problem.NotFound, fmt.Sprintf("the plan has no action %q", id), "demarc remediation --top 0 lists the actions with their ids")
		}
		if slices.Contains(out.Actions, id) {
			continue
		}
		out.Actions = append(out.Actions, id)
		kinds[p.Actions[i].Kind] = true
		s = s.And(p.Actions[i].suppose())
	}
	for _, c := range assess.NewTrial(a).Suppose(s) {
		out.Changed = append(out.Changed, Change{Service: c.Service, Duty: c.Duty, From: c.From, To: c.To})
		if c.Ours {
			out.After.Move(c.From, c.To)
		}
	}
	out.Says = says(out)
	out.Supposes = supposes(kinds)
	return out, nil
}

// says is the outlook in one sentence.
func says(o Outlook) string {
	actions := "these " + plural(len(o.Actions), "action", "actions")
	verb, improve := "make", "improve"
	if len(o.Actions) == 1 {
		actions, verb, improve = "this action", "makes", "improves"
	}
	words := fmt.Sprintf("Estimate: %s %s %s more of our own duties met", actions, verb, number(o.After.Met()-o.Before.Met()))
	further := 0
	for _, c := range o.Changed {
		if c.To.Open() {
			further++
		}
	}
	if further > 0 {
		words += fmt.Sprintf(", and %s %s more", improve, plural(further, "other that needs", "others that need"))
	}
	if o.Before.Applies() > 0 && o.After.Applies() > 0 {
		words += fmt.Sprintf("; readiness %s → %s", percent(o.Before), percent(o.After))
	}
	return words + "."
}

// percent prints the share of duties that are met, of those that apply, with
// one digit, rounded down.
func percent(c assess.Counts) string {
	tenths := c.Met() * 1000 / c.Applies()
	return fmt.Sprintf("%d.%d %%", tenths/10, tenths%10)
}

func supposes(kinds map[Kind]bool) []string {
	out := []string{}
	for _, k := range []struct {
		kind Kind
		says string
	}{
		{Mend, "Every resource that fails is mended, and passes when it is asked again."},
		{Read, "What could not be read is read, and passes; of what was never collected nothing is supposed but that it was looked at."},
		{Attest, "Somebody can answer yes, and shows evidence."},
		{Secure, "The other party commits itself, and shows evidence."},
		{Assign, "Our own side takes over what nobody performs."},
	} {
		if kinds[k.kind] {
			out = append(out, k.says)
		}
	}
	return out
}

// Best gives the ids of the n actions of the plan that together gain most, in
// the order in which they were chosen: each time the one with which most of
// our own duties close, then most of all duties, then the highest priority;
// where none closes any, the one with the greatest progress. It is a greedy
// choice, no search over all sets. It stops early when nothing is left to do.
func Best(a *assess.Assessment, p Plan, n int) []string {
	trial := assess.NewTrial(a)
	out := []string{}
	left := make([]int, len(p.Actions))
	for i := range left {
		left[i] = i
	}
	for len(out) < n && len(left) > 0 {
		best, most := 0, gain{}
		for k, i := range left {
			if g := gained(trial.Suppose(p.Actions[i].suppose())); k == 0 || g.above(most) {
				best, most = k, g
			}
		}
		chosen := &p.Actions[left[best]]
		out = append(out, chosen.ID)
		trial = trial.With(chosen.suppose())
		left = slices.Delete(left, best, best+1)
	}
	return out
}

// gain is what a supposition is worth.
type gain struct{ ours, all, steps int }

func gained(shifts []assess.Shift) gain {
	var g gain
	for _, s := range shifts {
		g.steps += slices.Index(assess.Statuses(), s.To) - slices.Index(assess.Statuses(), s.From)
		if s.To.Open() {
			continue
		}
		g.all++
		if s.Ours {
			g.ours++
		}
	}
	return g
}

func (g gain) above(o gain) bool {
	switch {
	case g.ours != o.ours:
		return g.ours > o.ours
	case g.all != o.all:
		return g.all > o.all
	}
	return g.all == 0 && g.steps > o.steps
}
