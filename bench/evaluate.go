// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/check/rule"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/cloudtest"
)

// seed makes every run measure the same resources and the same plan.
const seed = 17

// asked is the moment for which checks are run; it lies after the generated
// resources were made.
func asked() time.Time { return time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC) }

// evaluated is the result of evaluateChild and generateChild.
type evaluated struct {
	Seconds     float64
	Evaluations int64
	Resources   int64
	Kinds       int
	Checks      int
}

// evaluate measures all checks over a million resources: how fast, and whether
// memory stays flat. Then it asks twenty of them of OPA too.
func evaluate(ctx context.Context, h *host) ([]figure, error) {
	large, small := h.sized(1_000_000, 50_000), h.sized(100_000, 5_000)
	var few, best evaluated
	memoryOfFew, err := h.child(ctx, &few, "evaluate", strconv.Itoa(small))
	if err != nil {
		return nil, err
	}
	var peak int64
	for range h.sized(2, 1) {
		var e evaluated
		u, err := h.child(ctx, &e, "evaluate", strconv.Itoa(large))
		if err != nil {
			return nil, err
		}
		peak = max(peak, u.peak)
		if best.Seconds == 0 || e.Seconds < best.Seconds {
			best = e
		}
	}
	var made evaluated
	if _, err := h.child(ctx, &made, "generate", strconv.Itoa(large)); err != nil {
		return nil, err
	}
	rate := float64(best.Evaluations) / best.Seconds
	note := fmt.Sprintf("%d resources of %d kinds × %d checks, %d evaluations in %.1f s. The time includes making the resources, which are made twice while they are walked, once for joins; walking them alone takes %.1f s of one core.",
		best.Resources, best.Kinds, best.Checks, best.Evaluations, best.Seconds, made.Seconds)
	growth := float64(peak) / float64(memoryOfFew.peak)
	figures := []figure{
		{what: fmt.Sprintf("all checks over %d resources", best.Resources), ours: perSecond(rate), target: "≥ 1 M/s", met: limit(rate >= 1e6), note: note},
		{what: "peak memory of it", ours: mebibytes(peak), target: "≤ 1024 MiB", met: limit(peak <= 1<<30)},
		{what: fmt.Sprintf("peak memory of %d resources", few.Resources), ours: mebibytes(memoryOfFew.peak), ratio: times(growth), target: "flat: ≤ 1.5×", met: limit(growth <= 1.5),
			note: "The ratio is of the peak at the larger number to that at the smaller one."},
	}
	beside, err := besideOPA(ctx, h)
	return append(figures, beside...), err
}

func evaluateChild(ctx context.Context, args []string) (any, error) {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return nil, err
	}
	checks, err := rule.Load()
	if err != nil {
		return nil, err
	}
	set, err := check.Compile(checks)
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	in := check.Input{Source: cloudtest.Generate(n, seed), Now: asked()}
	kinds := map[cloud.Kind]bool{}
	stats, err := set.Run(ctx, in, func(f check.Finding) error { kinds[f.Kind] = true; return nil })
	return evaluated{time.Since(begun).Seconds(), stats.Evaluations, stats.Resources, len(kinds), len(checks)}, err
}

// generateChild walks the resources as a run with joins does, and asks nothing.
func generateChild(_ context.Context, args []string) (any, error) {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	source, made := cloudtest.Generate(n, seed), int64(0)
	for range 2 {
		for _, err := range source() {
			if err != nil {
				return nil, err
			}
			made++
		}
	}
	return evaluated{Seconds: time.Since(begun).Seconds(), Resources: made}, nil
}
