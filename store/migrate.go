// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// newestMigration gives the schema that the program knows: the number at the
// head of the last file's name.
func newestMigration(migrations fs.FS) (newest int64, err error) {
	err = fs.WalkDir(migrations, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		number, _, _ := strings.Cut(path.Base(name), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		newest = max(newest, n)
		return err
	})
	return newest, err
}

// schemaVersion gives the schema of a store.
func schemaVersion(ctx context.Context, db queryer) (version int64, err error) {
	st, err := db.prepared(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version`)
	if err != nil {
		return 0, err
	}
	return version, st.QueryRowContext(ctx).Scan(&version)
}

// migrate brings the database file from, or an empty one, to the newest
// schema and puts it at to. It works on a copy: when it fails, or the machine
// does, the old file stands there as it was.
func (s *Store) migrate(ctx context.Context, from, to string, migrations fs.FS) error {
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
	if err := s.runMigrations(ctx, next, migrations); err != nil {
		return err
	}
	if from != "" {
		s.disconnect()
		if err := foldLog(ctx, from); err != nil {
			return s.fault("migrating the store", err)
		}
	}
	if err := os.Rename(next, to); err != nil {
		return s.fault("migrating the store", err)
	}
	return s.fault("migrating the store", evidence.SyncDir(s.dir))
}

func (s *Store) runMigrations(ctx context.Context, file string, migrations fs.FS) error {
	const what = "migrating the store"
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
	sentence := "the store " + s.dir + " could not be brought to the schema of this program; it stands as it was"
	if failed := (*goose.PartialError)(nil); errors.As(err, &failed) && failed.Failed != nil {
		sentence += "; the migration that failed is " + filepath.Base(failed.Failed.Source.Path)
	}
	return problem.New(problem.Conflict, sentence, "go on with the older program and report this").Wrap(err)
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
