// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// Pack writes the pack of a range of the log to w and gives its manifest. Of
// o, To is the size of the log when it is 0, Checkpoint is the log's own when
// it is nil, Created is the clock's when it is zero. It reads one state of the
// log; after an error what was written is no pack.
func (l *Log) Pack(ctx context.Context, w io.Writer, o evidence.PackOptions) (*evidence.Manifest, error) {
	if err := l.o.mayWrite(); err != nil {
		return nil, err
	}
	if o.Checkpoint == nil {
		h, err := l.o.publish(ctx)
		if err != nil {
			return nil, err
		}
		o.Checkpoint = h.note
	}
	head, err := evidence.OpenCheckpoint(o.Checkpoint, l.o.key)
	if err != nil {
		return nil, problem.Newf(problem.Invalid, "making a pack: %w", err)
	}
	if o.To == 0 {
		o.To = head.Size
	}
	if o.From < 0 || o.From >= o.To || o.To > head.Size {
		return nil, problem.Newf(problem.Invalid, "making a pack: entries %d to %d are no range of a log of %d entries", o.From, o.To-1, head.Size)
	}
	if o.Created.IsZero() {
		o.Created = l.o.s.clock.Read().Time
	}
	q, end, err := l.o.snapshot(ctx)
	if err != nil {
		return nil, l.o.s.fault("making a pack", err)
	}
	defer end()
	out := &output{w: w}
	src := &packSource{o: l.o, q: q}
	var m *evidence.Manifest
	err = l.o.withSigner(func(signer *evidence.Signer) error {
		m, err = evidence.WritePack(ctx, out, src, signer, o)
		return err
	})
	if out.err != nil {
		return nil, fmt.Errorf("writing the pack: %w", out.err)
	}
	return m, l.o.damaged(l.o.s.fault("making a pack", err))
}

// output remembers that it was the writer that failed, not the log.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil {
		o.err = err
	}
	return n, err
}

// packSource gives evidence one state of a log.
type packSource struct {
	o *Org
	q scoped

	from int64  // the first of ahead
	page []body // bodies read ahead, for they are asked for in order
}

// bodyPage is how many bodies are read at a time: at most 16 MiB.
const bodyPage = 256

// Entries gives the entries [from, to) with what a pack says of their bodies.
func (p *packSource) Entries(ctx context.Context, from, to int64) iter.Seq2[evidence.PackEntry, error] {
	return func(yield func(evidence.PackEntry, error) bool) {
		stop := errors.New("stop")
		var bodies []body
		err := p.q.leaves(ctx, from, to, func(l leaf) (err error) {
			if len(bodies) == 0 {
				if bodies, err = p.q.bodies(ctx, bodyAbout, l.index, to, leafPage); err != nil {
					return err
				}
			}
			if len(bodies) == 0 || bodies[0].entry != l.index {
				return fmt.Errorf("entry %d: the row of its body is missing", l.index)
			}
			b := bodies[0]
			bodies = bodies[1:]
			e := evidence.PackEntry{Entry: evidence.Entry{Index: l.index, Leaf: l.data}, Bytes: b.size, Ext: b.ext}
			if b.erased.Valid {
				e.Erased, e.ErasedBy, e.Bytes, e.Ext = true, b.erased.Int64, 0, ""
			} else if copy(e.Salt[:], b.salt) != len(e.Salt) {
				return fmt.Errorf("entry %d: the salt of its body is missing", l.index)
			}
			if !yield(e, nil) {
				return stop
			}
			return nil
		})
		if err != nil && err != stop {
			yield(evidence.PackEntry{}, err)
		}
	}
}

// Body opens the stored bytes of a body.
func (p *packSource) Body(ctx context.Context, index int64) (io.ReadCloser, error) {
	if index < p.from || index >= p.from+int64(len(p.page)) {
		page, err := p.q.bodies(ctx, bodyRange, index, index+bodyPage, bodyPage)
		if err != nil {
			return nil, err
		}
		p.from, p.page = index, page
	}
	if len(p.page) == 0 || p.page[index-p.from].entry != index {
		return nil, fmt.Errorf("entry %d: the row of its body is missing", index)
	}
	b := p.page[index-p.from]
	if b.blob == nil {
		return io.NopCloser(bytes.NewReader(b.data)), nil
	}
	return p.o.openBody(&b)
}

// Tile gives a tile's hashes.
func (p *packSource) Tile(ctx context.Context, level int, n int64) ([]byte, error) {
	return p.q.tile(ctx)(level, n)
}

// bodies gives at most limit rows of the bodies of [from, to), in order.
func (s scoped) bodies(ctx context.Context, which statement, from, to int64, limit int) (page []body, err error) {
	err = s.rows(ctx, which, []any{from, to, limit}, func(rows row) error {
		var b body
		err := rows.Scan(b.into()...)
		page = append(page, b)
		return err
	})
	return page, err
}
