// SPDX-License-Identifier: Apache-2.0

package agreement

import (
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/problem"
)

// States lists the states, the worst first.
func States() []State { return []State{Adverse, Missing, ByReference, Weak, Unreadable, Met} }

// Word is how a state is written for a reader.
func (s State) Word() string {
	switch s {
	case ByReference:
		return "By reference only"
	case "":
		return "Not judged"
	}
	return strings.ToUpper(string(s[:1])) + string(s[1:])
}

// Meaning is one sentence about a state.
func (s State) Meaning() string {
	switch s {
	case Met:
		return "The agreement promises what is asked."
	case Weak:
		return "It promises less than is asked: no number, a worse one, an effort or a mere permission."
	case ByReference:
		return "It leaves the subject to another document, which was not supplied."
	case Adverse:
		return "It agrees the contrary."
	case Missing:
		return "No passage speaks about it."
	case Unreadable:
		return "It could not be judged, because a document or a page could not be read."
	}
	return "It was not judged."
}

// Key names a finding within a review: pack and requirement.
func (f Finding) Key() string { return f.Pack + "/" + f.Requirement }

// Where says where a quote stands: "dpa.pdf, clause 7.3(b), page 4".
func (q Quote) Where() string {
	at := q.Document
	if q.Clause != "" {
		at += ", clause " + q.Clause
	} else if q.Heading != "" {
		at += ", " + q.Heading
	}
	if q.Page > 0 {
		at += fmt.Sprintf(", page %d", q.Page)
	}
	return at
}

// Line gives the words of a quote on one line, at most so many letters of them;
// 0 gives all. Nothing else is changed.
func (q Quote) Line(most int) string {
	words := []rune(strings.Join(strings.Fields(q.Text), " "))
	if most > 0 && len(words) > most {
		return string(words[:most]) + "…"
	}
	return string(words)
}

// Owes is who must keep what a finding's quote says, in words.
func (f Finding) Owes() string {
	switch f.Owner {
	case Provider, Customer:
		return "the " + string(f.Owner)
	case Both:
		return "each party"
	case Third:
		return "a third party"
	}
	return "not said"
}

// Words gives a number as the agreement writes it, with what it is for.
func (q Quantity) Words() string {
	raw := strings.Join(strings.Fields(q.Raw), " ")
	if q.Role == "" {
		return raw
	}
	return q.Role + ": " + raw
}

// Verdict is what a reviewer makes of a finding.
type Verdict string

// The verdicts. Without one a finding is the machine's alone.
const (
	Accepted   Verdict = "accepted"
	Overridden Verdict = "overridden" // the reviewer judges otherwise, and says why
	Counsel    Verdict = "counsel"    // it is sent to a lawyer
)

// Verdicts lists the verdicts.
func Verdicts() []Verdict { return []Verdict{Accepted, Overridden, Counsel} }

// Word is how a verdict is written for a reader.
func (v Verdict) Word() string {
	switch v {
	case Accepted:
		return "Accepted"
	case Overridden:
		return "Overridden"
	case Counsel:
		return "With counsel"
	}
	return "Not reviewed"
}

// Decision is a reviewer's word about one finding. It holds for the passage
// that it was given on: when the quote of the finding changes it no longer counts.
type Decision struct {
	Key     string  `json:"key"` // pack/requirement
	Verdict Verdict `json:"verdict"`
	State   State   `json:"state,omitempty"` // of an override: what the reviewer says it is
	Reason  string  `json:"reason,omitempty"`
	On      string  `json:"on"` // the basis of the finding that was decided on
	By      string  `json:"by"`
	At      string  `json:"at"` // RFC 3339
}

// Check tells what is wrong with a decision on a finding.
func (d Decision) Check(f Finding) error {
	switch {
	case !slices.Contains(Verdicts(), d.Verdict):
		return problem.New(problem.Invalid, fmt.Sprintf("%q is no verdict", d.Verdict), "accepted, overridden or counsel")
	case d.Verdict == Overridden && !slices.Contains(States(), d.State):
		return problem.New(problem.Invalid, fmt.Sprintf("%q is no state of a requirement", d.State), "say what the agreement is: met, weak, byreference, adverse or missing")
	case d.Verdict == Overridden && d.State == f.State:
		return problem.New(problem.Invalid, "the override says what the judge says", "accept the finding instead")
	case d.Verdict != Overridden && d.State != "":
		return problem.New(problem.Invalid, "only an override names a state", "leave the state away")
	case d.Verdict != Accepted && strings.TrimSpace(d.Reason) == "":
		return problem.New(problem.Invalid, "there is no reason", "say why, in a sentence that a lawyer or an auditor understands")
	case len(d.Reason) > 4000:
		return problem.New(problem.Invalid, "the reason is longer than 4,000 bytes", "say it shorter")
	}
	return nil
}

// Basis is what a decision about the finding rests on: its state and its words.
func (f Finding) Basis() string {
	out := string(f.State)
	if f.Quote != nil {
		out += "\n" + f.Quote.Line(0)
	}
	return out
}

// Settled gives the state that counts: the reviewer's when he overrode the
// judge on these very words, else the judge's; and his decision while it counts.
func (f Finding) Settled(decisions []Decision) (State, *Decision) {
	for i := len(decisions) - 1; i >= 0; i-- {
		d := &decisions[i]
		if d.Key != f.Key() {
			continue
		}
		if d.On != f.Basis() {
			return f.State, nil
		}
		if d.Verdict == Overridden {
			return d.State, d
		}
		return f.State, d
	}
	return f.State, nil
}
