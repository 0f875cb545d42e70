// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// isProblem demands a problem of that kind with a hint, whose sentence holds
// the words.
func isProblem(t *testing.T, err error, kind problem.Kind, words string) {
	t.Helper()
	var p *problem.Problem
	if !errors.As(err, &p) {
		t.Fatalf("%v is no problem", err)
	}
	if p.Kind != kind || !strings.Contains(p.Sentence, words) || p.Hint == "" {
		t.Errorf("problem of kind %v: %q, hint %q; want %v with %q and a hint", p.Kind, p.Sentence, p.Hint, kind, words)
	}
}

func small(t *testing.T, home Home) (dir string) {
	t.Helper()
	dir = home(t)
	s := begin(t, dir)
	o, err := s.CreateOrg(context.Background(), "acme", "ada")
	if err != nil {
		t.Fatal(err)
	}
	note(t, o, 5)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func note(t *testing.T, o *Org, n int) {
	t.Helper()
	for i := range n {
		change(t, o, func(tx *Tx) error {
			if err := tx.Keep("answer", fmt.Sprint("m-", i), Memo{Until: time.Now().Add(time.Hour)}); err != nil {
				return err
			}
			return tx.Put("risk", fmt.Sprint("r-", i), i, Event{Kind: "risk.raised", Actor: "ada"})
		})
	}
}

func read(t Failer, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpen_RefusesADatabaseThatWasPutBack(t *testing.T) {
	t.Parallel()
	Both(t, func(t *testing.T, home Home) {
		ctx, dir := context.Background(), small(t, home)
		old := save(t, dir)
		s := begin(t, dir)
		o, err := s.Org(ctx, "acme")
		if err != nil {
			t.Fatal(err)
		}
		note(t, o, 3)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		newest := save(t, dir)

		putBack(t, dir, old)
		s = begin(t, dir)
		_, err = s.Org(ctx, "acme")
		isProblem(t, err, problem.Integrity, "older state")
		if !errors.Is(err, evidence.ErrRollback) {
			t.Errorf("%v is no rollback", err)
		}
		s.Close()

		// Another future on the old copy: written by one who has set the key's
		// state back too, and then the true state is put back.
		state := filepath.Join(dir, keysName, "acme.key.state")
		truth := read(t, state)
		write(t, state, stateOf(t, home, dir, old))
		putBack(t, dir, old)
		s = begin(t, dir)
		if o, err = s.Org(ctx, "acme"); err != nil {
			t.Fatal(err)
		}
		note(t, o, 5)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		write(t, state, truth)
		s = begin(t, dir)
		_, err = s.Org(ctx, "acme")
		isProblem(t, err, problem.Integrity, "contradicts")
		s.Close()

		putBack(t, dir, newest)
		s = begin(t, dir)
		if _, err = s.Org(ctx, "acme"); err != nil {
			t.Errorf("the newest database is refused: %v", err)
		}
	})
}

// stateOf gives the state that the key had when the database was copied: it is
// made by signing the copy's log with the key and a fresh state.
func stateOf(t *testing.T, home Home, dir string, database saved) []byte {
	t.Helper()
	ctx, other := context.Background(), home(t)
	putBack(t, other, database)
	if err := os.MkdirAll(filepath.Join(other, keysName), 0o700); err != nil {
		t.Fatal(err)
	}
	origin, err := evidence.Origin("acme", newPeriod(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := evidence.CreateSigner(filepath.Join(other, keysName, "fresh"), origin)
	if err != nil {
		t.Fatal(err)
	}
	fresh.Close()
	key := filepath.Join(other, keysName, "acme.key")
	write(t, key, read(t, filepath.Join(dir, keysName, "acme.key")))
	write(t, key+".state", read(t, filepath.Join(other, keysName, "fresh.state")))
	root := evidence.EmptyRoot()
	behind(t, other, fmt.Sprintf(`UPDATE head SET size = 0, root = x'%x', note = x''`, root[:]))
	s := begin(t, other)
	if _, err := s.Org(ctx, "acme"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return read(t, key+".state")
}

func newPeriod(t *testing.T, dir string) string {
	t.Helper()
	public, err := evidence.ParseKey(read(t, filepath.Join(dir, keysName, "acme.key.pub")))
	if err != nil {
		t.Fatal(err)
	}
	_, period, err := evidence.ParseOrigin(evidence.KeyName(public))
	if err != nil {
		t.Fatal(err)
	}
	return period
}

func TestOpen_SignsWhatACrashLeftUnsigned(t *testing.T) {
	t.Parallel()
	Both(t, func(t *testing.T, home Home) {
		ctx, dir := context.Background(), small(t, home)
		for name, harm := range map[string]func(s *Store, o *Org) error{
			"AfterTheCommit": func(s *Store, o *Org) error { return nil },
			"AfterTheSignature": func(s *Store, o *Org) error {
				var before head
				before, err := o.q.head(ctx)
				if err != nil {
					return err
				}
				if _, err := o.publish(ctx); err != nil {
					return err
				}
				behind(t, dir, fmt.Sprintf(`UPDATE head SET size = %d, root = x'%x', note = x'%x'`, before.size, before.root[:], before.note))
				return nil
			},
		} {
			t.Run(name, func(t *testing.T) {
				s := begin(t, dir)
				o, err := s.Org(ctx, "acme")
				if err != nil {
					t.Fatal(err)
				}
				note(t, o, 3)
				if err := harm(s, o); err != nil {
					t.Fatal(err)
				}
				abandonStore(t, s)
				s = begin(t, dir)
				if o, err = s.Org(ctx, "acme"); err != nil {
					t.Fatal(err)
				}
				size, err := o.Log().Size(ctx)
				if err != nil {
					t.Fatal(err)
				}
				h, err := o.q.head(ctx)
				if err != nil || h.size != size {
					t.Errorf("signed are %d of %d entries: %v", h.size, size, err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			})
		}
	})
}

// abandonStore ends a store without signing, as a crash would.
func abandonStore(t *testing.T, s *Store) {
	t.Helper()
	s.mu.Lock()
	for _, o := range s.orgs {
		if err := o.closeSigner(); err != nil {
			t.Fatal(err)
		}
	}
	clear(s.orgs)
	s.mu.Unlock()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpen_OneWriterAtATime(t *testing.T) {
	t.Parallel()
	Both(t, func(t *testing.T, home Home) {
		ctx, dir := context.Background(), small(t, home)
		s := begin(t, dir)
		if !s.db.shared() {
			_, err := Open(ctx, dir, Options{Wait: -1})
			isProblem(t, err, problem.Unavailable, "in use by another process")
		}

		beside, err := Open(ctx, dir, At(dir, Options{ReadOnly: true}))
		if err != nil {
			t.Fatal(err)
		}
		defer beside.Close()
		w, err := s.Org(ctx, "acme")
		if err != nil {
			t.Fatal(err)
		}
		r, err := beside.Org(ctx, "acme")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 50 { // the reader sees each change as soon as it is durable
			change(t, w, func(tx *Tx) error {
				return tx.Put("policy", "p-1", i, Event{Kind: "policy.changed", Actor: "ada"})
			})
			var got int
			if err := r.Get(ctx, "policy", "p-1", &got); err != nil || got != i {
				t.Fatalf("the reader sees %d after %d was written: %v", got, i, err)
			}
		}
		before, err := r.Log().Size(ctx)
		if err != nil {
			t.Fatal(err)
		}
		err = r.View(ctx, func(v *View) error { // and one state within a View
			var first, second int
			if err := v.Get(ctx, "policy", "p-1", &first); err != nil {
				return err
			}
			change(t, w, func(tx *Tx) error { return tx.Delete("policy", "p-1", Event{Kind: "policy.gone", Actor: "ada"}) })
			if err := v.Get(ctx, "policy", "p-1", &second); err != nil || first != second {
				t.Errorf("within a View the record was %d and then %d: %v", first, second, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if after, err := r.Log().Size(ctx); err != nil || after != before+1 {
			t.Errorf("the reader counts %d entries, want %d: %v", after, before+1, err)
		}
		if v, err := r.Log().Verify(ctx); err != nil || v.Err() != nil {
			t.Errorf("Verify beside the writer: %v %v", err, v)
		}
		readOnlyRefuses(t, beside, r)
	})
}

func readOnlyRefuses(t *testing.T, s *Store, o *Org) {
	t.Helper()
	ctx := context.Background()
	isUnavailable := func(what string, err error) {
		if problem.Of(err) != problem.Unavailable {
			t.Errorf("%s of a store that is open for reading: %v", what, err)
		}
	}
	_, err := s.CreateOrg(ctx, "other", "ada")
	isUnavailable("CreateOrg", err)
	isUnavailable("Update", o.Update(ctx, func(*Tx) error { return nil }))
	_, err = o.PutBlob(ctx, strings.NewReader("x"), "txt")
	isUnavailable("PutBlob", err)
	_, err = o.Log().Pack(ctx, new(bytes.Buffer), evidence.PackOptions{})
	isUnavailable("Pack", err)
	size, err := o.Log().Size(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Log().Receipt(ctx, size-1) // the writer has not signed it yet
	isProblem(t, err, problem.Unavailable, "not signed yet")
	if _, err := o.Log().Receipt(ctx, 0); err != nil {
		t.Errorf("Receipt of a signed entry: %v", err)
	}
}

func TestUpdate_ALockOfAnotherProgram(t *testing.T) {
	ctx, dir := context.Background(), small(t, folder)
	s := begin(t, dir)
	o, err := s.Org(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	if err := sqliteOf(s).exec(waitBriefly); err != nil { // five seconds otherwise
		t.Fatal(err)
	}
	foreign, err := openDatabase(filepath.Join(dir, databaseName), writing)
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Close()
	if _, err := foreign.Exec(beginWrite); err != nil {
		t.Fatal(err)
	}
	put := func(tx *Tx) error { return tx.Put("risk", "r-x", 1, Event{Kind: "risk.raised", Actor: "ada"}) }
	isProblem(t, o.Update(ctx, put), problem.Unavailable, "in use by another process")
	if _, err := foreign.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	change(t, o, put)
	if v, err := o.Log().Verify(ctx); err != nil || v.Err() != nil {
		t.Errorf("%+v %v", v, err)
	}
}

func TestOpen_WhatIsNoStore(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	_, err := Open(ctx, filepath.Join(dir, "nowhere"), Options{ReadOnly: true})
	isProblem(t, err, problem.NotFound, "there is no store")

	path := filepath.Join(dir, databaseName)
	write(t, path, bytes.Repeat([]byte("no database "), 1000))
	_, err = Open(ctx, dir, Options{})
	isProblem(t, err, problem.Integrity, "is damaged")

	write(t, path, nil)
	_, err = Open(ctx, dir, Options{})
	isProblem(t, err, problem.Integrity, "is empty")
	_, err = Open(ctx, dir, Options{ReadOnly: true})
	isProblem(t, err, problem.Integrity, "is empty")

	dir = small(t, folder)
	if err := os.Truncate(filepath.Join(dir, databaseName), 20000); err != nil {
		t.Fatal(err)
	}
	s, err := Open(ctx, dir, Options{})
	if err == nil {
		_, err = s.Org(ctx, "acme")
		s.Close()
	}
	isProblem(t, err, problem.Integrity, "")

	for _, gone := range []string{"acme.key", "acme.key.state"} {
		dir = small(t, folder)
		if err := os.Remove(filepath.Join(dir, keysName, gone)); err != nil {
			t.Fatal(err)
		}
		s = begin(t, dir)
		_, err = s.Org(ctx, "acme")
		isProblem(t, err, problem.Integrity, gone)
	}
	_, err = s.Org(ctx, "nobody")
	isProblem(t, err, problem.NotFound, "nobody")
}
