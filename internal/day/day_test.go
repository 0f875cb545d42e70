// SPDX-License-Identifier: Apache-2.0

package day

import (
	"testing"
	"time"
)

func TestDay_MonthsNeverLeaveTheMonth(t *testing.T) {
	for _, x := range []struct {
		from Day
		n    int
		want Day
	}{
		{"2026-01-31", 1, "2026-02-28"}, {"2028-01-31", 1, "2028-02-29"}, {"2028-02-29", 12, "2029-02-28"}, {"2028-02-29", 48, "2032-02-29"},
		{"2026-11-30", 3, "2027-02-28"}, {"2026-12-15", 1, "2027-01-15"}, {"2026-03-31", -1, "2026-02-28"}, {"2026-05-31", 0, "2026-05-31"}, {"", 4, ""},
	} {
		if got := x.from.Months(x.n); got != x.want {
			t.Errorf("%s and %d months is %s, want %s", x.from, x.n, got, x.want)
		}
	}
}

func TestDay_IsOfNoZone(t *testing.T) {
	zone := time.FixedZone("far", 14*3600)
	now := time.Date(2026, 3, 29, 2, 30, 0, 0, zone) // the day before in UTC
	if Of(now) != "2026-03-28" || !Day("2026-03-27").Before(now) || Day("2026-03-28").Before(now) || Day("").Before(now) {
		t.Error("the day of a moment is that of UTC")
	}
	if n := Day("2026-12-30").Until("2027-01-02"); n != 3 {
		t.Errorf("over the end of the year: %d days", n)
	}
	if n := Day("2026-03-28").Until("2026-03-30"); n != 2 {
		t.Errorf("over the change to summer time: %d days", n)
	}
	if Day("2026-02-29").Valid() || !Day("2028-02-29").Valid() || !Day("").Valid() || Day("29.2.2028").Valid() {
		t.Error("what is a day")
	}
	if Day("2028-02-28").Add(1) != "2028-02-29" || Day("").Add(1) != "" || !Day("x").Time().IsZero() {
		t.Error("adding days")
	}
}
