// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A connection that reads stays bound to the organisation that it read for
// last, so that the next read for the same one need not name it again: that
// took half the time of reading a record. Whoever takes a connection without
// saying that he will name one gets it unbound.

const (
	bindOrg   = `SELECT set_config('app.org', $1, false)`
	unbindOrg = `SELECT set_config('app.org', '', false)`

	boundTo = "demarc.org" // in the custom data of a connection
)

// namesOrg marks the context of one who names the organisation himself.
type namesOrg struct{}

// prepareConn unbinds a connection for one who does not.
func prepareConn(ctx context.Context, conn *pgx.Conn) (bool, error) {
	if ctx.Value(namesOrg{}) != nil || conn.PgConn().CustomData()[boundTo] == nil {
		return true, nil
	}
	delete(conn.PgConn().CustomData(), boundTo)
	_, err := conn.Exec(ctx, unbindOrg)
	return err == nil, nil // one that cannot be unbound is closed
}

// acquire takes a connection to read; the caller names the organisation.
func (e *postgres) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	return e.read.Acquire(context.WithValue(ctx, namesOrg{}, true))
}

// findPooler asks whether somebody stands between us and the server, who may
// give our next transaction to another session: then nothing is bound.
func (e *postgres) findPooler(ctx context.Context) error {
	conn, err := e.read.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var pid uint32
	err = conn.QueryRow(ctx, `SELECT pg_backend_pid()`).Scan(&pid)
	e.pooled = pid != conn.Conn().PgConn().PID()
	return err
}

// readBound reads for an organisation, in one exchange, and binds the
// connection to it when it is not bound yet.
func (e *postgres) readBound(ctx context.Context, org int64, q statement, args []any, scan func(row) error) error {
	conn, err := e.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if org == directory || e.pooled {
		return namedRows(conn.SendBatch, ctx, org, q, args, scan)
	}
	data := conn.Conn().PgConn().CustomData()
	if data[boundTo] == org {
		rows, err := conn.Query(ctx, string(q), args...)
		if err != nil {
			return err
		}
		return each(rows, scan)
	}
	// Until all has gone well nobody knows what it is bound to: an error takes
	// the setting back with the transaction.
	data[boundTo] = int64(directory)
	b := &pgx.Batch{}
	b.Queue(bindOrg, strconv.FormatInt(org, 10))
	b.Queue(string(q), args...)
	answers := conn.SendBatch(ctx, b)
	err = lastRows(answers, scan)
	if cerr := answers.Close(); cerr == nil {
		data[boundTo] = org
	} else if err == nil {
		err = cerr
	}
	return err
}

// lastRows passes over the answer of the first statement and reads the rows of
// the second.
func lastRows(answers pgx.BatchResults, scan func(row) error) error {
	if _, err := answers.Exec(); err != nil {
		return err
	}
	rows, err := answers.Query()
	if err != nil {
		return err
	}
	return each(rows, scan)
}
