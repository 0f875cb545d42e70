// SPDX-License-Identifier: Apache-2.0

package catalogue

import "slices"

// Move is what going from the edition of 2015 to that of 2026 does to one
// control.
type Move struct {
	Control  string   `json:"control"`
	Relation string   `json:"relation"` // of the main clause of 2026
	From     []string `json:"from"`     // its numbers in 2015; none when 2026 begins it
	To       []string `json:"to"`       // its numbers in 2026
	Kept     []string `json:"kept"`     // duties that stand in both editions
	Weaker   []string `json:"weaker"`   // of those, the ones that rest on good practice alone in 2026
	Ended    []string `json:"ended"`    // duties that stand in 2015 only
	Begun    []string `json:"begun"`    // duties that stand in 2026 only
}

// Moves gives the difference between the editions, control by control in the
// order of the catalogue: what somebody who moves an assessment must look at.
func (c *Catalogue) Moves() []Move {
	var out []Move
	for _, control := range c.book.Controls {
		m := Move{Control: control.Key, From: []string{}, To: []string{}, Kept: []string{}, Weaker: []string{}, Ended: []string{}, Begun: []string{}}
		for _, l := range control.Clauses {
			if l.Edition == Edition2015 {
				m.From = append(m.From, l.ID)
				continue
			}
			if len(m.To) == 0 {
				m.Relation = l.Relation
			}
			m.To = append(m.To, l.ID)
		}
		for _, d := range control.Duties {
			switch before, after := d.In(Edition2015), d.In(Edition2026); {
			case before && after:
				m.Kept = append(m.Kept, d.ID)
				if d.Basis2026 == BasisPractice {
					m.Weaker = append(m.Weaker, d.ID)
				}
			case before:
				m.Ended = append(m.Ended, d.ID)
			default:
				m.Begun = append(m.Begun, d.ID)
			}
		}
		out = append(out, m)
	}
	return out
}

// StandsAs gives the duties of an edition that stand for a duty of any: the
// duty itself where it stands there, else those that replaced it or that it
// replaced. An answer or proof of the one is a part of the answer to the
// others, never the whole: the words differ. None when the duty is unknown or
// nothing took its place.
func (c *Catalogue) StandsAs(dutyID string, edition Edition) []string {
	control, ok := c.ControlOf(dutyID)
	if !ok {
		return nil
	}
	duty, _ := c.Duty(dutyID)
	if duty.In(edition) {
		return []string{dutyID}
	}
	var out []string
	for _, d := range control.Duties {
		if d.In(edition) && (slices.Contains(d.Replaces, dutyID) || slices.Contains(duty.Replaces, d.ID)) {
			out = append(out, d.ID)
		}
	}
	return out
}
