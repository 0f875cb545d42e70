// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// installation makes a store of three organisations, one a copy without its
// key, and a file of the program's own beside the keys.
func installation(t testing.TB, dir string) *store.Store {
	t.Helper()
	ctx := context.Background()
	s := open(t, dir, store.Options{})
	varied(t, create(t, s, "acme"))
	create(t, s, "installation")
	other := create(t, open(t, t.TempDir(), store.Options{}), "guest")
	if _, err := s.ImportOrg(ctx, bytes.NewReader(export(t, other, store.ExportOptions{})), store.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "keys", "installation.secret"), []byte("a secret \x00\xff"), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func backup(t testing.TB, s *store.Store, o store.BackupOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Backup(context.Background(), &b, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRestore_FromEachEngineToEach brings a whole store back, twice over, and
// demands that it is the same and goes on.
func TestRestore_FromEachEngineToEach(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for from, home := range store.Engines() {
		s := installation(t, home(t))
		plain, sealed := backup(t, s, store.BackupOptions{}), backup(t, s, store.BackupOptions{Passphrase: passphrase})
		if !bytes.Contains(plain, []byte("part acme/key")) || bytes.Contains(sealed, []byte("UFJJVkFURSt")) { // "PRIVATE+" in base64
			t.Error("keys are missing, or stand open under a passphrase")
		}
		for to, home := range store.Engines() {
			t.Run(from+"To"+to, func(t *testing.T) {
				dir := home(t)
				if _, err := store.Restore(ctx, dir, store.At(dir, store.Options{}), bytes.NewReader(sealed), store.RestoreOptions{Passphrase: "another phrase"}); problem.Of(err) != problem.Denied {
					t.Errorf("another passphrase: %v", err)
				}
				r, err := store.Restore(ctx, dir, store.At(dir, store.Options{}), bytes.NewReader(sealed), store.RestoreOptions{Passphrase: passphrase})
				if err != nil || strings.Join(r.Orgs, " ") != "acme guest installation" || r.Entries == 0 || r.Records == 0 || r.Blobs == 0 {
					t.Fatalf("%+v %v", r, err)
				}
				if _, err := store.Restore(ctx, dir, store.At(dir, store.Options{}), bytes.NewReader(plain), store.RestoreOptions{}); problem.Of(err) != problem.Conflict {
					t.Errorf("onto a store that is there: %v", err)
				}
				got := open(t, dir, store.Options{})
				if again := backup(t, got, store.BackupOptions{}); !bytes.Equal(again, plain) {
					t.Error("what was restored gives another backup")
				}
				if secret, err := os.ReadFile(filepath.Join(dir, "keys", "installation.secret")); err != nil || string(secret) != "a secret \x00\xff" {
					t.Errorf("the file beside the keys: %q %v", secret, err)
				}
				o, err := got.Org(ctx, "acme")
				if err != nil {
					t.Fatal(err)
				}
				goesOn(t, got, dir, verified(t, o).Size)
			})
		}
	}
}

// TestBackup_WhileChangesGoOn takes backups beside six writers, who also erase
// blobs. Each restores to a store that verifies.
func TestBackup_WhileChangesGoOn(t *testing.T) {
	t.Parallel()
	store.Both(t, func(t *testing.T, home store.Home) {
		ctx, cancel := context.WithCancel(context.Background())
		s := open(t, home(t), store.Options{})
		orgs := []*store.Org{create(t, s, "acme"), create(t, s, "zenith")}
		var wg sync.WaitGroup
		for g := range 6 {
			wg.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					if err := writesAndErases(orgs[g%2], fmt.Sprint(g, "-", n)); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		var grown int64
		for range 3 {
			file := backup(t, s, store.BackupOptions{})
			dir := home(t)
			r, err := store.Restore(context.Background(), dir, store.At(dir, store.Options{}), bytes.NewReader(file), store.RestoreOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if r.Entries < grown {
				t.Errorf("a later backup has %d entries, an earlier one %d", r.Entries, grown)
			}
			grown = r.Entries
		}
		cancel()
		wg.Wait()
		for _, o := range orgs {
			if v := verified(t, o); v.Erased == 0 || v.Blobs == 0 {
				t.Errorf("%+v", v)
			}
		}
	})
}

func writesAndErases(o *store.Org, text string) error {
	ctx := context.Background()
	b, err := o.PutBlob(ctx, strings.NewReader(text), "txt")
	if err != nil {
		return err
	}
	var index int64
	err = o.Update(ctx, func(tx *store.Tx) (err error) {
		if err := tx.Put("risk", "r-"+text[:1], text, store.Event{Kind: "risk.changed", Actor: alice}); err != nil {
			return err
		}
		index, err = tx.Append(store.Event{Kind: "noted", Object: "note/1", Actor: alice, Blob: b})
		return err
	})
	if err != nil || text[len(text)-1]%2 == 0 {
		return err
	}
	return o.Update(ctx, func(tx *store.Tx) error { return tx.Erase(index, store.Event{Actor: alice}) })
}

// TestRestore_KilledLeavesNoHalfStore kills a restore at many points. What it
// left is either refused or whole, and a restore into it ends well.
func TestRestore_KilledLeavesNoHalfStore(t *testing.T) {
	t.Parallel()
	store.Both(t, func(t *testing.T, home store.Home) {
		ctx := context.Background()
		file := backup(t, installation(t, home(t)), store.BackupOptions{})
		refused, whole := 0, 0
		for i := range 12 {
			dir := home(t)
			killRestore(t, dir, file, i)
			s, err := store.Open(ctx, dir, store.At(dir, store.Options{}))
			switch {
			case problem.Of(err) == problem.Integrity && strings.Contains(err.Error(), "was not finished"):
				refused++
				if _, err := store.Open(ctx, dir, store.At(dir, store.Options{ReadOnly: true})); problem.Of(err) != problem.Integrity {
					t.Errorf("for reading: %v", err)
				}
				_, err := store.Restore(ctx, dir, store.At(dir, store.Options{}), bytes.NewReader(file), store.RestoreOptions{})
				if problem.Of(err) == problem.Conflict && store.At(dir, store.Options{}).Postgres != "" {
					continue // the database was committed: it is whole there, and refused here
				}
				if err != nil {
					t.Fatal(err)
				}
				s = open(t, dir, store.Options{})
			case err != nil:
				t.Fatal(err)
			}
			if ids, err := s.Orgs(ctx); err != nil || len(ids) != 0 && len(ids) != 3 {
				t.Fatalf("%v %v", ids, err)
			} else if len(ids) == 3 {
				whole++
				if again := backup(t, s, store.BackupOptions{}); !bytes.Equal(again, file) {
					t.Error("it is another store")
				}
			}
			s.Close()
		}
		t.Logf("%d were refused, %d whole in the end", refused, whole)
		if refused < 6 {
			t.Errorf("only %d of 12 were killed in the middle", refused)
		}
	})
}

// killRestore feeds a restore in another process and kills it: after a share of
// the file for small i, else after all of it and some time.
func killRestore(t *testing.T, dir string, file []byte, i int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), restoreEnv+"="+dir, childDatabaseEnv+"="+store.At(dir, store.Options{}).Postgres)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	share := len(file)
	if i < 8 {
		share = len(file) / 100 * (i + 1) * 12
	}
	if _, err := in.Write(file[:share]); err != nil && i >= 8 {
		t.Fatal(err)
	}
	if i >= 8 {
		in.Close()
		time.Sleep(time.Duration(i-8) * 15 * time.Millisecond)
	}
	cmd.Process.Kill()
	cmd.Wait()
}

func TestRestore_RefusesWhatWasChanged(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, t.TempDir(), store.Options{})
	create(t, s, "acme")
	create(t, s, "beta")
	file := backup(t, s, store.BackupOptions{})
	for at := 0; at < len(file); at += 23 {
		bad, dir := bytes.Clone(file), filepath.Join(t.TempDir(), "store")
		bad[at] ^= 4
		_, err := store.Restore(ctx, dir, store.Options{}, bytes.NewReader(bad), store.RestoreOptions{})
		if k := problem.Of(err); k != problem.Integrity && k != problem.Invalid || !strings.Contains(err.Error(), "part ") && !strings.Contains(err.Error(), "entry ") {
			t.Fatalf("byte %d: %v", at, err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Fatalf("byte %d: %v is left", at, left)
		}
	}
	if err := s.Backup(ctx, io.Discard, store.BackupOptions{Passphrase: "short"}); problem.Of(err) != problem.Usage {
		t.Errorf("a short passphrase: %v", err)
	}
}
