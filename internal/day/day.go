// SPDX-License-Identifier: Apache-2.0

// Package day is a day of the calendar as people write it, 2026-11-30: without a
// time and without a zone, so that no daylight saving moves it. The registers
// keep their days so. It asks no clock.
package day

import "time"

// Day is a day, or empty when none is named.
type Day string

// Of gives the day of a moment, in UTC.
func Of(t time.Time) Day { return Day(t.UTC().Format(time.DateOnly)) }

// Valid tells whether it is a day or empty.
func (d Day) Valid() bool {
	_, err := time.Parse(time.DateOnly, string(d))
	return d == "" || err == nil
}

// Before tells whether a day is named and lies before the moment's.
func (d Day) Before(t time.Time) bool { return d != "" && string(d) < t.UTC().Format(time.DateOnly) }

// Time gives the first moment of the day, in UTC; the zero time for none.
func (d Day) Time() time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	return t
}

// Add gives the day so many days later; none stays none.
func (d Day) Add(days int) Day {
	if d == "" {
		return ""
	}
	return Of(d.Time().AddDate(0, 0, days))
}

// Months gives the day so many months later: the same day of the month, or the
// last one of a month that is too short, never one of the month after. The 31st
// of January and one month is the 28th or 29th of February.
func (d Day) Months(n int) Day {
	if d == "" {
		return ""
	}
	t := d.Time()
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Of(first.AddDate(0, 0, min(t.Day(), last)-1))
}

// Until gives how many days lie between this day and a later one; negative when
// that is earlier.
func (d Day) Until(later Day) int { return int(later.Time().Sub(d.Time()).Hours() / 24) }
