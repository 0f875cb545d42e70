// SPDX-License-Identifier: Apache-2.0

package check

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/cloud"
)

// ExampleTime is the moment at which examples are judged: write their times
// before and after it.
func ExampleTime() time.Time { return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) }

// ExampleResult is what became of one example.
type ExampleResult struct {
	Check   string
	Example string
	Expect  Outcome
	Got     Outcome // empty when the check is not about the example's resource
	Message string
	Line    int // of the example in the check's file
}

// OK tells whether the check answered as the example expects.
func (r ExampleResult) OK() bool { return r.Got == r.Expect }

// RunExamples asks the check about its own examples. A sparse example is filled
// in: the check's first kind and native, its first provider (or aws), source live, account
// 111122223333, region eu-west-1, id "example" ("other-1", … for others). An
// attribute that an example does not give is not-collected, as in an estate.
func RunExamples(c Check) ([]ExampleResult, error) {
	set, err := Compile([]Check{c})
	if err != nil {
		return nil, err
	}
	return set.RunExamples(c.ID)
}

// RunExamples asks a check of the set about its own examples.
func (s *Set) RunExamples(id string) ([]ExampleResult, error) {
	src, ok := s.byID[id]
	if !ok {
		return nil, fmt.Errorf("running examples: no check is called %s", id)
	}
	out := make([]ExampleResult, 0, len(src.check.Examples))
	for i, e := range src.check.Examples {
		result := ExampleResult{Check: id, Example: e.Name, Expect: e.Expect}
		if src.check.place != nil {
			result.Line = src.check.place.line[fmt.Sprintf("examples[%d]", i)]
		}
		resources := append([]cloud.Resource{e.Resource}, e.Others...)
		in := Input{Source: sourceOf(resources), Now: ExampleTime(), Workers: 1}
		_, err := s.Run(context.Background(), in, func(f Finding) error {
			if f.Check == id && f.Resource == e.Resource.ID && result.Got == "" {
				result.Got, result.Message = f.Outcome, f.Message
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("running example %q of %s: %w", e.Name, id, err)
		}
		out = append(out, result)
	}
	return out, nil
}

func sourceOf(resources []cloud.Resource) cloud.Source {
	return func() iter.Seq2[*cloud.Resource, error] {
		return func(yield func(*cloud.Resource, error) bool) {
			for i := range resources {
				if !yield(&resources[i], nil) {
					return
				}
			}
		}
	}
}

// Lint gives every fault of a collection of checks that Compile does not look
// for: the words, the examples and what they prove. duty tells whether a duty
// exists in the catalogue; collected, when not nil, tells whether some collector
// reads a kind. An example that the check answers otherwise is a fault.
func Lint(checks []Check, duty func(id string) bool, collected func(cloud.Kind) bool) Faults {
	return lint(checks, duty, collected, checks)
}

// lint asks only those checks about their examples that are in asked.
func lint(checks []Check, duty func(id string) bool, collected func(cloud.Kind) bool, asked []Check) Faults {
	var faults Faults
	for i := range checks {
		l := linter{c: &checks[i]}
		l.words()
		l.proofs(duty)
		l.examples()
		if collected != nil {
			for j, k := range slices.Concat(l.c.Kinds, l.c.Needs) {
				if !collected(k) {
					l.fault(fmt.Sprintf("kinds[%d]", j), fmt.Sprintf("no collector reads %s", k), "collect it, or withdraw the check")
				}
			}
		}
		faults = append(faults, l.faults...)
	}
	_, err := Compile(checks)
	var found Faults
	switch {
	case errors.As(err, &found):
		faults = append(faults, found...)
		asked = slices.DeleteFunc(slices.Clone(asked), func(c Check) bool {
			return c.File() == "" || slices.ContainsFunc(found, func(f Fault) bool { return f.File == c.File() })
		})
	case err != nil:
		return append(faults, Fault{What: err.Error()})
	}
	set, err := Compile(asked) // the others have an expression that cannot be asked
	if err != nil {
		return append(faults, Fault{What: err.Error()})
	}
	for _, c := range set.checks {
		faults = append(faults, set.lintAnswers(c)...)
	}
	return faults
}

// lintAnswers runs the examples, and looks whether the message names a field.
func (s *Set) lintAnswers(c Check) Faults {
	var faults Faults
	results, err := s.RunExamples(c.ID)
	if err != nil {
		return Faults{c.place.fault("examples", err.Error(), "")}
	}
	for i, r := range results {
		if r.OK() {
			continue
		}
		got := string(r.Got)
		if got == "" {
			got = "not asked"
		}
		faults = append(faults, c.place.fault(fmt.Sprintf("examples[%d]", i), fmt.Sprintf("%q is %s, not %s: %s", r.Example, got, r.Expect, r.Message), "mend the example or the test"))
	}
	if src := s.byID[c.ID]; src.message != nil && !mentionsField(s, src) {
		faults = append(faults, c.place.fault("message", "it names no field", "say which resource it is, and the value that is wrong"))
	}
	return faults
}

func mentionsField(s *Set, src *source) bool {
	s.language.mu.Lock()
	defer s.language.mu.Unlock()
	env, err := s.language.env(src.check.Kinds[0])
	if err != nil {
		return false
	}
	checked, issues := env.Check(src.message)
	if issues.Err() != nil {
		return false
	}
	return len(fieldsOf(checked.NativeRep())) > 0
}

type linter struct {
	c      *Check
	faults Faults
}

func (l *linter) fault(field, what, cure string) {
	l.faults = append(l.faults, l.c.place.fault(field, what, cure))
}

func (l *linter) oneOf(field, value string, known ...string) {
	if !slices.Contains(known, value) {
		l.fault(field, fmt.Sprintf("%q is not known", value), "use one of "+strings.Join(known, ", "))
	}
}

func (l *linter) words() {
	c := l.c
	if !idPattern().MatchString(c.ID) {
		l.fault("id", fmt.Sprintf("%q is no id", c.ID), "use small letters, digits and hyphens")
	}
	if file := c.File(); file != "" && file != c.ID+".yaml" && !strings.HasSuffix(file, "/"+c.ID+".yaml") {
		l.fault("id", fmt.Sprintf("the file is not called %s.yaml", c.ID), "rename one of them")
	}
	for _, d := range []struct{ field, value string }{{"title", c.Title}, {"why", c.Why}} {
		if strings.TrimSpace(d.value) == "" {
			l.fault(d.field, "it is missing", "say it in one sentence")
		}
	}
	l.oneOf("severity", string(c.Severity), string(Critical), string(High), string(Medium), string(Low))
	l.oneOf("effort", c.Effort, "minutes", "hours", "days", "weeks")
	for i, p := range c.Providers {
		l.oneOf(fmt.Sprintf("providers[%d]", i), p, "aws", "azure", "gcp", "kubernetes", "host")
	}
	if c.Fix.Console == "" && c.Fix.CLI == "" && c.Fix.Terraform == "" {
		l.fault("fix", "it tells no way to mend it", "fill in console, cli or terraform")
	}
	for i, r := range c.References {
		if !strings.HasPrefix(r, "https://") || strings.ContainsAny(r, " \t\n") || !strings.Contains(strings.TrimPrefix(r, "https://"), ".") {
			l.fault(fmt.Sprintf("references[%d]", i), fmt.Sprintf("%q is no https address", r), "give the address of a public page")
		}
	}
}

func (l *linter) proofs(duty func(string) bool) {
	switch n := len(l.c.Proves); {
	case n == 0:
		l.fault("proves", "it proves nothing", "name the duty that it bears on")
	case n > 4:
		l.fault("proves", fmt.Sprintf("it names %d duties", n), "keep the four that it really proves")
	}
	seen := map[string]bool{}
	for i, p := range l.c.Proves {
		at := fmt.Sprintf("proves[%d]", i)
		if duty != nil && !duty(p.Duty) {
			l.fault(at+".duty", fmt.Sprintf("the catalogue has no duty %q", p.Duty), "see catalogue/data/control")
		}
		if seen[p.Duty] {
			l.fault(at+".duty", "it is named twice", "keep one")
		}
		seen[p.Duty] = true
		l.oneOf(at+".extent", p.Extent, "full", "part")
		if strings.TrimSpace(p.Why) == "" {
			l.fault(at+".why", "it is missing", "say why the check bears on the duty")
		}
	}
}

// outcomes are those that an example can expect.
func outcomes() []Outcome { return []Outcome{Pass, Fail, Unknown, NotApplicable} }

func (l *linter) examples() {
	expected, names, known := map[Outcome]bool{}, map[string]bool{}, true
	for i, e := range l.c.Examples {
		at := fmt.Sprintf("examples[%d]", i)
		expected[e.Expect] = true
		if e.Name == "" || names[e.Name] {
			l.fault(at+".name", "it is missing or taken", "give the example a name of its own")
		}
		names[e.Name] = true
		l.oneOf(at+".expect", string(e.Expect), "pass", "fail", "unknown", "notapplicable")
		known = known && slices.Contains(outcomes(), e.Expect)
		if e.Resource.Kind != "" && !slices.Contains(l.c.Kinds, e.Resource.Kind) {
			l.fault(at+".resource.kind", fmt.Sprintf("the check is not about %s", e.Resource.Kind), "use one of its kinds")
		}
	}
	if !known {
		return // what is misspelt may be the one that is missing
	}
	for _, o := range []Outcome{Pass, Fail, Unknown} {
		if !expected[o] {
			l.fault("examples", fmt.Sprintf("none is expected to be %s", o), "add one")
		}
	}
	if l.c.When != "" && !expected[NotApplicable] {
		l.fault("examples", "none is expected to be notapplicable, though there is a when", "add one")
	}
}
