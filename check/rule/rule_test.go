// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"testing"

	"demarc.dev/demarc/check"
)

func TestLint(t *testing.T) {
	checks, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range check.Lint(checks, nil, nil) {
		t.Error(f)
	}
}
