// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/calendar"
	"demarc.dev/demarc/internal/day"
)

func newCalendar(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "calendar",
		Short: "The control calendar: what is done again and again, and whether it was",
		Long: `Routines keep controls working: access reviews, restore tests, reviews of logs. A rule
says on which days each is due; how a day stands is derived from the rule, from what
somebody wrote down and from today, so that what was missed stays missed (ISO/IEC
27001:2022, 8.1 and 9.1).`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newCalendarSeed(e), newCalendarList(e), newCalendarShow(e), newCalendarDone(e), newCalendarImport(e), newCalendarExport(e))
	return c
}

func newCalendarSeed(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "seed", Short: "Write the usual routines into the calendar", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				n, err := a.SeedCalendar(c.Context(), caller)
				if err == nil {
					fmt.Fprintf(e.stdout, "wrote %s into the calendar\nnext: demarc calendar export calendar.yaml, name who owns each, then demarc calendar import calendar.yaml\n", count(n, "new routine", "new routines"))
				}
				return err
			})
		},
	}
}

func newCalendarList(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the routines, what presses first", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				x, err := a.Calendar(c.Context(), caller)
				if err != nil {
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "ROUTINE\tNOW\tDUE\tDONE\tMISSED\tOWNER\tWHEN")
				for _, l := range x.Routines {
					now, due := "-", string(l.Next)
					if l.Now != nil {
						now, due = string(l.Now.State), string(l.Now.Due)
					}
					fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%s\t%s\n", l.ID, now, or(due, "ended"), l.Counts[calendar.InTime]+l.Counts[calendar.TooLate], l.Counts[calendar.Missed], or(l.Owner, "nobody"), l.Says)
				}
				if err := table.Flush(); err != nil {
					return err
				}
				n := x.Counts
				fmt.Fprintf(e.stdout, "\n%s · within a year %d done in time, %d late, %d missed, %d without evidence · %d overdue and %d due now\n", count(len(x.Routines), "routine", "routines"), n[calendar.InTime], n[calendar.TooLate], n[calendar.Missed], n[calendar.Unproven], n[calendar.Overdue], n[calendar.DueNow])
				return nil
			})
		},
	}
}

func routineArg() cobra.PositionalArgs { return oneArg("the id of a routine", "demarc calendar list") }

func newCalendarShow(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show ROUTINE", Short: "Show a routine and its days", Example: "  demarc calendar show restore-test", Args: routineArg(),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				l, all, err := a.Routine(c.Context(), caller, args[0])
				if err != nil {
					return err
				}
				fmt.Fprintf(e.stdout, "%s  %s, %s, by %s\n%s\n\n", l.ID, l.Title, l.Says, or(l.Owner, "nobody"), wrap(or(l.Does, "What is done was not written."), "  "))
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "DUE\tSTATE\tDONE\tBY\tFILES\tWORDS")
				for _, o := range all {
					on, by, files, said := "-", "-", 0, "-"
					if o.Done != nil {
						on, by, files, said = string(o.Done.On), o.Done.By, len(o.Done.Files), o.Done.Words
					}
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\n", o.Due, o.State, on, by, files, cut(said, 60))
				}
				return table.Flush()
			})
		},
	}
}

func newCalendarDone(e *env) *cobra.Command {
	var on, outcome, said, file string
	var attach bool
	c := &cobra.Command{
		Use: "done ROUTINE DUE", Short: "Write down that an occurrence was done, with the file that shows it",
		Example: "  demarc calendar done restore-test 2026-11-30 --words 'ledger restored in 40 minutes' --evidence protocol.pdf\n  demarc calendar done restore-test 2026-11-30 --attach --evidence more.pdf",
		Args:    cobra.ExactArgs(2),
	}
	c.Flags().StringVar(&on, "on", "", "day on which it was done; today when empty")
	c.Flags().StringVar(&outcome, "outcome", string(calendar.Fine), words(calendar.Outcomes()))
	c.Flags().StringVar(&said, "words", "", "what was looked at, and what came of it")
	c.Flags().StringVar(&file, "evidence", "", "file that shows it")
	c.Flags().BoolVar(&attach, "attach", false, "it was written down already: only attach the file")
	c.RunE = func(c *cobra.Command, args []string) error {
		if on == "" {
			on = string(day.Of(e.now()))
		}
		var in io.Reader
		if file != "" {
			f, err := os.Open(file)
			if err != nil {
				return fileProblem(file, err)
			}
			defer f.Close()
			in = f
		}
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			var o calendar.Occurrence
			var err error
			if due := calendar.Day(args[1]); attach {
				o, err = a.AttachEvidence(c.Context(), caller, args[0], due, filepath.Base(file), in)
			} else {
				o, err = a.PerformRoutine(c.Context(), caller, args[0], due, calendar.Done{On: calendar.Day(on), Outcome: calendar.Outcome(outcome), Words: said}, filepath.Base(file), in)
			}
			if err == nil {
				fmt.Fprintf(e.stdout, "%s of %s is %s\n", o.Routine, o.Due, o.State)
			}
			return err
		})
	}
	return c
}

func newCalendarImport(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "import FILE", Short: "Take routines in; those that the file does not name stay",
		Example: "  demarc calendar import calendar.yaml",
		Args:    oneArg("a file of routines in YAML", "demarc calendar export calendar.yaml writes one"),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withFile(c, args[0], func(a *app.App, caller app.Caller, name string, data []byte) error {
				n, err := a.ImportCalendar(c.Context(), caller, name, data)
				if err == nil {
					fmt.Fprintf(e.stdout, "%d changed\n", n)
				}
				return err
			})
		},
	}
}

func newCalendarExport(e *env) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: "export [FILE]", Short: "Write the calendar: a paper, a workbook, an iCalendar file, or the routines to edit",
		Example: "  demarc calendar export calendar.yaml\n  demarc calendar export controls.ics",
		Args:    cobra.MaximumNArgs(1),
	}
	c.Flags().StringVar(&format, "format", "", "one of "+strings.Join(app.CalendarFormats(), ", ")+"; by the ending of FILE when empty")
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.exportRegister(c, args, format, "calendar", func(a *app.App, caller app.Caller, how string, w io.Writer) error {
			return a.CalendarPaper(c.Context(), caller, how, report.Paper{}, w)
		})
	}
	return c
}
