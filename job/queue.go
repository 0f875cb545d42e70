// SPDX-License-Identifier: Apache-2.0

package job

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"demarc.dev/demarc/problem"
)

// Queue takes orders and, once started, works. It is safe for concurrent use.
type Queue struct {
	o     Options
	e     engine
	log   *slog.Logger
	name  string // of this worker, unlike any other's
	tick  time.Duration
	kinds []any // the kinds that are handled here

	base  context.Context // of all handlers and all writing
	end   context.CancelFunc
	group sync.WaitGroup
	beats atomic.Int64 // how often the heart has beaten

	mu       sync.Mutex
	started  bool
	stopping bool
	stopped  bool
	awake    int            // workers in a round
	runs     map[*run]bool  // what runs here
	busy     map[string]int // of it, by organisation
	plan     map[slot]*planned
	warned   map[slot]string
}

// Open opens the queue and brings its tables up to this program; replicas may
// do so at once. The caller stops it.
func Open(ctx context.Context, o Options) (*Queue, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	o = o.withDefaults()
	q := &Queue{
		o: o, log: o.Log.With("room", "job"),
		name:   fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:8]),
		tick:   min(max(o.Lease/6, 20*time.Millisecond), time.Second),
		runs:   map[*run]bool{},
		busy:   map[string]int{},
		plan:   map[slot]*planned{},
		warned: map[slot]string{},
	}
	for _, kind := range slices.Sorted(maps.Keys(o.Handlers)) {
		q.kinds = append(q.kinds, kind)
	}
	q.base, q.end = context.WithCancel(context.WithoutCancel(ctx))
	if o.Postgres != "" {
		q.e, err = openPostgres(ctx, o, q.round)
	} else {
		q.e, err = openSQLite(ctx, o, q.round)
	}
	if err != nil {
		q.end()
		return nil, fmt.Errorf("opening the jobs: %w", err)
	}
	return q, nil
}

// Start begins to work, until Stop.
func (q *Queue) Start(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.started || q.stopped {
		return problem.New(problem.Conflict, "the jobs were started before", "")
	}
	// River ends when the context of its start does; Stop ends it in order.
	if err := q.e.start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("starting the jobs: %w", err)
	}
	q.started = true
	q.group.Go(q.heart)
	return nil
}

// Stop ends the work and closes the queue: nothing new is begun, what runs may
// run on for the grace, then its context is cancelled and it is handed back to
// be begun again, by whoever comes first, without the loss of a try. A handler
// that does not return until ctx is done is left behind, and is told in the
// error; its lease runs out.
func (q *Queue) Stop(ctx context.Context) error {
	q.mu.Lock()
	started, stopped := q.started, q.stopped
	q.stopping, q.stopped = true, true
	q.mu.Unlock()
	if stopped {
		return nil
	}
	var err error
	if started {
		grace, cancel := context.WithTimeout(ctx, q.o.Grace)
		if err = q.e.stop(grace); err != nil {
			q.cancelAll(errStopping)
			err = q.e.stop(ctx)
		}
		cancel()
	}
	q.end()
	q.group.Wait()
	q.e.close()
	if err != nil {
		return problem.Newf(problem.Unavailable, "%d jobs did not stop in time", q.running()).Wrap(err)
	}
	return nil
}

func (q *Queue) cancelAll(why error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for r := range q.runs {
		r.cancel(why)
	}
}

func (q *Queue) running() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.runs)
}

// Name gives the name of this worker as it stands in Job.Worker.
func (q *Queue) Name() string { return q.name }

// Depth gives how many jobs wait and run in all organisations, for metrics.
func (q *Queue) Depth(ctx context.Context) (waiting, running int64, err error) {
	err = q.e.query(ctx, `SELECT (SELECT count(*) FROM {s}job WHERE state = 'waiting'), (SELECT count(*) FROM {s}job WHERE state = 'running')`, nil,
		func(scan func(...any) error) error { return scan(&waiting, &running) })
	return waiting, running, err
}

// sleep waits, or gives the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
