// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNarrow: narrowed to all services nothing of a service is lost, and
// narrowed to one nothing of another is left and every sum is of that one.
func TestNarrow(t *testing.T) {
	in := input()
	a := conclude(t, in, nil)
	if len(a.Services) < 2 {
		t.Fatalf("the world has %d services", len(a.Services))
	}
	all := Narrow(a, in.Catalogue, in.Scope.ServiceIDs())
	for name, d := range map[string]string{
		"answers": cmp.Diff(a.Answers, all.Answers), "controls": cmp.Diff(a.Controls, all.Controls), "themes": cmp.Diff(a.Themes, all.Themes),
		"readiness": cmp.Diff(a.Readiness, all.Readiness), "services": cmp.Diff(a.Services, all.Services), "gaps": cmp.Diff(a.Gaps, all.Gaps),
	} {
		if d != "" {
			t.Errorf("narrowed to all services, the %s differ:\n%s", name, d)
		}
	}
	one := a.Services[0].ID
	n := Narrow(a, in.Catalogue, []string{one})
	if len(n.Services) != 1 || len(n.Answers) == 0 || n.Readiness.All != n.Services[0].Counts {
		t.Errorf("%d services, %d answers, %+v of %+v", len(n.Services), len(n.Answers), n.Readiness.All, n.Services[0].Counts)
	}
	if slices.ContainsFunc(n.Answers, func(x Answer) bool { return x.Service != one }) || slices.ContainsFunc(n.Controls, func(r Roll) bool { return r.Service != "" && r.Service != one }) {
		t.Error("something of another service is left")
	}
	var themes Counts
	for _, r := range n.Themes {
		themes = themes.plus(r.Counts)
	}
	if themes != n.Readiness.All {
		t.Errorf("the themes sum up to %+v, all is %+v", themes, n.Readiness.All)
	}
	if len(a.Services) < 2 || len(a.Answers) == len(n.Answers) {
		t.Error("the assessment itself was changed")
	}
}
