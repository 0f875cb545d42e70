// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"io"
	"sort"
	"strings"
)

// Bounds of the files that are read into memory, in bytes.
const (
	maxManifest = 1 << 20
	maxText     = 1 << 20
	maxProof    = 16 << 10
)

// knownMember tells which names may stand in a pack.
func knownMember(name string) bool {
	switch name {
	case nameReadme, nameIndex, nameManifest, nameManifestSig, nameCheckpoint, nameEarlier, nameConsistency,
		nameLeafHashes, nameRangeProof, namePolicy, nameVerifier:
		return true
	}
	if digits, ok := strings.CutPrefix(name, "entries/"); ok {
		return isIndex(digits)
	}
	rest, ok := strings.CutPrefix(name, "bodies/")
	digits, ext, dot := strings.Cut(rest, ".")
	return ok && isIndex(digits) && isExt(ext) && (ext != "" || !dot)
}

// isIndex tells of an index as file names have it: 12 digits.
func isIndex(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// partOf tells which part of a pack a file is.
func partOf(name string) (part Part, verdict string) {
	switch name {
	case nameReadme:
		return PartReadme, VerdictManifest
	case nameVerifier:
		return PartVerifier, VerdictManifest
	case nameManifest:
		return PartManifest, VerdictManifest
	case nameManifestSig:
		return PartSignature, VerdictManifest
	case namePolicy:
		return PartPolicy, VerdictSignature
	case nameCheckpoint:
		return PartCheckpoint, VerdictSignature
	case nameEarlier:
		return PartCheckpoint, VerdictConsistency
	case nameConsistency:
		return PartProof, VerdictConsistency
	case nameRangeProof:
		return PartProof, VerdictRange
	case nameLeafHashes:
		return PartLeafHashes, VerdictRange
	case nameIndex:
		return PartIndex, VerdictBodies
	}
	if strings.HasPrefix(name, "entries/") {
		return PartEntry, VerdictEntries
	}
	return PartBody, VerdictBodies
}

// find gives the place of a member, or -1.
func (v *verification) find(name string) int {
	i := sort.Search(len(v.members), func(i int) bool { return v.members[i].name >= name })
	if i == len(v.members) || v.members[i].name != name {
		return -1
	}
	return i
}

// read gives a whole file of at most most bytes; ok is false when the pack
// does not hold it or it is larger, and then the bytes are nil.
func (v *verification) read(name string, most int64) (data []byte, ok bool, err error) {
	i := v.find(name)
	if i < 0 || v.members[i].size > most {
		return nil, false, nil
	}
	m := &v.members[i]
	data = make([]byte, m.size)
	if n, err := v.r.ReadAt(data, m.data()); n < len(data) {
		return nil, false, &readError{err}
	}
	return data, true, nil
}

// missing records that read gave nothing.
func (v *verification) missing(verdict string, part Part, name string) {
	if i := v.find(name); i >= 0 {
		v.used[i] = true
		v.fault(verdict, part, name, -1, "it is larger than such a file can be: %d bytes", v.members[i].size)
		return
	}
	v.fault(verdict, part, name, -1, "it is missing")
}

// settle records that a member's bytes were read, and holds their measure
// against the ZIP's checksum and the manifest. A file that another fault
// names already is not named again.
func (v *verification) settle(i int, t *tally) {
	m := &v.members[i]
	v.used[i] = true
	if v.named[m.name] {
		return
	}
	part, verdict := partOf(m.name)
	f, listed := v.files[m.name]
	entry := int64(-1)
	if part == PartBody {
		entry, _ = bodyIndex(m.name)
	}
	switch {
	case listed && f != t.file(m.name):
		v.fault(verdict, part, m.name, entry, "it is not the file that the manifest names")
	case t.crc.Sum32() != m.crc:
		v.fault(verdict, part, m.name, entry, "the ZIP states another checksum than its bytes have")
	}
}

// bodyIndex gives the index in the name of a body's file.
func bodyIndex(name string) (index int64, ok bool) {
	digits, ok := strings.CutPrefix(name, "bodies/")
	if !ok || len(digits) < 12 || !isIndex(digits[:12]) {
		return 0, false
	}
	for _, c := range digits[:12] {
		index = 10*index + int64(c-'0')
	}
	return index, true
}

// checkPlainFiles sees that the files are there that nothing else asks for.
func (v *verification) checkPlainFiles() error {
	for _, name := range []string{nameReadme, nameVerifier} {
		if i := v.find(name); i < 0 || v.members[i].size > maxText {
			part, verdict := partOf(name)
			v.missing(verdict, part, name)
		}
	}
	return nil
}

// checkRest reads what no other step has read, so that no byte goes unseen.
func (v *verification) checkRest() error {
	buf := make([]byte, 64<<10)
	for i := range v.members {
		if v.used[i] {
			continue
		}
		if err := v.ctx.Err(); err != nil {
			return err
		}
		t := newTally()
		if err := v.pour(i, t, buf); err != nil {
			return err
		}
		v.settle(i, t)
	}
	return nil
}

// pour writes a member's bytes to w.
func (v *verification) pour(i int, w io.Writer, buf []byte) error {
	m := &v.members[i]
	for at := int64(0); at < m.size; {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		n := min(int64(len(buf)), m.size-at)
		if got, err := v.r.ReadAt(buf[:n], m.data()+at); int64(got) < n {
			return &readError{err}
		}
		w.Write(buf[:n]) // hashes do not fail
		at += n
	}
	return nil
}

// window reads ahead for many small reads that go forward.
type window struct {
	r    io.ReaderAt
	size int64
	buf  []byte
	at   int64 // of buf
}

const windowBytes = 64 << 10

// ReadAt reads from the window when all of p lies in it.
func (w *window) ReadAt(p []byte, at int64) (int, error) {
	if len(p) > windowBytes/2 {
		return w.r.ReadAt(p, at)
	}
	if at < w.at || at+int64(len(p)) > w.at+int64(len(w.buf)) {
		if at < 0 || at >= w.size {
			return 0, io.EOF
		}
		n := min(windowBytes, w.size-at)
		if w.buf == nil {
			w.buf = make([]byte, windowBytes)
		}
		w.buf = w.buf[:n]
		got, err := w.r.ReadAt(w.buf, at)
		w.buf, w.at = w.buf[:got], at
		if int64(got) < n && err != io.EOF {
			w.buf = w.buf[:0]
			return 0, err
		}
	}
	n := copy(p, w.buf[at-w.at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
