// SPDX-License-Identifier: Apache-2.0

//go:build unix

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

const fullEnv = "DEMARC_STORE_TEST_FULL"

// kept is what was acknowledged.
type kept struct {
	mu      sync.Mutex
	records map[string]bool
	entries map[int64]evidence.Digest // of blobs and large bodies
}

// fillUp lets six writers store records, blobs and large bodies until each was
// refused, and gives what they were refused with.
func fillUp(o *Org, round int, k *kept) (refusals []error) {
	var wg sync.WaitGroup
	for g := range 6 {
		wg.Go(func() {
			for n := range 400 {
				name := fmt.Sprint("r-", round, "-", g, "-", n)
				if err := storeOne(o, g, name, k); err != nil {
					k.mu.Lock()
					refusals = append(refusals, err)
					k.mu.Unlock()
					return
				}
			}
		})
	}
	wg.Wait()
	return refusals
}

func storeOne(o *Org, g int, name string, k *kept) error {
	ctx, content := context.Background(), []byte(strings.Repeat(name+" ", 12_000)) // beyond inlineMost
	e := Event{Kind: "noted", Object: "note/" + name, Actor: "ada", Body: content}
	if g%3 == 1 {
		b, err := o.PutBlob(ctx, bytes.NewReader(content), "txt")
		if err != nil {
			return err
		}
		e.Body, e.Blob = nil, b
	}
	var index int64
	err := o.Update(ctx, func(tx *Tx) (err error) {
		if g%3 == 0 {
			return tx.Put("risk", name, string(content[:20_000]), Event{Kind: "risk.raised", Actor: "ada"})
		}
		index, err = tx.Append(e)
		return err
	})
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if g%3 == 0 {
		k.records[name] = true
	} else {
		k.entries[index] = evidence.Digest{}
	}
	return nil
}

// isThere demands that all that was acknowledged is there and verifies.
func (k *kept) isThere(t *testing.T, o *Org) {
	t.Helper()
	ctx := context.Background()
	for name := range k.records {
		if _, err := o.Record(ctx, "risk", name); err != nil {
			t.Fatal(err)
		}
	}
	for index := range k.entries {
		body, err := o.Log().Body(ctx, index)
		if err != nil {
			t.Fatal(err)
		}
		body.Close()
	}
	v, err := o.Log().Verify(ctx)
	if err != nil || v.Err() != nil || v.Records < int64(len(k.records)) || v.Blobs < int64(len(k.entries)) {
		t.Fatalf("%d records and %d bodies were acknowledged: %+v %v", len(k.records), len(k.entries), v, err)
	}
}

// TestFull_ManyWritersLoseNothing fills the disk under writers of all sorts,
// three times, each time in another place: nothing may be written, files of
// blobs are cut off in the middle, and the database's log cannot grow.
//
// It runs in a process of its own, for the bound holds for all files of one,
// go test's among them.
func TestFull_ManyWritersLoseNothing(t *testing.T) {
	t.Parallel()
	if os.Getenv(fullEnv) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFull_ManyWritersLoseNothing$", "-test.v")
		cmd.Env = append(os.Environ(), fullEnv+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("--- PASS: TestFull_ManyWritersLoseNothing/PostgreSQL")) {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	Both(t, func(t *testing.T, home Home) {
		ctx, dir := context.Background(), home(t)
		s := begin(t, dir)
		o, err := s.CreateOrg(ctx, "acme", "ada")
		if err != nil {
			t.Fatal(err)
		}
		k := &kept{records: map[string]bool{}, entries: map[int64]evidence.Digest{}}
		onServer := At(dir, Options{}).Postgres != ""
		for round, room := range []uint64{0, 70_000, 1 << 20} {
			if onServer && round == 2 {
				break // the server's files are not ours to bound, and files of blobs are smaller
			}
			var refusals []error
			limited(t, room, func() { refusals = fillUp(o, round, k) })
			least := 6
			if onServer {
				least = 4 // the records go to the server
			}
			if len(refusals) < least {
				t.Errorf("room for %d bytes: only %d of 6 writers were refused", room, len(refusals))
			}
			for _, err := range refusals {
				// A bound of one file is not seen by the probe that tells a full disk
				// from one that fails.
				told := strings.Contains(err.Error(), "no space left") || room > probed && strings.Contains(err.Error(), "reports an error; nothing was acknowledged")
				if problem.Of(err) != problem.Unavailable || !told {
					t.Errorf("room for %d bytes: %v", room, err)
				}
			}
			k.isThere(t, o)
			if more := storeOne(o, round, fmt.Sprint("after-", round), k); more != nil {
				t.Fatalf("with space again: %v", more)
			}
			k.isThere(t, o)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = begin(t, dir)
		if o, err = s.Org(ctx, "acme"); err != nil {
			t.Fatal(err)
		}
		k.isThere(t, o)
		bringsIn(t, s, o, home)
	})
}

// bringsIn imports and restores onto a full disk: refused, and nothing is left.
func bringsIn(t *testing.T, s *Store, o *Org, home Home) {
	t.Helper()
	ctx := context.Background()
	var org, all bytes.Buffer
	if err := errors.Join(o.Export(ctx, &org, ExportOptions{}), s.Backup(ctx, &all, BackupOptions{})); err != nil {
		t.Fatal(err)
	}
	other := begin(t, home(t))
	dir := home(t)
	var imported, restored error
	limited(t, 70_000, func() {
		_, imported = other.ImportOrg(ctx, bytes.NewReader(org.Bytes()), ImportOptions{})
		_, restored = Restore(ctx, dir, At(dir, Options{}), bytes.NewReader(all.Bytes()), RestoreOptions{})
	})
	for _, err := range []error{imported, restored} {
		isProblem(t, err, problem.Unavailable, "")
	}
	if left, _ := filepath.Glob(filepath.Join(other.dir, "*", "*cme*")); len(left) > 0 {
		t.Errorf("the import left %v", left)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("the restore left %v", left)
	}
	if _, err := other.ImportOrg(ctx, bytes.NewReader(org.Bytes()), ImportOptions{}); err != nil {
		t.Error(err)
	}
	if _, err := Restore(ctx, dir, At(dir, Options{}), bytes.NewReader(all.Bytes()), RestoreOptions{}); err != nil {
		t.Error(err)
	}
}
