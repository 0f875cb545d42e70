// SPDX-License-Identifier: Apache-2.0

package job

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"demarc.dev/demarc/problem"
)

const (
	longestArgs = 64 << 10
	longestWord = 300
)

// Enqueue takes an order. known tells that a job of the same organisation and
// key waits or runs already; id is then that job's. When it returns without an
// error the order is durable.
func (q *Queue) Enqueue(ctx context.Context, o Order) (id int64, known bool, err error) {
	if err := q.check(&o); err != nil {
		return 0, false, err
	}
	due := int64(0)
	if !o.At.IsZero() {
		due = o.At.UnixMilli()
	}
	err = q.e.within(ctx, func(s session) error {
		id, known, err = enqueue(ctx, s, o, "", due)
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("taking an order of %s: %w", o.Kind, err)
	}
	return id, known, nil
}

func (q *Queue) check(o *Order) error {
	names := []struct{ name, value string }{{"kind", o.Kind}, {"org", o.Org}, {"caller", o.Caller}, {"key", o.Key}}
	for i, n := range names {
		if n.value == "" && i < 3 {
			return problem.Newf(problem.Usage, "a job needs a %s", n.name)
		}
		if len(n.value) > longestWord || !utf8.ValidString(n.value) || strings.ContainsRune(n.value, 0) {
			return problem.Newf(problem.Usage, "the %s of a job is longer than %d bytes or is no text", n.name, longestWord)
		}
	}
	if _, ok := q.o.Handlers[o.Kind]; !ok && len(q.o.Handlers) > 0 {
		return problem.Newf(problem.Usage, "there is no kind of job named %q", o.Kind)
	}
	if len(o.Args) == 0 {
		o.Args = json.RawMessage("{}")
	}
	if len(o.Args) > longestArgs || !json.Valid(o.Args) || !utf8.Valid(o.Args) {
		return problem.Newf(problem.Usage, "the arguments of a job are no JSON or longer than %d bytes", longestArgs)
	}
	if o.Tries == 0 {
		o.Tries = 5
	}
	if o.Timeout == 0 {
		o.Timeout = time.Hour
	}
	if o.Tries < 1 || o.Tries > 100 || o.Timeout < time.Millisecond {
		return problem.New(problem.Usage, "a job is tried 1 to 100 times, each for at least a millisecond", "")
	}
	return nil
}

const insertJob = `INSERT INTO {s}job
	(org, kind, caller, key, schedule, args, state, attempt, tries, timeout, due, run_at, created, started, ended, worker, token, lease, cancel, done, total, word, fault, hint)
	VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, $7, $8,
		CASE WHEN CAST($9 AS BIGINT) = 0 THEN {now} ELSE CAST($9 AS BIGINT) END, CASE WHEN CAST($10 AS BIGINT) = 0 THEN {now} ELSE CAST($10 AS BIGINT) END,
		{now}, 0, 0, '', 0, 0, 0, 0, 0, '', '', '')
	ON CONFLICT (org, key) WHERE key <> '' AND state IN ('waiting', 'running') DO NOTHING RETURNING id`

// enqueue writes the order and wakes a worker. due is in milliseconds; that of
// a schedule's job is the period's start, by another clock than the database's,
// so it does not say when the job may run.
func enqueue(ctx context.Context, s session, o Order, schedule string, due int64) (id int64, known bool, err error) {
	one := func(scan func(...any) error) error { return scan(&id) }
	runAt := due
	if schedule != "" {
		runAt = 0
	}
	args := []any{o.Org, o.Kind, o.Caller, o.Key, schedule, string(o.Args), o.Tries, o.Timeout.Milliseconds(), due, runAt}
	for range 3 { // the other may end between the two questions
		if err := s.query(ctx, insertJob, args, one); err != nil {
			return 0, false, err
		}
		if id != 0 {
			return id, false, s.wake(ctx, 1)
		}
		err := s.query(ctx, `SELECT id FROM {s}job WHERE org = $1 AND key = $2 AND state IN ('waiting', 'running')`, []any{o.Org, o.Key}, one)
		if err != nil || id != 0 {
			return id, true, err
		}
	}
	return 0, false, problem.New(problem.Conflict, "the job changed in the same moment", "try again")
}

// Cancel ends a job of the organisation: at once if it waits, and as soon as
// its handler returns if it runs. One that was cancelled before is no error.
func (q *Queue) Cancel(ctx context.Context, org string, id int64) error {
	_, err := q.e.exec(ctx, `UPDATE {s}job SET cancel = 1,
		state = CASE WHEN state = 'waiting' THEN 'cancelled' ELSE state END,
		ended = CASE WHEN state = 'waiting' THEN {now} ELSE ended END
		WHERE org = $1 AND id = $2 AND state IN ('waiting', 'running')`, org, id)
	if err != nil {
		return fmt.Errorf("cancelling job %d: %w", id, err)
	}
	j, err := q.Get(ctx, org, id)
	if err != nil {
		return err
	}
	if j.State == Done || j.State == Failed {
		return problem.Newf(problem.Conflict, "job %d has ended: it is %s", id, j.State)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for r := range q.runs {
		if r.work.ID == id && j.State == Running {
			r.cancel(errCancelled)
		}
	}
	return nil
}
