// SPDX-License-Identifier: Apache-2.0

package sla

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Span is a time, from its first instant to the instant after its last.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Seconds is how long a span is.
func (s Span) Seconds() int64 { return int64(s.To.Sub(s.From) / time.Second) }

// cut gives what of a span lies within another; ok is false when nothing does.
func (s Span) cut(in Span) (Span, bool) {
	if s.From.Before(in.From) {
		s.From = in.From
	}
	if s.To.After(in.To) {
		s.To = in.To
	}
	return s, s.From.Before(s.To)
}

// Around gives the window of the calendar that holds an instant, in a zone. A
// month has as many seconds as it has there: one in which the clocks change has
// an hour more or less.
func (w Window) Around(t time.Time, zone *time.Location) Span {
	y, m, _ := t.In(zone).Date()
	months := 1
	switch w {
	case Quarter:
		m, months = m-(m-1)%3, 3
	case Year:
		m, months = time.January, 12
	}
	return Span{time.Date(y, m, 1, 0, 0, 0, 0, zone), time.Date(y, m+time.Month(months), 1, 0, 0, 0, 0, zone)}
}

// Name gives the window of an instant as people call it: 2026-10, 2026 Q4, 2026.
func (w Window) Name(t time.Time) string {
	switch w {
	case Quarter:
		return fmt.Sprintf("%d Q%d", t.Year(), (int(t.Month())+2)/3)
	case Year:
		return fmt.Sprint(t.Year())
	}
	return t.Format("2006-01")
}

var windowNames = map[Window]*regexp.Regexp{Month: regexp.MustCompile(`^(\d{4})-(0[1-9]|1[0-2])$`), Quarter: regexp.MustCompile(`^(\d{4})[ -]?Q([1-4])$`), Year: regexp.MustCompile(`^(\d{4})$`)}

// parse gives the first instant of a window that is named as Name does.
func (w Window) parse(name string, zone *time.Location) (time.Time, bool) {
	f := windowNames[w].FindStringSubmatch(name)
	if f == nil {
		return time.Time{}, false
	}
	month := 1
	year, err := strconv.Atoi(f[1])
	if err == nil && len(f) > 2 {
		month, err = strconv.Atoi(f[2])
		if w == Quarter {
			month = 3*month - 2
		}
	}
	return time.Date(year, time.Month(month), 1, 0, 0, 0, 0, zone), err == nil
}

// next gives the window after one.
func (w Window) next(s Span) Span { return w.Around(s.To, s.From.Location()) }

// until gives the last day on which a credit for a window can be claimed;
// incident is when the first of its incidents began, zero when none is known.
// ok is false when no time is named, or it cannot be told.
func (c Claim) until(w Window, s Span, incident time.Time) (day time.Time, ok bool) {
	if c.Within == 0 {
		return time.Time{}, false
	}
	last := s.To.AddDate(0, 0, -1) // the last day of the window
	if c.After == AfterIncident {
		if incident.IsZero() {
			return time.Time{}, false
		}
		last = incident.In(s.From.Location())
	}
	y, m, d := last.Date()
	day = time.Date(y, m, d, 0, 0, 0, 0, s.From.Location())
	switch c.Unit {
	case BusinessDay:
		for n := c.Within; n > 0; {
			day = day.AddDate(0, 0, 1)
			if wd := day.Weekday(); wd != time.Saturday && wd != time.Sunday {
				n--
			}
		}
	case Months:
		day = addMonths(day, c.Within, s.To)
	case WindowsLong:
		at := w.Around(last, s.From.Location())
		for range c.Within {
			at = w.next(at)
		}
		day = at.To.AddDate(0, 0, -1)
	default:
		day = day.AddDate(0, 0, c.Within)
	}
	return day, true
}

// addMonths goes some months on and stays in the month that it comes to: 31
// January and a month is the last of February; from the last day of a window it
// comes to the last day of a month.
func addMonths(day time.Time, n int, end time.Time) time.Time {
	y, m, d := day.Date()
	last := time.Date(y, m+time.Month(n)+1, 0, 0, 0, 0, 0, day.Location())
	if d > last.Day() || day.AddDate(0, 0, 1).Equal(end) {
		return last
	}
	return time.Date(last.Year(), last.Month(), d, 0, 0, 0, 0, day.Location())
}
