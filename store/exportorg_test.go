// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

const passphrase = "larkspur heron copper"

func export(t testing.TB, o *store.Org, opts store.ExportOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := o.Export(context.Background(), &b, opts); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestExport_SameBytesAcrossEngines takes an organisation from each engine to
// each, twice, and demands the same bytes, with its key and without.
func TestExport_SameBytesAcrossEngines(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for from, home := range store.Engines() {
		s := open(t, home(t), store.Options{})
		create(t, s, "neighbour")
		o := create(t, s, "acme")
		varied(t, o)
		sealed, plain := export(t, o, store.ExportOptions{Passphrase: passphrase}), export(t, o, store.ExportOptions{})
		if again := export(t, o, store.ExportOptions{Passphrase: passphrase}); !bytes.Equal(again, sealed) {
			t.Fatalf("%s: the same organisation gave two exports", from)
		}
		if bytes.Contains(sealed, []byte("PRIVATE")) || bytes.Contains(plain, []byte("PRIVATE")) {
			t.Fatal("a private key stands in the export")
		}
		for to, home := range store.Engines() {
			t.Run(from+"To"+to, func(t *testing.T) {
				dir := home(t)
				s := open(t, dir, store.Options{})
				create(t, s, "first")
				got, err := s.ImportOrg(ctx, bytes.NewReader(sealed), store.ImportOptions{Passphrase: passphrase, Key: o.Log().PublicKey()})
				if err != nil {
					t.Fatal(err)
				}
				v := verified(t, got)
				if v.Signed != v.Size || !v.KeyState || v.Erased != 2 || v.Blobs == 0 || v.Records == 0 {
					t.Errorf("what was imported: %+v", v)
				}
				if again := export(t, got, store.ExportOptions{Passphrase: passphrase}); !bytes.Equal(again, sealed) {
					t.Error("what was imported gives another export")
				}
				if _, err := s.ImportOrg(ctx, bytes.NewReader(sealed), store.ImportOptions{Passphrase: passphrase}); problem.Of(err) != problem.Conflict {
					t.Errorf("a second import: %v", err)
				}
				goesOn(t, s, dir, v.Size)
				readsOnly(t, home(t), plain, sealed)
			})
		}
	}
}

// goesOn writes to an imported organisation, before and after reopening.
func goesOn(t *testing.T, s *store.Store, dir string, size int64) {
	t.Helper()
	ctx := context.Background()
	for range 2 {
		o, err := s.Org(ctx, "acme")
		if err != nil {
			t.Fatal(err)
		}
		err = o.Update(ctx, func(tx *store.Tx) error {
			return tx.Put("risk", "r-new", 1, store.Event{Kind: "risk.raised", Actor: alice})
		})
		if err != nil {
			t.Fatal(err)
		}
		if size++; verified(t, o).Size != size {
			t.Errorf("the log did not go on at entry %d", size)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if left, err := leftPending(dir); err != nil || len(left) > 0 {
			t.Errorf("left in pending: %v %v", left, err)
		}
		s = open(t, dir, store.Options{})
	}
	s.Close()
}

// readsOnly imports without the key.
func readsOnly(t *testing.T, dir string, plain, sealed []byte) {
	t.Helper()
	ctx := context.Background()
	s := open(t, dir, store.Options{})
	if _, err := s.ImportOrg(ctx, bytes.NewReader(sealed), store.ImportOptions{}); problem.Of(err) != problem.Usage {
		t.Errorf("a sealed key without its passphrase: %v", err)
	}
	if _, err := s.ImportOrg(ctx, bytes.NewReader(sealed), store.ImportOptions{Passphrase: passphrase + "x"}); problem.Of(err) != problem.Denied {
		t.Errorf("another passphrase: %v", err)
	}
	if _, err := s.ImportOrg(ctx, bytes.NewReader(sealed), store.ImportOptions{WithoutKey: true}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		o, err := s.Org(ctx, "acme")
		if err != nil {
			t.Fatal(err)
		}
		verified(t, o)
		if again := export(t, o, store.ExportOptions{}); !bytes.Equal(again, plain) {
			t.Error("what was imported without its key gives another export")
		}
		if err := o.Export(ctx, io.Discard, store.ExportOptions{Passphrase: passphrase}); problem.Of(err) != problem.Denied {
			t.Errorf("exporting a key that is not there: %v", err)
		}
		if _, err := o.Log().Checkpoint(ctx); err != nil {
			t.Error(err)
		}
		if _, err := o.Log().Receipt(ctx, 3); err != nil {
			t.Error(err)
		}
		err = o.Update(ctx, func(tx *store.Tx) error { return nil })
		if _, perr := o.PutBlob(ctx, strings.NewReader("x"), "txt"); problem.Of(err) != problem.Denied || problem.Of(perr) != problem.Denied {
			t.Errorf("a copy without a key was changed: %v, %v", err, perr)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, dir, store.Options{})
	}
	ro := open(t, dir, store.Options{ReadOnly: true})
	o, err := ro.Org(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	verified(t, o)
}

// TestImport_EveryFlippedByteIsRefused changes each byte of an export in turn,
// and cuts it after each part. Nothing of it may be in the store afterwards.
func TestImport_EveryFlippedByteIsRefused(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	s := open(t, dir, store.Options{})
	o := create(t, s, "acme")
	b, err := o.PutBlob(ctx, strings.NewReader("a snapshot"), "txt")
	if err != nil {
		t.Fatal(err)
	}
	err = o.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Put("risk", "r-1", 9, store.Event{Kind: "risk.raised", Actor: alice}); err != nil {
			return err
		}
		_, err := tx.Append(store.Event{Kind: "noted", Object: "note/1", Actor: alice, Blob: b})
		return err
	})
	if err == nil {
		err = o.Update(ctx, func(tx *store.Tx) error { return tx.Erase(1, store.Event{Actor: alice}) })
	}
	if err != nil {
		t.Fatal(err)
	}
	file := export(t, o, store.ExportOptions{})
	to := t.TempDir()
	s = open(t, to, store.Options{})
	refused := func(what string, b []byte, at int) {
		t.Helper()
		_, err := s.ImportOrg(ctx, bytes.NewReader(b), store.ImportOptions{Passphrase: passphrase})
		if k := problem.Of(err); k != problem.Integrity && k != problem.Invalid {
			t.Fatalf("%s at %d: %v", what, at, err)
		}
		if !regexp.MustCompile(`part [a-z]+|entry \d|body \d|blob [0-9a-f]`).MatchString(err.Error()) {
			t.Fatalf("%s at %d: no part is named: %v", what, at, err)
		}
	}
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= 1 << (i % 8)
		refused("flipped", bad, i)
	}
	for at := 0; at < len(file); at += 97 {
		refused("cut", file[:at], at)
	}
	refused("longer", append(bytes.Clone(file), '\n'), len(file))
	if ids, err := s.Orgs(ctx); err != nil || len(ids) > 0 {
		t.Errorf("Orgs = %v, %v", ids, err)
	}
	for _, sub := range []string{"pending/*", "blobs/*", "keys/*.key*"} {
		if left, _ := filepath.Glob(filepath.Join(to, sub)); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	if _, err := s.ImportOrg(ctx, bytes.NewReader(file), store.ImportOptions{}); err != nil {
		t.Errorf("the file as it was written: %v", err)
	}
}

func TestImport_SealedKeyThatWasChanged(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, t.TempDir(), store.Options{})
	file := export(t, create(t, s, "acme"), store.ExportOptions{Passphrase: passphrase})
	at := bytes.Index(file, []byte("part key "))
	to := open(t, t.TempDir(), store.Options{})
	for i := at; i < at+bytes.IndexByte(file[at+200:], '\n')+200; i += 7 {
		bad := bytes.Clone(file)
		bad[i] ^= 1
		if _, err := to.ImportOrg(ctx, bytes.NewReader(bad), store.ImportOptions{Passphrase: passphrase}); problem.Of(err) != problem.Integrity || !strings.Contains(err.Error(), "part key") {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
	if err := create(t, s, "beta").Export(ctx, io.Discard, store.ExportOptions{Passphrase: "short"}); problem.Of(err) != problem.Usage {
		t.Errorf("a short passphrase: %v", err)
	}
}

func TestImport_IsBounded(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, t.TempDir(), store.Options{})
	o := create(t, s, "acme")
	varied(t, o)
	file := export(t, o, store.ExportOptions{})
	to := open(t, t.TempDir(), store.Options{})
	if _, err := to.ImportOrg(ctx, bytes.NewReader(file), store.ImportOptions{Most: 10_000}); problem.Of(err) != problem.Invalid {
		t.Errorf("larger than what is taken: %v", err)
	}
	for name, text := range map[string]string{
		"LargePart":   "demarc export 1\npart organisation 99999999999 " + strings.Repeat("0", 64) + "\n",
		"LongLine":    "demarc export 1\n" + strings.Repeat("x", 10_000),
		"NewerFormat": "demarc export 2\n",
		"NoExport":    "PK\x03\x04",
		"Empty":       "",
	} {
		_, err := to.ImportOrg(ctx, strings.NewReader(text), store.ImportOptions{})
		if k := problem.Of(err); k != problem.Integrity && k != problem.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := create(t, open(t, t.TempDir(), store.Options{}), "acme")
	if _, err := to.ImportOrg(ctx, bytes.NewReader(file), store.ImportOptions{Key: other.Log().PublicKey()}); problem.Of(err) != problem.Integrity {
		t.Errorf("a log of another key: %v", err)
	}
}
