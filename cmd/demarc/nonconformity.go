// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/problem"
)

func newNonconformity(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "nonconformity",
		Short: "What was found not to be as it must be, and what was done about it",
		Long: `An internal audit raises nonconformities with its answers; what the certifier, an
incident, a complaint or monitoring found is raised here. Each goes from its cause over
correction and corrective action to a look whether that works, by somebody who had no
hand in it. Where it is, and what is late, is derived (ISO/IEC 27001:2022, 10.2).`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newFoundList(e), newFoundShow(e), newFoundRaise(e), newFoundTreat(e), newFoundVerify(e))
	return c
}

func newFoundList(e *env) *cobra.Command {
	var state string
	c := &cobra.Command{Use: "list", Short: "List them, what is overdue first", Example: "  demarc nonconformity list --state 'to verify'", Args: noArgs}
	c.Flags().StringVar(&state, "state", "", "only those that are: "+words(audit.NonconformityStates()))
	c.RunE = func(c *cobra.Command, _ []string) error {
		return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
			all, err := a.Nonconformities(c.Context(), caller)
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "ID\tGRADE\tSTATE\tDUE\tLATE\tFROM\tSTATEMENT")
			late := 0
			for _, n := range all {
				if len(n.Overdue) > 0 {
					late++
				}
				if state == "" || string(n.State) == state {
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", n.ID, n.Grade, n.State, or(string(n.Due), "-"), map[bool]string{true: "late", false: "-"}[len(n.Overdue) > 0], n.Source, cut(n.Statement, 60))
				}
			}
			if err := table.Flush(); err != nil {
				return err
			}
			fmt.Fprintf(e.stdout, "\n%s, %d overdue\n", count(len(all), "nonconformity or opportunity", "nonconformities and opportunities"), late)
			return nil
		})
	}
	return c
}

func foundArg() cobra.PositionalArgs {
	return oneArg("the id of a nonconformity", "demarc nonconformity list")
}

func newFoundShow(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show one", Example: "  demarc nonconformity show n1", Args: foundArg(),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				n, err := a.Nonconformity(c.Context(), caller, args[0])
				if err == nil {
					e.printFound(n)
				}
				return err
			})
		},
	}
}

func (e *env) printFound(n app.NonconformityLine) {
	fmt.Fprintf(e.stdout, "%s  %s\n", n.ID, n.Statement)
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	for _, f := range [][2]string{{"grade", string(n.Grade)}, {"state", string(n.State)}, {"requirement", n.Requirement}, {"where", n.Where}, {"evidence", n.Evidence}, {"from", strings.TrimSpace(string(n.Source) + " " + n.Audit)}, {"raised", n.Nonconformity.Raised.By + ", " + n.Nonconformity.Raised.At.Format("2006-01-02")}, {"due", or(string(n.Due), "no day")},
		{"cause", or(n.Cause, "not known yet")}, {"correction", or(n.Correction, "none yet")}, {"version", fmt.Sprint(n.Version)}} {
		fmt.Fprintf(table, "  %s\t%s\n", f[0], f[1])
	}
	_ = table.Flush() // to the same stdout as all else
	for i, x := range n.Actions {
		fmt.Fprintf(e.stdout, "    %d. %s  by %s, due %s, %s\n", i+1, x.What, x.Owner, x.Due, or(string(x.Done), "open"))
	}
	for _, v := range n.Verifications {
		fmt.Fprintf(e.stdout, "  %s, said %s: %s\n", map[bool]string{true: "it works", false: "it does not work"}[v.Effective], v.By, v.Words)
	}
	for _, late := range n.Overdue {
		fmt.Fprintf(e.stdout, "  late: %s\n", late)
	}
}

func newFoundRaise(e *env) *cobra.Command {
	var n audit.Nonconformity
	var source, grade, due string
	c := &cobra.Command{
		Use: "raise", Short: "Raise what no internal audit found", Args: noArgs,
		Example: "  demarc nonconformity raise --source 'certification audit' --grade minor --requirement 'ISO/IEC 27001, 7.2' --where support --statement 'two records are missing' --evidence 'the register of 3 November'",
	}
	c.Flags().StringVar(&source, "source", string(audit.OfCertifier), "one of "+words(audit.Sources()[1:]))
	c.Flags().StringVar(&grade, "grade", "", "major, minor or opportunity")
	c.Flags().StringVar(&n.Requirement, "requirement", "", "what is not fulfilled")
	c.Flags().StringVar(&n.Where, "where", "", "service, process or place")
	c.Flags().StringVar(&n.Statement, "statement", "", "the lapse")
	c.Flags().StringVar(&n.Evidence, "evidence", "", "what was seen")
	c.Flags().StringVar(&due, "due", "", "day by which it is to be closed; in 90 days when empty")
	c.RunE = func(c *cobra.Command, _ []string) error {
		n.Source, n.Grade, n.Due = audit.Source(source), audit.Result(grade), audit.Day(due)
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			made, err := a.RaiseNonconformity(c.Context(), caller, n)
			if err == nil {
				fmt.Fprintf(e.stdout, "%s is raised, to be closed by %s\n", made.ID, or(string(made.Due), "no day"))
			}
			return err
		})
	}
	return c
}

func newFoundTreat(e *env) *cobra.Command {
	var cause, similar, correction, corrected, decision string
	var actions, done []string
	c := &cobra.Command{
		Use: "treat ID", Short: "Write down cause, correction and corrective action",
		Long:    "Writes down what is done about it. What no flag names stays as it is; --action adds\none, as what;person;due, and --done notes the day on which one was done, as\nnumber=day.",
		Example: "  demarc nonconformity treat n1 --cause 'nobody had the task' --correction 'it was done' --corrected 2026-11-20\n  demarc nonconformity treat n1 --action 'a restore every half year;platform;2026-12-31'\n  demarc nonconformity treat n1 --done 1=2026-12-20",
		Args:    foundArg(),
	}
	c.Flags().StringVar(&cause, "cause", "", "why it came to it")
	c.Flags().StringVar(&similar, "similar", "", "whether the like exists elsewhere")
	c.Flags().StringVar(&correction, "correction", "", "what was mended at once")
	c.Flags().StringVar(&corrected, "corrected", "", "on which day")
	c.Flags().StringVar(&decision, "decision", "", "why nothing is done about an opportunity")
	c.Flags().StringArrayVar(&actions, "action", nil, "a corrective action: what;person;due")
	c.Flags().StringArrayVar(&done, "done", nil, "an action that is done: number=day")
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			was, err := a.Nonconformity(c.Context(), caller, args[0])
			if err != nil {
				return err
			}
			n := was.Nonconformity
			for flag, to := range map[string]func(){"cause": func() { n.Cause = cause }, "similar": func() { n.Similar = similar }, "correction": func() { n.Correction = correction }, "corrected": func() { n.Corrected = audit.Day(corrected) }, "decision": func() { n.Decision = decision }} {
				if c.Flags().Changed(flag) {
					to()
				}
			}
			if n.Actions, err = typedActions(n.Actions, actions, done); err != nil {
				return err
			}
			l, err := a.TreatNonconformity(c.Context(), caller, n, was.Version)
			if err == nil {
				fmt.Fprintf(e.stdout, "%s is %s\n", l.ID, l.State)
			}
			return err
		})
	}
	return c
}

// typedActions adds the actions that flags name, and notes those that are done.
func typedActions(all []audit.Action, more, done []string) ([]audit.Action, error) {
	for _, text := range more {
		parts := strings.Split(text, ";")
		if len(parts) != 3 {
			return nil, problem.New(problem.Usage, "--action "+quote(text)+" is none", "what;person;due, such as 'a reminder;security;2026-12-31'")
		}
		all = append(all, audit.Action{What: strings.TrimSpace(parts[0]), Owner: strings.TrimSpace(parts[1]), Due: audit.Day(strings.TrimSpace(parts[2]))})
	}
	for _, text := range done {
		var i int
		var day string
		if n, err := fmt.Sscanf(text, "%d=%s", &i, &day); err != nil || n != 2 || i < 1 || i > len(all) {
			return nil, problem.New(problem.Usage, "--done "+quote(text)+" names no action", "the number of an action and a day, such as 1=2026-12-20")
		}
		all[i-1].Done = audit.Day(day)
	}
	return all, nil
}

func newFoundVerify(e *env) *cobra.Command {
	var said string
	var version int
	var not bool
	c := &cobra.Command{
		Use: "verify ID", Short: "Say whether what was done works; who had a hand in it may not",
		Example: "  demarc nonconformity verify n1 --version 4 --words 'the protocols of two quarters'",
		Args:    foundArg(),
	}
	c.Flags().StringVar(&said, "words", "", "what was looked at")
	c.Flags().BoolVar(&not, "not-effective", false, "it does not work")
	c.Flags().IntVar(&version, "version", 0, "version that you looked at, as demarc nonconformity show says")
	c.RunE = func(c *cobra.Command, args []string) error {
		if version == 0 {
			return problem.New(problem.Usage, "say which version of it you looked at", "demarc nonconformity show "+args[0]+", then --version")
		}
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			l, err := a.VerifyNonconformity(c.Context(), caller, args[0], version, !not, said)
			if err == nil {
				fmt.Fprintf(e.stdout, "%s is %s\n", l.ID, l.State)
			}
			return err
		})
	}
	return c
}
