// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/agreement/text"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/problem"
)

func newAgreement(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "agreement",
		Short: "Read a cloud agreement against ISO/IEC 27017 and the law",
		Long: `An agreement is read against packs of requirements: ISO/IEC 27017, GDPR article 28,
DORA article 30, Data Act article 25, or one of your own. It is an aid for reading, made
by rules; it is not legal advice.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newAgreementReview(e), newAgreementPacks(e))
	return c
}

// reviewFlags is what a review may be told.
type reviewFlags struct {
	packs, states []string
	own           []string
	format, out   string
	failOn        []string
	words         report.Paper
}

var reviewFormats = []string{"text", "json", "pdf", "docx", "html", "xlsx", "redline", "letter", "letterpdf"}

func newAgreementReview(e *env) *cobra.Command {
	var f reviewFlags
	c := &cobra.Command{
		Use:   "review FILE…",
		Short: "Say what an agreement meets, promises weakly or leaves out, word for word",
		Long: `Reads the files of one agreement (PDF, DOCX, HTML, Markdown, text; the first prevails:
master terms, then data processing agreement, service levels, order form) and says for
each requirement whether it is

  met           the agreement promises what is asked
  weak          it promises less: no number, a worse one, an effort, a permission
  byreference   it leaves it to a document that was not supplied
  adverse       it agrees the contrary
  missing       no passage speaks about it
  unreadable    a document or page could not be read: never taken for missing

with the passage word for word, its clause and page, who owes it, the number in it, why
it was judged so, and wording to propose. Agreements in English are judged; of others it
is said that they are not. Nothing is stored and nothing leaves this machine. It is an
aid for reading and not legal advice. The format redline is the agreement with proposed
wording as tracked changes (DOCX); letter (DOCX) and letterpdf ask the other party for it.`,
		Example: "  demarc agreement review terms.pdf dpa.docx\n  demarc agreement review --pack gdpr28 --state missing,adverse dpa.pdf\n  demarc agreement review --format pdf --out review.pdf terms.md sla.md\n  demarc agreement review --format redline --out redline.docx terms.docx\n  demarc agreement review --format letterpdf --out letter.pdf terms.docx",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return problem.New(problem.Usage, "there is no agreement to review", c.CommandPath()+" terms.pdf dpa.docx")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return e.reviewAgreement(c.Context(), f, args) },
	}
	c.Flags().StringSliceVar(&f.packs, "pack", nil, "packs to read it against; all that are shipped when empty")
	c.Flags().StringSliceVar(&f.own, "own", nil, "files with packs of your own, in YAML")
	c.Flags().StringSliceVar(&f.states, "state", nil, "only findings in these states")
	c.Flags().StringSliceVar(&f.failOn, "fail-on", nil, "exit with 1 when a finding is in one of these states")
	c.Flags().StringVar(&f.format, "format", "text", "one of "+strings.Join(reviewFormats, ", "))
	c.Flags().StringVar(&f.out, "out", "", "file; standard output when empty or -")
	c.Flags().StringVar(&f.words.Classification, "classification", "Confidential", "classification that stands on every page")
	c.Flags().StringVar(&f.words.ID, "id", "", "id of the document")
	return c
}

func newAgreementPacks(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "packs", Short: "List the packs of requirements and what each asks", Args: noArgs, Example: "  demarc agreement packs",
		RunE: func(*cobra.Command, []string) error {
			library, err := agreement.Shipped()
			if err != nil {
				return err
			}
			for _, p := range library.Packs {
				fmt.Fprintf(e.stdout, "%s  %s\n", p.ID, p.Title)
				for _, r := range p.Requirements {
					fmt.Fprintf(e.stdout, "  %-20s %s\n", r.ID, r.Asks)
				}
			}
			return nil
		},
	}
}

func (e *env) reviewAgreement(ctx context.Context, f reviewFlags, names []string) error {
	if !slices.Contains(reviewFormats, f.format) {
		return problem.New(problem.Usage, fmt.Sprintf("there is no format %q", f.format), "one of "+strings.Join(reviewFormats, ", "))
	}
	if isBinary(f.format) && (f.out == "" || f.out == "-") && isTerminal(e.stdout) {
		return problem.New(problem.Usage, "a "+f.format+" file is nothing for a terminal", "--out review."+f.format)
	}
	states, err := statesOf(f.states)
	if err != nil {
		return err
	}
	failing, err := statesOf(f.failOn)
	if err != nil {
		return err
	}
	packs, err := e.packs(f)
	if err != nil {
		return err
	}
	docs, err := readAgreement(ctx, names)
	if err != nil {
		return err
	}
	review := agreement.Judge(docs, packs)
	bad := 0
	for _, s := range failing {
		bad += review.Count(s)
	}
	if len(states) > 0 {
		review.Findings = slices.DeleteFunc(review.Findings, func(x agreement.Finding) bool { return !slices.Contains(states, x.State) })
	}
	out := f.out
	if out == "" {
		out = "-"
	}
	if err := e.writeFile(out, func(w io.Writer) error { return e.writeReview(w, f, review, packs, docs, names) }); err != nil {
		return err
	}
	if out != "-" {
		fmt.Fprintf(e.stdout, "wrote %s\n", out)
	}
	if bad > 0 {
		return problem.New(problem.Findings, count(bad, "finding is", "findings are")+" "+strings.Join(f.failOn, " or "), "")
	}
	return nil
}

// packs gives the packs to read against: shipped ones, then one's own.
func (e *env) packs(f reviewFlags) ([]*agreement.Pack, error) {
	library, err := agreement.Shipped()
	if err != nil {
		return nil, err
	}
	var packs []*agreement.Pack
	if len(f.packs) > 0 || len(f.own) == 0 {
		if packs, err = library.Select(f.packs); err != nil {
			return nil, err
		}
	}
	for _, name := range f.own {
		data, err := e.readFile(name)
		if err != nil {
			return nil, err
		}
		p, err := library.Read(filepath.Base(name), data)
		if err != nil {
			return nil, err
		}
		packs = append(packs, p)
	}
	return packs, nil
}

func statesOf(names []string) ([]agreement.State, error) {
	var out []agreement.State
	for _, n := range names {
		s := agreement.State(strings.ReplaceAll(strings.ToLower(n), "-", ""))
		if !slices.Contains(agreement.States(), s) {
			return nil, problem.New(problem.Usage, fmt.Sprintf("%q is no state", n), "met, weak, byreference, adverse, missing or unreadable")
		}
		out = append(out, s)
	}
	return out, nil
}

// readAgreement reads the files of a set. The compiled reader of PDF is kept in
// the user's cache, or each start would compile it anew.
func readAgreement(ctx context.Context, names []string) ([]*text.Document, error) {
	o := text.Options{}
	if dir, err := os.UserCacheDir(); err == nil {
		o.CacheDir = filepath.Join(dir, "demarc")
	}
	reader := text.NewReader(o)
	defer reader.Close()
	var docs []*text.Document
	for _, name := range names {
		if info, err := os.Stat(name); err != nil {
			return nil, fileProblem(name, err)
		} else if info.Size() > text.MaxSize {
			return nil, problem.New(problem.Invalid, fmt.Sprintf("%s is larger than %d MB", name, text.MaxSize>>20), "give the agreement alone, without scans and pictures")
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fileProblem(name, err)
		}
		doc, err := reader.Read(ctx, filepath.Base(name), data)
		if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

func (e *env) writeReview(w io.Writer, f reviewFlags, r *agreement.Review, packs []*agreement.Pack, docs []*text.Document, names []string) error {
	switch f.format {
	case "text":
		printReview(w, r)
		return nil
	case "json":
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return out.Encode(r)
	}
	name := filepath.Base(names[0])
	if len(names) > 1 {
		name += fmt.Sprintf(" and %d more", len(names)-1)
	}
	data, err := report.AgreementFile(report.Agreement{Paper: f.words, Organisation: e.org, Name: name, At: e.now(), Review: r, Packs: packs, Documents: docs}, f.format)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// printReview writes a review for a terminal.
func printReview(w io.Writer, r *agreement.Review) {
	for _, d := range r.Documents {
		fmt.Fprintf(w, "%s (%s, %s)\n", d.Name, d.Kind, d.Format)
		if d.Unreadable != "" {
			fmt.Fprintf(w, "  not judged: %s\n", d.Unreadable)
		}
		for _, n := range d.Notes {
			fmt.Fprintf(w, "  note: %s\n", n)
		}
	}
	pack := ""
	for _, f := range r.Findings {
		if f.Pack != pack {
			pack = f.Pack
			fmt.Fprintf(w, "\n%s\n", pack)
		}
		printFinding(w, f)
	}
	if len(r.Findings) == 0 {
		fmt.Fprintln(w, "\nno finding is in the states that were asked for")
	}
	for _, x := range r.NotSupplied {
		fmt.Fprintf(w, "\nnot supplied: %s, referred to in %s: “%s”\n", x.Kind, x.Quote.Where(), x.Quote.Line(120))
	}
	fmt.Fprintf(w, "\n%s\n", r.Disclaimer)
}

func printFinding(w io.Writer, f agreement.Finding) {
	const in = "               "
	fmt.Fprintf(w, "  %-12s %s: %s\n", f.State, f.Requirement, f.Title)
	if f.Quote != nil {
		fmt.Fprintf(w, in+"“%s”\n"+in+"%s; owed by: %s\n", f.Quote.Line(400), f.Quote.Where(), f.Owes())
	}
	for _, n := range f.Numbers {
		fmt.Fprintf(w, in+"%s\n", n.Words())
	}
	if f.Against != nil {
		fmt.Fprintf(w, in+"against it: “%s” (%s)\n", f.Against.Line(200), f.Against.Where())
	}
	if f.Nearest != nil {
		fmt.Fprintf(w, in+"nearest text: “%s” (%s)\n", f.Nearest.Line(160), f.Nearest.Where())
	}
	fmt.Fprintf(w, in+"why: %s\n", strings.Join(f.Why, "; "))
	if f.Proposal != "" {
		fmt.Fprintf(w, in+"propose: %s\n", f.Proposal)
	}
}
