// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// ImportOptions say what is taken from an export.
type ImportOptions struct {
	Passphrase string // that sealed the key

	// WithoutKey leaves the key where it is; what is imported can only be
	// read, as from an export that holds none.
	WithoutKey bool

	// Key is the public key that the log must have, known from elsewhere;
	// empty takes the export's word for it. An export proves that nothing was
	// changed since its head was signed, not who signed it.
	Key string

	// Most bounds the size of what is read, in bytes; 0 is 64 GiB.
	Most int64
}

const transferMost = 64 << 30

// ImportOrg makes an organisation from an export, whichever engine wrote it.
// All of it is read and checked before anything of it is in the store, and it
// appears as a whole or not at all: Integrity with the part when a byte is not
// as it was written, Conflict when there is an organisation of that id,
// Denied when the passphrase is another. Without the key of its log it can be
// read, verified and exported, not changed: a second key under the name of one
// log would let two logs grow from it that both verify. On SQLite other
// changes wait while it is written.
func (s *Store) ImportOrg(ctx context.Context, r io.Reader, o ImportOptions) (*Org, error) {
	const what = "importing an organisation"
	if s.readOnly {
		return nil, s.errReadOnly()
	}
	if o.Most == 0 {
		o.Most = transferMost
	}
	dir, err := os.MkdirTemp(s.pending, spoolPrefix+"*")
	if err != nil {
		return nil, s.fault(what, err)
	}
	defer os.RemoveAll(dir)
	in, err := s.receiveExport(ctx, r, dir, o)
	if err != nil {
		return nil, s.fault(what, err)
	}
	s.creating.Lock()
	defer s.creating.Unlock()
	unlock, err := s.lockCreation()
	if err != nil {
		return nil, s.fault(what, err)
	}
	defer unlock()
	if err := s.makeFrom(ctx, in); err != nil {
		return nil, s.fault(what, err)
	}
	return s.Org(ctx, in.ID)
}

// receiveExport reads an export to its end.
func (s *Store) receiveExport(ctx context.Context, r io.Reader, dir string, o ImportOptions) (*incoming, error) {
	p, err := newPartReader(ctx, r, exportTitle, o.Most)
	if err != nil {
		return nil, err
	}
	p.passphrase = o.Passphrase
	in, err := s.receive(p, dir, o.WithoutKey)
	if err != nil {
		return nil, err
	}
	if err := p.end(); err != nil {
		return nil, err
	}
	if in.Signed != in.Entries {
		return nil, p.fault(partHead, "not all entries are under it")
	}
	if o.Key != "" && o.Key != in.Key {
		return nil, problem.Newf(problem.Integrity, "the export is of a log with the key %s, not with the one that was given", in.Key).
			WithHint("ask where it comes from: somebody else signed it")
	}
	return in, nil
}

const (
	spoolPrefix  = "import-" // folders in pending/
	importPrefix = "import." // markers in pending/: of an organisation that is perhaps not made
)

func (s *Store) lockCreation() (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Join(s.dir, keysName), 0o700); err != nil {
		return nil, err
	}
	return s.lockShared(filepath.Join(s.dir, keysName, "creation.lock"))
}

// makeFrom puts a checked organisation into the store. A marker tells the next
// one, should the program die, to remove its files if it is not there then.
// The caller holds the creation of organisations.
func (s *Store) makeFrom(ctx context.Context, in *incoming) error {
	if err := s.isFree(ctx, in.ID); err != nil {
		return err
	}
	marker := filepath.Join(s.pending, importPrefix+in.ID)
	if err := errors.Join(os.WriteFile(marker, nil, 0o600), evidence.SyncDir(s.pending)); err != nil {
		return err
	}
	err := s.placeFiles(ctx, in)
	if err == nil {
		err = s.write.update(ctx, &Org{s: s, id: in.ID, period: in.Period, key: in.Key}, func(tx *Tx) error {
			if err := tx.w.savepoint(tx); err != nil {
				return tx.fail(err)
			}
			if err := in.write(tx.ctx, tx.w.tx, tx.o.number); err != nil {
				return tx.fail(err)
			}
			if err := tx.log.load(tx.q); err != nil {
				return tx.fail(err)
			}
			return nil
		})
	}
	if err != nil && !errors.Is(err, errInDoubt) {
		return errors.Join(err, s.sweepImport(ctx, in.ID), os.Remove(marker))
	}
	if err != nil { // the marker's question is ours: is it there?
		if serr := s.sweepImport(ctx, in.ID); serr != nil {
			return errors.Join(err, serr)
		}
		if free := s.isFree(ctx, in.ID); problem.Of(free) != problem.Conflict {
			return errors.Join(err, os.Remove(marker))
		}
	}
	return os.Remove(marker)
}

// isFree refuses an id of which there is an organisation, or a key or blobs
// that one left.
func (s *Store) isFree(ctx context.Context, id string) error {
	var o Org
	err := s.db.row(ctx, directory, orgGet, []any{id}, &o.number, &o.id, &o.period, &o.key)
	if err == nil {
		return errExists(id)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if _, err := os.Lstat(s.keyPath(id)); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, problem.Newf(problem.Conflict, "a key of an organisation %q is here already, %s", id, s.keyPath(id)).
			WithHint("this store lost an organisation that the key belongs to: put back the newer database"))
	}
	return s.files.List(ctx, id, func(name string) error {
		return problem.Newf(problem.Conflict, "blobs of an organisation %q are here already: %s", id, name).
			WithHint("this store lost an organisation that they belong to: put back the newer database")
	})
}

// placeFiles puts key and blobs where they belong.
func (s *Store) placeFiles(ctx context.Context, in *incoming) error {
	if err := s.placeKey(in); err != nil {
		return err
	}
	for digest := range in.blobs {
		if err := s.files.Put(ctx, in.ID, digest, in.file(digest)); err != nil {
			return err
		}
	}
	in.placed = s.files
	return nil
}

func (s *Store) placeKey(in *incoming) error {
	path := s.keyPath(in.ID)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), evidence.SyncDir(s.dir)); err != nil {
		return err
	}
	if in.key == nil {
		return evidence.WriteFile(s.copyPath(in.ID), []byte(in.Key+"\n"), 0o600)
	}
	// The key comes last: a key without a state is never seen.
	if err := evidence.WriteFile(path+".state", in.key.State, 0o600); err != nil {
		return err
	}
	if err := evidence.WriteFile(path+".pub", []byte(in.Key+"\n"), 0o644); err != nil {
		return err
	}
	return evidence.WriteFile(path, in.key.Secret, 0o600)
}

// sweepImport removes the files of an import that came to nothing; of one that
// was committed it leaves all as it is. It waits for a commit that a server
// still carries out. The caller holds the creation of organisations.
func (s *Store) sweepImport(ctx context.Context, id string) error {
	if _, err := evidence.Origin(id, "2000"); err != nil {
		return nil // a marker of no organisation
	}
	q := queryer(s.db)
	if s.db.shared() {
		tx, err := s.db.begin(directory)
		if err != nil {
			return err
		}
		defer tx.rollback()
		q = tx
	}
	var o Org
	err := q.row(ctx, directory, orgGet, []any{id}, &o.number, &o.id, &o.period, &o.key)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	var digests []evidence.Digest
	err = s.files.List(ctx, id, func(name string) error {
		if digest, ok := parseDigest(name); ok {
			digests = append(digests, digest)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, d := range digests {
		if err := s.files.Remove(ctx, id, d); err != nil {
			return err
		}
	}
	path := s.keyPath(id)
	for _, file := range []string{path, path + ".state", path + ".pub", path + ".lock", s.copyPath(id)} {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return evidence.SyncDir(filepath.Dir(path))
}

// sweepImportMarker does so for the marker of a process that has ended.
func (s *Store) sweepImportMarker(ctx context.Context, marker string) error {
	unlock, err := s.lockCreation()
	if err != nil {
		return err
	}
	defer unlock()
	return s.sweepImport(ctx, strings.TrimPrefix(filepath.Base(marker), importPrefix))
}
