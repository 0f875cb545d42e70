// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// TestConsistency proves the growth from every size to every size up to 100,
// and flips bits of each hash of the proof and of both roots.
func TestConsistency(t *testing.T) {
	l := plainLog(t, 100)
	for size := int64(0); size <= 100; size++ {
		head := l.head(t, size)
		for was := int64(0); was <= size; was++ {
			old := l.head(t, was)
			proof, err := ProveConsistency(old, head, l.hashReader())
			if err != nil {
				t.Fatalf("%d → %d: %v", was, size, err)
			}
			for i := range proof {
				at := (int(size) + i) % 32
				proof[i][at] ^= 1 << (was % 8)
				if continues(head, old, proof) == nil {
					t.Fatalf("%d → %d: a flip in hash %d is accepted", was, size, i)
				}
				proof[i][at] ^= 1 << (was % 8)
			}
			if continues(head, old, append(proof[:len(proof):len(proof)], Hash{})) == nil {
				t.Fatalf("%d → %d: a hash more is accepted", was, size)
			}
			if was > 0 {
				refuseOtherRoots(t, head, old, proof)
			}
		}
	}
}

func refuseOtherRoots(t *testing.T, head, old Head, proof []Hash) {
	t.Helper()
	at := int(head.Size+old.Size) % 32
	head.Root[at] ^= 4
	if err := continues(head, old, proof); !errors.Is(err, ErrFork) {
		t.Fatalf("%d → %d: another new root: %v", old.Size, head.Size, err)
	}
	head.Root[at] ^= 4
	old.Root[at] ^= 4
	if err := continues(head, old, proof); !errors.Is(err, ErrFork) {
		t.Fatalf("%d → %d: another old root: %v", old.Size, head.Size, err)
	}
}

func TestConsistencyEveryBit(t *testing.T) {
	l := plainLog(t, 13)
	for size := int64(2); size <= 13; size++ {
		for was := int64(1); was < size; was++ {
			old, head := l.head(t, was), l.head(t, size)
			proof, err := ProveConsistency(old, head, l.hashReader())
			if err != nil {
				t.Fatal(err)
			}
			parts := [][]byte{old.Root[:], head.Root[:]}
			for i := range proof {
				parts = append(parts, proof[i][:])
			}
			for i, part := range parts {
				flips(part, func(bit int) {
					if continues(head, old, proof) == nil {
						t.Fatalf("%d → %d: bit %d of part %d is without meaning", was, size, bit, i)
					}
				})
			}
		}
	}
}

func TestVerifyConsistency(t *testing.T) {
	l := plainLog(t, 20)
	s := fixedSigner(t, testOrigin, 1)
	old, head := l.sign(t, s, 7), l.sign(t, s, 20)
	proof, err := ProveConsistency(l.head(t, 7), l.head(t, 20), l.hashReader())
	if err != nil {
		t.Fatal(err)
	}
	if err := VerifyConsistency(old, head, proof, s.PublicKey()); err != nil {
		t.Error(err)
	}
	if err := VerifyConsistency(head, old, proof, s.PublicKey()); !errors.Is(err, ErrRollback) {
		t.Errorf("the other way round: %v", err)
	}
	fork := plainLog(t, 6)
	fork.addLeaf(t, []byte("other"))
	if err := VerifyConsistency(fork.sign(t, fixedSigner(t, testOrigin, 1), 7), head, proof, s.PublicKey()); !errors.Is(err, ErrFork) {
		t.Errorf("a fork: %v", err)
	}
	other := fixedSigner(t, testOrigin, 2)
	if err := VerifyConsistency(l.sign(t, other, 7), head, proof, s.PublicKey()); err == nil {
		t.Error("an old checkpoint under another key is accepted")
	}
	if err := VerifyConsistency(old, l.sign(t, other, 20), proof, s.PublicKey()); err == nil {
		t.Error("a new checkpoint under another key is accepted")
	}
	if _, err := ProveConsistency(Head{Origin: "demarc.local/org/alder/p"}, l.head(t, 20), l.hashReader()); err == nil {
		t.Error("heads of two logs are consistent")
	}
}

// TestConsistencyEqualsReference: our proofs are those of x/mod's tlog.
func TestConsistencyEqualsReference(t *testing.T) {
	l := plainLog(t, 3000)
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.Int64Range(2, 3000).Draw(rt, "size")
		was := rapid.Int64Range(1, size-1).Draw(rt, "was")
		want, err := tlog.ProveTree(size, was, l.reference())
		if err != nil {
			rt.Fatal(err)
		}
		got, err := ProveConsistency(l.head(t, was), l.head(t, size), l.hashReader())
		if err != nil {
			rt.Fatal(err)
		}
		if len(got) != len(want) {
			rt.Fatalf("%d hashes, the reference has %d", len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				rt.Fatalf("hash %d differs", i)
			}
		}
	})
}
