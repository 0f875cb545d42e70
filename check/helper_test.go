// SPDX-License-Identifier: Apache-2.0

package check

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"demarc.dev/demarc/cloud"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
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
		t.Errorf("%s differs (-want +got); run with -update when it is right:\n%s", path, diff)
	}
}

// attrs is short for attributes.
type attrs = map[string]any

// resource makes a resource of account 1 in eu-west-1.
func resource(kind cloud.Kind, id string, a attrs, change ...func(*cloud.Resource)) cloud.Resource {
	r := cloud.Resource{ID: id, Kind: kind, Provider: "aws", Source: "live", Account: "1", Region: "eu-west-1", Name: id, Attributes: a}
	for _, f := range change {
		f(&r)
	}
	return r
}

func gap(field string, reason cloud.Reason, call string) func(*cloud.Resource) {
	return func(r *cloud.Resource) {
		if r.Gaps == nil {
			r.Gaps = map[string]cloud.Gap{}
		}
		r.Gaps[field] = cloud.Gap{Reason: reason, Call: call}
	}
}

func tags(pairs ...string) func(*cloud.Resource) {
	return func(r *cloud.Resource) {
		r.Tags = map[string]string{}
		for i := 0; i+1 < len(pairs); i += 2 {
			r.Tags[pairs[i]] = pairs[i+1]
		}
	}
}

func link(relation, target string) func(*cloud.Resource) {
	return func(r *cloud.Resource) { r.Links = append(r.Links, cloud.Link{Relation: relation, Target: target}) }
}

// question is a check with only what the engine needs.
func question(id string, kind cloud.Kind, test string) Check {
	return Check{ID: id, Title: id + " holds", Kinds: []cloud.Kind{kind}, Severity: High, Test: test, Message: `r.name + " fails"`}
}

func compile(t testing.TB, checks ...Check) *Set {
	t.Helper()
	s, err := Compile(checks)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// runAll runs a set and gives the findings.
func runAll(t testing.TB, s *Set, in Input) ([]Finding, Stats) {
	t.Helper()
	if in.Now.IsZero() {
		in.Now = testNow()
	}
	var out []Finding
	stats, err := s.Run(context.Background(), in, func(f Finding) error { out = append(out, f); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return out, stats
}

func testNow() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) }

// answer asks one expression about the first resource.
func answer(t testing.TB, test string, resources ...cloud.Resource) Finding {
	t.Helper()
	return answerIn(t, test, Input{}, resources...)
}

func answerIn(t testing.TB, test string, in Input, resources ...cloud.Resource) Finding {
	t.Helper()
	s := compile(t, question("q", resources[0].Kind, test))
	in.Source, in.Workers = sourceOf(resources), 1
	findings, _ := runAll(t, s, in)
	if len(findings) == 0 || findings[0].Resource != resources[0].ID {
		t.Fatalf("%s: no finding about the first resource: %v", test, findings)
	}
	return findings[0]
}
