// SPDX-License-Identifier: Apache-2.0

//go:build unix

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"demarc.dev/demarc/problem"
)

// limited runs fn while no file may grow beyond a size, for root as for
// anybody: the disk is full in the middle of a write then.
func limited(t *testing.T, bytes uint64, fn func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	now := old
	now.Cur = bytes
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &now); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Fatal(err)
		}
	}()
	fn()
}

// TestFull_DatabaseSaysSoAndGoesOn fills the database to a limit of its own,
// and then the disk under its write-ahead log.
func TestFull_DatabaseSaysSoAndGoesOn(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s := begin(t, dir)
	o, err := s.CreateOrg(ctx, "acme", "ada")
	if err != nil {
		t.Fatal(err)
	}
	var acknowledged []string
	fill := func() error {
		for i := range 10_000 {
			id := fmt.Sprint("r-", i, "-", len(acknowledged))
			err := o.Update(ctx, func(tx *Tx) error {
				return tx.Put("risk", id, strings.Repeat("x", 5000), Event{Kind: "risk.raised", Actor: "ada"})
			})
			if err != nil {
				return err
			}
			acknowledged = append(acknowledged, id)
		}
		return nil
	}
	check := func() {
		t.Helper()
		for _, id := range acknowledged {
			if _, err := o.Record(ctx, "risk", id); err != nil {
				t.Fatal(err)
			}
		}
		if v, err := o.Log().Verify(ctx); err != nil || v.Err() != nil || v.Records != int64(len(acknowledged)) {
			t.Fatalf("%d records were acknowledged: %+v %v", len(acknowledged), v, err)
		}
	}

	pages := func(n int) {
		t.Helper()
		if err := sqliteOf(s).exec(fmt.Sprint("PRAGMA max_page_count = ", n)); err != nil {
			t.Fatal(err)
		}
	}
	pages(200)
	isProblem(t, fill(), problem.Unavailable, "no space left")
	isProblem(t, fill(), problem.Unavailable, "no space left")
	check()
	pages(1 << 30)

	info, err := os.Stat(filepath.Join(dir, databaseName+"-wal"))
	if err != nil {
		t.Fatal(err)
	}
	limited(t, uint64(info.Size())+100_000, func() {
		err := fill()
		if problem.Of(err) != problem.Unavailable {
			t.Errorf("a write-ahead log that cannot grow: %v", err)
		}
	})
	check()
	note(t, o, 1)
	acknowledged = append(acknowledged, "r-0")
	check()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = begin(t, dir)
	if o, err = s.Org(ctx, "acme"); err != nil {
		t.Fatal(err)
	}
	check()
}

func TestFull_BlobLeavesNothingBehind(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s := begin(t, dir)
	o, err := s.CreateOrg(ctx, "acme", "ada")
	if err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	limited(t, 512<<10, func() {
		_, err = o.PutBlob(ctx, bytes.NewReader(big), "bin")
	})
	isProblem(t, err, problem.Unavailable, "no space left")
	for _, sub := range []string{pendingName, blobsName} {
		if left, err := filepath.Glob(filepath.Join(dir, sub, "*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
	if _, err := o.PutBlob(ctx, bytes.NewReader(big), "bin"); err != nil {
		t.Errorf("with space again: %v", err)
	}
}

// TestFull_HeadIsSignedLater: the key's state cannot be written, so nothing is
// signed; what was committed stays, and is signed when there is space.
func TestFull_HeadIsSignedLater(t *testing.T) {
	Both(t, func(t *testing.T, home Home) {
		ctx, dir := context.Background(), home(t)
		s := begin(t, dir)
		o, err := s.CreateOrg(ctx, "acme", "ada")
		if err != nil {
			t.Fatal(err)
		}
		note(t, o, 3)
		limited(t, 0, func() { _, err = o.Log().Checkpoint(ctx) })
		isProblem(t, err, problem.Unavailable, "no space left")
		if _, err := o.Log().Checkpoint(ctx); err != nil {
			t.Fatal(err)
		}
		if v, err := o.Log().Verify(ctx); err != nil || v.Err() != nil || v.Signed != v.Size {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

// TestFull_Reading: a full disk does not hinder reading, but where the last
// changes stand in a write-ahead log without its index; that is told then.
func TestFull_Reading(t *testing.T) {
	ctx, dir, copied := context.Background(), small(t, folder), t.TempDir()
	var err error
	reads := func(dir string) error {
		s, err := Open(ctx, dir, Options{ReadOnly: true})
		if err != nil {
			return err
		}
		_, err = s.Org(ctx, "acme")
		return errors.Join(err, s.Close())
	}
	limited(t, 0, func() { err = reads(dir) })
	if err != nil {
		t.Errorf("a full disk: %v", err)
	}
	s := begin(t, dir)
	o, err := s.Org(ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	note(t, o, 3)
	for _, name := range []string{databaseName, databaseName + "-wal"} {
		write(t, filepath.Join(copied, name), read(t, filepath.Join(dir, name)))
	}
	limited(t, 0, func() { err = reads(copied) })
	isProblem(t, err, problem.Unavailable, "no space left")
	if err := reads(copied); err != nil {
		t.Errorf("with space again: %v", err)
	}
}
