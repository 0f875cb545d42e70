// SPDX-License-Identifier: Apache-2.0

package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"demarc.dev/demarc/problem"
)

// outcome is how a try ended.
type outcome struct {
	state       State // Waiting: to be begun again after wait
	wait        time.Duration
	back        int // 1: the try does not count
	fault, hint string
}

// finish writes the outcome, if the job is still ours. A database that is away
// for a while is waited for; when it stays away the lease runs out and the job
// runs again. It gives the state that the job has then.
func (q *Queue) finish(r *run, cause, err error) State {
	if errors.Is(cause, errLost) {
		return q.lost(r)
	}
	o := q.judge(r, cause, err)
	until := time.Now().Add(2*q.o.Lease + 30*time.Second)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		ctx, cancel := context.WithTimeout(q.base, 30*time.Second)
		rows, werr := q.write(ctx, r, o)
		cancel()
		switch {
		case werr == nil && rows == 0:
			return q.lost(r)
		case werr == nil:
			return o.state
		case q.base.Err() != nil || time.Now().After(until):
			q.log.Error("the end of a job could not be written; it will run again", "job", r.work.ID, "kind", r.work.Kind, "error", werr)
			return Lost
		}
		_ = sleep(q.base, wait) // a closed queue is seen above
	}
}

// Lost is the state of a try that counts for nothing: it is in no record.
const Lost State = "lost"

func (q *Queue) lost(r *run) State {
	q.log.Warn("the job was taken over; what this worker did is not recorded", "job", r.work.ID, "kind", r.work.Kind)
	return Lost
}

// write counts only with the token of this taking. A job that is to be begun
// again although someone has cancelled it is cancelled.
func (q *Queue) write(ctx context.Context, r *run, o outcome) (int64, error) {
	r.mu.Lock()
	p := r.progress
	r.mu.Unlock()
	return q.e.exec(ctx, `UPDATE {s}job SET
		state = CASE WHEN CAST($3 AS TEXT) = 'waiting' AND cancel = 1 THEN 'cancelled' ELSE CAST($3 AS TEXT) END,
		ended = CASE WHEN CAST($3 AS TEXT) = 'waiting' AND cancel = 0 THEN 0 ELSE {now} END,
		run_at = CASE WHEN CAST($3 AS TEXT) = 'waiting' THEN {now} + CAST($4 AS BIGINT) ELSE run_at END,
		attempt = attempt - CAST($5 AS BIGINT), lease = 0, done = $6, total = $7, word = $8, fault = $9, hint = $10
		WHERE id = $1 AND token = $2 AND state = 'running'`,
		r.work.ID, r.token, string(o.state), o.wait.Milliseconds(), o.back, p.Done, p.Total, p.Text, o.fault, o.hint)
}

// judge says what a handler's answer means.
func (q *Queue) judge(r *run, cause, err error) outcome {
	switch {
	case err == nil:
		return outcome{state: Done}
	case errors.Is(cause, errCancelled):
		return outcome{state: Cancelled}
	case errors.Is(cause, errStopping):
		return outcome{state: Waiting, back: 1}
	}
	o := outcome{state: Waiting, wait: backoff(q.o.Retry, r.work.Attempt)}
	var p *problem.Problem
	switch {
	case errors.Is(cause, errLate):
		o.fault = fmt.Sprintf("the job took longer than %v", r.timeout)
	case errors.As(err, &p):
		o.fault, o.hint = clean(p.Sentence), clean(p.Hint)
		if final(p.Kind) {
			o.state = Failed
		}
	default:
		o.fault = fmt.Sprintf("the job failed for a reason inside Demarc; the log tells it under job %d", r.work.ID)
	}
	if r.work.Attempt >= r.work.Tries {
		o.state = Failed
	}
	q.log.Warn("a job failed", "job", r.work.ID, "kind", r.work.Kind, "org", r.work.Org, "attempt", r.work.Attempt, "again", o.state == Waiting, "error", err)
	return o
}

// final tells that trying again cannot mend a problem of that kind.
func final(k problem.Kind) bool {
	switch k {
	case problem.Usage, problem.Invalid, problem.NotFound, problem.Denied, problem.Integrity, problem.Findings:
		return true
	}
	return false
}

// backoff gives the wait after that attempt.
func backoff(first time.Duration, attempt int) time.Duration {
	return min(first<<min(max(attempt-1, 0), 20), time.Hour)
}
