// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"
	sqlitedriver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"demarc.dev/demarc/problem"
)

// All that is SQLite's stands in sqlite*.go and in migration/sqlite.

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
	still // as readOnly, of a file that nobody can change and beside which nothing can be written
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
	case still:
		q.Set("mode", "ro")
		q.Set("immutable", "1")
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

// isNoTable tells of a statement on a table that does not exist.
func isNoTable(err error) bool { return err != nil && strings.Contains(err.Error(), "no such table") }

// trouble sorts what the database reports of what stands in its way.
type trouble int

const (
	noTrouble  trouble = iota
	full               // of the disk
	busy               // with another process
	notAllowed         // to open or to change a file, or a file beside it
	diskFault
)

// troubleOf sorts an error of the database; noTrouble when it is none of those.
func troubleOf(err error) trouble {
	e := (*sqlitedriver.Error)(nil)
	if !errors.As(err, &e) {
		return noTrouble
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return full
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return busy
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		return notAllowed
	case sqlite3.SQLITE_IOERR:
		return diskFault
	}
	return noTrouble
}

// isDamage tells of a file whose structure does not hold.
func isDamage(err error) bool {
	var e *sqlitedriver.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_CORRUPT || e.Code()&0xff == sqlite3.SQLITE_NOTADB)
}

// explain makes a problem of what SQLite reports.
func (e *sqlite) explain(doing string, err error) error {
	if isDamage(err) {
		return problem.Newf(problem.Integrity, "%s: the database %s is damaged", doing, e.path).Wrap(err).
			WithHint("keep a copy of %s as it is for analysis; demarc evidence check tells what does not hold; then put back the last backup", e.s.dir)
	}
	if met := troubleOf(err); met != noTrouble {
		return e.s.explain(doing, diskTrouble(err, met), err)
	}
	return nil
}
