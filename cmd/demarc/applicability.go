// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/applicability"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
)

func newApplicability(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "applicability",
		Short: "The Statement of Applicability: ISO/IEC 27001 Annex A and ISO/IEC 27017, both parties",
		Long: `For each of the 93 controls of ISO/IEC 27001:2022 Annex A and for each clause of
ISO/IEC 27017 that speaks to a party: whether it applies, why, and how it stands. What
nobody decided is proposed from the scope, the risks and the catalogue; the status is
derived from the assessment and never written by hand. An approval keeps the statement
as it was, and the next one tells what changed (ISO/IEC 27001:2022, 6.1.3 d).`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newSoaShow(e), newSoaImport(e), newSoaExport(e), newSoaApprove(e))
	return c
}

// soaFlag takes an edition of the statement; that of the newest assessment when
// it is empty.
func soaFlag(c *cobra.Command) *string {
	return c.Flags().String("edition", "", "edition of ISO/IEC 27017: 2015 or 2026; that of the newest assessment when empty")
}

func soaEdition(word string) (catalogue.Edition, error) {
	if word == "" {
		return "", nil
	}
	return editionOf(word)
}

func newSoaShow(e *env) *cobra.Command {
	var standing string
	var changes bool
	c := &cobra.Command{
		Use:     "show [LINE]",
		Short:   "Show the statement, or one line of it",
		Example: "  demarc applicability show\n  demarc applicability show --standing blank\n  demarc applicability show 27017-8.13-provider\n  demarc applicability show --changes",
		Args:    cobra.MaximumNArgs(1),
	}
	edition := soaFlag(c)
	c.Flags().StringVar(&standing, "standing", "", "only lines that are: "+words(applicability.Standings()))
	c.Flags().BoolVar(&changes, "changes", false, "only what changed since it was approved")
	c.RunE = func(c *cobra.Command, args []string) error {
		ed, err := soaEdition(*edition)
		if err != nil {
			return err
		}
		return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
			s, err := a.Applicability(c.Context(), caller, ed)
			switch {
			case err != nil:
				return err
			case len(args) == 1:
				l, ok := s.Line(args[0])
				if !ok {
					return problem.New(problem.NotFound, "the statement has no line "+quote(args[0]), "demarc applicability show lists them; A.5.1, or 27017-5.1-customer")
				}
				e.printLine(l)
				return nil
			case changes:
				return e.printSoaChanges(s)
			}
			return e.printSoa(s, applicability.Standing(standing))
		})
	}
	return c
}

func (e *env) printSoa(s *app.Applicability, only applicability.Standing) error {
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LINE\tAPPLIES\tSTANDS\tBY\tCONTROL\tJUSTIFICATION")
	for _, l := range s.Lines {
		if only != "" && l.Standing != only {
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", l.ID, map[bool]string{true: "yes", false: "no"}[l.Applicable], cmp.Or(string(l.Status), l.Absence), l.Standing, cut(l.Title, 34), cut(l.Justification, 60))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	n := s.Summary
	fmt.Fprintf(e.stdout, "\n%s of ISO/IEC 27001:2022 Annex A and ISO/IEC 27017:%s · %d apply · %d excluded · %d decided, %d proposed, %d without a justification\n",
		count(n.Lines, "line", "lines"), s.Edition, n.Applicable, n.Excluded, n.Standings[applicability.Decided], n.Standings[applicability.Proposed], n.Standings[applicability.Blank])
	switch {
	case s.Approved == nil:
		fmt.Fprintln(e.stdout, "It was never approved.")
	case s.Valid():
		fmt.Fprintf(e.stdout, "Version %d was approved by %s on %s.\n", s.Approved.Version, s.Approved.By, s.Approved.At.Format(time.DateOnly))
	default:
		fmt.Fprintf(e.stdout, "What was approved by %s on %s is another one: demarc applicability show --changes\n", s.Approved.By, s.Approved.At.Format(time.DateOnly))
	}
	fmt.Fprintf(e.stdout, "digest %s\n", s.Digest)
	return nil
}

func (e *env) printLine(l applicability.Line) {
	fmt.Fprintf(e.stdout, "%s  %s %s\n%s\n", l.ID, l.Number, l.Title, wrap(l.Justification, "  "))
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	for _, f := range [][2]string{{"of", l.Set}, {"speaks to", or(string(l.Party), "every organisation")}, {"applies", map[bool]string{true: "yes", false: "no"}[l.Applicable]}, {"standing", string(l.Standing)},
		{"stands", cmp.Or(string(l.Status), l.Absence)}, {"met", fmt.Sprintf("%d of %d duties", l.Counts.Met(), l.Counts.Applies())}, {"answers", or(l.Responsible, "nobody named")}, {"controls", or(strings.Join(l.Controls, ", "), "none of the cloud set")}, {"risks", or(strings.Join(l.Risks, ", "), "none")}, {"policies", or(strings.Join(l.Policies, ", "), "none in force")}} {
		fmt.Fprintf(table, "  %s\t%s\n", f[0], f[1])
	}
	_ = table.Flush() // to the same stdout as all else
}

func (e *env) printSoaChanges(s *app.Applicability) error {
	if s.Approved == nil {
		fmt.Fprintln(e.stdout, "The statement was never approved.")
		return nil
	}
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LINE\tWHAT\tAPPROVED\tNOW")
	for _, c := range s.Changes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", c.Line, c.What, or(cut(c.Was, 50), "-"), or(cut(c.Now, 50), "-"))
	}
	return table.Flush()
}

func newSoaImport(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:     "import FILE",
		Short:   "Take decisions in, from YAML or the edited workbook; lines that it does not name stay",
		Example: "  demarc applicability import soa.xlsx",
		Args:    oneArg("a file of decisions", "demarc applicability export soa.xlsx writes one"),
	}
	edition := soaFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		ed, err := soaEdition(*edition)
		if err != nil {
			return err
		}
		return e.withFile(c, args[0], func(a *app.App, caller app.Caller, name string, data []byte) error {
			n, err := a.ImportApplicability(c.Context(), caller, ed, name, data)
			if err == nil {
				fmt.Fprintf(e.stdout, "%s decided\n", count(n, "line", "lines"))
			}
			return err
		})
	}
	return c
}

func newSoaExport(e *env) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:     "export [FILE]",
		Short:   "Write the statement: a paper to sign, a workbook, or a file to edit and import",
		Example: "  demarc applicability export soa.docx\n  demarc applicability export soa.yaml",
		Args:    cobra.MaximumNArgs(1),
	}
	edition := soaFlag(c)
	c.Flags().StringVar(&format, "format", "", "one of "+strings.Join(app.ApplicabilityFormats(), ", ")+"; by the ending of FILE when empty")
	c.RunE = func(c *cobra.Command, args []string) error {
		ed, err := soaEdition(*edition)
		if err != nil {
			return err
		}
		return e.exportRegister(c, args, format, "soa", func(a *app.App, caller app.Caller, how string, w io.Writer) error {
			return a.ApplicabilityPaper(c.Context(), caller, ed, how, report.Paper{}, w)
		})
	}
	return c
}

func newSoaApprove(e *env) *cobra.Command {
	var digest string
	c := &cobra.Command{
		Use:     "approve",
		Short:   "Approve the statement as it stands",
		Example: "  demarc applicability approve --digest sha256:…",
		Args:    noArgs,
	}
	edition := soaFlag(c)
	c.Flags().StringVar(&digest, "digest", "", "digest of the statement that you looked at, as demarc applicability show says")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if digest == "" {
			return problem.New(problem.Usage, "say which statement you looked at", "demarc applicability show, then --digest")
		}
		ed, err := soaEdition(*edition)
		if err != nil {
			return err
		}
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			x, err := a.ApproveApplicability(c.Context(), caller, ed, digest)
			if err == nil {
				fmt.Fprintf(e.stdout, "version %d is approved by %s\n", x.Version, x.By)
			}
			return err
		})
	}
	return c
}
