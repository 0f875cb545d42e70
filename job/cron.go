// SPDX-License-Identifier: Apache-2.0

package job

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // zones are named in schedules, and a container may have none

	"github.com/robfig/cron/v3"

	"demarc.dev/demarc/problem"
)

const (
	cronHint    = `five fields: minute, hour, day of the month, month, day of the week, as in "0 3 * * 1-5"; or @hourly, @daily, @weekly, @monthly; before it CRON_TZ=Europe/Berlin if it is not UTC`
	longestCron = 200
)

// ParseCron tells whether a schedule's words can be followed: five fields or a
// name such as @daily, in UTC unless CRON_TZ=Zone stands before. A time that
// the change to summer time leaves out is left out that day.
func ParseCron(s string) error {
	_, err := parse(s)
	return err
}

// Next gives the next time after t, in UTC.
func Next(s string, t time.Time) (time.Time, error) {
	spec, err := parse(s)
	if err != nil {
		return time.Time{}, err
	}
	return spec.Next(t.UTC()).UTC(), nil
}

func parse(s string) (*cron.SpecSchedule, error) {
	wrong := func(why string) error {
		return problem.New(problem.Usage, fmt.Sprintf("the schedule %q cannot be followed: %s", clean(s), clean(why)), cronHint)
	}
	fields := strings.Fields(s)
	s = strings.Join(fields, " ")                                              // the parser knows no other white space after a zone
	if len(s) > longestCron || strings.Contains(s, "TZ=") && len(fields) < 2 { // and panics on a zone alone
		return nil, wrong("it is too long or names a zone and no time")
	}
	if strings.Contains(s, "@every") {
		return nil, wrong("@every has no fixed hour")
	}
	schedule, err := cron.ParseStandard(s)
	if err != nil {
		return nil, wrong(err.Error())
	}
	spec, ok := schedule.(*cron.SpecSchedule)
	if !ok {
		return nil, wrong("it has no fixed hour")
	}
	if spec.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, wrong("that day never comes")
	}
	return spec, nil
}

// latest gives the last time after fired and not after now; zero: none.
func latest(s string, fired, now time.Time) (time.Time, error) {
	spec, err := parse(s)
	if err != nil {
		return time.Time{}, err
	}
	fired, now = fired.UTC(), now.UTC()
	// From near to far, so that a long absence is not stepped through minute
	// by minute.
	for _, back := range []time.Duration{2 * time.Hour, 50 * time.Hour, 63 * 24 * time.Hour, 9 * 366 * 24 * time.Hour} {
		from := now.Add(-back)
		if from.Before(fired) {
			from = fired
		}
		var last time.Time
		for t := spec.Next(from); !t.IsZero() && !t.After(now); t = spec.Next(t) {
			last = t
		}
		if !last.IsZero() || from.Equal(fired) {
			return last.UTC(), nil
		}
	}
	return time.Time{}, nil
}
