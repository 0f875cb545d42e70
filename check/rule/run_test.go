// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/cloudtest"
)

func sourceOf(resources ...cloud.Resource) cloud.Source {
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

// ask gives the finding of a check about the resource of an example.
func ask(t *testing.T, set *check.Set, id string, e check.Example) check.Finding {
	t.Helper()
	var out check.Finding
	in := check.Input{Source: sourceOf(append([]cloud.Resource{e.Resource}, e.Others...)...), Now: check.ExampleTime(), Workers: 1}
	if _, err := set.Run(t.Context(), in, func(f check.Finding) error {
		if f.Check == id && f.Resource == e.Resource.ID && out.Check == "" {
			out = f
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// without is the example with one attribute turned into a gap.
func without(e check.Example, attribute string) check.Example {
	r := e.Resource
	r.Attributes, r.Gaps = maps.Clone(r.Attributes), maps.Clone(r.Gaps)
	delete(r.Attributes, attribute)
	if r.Gaps == nil {
		r.Gaps = map[string]cloud.Gap{}
	}
	r.Gaps[attribute] = cloud.Gap{Reason: cloud.Denied, Call: "test:Read"}
	e.Resource = r
	return e
}

// TestUnread takes one fact after the other from every example: what passed must
// not fail for it, what failed must not pass, and nothing may become an error.
// Without a single fact no check knows an answer.
func TestUnread(t *testing.T) {
	checks := parse(t)
	set := compile(t, checks)
	for _, c := range checks {
		for _, e := range c.Examples {
			bare := e
			for _, attribute := range slices.Sorted(maps.Keys(e.Resource.Attributes)) {
				less := ask(t, set, c.ID, without(e, attribute)).Outcome
				if less != e.Expect && less != check.Unknown {
					t.Errorf("%s: %q is %s, and %s when %s was not read", c.ID, e.Name, e.Expect, less, attribute)
				}
				bare = without(bare, attribute)
			}
			bare = without(bare, "tags")
			bare.Resource.Tags, bare.Resource.Tenant, bare.Others = nil, e.Resource.Tenant, nil
			if got := ask(t, set, c.ID, bare).Outcome; got != check.Unknown && !(got == check.NotApplicable && e.Expect == got) {
				t.Errorf("%s: %q is %s when nothing was read", c.ID, e.Name, got)
			}
		}
	}
}

// everyProvider gives resources of a kind that only checks of another provider ask
// that provider.
func everyProvider(checks []check.Check, source cloud.Source) cloud.Source {
	providers := map[cloud.Kind]string{}
	for _, c := range checks {
		for _, k := range c.Kinds {
			if len(c.Providers) == 0 || slices.Contains(c.Providers, "aws") {
				providers[k] = "aws"
			} else if providers[k] == "" {
				providers[k] = c.Providers[0]
			}
		}
	}
	return func() iter.Seq2[*cloud.Resource, error] {
		return func(yield func(*cloud.Resource, error) bool) {
			for r, err := range source() {
				if err == nil && providers[r.Kind] != "" {
					r.Provider = providers[r.Kind]
				}
				if !yield(r, err) {
					return
				}
			}
		}
	}
}

// TestRun puts all checks to generated resources of every kind: none may be
// faulty, and none may be without a finding.
func TestRun(t *testing.T) {
	set := compile(t, parse(t))
	in := check.Input{Header: cloud.Header{Source: "live", Provider: "aws"}, Source: everyProvider(parse(t), cloudtest.Generate(5_000, 1)), Now: time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)}
	faulty := map[string]bool{}
	stats, err := set.Run(t.Context(), in, func(f check.Finding) error {
		if f.Outcome == check.Error && !faulty[f.Check] {
			faulty[f.Check] = true
			t.Errorf("%s: %s", f.Check, f.Message)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range stats.Silent {
		t.Errorf("%s: was asked about nothing", id)
	}
}
