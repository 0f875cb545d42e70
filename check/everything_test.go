// SPDX-License-Identifier: Apache-2.0

package check

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"demarc.dev/demarc/cloud"
)

// All that is wrong with a file is told in one round, and nothing that only
// follows from it.
func TestParse_EverythingAtOnce(t *testing.T) {
	text := checkFile("A_1", "severity", "severty: high", "kinds", "kinds: [object-stor]", "effort", "effort: minute",
		"proves", "proves: [{duty: 99.9.9-C1, extent: whole, why: x}]", "test", "test: r.publik &&", "message", "message: r.id", "fix", "fix: {consol: close it}",
		"x", "  - {name: more, expect: maybe, resource: {kind: disk, attributes: {encrypted: 3}}}", "why", "why: ' '")
	_, err := Parse("a.yaml", []byte(text))
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	want := []string{
		`a.yaml:1: id: "A_1" is no id`, "a.yaml:1: id: the file is not called A_1.yaml", `a.yaml:3: kinds[0]: no kind is called "object-stor"; did you mean object-store?`,
		"a.yaml:4: severty: there is no such field here; did you mean severity?", `a.yaml:5: effort: "minute" is not known`,
		`a.yaml:6: proves[0].duty: the catalogue has no duty "99.9.9-C1"`, `a.yaml:6: proves[0].extent: "whole" is not known`,
		"a.yaml:7: why: it is missing", "a.yaml:8: test, column 12: it ends too early", "a.yaml:10: consol: there is no such field here; did you mean console?",
		"a.yaml:15: examples[3].resource.kind: the check is not about disk",
		"a.yaml:15: examples[3].resource.attributes.encrypted: 3 is no bool", `a.yaml:15: examples[3].expect: "maybe" is not known`,
	}
	for _, w := range want {
		if !slices.ContainsFunc(faults, func(f Fault) bool { return strings.HasPrefix(f.String(), w) }) {
			t.Errorf("not told: %s", w)
		}
	}
	if len(faults) != len(want) || !slices.IsSortedFunc(faults, func(a, b Fault) int { return a.Line - b.Line }) {
		t.Errorf("%d faults, want %d by line:\n%v", len(faults), len(want), faults)
	}
}

// A file that does not read hides neither the faults of the others nor the
// wrong answers of those that are in order.
func TestParseFolder_EverythingAtOnce(t *testing.T) {
	_, err := ParseFolder(fstest.MapFS{
		"a.yaml": {Data: []byte("id: [\n")},
		"b.yaml": {Data: []byte(checkFile("b", "severity", "severity: severe", "test", "test: r.publik"))},
		"c.yaml": {Data: []byte(checkFile("c", "x", "  - {name: x, expect: pass, resource: {attributes: {public: true}}}"))},
		"d.yaml": {Data: []byte(checkFile("d", "x", "  - {name: x, expect: pass, resource: {attributes: {publik: false}}}"))},
		"e.yaml": {Data: []byte(checkFile("e", "proves", "proves: [{duty: 9.9-C1, extent: part, why: x}]"))},
		"f.yaml": {Data: []byte(checkFile("f"))},
	})
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	for _, want := range []string{"a.yaml:1: ", "b.yaml:4: severity: ", "b.yaml:8: test, column 2: an object-store has no field publik", `c.yaml:15: examples[3]: "x" is fail, not pass`,
		"d.yaml:15: examples[3].resource.attributes.publik: ", `e.yaml:6: proves[0].duty: the catalogue has no duty "9.9-C1"`} {
		if !slices.ContainsFunc(faults, func(f Fault) bool { return strings.HasPrefix(f.String(), want) }) {
			t.Errorf("not told: %s", want)
		}
	}
	if len(faults) != 6 {
		t.Errorf("%d faults, want 6:\n%v", len(faults), faults)
	}
}

func TestSet_ParseExceptions(t *testing.T) {
	set := compile(t, question("store", cloud.ObjectStore, "!r.public"))
	text := `exceptions:
  - {id: A b, checks: [sture, store], where: r.publik, reason: r, owner: o, aproved_by: p, until: soon}
  - {id: c, checks: [store], where: r.public &&, reason: r, owner: o, approved_by: p, until: 2026-01-01}
`
	var faults Faults
	if list, err := set.ParseExceptions("x.yaml", []byte(text), false); !errors.As(err, &faults) || list != nil {
		t.Fatal(list, err)
	}
	want := []string{`"A b" is no id`, "no check is called sture; did you mean store?", "no field publik", "aproved_by: there is no such field", `"soon" is no date`, "x.yaml:3: where, column 12: it ends too early"}
	for _, w := range want {
		if !strings.Contains(faults.Error(), w) {
			t.Errorf("not told: %s", w)
		}
	}
	if len(faults) != len(want) {
		t.Errorf("%d faults, want %d:\n%v", len(faults), len(want), faults)
	}
	if _, err := set.ParseExceptions("x.yaml", []byte(text), true); err == nil || strings.Contains(err.Error(), "sture") {
		t.Errorf("a check that may be elsewhere: %v", err)
	}
	good := "exceptions: [{id: c, checks: [other], reason: r, owner: o, approved_by: p, until: 2026-01-01}]"
	if list, err := set.ParseExceptions("x.yaml", []byte(good), true); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}
