// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"slices"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
)

// Standing is how the duties of our own side stood in an assessment.
type Standing struct {
	Run  Run
	Ours assess.Counts
}

// History gives how the duties stood in the last assessments of an edition, the
// oldest first, at most most of them, and how many there are in all. Who is
// bound to some services gets the counts of these.
func (a *App) History(ctx context.Context, c Caller, ed catalogue.Edition, most int) (out []Standing, all int, err error) {
	runs, err := a.Runs(ctx, c)
	if err != nil {
		return nil, 0, err
	}
	runs = slices.DeleteFunc(runs, func(r Run) bool { return r.Edition != ed })
	for _, r := range runs[max(0, len(runs)-most):] {
		at := Standing{Run: r, Ours: r.Ours}
		if at.Ours.Total == 0 {
			concluded, err := a.Assessment(ctx, c, r)
			if err != nil {
				return nil, 0, err
			}
			at.Ours = concluded.Readiness.Ours
		}
		out = append(out, at)
	}
	return out, len(runs), nil
}
