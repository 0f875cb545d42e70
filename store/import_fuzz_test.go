// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// sealAgain gives a file of parts new digests, so that what is inside is asked
// about and not only the digests.
func sealAgain(file []byte) []byte {
	var out bytes.Buffer
	title, rest, _ := strings.Cut(string(file), "\n")
	p := newPartWriter(&out, title+"\n")
	for strings.HasPrefix(rest, "part ") {
		line, after, _ := strings.Cut(rest, "\n")
		f := strings.Fields(line)
		next := strings.Index(after, "\npart ")
		if next < 0 {
			next = strings.LastIndex(after, "\nend ")
		}
		if len(f) < 2 || next < 0 {
			break
		}
		_ = p.part(f[1], []byte(after[:next])) // a buffer takes all
		rest = after[next+1:]
	}
	_ = p.end()
	return out.Bytes()
}

// FuzzImport brings in what is no export, and exports that were changed and
// given fitting digests. Only what the head was signed over comes in.
func FuzzImport(f *testing.F) {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "store-*")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { os.RemoveAll(dir) })
	s, err := Open(ctx, dir, Options{})
	if err != nil {
		f.Fatal(err)
	}
	o, err := s.CreateOrg(ctx, "acme", "ada")
	if err != nil {
		f.Fatal(err)
	}
	b, err := o.PutBlob(ctx, strings.NewReader("a snapshot"), "txt")
	if err != nil {
		f.Fatal(err)
	}
	err = o.Update(ctx, func(tx *Tx) error {
		if err := tx.Put("risk", "r-1", 9, Event{Kind: "risk.raised", Actor: "bea"}); err != nil {
			return err
		}
		_, err := tx.Append(Event{Kind: "noted", Object: "note/1", Actor: "ada", Blob: b})
		return err
	})
	var file bytes.Buffer
	if err == nil {
		err = o.Export(ctx, &file, ExportOptions{})
	}
	if err != nil {
		f.Fatal(err)
	}
	if !bytes.Equal(sealAgain(file.Bytes()), file.Bytes()) {
		f.Fatal("giving it new digests changed an export that has them")
	}
	f.Add(file.Bytes())
	for _, change := range []string{`"entries":5 "entries":4`, `"records":1 "records":2`, `"size":10 "size":11`, `"ext":"txt" "ext":"TXT"`, `"secret":"none" "secret":"plain"`, `acme beta`} {
		from, to, _ := strings.Cut(change, " ")
		f.Add(bytes.ReplaceAll(file.Bytes(), []byte(from), []byte(to)))
	}
	f.Add([]byte("demarc export 1\nend 00\n"))
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, file []byte) {
		in, err := s.receiveExport(ctx, bytes.NewReader(sealAgain(file)), folder(t), ImportOptions{WithoutKey: true, Most: 1 << 20})
		if err != nil {
			if k := problem.Of(err); k != problem.Integrity && k != problem.Invalid {
				t.Fatalf("%v", err)
			}
			return
		}
		if h, err := evidence.OpenCheckpoint(in.note, in.Key); err != nil || h.Size != in.Entries || h.Root != in.check.tree.frontier.Root() {
			t.Fatalf("what was taken is not what was signed: %v", err)
		}
	})
}

// TestImport_ThatDied leaves what a process would that died before the commit
// of an import, and after it.
func TestImport_ThatDied(t *testing.T) {
	t.Parallel()
	Both(t, func(t *testing.T, home Home) {
		ctx, dir := context.Background(), home(t)
		s := begin(t, dir)
		done, err := s.CreateOrg(ctx, "done", "ada")
		if err != nil {
			t.Fatal(err)
		}
		b, err := done.PutBlob(ctx, strings.NewReader("a snapshot"), "txt")
		if err != nil {
			t.Fatal(err)
		}
		change(t, done, func(tx *Tx) error {
			_, err := tx.Append(Event{Kind: "noted", Object: "note/1", Actor: "ada", Blob: b})
			return err
		})
		// A run that has ended: where several write it has a folder of its own.
		run := filepath.Join(dir, pendingName)
		if s.db.shared() {
			run = filepath.Join(run, "run-dead")
		}
		pages := filepath.Join(run, spoolPrefix+"1", "pages")
		for _, path := range []string{pages, s.keyPath("lost")} {
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		write(t, pages, []byte("pages"))
		for _, id := range []string{"lost", "done"} {
			write(t, filepath.Join(run, importPrefix+id), nil)
		}
		if s.db.shared() {
			write(t, filepath.Join(run, pendingLockName), nil)
		}
		for _, suffix := range []string{"", ".state", ".pub"} {
			write(t, s.keyPath("lost")+suffix, []byte("key"))
		}
		file := filepath.Join(t.TempDir(), "blob")
		write(t, file, []byte("x"))
		digest := evidence.Digest{1}
		if err := s.files.Put(ctx, "lost", digest, file); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = begin(t, dir)
		if left, _ := filepath.Glob(filepath.Join(dir, keysName, "lost*")); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		if _, _, err := s.files.Open(ctx, "lost", digest); !os.IsNotExist(err) {
			t.Errorf("a blob is left: %v", err)
		}
		if _, err := os.Stat(pages); !os.IsNotExist(err) {
			t.Errorf("the pages are left: %v", err)
		}
		if done, err = s.Org(ctx, "done"); err != nil {
			t.Fatal(err)
		}
		if v, err := done.Log().Verify(ctx); err != nil || v.Err() != nil || v.Blobs != 1 {
			t.Errorf("%+v %v", v, err)
		}
		if _, err := s.CreateOrg(ctx, "lost", "ada"); err != nil {
			t.Errorf("the id is not free: %v", err)
		}
	})
}
