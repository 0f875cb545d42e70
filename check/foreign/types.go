// SPDX-License-Identifier: Apache-2.0

package foreign

import (
	"time"

	"demarc.dev/demarc/check"
)

// Outcome is what a tool found, in the words of XCCDF 1.2, 6.6.4.2.
type Outcome string

// The outcomes.
const (
	Pass          Outcome = "pass"
	Fail          Outcome = "fail"
	Error         Outcome = "error"         // the tool's own check broke
	Unknown       Outcome = "unknown"       // the tool could not tell
	NotApplicable Outcome = "notapplicable" // the question does not arise
	NotChecked    Outcome = "notchecked"    // left to a person, or not asked
	NotSelected   Outcome = "notselected"   // left out, or put away by the tool
	Informational Outcome = "informational"
	Fixed         Outcome = "fixed" // failed before, and was mended
)

// Judged gives the outcome as our own checks have it; ok is false for what is no
// answer to the question, such as a check that the tool leaves to a person.
func (o Outcome) Judged() (outcome check.Outcome, ok bool) {
	switch o {
	case Pass, Fixed:
		return check.Pass, true
	case Fail:
		return check.Fail, true
	case Error, Unknown:
		return check.Unknown, true
	case NotApplicable:
		return check.NotApplicable, true
	}
	return "", false
}

// Result is what a tool found out about one resource.
type Result struct {
	Tool     string         `json:"tool"`              // lower case, as in the mappings: "prowler"
	Version  string         `json:"version,omitempty"` // of the tool, where its report says it before its results
	Check    string         `json:"check"`             // the tool's own id
	Title    string         `json:"title,omitempty"`   // the tool's own words
	Outcome  Outcome        `json:"outcome"`
	Severity check.Severity `json:"severity,omitempty"` // empty: the tool gives none
	Message  string         `json:"message,omitempty"`  // cut to MaxText
	Link     string         `json:"link,omitempty"`     // where the tool says how to mend it
	Muted    bool           `json:"muted,omitempty"`    // the tool was told to keep quiet about it
	Code     bool           `json:"code,omitempty"`     // it is about code that is not applied yet, not about what stands
	Resource Resource       `json:"resource"`
	Target   string         `json:"target,omitempty"` // what the tool was pointed at, where that is no account: an image, a host
	Seen     time.Time      `json:"seen,omitzero"`    // when the tool looked; zero: it does not say
	At       Place          `json:"at"`
}

// Resource is what a result is about, as far as the report says.
type Resource struct {
	ID       string `json:"id"`                 // an ARN, an address in code, a host
	Name     string `json:"name,omitempty"`     // where it differs from the id
	Kind     string `json:"kind,omitempty"`     // the tool's own word
	Provider string `json:"provider,omitempty"` // "aws", "azure", "gcp", "kubernetes"
	Account  string `json:"account,omitempty"`
	Region   string `json:"region,omitempty"`
}

// Place is where a result stands in the report.
type Place struct {
	Line   int   `json:"line"`   // from 1
	Offset int64 `json:"offset"` // bytes before it, unpacked
}

// Head is what a report as a whole is.
type Head struct {
	Format  Format            `json:"format"`
	Tools   map[string]string `json:"tools"` // tool → version; empty where the report names none
	Results int64             `json:"results"`
	First   time.Time         `json:"first,omitzero"` // when the first and the last of it was seen
	Last    time.Time         `json:"last,omitzero"`
	Bytes   int64             `json:"bytes"` // unpacked
}

// Bounds of what is read. A longer word is cut, a larger record or report is
// refused.
const (
	MaxText   = 2000     // letters of a message
	MaxWord   = 1000     // bytes of any other word; an ARN has 2048 at most, and real ones far less
	MaxRecord = 16 << 20 // bytes of a value that must be held at once
	MaxBytes  = 16 << 30 // bytes of a report, unpacked
	MaxDepth  = 200      // of elements in XML; JSON has jsonscan's own
	maxTools  = 100      // different tools in a report
)

// Options say what a report itself does not.
type Options struct {
	Account  string // of resources for which the report names none
	Provider string // likewise
	MaxBytes int64  // 0: MaxBytes

	Recognised func(Format) // called before the first result; may be nil
}
