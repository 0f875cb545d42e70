// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
)

func newOrganisation(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "organisation",
		Short: "The organisations of this store: strictly separate, each with a log and a key of its own",
		Args:  noArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "List the organisations", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				ids, err := a.Orgs(c.Context(), caller)
				for _, id := range ids {
					fmt.Fprintln(e.stdout, id)
				}
				return err
			})
		},
	}, &cobra.Command{
		Use: "create ID", Short: "Make an organisation", Example: "  demarc organisation create north\n  demarc --org north scope import north.yaml",
		Args: oneArg("the id of the organisation", "demarc organisation create north"),
		RunE: func(c *cobra.Command, args []string) error {
			if e.org != "" && e.org != args[0] {
				return problem.New(problem.Usage, "--org names another organisation", "leave --org away")
			}
			return e.within(c.Context(), false, func(a *app.App, caller app.Caller) error {
				caller.Org = args[0]
				if err := a.CreateOrg(c.Context(), caller); err != nil {
					return err
				}
				fmt.Fprintf(e.stdout, "made organisation %s\nnext: demarc --org %s scope import FILE, or demarc --org %s collect aws\n", args[0], args[0], args[0])
				return nil
			})
		},
	}, newExport(e), newImport(e))
	return c
}
