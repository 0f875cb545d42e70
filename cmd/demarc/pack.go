// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
)

func newPackReport(e *env) *cobra.Command {
	var ask app.PackAsk
	var out, earlier string
	c := &cobra.Command{
		Use:   "evidence-pack",
		Short: "Everything that an auditor needs to verify the log offline, in one file",
		Long: `Writes the pack, and beside it the public key. Hand the key over by another way
than the pack: a key that travels with what it signed proves nothing.`,
		Example: "  demarc report evidence-pack --out evidence-pack.zip --reason audit/2026-surveillance",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if out == "-" {
				return problem.New(problem.Usage, "a pack is written to a file", "--out evidence-pack.zip")
			}
			if earlier != "" {
				data, err := e.readFile(earlier)
				if err != nil {
					return err
				}
				ask.Earlier = data
			}
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				files, err := e.writePack(c.Context(), a, caller, out, ask)
				for _, name := range files {
					fmt.Fprintf(e.stdout, "wrote %s\n", name)
				}
				if err == nil {
					fmt.Fprintf(e.stdout, "next: demarc evidence verify %s --key %s\n", files[0], files[1])
				}
				return err
			})
		},
	}
	c.Flags().StringVar(&out, "out", "evidence-pack.zip", "file of the pack")
	c.Flags().Int64Var(&ask.From, "from", 0, "first entry")
	c.Flags().Int64Var(&ask.To, "to", 0, "the entry after the last; the end of the log when 0")
	c.Flags().StringVar(&earlier, "earlier", "", "a checkpoint that the reader kept: the pack shows that the log grew out of it")
	c.Flags().StringVar(&ask.Reason, "reason", "", "why it is made, an id such as audit/2026-surveillance; it stands in the pack")
	return c
}

// writePack writes a pack, and the key beside it; it gives both names.
func (e *env) writePack(ctx context.Context, a *app.App, c app.Caller, out string, ask app.PackAsk) ([]string, error) {
	key, err := a.PublicKey(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := e.writeFile(out, func(w io.Writer) error { _, err := a.Pack(ctx, c, ask, w); return err }); err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(out, filepath.Ext(out)) + ".key"
	err = e.writeFile(name, func(w io.Writer) error { _, err := fmt.Fprintln(w, key); return err })
	return []string{out, name}, err
}
