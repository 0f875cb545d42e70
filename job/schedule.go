// SPDX-License-Identifier: Apache-2.0

package job

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Schedule orders a job for each of its periods. A period that begins while
// nobody works is made up for once, however many were missed; one that begins
// while the job of an earlier one still waits is left out, for that job will
// see what this one would.
type Schedule struct {
	Org, ID string // ID is unique in the organisation
	Kind    string
	Cron    string // five fields, or @hourly and the like; see ParseCron
	Caller  string
	Args    json.RawMessage
	Tries   int
	Timeout time.Duration
}

// slot names a schedule.
type slot struct{ org, id string }

// planned is a schedule and when it last fired.
type planned struct {
	Schedule
	fired time.Time
}

const (
	seenAgain  = 10 * time.Minute // how often a schedule is marked as still there
	forgetting = time.Hour        // how long one that is gone is remembered
)

// readSchedules learns which schedules there are. One that is new, or whose
// cron has changed, counts from now.
func (q *Queue) readSchedules(ctx context.Context) error {
	if q.o.Schedules == nil {
		return nil
	}
	list, err := q.o.Schedules(ctx)
	if err != nil {
		return fmt.Errorf("asking for the schedules: %w", err)
	}
	type row struct {
		cron       string
		fired, age int64
	}
	rows := map[slot]row{}
	err = q.e.query(ctx, `SELECT org, id, cron, fired, {now} - seen FROM {s}schedule`, nil, func(scan func(...any) error) error {
		var k slot
		var r row
		err := scan(&k.org, &k.id, &r.cron, &r.fired, &r.age)
		rows[k] = r
		return err
	})
	if err != nil {
		return err
	}
	plan := map[slot]*planned{}
	for _, s := range list {
		k := slot{s.Org, s.ID}
		if !q.usable(k, s) {
			continue
		}
		r, known := rows[k]
		if !known || r.cron != s.Cron {
			r = row{s.Cron, q.o.Now().UnixMilli(), 0}
			// Of several replicas the first says when it begins; the others
			// learn it the next time.
			_, err = q.e.exec(ctx, `INSERT INTO {s}schedule AS old (org, id, cron, fired, seen) VALUES ($1, $2, $3, $4, {now})
				ON CONFLICT (org, id) DO UPDATE SET cron = excluded.cron, fired = excluded.fired WHERE old.cron <> excluded.cron`, s.Org, s.ID, s.Cron, r.fired)
		} else if r.age > seenAgain.Milliseconds() {
			_, err = q.e.exec(ctx, `UPDATE {s}schedule SET seen = {now} WHERE org = $1 AND id = $2`, s.Org, s.ID)
		}
		if err != nil {
			return err
		}
		plan[k] = &planned{s, moment(r.fired)}
	}
	q.mu.Lock()
	q.plan = plan
	q.mu.Unlock()
	_, err = q.e.exec(ctx, `DELETE FROM {s}schedule WHERE seen < {now} - CAST($1 AS BIGINT)`, forgetting.Milliseconds())
	return err
}

// usable leaves out a schedule that cannot be followed, and says so once.
func (q *Queue) usable(k slot, s Schedule) bool {
	err := ParseCron(s.Cron)
	if err == nil {
		err = q.check(&Order{Kind: s.Kind, Org: s.Org, Caller: s.Caller, Key: s.ID, Args: s.Args, Tries: s.Tries, Timeout: s.Timeout})
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if err == nil {
		delete(q.warned, k)
		return true
	}
	if q.warned[k] != err.Error() {
		q.warned[k] = err.Error()
		q.log.Warn("a schedule cannot be followed", "org", k.org, "schedule", k.id, "error", err)
	}
	return false
}

// fire orders what has come due.
func (q *Queue) fire(ctx context.Context) error {
	q.mu.Lock()
	plan := q.plan
	q.mu.Unlock()
	now := q.o.Now()
	for _, p := range plan { // only the heart touches what is in it
		period, err := latest(p.Cron, p.fired, now)
		if err != nil {
			return err
		}
		if period.IsZero() {
			continue
		}
		if err := q.fireOne(ctx, p.Schedule, period); err != nil {
			return fmt.Errorf("schedule %s: %w", p.ID, err)
		}
		p.fired = period
	}
	return nil
}

// fireOne orders the job of one period, unless a replica has done so: the row
// of the schedule moves on once.
func (q *Queue) fireOne(ctx context.Context, s Schedule, period time.Time) error {
	o := Order{Kind: s.Kind, Org: s.Org, Caller: s.Caller, Args: s.Args, Tries: s.Tries, Timeout: s.Timeout,
		Key: "schedule " + s.ID + " " + period.UTC().Format(time.RFC3339)}
	if err := q.check(&o); err != nil {
		return err
	}
	return q.e.within(ctx, func(tx session) error {
		moved, err := tx.exec(ctx, `UPDATE {s}schedule SET fired = $4 WHERE org = $1 AND id = $2 AND cron = $3 AND fired < $4`, s.Org, s.ID, s.Cron, period.UnixMilli())
		if err != nil || moved == 0 {
			return err
		}
		var waits int
		err = tx.query(ctx, `SELECT count(*) FROM {s}job WHERE org = $1 AND schedule = $2 AND state = 'waiting'`, []any{s.Org, s.ID}, func(scan func(...any) error) error { return scan(&waits) })
		if err != nil || waits > 0 {
			return err
		}
		_, _, err = enqueue(ctx, tx, o, s.ID, period.UnixMilli())
		return err
	})
}
