// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// costChild tells what each page costs the server in processor time, one
// request after the other: URL DIR PID. It is for finding out where time goes;
// processor time tells something on a machine that does other work too.
func costChild(ctx context.Context, args []string) (any, error) {
	s, err := openSite(args[0], args[1])
	if err != nil {
		return nil, err
	}
	begun, busy := time.Now(), spent(args[2])
	if err := s.find(ctx, s.people[0]); err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "bench: the pages were found in %.1f s, %.1f s of processor time\n", time.Since(begun).Seconds(), (spent(args[2]) - busy).Seconds())
	type row struct {
		pattern  string
		cpu      time.Duration
		p50, max time.Duration
		sent     int64
	}
	var rows []row
	for _, p := range s.patterns() {
		const rounds = 12
		var took []time.Duration
		var sent int64
		busy := spent(args[2])
		for i := range rounds {
			r, err := s.get(ctx, s.people[0], s.pages[p][i%len(s.pages[p])], false)
			if err != nil {
				return nil, err
			}
			took, sent = append(took, r.took), max(sent, r.sent)
		}
		slices.Sort(took)
		rows = append(rows, row{p, (spent(args[2]) - busy) / rounds, took[rounds/2], took[rounds-1], sent})
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(b.cpu, a.cpu) })
	t := tabwriter.NewWriter(os.Stderr, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "page\tprocessor\tp50\tslowest\tsent")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%.1f ms\t%s\t%s\t%.1f kB\n", r.pattern, float64(r.cpu)/1e6, seconds(r.p50), seconds(r.max), float64(r.sent)/1000)
	}
	return struct{}{}, t.Flush()
}

// spent gives the processor time of another process.
func spent(pid string) time.Duration {
	data, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11]) // in hundredths of a second
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}
