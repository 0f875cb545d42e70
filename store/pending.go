// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"demarc.dev/demarc/evidence"
)

// openPending gives this process a folder for what no entry names yet, and
// removes what runs that have ended left there. The one process that writes
// has pending/ for itself; where several write, each has a folder in it, which
// it holds locked as long as it lives.
func (s *Store) openPending(ctx context.Context) error {
	top := filepath.Join(s.dir, pendingName)
	if err := os.MkdirAll(top, 0o700); err != nil {
		return err
	}
	if !s.db.shared() {
		s.pending = top
		return s.sweepPending(ctx, top)
	}
	for s.pendingLock == nil {
		dir, err := os.MkdirTemp(top, "run-*")
		if err != nil {
			return err
		}
		// Another process may take a new folder for one that was left behind.
		lock, err := evidence.LockFile(filepath.Join(dir, pendingLockName))
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, evidence.ErrLocked) {
			return err
		}
		if _, gone := os.Stat(dir); err == nil && gone == nil {
			s.pending, s.pendingLock = dir, lock
		} else if err == nil {
			lock.Close()
		}
	}
	return s.sweepOthers(ctx, top)
}

// pendingLockName is the file that a living process holds in its folder.
const pendingLockName = "lock"

// sweepOthers removes the folders of processes that have ended.
func (s *Store) sweepOthers(ctx context.Context, top string) error {
	dirs, err := filepath.Glob(filepath.Join(top, "run-*"))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		if dir == s.pending {
			continue
		}
		lock, err := evidence.LockFile(filepath.Join(dir, pendingLockName))
		if errors.Is(err, evidence.ErrLocked) || errors.Is(err, fs.ErrNotExist) {
			continue // it lives, or somebody else was faster
		}
		if err != nil {
			return err
		}
		err = s.sweepPending(ctx, dir)
		if err == nil {
			err = os.RemoveAll(dir)
		}
		if err := errors.Join(err, lock.Close()); err != nil {
			return err
		}
	}
	return nil
}

// closePending ends the folder of this process; markers that are left in it
// are for the next one to look after.
func (s *Store) closePending() error {
	left, err := os.ReadDir(s.pending)
	if err == nil && len(left) == 1 { // the lock
		err = os.RemoveAll(s.pending)
	}
	return errors.Join(err, s.pendingLock.Close())
}

// lockBlobs keeps other processes from placing and removing files of blobs.
func (s *Store) lockBlobs() (unlock func(), err error) {
	return s.lockShared(filepath.Join(s.dir, pendingName, "blobs.lock"))
}

// lockShared takes a lock against other processes where several write.
func (s *Store) lockShared(path string) (unlock func(), err error) {
	if !s.db.shared() {
		return func() {}, nil
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		var lock io.Closer
		if lock, err = evidence.LockFile(path); err == nil {
			return func() { lock.Close() }, nil
		}
		if !errors.Is(err, evidence.ErrLocked) || time.Now().After(end) {
			return nil, err
		}
	}
}

// lentElsewhere tells whether another process stored the blob of a marker and
// may be about to name it.
func (s *Store) lentElsewhere(marker string) bool {
	if !s.db.shared() {
		return false
	}
	same, err := filepath.Glob(filepath.Join(s.dir, pendingName, "run-*", filepath.Base(marker)))
	if err != nil {
		return true // never: the pattern is well formed
	}
	for _, m := range same {
		if m != marker {
			return true
		}
	}
	return false
}

// isLent tells whether a marker says of the blob that no entry names it yet.
func (o *Org) isLent(d evidence.Digest) bool {
	marker := o.marker(d)
	if o.s.pending == "" { // open for reading only
		marker = filepath.Join(o.s.dir, pendingName, marker)
	}
	_, err := os.Stat(marker)
	return err == nil || o.s.lentElsewhere(marker)
}

// sweepPending removes what earlier runs stored and no entry names.
func (s *Store) sweepPending(ctx context.Context, dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(dir, f.Name())
		if f.Name() == pendingLockName {
			continue
		}
		if err := s.sweepMarker(ctx, path); err != nil {
			return err
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}

// sweepMarker removes the blob that a marker stands for, unless an entry names
// it.
func (s *Store) sweepMarker(ctx context.Context, marker string) error {
	if strings.HasPrefix(filepath.Base(marker), importPrefix) {
		return s.sweepImportMarker(ctx, marker)
	}
	number, name, ok := strings.Cut(filepath.Base(marker), ".")
	digest, err := hex.DecodeString(name)
	org, nerr := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || nerr != nil || org <= 0 || len(digest) != len(evidence.Digest{}) {
		return nil // a temporary file
	}
	id, err := os.ReadFile(marker)
	if err != nil {
		return err
	}
	o := Org{s: s}
	err = s.db.row(ctx, directory, orgGet, []any{string(id)}, &o.number, &o.id, &o.period, &o.key)
	if errors.Is(err, sql.ErrNoRows) || err == nil && o.number != org {
		return nil // a marker of no organisation stands for no blob
	}
	if err != nil {
		return err
	}
	q, end, err := s.settled(org)
	if err != nil {
		return err
	}
	defer end()
	return o.sweep(ctx, q, marker, evidence.Digest(digest))
}

// settled gives what is committed of an organisation. A server may still be
// committing what a process sent that has died since; with the log's lock in
// hand we see how that ended. It is taken before the lock of the blobs, as a
// change that stores one does.
func (s *Store) settled(org int64) (queryer, func(), error) {
	if !s.db.shared() {
		return s.db, func() {}, nil
	}
	tx, err := s.db.begin(org)
	if err != nil {
		return nil, nil, err
	}
	return tx, tx.rollback, nil
}

// sweep removes the file of a blob, unless an entry names it or another
// process may be about to.
func (o *Org) sweep(ctx context.Context, q queryer, marker string, digest evidence.Digest) error {
	unlock, err := o.s.lockBlobs()
	if err != nil {
		return err
	}
	defer unlock()
	if o.s.lentElsewhere(marker) {
		return nil
	}
	var named int
	if err := (scoped{org: o.number, db: q}).row(ctx, bodyNames, []any{digest[:]}, &named); err != nil || named > 0 {
		return err
	}
	return o.s.files.Remove(ctx, o.id, digest)
}
