// SPDX-License-Identifier: Apache-2.0

package job

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// pruneEvery is how often old jobs are looked for, schedulesEvery and
// sweepEvery are in beats.
const (
	pruneEvery     = time.Minute
	schedulesEvery = 3
	sweepEvery     = 2
)

// heart beats while the queue works: it renews leases, stores progress, takes
// back what dead workers held, wakes workers for what has come due, fires
// schedules, and forgets old jobs. Nothing here needs a leader: every step is
// a change that can succeed once.
func (q *Queue) heart() {
	var pruned time.Time
	for n := int64(0); q.base.Err() == nil; n++ {
		q.step("leases could not be renewed", q.renew)
		q.step("progress could not be stored", q.store)
		if n%sweepEvery == 0 {
			q.step("lost jobs could not be taken back", q.sweep)
		}
		if n%schedulesEvery == 0 {
			q.step("schedules could not be read", q.readSchedules)
		}
		q.step("a schedule could not be fired", q.fire)
		q.step("workers could not be woken", q.rouse)
		if time.Since(pruned) > pruneEvery {
			q.step("old jobs could not be removed", q.prune)
			pruned = time.Now()
		}
		q.beats.Add(1)
		if sleep(q.base, q.tick) != nil {
			return
		}
	}
}

// step does one thing; what fails is tried at the next beat.
func (q *Queue) step(sentence string, do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(q.base, max(q.o.Lease/3, time.Second))
	defer cancel()
	if err := do(ctx); err != nil && q.base.Err() == nil {
		q.log.Warn(sentence, "error", err)
	}
}

func (q *Queue) ours() []*run {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := make([]*run, 0, len(q.runs))
	for r := range q.runs {
		out = append(out, r)
	}
	return out
}

// renew renews the leases of what runs here, and of nothing else. A run whose
// job has another token has been taken over; one that could not be renewed for
// as long as a lease must be taken for lost, for another may have it.
func (q *Queue) renew(ctx context.Context) error {
	runs := q.ours()
	if len(runs) == 0 {
		return nil
	}
	type held struct{ token, cancel int64 }
	asked, found := time.Now(), map[int64]held{}
	places, args := make([]string, len(runs)), []any{q.o.Lease.Milliseconds(), q.name}
	for i, r := range runs {
		places[i] = fmt.Sprintf("$%d", i+3)
		args = append(args, r.work.ID)
	}
	err := q.e.query(ctx, `UPDATE {s}job SET lease = {now} + $1 WHERE worker = $2 AND state = 'running' AND id IN (`+strings.Join(places, ", ")+`) RETURNING id, token, cancel`, args,
		func(scan func(...any) error) error {
			var id int64
			var h held
			err := scan(&id, &h.token, &h.cancel)
			found[id] = h
			return err
		})
	for _, r := range runs {
		h, ok := found[r.work.ID]
		r.mu.Lock()
		switch {
		case err == nil && (!ok || h.token != r.token):
			r.cancel(errLost) // one that has just ended itself does not mind
		case err == nil && h.cancel == 1:
			r.cancel(errCancelled)
			r.renewed = asked
		case err == nil:
			r.renewed = asked
		case time.Since(r.renewed) > q.o.Lease:
			r.cancel(errLost)
		}
		r.mu.Unlock()
	}
	return err
}

// store writes what the handlers have said since the last beat.
func (q *Queue) store(ctx context.Context) error {
	for _, r := range q.ours() {
		r.mu.Lock()
		p, unsaid := r.progress, r.unsaid
		r.unsaid = false
		r.mu.Unlock()
		if !unsaid {
			continue
		}
		_, err := q.e.exec(ctx, `UPDATE {s}job SET done = $3, total = $4, word = $5 WHERE id = $1 AND token = $2 AND state = 'running'`,
			r.work.ID, r.token, p.Done, p.Total, p.Text)
		if err != nil {
			return err
		}
	}
	return nil
}

// sweep takes back jobs whose lease has run out. The try counts: a job that
// kills its worker each time must come to an end.
func (q *Queue) sweep(ctx context.Context) error {
	type lost struct{ id, token int64 }
	var all []lost
	err := q.e.query(ctx, `SELECT id, token FROM {s}job WHERE state = 'running' AND lease < {now} ORDER BY id LIMIT 100`, nil, func(scan func(...any) error) error {
		var l lost
		err := scan(&l.id, &l.token)
		all = append(all, l)
		return err
	})
	for _, l := range all {
		if err != nil {
			return err
		}
		_, err = q.e.exec(ctx, `UPDATE {s}job SET
			state = CASE WHEN cancel = 1 THEN 'cancelled' WHEN attempt >= tries THEN 'failed' ELSE 'waiting' END,
			ended = CASE WHEN cancel = 1 OR attempt >= tries THEN {now} ELSE 0 END,
			fault = CASE WHEN cancel = 1 THEN '' ELSE 'the worker that ran the job stopped answering' END,
			run_at = {now}, lease = 0
			WHERE id = $1 AND token = $2 AND state = 'running' AND lease < {now}`, l.id, l.token)
		q.log.Warn("a worker lost its job", "job", l.id)
	}
	return err
}

// rouse wakes workers that sleep while there is something for them: a job that
// has come due, was handed back, or whose wake-up was lost.
func (q *Queue) rouse(ctx context.Context) error {
	q.mu.Lock()
	idle, stopping := q.o.Workers-q.awake, q.stopping
	q.mu.Unlock()
	if idle <= 0 || stopping {
		return nil
	}
	orgs, err := q.waiting(ctx)
	if err != nil {
		return err
	}
	q.mu.Lock()
	free := 0
	for _, org := range orgs {
		free += max(0, q.o.PerOrg-q.busy[org])
	}
	q.mu.Unlock()
	if free == 0 {
		return nil
	}
	return q.e.wake(ctx, min(free, idle, 8))
}

// prune removes ended jobs that are too old or too many.
func (q *Queue) prune(ctx context.Context) error {
	if _, err := q.e.exec(ctx, `DELETE FROM {s}job WHERE ended > 0 AND ended < {now} - CAST($1 AS BIGINT)`, q.o.KeepFor.Milliseconds()); err != nil {
		return err
	}
	_, err := q.e.exec(ctx, `DELETE FROM {s}job WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY org ORDER BY id DESC) AS n FROM {s}job WHERE ended > 0) x WHERE n > $1)`, q.o.Keep)
	return err
}
