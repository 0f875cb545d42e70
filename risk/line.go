// SPDX-License-Identifier: Apache-2.0

package risk

// Line is a risk with what is derived at a moment.
type Line struct {
	Risk
	Says    string      `json:"says"` // what may happen: as it was written, else as the catalogue has it
	State   State       `json:"state"`
	Band    string      `json:"band"`              // of the current rating; empty: nobody rated
	Suggest *Suggestion `json:"suggest,omitempty"` // nil: the threat is one of the firm's own
	Since   []string    `json:"since,omitempty"`   // what changed since the decision
}

// Differs tells whether the rating that a person decided is another than the
// one that the state of the controls suggests now.
func (l Line) Differs() bool {
	return l.Suggest != nil && !l.Current.None() && l.State != Closed && l.Suggest.Current != l.Current
}
