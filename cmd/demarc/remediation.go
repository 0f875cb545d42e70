// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/remediation"
	"demarc.dev/demarc/risk"
)

func newRemediation(e *env) *cobra.Command {
	var run, format string
	var whatIf []string
	var top int
	c := &cobra.Command{
		Use:   "remediation",
		Short: "What to do, in which order, why, and what it would change",
		Long: `Every action has a priority with its explanation: severity × exposure × duties
unlocked ÷ effort. Waves say what should come before what. --what-if says what an
assessment would say if some actions were done; it is an estimate.`,
		Example: "  demarc remediation\n  demarc remediation --what-if mend:object-store-public,mend:machine-metadata-token\n  demarc remediation --what-if best:5",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := textOrJSON(format); err != nil {
				return err
			}
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				r, err := a.Run(c.Context(), caller, run)
				if err != nil {
					return err
				}
				gap, err := a.GapData(c.Context(), caller, r)
				if err != nil {
					return err
				}
				if len(whatIf) > 0 {
					o, err := app.WhatIf(gap, whatIf)
					if err != nil {
						return err
					}
					return e.printOutlook(o, format)
				}
				return e.printPlan(gap.Plan, top, format)
			})
		},
	}
	c.AddCommand(newAssign(e), newAssignments(e))
	c.Flags().StringVar(&run, "run", "", "assessment; the newest when empty")
	c.Flags().StringVar(&format, "format", "text", "text or json")
	c.Flags().IntVar(&top, "top", 10, "how many actions to show; 0 for all")
	c.Flags().StringSliceVar(&whatIf, "what-if", nil, "ids of actions, or best:N for the N that change most")
	return c
}

func newAssign(e *env) *cobra.Command {
	var x app.Assignment
	var due string
	var nobody bool
	c := &cobra.Command{
		Use:     "assign ACTION",
		Short:   "Say who does an action of the plan, and until when",
		Long:    "Whether it is done is told by the next assessment: an action that is done stands in the plan no more.",
		Example: "  demarc remediation assign mend:object-store-public --owner \"Ines Adler\" --due 2027-01-29\n  demarc remediation assign mend:object-store-public --nobody",
		Args:    oneArg("the id of an action", "demarc remediation lists them"),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				if nobody {
					return a.Unassign(c.Context(), caller, args[0])
				}
				x.Action, x.Due = args[0], risk.Day(due)
				_, err := a.Assign(c.Context(), caller, x)
				return err
			})
		},
	}
	c.Flags().StringVar(&x.Owner, "owner", "", "a person or a team")
	c.Flags().StringVar(&due, "due", "", "last day, such as 2027-01-29")
	c.Flags().StringVar(&x.Note, "note", "", "a few words")
	c.Flags().BoolVar(&nobody, "nobody", false, "nobody does it any more")
	return c
}

func newAssignments(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "assignments",
		Short: "List who does which action of the plan",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				all, err := a.Assignments(c.Context(), caller)
				if err != nil {
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "ACTION\tOWNER\tDUE\tNOTE")
				for _, x := range all {
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", x.Action, x.Owner, x.Due, cut(x.Note, 60))
				}
				return table.Flush()
			})
		},
	}
}

func (e *env) printJSON(v any) error {
	enc := json.NewEncoder(e.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func (e *env) printPlan(p remediation.Plan, top int, format string) error {
	if format == "json" {
		return e.printJSON(p)
	}
	n := p.Numbers
	fmt.Fprintf(e.stdout, "%s work on %d of %s, %s in all\n", count(n.Actions, "action", "actions"), n.Covered, count(n.Gaps, "gap", "gaps"), remediation.Duration(n.Minutes))
	for _, w := range p.Waves {
		fmt.Fprintf(e.stdout, "  wave %d: %s: %s, %s\n", w.Number, w.Title, count(len(w.Actions), "action", "actions"), remediation.Duration(w.Minutes))
	}
	if top <= 0 || top > len(p.Actions) {
		top = len(p.Actions)
	}
	for i, a := range p.Actions[:top] {
		quick := ""
		if a.QuickWin {
			quick = "  quick win"
		}
		fmt.Fprintf(e.stdout, "\n%d. %s  (%s, wave %d%s)\n%s\n", i+1, a.Title, a.ID, a.Wave, quick, wrap(a.What, "   "))
		fmt.Fprintln(e.stdout, wrap(fmt.Sprintf("priority %d: %s", a.Priority.Score, a.Priority.Why), "   "))
		if len(a.After) > 0 {
			fmt.Fprintln(e.stdout, wrap("after "+strings.Join(a.After, ", ")+": "+a.AfterWhy, "   "))
		}
	}
	if top < len(p.Actions) {
		fmt.Fprintf(e.stdout, "\nand %d more: demarc remediation --top 0\n", len(p.Actions)-top)
	}
	return nil
}

func (e *env) printOutlook(o remediation.Outlook, format string) error {
	if format == "json" {
		return e.printJSON(o)
	}
	fmt.Fprintln(e.stdout, wrap(o.Says, ""))
	for _, c := range o.Changed {
		fmt.Fprintf(e.stdout, "  %s  %s: %s → %s\n", c.Service, c.Duty, c.From, c.To)
	}
	for _, s := range o.Supposes {
		fmt.Fprintln(e.stdout, wrap("It supposes: "+s, "  "))
	}
	return nil
}
