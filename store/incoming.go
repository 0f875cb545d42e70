// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// incoming is an organisation that was read from an export or a backup: all of
// it was checked, and nothing of it is in the store yet.
type incoming struct {
	orgPart
	dir  string // where its blobs, its key and its pages lie
	note []byte // the signed head; nil when there is none
	key  *keyFiles

	blobs  map[evidence.Digest]bool // whether a body names it
	placed Blobs                    // where they lie by now; nil in the spool
	check  *verifier
	pages  int
}

// openBody opens the file of a body in the spool.
func (in *incoming) openBody(b *body) (io.ReadCloser, error) {
	digest := evidence.Digest(b.blob)
	if _, ok := in.blobs[digest]; !ok {
		return nil, errors.New("the file does not hold it")
	}
	in.blobs[digest] = true
	if in.placed != nil {
		f, _, err := in.placed.Open(context.Background(), in.ID, digest)
		return f, err
	}
	return os.Open(in.file(digest))
}

// write puts the organisation into the database, within a transaction.
func (in *incoming) write(ctx context.Context, tx changer, org int64) error {
	q := scoped{org: org, db: tx, whole: true}
	if err := q.exec(ctx, tx, orgPut, in.ID, in.Period, in.Key); err != nil {
		return err
	}
	root, note := evidence.EmptyRoot(), []byte{}
	if in.note != nil {
		root, note = in.check.stored.Root, in.note
	}
	if err := q.exec(ctx, tx, headNew, in.Signed, root[:], note); err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(in.dir, "pages"))
	if err != nil {
		return err
	}
	defer f.Close()
	w := &incomingWriter{in: in, tx: tx, q: q, r: bufio.NewReaderSize(f, 256<<10)}
	for n := range in.pages {
		if err := w.page(ctx, int64(n)*bodyPage); err != nil {
			return err
		}
	}
	return nil
}

type incomingWriter struct {
	in    *incoming
	tx    changer
	q     scoped
	r     *bufio.Reader
	tiles evidence.Tiles
}

func (w *incomingWriter) next() ([]byte, error) {
	var n [4]byte
	if _, err := io.ReadFull(w.r, n[:]); err != nil {
		return nil, err
	}
	b := make([]byte, int(n[0])<<24|int(n[1])<<16|int(n[2])<<8|int(n[3]))
	_, err := io.ReadFull(w.r, b)
	return b, err
}

// page writes the entries from first on, and what they are the last to say of
// records and pseudonyms.
func (w *incomingWriter) page(ctx context.Context, first int64) error {
	headers, err := w.next()
	if err != nil {
		return err
	}
	lines, err := w.next()
	if err != nil {
		return err
	}
	leaves, err := parseHeaders(headers)
	if err != nil {
		return err
	}
	bodies, err := parseBodies(lines, first)
	if err != nil {
		return err
	}
	rows := make([]pending, len(leaves))
	for i, b := range bodies {
		rows[i] = pending{leaf: leaves[i], hash: evidence.LeafHash(leaves[i]), ext: b.ext, size: b.size, data: b.data, blob: b.blob}
		copy(rows[i].salt[:], b.salt)
		w.tiles.Append(rows[i].hash)
	}
	if err := w.tx.entries(ctx, w.q.org, first, rows); err != nil {
		return err
	}
	for _, t := range w.tiles.Changed() {
		if err := w.q.exec(ctx, w.tx, tilePut, t.Level, t.N, t.Data); err != nil {
			return err
		}
	}
	for i, b := range bodies {
		if err := w.says(ctx, first+int64(i), leaves[i], b); err != nil {
			return err
		}
	}
	return nil
}

// says writes what hangs on one entry.
func (w *incomingWriter) says(ctx context.Context, entry int64, leaf []byte, b *body) error {
	if b.erased.Valid {
		return w.q.exec(ctx, w.tx, bodyErase, entry, b.erased.Int64)
	}
	text, err := w.in.ownBody(b)
	if err != nil || text == nil {
		return err
	}
	if bytes.HasPrefix(text, []byte(reserved+`actor"`)) {
		var a actorBody
		if err := json.Unmarshal(text, &a); err != nil {
			return err
		}
		if a.Person == "" {
			return nil
		}
		return w.q.exec(ctx, w.tx, actorPut, a.Person, a.Pseudonym, entry)
	}
	name, value, deleted, ok := parseRecordBody(text)
	state, current := w.in.check.told.records[name]
	if !ok || deleted || !current || state.entry != entry {
		return nil
	}
	if !json.Valid(value) {
		return problem.Newf(problem.Integrity, "organisation %s: entry %d says that the record %s is what is no JSON", w.in.ID, entry, name)
	}
	collection, id, _ := strings.Cut(name, "/")
	return w.q.exec(ctx, w.tx, recordPut, collection, id, entry, state.at, value)
}

// ownBody gives a body that the store wrote itself, nil for any other.
func (in *incoming) ownBody(b *body) ([]byte, error) {
	if b.blob == nil {
		if bytes.HasPrefix(b.data, []byte(reserved)) {
			return b.data, nil
		}
		return nil, nil
	}
	if b.ext != "json" || b.size > recordMost {
		return nil, nil
	}
	f, err := in.openBody(b)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	begins := make([]byte, len(reserved))
	if n, err := io.ReadFull(f, begins); err != nil || string(begins[:n]) != reserved {
		return nil, nil // shorter, or another
	}
	rest, err := io.ReadAll(io.LimitReader(f, recordMost))
	return append(begins, rest...), err
}

func (in *incoming) file(digest evidence.Digest) string {
	return filepath.Join(in.dir, fmt.Sprintf("%x", digest))
}
