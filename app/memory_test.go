// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/cloudtest"
)

// generated gives a snapshot file of n generated resources.
func generated(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := cloud.NewWriter(&b, cloud.Header{Tool: "demarc 0.1.0", Provider: "aws", Source: "live", Regions: []string{"eu-central-1"}, Started: at, Ended: at}, nil)
	ok(t, err)
	for r, err := range cloudtest.Generate(n, 7)() {
		ok(t, err)
		ok(t, w.Write(r))
	}
	ok(t, w.Close())
	return b.Bytes()
}

// peak gives the most bytes of live objects while do runs.
func peak(do func()) uint64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		var top uint64
		for {
			select {
			case <-stop:
				most <- top
				return
			default:
				metrics.Read(sample)
				top = max(top, sample[0].Value.Uint64())
				time.Sleep(time.Millisecond)
			}
		}
	}()
	do()
	close(stop)
	return <-most
}

// TestAssess_FlatMemory: findings go through an assessment and a paper, and are
// never all in memory. More than 50,000 of them would take 40 MB as values alone.
func TestAssess_FlatMemory(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	var tops []uint64
	var findings []int64
	for _, n := range []int{1_200, 12_000} {
		a := open(t, t.TempDir())
		take(t, a, larkspur, "large.snapshot", generated(t, n))
		var out *app.Assessed
		tops = append(tops, peak(func() {
			out = assessed(t, a, larkspur, app.Ask{Edition: catalogue.Edition2026})
			ok(t, a.Report(ctx, larkspur, out.Run, app.Paper{Kind: app.FindingsPaper, Format: "csv"}, &failing{1 << 40}))
		}))
		findings = append(findings, out.Run.Stats.Findings)
		ok(t, a.Close())
	}
	t.Logf("%d findings at a peak of %d MiB, %d at %d MiB", findings[0], tops[0]>>20, findings[1], tops[1]>>20)
	if findings[1] < 50_000 {
		t.Fatalf("only %d findings: this test sees nothing", findings[1])
	}
	if tops[1] > tops[0]+(32<<20) {
		t.Errorf("%d findings took %d MiB more than %d", findings[1], (tops[1]-tops[0])>>20, findings[0])
	}
}
