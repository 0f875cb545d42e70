// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"errors"
	"fmt"
	"testing"
)

func TestKind_ExitCode(t *testing.T) {
	want := map[Kind]int{Internal: 3, Usage: 2, Invalid: 2, NotFound: 2, Conflict: 3, Denied: 3, Unavailable: 3, Integrity: 4, Findings: 1}
	for kind, code := range want {
		if got := kind.ExitCode(); got != code {
			t.Errorf("%v.ExitCode() = %d, want %d", kind, got, code)
		}
	}
}

func TestOf_FindsTheProblemThroughWrapping(t *testing.T) {
	cause := errors.New("disk I/O")
	err := fmt.Errorf("opening store: %w", New(Conflict, "the store is locked", "wait").Wrap(cause))
	if got := Of(err); got != Conflict {
		t.Errorf("Of = %v, want Conflict", got)
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	if got := Of(errors.New("x")); got != Internal {
		t.Errorf("a plain error is of kind %v, want Internal", got)
	}
}
