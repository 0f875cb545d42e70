// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/internal/day"
)

// Routine is something that is done again and again.
type Routine struct {
	ID       string   `yaml:"id" json:"id"`
	Title    string   `yaml:"title" json:"title"`
	Does     string   `yaml:"does,omitempty" json:"does,omitempty"`         // what is done, and how
	Controls []string `yaml:"controls,omitempty" json:"controls,omitempty"` // keys of the catalogue that it keeps working
	Clauses  []string `yaml:"clauses,omitempty" json:"clauses,omitempty"`   // of ISO/IEC 27001
	Service  string   `yaml:"service,omitempty" json:"service,omitempty"`   // id; empty: the organisation as a whole
	Owner    string   `yaml:"owner,omitempty" json:"owner,omitempty"`       // id of a person of the scope
	Rule     string   `yaml:"rule" json:"rule"`
	From     Day      `yaml:"from" json:"from"`                             // the first day on which it is due
	Until    Day      `yaml:"until,omitempty" json:"until,omitempty"`       // the last day of all; empty: it goes on
	Grace    int      `yaml:"grace,omitempty" json:"grace,omitempty"`       // days after which it is missed
	Evidence bool     `yaml:"evidence,omitempty" json:"evidence,omitempty"` // it counts only with a file
	Earlier  []Span   `yaml:"-" json:"earlier,omitempty"`                   // rules that held before
	Version  int      `yaml:"-" json:"version"`
}

// Span is a rule that held for a time.
type Span struct {
	Rule  string `json:"rule"`
	From  Day    `json:"from"`
	Until Day    `json:"until"`
	Grace int    `json:"grace,omitempty"`
}

// Done is what somebody did.
type Done struct {
	Routine string    `json:"routine"`
	Due     Day       `json:"due"` // the occurrence
	On      Day       `json:"on"`  // the day on which it was done
	Outcome Outcome   `json:"outcome"`
	Words   string    `json:"words"` // what was looked at, and what came of it
	By      string    `json:"by"`
	At      time.Time `json:"at"` // when it was written down
	Files   []File    `json:"files,omitempty"`
	Version int       `json:"version"`
}

// ID gives the id of the record.
func (d Done) ID() string { return d.Routine + "/" + string(d.Due) }

// File is a file that shows it.
type File struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// Outcome is what came of doing it.
type Outcome string

// The outcomes.
const (
	Fine  Outcome = "nothing found"
	Found Outcome = "something found"
)

// Outcomes gives all of them.
func Outcomes() []Outcome { return []Outcome{Fine, Found} }

// State is how an occurrence stands. It is derived and never stored.
type State string

// The states.
const (
	ToCome   State = "to come"
	DueNow   State = "due"              // it may be done, and its day has not passed
	Overdue  State = "overdue"          // its day has passed; it may be done still
	Missed   State = "missed"           // nobody did it in time; that stays
	Unproven State = "without evidence" // it was done, and the file that it needs is not there
	InTime   State = "done"
	TooLate  State = "done late" // after its day, before it was missed
)

// States gives the states, what presses first.
func States() []State { return []State{Missed, Overdue, Unproven, DueNow, TooLate, InTime, ToCome} }

// DayOf gives the day of a moment, in UTC.
func DayOf(t time.Time) Day { return day.Of(t) }

// Occurrence is one day on which a routine is due.
type Occurrence struct {
	Routine string `json:"routine"`
	Title   string `json:"title"`
	Owner   string `json:"owner,omitempty"`
	Due     Day    `json:"due"`
	Opens   Day    `json:"opens"`  // the first day on which it may be done
	Closes  Day    `json:"closes"` // the last one; afterwards it is missed
	State   State  `json:"state"`
	Done    *Done  `json:"done,omitempty"`
}

// leadDays is how long before its day something may be done at most.
const leadDays = 30

// Occurrences gives the days on which a routine is due, from one day to another,
// with how each stands. done is what was done, of this routine or others.
func (r Routine) Occurrences(from, to Day, done []Done, now time.Time) []Occurrence {
	var out []Occurrence
	horizon := to.Months(24) // so that the day after the last is known
	spans := append(slices.Clone(r.Earlier), Span{r.Rule, r.From, r.Until, r.Grace})
	for i, s := range spans {
		read, err := parseRule(s.Rule)
		if err != nil || s.From == "" {
			continue // Validate refuses it
		}
		last := horizon
		if s.Until != "" {
			last = min(last, s.Until)
		}
		days := read.days(s.From, last)
		for k, due := range days {
			if due < from || due > to {
				continue
			}
			next := Day("")
			if k+1 < len(days) {
				next = days[k+1]
			} else if i+1 < len(spans) {
				next = spans[i+1].From
			}
			out = append(out, r.occurrence(s, due, next, done, now))
		}
	}
	return out
}

func (r Routine) occurrence(s Span, due, next Day, done []Done, now time.Time) Occurrence {
	gap := 2 * leadDays
	if next > due {
		gap = due.Until(next)
	}
	o := Occurrence{Routine: r.ID, Title: r.Title, Owner: r.Owner, Due: due, Opens: due.Add(-min(leadDays, gap/2)), Closes: due.Add(s.Grace)}
	if next > due && o.Closes >= next {
		o.Closes = next.Add(-1)
	}
	i := slices.IndexFunc(done, func(d Done) bool { return d.Routine == r.ID && d.Due == due })
	today := day.Of(now)
	switch {
	case i >= 0 && r.Evidence && len(done[i].Files) == 0:
		o.State = Unproven
	case i >= 0 && done[i].On > due:
		o.State = TooLate
	case i >= 0:
		o.State = InTime
	case today < o.Opens:
		o.State = ToCome
	case today <= due:
		o.State = DueNow
	case today <= o.Closes:
		o.State = Overdue
	default:
		o.State = Missed
	}
	if i >= 0 {
		d := done[i]
		o.Done = &d
	}
	return o
}

// Change gives a routine that takes the place of another: what was due by the
// rule of the other, up to a day, stays due.
func (r Routine) Change(was Routine, now time.Time) Routine {
	r.Earlier, r.Version = was.Earlier, was.Version+1
	if was.Version == 0 || was.Rule == r.Rule && was.From == r.From && was.Grace == r.Grace {
		return r
	}
	today := day.Of(now)
	end := today.Add(-1)
	if was.Until != "" {
		end = min(end, was.Until)
	}
	if was.From <= end {
		r.Earlier = append(slices.Clone(was.Earlier), Span{was.Rule, was.From, end, was.Grace})
		r.From = max(r.From, today)
	}
	return r
}

// Counts counts occurrences by state.
func Counts(all []Occurrence) map[State]int {
	out := map[State]int{}
	for _, o := range all {
		out[o.State]++
	}
	return out
}

// Sort orders occurrences by day, then by routine.
func Sort(all []Occurrence) {
	slices.SortFunc(all, func(x, y Occurrence) int {
		if d := strings.Compare(string(x.Due), string(y.Due)); d != 0 {
			return d
		}
		return strings.Compare(x.Routine, y.Routine)
	})
}
