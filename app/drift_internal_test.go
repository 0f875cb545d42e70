// SPDX-License-Identifier: Apache-2.0

package app

import (
	"slices"
	"testing"

	"demarc.dev/demarc/check"
)

// TestDriftOf holds what the indexes tell of a change against check.Compare,
// which keeps the findings themselves.
func TestDriftOf(t *testing.T) {
	earlier := manyFindings(2000)
	var later []check.Finding
	for i, f := range manyFindings(2300) {
		if i%11 == 0 {
			continue // gone
		}
		if i%3 == 0 {
			f.Outcome = Outcomes()[(i/7)%5]
		}
		later = append(later, f)
	}
	view := func(findings []check.Finding) foundView {
		x := indexOf(t, findings)
		return foundView{x: x, s: x.whole, ok: x.matching(FindingFilter{}, everywhere)}
	}
	got, err := driftOf(view(earlier), view(later))
	if err != nil {
		t.Fatal(err)
	}
	want := check.Compare(slices.Values(earlier), slices.Values(later))
	for name, part := range map[string]struct {
		got  Changed
		want []check.Finding
	}{"New": {got.New, want.New}, "Fixed": {got.Fixed, want.Fixed}, "Open": {got.Open, want.Open}, "Unknown": {got.Unknown, want.Unknown}, "Known": {got.Known, want.Known}, "Gone": {got.Gone, want.Gone}} {
		if part.got.Count != len(part.want) || part.got.Count == 0 || len(part.got.First) != min(ChangedMost, part.got.Count) {
			t.Errorf("%s: %d, %d named; want %d", name, part.got.Count, len(part.got.First), len(part.want))
			continue
		}
		for i, f := range part.got.First {
			if f.Fingerprint != part.want[i].Fingerprint || f.Outcome != part.want[i].Outcome {
				t.Errorf("%s: number %d is %s of %s, want %s of %s", name, i, f.Check, f.Resource, part.want[i].Check, part.want[i].Resource)
				break
			}
		}
	}
}
