// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// head is a signed head as the database holds it. The zero head is that of a
// log of which none was signed.
type head struct {
	size  int64
	root  evidence.Hash
	note  []byte // nil when none was signed
	epoch int64  // counts the heads: two writers cannot both replace one
	row   bool   // it has a row
}

func (s scoped) head(ctx context.Context) (h head, err error) {
	h.root = evidence.EmptyRoot()
	var root []byte
	err = s.row(ctx, headGet, nil, &h.size, &root, &h.note, &h.epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return h, nil
	}
	h.row = true
	if len(h.note) == 0 {
		h.note = nil
	}
	if err == nil && copy(h.root[:], root) != len(h.root) {
		err = errors.New("the root of the signed head is not 32 bytes")
	}
	return h, err
}

// publish signs the head of what is committed, unless it is signed already,
// and stores it. It signs only what it has read back: the new entries are
// hashed again from their bytes, and the tree that they make must continue
// the head that the key signed last. A crash between the signature and the
// store of it is mended by the next call: the key knows what it signed.
func (o *Org) publish(ctx context.Context) (h head, err error) {
	o.publishing.Lock()
	defer o.publishing.Unlock()
	for tries := 0; ; tries++ {
		err = o.withSigner(func(signer *evidence.Signer) (err error) {
			h, err = o.publishWith(ctx, signer)
			return err
		})
		// Another process with its own copy of the key may have been faster.
		if tries == 5 || !errors.Is(err, errReplaced) {
			return h, o.damaged(o.s.fault("signing the log of organisation "+o.id, err))
		}
	}
}

func (o *Org) publishWith(ctx context.Context, signer *evidence.Signer) (head, error) {
	q, end, err := o.snapshot(ctx)
	if err != nil {
		return head{}, err
	}
	defer end()
	h, err := q.head(ctx)
	if err != nil {
		return h, err
	}
	size, err := logSize(ctx, q)
	if err != nil {
		return h, err
	}
	last := signer.Last()
	if size == h.size && size == last.Size && size > 0 {
		return h, o.checkHead(h, last)
	}
	next, err := o.sign(ctx, q, signer, size)
	if err != nil {
		return h, err
	}
	end() // a reader holds up the write-ahead log
	if err := o.storeHead(ctx, h, next); err != nil {
		return h, err
	}
	next.epoch, next.row = h.epoch+1, true
	return next, nil
}

// checkHead tells whether the stored head is what the key signed last.
func (o *Org) checkHead(h head, last evidence.Head) error {
	got, err := evidence.OpenCheckpoint(h.note, o.key)
	if err != nil {
		return fmt.Errorf("the stored head: %w", err)
	}
	if got != last || got.Root != h.root {
		return o.s.signerFault(o, fmt.Errorf("the stored head: %w", evidence.ErrFork))
	}
	return nil
}

// sign reads the first size entries back and signs their head.
func (o *Org) sign(ctx context.Context, q scoped, signer *evidence.Signer, size int64) (head, error) {
	last := signer.Last()
	now, err := o.recompute(ctx, q, last, size)
	if err != nil {
		return head{}, err
	}
	tiles := evidence.TileHashes(q.tile(ctx))
	right, err := evidence.ReadFrontier(size, tiles)
	if err != nil {
		return head{}, fmt.Errorf("reading the tree: %w", err)
	}
	if right.Root() != now.Root {
		return head{}, fmt.Errorf("the tiles of the log do not lead to the root of its %d entries", size)
	}
	proof, err := evidence.ProveConsistency(last, now, tiles)
	if err != nil {
		return head{}, o.s.signerFault(o, err)
	}
	note, err := signer.Sign(now, proof)
	if err != nil {
		return head{}, o.s.signerFault(o, err)
	}
	return head{size: size, root: now.Root, note: note}, nil
}

// recompute gives the head of the first size entries: what the key signed
// last, continued by the bytes of the entries since.
func (o *Org) recompute(ctx context.Context, q scoped, last evidence.Head, size int64) (evidence.Head, error) {
	origin, err := evidence.Origin(o.id, o.period)
	if err != nil {
		return evidence.Head{}, err
	}
	now := evidence.Head{Origin: origin, Size: size}
	if size < last.Size {
		return now, o.s.signerFault(o, fmt.Errorf("%w: %d entries, signed were %d", evidence.ErrRollback, size, last.Size))
	}
	tree, err := evidence.ReadFrontier(last.Size, evidence.TileHashes(q.tile(ctx)))
	if err != nil {
		return now, fmt.Errorf("reading the tree: %w", err)
	}
	if tree.Root() != last.Root {
		return now, o.s.signerFault(o, fmt.Errorf("%w: another root over the first %d entries", evidence.ErrFork, last.Size))
	}
	err = q.leaves(ctx, last.Size, size, func(l leaf) error {
		if evidence.LeafHash(l.data) != l.hash {
			return fmt.Errorf("entry %d does not have its hash: it was changed or is damaged", l.index)
		}
		tree.Append(l.hash)
		return nil
	})
	now.Root = tree.Root()
	return now, err
}

// errReplaced says that another process signed meanwhile.
var errReplaced = errors.New("the signed head was replaced meanwhile")

// storeHead replaces the stored head old by next.
func (o *Org) storeHead(ctx context.Context, old, next head) error {
	return o.s.write.update(ctx, o, func(tx *Tx) error {
		if err := tx.w.savepoint(tx); err != nil {
			return tx.fail(err)
		}
		q, args := headSwap, []any{next.size, next.root[:], next.note, old.size, old.root[:], old.epoch}
		if !old.row {
			q, args = headNew, args[:3]
		}
		n, err := tx.w.tx.change(tx.ctx, o.number, q, tx.q.args(args))
		if err != nil {
			return tx.fail(err)
		}
		if n == 1 {
			return nil
		}
		// It may be this very head: the answer to a first attempt was lost.
		if h, err := tx.q.head(tx.ctx); err != nil || !bytes.Equal(h.note, next.note) {
			return problem.Newf(problem.Conflict, "organisation %s: its signed head was replaced meanwhile", o.id).Wrap(errReplaced)
		}
		return nil
	})
}

// continues refuses a log that does not continue what its key signed last,
// and signs what a crash has left unsigned. It is asked before an organisation
// is given out for writing.
func (o *Org) continues(ctx context.Context) error {
	var size int64
	err := o.withSigner(func(signer *evidence.Signer) (err error) {
		// The size after the key's state: it only grows.
		if size, err = logSize(ctx, o.q); err != nil {
			return err
		}
		last := signer.Last()
		_, err = o.recompute(ctx, o.q, last, min(size, last.Size))
		return err
	})
	if err != nil || size == 0 {
		return o.damaged(o.s.fault("opening the log of organisation "+o.id, err))
	}
	_, err = o.publish(ctx)
	return err
}

// damaged makes an Integrity problem of an error that is no problem yet: what
// is left after the disk and the database were asked is the log's own.
func (o *Org) damaged(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errClosed) {
		return err
	}
	if problem.Of(err) != problem.Internal {
		return err
	}
	return problem.Newf(problem.Integrity, "organisation %s: %w", o.id, err).
		WithHint("verify the log to see all that does not hold, then put back the newest copy of %s and leave keys/ as it is", o.s.databaseWords())
}

// leaf is an entry as the database holds it.
type leaf struct {
	index int64
	data  []byte
	hash  evidence.Hash
}

// leafPage is how many entries are read at a time.
const leafPage = 1024

// leaves calls do for the entries [from, to) in order; one that is missing is
// an error. The data is do's to keep.
func (s scoped) leaves(ctx context.Context, from, to int64, do func(leaf) error) error {
	for from < to {
		var page []leaf
		err := s.rows(ctx, leafRange, []any{from, to, leafPage}, func(rows row) error {
			var l leaf
			var hash sql.RawBytes
			if err := rows.Scan(&l.index, &l.data, &hash); err != nil {
				return err
			}
			if want := from + int64(len(page)); l.index != want {
				return fmt.Errorf("entry %d is missing", want)
			}
			if len(hash) != len(l.hash) {
				return fmt.Errorf("entry %d: its hash is not 32 bytes", l.index)
			}
			copy(l.hash[:], hash)
			page = append(page, l)
			return nil
		})
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return fmt.Errorf("entry %d is missing", from)
		}
		for _, l := range page {
			if err := do(l); err != nil {
				return err
			}
		}
		from += int64(len(page))
	}
	return nil
}
