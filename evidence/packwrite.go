// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"golang.org/x/mod/sumdb/tlog"
)

// bodyBuffer is the largest body that is held in memory while it is checked
// and written; a larger one is read twice.
const bodyBuffer = 1 << 20

// WritePack writes the pack of a range to w and gives its manifest. Nothing
// is written before the range is seen to lead to the signed root, and no body
// before it is seen to be the one that its header names: damage in the log
// gives an error, not a bad pack. After an error what was written is no pack.
// The same evidence and options give the same bytes. It holds some 110 bytes
// an entry in memory, and one body of up to 1 MiB.
func WritePack(ctx context.Context, w io.Writer, src PackSource, signer *Signer, o PackOptions) (*Manifest, error) {
	p := &packWriter{ctx: ctx, src: src, signer: signer, o: o, zip: newZipWriter(w)}
	for _, step := range []func() error{
		p.checkOptions, p.prove, p.survey,
		p.writeBodies, p.writeIndex, p.writeBundles, p.writeRest,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("making a pack of %s: %w", signer.Origin(), err)
		}
	}
	return &p.manifest, nil
}

type packWriter struct {
	ctx    context.Context
	src    PackSource
	signer *Signer
	o      PackOptions
	zip    *zipWriter

	head        Head
	rangeProof  []Hash
	consistency []Hash

	states   []bodyState // an entry each, from survey on
	leaves   []byte      // a leaf hash each
	index    *tally      // of bodies/index.jsonl
	manifest Manifest
	bundles  []ManifestFile
}

func (p *packWriter) checkOptions() (err error) {
	o := p.o
	if p.head, err = OpenCheckpoint(o.Checkpoint, p.signer.PublicKey()); err != nil {
		return err
	}
	switch {
	case o.From < 0 || o.From >= o.To || o.To > p.head.Size || o.To > maxLogIndex:
		return fmt.Errorf("range [%d,%d) is empty or not within the %d entries of the checkpoint", o.From, o.To, p.head.Size)
	case o.To-o.From > MaxPackEntries:
		return fmt.Errorf("range [%d,%d): %d entries are more than the %d that one pack takes; make several", o.From, o.To, o.To-o.From, MaxPackEntries)
	case !validPurpose(o.Requester, o.Reason):
		return fmt.Errorf("requester %q is no pseudonym or reason %q is no id", o.Requester, o.Reason)
	case o.Created.UTC().Year() < 1970 || o.Created.UTC().Year() > 9999:
		return fmt.Errorf("time %v is out of range", o.Created)
	case o.Recorded < 0:
		return fmt.Errorf("entry %d cannot record the making of a pack", o.Recorded)
	}
	org, period, err := ParseOrigin(p.head.Origin)
	p.manifest = Manifest{
		Format: packFormat, Origin: p.head.Origin, Organisation: org, Period: period,
		From: o.From, To: o.To, Size: p.head.Size,
		Created:  o.Created.UTC().Format(createdLayout),
		Recorded: o.Recorded, Requester: o.Requester, Reason: o.Reason,
	}
	return err
}

func (p *packWriter) prove() (err error) {
	tiles := TileHashes(func(level int, n int64) ([]byte, error) { return p.src.Tile(p.ctx, level, n) })
	if p.rangeProof, err = ProveRange(p.head.Size, p.o.From, p.o.To, tiles); err != nil {
		return fmt.Errorf("proving the range: %w", err)
	}
	if p.o.Earlier == nil {
		return nil
	}
	earlier, err := OpenCheckpoint(p.o.Earlier, p.signer.PublicKey())
	if err != nil {
		return fmt.Errorf("the earlier head: %w", err)
	}
	if p.consistency, err = ProveConsistency(earlier, p.head, tiles); err != nil {
		return fmt.Errorf("the earlier head: %w", err)
	}
	return nil
}

// entries gives the entries of the range, each with its place in it, and
// checks that they come in order. After survey it checks too that they are
// those that survey saw.
func (p *packWriter) entries(do func(i int64, e *PackEntry) error) error {
	next := p.o.From
	for e, err := range p.src.Entries(p.ctx, p.o.From, p.o.To) {
		if err == nil {
			err = p.ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("reading entry %d: %w", next, err)
		}
		if e.Index != next || next >= p.o.To {
			return fmt.Errorf("reading entry %d: the log gave entry %d", next, e.Index)
		}
		if err := do(next-p.o.From, &e); err != nil {
			return err
		}
		next++
	}
	if next != p.o.To {
		return fmt.Errorf("reading entry %d: the log gave no more entries", next)
	}
	return nil
}

// survey reads the range once: what is disclosed, the leaf hashes, and what
// the index of the bodies will be.
func (p *packWriter) survey() error {
	p.index = newTally()
	p.states = make([]bodyState, p.o.To-p.o.From)
	p.leaves = make([]byte, 0, len(p.states)*tlog.HashSize)
	tree, err := newRangeTree(p.head.Size, p.o.From, p.o.To, p.rangeProof)
	if err != nil {
		return err
	}
	var line []byte
	err = p.entries(func(i int64, e *PackEntry) error {
		leaf := LeafHash(e.Leaf)
		tree.Append(leaf)
		p.leaves = append(p.leaves, leaf[:]...)
		if p.states[i], err = p.disclose(e); err != nil {
			return err
		}
		line = p.line(i, e).appendTo(line[:0])
		p.index.Write(line)
		return nil
	})
	if err != nil {
		return err
	}
	if tree.root() != p.head.Root {
		return fmt.Errorf("the stored entries [%d,%d) or tiles do not lead to the signed root", p.o.From, p.o.To)
	}
	return nil
}

// disclose decides what the pack shows of an entry, and counts it.
func (p *packWriter) disclose(e *PackEntry) (bodyState, error) {
	h, err := e.Header()
	if err != nil {
		return 0, err
	}
	show := DiscloseAll
	if p.o.Disclose != nil {
		show = p.o.Disclose(e.Index, h)
	}
	n := &p.manifest.Bodies
	switch {
	case show == WithholdEntry:
		p.manifest.Entries.Undisclosed++
		return bodyUndisclosed, nil
	case show != DiscloseAll && show != WithholdBody:
		return 0, fmt.Errorf("entry %d: disclosure %d is unknown", e.Index, show)
	}
	p.manifest.Entries.Disclosed++
	switch {
	case e.Erased && (e.ErasedBy <= e.Index || e.ErasedBy > maxLogIndex):
		return 0, fmt.Errorf("entry %d: entry %d cannot have recorded the erasure of its body", e.Index, e.ErasedBy)
	case e.Erased:
		n.Erased++
		return bodyErased, nil
	case show == WithholdBody:
		n.Withheld++
		return bodyWithheld, nil
	case e.Bytes < 0 || e.Bytes > maxMember || !isExt(e.Ext):
		return 0, fmt.Errorf("entry %d: a body of %d bytes with the ending %q does not fit into a pack", e.Index, e.Bytes, e.Ext)
	case e.Bytes == 0 && !bodyMatches(h, e.Salt, sha256.New().Sum(nil), Commitment(e.Salt)):
		return 0, fmt.Errorf("entry %d: its body is said to be empty, but its header names another", e.Index)
	}
	n.OK++
	n.Bytes += e.Bytes
	return bodyOK, nil
}

// line gives what bodies/index.jsonl says of an entry.
func (p *packWriter) line(i int64, e *PackEntry) *bodyLine {
	l := &bodyLine{index: e.Index, state: p.states[i]}
	switch l.state {
	case bodyOK:
		l.bytes, l.ext, l.salt = e.Bytes, e.Ext, e.Salt
	case bodyErased:
		l.by = e.ErasedBy
	}
	return l
}

// bodyMatches tells whether a body's digest and what was written to its
// commitment are those of the header.
func bodyMatches(h Header, salt Salt, sum []byte, commitment hash.Hash) bool {
	return bytes.Equal(sum, h.CT[:]) && bytes.Equal(commitment.Sum(nil), h.CM[:])
}

var errChanged = errors.New("the log changed while the pack was made")

// writeBodies writes README.txt, which comes first, and the bodies.
func (p *packWriter) writeBodies() error {
	p.zip.add(nameReadme, packReadme)
	if p.manifest.Bodies.Bytes == 0 {
		return p.zip.err
	}
	return p.entries(func(i int64, e *PackEntry) error {
		if p.states[i] != bodyOK || e.Bytes == 0 {
			return nil
		}
		if LeafHash(e.Leaf) != Hash(p.leaves[i*tlog.HashSize:][:tlog.HashSize]) {
			return errChanged
		}
		if err := p.writeBody(e); err != nil {
			return fmt.Errorf("body of entry %d: %w", e.Index, err)
		}
		return nil
	})
}

func (p *packWriter) writeBody(e *PackEntry) error {
	h, err := e.Header()
	if err != nil {
		return err
	}
	var kept bytes.Buffer
	sum, commitment, crc := sha256.New(), Commitment(e.Salt), crc32.NewIEEE()
	sinks := []io.Writer{sum, commitment, crc}
	if e.Bytes <= bodyBuffer {
		sinks = append(sinks, &kept)
	}
	n, err := p.readBody(e, io.MultiWriter(sinks...))
	if err != nil {
		return err
	}
	if n != e.Bytes || !bodyMatches(h, e.Salt, sum.Sum(nil), commitment) {
		return errors.New("the stored body is not the one that its header names")
	}
	name := bodyName(e.Index, e.Ext)
	if e.Bytes <= bodyBuffer {
		return p.zip.copy(name, n, crc.Sum32(), &kept)
	}
	body, err := p.src.Body(p.ctx, e.Index)
	if err != nil {
		return err
	}
	defer body.Close()
	return p.zip.copy(name, n, crc.Sum32(), body)
}

// readBody copies a body, and a byte more than it should have, if it has.
func (p *packWriter) readBody(e *PackEntry, w io.Writer) (int64, error) {
	body, err := p.src.Body(p.ctx, e.Index)
	if err != nil {
		return 0, err
	}
	defer body.Close()
	return io.Copy(w, io.LimitReader(body, e.Bytes+1))
}

// writeIndex writes bodies/index.jsonl, which must come out as in survey.
func (p *packWriter) writeIndex() error {
	p.zip.begin(nameIndex, p.index.bytes, p.index.crc.Sum32())
	again := newTally()
	var line []byte
	err := p.entries(func(i int64, e *PackEntry) error {
		line = p.line(i, e).appendTo(line[:0])
		again.Write(line)
		p.zip.write(line)
		return p.zip.err
	})
	if err == nil && again.file("") != p.index.file("") {
		err = errChanged
	}
	return err
}

// writeBundles writes the headers.
func (p *packWriter) writeBundles() error {
	var bundle []byte
	first := p.o.From
	return p.entries(func(i int64, e *PackEntry) error {
		if LeafHash(e.Leaf) != Hash(p.leaves[i*tlog.HashSize:][:tlog.HashSize]) {
			return errChanged
		}
		leaf := e.Leaf
		if p.states[i] == bodyUndisclosed {
			leaf = nil
		}
		bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(leaf)))
		bundle = append(bundle, leaf...)
		if end := nextBundle(first, p.o.To); e.Index+1 == end {
			p.zip.add(bundleName(first), bundle)
			p.bundles = append(p.bundles, fileOf(bundleName(first), bundle))
			bundle, first = bundle[:0], end
		}
		return p.zip.err
	})
}

// writeRest writes what comes after the entries: the manifest first, then
// the files that it names already.
func (p *packWriter) writeRest() error {
	type file struct {
		name string
		data []byte
	}
	files := []file{{nameCheckpoint, p.o.Checkpoint}}
	if p.o.Earlier != nil {
		files = append(files, file{nameEarlier, p.o.Earlier}, file{nameConsistency, FormatProof(p.consistency)})
	}
	files = append(files,
		file{nameLeafHashes, p.leaves},
		file{nameRangeProof, FormatProof(p.rangeProof)},
		file{namePolicy, []byte(policyText(p.signer.PublicKey()))},
		file{nameVerifier, packVerifier})

	p.manifest.Files = append([]ManifestFile{fileOf(nameReadme, packReadme), p.index.file(nameIndex)}, p.bundles...)
	for _, f := range files {
		p.manifest.Files = append(p.manifest.Files, fileOf(f.name, f.data))
	}
	manifest, err := p.manifest.text()
	if err != nil {
		return err
	}
	sig, err := p.signer.signManifest(sha256.Sum256(manifest))
	if err != nil {
		return fmt.Errorf("signing the manifest: %w", err)
	}
	p.zip.add(nameManifest, manifest)
	p.zip.add(nameManifestSig, sig)
	for _, f := range files {
		p.zip.add(f.name, f.data)
	}
	return p.zip.close()
}

// tally takes a file's measure while it goes by.
type tally struct {
	bytes int64
	crc   hash.Hash32
	sum   hash.Hash
}

func newTally() *tally { return &tally{crc: crc32.NewIEEE(), sum: sha256.New()} }

func (t *tally) reset() {
	t.bytes = 0
	t.crc.Reset()
	t.sum.Reset()
}

func (t *tally) Write(b []byte) (int, error) {
	t.bytes += int64(len(b))
	t.crc.Write(b)
	t.sum.Write(b)
	return len(b), nil
}

func (t *tally) file(name string) ManifestFile {
	return ManifestFile{Name: name, Bytes: t.bytes, SHA256: hex.EncodeToString(t.sum.Sum(nil))}
}

func fileOf(name string, data []byte) ManifestFile {
	t := newTally()
	t.Write(data)
	return t.file(name)
}
