// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// Verification is what Verify found.
type Verification struct {
	Origin   string
	Size     int64 // entries in the log
	Signed   int64 // of them under the newest signed head
	Records  int64 // that stand as the log tells
	Bodies   int64 // that are what their entry names
	Erased   int64 // bodies that were lawfully erased
	Blobs    int64 // bodies of those that lie in files
	KeyState bool  // compared with what the key signed last; not while another process holds the key

	Faults []Fault // the first FaultsMost
	More   int     // faults beyond
}

// Fault is one thing that does not hold.
type Fault struct {
	Part string // what: "entry 12", "body 12", "record risk/r-7", "blob 3f9a…", "tile 0/3", "actor p-…", "head", "key", "database"
	What string // what is wrong with it, a clause
}

func entryPart(index int64) string { return "entry " + strconv.FormatInt(index, 10) }

func bodyPart(index int64) string { return "body " + strconv.FormatInt(index, 10) }

// FaultsMost is how many faults a Verification names.
const FaultsMost = 200

// Err is an Integrity problem when anything does not hold, nil otherwise.
func (v *Verification) Err() error {
	if len(v.Faults) == 0 {
		return nil
	}
	f := v.Faults[0]
	sentence := fmt.Sprintf("the log %s does not verify: %s: %s", v.Origin, f.Part, f.What)
	if n := len(v.Faults) + v.More - 1; n > 0 {
		sentence += fmt.Sprintf(" (and %d more)", n)
	}
	return problem.New(problem.Integrity, sentence, "keep a copy as it is for analysis, then put back the newest backup; leave keys/ as it is")
}

func (v *Verification) fault(part, format string, args ...any) {
	if len(v.Faults) == FaultsMost {
		v.More++
		return
	}
	v.Faults = append(v.Faults, Fault{part, fmt.Sprintf(format, args...)})
}

// Verify checks one state of all that the organisation has: the structure of
// the database, every entry against its hash and every tile, the tree against
// the signed head and against what the key signed last, every body and blob
// against its entry, and every record and pseudonym against what the log tells
// of it. It names what does not hold; the error is for what kept it from
// looking. It reads everything: some 100,000 entries a second.
func (l *Log) Verify(ctx context.Context) (*Verification, error) { return l.look(ctx, false) }

// look verifies; sound tells that the database's own structure was looked at
// already.
func (l *Log) look(ctx context.Context, sound bool) (*Verification, error) {
	v := newVerifier(ctx, l.o)
	v.sound = sound
	// Before the state that is read, which may be signed further meanwhile.
	if err := v.keyState(); err != nil {
		return nil, l.o.s.fault("verifying", err)
	}
	q, end, err := l.o.snapshot(ctx)
	if err != nil {
		return nil, l.o.s.fault("verifying", err)
	}
	defer end()
	return v.verify(q)
}

func newVerifier(ctx context.Context, o *Org) *verifier {
	return &verifier{Verification: &Verification{}, o: o, ctx: ctx, told: newTold(), open: o.openBody}
}

// verify checks the state that q gives.
func (v *verifier) verify(q scoped) (*Verification, error) {
	v.q = q
	for _, step := range []func() error{
		v.database, v.heads, v.log, v.tiles, v.records, v.actors, v.blobs,
	} {
		if err := step(); err != nil {
			if err := v.ctx.Err(); err != nil {
				return nil, err
			}
			if !v.o.s.db.isDamage(err) {
				return nil, v.o.s.fault("verifying", err)
			}
			v.fault("database", "a part of it cannot be read: %v", err)
		}
	}
	return v.Verification, nil
}

type verifier struct {
	*Verification
	o   *Org
	q   scoped
	ctx context.Context

	open func(*body) (io.ReadCloser, error) // the file of a body

	sound bool // the database's own structure was looked at already

	stored, last evidence.Head // the signed heads: the database's and the key's
	tree         tree
	told         *told
}

func (v *verifier) database() error {
	if v.sound {
		return nil
	}
	found, err := v.o.s.db.damage(v.ctx, v.q.db)
	for _, f := range found {
		v.fault("database", "%s", f)
	}
	return err
}

// heads reads the signed heads; the log is compared with them as it is read.
func (v *verifier) heads() error {
	origin, err := evidence.Origin(v.o.id, v.o.period)
	if err != nil || evidence.KeyName(v.o.key) != origin {
		v.fault("key", "the public key %q is not that of the log of %s in the period %s", v.o.key, v.o.id, v.o.period)
	}
	v.Origin = origin
	h, err := v.q.head(v.ctx)
	switch {
	case v.o.s.db.isDamage(err):
		return err
	case err != nil:
		v.fault("head", "%v", err)
	case h.note == nil:
		if v.last.Size > 0 {
			v.fault("head", "it is missing, though the key signed one of %d entries", v.last.Size)
		}
	default:
		if v.stored, err = evidence.OpenCheckpoint(h.note, v.o.key); err != nil {
			v.fault("head", "%v", err)
		} else if v.stored.Size != h.size || v.stored.Root != h.root {
			v.fault("head", "its columns are not what its note says")
		}
		v.Signed = v.stored.Size
	}
	return nil
}

// keyState asks the key what it signed last.
func (v *verifier) keyState() error {
	if v.o.copied {
		return nil
	}
	err := v.o.peekSigner(func(signer *evidence.Signer) {
		v.KeyState, v.last = true, signer.Last()
	})
	switch {
	case err == nil || errors.Is(err, evidence.ErrLocked): // the process that writes compares them itself
		return nil
	case v.o.s.readOnly && problem.Of(err) == problem.Unavailable: // its lock cannot be made where nothing can be written
		return nil
	case problem.Of(err) == problem.Integrity:
		v.fault("key", "%v", err)
		return nil
	}
	return err
}

// log reads every entry with its body.
func (v *verifier) log() error {
	size, err := logSize(v.ctx, v.q)
	if err != nil {
		return err
	}
	v.Size = size
	v.tree.start(v.stored, v.last)
	for next := int64(0); next < size; {
		leaves, bodies, err := v.page(next, min(next+bodyPage, size))
		if err != nil {
			return err
		}
		for index := next; index < min(next+bodyPage, size); index++ {
			v.entry(index, leaves[index], bodies[index])
		}
		next += bodyPage
	}
	v.noMore(size)
	v.compareHead("head", v.stored)
	if v.KeyState {
		v.compareHead("key", v.last)
	}
	return nil
}

// page reads the rows of the entries [from, to) as far as they are there.
func (v *verifier) page(from, to int64) (map[int64][2][]byte, map[int64]*body, error) {
	leaves, bodies := map[int64][2][]byte{}, map[int64]*body{}
	err := v.q.rows(v.ctx, leafRange, []any{from, to, bodyPage}, func(rows row) error {
		var index int64
		var row [2][]byte
		err := rows.Scan(&index, &row[0], &row[1])
		leaves[index] = row
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	page, err := v.q.bodies(v.ctx, bodyRange, from, to, bodyPage)
	for i := range page {
		bodies[page[i].entry] = &page[i]
	}
	return leaves, bodies, err
}

// entry checks one entry: its row, its header, its body.
func (v *verifier) entry(index int64, row [2][]byte, b *body) {
	part := entryPart(index)
	if row[0] == nil {
		v.fault(part, "it is missing")
		v.tree.broken = true
		return
	}
	hash := evidence.LeafHash(row[0])
	if string(row[1]) != string(hash[:]) {
		v.fault(part, "its bytes do not have its hash: it was changed")
	}
	v.tree.add(hash)
	h, err := evidence.ParseHeader(row[0])
	if err != nil {
		v.fault(part, "%v", err)
		return
	}
	v.told.header(v, index, &h)
	if b == nil {
		v.fault(bodyPart(index), "its row is missing")
		return
	}
	v.body(index, &h, b)
}

// noMore looks for bodies of entries that are not there.
func (v *verifier) noMore(size int64) {
	page, err := v.q.bodies(v.ctx, bodyAbout, size, 1<<62, 1)
	if err == nil && len(page) > 0 {
		v.fault(fmt.Sprintf("body %d", page[0].entry), "the log of %d entries has no such entry: its end was cut off", size)
	}
	if page, err = v.q.bodies(v.ctx, bodyAbout, -1<<62, 0, 1); err == nil && len(page) > 0 {
		v.fault(fmt.Sprintf("body %d", page[0].entry), "there is no such entry")
	}
}

// compareHead tells whether the log that was read continues a signed head.
func (v *verifier) compareHead(part string, h evidence.Head) {
	switch root, ok := v.tree.rootAt(h.Size); {
	case h.Size == 0:
	case v.Size < h.Size:
		v.fault(part, "%d entries were signed, the log has %d: it was put back to an older state or cut off", h.Size, v.Size)
	case !ok || root != h.Root:
		v.fault(part, "the first %d entries do not lead to the root that was signed", h.Size)
	}
}
