// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"testing"
	"time"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/cloudtest"
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

// BenchmarkRun measures all checks over generated resources of every kind, which
// are made before.
func BenchmarkRun(b *testing.B) {
	checks, err := Load()
	if err != nil {
		b.Fatal(err)
	}
	set, err := check.Compile(checks)
	if err != nil {
		b.Fatal(err)
	}
	var resources []cloud.Resource
	for r, err := range cloudtest.Generate(50_000, 1)() {
		if err != nil {
			b.Fatal(err)
		}
		resources = append(resources, *r)
	}
	in := check.Input{Source: sourceOf(resources...), Now: time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC)}
	var evaluations int64
	for b.Loop() {
		stats, err := set.Run(b.Context(), in, func(check.Finding) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
		evaluations += stats.Evaluations
	}
	b.ReportMetric(float64(evaluations)/b.Elapsed().Seconds(), "evaluations/s")
}
