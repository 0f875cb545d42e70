// SPDX-License-Identifier: Apache-2.0

package job

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// Why the context of a handler ends; context.Cause gives one of them.
var (
	errStopping  = errors.New("the program stops; the job is handed back")
	errCancelled = errors.New("the job was cancelled")
	errLost      = errors.New("the lease of the job was lost")
	errLate      = errors.New("the job took longer than it may")
)

// run is one taking of a job.
type run struct {
	work    Work
	token   int64
	timeout time.Duration
	ctx     context.Context
	cancel  context.CancelCauseFunc

	mu       sync.Mutex
	progress Progress
	unsaid   bool      // the progress has not been stored
	renewed  time.Time // when the lease was last asked for with success
}

// say keeps the latest word; the heart stores it.
func (r *run) say(p Progress) {
	p.Text = clean(p.Text)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress, r.unsaid = p, true
}

// clean makes a text one that every database takes, cut at longestWord bytes.
func clean(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s[:min(len(s), longestWord)], "\x00", ""), "")
}

// round is what a woken worker does: job after job until nothing waits.
func (q *Queue) round(ctx context.Context) {
	q.mu.Lock()
	q.awake++
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		q.awake--
		q.mu.Unlock()
	}()
	for ctx.Err() == nil {
		r, err := q.take(ctx)
		if err != nil && ctx.Err() == nil {
			q.log.Warn("no job could be taken", "error", err)
		}
		if r == nil {
			return
		}
		q.do(r)
	}
}

// fair gives the organisations that wait, the one to be served next first. It
// steps from one to the next in the index: jobs that wait cost it nothing.
const fair = `WITH RECURSIVE o(org) AS (
		SELECT min(org) FROM {s}job WHERE state = 'waiting'
		UNION ALL SELECT (SELECT min(j.org) FROM {s}job j WHERE j.state = 'waiting' AND j.org > o.org) FROM o WHERE o.org IS NOT NULL)
	SELECT org FROM (SELECT o.org,
			(SELECT count(*) FROM {s}job r WHERE r.org = o.org AND r.state = 'running') AS running,
			(SELECT coalesce(max(s.started), 0) FROM {s}job s WHERE s.org = o.org) AS served
		FROM o WHERE o.org IS NOT NULL AND EXISTS (SELECT 1 FROM {s}job d WHERE d.org = o.org AND d.state = 'waiting' AND d.run_at <= {now} AND {kinds})) w
	ORDER BY running, served, org LIMIT 1000`

func (q *Queue) waiting(ctx context.Context) (orgs []string, err error) {
	err = q.e.query(ctx, strings.Replace(fair, "{kinds}", q.ourKinds(1), 1), q.kinds, func(scan func(...any) error) error {
		var org string
		if err := scan(&org); err != nil {
			return err
		}
		orgs = append(orgs, org)
		return nil
	})
	return orgs, err
}

// take takes the job that is next in fairness; nil if there is none for us.
func (q *Queue) take(ctx context.Context) (*run, error) {
	orgs, err := q.waiting(ctx)
	if err != nil {
		return nil, err
	}
	for _, org := range orgs {
		if !q.reserve(org) {
			continue
		}
		r, err := q.takeOf(ctx, org)
		if err != nil || r == nil {
			q.release(org, nil)
			if err != nil {
				return nil, err
			}
			continue
		}
		q.mu.Lock()
		q.runs[r] = true
		q.mu.Unlock()
		return r, nil
	}
	return nil, nil
}

func (q *Queue) reserve(org string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stopping || q.busy[org] >= q.o.PerOrg {
		return false
	}
	q.busy[org]++
	return true
}

func (q *Queue) release(org string, r *run) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.runs, r)
	if q.busy[org]--; q.busy[org] == 0 {
		delete(q.busy, org)
	}
}

// takeOf takes the oldest job of an organisation. If the answer is lost on the
// way, nobody renews the lease, and it runs out.
func (q *Queue) takeOf(ctx context.Context, org string) (*run, error) {
	sql := `UPDATE {s}job SET state = 'running', attempt = attempt + 1, token = token + 1, worker = $2, started = {now}, lease = {now} + $3, done = 0, total = 0, word = ''
		WHERE state = 'waiting' AND id = (SELECT id FROM {s}job WHERE org = $1 AND state = 'waiting' AND run_at <= {now} AND ` + q.ourKinds(4) + ` ORDER BY run_at, id LIMIT 1 {skip})
		RETURNING id, kind, org, caller, key, schedule, due, args, attempt, tries, timeout, token`
	var r *run
	asked := time.Now()
	err := q.e.query(ctx, sql, append([]any{org, q.name, q.o.Lease.Milliseconds()}, q.kinds...), func(scan func(...any) error) error {
		r = &run{renewed: asked}
		var args string
		var due, timeout int64
		w := &r.work
		err := scan(&w.ID, &w.Kind, &w.Org, &w.Caller, &w.Key, &w.Schedule, &due, &args, &w.Attempt, &w.Tries, &timeout, &r.token)
		w.Args, w.Due, r.timeout = []byte(args), moment(due), time.Duration(timeout)*time.Millisecond
		return err
	})
	if err != nil || r == nil {
		return nil, err
	}
	r.ctx, r.cancel = context.WithCancelCause(q.base)
	return r, nil
}

// ourKinds is the condition that the job is of a kind that is handled here;
// its places begin at $first.
func (q *Queue) ourKinds(first int) string {
	places := []string{"''"}
	for i := range q.kinds {
		places = append(places, fmt.Sprintf("$%d", first+i))
	}
	return "kind IN (" + strings.Join(places, ", ") + ")"
}

// do runs the handler and writes down how it ended.
func (q *Queue) do(r *run) {
	defer r.cancel(nil)
	defer q.release(r.work.Org, r)
	ctx, cancel := context.WithTimeoutCause(r.ctx, r.timeout, errLate)
	defer cancel()
	began := time.Now()
	err := q.call(ctx, r)
	state := q.finish(r, context.Cause(ctx), err)
	if q.o.Tried != nil {
		q.o.Tried(r.work.Kind, state, time.Since(began))
	}
}

// call turns a panic into an error: one job does not end the others.
func (q *Queue) call(ctx context.Context, r *run) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return q.o.Handlers[r.work.Kind](ctx, r.work, r.say)
}
