// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"sync"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// writers are the goroutines that change the database: one for all, or one an
// organisation where the engine is shared, so that no transaction holds the
// logs of two.
type writers struct {
	s *Store

	mu     sync.Mutex
	closed bool
	each   map[int64]*writer
}

// of gives the writer of an organisation.
func (ws *writers) of(org int64) (*writer, error) {
	if !ws.s.db.shared() {
		org = directory
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.closed {
		return nil, errClosed
	}
	w, ok := ws.each[org]
	if !ok {
		w = newWriter(ws.s, org)
		ws.each[org] = w
	}
	return w, nil
}

func (ws *writers) update(ctx context.Context, o *Org, fn func(*Tx) error) error {
	w, err := ws.of(o.number)
	if err != nil {
		return err
	}
	return w.update(ctx, o, fn)
}

// createOrg writes an organisation with the first entries of its log.
func (ws *writers) createOrg(ctx context.Context, id, period, key string, by Actor) error {
	return ws.update(ctx, &Org{s: ws.s, id: id, period: period, key: key}, func(tx *Tx) error {
		var o Org // another process may have been faster
		err := tx.w.tx.row(ctx, directory, orgGet, []any{id}, &o.number, &o.id, &o.period, &o.key)
		if err == nil {
			return errExists(id)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return tx.fail(err)
		}
		if err := tx.exec(orgPut, id, period, key); err != nil {
			return err
		}
		if ws.s.db.shared() { // the row whose lock lets one process write
			root := evidence.EmptyRoot()
			if err := tx.exec(headNew, 0, root[:], []byte{}); err != nil {
				return err
			}
		}
		_, err = tx.Append(Event{Kind: "org.created", Object: "org/" + id, Actor: by})
		return err
	})
}

func errExists(id string) error {
	return problem.Newf(problem.Conflict, "organisation %q exists already", id)
}

// close ends them after the changes that wait.
func (ws *writers) close() error {
	ws.mu.Lock()
	ws.closed = true
	all := slices.Collect(maps.Values(ws.each))
	ws.mu.Unlock()
	for _, w := range all {
		w.close()
	}
	return nil
}
