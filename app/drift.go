// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"slices"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
)

// Drift is what changed from an earlier assessment to a later one.
type Drift struct {
	Earlier, Later Run
	Findings       check.Difference
	Duties         assess.Difference
}

// Drift compares two assessments.
func (a *App) Drift(ctx context.Context, c Caller, earlier, later Run) (*Drift, error) {
	before, err := a.Assessment(ctx, c, earlier)
	if err != nil {
		return nil, err
	}
	after, err := a.Assessment(ctx, c, later)
	if err != nil {
		return nil, err
	}
	d := &Drift{Earlier: earlier, Later: later, Duties: assess.Compare(before, after)}
	var failed error
	seq := func(r Run) func(func(check.Finding) bool) {
		return func(yield func(check.Finding) bool) {
			if err := a.eachFinding(ctx, c, r, yield); err != nil && failed == nil {
				failed = err
			}
		}
	}
	d.Findings = check.Compare(seq(earlier), seq(later))
	if failed != nil {
		return nil, failed
	}
	return d, nil
}

// Rank orders severities: 4 for critical, 1 for low, 0 for another word.
func Rank(s check.Severity) int {
	return 1 + slices.Index([]check.Severity{check.Low, check.Medium, check.High, check.Critical}, s)
}

// Reached counts the failures that no exception covers and that have at least
// the severity.
func (out *Assessed) Reached(at check.Severity) int {
	n := 0
	for finding := range out.failing {
		if Rank(finding) >= Rank(at) {
			n += out.failing[finding]
		}
	}
	return n
}

// Reached counts the failures that the earlier assessment did not have.
func (d *Drift) Reached(at check.Severity) int {
	n := 0
	for _, f := range d.Findings.New {
		if f.Exception == "" && Rank(f.Severity) >= Rank(at) {
			n++
		}
	}
	return n
}
