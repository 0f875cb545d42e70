// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// noIndex makes it impossible to make the index file of a write-ahead log, for
// root as for anybody: its name leads nowhere.
func noIndex(t *testing.T, dir string) {
	t.Helper()
	if err := os.Symlink(filepath.Join(dir, "nowhere", "index"), filepath.Join(dir, databaseName+"-shm")); err != nil {
		t.Fatal(err)
	}
}

// TestOpen_WhereNothingCanBeWritten reads a store beside which no file can be
// made, as on a disk that can only be read or is full.
func TestOpen_WhereNothingCanBeWritten(t *testing.T) {
	ctx, dir := context.Background(), small(t, folder)
	want, err := os.ReadFile(filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	noIndex(t, dir)
	s, err := Open(ctx, dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if sqliteOf(s).unchanged == nil {
		t.Fatal("an index was made after all: this test shows nothing")
	}
	o, err := s.Org(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	if size, err := o.Log().Size(ctx); err != nil || size == 0 {
		t.Errorf("%d entries, %v", size, err)
	}
	if v, err := o.Log().Verify(ctx); err != nil || v.Err() != nil {
		t.Errorf("%+v %v", v, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if got := read(t, filepath.Join(dir, databaseName)); !bytes.Equal(got, want) {
		t.Error("reading changed the database")
	}

	// Somebody who can write changes it meanwhile.
	if s, err = Open(ctx, dir, Options{ReadOnly: true}); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(dir, databaseName), at, at); err != nil {
		t.Fatal(err)
	}
	isProblem(t, s.Close(), problem.Unavailable, "was changed while it was read")

	// Changes stand in the log that cannot be read without an index.
	write(t, filepath.Join(dir, databaseName+"-wal"), []byte("changes"))
	_, err = Open(ctx, dir, Options{ReadOnly: true})
	isProblem(t, err, problem.Unavailable, "demarc.db-wal")
}

func TestOpen_ReadingMakesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "store")
	_, err := Open(context.Background(), dir, Options{ReadOnly: true})
	isProblem(t, err, problem.NotFound, "there is no store")
	if _, err := os.Stat(filepath.Dir(dir)); !os.IsNotExist(err) {
		t.Errorf("a folder was made: %v", err)
	}
}

func TestRecord_ThatIsDamaged(t *testing.T) {
	ctx, dir := context.Background(), small(t, folder)
	s := begin(t, dir)
	o, err := s.Org(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	change(t, o, func(tx *Tx) error {
		return tx.Put("risk", "r1", map[string]string{"title": "x"}, Event{Kind: "risk.raised", Actor: "ada"})
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := openDatabase(filepath.Join(dir, databaseName), building)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`UPDATE record SET value = x'dd7b' WHERE id = 'r1'`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(ctx, dir, Options{ReadOnly: true}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if o, err = s.Org(ctx, "acme"); err != nil {
		t.Fatal(err)
	}
	var into any
	clear := func(err error) {
		t.Helper()
		isProblem(t, err, problem.Integrity, databaseName)
		if err != nil && strings.Contains(err.Error(), "invalid character") {
			t.Errorf("it speaks of its insides: %v", err)
		}
		if p := (*problem.Problem)(nil); !errors.As(err, &p) || !strings.Contains(p.Hint, "demarc evidence check") {
			t.Errorf("no hint at what checks it: %+v", p)
		}
	}
	clear(o.Get(ctx, "risk", "r1", &into))
	var last error
	for _, err := range o.List(ctx, "risk") {
		last = err
	}
	clear(last)
	if v, err := o.Log().Verify(ctx); err != nil || v.Err() == nil {
		t.Errorf("verifying finds nothing: %+v %v", v, err)
	}
}

// TestBlob_GoneOrChanged: what an entry names and is not there is a loss.
func TestBlob_GoneOrChanged(t *testing.T) {
	ctx, dir := context.Background(), small(t, folder)
	s := begin(t, dir)
	o, err := s.Org(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	b, err := o.PutBlob(ctx, strings.NewReader(`{"a":1}`), "json")
	if err != nil {
		t.Fatal(err)
	}
	change(t, o, func(tx *Tx) error {
		_, err := tx.Append(Event{Kind: "risk.drawn", Actor: "ada", Object: "risk/r1", Blob: b})
		return err
	})
	path := o.blobPath(b.Digest)
	write(t, path, []byte("\xddgarbage"))
	_, err = o.OpenBlob(b.Digest)
	isProblem(t, err, problem.Integrity, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err = o.OpenBlob(b.Digest)
	if problem.Of(err) != problem.NotFound {
		t.Errorf("a blob that nobody named to it: %v", err)
	}
	_, err = o.Log().Pack(ctx, io.Discard, evidence.PackOptions{})
	isProblem(t, err, problem.Integrity, path)
}
