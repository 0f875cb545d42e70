// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"demarc.dev/demarc/evidence"
	"demarc.dev/demarc/problem"
)

// receiver reads the parts of one organisation.
type receiver struct {
	*partReader
	in         *incoming
	out        *bufio.Writer
	withoutKey bool
}

// receive reads the parts of one organisation into a folder and checks them as
// Verify checks a store: each header and body, the tree under the signed head,
// what the log tells of records and pseudonyms.
func (s *Store) receive(p *partReader, dir string, withoutKey bool) (*incoming, error) {
	r := &receiver{partReader: p, withoutKey: withoutKey}
	r.in = &incoming{dir: dir, blobs: map[evidence.Digest]bool{}}
	if err := r.organisation(); err != nil {
		return nil, err
	}
	r.in.check = newVerifier(p.ctx, &Org{s: s, id: r.in.ID, period: r.in.Period, key: r.in.Key})
	r.in.check.open = r.in.openBody
	f, err := os.OpenFile(filepath.Join(dir, "pages"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r.out = bufio.NewWriterSize(f, 256<<10)
	for _, step := range []func() error{r.head, r.keyPart, r.blobParts, r.entries, r.whole, r.records, r.actors, r.out.Flush} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return r.in, nil
}

func (r *receiver) organisation() error {
	text, err := r.data(partOrg, orgPartMost)
	if err != nil {
		return err
	}
	d := &r.in.orgPart
	if err := unmarshalLine(text, d); err != nil {
		return r.fault(partOrg, "%v", err)
	}
	origin, err := evidence.Origin(d.ID, d.Period)
	if err != nil {
		return r.fault(partOrg, "%v", err)
	}
	if key, err := evidence.ParseKey([]byte(d.Key)); err != nil || key != d.Key || evidence.KeyName(key) != origin {
		return r.fault(partOrg, "the public key is not that of the log %s", origin)
	}
	most := int64(transferEntriesMost)
	if d.Entries < 1 || d.Entries > most || d.Signed < 0 || d.Signed > d.Entries || d.Blobs < 0 || d.Blobs > d.Entries ||
		d.Records < 0 || d.Records > d.Entries || d.Actors < 0 || d.Actors > d.Entries {
		return r.fault(partOrg, "its counts cannot be, or are more than %d", most)
	}
	if d.Secret != keyNone && d.Secret != keySealed && d.Secret != keyPlain {
		return r.fault(partOrg, "it knows no secret of the form %q", d.Secret)
	}
	return nil
}

func (r *receiver) head() error {
	v := r.in.check
	if r.in.Signed == 0 {
		v.tree.start(evidence.Head{})
		return nil
	}
	note, err := r.data(partHead, evidence.MaxCheckpoint)
	if err != nil {
		return err
	}
	if v.stored, err = evidence.OpenCheckpoint(note, r.in.Key); err != nil {
		return r.fault(partHead, "%v", err)
	}
	if v.stored.Size != r.in.Signed {
		return r.fault(partHead, "it is of %d entries, not of %d", v.stored.Size, r.in.Signed)
	}
	r.in.note = note
	v.tree.start(v.stored)
	return nil
}

// keyPart opens the key and asks it what it signed last.
func (r *receiver) keyPart() error {
	if r.in.Secret == keyNone {
		return nil
	}
	text, err := r.data(partKey, keyPartMost)
	if err != nil {
		return err
	}
	if r.withoutKey {
		return nil
	}
	k, err := r.files(partKey, text, r.in.Secret, r.in.Key)
	if err == nil {
		err = r.signed(&k)
	}
	if err != nil {
		if problem.Of(err) != problem.Internal {
			return err
		}
		return r.fault(partKey, "%v", err)
	}
	r.in.key = &k
	return nil
}

// signed asks a key in the spool what it signed; the log must continue it.
func (r *receiver) signed(k *keyFiles) error {
	path := filepath.Join(r.in.dir, "key")
	if err := errors.Join(os.WriteFile(path, k.Secret, 0o600), os.WriteFile(path+".state", k.State, 0o600)); err != nil {
		return err
	}
	signer, err := evidence.OpenSigner(path)
	if err != nil {
		return errors.New("it holds no key with its state")
	}
	defer signer.Close()
	v := r.in.check
	if signer.PublicKey() != r.in.Key {
		return errors.New("it is not the key that the log was begun with")
	}
	v.KeyState, v.last = true, signer.Last()
	v.tree.start(v.stored, v.last)
	return nil
}

// blobParts writes the blobs to files of the spool.
func (r *receiver) blobParts() error {
	last := ""
	for range r.in.Blobs {
		name, size, digest, err := r.header(partBlob, 1<<62)
		if err != nil {
			return err
		}
		if name != fmt.Sprintf("%x", digest) || name <= last {
			return r.fault(partBlob+name, "its name is not its digest, or it is out of order")
		}
		last = name
		f, err := os.OpenFile(filepath.Join(r.in.dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		err = r.body(partBlob+name, size, digest, f)
		if err == nil {
			err = f.Sync()
		}
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return err
		}
		r.in.blobs[digest] = false
	}
	return nil
}

// entries checks the entries with their bodies and keeps the pages.
func (r *receiver) entries() error {
	for from := int64(0); from < r.in.Entries; from += bodyPage {
		want := min(bodyPage, r.in.Entries-from)
		headers, err := r.data(pageName(partEntries, from), entriesPartMost)
		if err != nil {
			return err
		}
		leaves, err := parseHeaders(headers)
		if err != nil || int64(len(leaves)) != want {
			return r.fault(pageName(partEntries, from), "it does not hold %d headers", want)
		}
		lines, err := r.data(pageName(partBodies, from), bodiesPartMost)
		if err != nil {
			return err
		}
		bodies, err := parseBodies(lines, from)
		if err != nil {
			return r.fault(pageName(partBodies, from), "%v", err)
		}
		if int64(len(bodies)) != want {
			return r.fault(pageName(partBodies, from), "it does not hold %d lines", want)
		}
		for i, leaf := range leaves {
			hash := evidence.LeafHash(leaf)
			r.in.check.entry(from+int64(i), [2][]byte{leaf, hash[:]}, bodies[i])
		}
		if err := r.wrong(); err != nil {
			return err
		}
		if err := r.keep(headers, lines); err != nil {
			return err
		}
	}
	return nil
}

func (r *receiver) keep(parts ...[]byte) error {
	for _, b := range parts {
		n := uint32(len(b))
		r.out.Write([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		if _, err := r.out.Write(b); err != nil {
			return err
		}
	}
	r.in.pages++
	return nil
}

// wrong tells the first thing that does not hold.
func (r *receiver) wrong() error {
	v := r.in.check
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if len(v.Faults) == 0 {
		return nil
	}
	f := v.Faults[0]
	return problem.Newf(problem.Integrity, "the %s does not verify: organisation %s: %s: %s", r.what, r.in.ID, f.Part, f.What).
		WithHint("take another copy of the file; nothing of this one was kept")
}

// whole compares the log with the heads and looks for what it does not name.
func (r *receiver) whole() error {
	v := r.in.check
	v.Size = r.in.Entries
	v.compareHead("head", v.stored)
	v.compareHead("key", v.last)
	v.erasures()
	for digest, named := range r.in.blobs {
		if !named {
			v.fault(fmt.Sprintf("blob %x", digest), "no entry names it")
		}
	}
	return r.wrong()
}

// records compares the records with what the log tells of them.
func (r *receiver) records() error {
	told := r.in.check.told.records
	if int64(len(told)) != r.in.Records {
		return r.fault(partOrg, "%d records are announced, the log tells of %d", r.in.Records, len(told))
	}
	return r.lines(partRecords, r.in.Records, func(name string) (int64, bool) {
		collection, id, ok := strings.Cut(name, "/")
		state, there := told[name]
		return state.entry, ok && there && isName(collection, false) && isName(id, true)
	})
}

// actors compares the pseudonyms with those that the log names.
func (r *receiver) actors() error {
	persons := map[string]bool{}
	for pseudonym, n := range r.in.check.told.named {
		if n.person == "" {
			continue
		}
		if persons[n.person] || len(n.person) > 256 || !utf8.ValidString(n.person) || strings.Contains(n.person, "\x00") {
			return r.fault(partActors, "the person behind %s is named twice or is no name", pseudonym)
		}
		persons[n.person] = true
	}
	if int64(len(persons)) != r.in.Actors {
		return r.fault(partOrg, "%d pseudonyms are announced, the log names %d", r.in.Actors, len(persons))
	}
	return r.lines(partActors, r.in.Actors, func(name string) (int64, bool) {
		n, ok := r.in.check.told.named[name]
		return n.entry, ok && n.person != ""
	})
}

// lines reads lines that each name an entry, each name once.
func (r *receiver) lines(kind string, count int64, entryOf func(name string) (int64, bool)) error {
	seen := make(map[string]bool, min(count, 1<<16))
	for first := int64(0); first < count; first += linePage {
		part := pageName(kind, first)
		text, err := r.data(part, linesPartMost)
		if err != nil {
			return err
		}
		rest, n := string(text), int64(0)
		for ; rest != ""; n++ {
			line, after, _ := strings.Cut(rest, "\n")
			_, name, _ := strings.Cut(line, " ")
			entry, ok := entryOf(name)
			if !ok || seen[name] || recordLine(entry, name) != line+"\n" {
				return r.fault(part, "the log does not tell what it says of %q", name)
			}
			seen[name], rest = true, after
		}
		if n != min(linePage, count-first) {
			return r.fault(part, "it has %d lines", n)
		}
	}
	return nil
}
