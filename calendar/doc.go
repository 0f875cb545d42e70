// SPDX-License-Identifier: Apache-2.0

// Package calendar is what is done again and again so that controls keep working:
// access reviews, restore tests, reviews of logs, policies and suppliers (ISO/IEC
// 27001:2022, 8.1 and 9.1).
//
// It owns the format of the routines, in YAML:
//
//	routines:
//	  - id: restore-test
//	    title: Restore test
//	    does: Restore one data set of each service, and compare it.
//	    controls: [backup]
//	    owner: platform
//	    rule: FREQ=MONTHLY;INTERVAL=6
//	    from: "2026-01-31"        # the first day on which it is due
//	    grace: 14                 # days after which it is missed
//	    evidence: true            # it counts only with a file
//
// A rule is a part of RFC 5545: FREQ with DAILY, WEEKLY, MONTHLY or YEARLY,
// INTERVAL, BYDAY for weeks, BYMONTHDAY for months. Where a month has no such day
// its last day is taken, which RFC 5545 would leave out: a control that is due on
// the 31st is due in February too. Days have no time and no zone, so that no
// daylight saving moves them.
//
// Occurrences are derived from the rule and the day, and never stored: nobody can
// tick away one that was missed. What somebody did is written down beside the day
// on which it was due. When a rule changes, what was due by the old one stays.
package calendar
