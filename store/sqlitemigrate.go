// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// openSQLite opens the file in the store's folder, after it has been created
// or migrated if that was needed.
func openSQLite(ctx context.Context, s *Store, migrations fs.FS) error {
	e := &sqlite{s: s, path: filepath.Join(s.dir, databaseName)}
	s.db = e
	if err := e.open(ctx, migrations); err != nil {
		return err
	}
	if s.readOnly {
		return nil
	}
	return s.fault("opening the store", e.connectWriter(ctx))
}

func (e *sqlite) open(ctx context.Context, migrations fs.FS) error {
	s := e.s
	if file, err := os.Stat(e.path); errors.Is(err, fs.ErrNotExist) {
		if s.readOnly {
			return problem.Newf(problem.NotFound, "there is no store in %s", s.dir).
				WithHint("check the directory, or begin with a command that writes")
		}
		if err := e.migrate(ctx, "", e.path, migrations); err != nil {
			return err
		}
	} else if err != nil {
		return s.fault("opening the store", err)
	} else if file.Size() == 0 {
		return problem.Newf(problem.Integrity, "%s is empty: not a byte of a database is in it", e.path).
			WithHint("put back the last backup; where there never was a store, move that file away to begin one")
	}
	newest, err := newestMigration(migrations)
	if err != nil {
		return err
	}
	version, err := e.greet(ctx)
	switch {
	case isNoTable(err):
		return problem.Newf(problem.Conflict, "%s is a database, but not one of Demarc", e.path).
			WithHint("check the directory; move that file away to begin a new store")
	case err != nil:
		return s.fault("opening the store", err)
	case version != newest:
		if err := otherSchema("the store "+s.dir, version, newest, s.readOnly); err != nil {
			return err
		}
	default:
		return nil
	}
	if err := e.migrate(ctx, e.path, e.path, migrations); err != nil {
		return err
	}
	e.disconnect()
	return s.fault("opening the store", e.connect(readOnly))
}

// greet opens the connections and asks the first question. Beside a write-ahead
// log a reader needs an index file. Where none can be made, because the disk can
// only be read or is full, and no log is there, nothing writes: then the
// database is read as a file that does not change.
func (e *sqlite) greet(ctx context.Context) (version int64, err error) {
	s, path := e.s, e.path
	if err := e.connect(readOnly); err != nil {
		return 0, err
	}
	version, err = schemaVersion(ctx, e.read)
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
	e.disconnect()
	if e.unchanged, err = os.Stat(path); err != nil {
		return 0, err
	}
	if err := e.connect(still); err != nil {
		return 0, err
	}
	return schemaVersion(ctx, e.read)
}

// stillUnchanged tells whether a database that was read as a file that does not
// change did not.
func (e *sqlite) stillUnchanged() error {
	if e.unchanged == nil {
		return nil
	}
	s, path := e.s, e.path
	now, err := os.Stat(path)
	log, lerr := os.Stat(path + "-wal")
	same := err == nil && now.Size() == e.unchanged.Size() && now.ModTime().Equal(e.unchanged.ModTime())
	if same && (lerr != nil || log.Size() == 0) {
		return nil
	}
	return problem.Newf(problem.Unavailable, "the store %s was changed while it was read where nothing can be written: what was shown may not be one state of it", s.dir).Wrap(err).
		WithHint("do it again when nothing writes to it")
}

// migrate brings the database file from, or an empty one, to the newest
// schema and puts it at to. It works on a copy: when it fails, or the machine
// does, the old file stands there as it was.
func (e *sqlite) migrate(ctx context.Context, from, to string, migrations fs.FS) error {
	s := e.s
	next := filepath.Join(s.dir, databaseName+".next")
	if err := removeDatabase(next); err != nil {
		return s.fault("migrating the store", err)
	}
	defer removeDatabase(next)
	if from != "" {
		if err := copyDatabase(ctx, from, next); err != nil {
			return s.fault("copying the store before its migration", err)
		}
	}
	if err := e.runMigrations(ctx, next, migrations); err != nil {
		return err
	}
	if from != "" {
		e.disconnect()
		if err := foldLog(ctx, from); err != nil {
			return s.fault("migrating the store", err)
		}
	}
	if err := os.Rename(next, to); err != nil {
		return s.fault("migrating the store", err)
	}
	return s.fault("migrating the store", evidence.SyncDir(s.dir))
}

func (e *sqlite) runMigrations(ctx context.Context, file string, migrations fs.FS) error {
	const what = "migrating the store"
	s := e.s
	db, err := openDatabase(file, building)
	if err != nil {
		return s.fault(what, err)
	}
	defer db.Close()
	files, err := fs.Sub(migrations, migrationDir)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(gooseDialect, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return s.fault(what, err)
	}
	if _, err = provider.Up(ctx); err == nil {
		return s.fault(what, db.Close())
	}
	if p := s.fault(what, err); problem.Of(p) != problem.Internal {
		return p
	}
	return migrationFailed("the store "+s.dir, err)
}

// removeDatabase removes a database file and what SQLite may have put beside it.
func removeDatabase(file string) error {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(file + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
