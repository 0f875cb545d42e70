// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/problem"
)

func newCollect(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "collect",
		Short: "See what stands in a cloud account, a cluster, a Terraform plan or a machine",
		Long: `Collect reads, and judges nothing. What it saw becomes a snapshot in the store;
what it could not read becomes a gap with its reason, never silence.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newCollectAWS(e), newCollectTerraform(e), newCollectHost(e), newCollectKube(e), newCollectFile(e), newCollectList(e))
	return c
}

// newCollectFile takes a snapshot in that was made elsewhere.
func newCollectFile(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "file SNAPSHOT",
		Short:   "Take in a snapshot file that was made elsewhere",
		Example: "  demarc collect file prod.snapshot",
		Args:    oneArg("a snapshot file", "demarc collect aws --out prod.snapshot makes one"),
		RunE: func(c *cobra.Command, args []string) error {
			return e.begin(c.Context(), func(a *app.App, caller app.Caller) error {
				return e.report(e.takeFile(c.Context(), a, caller, args[0]))
			})
		},
	}
}

// report says what was taken in.
func (e *env) report(s app.Snapshot, known bool, err error) error {
	if err != nil {
		return err
	}
	was := "took"
	if known {
		was = "already had"
	}
	fmt.Fprintf(e.stdout, "%s snapshot %s: %s\n", was, s.ID, describe(s))
	e.printGaps(s)
	fmt.Fprintf(e.stdout, "next: demarc assess\n")
	return nil
}

// describe says in one line what a snapshot is.
func describe(s app.Snapshot) string {
	h := s.Header
	what := h.Provider + " " + h.Source
	if h.Source == h.Provider {
		what = h.Source
	}
	parts := []string{what, count(int(s.Resources), "resource", "resources")}
	if n := len(h.Accounts); n > 0 {
		parts = append(parts, count(n, "account", "accounts"))
	}
	if n := len(h.Regions); n > 0 {
		parts = append(parts, count(n, "region", "regions"))
	}
	if h.Calls > 0 {
		calls := count(int(h.Calls), "call", "calls")
		if h.Repeated > 0 {
			calls += fmt.Sprintf(" (%d repeated)", h.Repeated)
		}
		parts = append(parts, calls)
	}
	if h.Synthetic != "" {
		parts = append(parts, "synthetic: "+h.Synthetic)
	}
	return strings.Join(parts, ", ")
}

// printGaps lists what could not be read, one line a reason and service.
func (e *env) printGaps(s app.Snapshot) {
	if len(s.Gaps) == 0 {
		return
	}
	fmt.Fprintf(e.stdout, "%s could not be read:\n", count(len(s.Gaps), "part", "parts"))
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	for i, g := range s.Gaps {
		if i == 12 {
			fmt.Fprintf(table, "  …\tand %d more; demarc collect list --gaps shows all\n", len(s.Gaps)-i)
			break
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", or(g.Account, "-"), or(g.Region, "-"), or(g.Service, "-"), g.Reason, cut(g.Detail, 60))
	}
	table.Flush()
}

func newCollectList(e *env) *cobra.Command {
	var gaps bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the snapshots in the store",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				all, err := a.Snapshots(c.Context(), caller)
				if err != nil {
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "ID\tTAKEN\tFILE\tWHAT\tNOT READ")
				for _, s := range all {
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\n", s.ID, s.Taken.Format("2006-01-02 15:04"), or(s.File, "-"), describe(s), len(s.Gaps))
					if gaps {
						for _, g := range s.Gaps {
							fmt.Fprintf(table, "\t%s\t%s\t%s\t%s: %s\n", or(g.Account, "-"), or(g.Region, "-"), or(g.Service, "-"), g.Reason, g.Detail)
						}
					}
				}
				return table.Flush()
			})
		},
	}
	c.Flags().BoolVar(&gaps, "gaps", false, "list what could not be read, with the reason")
	return c
}

// writeSnapshot writes what collect makes to a file, and says what comes next.
func (e *env) writeSnapshot(out string, collect func(io.Writer) error) error {
	if err := e.writeFile(out, collect); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "wrote %s\nnext: demarc collect file %s\n", out, out)
	return nil
}

// takeFile takes a snapshot file in under its base name.
func (e *env) takeFile(ctx context.Context, a *app.App, caller app.Caller, name string) (app.Snapshot, bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return app.Snapshot{}, false, fileProblem(name, err)
	}
	defer f.Close()
	return a.TakeSnapshot(ctx, caller, filepath.Base(name), f)
}

// refused gives what a collector was refused to the person who can mend it.
func refused(err error) error {
	var r *cloud.Refusal
	if !errors.As(err, &r) {
		return err
	}
	kind := problem.Unavailable
	if r.Usage {
		kind = problem.Usage
	}
	return problem.New(kind, r.Sentence, r.Hint).Wrap(err)
}
