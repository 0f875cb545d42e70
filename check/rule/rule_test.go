// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
)

var update = flag.Bool("update", false, "rewrite the golden files and checks.jsonl")

// golden compares got with the file at path.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); run go test ./check/rule -run Golden -update when it is right:\n%s", path, diff)
	}
}

func parse(t testing.TB) []check.Check {
	t.Helper()
	checks, err := Parse()
	if err != nil {
		t.Fatal(err)
	}
	return checks
}

func compile(t testing.TB, checks []check.Check) *check.Set {
	t.Helper()
	set, err := check.Compile(checks)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestGolden_Compact keeps checks.jsonl in step with the YAML files.
func TestGolden_Compact(t *testing.T) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, c := range parse(t) {
		if err := e.Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "checks.jsonl", b.String())
}

// TestLoad looks whether what Load gives is what the YAML files say.
func TestLoad(t *testing.T) {
	loaded, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	parsed := parse(t)
	if len(loaded) != len(parsed) {
		t.Fatalf("Load gives %d checks, the files hold %d", len(loaded), len(parsed))
	}
	for i, p := range parsed {
		want, _ := json.Marshal(p)
		got, err := json.Marshal(loaded[i])
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: Load gives\n%s\nand its file says\n%s", p.ID, got, want)
		}
	}
	set := compile(t, loaded)
	for _, c := range loaded {
		results, err := set.RunExamples(c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(results) < 3 || slices.ContainsFunc(results, func(r check.ExampleResult) bool { return !r.OK() }) {
			t.Errorf("%s: its examples do not hold: %v", c.ID, results)
		}
	}
}

// TestCount holds what was promised of the collection as a whole.
func TestCount(t *testing.T) {
	checks, asked := parse(t), map[cloud.Kind]int{}
	if len(checks) < 60 {
		t.Errorf("only %d checks", len(checks))
	}
	for _, c := range checks {
		for _, k := range c.Kinds {
			asked[k]++
		}
	}
	// Where packets go is a question to all of these at once: reach puts it, and
	// the checks of tenants ask for the answer.
	ways := []cloud.Kind{cloud.NetworkInterface, cloud.RouteTable, cloud.Endpoint}
	// So does privilege, for the checks of principals.
	ways = append(ways, cloud.Group, cloud.ProviderPolicy)
	for _, spec := range cloud.Kinds() {
		if asked[spec.Kind] == 0 && !slices.Contains(ways, spec.Kind) {
			t.Errorf("no check asks a resource of kind %s", spec.Kind)
		}
	}
}

// TestLint puts every rule for checks, their words and their examples to all of
// them, and looks whether the duties that they prove exist.
func TestLint(t *testing.T) {
	book, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	duty := func(id string) bool {
		_, ok := book.Duty(id)
		return ok
	}
	kinds := map[cloud.Kind]bool{}
	for _, spec := range cloud.Kinds() {
		kinds[spec.Kind] = true
	}
	for _, f := range check.Lint(parse(t), duty, func(k cloud.Kind) bool { return kinds[k] }) {
		t.Error(f)
	}
}

// TestExamples asks each check about its own examples, and demands that an
// example tells of every attribute that the check asks: known or a gap, and
// never left to the reader's guess.
func TestExamples(t *testing.T) {
	checks := parse(t)
	set := compile(t, checks)
	for _, c := range checks {
		t.Run(c.ID, func(t *testing.T) {
			results, err := set.RunExamples(c.ID)
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range results {
				if !r.OK() {
					t.Errorf("%s.yaml:%d: %q is %s, not %s: %s", c.ID, r.Line, r.Example, r.Got, r.Expect, r.Message)
				}
				if missing := silent(t, set, c, c.Examples[i]); len(missing) > 0 {
					t.Errorf("%s.yaml:%d: %q says nothing of %s; give the attribute, or a gap with its reason", c.ID, r.Line, r.Example, strings.Join(missing, ", "))
				}
			}
		})
	}
}

// silent gives the attributes that the check asks of r and that the example
// neither holds nor explains.
func silent(t *testing.T, set *check.Set, c check.Check, e check.Example) []string {
	t.Helper()
	fields := fieldsOf(t, set, c)
	spec := specOf(e.Resource.Kind)
	var out []string
	for _, f := range fields {
		if _, isAttribute := spec.Attribute(f); !isAttribute {
			continue
		}
		_, known := e.Resource.Attributes[f]
		_, gap := e.Resource.Gaps[f]
		if !known && !gap {
			out = append(out, f)
		}
	}
	return out
}

// fieldsOf gives the fields that the answers of a check rest on, as its finding
// about an example that passes tells them.
func fieldsOf(t *testing.T, set *check.Set, c check.Check) []string {
	t.Helper()
	i := slices.IndexFunc(c.Examples, func(e check.Example) bool { return e.Expect == check.Pass })
	if i < 0 {
		t.Fatalf("%s: no example passes", c.ID)
	}
	return ask(t, set, c.ID, c.Examples[i]).Fields
}

func specOf(kind cloud.Kind) cloud.Spec {
	for _, s := range cloud.Kinds() {
		if s.Kind == kind {
			return s
		}
	}
	return cloud.Spec{}
}

// TestWords holds what a reader of a finding needs: the message of a failure
// names the resource and a field that the answer rests on, and there are three
// ways to mend it and a page to read on.
func TestWords(t *testing.T) {
	checks := parse(t)
	set := compile(t, checks)
	for _, c := range checks {
		for _, way := range []struct{ name, text string }{{"console", c.Fix.Console}, {"cli", c.Fix.CLI}, {"terraform", c.Fix.Terraform}} {
			if strings.TrimSpace(way.text) == "" {
				t.Errorf("%s: no fix for %s", c.ID, way.name)
			}
		}
		if len(c.References) == 0 {
			t.Errorf("%s: no reference", c.ID)
		}
		if strings.HasSuffix(c.Title, ".") || !strings.HasSuffix(strings.TrimSpace(c.Why), ".") {
			t.Errorf("%s: a title ends without a full stop, a why with one", c.ID)
		}
		fields := fieldsOf(t, set, c)
		results, err := set.RunExamples(c.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			if r.Got != check.Fail {
				continue
			}
			if err := tells(r.Message, &c.Examples[i].Resource, fields); err != nil {
				t.Errorf("%s: %q: %v: %s", c.ID, r.Example, err, r.Message)
			}
		}
	}
}

func tells(message string, r *cloud.Resource, fields []string) error {
	subjects := []string{r.Name, r.ID}
	if r.Kind == cloud.AccountKind || r.Kind == cloud.RegionKind {
		subjects = []string{r.Account}
	}
	if !slices.ContainsFunc(subjects, func(s string) bool { return s != "" && strings.Contains(message, s) }) {
		return errors.New("it names no resource")
	}
	named := func(f string) bool { return strings.Contains(message, f[strings.LastIndexByte(f, '.')+1:]) }
	if !slices.ContainsFunc(fields, named) {
		return fmt.Errorf("it names none of the fields %v", fields)
	}
	return nil
}

// TestGolden_List makes a change of what is asked, how badly, or for which duty,
// visible in review.
func TestGolden_List(t *testing.T) {
	var b strings.Builder
	for _, c := range parse(t) {
		fmt.Fprintf(&b, "%s\n    %s, %s; %v%s\n    %s\n", c.ID, c.Severity, c.Effort, c.Kinds, strings.Join(append([]string{""}, c.Providers...), " "), c.Title)
		for _, p := range c.Proves {
			fmt.Fprintf(&b, "    %s %s\n", p.Extent, p.Duty)
		}
	}
	golden(t, filepath.Join("testdata", "list.golden"), b.String())
}

// TestGolden_Messages shows what each check says about its own examples.
func TestGolden_Messages(t *testing.T) {
	checks := parse(t)
	set := compile(t, checks)
	var b strings.Builder
	for _, c := range checks {
		results, err := set.RunExamples(c.ID)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n", c.ID)
		for _, r := range results {
			fmt.Fprintf(&b, "    %s: %s\n", r.Got, r.Message)
		}
	}
	golden(t, filepath.Join("testdata", "messages.golden"), b.String())
}

func TestSource(t *testing.T) {
	for _, c := range parse(t) {
		text, ok := Source(c.ID)
		if !ok || !bytes.HasPrefix(text, []byte("id: "+c.ID+"\n")) {
			t.Errorf("%s: no source", c.ID)
		}
	}
	for _, id := range []string{"", "no-such-check", "../rule"} {
		if _, ok := Source(id); ok {
			t.Errorf("%q has a source", id)
		}
	}
}
