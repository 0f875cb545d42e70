// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/problem"
)

func newScopeContext(e *env) *cobra.Command {
	c := &cobra.Command{
		Use: "context", Short: "Issues, interested parties, law, borders and exclusions; the scope statement", Args: noArgs,
		Long: `The context that the scope stands in (ISO/IEC 27001:2022, 4.1 to 4.3). While nobody
wrote one it is proposed from the scope: export it, edit it, import it. Regions in which
resources were seen are proposed and only confirmed. An approval binds to scope and
context as they were looked at.`,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newContextShow(e), newContextImport(e), newContextExport(e), newContextConfirm(e), newContextApprove(e))
	return c
}

func newContextShow(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Show where the context stands, and what it leaves open", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				x, err := a.Context(c.Context(), caller)
				if err != nil {
					return err
				}
				fmt.Fprintln(e.stdout, or(x.Statement, "Nobody has written what the management system is about."))
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				approved := "never"
				if x.Approved != nil {
					approved = fmt.Sprintf("version %d by %s on %s", x.Approved.Version, x.Approved.By, x.Approved.At.Format(time.DateOnly))
				}
				fmt.Fprintf(table, "  issues\t%d\n  parties\t%d\n  law\t%d\n  borders\t%d\n  exclusions\t%d\n  approved\t%s\n  version\t%d\n  digest\t%s\n", len(x.Issues), len(x.Parties), len(x.Law), len(x.Borders), len(x.Exclusions), approved, x.Version, x.Digest)
				_ = table.Flush() // to the same stdout as all else
				for _, w := range x.Open {
					fmt.Fprintf(e.stdout, "  open: %s\n", w)
				}
				for _, r := range x.Proposals() {
					fmt.Fprintf(e.stdout, "  seen, and not in the scope: %s in %s (demarc scope context confirm %s %s)\n", r.Service, r.Region, r.Service, r.Region)
				}
				for _, w := range x.Since {
					fmt.Fprintf(e.stdout, "  changed since the approval: %s\n", w)
				}
				return nil
			})
		},
	}
}

func newContextImport(e *env) *cobra.Command {
	var version int64
	c := &cobra.Command{Use: "import FILE", Short: "Take a context in, in place of the one before", Example: "  demarc scope context import context.yaml --version 1", Args: oneArg("a context in YAML", "demarc scope context export context.yaml")}
	c.Flags().Int64Var(&version, "version", 0, "that you looked at, as demarc scope context show says; 0 when nobody had written one")
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.withFile(c, args[0], func(a *app.App, caller app.Caller, name string, data []byte) error {
			x, err := a.SetContext(c.Context(), caller, name, data, version)
			if err == nil {
				fmt.Fprintf(e.stdout, "took the context; it leaves %s open\n", count(len(x.Open), "thing", "things"))
			}
			return err
		})
	}
	return c
}

func newContextExport(e *env) *cobra.Command {
	var format string
	c := &cobra.Command{Use: "export [FILE]", Short: "Write the scope statement as a paper, or the context to edit and import", Example: "  demarc scope context export scope.docx\n  demarc scope context export context.yaml", Args: cobra.MaximumNArgs(1)}
	c.Flags().StringVar(&format, "format", "", "one of "+strings.Join(app.ContextFormats(), ", ")+"; by the ending of FILE when empty")
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.exportRegister(c, args, format, "scope", func(a *app.App, caller app.Caller, how string, w io.Writer) error {
			return a.ContextPaper(c.Context(), caller, how, report.Paper{}, w)
		})
	}
	return c
}

func newContextConfirm(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "confirm SERVICE REGION", Short: "Write a region that was seen into the scope of a service", Example: "  demarc scope context confirm aws eu-west-3", Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				_, err := a.ConfirmRegion(c.Context(), caller, args[0], args[1])
				if err == nil {
					fmt.Fprintf(e.stdout, "%s is a region of %s\n", args[1], args[0])
				}
				return err
			})
		},
	}
}

func newContextApprove(e *env) *cobra.Command {
	var digest string
	c := &cobra.Command{Use: "approve", Short: "Approve the scope with its context", Example: "  demarc scope context approve --digest sha256:…", Args: noArgs}
	c.Flags().StringVar(&digest, "digest", "", "digest of what you looked at, as demarc scope context show says")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if digest == "" {
			return problem.New(problem.Usage, "say which scope you looked at", "demarc scope context show, then --digest")
		}
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			x, err := a.ApproveContext(c.Context(), caller, digest)
			if err == nil {
				fmt.Fprintf(e.stdout, "version %d is approved by %s\n", x.Version, x.By)
			}
			return err
		})
	}
	return c
}
