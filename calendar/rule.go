// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"demarc.dev/demarc/internal/day"
)

// Day is a day, or empty when none is named.
type Day = day.Day

// rule is a rule that was read.
type rule struct {
	freq     string
	interval int
	byDay    []time.Weekday
	monthDay int // 0: that of the first occurrence; -1: the last of the month
}

var weekdays = map[string]time.Weekday{"SU": time.Sunday, "MO": time.Monday, "TU": time.Tuesday, "WE": time.Wednesday, "TH": time.Thursday, "FR": time.Friday, "SA": time.Saturday}

// parseRule reads a rule.
func parseRule(text string) (rule, error) {
	r := rule{interval: 1}
	if len(text) > 200 {
		return r, fmt.Errorf("a rule has 200 letters at most")
	}
	for _, part := range strings.Split(text, ";") {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return r, fmt.Errorf("%q is no part of a rule; such as FREQ=MONTHLY;INTERVAL=3", part)
		}
		if err := r.part(name, value); err != nil {
			return r, err
		}
	}
	switch {
	case r.freq == "":
		return r, fmt.Errorf("a rule begins with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")
	case len(r.byDay) > 0 && r.freq != "WEEKLY":
		return r, fmt.Errorf("BYDAY is for weeks")
	case r.monthDay != 0 && r.freq != "MONTHLY" && r.freq != "YEARLY":
		return r, fmt.Errorf("BYMONTHDAY is for months and years")
	}
	return r, nil
}

func (r *rule) part(name, value string) error {
	switch name {
	case "FREQ":
		if !slices.Contains([]string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}, value) {
			return fmt.Errorf("FREQ=%s is none of DAILY, WEEKLY, MONTHLY, YEARLY", value)
		}
		r.freq = value
	case "INTERVAL":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 366 {
			return fmt.Errorf("INTERVAL is a number from 1 to 366")
		}
		r.interval = n
	case "BYDAY":
		for _, w := range strings.Split(value, ",") {
			d, ok := weekdays[w]
			if !ok || slices.Contains(r.byDay, d) {
				return fmt.Errorf("BYDAY=%s: days are MO, TU, WE, TH, FR, SA, SU, each once", value)
			}
			r.byDay = append(r.byDay, d)
		}
	case "BYMONTHDAY":
		n, err := strconv.Atoi(value)
		if err != nil || n < -1 || n == 0 || n > 31 {
			return fmt.Errorf("BYMONTHDAY is a day from 1 to 31, or -1 for the last")
		}
		r.monthDay = n
	default:
		return fmt.Errorf("%s is no part of a rule that is read here; FREQ, INTERVAL, BYDAY, BYMONTHDAY are", name)
	}
	return nil
}

// mostDays bounds the days that a rule gives at once.
const mostDays = 20_000

// days gives the days of a rule that begins on a day, in order, up to a last one.
func (r rule) days(from, last Day) []Day {
	var out []Day
	for k := 0; len(out) < mostDays && k < mostDays; k++ {
		some := r.step(from, k)
		if some[0] > last && !slices.ContainsFunc(some, func(d Day) bool { return d <= last }) {
			break
		}
		for _, d := range some {
			if d >= from && d <= last {
				out = append(out, d)
			}
		}
	}
	return out
}

// step gives the days of the k-th period, in order; at least one.
func (r rule) step(from Day, k int) []Day {
	n := k * r.interval
	switch r.freq {
	case "DAILY":
		return []Day{from.Add(n)}
	case "WEEKLY":
		if len(r.byDay) == 0 {
			return []Day{from.Add(7 * n)}
		}
		monday := from.Add(7*n - (int(from.Time().Weekday())+6)%7)
		var out []Day
		for i := range 7 {
			if slices.Contains(r.byDay, time.Weekday((i+1)%7)) {
				out = append(out, monday.Add(i))
			}
		}
		return out
	case "YEARLY":
		n *= 12
	}
	return []Day{r.inMonth(from.Months(n))}
}

// inMonth moves a day to the day of its month that the rule names.
func (r rule) inMonth(d Day) Day {
	if r.monthDay == 0 {
		return d
	}
	t := d.Time()
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	n := r.monthDay
	if n < 0 || n > last {
		n = last
	}
	return day.Of(first.AddDate(0, 0, n-1))
}

// Says tells a rule in words; the rule itself when it is none.
func Says(text string) string {
	r, err := parseRule(text)
	if err != nil {
		return text
	}
	unit := map[string]string{"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}[r.freq]
	out := "every " + unit
	if r.interval > 1 {
		out = fmt.Sprintf("every %d %ss", r.interval, unit)
	}
	if len(r.byDay) > 0 {
		var names []string
		for i := range 7 {
			if d := time.Weekday((i + 1) % 7); slices.Contains(r.byDay, d) {
				names = append(names, d.String())
			}
		}
		out += " on " + strings.Join(names, ", ")
	}
	switch {
	case r.monthDay == -1:
		out += ", on the last day"
	case r.monthDay > 0:
		out += fmt.Sprintf(", on day %d", r.monthDay)
	}
	return out
}
