// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"

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
	err = db.row(ctx, directory, `SELECT coalesce(max(version_id), 0) FROM goose_db_version`, nil, &version)
	return version, err
}

// otherSchema refuses a schema that is newer than the program, and an older
// one that may only be read; nil when it is to be migrated.
func otherSchema(what string, version, newest int64, readOnly bool) error {
	switch {
	case version > newest:
		return problem.Newf(problem.Conflict, "%s was written by a newer program: its schema is %d, this program knows %d", what, version, newest).
			WithHint("use the newer program")
	case version < newest && readOnly:
		return problem.Newf(problem.Conflict, "%s was written by an older program: its schema is %d, this program needs %d", what, version, newest).
			WithHint("run a command that writes, which brings it up to date")
	}
	return nil
}

// migrationFailed names the migration that did not go through.
func migrationFailed(what string, err error) error {
	sentence := what + " could not be brought to the schema of this program; it stands as it was"
	if failed := (*goose.PartialError)(nil); errors.As(err, &failed) && failed.Failed != nil {
		sentence += "; the migration that failed is " + filepath.Base(failed.Failed.Source.Path)
	}
	return problem.New(problem.Conflict, sentence, "go on with the older program and report this").Wrap(err)
}
