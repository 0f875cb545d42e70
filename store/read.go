// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// Log is the log of an organisation. Safe for concurrent use.
type Log struct{ o *Org }

// Size gives the number of entries that are durable.
func (l *Log) Size(ctx context.Context) (int64, error) {
	size, err := logSize(ctx, l.o.q)
	return size, l.o.s.fault("reading the log", err)
}

// PublicKey gives the line with which others verify what the log's key
// signed: <origin>+<id>+<base64>.
func (l *Log) PublicKey() string { return l.o.key }

// Entries gives the entries [from, to) in order; to is cut to the size of the
// log. It reads page by page and ends after the first error.
func (l *Log) Entries(ctx context.Context, from, to int64) iter.Seq2[evidence.Entry, error] {
	return func(yield func(evidence.Entry, error) bool) {
		size, err := l.Size(ctx)
		if err == nil && (from < 0 || from > to) {
			err = problem.Newf(problem.Invalid, "entries %d to %d are no range", from, to)
		}
		if err != nil {
			yield(evidence.Entry{}, err)
			return
		}
		stop := errors.New("stop")
		err = l.o.q.leaves(ctx, from, min(to, size), func(e leaf) error {
			if !yield(evidence.Entry{Index: e.index, Leaf: e.data}, nil) {
				return stop
			}
			return nil
		})
		if err != nil && err != stop {
			yield(evidence.Entry{}, l.o.damaged(l.o.s.fault("reading the log", err)))
		}
	}
}

// Entry gives one entry; NotFound when the log is shorter.
func (l *Log) Entry(ctx context.Context, index int64) (evidence.Entry, error) {
	size, err := l.Size(ctx)
	if err != nil {
		return evidence.Entry{}, err
	}
	if index < 0 || index >= size {
		return evidence.Entry{}, problem.Newf(problem.NotFound, "the log of organisation %s has no entry %d: it has %d, counted from 0", l.o.id, index, size)
	}
	for e, err := range l.Entries(ctx, index, index+1) {
		return e, err
	}
	return evidence.Entry{}, l.o.damaged(errors.New("the log became shorter while it was read"))
}

// body is what the database holds of an entry's body.
type body struct {
	entry  int64
	salt   []byte // nil when it was erased
	keyID  string
	ext    string
	size   int64
	data   []byte
	blob   []byte        // nil when it lies in the database
	erased sql.NullInt64 // the entry that says so
}

func (b *body) into() []any {
	return []any{&b.entry, &b.salt, &b.keyID, &b.ext, &b.size, &b.data, &b.blob, &b.erased}
}

// Body opens what an entry speaks of. Reading it to its end checks its digest,
// as OpenBlob does. NotFound when there is no such entry or when its body was
// erased. The caller closes it.
func (l *Log) Body(ctx context.Context, index int64) (io.ReadCloser, error) {
	e, err := l.Entry(ctx, index)
	if err != nil {
		return nil, err
	}
	h, err := e.Header()
	if err != nil {
		return nil, l.o.damaged(err)
	}
	var b body
	err = l.o.q.row(ctx, bodyGet, []any{index}, b.into()...)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, l.o.damaged(fmt.Errorf("entry %d: the row of its body is missing", index))
	case err != nil:
		return nil, l.o.s.fault("reading the body of an entry", err)
	case b.erased.Valid:
		return nil, problem.Newf(problem.NotFound, "the body of entry %d was lawfully erased, as entry %d says", index, b.erased.Int64)
	case b.blob != nil && sameBytes(b.blob, h.CT):
		return l.o.namedBlob(index, h.CT)
	case b.blob != nil || sha256.Sum256(b.data) != h.CT:
		return nil, l.o.damaged(fmt.Errorf("entry %d: its body is not the one that the entry names", index))
	}
	return io.NopCloser(bytes.NewReader(b.data)), nil
}

// openBody opens the file of a body.
func (o *Org) openBody(b *body) (io.ReadCloser, error) {
	if len(b.blob) != len(evidence.Digest{}) {
		return nil, fmt.Errorf("entry %d: its body names no blob", b.entry)
	}
	return o.namedBlob(b.entry, evidence.Digest(b.blob))
}

// sameBytes tells whether a stored digest is the one that is meant.
func sameBytes(stored []byte, d evidence.Digest) bool { return bytes.Equal(stored, d[:]) }

// Checkpoint gives the signed head of the log over all entries that are
// durable, signing it first if need be; of a store that is open for reading
// only, the head that was signed last.
func (l *Log) Checkpoint(ctx context.Context) ([]byte, error) {
	h, err := l.head(ctx, 0)
	return h.note, err
}

// head gives a signed head over more than index entries.
func (l *Log) head(ctx context.Context, index int64) (head, error) {
	if !l.o.s.readOnly && !l.o.copied {
		return l.o.publish(ctx)
	}
	h, err := l.o.q.head(ctx)
	if err != nil {
		return h, l.o.damaged(l.o.s.fault("reading the signed head", err))
	}
	if h.note == nil || h.size <= index {
		return h, problem.Newf(problem.Unavailable, "the log of organisation %s has entries that are not signed yet, and the store is open for reading only", l.o.id).
			WithHint("wait until the process that writes has ended, or ask that process")
	}
	if got, err := evidence.OpenCheckpoint(h.note, l.o.key); err != nil || got.Size != h.size || got.Root != h.root {
		return h, l.o.damaged(errors.New("the stored head does not verify"))
	}
	return h, nil
}

// Receipt gives the proof that an entry is in the log, under a signed head.
// See evidence.VerifyReceipt.
func (l *Log) Receipt(ctx context.Context, index int64) ([]byte, error) {
	e, err := l.Entry(ctx, index)
	if err != nil {
		return nil, err
	}
	h, err := l.head(ctx, index)
	if err != nil {
		return nil, err
	}
	// Full tiles never change and those at the edge only grow, so the tree of
	// an older head can be read while the log goes on.
	receipt, err := evidence.NewReceipt(e, h.note, evidence.TileHashes(l.o.q.tile(ctx)))
	return receipt, l.o.damaged(l.o.s.fault("making a receipt", err))
}
