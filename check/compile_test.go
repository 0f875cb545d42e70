// SPDX-License-Identifier: Apache-2.0

package check

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/problem"
)

// checkFile is a file of a check, with lines replaced or added by pairs of the
// line's first word and the new line.
func checkFile(id string, change ...string) string {
	lines := []string{
		"id: " + id, "title: " + id + " holds", "kinds: [object-store]", "severity: high", "effort: minutes",
		"proves: [{duty: 9.4.1-C1, extent: part, why: it bears on it}]", "why: because", `test: "!r.public"`, "message: r.name + ' is public'",
		"fix: {console: close it}", "examples:",
		"  - {name: closed, expect: pass, resource: {attributes: {public: false}}}",
		"  - {name: open, expect: fail, resource: {attributes: {public: true}}}",
		"  - {name: unread, expect: unknown, resource: {gaps: {public: {reason: denied}}}}",
	}
	for i := 0; i+1 < len(change); i += 2 {
		found := false
		for j, l := range lines {
			if strings.HasPrefix(l, change[i]+":") {
				lines[j], found = change[i+1], true
			}
		}
		if !found {
			lines = append(lines, change[i+1])
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// TestGolden_FaultyExpressions shows what a person reads who wrote an
// expression that is wrong.
func TestGolden_FaultyExpressions(t *testing.T) {
	var b strings.Builder
	for _, test := range []string{
		"r.publik", "r.public == 3", "r.public == 'true'", "r.lock_days > '30'", "r.id", "r.lock_days", "r.public &&", "r.public & r.encrypted", "(r.public",
		"tag(3) == ''", "tag('a', 'b') == ''", "tagg('a') == ''", "has_tag()", "days(r.name) > 3", "days() > 3", "never(3)", "now > 3", "foo(r)", "R.public", "public",
		"has(r.public)", "has(r.nothing)", "r.tags.exists(t, t.public)", "opens(r, [22])", "opens_all(22)", "tls_at_least(r.name, 1.2)",
		"all('log-trial').size() > 0", "all(r.name).size() > 0", "all().size() > 0", "all('log-trail').exists(t, t.loging)", "all('log-trail').exists(t, t.logging == 3)",
		"all('log-trail').exists(t, 3)", "all('log-trail').exists(3, true)", "all('log-trail')", "linked('encrypts-with').exists(k, k.rotation)", "linking('logs-to').size() > 0",
		"all('log-trail').all(a, everywhere('log-trail').all(b, a.id == b.id))", "r.name.matches('(')", "duration('x') > now", "r.public ? 1 : 2", "r.public ? true : 2",
		"r.rules.exists(x, x.port == 3)", "object_store{public: true}.public", "[1, 'a'].size() == 2", "r.name + 3 == ''", "''",
		"r.name == '" + strings.Repeat("x", 5000) + "'", strings.Repeat("(", 60) + "true" + strings.Repeat(")", 60), strings.Repeat("!r.public && ", 700) + "true",
	} {
		c, err := Parse("a.yaml", []byte(checkFile("a", "test", fmt.Sprintf("test: %q", test))))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Compile([]Check{c})
		if len(test) > 100 {
			test = test[:40] + "…"
		}
		fmt.Fprintf(&b, "%s\n", test)
		var faults Faults
		switch {
		case errors.As(err, &faults):
			for _, f := range faults {
				fmt.Fprintf(&b, "    %s\n", f)
			}
		default:
			fmt.Fprintf(&b, "    %v\n", err)
		}
	}
	golden(t, "expressions.golden", b.String())
}

// TestGolden_FaultyFiles shows what a person reads whose file is wrong.
func TestGolden_FaultyFiles(t *testing.T) {
	var b strings.Builder
	for _, c := range []struct{ name, file string }{
		{"unknown fields, two at once", checkFile("a", "severity", "severty: high", "effort", "efort: minutes")},
		{"unknown field of a proof", checkFile("a", "proves", "proves: [{dutty: x}]")},
		{"unknown field of a resource", checkFile("a", "x", "  - {name: x, expect: pass, resource: {attribute: {public: false}}}")},
		{"wrong shape", checkFile("a", "kinds", "kinds: object-store")},
		{"twice", checkFile("a", "x", "id: b")},
		{"no yaml", "id: [\n"},
		{"empty", ""},
		{"two documents", checkFile("a") + "---\n" + checkFile("b")},
		{"unknown attribute in an example", checkFile("a", "x", "  - {name: x, expect: pass, resource: {attributes: {publik: false, encrypted: 3}}}")},
		{"unknown gap in an example", checkFile("a", "x", "  - {name: x, expect: pass, resource: {attributes: {public: false}, gaps: {public: {reason: refused}, xyz: {reason: denied}}}}")},
		{"unknown kind in an example", checkFile("a", "x", "  - {name: x, expect: pass, resource: {kind: bucket}}")},
		{"time in an example", checkFile("a", "kinds", "kinds: [secret]", "examples", "examples:\n  - {name: t, expect: pass, resource: {kind: secret, attributes: {changed: yesterday}}}")},
	} {
		_, err := Parse("rules/a.yaml", []byte(c.file))
		fmt.Fprintf(&b, "%s\n", c.name)
		var faults Faults
		if !errors.As(err, &faults) {
			t.Errorf("%s: no faults: %v", c.name, err)
		}
		if problem.Of(err) != problem.Invalid {
			t.Errorf("%s: no problem of kind invalid: %v", c.name, err)
		}
		for _, f := range faults {
			fmt.Fprintf(&b, "    %s\n", f)
		}
	}
	golden(t, "files.golden", b.String())
}

func TestCompile_AllFaultsAtOnce(t *testing.T) {
	a, b := question("same", cloud.Disk, "r.encrypt"), question("same", cloud.Disk, "r.attached == 1")
	c := question("c", "", "")
	c.Kinds, c.Needs = []cloud.Kind{"bucket"}, []cloud.Kind{"kee"}
	_, err := Compile([]Check{a, b, c, {ID: "empty"}})
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	for _, want := range []string{"has no field encrypt", "== does not take (bool, int)", "another check is called same", `no kind is called "bucket"`, `no kind is called "kee"; did you mean key?`, "test: it is missing", "message: it is missing", "kinds: there is none"} {
		if !strings.Contains(faults.Error(), want) {
			t.Errorf("not told: %s\n%v", want, faults)
		}
	}
}

// TestCompile_EachKind: a field must exist in every kind of the check.
func TestCompile_EachKind(t *testing.T) {
	c := question("a", cloud.Disk, "r.encrypted && r.attached")
	c.Kinds = append(c.Kinds, cloud.Database)
	_, err := Compile([]Check{c})
	if err == nil || !strings.Contains(err.Error(), "a database has no field attached") || strings.Contains(err.Error(), "disk") {
		t.Error(err)
	}
	c.Test = "r.encrypted"
	set := compile(t, c)
	findings, _ := runAll(t, set, Input{Source: sourceOf([]cloud.Resource{resource(cloud.Disk, "d", attrs{"encrypted": true}), resource(cloud.Database, "e", attrs{"encrypted": false})})})
	if len(findings) != 2 || findings[0].Outcome != Pass || findings[1].Outcome != Fail {
		t.Error(findings)
	}
}

func TestLoadFolder(t *testing.T) {
	folder := fstest.MapFS{
		"b.yaml": {Data: []byte(checkFile("b"))}, "own/a.yaml": {Data: []byte(checkFile("a"))}, "README.md": {Data: []byte("no check")},
	}
	checks, err := LoadFolder(folder)
	if err != nil || len(checks) != 2 || checks[0].ID != "b" || checks[1].File() != "own/a.yaml" || !checks[0].own {
		t.Fatal(checks, err)
	}
	builtin, err := Parse("b.yaml", []byte(checkFile("b")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Compile(append(checks, builtin)); err == nil || !strings.Contains(err.Error(), "another check is called b") {
		t.Errorf("a user's check took the name of a built-in one: %v", err)
	}
	folder["c.yaml"] = &fstest.MapFile{Data: []byte("id: c\nx: y\n")}
	folder["d.yaml"] = &fstest.MapFile{Data: []byte("z: d\n")}
	if _, err = LoadFolder(folder); err == nil || !strings.Contains(err.Error(), "c.yaml:2: x") || !strings.Contains(err.Error(), "d.yaml:1: z") {
		t.Errorf("not the faults of all files: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(checkFile("a")))
	f.Add([]byte(checkFile("a", "test", "test: all('log-trail').exists(t, t.logging)")))
	f.Add([]byte("id: &a [*a]\n"))
	f.Add([]byte("examples: [{resource: {kind: secret, attributes: {changed: 2026-01-01}}}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("f.yaml", data)
		if err != nil {
			var faults Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Fatalf("an error without faults: %v", err)
			}
			return
		}
		set, err := Compile([]Check{c})
		if err != nil {
			return
		}
		if _, err := set.RunExamples(c.ID); err != nil {
			t.Fatal(err)
		}
	})
}
