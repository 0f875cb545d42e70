// SPDX-License-Identifier: Apache-2.0

package job

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"demarc.dev/demarc/problem"
)

const (
	pgSchema = "demarc_job"

	// pgLock is the advisory lock of those who migrate.
	pgLock = 0x64656d6a6f62

	// pgConnections of a queue, one of which listens, unless the address says
	// pool_max_conns.
	pgConnections = 8
)

// pgWords are PostgreSQL's for the marks in the statements.
var pgWords = strings.NewReplacer("{s}", pgSchema+".", "{now}", "(extract(epoch FROM clock_timestamp()) * 1000)::bigint", "{skip}", "FOR UPDATE SKIP LOCKED")

type pgDB interface {
	Exec(context.Context, string, ...any) (pgconn.CommandTag, error)
	Query(context.Context, string, ...any) (pgx.Rows, error)
}

// pgSession is the database, or a transaction in it.
type pgSession struct {
	db     pgDB
	tx     pgx.Tx // nil outside a transaction
	client *river.Client[pgx.Tx]
}

type postgres struct {
	pgSession
	pool *pgxpool.Pool
}

func openPostgres(ctx context.Context, o Options, work func(context.Context)) (engine, error) {
	config, err := pgxpool.ParseConfig(o.Postgres)
	if err != nil { // its text may hold the password
		return nil, problem.New(problem.Usage, "the address of the PostgreSQL database cannot be understood", "postgres://user@host:5432/name").Wrap(err)
	}
	if !strings.Contains(o.Postgres, "pool_max_conns") {
		config.MaxConns = pgConnections
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	e := &postgres{pool: pool}
	e.db = pool
	if err := e.migrate(ctx, o); err != nil {
		pool.Close()
		return nil, problem.New(problem.Unavailable, "the database of the jobs does not answer, or does not let its tables be made", "see the log").Wrap(fmt.Errorf("migrating %s: %w", pgSchema, err))
	}
	if e.client, err = newClient(riverpgxv5.New(pool), pgSchema, o, work); err != nil {
		pool.Close()
		return nil, err
	}
	return e, nil
}

// migrate is done by one process at a time.
func (e *postgres) migrate(ctx context.Context, o Options) error {
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(pgLock)); err != nil {
		return err
	}
	defer func() {
		if _, err := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(pgLock)); err != nil {
			_ = conn.Conn().Close(context.WithoutCancel(ctx)) // a closed connection holds no lock
		}
	}()
	if _, err := conn.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS `+pgSchema); err != nil {
		return err
	}
	if err := migrateRiver(ctx, riverpgxv5.New(e.pool), pgSchema, o.Log); err != nil {
		return err
	}
	return e.within(ctx, func(s session) error { return migrate(ctx, s, "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY") })
}

func (s pgSession) exec(ctx context.Context, text string, args ...any) (int64, error) {
	tag, err := s.db.Exec(ctx, pgWords.Replace(text), args...)
	return tag.RowsAffected(), err
}

func (s pgSession) query(ctx context.Context, text string, args []any, row func(func(...any) error) error) error {
	rows, err := s.db.Query(ctx, pgWords.Replace(text), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	return each(rows, row)
}

func (s pgSession) wake(ctx context.Context, n int) error {
	if s.tx != nil {
		_, err := s.client.InsertManyTx(ctx, s.tx, wakeUps(n))
		return err
	}
	_, err := s.client.InsertMany(ctx, wakeUps(n))
	return err
}

func (e *postgres) within(ctx context.Context, fn func(session) error) error {
	return pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		return fn(pgSession{db: tx, tx: tx, client: e.client})
	})
}

func (e *postgres) start(ctx context.Context) error { return e.client.Start(ctx) }
func (e *postgres) stop(ctx context.Context) error  { return e.client.Stop(ctx) }
func (e *postgres) close()                          { e.pool.Close() }
