// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/supplier"
)

func newSupplier(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "supplier",
		Short: "Suppliers: how much rests on one, what it shows, what is left of the risk",
		Long: `Suppliers are the providers of the services that the scope consumes. Each has a tier by
what rests on it, answers to a questionnaire that count by what proves them, assurances
that count while they are in force and cover what is used, and decisions that end on a
day. What nobody proved is shown as a range.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newSupplierList(e), newSupplierShow(e), newSupplierQuestions(e), newSupplierImport(e), newSupplierExport(e), newSupplierDecide(e))
	return c
}

func supplierArg() cobra.PositionalArgs {
	return oneArg("the id of a supplier", "demarc supplier list")
}

func newSupplierList(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the suppliers, those on which most rests first", Args: noArgs, Example: "  demarc supplier list",
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				all, err := a.Suppliers(c.Context(), caller)
				if err != nil {
					return err
				}
				table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "SUPPLIER\tTIER\tANSWERED\tSHOWN\tRANGE\tLEFT\tSTATE")
				for _, r := range all {
					s := r.Score
					fmt.Fprintf(table, "%s\t%s\t%d of %d\t%s\t%s to %s\t%s\t%s\n", r.ID, s.Tier.Level.Word(), s.Answered, s.Of, supplier.Permille(s.Coverage), supplier.Permille(s.Low), supplier.Permille(s.High), s.Left.Word(), r.State)
				}
				return table.Flush()
			})
		},
	}
}

func newSupplierShow(e *env) *cobra.Command {
	var format string
	c := &cobra.Command{Use: "show SUPPLIER", Short: "Show a supplier, and how its score is reckoned", Args: supplierArg(), Example: "  demarc supplier show postrider-mail-ltd"}
	c.Flags().StringVar(&format, "format", "text", "text or json")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := textOrJSON(format); err != nil {
			return err
		}
		return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
			r, err := a.Supplier(c.Context(), caller, args[0])
			if err != nil {
				return err
			}
			if format == "json" {
				return e.printJSON(r)
			}
			e.printSupplier(r)
			return nil
		})
	}
	return c
}

func (e *env) printSupplier(r app.SupplierReading) {
	s := r.Score
	fmt.Fprintf(e.stdout, "%s (%s): %s\n\nrests on it: %s\n", r.Name, r.ID, r.State.Says(), s.Tier.Level.Word())
	for _, w := range s.Tier.Why {
		fmt.Fprintf(e.stdout, "  %s\n", w)
	}
	fmt.Fprintf(e.stdout, "left of the risk: %s; shown to hold %s, from %s to %s\n", s.Left.Word(), supplier.Permille(s.Coverage), supplier.Permille(s.Low), supplier.Permille(s.High))
	for _, w := range s.Why {
		fmt.Fprintf(e.stdout, "  %s\n", w)
	}
	for _, x := range r.Standings {
		word := "counts"
		if !x.Counts {
			word = "proves nothing here"
		}
		fmt.Fprintf(e.stdout, "assurance %s, %s: %s, in force to %s; %s\n", x.ID, x.Kind, word, x.Ends, or(strings.Join(x.Mismatch, "; "), "it covers what is used"))
	}
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	for _, p := range s.Parts {
		said := ""
		for _, x := range r.Of(p.Topic) {
			said += fmt.Sprintf(" [%s %s: %s]", x.Agreement, x.Key, x.State)
		}
		fmt.Fprintf(table, "%s\t%d of 100\t%s%s\n", p.ID, p.Counts, p.Why, said)
	}
	_ = table.Flush() // to the same stdout as all else
	if d := r.Decision; d != nil {
		fmt.Fprintf(e.stdout, "decided: %s by %s until %s\n", d.Verdict, d.By, d.Until)
		for _, x := range d.Conditions {
			fmt.Fprintf(e.stdout, "  condition: %s; %s; %s\n", x.What, or(x.Who, "nobody named"), x.Due)
		}
	}
}

func newSupplierQuestions(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "questions", Short: "Write the questionnaire, as a file that a supplier answers and that is imported", Args: noArgs, Example: "  demarc supplier questions > postrider.yaml",
		RunE: func(*cobra.Command, []string) error {
			q, err := supplier.Shipped()
			if err != nil {
				return err
			}
			fmt.Fprintf(e.stdout, "# %s\n# answer: yes, partly, no, na (with a note); evidence: statement, document, report (with an assurance), tested\n", q.Title)
			fmt.Fprintln(e.stdout, "# assurances:\n#   - {id: iso, kind: iso27001, by: Example, services: [mailer], regions: [eu-central-1], from: 2026-01-01, until: 2028-12-31}\nanswers:")
			for _, x := range q.Questions {
				fmt.Fprintf(e.stdout, "  # %s: %s\n  # - {question: %s, answer: yes, evidence: statement}\n", x.Domain, x.Asks, x.ID)
			}
			return nil
		},
	}
}

func newSupplierImport(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "import SUPPLIER FILE", Short: "Take what is known of a supplier in: assurances and answers", Args: cobra.ExactArgs(2), Example: "  demarc supplier import postrider-mail-ltd postrider.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			return e.withFile(c, args[1], func(a *app.App, caller app.Caller, name string, data []byte) error {
				r, err := a.SetSupplier(c.Context(), caller, args[0], name, data)
				if err == nil {
					fmt.Fprintf(e.stdout, "%s: %d of %d answered, %s shown to hold, %s left of the risk\n", r.ID, r.Score.Answered, r.Score.Of, supplier.Permille(r.Score.Coverage), r.Score.Left.Word())
				}
				return err
			})
		},
	}
}

func newSupplierExport(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "export SUPPLIER", Short: "Write what is known of a supplier, as a file to edit and import", Args: supplierArg(), Example: "  demarc supplier export postrider-mail-ltd > postrider.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
				r, err := a.Supplier(c.Context(), caller, args[0])
				if err != nil {
					return err
				}
				data, err := r.Supplier.Encode()
				if err == nil {
					_, err = e.stdout.Write(data)
				}
				return err
			})
		},
	}
}

func newSupplierDecide(e *env) *cobra.Command {
	var d supplier.Decision
	var conditions []string
	var verdict string
	c := &cobra.Command{
		Use: "decide SUPPLIER", Short: "Accept a supplier, on conditions or without, or reject it", Args: supplierArg(),
		Example: "  demarc supplier decide postrider-mail-ltd --verdict accept --until 2027-11-30\n  demarc supplier decide postrider-mail-ltd --verdict conditions --condition 'a confirmation of deletion; Ines; 2027-01-31' --until 2027-11-30",
	}
	c.Flags().StringVar(&verdict, "verdict", "", "accept, conditions or reject")
	c.Flags().StringVar(&d.Until, "until", "", "day on which the supplier is looked at again")
	c.Flags().StringVar(&d.Note, "note", "", "why; needed to reject")
	c.Flags().StringArrayVar(&conditions, "condition", nil, "what is to be done; who; by which day. May be repeated")
	c.RunE = func(c *cobra.Command, args []string) error {
		if verdict == "" {
			return problem.New(problem.Usage, "say what is decided", "--verdict accept, conditions or reject")
		}
		d.Verdict = supplier.Verdict(verdict)
		for _, line := range conditions {
			part := append(strings.Split(line, ";"), "", "")
			d.Conditions = append(d.Conditions, supplier.Condition{What: strings.TrimSpace(part[0]), Who: strings.TrimSpace(part[1]), Due: strings.TrimSpace(part[2])})
		}
		return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
			r, err := a.DecideSupplier(c.Context(), caller, args[0], d)
			if err == nil {
				fmt.Fprintf(e.stdout, "%s: %s until %s\n", r.ID, r.State.Says(), r.Decision.Until)
			}
			return err
		})
	}
	return c
}
