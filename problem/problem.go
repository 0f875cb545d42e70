// SPDX-License-Identifier: Apache-2.0

// Package problem is how a failure is told to a person or a program: a kind,
// one sentence, and a hint that names the next thing to do.
//
// Rooms return ordinary wrapped errors for what only a developer needs, and a
// *Problem for what a user can mend. One table turns a kind into the exit code
// of the command line and the status of HTTP. The text of an error that is not
// a Problem never leaves the program; a door logs it and shows an id.
//
// The package imports no other room and never formats for a particular door.
package problem

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says which sort of failure it is. The zero Kind is Internal.
type Kind int

// The kinds, each with the exit code and the HTTP status it becomes.
const (
	Internal    Kind = iota // a fault of ours: exit 3, status 500
	Usage                   // the words of the command or request are wrong: exit 2, status 400
	Invalid                 // a file or a value that was given is wrong: exit 2, status 422
	NotFound                // the thing named does not exist: exit 2, status 404
	Conflict                // the thing changed meanwhile or exists already: exit 3, status 409
	Denied                  // the caller may not: exit 3, status 403
	Unavailable             // disk, database, network or cloud did not serve: exit 3, status 503
	Integrity               // evidence does not verify: exit 4, status 409
	Findings                // the threshold of --fail-on was reached: exit 1, status 200
)

var table = [...]struct {
	name string
	exit int
	http int
}{
	Internal:    {"internal", 3, 500},
	Usage:       {"usage", 2, 400},
	Invalid:     {"invalid", 2, 422},
	NotFound:    {"not-found", 2, 404},
	Conflict:    {"conflict", 3, 409},
	Denied:      {"denied", 3, 403},
	Unavailable: {"unavailable", 3, 503},
	Integrity:   {"integrity", 4, 409},
	Findings:    {"findings", 1, 200},
}

// String gives the kind's name as it stands in RFC 9457 bodies.
func (k Kind) String() string { return table[k].name }

// ExitCode gives the exit code of the command line: 1 findings at or above the
// threshold, 2 usage or input, 3 runtime, 4 evidence that does not verify.
func (k Kind) ExitCode() int { return table[k].exit }

// Status gives the HTTP status.
func (k Kind) Status() int { return table[k].http }

// Problem is a failure that a person can act on.
type Problem struct {
	Kind     Kind
	Sentence string // what is wrong, in one sentence, naming file and field
	Hint     string // what to do next; may be empty
	Err      error  // the cause, for the log only; may be nil
}

// New makes a Problem.
func New(kind Kind, sentence, hint string) *Problem {
	return &Problem{Kind: kind, Sentence: sentence, Hint: hint}
}

// Newf makes a Problem without a hint; an error among args wrapped with %w
// becomes its cause.
func Newf(kind Kind, format string, args ...any) *Problem {
	err := fmt.Errorf(format, args...)
	return &Problem{Kind: kind, Sentence: err.Error(), Err: errors.Unwrap(err)}
}

// Faulty tells every fault of a value that was given, in one Invalid; nil when
// there is none. what says what cannot be done with it.
func Faulty(what string, faults []string) error {
	if len(faults) == 0 {
		return nil
	}
	return New(Invalid, what+": "+strings.Join(faults, "; "), "change what it names").Wrap(Faults(faults))
}

// Faults are the faults of a value one by one, each as "field: what is wrong",
// in the chain of what Faulty tells.
type Faults []string

// Error gives them in one line.
func (f Faults) Error() string { return strings.Join(f, "; ") }

// WithHint sets the hint and returns p.
func (p *Problem) WithHint(format string, args ...any) *Problem {
	p.Hint = fmt.Sprintf(format, args...)
	return p
}

// Wrap sets the cause and returns p.
func (p *Problem) Wrap(err error) *Problem {
	p.Err = err
	return p
}

// Error gives the sentence.
func (p *Problem) Error() string { return p.Sentence }

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Err }

// Of gives the kind of the first Problem in err's chain, Internal when there
// is none.
func Of(err error) Kind {
	var p *Problem
	if errors.As(err, &p) {
		return p.Kind
	}
	return Internal
}
