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
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if s.readOnly {
			return problem.Newf(problem.NotFound, "there is no store in %s", s.dir).
				WithHint("check the directory, or begin with a command that writes")
		}
		if err := s.migrate(ctx, "", path, migrations); err != nil {
			return err
		}
	} else if err != nil {
		return s.fault("opening the store", err)
	}
	if err := s.connect(path); err != nil {
		return err
	}
	newest, err := newestMigration(migrations)
	if err != nil {
		return err
	}
	version, err := schemaVersion(ctx, s.read)
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
	return s.connect(path)
}

func (s *Store) connect(path string) (err error) {
	if s.pool, err = openDatabase(path, readOnly); err != nil {
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
