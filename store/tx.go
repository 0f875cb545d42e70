// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// Actor names a person, or a program, as the organisation knows it: an
// address, a login. In the log stands a pseudonym instead.
type Actor string

// Event says what happened and who did it: the entry to be.
type Event struct {
	Kind   string // a word like "risk.accepted"
	Object string // what it was done to, an id like "risk/r-7"; of a record it is collection/id when empty
	Class  string // retention class, a word; "evidence" when empty
	Actor  Actor

	// What the entry speaks of, for Append only: the entry of a record speaks
	// of the record's new state.
	Body []byte
	Blob *Blob  // in place of Body: what PutBlob stored
	Ext  string // file ending of Body, say "json"
}

const (
	defaultClass = "evidence"

	// inlineMost is the largest body that lies in the database.
	inlineMost = 64 << 10

	// reserved begins the bodies that the store itself writes.
	reserved = `{"demarc.`
)

// Tx changes an organisation. It is valid within the function it is given to.
type Tx struct {
	reader
	o     *Org
	ctx   context.Context
	log   *logState
	w     *writer
	saved bool   // a savepoint is set
	done  bool   // the function has returned
	fatal error  // the database failed: the whole batch ends
	blobs []Blob // named by its entries
	began int64  // the index of the first entry that it may append

	dropped []evidence.Digest // blobs of which a name was erased
}

var errTxDone = errors.New("a Tx was used after its Update had ended")

// Append adds an entry that changes no record and gives its index.
func (tx *Tx) Append(e Event) (index int64, err error) {
	if bytes.HasPrefix(e.Body, []byte(reserved)) || e.Blob != nil && e.Blob.reserved {
		return 0, problem.Newf(problem.Invalid, "entry %s: its body begins with %s, which only the store writes", e.Kind, reserved)
	}
	if err := ownKind(e.Kind); err != nil {
		return 0, err
	}
	return tx.append(e)
}

// Put sets a record to value, as encoding/json writes it, whatever it was
// before.
func (tx *Tx) Put(collection, id string, value any, e Event) error {
	return tx.put(collection, id, value, e)
}

// PutIf is Put for a record whose revision is still rev, 0 for one that does
// not exist; otherwise it is a Conflict.
func (tx *Tx) PutIf(collection, id string, rev int64, value any, e Event) error {
	if _, err := tx.expect(collection, id, rev); err != nil {
		return err
	}
	return tx.put(collection, id, value, e)
}

// Delete removes a record; NotFound when there is none. Its history stays in
// the log.
func (tx *Tx) Delete(collection, id string, e Event) error {
	if _, err := tx.Record(tx.ctx, collection, id); err != nil {
		return err
	}
	return tx.remove(collection, id, e)
}

// DeleteIf is Delete for a record whose revision is still rev.
func (tx *Tx) DeleteIf(collection, id string, rev int64, e Event) error {
	if rec, err := tx.expect(collection, id, rev); err != nil || rec == nil {
		return err
	}
	return tx.remove(collection, id, e)
}

func (tx *Tx) expect(collection, id string, rev int64) (*Record, error) {
	rec, err := tx.find(tx.ctx, collection, id)
	switch {
	case err != nil:
		return nil, err
	case rec == nil && rev != 0:
		return nil, problem.Newf(problem.Conflict, "%s %q was deleted meanwhile", collection, id).WithHint("read it again")
	case rec != nil && rev == 0:
		return nil, problem.Newf(problem.Conflict, "%s %q exists already", collection, id).WithHint("choose another id, or change the one that exists")
	case rec != nil && rec.Rev != rev:
		return nil, problem.Newf(problem.Conflict, "%s %q was changed meanwhile (revision %d, not %d)", collection, id, rec.Rev, rev).
			WithHint("read it again and repeat the change")
	}
	return rec, nil
}

func (tx *Tx) put(collection, id string, value any, e Event) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("writing %s %q: %w", collection, id, err)
	}
	if len(raw) > recordMost/2 {
		return problem.Newf(problem.Invalid, "%s %q: a record of %d bytes is too large; keep it as a blob", collection, id, len(raw))
	}
	index, err := tx.change(collection, id, recordBody(collection, id, raw), e)
	if err != nil {
		return err
	}
	return tx.exec(recordPut, collection, id, index, tx.log.pending[len(tx.log.pending)-1].at, raw)
}

func (tx *Tx) remove(collection, id string, e Event) error {
	if _, err := tx.change(collection, id, deletedBody(collection, id), e); err != nil {
		return err
	}
	return tx.exec(recordDelete, collection, id)
}

// change appends the entry that a record changes with.
func (tx *Tx) change(collection, id string, body []byte, e Event) (int64, error) {
	if !isName(collection, false) || !isName(id, true) {
		return 0, problem.Newf(problem.Invalid, "record %q in %q: a collection is a word of a-z, 0-9 and '-', an id has letters, digits and '.', '_', '-', ':', '/' and begins with a letter or digit (together at most 160)", id, collection)
	}
	if e.Body != nil || e.Blob != nil || e.Ext != "" {
		return 0, problem.Newf(problem.Invalid, "record %s/%s: the body of its entry is its value; append a second entry for another body", collection, id)
	}
	if err := ownKind(e.Kind); err != nil {
		return 0, err
	}
	if e.Object == "" {
		e.Object = collection + "/" + id
	}
	e.Body, e.Ext = body, "json"
	return tx.append(e)
}

func (tx *Tx) exec(q statement, args ...any) error {
	if err := tx.w.savepoint(tx); err != nil {
		return tx.fail(err)
	}
	if err := tx.q.exec(tx.ctx, tx.w.tx, q, args...); err != nil {
		return tx.fail(err)
	}
	return nil
}

// fail notes that the database failed: it may have undone more than this
// change, so the batch must not go on.
func (tx *Tx) fail(err error) error {
	tx.fatal = tx.s.fault("writing", err)
	return tx.fatal
}

// append adds an entry to those that wait for the commit.
func (tx *Tx) append(e Event) (int64, error) {
	if tx.done {
		return 0, errTxDone
	}
	if tx.fatal != nil {
		return 0, tx.fatal
	}
	actor, err := tx.pseudonym(e.Actor)
	if err != nil {
		return 0, err
	}
	return tx.add(e, actor)
}

func (tx *Tx) add(e Event, actor string) (int64, error) {
	p := pending{ext: e.Ext, salt: evidence.NewSalt()}
	if e.Class == "" {
		e.Class = defaultClass
	}
	if e.Ext != "" && !isExt(e.Ext) {
		return 0, problem.Newf(problem.Invalid, "entry %s: %q is no file ending of a-z, 0-9 and '.' (at most 16)", e.Kind, e.Ext)
	}
	h := evidence.Header{Kind: e.Kind, Object: e.Object, Class: e.Class, Actor: actor}
	rand.Read(h.ID[:])
	now := tx.s.clock.Read()
	h.Time, h.Boot, h.Mono, h.ClkErr = now.Time, now.Boot, now.Mono, now.Err
	p.at = now.Time.UnixMicro()
	switch {
	case e.Blob != nil && e.Body != nil:
		return 0, problem.Newf(problem.Invalid, "entry %s: it has a body and a blob", e.Kind)
	case e.Blob != nil:
		if err := tx.nameBlob(&p, &h, *e.Blob); err != nil {
			return 0, err
		}
	default:
		p.size, p.data = int64(len(e.Body)), bytes.Clone(e.Body)
		h.CT, h.CM = sha256.Sum256(e.Body), evidence.Commit(p.salt, e.Body)
	}
	leaf, err := h.AppendTo(make([]byte, 0, 512))
	if err != nil {
		return 0, problem.Newf(problem.Invalid, "%w", err)
	}
	if len(p.data) > inlineMost {
		if err := tx.bodyToFile(&p, e); err != nil {
			return 0, err
		}
	}
	p.leaf, p.hash = leaf, evidence.LeafHash(leaf)
	return tx.log.add(p), nil
}

// nameBlob lets the entry speak of a blob that PutBlob stored.
func (tx *Tx) nameBlob(p *pending, h *evidence.Header, b Blob) error {
	if b.org != tx.o.number {
		return problem.Newf(problem.Invalid, "entry %s: it names a blob that organisation %s has not stored", h.Kind, tx.o.id)
	}
	p.salt, p.size, p.blob = b.salt, b.Size, b.Digest[:]
	if p.ext == "" {
		p.ext = b.ext
	}
	h.CT, h.CM = b.Digest, b.commitment
	tx.blobs = append(tx.blobs, b)
	return nil
}

// bodyToFile puts a body that is too large for the database into a blob.
func (tx *Tx) bodyToFile(p *pending, e Event) error {
	b, err := tx.o.putBlob(tx.ctx, bytes.NewReader(p.data), e.Ext)
	if err != nil {
		return err
	}
	tx.blobs = append(tx.blobs, *b)
	p.data, p.blob = nil, b.Digest[:]
	return nil
}

// ownKind refuses the kinds of entries that only the store writes.
func ownKind(kind string) error {
	if kind == evidence.KindErasure || kind == evidence.KindSeal || kind == kindActorNamed {
		return problem.Newf(problem.Invalid, "entries of kind %q are the store's to write", kind)
	}
	return nil
}

// isName tells whether s is a collection (a word) or, with id, a record's id:
// neither needs to be escaped in JSON or in a header.
func isName(s string, id bool) bool {
	for i := range len(s) {
		c := s[i]
		ok := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || i > 0 && c == '-' ||
			id && (c >= 'A' && c <= 'Z' || i > 0 && (c == '.' || c == '_' || c == ':' || c == '/'))
		if !ok {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

func isExt(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || i > 0 && i < len(s)-1 && c == '.') {
			return false
		}
	}
	return len(s) <= 16
}
