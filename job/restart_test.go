// SPDX-License-Identifier: Apache-2.0

//go:build unix

package job

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	pgserver "demarc.dev/demarc/internal/postgres"
)

// TestRestart crashes PostgreSQL while jobs run and wait.
func TestRestart(t *testing.T) {
	t.Parallel()
	srv, err := pgserver.Start() // its own: the others' is not to be crashed
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	var begun atomic.Int64
	back := make(chan struct{})
	q := begin(t, handles(small(Options{Postgres: srv.Address("postgres", "", "")}), func(ctx context.Context, w Work, _ func(Progress)) error {
		begun.Add(1)
		select {
		case <-back:
		case <-ctx.Done():
		}
		return ctx.Err()
	}))
	var ids []int64
	for range 20 {
		ids = append(ids, order(t, q, Order{Kind: "collect"}))
	}
	until(t, "three run", func() bool { return q.running() == 3 })
	if err := srv.Restart("immediate"); err != nil {
		t.Fatal(err)
	}
	close(back)
	for _, id := range ids {
		var j Job
		until(t, "each job ends", func() bool { j, err = q.Get(context.Background(), "alder", id); return err == nil && j.State.Ended() })
		if j.State != Done || j.Attempt != 1 {
			t.Errorf("job %d is %s at try %d: %s", id, j.State, j.Attempt, j.Error)
		}
	}
	if n := begun.Load(); n != 20 {
		t.Errorf("%d began, want 20: the lease outlived the restart", n)
	}
}

// TestOpen_ReplicasAtOnce opens a new database from four sides.
func TestOpen_ReplicasAtOnce(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				q, err := Open(context.Background(), o)
				if err != nil {
					t.Error(err)
					return
				}
				stop(t, q)
			})
		}
		group.Wait()
	})
}

// BenchmarkThroughput gives jobs a second, ordered beforehand; those that work
// take 20 ms each, 16 at once on each queue.
func BenchmarkThroughput(b *testing.B) {
	for _, c := range []struct {
		name, engine string
		queues       int
		work         time.Duration
	}{
		{"SQLite", "SQLite", 1, 0}, {"PostgreSQL", "PostgreSQL", 1, 0}, {"PostgreSQL-two", "PostgreSQL", 2, 0},
		{"PostgreSQL-working", "PostgreSQL", 1, 20 * time.Millisecond}, {"PostgreSQL-working-two", "PostgreSQL", 2, 20 * time.Millisecond},
	} {
		b.Run(c.name, func(b *testing.B) {
			o := engines[c.engine](b)
			o.Workers = 16
			o = handles(o, func(ctx context.Context, _ Work, _ func(Progress)) error { return sleep(ctx, c.work) })
			var queues []*Queue
			for range c.queues {
				queues = append(queues, open(b, o))
			}
			for i := range b.N {
				order(b, queues[0], Order{Kind: "collect", Org: string(rune('a' + i%10))})
			}
			b.ResetTimer()
			for _, q := range queues {
				if err := q.Start(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			until(b, "all end", func() bool {
				w, r, err := queues[0].Depth(context.Background())
				return err == nil && w+r == 0
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
		})
	}
}
