// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// evidencePack asks the benchmark of the evidence room how long a pack of
// 100,000 entries takes to verify.
func evidencePack(ctx context.Context, h *host) ([]figure, error) {
	b, err := h.benchmark(ctx, "./evidence", "BenchmarkPack", h.sized(3, 1))
	if err != nil {
		return nil, err
	}
	verify := time.Duration(b["Pack/Verify"]["ns/op"])
	write := time.Duration(b["Pack/Write"]["ns/op"])
	if verify == 0 || write == 0 {
		return nil, fmt.Errorf("BenchmarkPack of evidence told nothing: %v", b)
	}
	return []figure{
		{what: "verify a pack of 100000 entries", ours: seconds(verify), target: "≤ 5 s", met: limit(verify <= 5*time.Second),
			note: "Signature, every leaf, the tree and every body, read from disk; mean of the runs of BenchmarkPack."},
		{what: "write that pack", ours: seconds(write)},
	}, nil
}

// durable asks the benchmarks of the store how many entries a second are on
// disk when their writers are told so.
func durable(ctx context.Context, h *host) ([]figure, error) {
	b, err := h.benchmark(ctx, "./store", "BenchmarkDurable|BenchmarkRecords", h.sized(10, 1))
	if err != nil {
		return nil, err
	}
	d, records := b["Durable"], b["Records"]["records/s"]
	rate, chain := d["entries/s"], d["chain/s"]
	if rate == 0 || chain == 0 {
		return nil, fmt.Errorf("BenchmarkDurable of store told nothing: %v", b)
	}
	ratio := chain / rate
	return []figure{
		{what: "durable entries, 256 writers", ours: perSecond(rate), target: "≥ 30 k/s", met: limit(rate >= 30_000)},
		{what: "beside a plain hash chain", ours: perSecond(rate), peer: "fsynced file " + perSecond(chain), ratio: "chain " + times(ratio), target: "chain ≤ 3×", met: limit(ratio <= 3),
			note: "The chain writes entries with the hash of the one before to a file on the same disk, many to one fsync, in turns with Demarc. It has no records, proofs or organisations."},
		{what: "records changed, each with its entry", ours: perSecond(records)},
	}, nil
}

// benchmark runs Go benchmarks of a package for n rounds, and gives their
// metrics by the benchmark's name, without "Benchmark" and the number of cores.
func (h *host) benchmark(ctx context.Context, pkg, pattern string, n int) (map[string]map[string]float64, error) {
	program := "go"
	if name := os.Getenv("GO"); name != "" {
		program = name
	}
	u, err := h.measured(ctx, h.root, nil, program, "test", "-run", "^$", "-bench", "^("+pattern+")$", "-benchtime", strconv.Itoa(n)+"x", pkg)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, lastLine(u.output))
	}
	return parseBenchmarks(u.output), nil
}

// parseBenchmarks reads what `go test -bench` prints: name, rounds, and pairs
// of a number and its unit.
func parseBenchmarks(text []byte) map[string]map[string]float64 {
	out := map[string]map[string]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		name, found := strings.CutPrefix(lines.Text(), "Benchmark")
		fields := strings.Fields(name)
		if !found || len(fields) < 4 {
			continue
		}
		name = fields[0]
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i]
		}
		out[name] = map[string]float64{}
		for i := 2; i+1 < len(fields); i += 2 {
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
				out[name][fields[i+1]] = v
			}
		}
	}
	return out
}
