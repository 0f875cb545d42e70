// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strconv"
	"strings"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// errAgain says that a change speaks of an entry that waits in the same batch:
// it is run again after that entry is durable.
var errAgain = errors.New("a change must wait for an entry of its own batch")

// Erase destroys the body of an entry and the salt of its commitment, and
// appends the entry that says so: kind erasure, object entry/<index>; e tells
// who did it and may carry a body with the reason. The header stays and the
// log verifies as before. NotFound when there is no such entry, Conflict when
// its body was erased already, a record stands on it, or it names a person
// (see Forget). The function that was
// given to Update may be run a second time.
func (tx *Tx) Erase(index int64, e Event) error {
	b, err := tx.erasable(index)
	if err == nil {
		err = tx.mayErase(b)
	}
	if err != nil {
		return err
	}
	return tx.erase(b, e)
}

// erasable gives the body of an entry that is durable and not erased yet.
func (tx *Tx) erasable(index int64) (*body, error) {
	if tx.done {
		return nil, errTxDone
	}
	switch waiting := tx.log.size + int64(len(tx.log.pending)); {
	case index >= tx.began && index < waiting:
		return nil, problem.Newf(problem.Invalid, "erasing the body of entry %d: it was appended by the same change", index)
	case index >= tx.log.size && index < waiting:
		return nil, errAgain
	}
	var b body
	err := tx.q.row(tx.ctx, bodyGet, []any{index}, b.into()...)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, problem.Newf(problem.NotFound, "erasing the body of entry %d: there is no such entry", index)
	case err != nil:
		return nil, tx.fail(err)
	case b.erased.Valid:
		return nil, problem.Newf(problem.Conflict, "the body of entry %d was erased already, as entry %d says", index, b.erased.Int64)
	}
	return &b, nil
}

// mayErase refuses the bodies from which records and actors are told.
func (tx *Tx) mayErase(b *body) error {
	var records, actors int
	if err := tx.q.row(tx.ctx, recordOf, []any{b.entry}, &records); err != nil {
		return tx.fail(err)
	}
	if err := tx.q.row(tx.ctx, actorOf, []any{b.entry}, &actors); err != nil {
		return tx.fail(err)
	}
	if actors > 0 {
		return problem.Newf(problem.Conflict, "the body of entry %d names the person behind a pseudonym", b.entry).
			WithHint("forget the person")
	}
	if records > 0 {
		return problem.Newf(problem.Conflict, "the body of entry %d is the present state of a record", b.entry).
			WithHint("delete or change the record first")
	}
	if strings.HasPrefix(string(b.data), reserved+`record":`) && strings.HasSuffix(string(b.data), `,"deleted":true}`) {
		return problem.Newf(problem.Conflict, "the body of entry %d says that a record was deleted and holds nothing else", b.entry)
	}
	return nil
}

func (tx *Tx) erase(b *body, e Event) error {
	if e.Kind != "" || e.Object != "" || e.Blob != nil {
		return problem.Newf(problem.Invalid, "erasing the body of entry %d: kind and object are the store's to say, and a reason is no blob", b.entry)
	}
	e.Kind, e.Object = evidence.KindErasure, "entry/"+strconv.FormatInt(b.entry, 10)
	by, err := tx.append(e)
	if err != nil {
		return err
	}
	if b.blob != nil {
		if len(b.blob) != len(evidence.Digest{}) {
			return problem.Newf(problem.Integrity, "the body of entry %d names no blob", b.entry)
		}
		// Should the program die after the commit, the marker tells the next
		// one that the file may have to go.
		digest := evidence.Digest(b.blob)
		if err := tx.o.mark(digest); err != nil {
			return tx.s.fault("erasing a blob", err)
		}
		tx.dropped = append(tx.dropped, digest)
	}
	tx.w.scrub = true
	return tx.exec(bodyErase, b.entry, by)
}

// Forget erases which person stands behind a pseudonym: what the person did
// stays in the log, under a pseudonym of which nobody knows whose it is. When
// the person acts again, a new pseudonym is drawn. NotFound when the
// organisation does not know the person. See Erase for e.
func (tx *Tx) Forget(person Actor, e Event) error {
	var index int64
	err := tx.q.row(tx.ctx, actorEntry, []any{string(person)}, &index)
	if errors.Is(err, sql.ErrNoRows) {
		return problem.Newf(problem.NotFound, "organisation %s knows no such person", tx.o.id)
	}
	if err != nil {
		return tx.fail(err)
	}
	b, err := tx.erasable(index)
	if err == nil {
		err = tx.erase(b, e)
	}
	if err != nil {
		return err
	}
	delete(tx.log.actors, person)
	return tx.exec(actorDelete, string(person))
}

// scrubLog removes erased bytes from where the database keeps them besides its
// tables; when it cannot, it is tried again after the next batch.
func (w *writer) scrubLog() {
	if w.scrub {
		w.scrub = !w.s.db.scrub()
	}
}

// erased are blobs of an organisation whose bodies were erased.
type erased struct {
	o       *Org
	digests []evidence.Digest
}

// hold keeps the files of blobs until the function that it gives is called.
func (s *Store) hold() (release func()) {
	s.blobs.Lock()
	s.holds++
	s.blobs.Unlock()
	return func() {
		s.blobs.Lock()
		var due []erased
		if s.holds--; s.holds == 0 {
			due, s.held = s.held, nil
		}
		s.blobs.Unlock()
		for _, e := range due {
			_ = e.o.dropBlobs(e.digests) // their markers are left to the next who opens the store
		}
	}
}

// dropBlobs removes the files of erased blobs that no entry names any more.
// One that was stored again meanwhile stays until the store is next opened.
func (o *Org) dropBlobs(digests []evidence.Digest) error {
	const what = "removing the file of an erased blob, which is tried again when the store is opened"
	o.s.blobs.Lock()
	if o.s.holds > 0 {
		o.s.held = append(o.s.held, erased{o, digests})
		o.s.blobs.Unlock()
		return nil
	}
	o.s.blobs.Unlock()
	q, end, err := o.s.settled(o.number)
	if err != nil {
		return o.s.fault(what, err)
	}
	defer end()
	o.s.blobs.Lock()
	defer o.s.blobs.Unlock()
	for _, d := range digests {
		marker := o.marker(d)
		if o.s.lent[marker] > 0 {
			continue
		}
		err := o.sweep(context.Background(), q, marker, d)
		if err == nil {
			err = os.Remove(marker)
		}
		if err != nil {
			return o.s.fault(what, err)
		}
	}
	return evidence.SyncDir(o.s.pending)
}
