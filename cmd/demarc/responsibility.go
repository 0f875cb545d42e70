// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
)

func newResponsibility(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "responsibility",
		Short: "Who answers for which duty of which cloud service",
		Long: `A matrix says for every duty of a service what the customer does and what the
provider does, and what that rests on. Rules find gaps, overlaps and chains that
break: what we promise our customers, our provider leaves to us, and nobody does.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newMatrixShow(e), newMatrixDefault(e), newMatrixExport(e), newMatrixImport(e), newMatrixCheck(e), newMatrixCompare(e), newMatrixSign(e), newMatrixSend(e), newMatrixAcknowledge(e), newMatrixStatement(e))
	return c
}

// withMatrices opens the house for reading and gives the matrices of an edition.
func (e *env) withMatrices(c *cobra.Command, edition string, do func(*app.App, app.Caller, *app.Matrices, *catalogue.Catalogue) error) error {
	ed, err := editionOf(edition)
	if err != nil {
		return err
	}
	return e.with(c.Context(), true, func(a *app.App, caller app.Caller) error {
		m, err := a.Matrices(c.Context(), caller, ed)
		if err != nil {
			return err
		}
		cat, err := a.Catalogue()
		if err != nil {
			return err
		}
		return do(a, caller, m, cat)
	})
}

func editionFlag(c *cobra.Command) *string {
	return c.Flags().String("edition", "2026", "edition of ISO/IEC 27017: 2015 or 2026")
}

func serviceArg() cobra.PositionalArgs {
	return oneArg("the id of a service", "demarc scope show lists the services")
}

func newMatrixShow(e *env) *cobra.Command {
	var party string
	var gaps bool
	c := &cobra.Command{
		Use:     "show SERVICE",
		Short:   "Show the matrix of a service",
		Example: "  demarc responsibility show aws\n  demarc responsibility show ledger --party provider --open",
		Args:    serviceArg(),
	}
	edition := editionFlag(c)
	c.Flags().StringVar(&party, "party", "both", "duties of: customer, provider or both")
	c.Flags().BoolVar(&gaps, "open", false, "only duties that a rule found something about")
	c.RunE = func(c *cobra.Command, args []string) error {
		p, err := partyOf(party)
		if err != nil {
			return err
		}
		return e.withMatrices(c, *edition, func(_ *app.App, _ app.Caller, m *app.Matrices, cat *catalogue.Catalogue) error {
			return e.printMatrix(m, cat, args[0], p, gaps)
		})
	}
	return c
}

func (e *env) printMatrix(m *app.Matrices, cat *catalogue.Catalogue, id string, party catalogue.Party, open bool) error {
	matrix, stored, err := m.Of(id)
	if err != nil {
		return err
	}
	standing, err := m.Standing(id)
	if err != nil {
		return err
	}
	state := fmt.Sprintf("version %d, %s", matrix.Version, strings.ReplaceAll(string(standing), "_", " "))
	if !stored {
		state = "nobody wrote one: this is the default of the catalogue"
	}
	fmt.Fprintf(e.stdout, "%s · ISO/IEC 27017:%s · %s\n\n", id, m.Edition, state)
	rules := map[string][]string{}
	for _, f := range m.Findings {
		if f.Service == id && f.Duty != "" {
			rules[f.Duty] = append(rules[f.Duty], string(f.Rule))
		}
	}
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "DUTY\tCUSTOMER\tPROVIDER\tBASIS\tRULES\tWHAT IT ASKS")
	for _, a := range matrix.Allocations {
		duty, ok := cat.Duty(a.Duty)
		if !ok || party != "" && duty.Party != party || open && len(rules[a.Duty]) == 0 {
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", a.Duty, a.Customer, a.Provider, a.Basis.Kind, or(strings.Join(rules[a.Duty], " "), "-"), cut(duty.Text, 60))
	}
	return table.Flush()
}

// newMatrixDefault and newMatrixExport print YAML, which is how a matrix is edited.
func newMatrixDefault(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:     "default SERVICE",
		Short:   "Print the usual division for the service's model as YAML, to be edited",
		Example: "  demarc responsibility default aws > aws.yaml",
		Args:    serviceArg(),
	}
	edition := editionFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.withMatrices(c, *edition, func(a *app.App, caller app.Caller, m *app.Matrices, _ *catalogue.Catalogue) error {
			matrix, err := a.DefaultMatrix(c.Context(), caller, args[0], m.Edition)
			return e.printYAML(a, matrix, err)
		})
	}
	return c
}

func newMatrixExport(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:     "export SERVICE",
		Short:   "Print the matrix of a service as YAML, to be edited",
		Example: "  demarc responsibility export aws > aws.yaml",
		Args:    serviceArg(),
	}
	edition := editionFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.withMatrices(c, *edition, func(a *app.App, _ app.Caller, m *app.Matrices, _ *catalogue.Catalogue) error {
			matrix, stored, err := m.Of(args[0])
			if err == nil && !stored {
				err = problem.New(problem.NotFound, fmt.Sprintf("service %s has no matrix of the edition of %s", args[0], m.Edition), "demarc responsibility default "+args[0]+" prints one to begin with")
			}
			return e.printYAML(a, matrix, err)
		})
	}
	return c
}

func (e *env) printYAML(a *app.App, m *responsibility.Matrix, err error) error {
	if err != nil {
		return err
	}
	data, err := a.EncodeMatrix(m)
	if err != nil {
		return err
	}
	_, err = e.stdout.Write(data)
	return err
}

func newMatrixImport(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "import FILE …",
		Short:   "Take in matrices, as YAML or as the edited workbook of report matrix --format xlsx",
		Example: "  demarc responsibility import aws.yaml\n  demarc responsibility import matrices.xlsx",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return problem.New(problem.Usage, "the matrix file is missing", "demarc responsibility default SERVICE > FILE makes one")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				for _, name := range args {
					if err := e.importMatrix(c, a, caller, name); err != nil {
						return err
					}
				}
				fmt.Fprintln(e.stdout, "next: demarc responsibility check")
				return nil
			})
		},
	}
}

func (e *env) importMatrix(c *cobra.Command, a *app.App, caller app.Caller, name string) error {
	data, err := e.readFile(name)
	if err != nil {
		return err
	}
	list, err := a.ReadMatrixFile(c.Context(), caller, filepath.Base(name), data)
	if err != nil {
		return err
	}
	taken, err := a.ImportMatrices(c.Context(), caller, list)
	if err != nil {
		return err
	}
	for i, t := range taken {
		fmt.Fprintf(e.stdout, "took the matrix of %s, version %d: %s\n", t.Service, t.Version, count(len(list[i].Allocations), "duty divided", "duties divided"))
		for _, r := range t.Remarks {
			fmt.Fprintf(e.stderr, "demarc: warning: %s\n", r)
		}
	}
	return nil
}

func newMatrixCheck(e *env) *cobra.Command {
	var service, fail string
	var all bool
	c := &cobra.Command{
		Use:     "check",
		Short:   "Put all rules to the matrices: gaps, overlaps, chains that break, and more",
		Example: "  demarc responsibility check\n  demarc responsibility check --service ledger --fail-on critical",
		Args:    noArgs,
	}
	edition := editionFlag(c)
	c.Flags().StringVar(&service, "service", "", "service; all when empty")
	c.Flags().StringVar(&fail, "fail-on", "", "exit with 1 when a finding has at least this severity: low, medium, high or critical")
	c.Flags().BoolVar(&all, "all", false, "tell every finding in full, also where one rule finds the same thing many times")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := knownSeverity("--fail-on", fail); err != nil {
			return err
		}
		return e.withMatrices(c, *edition, func(_ *app.App, _ app.Caller, m *app.Matrices, _ *catalogue.Catalogue) error {
			list := slices.DeleteFunc(slices.Clone(m.Findings), func(f responsibility.Finding) bool { return service != "" && f.Service != service })
			n := 0
			for _, f := range list {
				if fail != "" && app.Rank(check.Severity(f.Severity)) >= app.Rank(check.Severity(fail)) {
					n++
				}
			}
			e.printMatrixFindings(list, all)
			if n > 0 {
				return problem.New(problem.Findings, count(n, "finding", "findings")+" of severity "+fail+" or worse", "the line after => says what to do")
			}
			return nil
		})
	}
	return c
}

// told is how many findings of one rule about one service are told in full.
const told = 3

// printMatrixFindings tells the worst first. What one rule finds many times
// about one service is told a few times in full, and then by its duties.
func (e *env) printMatrixFindings(list []responsibility.Finding, all bool) {
	if len(list) == 0 {
		fmt.Fprintln(e.stdout, "no rule found anything")
		return
	}
	type group struct {
		rule     responsibility.Rule
		service  string
		severity responsibility.Severity
	}
	var order []group
	by := map[group][]responsibility.Finding{}
	for _, f := range list {
		g := group{f.Rule, f.Service, f.Severity}
		if by[g] == nil {
			order = append(order, g)
		}
		by[g] = append(by[g], f)
	}
	slices.SortStableFunc(order, func(x, y group) int {
		return app.Rank(check.Severity(y.severity)) - app.Rank(check.Severity(x.severity))
	})
	for _, g := range order {
		found := by[g]
		shown := len(found)
		if !all && shown > told+1 {
			shown = told
		}
		for _, f := range found[:shown] {
			e.printMatrixFinding(f)
		}
		if rest := found[shown:]; len(rest) > 0 {
			duties := make([]string, len(rest))
			for i, f := range rest {
				duties[i] = f.Duty
			}
			fmt.Fprintf(e.stdout, "%s  %-8s  %s  and the same of %s:\n%s\n", g.rule, g.severity, g.service, count(len(rest), "more duty", "more duties"), wrap(strings.Join(duties, ", "), "    "))
		}
	}
	fmt.Fprintf(e.stdout, "\n%s\n", count(len(list), "finding", "findings"))
}

func (e *env) printMatrixFinding(f responsibility.Finding) {
	fmt.Fprintf(e.stdout, "%s  %-8s  %s  %s\n%s\n", f.Rule, f.Severity, f.Service, or(f.Duty, "the matrix"), wrap(f.Why, "    "))
	for _, l := range f.Chain {
		fmt.Fprintf(e.stdout, "      %s: %s\n", l.Service, l.Says)
	}
	fmt.Fprintln(e.stdout, wrap("=> "+f.Fix, "    "))
}

func newMatrixCompare(e *env) *cobra.Command {
	var with string
	c := &cobra.Command{
		Use:     "compare SERVICE",
		Short:   "Compare a matrix with the default, with another file, or with the provider's statement",
		Example: "  demarc responsibility compare aws\n  demarc responsibility compare aws --with aws-2025.yaml\n  demarc responsibility compare aws --with statement",
		Args:    serviceArg(),
	}
	edition := editionFlag(c)
	c.Flags().StringVar(&with, "with", "default", "default, statement, or a matrix file")
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.withMatrices(c, *edition, func(a *app.App, caller app.Caller, m *app.Matrices, _ *catalogue.Catalogue) error {
			diffs, err := e.differences(c, a, caller, m, args[0], with)
			if err != nil {
				return err
			}
			if len(diffs) == 0 {
				fmt.Fprintln(e.stdout, "no difference")
				return nil
			}
			table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintf(table, "DUTY\tFIELD\tOURS\t%s\n", strings.ToUpper(filepath.Base(with)))
			for _, d := range diffs {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", d.Duty, d.Field, or(cut(d.Left, 40), "-"), or(cut(d.Right, 40), "-"))
			}
			return table.Flush()
		})
	}
	return c
}

func (e *env) differences(c *cobra.Command, a *app.App, caller app.Caller, m *app.Matrices, id, with string) ([]responsibility.Difference, error) {
	switch with {
	case "statement":
		return m.CompareStatement(id)
	case "default":
		other, err := a.DefaultMatrix(c.Context(), caller, id, m.Edition)
		if err != nil {
			return nil, err
		}
		return m.Compare(id, other)
	}
	data, err := e.readFile(with)
	if err != nil {
		return nil, err
	}
	other, err := a.ParseMatrix(c.Context(), caller, filepath.Base(with), data)
	if err != nil {
		return nil, err
	}
	return m.Compare(id, other)
}

func newMatrixSign(e *env) *cobra.Command {
	var by string
	c := &cobra.Command{
		Use:     "sign SERVICE",
		Short:   "Sign the matrix of a service off for our side; it binds to what the matrix says today",
		Example: "  demarc responsibility sign aws --by 'Ruth Calder'",
		Args:    serviceArg(),
	}
	edition := editionFlag(c)
	c.Flags().StringVar(&by, "by", "", "who signs")
	c.RunE = func(c *cobra.Command, args []string) error {
		if strings.TrimSpace(by) == "" {
			return problem.New(problem.Usage, "nobody signs", "--by 'Name'")
		}
		return e.changeMatrix(c, *edition, func(a *app.App, caller app.Caller, ed catalogue.Edition) error {
			m, err := a.SignMatrix(c.Context(), caller, args[0], ed, 0, by)
			if err == nil {
				if err := e.warnOpen(c, a, caller, ed, args[0]); err != nil {
					return err
				}
				fmt.Fprintf(e.stdout, "%s signed the matrix of %s: %s\nnext: demarc report matrix --service %s --format docx, and demarc responsibility send %s\n", by, m.Service, m.SignOff.Digest, m.Service, m.Service)
			}
			return err
		})
	}
	return c
}

// warnOpen tells what is still open about a matrix that was just signed.
func (e *env) warnOpen(c *cobra.Command, a *app.App, caller app.Caller, ed catalogue.Edition, id string) error {
	m, err := a.Matrices(c.Context(), caller, ed)
	if err != nil {
		return err
	}
	n := 0
	for _, f := range m.Findings {
		if f.Service == id && app.Rank(check.Severity(f.Severity)) >= app.Rank(check.High) {
			n++
		}
	}
	if n > 0 {
		fmt.Fprintf(e.stderr, "demarc: warning: %s of severity high or worse stand about it: demarc responsibility check --service %s\n", count(n, "finding", "findings"), id)
	}
	return nil
}

func newMatrixSend(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:     "send SERVICE",
		Short:   "Note that the signed matrix was sent to the other party",
		Example: "  demarc responsibility send ledger",
		Args:    serviceArg(),
	}
	edition := editionFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		return e.changeMatrix(c, *edition, func(a *app.App, caller app.Caller, ed catalogue.Edition) error {
			m, err := a.SendMatrix(c.Context(), caller, args[0], ed, 0)
			if err == nil {
				fmt.Fprintf(e.stdout, "noted: the matrix of %s, version %d, was sent\nnext: demarc responsibility acknowledge %s --by NAME, when the other party agrees\n", m.Service, m.Version, m.Service)
			}
			return err
		})
	}
	return c
}

func newMatrixAcknowledge(e *env) *cobra.Command {
	var by string
	c := &cobra.Command{
		Use:     "acknowledge SERVICE",
		Short:   "Note that the other party agreed to the signed matrix",
		Example: "  demarc responsibility acknowledge aws --by 'provider contract desk, letter of 2 March 2026'",
		Args:    serviceArg(),
	}
	edition := editionFlag(c)
	c.Flags().StringVar(&by, "by", "", "who agreed, on the other side")
	c.RunE = func(c *cobra.Command, args []string) error {
		if strings.TrimSpace(by) == "" {
			return problem.New(problem.Usage, "nobody acknowledges", "--by 'Name'")
		}
		return e.changeMatrix(c, *edition, func(a *app.App, caller app.Caller, ed catalogue.Edition) error {
			m, err := a.AcknowledgeMatrix(c.Context(), caller, args[0], ed, 0, by)
			if err == nil {
				fmt.Fprintf(e.stdout, "noted: %s acknowledged the matrix of %s\n", by, m.Service)
			}
			return err
		})
	}
	return c
}

func (e *env) changeMatrix(c *cobra.Command, edition string, do func(*app.App, app.Caller, catalogue.Edition) error) error {
	ed, err := editionOf(edition)
	if err != nil {
		return err
	}
	return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error { return do(a, caller, ed) })
}

func newMatrixStatement(e *env) *cobra.Command {
	var o responsibility.StatementOptions
	c := &cobra.Command{
		Use:     "statement FILE",
		Short:   "File what a provider says about who does what (YAML or CSV); rule RM-07 compares",
		Example: "  demarc responsibility statement postrider.yaml\n  demarc responsibility statement caiq-answers.csv --service mailer",
		Args:    oneArg("a file with the provider's statement", "docs/format.md shows one"),
		RunE: func(c *cobra.Command, args []string) error {
			return e.withFile(c, args[0], func(a *app.App, caller app.Caller, name string, data []byte) error {
				st, err := a.FileStatement(c.Context(), caller, name, data, o)
				if err != nil {
					return err
				}
				fmt.Fprintf(e.stdout, "filed %s about %s: %s\nnext: demarc responsibility compare %s --with statement\n", or(st.Title, args[0]), st.Service, count(len(st.Rows), "row", "rows"), st.Service)
				return nil
			})
		},
	}
	c.Flags().StringVar(&o.Service, "service", "", "service that it speaks of, where the file does not say")
	c.Flags().StringVar(&o.Provider, "provider", "", "who says it")
	c.Flags().StringVar(&o.Title, "title", "", "title of the document")
	c.Flags().StringVar(&o.Date, "date", "", "its date, such as 2026-01-15")
	return c
}
