// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"slices"
	"testing"
)

func TestMoves_AccountForEveryDuty(t *testing.T) {
	c := load(t)
	var before, after []string
	for _, m := range c.Moves() {
		before = append(append(before, m.Kept...), m.Ended...)
		after = append(append(after, m.Kept...), m.Begun...)
		if len(m.To) == 0 || (len(m.From) == 0) != (m.Relation == RelationNew) {
			t.Errorf("%s goes from %v to %v as %q", m.Control, m.From, m.To, m.Relation)
		}
		for _, id := range m.Weaker {
			if !slices.Contains(m.Kept, id) {
				t.Errorf("%s: %s is weaker but not kept", m.Control, id)
			}
		}
	}
	for edition, got := range map[Edition][]string{Edition2015: before, Edition2026: after} {
		var want []string
		for _, d := range c.Duties(edition, "") {
			want = append(want, d.ID)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: the moves tell of %d duties, the edition has %d", edition, len(got), len(want))
		}
	}
}

func TestStandsAs(t *testing.T) {
	c := load(t)
	for _, row := range []struct {
		duty    string
		edition Edition
		want    []string
	}{
		{"12.3.1-C1", Edition2026, []string{"12.3.1-C1"}},
		{"CLD.6.3.1-C1", Edition2015, []string{"CLD.6.3.1-C1"}},
		{"CLD.6.3.1-C1", Edition2026, []string{"5.38-C2"}},
		{"8.35-P1", Edition2015, []string{"CLD.9.5.1-P1", "CLD.9.5.1-P2"}},
		{"8.36-C1", Edition2015, nil},
		{"no", Edition2026, nil},
	} {
		if got := c.StandsAs(row.duty, row.edition); !slices.Equal(got, row.want) {
			t.Errorf("StandsAs(%s, %s) = %v, want %v", row.duty, row.edition, got, row.want)
		}
	}
	for _, d := range c.Duties(Edition2015, "") {
		if len(c.StandsAs(d.ID, Edition2026)) == 0 {
			t.Errorf("nothing stands for %s in 2026", d.ID)
		}
	}
}
