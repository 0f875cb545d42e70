// SPDX-License-Identifier: Apache-2.0

package job

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	_ "modernc.org/sqlite" // the driver named below
)

// sqliteWords are SQLite's for the marks in the statements.
var sqliteWords = strings.NewReplacer("{s}", "", "{now}", "CAST(unixepoch('subsec') * 1000 AS INTEGER)", "{skip}", "")

type sqliteDB interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

// sqliteSession is the database, or a transaction in it.
type sqliteSession struct {
	db     sqliteDB
	tx     *sql.Tx // nil outside a transaction
	client *river.Client[*sql.Tx]
}

// sqlite is the file jobs.db. One connection is open, for River asks for that;
// other processes may have the file open too.
type sqlite struct {
	sqliteSession
	pool *sql.DB
}

func openSQLite(ctx context.Context, o Options, work func(context.Context)) (engine, error) {
	path, err := filepath.Abs(filepath.Join(o.Dir, "jobs.db"))
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	address := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "journal_size_limit(16777216)"},
	}.Encode()}
	pool, err := sql.Open("sqlite", address.String())
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	e := &sqlite{pool: pool}
	e.db = pool
	if err := e.migrate(ctx, o); err != nil {
		pool.Close()
		return nil, fmt.Errorf("migrating %s: %w", path, err)
	}
	if e.client, err = newClient(riversqlite.New(pool), "", o, work); err != nil {
		pool.Close()
		return nil, err
	}
	return e, nil
}

// migrate tries again where another process migrates the same file: River's
// steps are transactions each, so the one that comes second finds them done.
func (e *sqlite) migrate(ctx context.Context, o Options) error {
	var err error
	for range 5 {
		if err = migrateRiver(ctx, riversqlite.New(e.pool), "", o.Log); err == nil {
			return e.within(ctx, func(s session) error { return migrate(ctx, s, "INTEGER PRIMARY KEY AUTOINCREMENT") })
		}
		if sleep(ctx, 200*time.Millisecond) != nil {
			break
		}
	}
	return err
}

func (s sqliteSession) exec(ctx context.Context, text string, args ...any) (int64, error) {
	res, err := s.db.ExecContext(ctx, sqliteWords.Replace(text), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (s sqliteSession) query(ctx context.Context, text string, args []any, row func(func(...any) error) error) error {
	rows, err := s.db.QueryContext(ctx, sqliteWords.Replace(text), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	return each(rows, row)
}

func (s sqliteSession) wake(ctx context.Context, n int) error {
	if s.tx != nil {
		_, err := s.client.InsertManyTx(ctx, s.tx, wakeUps(n))
		return err
	}
	_, err := s.client.InsertMany(ctx, wakeUps(n))
	return err
}

func (e *sqlite) within(ctx context.Context, fn func(session) error) error {
	tx, err := e.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do
	if err := fn(sqliteSession{db: tx, tx: tx, client: e.client}); err != nil {
		return err
	}
	return tx.Commit()
}

func (e *sqlite) start(ctx context.Context) error { return e.client.Start(ctx) }
func (e *sqlite) stop(ctx context.Context) error  { return e.client.Stop(ctx) }
func (e *sqlite) close()                          { e.pool.Close() }
