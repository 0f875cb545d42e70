// SPDX-License-Identifier: Apache-2.0

package cloud

// Refusal is a failure of a collector that a person can mend, before or instead
// of collecting: no credentials, an unknown profile, a machine that does not let
// us in. It has no secret in it.
type Refusal struct {
	Sentence string // what is wrong
	Hint     string // what to do next
	Usage    bool   // what was asked for is wrong, not the world
	Err      error  // the cause, for the log; nil: the sentence says all
}

// Error gives the sentence.
func (r *Refusal) Error() string { return r.Sentence }

// Unwrap gives the cause.
func (r *Refusal) Unwrap() error { return r.Err }
