// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"io"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// Export writes everything that the organisation has as one file, after an entry
// that says so. With a passphrase the key of its log goes along, sealed, and the
// organisation can go on elsewhere.
func (a *App) Export(ctx context.Context, c Caller, passphrase string, w io.Writer) error {
	h, err := a.enter(ctx, c, account.ExportAll)
	if err != nil {
		return err
	}
	if err := h.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Event{Kind: "organisation.exported", Object: "organisation/" + h.ID(), Actor: c.Actor})
		return err
	}); err != nil {
		return err
	}
	return h.Org.Export(ctx, w, store.ExportOptions{Passphrase: passphrase})
}

// Import takes in an organisation that Export wrote, whole or not at all, and
// gives its id. That it came is written down in the log of the installation: its
// own log stays as it was, so that another export is the same file. key may hold
// the public key that its log must have; empty: whatever it has.
func (a *App) Import(ctx context.Context, c Caller, o store.ImportOptions, r io.Reader) (string, error) {
	if !c.Operator() {
		return "", notOperator()
	}
	org, err := a.store.ImportOrg(ctx, r, o)
	if err != nil {
		return "", err
	}
	root, err := a.root(ctx)
	if err != nil {
		return "", err
	}
	return org.ID(), root.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Event{Kind: "organisation.imported", Object: "organisation/" + org.ID(), Actor: c.Actor})
		return err
	})
}

// Backup writes the whole installation as one file, while it runs. Only who
// manages it may: the file holds every organisation, and the keys.
func (a *App) Backup(ctx context.Context, c Caller, passphrase string, w io.Writer) error {
	if !c.Operator() {
		return notOperator()
	}
	return a.store.Backup(ctx, w, store.BackupOptions{Passphrase: passphrase})
}

// Restore puts a backup into an empty folder, and an empty database when one is
// named, and verifies all of it.
func Restore(ctx context.Context, o Options, passphrase string, r io.Reader) (*store.Restored, error) {
	if o.Dir == "" {
		return nil, problem.New(problem.Usage, "no folder is named to restore into", "name an empty one with --data")
	}
	return store.Restore(ctx, o.Dir, store.Options{Postgres: o.Database, Blobs: o.Blobs}, r, store.RestoreOptions{Passphrase: passphrase})
}
