// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"
)

// privileges asks the benchmark of the room privilege how long it takes to find
// the shortest path of each of 5,000 principals who hold 3,000 policies, and
// every method with which one can begin.
func privileges(ctx context.Context, h *host) ([]figure, error) {
	b, err := h.benchmark(ctx, "./privilege", "BenchmarkAnswer", h.sized(3, 1))
	if err != nil {
		return nil, err
	}
	whole, half := time.Duration(b["Answer/5000"]["ns/op"]), time.Duration(b["Answer/2500"]["ns/op"])
	if whole == 0 || half == 0 {
		return nil, fmt.Errorf("BenchmarkAnswer of privilege told nothing: %v", b)
	}
	return []figure{
		{what: "escalation paths, 5000 principals, 3000 policies", ours: seconds(whole), target: "≤ 10 s", met: limit(whole <= 10*time.Second),
			note: "Policies are parsed too; mean of the runs of BenchmarkAnswer. Half of both takes " + seconds(half) + "."},
	}, nil
}
