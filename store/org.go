// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// Org is an organisation of a store: its records, its log, its blobs, and
// nothing of another's. Safe for concurrent use.
type Org struct {
	reader
	s      *Store
	number int64
	id     string
	period string
	key    string // the public key, as it stands in the database
	copied bool   // imported without the secret key: it can only be read

	publishing sync.Mutex // one checkpoint at a time

	mu     sync.Mutex
	signer *evidence.Signer // opened when first needed
}

// ID gives the id of the organisation.
func (o *Org) ID() string { return o.id }

// Log gives the organisation's log.
func (o *Org) Log() *Log { return &Log{o} }

// Update runs fn and makes all that it did durable, or, when fn gives an
// error, nothing of it; that error is given back. It returns when the change
// is on the disk. Any number of goroutines may call it: changes wait in one
// line, and those that wait together are committed together.
//
// fn runs alone, after the changes before it. It must not call Update, use
// the Tx after it has returned, or wait for something slow: the line waits
// for it. When ctx ends before fn has begun, nothing is done.
//
// fn may be run again: when it erases what waits beside it, and when a
// PostgreSQL server ended the transaction (a restart, a deadlock). So what it
// leaves outside of the Tx it should set, not add to.
func (o *Org) Update(ctx context.Context, fn func(*Tx) error) error {
	if err := o.mayWrite(); err != nil {
		return err
	}
	return o.s.write.update(ctx, o, fn)
}

// View runs fn over one state of the records: what is committed meanwhile is
// not seen. fn reads through the View only, for that holds one of the few
// connections, and must not use it after it has returned.
func (o *Org) View(ctx context.Context, fn func(*View) error) error {
	q, end, err := o.snapshot(ctx)
	if err != nil {
		return o.s.fault("reading", err)
	}
	defer end()
	err = fn(&View{reader{s: o.s, q: q}})
	if err != nil && ctx.Err() != nil {
		return ctx.Err() // the end of ctx closes what fn reads with, and a driver tells only that
	}
	return err
}

// snapshot gives one state of all that the organisation has.
func (o *Org) snapshot(ctx context.Context) (q scoped, end func(), err error) {
	db, end, err := o.s.db.snapshot(ctx, o.number)
	return scoped{org: o.number, db: db}, end, err
}

// View reads one state of an organisation's records.
type View struct{ reader }

// Person tells which person a pseudonym of the log stands for; NotFound when
// it is not known or was erased.
func (o *Org) Person(ctx context.Context, pseudonym string) (Actor, error) {
	var person string
	err := o.q.row(ctx, actorName, []any{pseudonym}, &person)
	if errors.Is(err, sql.ErrNoRows) {
		return "", problem.Newf(problem.NotFound, "organisation %s: no person stands behind the pseudonym %q", o.id, pseudonym)
	}
	return Actor(person), o.s.fault("reading who "+pseudonym+" is", err)
}

// mayWrite tells why nothing can be written or signed; nil when it can.
func (o *Org) mayWrite() error {
	switch {
	case o.s.readOnly:
		return o.s.errReadOnly()
	case o.copied:
		return o.errCopied()
	}
	return nil
}

func (o *Org) errCopied() error {
	return problem.Newf(problem.Denied, "organisation %s was imported without the key of its log: it can be read, verified and exported, not changed", o.id).
		WithHint("export it with its key where it lives, and import that into a store that does not have it yet")
}

// withSigner runs fn with the organisation's signer, opening it first.
func (o *Org) withSigner(fn func(*evidence.Signer) error) error {
	if err := o.mayWrite(); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.signer == nil {
		signer, err := o.openSigner()
		if err != nil {
			return err
		}
		o.signer = signer
	}
	err := fn(o.signer)
	if !o.s.db.shared() {
		return err
	}
	// Another process may want to sign; what it signs, the next one reads.
	closing := o.signer.Close()
	o.signer = nil
	return errors.Join(err, closing)
}

// peekSigner lets fn look at the signer, which is closed again when it was
// not open before.
func (o *Org) peekSigner(fn func(*evidence.Signer)) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.signer != nil {
		fn(o.signer)
		return nil
	}
	signer, err := o.openSigner()
	if err != nil {
		return err
	}
	fn(signer)
	return signer.Close()
}

// openSigner opens the key. One that looks at it holds it for a moment only,
// and one that signs beside us while it signs, so a key in use is asked for
// again for a while.
func (o *Org) openSigner() (*evidence.Signer, error) {
	path := o.s.keyPath(o.id)
	most := 50
	if o.s.db.shared() {
		most = 1500 // half a minute: somebody may be making a pack
	}
	signer, err := evidence.OpenSigner(path)
	for tries := 0; errors.Is(err, evidence.ErrLocked) && !o.s.readOnly && tries < most; tries++ {
		time.Sleep(20 * time.Millisecond)
		signer, err = evidence.OpenSigner(path)
	}
	if err != nil {
		return nil, o.s.signerFault(o, err)
	}
	if signer.PublicKey() != o.key {
		signer.Close()
		return nil, problem.Newf(problem.Integrity, "organisation %s: the key %s is not the one that its log was begun with", o.id, path).
			WithHint("put back the key, or the database that belongs to it")
	}
	return signer, nil
}

func (o *Org) closeSigner() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.signer == nil {
		return nil
	}
	err := o.signer.Close()
	o.signer = nil
	return err
}

// signerFault turns what the signer refuses into a problem.
func (s *Store) signerFault(o *Org, err error) error {
	switch {
	case errors.Is(err, evidence.ErrRollback):
		return problem.Newf(problem.Integrity, "organisation %s: %w; the database was put back to an older state, and nothing will be written or signed on top of it", o.id, err).
			WithHint("put back the newest copy of %s and leave keys/ as it is", s.databaseWords())
	case errors.Is(err, evidence.ErrFork):
		return problem.Newf(problem.Integrity, "organisation %s: %w; the database is not the one that was signed, and nothing will be written or signed on top of it", o.id, err).
			WithHint("put back the copy of %s that belongs to keys/, and keep this one for analysis", s.databaseWords())
	case errors.Is(err, evidence.ErrLocked):
		return problem.Newf(problem.Unavailable, "organisation %s: its key is in use by another process", o.id).Wrap(err).
			WithHint("wait until that process has ended or stop it")
	}
	if p := s.fault("opening the key of organisation "+o.id, err); problem.Of(p) != problem.Internal {
		return p
	}
	return problem.Newf(problem.Integrity, "organisation %s: %w", o.id, err).
		WithHint("put back keys/ from where you keep it safe; a new key needs a new log")
}
