// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"demarc.dev/demarc/problem"
)

// Memo is what is kept for a while and is no record of the organisation, such
// as an answer that may be asked for again. It stands in no log, no export and
// no backup, and nothing that an auditor reads may rest on it.
type Memo struct {
	Until time.Time // it ends then
	Value []byte
}

// memoMost is the largest value of a memo, in bytes.
const memoMost = 16 << 20

// Memo gives a memo; nil when there is none, or it has ended at now.
func (r *reader) Memo(ctx context.Context, kind, id string, now time.Time) (*Memo, error) {
	var until int64
	m := &Memo{}
	err := r.q.row(ctx, memoGet, []any{kind, id}, &until, &m.Value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, r.s.fault("reading "+kind+" "+id, err)
	}
	if m.Until = time.UnixMicro(until).UTC(); !now.Before(m.Until) {
		return nil, nil
	}
	return m, nil
}

// Keep keeps a memo, in the place of the one before it.
func (tx *Tx) Keep(kind, id string, m Memo) error {
	if !isName(kind, false) || !isName(id, true) || len(m.Value) > memoMost {
		return problem.Newf(problem.Invalid, "a memo %q of %q with %d bytes cannot be kept", id, kind, len(m.Value))
	}
	return tx.exec(memoPut, kind, id, m.Until.UnixMicro(), len(m.Value), orNull(m.Value, true))
}

// Drop forgets a memo; it is no error when there is none.
func (tx *Tx) Drop(kind, id string) error { return tx.exec(memoDelete, kind, id) }

// Prune forgets the memos of a kind that have ended at now and, when those that
// are left are more than rows or hold more than bytes, the ones that end first.
func (tx *Tx) Prune(kind string, now time.Time, rows, bytes int64) error {
	if err := tx.exec(memoEnded, kind, now.UnixMicro()); err != nil {
		return err
	}
	var n, size int64
	if err := tx.q.row(tx.ctx, memoSum, []any{kind}, &n, &size); err != nil {
		return tx.fail(err)
	}
	if n <= rows && size <= bytes {
		return nil
	}
	var over []string
	err := tx.q.rows(tx.ctx, memoOldest, []any{kind}, func(r row) error {
		var id string
		var had int64
		err := r.Scan(&id, &had)
		if n > rows || size > bytes {
			over = append(over, id)
			n, size = n-1, size-had
		}
		return err
	})
	if err != nil {
		return tx.fail(err)
	}
	for _, id := range over {
		if err := tx.Drop(kind, id); err != nil {
			return err
		}
	}
	return nil
}
