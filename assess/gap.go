// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"cmp"
	"fmt"
	"slices"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/scope"
)

// gaps lists the answers that are not what they should be, the worst first:
// by severity, by status, our own before those of the other side, by how much
// hangs on the service, and then in the order of the catalogue.
func gaps(a *Assessment) []Gap {
	services := map[string]*Service{}
	for i := range a.Services {
		services[a.Services[i].ID] = &a.Services[i]
	}
	var out []Gap
	for i := range a.Answers {
		n := &a.Answers[i]
		if !n.Status.Open() {
			continue
		}
		g := Gap{ID: GapID(n.Service, n.Duty), Service: n.Service, Duty: n.Duty, Control: n.Control, Party: n.Party, Ours: n.Ours, Status: n.Status, Summary: n.Summary}
		g.Severity, g.Why = severityOf(n, services[n.Service])
		for _, c := range n.Checks {
			if c.Tally.Fail+c.Tally.Unknown+c.Tally.Error > 0 {
				g.Checks = append(g.Checks, c.Check)
			}
		}
		out = append(out, g)
	}
	slices.SortStableFunc(out, func(x, y Gap) int {
		return cmp.Or(cmp.Compare(severityRank(x.Severity), severityRank(y.Severity)), cmp.Compare(statusRank(x.Status), statusRank(y.Status)), compareBool(y.Ours, x.Ours),
			cmp.Compare(criticalityRank(services[x.Service].Criticality), criticalityRank(services[y.Service].Criticality)))
	})
	return out
}

// GapID is the id of the gap of a duty of a service.
func GapID(service, duty string) string { return service + "/" + duty }

// Open tells whether an answer of this status is a gap.
func (s Status) Open() bool { return s == NotSatisfied || s == Partly || s == Unknown }

// severityOf says how severe a gap is, and why. A failing check lends its own
// severity; else the service's criticality does. What is unknown is one step
// milder than the same thing shown to be wrong.
func severityOf(n *Answer, s *Service) (check.Severity, string) {
	if n.Status != Unknown {
		if c, ok := worstCheck(n, func(t Tally) bool { return t.Fail > 0 }); ok {
			return c.Severity, fmt.Sprintf("Its worst failing check, %s, is of %s severity.", c.Check, c.Severity)
		}
	} else if c, ok := worstCheck(n, func(t Tally) bool { return t.Unknown+t.Error > 0 }); ok {
		return milder(c.Severity), fmt.Sprintf("The check %s, of %s severity, could not tell; unknown is one step milder than a failure.", c.Check, c.Severity)
	}
	severity, hangs := weight(s)
	switch {
	case n.Status == NotSatisfied && n.By == "nobody":
		return severity, "Nobody performs it, and " + hangs + "."
	case n.Status == NotSatisfied:
		return severity, "It is said not to be met, and " + hangs + "."
	case n.Status == Partly:
		return milder(severity), "It is said to be met in part, and " + hangs + "; partly is one step milder than not at all."
	case n.Ours:
		return milder(severity), "Nothing shows that it is met, and " + hangs + "; unknown is one step milder than a failure."
	}
	return milder(milder(severity)), "Nothing shows that the other side meets it, and " + hangs + "; a question to ask it is two steps milder than a failure."
}

func worstCheck(n *Answer, with func(Tally) bool) (CheckAnswer, bool) {
	best := -1
	for i := range n.Checks {
		if with(n.Checks[i].Tally) && (best < 0 || severityRank(n.Checks[i].Severity) < severityRank(n.Checks[best].Severity)) {
			best = i
		}
	}
	if best < 0 {
		return CheckAnswer{}, false
	}
	return n.Checks[best], true
}

func milder(s check.Severity) check.Severity {
	return severities()[min(severityRank(s)+1, len(severities())-1)]
}

// weight turns a service's criticality into a severity. An unknown one is read
// as high.
func weight(s *Service) (check.Severity, string) {
	c := s.Criticality
	if c == "" {
		return check.High, fmt.Sprintf("how much depends on %s is not stated, which is read as high", s.Name)
	}
	return severities()[min(criticalityRank(c), len(severities())-1)], fmt.Sprintf("%s is of %s criticality", s.Name, c)
}

func criticalityRank(c scope.Criticality) int {
	switch c {
	case scope.Critical:
		return 0
	case scope.Medium:
		return 2
	case scope.Low:
		return 3
	}
	return 1
}
