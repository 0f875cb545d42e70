// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// Digest names what people agree to when they sign the matrix of the service,
// as "sha256:" and 64 hexadecimal digits: edition, parties, agreement, every
// line with shares, split, people, basis and rationale, and what
// scope.Service.Digest covers. Evidence and notes are added during the life of
// a matrix and do not count; neither do version, status and the order of lines.
func Digest(m Matrix, service scope.Service) string {
	lines := slices.Clone(m.Allocations)
	for i := range lines {
		lines[i].Evidence, lines[i].Note = nil, ""
	}
	slices.SortStableFunc(lines, func(a, b Allocation) int { return cmp.Compare(a.Duty, b.Duty) })
	signed := struct {
		Service string
		Matrix  Matrix
	}{service.Digest(), Matrix{Service: m.Service, Edition: m.Edition, Customer: m.Customer, Provider: m.Provider, Agreement: m.Agreement, Allocations: lines}}
	data, err := json.Marshal(signed)
	if err != nil {
		panic(err) // strings and numbers only: it cannot fail
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Standing gives the status that the matrix has for the service at the time:
// stale when either changed after the sign-off, a draft when nobody has signed
// by then, and at most sent when the other party has not acknowledged by then.
// Of two defensible readings it takes the less flattering.
func Standing(m Matrix, service scope.Service, now time.Time) Status {
	if m.Status == Draft || m.Status == "" || m.SignOff == nil || !reached(m.SignOff.By, m.SignOff.On, now) {
		return Draft
	}
	if m.SignOff.Digest != Digest(m, service) {
		return Stale
	}
	if m.Status == Acknowledged && !reached(m.SignOff.AcknowledgedBy, m.SignOff.AcknowledgedOn, now) {
		return Sent
	}
	return m.Status
}

// reached tells whether somebody did it on a day that is not after now.
func reached(by, on string, now time.Time) bool {
	day, err := time.Parse(dayLayout, on)
	return strings.TrimSpace(by) != "" && err == nil && !day.After(now)
}

// Sign gives the matrix as agreed on our side: bound to what it says now. An
// acknowledgement of what was signed before ends.
func Sign(m Matrix, service scope.Service, by string, on time.Time) (Matrix, error) {
	switch {
	case m.Service != service.ID:
		return m, problem.Newf(problem.Invalid, "the matrix is that of %s, not of %s", m.Service, service.ID)
	case strings.TrimSpace(by) == "":
		return m, problem.New(problem.Usage, "nobody is named who signs the matrix of "+m.Service, "say who agrees to it")
	case len(m.Allocations) == 0:
		return m, problem.New(problem.Invalid, fmt.Sprintf("the matrix of %s has no line, so there is nothing to agree to", m.Service), "divide its duties first")
	}
	m.Status = InternallyAgreed
	m.SignOff = &SignOff{Digest: Digest(m, service), By: by, On: on.Format(dayLayout)}
	return m, nil
}

// Send gives the matrix as sent to the other party. Only one that was signed
// and has not changed since can be sent.
func Send(m Matrix, service scope.Service, now time.Time) (Matrix, error) {
	switch Standing(m, service, now) {
	case Draft:
		return m, problem.New(problem.Conflict, fmt.Sprintf("the matrix of %s is not signed", m.Service), "sign it before it is sent")
	case Stale:
		return m, problem.New(problem.Conflict, fmt.Sprintf("the matrix of %s, or the service, changed after it was signed", m.Service), "sign it again before it is sent")
	case Acknowledged:
		return m, problem.New(problem.Conflict, fmt.Sprintf("the matrix of %s is acknowledged already", m.Service), "")
	}
	m.Status = Sent
	return m, nil
}

// Acknowledge gives the matrix as acknowledged by the other party. Only one
// that stands signed can be, on the day of the sign-off or later. An
// acknowledgement is given once: the same again changes nothing, and one of
// somebody else needs a new sign-off before it.
func Acknowledge(m Matrix, service scope.Service, by string, on time.Time) (Matrix, error) {
	if strings.TrimSpace(by) == "" {
		return m, problem.New(problem.Usage, "nobody is named who acknowledges the matrix of "+m.Service, "say who did for the other party")
	}
	if standing := Standing(m, service, on); standing == Draft || standing == Stale {
		return m, problem.New(problem.Conflict, fmt.Sprintf("the matrix of %s is %s; what does not stand signed cannot be acknowledged", m.Service, standing), "sign it again and send it")
	}
	if was := m.SignOff; m.Status == Acknowledged && was.AcknowledgedBy != "" {
		if strings.TrimSpace(was.AcknowledgedBy) == strings.TrimSpace(by) {
			return m, nil
		}
		return m, problem.New(problem.Conflict, fmt.Sprintf("%s acknowledged the matrix of %s on %s already", was.AcknowledgedBy, m.Service, was.AcknowledgedOn), "sign it again, send it, and have it acknowledged anew")
	}
	signed := *m.SignOff
	signed.AcknowledgedBy, signed.AcknowledgedOn = by, on.Format(dayLayout)
	m.Status, m.SignOff = Acknowledged, &signed
	return m, nil
}
