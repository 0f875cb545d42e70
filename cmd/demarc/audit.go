// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/problem"
)

func newAudit(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "audit",
		Short: "Internal audits: the programme, checklists, samples, what was found",
		Long: `The programme is a cycle of years in which every clause of ISO/IEC 27001 and every
control of ISO/IEC 27017 is looked at once; how far it covers them is computed. The
checklist of an audit is made from clauses and duties, with what the records say
already. A sample is drawn by a seed, so that anybody draws the same again. Nobody
audits his own work: the records know whose it is (ISO/IEC 27001:2022, 9.2).`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newAuditList(e), newAuditPropose(e), newAuditCoverage(e), newAuditImport(e), newAuditExport(e), newAuditShow(e), newAuditAnswer(e), newAuditPopulation(e), newAuditSample(e), newAuditConclude(e), newAuditReport(e))
	return c
}

func newAuditList(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the audits of the programme", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				p, err := a.Programme(c.Context(), caller)
				if err != nil {
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "AUDIT\tFROM\tUNTIL\tSTATE\tANSWERED\tRAISED\tLEAD\tTITLE")
				for _, l := range p.Audits {
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d of %d\t%d\t%s\t%s\n", l.ID, l.Begins, l.Ends, l.State, l.Answered, l.Asked, l.Raised, or(l.Lead, "nobody named"), cut(l.Title, 50))
				}
				if err := table.Flush(); err != nil {
					return err
				}
				e.printCycle(p)
				return nil
			})
		},
	}
}

func (e *env) printCycle(p *app.AuditProgramme) {
	usual := ""
	if p.Usual {
		usual = ", the one to begin with"
	}
	fmt.Fprintf(e.stdout, "\ncycle %s to %s%s · of %d clauses and controls %d covered, %d in part, %d scheduled, %d open · %d major and %d minor nonconformities open, %d overdue\n",
		p.Begins, p.Ends(), usual, len(p.Coverage), p.Covers[audit.Covered], p.Covers[audit.Partly], p.Covers[audit.Scheduled], p.Covers[audit.Uncovered], p.Tally.Open[audit.Major], p.Tally.Open[audit.Minor], p.Tally.Overdue)
	if p.Covers[audit.Uncovered] > 0 {
		fmt.Fprintln(e.stdout, "next: demarc audit propose")
	}
}

func newAuditPropose(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "propose", Short: "Plan an audit for each year of the cycle that has none", Args: noArgs,
		Long: "Plans an audit for each year of the cycle that has none, so that what no audit looks\nat is shared out. Their auditors are to be named: demarc audit export audits.yaml,\nedit it, then demarc audit import audits.yaml.",
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				made, err := a.ProposeAudits(c.Context(), caller)
				for _, x := range made {
					fmt.Fprintf(e.stdout, "%s  %s to %s  %d clauses, %d controls\n", x.ID, x.Begins, x.Ends, len(x.Clauses), len(x.Controls))
				}
				if err == nil && len(made) == 0 {
					fmt.Fprintln(e.stdout, "nothing to propose: every subject is in an audit of the cycle, or each of its years has one")
				}
				return err
			})
		},
	}
}

func newAuditCoverage(e *env) *cobra.Command {
	var only string
	c := &cobra.Command{Use: "coverage", Short: "How far the cycle covers clauses and controls", Args: noArgs, Example: "  demarc audit coverage --cover open"}
	c.Flags().StringVar(&only, "cover", "", "only what is: "+words(audit.Covers()))
	c.RunE = func(c *cobra.Command, _ []string) error {
		return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
			p, err := a.Programme(c.Context(), caller)
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "NUMBER\tCOVERED\tSEEN\tBY\tSUBJECT")
			for _, x := range p.Coverage {
				if only == "" || string(x.Cover) == only {
					fmt.Fprintf(table, "%s\t%s\t%d of %d\t%s\t%s\n", x.Place, x.Cover, x.Seen, x.Of, or(strings.Join(x.Audits, " "), "-"), cut(x.Title, 60))
				}
			}
			if err := table.Flush(); err != nil {
				return err
			}
			e.printCycle(p)
			return nil
		})
	}
	return c
}

func newAuditImport(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "import FILE", Short: "Take plans in; audits that the file does not name stay",
		Example: "  demarc audit import audits.yaml",
		Args:    oneArg("a file of plans in YAML", "demarc audit export audits.yaml writes one"),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withFile(c, args[0], func(a *app.App, caller app.Caller, name string, data []byte) error {
				n, err := a.ImportAudits(c.Context(), caller, name, data)
				if err == nil {
					fmt.Fprintf(e.stdout, "%d changed\n", n)
				}
				return err
			})
		},
	}
}

func newAuditExport(e *env) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: "export [FILE]", Short: "Write the programme: a paper, a workbook, or the plans to edit and import",
		Example: "  demarc audit export audits.yaml\n  demarc audit export programme.docx",
		Args:    cobra.MaximumNArgs(1),
	}
	c.Flags().StringVar(&format, "format", "", "one of "+strings.Join(app.ProgrammeFormats(), ", ")+"; by the ending of FILE when empty")
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.exportRegister(c, args, format, "audits", func(a *app.App, caller app.Caller, how string, w io.Writer) error {
			return a.ProgrammePaper(c.Context(), caller, how, report.Paper{}, w)
		})
	}
	return c
}

func auditArg() cobra.PositionalArgs { return oneArg("the id of an audit", "demarc audit list") }

func newAuditShow(e *env) *cobra.Command {
	var open bool
	c := &cobra.Command{Use: "show AUDIT", Short: "Show an audit with its checklist", Example: "  demarc audit show a1 --open", Args: auditArg()}
	c.Flags().BoolVar(&open, "open", false, "only questions without an answer")
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
			x, err := a.Audit(c.Context(), caller, args[0])
			if err == nil {
				e.printAudit(x, open)
			}
			return err
		})
	}
	return c
}

func (e *env) printAudit(x *app.AuditView, open bool) {
	fmt.Fprintf(e.stdout, "%s  %s\n", x.ID, x.Title)
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	for _, f := range [][2]string{{"state", string(x.State)}, {"days", string(x.Begins + " to " + x.Ends)}, {"lead", or(x.Lead, "nobody named")}, {"team", or(strings.Join(x.Team, ", "), "nobody besides")}, {"services", or(strings.Join(x.Services, ", "), "all of the scope")},
		{"answered", fmt.Sprintf("%d of %d", x.Answered, x.Asked)}, {"raised", fmt.Sprint(x.Raised)}, {"version", fmt.Sprint(x.Version)}} {
		fmt.Fprintf(table, "  %s\t%s\n", f[0], f[1])
	}
	_ = table.Flush() // to the same stdout as all else
	for _, why := range x.Conflicts {
		fmt.Fprintf(e.stdout, "  nobody audits his own work: %s\n", why)
	}
	for _, q := range x.Questions {
		if open && q.Answer != nil {
			continue
		}
		fmt.Fprintf(e.stdout, "\n%s  %s\n%s\n", q.ID, q.Title, wrap(q.Asks, "  "))
		for _, f := range q.Facts {
			fmt.Fprintln(e.stdout, wrap("records: "+f.Says, "    "))
		}
		if q.Answer != nil {
			fmt.Fprintf(e.stdout, "  %s, by %s: %s\n", q.Answer.Result, q.Answer.By, q.Answer.Seen)
		}
	}
	for _, s := range x.Samples {
		fmt.Fprintf(e.stdout, "\n%s  %d of %d %s, seed %s, for: %s\n  %s\n", s.ID, len(s.Items), s.Of, s.Population, s.Seed, s.Why, strings.Join(s.Items, " "))
	}
	if x.Conclusion != nil {
		fmt.Fprintf(e.stdout, "\nConcluded by %s: %s\n", x.Conclusion.By, x.Conclusion.Words)
	}
}

func newAuditAnswer(e *env) *cobra.Command {
	var said app.AuditAnswer
	var result string
	var version int
	c := &cobra.Command{
		Use: "answer AUDIT QUESTION", Short: "Record what was seen about a question; a lapse is raised with it",
		Example: "  demarc audit answer a1 clause/9.2 --result conforms --seen 'the programme, the last report'\n  demarc audit answer a1 duty/12.3.1-C1 --result minor --seen 'the plan' --statement 'no restore was tried' --where ledger",
		Args:    cobra.ExactArgs(2),
	}
	c.Flags().StringVar(&result, "result", "", "one of "+words(audit.Results()))
	c.Flags().StringVar(&said.Seen, "seen", "", "what was looked at, or why it was not")
	c.Flags().StringVar(&said.Statement, "statement", "", "the lapse, or what could be better")
	c.Flags().StringVar(&said.Where, "where", "", "in which service, process or place")
	c.Flags().IntVar(&version, "version", 0, "of the answer that you saw, when there is one already")
	c.RunE = func(c *cobra.Command, args []string) error {
		said.Question, said.Result = args[1], audit.Result(result)
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			x, err := a.AnswerAudit(c.Context(), caller, args[0], said, version)
			if err == nil {
				fmt.Fprintf(e.stdout, "%s: %s%s\n", x.Question, x.Result, map[bool]string{true: ", raised as " + x.Raised, false: ""}[x.Raised != ""])
			}
			return err
		})
	}
	return c
}

func newAuditPopulation(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "population", Short: "List what samples can be drawn from", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				all, err := a.Populations(c.Context(), caller)
				if err != nil {
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "POPULATION\tOF\tWHAT")
				for _, p := range all {
					fmt.Fprintf(table, "%s\t%d\t%s\n", p.ID, p.Of, p.Title)
				}
				return table.Flush()
			})
		},
	}
}

func newAuditSample(e *env) *cobra.Command {
	var ask app.SampleAsk
	c := &cobra.Command{
		Use: "sample AUDIT POPULATION", Short: "Draw a sample that anybody can draw again",
		Long:    "Draws the items whose SHA-256 over seed, line feed and item is the lowest. The same\nseed draws the same from the same population; no draw is taken away.",
		Example: "  demarc audit sample a1 people --size 5 --why 'access of those who left'",
		Args:    cobra.ExactArgs(2),
	}
	c.Flags().IntVar(&ask.Size, "size", 5, "how many")
	c.Flags().StringVar(&ask.Seed, "seed", "", "seed; audit, population and number when empty")
	c.Flags().StringVar(&ask.Why, "why", "", "for which question")
	c.RunE = func(c *cobra.Command, args []string) error {
		ask.Population = args[1]
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			s, err := a.SampleAudit(c.Context(), caller, args[0], ask)
			if err == nil {
				fmt.Fprintf(e.stdout, "%s: %d of %d, seed %s\n%s\n", s.ID, len(s.Items), s.Of, s.Seed, strings.Join(s.Items, "\n"))
			}
			return err
		})
	}
	return c
}

func newAuditConclude(e *env) *cobra.Command {
	var said string
	var version int
	c := &cobra.Command{
		Use: "conclude AUDIT", Short: "Conclude an audit, once every question has an answer",
		Example: "  demarc audit conclude a1 --version 14 --words 'It conforms, but for what was raised.'",
		Args:    auditArg(),
	}
	c.Flags().StringVar(&said, "words", "", "whether the system conforms and is effective")
	c.Flags().IntVar(&version, "version", 0, "version that you looked at, as demarc audit show says")
	c.RunE = func(c *cobra.Command, args []string) error {
		if version == 0 {
			return problem.New(problem.Usage, "say which version of the audit you looked at", "demarc audit show "+args[0]+", then --version")
		}
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			x, err := a.ConcludeAudit(c.Context(), caller, args[0], said, version)
			if err == nil {
				fmt.Fprintf(e.stdout, "%s is concluded by %s\n%s\n", x.ID, x.Conclusion.By, x.Conclusion.Digest)
			}
			return err
		})
	}
	return c
}

func newAuditReport(e *env) *cobra.Command {
	var format string
	c := &cobra.Command{Use: "report AUDIT [FILE]", Short: "Write the report of an audit", Example: "  demarc audit report a1 audit.pdf", Args: cobra.RangeArgs(1, 2)}
	c.Flags().StringVar(&format, "format", "", "one of "+strings.Join(app.AuditFormats(), ", ")+"; by the ending of FILE when empty")
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 1 {
			format = cmp.Or(format, "json")
		}
		return e.exportRegister(c, args[1:], format, args[0]+" audit", func(a *app.App, caller app.Caller, how string, w io.Writer) error {
			return a.AuditPaper(c.Context(), caller, args[0], how, report.Paper{}, w)
		})
	}
	return c
}
