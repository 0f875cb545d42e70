// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"slices"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
)

// bound tells whether the caller is let in for some services only, such as an
// auditor of one engagement. What he may read is then what stands of these.
func (h *hall) bound() bool { return len(h.member.Services) > 0 }

// narrowScope leaves the services that the caller may look at.
func (h *hall) narrowScope(s *scope.Scope) *scope.Scope {
	if !h.bound() {
		return s
	}
	n := *s
	n.Services = slices.DeleteFunc(slices.Clone(s.Services), func(v scope.Service) bool { return !h.sees(v.ID) })
	for i := range n.Services {
		n.Services[i] = h.narrowService(n.Services[i])
	}
	return &n
}

// narrowService tells what a service is built on by its id only where that may
// be looked at.
func (h *hall) narrowService(v scope.Service) scope.Service {
	if h.bound() {
		v.BuiltOn = slices.DeleteFunc(slices.Clone(v.BuiltOn), func(id string) bool { return !h.sees(id) })
	}
	return v
}

// narrowMatrices leaves the matrices that the caller may look at. The rules
// were put to all of them: a chain of promises does not end at his border.
func (h *hall) narrowMatrices(m *Matrices) *Matrices {
	if !h.bound() {
		return m
	}
	n := *m
	n.Scope = h.narrowScope(m.Scope)
	n.Stored = map[string]*responsibility.Matrix{}
	for id, x := range m.Stored {
		if h.sees(id) {
			n.Stored[id] = x
		}
	}
	n.Statements = slices.DeleteFunc(slices.Clone(m.Statements), func(s responsibility.Statement) bool { return !h.sees(s.Service) })
	n.Verdicts = slices.DeleteFunc(slices.Clone(m.Verdicts), func(v responsibility.Verdict) bool { return !h.sees(v.Service) })
	n.Findings = nil
	for _, f := range m.Findings {
		if h.sees(f.Service) {
			f.Chain = slices.DeleteFunc(slices.Clone(f.Chain), func(l responsibility.Link) bool { return !h.sees(l.Service) })
			n.Findings = append(n.Findings, f)
		}
	}
	return &n
}

// narrowRun leaves of a run's record what tells of no service.
func (h *hall) narrowRun(r Run) Run {
	if h.bound() {
		r.Stats, r.Ours, r.Exceptions, r.Snapshots, r.Imports = check.Stats{}, assess.Counts{}, nil, nil, nil
		r.Services = slices.DeleteFunc(slices.Clone(r.Services), func(id string) bool { return !h.sees(id) })
	}
	return r
}

// seen gives the test whether a finding may be looked at: one in an account of
// a service that may.
func (h *hall) seen(ctx context.Context) (func(check.Finding) bool, error) {
	if !h.bound() {
		return func(check.Finding) bool { return true }, nil
	}
	s, err := scopeOf(ctx, h, h.ID())
	if err != nil {
		return nil, err
	}
	s = h.narrowScope(s)
	return func(f check.Finding) bool { return len(s.ServicesOf(f.Account)) > 0 }, nil
}
