// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
)

// Difference is what changed from one assessment to a later one, told in
// duties and in failing checks.
type Difference struct {
	Earlier    string                         `json:"earlier"` // digests
	Later      string                         `json:"later"`
	Comparable bool                           `json:"comparable"` // of the same organisation and edition; else most of it is New and Gone
	Duties     Changes[DutyChange]            `json:"duties"`
	Checks     Changes[CheckChange]           `json:"checks"`
	Readiness  struct{ Before, After Counts } `json:"readiness"` // of our own duties
}

// Changes sorts what changed. Each list is in the order of the later
// assessment; Gone is in the order of the earlier one.
type Changes[T any] struct {
	New      []T `json:"new"`      // no gap before, or not asked; a gap now
	Fixed    []T `json:"fixed"`    // a gap before; shown not to be one now
	Worsened []T `json:"worsened"` // a gap before, and a worse one now
	Unseen   []T `json:"unseen"`   // shown to fail before, and cannot be told now: nobody may call it fixed
	Open     []T `json:"open"`     // a gap before and now
	Gone     []T `json:"gone"`     // a gap before, and not asked any more
}

// DutyChange is a duty of a service before and now.
type DutyChange struct {
	Service  string          `json:"service"`
	Duty     string          `json:"duty"`
	Control  string          `json:"control"`
	Party    catalogue.Party `json:"party"`
	Ours     bool            `json:"ours"`
	From     Status          `json:"from,omitempty"` // empty: it was not asked
	To       Status          `json:"to,omitempty"`
	Summary  string          `json:"summary"`            // of the later answer, or the last one that there was
	Severity check.Severity  `json:"severity,omitempty"` // of the gap, where it is one
}

// CheckChange is a check in a service before and now.
type CheckChange struct {
	Service  string         `json:"service"`
	Check    string         `json:"check"`
	Title    string         `json:"title,omitempty"`
	Severity check.Severity `json:"severity"`
	From     Tally          `json:"from"`
	To       Tally          `json:"to"`
}

// Compare tells what changed. Neither assessment may be nil.
func Compare(earlier, later *Assessment) Difference {
	d := Difference{Earlier: earlier.Digest, Later: later.Digest, Comparable: earlier.Organisation.ID == later.Organisation.ID && earlier.Edition == later.Edition}
	d.Readiness.Before, d.Readiness.After = earlier.Readiness.Ours, later.Readiness.Ours
	d.Duties = compareDuties(earlier, later)
	d.Checks = compareChecks(earlier, later)
	return d
}

func compareDuties(earlier, later *Assessment) (out Changes[DutyChange]) {
	before := map[On]*Answer{}
	for i := range earlier.Answers {
		before[On{earlier.Answers[i].Service, earlier.Answers[i].Duty}] = &earlier.Answers[i]
	}
	lasting, was := severitiesOf(later), severitiesOf(earlier)
	for i := range later.Answers {
		n := &later.Answers[i]
		at := On{n.Service, n.Duty}
		c := DutyChange{Service: n.Service, Duty: n.Duty, Control: n.Control, Party: n.Party, Ours: n.Ours, To: n.Status, Summary: n.Summary, Severity: lasting[at]}
		if old := before[at]; old != nil {
			c.From = old.Status
			delete(before, at)
		}
		out.sort(c, c.From != "" && c.From.Open(), c.To.Open(), (c.From == NotSatisfied || c.From == Partly) && c.To == Unknown, statusRank(c.To) < statusRank(c.From))
	}
	for i := range earlier.Answers {
		n := &earlier.Answers[i]
		at := On{n.Service, n.Duty}
		if before[at] != nil && n.Status.Open() {
			out.Gone = append(out.Gone, DutyChange{Service: n.Service, Duty: n.Duty, Control: n.Control, Party: n.Party, Ours: n.Ours, From: n.Status, Summary: n.Summary, Severity: was[at]})
		}
	}
	out.tidy()
	return out
}

func severitiesOf(a *Assessment) map[On]check.Severity {
	out := map[On]check.Severity{}
	for _, g := range a.Gaps {
		out[On{g.Service, g.Duty}] = g.Severity
	}
	return out
}

func compareChecks(earlier, later *Assessment) (out Changes[CheckChange]) {
	before := map[At]*Result{}
	for i := range earlier.Results {
		before[At{earlier.Results[i].Service, earlier.Results[i].Check}] = &earlier.Results[i]
	}
	for i := range later.Results {
		r := &later.Results[i]
		at := At{r.Service, r.Check}
		c := CheckChange{Service: r.Service, Check: r.Check, Title: r.Title, Severity: r.Severity, To: r.Tally}
		if old := before[at]; old != nil {
			c.From = old.Tally
			delete(before, at)
		}
		untold := c.From.Fail > 0 && c.To.Fail < c.From.Fail && c.To.Fail == 0 && c.To.Unknown+c.To.Error > 0
		out.sort(c, c.From.Fail > 0, c.To.Fail > 0 || untold, untold, c.To.Fail > c.From.Fail)
	}
	for i := range earlier.Results {
		r := &earlier.Results[i]
		if before[At{r.Service, r.Check}] != nil && r.Tally.Fail > 0 {
			out.Gone = append(out.Gone, CheckChange{Service: r.Service, Check: r.Check, Title: r.Title, Severity: r.Severity, From: r.Tally})
		}
	}
	out.tidy()
	return out
}

// sort puts one change where it belongs.
func (c *Changes[T]) sort(v T, before, now, untold, worse bool) {
	switch {
	case !before && now:
		c.New = append(c.New, v)
	case before && !now:
		c.Fixed = append(c.Fixed, v)
	case before && untold:
		c.Unseen = append(c.Unseen, v)
	case before && worse:
		c.Worsened = append(c.Worsened, v)
	case before:
		c.Open = append(c.Open, v)
	}
}

func (c *Changes[T]) tidy() {
	for _, list := range []*[]T{&c.New, &c.Fixed, &c.Worsened, &c.Unseen, &c.Open, &c.Gone} {
		fill(list)
	}
}
