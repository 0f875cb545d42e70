// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"sync"
)

// sqlite is a database file: a pool of connections that read and one that
// writes.
type sqlite struct {
	s     *Store
	path  string
	pool  *sql.DB
	read  *statements
	db    *sql.DB   // nil when the store is open for reading only
	conn  *sql.Conn // of db, its one
	stmts *statements

	unchanged os.FileInfo // of a database that is read as a file that does not change; else nil
}

func (e *sqlite) connect(a access) (err error) {
	if e.pool, err = openDatabase(e.path, a); err != nil {
		return err
	}
	e.read = &statements{prepare: e.pool.PrepareContext}
	return nil
}

func (e *sqlite) disconnect() {
	e.read.close()
	e.pool.Close()
}

// connectWriter opens the one connection that writes.
func (e *sqlite) connectWriter(ctx context.Context) (err error) {
	if e.db, err = openDatabase(e.path, writing); err != nil {
		return err
	}
	if e.conn, err = e.db.Conn(ctx); err != nil {
		return err
	}
	e.stmts = &statements{prepare: e.conn.PrepareContext}
	return nil
}

func (e *sqlite) close() error {
	var errs []error
	if e.stmts != nil {
		e.stmts.close()
		errs = append(errs, e.conn.Close())
	}
	if e.db != nil {
		errs = append(errs, e.db.Close())
	}
	if e.pool != nil {
		e.read.close()
		errs = append(errs, e.pool.Close(), e.stillUnchanged())
	}
	return errors.Join(errs...)
}

func (e *sqlite) shared() bool { return false }

func (e *sqlite) row(ctx context.Context, org int64, q statement, args []any, into ...any) error {
	return e.read.row(ctx, org, q, args, into...)
}

func (e *sqlite) rows(ctx context.Context, org int64, q statement, args []any, scan func(row) error) error {
	return e.read.rows(ctx, org, q, args, scan)
}

func (e *sqlite) snapshot(ctx context.Context, _ int64) (queryer, func(), error) {
	tx, err := e.pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, nil, err
	}
	return e.read.within(tx), func() { _ = tx.Rollback() }, nil // an end that fails ends it too
}

func (e *sqlite) snapshotAll(ctx context.Context) (queryer, func(), error) {
	return e.snapshot(ctx, directory)
}

func (e *sqlite) begin(int64) (changer, error) {
	if err := e.exec(beginWrite); err != nil {
		return nil, err
	}
	return &sqliteChanger{e.stmts, e}, nil
}

// exec runs a statement on the connection that writes.
func (e *sqlite) exec(text string) error {
	_, err := e.stmts.exec(context.Background(), text)
	return err
}

func (e *sqlite) isDamage(err error) bool { return isDamage(err) }

// damage asks the database whether its own structure holds; it gives what
// does not.
func (e *sqlite) damage(ctx context.Context, db queryer) (found []string, err error) {
	err = db.rows(ctx, directory, `PRAGMA integrity_check(20)`, nil, func(r row) error {
		var line string
		if err := r.Scan(&line); err != nil {
			return err
		}
		if line != "ok" {
			found = append(found, line)
		}
		return nil
	})
	return found, err
}

// scrub removes erased bytes from the write-ahead log, where they would stand
// until it is written over. While somebody reads it cannot; the log is removed
// when the store is closed.
func (e *sqlite) scrub() bool {
	ctx := context.Background()
	if _, err := e.conn.ExecContext(ctx, waitBriefly); err != nil {
		return false
	}
	var busy, frames, moved int
	err := e.conn.QueryRowContext(ctx, foldAndTruncate).Scan(&busy, &frames, &moved)
	_, _ = e.conn.ExecContext(ctx, waitLong) // only a closed connection refuses it
	return err == nil && busy == 0
}

// sqliteChanger is the transaction under way on the connection that writes.
type sqliteChanger struct {
	*statements
	e *sqlite
}

func (c *sqliteChanger) exec(ctx context.Context, _ int64, q statement, args []any) error {
	_, err := c.statements.exec(ctx, string(q), args...)
	return err
}

func (c *sqliteChanger) change(ctx context.Context, _ int64, q statement, args []any) (int64, error) {
	result, err := c.statements.exec(ctx, string(q), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (c *sqliteChanger) create(ctx context.Context) (org int64, err error) {
	err = c.row(ctx, directory, orgNext, nil, &org)
	return org, err
}

func (c *sqliteChanger) length() (int64, bool) { return 0, false }

func (c *sqliteChanger) save() error    { return c.e.exec("SAVEPOINT change") }
func (c *sqliteChanger) release() error { return c.e.exec("RELEASE change") }
func (c *sqliteChanger) commit() error  { return c.e.exec("COMMIT") }

func (c *sqliteChanger) undo() error {
	if err := c.e.exec("ROLLBACK TO change"); err != nil {
		return err
	}
	return c.e.exec("RELEASE change")
}

func (c *sqliteChanger) rollback() {
	// SQLite may have rolled back by itself; that it is not in a transaction
	// is then all that this reports.
	_ = c.e.exec("ROLLBACK")
}

// flushRows are the numbers of rows that one INSERT takes, the largest first:
// one statement for many rows costs a third of many statements.
var flushRows = []struct {
	n          int
	leaf, body statement
}{
	{64, leafPut.rows(64), bodyPut.rows(64)},
	{8, leafPut.rows(8), bodyPut.rows(8)},
	{1, leafPut, bodyPut},
}

func (c *sqliteChanger) entries(ctx context.Context, org, at int64, some []pending) error {
	args := make([]any, 0, 64*7)
	for len(some) > 0 {
		for _, f := range flushRows {
			if len(some) < f.n {
				continue
			}
			if err := c.put(ctx, f.leaf, f.body, some[:f.n], org, at, args); err != nil {
				return err
			}
			some, at = some[f.n:], at+int64(f.n)
			break
		}
	}
	return nil
}

func (c *sqliteChanger) put(ctx context.Context, leaf, body statement, some []pending, org, index int64, args []any) error {
	args = append(args[:0], org)
	for i := range some {
		args = append(args, index+int64(i), some[i].leaf, some[i].hash[:])
	}
	if err := c.exec(ctx, org, leaf, args); err != nil {
		return err
	}
	args = append(args[:0], org)
	for i := range some {
		p := &some[i]
		args = append(args, index+int64(i), p.salt[:], p.ext, p.size, orNull(p.data, p.blob == nil), orNull(p.blob, p.blob != nil))
	}
	return c.exec(ctx, org, body, args)
}

// orNull gives b, never nil, or NULL.
func orNull(b []byte, given bool) any {
	switch {
	case !given:
		return nil
	case b == nil:
		return []byte{}
	}
	return b
}

// statements keeps the prepared statements of a connection or a pool. Safe
// for concurrent use.
type statements struct {
	prepare func(ctx context.Context, text string) (*sql.Stmt, error)

	mu    sync.Mutex
	ready map[string]*sql.Stmt
}

func (s *statements) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st, ok := s.ready[text]; ok {
		return st, nil
	}
	st, err := s.prepare(context.WithoutCancel(ctx), text)
	if err != nil {
		return nil, err
	}
	if s.ready == nil {
		s.ready = map[string]*sql.Stmt{}
	}
	s.ready[text] = st
	return st, nil
}

func (s *statements) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.ready {
		st.Close()
	}
	s.ready = nil
}

// within gives the pool's statements for use in one transaction.
func (s *statements) within(tx *sql.Tx) *statements {
	return &statements{prepare: func(ctx context.Context, text string) (*sql.Stmt, error) {
		st, err := s.prepared(ctx, text)
		if err != nil {
			return nil, err
		}
		return tx.StmtContext(ctx, st), nil
	}}
}

func (s *statements) exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	st, err := s.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, args...)
}

func (s *statements) row(ctx context.Context, _ int64, q statement, args []any, into ...any) error {
	st, err := s.prepared(ctx, string(q))
	if err != nil {
		return err
	}
	return st.QueryRowContext(ctx, args...).Scan(into...)
}

func (s *statements) rows(ctx context.Context, _ int64, q statement, args []any, scan func(row) error) error {
	st, err := s.prepared(ctx, string(q))
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
