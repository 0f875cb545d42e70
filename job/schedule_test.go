// SPDX-License-Identifier: Apache-2.0

//go:build unix

package job

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// clock is one that a test moves.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time        { return time.UnixMilli(c.at.Load()) }
func (c *clock) set(t time.Time)       { c.at.Store(t.UnixMilli()) }
func (c *clock) ahead(d time.Duration) { c.at.Add(d.Milliseconds()) }
func day(h, m int) time.Time           { return time.Date(2026, 3, 2, h, m, 0, 0, time.UTC) }
func nothing() handler                 { return func(context.Context, Work, func(Progress)) error { return nil } }
func hourly(id, cron string) Schedule {
	return Schedule{Org: "alder", ID: id, Kind: "collect", Cron: cron, Caller: "ada"}
}

// shelf holds the schedules of a test.
type shelf struct {
	mu   sync.Mutex
	list []Schedule
}

func (s *shelf) put(list ...Schedule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = list
}

func (s *shelf) get(context.Context) ([]Schedule, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Schedule(nil), s.list...), nil
}

func timed(o Options) (Options, *clock, *shelf) {
	c, s := &clock{}, &shelf{}
	c.set(day(0, 30))
	o.Lease, o.Now, o.Schedules = time.Second, c.now, s.get
	return handles(o, nothing()), c, s
}

// dues gives when the jobs of a schedule were due, once all have ended.
func dues(t *testing.T, q *Queue, id string) (out []string) {
	t.Helper()
	list, err := q.List(context.Background(), "alder", Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Schedule == id {
			out = append(out, list[i].Due.Format("15:04"))
		}
	}
	return out
}

func idle(t *testing.T, q *Queue) {
	t.Helper()
	until(t, "all end", func() bool { w, r, err := q.Depth(context.Background()); return err == nil && w+r == 0 })
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("due at %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("due at %v, want %v", got, want)
		}
	}
}

func TestSchedule_OnceAPeriodOverAllReplicas(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		o, c, s := timed(o)
		s.put(hourly("nightly", "@hourly"))
		a, b := begin(t, o), begin(t, o)
		beat(t, schedulesEvery+1, a, b)
		for range 3 {
			c.ahead(time.Hour)
			beat(t, 2, a, b)
			idle(t, a)
		}
		want(t, dues(t, a, "nightly"), "01:00", "02:00", "03:00")
	})
}

func TestSchedule_ChangesAreNoticed(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		o, c, s := timed(o)
		q := begin(t, o)
		learn := func() { t.Helper(); beat(t, schedulesEvery+1, q) }
		pass := func(d time.Duration) { t.Helper(); c.ahead(d); beat(t, 2, q); idle(t, q) }
		s.put(hourly("x", "@hourly"), hourly("broken", "61 * * * *"))
		learn()
		pass(time.Hour) // 01:30
		s.put(hourly("x", "0 5 * * *"))
		learn()
		pass(2 * time.Hour) // 03:30: not due by the new words
		pass(2 * time.Hour) // 05:30
		s.put()
		learn()
		pass(24 * time.Hour)
		want(t, dues(t, q, "x"), "01:00", "05:00")
		want(t, dues(t, q, "broken"))
	})
}

func TestSchedule_MissedPeriodsRunOnce(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		o, c, s := timed(o)
		s.put(hourly("x", "@hourly"))
		a := begin(t, o)
		beat(t, schedulesEvery+1, a)
		stop(t, a)
		c.ahead(9 * time.Hour) // 09:30
		b := begin(t, o)
		beat(t, schedulesEvery+1, b)
		idle(t, b)
		want(t, dues(t, b, "x"), "09:00")
	})
}

func TestSchedule_DoesNotPileUp(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		o, c, s := timed(o)
		o.Workers = 1
		free := make(chan struct{})
		o = handles(o, func(ctx context.Context, w Work, _ func(Progress)) error {
			select {
			case <-free:
			case <-ctx.Done():
			}
			return ctx.Err()
		})
		s.put(hourly("x", "@hourly"))
		q := begin(t, o)
		beat(t, schedulesEvery+1, q)
		for range 5 { // 01:00 runs, 02:00 waits, the rest is left out
			c.ahead(time.Hour)
			beat(t, 2, q)
			until(t, "one runs", func() bool { return q.running() == 1 })
		}
		close(free)
		idle(t, q)
		want(t, dues(t, q, "x"), "01:00", "02:00")
	})
}
