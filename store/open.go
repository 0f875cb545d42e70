// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

func open(ctx context.Context, dir string, o Options, migrations fs.FS) (opened *Store, err error) {
	s := &Store{dir: dir, readOnly: o.ReadOnly, clock: evidence.NewClock(), orgs: map[string]*Org{}, lent: map[string]int{}}
	if s.files = o.Blobs; s.files == nil {
		s.files = folderBlobs{filepath.Join(dir, blobsName)}
	}
	s.write = &writers{s: s, each: map[int64]*writer{}}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if !o.restoring {
		if err := isRestoring(dir); err != nil {
			return nil, err
		}
	}
	if !s.readOnly {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, s.fault("opening the store", err)
		}
	}
	if o.Postgres != "" {
		err = openPostgres(ctx, s, o, migrations)
	} else {
		if !s.readOnly {
			if s.lock, err = s.takeLock(ctx, o.Wait); err != nil {
				return nil, err
			}
		}
		err = openSQLite(ctx, s, migrations)
	}
	if err == nil && !s.readOnly {
		err = s.fault("opening the store", s.openPending(ctx))
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// databaseWords names what holds the records for people.
func (s *Store) databaseWords() string {
	if e, ok := s.db.(*postgres); ok {
		return e.words()
	}
	return filepath.Join(s.dir, databaseName)
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
