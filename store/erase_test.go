// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// holds tells in which files below dir the words stand.
func holds(t *testing.T, dir, words string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if bytes.Contains(read(t, path), []byte(words)) {
			files = append(files, filepath.Base(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestErase_LeavesNoByte erases a person, a body in the database and one in a
// file, and looks for their bytes in every file while the store is still open.
// The files of a PostgreSQL server are not looked at: doc.go says what it keeps.
func TestErase_LeavesNoByte(t *testing.T) {
	t.Parallel()
	Both(t, func(t *testing.T, home Home) {
		ctx, dir := context.Background(), home(t)
		s := begin(t, dir)
		o, err := s.CreateOrg(ctx, "acme", "root")
		if err != nil {
			t.Fatal(err)
		}
		_, elsewhere := databases.Load(dir)
		const person, inside, outside = "mallory@example.org", "what stood in the database", "what stood in a file"
		blob, err := o.PutBlob(ctx, strings.NewReader(outside), "txt")
		if err != nil {
			t.Fatal(err)
		}
		var first, second int64
		change(t, o, func(tx *Tx) (err error) {
			if first, err = tx.Append(Event{Kind: "noted", Object: "note/1", Actor: person, Body: []byte(inside)}); err == nil {
				second, err = tx.Append(Event{Kind: "noted", Object: "note/2", Actor: person, Blob: blob})
			}
			return err
		})
		for _, words := range []string{person, inside, outside} {
			if len(holds(t, dir, words)) == 0 && !elsewhere {
				t.Fatalf("%q is nowhere before it is erased: this test would prove nothing", words)
			}
		}
		before, err := o.Log().Receipt(ctx, first)
		if err != nil {
			t.Fatal(err)
		}
		change(t, o, func(tx *Tx) error {
			return errors.Join(
				tx.Forget(person, Event{Actor: "root", Body: []byte(`{"basis":"request of the person"}`), Ext: "json"}),
				tx.Erase(first, Event{Actor: "root"}),
				tx.Erase(second, Event{Actor: "root"}))
		})
		for _, words := range []string{person, inside, outside} {
			if left := holds(t, dir, words); len(left) > 0 {
				t.Errorf("%q still stands in %v", words, left)
			}
		}
		for _, index := range []int64{first, second} {
			if _, err := o.Log().Body(ctx, index); problem.Of(err) != problem.NotFound || !strings.Contains(err.Error(), "lawfully erased") {
				t.Errorf("Body of an erased entry: %v", err)
			}
		}
		if _, err := o.OpenBlob(blob.Digest); problem.Of(err) != problem.NotFound {
			t.Errorf("OpenBlob of an erased one: %v", err)
		}
		v, err := o.Log().Verify(ctx)
		if err != nil || v.Err() != nil || v.Erased != 3 {
			t.Errorf("%+v %v", v, err)
		}
		if _, err := evidence.VerifyReceipt(before, o.Log().PublicKey()); err != nil {
			t.Errorf("a receipt from before: %v", err)
		}
		refusals(t, o, first, person)
	})
}

func refusals(t *testing.T, o *Org, erased int64, forgotten Actor) {
	t.Helper()
	ctx := context.Background()
	var record, fresh int64
	change(t, o, func(tx *Tx) (err error) {
		if err := tx.Put("risk", "r-9", 1, Event{Kind: "risk.raised", Actor: "root"}); err != nil {
			return err
		}
		rec, err := tx.Record(ctx, "risk", "r-9")
		record = rec.Entry()
		return err
	})
	for name, tt := range map[string]struct {
		kind problem.Kind
		do   func(tx *Tx) error
	}{
		"Twice":         {problem.Conflict, func(tx *Tx) error { return tx.Erase(erased, Event{Actor: "root"}) }},
		"PresentRecord": {problem.Conflict, func(tx *Tx) error { return tx.Erase(record, Event{Actor: "root"}) }},
		"Person":        {problem.Conflict, func(tx *Tx) error { return tx.Erase(0, Event{Actor: "root"}) }},
		"Nowhere":       {problem.NotFound, func(tx *Tx) error { return tx.Erase(1<<40, Event{Actor: "root"}) }},
		"Unknown":       {problem.NotFound, func(tx *Tx) error { return tx.Forget(forgotten, Event{Actor: "root"}) }},
		"OwnKind": {problem.Invalid, func(tx *Tx) error {
			_, err := tx.Append(Event{Kind: evidence.KindErasure, Object: "entry/1", Actor: "root"})
			return err
		}},
		"OwnBody": {problem.Invalid, func(tx *Tx) error {
			_, err := tx.Append(Event{Kind: "noted", Object: "note/3", Actor: "root", Body: recordBody("risk", "r-1", []byte("1"))})
			return err
		}},
		"SameChange": {problem.Invalid, func(tx *Tx) (err error) {
			if fresh, err = tx.Append(Event{Kind: "noted", Object: "note/3", Actor: "root"}); err != nil {
				return err
			}
			return tx.Erase(fresh, Event{Actor: "root"})
		}},
	} {
		if err := o.Update(ctx, tt.do); problem.Of(err) != tt.kind {
			t.Errorf("%s: %v, want %v", name, err, tt.kind)
		}
	}
	if v, err := o.Log().Verify(ctx); err != nil || v.Err() != nil {
		t.Errorf("after the refusals: %+v %v", v, err)
	}
}

// TestErase_WaitsForItsBatch erases what waits in the same batch: the writer
// is held up, so that both changes stand in line.
func TestErase_WaitsForItsBatch(t *testing.T) {
	t.Parallel()
	Both(t, func(t *testing.T, home Home) {
		ctx := context.Background()
		s := begin(t, home(t))
		o, err := s.CreateOrg(ctx, "acme", "root")
		if err != nil {
			t.Fatal(err)
		}
		held, release := make(chan struct{}), make(chan struct{})
		results := make(chan error, 3)
		go func() {
			results <- o.Update(ctx, func(tx *Tx) error { close(held); <-release; return nil })
		}()
		<-held
		w, err := s.write.of(o.number)
		if err != nil {
			t.Fatal(err)
		}
		queued := func(n int) {
			for len(w.queue) < n {
				runtime.Gosched()
			}
		}
		go func() {
			results <- o.Update(ctx, func(tx *Tx) error {
				_, err := tx.Append(Event{Kind: "noted", Object: "note/1", Actor: "mallory"})
				return err
			})
		}()
		queued(1)
		go func() {
			results <- o.Update(ctx, func(tx *Tx) error { return tx.Forget("mallory", Event{Actor: "root"}) })
		}()
		queued(2)
		close(release)
		for range 3 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if v, err := o.Log().Verify(ctx); err != nil || v.Err() != nil || v.Erased != 1 {
			t.Errorf("%+v %v", v, err)
		}
	})
}

// TestErase_ABlobOfTwoEntries keeps the file until the last name is erased.
func TestErase_ABlobOfTwoEntries(t *testing.T) {
	t.Parallel()
	Both(t, func(t *testing.T, home Home) {
		ctx := context.Background()
		s := begin(t, home(t))
		o, err := s.CreateOrg(ctx, "acme", "root")
		if err != nil {
			t.Fatal(err)
		}
		var at [2]int64
		var path string
		for i := range at {
			b, err := o.PutBlob(ctx, strings.NewReader("the same"), "txt")
			if err != nil {
				t.Fatal(err)
			}
			path = o.blobPath(b.Digest)
			change(t, o, func(tx *Tx) (err error) {
				at[i], err = tx.Append(Event{Kind: "noted", Object: "note/1", Actor: "root", Blob: b})
				return err
			})
		}
		for i := range at {
			if _, err := os.Stat(path); err != nil {
				t.Fatalf("before erasure %d: %v", i, err)
			}
			change(t, o, func(tx *Tx) error { return tx.Erase(at[i], Event{Actor: "root"}) })
			if v, err := o.Log().Verify(ctx); err != nil || v.Err() != nil {
				t.Errorf("%+v %v", v, err)
			}
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("after both erasures the file is there: %v", err)
		}
	})
}
