// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"time"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
)

// Input is everything that an assessment rests on, but for the findings. The
// order within its lists makes no difference.
type Input struct {
	Catalogue    *catalogue.Catalogue
	Scope        *scope.Scope
	Matrices     []responsibility.Matrix // those of other editions and services are passed over
	Attestations []Attestation
	Checks       []check.Check // all that were run
	Exceptions   []check.Exception
	Edition      catalogue.Edition
	Parties      []catalogue.Party // whose duties; empty: both
	Services     []string          // ids; empty: all of the scope
	Snapshots    []Snapshot        // what the findings come from
	Unread       []cloud.ScopeGap
	Now          time.Time
	MaxAge       time.Duration // of facts; older ones show nothing any more. 0: no limit
}

// Run gathers findings. Its memory grows with services × checks and with the
// number of accounts, not with the findings. It is not safe for concurrent use.
type Run struct {
	in         Input
	ground     *ground
	exceptions map[string]bool // in force at Now
	tallies    map[At]*tally
	uses       map[string]*use
	outside    map[string]*Unassigned
	imports    []Import
}

// Imported says which reports of other tools the findings come from as well, and
// what became of them. Call it before Finish.
func (r *Run) Imported(all []Import) { r.imports = all }

// use counts what one exception covers.
type use struct {
	findings         int
	checks, services map[string]bool
}

// New begins an assessment. A *problem.Problem tells what is wrong with the
// input: an edition or a service that does not exist, two matrices for one
// service.
func New(in Input) (*Run, error) {
	g, err := newGround(in)
	if err != nil {
		return nil, err
	}
	r := &Run{in: in, ground: g, exceptions: map[string]bool{}, tallies: map[At]*tally{}, uses: map[string]*use{}, outside: map[string]*Unassigned{}}
	for _, e := range in.Exceptions {
		if in.Now.Before(e.Until.AddDate(0, 0, 1)) {
			r.exceptions[e.ID] = true
		}
	}
	return r, nil
}

// Add takes in a finding. The order of findings makes no difference. Each is
// counted as often as it is added: the caller sees to it that no snapshot is
// checked twice. A failure under an exception that is not in Input.Exceptions,
// or that has ended by now, is a failure. The error is always nil; it is there
// so that Add can stand where findings are emitted.
func (r *Run) Add(f check.Finding) error {
	if f.Exception != "" && !r.exceptions[f.Exception] {
		f.Exception = ""
	}
	ids := r.ground.evidenceFor(&f)
	if len(ids) == 0 {
		u := r.outside[f.Account]
		if u == nil {
			u = &Unassigned{Account: f.Account}
			r.outside[f.Account] = u
		}
		u.Findings++
		if f.Outcome == check.Fail {
			u.Failing++
		}
		return nil
	}
	for _, id := range ids {
		at := At{id, f.Check}
		t := r.tallies[at]
		if t == nil {
			t = &tally{}
			r.tallies[at] = t
		}
		t.add(&f)
	}
	if f.Exception != "" && f.Outcome == check.Fail {
		r.covered(&f, ids)
	}
	return nil
}

func (r *Run) covered(f *check.Finding, services []string) {
	u := r.uses[f.Exception]
	if u == nil {
		u = &use{checks: map[string]bool{}, services: map[string]bool{}}
		r.uses[f.Exception] = u
	}
	u.findings++
	u.checks[f.Check] = true
	for _, id := range services {
		u.services[id] = true
	}
}
