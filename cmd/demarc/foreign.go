// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/check/foreign"
	"demarc.dev/demarc/problem"
)

type importFlags struct {
	account, provider, name, format string
	dry                             bool
}

func newForeign(e *env) *cobra.Command {
	var f importFlags
	var formats []string
	for _, s := range foreign.Formats() {
		formats = append(formats, "  "+s.Name+": "+s.Made)
	}
	c := &cobra.Command{
		Use:   "import FILE…",
		Short: "Take in what other tools saw: Prowler, Security Hub, Trivy, Checkov and others",
		Long: `Reads reports of other tools, which it recognises by what stands in them, and takes
them in, all or none. Each result keeps its tool, check, title, outcome, resource and
place in the file. Results are mapped to our checks and duties; those that nobody has
mapped are listed and counted, never dropped. Where a tool asks the same question of
the same resource as a check of ours, both answers are joined, and the less flattering
one counts. Another tool's pass alone never shows a whole duty.

A report may be packed with gzip; - is standard input. A newer report of the same
tool, name and account takes the place of an older one.

Read are:
` + strings.Join(formats, "\n"),
		Example: `  demarc import prowler.ocsf.json
  demarc import --dry-run findings.json
  trivy config --format json infra | demarc import --account 210987654321 --name infra -
  demarc import show f1`,
		RunE: func(c *cobra.Command, args []string) error { return e.importFiles(c, f, args) },
	}
	flags := c.Flags()
	flags.BoolVar(&f.dry, "dry-run", false, "read and compare, and write nothing down")
	flags.StringVar(&f.account, "account", "", "account of resources for which a report names none, such as those of code")
	flags.StringVar(&f.provider, "provider", "", "provider of resources for which a report names none: aws, azure, gcp, kubernetes")
	flags.StringVar(&f.name, "name", "", "what was looked at, where a tool looks at several things: a newer report takes the place of an older one of its name only")
	flags.StringVar(&f.format, "format", "text", "text or json")
	c.AddCommand(newImportList(e), newImportShow(e), newImportRemove(e))
	return c
}

func (e *env) importFiles(c *cobra.Command, f importFlags, args []string) error {
	if len(args) == 0 {
		return problem.New(problem.Usage, "demarc import needs a report of another tool", "demarc import prowler.ocsf.json")
	}
	if err := textOrJSON(f.format); err != nil {
		return err
	}
	reports := make([]app.Report, len(args))
	for i, name := range args {
		reports[i] = app.Report{File: filepath.Base(name), Name: f.name, Account: f.account, Provider: f.provider, In: e.stdin}
		if name == "-" {
			reports[i].File = "standard input"
			continue
		}
		file, err := os.Open(name)
		if err != nil {
			return fileProblem(name, err)
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return problem.New(problem.Invalid, name+" is a folder", "name the reports in it")
		}
		reports[i].In = file
	}
	return e.begin(c.Context(), func(a *app.App, caller app.Caller) error {
		taken, err := a.TakeReports(c.Context(), caller, reports, f.dry)
		if err != nil {
			return err
		}
		if f.format == "json" {
			return e.printJSON(taken)
		}
		for _, i := range taken {
			switch {
			case f.dry:
				fmt.Fprintf(e.stdout, "%s would be taken in\n", i.File)
			case i.Known:
				fmt.Fprintf(e.stdout, "%s was taken in before, as %s\n", i.File, i.ID)
			default:
				fmt.Fprintf(e.stdout, "took %s as %s\n", i.File, i.ID)
			}
			e.printImport(i, 10)
		}
		if !f.dry {
			fmt.Fprintln(e.stdout, "next: demarc assess")
		}
		return nil
	})
}

// printImport says what a report was and what becomes of it.
func (e *env) printImport(i app.Imported, most int) {
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	row := func(what, words string) { fmt.Fprintf(table, "  %s\t%s\n", what, words) }
	row("recognised as", i.Format.Name()+", of "+or(i.Tool(), "no tool that it names"))
	if !i.First.IsZero() {
		row("looked", i.First.Format("2006-01-02 15:04")+" to "+i.Last.Format("2006-01-02 15:04 UTC"))
	}
	if n := len(i.Accounts); n > 0 {
		row("accounts", cut(strings.Join(i.Accounts, ", "), 60))
	}
	row("read", count(int(i.Results), "result", "results")+outcomeWords(i.Outcomes, i.Muted))
	row("mapped", fmt.Sprintf("%s; %s no answer", number(int(i.Results-i.Counts.Unmapped)), number(int(i.Counts.Aside))))
	if i.Against == "" {
		row("joined", "nothing was assessed yet to compare with")
	} else {
		row("joined", fmt.Sprintf("%s with findings of %s; %s tell what it does not", number(int(i.Counts.Joined)), i.Against, number(int(i.Counts.Alone))))
		row("disagree", disagreement(i.Counts))
	}
	row("not mapped", fmt.Sprintf("%s of %s", count(int(i.Counts.Unmapped), "result", "results"), count(len(i.Unmapped), "check", "checks")))
	table.Flush()
	e.printUnmapped(i.Unmapped, most)
	e.printDisputes(i, most)
}

func disagreement(c foreign.JoinCounts) string {
	if c.Against+c.Contradict+c.Apart == 0 {
		return "nowhere"
	}
	words := fmt.Sprintf("%s fail there and not here, %s pass there and fail here", number(int(c.Against)), number(int(c.Contradict)))
	if c.Apart > 0 {
		words += fmt.Sprintf(", %s fail there and do not apply here", number(int(c.Apart)))
	}
	return words
}

func outcomeWords(n map[foreign.Outcome]int64, muted int64) string {
	var words []string
	for _, o := range []struct {
		outcome foreign.Outcome
		word    string
	}{{foreign.Fail, "fail"}, {foreign.Pass, "pass"}, {foreign.Fixed, "were mended"}, {foreign.Unknown, "could not tell"}, {foreign.Error, "broke"}, {foreign.NotChecked, "left to a person"},
		{foreign.NotApplicable, "do not apply"}, {foreign.NotSelected, "put away"}, {foreign.Informational, "for information"}} {
		if n[o.outcome] > 0 {
			words = append(words, number(int(n[o.outcome]))+" "+o.word)
		}
	}
	out := strings.Join(words, ", ")
	if out != "" {
		out = ": " + out
	}
	if muted > 0 {
		out += fmt.Sprintf("; %s muted in the tool", number(int(muted)))
	}
	return out
}

func (e *env) printUnmapped(list []app.Unmapped, most int) {
	if len(list) == 0 {
		return
	}
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "    TOOL\tCHECK\tRESULTS\tFAILING\tTITLE")
	for n, u := range list {
		if n == most {
			fmt.Fprintf(table, "    …\tand %s\n", count(len(list)-n, "more; demarc import show lists all", "more; demarc import show lists all"))
			break
		}
		fmt.Fprintf(table, "    %s\t%s\t%d\t%d\t%s\n", u.Tool, cut(u.Check, 60), u.Results, u.Failing, cut(u.Title, 50))
	}
	table.Flush()
}

func (e *env) printDisputes(i app.Imported, most int) {
	for n, d := range i.Disputes {
		if n == most {
			fmt.Fprintf(e.stdout, "    … and more; demarc import show lists them\n")
			return
		}
		fmt.Fprintf(e.stdout, "    %s of %s: our check says %s, %s says %s (%s)\n", d.Check, d.Resource, d.Own, d.Other.Tool, d.Other.Outcome, d.Other.Check)
	}
}

func newImportList(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the reports of other tools that were taken in",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				all, err := a.Imports(c.Context(), caller)
				if err != nil {
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "ID\tTAKEN\tFILE\tTOOL\tACCOUNTS\tRESULTS\tFAILING\tNOT MAPPED")
				for _, i := range all {
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\n", i.ID, i.Taken.Format("2006-01-02 15:04"), cut(i.File, 40), i.Tool(), or(cut(strings.Join(i.Accounts, ", "), 40), "-"), i.Results, i.Outcomes[foreign.Fail], i.Unknown)
				}
				return table.Flush()
			})
		},
	}
}

func newImportShow(e *env) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:     "show IMPORT",
		Short:   "Show a report beside the newest assessment: what is not mapped, and where answers differ",
		Example: "  demarc import show f1",
		Args:    oneArg("an import", "demarc import list"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := textOrJSON(format); err != nil {
				return err
			}
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				i, err := a.Imported(c.Context(), caller, args[0])
				if err != nil {
					return err
				}
				if format == "json" {
					return e.printJSON(i)
				}
				fmt.Fprintf(e.stdout, "%s: %s, taken in on %s\n", i.ID, i.File, i.Taken.Format("2006-01-02 15:04 UTC"))
				e.printImport(*i, 1<<20)
				fmt.Fprintf(e.stdout, "  sha256 %s\n", i.SHA256)
				return nil
			})
		},
	}
	c.Flags().StringVar(&format, "format", "text", "text or json")
	return c
}

func newImportRemove(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "remove IMPORT",
		Short:   "Take a report out: no later assessment rests on it; the log keeps what it said",
		Example: "  demarc import remove f1",
		Args:    oneArg("an import", "demarc import list"),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				if err := a.RemoveImport(c.Context(), caller, args[0]); err != nil {
					return err
				}
				fmt.Fprintf(e.stdout, "removed %s\nnext: demarc assess\n", args[0])
				return nil
			})
		},
	}
}
