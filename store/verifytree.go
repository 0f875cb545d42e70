// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"fmt"

	"demarc.dev/demarc/evidence"
)

// tree is the tree as the entries' own bytes make it.
type tree struct {
	broken   bool // an entry is missing: what follows cannot be placed
	frontier evidence.Frontier
	tiles    evidence.Tiles
	size     int64

	roots map[int64]evidence.Hash    // at the sizes that were signed
	sums  map[tileID]evidence.Digest // of the tiles
}

type tileID struct {
	level int
	n     int64
}

// start says at which sizes the root is asked for.
func (t *tree) start(heads ...evidence.Head) {
	t.roots = map[int64]evidence.Hash{}
	for _, h := range heads {
		t.roots[h.Size] = evidence.Hash{}
	}
	t.sums = map[tileID]evidence.Digest{}
}

func (t *tree) add(hash evidence.Hash) {
	if t.broken {
		return
	}
	t.frontier.Append(hash)
	t.tiles.Append(hash)
	t.size++
	if _, ok := t.roots[t.size]; ok {
		t.roots[t.size] = t.frontier.Root()
	}
	if t.size%(64*evidence.TileWidth) == 0 {
		t.keep()
	}
}

// keep takes the sums of the tiles that changed.
func (t *tree) keep() {
	for _, tile := range t.tiles.Changed() {
		t.sums[tileID{tile.Level, tile.N}] = sha256.Sum256(tile.Data)
	}
}

// rootAt gives the root over the first size entries; ok is false when they
// could not be read.
func (t *tree) rootAt(size int64) (root evidence.Hash, ok bool) {
	if size > t.size {
		return root, false
	}
	root, ok = t.roots[size]
	return root, ok
}

// tiles compares every stored tile with the one that the entries make.
func (v *verifier) tiles() error {
	if v.tree.broken {
		return nil // told already; every tile to the right would differ
	}
	v.tree.keep()
	suspects := map[int64][]byte{}
	err := v.q.rows(v.ctx, tileAll, nil, func(rows row) error {
		var id tileID
		var data sql.RawBytes
		if err := rows.Scan(&id.level, &id.n, &data); err != nil {
			return err
		}
		part := fmt.Sprintf("tile %d/%d", id.level, id.n)
		want, ok := v.tree.sums[id]
		switch sum := sha256.Sum256(data); {
		case !ok:
			v.fault(part, "a log of %d entries has no such tile", v.Size)
		case sum != want && id.level == 0:
			v.fault(part, "it is not what the entries %d to %d make", id.n*evidence.TileWidth, min((id.n+1)*evidence.TileWidth, v.Size)-1)
			suspects[id.n] = bytes.Clone(data)
		case sum != want:
			v.fault(part, "it is not what the entries make")
		}
		delete(v.tree.sums, id)
		return nil
	})
	if err != nil {
		return err
	}
	for id := range v.tree.sums {
		v.fault(fmt.Sprintf("tile %d/%d", id.level, id.n), "it is missing")
	}
	for n, data := range suspects {
		if err := v.nameEntries(n, data); err != nil {
			return err
		}
	}
	return nil
}

// nameEntries names the entries that a tile of level 0 does not hold.
func (v *verifier) nameEntries(n int64, tile []byte) error {
	from := n * evidence.TileWidth
	return v.q.rows(v.ctx, leafRange, []any{from, from + evidence.TileWidth, evidence.TileWidth}, func(rows row) error {
		var index int64
		var data, hash []byte
		if err := rows.Scan(&index, &data, &hash); err != nil {
			return err
		}
		at := (index - from) * int64(len(evidence.Hash{}))
		if got := evidence.LeafHash(data); at+int64(len(got)) > int64(len(tile)) || !bytes.Equal(tile[at:at+int64(len(got))], got[:]) {
			v.fault(entryPart(index), "the tree holds another entry in its place: it was changed, or the tree was")
		}
		return nil
	})
}
