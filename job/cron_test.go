// SPDX-License-Identifier: Apache-2.0

package job

import (
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/problem"
)

func TestParseCron(t *testing.T) {
	for _, s := range []string{"", "x", "* * * *", "* * * * * *", "60 * * * *", "0 0 31 2 *", "@every 5m", "@sometimes", "CRON_TZ=UTC", "TZ=UTC", "CRON_TZ=Mars/North 0 3 * * *", strings.Repeat("1,", 200) + "1 * * * *"} {
		err := ParseCron(s)
		var p *problem.Problem
		if problem.Of(err) != problem.Usage {
			t.Errorf("%q: %v", s, err)
		} else if p = err.(*problem.Problem); p.Hint == "" {
			t.Errorf("%q: no cure", s)
		}
	}
}

func TestDescribe(t *testing.T) {
	for s, want := range map[string]string{
		"@hourly":                          "every hour, on the hour",
		"@daily":                           "every day at 00:00 UTC",
		"@weekly":                          "every Sunday at 00:00 UTC",
		"@monthly":                         "on day 1 of the month at 00:00 UTC",
		"@yearly":                          "on day 1 of the month in January at 00:00 UTC",
		"0 3 * * *":                        "every day at 03:00 UTC",
		"CRON_TZ=Europe/Berlin 30 6 * * *": "every day at 06:30 Europe/Berlin",
		"15 8,17 * * 1-5":                  "from Monday to Friday at 08:15 and 17:15 UTC",
		"0 0 1,15 * 1":                     "on day 1 and 15 of the month or every Monday at 00:00 UTC",
		"*/15 * * * *":                     "every 15 minutes",
		"5 * * * *":                        "every hour at minute 5",
		"* * * * *":                        "every minute",
		"0 0 1 */6 *":                      "on day 1 of the month in January and July at 00:00 UTC",
		"0,20,50 * * * 0":                  "every hour at the minutes 0, 20 and 50, every Sunday, UTC",
		"*/30 8-11 * * *":                  "every 30 minutes of the hours 08, 09, 10 and 11, every day, UTC",
	} {
		if got, err := Describe(s); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", s, got, err, want)
		}
	}
}

func TestNext(t *testing.T) {
	from := time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)
	for s, want := range map[string]string{
		"0 3 * * *":                       "2026-03-29T03:00:00Z",
		"CRON_TZ=Europe/Berlin 0 3 * * *": "2026-03-29T01:00:00Z", // summer time began that night
		"0 0 29 2 *":                      "2028-02-29T00:00:00Z",
	} {
		if got, err := Next(s, from); err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q: %v, %v; want %s", s, got, err, want)
		}
	}
}

// TestLatest asks a slow and simple stepping for the same.
func TestLatest(t *testing.T) {
	now := time.Date(2026, 7, 3, 10, 17, 0, 0, time.UTC)
	for _, s := range []string{"@hourly", "@daily", "*/7 * * * *", "0 3 * * 1", "30 2 1 * *", "0 0 29 2 *", "CRON_TZ=Asia/Tokyo 0 9 * * *"} {
		for _, away := range []time.Duration{0, time.Minute, time.Hour, 26 * time.Hour, 40 * 24 * time.Hour, 400 * 24 * time.Hour, 3 * 366 * 24 * time.Hour} {
			fired, slow := now.Add(-away), time.Time{}
			for at := fired; ; slow = at {
				next, err := Next(s, at)
				if err != nil {
					t.Fatal(err)
				}
				if at = next; at.After(now) {
					break
				}
			}
			if got, err := latest(s, fired, now); err != nil || !got.Equal(slow) {
				t.Errorf("%q after %v: %v, %v; want %v", s, away, got, err, slow)
			}
		}
	}
}

func FuzzDescribe(f *testing.F) {
	for _, s := range []string{"@hourly", "0 3 * * *", "CRON_TZ=Europe/Berlin 0 3 * * 1-5", "TZ=", "*/0 * * * *", "1-59/7 */5 1,2 3 ?"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		words, err := Describe(s)
		if (err == nil) != (ParseCron(s) == nil) || (err == nil) == (words == "") {
			t.Errorf("%q: %q, %v", s, words, err)
		}
	})
}
