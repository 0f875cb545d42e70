// SPDX-License-Identifier: Apache-2.0

package job

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
)

// session speaks to the database. In its SQL, {s} stands for the schema, {now}
// for the database's clock in milliseconds since 1970, {skip} for "leave what
// another holds".
type session interface {
	exec(ctx context.Context, sql string, args ...any) (rows int64, err error)
	query(ctx context.Context, sql string, args []any, row func(scan func(...any) error) error) error
	wake(ctx context.Context, n int) error // tells n free workers that there is work
}

// engine is a database with its wake-ups.
type engine interface {
	session
	within(ctx context.Context, fn func(session) error) error // one transaction
	start(ctx context.Context) error
	stop(ctx context.Context) error // waits for the workers; may be called again
	close()
}

// wakeUp is all that River is told.
type wakeUp struct{}

func (wakeUp) Kind() string { return "wake" }

type waker struct {
	river.WorkerDefaults[wakeUp]
	work func(context.Context)
}

func (w *waker) Work(ctx context.Context, _ *river.Job[wakeUp]) error {
	w.work(ctx)
	return nil
}

// longestRound is how long one wake-up may serve. A worker that ends its round
// while work waits is woken again, and River takes a round that was killed for
// dead after twice that.
const longestRound = time.Hour

func newClient[T any](driver riverdriver.Driver[T], schema string, o Options, work func(context.Context)) (*river.Client[T], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &waker{work: work})
	return river.NewClient(driver, &river.Config{
		Schema:                      schema,
		Workers:                     workers,
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: o.Workers}},
		FetchCooldown:               5 * time.Millisecond, // the default bounds the throughput, see docs/decision
		FetchPollInterval:           500 * time.Millisecond,
		JobTimeout:                  longestRound,
		JobStuckThreshold:           24 * time.Hour, // a long job is no fault
		RescueStuckJobsAfter:        2 * longestRound,
		CompletedJobRetentionPeriod: time.Minute,
		CancelledJobRetentionPeriod: time.Minute,
		DiscardedJobRetentionPeriod: time.Minute,
		MaxAttempts:                 1,
		Logger:                      slog.New(quiet{o.Log.Handler()}).With("room", "job"),
	})
}

func migrateRiver[T any](ctx context.Context, driver riverdriver.Driver[T], schema string, log *slog.Logger) error {
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Schema: schema, Logger: slog.New(quiet{log.Handler()})})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// quiet lets only warnings and errors of the engine through.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}

func (q quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(a)} }

func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }

func wakeUps(n int) []river.InsertManyParams {
	out := make([]river.InsertManyParams, n)
	for i := range out {
		out[i].Args = wakeUp{}
	}
	return out
}

// schema is the tables of the room, in the words that both databases know; a
// later change is a further group of statements.
var schema = [][]string{{
	`CREATE TABLE {s}job (
		id {serial}, org TEXT NOT NULL, kind TEXT NOT NULL, caller TEXT NOT NULL, key TEXT NOT NULL, schedule TEXT NOT NULL,
		args TEXT NOT NULL, state TEXT NOT NULL, attempt BIGINT NOT NULL, tries BIGINT NOT NULL, timeout BIGINT NOT NULL,
		due BIGINT NOT NULL, run_at BIGINT NOT NULL, created BIGINT NOT NULL, started BIGINT NOT NULL, ended BIGINT NOT NULL,
		worker TEXT NOT NULL, token BIGINT NOT NULL, lease BIGINT NOT NULL, cancel BIGINT NOT NULL,
		done BIGINT NOT NULL, total BIGINT NOT NULL, word TEXT NOT NULL, fault TEXT NOT NULL, hint TEXT NOT NULL)`,
	`CREATE UNIQUE INDEX job_key ON {s}job (org, key) WHERE key <> '' AND state IN ('waiting', 'running')`,
	`CREATE INDEX job_waiting ON {s}job (org, run_at, id) WHERE state = 'waiting'`,
	`CREATE INDEX job_running ON {s}job (org) WHERE state = 'running'`,
	`CREATE INDEX job_served ON {s}job (org, started)`,
	`CREATE INDEX job_list ON {s}job (org, id)`,
	`CREATE INDEX job_ended ON {s}job (ended) WHERE ended > 0`,
	`CREATE TABLE {s}schedule (org TEXT NOT NULL, id TEXT NOT NULL, cron TEXT NOT NULL, fired BIGINT NOT NULL, seen BIGINT NOT NULL, PRIMARY KEY (org, id))`,
}}

// migrate brings the room's tables up to this program.
func migrate(ctx context.Context, s session, serial string) error {
	if _, err := s.exec(ctx, `CREATE TABLE IF NOT EXISTS {s}version (n BIGINT NOT NULL)`); err != nil {
		return err
	}
	var have int
	if err := s.query(ctx, `SELECT count(*) FROM {s}version`, nil, func(scan func(...any) error) error { return scan(&have) }); err != nil {
		return err
	}
	for n := have; n < len(schema); n++ {
		for _, statement := range schema[n] {
			if _, err := s.exec(ctx, strings.ReplaceAll(statement, "{serial}", serial)); err != nil {
				return err
			}
		}
		if _, err := s.exec(ctx, `INSERT INTO {s}version (n) VALUES ($1)`, n+1); err != nil {
			return err
		}
	}
	return nil
}

// rows is what both drivers give.
type rows interface {
	Next() bool
	Scan(...any) error
	Err() error
}

// each hands every row to row.
func each(r rows, row func(func(...any) error) error) error {
	for r.Next() {
		if err := row(r.Scan); err != nil {
			return err
		}
	}
	return r.Err()
}
