// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// Blob is what PutBlob stored, to be named by the Event of an entry.
type Blob struct {
	Digest evidence.Digest // SHA-256
	Size   int64

	org        int64
	ext        string
	salt       evidence.Salt
	commitment evidence.Digest
	reserved   bool // its content looks like a body of the store's own
	marker     string
}

// PutBlob stores what r gives and makes it durable. Until an entry names it,
// in this run of the program, it is only lent: it is removed when the store
// is opened the next time. ext is its file ending, say "jsonl.zst".
func (o *Org) PutBlob(ctx context.Context, r io.Reader, ext string) (*Blob, error) {
	if err := o.mayWrite(); err != nil {
		return nil, err
	}
	if !isExt(ext) {
		return nil, problem.Newf(problem.Invalid, "storing a blob: %q is no file ending of a-z, 0-9 and '.' (at most 16)", ext)
	}
	return o.putBlob(ctx, r, ext)
}

func (o *Org) putBlob(ctx context.Context, r io.Reader, ext string) (*Blob, error) {
	const what = "storing a blob"
	f, err := os.CreateTemp(o.s.pending, "new-*")
	if err != nil {
		return nil, o.s.fault(what, err)
	}
	defer os.Remove(f.Name()) // gone already when all went well
	b := &Blob{org: o.number, ext: ext, salt: evidence.NewSalt()}
	err = b.fill(ctx, f, r)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = o.placeBlob(ctx, f.Name(), b)
	}
	if err != nil {
		return nil, o.s.fault(what, err)
	}
	return b, nil
}

// fill copies r to f, durably, and takes the digests on the way.
func (b *Blob) fill(ctx context.Context, f *os.File, r io.Reader) (err error) {
	sum, commitment := sha256.New(), evidence.Commitment(b.salt)
	head := &firstBytes{most: len(reserved)}
	if b.Size, err = io.Copy(io.MultiWriter(f, sum, commitment, head), contextReader{ctx, r}); err != nil {
		return err
	}
	sum.Sum(b.Digest[:0])
	commitment.Sum(b.commitment[:0])
	b.reserved = string(head.got) == reserved
	return f.Sync()
}

// placeBlob puts a written file where blobs are kept. A marker tells that no
// entry names it yet, so that a crash before the entry leaves nothing behind
// for ever. Whoever removes blobs looks for markers while holding the lock;
// one that has made its marker under the lock need not hold it on.
func (o *Org) placeBlob(ctx context.Context, from string, b *Blob) error {
	b.marker = o.marker(b.Digest)
	o.s.blobs.Lock()
	o.s.lent[b.marker]++
	o.s.blobs.Unlock()
	unlock, err := o.s.lockBlobs()
	if err != nil {
		return err
	}
	err = o.mark(b.Digest)
	unlock()
	if err != nil {
		return err
	}
	return o.s.files.Put(ctx, o.id, b.Digest, from)
}

// marker names the file that tells of a blob which perhaps no entry names.
func (o *Org) marker(d evidence.Digest) string {
	return filepath.Join(o.s.pending, strconv.FormatInt(o.number, 10)+"."+hex.EncodeToString(d[:]))
}

func (o *Org) mark(d evidence.Digest) error {
	marker := o.marker(d)
	if err := os.WriteFile(marker, []byte(o.id), 0o600); err != nil {
		return err
	}
	return evidence.SyncDir(filepath.Dir(marker))
}

// checkedAtOnce is the size up to which a blob is checked before it is given,
// so that whoever decodes it does not stumble over what is damaged.
const checkedAtOnce = 8 << 20

// OpenBlob gives a stored blob. One that was changed is an Integrity problem:
// of a small one at once, of a large one in place of io.EOF.
// NotFound when the organisation has no such blob. The caller closes it.
func (o *Org) OpenBlob(digest evidence.Digest) (io.ReadCloser, error) {
	place := o.s.files.Place(o.id, digest)
	f, size, err := o.s.files.Open(context.Background(), o.id, digest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, problem.Newf(problem.NotFound, "organisation %s has no blob %x", o.id, digest)
	}
	if err != nil {
		return nil, o.s.fault("opening a blob", err)
	}
	r := &blobReader{f: f, place: place, sum: sha256.New(), want: digest}
	if size > checkedAtOnce {
		return r, nil
	}
	back, ok := f.(io.Seeker)
	if !ok {
		return o.readBlob(r)
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return nil, errors.Join(o.s.fault("reading a blob", err), f.Close())
	}
	if _, err := back.Seek(0, io.SeekStart); err != nil {
		return nil, errors.Join(o.s.fault("reading a blob", err), f.Close())
	}
	r.sum.Reset()
	return r, nil
}

// readBlob holds a small blob in memory, for it came over a network.
func (o *Org) readBlob(r *blobReader) (io.ReadCloser, error) {
	data, err := io.ReadAll(io.LimitReader(r, checkedAtOnce+1))
	if cerr := r.Close(); err == nil {
		err = cerr
	}
	if err == nil && sha256.Sum256(data) != r.want { // it is longer than it was said to be
		err = r.changed()
	}
	if err != nil {
		return nil, o.s.fault("reading a blob", err)
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// namedBlob gives a blob that an entry names: that it is missing is no question
// of what was asked for, but a loss.
func (o *Org) namedBlob(entry int64, digest evidence.Digest) (io.ReadCloser, error) {
	r, err := o.OpenBlob(digest)
	if problem.Of(err) == problem.NotFound {
		return nil, problem.Newf(problem.Integrity, "the blob file %s is missing, although entry %d of the log of organisation %s names it", o.s.files.Place(o.id, digest), entry, o.id).
			WithHint("put the file back from a backup; demarc evidence check tells what else does not hold")
	}
	return r, err
}

// blobReader checks a blob's digest when it comes to its end.
type blobReader struct {
	f     io.ReadCloser
	place string
	sum   hash.Hash
	want  evidence.Digest
}

func (r *blobReader) Read(p []byte) (int, error) {
	n, err := r.f.Read(p)
	r.sum.Write(p[:n])
	if err == io.EOF && !bytes.Equal(r.sum.Sum(nil), r.want[:]) {
		return n, r.changed()
	}
	return n, err
}

func (r *blobReader) changed() error {
	return problem.Newf(problem.Integrity, "the blob file %s does not hold what its name says: it was changed or is damaged", r.place).
		WithHint("put the file back from a backup; demarc evidence check tells what else does not hold")
}

func (r *blobReader) Close() error { return r.f.Close() }

// settle removes the markers of blobs that an entry names now. One that is
// left over is harmless: sweepPending looks for the entry.
func (s *Store) settle(blobs []Blob) {
	s.blobs.Lock()
	defer s.blobs.Unlock()
	for _, b := range blobs {
		s.lent[b.marker]--
		os.Remove(b.marker)
	}
}

// contextReader ends when its context does.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// firstBytes keeps the first bytes that are written to it.
type firstBytes struct {
	most int
	got  []byte
}

func (w *firstBytes) Write(p []byte) (int, error) {
	w.got = append(w.got, p[:min(len(p), w.most-len(w.got))]...)
	return len(p), nil
}
