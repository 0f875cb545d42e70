// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"slices"
	"testing"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/check"
)

// TestRests walks from each finding of the example down to what was seen.
func TestRests(t *testing.T) {
	a := estate(t, t.TempDir())
	run := assessed(t, a, larkspur, everything).Run
	assessed(t, a, larkspur, everything) // a later run stands in the log too
	found, scopes := 0, 0
	for f, err := range a.Findings(ctx, larkspur, run) {
		ok(t, err)
		if found%17 > 0 {
			found++
			continue
		}
		found++
		rests := must[*app.Rests](t)(a.Rests(ctx, larkspur, run, f))
		kinds := []string{}
		for _, e := range rests.Entries {
			kinds = append(kinds, e.Kind)
		}
		if rests.Resource == nil {
			scopes++
			if !slices.Equal(kinds, []string{"findings.made"}) {
				t.Fatalf("%s of a scope rests on %v", f.Check, kinds)
			}
			continue
		}
		if rests.Resource.ID != f.Resource || rests.Resource.Kind != f.Kind || !slices.Equal(kinds, []string{"snapshot.blob", "snapshot.taken", "findings.made"}) || rests.Entries[2].Object != "run/"+run.ID || rests.Entries[0].Object != "snapshot/"+rests.Snapshot.ID {
			t.Fatalf("%s of %s rests on %s and %+v", f.Check, f.Resource, rests.Resource.ID, rests.Entries)
		}
	}
	if found < 1000 || scopes == found/17 {
		t.Errorf("%d findings, %d of scopes", found, scopes)
	}
	none := must[*app.Rests](t)(a.Rests(ctx, larkspur, run, check.Finding{Provider: "aws", Source: "live", Kind: "disk", Resource: "nowhere"}))
	if none.Resource != nil || len(none.Entries) != 1 {
		t.Errorf("what nobody saw rests on %+v", none)
	}
}
