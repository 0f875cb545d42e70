// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// whole is what the verbs about whole organisations have in common.
type whole struct {
	passphrase string // file
	force      bool
}

func (w *whole) flags(c *cobra.Command, writes bool) {
	c.Flags().StringVar(&w.passphrase, "passphrase-file", "", "file whose first line seals the keys; at least 12 characters")
	if writes {
		c.Flags().BoolVar(&w.force, "force", false, "write over a file that is there")
	}
}

// read gives the passphrase; empty when none is named.
func (w *whole) read() (string, error) {
	if w.passphrase == "" {
		return "", nil
	}
	data, err := os.ReadFile(w.passphrase)
	if err != nil {
		return "", fileProblem(w.passphrase, err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	if line = strings.TrimRight(line, "\r"); line == "" {
		return "", problem.New(problem.Usage, w.passphrase+": its first line is empty", "write the passphrase there")
	}
	return line, nil
}

// free sees to it that nothing is written over by a slip of the pen.
func (w *whole) free(name string) error {
	if _, err := os.Stat(name); name == "-" || w.force || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return problem.New(problem.Conflict, name+" exists", "choose another name, or say --force")
}

// write writes a file that fill fills from the opened store, and says next.
func (w *whole) write(ctx context.Context, e *env, readOnly bool, name string, fill func(*app.App, app.Caller, string, io.Writer) error, next string) error {
	passphrase, err := w.read()
	if err != nil {
		return err
	}
	if err := w.free(name); err != nil {
		return err
	}
	return e.with(ctx, readOnly, func(a *app.App, caller app.Caller) error {
		if err := e.writeAs(name, 0o600, func(out io.Writer) error { return fill(a, caller, passphrase, out) }); err != nil {
			return err
		}
		fmt.Fprintf(e.stderr, "wrote %s; %s %s\n", name, next, name)
		return nil
	})
}

func newBackup(e *env) *cobra.Command {
	var w whole
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write the whole store as one file, also while it is used",
		Long: `Writes every organisation, blob and key as one file, from one state of the store. It
may run beside a server. With --passphrase-file the keys in it are sealed; without, whoever
has the file has the keys. jobs.db, what waits in the background, is not in it.`,
		Example: "  demarc backup demarc-2026-11-25.backup --passphrase-file secret.txt",
		Args:    oneArg("the file to write", "demarc backup demarc.backup"),
		RunE: func(c *cobra.Command, args []string) error {
			return w.write(c.Context(), e, true, args[0], func(a *app.App, caller app.Caller, passphrase string, out io.Writer) error {
				return a.Backup(c.Context(), caller, passphrase, out)
			}, "to put it back: demarc --data NEW restore")
		},
	}
	w.flags(c, true)
	return c
}

func newRestore(e *env) *cobra.Command {
	var w whole
	c := &cobra.Command{
		Use:     "restore FILE",
		Short:   "Put a backup into an empty folder, and verify all of it",
		Example: "  demarc --data restored restore demarc-2026-11-25.backup --passphrase-file secret.txt",
		Args:    oneArg("the backup", "demarc --data NEW restore demarc.backup"),
		RunE: func(c *cobra.Command, args []string) error {
			passphrase, err := w.read()
			if err != nil {
				return err
			}
			f, err := os.Open(args[0])
			if err != nil {
				return fileProblem(args[0], err)
			}
			defer f.Close()
			blobs, err := e.blobs(c.Context())
			if err != nil {
				return err
			}
			got, err := app.Restore(c.Context(), app.Options{Dir: e.data, Database: e.address(), Blobs: blobs}, passphrase, f)
			if err != nil {
				return err
			}
			fmt.Fprintf(e.stdout, "restored %d organisations (%s): %d entries, %d records, %d blobs, all verified\n", len(got.Orgs), strings.Join(got.Orgs, ", "), got.Entries, got.Records, got.Blobs)
			return nil
		},
	}
	w.flags(c, false)
	return c
}

func newExport(e *env) *cobra.Command {
	var w whole
	c := &cobra.Command{
		Use:   "export ID FILE",
		Short: "Write one organisation as one file, to go on with elsewhere",
		Long: `Writes all that an organisation has: records, log, blobs. With --passphrase-file the key
of its log goes along, sealed, so that it can go on elsewhere; without, what is imported
can be read and verified, and no longer changed.`,
		Example: "  demarc organisation export north north.demarc --passphrase-file secret.txt",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return w.write(c.Context(), e, false, args[1], func(a *app.App, caller app.Caller, passphrase string, out io.Writer) error {
				return a.Export(c.Context(), caller.In(args[0]), passphrase, out)
			}, "elsewhere: demarc organisation import")
		},
	}
	w.flags(c, true)
	return c
}

func newImport(e *env) *cobra.Command {
	var w whole
	var without bool
	var key string
	c := &cobra.Command{
		Use:     "import FILE",
		Short:   "Take an organisation in that another store exported",
		Example: "  demarc organisation import north.demarc --passphrase-file secret.txt",
		Args:    oneArg("the exported file", "demarc organisation import north.demarc"),
		RunE: func(c *cobra.Command, args []string) error {
			passphrase, err := w.read()
			if err != nil {
				return err
			}
			o := store.ImportOptions{Passphrase: passphrase, WithoutKey: without}
			if key != "" {
				data, err := e.readFile(key)
				if err != nil {
					return err
				}
				o.Key = strings.TrimSpace(string(data))
			}
			f, err := os.Open(args[0])
			if err != nil {
				return fileProblem(args[0], err)
			}
			defer f.Close()
			return e.within(c.Context(), false, func(a *app.App, caller app.Caller) error {
				id, err := a.Import(c.Context(), caller, o, f)
				if err != nil {
					return err
				}
				fmt.Fprintf(e.stdout, "took organisation %s in, whole and verified\n", id)
				return nil
			})
		},
	}
	w.flags(c, false)
	c.Flags().BoolVar(&without, "without-key", false, "take it in without the key of its log: to be read only")
	c.Flags().StringVar(&key, "key", "", "file with the public key that its log must have")
	return c
}
