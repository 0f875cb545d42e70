// SPDX-License-Identifier: Apache-2.0

package check

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"cel.dev/cel-go/common/types"

	"demarc.dev/demarc/cloud"
)

// Input is what a run looks at.
type Input struct {
	Header     cloud.Header
	Gaps       []cloud.ScopeGap
	Source     cloud.Source // walked once, twice when a check joins; a yielded resource must stay as it is
	Now        time.Time
	Exceptions []Exception
	Workers    int // 0: as many as there are cores
}

// Stats counts what a run did.
type Stats struct {
	Resources   int64                  `json:"resources"`
	Unasked     int64                  `json:"unasked"` // resources that no check is about
	Evaluations int64                  `json:"evaluations"`
	Findings    int64                  `json:"findings"` // evaluations, and what stands for scopes that were not read
	Outcomes    map[Outcome]int64      `json:"outcomes"`
	Excepted    int64                  `json:"excepted"` // findings with an exception in force
	Unread      map[cloud.Reason]int64 `json:"unread"`   // facts of resources that were not read
	Scopes      int64                  `json:"scopes"`   // gaps of whole services, regions or accounts
	Silent      []string               `json:"silent"`   // checks without a single finding: never run
	Exceptions  []ExceptionUse         `json:"exceptions"`

	asked []bool // by check: it has a finding
}

func newStats(checks int) Stats {
	return Stats{Outcomes: map[Outcome]int64{}, Unread: map[cloud.Reason]int64{}, asked: make([]bool, checks)}
}

func (s *Stats) add(o *Stats) {
	s.Resources += o.Resources
	s.Unasked += o.Unasked
	s.Evaluations += o.Evaluations
	s.Findings += o.Findings
	s.Excepted += o.Excepted
	for k, n := range o.Outcomes {
		s.Outcomes[k] += n
	}
	for k, n := range o.Unread {
		s.Unread[k] += n
	}
	for i, asked := range o.asked {
		s.asked[i] = s.asked[i] || asked
	}
}

// run is what the workers of one Run share; it is only read.
type run struct {
	set    *Set
	index  *index
	now    types.Timestamp
	except *exceptions
}

// chunkSize is how many resources a worker takes at once.
const chunkSize = 128

type chunk struct {
	resources []*cloud.Resource
	findings  []Finding
	err       error
	done      chan struct{}
}

// Run asks every check about every resource that it is about, and emits one
// finding each, in the order of the source and then of check ids, whatever the
// number of workers; at the end come the findings for scopes that were not read.
// The memory it takes does not grow with the number of resources, but for the
// index of the kinds that checks join to. emit is called from one goroutine at a
// time; an error of it, of the source or of ctx ends the run.
func (s *Set) Run(ctx context.Context, in Input, emit func(Finding) error) (Stats, error) {
	r, err := s.prepare(ctx, in)
	if err != nil {
		return Stats{}, err
	}
	workers := in.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	stats, scopes := newStats(len(s.checks)), newScopes(in)
	if err := r.stream(ctx, in.Source, workers, scopes, &stats, emit); err != nil {
		return stats, err
	}
	stats.Scopes = int64(len(in.Gaps))
	for at, f := range scopes.findings(r) {
		stats.asked[at] = true
		stats.Findings++
		stats.Outcomes[f.Outcome]++
		if f.Exception != "" {
			stats.Excepted++
		}
		if err := emit(f); err != nil {
			return stats, err
		}
	}
	for i, c := range s.checks {
		if !stats.asked[i] {
			stats.Silent = append(stats.Silent, c.ID)
		}
	}
	stats.Exceptions = r.except.uses()
	return stats, nil
}

// prepare builds the index, which is the first walk over the source.
func (s *Set) prepare(ctx context.Context, in Input) (*run, error) {
	except, err := s.planExceptions(in.Exceptions, in.Now)
	if err != nil {
		return nil, err
	}
	r := &run{set: s, now: types.Timestamp{Time: in.Now.UTC()}, except: except}
	x := newIndex(s, in.Gaps)
	if s.linked || len(s.needs) > 0 {
		n := 0
		for res, err := range in.Source() {
			if err != nil {
				return nil, fmt.Errorf("reading the snapshot for joins: %w", err)
			}
			if n++; n%chunkSize == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			x.add(res)
		}
	}
	r.index = x.done()
	return r, nil
}

// stream hands chunks of the source to workers and emits their findings in
// order.
func (r *run) stream(outer context.Context, source cloud.Source, workers int, scopes *scopes, stats *Stats, emit func(Finding) error) error {
	ctx, cancel := context.WithCancel(outer)
	defer cancel()
	work, order, free := make(chan *chunk, 2*workers), make(chan *chunk, 2*workers), make(chan *chunk, 4*workers)
	var group sync.WaitGroup
	group.Go(func() {
		defer close(order)
		defer close(work)
		r.read(ctx, source, scopes, work, order, free)
	})
	sums := make([]Stats, workers)
	for i := range workers {
		group.Go(func() {
			w := newWorker(r)
			for c := range work {
				w.evaluate(ctx, c)
				c.done <- struct{}{}
			}
			sums[i] = w.sum()
		})
	}
	err := collect(order, free, emit)
	cancel()
	for range order {
		continue // the reader ends when nobody waits for it
	}
	group.Wait()
	for i := range sums {
		stats.add(&sums[i])
	}
	if err == nil {
		err = outer.Err()
	}
	return err
}

// read walks the source and fills chunks until it ends or ctx does.
func (r *run) read(ctx context.Context, source cloud.Source, scopes *scopes, work, order chan<- *chunk, free chan *chunk) {
	next := func() *chunk {
		select {
		case c := <-free:
			return c
		default:
			return &chunk{done: make(chan struct{}, 1), resources: make([]*cloud.Resource, 0, chunkSize)}
		}
	}
	send := func(c *chunk) bool {
		select {
		case order <- c:
			work <- c // has room for all that order has, and workers empty it
			return true
		case <-ctx.Done():
			return false
		}
	}
	c := next()
	for res, err := range source() {
		if err != nil {
			c.err = fmt.Errorf("reading the snapshot: %w", err)
			send(c)
			return
		}
		scopes.note(res)
		c.resources = append(c.resources, res)
		if len(c.resources) == chunkSize {
			if !send(c) {
				return
			}
			c = next()
		}
	}
	send(c)
}

// collect emits the findings of chunks in order and gives the chunks back.
func collect(order <-chan *chunk, free chan<- *chunk, emit func(Finding) error) error {
	for c := range order {
		<-c.done
		for i := range c.findings {
			if err := emit(c.findings[i]); err != nil {
				return err
			}
		}
		if c.err != nil {
			return c.err
		}
		clear(c.resources)
		clear(c.findings)
		c.resources, c.findings = c.resources[:0], c.findings[:0]
		select {
		case free <- c:
		default:
		}
	}
	return nil
}
