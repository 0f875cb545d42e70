// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
)

type assessFlags struct {
	edition, party, failOn, baseline, checks string
	services                                 []string
	onlyNew                                  bool
	workers                                  int
}

func newAssess(e *env) *cobra.Command {
	var f assessFlags
	c := &cobra.Command{
		Use:   "assess [SNAPSHOT …]",
		Short: "Answer every duty from what was seen and said, and say why",
		Long: `Puts all checks to the newest snapshot of each source (or to those that are named),
weighs in matrices, attestations and exceptions, and answers for every duty of
every service: satisfied, partly, not satisfied, unknown, accepted, inherited or
not applicable. What was not read is unknown, never a pass.

In CI: --fail-on high ends with exit code 1 when a failure of that severity or a
worse one is not covered by an exception; with --baseline and --only-new only
failures count that the earlier assessment did not have.`,
		Example: `  demarc assess
  demarc assess --service aws --party customer --edition 2015
  demarc assess --fail-on high --baseline r1 --only-new
  demarc assess show 12.3.1-C2`,
		RunE: func(c *cobra.Command, args []string) error { return e.assess(c, f, args) },
	}
	flags := c.Flags()
	flags.StringVar(&f.edition, "edition", "2026", "edition of ISO/IEC 27017: 2015 or 2026")
	flags.StringVar(&f.party, "party", "both", "whose duties: customer, provider or both")
	flags.StringSliceVar(&f.services, "service", nil, "services of the scope; all when empty")
	flags.StringVar(&f.failOn, "fail-on", "", "exit with 1 when a failure has at least this severity: low, medium, high or critical")
	flags.StringVar(&f.baseline, "baseline", "", "an earlier assessment to compare with, such as r1, or last")
	flags.BoolVar(&f.onlyNew, "only-new", false, "with --baseline: --fail-on counts only failures that it did not have")
	flags.StringVar(&f.checks, "checks", "", "folder of your own checks, beside the shipped ones")
	flags.IntVar(&f.workers, "workers", 0, "goroutines that check; as many as there are cores when 0")
	c.AddCommand(newAssessShow(e), newAssessList(e))
	return c
}

func (f assessFlags) ask(args []string) (app.Ask, error) {
	ed, err := editionOf(f.edition)
	if err != nil {
		return app.Ask{}, err
	}
	parties, err := partiesOf(f.party)
	if err != nil {
		return app.Ask{}, err
	}
	if err := knownSeverity("--fail-on", f.failOn); err != nil {
		return app.Ask{}, err
	}
	if f.onlyNew && f.baseline == "" {
		return app.Ask{}, problem.New(problem.Usage, "--only-new needs an assessment to compare with", "--baseline last")
	}
	ask := app.Ask{Snapshots: args, Edition: ed, Parties: parties, Services: f.services, Workers: f.workers}
	if f.checks != "" {
		if ask.Own, err = folder(f.checks); err != nil {
			return app.Ask{}, err
		}
	}
	return ask, nil
}

// folder opens a folder for reading.
func folder(name string) (fs.FS, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fileProblem(name, err)
	}
	if !info.IsDir() {
		return nil, problem.New(problem.Invalid, name+" is no folder", "name the folder that holds the files")
	}
	return os.DirFS(name), nil
}

func partiesOf(s string) ([]catalogue.Party, error) {
	p, err := partyOf(s)
	if err != nil {
		return nil, err
	}
	if p == "" {
		return []catalogue.Party{catalogue.Customer, catalogue.Provider}, nil
	}
	return []catalogue.Party{p}, nil
}

func (e *env) assess(c *cobra.Command, f assessFlags, args []string) error {
	ask, err := f.ask(args)
	if err != nil {
		return err
	}
	// What checks allocate lives for one resource: to collect it half as often
	// costs little memory and saves a tenth of the time.
	defer debug.SetGCPercent(debug.SetGCPercent(200))
	return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
		var baseline app.Run
		if f.baseline != "" {
			if baseline, err = a.Run(c.Context(), caller, strings.TrimPrefix(f.baseline, "last")); err != nil {
				return err
			}
		}
		out, err := a.Assess(c.Context(), caller, ask)
		if err != nil {
			return err
		}
		gap, err := a.GapData(c.Context(), caller, out.Run)
		if err != nil {
			return err
		}
		e.printAssessment(out, gap)
		reached := out.Reached
		if f.baseline != "" {
			drift, err := a.Drift(c.Context(), caller, baseline, out.Run)
			if err != nil {
				return err
			}
			e.printDrift(drift)
			if f.onlyNew {
				reached = drift.Reached
			}
		}
		fmt.Fprintf(e.stdout, "\nnext: demarc report gap --format html --out gap.html · demarc remediation · demarc assess show DUTY\n")
		return failOn(f.failOn, reached)
	})
}

// failOn is the gate of CI.
func failOn(severity string, reached func(check.Severity) int) error {
	if severity == "" {
		return nil
	}
	if n := reached(check.Severity(severity)); n > 0 {
		return problem.New(problem.Findings, count(n, "failure", "failures")+" of severity "+severity+" or worse", "demarc report findings --format csv lists them; demarc check explain CHECK says how to mend one")
	}
	return nil
}

func newAssessList(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the assessments that were made",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				all, err := a.Runs(c.Context(), caller)
				if err != nil {
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "ID\tMADE\tEDITION\tSNAPSHOTS\tCHECKS\tPASS\tFAIL\tUNKNOWN")
				for _, r := range all {
					o := r.Stats.Outcomes
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\n", r.ID, r.At.Format("2006-01-02 15:04"), r.Edition, strings.Join(r.Snapshots, ","), r.Checks, o[check.Pass], o[check.Fail], o[check.Unknown])
				}
				return table.Flush()
			})
		},
	}
}

func newAssessShow(e *env) *cobra.Command {
	var run, service string
	c := &cobra.Command{
		Use:     "show DUTY",
		Short:   "Show the answer for one duty, down to the resource and the field",
		Example: "  demarc assess show 12.3.1-C2\n  demarc assess show 8.35-P1 --service ledger --run r1",
		Args:    oneArg("the id of a duty", "demarc catalogue show backup lists the duties of a control"),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				r, err := a.Run(c.Context(), caller, run)
				if err != nil {
					return err
				}
				conclusion, err := a.Assessment(c.Context(), caller, r)
				if err != nil {
					return err
				}
				cat, err := a.Catalogue()
				if err != nil {
					return err
				}
				return e.printAnswers(conclusion, cat, args[0], service)
			})
		},
	}
	c.Flags().StringVar(&run, "run", "", "assessment; the newest when empty")
	c.Flags().StringVar(&service, "service", "", "service; all when empty")
	return c
}
