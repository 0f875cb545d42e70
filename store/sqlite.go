// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"demarc.dev/demarc/problem"
)

// All that is SQLite's stands in this file and in migration/sqlite.

//go:embed migration/sqlite/*.sql
var sqliteMigrations embed.FS

const (
	gooseDialect = goose.DialectSQLite3
	migrationDir = "migration/sqlite"

	// beginWrite takes the write lock at once, so that a transaction never
	// has to give up half way.
	beginWrite = `BEGIN IMMEDIATE`

	// foldAndTruncate brings the write-ahead log into the file and empties it.
	foldAndTruncate = `PRAGMA wal_checkpoint(TRUNCATE)`
	waitBriefly     = `PRAGMA busy_timeout = 50`
	waitLong        = `PRAGMA busy_timeout = 5000`

	// readers is the size of the pool that reads.
	readers = 4
)

// access is how a database file is opened.
type access int

const (
	writing access = iota // the one connection that writes; a commit is durable
	readOnly
	copying
	building // a file that nobody else sees, while it is migrated
)

// openDatabase prepares to open the file; it does not touch it yet.
func openDatabase(path string, a access) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") {
		abs = "/" + abs
	}
	q := url.Values{"_busy_timeout": {"5000"}, "_dqs": {"0"}, "_defensive": {"1"}, "_error_rc": {"1"}}
	pragmas := []string{"cache_size(-16000)"}
	connections := 1
	switch a {
	case writing:
		q.Set("mode", "rw")
		q.Set("_journal_mode", "WAL")
		q.Set("_synchronous", "FULL")
		// Deleted bytes are overwritten: an erased body must not be found in the file.
		pragmas = append(pragmas, "secure_delete(1)", "wal_autocheckpoint(4000)", "journal_size_limit(67108864)")
	case readOnly:
		q.Set("mode", "rw") // a reader of the write-ahead log needs its index file
		q.Set("_query_only", "1")
		connections = readers
	case copying: // query_only would refuse VACUUM INTO, which changes nothing here
		q.Set("mode", "rw")
	case building:
		q.Set("mode", "rwc")
		q.Set("_synchronous", "FULL")
		pragmas = append(pragmas, "secure_delete(1)")
	}
	q["_pragma"] = pragmas
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// rows gives an INSERT of one row as one of n rows: VALUES (?1, ?, ?), (?1, ?,
// ?). The organisation is bound once; the rest has no names, for SQLite looks
// a name up in a list, which costs the square of the rows.
func (s statement) rows(n int) statement {
	head, row, _ := strings.Cut(string(s), " VALUES ")
	fields := strings.Split(strings.Trim(row, "()"), ", ")
	for i, f := range fields {
		switch {
		case i == 0:
			fields[i] = "?1"
		case strings.HasPrefix(f, "$"):
			fields[i] = "?"
		}
	}
	row = "(" + strings.Join(fields, ", ") + ")"
	return statement(head + " VALUES " + strings.Repeat(row+", ", n-1) + row)
}

// copyDatabase writes a consistent copy of a database to a new file.
func copyDatabase(ctx context.Context, from, to string) error {
	db, err := openDatabase(from, copying)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, `VACUUM INTO $1`, to)
	return err
}

// foldLog brings all that is in the write-ahead log into the file itself and
// removes the log, so that the file can be replaced. It fails while another
// process has the database open.
func foldLog(ctx context.Context, path string) error {
	db, err := openDatabase(path, writing)
	if err != nil {
		return err
	}
	defer db.Close()
	var mode string
	if err := db.QueryRowContext(ctx, `PRAGMA journal_mode = DELETE`).Scan(&mode); err != nil {
		return err
	}
	if mode != "delete" {
		return fmt.Errorf("the write-ahead log stays in use: journal mode is %s", mode)
	}
	return nil
}

// damage asks the database whether its own structure holds; it gives what
// does not.
func damage(ctx context.Context, db queryer) (found []string, err error) {
	st, err := db.prepared(ctx, `PRAGMA integrity_check(20)`)
	if err != nil {
		return nil, err
	}
	rows, err := st.QueryContext(ctx)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return found, err
		}
		if line != "ok" {
			found = append(found, line)
		}
	}
	return found, rows.Err()
}

// isNoTable tells of a statement on a table that does not exist.
func isNoTable(err error) bool { return err != nil && strings.Contains(err.Error(), "no such table") }

// isDamage tells of a file whose structure does not hold.
func isDamage(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_CORRUPT || e.Code()&0xff == sqlite3.SQLITE_NOTADB)
}

// fault turns what the database or the disk reports into a problem; what is
// one already, or is no such report, is given back unchanged.
func (s *Store) fault(doing string, err error) error {
	var p *problem.Problem
	if err == nil || errors.As(err, &p) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	file := filepath.Join(s.dir, databaseName)
	code := -1
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		code = e.Code() & 0xff
	}
	full := code == sqlite3.SQLITE_FULL || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EFBIG) || errors.Is(err, syscall.EDQUOT)
	switch {
	case full:
		return problem.Newf(problem.Unavailable, "%s: no space left on the disk of %s; nothing was changed", doing, s.dir).Wrap(err).
			WithHint("free space there, then do it again")
	case isDamage(err):
		return problem.Newf(problem.Integrity, "%s: the database %s is damaged", doing, file).Wrap(err).
			WithHint("keep a copy of %s as it is for analysis, then put back the last backup", s.dir)
	case code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED:
		return problem.Newf(problem.Unavailable, "%s: %s is in use by another process", doing, file).Wrap(err).
			WithHint("wait until the other process has ended, then do it again")
	case code == sqlite3.SQLITE_READONLY || code == sqlite3.SQLITE_PERM || code == sqlite3.SQLITE_CANTOPEN ||
		errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.EROFS):
		return problem.Newf(problem.Unavailable, "%s: no permission to open or to change files in %s", doing, s.dir).Wrap(err).
			WithHint("check the owner and the mode of %s and of the files in it", s.dir)
	case code == sqlite3.SQLITE_IOERR || errors.Is(err, syscall.EIO):
		return problem.Newf(problem.Unavailable, "%s: the disk of %s reports an error; nothing was acknowledged", doing, s.dir).Wrap(err).
			WithHint("check the disk and its free space, then do it again")
	}
	return fmt.Errorf("%s: %w", doing, err)
}
