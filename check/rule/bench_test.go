// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"testing"

	"demarc.dev/demarc/check"
)

// BenchmarkLoad and BenchmarkCompile measure what the program pays at start: a
// command that shows checks loads them, one that asks them compiles them too.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	checks, err := Load()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := check.Compile(checks); err != nil {
			b.Fatal(err)
		}
	}
}
