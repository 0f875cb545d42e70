// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"demarc.dev/demarc/cloud"
)

// Exception says that findings of some checks are accepted for a time. The
// outcome of a finding stays; the exception stands beside it.
type Exception struct {
	ID         string    `json:"id"`
	Checks     []string  `json:"checks"`
	Where      string    `json:"where,omitempty"` // CEL over r; empty: every resource of the checks, and scopes that were not read
	Reason     string    `json:"reason"`
	Owner      string    `json:"owner"`
	ApprovedBy string    `json:"approved_by"`
	Until      time.Time `json:"until"` // the last day, UTC; it holds until the day ends
	Evidence   string    `json:"evidence,omitempty"`

	place *place
}

// ExceptionUse says what became of an exception in a run.
type ExceptionUse struct {
	ID      string    `json:"id"`
	State   string    `json:"state"`   // "in force", "unused", "expired"
	Covers  int64     `json:"covers"`  // failing and unknown findings that it covers, or would if it had not expired
	Unclear int64     `json:"unclear"` // findings for which its condition is unknown or faulty; it does not cover them
	Owner   string    `json:"owner"`
	Until   time.Time `json:"until"`
	Note    string    `json:"note,omitempty"` // what somebody should do
}

// maxHorizon is how far ahead an exception may reach before a run warns of it.
const maxHorizon = 366 * 24 * time.Hour

type exceptionFile struct {
	Exceptions []exceptionYAML `yaml:"exceptions"`
}

type exceptionYAML struct {
	ID         string   `yaml:"id"`
	Checks     []string `yaml:"checks"`
	Where      string   `yaml:"where"`
	Reason     string   `yaml:"reason"`
	Owner      string   `yaml:"owner"`
	ApprovedBy string   `yaml:"approved_by"`
	Until      string   `yaml:"until"`
	Evidence   string   `yaml:"evidence"`
}

// ParseExceptions reads a file of exceptions:
//
//	exceptions:
//	  - id: public-website
//	    checks: [object-store-public]
//	    where: r.name == "www" && r.account == "111122223333"
//	    reason: the store is the public website
//	    owner: web team
//	    approved_by: Ada Byron
//	    until: 2027-03-31
//	    evidence: https://tickets.example/4711
//
// Every field but where and evidence is demanded. The error holds every fault.
// It is safe for foreign input.
func ParseExceptions(file string, data []byte) ([]Exception, error) {
	list, faults := readExceptions(file, data, nil)
	return list, faults.problem()
}

// ParseExceptions reads a file of exceptions and tells, together with what is
// wrong with the file, what CheckExceptions finds in it. An exception may be for
// a check that the set does not hold when elsewhere is true.
func (s *Set) ParseExceptions(file string, data []byte, elsewhere bool) ([]Exception, error) {
	list, faults := readExceptions(file, data, func(list []Exception) Faults {
		return slices.DeleteFunc(s.CheckExceptions(list), func(f Fault) bool { return elsewhere && f.Field == "checks" })
	})
	return list, faults.problem()
}

// readExceptions gives either exceptions or faults, those of more included.
func readExceptions(file string, data []byte, more func([]Exception) Faults) ([]Exception, Faults) {
	var doc exceptionFile
	lines, faults, unsure := decode(file, data, &doc)
	if lines == nil {
		return nil, faults
	}
	at, r := &place{file: file, line: lines}, reading{faults: faults, unsure: unsure}
	out := make([]Exception, 0, len(doc.Exceptions))
	for i, y := range doc.Exceptions {
		e, found := y.exception(at, fmt.Sprintf("exceptions[%d].", i))
		if slices.ContainsFunc(out, func(o Exception) bool { return o.ID == e.ID && e.ID != "" }) {
			found = append(found, at.fault(fmt.Sprintf("exceptions[%d].id", i), "another exception is called "+e.ID, "give it an id of its own"))
		}
		r.add(found)
		out = append(out, e)
	}
	if more != nil {
		r.add(more(out))
	}
	if len(r.faults) > 0 {
		return nil, r.faults
	}
	return out, nil
}

// Judge tells every fault of one exception that no file holds: a field that is
// missing, a check that the set does not hold, a condition that does not
// compile.
func (s *Set) Judge(e Exception) error {
	y := exceptionYAML{ID: e.ID, Checks: e.Checks, Where: e.Where, Reason: e.Reason, Owner: e.Owner, ApprovedBy: e.ApprovedBy, Evidence: e.Evidence}
	if !e.Until.IsZero() {
		y.Until = e.Until.Format(time.DateOnly)
	}
	e, faults := y.exception(&place{file: "the exception", line: map[string]int{}}, "")
	return append(faults, s.CheckExceptions([]Exception{e})...).problem()
}

// exception reads what was written down; prefix is what stands before the
// fields in their path.
func (y exceptionYAML) exception(at *place, prefix string) (Exception, Faults) {
	var faults Faults
	fault := func(field, what, cure string) {
		f := at.fault(prefix+field, what, cure)
		faults = append(faults, f)
	}
	for _, d := range []struct{ field, value, cure string }{
		{"id", y.ID, "give it a short name"}, {"reason", y.Reason, "say why it is accepted"}, {"owner", y.Owner, "say who answers for it"},
		{"approved_by", y.ApprovedBy, "say who accepted it"}, {"until", y.Until, "say the last day, such as 2027-03-31"},
	} {
		if strings.TrimSpace(d.value) == "" {
			fault(d.field, "it is missing", d.cure)
		}
	}
	if len(y.Checks) == 0 {
		fault("checks", "there is none", "list the ids of the checks")
	}
	if y.ID != "" && !idPattern().MatchString(y.ID) {
		fault("id", fmt.Sprintf("%q is no id", y.ID), "use small letters, digits and hyphens")
	}
	until, err := time.Parse(time.DateOnly, y.Until)
	if err != nil && y.Until != "" {
		fault("until", fmt.Sprintf("%q is no date", y.Until), "write it as 2027-03-31")
	}
	e := Exception{ID: y.ID, Checks: y.Checks, Where: y.Where, Reason: y.Reason, Owner: y.Owner, ApprovedBy: y.ApprovedBy, Until: until, Evidence: y.Evidence}
	e.place = &place{file: at.file, line: map[string]int{"where": at.line[prefix+"where"], "checks": at.line[prefix+"checks"]}}
	return e, faults
}

func idPattern() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`) }

// planned is an exception that is ready to run.
type planned struct {
	Exception
	at      int
	expired bool
	note    string
	where   map[cloud.Kind]expression // nil: everywhere
}

// exceptions are the exceptions of one run, with counts of their use.
type exceptions struct {
	list    []*planned
	byCheck map[string][]*planned

	mu     sync.Mutex
	counts []int64 // covers, then unclear
}

// CheckExceptions gives the faults of exceptions against the set: a condition
// that does not compile, a check that does not exist.
func (s *Set) CheckExceptions(list []Exception) Faults {
	var faults Faults
	for i := range list {
		_, found := s.planWhere(&list[i])
		faults = append(faults, found...)
		for _, id := range list[i].Checks {
			if _, ok := s.byID[id]; !ok {
				faults = append(faults, list[i].place.fault("checks", fmt.Sprintf("exception %s: no check is called %s", list[i].ID, id), nearest(id, s.ids())))
			}
		}
	}
	return faults
}

func (s *Set) ids() []string {
	out := make([]string, len(s.checks))
	for i, c := range s.checks {
		out[i] = c.ID
	}
	return out
}

func (s *Set) planExceptions(list []Exception, now time.Time) (*exceptions, error) {
	x := &exceptions{byCheck: map[string][]*planned{}, counts: make([]int64, 2*len(list))}
	var faults Faults
	for i := range list {
		p := &planned{Exception: list[i], at: i}
		end := p.Until.AddDate(0, 0, 1)
		p.expired = !now.Before(end)
		switch {
		case p.expired:
			p.note = "it ended on " + p.Until.Format(time.DateOnly) + ": mend what it covered, or have it approved anew"
		case end.Sub(now) > maxHorizon:
			p.note = "it reaches further than a year: shorten it"
		}
		where, found := s.planWhere(&list[i])
		faults = append(faults, found...)
		p.where = where
		for _, id := range p.Checks {
			if _, ok := s.byID[id]; !ok {
				p.note = strings.TrimSuffix("no check is called "+id+"; "+nearest(id, s.ids()), "; ")
			}
			x.byCheck[id] = append(x.byCheck[id], p)
		}
		x.list = append(x.list, p)
	}
	return x, faults.problem()
}

// planWhere compiles the condition for every kind of the exception's checks.
func (s *Set) planWhere(e *Exception) (map[cloud.Kind]expression, Faults) {
	if strings.TrimSpace(e.Where) == "" {
		return nil, nil
	}
	s.language.mu.Lock()
	defer s.language.mu.Unlock()
	carrier := &Check{ID: e.ID, place: e.place, own: true}
	parsed, joins, issues := s.language.parse(e.Where)
	if issues.Err() != nil {
		return nil, celFaults(carrier, "where", nil, nil, issues)
	}
	if len(joins) > 0 {
		return nil, Faults{e.place.fault("where", "a condition cannot ask other resources", "ask r alone")}
	}
	out := map[cloud.Kind]expression{}
	var faults Faults
	for _, id := range e.Checks {
		src := s.byID[id]
		if src == nil {
			continue
		}
		for _, kind := range src.check.Kinds {
			env, err := s.language.env(kind)
			if err != nil {
				return nil, Faults{e.place.fault("where", err.Error(), "")}
			}
			p, _, found := planExpression(carrier, env, s.kinds[kind], "where", parsed, cel.BoolType, false)
			for _, f := range found {
				if !slices.Contains(faults, f) {
					faults = append(faults, f)
				}
			}
			out[kind] = p
		}
	}
	return out, faults
}

// covers tells whether the exception is for the resource that the worker is at.
func (p *planned) covers(w *worker, kind cloud.Kind) bool {
	if p.where == nil {
		return true
	}
	switch v := w.eval(p.where[kind], false).(type) {
	case types.Bool:
		return bool(v)
	default:
		w.uses[len(w.uses)/2+p.at]++
		return false
	}
}

func (x *exceptions) counters() []int64 { return make([]int64, len(x.counts)) }

func (x *exceptions) add(uses []int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, n := range uses {
		x.counts[i] += n
	}
}

// scope applies the exceptions without a condition to a scope that was not read.
func (x *exceptions) scope(f *Finding) {
	for _, p := range x.byCheck[f.Check] {
		if p.where != nil {
			continue
		}
		x.counts[p.at]++
		if f.Exception == "" && !p.expired {
			f.Exception = p.ID
		}
	}
}

func (x *exceptions) uses() []ExceptionUse {
	out := make([]ExceptionUse, 0, len(x.list))
	for _, p := range x.list {
		u := ExceptionUse{ID: p.ID, State: "in force", Covers: x.counts[p.at], Unclear: x.counts[len(x.list)+p.at], Owner: p.Owner, Until: p.Until, Note: p.note}
		switch {
		case p.expired:
			u.State = "expired"
		case u.Covers == 0:
			u.State = "unused"
			if u.Note == "" {
				u.Note = "nothing that it covers fails any more: withdraw it"
			}
		}
		out = append(out, u)
	}
	return out
}
