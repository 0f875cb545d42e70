// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/check/rule"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/problem"
)

func newCheck(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "check",
		Short: "The questions that are put to resources: words, remedy, duties",
		Long: `A check is one YAML file: one question to one kind of resource, why it matters, how
to mend what fails, which duties it proves, and its examples. Your own checks lie
in a folder; --checks names it.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newCheckList(e), newCheckExplain(e), newCheckTest(e), newExceptions(e))
	return c
}

// checks loads the shipped checks and those of a folder, when one is named.
func checks(name string) ([]check.Check, error) {
	var own fs.FS
	if name != "" {
		f, err := folder(name)
		if err != nil {
			return nil, err
		}
		own = f
	}
	return app.Checks(own)
}

func newCheckList(e *env) *cobra.Command {
	var own, severity, kind, duty string
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the checks",
		Example: "  demarc check list --severity critical\n  demarc check list --duty 12.3.1-C1",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			all, err := checks(own)
			if err != nil {
				return err
			}
			if err := knownFilters(severity, kind, duty); err != nil {
				return err
			}
			table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "CHECK\tSEVERITY\tKINDS\tDUTIES\tTITLE")
			n := 0
			for _, x := range all {
				if severity != "" && string(x.Severity) != severity || kind != "" && !slices.ContainsFunc(x.Kinds, func(k cloud.Kind) bool { return string(k) == kind }) || duty != "" && !proves(x, duty) {
					continue
				}
				n++
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", x.ID, x.Severity, kindsOf(x), dutyIDs(x), cut(x.Title, 70))
			}
			if err := table.Flush(); err != nil {
				return err
			}
			_, err = fmt.Fprintf(e.stdout, "\n%s. One of them: demarc check explain CHECK\n", count(n, "check", "checks"))
			return err
		},
	}
	c.Flags().StringVar(&own, "checks", "", "folder of your own checks")
	c.Flags().StringVar(&severity, "severity", "", "only this severity")
	c.Flags().StringVar(&kind, "kind", "", "only checks of this kind of resource")
	c.Flags().StringVar(&duty, "duty", "", "only checks that bear on this duty")
	return c
}

// knownFilters refuses a word that could only filter everything away.
func knownFilters(severity, kind, duty string) error {
	if err := knownSeverity("--severity", severity); err != nil {
		return err
	}
	if _, ok := cloud.Lookup(cloud.Kind(kind)); kind != "" && !ok {
		return problem.New(problem.Usage, "no kind of resource is called "+quote(kind), "demarc check list shows the kinds; docs/reference/kinds.md describes them")
	}
	if duty == "" {
		return nil
	}
	cat, err := catalogue.Load()
	if err != nil {
		return err
	}
	if _, ok := cat.Duty(duty); !ok {
		return problem.New(problem.Usage, "no duty is called "+quote(duty), "demarc catalogue search WORDS finds a control, demarc catalogue show lists its duties")
	}
	return nil
}

func kindsOf(x check.Check) string {
	words := make([]string, len(x.Kinds))
	for i, k := range x.Kinds {
		words[i] = string(k)
	}
	return strings.Join(words, ",")
}

func dutyIDs(x check.Check) string {
	words := make([]string, len(x.Proves))
	for i, p := range x.Proves {
		words[i] = p.Duty
	}
	return strings.Join(words, ",")
}

func proves(x check.Check, duty string) bool {
	return slices.ContainsFunc(x.Proves, func(p check.Proof) bool { return p.Duty == duty })
}

func newCheckExplain(e *env) *cobra.Command {
	var own string
	var source bool
	c := &cobra.Command{
		Use:     "explain CHECK",
		Short:   "Explain a check: what it asks, why, how to mend what fails, what it proves",
		Example: "  demarc check explain object-store-public",
		Args:    oneArg("the id of a check", "demarc check list"),
		RunE: func(_ *cobra.Command, args []string) error {
			if source {
				return e.source(args[0])
			}
			all, err := checks(own)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(all, func(x check.Check) bool { return x.ID == args[0] })
			if i < 0 {
				return problem.New(problem.NotFound, "no check is called "+quote(args[0]), or(alike(all, args[0]), "demarc check list"))
			}
			cat, err := catalogue.Load()
			if err != nil {
				return err
			}
			e.explain(all[i], cat)
			return nil
		},
	}
	c.Flags().StringVar(&own, "checks", "", "folder of your own checks")
	c.Flags().BoolVar(&source, "source", false, "print the YAML of a shipped check: a good beginning for your own")
	return c
}

// alike names checks whose id shares a word with the one that is not there.
func alike(all []check.Check, id string) string {
	var ids []string
	for _, word := range strings.Split(id, "-") {
		for _, x := range all {
			if len(word) > 2 && strings.Contains(x.ID, word) && !slices.Contains(ids, x.ID) && len(ids) < 5 {
				ids = append(ids, x.ID)
			}
		}
	}
	if len(ids) == 0 {
		return ""
	}
	return "perhaps " + strings.Join(ids, ", ") + "; demarc check list shows all"
}

func (e *env) source(id string) error {
	data, ok := rule.Source(id)
	if !ok {
		return problem.New(problem.NotFound, "no shipped check is called "+quote(id), "demarc check list")
	}
	_, err := e.stdout.Write(data)
	return err
}

func (e *env) explain(x check.Check, cat *catalogue.Catalogue) {
	fmt.Fprintf(e.stdout, "%s  (%s)\n%s, about %s; mending one takes %s\n\n%s\n", x.Title, x.ID, x.Severity, kindsOf(x), x.Effort, wrap(x.Why, "  "))
	if x.When != "" {
		fmt.Fprintf(e.stdout, "\nAsked when\n%s\n", indent(x.When))
	}
	fmt.Fprintf(e.stdout, "\nPasses when\n%s\n", indent(x.Test))
	fmt.Fprintf(e.stdout, "\nWhat it proves\n")
	for _, p := range x.Proves {
		extent := "a part of it"
		if p.Extent == "full" {
			extent = "the whole of it"
		}
		fmt.Fprintf(e.stdout, "  %s, %s: %s\n", p.Duty, extent, p.Why)
		if duty, ok := cat.Duty(p.Duty); ok {
			fmt.Fprintln(e.stdout, wrap(fmt.Sprintf("(%s) %s", duty.Party, duty.Text), "      "))
		}
	}
	for _, f := range []struct{ name, text string }{{"Mend it in the console", x.Fix.Console}, {"Mend it on the command line", x.Fix.CLI}, {"Mend it in Terraform", x.Fix.Terraform}} {
		if f.text != "" {
			fmt.Fprintf(e.stdout, "\n%s\n%s\n", f.name, indent(f.text))
		}
	}
	for i, r := range x.References {
		if i == 0 {
			fmt.Fprintln(e.stdout, "\nRead more")
		}
		fmt.Fprintf(e.stdout, "  %s\n", r)
	}
}

// indent moves every line of s to the right.
func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ")
}

func newCheckTest(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "test [FOLDER]",
		Short:   "Ask every check about its own examples; a folder of your own, or the shipped ones",
		Example: "  demarc check test ./checks",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var list []check.Check
			var err error
			if len(args) == 1 {
				var f fs.FS
				if f, err = folder(args[0]); err == nil {
					list, err = check.ParseFolder(f)
				}
			} else {
				list, err = rule.Parse()
			}
			if err != nil {
				return err
			}
			return e.testChecks(list)
		},
	}
}

func (e *env) testChecks(list []check.Check) error {
	if len(list) == 0 {
		return problem.New(problem.Invalid, "the folder holds no check", "a check is a file ID.yaml; demarc check explain object-store-public --source prints one to begin with")
	}
	cat, err := catalogue.Load()
	if err != nil {
		return err
	}
	known := func(id string) bool { _, ok := cat.Duty(id); return ok }
	faults := check.Lint(list, known, nil)
	for _, f := range faults {
		fmt.Fprintln(e.stdout, "fault  "+f.String())
	}
	wrong, examples := 0, 0
	for _, x := range list {
		results, err := check.RunExamples(x)
		if err != nil {
			return err
		}
		for _, r := range results {
			examples++
			if !r.OK() {
				wrong++
				fmt.Fprintf(e.stdout, "wrong  %s, example %q: expected %s, got %s (%s)\n", x.ID, r.Example, r.Expect, r.Got, r.Message)
			}
		}
	}
	fmt.Fprintf(e.stdout, "%s, %s, %d wrong, %s\n", count(len(list), "check", "checks"), count(examples, "example", "examples"), wrong, count(len(faults), "fault", "faults"))
	if wrong > 0 || len(faults) > 0 {
		return problem.New(problem.Invalid, "the checks are not in order", "mend the lines above")
	}
	return nil
}

func newExceptions(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "exceptions",
		Short: "Failures that are accepted for a time: owned, reasoned, and ended by a date",
		Args:  noArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use: "import FILE", Short: "Take in exceptions, in place of those before", Args: oneArg("a file of exceptions", "docs/format.md shows one"),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withFile(c, args[0], func(a *app.App, caller app.Caller, name string, data []byte) error {
				list, err := a.SetExceptions(c.Context(), caller, name, data)
				if err == nil {
					fmt.Fprintf(e.stdout, "took %s\nnext: demarc assess\n", count(len(list), "exception", "exceptions"))
				}
				return err
			})
		},
	}, &cobra.Command{
		Use: "list", Short: "List the exceptions", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				list, err := a.Exceptions(c.Context(), caller)
				if err != nil {
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "ID\tUNTIL\tOWNER\tAPPROVED BY\tCHECKS\tREASON")
				for _, x := range list {
					state := ""
					if x.Until.AddDate(0, 0, 1).Before(e.now()) {
						state = " (expired)"
					}
					fmt.Fprintf(table, "%s\t%s%s\t%s\t%s\t%s\t%s\n", x.ID, x.Until.Format("2006-01-02"), state, x.Owner, x.ApprovedBy, strings.Join(x.Checks, ","), cut(x.Reason, 60))
				}
				return table.Flush()
			})
		},
	})
	return c
}
