// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/risk"
)

func newRisk(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "risk",
		Short: "The cloud risk register: what may happen, what is done, who accepted what is left",
		Long: `The register is seeded with the cloud threats of the catalogue for each service of the
scope. For each threat the state of the controls that treat it suggests a rating and
says how that was reckoned; a person decides the rating, a treatment is written down,
and its owner approves it and accepts what is left. An acceptance binds to what was
accepted: after a change it is stale (ISO/IEC 27001:2022, 6.1.2 and 6.1.3).`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newRiskSeed(e), newRiskList(e), newRiskShow(e), newRiskImport(e), newRiskExport(e), newRiskDecide(e), newRiskMethod(e), newRiskThreat(e))
	return c
}

func riskArg() cobra.PositionalArgs { return oneArg("the id of a risk", "demarc risk list") }

func newRiskSeed(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "seed [SERVICE]",
		Short:   "Write the threats to a service, or to all, into the register",
		Long:    "Writes the threats of the catalogue to a service of the scope, or to all, into the\nregister as risks that nobody rated yet. What is in it already stays as it is.",
		Example: "  demarc risk seed\n  demarc risk seed aws",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				n, err := a.SeedRisks(c.Context(), caller, strings.Join(args, ""))
				if err != nil {
					return err
				}
				fmt.Fprintf(e.stdout, "wrote %s into the register\nnext: demarc risk list, then demarc risk export risks.yaml to rate and treat them\n", count(n, "new risk", "new risks"))
				return nil
			})
		},
	}
}

func newRiskList(e *env) *cobra.Command {
	var service, state string
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the risks, the highest first",
		Example: "  demarc risk list --service ledger\n  demarc risk list --state stale",
		Args:    noArgs,
	}
	c.Flags().StringVar(&service, "service", "", "of this service only")
	c.Flags().StringVar(&state, "state", "", "in this state only: "+words(risk.States()))
	c.RunE = func(c *cobra.Command, _ []string) error {
		if state != "" && !slices.Contains(risk.States(), risk.State(state)) {
			return problem.New(problem.Usage, "--state "+quote(state)+" is none", words(risk.States()))
		}
		return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
			g, err := a.Register(c.Context(), caller)
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "RISK\tCURRENT\tBAND\tSUGGESTED\tSTATE\tOWNER\tTITLE")
			for _, l := range g.Risks {
				if service != "" && l.Service != service || state != "" && string(l.State) != state {
					continue
				}
				suggested := "-"
				if l.Suggest != nil {
					suggested = l.Suggest.Current.String()
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.ID, or(l.Current.String(), "-"), or(l.Band, "-"), suggested, l.State, or(l.Owner, "-"), cut(l.Title, 40))
			}
			if err := table.Flush(); err != nil {
				return err
			}
			s := g.Summary
			fmt.Fprintf(e.stdout, "\n%s · %d not rated · %d above the appetite of %d and not accepted · %d stale · %s late\n", count(s.All, "risk", "risks"), s.States[risk.Identified], s.Intolerable, g.Method.Appetite, s.States[risk.Stale], count(s.LateSteps, "step is", "steps are"))
			return nil
		})
	}
	return c
}

// words writes a list of words of any kind of word.
func words[S ~string](all []S) string {
	out := make([]string, len(all))
	for i, w := range all {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

func newRiskShow(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "show RISK",
		Short:   "Show a risk, and how its rating is suggested",
		Example: "  demarc risk show ledger-ct-17",
		Args:    riskArg(),
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				g, err := a.Register(c.Context(), caller)
				if err != nil {
					return err
				}
				l, err := g.Of(args[0])
				if err == nil {
					e.printRisk(g, l)
				}
				return err
			})
		},
	}
}

func (e *env) printRisk(g *app.Register, l risk.Line) {
	rated := func(r risk.Rating) string {
		if r.None() {
			return "not rated"
		}
		return fmt.Sprintf("%s = %d, %s", r, r.Score(), g.Method.Band(r))
	}
	fmt.Fprintf(e.stdout, "%s  %s\n%s\n\n", l.ID, l.Title, wrap(or(l.Says, "What may happen was not written."), "  "))
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	for _, f := range [][2]string{{"state", string(l.State)}, {"service", or(l.Service, "the organisation as a whole")}, {"threat", or(l.Threat, "own")}, {"owner", or(l.Owner, "nobody")},
		{"inherent", rated(l.Inherent)}, {"current", rated(l.Current)}, {"expected", rated(risk.ViewTarget.Of(l.Risk))}, {"because", or(l.Because, "-")}, {"treatment", or(string(l.Treatment.Option), "not decided")}, {"version", fmt.Sprint(l.Version)}} {
		fmt.Fprintf(table, "  %s\t%s\n", f[0], f[1])
	}
	_ = table.Flush() // to the same stdout as all else
	for _, s := range l.Treatment.Actions {
		fmt.Fprintf(e.stdout, "    %s  due %s, by %s, %s\n", s.What, or(string(s.Due), "no day"), or(s.Owner, "nobody"), or(string(s.Done), "open"))
	}
	if d := l.Decision; d != nil {
		fmt.Fprintf(e.stdout, "\nApproved by %s on %s until %s\n", d.By, d.At.Format(time.DateOnly), d.Until)
		for _, s := range l.Since {
			fmt.Fprintf(e.stdout, "  changed since: %s\n", s)
		}
	}
	if s := l.Suggest; s != nil {
		fmt.Fprintf(e.stdout, "\nSuggested: %s → %s\n", s.Inherent, s.Current)
		for _, w := range s.Why {
			fmt.Fprintln(e.stdout, wrap(w, "  "))
		}
		for _, t := range s.Controls {
			fmt.Fprintf(e.stdout, "  %-12s %3d of %3d met  %s\n", t.Clause, t.Counts.Met(), t.Counts.Applies(), t.Title)
		}
	}
}

func newRiskImport(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "import FILE",
		Short:   "Take a register in; risks that it does not name stay",
		Example: "  demarc risk import risks.yaml",
		Args:    oneArg("a register in YAML", "demarc risk export risks.yaml writes one"),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withFile(c, args[0], func(a *app.App, caller app.Caller, name string, data []byte) error {
				added, changed, err := a.ImportRisks(c.Context(), caller, name, data)
				if err == nil {
					fmt.Fprintf(e.stdout, "%d added, %d changed\n", added, changed)
				}
				return err
			})
		},
	}
}

func newRiskExport(e *env) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:     "export [FILE]",
		Short:   "Write the register: a paper to sign, a workbook, or a file to edit and import",
		Example: "  demarc risk export risks.yaml\n  demarc risk export risks.docx",
		Args:    cobra.MaximumNArgs(1),
	}
	c.Flags().StringVar(&format, "format", "", "one of "+strings.Join(app.RiskFormats(), ", ")+"; by the ending of FILE when empty")
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.exportRegister(c, args, format, "risks", func(a *app.App, caller app.Caller, how string, w io.Writer) error {
			return a.RiskPaper(c.Context(), caller, how, report.Paper{}, w)
		})
	}
	return c
}

// exportRegister writes a register to the file that is named, or to standard
// output, in the format that is asked for or that the name ends in.
func (e *env) exportRegister(c *cobra.Command, args []string, format, like string, fill func(*app.App, app.Caller, string, io.Writer) error) error {
	file := "-"
	if len(args) == 1 {
		file = args[0]
	}
	how := cmp.Or(format, strings.TrimPrefix(filepath.Ext(file), "."), "yaml")
	if file == "-" && isBinary(how) && isTerminal(e.stdout) {
		return problem.New(problem.Usage, "a "+how+" file is nothing for a terminal", c.CommandPath()+" "+like+"."+how)
	}
	return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
		err := e.writeFile(file, func(w io.Writer) error { return fill(a, caller, how, w) })
		if err == nil && file != "-" {
			fmt.Fprintf(e.stdout, "wrote %s\n", file)
		}
		return err
	})
}

func newRiskDecide(e *env) *cobra.Command {
	var until, note string
	var version int
	c := &cobra.Command{
		Use:     "decide RISK",
		Short:   "Approve the treatment of a risk and accept what is left of it",
		Example: "  demarc risk decide ledger-ct-17 --version 3 --until 2027-11-30",
		Args:    riskArg(),
	}
	c.Flags().StringVar(&until, "until", "", "last day on which that holds")
	c.Flags().StringVar(&note, "note", "", "why; needed to keep a risk above the appetite")
	c.Flags().IntVar(&version, "version", 0, "version that you looked at, as demarc risk show says")
	c.RunE = func(c *cobra.Command, args []string) error {
		if version == 0 {
			return problem.New(problem.Usage, "say which version of the risk you looked at", "demarc risk show "+args[0]+", then --version")
		}
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			r, err := a.DecideRisk(c.Context(), caller, args[0], version, risk.Day(until), note)
			if err == nil {
				fmt.Fprintf(e.stdout, "%s is approved by %s until %s\n", r.ID, r.Decision.By, r.Decision.Until)
			}
			return err
		})
	}
	return c
}

func newRiskMethod(e *env) *cobra.Command {
	c := &cobra.Command{Use: "method", Short: "The scales, the bands and the appetite", Args: noArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(&cobra.Command{
		Use: "show", Short: "Show the method, as a file to edit and import", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				m, _, err := a.RiskMethod(c.Context(), caller)
				if err != nil {
					return err
				}
				data, err := m.Encode()
				if err == nil {
					_, err = e.stdout.Write(data)
				}
				return err
			})
		},
	}, &cobra.Command{
		Use: "import FILE", Short: "Set the method", Args: oneArg("a method in YAML", "demarc risk method show > method.yaml"),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withFile(c, args[0], func(a *app.App, caller app.Caller, name string, data []byte) error {
				m, err := a.SetRiskMethod(c.Context(), caller, name, data)
				if err == nil {
					fmt.Fprintf(e.stdout, "the method is set: %d by %d, appetite %d\n", len(m.Likelihood), len(m.Consequence), m.Appetite)
				}
				return err
			})
		},
	})
	return c
}

func newRiskThreat(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "threat", Short: "List the cloud threats of the catalogue", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			cat, err := catalogue.Load()
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "THREAT\tSEED\tTREATED BY\tMODELS\tTITLE")
			for _, t := range cat.Threats() {
				fmt.Fprintf(table, "%s\t%d × %d\t%s\t%s\t%s\n", t.ID, t.Likelihood, t.Impact, t.Treats, words(t.Models), t.Title)
			}
			return table.Flush()
		},
	}
}
