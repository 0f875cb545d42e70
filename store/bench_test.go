// SPDX-License-Identifier: Apache-2.0

//go:build unix

package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/store"
)

// chain is the peer: a file of entries, each holding the hash of the one
// before it, written with group commit and one fsync a group. It can do
// nothing but append: no record, no receipt, no isolation.
type chain struct {
	f     *os.File
	queue chan chained
	last  [32]byte
}

type chained struct {
	body []byte
	done chan error
}

func (c *chain) run() {
	var buf []byte
	var waiting []chan error
	for first := range c.queue {
		buf, waiting = buf[:0], waiting[:0]
		for next, ok := first, true; ok; {
			sum := sha256.Sum256(append(c.last[:], next.body...))
			c.last = sum
			buf = append(append(buf, sum[:]...), next.body...)
			waiting = append(waiting, next.done)
			select {
			case next, ok = <-c.queue:
			default:
				ok = false
			}
		}
		_, err := c.f.Write(buf)
		if err == nil {
			err = c.f.Sync()
		}
		for _, done := range waiting {
			done <- err
		}
	}
}

func (c *chain) append(body []byte) error {
	e := chained{body, make(chan error, 1)}
	c.queue <- e
	return <-e.done
}

const (
	writers   = 256
	entrySize = 300
)

// hammer lets the writers append for a while and gives entries a second.
func hammer(b *testing.B, n int, each func(w int) error) float64 {
	b.Helper()
	return hammerBy(b, writers, n, each)
}

func hammerBy(b *testing.B, writers, n int, each func(w int) error) float64 {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(n))
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	begun := time.Now()
	for w := range writers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := each(w); err != nil {
					failed.Store(&err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
	return float64(n) / time.Since(begun).Seconds()
}

// processor gives the seconds of processor time that this process has used.
func processor(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// BenchmarkDurable measures durable entries a second at 256 writers, in turns
// with a plain hash chain in a file on the same disk. Goals: 30,000 a second,
// and a third of the chain. On a machine that is busy with other things the
// processor time of an entry tells more: the chain waits for the disk, the
// store computes.
func BenchmarkDurable(b *testing.B) {
	ctx := context.Background()
	dir := b.TempDir()
	s := open(b, dir, store.Options{})
	o := create(b, s, "acme")
	body := make([]byte, entrySize)
	ours := func(w int) error {
		return o.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Append(store.Event{Kind: "noted", Object: "note/1", Actor: alice, Body: body})
			return err
		})
	}
	f, err := os.Create(filepath.Join(dir, "chain"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	c := &chain{f: f, queue: make(chan chained, 1024)}
	go c.run()
	defer close(c.queue)
	theirs := func(int) error { return c.append(body) }

	const round = 20_000
	hammer(b, round, ours)
	hammer(b, round, theirs)
	var sum [2]float64 // seconds
	var used float64   // of processor time, by the store
	rounds := 0
	for b.Loop() {
		before := processor(b)
		sum[0] += round / hammer(b, round, ours)
		used += processor(b) - before
		sum[1] += round / hammer(b, round, theirs)
		rounds++
	}
	mine, peer := float64(rounds*round)/sum[0], float64(rounds*round)/sum[1]
	b.ReportMetric(mine, "entries/s")
	b.ReportMetric(peer, "chain/s")
	b.ReportMetric(peer/mine, "chain:ours")
	b.ReportMetric(used/float64(rounds*round)*1e6, "cpu-µs/entry")
	b.ReportMetric(0, "ns/op")
	size, err := o.Log().Size(ctx)
	if err != nil || size < int64(rounds*round) {
		b.Fatalf("the log has %d entries: %v", size, err)
	}
}

// BenchmarkEngines measures durable entries a second at 64 and 256 writers on
// both engines, in turns, on the same disk.
func BenchmarkEngines(b *testing.B) {
	ctx := context.Background()
	body := make([]byte, entrySize)
	const round = 5_000
	for _, writers := range []int{64, 256} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) {
			orgs := map[string]*store.Org{}
			for name, home := range store.Engines() {
				dir := home(b)
				orgs[name] = create(b, open(b, dir, store.Options{}), "acme")
			}
			seconds := map[string]float64{}
			rounds := 0
			for b.Loop() {
				for name, o := range orgs {
					seconds[name] += round / hammerBy(b, writers, round, func(int) error {
						return o.Update(ctx, func(tx *store.Tx) error {
							_, err := tx.Append(store.Event{Kind: "noted", Object: "note/1", Actor: alice, Body: body})
							return err
						})
					})
				}
				rounds++
			}
			for name, s := range seconds {
				b.ReportMetric(float64(rounds*round)/s, name+"-entries/s")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkRecords is BenchmarkDurable with a record for each entry.
func BenchmarkRecords(b *testing.B) {
	ctx := context.Background()
	s := open(b, b.TempDir(), store.Options{})
	o := create(b, s, "acme")
	var next atomic.Int64
	const round = 10_000
	var seconds float64
	rounds := 0
	for b.Loop() {
		rate := hammer(b, round, func(w int) error {
			id := fmt.Sprint("r-", next.Add(1)%5000)
			return o.Update(ctx, func(tx *store.Tx) error {
				return tx.Put("risk", id, w, store.Event{Kind: "risk.changed", Actor: alice})
			})
		})
		seconds += round / rate
		rounds++
	}
	b.ReportMetric(float64(rounds*round)/seconds, "records/s")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkVerify reads and checks a log of 50,000 entries.
func BenchmarkVerify(b *testing.B) {
	ctx := context.Background()
	s := open(b, b.TempDir(), store.Options{})
	o := create(b, s, "acme")
	body := make([]byte, entrySize)
	hammer(b, 50_000, func(int) error {
		return o.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Append(store.Event{Kind: "noted", Object: "note/1", Actor: alice, Body: body})
			return err
		})
	})
	n := 0
	begun := time.Now()
	for b.Loop() {
		if v, err := o.Log().Verify(ctx); err != nil || v.Err() != nil {
			b.Fatal(err, v)
		}
		n++
	}
	b.ReportMetric(float64(n)*50_000/time.Since(begun).Seconds(), "entries/s")
}

// BenchmarkPack makes a pack of 100,000 entries.
func BenchmarkPack(b *testing.B) {
	ctx := context.Background()
	s := open(b, b.TempDir(), store.Options{})
	o := create(b, s, "acme")
	body := make([]byte, entrySize)
	hammer(b, 100_000, func(int) error {
		return o.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Append(store.Event{Kind: "noted", Object: "note/1", Actor: alice, Body: body})
			return err
		})
	})
	var out bytes.Buffer
	for b.Loop() {
		out.Reset()
		if _, err := o.Log().Pack(ctx, &out, evidence.PackOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(out.Len())/100_000, "B/entry")
}
