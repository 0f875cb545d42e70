// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"demarc.dev/demarc/check"
)

func zero() time.Time { return time.Time{} }

func with(outcomes ...check.Outcome) []check.Finding {
	var out []check.Finding
	for i, o := range outcomes {
		f := fails(i)
		f.Outcome = o
		out = append(out, f)
	}
	return out
}

func names(changes []DutyChange) string {
	var out []string
	for _, c := range changes {
		if c.Service == "aws" && c.Duty == "12.3.1-C1" {
			out = append(out, fmt.Sprintf("%s→%s", c.From, c.To))
		}
	}
	return strings.Join(out, " ")
}

func TestCompare(t *testing.T) {
	const none, pass, fail, unread = check.NotApplicable, check.Pass, check.Fail, check.Unknown
	for _, c := range []struct {
		name          string
		before, after []check.Finding
		duty          func(Changes[DutyChange]) []DutyChange
		want          string
		check         func(Changes[CheckChange]) []CheckChange
	}{
		{"new", with(pass), with(fail), func(d Changes[DutyChange]) []DutyChange { return d.New }, "satisfied→not-satisfied", func(d Changes[CheckChange]) []CheckChange { return d.New }},
		{"fixed", with(fail), with(pass), func(d Changes[DutyChange]) []DutyChange { return d.Fixed }, "not-satisfied→satisfied", func(d Changes[CheckChange]) []CheckChange { return d.Fixed }},
		{"worsened", with(fail, pass), with(fail, fail), func(d Changes[DutyChange]) []DutyChange { return d.Worsened }, "partly→not-satisfied", func(d Changes[CheckChange]) []CheckChange { return d.Worsened }},
		{"open", with(fail, fail), with(fail, pass), func(d Changes[DutyChange]) []DutyChange { return d.Open }, "not-satisfied→partly", func(d Changes[CheckChange]) []CheckChange { return d.Open }},
		{"unseen is not fixed", with(fail), with(unread), func(d Changes[DutyChange]) []DutyChange { return d.Unseen }, "not-satisfied→unknown", func(d Changes[CheckChange]) []CheckChange { return d.Unseen }},
		{"sight is lost", with(pass), with(unread), func(d Changes[DutyChange]) []DutyChange { return d.New }, "satisfied→unknown", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := Compare(conclude(t, input(), c.before), conclude(t, input(), c.after))
			if got := names(c.duty(d.Duties)); got != c.want || !d.Comparable {
				t.Errorf("%q, want %q: %+v", got, c.want, d.Duties)
			}
			if c.check != nil && len(c.check(d.Checks)) != 2 { // in aws and ledger
				t.Errorf("checks: %+v", d.Checks)
			}
		})
	}
}

func TestCompare_WhatIsNotAskedAnyMoreIsGone(t *testing.T) {
	later := input()
	later.Services = []string{"mailer"}
	d := Compare(conclude(t, input(), with(check.Fail)), conclude(t, later, nil))
	if got := names(d.Duties.Gone); got != "not-satisfied→" || names(d.Duties.Fixed) != "" || len(d.Checks.Gone) != 2 {
		t.Errorf("%q, %+v", got, d.Checks)
	}
}

func TestCompare_EveryGapStandsInOneList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, findings := world(t)
		before := conclude(t, in, findings)
		after := conclude(t, in, rapid.SliceOfN(rapid.Custom(finding), 0, 20).Draw(t, "later"))
		d := Compare(before, after).Duties
		if n := len(d.New) + len(d.Open) + len(d.Worsened) + len(d.Unseen); n != len(after.Gaps) {
			t.Fatalf("%d of %d gaps of the later one", n, len(after.Gaps))
		}
		if n := len(d.Fixed) + len(d.Open) + len(d.Worsened) + len(d.Unseen) + len(d.Gone); n != len(before.Gaps) {
			t.Fatalf("%d of %d gaps of the earlier one", n, len(before.Gaps))
		}
		if same := Compare(before, before); len(same.Duties.Open) != len(before.Gaps) || len(same.Duties.New)+len(same.Duties.Fixed) > 0 {
			t.Fatalf("an assessment differs from itself: %+v", same.Duties)
		}
	})
}
