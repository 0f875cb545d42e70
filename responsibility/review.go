// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/scope"
)

// review is one look at all matrices.
type review struct {
	book     *book
	scope    *scope.Scope
	now      time.Time
	services []scope.Service                  // by id
	matrices map[string]Matrix                // of the edition
	lines    map[string]map[string]Allocation // service → duty
	said     map[string]map[string]said       // service → duty
	chained  map[[2]string][]Link             // service and duty → where it breaks
	findings []Finding
}

func newReview(b *book, s *scope.Scope, matrices []Matrix, statements []Statement, now time.Time) *review {
	r := &review{book: b, scope: s, now: now, matrices: map[string]Matrix{}, lines: map[string]map[string]Allocation{}, said: map[string]map[string]said{}, chained: map[[2]string][]Link{}}
	r.services = slices.Clone(s.Services)
	slices.SortStableFunc(r.services, func(x, y scope.Service) int { return cmp.Compare(x.ID, y.ID) })
	for _, m := range matrices {
		if before, twice := r.matrices[m.Service]; m.Edition == b.edition && (!twice || newer(m, before)) {
			r.matrices[m.Service] = m
		}
	}
	for id, m := range r.matrices {
		r.lines[id] = linesOf(m)
	}
	of := map[string][]Statement{}
	for _, st := range statements {
		of[st.Service] = append(of[st.Service], st)
	}
	for id, list := range of {
		r.said[id] = b.said(list)
	}
	return r
}

// newer tells whether m is read instead of another matrix of the same service
// and edition: the higher version, whichever was handed in first.
func newer(m, other Matrix) bool {
	return cmp.Or(cmp.Compare(m.Version, other.Version), cmp.Compare(canon(m), canon(other))) > 0
}

// run asks every rule.
func (r *review) run() []Finding {
	for _, s := range r.services {
		m, ok := r.matrices[s.ID]
		r.whole(s, m, ok)
		if !ok {
			continue
		}
		for _, d := range r.book.duties {
			r.line(s, m, d)
		}
		r.chains(s)
	}
	slices.SortStableFunc(r.findings, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(rank(x.Severity), rank(y.Severity)), cmp.Compare(x.Service, y.Service),
			cmp.Compare(r.place(x.Duty), r.place(y.Duty)), cmp.Compare(x.Rule, y.Rule))
	})
	return r.findings
}

// place is that of the duty in the catalogue; the matrix as a whole comes first.
func (r *review) place(duty string) int {
	if duty == "" {
		return -1
	}
	return r.book.byID[duty].at
}

func rank(s Severity) int { return slices.Index([]Severity{Critical, High, Medium, Low}, s) }

// find notes a finding. Its severity is that of the rule, one worse for a
// critical service and one milder for one of low criticality.
func (r *review) find(rule Rule, base Severity, s scope.Service, duty string, why, fix string, chain []Link) {
	if why == "" {
		return
	}
	all := []Severity{Critical, High, Medium, Low}
	i := rank(base)
	switch s.Weight() {
	case scope.Critical:
		i = max(i-1, 0)
	case scope.Low:
		i = min(i+1, len(all)-1)
	}
	r.findings = append(r.findings, Finding{Fingerprint: Fingerprint(rule, s.ID, duty), Rule: rule, Severity: all[i], Service: s.ID, Duty: duty,
		Control: r.book.byID[duty].Control, Why: why, Fix: fix, Chain: chain})
}

// Fingerprint gives the fingerprint of what a rule finds about a duty of a
// service: 32 hexadecimal digits, for ever the same.
func Fingerprint(rule Rule, service, duty string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{string(rule), service, duty}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// party names a side of the service in a sentence.
func (r *review) party(s scope.Service, m Matrix, p catalogue.Party) string {
	ours := r.scope.Organisation.Name
	if p == s.Party() {
		if p == catalogue.Customer {
			return first(m.Customer, ours, "the customer")
		}
		return first(m.Provider, s.Provider, ours, "the provider")
	}
	if p == catalogue.Customer {
		return first(m.Customer, s.Customer, "the customer")
	}
	return first(m.Provider, s.Provider, "the provider")
}

// name names the service in a sentence.
func name(s scope.Service) string { return first(s.Name, s.ID) }

// weighty tells whether the duty is a critical one: the edition itself asks it
// of the party, and the service's criticality is high, critical or not stated.
func (b *book) weighty(s scope.Service, d entry) bool {
	w := s.Weight()
	return d.BasisIn(b.edition) != catalogue.BasisPractice && (w == scope.High || w == scope.Critical)
}
