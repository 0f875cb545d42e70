// SPDX-License-Identifier: Apache-2.0

//go:build unix

package job

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"demarc.dev/demarc/problem"
)

type handler = func(context.Context, Work, func(Progress)) error

func handles(o Options, h handler) Options {
	o.Handlers = map[string]Handler{"collect": h}
	return o
}

func untilDone(ctx context.Context, _ Work, _ func(Progress)) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestQueue_TwoReplicasRunEachJobOnce(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		const n = 200
		var mu sync.Mutex
		times := map[int64]int{}
		o = handles(o, func(_ context.Context, w Work, _ func(Progress)) error {
			mu.Lock()
			defer mu.Unlock()
			times[w.ID]++
			return nil
		})
		a, b := begin(t, o), begin(t, o)
		for i := range n {
			order(t, []*Queue{a, b}[i%2], Order{Kind: "collect", Org: fmt.Sprint("org", i%3)})
		}
		until(t, "all run", func() bool {
			waiting, running, err := a.Depth(context.Background())
			return err == nil && waiting+running == 0
		})
		mu.Lock()
		defer mu.Unlock()
		if len(times) != n {
			t.Errorf("%d jobs ran, want %d", len(times), n)
		}
		for id, k := range times {
			if k != 1 {
				t.Errorf("job %d ran %d times", id, k)
			}
		}
	})
}

func TestQueue_KeyMakesOneJob(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		free := make(chan struct{})
		q := begin(t, handles(o, func(ctx context.Context, w Work, _ func(Progress)) error {
			select {
			case <-free:
			case <-ctx.Done():
			}
			return ctx.Err()
		}))
		ask := func(org string) (int64, bool) {
			id, known, err := q.Enqueue(context.Background(), Order{Kind: "collect", Org: org, Caller: "ada", Key: "prod"})
			if err != nil {
				t.Fatal(err)
			}
			return id, known
		}
		first, known := ask("alder")
		if known {
			t.Error("the first order is known")
		}
		until(t, "it runs", func() bool { return get(t, q, "alder", first).State == Running })
		if id, known := ask("alder"); id != first || !known {
			t.Errorf("the second order is job %d, known %v; want %d, true", id, known, first)
		}
		if id, known := ask("birch"); id == first || known {
			t.Error("an order of another organisation is the same job")
		}
		close(free)
		ended(t, q, "alder", first)
		if id, known := ask("alder"); id == first || known {
			t.Error("an order after the end is no new job")
		}
	})
}

func TestQueue_Failures(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		o.Lease = 3 * time.Second // the heart finds what is to be tried again
		var log bytes.Buffer
		o.Log = slog.New(slog.NewTextHandler(&locked{w: &log}, nil))
		var mu sync.Mutex
		tried := map[State]int{}
		o.Tried = func(_ string, s State, _ time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			tried[s]++
		}
		q := begin(t, handles(o, func(ctx context.Context, w Work, _ func(Progress)) error {
			var how string
			if err := json.Unmarshal(w.Args, &how); err != nil {
				return err
			}
			switch how {
			case "mends":
				if w.Attempt < 3 {
					return problem.New(problem.Unavailable, "the cloud did not answer", "wait")
				}
				return nil
			case "away":
				return problem.New(problem.Unavailable, "the cloud did not answer", "wait")
			case "usage":
				return fmt.Errorf("wrapped: %w", problem.New(problem.Denied, "the role may not read", "attach the policy"))
			case "late":
				<-ctx.Done()
				return ctx.Err()
			case "panic":
				panic("secret-of-the-inside")
			}
			return errors.New("secret-of-the-inside")
		}))
		for _, c := range []struct {
			how      string
			state    State
			attempt  int
			sentence string
		}{
			{"mends", Done, 3, ""},
			{"away", Failed, 3, "the cloud did not answer"},
			{"usage", Failed, 1, "the role may not read"},
			{"late", Failed, 3, "longer than 50ms"},
			{"panic", Failed, 3, "the log tells it"},
			{"internal", Failed, 3, "the log tells it"},
		} {
			args, _ := json.Marshal(c.how)
			j := ended(t, q, "alder", order(t, q, Order{Kind: "collect", Args: args, Tries: 3, Timeout: map[bool]time.Duration{true: 50 * time.Millisecond}[c.how == "late"]}))
			if j.State != c.state || j.Attempt != c.attempt || !strings.Contains(j.Error, c.sentence) || c.sentence == "" && j.Error != "" || strings.Contains(j.Error, "secret") {
				t.Errorf("%s: %s at try %d, %q; want %s at %d, %q", c.how, j.State, j.Attempt, j.Error, c.state, c.attempt, c.sentence)
			}
		}
		stop(t, q)
		if !strings.Contains(log.String(), "secret-of-the-inside") {
			t.Error("the log does not tell the cause")
		}
		if want := (map[State]int{Waiting: 10, Done: 1, Failed: 5}); !maps.Equal(tried, want) {
			t.Errorf("the tries ended %v, want %v", tried, want)
		}
	})
}

type locked struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func TestQueue_Cancel(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		o.Lease = 3 * time.Second
		var begun atomic.Int64
		a := begin(t, handles(o, func(ctx context.Context, w Work, say func(Progress)) error {
			begun.Add(1)
			return untilDone(ctx, w, say)
		}))
		b := open(t, handles(o, untilDone)) // another process, which only asks
		ctx := context.Background()
		waits := order(t, b, Order{Kind: "collect", At: time.Now().Add(time.Hour)})
		runs := order(t, b, Order{Kind: "collect"})
		until(t, "it runs", func() bool { return get(t, b, "alder", runs).State == Running })
		for _, id := range []int64{waits, runs} {
			if err := b.Cancel(ctx, "birch", id); problem.Of(err) != problem.NotFound {
				t.Errorf("another organisation cancels: %v", err)
			}
			if err := b.Cancel(ctx, "alder", id); err != nil {
				t.Fatal(err)
			}
			if j := ended(t, a, "alder", id); j.State != Cancelled {
				t.Errorf("job %d is %s", id, j.State)
			}
			if err := b.Cancel(ctx, "alder", id); err != nil {
				t.Errorf("a second cancel: %v", err)
			}
		}
		if n := begun.Load(); n != 1 {
			t.Errorf("%d jobs began, want 1", n)
		}
	})
}

func TestQueue_AnOrganisationSeesItsOwn(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		q, ctx := open(t, handles(o, untilDone)), context.Background()
		own := map[string][]int64{}
		for i := range 20 {
			org := []string{"alder", "birch"}[i%2]
			own[org] = append(own[org], order(t, q, Order{Kind: "collect", Org: org, Args: json.RawMessage(`{"n":1}`)}))
		}
		for org, ids := range own {
			list, err := q.List(ctx, org, Filter{State: Waiting, Kind: "collect"})
			if err != nil || len(list) != 10 {
				t.Fatalf("%s: %d jobs, %v", org, len(list), err)
			}
			for i, j := range list {
				if want := ids[9-i]; j.ID != want || j.Org != org || string(j.Args) != `{"n":1}` {
					t.Errorf("%s: job %d of %s, want %d", org, j.ID, j.Org, want)
				}
			}
			if page, err := q.List(ctx, org, Filter{Before: list[3].ID, Limit: 2}); err != nil || len(page) != 2 || page[0].ID != list[4].ID {
				t.Errorf("the next page: %v, %v", page, err)
			}
		}
		for _, id := range own["birch"] {
			if _, err := q.Get(ctx, "alder", id); problem.Of(err) != problem.NotFound {
				t.Errorf("alder reads job %d of birch: %v", id, err)
			}
			for _, err := range q.Watch(ctx, "alder", id) {
				if problem.Of(err) != problem.NotFound {
					t.Errorf("alder watches job %d of birch: %v", id, err)
				}
			}
		}
	})
}

func TestQueue_WatchSeesProgressOfAnotherReplica(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		o.Lease = 3 * time.Second
		seen := make(chan struct{})
		begin(t, handles(o, func(ctx context.Context, _ Work, say func(Progress)) error {
			for i := range 100_000 { // throttled: all this is a handful of writes
				say(Progress{Done: int64(i), Total: 200_000, Text: "reading"})
			}
			select {
			case <-seen:
			case <-ctx.Done():
			}
			say(Progress{Done: 200_000, Total: 200_000, Text: "read\x00"})
			return ctx.Err()
		}))
		b := open(t, handles(o, untilDone))
		id := order(t, b, Order{Kind: "collect"})
		var last Job
		half := sync.OnceFunc(func() { close(seen) })
		for j, err := range b.Watch(context.Background(), "alder", id) {
			if err != nil {
				t.Fatal(err)
			}
			if j.State == Running && j.Progress.Done == 99_999 {
				half()
			}
			last = j
		}
		if last.State != Done || last.Progress != (Progress{200_000, 200_000, "read"}) {
			t.Errorf("the last seen is %s, %+v", last.State, last.Progress)
		}
	})
}

func TestQueue_ABusyOrganisationStarvesNoOther(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		o.Workers, o.PerOrg = 2, 2
		var mu sync.Mutex
		var ran []string
		h := handles(o, func(_ context.Context, w Work, _ func(Progress)) error {
			mu.Lock()
			defer mu.Unlock()
			ran = append(ran, w.Org)
			return nil
		})
		q := open(t, h)
		for range 1000 {
			if _, _, err := q.Enqueue(context.Background(), Order{Kind: "collect", Org: "alder", Caller: "ada"}); err != nil {
				t.Fatal(err)
			}
		}
		for range 10 {
			order(t, q, Order{Kind: "collect", Org: "birch"})
		}
		if err := q.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		until(t, "birch is served", func() bool {
			list, err := q.List(context.Background(), "birch", Filter{State: Done})
			return err == nil && len(list) == 10
		})
		mu.Lock()
		defer mu.Unlock()
		before, birch := 0, 0
		for _, org := range ran {
			if org == "birch" {
				birch++
			} else if birch < 10 {
				before++
			}
		}
		if before > 50 {
			t.Errorf("%d jobs of alder ran before the ten of birch were served", before)
		}
	})
}

func TestQueue_OneWorkerIsLeftToOthers(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		q := begin(t, handles(o, func(ctx context.Context, w Work, say func(Progress)) error {
			if w.Org == "birch" {
				return nil
			}
			return untilDone(ctx, w, say)
		}))
		for range 10 {
			order(t, q, Order{Kind: "collect"})
		}
		until(t, "three run", func() bool { return q.running() == 3 })
		if j := ended(t, q, "birch", order(t, q, Order{Kind: "collect", Org: "birch"})); j.State != Done {
			t.Errorf("birch: %s", j.State)
		}
	})
}

func TestQueue_StopHandsBack(t *testing.T) {
	both(t, func(t *testing.T, o Options) {
		a := begin(t, handles(o, untilDone))
		id := order(t, a, Order{Kind: "collect", Tries: 1})
		until(t, "it runs", func() bool { return get(t, a, "alder", id).State == Running })
		stop(t, a)
		b := begin(t, handles(o, func(context.Context, Work, func(Progress)) error { return nil }))
		if j := ended(t, b, "alder", id); j.State != Done || j.Attempt != 1 || j.Worker != b.Name() {
			t.Errorf("after the stop: %s at try %d by %s", j.State, j.Attempt, j.Worker)
		}
	})
}

func TestQueue_NoGoroutineIsLeft(t *testing.T) {
	for name, at := range engines { // alone: other tests' goroutines would be counted
		t.Run(name, func(t *testing.T) {
			o := at(t)
			q := begin(t, handles(o, func(context.Context, Work, func(Progress)) error { return nil }))
			ended(t, q, "alder", order(t, q, Order{Kind: "collect"}))
			stop(t, q)
			var stacks string
			until(t, "the goroutines end", func() bool {
				buf := make([]byte, 1<<20)
				stacks = string(buf[:runtime.Stack(buf, true)])
				return !strings.Contains(stacks, "riverqueue") && !strings.Contains(stacks, "job.(*Queue)") && !strings.Contains(stacks, "pgxpool")
			})
		})
	}
}

func TestQueue_Prune(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, o Options) {
		o.Keep = 5
		q := begin(t, handles(o, func(context.Context, Work, func(Progress)) error { return nil }))
		var last int64
		for range 8 {
			last = order(t, q, Order{Kind: "collect"})
		}
		other := order(t, q, Order{Kind: "collect", Org: "birch"})
		until(t, "all end", func() bool { w, r, err := q.Depth(context.Background()); return err == nil && w+r == 0 })
		if err := q.prune(context.Background()); err != nil {
			t.Fatal(err)
		}
		list, err := q.List(context.Background(), "alder", Filter{})
		if err != nil || len(list) != 5 || list[0].ID != last {
			t.Errorf("kept %d, %v", len(list), err)
		}
		get(t, q, "birch", other)
		q.o.KeepFor = -time.Hour
		if err := q.prune(context.Background()); err != nil {
			t.Fatal(err)
		}
		if _, err := q.Get(context.Background(), "birch", other); problem.Of(err) != problem.NotFound {
			t.Errorf("too old, and there: %v", err)
		}
	})
}
