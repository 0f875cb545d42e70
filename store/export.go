// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// ExportOptions say what goes into an export beside the log and what hangs on
// it.
type ExportOptions struct {
	// Passphrase seals the key that signs the log's heads, and what it signed
	// last, into the export: where it is imported the log can go on. At least
	// PassphraseLeast bytes. Empty: no key, and a copy that is imported can
	// only be read. Two places that both go on with one key fork the log, which
	// the first who sees the heads of both finds out: move it, do not copy it.
	Passphrase string
}

// Export writes all that the organisation has to w: entries, bodies with their
// salts, what was erased, records with their revisions, pseudonyms, blobs, and
// the signed head over all of it. See docs/format.md. The same state gives the
// same bytes, whichever engine keeps it. It is verified first: Integrity when
// anything does not hold. It reads one state; what is written meanwhile is not
// in it, and the files of bodies that are erased meanwhile stay until it is
// done. Of a store that is open for reading only it is Unavailable when not
// all entries are signed. After an error what was written is no export.
func (o *Org) Export(ctx context.Context, w io.Writer, opts ExportOptions) error {
	const what = "exporting organisation "
	if opts.Passphrase != "" {
		if err := checkPassphrase(opts.Passphrase); err != nil {
			return err
		}
		if o.copied {
			return o.errCopied()
		}
	}
	defer o.s.hold()()
	x, end, err := o.exportState(ctx)
	if err != nil {
		return o.damaged(o.s.fault(what+o.id, err))
	}
	defer end()
	x.passphrase, x.form = opts.Passphrase, keyNone
	if opts.Passphrase != "" {
		x.form = keySealed
	}
	if err := x.check(ctx); err != nil {
		return err
	}
	p := newPartWriter(w, exportTitle)
	err = x.write(ctx, p)
	if err == nil {
		err = p.end()
	}
	if p.failed != nil {
		return fmt.Errorf("writing the export: %w", p.failed)
	}
	return o.damaged(o.s.fault(what+o.id, err))
}

// exporter writes one state of an organisation.
type exporter struct {
	o    *Org
	q    scoped
	head head
	size int64

	sound            bool // the database's own structure was looked at already
	form, passphrase string
	key              keyFiles
}

// exportState gives a state of which all entries are signed. Nobody signs
// between the state and its head: the key is held.
func (o *Org) exportState(ctx context.Context) (x *exporter, end func(), err error) {
	if o.s.readOnly || o.copied {
		return o.signedState(ctx)
	}
	if _, err := o.publish(ctx); err != nil { // the stored head follows
		return nil, nil, err
	}
	err = o.withSigner(func(signer *evidence.Signer) (err error) {
		if x, end, err = o.plainState(ctx); err != nil {
			return err
		}
		if x.size > x.head.size {
			x.head, err = o.sign(ctx, x.q, signer, x.size)
		}
		if err == nil {
			x.key, err = o.s.readKey(o.id)
		}
		if err != nil {
			end()
		}
		return err
	})
	return x, end, err
}

func (o *Org) signedState(ctx context.Context) (*exporter, func(), error) {
	var err error
	key := keyFiles{}
	if !o.copied {
		if key, err = o.s.readKey(o.id); err != nil {
			return nil, nil, err
		}
	}
	x, end, err := o.plainState(ctx)
	if err != nil {
		return nil, nil, err
	}
	x.key = key
	if x.head.note == nil || x.head.size < x.size {
		end()
		return nil, nil, problem.Newf(problem.Unavailable, "the log of organisation %s has entries that are not signed yet, and the store is open for reading only", o.id).
			WithHint("wait until the process that writes has ended, or ask that process")
	}
	return x, end, nil
}

// plainState gives a state with the head that stands in it.
func (o *Org) plainState(ctx context.Context) (*exporter, func(), error) {
	q, end, err := o.snapshot(ctx)
	if err != nil {
		return nil, nil, err
	}
	x, err := o.exporterOf(ctx, q)
	if err != nil {
		end()
		return nil, nil, err
	}
	return x, end, nil
}

func (o *Org) exporterOf(ctx context.Context, q scoped) (x *exporter, err error) {
	x = &exporter{o: o, q: q, form: keyNone}
	if x.head, err = q.head(ctx); err != nil {
		return nil, err
	}
	x.size, err = logSize(ctx, q)
	return x, err
}

// check verifies the state: what does not hold must not be carried on.
func (x *exporter) check(ctx context.Context) error {
	look := newVerifier(ctx, x.o)
	look.sound = x.sound
	v, err := look.verify(x.q)
	if err != nil {
		return err
	}
	return v.Err()
}

// readKey reads the files of an organisation's key.
func (s *Store) readKey(id string) (k keyFiles, err error) {
	path := s.keyPath(id)
	secret, err := os.ReadFile(path)
	if err != nil {
		return k, err
	}
	state, err := os.ReadFile(path + ".state")
	return keyFiles{secret, state}, err
}

func (x *exporter) write(ctx context.Context, p *partWriter) error {
	org, err := x.describe(ctx)
	if err != nil {
		return err
	}
	if err := p.part(partOrg, org); err != nil {
		return err
	}
	if x.head.note != nil {
		if err := p.part(partHead, x.head.note); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context, *partWriter) error{x.writeKey, x.writeBlobs, x.writeEntries, x.writeRecords, x.writeActors} {
		if err := step(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) describe(ctx context.Context) ([]byte, error) {
	d := orgPart{ID: x.o.id, Period: x.o.period, Key: x.o.key, Entries: x.size, Secret: x.form}
	if x.head.note != nil {
		d.Signed = x.head.size
	}
	for q, into := range map[statement]*int64{blobCount: &d.Blobs, recordCount: &d.Records, actorCount: &d.Actors} {
		if err := x.q.row(ctx, q, nil, into); err != nil {
			return nil, err
		}
	}
	return marshalLine(d)
}

func (x *exporter) writeKey(_ context.Context, p *partWriter) error {
	if x.form == keyNone {
		return nil
	}
	text, err := x.key.text(x.passphrase, x.o.key)
	if err != nil {
		return err
	}
	return p.part(partKey, text)
}

func (x *exporter) writeBlobs(ctx context.Context, p *partWriter) error {
	type named struct {
		digest evidence.Digest
		size   int64
	}
	for after := []byte{}; ; {
		var page []named
		err := x.q.rows(ctx, blobPage, []any{after, pageSize}, func(r row) error {
			var n named
			var digest []byte
			if err := r.Scan(&digest, &n.size); err != nil {
				return err
			}
			if copy(n.digest[:], digest) != len(n.digest) {
				return errors.New("a body names no blob")
			}
			page = append(page, n)
			return nil
		})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, n := range page {
			if err := x.writeBlob(ctx, p, n.digest, n.size); err != nil {
				return err
			}
		}
		after = bytes.Clone(page[len(page)-1].digest[:])
	}
}

func (x *exporter) writeBlob(ctx context.Context, p *partWriter, digest evidence.Digest, size int64) error {
	f, err := x.o.OpenBlob(digest)
	if problem.Of(err) == problem.NotFound {
		return problem.Newf(problem.Unavailable, "organisation %s: the blob %x is not there any more: its body was erased meanwhile", x.o.id, digest).
			WithHint("do it again")
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return p.stream(fmt.Sprintf("%s%x", partBlob, digest), size, digest, contextReader{ctx, f})
}

func (x *exporter) writeEntries(ctx context.Context, p *partWriter) error {
	for from := int64(0); from < x.size; from += bodyPage {
		to := min(from+bodyPage, x.size)
		var headers []byte
		err := x.q.leaves(ctx, from, to, func(l leaf) error {
			headers = appendHeader(headers, l.data)
			return nil
		})
		if err == nil {
			err = p.part(pageName(partEntries, from), headers)
		}
		if err != nil {
			return err
		}
		if err := x.writeBodies(ctx, p, from, to); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) writeBodies(ctx context.Context, p *partWriter, from, to int64) error {
	bodies, err := x.q.bodies(ctx, bodyRange, from, to, bodyPage)
	if err != nil {
		return err
	}
	if int64(len(bodies)) != to-from {
		return fmt.Errorf("a row of the bodies of the entries %d to %d is missing", from, to-1)
	}
	var lines []byte
	for i := range bodies {
		line, err := marshalLine(bodies[i].line())
		if err != nil {
			return err
		}
		lines = append(lines, line...)
	}
	return p.part(pageName(partBodies, from), lines)
}

func (x *exporter) writeRecords(ctx context.Context, p *partWriter) error {
	return x.writeLines(ctx, p, partRecords, recordNames, func(r row) (string, error) {
		var collection, id string
		var entry int64
		err := r.Scan(&collection, &id, &entry)
		return recordLine(entry, collection+"/"+id), err
	})
}

func (x *exporter) writeActors(ctx context.Context, p *partWriter) error {
	return x.writeLines(ctx, p, partActors, actorAll, func(r row) (string, error) {
		var person, pseudonym string
		var entry int64
		err := r.Scan(&person, &pseudonym, &entry)
		return recordLine(entry, pseudonym), err
	})
}

// recordLine is a line of records/ and actors/: the entry that says what it
// is, and its name.
func recordLine(entry int64, name string) string { return fmt.Sprintf("%d %s\n", entry, name) }

// writeLines writes the lines that a statement gives, a part each linePage.
func (x *exporter) writeLines(ctx context.Context, p *partWriter, kind string, q statement, line func(row) (string, error)) error {
	var page []byte
	var n, first int64
	flush := func() error {
		if n == first {
			return nil
		}
		err := p.part(pageName(kind, first), page)
		page, first = page[:0], n
		return err
	}
	err := x.q.rows(ctx, q, nil, func(r row) error {
		text, err := line(r)
		if err != nil {
			return err
		}
		page = append(page, text...)
		if n++; n%linePage == 0 {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}
