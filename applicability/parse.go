// SPDX-License-Identifier: Apache-2.0

package applicability

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"demarc.dev/demarc/internal/strict"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

type file struct {
	Lines []Decision `yaml:"lines"`
}

// longest is how many bytes a justification has at most.
const longest = 4000

// Parse reads decisions as people write them, about the lines of a statement;
// the error tells all faults with line and field.
func Parse(name string, data []byte, s Statement, sc *scope.Scope) ([]Decision, error) {
	var f file
	doc := strict.Read(name, data, &f)
	seen := map[string]bool{}
	for i, d := range f.Lines {
		at := fmt.Sprintf("lines[%d]", i)
		if seen[d.Line] && d.Line != "" {
			doc.Fault(at+".line", "%q stands twice", d.Line)
		}
		seen[d.Line] = true
		d.check(s, sc, func(field, says string) { doc.Fault(at+"."+field, "%s", says) })
	}
	return f.Lines, doc.Err()
}

// Encode writes the lines that somebody decided, as Parse reads them; with all,
// those that are proposed too, to be edited.
func Encode(s Statement, all bool) ([]byte, error) {
	f := file{Lines: []Decision{}}
	for _, l := range s.Lines {
		if l.Standing == Decided || all && l.Standing == Proposed {
			f.Lines = append(f.Lines, Decision{Line: l.ID, Applicable: l.Applicable, Justification: l.Justification, Responsible: l.Responsible})
		}
	}
	data, err := yaml.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encoding the statement: %w", err)
	}
	return data, nil
}

// Validate tells all that is wrong with one decision.
func (d Decision) Validate(s Statement, sc *scope.Scope) error {
	var faults []string
	d.check(s, sc, func(field, says string) { faults = append(faults, field+": "+says) })
	return problem.Faulty("the line cannot be decided so", faults)
}

func (d Decision) check(s Statement, sc *scope.Scope, fault func(field, says string)) {
	if _, ok := s.Line(d.Line); !ok {
		fault("line", fmt.Sprintf("the statement of this edition has no line %q; A.5.1, or 27017-5.1-customer", d.Line))
	}
	switch words := strings.TrimSpace(d.Justification); {
	case words == "":
		fault("justification", "say why it applies, or why it does not: a statement of applicability has no blank")
	case len(words) > longest:
		fault("justification", fmt.Sprintf("it is longer than %d bytes", longest))
	}
	if p, ok := sc.Person(d.Responsible); d.Responsible != "" && len(sc.People) > 0 && (!ok || !p.Active) {
		fault("responsible", fmt.Sprintf("nobody in the scope is called %q, or the person has left", d.Responsible))
	}
}
