// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"

	"demarc.dev/demarc/catalogue"
)

// Touch is what speaks of a duty: the paragraphs that promise it, whether a check
// looks at it, and whether somebody answered for it.
type Touch struct {
	Duty     string    `json:"duty"`
	Control  string    `json:"control"` // its key
	Text     string    `json:"text"`
	Promised []Promise `json:"promised,omitempty"`
	Checked  bool      `json:"checked"`
	Answered bool      `json:"answered"`
}

// Promise is a paragraph of a policy that satisfies a duty.
type Promise struct {
	Policy  string `json:"policy"`
	Title   string `json:"title"`
	Section string `json:"section"`
	InForce bool   `json:"in_force"` // false: it stands in a draft only
}

// Untouched tells that nothing speaks of the duty.
func (t Touch) Untouched() bool { return len(t.Promised) == 0 && !t.Checked && !t.Answered }

// WordsOnly tells that a policy promises what nobody looks at and nobody
// answered for.
func (t Touch) WordsOnly() bool { return len(t.Promised) > 0 && !t.Checked && !t.Answered }

// Text is a text with the policy that it is of.
type Text struct {
	Policy, Title, Text string
	InForce             bool
}

// Coverage tells of each duty what speaks of it.
func Coverage(duties []catalogue.Duty, texts []Text, checked, answered func(duty string) bool) []Touch {
	promised := map[string][]Promise{}
	for _, t := range texts {
		blocks := Blocks(t.Text)
		for i, b := range blocks {
			for _, d := range b.Satisfies {
				p := Promise{t.Policy, t.Title, Section(blocks, i), t.InForce}
				if !slices.Contains(promised[d], p) {
					promised[d] = append(promised[d], p)
				}
			}
		}
	}
	out := make([]Touch, 0, len(duties))
	for _, d := range duties {
		out = append(out, Touch{Duty: d.ID, Control: d.Control, Text: d.Text, Promised: promised[d.ID], Checked: checked(d.ID), Answered: answered(d.ID)})
	}
	return out
}
