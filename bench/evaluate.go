// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"iter"
	"runtime/debug"
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

// evaluated is the result of evaluateChild.
type evaluated struct {
	Seconds     float64
	CPU         float64 // seconds of the whole process
	Evaluations int64
	Resources   int64
	Kinds       int
	Checks      int
}

// evaluate measures all checks over a million resources: how fast, and whether
// memory stays flat. Then it asks twenty of them of OPA too.
func evaluate(ctx context.Context, h *host) ([]figure, error) {
	large, small := h.sized(1_000_000, 50_000), h.sized(100_000, 5_000)
	few, memoryOfFew, err := h.evaluated(ctx, 1, "pool", small)
	if err != nil {
		return nil, err
	}
	best, memory, err := h.evaluated(ctx, h.sized(3, 1), "pool", large)
	if err != nil {
		return nil, err
	}
	made, memoryMade, err := h.evaluated(ctx, 1, "made", large)
	if err != nil {
		return nil, err
	}
	peak := max(memory, memoryMade)
	growth := float64(memory) / float64(memoryOfFew)
	figures := []figure{
		{what: fmt.Sprintf("all checks over %d resources", best.Resources), ours: perSecond(best.rate()), target: "≥ 1 M/s", met: limit(best.rate() >= 1e6),
			note: fmt.Sprintf("%d kinds × %d checks, %d evaluations in %.1f s (%.1f s of processor time), whole findings with their messages. The resources are copies of %d generated ones, each under an id of its own, so that asking is measured and not making.", best.Kinds, best.Checks, best.Evaluations, best.Seconds, best.CPU, poolSize)},
		{what: "the same, each resource made anew", ours: perSecond(made.rate()),
			note: "Every resource is generated while it is walked, on the same cores, and again for checks that join."},
		{what: "peak memory of both", ours: mebibytes(peak), target: "≤ 1024 MiB", met: limit(peak <= 1<<30)},
		{what: fmt.Sprintf("peak memory of %d resources", few.Resources), ours: mebibytes(memoryOfFew), ratio: times(growth), target: "flat: ≤ 1.5×", met: limit(growth <= 1.5),
			note: fmt.Sprintf("The ratio is that of the peak at %d resources to this one. What grows is the index of the kinds that checks join to.", best.Resources)},
	}
	beside, err := besideOPA(ctx, h)
	return append(figures, beside...), err
}

func (e evaluated) rate() float64 { return float64(e.Evaluations) / e.Seconds }

// evaluated gives the best of some rounds, and the highest peak of them.
func (h *host) evaluated(ctx context.Context, rounds int, source string, n int) (best evaluated, peak int64, err error) {
	for range rounds {
		var e evaluated
		u, err := h.child(ctx, &e, "evaluate", source, strconv.Itoa(n))
		if err != nil {
			return best, peak, err
		}
		peak = max(peak, u.peak)
		if e.CPU = u.cpu.Seconds(); best.Seconds == 0 || e.Seconds < best.Seconds {
			best = e
		}
	}
	return best, peak, nil
}

// evaluateChild runs all checks: "pool" or "made", number of resources.
func evaluateChild(ctx context.Context, args []string) (any, error) {
	debug.SetGCPercent(200) // as demarc assess does
	n, err := strconv.Atoi(args[1])
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
	in := check.Input{Source: cloudtest.Generate(n, seed), Now: asked()}
	if args[0] == "pool" {
		if in.Source, err = pool(n); err != nil {
			return nil, err
		}
	}
	begun := time.Now()
	kinds := map[cloud.Kind]bool{}
	stats, err := set.Run(ctx, in, func(f check.Finding) error { kinds[f.Kind] = true; return nil })
	return evaluated{Seconds: time.Since(begun).Seconds(), Evaluations: stats.Evaluations, Resources: stats.Resources, Kinds: len(kinds), Checks: len(checks)}, err
}

// poolSize is how many different resources a pool holds.
const poolSize = 20_000

// pool streams n resources, copies of generated ones under ids and in accounts
// of their own, at little cost beside that of asking about them.
func pool(n int) (cloud.Source, error) {
	var made []*cloud.Resource
	for r, err := range cloudtest.Generate(min(n, poolSize), seed)() {
		if err != nil {
			return nil, err
		}
		made = append(made, r)
	}
	return func() iter.Seq2[*cloud.Resource, error] {
		return func(yield func(*cloud.Resource, error) bool) {
			var text []byte
			accounts := map[string]string{} // of this copy
			for i := range n {
				if i%len(made) == 0 {
					clear(accounts)
				}
				r := *made[i%len(made)]
				text = strconv.AppendInt(append(append(text[:0], r.ID...), ':'), int64(i/len(made)), 10)
				r.ID = string(text)
				account, ok := accounts[r.Account]
				if !ok {
					account = r.Account + "-" + strconv.Itoa(i/len(made))
					accounts[r.Account] = account
				}
				r.Account = account
				if !yield(&r, nil) {
					return
				}
			}
		}
	}, nil
}
