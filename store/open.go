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
	"time"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

func open(ctx context.Context, dir string, o Options, migrations fs.FS) (_ *Store, err error) {
	s := &Store{dir: dir, readOnly: o.ReadOnly, clock: evidence.NewClock(), orgs: map[string]*Org{}, lent: map[string]int{}}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if !s.readOnly {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, s.fault("opening the store", err)
		}
		if s.lock, err = s.takeLock(ctx, o.Wait); err != nil {
			return nil, err
		}
	}
	if err := s.openPool(ctx, migrations); err != nil {
		return nil, err
	}
	if s.readOnly {
		return s, nil
	}
	if s.write, err = newWriter(ctx, s); err != nil {
		return nil, s.fault("opening the store", err)
	}
	if err := s.sweepPending(ctx); err != nil {
		return nil, s.fault("opening the store", err)
	}
	return s, nil
}

// takeLock makes this the one process that writes.
func (s *Store) takeLock(ctx context.Context, wait time.Duration) (io.Closer, error) {
	if wait == 0 {
		wait = 2 * time.Second
	}
	path := filepath.Join(s.dir, lockName)
	for end := time.Now().Add(wait); ; {
		lock, err := evidence.LockFile(path)
		if err == nil {
			return lock, nil
		}
		if !errors.Is(err, evidence.ErrLocked) {
			return nil, s.fault("opening the store", err)
		}
		if time.Now().After(end) {
			return nil, problem.Newf(problem.Unavailable, "the store %s is in use by another process", s.dir).Wrap(err).
				WithHint("wait until that process has ended or stop it; commands that only read work meanwhile")
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// openPool opens the connections that read, after the file has been created
// or migrated if that was needed.
func (s *Store) openPool(ctx context.Context, migrations fs.FS) error {
	path := filepath.Join(s.dir, databaseName)
	if file, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if s.readOnly {
			return problem.Newf(problem.NotFound, "there is no store in %s", s.dir).
				WithHint("check the directory, or begin with a command that writes")
		}
		if err := s.migrate(ctx, "", path, migrations); err != nil {
			return err
		}
	} else if err != nil {
		return s.fault("opening the store", err)
	} else if file.Size() == 0 {
		return problem.Newf(problem.Integrity, "%s is empty: not a byte of a database is in it", path).
			WithHint("put back the last backup; where there never was a store, move that file away to begin one")
	}
	newest, err := newestMigration(migrations)
	if err != nil {
		return err
	}
	version, err := s.greet(ctx, path)
	switch {
	case isNoTable(err):
		return problem.Newf(problem.Conflict, "%s is a database, but not one of Demarc", path).
			WithHint("check the directory; move that file away to begin a new store")
	case err != nil:
		return s.fault("opening the store", err)
	case version > newest:
		return problem.Newf(problem.Conflict, "the store %s was written by a newer program: its schema is %d, this program knows %d", s.dir, version, newest).
			WithHint("use the newer program")
	case version == newest:
		return nil
	case s.readOnly:
		return problem.Newf(problem.Conflict, "the store %s was written by an older program: its schema is %d, this program needs %d", s.dir, version, newest).
			WithHint("run a command that writes, which brings it up to date")
	}
	if err := s.migrate(ctx, path, path, migrations); err != nil {
		return err
	}
	s.disconnect()
	return s.connect(path, readOnly)
}

// greet opens the connections and asks the first question. Beside a write-ahead
// log a reader needs an index file. Where none can be made, because the disk can
// only be read or is full, and no log is there, nothing writes: then the
// database is read as a file that does not change.
func (s *Store) greet(ctx context.Context, path string) (version int64, err error) {
	if err := s.connect(path, readOnly); err != nil {
		return 0, err
	}
	version, err = schemaVersion(ctx, s.read)
	if met := troubleOf(err); !s.readOnly || met == noTrouble || met == busy {
		return version, err
	}
	if log, lerr := os.Stat(path + "-wal"); lerr == nil && log.Size() > 0 {
		if isFull(s.probe()) {
			return 0, s.explain("opening the store", full, err)
		}
		return 0, problem.Newf(problem.Unavailable, "the last changes of the store %s stand in %s, and to read them a file must be made beside it, which is not possible there", s.dir, databaseName+"-wal").Wrap(err).
			WithHint("copy the whole folder to where it can be written, and read it there with --data")
	}
	s.disconnect()
	if s.unchanged, err = os.Stat(path); err != nil {
		return 0, err
	}
	if err := s.connect(path, still); err != nil {
		return 0, err
	}
	return schemaVersion(ctx, s.read)
}

// stillUnchanged tells whether a database that was read as a file that does not
// change did not.
func (s *Store) stillUnchanged() error {
	if s.unchanged == nil {
		return nil
	}
	path := filepath.Join(s.dir, databaseName)
	now, err := os.Stat(path)
	log, lerr := os.Stat(path + "-wal")
	same := err == nil && now.Size() == s.unchanged.Size() && now.ModTime().Equal(s.unchanged.ModTime())
	if same && (lerr != nil || log.Size() == 0) {
		return nil
	}
	return problem.Newf(problem.Unavailable, "the store %s was changed while it was read where nothing can be written: what was shown may not be one state of it", s.dir).Wrap(err).
		WithHint("do it again when nothing writes to it")
}

func (s *Store) connect(path string, a access) (err error) {
	if s.pool, err = openDatabase(path, a); err != nil {
		return s.fault("opening the store", err)
	}
	pool := s.pool
	s.read = &statements{prepare: func(ctx context.Context, text string) (*sql.Stmt, error) { return pool.PrepareContext(ctx, text) }}
	return nil
}

func (s *Store) disconnect() {
	s.read.close()
	s.pool.Close()
}
