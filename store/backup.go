// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"demarc.dev/demarc/problem"
)

// BackupOptions say how a backup is written.
type BackupOptions struct {
	// Passphrase seals the keys; at least PassphraseLeast bytes. Empty: they
	// stand in the backup as they stand in keys/, so whoever has it can sign,
	// and it is kept as keys/ is.
	Passphrase string
}

// partStore is the first part of a backup; partFile begins the names of those
// files in keys/ that are of no log.
const (
	partStore = "store"
	partFile  = "file/"

	filePartMost  = 1 << 20
	storePartMost = 16 << 20
)

// storePart is the part "store".
type storePart struct {
	Orgs   []string `json:"organisations"`
	Files  []string `json:"files"`
	Secret string   `json:"secret"` // form of all keys and files
}

// Backup writes one state of the whole store to w: every organisation with its
// blobs and its key, whichever engine and driver keep them. It may be taken
// while changes go on, and of a store that is open for reading only; what is
// written meanwhile is not in it, and the files of bodies that are erased
// meanwhile, by this process, stay until it is done. Everything is verified on
// the way: Integrity when anything does not hold. After an error what was
// written is no backup. Jobs that wait are not in it. See Restore.
func (s *Store) Backup(ctx context.Context, w io.Writer, o BackupOptions) error {
	const what = "backing up the store"
	if o.Passphrase != "" {
		if err := checkPassphrase(o.Passphrase); err != nil {
			return err
		}
	}
	defer s.hold()()
	if err := s.signAll(ctx); err != nil {
		return err
	}
	b, err := s.backupState(ctx)
	if err != nil {
		return s.fault(what, err)
	}
	defer b.end()
	p := newPartWriter(w, backupTitle)
	err = b.write(ctx, p, o.Passphrase)
	if err == nil {
		err = p.end()
	}
	if p.failed != nil {
		return fmt.Errorf("writing the backup: %w", p.failed)
	}
	return s.fault(what, err)
}

// signAll signs the heads of all logs, so that little of a backup is unsigned.
func (s *Store) signAll(ctx context.Context) error {
	if s.readOnly {
		return nil
	}
	ids, err := s.Orgs(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		o, err := s.Org(ctx, id)
		if err == nil && !o.copied {
			_, err = o.publish(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// backup is one state of all organisations with the keys.
type backup struct {
	s    *Store
	q    queryer
	end  func()
	orgs []*Org
	keys map[string]keyFiles
}

// backupState reads the keys before the state: what they signed is in it then.
// An organisation that was made between the two is read again.
func (s *Store) backupState(ctx context.Context) (*backup, error) {
	for tries := 0; ; tries++ {
		b := &backup{s: s, keys: map[string]keyFiles{}}
		before, err := s.orgsOf(ctx, s.db)
		if err != nil {
			return nil, err
		}
		for _, o := range before {
			if o.copied {
				continue
			}
			if b.keys[o.id], err = s.readKey(o.id); err != nil {
				return nil, s.signerFault(o, err)
			}
		}
		if b.q, b.end, err = s.db.snapshotAll(ctx); err != nil {
			return nil, err
		}
		if b.orgs, err = s.orgsOf(ctx, b.q); err == nil && len(b.orgs) == len(before) {
			return b, nil
		}
		b.end()
		if err != nil || tries == 100 {
			return nil, errors.Join(err, ctx.Err())
		}
	}
}

// orgsOf gives the organisations of a state, in order of their ids.
func (s *Store) orgsOf(ctx context.Context, q queryer) (orgs []*Org, err error) {
	err = q.rows(ctx, directory, orgAll, nil, func(r row) error {
		o := &Org{s: s}
		orgs = append(orgs, o)
		return r.Scan(&o.number, &o.id, &o.period, &o.key)
	})
	slices.SortFunc(orgs, func(a, b *Org) int { return strings.Compare(a.id, b.id) })
	for _, o := range orgs {
		if err == nil {
			o.copied, err = s.isCopy(o)
		}
	}
	return orgs, err
}

func (b *backup) write(ctx context.Context, p *partWriter, passphrase string) error {
	d := storePart{Orgs: []string{}, Secret: keyPlain}
	if passphrase != "" {
		d.Secret = keySealed
	}
	for _, o := range b.orgs {
		d.Orgs = append(d.Orgs, o.id)
	}
	var err error
	if d.Files, err = b.s.otherFiles(d.Orgs); err != nil {
		return err
	}
	text, err := marshalLine(d)
	if err != nil {
		return err
	}
	if err := p.part(partStore, text); err != nil {
		return err
	}
	for _, name := range d.Files {
		data, err := os.ReadFile(filepath.Join(b.s.dir, keysName, name))
		if err != nil {
			return err
		}
		if text, err = (keyFiles{Secret: data}).text(passphrase, name); err != nil {
			return err
		}
		if err := p.part(partFile+name, text); err != nil {
			return err
		}
	}
	for i, o := range b.orgs {
		if err := b.org(ctx, p, o, passphrase, d.Secret, i > 0); err != nil {
			return err
		}
	}
	return nil
}

func (b *backup) org(ctx context.Context, p *partWriter, o *Org, passphrase, form string, sound bool) error {
	q := scoped{org: o.number, db: b.q}
	o.reader = reader{s: b.s, q: scoped{org: o.number, db: b.s.db}} // what is committed by now
	x, err := o.exporterOf(ctx, q)
	if err != nil {
		return err
	}
	x.sound = sound
	if key, ok := b.keys[o.id]; ok {
		x.key, x.form, x.passphrase = key, form, passphrase
	}
	if err := x.check(ctx); err != nil {
		return err
	}
	p.prefix = o.id + "/"
	defer func() { p.prefix = "" }()
	return x.write(ctx, p)
}

// otherFiles gives the names of the files in keys/ that are of no log: what
// the program keeps there of the installation.
func (s *Store) otherFiles(orgs []string) (names []string, err error) {
	names = []string{}
	files, err := os.ReadDir(filepath.Join(s.dir, keysName))
	if errors.Is(err, fs.ErrNotExist) {
		return names, nil
	}
	for _, f := range files {
		name := f.Name()
		of := slices.ContainsFunc(orgs, func(id string) bool {
			suffix, ok := strings.CutPrefix(name, id+".")
			return ok && slices.Contains([]string{"key", "key.pub", "key.state", "key.lock", "copy"}, suffix)
		})
		if of || !f.Type().IsRegular() || strings.HasSuffix(name, ".lock") || strings.HasPrefix(name, ".new-") {
			continue
		}
		if !isFileName(name) {
			return nil, problem.Newf(problem.Invalid, "backing up the store: %s does not belong there", filepath.Join(s.dir, keysName, name)).WithHint("move it away")
		}
		names = append(names, name)
	}
	return names, err
}

func isFileName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || i > 0 && (c == '.' || c == '-' || c == '_')) {
			return false
		}
	}
	return name != "" && len(name) <= 128
}
