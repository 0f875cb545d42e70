// SPDX-License-Identifier: Apache-2.0

package job

import (
	"context"
	"fmt"
	"iter"
	"time"

	"demarc.dev/demarc/problem"
)

// Filter narrows a list; its zero value takes the newest hundred.
type Filter struct {
	State  State  // empty: all
	Kind   string // empty: all
	Before int64  // only ids below it, for the next page; zero: from the newest
	Limit  int    // 1 to 1000; zero: 100
}

const selectJob = `SELECT id, org, kind, caller, key, schedule, args, state, attempt, tries, due, created, started, ended, worker, cancel, done, total, word, fault, hint FROM {s}job `

// List gives jobs of the organisation, the newest first.
func (q *Queue) List(ctx context.Context, org string, f Filter) ([]Job, error) {
	if f.Limit <= 0 || f.Limit > 1000 {
		f.Limit = 100
	}
	var out []Job
	err := q.e.query(ctx, selectJob+`WHERE org = $1 AND ($2 = '' OR state = $2) AND ($3 = '' OR kind = $3) AND (CAST($4 AS BIGINT) = 0 OR id < $4) ORDER BY id DESC LIMIT $5`,
		[]any{org, string(f.State), f.Kind, f.Before, f.Limit}, func(scan func(...any) error) error {
			j, err := scanJob(scan)
			out = append(out, j)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("listing jobs: %w", err)
	}
	return out, nil
}

// Get gives a job of the organisation. That of another does not exist.
func (q *Queue) Get(ctx context.Context, org string, id int64) (Job, error) {
	var j Job
	err := q.e.query(ctx, selectJob+`WHERE org = $1 AND id = $2`, []any{org, id}, func(scan func(...any) error) (err error) {
		j, err = scanJob(scan)
		return err
	})
	if err != nil {
		return Job{}, fmt.Errorf("reading job %d: %w", id, err)
	}
	if j.ID == 0 {
		return Job{}, problem.Newf(problem.NotFound, "there is no job %d", id)
	}
	return j, nil
}

// Watch gives a job of the organisation now and whenever something about it
// has changed, until it has ended or ctx is done. It asks the database about
// twice a second, so it sees what any replica does. An error is the last that
// is given.
func (q *Queue) Watch(ctx context.Context, org string, id int64) iter.Seq2[Job, error] {
	return func(yield func(Job, error) bool) {
		var seen string
		for {
			j, err := q.Get(ctx, org, id)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				yield(Job{}, err)
				return
			}
			if now := fmt.Sprint(j.State, j.Attempt, j.Progress, j.Cancelling, j.Error); now != seen {
				seen = now
				if !yield(j, nil) {
					return
				}
			}
			if j.State.Ended() || sleep(ctx, min(q.tick, 500*time.Millisecond)) != nil {
				return
			}
		}
	}
}

func scanJob(scan func(...any) error) (Job, error) {
	var j Job
	var args, state string
	var due, created, started, ended, cancel int64
	err := scan(&j.ID, &j.Org, &j.Kind, &j.Caller, &j.Key, &j.Schedule, &args, &state, &j.Attempt, &j.Tries, &due, &created, &started, &ended,
		&j.Worker, &cancel, &j.Progress.Done, &j.Progress.Total, &j.Progress.Text, &j.Error, &j.Hint)
	j.Args, j.State = []byte(args), State(state)
	j.Due, j.Created, j.Started, j.Ended = moment(due), moment(created), moment(started), moment(ended)
	j.Cancelling = cancel == 1 && j.State == Running
	return j, err
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
