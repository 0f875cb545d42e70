// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"crypto/sha256"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// TileHeight is the height of a tile: 256 hashes wide, as c2sp.org/tlog-tiles
// has it.
const TileHeight = 8

// TileWidth is the number of hashes in a full tile.
const TileWidth = 1 << TileHeight

// LeafHash is the hash of an entry's bytes.
func LeafHash(leaf []byte) Hash { return tlog.RecordHash(leaf) }

// EmptyRoot is the root of a log without entries.
func EmptyRoot() Hash { return sha256.Sum256(nil) }

// Frontier holds the roots of the largest complete subtrees of a log, left to
// right: what is needed to append and to know the root. The zero Frontier is
// the empty log. Not safe for concurrent use.
type Frontier struct {
	size  int64
	nodes []Hash
}

// ReadFrontier gives the frontier of the first size entries of a log.
func ReadFrontier(size int64, r tlog.HashReader) (*Frontier, error) {
	f := &Frontier{size: size}
	var indexes []int64
	for at, rest := int64(0), size; rest > 0; {
		level := bits.Len64(uint64(rest)) - 1
		indexes = append(indexes, tlog.StoredHashIndex(level, at>>level))
		at += 1 << level
		rest -= 1 << level
	}
	if len(indexes) == 0 {
		return f, nil
	}
	nodes, err := r.ReadHashes(indexes)
	if err != nil {
		return nil, err
	}
	f.nodes = nodes
	return f, nil
}

// Append adds the hash of the next entry.
func (f *Frontier) Append(leaf Hash) {
	f.push(leaf, f.size)
	f.size++
}

// push adds the root of a subtree that is the nth of its level, joining it
// with what stands to its left for as long as it is a right child.
func (f *Frontier) push(node Hash, n int64) {
	for ; n&1 == 1; n >>= 1 {
		node = tlog.NodeHash(f.nodes[len(f.nodes)-1], node)
		f.nodes = f.nodes[:len(f.nodes)-1]
	}
	f.nodes = append(f.nodes, node)
}

// Size gives the number of entries.
func (f *Frontier) Size() int64 { return f.size }

// Root gives the root over all entries.
func (f *Frontier) Root() Hash {
	if len(f.nodes) == 0 {
		return EmptyRoot()
	}
	root := f.nodes[len(f.nodes)-1]
	for i := len(f.nodes) - 2; i >= 0; i-- {
		root = tlog.NodeHash(f.nodes[i], root)
	}
	return root
}

// Tile is one tile's hashes, 32 bytes each; fewer than TileWidth at the right
// edge of its level.
type Tile struct {
	Level int
	N     int64
	Data  []byte
}

// Tiles grows the right edge of a log's tiles. Not safe for concurrent use.
type Tiles struct {
	size  int64
	edge  [][]byte // per level, the tile that is not yet full
	done  []Tile   // filled since the last Changed
	dirty int      // levels whose edge changed since
}

// ResumeTiles continues a log of size entries; read gives a stored tile, of
// which only the part that size covers is used.
func ResumeTiles(size int64, read func(level int, n int64) ([]byte, error)) (*Tiles, error) {
	t := &Tiles{size: size}
	for level := 0; size>>(TileHeight*level) > 0; level++ {
		count := size >> (TileHeight * level)
		width := int(count % TileWidth)
		var edge []byte
		if width > 0 {
			data, err := read(level, count/TileWidth)
			if err != nil {
				return nil, err
			}
			if len(data) < width*tlog.HashSize {
				return nil, fmt.Errorf("tile %d/%d: %d bytes, a log of %d entries needs %d", level, count/TileWidth, len(data), size, width*tlog.HashSize)
			}
			edge = append(edge, data[:width*tlog.HashSize]...)
		}
		t.edge = append(t.edge, edge)
	}
	return t, nil
}

// Size gives the number of entries.
func (t *Tiles) Size() int64 { return t.size }

// Append adds the hash of the next entry.
func (t *Tiles) Append(leaf Hash) {
	n := t.size
	t.size++
	for level := 0; ; level++ {
		if level == len(t.edge) {
			t.edge = append(t.edge, nil)
		}
		t.edge[level] = append(t.edge[level], leaf[:]...)
		t.dirty = max(t.dirty, level+1)
		if len(t.edge[level]) < TileWidth*tlog.HashSize {
			return
		}
		full := t.edge[level]
		t.done = append(t.done, Tile{Level: level, N: n / TileWidth, Data: full})
		t.edge[level] = nil
		leaf = subtree(full)
		n /= TileWidth
	}
}

// Changed gives the tiles that were filled or grew since it was last called.
// Their data must not be changed.
func (t *Tiles) Changed() []Tile {
	out := t.done
	for level := range t.dirty {
		if edge := t.edge[level]; len(edge) > 0 {
			out = append(out, Tile{Level: level, N: t.size >> (TileHeight * level) / TileWidth, Data: edge[:len(edge):len(edge)]})
		}
	}
	t.done, t.dirty = nil, 0
	return out
}

// subtree gives the root of a complete subtree from its hashes.
func subtree(data []byte) Hash {
	if len(data) == tlog.HashSize {
		return Hash(data)
	}
	half := len(data) / 2
	return tlog.NodeHash(subtree(data[:half]), subtree(data[half:]))
}

// TileHashes reads single nodes out of tiles; a tile is asked for once. It
// does not authenticate them: check what you compute against a signed head.
// Not safe for concurrent use.
func TileHashes(read func(level int, n int64) ([]byte, error)) tlog.HashReader {
	type key struct {
		level int
		n     int64
	}
	cache := map[key][]byte{}
	return tlog.HashReaderFunc(func(indexes []int64) ([]Hash, error) {
		out := make([]Hash, len(indexes))
		for i, index := range indexes {
			tile := tlog.TileForIndex(TileHeight, index)
			data, ok := cache[key{tile.L, tile.N}]
			if !ok {
				var err error
				if data, err = read(tile.L, tile.N); err != nil {
					return nil, err
				}
				if len(cache) > 4096 { // 32 MiB
					clear(cache)
				}
				cache[key{tile.L, tile.N}] = data
			}
			h, err := tlog.HashFromTile(tile, data, index)
			if err != nil {
				return nil, err
			}
			out[i] = h
		}
		return out, nil
	})
}
