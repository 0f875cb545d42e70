// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
)

func newAttest(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "attest",
		Short: "What people answer for what no API can tell",
		Long: `Attestations are a YAML file: for a duty and a service an answer, who gave it, when,
until when it holds, and the files that support it. Files are kept and hashed.
A failing check beats a person's yes.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newAttestImport(e), newAttestList(e))
	return c
}

func newAttestImport(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "import FILE",
		Short:   "Take in attestations, in place of those before, with their evidence files",
		Example: "  demarc attest import attestations.yaml",
		Args:    oneArg("a file of attestations", "docs/format.md shows one"),
		RunE: func(c *cobra.Command, args []string) error {
			data, err := e.readFile(args[0])
			if err != nil {
				return err
			}
			root, err := os.OpenRoot(filepath.Dir(args[0])) // no link leads out of it
			if err != nil {
				return fileProblem(args[0], err)
			}
			defer root.Close()
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				said, err := a.SetAttestations(c.Context(), caller, filepath.Base(args[0]), data, root.FS())
				if err != nil {
					return err
				}
				files := map[string]bool{}
				for _, s := range said {
					for _, f := range s.Evidence {
						files[f.SHA256] = true
					}
				}
				fmt.Fprintf(e.stdout, "took %s with %s\nnext: demarc assess\n", count(len(said), "attestation", "attestations"), count(len(files), "file of evidence", "files of evidence"))
				return nil
			})
		},
	}
}

func newAttestList(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List what people answered",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				said, err := a.Attestations(c.Context(), caller)
				if err != nil {
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "DUTY\tSERVICE\tANSWER\tBY\tUNTIL\tFILES\tSTATEMENT")
				for _, s := range said {
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n", or(s.Duty, s.Control), s.Service, s.Answer, s.By, s.Expires.Format("2006-01-02"), len(s.Evidence), cut(s.Statement, 50))
				}
				return table.Flush()
			})
		},
	}
}
