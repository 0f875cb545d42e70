// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// readers are commands that only read; each must be there at once.
func readers() [][]string {
	return [][]string{
		{"catalogue", "show", "backup"}, {"catalogue", "search", "data deletion"}, {"check", "list"}, {"check", "explain", "disk-encrypted"},
		{"scope", "show"}, {"evidence", "log"}, {"collect", "list"}, {"assess", "list"}, {"assess", "show", "12.3.1-C1"},
	}
}

// start measures the built program: the example from nothing to its reports,
// its report set anew, and how soon commands that only read have answered.
func start(ctx context.Context, h *host) ([]figure, error) {
	out, err := os.MkdirTemp(h.scratch, "example-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(out)
	var figures []figure
	example, err := h.fastest(ctx, h.sized(3, 1), "example", "--out", out)
	if err != nil {
		return nil, err
	}
	figures = append(figures, figure{what: "demarc example", ours: seconds(example), target: "≤ 15 s", met: limit(example <= 15*time.Second),
		note: "All that `make run` does after the build: take the estate in, assess it, write every report and the evidence pack. Best of the rounds."})
	data := filepath.Join(out, "store")
	reports, err := h.fastest(ctx, h.sized(3, 1), "--data", data, "report", "all", "--out", filepath.Join(out, "again"))
	if err != nil {
		return figures, err
	}
	figures = append(figures, figure{what: "its full report set", ours: seconds(reports), target: "≤ 5 s", met: limit(reports <= 5*time.Second)})
	rounds := h.sized(20, 3)
	for _, args := range readers() {
		median, err := h.median(ctx, rounds, append([]string{"--data", data}, args...)...)
		if err != nil {
			return figures, err
		}
		figures = append(figures, figure{what: "demarc " + strings.Join(args, " "), ours: seconds(median), target: "≤ 60 ms", met: limit(median <= 60*time.Millisecond)})
	}
	figures[2].note = fmt.Sprintf("Median wall time of the whole process over %d runs, on the store that the example left.", rounds)
	return figures, nil
}

func (h *host) fastest(ctx context.Context, rounds int, args ...string) (time.Duration, error) {
	walls, err := h.walls(ctx, rounds, args)
	if err != nil {
		return 0, err
	}
	return walls[0], nil
}

func (h *host) median(ctx context.Context, rounds int, args ...string) (time.Duration, error) {
	walls, err := h.walls(ctx, rounds, args)
	if err != nil {
		return 0, err
	}
	return walls[len(walls)/2], nil
}

// walls gives the sorted wall times of the program. An exit code of 1 tells of
// findings and is no failure.
func (h *host) walls(ctx context.Context, rounds int, args []string) ([]time.Duration, error) {
	var out []time.Duration
	for range rounds {
		u, err := h.measured(ctx, h.scratch, []int{1}, h.demarc, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, u.wall)
	}
	slices.Sort(out)
	return out, nil
}
