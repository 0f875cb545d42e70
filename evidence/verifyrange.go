// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bufio"
	"encoding/binary"
	"io"

	"golang.org/x/mod/sumdb/tlog"
)

// rangeCheck is the one pass over a pack's entries: bundles, index and bodies
// side by side.
type rangeCheck struct {
	*verification
	from, to int64
	leaves   []byte         // org/leafhashes.bin
	other    map[int64]Hash // of entries that do not have the hash that stands there
	shown    []byte         // per entry, see the constants
	erased   map[int64]int64
	clock    clockCheck
	sealedAt int64 // index of the seal, or -1

	bundle struct {
		member int // -1: none
		tally  *tally
		in     *bufio.Reader
		left   int64
	}
	index struct {
		tally *tally
		in    *bufio.Reader // nil: there is none
	}
	closed   []closedFile
	body     int   // the next member that is a body
	lastBody int   // the member after the last
	moot     int64 // bodies whose header is not known
	buf      []byte
	sum      *tally // of the body at hand
}

// What is known of an entry.
const (
	entryUnknown byte = iota // missing, damaged, or not what the leaf hash says
	entryUndisclosed
	entryShown
	entryErasure // shown, and of KindErasure
)

// checkRange checks entries, their order and completeness, and bodies.
func (v *verification) checkRange() error {
	c := &rangeCheck{verification: v, other: map[int64]Hash{}, erased: map[int64]int64{}, sealedAt: -1, buf: make([]byte, 32<<10), sum: newTally()}
	ok, err := c.open()
	if err != nil || !ok {
		return err
	}
	v.report.From, v.report.To = c.from, c.to
	proofHolds, err := c.checkLeaves(false)
	if err != nil {
		return err
	}
	for at := c.from; at < c.to; at++ {
		if at%1024 == 0 {
			if err := v.ctx.Err(); err != nil {
				return err
			}
		}
		if err := c.checkEntry(at); err != nil {
			return err
		}
	}
	if err := c.close(); err != nil {
		return err
	}
	return c.conclude(proofHolds)
}

// open finds out the range and opens the streams. The manifest says which
// range it is when it can be trusted, otherwise the files do.
func (c *rangeCheck) open() (ok bool, err error) {
	leaves, have, err := c.read(nameLeafHashes, MaxPackEntries*tlog.HashSize)
	if err != nil {
		return false, err
	}
	if !have {
		c.missing(VerdictRange, PartLeafHashes, nameLeafHashes)
		return false, nil
	}
	c.leaves = leaves
	n := int64(len(leaves)) / tlog.HashSize
	if c.manifest != nil {
		c.from, c.to = c.manifest.From, c.manifest.To
	} else {
		for i := range c.members {
			if first, ok := bundleIndex(c.members[i].name); ok {
				c.from = first
				break
			}
		}
		c.to = c.from + n
	}
	if n != c.to-c.from || len(leaves)%tlog.HashSize != 0 || n == 0 {
		c.fault(VerdictRange, PartLeafHashes, nameLeafHashes, -1, "it has %d bytes, %d entries need %d", len(leaves), c.to-c.from, (c.to-c.from)*tlog.HashSize)
		return false, nil
	}
	c.shown = make([]byte, n)
	c.openIndex()
	for c.body < len(c.members) && !isBody(c.members[c.body].name) {
		c.body++
	}
	for c.lastBody = c.body; c.lastBody < len(c.members) && isBody(c.members[c.lastBody].name); c.lastBody++ {
	}
	c.bundle.member = -1
	return true, nil
}

func isBody(name string) bool {
	_, ok := bodyIndex(name)
	return ok
}

func (c *rangeCheck) openIndex() {
	i := c.find(nameIndex)
	if i < 0 {
		c.missing(VerdictBodies, PartIndex, nameIndex)
		return
	}
	c.index.tally = newTally()
	c.index.in = c.stream(i, c.index.tally)
}

// stream reads a member from its beginning and takes its measure.
func (c *rangeCheck) stream(i int, t *tally) *bufio.Reader {
	m := &c.members[i]
	return bufio.NewReaderSize(io.TeeReader(io.NewSectionReader(c.plain, m.data(), m.size), t), 32<<10)
}

// checkLeaves computes the root from the leaf hashes of the pack or, when
// asked, from those of the disclosed entries where they differ. It answers
// what the reader's checkpoint is to be held against on the way.
func (c *rangeCheck) checkLeaves(asDisclosed bool) (holds bool, err error) {
	text, ok, err := c.read(nameRangeProof, maxProof)
	if err != nil {
		return false, err
	}
	if !ok && !asDisclosed {
		c.missing(VerdictRange, PartProof, nameRangeProof)
	}
	if !ok || !c.headHolds {
		return false, nil
	}
	var tree *rangeTree
	proof, err := ParseProof(text)
	if err == nil {
		tree, err = newRangeTree(c.report.Head.Size, c.from, c.to, proof)
	}
	if err != nil {
		if !asDisclosed {
			c.fault(VerdictRange, PartProof, nameRangeProof, -1, "it is no proof of the entries %d to %d in a log of %d", c.from, c.to-1, c.report.Head.Size)
		}
		return false, nil
	}
	kept, hasKept := Head{}, false
	if !asDisclosed {
		kept, hasKept = c.openKept()
	}
	var rootAt *Hash
	for at := c.from; ; at++ {
		if hasKept && at == kept.Size {
			root := tree.Root()
			rootAt = &root
		}
		if at == c.to {
			break
		}
		h := c.leaf(at)
		if own, ok := c.other[at]; ok && asDisclosed {
			h = own
		}
		tree.Append(h)
	}
	holds = tree.root() == c.report.Head.Root
	if hasKept {
		if !holds {
			rootAt = nil
		}
		c.checkKept(kept, rootAt)
	}
	return holds, nil
}

func (c *rangeCheck) leaf(at int64) Hash {
	return Hash(c.leaves[(at-c.from)*tlog.HashSize:][:tlog.HashSize])
}

// checkEntry checks one entry: its header against its leaf hash, what the
// index says of its body, and the body.
func (c *rangeCheck) checkEntry(at int64) error {
	leaf, have, err := c.nextLeaf(at)
	if err != nil {
		return err
	}
	line, haveLine, err := c.nextLine(at)
	if err != nil {
		return err
	}
	state := &c.shown[at-c.from]
	var h Header
	switch {
	case !have:
	case len(leaf) == 0:
		*state, have = entryUndisclosed, false
		c.report.Entries.Undisclosed++
	default:
		c.report.Entries.Disclosed++
		if own := LeafHash(leaf); own != c.leaf(at) {
			c.other[at] = own
			have = false // who is wrong is seen at the end
			break
		}
		*state = entryShown
		if h, err = ParseHeader(leaf); err != nil {
			c.fault(VerdictEntries, PartEntry, c.bundleFile(), at, "it is signed but no header: %v", err)
			have = false
			break
		}
		c.see(at, h)
	}
	if !haveLine {
		c.skipBody(at)
		return nil
	}
	return c.checkBody(at, line, h, have)
}

// see takes from a header what the later verdicts need.
func (c *rangeCheck) see(at int64, h Header) {
	c.clock.see(h)
	switch h.Kind {
	case KindErasure:
		c.shown[at-c.from] = entryErasure
	case KindSeal:
		c.sealedAt = at
		if c.headHolds && at != c.report.Head.Size-1 {
			c.fault(VerdictPeriod, PartEntry, c.bundleFile(), at, "it seals the period, yet it is not the last entry of the log")
		}
	}
}

// nextLeaf gives an entry's bytes, none when it is not disclosed; have is
// false when they cannot be read.
func (c *rangeCheck) nextLeaf(at int64) (leaf []byte, have bool, err error) {
	if at == c.from || at%bundleEntries == 0 {
		if err := c.nextBundle(at); err != nil {
			return nil, false, err
		}
	}
	b := &c.bundle
	if b.member < 0 || b.in == nil {
		return nil, false, nil
	}
	broken := func(what string) ([]byte, bool, error) {
		c.fault(VerdictEntries, PartEntry, c.bundleFile(), at, "%s", what)
		_, err := io.Copy(io.Discard, b.in)
		b.in = nil
		return nil, false, readFailed(err)
	}
	if b.left < 2 {
		return broken("the file ends before it")
	}
	var length [2]byte
	if _, err := io.ReadFull(b.in, length[:]); err != nil {
		return nil, false, readFailed(err)
	}
	b.left -= 2
	n := int64(binary.BigEndian.Uint16(length[:]))
	if n > b.left || n > MaxHeader {
		return broken("its length is out of bounds")
	}
	leaf = c.buf[:n]
	if _, err := io.ReadFull(b.in, leaf); err != nil {
		return nil, false, readFailed(err)
	}
	b.left -= n
	return leaf, true, nil
}

// nextBundle closes the bundle that was read and opens the one that begins
// with an entry.
func (c *rangeCheck) nextBundle(first int64) error {
	if err := c.closeBundle(); err != nil {
		return err
	}
	b := &c.bundle
	b.in = nil
	if b.member = c.find(bundleName(first)); b.member < 0 {
		c.fault(VerdictEntries, PartEntry, bundleName(first), -1, "it is missing, with the entries %d to %d", first, nextBundle(first, c.to)-1)
		return nil
	}
	b.tally, b.left = newTally(), c.members[b.member].size
	b.in = c.stream(b.member, b.tally)
	return nil
}

func (c *rangeCheck) closeBundle() error {
	b := &c.bundle
	if b.member < 0 {
		return nil
	}
	if b.in != nil {
		if b.left > 0 {
			c.fault(VerdictEntries, PartEntry, c.bundleFile(), -1, "%d bytes after its last entry", b.left)
		}
		if _, err := io.Copy(io.Discard, b.in); err != nil {
			return &readError{err}
		}
	}
	c.closed = append(c.closed, closedFile{b.member, b.tally})
	b.member = -1
	return nil
}

func (c *rangeCheck) bundleFile() string {
	if c.bundle.member < 0 {
		return "entries"
	}
	return c.members[c.bundle.member].name
}

// readFailed tells of a stream that ended early or could not be read: the
// members' ends lie within the file, so it is the reader that failed.
func readFailed(err error) error {
	if err == nil {
		return nil
	}
	return &readError{err}
}
