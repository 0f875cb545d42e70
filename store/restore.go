// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// RestoreOptions say how a backup is read.
type RestoreOptions struct {
	Passphrase string // that sealed the keys
	Most       int64  // bounds the size of what is read, in bytes; 0 is 1 TiB
}

// Restored is what a restore brought back, all of it verified.
type Restored struct {
	Orgs    []string // in order of their ids
	Entries int64
	Records int64
	Blobs   int64 // bodies in files
}

const restoreMost = 1 << 40

// restoringName is the file that says that a store is not whole yet.
const restoringName = "demarc.restoring"

// Restore makes a store from a backup, whichever engine and driver wrote it,
// in a folder, and a database, without one; o is as for Open. What it reads is
// checked on the way in, and all that it wrote is verified at the end. Until
// then a file says that the store is not whole, and Open refuses it; Restore
// into the same folder begins anew, also after a crash. A PostgreSQL database
// is written in one transaction. The errors are those of ImportOrg and Open,
// and Conflict when there is something in the folder or the database already.
//
// A restored store knows nothing of what was written after the backup. Heads
// that were signed since contradict it when it goes on: whoever holds one sees
// that.
func Restore(ctx context.Context, dir string, o Options, r io.Reader, ro RestoreOptions) (*Restored, error) {
	if o.ReadOnly {
		return nil, problem.New(problem.Usage, "a store that is restored cannot be open for reading only", "")
	}
	if ro.Most == 0 {
		ro.Most = restoreMost
	}
	again, err := beginRestore(dir)
	if err != nil {
		return nil, (&Store{dir: dir}).fault("restoring the store", err)
	}
	o.restoring = true
	s, err := Open(ctx, dir, o)
	if err != nil {
		return nil, err
	}
	rs := &restore{s: s, again: again}
	out, err := rs.run(ctx, r, ro)
	if cerr := s.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, errors.Join(s.fault("restoring the store", err), rs.undo())
	}
	mark := filepath.Join(dir, restoringName)
	return out, s.fault("restoring the store", errors.Join(os.Remove(mark), evidence.SyncDir(dir)))
}

// beginRestore marks the folder and empties it of a restore that came to
// nothing; again tells that there was one.
func beginRestore(dir string) (again bool, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, err
	}
	mark := filepath.Join(dir, restoringName)
	if _, err := os.Lstat(mark); err == nil {
		return true, emptyStore(dir)
	}
	for _, name := range storeNames {
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return false, errors.Join(err, problem.Newf(problem.Conflict, "there is a store, or a part of one, in %s already: %s", dir, name).
				WithHint("restore into another folder"))
		}
	}
	return false, evidence.WriteFile(mark, []byte("This store is being restored and is not whole yet.\n"), 0o600)
}

// storeNames are the names in a store's folder.
var storeNames = []string{databaseName, databaseName + "-wal", databaseName + "-shm", databaseName + ".next", blobsName, pendingName, keysName, lockName}

// emptyStore removes a store that is marked as not whole, all but the mark.
func emptyStore(dir string) error {
	var errs []error
	for _, name := range storeNames {
		errs = append(errs, os.RemoveAll(filepath.Join(dir, name)))
	}
	return errors.Join(append(errs, evidence.SyncDir(dir))...)
}

// isRestoring refuses a store that a restore has not finished.
func isRestoring(dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, restoringName)); err != nil {
		return nil // whatever is wrong with the folder, opening it tells
	}
	return problem.Newf(problem.Integrity, "the store %s is not whole: a restore into it was not finished", dir).
		WithHint("restore the backup into it once more, which begins anew")
}

// restore is one under way.
type restore struct {
	s      *Store
	again  bool
	orgs   []*incoming
	placed []*incoming // whose blobs may be where blobs are kept
	made   bool        // the database holds them
}

func (rs *restore) run(ctx context.Context, r io.Reader, ro RestoreOptions) (*Restored, error) {
	ids, err := rs.s.Orgs(ctx)
	if err != nil {
		return nil, err
	}
	if len(ids) > 0 {
		return nil, problem.Newf(problem.Conflict, "%s holds %d organisations already", rs.s.databaseWords(), len(ids)).
			WithHint("restore into an empty database")
	}
	p, err := newPartReader(ctx, r, backupTitle, ro.Most)
	if err != nil {
		return nil, err
	}
	p.passphrase = ro.Passphrase
	if err := rs.receive(ctx, p); err != nil {
		return nil, err
	}
	if err := rs.write(ctx); err != nil {
		return nil, err
	}
	return rs.verify(ctx)
}

// receive reads the backup to its end. Blobs and keys take their places at
// once: no organisation names them yet.
func (rs *restore) receive(ctx context.Context, p *partReader) error {
	d, err := readStorePart(p)
	if err != nil {
		return err
	}
	for _, name := range d.Files {
		if err := rs.file(p, name, d.Secret); err != nil {
			return err
		}
	}
	for i, id := range d.Orgs {
		p.prefix = id + "/"
		dir := filepath.Join(rs.s.pending, fmt.Sprint(spoolPrefix, i))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		in, err := rs.s.receive(p, dir, false)
		if err != nil {
			return err
		}
		if in.ID != id || in.Secret == keySealed && d.Secret != keySealed {
			return p.fault(partOrg, "it is not the one that part %s announces", partStore)
		}
		if err := rs.clearBlobs(ctx, in); err != nil {
			return err
		}
		rs.placed = append(rs.placed, in)
		if err := rs.s.placeFiles(ctx, in); err != nil {
			return err
		}
		rs.orgs = append(rs.orgs, in)
	}
	p.prefix = ""
	return p.end()
}

func readStorePart(p *partReader) (d storePart, err error) {
	text, err := p.data(partStore, storePartMost)
	if err != nil {
		return d, err
	}
	if err := unmarshalLine(text, &d); err != nil {
		return d, p.fault(partStore, "%v", err)
	}
	rising := slices.IsSorted(d.Orgs) && len(slices.Compact(slices.Clone(d.Orgs))) == len(d.Orgs)
	for _, id := range d.Orgs {
		if _, err := evidence.Origin(id, "2000"); err != nil {
			rising = false
		}
	}
	for _, name := range d.Files {
		rising = rising && isFileName(name)
	}
	if !rising || d.Secret != keyPlain && d.Secret != keySealed {
		return d, p.fault(partStore, "its names are none, or not in order")
	}
	return d, nil
}

// file puts a file back into keys/.
func (rs *restore) file(p *partReader, name, form string) error {
	text, err := p.data(partFile+name, 2*filePartMost)
	if err != nil {
		return err
	}
	k, err := p.files(partFile+name, text, form, name)
	if err != nil {
		if problem.Of(err) != problem.Internal {
			return err
		}
		return p.fault(partFile+name, "%v", err)
	}
	path := filepath.Join(rs.s.dir, keysName, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return evidence.WriteFile(path, k.Secret, 0o600)
}

// clearBlobs removes what an unfinished restore put where blobs are kept, and
// refuses what somebody else did.
func (rs *restore) clearBlobs(ctx context.Context, in *incoming) error {
	var stray []evidence.Digest
	err := rs.s.files.List(ctx, in.ID, func(name string) error {
		digest, ok := parseDigest(name)
		if !ok || !rs.again {
			return problem.Newf(problem.Conflict, "blobs of the organisation %s are here already: %s", in.ID, name).
				WithHint("restore to where no blobs are kept yet")
		}
		if _, ok := in.blobs[digest]; !ok {
			stray = append(stray, digest)
		}
		return nil
	})
	for _, d := range stray {
		err = errors.Join(err, rs.s.files.Remove(ctx, in.ID, d))
	}
	return err
}

// write puts all organisations into the database, in one transaction.
func (rs *restore) write(ctx context.Context) error {
	tx, err := rs.s.db.begin(directory)
	if err != nil {
		return err
	}
	for _, in := range rs.orgs {
		if err := rs.one(ctx, tx, in); err != nil {
			tx.rollback()
			return err
		}
	}
	rs.made = true
	if err := tx.commit(); err != nil {
		tx.rollback()
		rs.made = errors.Is(err, errInDoubt)
		return err
	}
	return nil
}

func (rs *restore) one(ctx context.Context, tx changer, in *incoming) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	number, err := tx.create(ctx)
	if err != nil {
		return err
	}
	return in.write(ctx, tx, number)
}

// verify reads everything back.
func (rs *restore) verify(ctx context.Context) (*Restored, error) {
	out := &Restored{Orgs: []string{}}
	for i, in := range rs.orgs {
		o, err := rs.s.Org(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		v, err := o.Log().look(ctx, i > 0)
		if err != nil {
			return nil, err
		}
		if err := v.Err(); err != nil {
			return nil, err
		}
		out.Orgs = append(out.Orgs, in.ID)
		out.Entries, out.Records, out.Blobs = out.Entries+v.Size, out.Records+v.Records, out.Blobs+v.Blobs
		if err := os.RemoveAll(in.dir); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// undo leaves nothing of a restore that failed, as far as it can: what is in
// a database stays, and so does the mark.
func (rs *restore) undo() error {
	var errs []error
	for _, in := range rs.placed {
		for digest := range in.blobs {
			errs = append(errs, rs.s.files.Remove(context.Background(), in.ID, digest))
		}
	}
	if rs.made && rs.s.db.shared() {
		return errors.Join(errs...)
	}
	if err := errors.Join(append(errs, emptyStore(rs.s.dir))...); err != nil {
		return err
	}
	return errors.Join(os.Remove(filepath.Join(rs.s.dir, restoringName)), evidence.SyncDir(rs.s.dir))
}
