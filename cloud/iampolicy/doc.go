// SPDX-License-Identifier: Apache-2.0

// Package iampolicy reads AWS policy documents (of identities, of resources, of
// trust, of organisations) and answers plain questions about them: may everyone
// in, which outside accounts, is it an administrator's, is plain HTTP refused,
// does a trust demand a second factor, are regions restricted.
//
// The live collector and the Terraform collector both ask it, so that one
// document gets one answer wherever it was found.
//
//	p, err := iampolicy.Parse(document)
//	if err != nil { … the fact is not known … }
//	switch v := p.Public(); v.Answer {
//	case iampolicy.Yes: …
//	case iampolicy.Unknown: … v.Why says what was not understood
//	}
//
// An answer is Yes, No or Unknown. What the package cannot weigh, such as a
// condition key that it does not know, makes an answer Unknown and never No;
// of two defensible readings it gives the less flattering one. It looks at
// documents only: whether another policy, a session or a service's own setting
// (a block on public access) bears on the same thing is the caller's to weigh.
//
// The rules are those of "Policy evaluation logic" and "JSON policy element
// reference" of the AWS IAM user guide. The package opens no network connection
// and no file, and keeps no state; all of it is safe for concurrent use.
package iampolicy

// Answer is Yes, No, or Unknown. The zero Answer is Unknown.
type Answer uint8

// The answers.
const (
	Unknown Answer = iota
	No
	Yes
)

// String gives "unknown", "no" or "yes".
func (a Answer) String() string { return [...]string{"unknown", "no", "yes"}[a] }

// Verdict is an answer and the statement or condition that decided it.
type Verdict struct {
	Answer
	Why string // for a gap's detail; may be empty with No
}

// or gives Yes when one of the two is, else Unknown when one of the two is.
func (v Verdict) or(w Verdict) Verdict {
	if v.Answer == Yes || w.Answer == No || v.Answer == Unknown && w.Answer == Unknown {
		return v
	}
	return w
}
