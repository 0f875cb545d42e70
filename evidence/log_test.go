// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const testOrigin = "demarc.local/org/larkspur/2026-q4"

// fixedSigner is a signer whose key comes from seed: its signatures are the
// same each time.
func fixedSigner(t testing.TB, origin string, seed byte) *Signer {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	public, err := note.NewEd25519VerifierKey(origin, key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	id := strings.Split(public, "+")[1]
	secret := "PRIVATE+KEY+" + origin + "+" + id + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, key.Seed()...))
	path := filepath.Join(t.TempDir(), "key")
	for name, text := range map[string]string{
		path: secret + "\n", path + ".pub": public + "\n",
		path + ".state": string(stateText(Head{Origin: origin, Root: EmptyRoot()})),
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := OpenSigner(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// memoryLog is a log in memory, kept twice: as our tiles, and as the stored
// hashes of x/mod's tlog, the independent reference.
type memoryLog struct {
	entries []PackEntry
	bodies  map[int64][]byte
	tiles   *Tiles
	stored  map[[2]int64][]byte
	hashes  []tlog.Hash
}

func newMemoryLog() *memoryLog {
	tiles, _ := ResumeTiles(0, nil)
	return &memoryLog{bodies: map[int64][]byte{}, tiles: tiles, stored: map[[2]int64][]byte{}}
}

// fact is what a test says of an entry; the rest comes from its index.
type fact struct {
	kind, object, ext string
	body              []byte
	erasedBy          int64
	step              time.Duration // of the wall clock
	boot              byte
}

// add appends an entry that is the same each time.
func (l *memoryLog) add(t testing.TB, f fact) {
	t.Helper()
	n := int64(len(l.entries))
	salt := Salt(sha256.Sum256(fmt.Appendf(nil, "salt %d", n)))
	id := sha256.Sum256(fmt.Appendf(nil, "id %d", n))
	if f.kind == "" {
		f.kind = "snapshot.taken"
	}
	if f.object == "" {
		f.object = fmt.Sprintf("snapshot/s%d", n)
	}
	h := Header{
		ID: [16]byte(id[:16]), Time: time.Date(2026, 11, 24, 13, 13, 5, 0, time.UTC).Add(time.Duration(n)*time.Second + f.step),
		Boot: [16]byte{1, f.boot}, Mono: 1e6 * (n + 1), ClkErr: 410,
		Kind: f.kind, Actor: "p-7hq2mzk4x3wd5c6a", Object: f.object, Class: "evidence",
		CT: sha256.Sum256(f.body), CM: Commit(salt, f.body),
	}
	leaf, err := h.AppendTo(nil)
	if err != nil {
		t.Fatal(err)
	}
	e := PackEntry{Entry: Entry{Index: n, Leaf: leaf}, Salt: salt, Bytes: int64(len(f.body)), Ext: f.ext}
	if f.erasedBy > 0 {
		e = PackEntry{Entry: e.Entry, Erased: true, ErasedBy: f.erasedBy}
	} else if len(f.body) > 0 {
		l.bodies[n] = f.body
	}
	l.addLeaf(t, leaf)
	l.entries[n] = e
}

// addLeaf appends any bytes as an entry.
func (l *memoryLog) addLeaf(t testing.TB, leaf []byte) {
	t.Helper()
	n := int64(len(l.entries))
	l.entries = append(l.entries, PackEntry{Entry: Entry{Index: n, Leaf: leaf}})
	hashes, err := tlog.StoredHashesForRecordHash(n, tlog.RecordHash(leaf), l.reference())
	if err != nil {
		t.Fatal(err)
	}
	l.hashes = append(l.hashes, hashes...)
	l.tiles.Append(LeafHash(leaf))
	for _, tile := range l.tiles.Changed() {
		l.stored[[2]int64{int64(tile.Level), tile.N}] = bytes.Clone(tile.Data)
	}
}

// reference reads the reference's hashes.
func (l *memoryLog) reference() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			if x >= int64(len(l.hashes)) {
				return nil, fmt.Errorf("hash %d of %d", x, len(l.hashes))
			}
			out[i] = l.hashes[x]
		}
		return out, nil
	})
}

func (l *memoryLog) head(t testing.TB, size int64) Head {
	t.Helper()
	root, err := tlog.TreeHash(size, l.reference())
	if err != nil {
		t.Fatal(err)
	}
	return Head{Origin: testOrigin, Size: size, Root: root}
}

// sign gives the checkpoint over the first size entries.
func (l *memoryLog) sign(t testing.TB, s *Signer, size int64) []byte {
	t.Helper()
	head := l.head(t, size)
	head.Origin = s.Origin()
	proof, err := ProveConsistency(s.Last(), head, l.hashReader())
	if err != nil {
		t.Fatal(err)
	}
	checkpoint, err := s.Sign(head, proof)
	if err != nil {
		t.Fatal(err)
	}
	return checkpoint
}

func (l *memoryLog) tile(level int, n int64) ([]byte, error) {
	data, ok := l.stored[[2]int64{int64(level), n}]
	if !ok {
		return nil, fmt.Errorf("no tile %d/%d", level, n)
	}
	return data, nil
}

func (l *memoryLog) hashReader() tlog.HashReader { return TileHashes(l.tile) }

// The log as the source of a pack.

func (l *memoryLog) Entries(_ context.Context, from, to int64) iter.Seq2[PackEntry, error] {
	return func(yield func(PackEntry, error) bool) {
		for _, e := range l.entries[from:min(to, int64(len(l.entries)))] {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (l *memoryLog) Body(_ context.Context, index int64) (io.ReadCloser, error) {
	body, ok := l.bodies[index]
	if !ok {
		return nil, fmt.Errorf("no body %d", index)
	}
	return io.NopCloser(bytes.NewReader(body)), nil
}

func (l *memoryLog) Tile(_ context.Context, level int, n int64) ([]byte, error) {
	return l.tile(level, n)
}

// plainLog is a log of size short leaves.
func plainLog(t testing.TB, size int) *memoryLog {
	t.Helper()
	l := newMemoryLog()
	for i := range size {
		l.addLeaf(t, fmt.Appendf(nil, "leaf %d", i))
	}
	return l
}

// flips calls do with b once for each of its bits, that bit flipped; b is as
// it was afterwards.
func flips(b []byte, do func(bit int)) {
	for bit := range 8 * len(b) {
		b[bit/8] ^= 1 << (bit % 8)
		do(bit)
		b[bit/8] ^= 1 << (bit % 8)
	}
}
