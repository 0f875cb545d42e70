// SPDX-License-Identifier: Apache-2.0

package remediation

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
)

const (
	hour    = 60
	workday = 8 * hour
	unit    = 30 // minutes of a unit of effort
)

// score makes the priority of an action. It grows with severity, with exposed
// resources and with duties, and falls with effort.
func score(s check.Severity, exposed, unlocks, helps, minutes int) Priority {
	p := Priority{Severity: []int{10, 6, 3, 1, 1}[rank(s)], Exposure: 1, Duties: 1 + 2*unlocks + helps, Effort: max(1, (minutes+unit-1)/unit)}
	switch {
	case exposed >= 10:
		p.Exposure = 3
	case exposed > 0:
		p.Exposure = 2
	}
	p.Score = p.Severity * p.Exposure * p.Duties * 1000 / p.Effort
	return p
}

// why says in words what the score was made of.
func why(a *Action) string {
	parts := []string{string(a.Severity) + " severity"}
	if a.Severity == "" {
		parts[0] = "no severity is known"
	}
	if a.Exposed > 0 {
		parts = append(parts, fmt.Sprintf("%s can be reached from the internet", plural(a.Exposed, "resource", "resources")))
	}
	helps := len(a.Bears) - a.Unlocks
	switch {
	case a.Unlocks > 0 && helps > 0:
		parts = append(parts, fmt.Sprintf("it lifts %s by itself and helps %s more", plural(a.Unlocks, "duty", "duties"), number(helps)))
	case a.Unlocks > 0:
		parts = append(parts, fmt.Sprintf("it lifts %s by itself", plural(a.Unlocks, "duty", "duties")))
	case helps > 0:
		parts = append(parts, fmt.Sprintf("it helps %s more beside it", plural(helps, "duty, which needs", "duties, which need")))
	default:
		parts = append(parts, "no duty in scope waits for it")
	}
	return upper(strings.Join(append(parts, a.Effort), "; ")) + "."
}

// minutes estimates the work of an action. A mend that is repeated is mostly a
// script: each doubling of the resources costs as much again as the first.
func (m *maker) minutes(d *draft) int {
	more := max(0, len(d.Services)-1)
	switch d.Kind {
	case Mend:
		first := map[string]int{"minutes": 15, "hours": 2 * hour, "days": 2 * workday, "weeks": 10 * workday}
		each, ok := 2*hour, false
		if c := m.checks[d.Check]; c != nil {
			if each, ok = first[c.Effort]; !ok {
				each = 2 * hour
			}
		}
		return each * (1 + bits.Len(uint(max(0, d.Resources-1))))
	case Read:
		return hour + 15*more
	case Secure:
		return 4*hour + 20*len(d.Bears)
	case Assign:
		return hour + 15*more
	}
	return answering(d) + 30*more
}

// answering estimates the work of an answer with its evidence, by what is
// missing; the longest counts.
func answering(d *draft) int {
	minutes := 0
	for kind, n := range map[assess.ReasonKind]int{
		assess.ReasonNotYet: 15, assess.ReasonAttestedBare: hour, assess.ReasonExpired: hour, assess.ReasonContradiction: 2 * hour,
		assess.ReasonNoAttestation: 4 * hour, assess.ReasonNobody: 4 * hour, assess.ReasonAttestedPartly: workday, assess.ReasonAttestedNo: 2 * workday,
	} {
		if d.kinds[kind] {
			minutes = max(minutes, n)
		}
	}
	return max(minutes, 15)
}

// Duration says minutes of work in words.
func Duration(minutes int) string {
	switch {
	case minutes < 2*hour:
		return plural(minutes, "minute", "minutes") + " of work"
	case minutes < 2*workday:
		return "about " + plural((minutes+hour/2)/hour, "hour", "hours") + " of work"
	}
	return "about " + plural((minutes+workday/2)/workday, "day", "days") + " of work"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
