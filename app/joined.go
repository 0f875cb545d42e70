// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/check/foreign"
)

// joined reads the reports of other tools that are in force, so that what they
// say can be joined with our own findings. The checks that stand for those of
// other tools come to the checks of the assessment.
func (a *App) joined(ctx context.Context, g *ground, out *Assessed) error {
	if len(g.imports) == 0 {
		return nil
	}
	mappings, err := a.mappings()
	if err != nil {
		return err
	}
	g.join = foreign.NewJoin(mappings, out.Checks)
	for _, i := range g.imports {
		if err := i.walk(g.org.Org, func(r *foreign.Result) error { g.join.Add(i.ID, r); return ctx.Err() }); err != nil {
			return fmt.Errorf("reading import %s: %w", i.ID, err)
		}
	}
	out.Checks = append(out.Checks, g.join.Checks()...)
	return nil
}

// own puts what other tools said beside a finding of ours, and counts how
// outcomes changed by that.
func (g *ground) own(f *check.Finding, flips map[check.Outcome]int64) {
	if g.join == nil {
		return
	}
	was := f.Outcome
	if g.join.Own(f); f.Outcome != was {
		flips[was]--
		flips[f.Outcome]++
	}
}

// rest adds what only other tools say, and notes what became of each report.
func (g *ground) rest(ctx context.Context, out *Assessed, add func(check.Finding) error) error {
	told := map[check.Outcome]int64{}
	for _, i := range g.imports {
		err := i.walk(g.org.Org, func(r *foreign.Result) error {
			f, ok := g.join.Rest(i.ID, r)
			if !ok {
				return ctx.Err()
			}
			told[f.Outcome]++
			return add(f)
		})
		if err != nil {
			return fmt.Errorf("reading import %s: %w", i.ID, err)
		}
	}
	for _, n := range told {
		out.Run.Stats.Findings += n
	}
	out.Run.Stats.Take(told)
	for _, i := range g.imports {
		out.Run.Imports = append(out.Run.Imports, ImportUse{i.ID, g.join.Counts(i.ID)})
	}
	return nil
}

// providers gives the accounts of a report by their provider.
func (i Import) providers() map[string][]string {
	out := map[string][]string{}
	for _, p := range i.Clouds {
		out[p.Provider] = append(out[p.Provider], p.Account)
	}
	return out
}
