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
// uses it; after a batch that failed it is read anew.
type logState struct {
	q     scoped
	size  int64 // entries that are committed
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
	if !ok {
		l = &logState{q: scoped{org: o.number, db: w.stmts, whole: true}, actors: map[Actor]string{}}
		if err := l.load(); err != nil {
			return nil, o.damaged(w.s.fault("opening the log of organisation "+o.id, err))
		}
		w.logs[o.number] = l
	}
	if !l.waiting {
		l.waiting = true
		w.touched = append(w.touched, l)
	}
	return l, nil
}

func (l *logState) load() (err error) {
	ctx := context.Background()
	if l.size, err = logSize(ctx, l.q); err != nil {
		return err
	}
	l.tiles, err = evidence.ResumeTiles(l.size, l.q.tile(ctx))
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

// flush writes the entries that wait and the tiles that they change, within
// the transaction under way.
func (l *logState) flush() error {
	ctx := context.Background()
	args := make([]any, 0, 64*7)
	for at := 0; at < len(l.pending); {
		for _, f := range flushRows {
			if len(l.pending)-at < f.n {
				continue
			}
			some := l.pending[at : at+f.n]
			if err := l.put(ctx, f.leaf, f.body, some, l.size+int64(at), args); err != nil {
				return err
			}
			at += f.n
			break
		}
	}
	for i := range l.pending {
		l.tiles.Append(l.pending[i].hash)
	}
	for _, t := range l.tiles.Changed() {
		if _, err := l.q.exec(ctx, tilePut, t.Level, t.N, t.Data); err != nil {
			return err
		}
	}
	return nil
}

func (l *logState) put(ctx context.Context, leaf, body statement, some []pending, index int64, args []any) error {
	args = args[:0]
	for i := range some {
		args = append(args, index+int64(i), some[i].leaf, some[i].hash[:])
	}
	if _, err := l.q.exec(ctx, leaf, args...); err != nil {
		return err
	}
	args = args[:0]
	for i := range some {
		p := &some[i]
		args = append(args, index+int64(i), p.salt[:], p.ext, p.size, orNull(p.data, p.blob == nil), orNull(p.blob, p.blob != nil))
	}
	_, err := l.q.exec(ctx, body, args...)
	return err
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
