// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"demarc.dev/demarc/problem"
)

// migrate brings the database to the newest schema in one transaction: when
// it fails, or the server does, the database stands as it was. The caller
// holds lockSchema.
func (e *postgres) migrate(ctx context.Context, migrations fs.FS) error {
	const what = "migrating the store"
	files, err := fs.Sub(migrations, postgresDir)
	if err != nil {
		return err
	}
	raw, err := stdlib.GetConnector(*e.config.ConnConfig).Connect(ctx)
	if err != nil {
		return e.s.fault(what, err)
	}
	defer raw.Close()
	conn, ok := raw.(*stdlib.Conn)
	if !ok {
		return errors.New("migrating the store: the driver gave another kind of connection")
	}
	if _, err := conn.ExecContext(ctx, "BEGIN", nil); err != nil {
		return e.s.fault(what, err)
	}
	db := sql.OpenDB(oneConn{savepoints{conn}})
	defer db.Close()
	db.SetMaxOpenConns(1)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return e.s.fault(what, err)
	}
	if _, err = provider.Up(ctx); err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT", nil)
	}
	if err == nil {
		return nil
	}
	// Of the server's own reports only those that the migration did not cause.
	if code := pgCode(err); code == "" || code == "42501" || strings.HasPrefix(code, "5") || strings.HasPrefix(code, "25") {
		if p := e.s.fault(what, err); problem.Of(p) != problem.Internal {
			return p
		}
	}
	return migrationFailed("the store in "+e.words(), err)
}

// oneConn gives the one connection whose transaction all migrations share.
type oneConn struct{ conn savepoints }

func (c oneConn) Connect(context.Context) (driver.Conn, error) { return c.conn, nil }
func (c oneConn) Driver() driver.Driver                        { return stdlib.GetDefaultDriver() }

// savepoints is a connection within a transaction: what begins on it is a
// savepoint, so that goose, which commits each migration, commits nothing.
type savepoints struct{ *stdlib.Conn }

func (s savepoints) Close() error { return nil } // migrate closes it

func (s savepoints) Begin() (driver.Tx, error) {
	return s.BeginTx(context.Background(), driver.TxOptions{})
}

func (s savepoints) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	_, err := s.ExecContext(ctx, "SAVEPOINT migration", nil)
	return s, err
}

func (s savepoints) Commit() error { return s.end("RELEASE migration") }

func (s savepoints) Rollback() error { return s.end("ROLLBACK TO migration") }

func (s savepoints) end(text string) error {
	_, err := s.ExecContext(context.Background(), text, nil)
	return err
}
