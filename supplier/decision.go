// SPDX-License-Identifier: Apache-2.0

package supplier

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/problem"
)

// Verdict is what is decided about a supplier.
type Verdict string

// The verdicts.
const (
	Accept     Verdict = "accept"
	Conditions Verdict = "conditions" // accepted, if these are kept
	Reject     Verdict = "reject"
)

// Verdicts lists the verdicts.
func Verdicts() []Verdict { return []Verdict{Accept, Conditions, Reject} }

// Condition is what must be done for a decision to hold.
type Condition struct {
	What string `json:"what"`
	Who  string `json:"who,omitempty"`
	Due  string `json:"due"` // day
}

// Decision is the word of whoever answers for a supplier. It binds to what was
// looked at, and ends on a day.
type Decision struct {
	Verdict    Verdict     `json:"verdict"`
	Conditions []Condition `json:"conditions,omitempty"`
	Note       string      `json:"note,omitempty"`
	Until      string      `json:"until"` // last day
	By         string      `json:"by"`
	At         time.Time   `json:"at"`
	Digest     string      `json:"digest"` // of what was decided on
	Left       Level       `json:"left"`   // of the risk, as it was then
}

// Check tells what is wrong with a decision.
func (d Decision) Check(now time.Time) error {
	var faults []string
	if !slices.Contains(Verdicts(), d.Verdict) {
		faults = append(faults, fmt.Sprintf("verdict: %q is none of accept, conditions, reject", d.Verdict))
	}
	until, err := time.Parse(time.DateOnly, d.Until)
	if err != nil || !until.After(now) || until.After(now.AddDate(3, 0, 0)) {
		faults = append(faults, "until: name the day on which the supplier is looked at again, within three years, such as "+now.AddDate(1, 0, 0).Format(time.DateOnly))
	}
	if (d.Verdict == Conditions) != (len(d.Conditions) > 0) {
		faults = append(faults, "conditions: they belong to the verdict conditions, which needs one at least")
	}
	letters := len(d.Note)
	for i, c := range d.Conditions {
		letters += len(c.What) + len(c.Who)
		if _, err := time.Parse(time.DateOnly, c.Due); err != nil || strings.TrimSpace(c.What) == "" {
			faults = append(faults, fmt.Sprintf("conditions[%d]: say what is to be done, and by which day", i))
		}
	}
	if d.Verdict == Reject && strings.TrimSpace(d.Note) == "" {
		faults = append(faults, "note: say why the supplier is rejected")
	}
	if letters > 4*mostLetters || len(d.Conditions) > 40 {
		faults = append(faults, "note: note and conditions are too long")
	}
	return problem.Faulty("the decision cannot be kept so", faults)
}

// Digest is that of what a decision rests on: the answers, the assurances, how
// much rests on the supplier, and how many passages of its agreements are adverse.
func (s Supplier) Digest(t Tier, adverse int) string {
	data, err := json.Marshal([]any{s, t, adverse})
	if err != nil {
		return "" // values of these types are always written
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// State is how far the assessment of a supplier is.
type State string

// The states.
const (
	Unasked  State = "unasked"  // it answered nothing
	Answered State = "answered" // nobody decided
	Accepted State = "accepted"
	Bound    State = "conditions"
	Rejected State = "rejected"
	Stale    State = "stale"   // what was decided on has changed
	Expired  State = "expired" // the day of the decision has passed
)

// Says explains a state.
func (s State) Says() string {
	return map[State]string{Unasked: "it was not asked, or did not answer", Answered: "it answered, and nobody decided", Accepted: "accepted", Bound: "accepted on conditions", Rejected: "rejected",
		Stale: "decided once, and changed since", Expired: "the decision has ended"}[s]
}

// StateOf derives the state from the records.
func StateOf(s Supplier, d *Decision, digest string, now time.Time) State {
	switch {
	case d == nil && len(s.Answers) == 0:
		return Unasked
	case d == nil:
		return Answered
	case now.Format(time.DateOnly) > d.Until:
		return Expired
	case d.Digest != digest:
		return Stale
	case d.Verdict == Conditions:
		return Bound
	case d.Verdict == Reject:
		return Rejected
	}
	return Accepted
}
