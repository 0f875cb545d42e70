// SPDX-License-Identifier: Apache-2.0

package job

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Describe says a schedule in plain words: "every day at 03:00 UTC".
func Describe(s string) (string, error) {
	spec, err := parse(s)
	if err != nil {
		return "", err
	}
	zone := "UTC"
	if spec.Location != time.Local {
		zone = spec.Location.String()
	}
	minutes, hours := bits(spec.Minute, 0, 59), bits(spec.Hour, 0, 23)
	day := days(spec)
	switch {
	case len(minutes)*len(hours) <= 6:
		var at []string
		for _, h := range hours {
			for _, m := range minutes {
				at = append(at, fmt.Sprintf("%02d:%02d", h, m))
			}
		}
		return day + " at " + and(at) + " " + zone, nil
	case len(hours) == 24 && day == "every day":
		return often(minutes), nil
	case len(hours) == 24:
		return often(minutes) + ", " + day + ", " + zone, nil
	}
	return often(minutes) + " of the hours " + and(numbers(hours, "%02d")) + ", " + day + ", " + zone, nil
}

// often says the minutes of an hour.
func often(minutes []int) string {
	n := len(minutes)
	switch {
	case n == 60:
		return "every minute"
	case n == 1 && minutes[0] == 0:
		return "every hour, on the hour"
	case n == 1:
		return fmt.Sprintf("every hour at minute %d", minutes[0])
	case 60%n == 0 && minutes[0] == 0 && minutes[n-1] == 60-60/n && even(minutes):
		return fmt.Sprintf("every %d minutes", 60/n)
	}
	return "every hour at the minutes " + and(numbers(minutes, "%d"))
}

func even(list []int) bool {
	for i := 2; i < len(list); i++ {
		if list[i]-list[i-1] != list[1]-list[0] {
			return false
		}
	}
	return true
}

// days says on which days. Where both a day of the month and one of the week
// are asked for, either will do: that is cron's rule.
func days(spec *cron.SpecSchedule) string {
	const star = 1 << 63
	var parts []string
	if dom := bits(spec.Dom, 1, 31); spec.Dom&star == 0 && len(dom) < 31 {
		parts = append(parts, "on day "+and(numbers(dom, "%d"))+" of the month")
	}
	if dow := bits(spec.Dow, 0, 6); spec.Dow&star == 0 && len(dow) < 7 {
		parts = append(parts, weekdays(dow))
	}
	out := strings.Join(parts, " or ")
	if out == "" {
		out = "every day"
	}
	if months := bits(spec.Month, 1, 12); len(months) < 12 {
		var names []string
		for _, m := range months {
			names = append(names, time.Month(m).String())
		}
		out += " in " + and(names)
	}
	return out
}

func weekdays(dow []int) string {
	if len(dow) == 5 && dow[0] == 1 && dow[4] == 5 {
		return "from Monday to Friday"
	}
	var names []string
	for _, d := range dow {
		names = append(names, time.Weekday(d).String())
	}
	return "every " + and(names)
}

func bits(set uint64, from, to int) (out []int) {
	for i := from; i <= to; i++ {
		if set&(1<<i) != 0 {
			out = append(out, i)
		}
	}
	return out
}

func numbers(list []int, format string) (out []string) {
	for _, n := range list {
		out = append(out, fmt.Sprintf(format, n))
	}
	return out
}

func and(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}
