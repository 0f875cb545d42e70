// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func TestFrontier(t *testing.T) {
	l := plainLog(t, 100)
	var f Frontier
	for size := int64(0); size <= 100; size++ {
		want := l.head(t, size).Root
		if f.Size() != size || f.Root() != want {
			t.Fatalf("size %d: frontier says %d entries and %v, reference %v", size, f.Size(), f.Root(), want)
		}
		read, err := ReadFrontier(size, l.hashReader())
		if err != nil {
			t.Fatal(err)
		}
		if read.Root() != want || read.Size() != size {
			t.Fatalf("size %d: read from tiles it is %v, reference %v", size, read.Root(), want)
		}
		if size < 100 {
			f.Append(LeafHash(l.entries[size].Leaf))
		}
	}
}

// TestTilesEqualReference compares tiles over three levels with what x/mod
// would store.
func TestTilesEqualReference(t *testing.T) {
	const size = 1<<16 + 300
	l := plainLog(t, size)
	for _, tile := range tlog.NewTiles(TileHeight, 0, size) {
		want, err := tlog.ReadTileData(tile, l.reference())
		if err != nil {
			t.Fatal(err)
		}
		got := l.stored[[2]int64{int64(tile.L), tile.N}]
		if len(got) < len(want) || !bytes.Equal(got[:len(want)], want) {
			t.Fatalf("tile %d/%d of width %d differs", tile.L, tile.N, tile.W)
		}
	}
	if len(l.tiles.Changed()) != 0 {
		t.Error("Changed tells the same tiles twice")
	}
}

func TestTilesResumeAtAnySize(t *testing.T) {
	l := plainLog(t, 600)
	check := func(t interface{ Fatalf(string, ...any) }, size int64) {
		tiles, err := ResumeTiles(size, l.tile)
		if err != nil {
			t.Fatalf("resuming at %d: %v", size, err)
		}
		stored := map[[2]int64][]byte{}
		for i := size; i < 600; i++ {
			tiles.Append(LeafHash(l.entries[i].Leaf))
			if i%3 == 0 || i == 599 { // several appends between two looks
				for _, tile := range tiles.Changed() {
					stored[[2]int64{int64(tile.Level), tile.N}] = bytes.Clone(tile.Data)
				}
			}
		}
		for at, data := range stored {
			if !bytes.Equal(data, l.stored[at]) {
				t.Fatalf("resumed at %d, tile %v differs", size, at)
			}
		}
		if size < 600 && tiles.Size() != 600 {
			t.Fatalf("resumed at %d, the size is %d", size, tiles.Size())
		}
	}
	for size := int64(0); size <= 100; size++ {
		check(t, size)
	}
	for _, size := range []int64{255, 256, 257, 511, 512, 513, 599} {
		check(t, size)
	}
}

func TestTilesResumeRefuses(t *testing.T) {
	gone := errors.New("gone")
	if _, err := ResumeTiles(5, func(int, int64) ([]byte, error) { return nil, gone }); !errors.Is(err, gone) {
		t.Errorf("a tile that cannot be read: %v", err)
	}
	if _, err := ResumeTiles(5, func(int, int64) ([]byte, error) { return make([]byte, 4*tlog.HashSize), nil }); err == nil {
		t.Error("a tile that is too short was taken")
	}
}

func TestTileHashesRefuses(t *testing.T) {
	l := plainLog(t, 10)
	if _, err := l.hashReader().ReadHashes([]int64{tlog.StoredHashIndex(0, 300)}); err == nil {
		t.Error("a hash beyond the log was read")
	}
	short := TileHashes(func(int, int64) ([]byte, error) { return make([]byte, 33), nil })
	if _, err := short.ReadHashes([]int64{tlog.StoredHashIndex(0, 3)}); err == nil {
		t.Error("a hash beyond a short tile was read")
	}
}

// TestRange proves every range of every log of up to 100 entries.
func TestRange(t *testing.T) {
	l := plainLog(t, 100)
	leaves := make([]Hash, 100)
	for i := range leaves {
		leaves[i] = LeafHash(l.entries[i].Leaf)
	}
	for size := int64(1); size <= 100; size++ {
		head := l.head(t, size)
		for from := int64(0); from < size; from++ {
			for to := from + 1; to <= size; to++ {
				proof, err := ProveRange(size, from, to, l.reference())
				if err != nil {
					t.Fatal(err)
				}
				if err := CheckRange(head, from, leaves[from:to], proof); err != nil {
					t.Fatalf("[%d,%d) of %d: %v", from, to, size, err)
				}
			}
		}
	}
}

// TestRangeRefuses spoils each proof of small logs in every way.
func TestRangeRefuses(t *testing.T) {
	l := plainLog(t, 12)
	all := make([]Hash, 12)
	for i := range all {
		all[i] = LeafHash(l.entries[i].Leaf)
	}
	for size := int64(1); size <= 12; size++ {
		head := l.head(t, size)
		for from := int64(0); from < size; from++ {
			for to := from + 1; to <= size; to++ {
				proof, err := ProveRange(size, from, to, l.hashReader())
				if err != nil {
					t.Fatal(err)
				}
				name := fmt.Sprintf("[%d,%d) of %d", from, to, size)
				refuseSpoiltRange(t, name, head, from, append([]Hash{}, all[from:to]...), proof)
			}
		}
	}
}

func refuseSpoiltRange(t *testing.T, name string, head Head, from int64, leaves, proof []Hash) {
	t.Helper()
	refuse := func(how string, head Head, from int64, leaves, proof []Hash) {
		t.Helper()
		if CheckRange(head, from, leaves, proof) == nil {
			t.Fatalf("%s: accepted with %s", name, how)
		}
	}
	for i := range leaves {
		flips(leaves[i][:], func(bit int) { refuse(fmt.Sprintf("bit %d of leaf %d flipped", bit, i), head, from, leaves, proof) })
		without := append(append([]Hash{}, leaves[:i]...), leaves[i+1:]...)
		refuse("a leaf removed", head, from, without, proof)
		refuse("a leaf doubled", head, from, append(without, leaves[i], leaves[i]), proof)
		if i > 0 {
			leaves[i-1], leaves[i] = leaves[i], leaves[i-1]
			refuse("two leaves swapped", head, from, leaves, proof)
			leaves[i-1], leaves[i] = leaves[i], leaves[i-1]
		}
	}
	for i := range proof {
		flips(proof[i][:], func(bit int) { refuse(fmt.Sprintf("bit %d of hash %d flipped", bit, i), head, from, leaves, proof) })
		refuse("a hash removed", head, from, leaves, append(append([]Hash{}, proof[:i]...), proof[i+1:]...))
	}
	refuse("a hash more", head, from, leaves, append(append([]Hash{}, proof...), Hash{}))
	flips(head.Root[:], func(bit int) { refuse("a bit of the root flipped", head, from, leaves, proof) })
	refuse("another place", head, from+1, leaves, proof)
	// Another size is not always refused here, by no verifier of this tree:
	// what lies to the right is one hash. The size is signed with the root.
}

func TestRangeRefusesEmpty(t *testing.T) {
	l := plainLog(t, 5)
	for _, r := range [][2]int64{{0, 0}, {5, 5}, {3, 2}, {-1, 2}, {4, 6}} {
		if _, err := ProveRange(5, r[0], r[1], l.reference()); err == nil {
			t.Errorf("range [%d,%d) of 5 was proved", r[0], r[1])
		}
	}
	if CheckRange(Head{Origin: testOrigin, Root: EmptyRoot()}, 0, nil, nil) == nil {
		t.Error("an empty range was accepted")
	}
}

// TestRangeOfOneIsInclusion: a range of one entry is what tlog's own check of
// a record proves, whatever the size.
func TestRangeOfOneIsInclusion(t *testing.T) {
	l := plainLog(t, 3000)
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 3000).Draw(t, "size")
		from := rapid.Int64Range(0, size-1).Draw(t, "from")
		to := rapid.Int64Range(from+1, size).Draw(t, "to")
		root, err := tlog.TreeHash(size, l.reference())
		if err != nil {
			t.Fatal(err)
		}
		proof, err := ProveRange(size, from, to, l.hashReader())
		if err != nil {
			t.Fatal(err)
		}
		var leaves []Hash
		for i := from; i < to; i++ {
			leaves = append(leaves, LeafHash(l.entries[i].Leaf))
		}
		if err := CheckRange(Head{testOrigin, size, root}, from, leaves, proof); err != nil {
			t.Fatal(err)
		}
		record, err := tlog.ProveRecord(size, from, l.hashReader())
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(record, size, root, from, leaves[0]); err != nil {
			t.Fatal(err)
		}
		if to == from+1 && len(record) != len(proof) {
			t.Fatalf("one entry needs %d hashes, the range proof has %d", len(record), len(proof))
		}
	})
}
