// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
)

// refused is a change of a matrix that was not taken. Nothing that was typed is
// lost with it.
type refused struct {
	Why, Hint string // Why is empty when nothing was refused
	Kind      problem.Kind
	Conflict  bool // somebody else was quicker
	Seen      int  // the version that the form was made from
	Meanwhile []app.MatrixVersion
	Line      oneLine
	Many      manyLines
}

// oneLine is the form of one duty as it was sent.
type oneLine struct {
	Duty   string
	Typed  map[string]string // by field
	Faults map[string][]string
	Theirs map[string]string // what somebody else wrote into a field meanwhile, where it is another
	Taken  map[string]string // fields that only somebody else changed: what stood there
}

// manyLines is the form of several duties.
type manyLines struct {
	Open   bool
	Typed  map[string]string
	Which  string // "shown" or "chosen"
	Chosen map[string]bool
	Faults map[string][]string
}

// status gives the status of the page.
func (r refused) status() int {
	if r.Why == "" {
		return http.StatusOK
	}
	return r.Kind.Status()
}

// refuse1 makes a page of why a change of a matrix was not taken; another error
// than one of the visitor's is given back.
func (s *Server) refuse1(v *visit, service string, ed catalogue.Edition, from int, why error) (refused, error) {
	var p *problem.Problem
	kind := problem.Of(why)
	if !errors.As(why, &p) || kind != problem.Invalid && kind != problem.Conflict && kind != problem.Usage {
		return refused{}, why
	}
	no := refused{Why: p.Sentence, Hint: p.Hint, Kind: kind, Seen: from}
	if faults := lineFaults(why); len(faults) > 0 {
		no.Why, no.Line.Faults = plural(len(faults), "fault was found", "faults were found"), atFields(faults)
	}
	if kind != problem.Conflict {
		return no, nil
	}
	all, err := s.o.App.MatrixHistory(v, v.Caller, service, ed)
	if err != nil {
		return no, err
	}
	for _, x := range all {
		if x.Version > from {
			no.Meanwhile = append(no.Meanwhile, x)
		}
	}
	no.Conflict = len(no.Meanwhile) > 0
	return no, nil
}

// atFields gives the faults of each field in words: what is wrong with many lines
// is said once, with the lines.
func atFields(faults responsibility.LineFaults) map[string][]string {
	out, of := map[string][]string{}, map[[2]string][]string{}
	for _, f := range faults {
		field, _, _ := strings.Cut(f.Field, "[")
		key := [2]string{field, f.Says}
		if of[key] == nil {
			out[field] = append(out[field], f.Says)
		}
		of[key] = append(of[key], f.Duty)
	}
	many := slices.ContainsFunc(faults, func(f responsibility.LineFault) bool { return f.Duty != faults[0].Duty })
	for field, says := range out {
		for i := range says {
			if many {
				out[field][i] = strings.Join(of[[2]string{field, says[i]}], ", ") + ": " + says[i]
			}
		}
	}
	return out
}

// mergeLine lays what was typed over what somebody else saved meanwhile: a field
// that only they changed is theirs, one that both changed stays as it was typed,
// with theirs beside it.
func (s *Server) mergeLine(v *visit, service string, ed catalogue.Edition, from int, l *oneLine) error {
	m, err := s.o.App.Matrices(v, v.Caller, ed)
	if err != nil {
		return err
	}
	now, _, err := m.Of(service)
	if err != nil {
		return err
	}
	was, err := s.o.App.DefaultMatrix(v, v.Caller, service, ed)
	if err == nil && from > 0 {
		was, err = s.o.App.MatrixAt(v, v.Caller, service, ed, from)
	}
	if problem.Of(err) == problem.NotFound && err != nil {
		was, err = now, nil // what it was made from is not kept: all that was typed stays
	}
	if err != nil {
		return err
	}
	before, _ := was.Line(l.Duty)
	after, _ := now.Line(l.Duty)
	l.merge(fieldsOf(before), fieldsOf(after))
	return nil
}

func (l *oneLine) merge(before, after map[string]string) {
	l.Theirs, l.Taken = map[string]string{}, map[string]string{}
	for _, f := range lineFields() {
		was, theirs, mine := before[f.Value], after[f.Value], l.Typed[f.Value]
		switch {
		case theirs == was || theirs == mine:
		case mine == was:
			l.Typed[f.Value], l.Taken[f.Value] = theirs, was
		default:
			l.Theirs[f.Value] = theirs
		}
	}
}
