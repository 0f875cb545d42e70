// SPDX-License-Identifier: Apache-2.0

package account

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/problem"
)

// Member is what an account is in one organisation. It stands in that
// organisation's own records, so that its log tells who had access when, by
// whose hand.
type Member struct {
	Account  string     `json:"account"` // id
	Person   string     `json:"person"`  // login
	Name     string     `json:"name,omitempty"`
	Role     Role       `json:"role"`
	Services []string   `json:"services,omitempty"` // ids; empty: all of the scope
	Until    *time.Time `json:"until,omitempty"`    // the access ends then; nil: it does not
	By       string     `json:"by"`                 // who gave it
	At       time.Time  `json:"at"`
}

// auditTime is the longest that an external auditor is let in for at once.
const auditTime = 366 * 24 * time.Hour

// Validate tells what is wrong with a membership that is about to be given.
func (m Member) Validate(now time.Time) error {
	var faults []string
	if !m.Role.Known() {
		faults = append(faults, fmt.Sprintf("role %q is none of %s", m.Role, words(Roles())))
	}
	if m.Role == ExternalAuditor && (m.Until == nil || m.Until.Sub(now) > auditTime) {
		faults = append(faults, "until: an external auditor's access ends on a day within a year")
	}
	if m.Until != nil && !m.Until.After(now) {
		faults = append(faults, "until: the day has passed")
	}
	if len(m.Services) > 0 && m.Role != ExternalAuditor && m.Role != Viewer {
		faults = append(faults, "services: only a viewer or an external auditor can be bound to some services")
	}
	return problem.Faulty("this access cannot be given", faults)
}

// Check tells whether the member may do something now: nil, or a Denied that
// says why not.
func (m Member) Check(p Permission, now time.Time) error {
	switch {
	case m.Until != nil && !now.Before(*m.Until):
		return problem.New(problem.Denied, "your access ended on "+m.Until.UTC().Format("2 January 2006"), "ask an administrator of the organisation to prolong it")
	case !m.Role.May(p), len(m.Services) > 0 && !slices.Contains(bounded, p):
		return problem.New(problem.Denied, fmt.Sprintf("as %s you may not do this (%s)", strings.ToLower(m.Role.Title()), p), "ask an administrator of the organisation, if it is your task")
	}
	return nil
}

// bounded is what a member that is bound to some services may do: what can be
// told service by service.
var bounded = []Permission{ReadOrganisation, ReadMatrix, ReadAssessment, ReadFinding, ReadRisk, ReadApplicability, ReadRequest, AskRequest}

// Sees tells whether the member may look at a service.
func (m Member) Sees(service string) bool {
	return len(m.Services) == 0 || slices.Contains(m.Services, service)
}

func words[T ~string](of []T) string {
	out := make([]string, len(of))
	for i, w := range of {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}
