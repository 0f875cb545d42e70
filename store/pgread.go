// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// setOrg tells row-level security which organisation the transaction is of.
	setOrg       = `SELECT set_config('app.org', $1, true)`
	setDirectory = `SELECT set_config('app.directory', 'on', true)`

	beginSnapshot = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
)

// name queues the statement that names the organisation to the server.
func name(b *pgx.Batch, org int64) {
	if org == directory {
		b.Queue(setDirectory)
		return
	}
	b.Queue(setOrg, strconv.FormatInt(org, 10))
}

func (e *postgres) row(ctx context.Context, org int64, q statement, args []any, into ...any) error {
	return firstRow(func(scan func(row) error) error { return e.rows(ctx, org, q, args, scan) }, into)
}

// errEnough ends a list of rows after the first.
var errEnough = errors.New("enough rows")

// firstRow reads the first row that list gives.
func firstRow(list func(scan func(row) error) error, into []any) error {
	found := false
	err := list(func(r row) error {
		found = true
		if err := r.Scan(into...); err != nil {
			return err
		}
		return errEnough
	})
	switch {
	case err == nil && !found:
		return sql.ErrNoRows
	case errors.Is(err, errEnough):
		return nil
	}
	return err
}

// rows names the organisation and reads, in one exchange with the server and
// one transaction. As long as no row was given it may be done again on another
// connection, when the server was restarted.
func (e *postgres) rows(ctx context.Context, org int64, q statement, args []any, scan func(row) error) error {
	if !isSayable(args) {
		return nil
	}
	end := time.Now().Add(reconnectMost)
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		given := false
		err := e.rowsOnce(ctx, org, q, args, func(r row) error { given = true; return scan(r) })
		if err == nil || given || !isLost(err) || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

func (e *postgres) rowsOnce(ctx context.Context, org int64, q statement, args []any, scan func(row) error) error {
	return e.readBound(ctx, org, q, args, scan)
}

// namedRows names the organisation and reads, in one exchange.
func namedRows(send func(context.Context, *pgx.Batch) pgx.BatchResults, ctx context.Context, org int64, q statement, args []any, scan func(row) error) error {
	b := &pgx.Batch{}
	name(b, org)
	b.Queue(string(q), args...)
	answers := send(ctx, b)
	defer answers.Close()
	return lastRows(answers, scan)
}

func each(rows pgx.Rows, scan func(row) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	rows.Close()
	return rows.Err()
}

// snapshot gives one state on a connection of its own.
func (e *postgres) snapshot(ctx context.Context, org int64) (queryer, func(), error) {
	end := time.Now().Add(reconnectMost)
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		q, done, err := e.snapshotOnce(ctx, org)
		if err == nil || !isLost(err) || time.Now().After(end) {
			return q, done, err
		}
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}

func (e *postgres) snapshotOnce(ctx context.Context, org int64) (queryer, func(), error) {
	conn, err := e.acquire(ctx)
	if err != nil {
		return nil, nil, err
	}
	b := &pgx.Batch{}
	b.Queue(beginSnapshot)
	name(b, org)
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		leave(conn)
		return nil, nil, err
	}
	return pgSnapshot{conn}, sync.OnceFunc(func() { leave(conn) }), nil
}

// snapshotAll gives one state of all organisations; each statement names its own.
func (e *postgres) snapshotAll(ctx context.Context) (queryer, func(), error) {
	q, end, err := e.snapshot(ctx, directory)
	if err != nil {
		return nil, nil, err
	}
	return pgWhole{q.(pgSnapshot)}, end, nil
}

// pgWhole reads within a transaction that names an organisation with each
// statement.
type pgWhole struct{ pgSnapshot }

func (s pgWhole) row(ctx context.Context, org int64, q statement, args []any, into ...any) error {
	return firstRow(func(scan func(row) error) error { return s.rows(ctx, org, q, args, scan) }, into)
}

func (s pgWhole) rows(ctx context.Context, org int64, q statement, args []any, scan func(row) error) error {
	if !isSayable(args) {
		return nil
	}
	return namedRows(s.conn.SendBatch, ctx, org, q, args, scan)
}

// leave ends the transaction of a connection and gives it back; one that
// cannot end it is closed.
func leave(conn *pgxpool.Conn) {
	if !conn.Conn().IsClosed() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, _ = conn.Exec(ctx, "ROLLBACK") // the pool closes what is still within one
	}
	conn.Release()
}

// pgSnapshot reads within a transaction that has named its organisation.
type pgSnapshot struct{ conn *pgxpool.Conn }

func (s pgSnapshot) row(ctx context.Context, org int64, q statement, args []any, into ...any) error {
	return firstRow(func(scan func(row) error) error { return s.rows(ctx, org, q, args, scan) }, into)
}

func (s pgSnapshot) rows(ctx context.Context, _ int64, q statement, args []any, scan func(row) error) error {
	if !isSayable(args) {
		return nil
	}
	rows, err := s.conn.Query(ctx, string(q), args...)
	if err != nil {
		return err
	}
	return each(rows, scan)
}

// isSayable tells whether PostgreSQL can hold all texts among the values; when
// it cannot, no row has them.
func isSayable(args []any) bool {
	for _, a := range args {
		if s, ok := a.(string); ok && (!utf8.ValidString(s) || strings.Contains(s, "\x00")) {
			return false
		}
	}
	return true
}
