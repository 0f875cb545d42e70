// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/internal/day"
	"demarc.dev/demarc/problem"
)

// Review is a management review (ISO/IEC 27001:2022, 9.3): its inputs as the
// records had them when it began, what was said of each, and what was decided.
type Review struct {
	ID        string     `json:"id"` // "m1"
	Day       Day        `json:"day"`
	Chair     string     `json:"chair"`             // who led it
	Present   []string   `json:"present,omitempty"` // others, by name
	Inputs    []Input    `json:"inputs"`            // frozen; only what was said of them changes, until the minutes are signed
	Frozen    string     `json:"frozen"`            // digest of the inputs as they were computed
	At        time.Time  `json:"at"`                // when they were
	Decisions []Decision `json:"decisions,omitempty"`
	Signed    *Signature `json:"signed,omitempty"`
	Version   int        `json:"version"`
}

// Input is one of the inputs that the standard demands.
type Input struct {
	Letter string `json:"letter"` // of clause 9.3.2: "a", "d1"
	Title  string `json:"title"`
	Facts  []Fact `json:"facts"` // what the records say; none: people have to say it
	Said   string `json:"said,omitempty"`
}

// Decision is something that the review decided.
type Decision struct {
	What  string `json:"what"`
	Owner string `json:"owner,omitempty"`
	Due   Day    `json:"due,omitempty"`
	Done  Day    `json:"done,omitempty"` // may be noted after the minutes are signed
}

// Signature ends a review. It binds to the inputs, to what was said and to what
// was decided.
type Signature struct {
	Mark
	Digest string `json:"digest"`
}

// Frozen gives the digest of inputs as they were computed.
func Frozen(inputs []Input) string {
	bare := slices.Clone(inputs)
	for i := range bare {
		bare[i].Said = ""
	}
	return digest(bare)
}

// Digest is what a signature binds to: all but when a decision was carried out.
func (r Review) Digest() string {
	r.Signed, r.Version = nil, 0
	r.Decisions = slices.Clone(r.Decisions)
	for i := range r.Decisions {
		r.Decisions[i].Done = ""
	}
	return digest(r)
}

// Valid tells whether the minutes are signed and stand as they were.
func (r Review) Valid() bool { return r.Signed != nil && r.Signed.Digest == r.Digest() }

// Open gives the decisions that are not carried out, and how many of them are
// late.
func (r Review) Open(now time.Time) (open, late int) {
	for _, d := range r.Decisions {
		if d.Done == "" {
			if open++; d.Due.Before(now) {
				late++
			}
		}
	}
	return open, late
}

// Validate tells all that is wrong with a review as it is written.
func (r Review) Validate(people []string, now time.Time) error {
	var faults []string
	if r.Day == "" || !r.Day.Valid() || r.Day > day.Of(now) {
		faults = append(faults, "day: the day on which it is held, which is not to come")
	}
	if strings.TrimSpace(r.Chair) == "" || len(r.Chair) > longest || len(r.Present) > 50 {
		faults = append(faults, "chair: say who leads it; 50 others at most")
	}
	for _, in := range r.Inputs {
		if len(in.Said) > longest {
			faults = append(faults, in.Letter+": it is longer than 4,000 bytes")
		}
	}
	if len(r.Decisions) > mostSteps {
		faults = append(faults, "decisions: 100 at most")
	}
	for i, d := range r.Decisions {
		at := fmt.Sprintf("decision %d: ", i+1)
		if strings.TrimSpace(d.What) == "" || len(d.What) > longest {
			faults = append(faults, at+"say what was decided")
		}
		if !d.Due.Valid() || !d.Done.Valid() || d.Done > day.Of(now) {
			faults = append(faults, at+"a day such as 2026-11-30; one on which it was done is not to come")
		}
		if d.Due != "" && (d.Owner == "" || len(people) > 0 && !slices.Contains(people, d.Owner)) {
			faults = append(faults, at+fmt.Sprintf("name who does it: nobody in the scope is called %q, or the person has left", d.Owner))
		}
	}
	return problem.Faulty("the review cannot be written down so", faults)
}

// Signable tells all that stands in the way of a signature: an input that neither
// the records nor anybody speaks of.
func (r Review) Signable() error {
	var faults []string
	for _, in := range r.Inputs {
		if len(in.Facts) == 0 && strings.TrimSpace(in.Said) == "" {
			faults = append(faults, fmt.Sprintf("%s, %s: the records say nothing of it; say what was looked at, or that there is none", in.Letter, strings.ToLower(in.Title[:1])+in.Title[1:]))
		}
	}
	if len(r.Decisions) == 0 {
		faults = append(faults, "decisions: write down what was decided, also that nothing needs to change")
	}
	return problem.Faulty("the minutes cannot be signed yet", faults)
}
