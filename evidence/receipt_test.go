// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// headerLog is a log of size real headers.
func headerLog(t testing.TB, size int) *memoryLog {
	t.Helper()
	l := newMemoryLog()
	for i := range size {
		l.add(t, fact{body: fmt.Appendf(nil, "body %d", i), ext: "txt"})
	}
	return l
}

// TestReceipt makes and checks the receipt of every entry of every log of up
// to 100 entries.
func TestReceipt(t *testing.T) {
	l := headerLog(t, 100)
	s := fixedSigner(t, testOrigin, 1)
	for size := int64(1); size <= 100; size++ {
		checkpoint := l.sign(t, s, size)
		for i := range size {
			receipt, err := NewReceipt(l.entries[i].Entry, checkpoint, l.hashReader())
			if err != nil {
				t.Fatal(err)
			}
			r, err := VerifyReceipt(receipt, s.PublicKey())
			if err != nil {
				t.Fatalf("entry %d of %d: %v", i, size, err)
			}
			if r.Entry.Index != i || !bytes.Equal(r.Entry.Leaf, l.entries[i].Leaf) || r.Head != l.head(t, size) {
				t.Fatalf("entry %d of %d: the receipt speaks of entry %d of %d", i, size, r.Entry.Index, r.Head.Size)
			}
		}
		if _, err := NewReceipt(Entry{Index: size, Leaf: l.entries[0].Leaf}, checkpoint, l.hashReader()); err == nil {
			t.Fatalf("a receipt of entry %d under a checkpoint of %d", size, size)
		}
	}
}

// TestReceiptFlippedBit flips every bit of a receipt's proof, entry and
// index, for every size up to 100, and of the whole receipt for a few.
func TestReceiptFlippedBit(t *testing.T) {
	l := headerLog(t, 100)
	s := fixedSigner(t, testOrigin, 1)
	for size := int64(1); size <= 100; size++ {
		head := l.head(t, size)
		for i := range size {
			proof, err := tlog.ProveRecord(size, i, l.hashReader())
			if err != nil {
				t.Fatal(err)
			}
			holds := func() bool {
				return tlog.CheckRecord(proof, size, head.Root, i, LeafHash(l.entries[i].Leaf)) == nil
			}
			if !holds() {
				t.Fatalf("entry %d of %d does not hold as it is", i, size)
			}
			for j := range proof {
				bit := byte(1 << ((int(size) + j) % 8))
				at := (int(i)*7 + j) % 32
				proof[j][at] ^= bit
				if holds() {
					t.Fatalf("entry %d of %d: a flip in hash %d is accepted", i, size, j)
				}
				proof[j][at] ^= bit
			}
		}
	}
	for _, size := range []int64{1, 2, 7, 100} {
		receipt, err := NewReceipt(l.entries[size/2].Entry, l.sign(t, fixedSigner(t, testOrigin, 1), size), l.hashReader())
		if err != nil {
			t.Fatal(err)
		}
		flips(receipt, func(bit int) {
			if _, err := VerifyReceipt(receipt, s.PublicKey()); err == nil {
				t.Errorf("size %d: bit %d flipped and accepted: %q", size, bit, receipt)
			}
		})
	}
}

func TestReceiptEveryBitOfLeafProofAndRoot(t *testing.T) {
	l := headerLog(t, 21)
	for size := int64(1); size <= 21; size++ {
		head := l.head(t, size)
		for i := range size {
			proof, err := tlog.ProveRecord(size, i, l.hashReader())
			if err != nil {
				t.Fatal(err)
			}
			leaf := LeafHash(l.entries[i].Leaf)
			parts := [][]byte{leaf[:], head.Root[:]}
			for j := range proof {
				parts = append(parts, proof[j][:])
			}
			for j, part := range parts {
				flips(part, func(bit int) {
					if tlog.CheckRecord(proof, size, head.Root, i, leaf) == nil {
						t.Fatalf("entry %d of %d: bit %d of part %d is without meaning", i, size, bit, j)
					}
				})
			}
		}
	}
}

func TestReceiptRefuses(t *testing.T) {
	l := headerLog(t, 9)
	s := fixedSigner(t, testOrigin, 1)
	checkpoint := l.sign(t, s, 9)
	receipt, err := NewReceipt(l.entries[3].Entry, checkpoint, l.hashReader())
	if err != nil {
		t.Fatal(err)
	}
	extra := base64.StdEncoding.EncodeToString(l.entries[3].Leaf)
	replace := func(old, new string) []byte {
		out := strings.Replace(string(receipt), old, new, 1)
		if out == string(receipt) {
			t.Fatalf("the receipt holds no %q", old)
		}
		return []byte(out)
	}
	for name, spoilt := range map[string][]byte{
		"nothing":                nil,
		"another title":          replace("proof@v1", "proof@v2"),
		"no entry":               replace("extra "+extra+"\n", ""),
		"another spelling":       replace(extra, extra[:8]+"\r\n"+extra[8:]),
		"a carriage return":      replace(extra, extra[:8]+"\r"+extra[8:]),
		"entry of its neighbour": replace(extra, base64.StdEncoding.EncodeToString(l.entries[4].Leaf)),
		"another index":          replace("index 3", "index 4"),
		"index with a plus":      replace("index 3", "index +3"),
		"index with a zero":      replace("index 3", "index 03"),
		"negative index":         replace("index 3", "index -3"),
		"index beyond":           replace("index 3", "index 9"),
		"no blank line":          replace("\n\n", "\n"),
		"a byte after the end":   append(bytes.Clone(receipt), '\n'),
		"no signature":           receipt[:bytes.LastIndexByte(receipt[:len(receipt)-1], '\n')+1],
		"too long":               append(bytes.Clone(receipt), make([]byte, MaxReceipt)...),
		"too many hashes":        replace("index 3\n", "index 3\n"+strings.Repeat(EmptyRoot().String()+"\n", 70)),
	} {
		if _, err := VerifyReceipt(spoilt, s.PublicKey()); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := VerifyReceipt(receipt, fixedSigner(t, testOrigin, 2).PublicKey()); err == nil {
		t.Error("another key: accepted")
	}
	if _, err := VerifyReceipt(receipt, fixedSigner(t, "demarc.local/org/larkspur/2027-q1", 1).PublicKey()); err == nil {
		t.Error("the key of another period: accepted")
	}
}

func TestVerifyReceiptUnder(t *testing.T) {
	l := headerLog(t, 20)
	s := fixedSigner(t, testOrigin, 1)
	five, nine, twenty := l.sign(t, s, 5), l.sign(t, s, 9), l.sign(t, s, 20)
	receipt, err := NewReceipt(l.entries[3].Entry, nine, l.hashReader())
	if err != nil {
		t.Fatal(err)
	}
	proof := func(old, new int64) []Hash {
		p, err := ProveConsistency(l.head(t, old), l.head(t, new), l.hashReader())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	fork := headerLog(t, 8)
	fork.add(t, fact{body: []byte("another")})
	other := fork.sign(t, fixedSigner(t, testOrigin, 1), 9)
	for _, c := range []struct {
		name       string
		checkpoint []byte
		proof      []Hash
		fork, good bool
	}{
		{name: "its own", checkpoint: nine, good: true},
		{name: "a newer one", checkpoint: twenty, proof: proof(9, 20), good: true},
		{name: "an older one", checkpoint: five, proof: proof(5, 9), good: true},
		{name: "a newer one without a proof", checkpoint: twenty},
		{name: "the proof of another step", checkpoint: twenty, proof: proof(5, 20), fork: true},
		{name: "a proof where none is needed", checkpoint: nine, proof: proof(5, 9)},
		{name: "another log of the same size", checkpoint: other, fork: true},
		{name: "no checkpoint", checkpoint: []byte("x")},
	} {
		_, err := VerifyReceiptUnder(receipt, c.checkpoint, c.proof, s.PublicKey())
		if (err == nil) != c.good || errors.Is(err, ErrFork) != c.fork {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestNewReceiptRefusesDamage(t *testing.T) {
	l := headerLog(t, 9)
	s := fixedSigner(t, testOrigin, 1)
	checkpoint := l.sign(t, s, 9)
	if _, err := NewReceipt(Entry{Index: 3, Leaf: l.entries[4].Leaf}, checkpoint, l.hashReader()); err == nil {
		t.Error("an entry in the place of another: a receipt was made")
	}
	l.stored[[2]int64{0, 0}][32*5]++
	if _, err := NewReceipt(l.entries[3].Entry, checkpoint, l.hashReader()); err == nil {
		t.Error("a damaged tile: a receipt was made")
	}
	if _, err := NewReceipt(l.entries[3].Entry, []byte("no checkpoint"), l.hashReader()); err == nil {
		t.Error("no checkpoint: a receipt was made")
	}
}

func FuzzParseReceipt(f *testing.F) {
	l := headerLog(f, 5)
	s := fixedSigner(f, testOrigin, 1)
	receipt, err := NewReceipt(l.entries[2].Entry, l.sign(f, s, 5), l.hashReader())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(receipt)
	f.Add([]byte(receiptTitle))
	f.Add([]byte(receiptTitle + "extra \nindex 0\n\n"))
	f.Add([]byte(receiptTitle + "extra AA==\nindex 0\n" + EmptyRoot().String() + "\n\nx"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseReceipt(b)
		if err != nil {
			return
		}
		if again := r.text(); !bytes.Equal(again, b) {
			t.Errorf("read %q, would write %q", b, again)
		}
		if r, err := VerifyReceipt(b, s.PublicKey()); err == nil && !bytes.Equal(r.Checkpoint, receipt[bytes.Index(receipt, []byte("\n\n"))+2:]) {
			t.Error("a receipt under a checkpoint that was never signed is accepted")
		}
	})
}
