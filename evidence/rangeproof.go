// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// span is the entries [lo, hi).
type span struct{ lo, hi int64 }

// rangeSpans gives the largest subtrees of a tree of size entries that hold
// nothing of [from, to), those to its left and those to its right, each left
// to right. The left ones are complete; of the right ones the last may not be.
func rangeSpans(size, from, to int64) (left, right []span, err error) {
	if from < 0 || from >= to || to > size {
		return nil, nil, fmt.Errorf("range [%d,%d) is empty or not within a log of %d entries", from, to, size)
	}
	for at := int64(0); at < from; {
		width := int64(1) << (bits.Len64(uint64(from-at)) - 1)
		left = append(left, span{at, at + width})
		at += width
	}
	for at := to; at < size; {
		// What ends at 'at' is the left child of a node whose right child
		// begins there and is as wide, but for the tree's right edge.
		hi := min(at+at&-at, size)
		right = append(right, span{at, hi})
		at = hi
	}
	return left, right, nil
}

// ProveRange gives the hashes that, with the leaf hashes of the entries
// [from, to), lead to the root of a log of size entries: the roots of the
// largest subtrees that hold nothing of the range, left to right. An empty
// range is refused, for it would prove nothing.
func ProveRange(size, from, to int64, r tlog.HashReader) ([]Hash, error) {
	left, right, err := rangeSpans(size, from, to)
	if err != nil {
		return nil, err
	}
	var out []Hash
	for _, s := range append(left, right...) {
		h, err := subtreeAt(s, r)
		if err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

// subtreeAt reads the root over the entries of a span that begins where such
// a subtree can begin.
func subtreeAt(s span, r tlog.HashReader) (Hash, error) {
	var indexes []int64
	for at, rest := s.lo, s.hi-s.lo; rest > 0; {
		level := bits.Len64(uint64(rest)) - 1
		indexes = append(indexes, tlog.StoredHashIndex(level, at>>level))
		at += 1 << level
		rest -= 1 << level
	}
	nodes, err := r.ReadHashes(indexes)
	if err != nil {
		return Hash{}, err
	}
	return (&Frontier{size: s.hi - s.lo, nodes: nodes}).Root(), nil
}

var errRangeProof = errors.New("range proof has too few or too many hashes")

// CheckRange checks that leaves are the hashes of exactly the entries from
// from on, none missing and none added, of the log with the given head.
func CheckRange(head Head, from int64, leaves, proof []Hash) error {
	t, err := newRangeTree(head.Size, from, from+int64(len(leaves)), proof)
	if err != nil {
		return err
	}
	for _, h := range leaves {
		t.Append(h)
	}
	if t.root() != head.Root {
		return errors.New("the entries do not lead to the signed root")
	}
	return nil
}

// rangeTree computes a log's root from a range proof and the leaf hashes of
// the range, which are appended in order.
type rangeTree struct {
	Frontier // of the entries before and within the range
	total    int64
	right    []Hash
}

func newRangeTree(size, from, to int64, proof []Hash) (*rangeTree, error) {
	left, right, err := rangeSpans(size, from, to)
	if err != nil {
		return nil, err
	}
	if len(proof) != len(left)+len(right) {
		return nil, errRangeProof
	}
	return &rangeTree{
		Frontier: Frontier{size: from, nodes: slices.Clone(proof[:len(left)])},
		total:    size,
		right:    proof[len(left):],
	}, nil
}

// root gives the root of the whole log once the range is complete.
func (t *rangeTree) root() Hash {
	f := Frontier{size: t.size, nodes: slices.Clone(t.nodes)}
	for _, h := range t.right {
		width := f.size & -f.size
		f.size = min(f.size+width, t.total)
		f.push(h, (f.size-1)/width)
	}
	return f.Root()
}
