// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"demarc.dev/demarc/problem"
)

const (
	// Nobody waits longer for the lock of a log, and a process that holds one
	// and falls silent loses it. A server may be set to acknowledge before a
	// commit is durable: not to us.
	setBounds = `SELECT set_config('lock_timeout', '20s', true), set_config('idle_in_transaction_session_timeout', '60s', true),
		set_config('synchronous_commit', coalesce(NULLIF(current_setting('synchronous_commit'), 'off'), 'on'), true)`

	lockHead statement = `SELECT size FROM head WHERE org = $1 FOR UPDATE`

	leafPutAll statement = `INSERT INTO leaf (org, entry, data, hash)
		SELECT $1::bigint, e, d, h FROM unnest($2::bigint[], $3::bytea[], $4::bytea[]) AS u (e, d, h)`
	bodyPutAll statement = `INSERT INTO body (org, entry, salt, key_id, ext, size, data, blob)
		SELECT $1::bigint, e, s, '', x, n, d, b
		FROM unnest($2::bigint[], $3::bytea[], $4::text[], $5::bigint[], $6::bytea[], $7::bytea[]) AS u (e, s, x, n, d, b)`

	// waitMost and heavyMost are how many statements, and bytes of bodies, wait
	// to be sent together.
	waitMost  = 512
	heavyMost = 8 << 20
)

// pgChanger is a transaction that holds the lock of one log. What only writes
// waits and is sent with the next statement that reads, or with the commit.
type pgChanger struct {
	e    *postgres
	conn *pgxpool.Conn
	org  int64 // directory: one that makes an organisation
	size int64
	wait *pgx.Batch

	heavy int // bytes of the bodies in wait
}

// begin waits for a server that restarts: nothing was done yet that would be
// done twice.
func (e *postgres) begin(org int64) (changer, error) {
	end := time.Now().Add(reconnectMost)
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		c, err := e.beginOnce(org)
		if err == nil {
			return c, nil
		}
		if !isLost(err) && !isCollision(err) || time.Now().After(end) {
			return nil, err
		}
		time.Sleep(wait)
	}
}

func (e *postgres) beginOnce(org int64) (*pgChanger, error) {
	ctx, cancel := context.WithTimeout(context.Background(), answerMost)
	defer cancel()
	conn, err := e.writing.Acquire(ctx)
	if err != nil {
		return nil, silent(ctx, err)
	}
	c := &pgChanger{e: e, conn: conn, org: org, wait: &pgx.Batch{}}
	c.wait.Queue("BEGIN")
	c.wait.Queue(setBounds)
	name(c.wait, org)
	if org == directory {
		c.wait.Queue(`SELECT pg_advisory_xact_lock($1)`, int64(lockCreation))
		err = c.send(nil)
	} else {
		c.wait.Queue(string(lockHead), org)
		var rows int64
		if rows, err = c.sendLast(func(row) error { return nil }); err == nil && rows == 0 {
			err = problem.New(problem.Integrity, "the row of a log's signed head is missing in "+e.words(),
				"verify the log to see all that does not hold, then put back the newest backup; leave keys/ as it is")
		}
		if err == nil { // a statement of its own: it sees what was committed before the lock was ours
			c.size, err = logSize(ctx, scoped{org: org, db: c})
		}
	}
	if err != nil {
		c.rollback()
		return nil, err
	}
	return c, nil
}

// send sends what waits; scan, if any, reads the rows of the last statement.
func (c *pgChanger) send(scan func(row) error) error {
	_, err := c.sendLast(scan)
	return err
}

// sendLast also gives the number of rows that the last statement gave or
// changed.
func (c *pgChanger) sendLast(scan func(row) error) (rows int64, err error) {
	n := c.wait.Len()
	if n == 0 {
		return 0, nil
	}
	b := c.wait
	c.wait, c.heavy = &pgx.Batch{}, 0
	ctx, cancel := context.WithTimeout(context.Background(), answerMost)
	defer cancel()
	answers := c.conn.SendBatch(ctx, b)
	for range n - 1 {
		if _, err := answers.Exec(); err != nil {
			_ = answers.Close() // tells the same
			return 0, undone(silent(ctx, err))
		}
	}
	if scan == nil {
		tag, err := answers.Exec()
		if err == nil {
			err = answers.Close()
		} else {
			_ = answers.Close() // tells the same
		}
		return tag.RowsAffected(), undone(silent(ctx, err))
	}
	list, err := answers.Query()
	if err == nil {
		err = each(list, func(r row) error { rows++; return scan(r) })
	}
	if cerr := answers.Close(); err == nil {
		err = cerr
	}
	return rows, undone(silent(ctx, err))
}

func (c *pgChanger) row(ctx context.Context, org int64, q statement, args []any, into ...any) error {
	return firstRow(func(scan func(row) error) error { return c.rows(ctx, org, q, args, scan) }, into)
}

func (c *pgChanger) rows(_ context.Context, _ int64, q statement, args []any, scan func(row) error) error {
	if !isSayable(args) {
		return nil
	}
	c.wait.Queue(string(q), args...)
	return c.send(scan)
}

func (c *pgChanger) exec(_ context.Context, _ int64, q statement, args []any) error {
	for _, a := range args {
		if b, ok := a.([]byte); ok {
			c.heavy += len(b)
		}
	}
	c.wait.Queue(string(q), args...)
	if c.wait.Len() < waitMost && c.heavy < heavyMost {
		return nil
	}
	return c.send(nil)
}

func (c *pgChanger) change(_ context.Context, _ int64, q statement, args []any) (int64, error) {
	c.wait.Queue(string(q), args...)
	return c.sendLast(nil)
}

func (c *pgChanger) entries(ctx context.Context, org, at int64, some []pending) error {
	if len(some) == 0 {
		return nil
	}
	index, size := make([]int64, len(some)), make([]int64, len(some))
	leaf, hash, salt := make([][]byte, len(some)), make([][]byte, len(some)), make([][]byte, len(some))
	data, blob, ext := make([][]byte, len(some)), make([][]byte, len(some)), make([]string, len(some))
	for i := range some {
		p := &some[i]
		index[i], leaf[i], hash[i], salt[i] = at+int64(i), p.leaf, p.hash[:], p.salt[:]
		ext[i], size[i], blob[i], data[i] = p.ext, p.size, p.blob, p.data
		c.heavy += len(p.data)
		if p.blob == nil && p.data == nil {
			data[i] = []byte{}
		}
	}
	if err := c.exec(ctx, org, leafPutAll, []any{org, index, leaf, hash}); err != nil {
		return err
	}
	return c.exec(ctx, org, bodyPutAll, []any{org, index, salt, ext, size, data, blob})
}

func (c *pgChanger) create(ctx context.Context) (org int64, err error) {
	if err := c.row(ctx, directory, orgNext, nil, &org); err != nil {
		return 0, err
	}
	c.wait.Queue(setOrg, strconv.FormatInt(org, 10))
	return org, nil
}

func (c *pgChanger) length() (int64, bool) { return c.size, c.org != directory }

func (c *pgChanger) save() error    { return c.put("SAVEPOINT change") }
func (c *pgChanger) release() error { return c.put("RELEASE change") }

func (c *pgChanger) undo() error {
	return errors.Join(c.put("ROLLBACK TO change"), c.put("RELEASE change"))
}

func (c *pgChanger) put(text string) error {
	return c.exec(context.Background(), directory, statement(text), nil)
}

// commit is in doubt when the connection was lost: it may have been carried
// out, and only its answer was lost.
func (c *pgChanger) commit() error {
	c.wait.Queue("COMMIT")
	ctx, cancel := context.WithTimeout(context.Background(), answerMost)
	defer cancel()
	b, n := c.wait, c.wait.Len()
	c.wait = &pgx.Batch{}
	answers := c.conn.SendBatch(ctx, b)
	var err error
	var how string
	for i := 0; i < n && err == nil; i++ {
		tag, xerr := answers.Exec()
		err, how = xerr, tag.String()
	}
	if cerr := answers.Close(); err == nil {
		err = cerr
	}
	switch err = silent(ctx, err); {
	case isLost(err):
		return fmt.Errorf("%w: %w", errInDoubt, err)
	case err != nil:
		return undone(err)
	case how != "COMMIT":
		return fmt.Errorf("%w: it ended with %s", errUndone, how)
	}
	c.conn.Release()
	c.conn = nil
	return nil
}

func (c *pgChanger) rollback() {
	if c.conn != nil {
		leave(c.conn)
		c.conn = nil
	}
}

// undone marks the errors after which a transaction may be carried out again.
func undone(err error) error {
	if isLost(err) || isCollision(err) {
		return fmt.Errorf("%w: %w", errUndone, err)
	}
	return err
}
