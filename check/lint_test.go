// SPDX-License-Identifier: Apache-2.0

package check

import (
	"slices"
	"strings"
	"testing"

	"demarc.dev/demarc/cloud"
)

func parseFile(t *testing.T, name, text string) Check {
	t.Helper()
	c, err := Parse(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLint(t *testing.T) {
	duty := func(id string) bool { return strings.HasPrefix(id, "9.4.1-") }
	collected := func(k cloud.Kind) bool { return k != cloud.Queue }
	if faults := Lint([]Check{parseFile(t, "check/rule/a.yaml", checkFile("a"))}, duty, collected); len(faults) > 0 {
		t.Errorf("a good check: %v", faults)
	}
	for _, c := range []struct {
		file   string
		change []string
		want   []string
	}{
		{"b.yaml", nil, []string{"b.yaml:1: id: the file is not called a.yaml"}},
		{"a.yaml", []string{"id", "id: A_1"}, []string{`id: "A_1" is no id`}},
		{"a.yaml", []string{"severity", "severity: severe", "effort", "effort: minute"}, []string{`severity: "severe" is not known`, `effort: "minute" is not known`}},
		{"a.yaml", []string{"fix", "fix: {}"}, []string{"fix: it tells no way"}},
		{"a.yaml", []string{"references", "references: ['http://a.example', 'https://b.example/c', 'https://with space.example']"}, []string{"references[0]", "references[2]"}},
		{"a.yaml", []string{"proves", "proves: []"}, []string{"it proves nothing"}},
		{"a.yaml", []string{"proves", "proves: [{duty: 9.4.1-C1, extent: whole, why: x}, {duty: 9.4.1-C1, extent: full}, {duty: 1.1-P1, extent: full, why: x}, {duty: 9.4.1-P1, extent: full, why: x}, {duty: 9.4.1-P2, extent: full, why: x}]"},
			[]string{"it names 5 duties", `proves[0].extent: "whole"`, "proves[1].duty: it is named twice", "proves[1].why: it is missing", `proves[2].duty: the catalogue has no duty "1.1-P1"`}},
		{"a.yaml", []string{"message", "message: \"'it is open'\""}, []string{"message: it names no field"}},
		{"a.yaml", []string{"x", "  - {name: open, expect: pass, resource: {attributes: {public: true}}}"}, []string{"examples[3].name: it is missing or taken", `examples[3]: "open" is fail, not pass: example is public`}},
		{"a.yaml", []string{"x", "  - {name: x, expect: error, resource: {kind: queue, attributes: {public: true}}}"}, []string{`examples[3].expect: "error"`, "the check is not about queue", "is not asked, not error"}},
		{"a.yaml", []string{"when", "when: r.encrypted"}, []string{"none is expected to be notapplicable", `"closed" is unknown, not pass: cannot tell: encrypted was not read (not-collected)`}},
		{"a.yaml", []string{"kinds", "kinds: [queue]"}, []string{"no collector reads queue"}},
		{"a.yaml", []string{"test", "test: r.publik"}, []string{"no field publik"}},
	} {
		got := Lint([]Check{parseFile(t, c.file, checkFile("a", c.change...))}, duty, collected)
		for _, want := range c.want {
			if !slices.ContainsFunc(got, func(f Fault) bool { return strings.Contains(f.String(), want) }) {
				t.Errorf("%v: not told: %s in\n%v", c.change, want, got)
			}
		}
	}
	bare := Check{ID: "a", Kinds: []cloud.Kind{cloud.Disk}, Test: "true", Message: "r.id", Severity: High, Effort: "days"}
	got := Lint([]Check{bare, bare}, nil, nil).Error()
	for _, want := range []string{"title: it is missing", "why: it is missing", "none is expected to be pass", "none is expected to be fail", "none is expected to be unknown", "another check is called a"} {
		if !strings.Contains(got, want) {
			t.Errorf("not told: %s in\n%s", want, got)
		}
	}
}

// TestRunExamples_Sparse shows the rule for what an example leaves out.
func TestRunExamples_Sparse(t *testing.T) {
	c := parseFile(t, "a.yaml", checkFile("a", "test", `test: r.account == "111122223333" && r.region == "eu-west-1" && r.provider == "aws" && r.id == "example" && r.name == "example" && all("key").exists(k, k.id == "other-1" && k.rotation)`,
		"x", "  - {name: joined, expect: pass, resource: {}, others: [{kind: key, attributes: {rotation: true}}]}",
		"y", "  - {name: not said, expect: unknown, resource: {}, others: [{kind: key}]}",
		"z", "  - {name: none, expect: fail, resource: {}}"))
	results, err := RunExamples(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results[3:] {
		if !r.OK() {
			t.Errorf("%+v", r)
		}
	}
	if results[3].Line != 15 || results[0].Example != "closed" || results[0].OK() {
		t.Errorf("%+v", results)
	}
}

func TestCompare(t *testing.T) {
	outcomes := []Outcome{"", Pass, Fail, Unknown, NotApplicable, Error}
	var earlier, later []Finding
	for _, a := range outcomes {
		for _, b := range outcomes {
			id := string(a) + ">" + string(b)
			if a != "" {
				earlier = append(earlier, Finding{Fingerprint: id, Resource: id, Outcome: a})
			}
			if b != "" {
				later = append(later, Finding{Fingerprint: id, Resource: id, Outcome: b})
			}
		}
	}
	d := Compare(slices.Values(earlier), slices.Values(later))
	for _, c := range []struct {
		name string
		got  []Finding
		want string
	}{
		{"new", d.New, ">fail error>fail notapplicable>fail pass>fail unknown>fail"},
		{"fixed", d.Fixed, "fail>notapplicable fail>pass"},
		{"open", d.Open, "fail>fail"},
		{"unknown", d.Unknown, "fail>error fail>unknown notapplicable>error notapplicable>unknown pass>error pass>unknown"},
		{"known", d.Known, "error>notapplicable error>pass unknown>notapplicable unknown>pass"},
		{"gone", d.Gone, "fail>"},
	} {
		var got []string
		for _, f := range c.got {
			got = append(got, f.Resource)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}
