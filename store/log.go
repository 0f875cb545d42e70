// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"demarc.dev/demarc/evidence"
)

// pending is an entry that waits for the commit.
type pending struct {
	leaf []byte // the header's bytes
	hash evidence.Hash
	at   int64 // its time, in microseconds since 1970

	salt evidence.Salt
	ext  string
	size int64
	data []byte // the body, or
	blob []byte // the digest of the file that holds it
}

// logState is what the writer knows of one log: how long it is, the right edge
// of its tree, and what the batch under way adds. Only the writer's goroutine
// uses it; after a batch that failed, or that another process made, it is read
// anew.
type logState struct {
	q     scoped // of the batch under way
	size  int64  // entries that are committed
	tiles *evidence.Tiles

	waiting bool // in the writer's touched
	pending []pending
	bytes   int // of the bodies in pending

	actors map[Actor]string // pseudonyms met so far
	fresh  []Actor          // of them, those that this batch made
}

// actorsMost bounds the pseudonyms that are kept in memory.
const actorsMost = 1 << 16

// log gives the state of an organisation's log and notes that this batch
// touches it.
func (w *writer) log(o *Org) (*logState, error) {
	l, ok := w.logs[o.number]
	if ok && !l.waiting {
		// Another process may have written since.
		if size, told := w.tx.length(); told && size != l.size {
			ok = false
		}
	}
	if !ok {
		l = &logState{actors: map[Actor]string{}}
		if err := l.load(scoped{org: o.number, db: w.tx, whole: true}); err != nil {
			return nil, o.damaged(w.s.fault("opening the log of organisation "+o.id, err))
		}
		w.logs[o.number] = l
	}
	if !l.waiting {
		l.waiting = true
		l.q = scoped{org: o.number, db: w.tx, whole: true}
		w.touched = append(w.touched, l)
	}
	return l, nil
}

func (l *logState) load(q scoped) (err error) {
	ctx := context.Background()
	if l.size, err = logSize(ctx, q); err != nil {
		return err
	}
	l.tiles, err = evidence.ResumeTiles(l.size, q.tile(ctx))
	return err
}

// logSize gives the number of entries that are committed.
func logSize(ctx context.Context, q scoped) (size int64, err error) {
	if err = q.row(ctx, leafCount, nil, &size); errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return size, err
}

// tile gives a reader of tiles as package evidence asks for one.
func (s scoped) tile(ctx context.Context) func(level int, n int64) ([]byte, error) {
	return func(level int, n int64) (data []byte, err error) {
		err = s.row(ctx, tileGet, []any{level, n}, &data)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("tile %d/%d is missing", level, n)
		}
		return data, err
	}
}

// add puts an entry behind those that wait and gives its index.
func (l *logState) add(p pending) int64 {
	l.pending = append(l.pending, p)
	l.bytes += len(p.data)
	return l.size + int64(len(l.pending)) - 1
}

// mark remembers what waits, for reset.
func (l *logState) mark() (m struct{ entries, bytes, fresh int }) {
	m.entries, m.bytes, m.fresh = len(l.pending), l.bytes, len(l.fresh)
	return m
}

// reset undoes what was added since mark.
func (l *logState) reset(m struct{ entries, bytes, fresh int }) {
	for _, a := range l.fresh[m.fresh:] {
		delete(l.actors, a)
	}
	clear(l.pending[m.entries:])
	l.pending, l.bytes, l.fresh = l.pending[:m.entries], m.bytes, l.fresh[:m.fresh]
}

// settle ends a batch that was committed.
func (l *logState) settle() {
	l.size += int64(len(l.pending))
	clear(l.pending)
	l.pending, l.bytes, l.fresh, l.waiting = l.pending[:0], 0, l.fresh[:0], false
	if len(l.actors) > actorsMost {
		clear(l.actors)
	}
}

// flush writes the entries that wait and the tiles that they change, within
// the transaction under way.
func (l *logState) flush(tx changer) error {
	ctx := context.Background()
	if err := tx.entries(ctx, l.q.org, l.size, l.pending); err != nil {
		return err
	}
	for i := range l.pending {
		l.tiles.Append(l.pending[i].hash)
	}
	for _, t := range l.tiles.Changed() {
		if err := l.q.exec(ctx, tx, tilePut, t.Level, t.N, t.Data); err != nil {
			return err
		}
	}
	return nil
}
