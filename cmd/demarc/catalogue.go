// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"
	"strings"

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

// asJSONFlag adds --json to a command that can answer a program.
func asJSONFlag(c *cobra.Command, asJSON *bool) {
	c.Flags().BoolVar(asJSON, "json", false, "answer in JSON")
}

// writeJSON writes a value for a program to read.
func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

func newCatalogueList(e *env) *cobra.Command {
	var edition, party string
	var asJSON bool
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the controls of an edition by theme",
		Example: "  demarc catalogue list\n  demarc catalogue list --edition 2015 --party provider",
		Args:    noArgs,
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
			if asJSON {
				return writeJSON(e.stdout, controlsOf(cat, ed, p))
			}
			_, err = io.WriteString(e.stdout, listing(cat, ed, p))
			return err
		},
	}
	c.Flags().StringVar(&edition, "edition", "2026", "edition of the standard: 2015 or 2026")
	c.Flags().StringVar(&party, "party", "both", "whose duties to list: customer, provider or both")
	asJSONFlag(c, &asJSON)
	return c
}

// controlsOf gives the controls of an edition with those of their duties that
// the edition and the party have.
func controlsOf(cat *catalogue.Catalogue, ed catalogue.Edition, party catalogue.Party) []catalogue.Control {
	var out []catalogue.Control
	for _, control := range cat.Controls() {
		if control.Duties = control.DutiesOf(ed, party); len(control.Duties) > 0 {
			out = append(out, control)
		}
	}
	return out
}

func newCatalogueShow(e *env) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "show CONTROL",
		Short:   "Show a control: both editions, the duties of each party, what proves them",
		Example: "  demarc catalogue show shared-roles\n  demarc catalogue show CLD.6.3.1\n  demarc catalogue show 12.3.1-C2",
		Args:    oneArg("the key or number of a control", "demarc catalogue list"),
		RunE: func(_ *cobra.Command, args []string) error {
			cat, err := catalogue.Load()
			if err != nil {
				return err
			}
			control, note, err := controlNamed(cat, args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(e.stdout, control)
			}
			_, err = io.WriteString(e.stdout, note+sheet(cat, control))
			return err
		},
	}
	asJSONFlag(c, &asJSON)
	return c
}

// controlNamed finds the control that somebody means, and what to say first:
// that others share its number, or that the number means something else.
func controlNamed(cat *catalogue.Catalogue, word string) (catalogue.Control, string, error) {
	if control, ok := cat.Control(word); ok {
		return control, kin(cat, word, control), nil
	}
	if control, ok := cat.ControlOf(strings.ToUpper(word)); ok {
		return control, "", nil
	}
	hits := cat.Search(word, 4)
	if len(hits) == 0 {
		sentence := "no control is called " + quote(word)
		for _, remark := range cat.Remarks(word) {
			sentence = remarkLine(remark)
		}
		return catalogue.Control{}, "", problem.New(problem.NotFound, sentence, "demarc catalogue search WORDS, or demarc catalogue list")
	}
	note := "No control is called " + quote(word) + "; this is the nearest (" + hits[0].Why + ")."
	if hits[0].Note != "" {
		note = hits[0].Note
	}
	return hits[0].Control, wrap(note, "") + "\n\n", nil
}

// kin tells which other controls have the number.
func kin(cat *catalogue.Catalogue, number string, shown catalogue.Control) string {
	var others []string
	for _, ed := range cat.Editions() {
		for _, control := range cat.At(ed.ID, number) {
			if control.Key != shown.Key {
				others = append(others, control.Key)
			}
		}
	}
	if len(others) == 0 {
		return ""
	}
	return wrap("Other controls have the number "+number+" too: "+strings.Join(others, ", ")+".", "") + "\n\n"
}

func newCatalogueSearch(e *env) *cobra.Command {
	var limit int
	var asJSON bool
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
			hits, remarks := cat.Search(words, limit), cat.Remarks(words)
			switch {
			case asJSON:
				return writeJSON(e.stdout, searchAnswer(words, hits, remarks))
			case len(hits) == 0 && len(remarks) == 0:
				return problem.New(problem.NotFound, "nothing in the catalogue speaks of "+quote(words), "demarc catalogue list")
			}
			_, err = io.WriteString(e.stdout, found(hits, remarks))
			return err
		},
	}
	c.Flags().IntVar(&limit, "limit", 5, "how many controls to show at most")
	asJSONFlag(c, &asJSON)
	return c
}

// searchAnswer is what a program gets of a search; nothing found is two empty
// lists.
func searchAnswer(words string, hits []catalogue.Hit, remarks []catalogue.Citation) any {
	type hit struct {
		Key   string  `json:"key"`
		Title string  `json:"title"`
		Score float64 `json:"score"`
		Why   string  `json:"why"`
		Note  string  `json:"note,omitempty"`
	}
	out := struct {
		Query   string               `json:"query"`
		Hits    []hit                `json:"hits"`
		Remarks []catalogue.Citation `json:"remarks"`
	}{words, []hit{}, append([]catalogue.Citation{}, remarks...)}
	for _, h := range hits {
		out.Hits = append(out.Hits, hit{h.Control.Key, h.Control.Title, h.Score, h.Why, h.Note})
	}
	return out
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
