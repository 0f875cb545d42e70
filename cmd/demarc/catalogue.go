// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
)

func newCatalogue(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "catalogue",
		Short: "What the standard asks, of whom, in both editions",
		Long: `The catalogue holds the controls of ISO/IEC 27017 in our own words, in the
editions of 2015 and 2026, with the duties of each party and what proves them.
It holds no text of the standard.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newCatalogueList(e), newCatalogueShow(e), newCatalogueSearch(e))
	return c
}

func newCatalogueList(e *env) *cobra.Command {
	var edition, party string
	c := &cobra.Command{
		Use:   "list",
		Short: "List the controls",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			ed, err := editionOf(edition)
			if err != nil {
				return err
			}
			p, err := partyOf(party)
			if err != nil {
				return err
			}
			cat, err := catalogue.Load()
			if err != nil {
				return err
			}
			return listControls(e.stdout, cat.Controls(), ed, p)
		},
	}
	c.Flags().StringVar(&edition, "edition", "2026", "edition of the standard: 2015 or 2026")
	c.Flags().StringVar(&party, "party", "both", "whose duties to count: customer, provider or both")
	return c
}

func listControls(w io.Writer, controls []catalogue.Control, ed catalogue.Edition, party catalogue.Party) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CLAUSE\tCONTROL\tTITLE\tDUTIES\tPROVED BY SETTINGS")
	shown, duties := 0, 0
	for _, control := range controls {
		ids := clauseIDs(control, ed)
		n := len(dutiesOf(control, ed, party))
		if ids == "" || n == 0 {
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\n", ids, control.Key, control.Title, n, control.Automation)
		shown++
		duties += n
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%d controls with %d duties in the edition of %s. One of them: demarc catalogue show KEY\n", shown, duties, ed)
	return err
}

func newCatalogueShow(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "show CONTROL",
		Short:   "Show a control: both editions, the duties of each party, what proves them",
		Example: "  demarc catalogue show shared-roles\n  demarc catalogue show CLD.6.3.1",
		Args:    oneArg("the key or number of a control", "demarc catalogue list"),
		RunE: func(_ *cobra.Command, args []string) error {
			cat, err := catalogue.Load()
			if err != nil {
				return err
			}
			control, ok := cat.Control(args[0])
			if ok {
				return showControl(e.stdout, control)
			}
			hits := cat.Search(args[0], 5)
			if len(hits) == 0 {
				return problem.New(problem.NotFound, "no control is called "+quote(args[0]), "demarc catalogue search WORDS")
			}
			if hits[0].Note != "" {
				fmt.Fprintf(e.stdout, "Note: %s\n\n", hits[0].Note)
			}
			return showControl(e.stdout, hits[0].Control)
		},
	}
}

func showControl(w io.Writer, control catalogue.Control) error {
	fmt.Fprintf(w, "%s  (%s)\n%s\n", control.Title, control.Key, wrap(control.Objective, "  "))
	fmt.Fprintln(w, "\nWhere the editions place it")
	for _, clause := range control.Clauses {
		fmt.Fprintf(w, "  %s  %-10s %s (%s)\n", clause.Edition, clause.ID, clause.Title, clause.Relation)
		if clause.Note != "" {
			fmt.Fprintln(w, wrap(clause.Note, "        "))
		}
	}
	for _, party := range []catalogue.Party{catalogue.Customer, catalogue.Provider} {
		fmt.Fprintf(w, "\nDuties of the %s\n", party)
		none := true
		for _, duty := range control.Duties {
			if duty.Party == party {
				none = false
				fmt.Fprintf(w, "  %s  [%s; %s]\n%s\n", duty.ID, editionsOf(duty), duty.Basis, wrap(duty.Text, "      "))
			}
		}
		if none {
			fmt.Fprintln(w, "  none")
		}
	}
	fmt.Fprintln(w, "\nWho operates it")
	for _, model := range []catalogue.ServiceModel{catalogue.IaaS, catalogue.PaaS, catalogue.SaaS} {
		if op := control.Operates[model]; op != "" {
			fmt.Fprintf(w, "  %s  %s\n", model, op)
		}
	}
	for _, proof := range []struct {
		title string
		items []string
	}{{"Documents that prove it", control.Documents}, {"Records that prove it", control.Records}, {"Settings that prove it", control.States}} {
		if len(proof.items) > 0 {
			fmt.Fprintf(w, "\n%s\n", proof.title)
			for _, item := range proof.items {
				fmt.Fprintln(w, "  -"+wrap(item, "    ")[3:])
			}
		}
	}
	return nil
}

func newCatalogueSearch(e *env) *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use:     "search WORDS",
		Short:   "Find a control by number (even a mis-cited one), title or subject",
		Example: "  demarc catalogue search 5.1.1 shared responsibility\n  demarc catalogue search data deletion",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return problem.New(problem.Usage, "the words to search for are missing", c.CommandPath()+" data deletion")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if limit < 1 {
				return problem.New(problem.Usage, "--limit must be at least 1", "--limit 5")
			}
			cat, err := catalogue.Load()
			if err != nil {
				return err
			}
			words := strings.Join(args, " ")
			hits := cat.Search(words, limit)
			if len(hits) == 0 {
				return problem.New(problem.NotFound, "nothing in the catalogue speaks of "+quote(words), "demarc catalogue list")
			}
			for _, hit := range hits {
				fmt.Fprintf(e.stdout, "%s  (%s)\n    2015: %s · 2026: %s · customer duties: %d · provider duties: %d\n", hit.Control.Title, hit.Control.Key,
					orNone(clauseIDs(hit.Control, catalogue.Edition2015)), orNone(clauseIDs(hit.Control, catalogue.Edition2026)),
					countParty(hit.Control, catalogue.Customer), countParty(hit.Control, catalogue.Provider))
				if hit.Note != "" {
					fmt.Fprintln(e.stdout, wrap("Note: "+hit.Note, "    "))
				}
			}
			return nil
		},
	}
	c.Flags().IntVar(&limit, "limit", 5, "how many controls to show at most")
	return c
}

func editionOf(s string) (catalogue.Edition, error) {
	switch ed := catalogue.Edition(s); ed {
	case catalogue.Edition2015, catalogue.Edition2026:
		return ed, nil
	}
	return "", problem.New(problem.Usage, "--edition knows no "+quote(s), "--edition 2015 or --edition 2026")
}

// partyOf reads --party; "" stands for both.
func partyOf(s string) (catalogue.Party, error) {
	switch p := catalogue.Party(s); p {
	case catalogue.Customer, catalogue.Provider:
		return p, nil
	case "both":
		return "", nil
	}
	return "", problem.New(problem.Usage, "--party knows no "+quote(s), "--party customer, provider or both")
}

func dutiesOf(control catalogue.Control, ed catalogue.Edition, party catalogue.Party) []catalogue.Duty {
	var out []catalogue.Duty
	for _, duty := range control.Duties {
		if slices.Contains(duty.Editions, ed) && (party == "" || duty.Party == party) {
			out = append(out, duty)
		}
	}
	return out
}

func countParty(control catalogue.Control, party catalogue.Party) (n int) {
	for _, duty := range control.Duties {
		if duty.Party == party {
			n++
		}
	}
	return n
}

func clauseIDs(control catalogue.Control, ed catalogue.Edition) string {
	var ids []string
	for _, clause := range control.Clauses {
		if clause.Edition == ed && !slices.Contains(ids, clause.ID) {
			ids = append(ids, clause.ID)
		}
	}
	return strings.Join(ids, ", ")
}

func editionsOf(duty catalogue.Duty) string {
	words := make([]string, len(duty.Editions))
	for i, ed := range duty.Editions {
		words[i] = string(ed)
	}
	return strings.Join(words, ", ")
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
