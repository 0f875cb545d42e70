// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"io/fs"
	"path/filepath"
	"testing"
	"testing/fstest"

	"demarc.dev/demarc/problem"
)

// later is the migrations with one more.
func later(t *testing.T, sql string) fs.FS {
	t.Helper()
	return oneMore(t, sqliteMigrations, migrationDir, sql)
}

func oneMore(t *testing.T, all fs.FS, dir, sql string) fs.FS {
	t.Helper()
	out := fstest.MapFS{dir + "/9000_more.sql": {Data: []byte("-- +goose Up\n" + sql)}}
	names, err := fs.Glob(all, dir+"/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(all, name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = &fstest.MapFile{Data: data}
	}
	return out
}

func TestOpen_AFailedMigrationLeavesTheOldFile(t *testing.T) {
	ctx, dir := context.Background(), small(t, folder)
	path := filepath.Join(dir, databaseName)
	before := read(t, path)
	_, err := open(ctx, dir, Options{}, later(t, "CREATE TABLE more (x INTEGER) STRICT;\nUPDATE record SET value = NULL;\n"))
	isProblem(t, err, problem.Conflict, "9000_more.sql")
	if !bytes.Equal(before, read(t, path)) {
		t.Error("the database file changed")
	}
	if left, err := filepath.Glob(path + "*"); err != nil || len(left) != 1 {
		t.Errorf("files are left: %v, %v", left, err)
	}
	s := begin(t, dir)
	if _, err := s.Org(ctx, "acme"); err != nil {
		t.Errorf("the older program does not go on: %v", err)
	}
}

func TestOpen_Migrates(t *testing.T) {
	ctx, dir := context.Background(), small(t, folder)
	newer := later(t, "ALTER TABLE record ADD COLUMN more INTEGER;\n")
	_, err := open(ctx, dir, Options{ReadOnly: true}, newer)
	isProblem(t, err, problem.Conflict, "older program")
	s, err := open(ctx, dir, Options{}, newer)
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.Org(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	note(t, o, 6)
	v, err := o.Log().Verify(ctx)
	if err != nil || v.Err() != nil || v.Records != 6 {
		t.Errorf("after the migration: %+v %v", v, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(ctx, dir, Options{})
	isProblem(t, err, problem.Conflict, "newer program")
}
