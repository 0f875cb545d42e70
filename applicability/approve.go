// SPDX-License-Identifier: Apache-2.0

package applicability

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
)

// Approval is a statement that somebody approved, as it was.
type Approval struct {
	Version int               `json:"version"` // from 1
	By      string            `json:"by"`
	At      time.Time         `json:"at"`
	Edition catalogue.Edition `json:"edition"`
	Digest  string            `json:"digest"`
	Lines   []Frozen          `json:"lines"`
}

// Frozen is a line of an approved statement.
type Frozen struct {
	ID            string        `json:"id"`
	Applicable    bool          `json:"applicable"`
	Justification string        `json:"justification"`
	Responsible   string        `json:"responsible,omitempty"`
	Status        assess.Status `json:"status,omitempty"` // at that time; no part of the digest
}

// Freeze gives the lines as an approval keeps them.
func (s Statement) Freeze() []Frozen {
	out := make([]Frozen, len(s.Lines))
	for i, l := range s.Lines {
		out[i] = Frozen{l.ID, l.Applicable, l.Justification, l.Responsible, l.Status}
	}
	return out
}

// Digest is the SHA-256 of what an approval is about: edition, and for each line
// whether it applies, why, and who answers for it. How it stands changes with
// every assessment and is no part of it.
func (s Statement) Digest() string {
	lines := s.Freeze()
	for i := range lines {
		lines[i].Status = ""
	}
	data, err := json.Marshal(struct {
		Edition catalogue.Edition
		Lines   []Frozen
	}{s.Edition, lines})
	if err != nil {
		panic(err) // words always encode
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Change is one difference to an approved statement.
type Change struct {
	Line string `json:"line"`
	What string `json:"what"` // applicable, justification, responsible, status, added, removed
	Was  string `json:"was"`
	Now  string `json:"now"`
}

// Since gives what changed since an approval, line by line; what the status
// became as well.
func (s Statement) Since(a Approval) []Change {
	was := map[string]Frozen{}
	for _, f := range a.Lines {
		was[f.ID] = f
	}
	var out []Change
	seen := map[string]bool{}
	for _, l := range s.Freeze() {
		seen[l.ID] = true
		f, ok := was[l.ID]
		if !ok {
			out = append(out, Change{l.ID, "added", "", applies(l.Applicable)})
			continue
		}
		for _, c := range []Change{
			{l.ID, "applicable", applies(f.Applicable), applies(l.Applicable)}, {l.ID, "justification", f.Justification, l.Justification},
			{l.ID, "responsible", f.Responsible, l.Responsible}, {l.ID, "status", string(f.Status), string(l.Status)},
		} {
			if c.Was != c.Now {
				out = append(out, c)
			}
		}
	}
	for _, f := range a.Lines {
		if !seen[f.ID] {
			out = append(out, Change{f.ID, "removed", applies(f.Applicable), ""})
		}
	}
	return out
}

func applies(yes bool) string {
	if yes {
		return "applies"
	}
	return "excluded"
}
