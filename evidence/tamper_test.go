// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// files takes a pack apart: an adversary's first step.
func files(t testing.TB, pack []byte) map[string][]byte {
	t.Helper()
	members, whole, err := readMembers(context.Background(), bytes.NewReader(pack), int64(len(pack)), knownMember)
	if err != nil || !whole {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, m := range members {
		out[m.name] = bytes.Clone(pack[m.data():m.end()])
	}
	return out
}

// zipped puts files together as a pack's writer does, with the right
// checksums: an adversary's last step.
func zipped(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := newZipWriter(&b)
	for _, name := range sortedKeys(files) {
		z.add(name, files[name])
	}
	if err := z.close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// resign makes the manifest name the files as they are and signs it: what
// only the holder of the key can do.
func resign(t testing.TB, s *Signer, files map[string][]byte, change func(*Manifest)) {
	t.Helper()
	var m Manifest
	if err := json.Unmarshal(files[nameManifest], &m); err != nil {
		t.Fatal(err)
	}
	listed := m.Files
	m.Files = nil
	for _, f := range listed {
		if data, ok := files[f.Name]; ok {
			m.Files = append(m.Files, fileOf(f.Name, data))
		}
	}
	if change != nil {
		change(&m)
	}
	text, err := m.text()
	if err != nil {
		t.Fatal(err)
	}
	sig, err := s.signManifest(sha256.Sum256(text))
	if err != nil {
		t.Fatal(err)
	}
	files[nameManifest], files[nameManifestSig] = text, sig
}

// leavesOf takes a bundle apart into its entries, each with its length.
func leavesOf(bundle []byte) (out [][]byte) {
	for len(bundle) > 0 {
		n := 2 + int(binary.BigEndian.Uint16(bundle))
		out, bundle = append(out, bundle[:n:n]), bundle[n:]
	}
	return out
}

const (
	richBundle = "entries/000000000002"
	bodyTwo    = "bodies/000000000002.json"
	bodyThree  = "bodies/000000000003.json"
)

// tamper is one way to change a pack, and a fault that must be told.
type tamper struct {
	name   string
	change func(t testing.TB, c packCase, f map[string][]byte)
	part   Part
	file   string
	entry  int64 // -1: any
}

func set(name string, change func([]byte) []byte) func(testing.TB, packCase, map[string][]byte) {
	return func(t testing.TB, _ packCase, f map[string][]byte) {
		was := bytes.Clone(f[name])
		if f[name] = change(f[name]); bytes.Equal(was, f[name]) {
			t.Fatalf("%s was not changed", name)
		}
	}
}

func flip(name string, at int) func(testing.TB, packCase, map[string][]byte) {
	return set(name, func(b []byte) []byte { b[at] ^= 4; return b })
}

func replace(name, old, new string) func(testing.TB, packCase, map[string][]byte) {
	return set(name, func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) })
}

func remove(name string) func(testing.TB, packCase, map[string][]byte) {
	return set(name, func([]byte) []byte { return nil })
}

func bundle(change func(leaves [][]byte) [][]byte) func(testing.TB, packCase, map[string][]byte) {
	return set(richBundle, func(b []byte) []byte { return bytes.Join(change(leavesOf(b)), nil) })
}

// all does one change after the other.
func all(changes ...func(testing.TB, packCase, map[string][]byte)) func(testing.TB, packCase, map[string][]byte) {
	return func(t testing.TB, c packCase, f map[string][]byte) {
		for _, change := range changes {
			change(t, c, f)
		}
	}
}

// signed does a change and signs the manifest anew.
func signed(change func(testing.TB, packCase, map[string][]byte), lie func(*Manifest)) func(testing.TB, packCase, map[string][]byte) {
	return func(t testing.TB, c packCase, f map[string][]byte) {
		if change != nil {
			change(t, c, f)
		}
		resign(t, c.signer, f, lie)
	}
}

// deleteEmpty drops the members that a change left empty.
func deleteEmpty(f map[string][]byte) {
	for name, data := range f {
		if data == nil {
			delete(f, name)
		}
	}
}

// otherSalt changes the first salt of the index to another of its form.
func otherSalt(_ testing.TB, _ packCase, f map[string][]byte) {
	at := bytes.Index(f[nameIndex], []byte(`"salt":"`)) + len(`"salt":"`)
	if f[nameIndex][at] == 'A' {
		f[nameIndex][at] = 'B'
	} else {
		f[nameIndex][at] = 'A'
	}
}

// outsiders changes a pack without the key.
var outsiders = []tamper{
	{"a body changed", flip(bodyThree, 5), PartBody, bodyThree, 3},
	{"a body made longer", set(bodyThree, func(b []byte) []byte { return append(b, ' ') }), PartBody, bodyThree, 3},
	{"a body removed", remove(bodyThree), PartBody, bodyThree, 3},
	{"two bodies swapped", func(_ testing.TB, _ packCase, f map[string][]byte) {
		f[bodyTwo], f[bodyThree] = f[bodyThree], f[bodyTwo]
	}, PartBody, bodyTwo, 2},
	{"a body added to a withheld one", func(_ testing.TB, _ packCase, f map[string][]byte) {
		f["bodies/000000000005.json"] = []byte("x")
	}, PartBody, "bodies/000000000005.json", 5},
	{"a second body with another ending", func(_ testing.TB, _ packCase, f map[string][]byte) {
		f["bodies/000000000003.txt"] = f[bodyThree]
	}, PartBody, "bodies/000000000003.txt", 3},
	{"a body beyond the range", func(_ testing.TB, _ packCase, f map[string][]byte) { f["bodies/000000000099"] = []byte("x") }, PartBody, "bodies/000000000099", 99},
	{"a salt changed", otherSalt, PartIndex, nameIndex, 2},
	{"a salt made longer", replace(nameIndex, `"ext":"json","salt":"`, `"ext":"json","salt":"A`), PartIndex, nameIndex, 2},
	{"a body said to be withheld", all(remove(bodyTwo), set(nameIndex, func(b []byte) []byte {
		lines := bytes.SplitAfter(b, []byte("\n"))
		lines[0] = []byte("{\"index\":2,\"body\":\"withheld\"}\n")
		return bytes.Join(lines, nil)
	})), PartIndex, nameIndex, -1},
	{"another erasure named", replace(nameIndex, `"by":8`, `"by":9`), PartIndex, nameIndex, 4},
	{"an erasure by an earlier entry", replace(nameIndex, `"by":8`, `"by":3`), PartIndex, nameIndex, 4},
	{"an erasure by an entry that does not exist", replace(nameIndex, `"by":8`, `"by":99`), PartIndex, nameIndex, 4},
	{"a line of the index removed", set(nameIndex, func(b []byte) []byte { return b[bytes.IndexByte(b, '\n')+1:] }), PartIndex, nameIndex, 2},
	{"the last line of the index doubled", set(nameIndex, func(b []byte) []byte {
		return append(b, b[bytes.LastIndexByte(b[:len(b)-1], '\n')+1:]...)
	}), PartIndex, nameIndex, -1},
	{"the index without its last line end", set(nameIndex, func(b []byte) []byte { return b[:len(b)-1] }), PartIndex, nameIndex, 11},
	{"the index with one endless line", set(nameIndex, func(b []byte) []byte { return bytes.Repeat([]byte("x"), 100_000) }), PartIndex, nameIndex, 2},
	{"the index with a line too long", set(nameIndex, func(b []byte) []byte { return append(append(bytes.Repeat([]byte("x"), 300), '\n'), b...) }), PartIndex, nameIndex, 2},
	{"the index with a line far too long", set(nameIndex, func(b []byte) []byte { return append(append(bytes.Repeat([]byte("x"), 40_000), '\n'), b...) }), PartIndex, nameIndex, 2},
	{"the index removed", remove(nameIndex), PartIndex, nameIndex, -1},
	{"an entry changed", flip(richBundle, 100), PartEntry, richBundle, 2},
	{"an entry removed", bundle(func(l [][]byte) [][]byte { return slices.Delete(l, 3, 4) }), PartEntry, richBundle, 5},
	{"the first entry removed", bundle(func(l [][]byte) [][]byte { return l[1:] }), PartEntry, richBundle, 2},
	{"the last entry removed", bundle(func(l [][]byte) [][]byte { return l[:len(l)-1] }), PartEntry, richBundle, 11},
	{"an entry added", bundle(func(l [][]byte) [][]byte { return append(l, l[0]) }), PartEntry, richBundle, -1},
	{"an entry doubled", bundle(func(l [][]byte) [][]byte { return slices.Insert(l, 1, l[0]) }), PartEntry, richBundle, 3},
	{"two entries swapped", bundle(func(l [][]byte) [][]byte { l[0], l[1] = l[1], l[0]; return l }), PartEntry, richBundle, 3},
	{"an entry hidden", bundle(func(l [][]byte) [][]byte { l[0] = []byte{0, 0}; return l }), PartIndex, nameIndex, 2},
	{"the entries cut off", set(richBundle, func(b []byte) []byte { return b[:len(b)-10] }), PartEntry, richBundle, 11},
	{"the bundle removed", remove(richBundle), PartEntry, richBundle, -1},
	{"a bundle added", func(_ testing.TB, _ packCase, f map[string][]byte) { f["entries/000000004096"] = []byte{0, 0} }, PartEntry, "entries/000000004096", -1},
	{"a leaf hash changed", flip(nameLeafHashes, 40), PartLeafHashes, nameLeafHashes, 3},
	{"the leaf hash of an undisclosed entry changed", flip(nameLeafHashes, 5*32), PartLeafHashes, nameLeafHashes, -1},
	{"leaf hashes cut off", set(nameLeafHashes, func(b []byte) []byte { return b[:len(b)-32] }), PartLeafHashes, nameLeafHashes, -1},
	{"leaf hashes cut in the middle of one", set(nameLeafHashes, func(b []byte) []byte { return b[:len(b)-1] }), PartLeafHashes, nameLeafHashes, -1},
	{"no leaf hash", set(nameLeafHashes, func(b []byte) []byte { return []byte{} }), PartLeafHashes, nameLeafHashes, -1},
	{"leaf hashes removed", remove(nameLeafHashes), PartLeafHashes, nameLeafHashes, -1},
	{"an entry and its leaf hash changed", all(flip(richBundle, 100), func(_ testing.TB, _ packCase, f map[string][]byte) {
		h := LeafHash(leavesOf(f[richBundle])[0][2:])
		copy(f[nameLeafHashes], h[:])
	}), PartLeafHashes, nameLeafHashes, -1},
	{"an entry removed everywhere", all(remove("bodies/000000000011.json"),
		bundle(func(l [][]byte) [][]byte { return l[:len(l)-1] }),
		set(nameLeafHashes, func(b []byte) []byte { return b[:len(b)-32] }),
		set(nameIndex, func(b []byte) []byte { return b[:bytes.LastIndexByte(b[:len(b)-1], '\n')+1] })), PartLeafHashes, nameLeafHashes, -1},
	{"the range proof changed", set(nameRangeProof, func(b []byte) []byte { b[3] ^= 1; return b }), PartProof, nameRangeProof, -1},
	{"the range proof shortened", set(nameRangeProof, func(b []byte) []byte { return b[45:] }), PartProof, nameRangeProof, -1},
	{"the range proof removed", remove(nameRangeProof), PartProof, nameRangeProof, -1},
	{"the consistency proof changed", set(nameConsistency, func(b []byte) []byte { b[3] ^= 1; return b }), PartProof, nameConsistency, -1},
	{"the consistency proof no proof", set(nameConsistency, func(b []byte) []byte { return []byte("x") }), PartProof, nameConsistency, -1},
	{"the consistency proof removed", remove(nameConsistency), PartProof, nameConsistency, -1},
	{"the earlier checkpoint changed", replace(nameEarlier, "\n5\n", "\n4\n"), PartCheckpoint, nameEarlier, -1},
	{"the earlier checkpoint removed", remove(nameEarlier), PartCheckpoint, nameEarlier, -1},
	{"the growth removed", all(remove(nameEarlier), remove(nameConsistency)), PartCheckpoint, nameEarlier, -1},
	{"the checkpoint changed", replace(nameCheckpoint, "\n14\n", "\n15\n"), PartCheckpoint, nameCheckpoint, -1},
	{"the checkpoint removed", remove(nameCheckpoint), PartCheckpoint, nameCheckpoint, -1},
	{"the checkpoint far too long", set(nameCheckpoint, func(b []byte) []byte { return append(b, make([]byte, MaxCheckpoint)...) }), PartCheckpoint, nameCheckpoint, -1},
	{"the checkpoints swapped: a rollback", func(_ testing.TB, _ packCase, f map[string][]byte) {
		f[nameCheckpoint], f[nameEarlier] = f[nameEarlier], f[nameCheckpoint]
	}, PartCheckpoint, nameCheckpoint, -1},
	{"the manifest changed", replace(nameManifest, `"to": 12`, `"to": 11`), PartManifest, nameManifest, -1},
	{"the manifest removed", remove(nameManifest), PartManifest, nameManifest, -1},
	{"the manifest far too long", set(nameManifest, func(b []byte) []byte { return append(b, make([]byte, maxManifest)...) }), PartManifest, nameManifest, -1},
	{"the signature changed", flip(nameManifestSig, 50), PartSignature, nameManifestSig, -1},
	{"the signature removed", remove(nameManifestSig), PartSignature, nameManifestSig, -1},
	{"the policy changed", flip(namePolicy, 60), PartPolicy, namePolicy, -1},
	{"the policy removed", remove(namePolicy), PartPolicy, namePolicy, -1},
	{"the policy of another", func(t testing.TB, _ packCase, f map[string][]byte) {
		f[namePolicy] = []byte(policyText(fixedSigner(t, testOrigin, 2).PublicKey()))
	}, PartPolicy, namePolicy, -1},
	{"the README changed", flip(nameReadme, 3), PartReadme, nameReadme, -1},
	{"the README removed", remove(nameReadme), PartReadme, nameReadme, -1},
	{"the verifier changed", flip(nameVerifier, 30), PartVerifier, nameVerifier, -1},
	{"the verifier removed", remove(nameVerifier), PartVerifier, nameVerifier, -1},
	{"the manifest of a pack of another range", func(t testing.TB, c packCase, f map[string][]byte) {
		c.o.To = 11
		other := files(t, c.pack(t))
		f[nameManifest], f[nameManifestSig] = other[nameManifest], other[nameManifestSig]
	}, PartLeafHashes, nameLeafHashes, -1},
}

// insiders changes a pack with the key at hand: its maker lies.
var insiders = []tamper{
	{"an entry changed", signed(flip(richBundle, 100), nil), PartEntry, richBundle, 2},
	{"a body changed", signed(flip(bodyThree, 5), nil), PartBody, bodyThree, 3},
	{"an entry and its leaf hash changed", signed(all(flip(richBundle, 100), func(_ testing.TB, _ packCase, f map[string][]byte) {
		h := LeafHash(leavesOf(f[richBundle])[0][2:])
		copy(f[nameLeafHashes], h[:])
	}), nil), PartLeafHashes, nameLeafHashes, -1},
	{"the consistency proof changed", signed(set(nameConsistency, func(b []byte) []byte { b[3] ^= 1; return b }), nil), PartProof, nameConsistency, -1},
	{"a salt changed", signed(otherSalt, nil), PartIndex, nameIndex, 2},
	{"the last line of the index doubled", signed(set(nameIndex, func(b []byte) []byte {
		return append(b, b[bytes.LastIndexByte(b[:len(b)-1], '\n')+1:]...)
	}), nil), PartIndex, nameIndex, -1},
	{"two entries swapped", signed(bundle(func(l [][]byte) [][]byte { l[0], l[1] = l[1], l[0]; return l }), nil), PartEntry, richBundle, 2},
	{"a count too low", signed(nil, func(m *Manifest) { m.Bodies.Withheld = 0 }), PartManifest, nameManifest, -1},
	{"a body that was there withheld, and counted so", signed(all(remove(bodyTwo)), nil), PartBody, bodyTwo, 2},
	{"another size", signed(nil, func(m *Manifest) { m.Size = 13 }), PartManifest, nameManifest, -1},
	{"another range", signed(nil, func(m *Manifest) { m.To = 11 }), PartLeafHashes, nameLeafHashes, -1},
	{"no range", signed(nil, func(m *Manifest) { m.To = m.From }), PartManifest, nameManifest, -1},
	{"a format to come", signed(nil, func(m *Manifest) { m.Format = "demarc-pack/2" }), PartManifest, nameManifest, -1},
	{"another period", signed(nil, func(m *Manifest) { m.Period = "2027-q1" }), PartManifest, nameManifest, -1},
	{"a name as requester", signed(nil, func(m *Manifest) { m.Requester = "Alice" }), PartManifest, nameManifest, -1},
	{"no time", signed(nil, func(m *Manifest) { m.Created = "yesterday" }), PartManifest, nameManifest, -1},
	{"a file not listed", signed(nil, func(m *Manifest) { m.Files = m.Files[1:] }), PartManifest, nameManifest, -1},
	{"a file listed twice", signed(nil, func(m *Manifest) { m.Files = append(m.Files, m.Files[0]) }), PartManifest, nameManifest, -1},
	{"the growth left out of the list", signed(nil, func(m *Manifest) {
		m.Files = slices.DeleteFunc(m.Files, func(f ManifestFile) bool { return f.Name == nameEarlier || f.Name == nameConsistency })
	}), PartCheckpoint, nameEarlier, -1},
	{"an erasure that is none", signed(replace(nameIndex, `"by":8`, `"by":9`), nil), PartIndex, nameIndex, 4},
	{"a body said to be empty", signed(all(remove(bodyThree), set(nameIndex, func(b []byte) []byte {
		return bytes.Replace(b, []byte(`"index":3,"body":"ok","bytes":11`), []byte(`"index":3,"body":"ok","bytes":0`), 1)
	})), func(m *Manifest) { m.Bodies.Bytes -= 11 }), PartIndex, nameIndex, 3},
	{"a length that is not the body's", signed(replace(nameIndex, `"index":3,"body":"ok","bytes":11`, `"index":3,"body":"ok","bytes":12`), nil), PartBody, bodyThree, 3},
	{"a header withheld in the index only", signed(replace(nameIndex, `"index":5,"body":"withheld"`, `"index":5,"body":"undisclosed"`), nil), PartIndex, nameIndex, 5},
}

// TestTamper changes packs as an adversary would, checksums and all. The Go
// verifier must tell the fault, and the Python one the same faults.
func TestTamper(t *testing.T) {
	p := richCase(t)
	good := p.pack(t)
	second := startPython(t)
	for group, tampers := range map[string][]tamper{"Outsider": outsiders, "Insider": insiders} {
		for _, c := range tampers {
			t.Run(group+"/"+strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
				f := files(t, good)
				c.change(t, p, f)
				deleteEmpty(f)
				pack := zipped(t, f)
				r := verify(t, pack, VerifyOptions{Key: p.signer.PublicKey()})
				if !slices.ContainsFunc(r.Faults, func(f Fault) bool {
					return f.Part == c.part && f.File == c.file && (c.entry < 0 || f.Entry == c.entry)
				}) {
					t.Errorf("not told: %s in %s, entry %d\n%s", c.part, c.file, c.entry, r.Text())
				}
				second.agrees(t, r, pack, p.signer.PublicKey(), nil)
			})
		}
	}
}
