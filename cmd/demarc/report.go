// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/problem"
)

func newReport(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "report",
		Short: "Write papers: gap report, responsibility matrix, findings, evidence pack",
		Long: `The same assessment gives the same bytes. Each paper that is written leaves an
entry with its SHA-256 in the log; an evidence pack holds the log itself.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		newPaper(e, app.GapPaper, "The gap report: how it stands, what is missing, what to do first"),
		newPaper(e, app.MatrixPaper, "The responsibility matrix of a service, to be signed or edited"),
		newPaper(e, app.FindingsPaper, "Every finding, for people and for other programs"),
		newPackReport(e), newReportAll(e))
	return c
}

type paperFlags struct {
	run, format, out, service, edition string
	words                              report.Paper
}

func (f *paperFlags) bind(c *cobra.Command) {
	c.Flags().StringVar(&f.run, "run", "", "assessment; the newest when empty")
	c.Flags().StringVar(&f.words.Classification, "classification", "Confidential", "classification that stands on every page")
	c.Flags().StringVar(&f.words.PreparedFor, "prepared-for", "", "for whom, on the cover")
	c.Flags().StringVar(&f.words.PreparedBy, "prepared-by", "", "by whom, on the cover")
	c.Flags().StringVar(&f.words.ID, "id", "", "id of the document")
}

func newPaper(e *env, kind, short string) *cobra.Command {
	var f paperFlags
	formats := app.Formats(kind)
	example := fmt.Sprintf("  demarc report %s --format %s --out %s.%s", kind, formats[0], kind, formats[0])
	if kind == app.MatrixPaper {
		example += " --service aws\n  demarc report matrix --format xlsx --out matrices.xlsx"
	}
	c := &cobra.Command{
		Use:     kind,
		Short:   short,
		Example: example,
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p := app.Paper{Kind: kind, Format: f.format, Service: f.service, Words: f.words}
			if f.edition != "" {
				ed, err := editionOf(f.edition)
				if err != nil {
					return err
				}
				p.Edition = ed
			}
			return e.paper(c, f, p)
		},
	}
	f.bind(c)
	c.Flags().StringVar(&f.format, "format", formats[0], "one of "+strings.Join(formats, ", "))
	c.Flags().StringVar(&f.out, "out", "", "file; standard output when empty or -")
	if kind == app.MatrixPaper {
		c.Flags().StringVar(&f.service, "service", "", "service; all when empty, which only xlsx can hold")
		c.Flags().StringVar(&f.edition, "edition", "", "edition; that of the assessment when empty")
	}
	return c
}

func (e *env) paper(c *cobra.Command, f paperFlags, p app.Paper) error {
	if f.out == "" {
		f.out = "-"
	}
	if f.out == "-" && isBinary(p.Format) && isTerminal(e.stdout) {
		return problem.New(problem.Usage, "a "+p.Format+" file is nothing for a terminal", "--out "+p.Kind+"."+p.Format)
	}
	return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
		r, err := a.Run(c.Context(), caller, f.run)
		if err != nil {
			return err
		}
		err = e.writeFile(f.out, func(w io.Writer) error { return a.Report(c.Context(), caller, r, p, w) })
		if err == nil && f.out != "-" {
			fmt.Fprintf(e.stdout, "wrote %s\n", f.out)
		}
		return err
	})
}

func isBinary(format string) bool {
	return slices.Contains([]string{"pdf", "docx", "xlsx", "redline", "letter", "letterpdf"}, format)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func newReportAll(e *env) *cobra.Command {
	var f paperFlags
	c := &cobra.Command{
		Use:     "all",
		Short:   "Every paper in its usual formats, and a sealed evidence pack, into one folder",
		Example: "  demarc report all --out reports",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.with(c.Context(), false, func(a *app.App, caller app.Caller) error {
				r, err := a.Run(c.Context(), caller, f.run)
				if err != nil {
					return err
				}
				files, err := e.reportAll(c.Context(), a, caller, r, f.out, f.words)
				for _, name := range files {
					fmt.Fprintf(e.stdout, "wrote %s\n", name)
				}
				return err
			})
		},
	}
	f.bind(c)
	c.Flags().StringVar(&f.out, "out", "reports", "folder; it is made when it does not exist")
	return c
}

// reportAll writes the usual set of papers and gives their names.
func (e *env) reportAll(ctx context.Context, a *app.App, c app.Caller, r app.Run, dir string, words report.Paper) (files []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fileProblem(dir, err)
	}
	papers, err := usualPapers(ctx, a, c, r)
	if err != nil {
		return nil, err
	}
	for _, p := range papers {
		p.paper.Words = words
		name := filepath.Join(dir, p.name)
		if err := e.writeFile(name, func(w io.Writer) error { return a.Report(ctx, c, r, p.paper, w) }); err != nil {
			return files, err
		}
		files = append(files, name)
	}
	packs, err := e.writePack(ctx, a, c, filepath.Join(dir, "evidence-pack.zip"), app.PackAsk{Reason: "report/all"})
	return append(files, packs...), err
}

type namedPaper struct {
	name  string
	paper app.Paper
}

func usualPapers(ctx context.Context, a *app.App, c app.Caller, r app.Run) ([]namedPaper, error) {
	s, err := a.Scope(ctx, c)
	if err != nil {
		return nil, err
	}
	var out []namedPaper
	for _, format := range []string{"html", "pdf", "xlsx", "docx"} {
		out = append(out, namedPaper{"gap-report." + format, app.Paper{Kind: app.GapPaper, Format: format}})
	}
	out = append(out, namedPaper{"assessment.json", app.Paper{Kind: app.GapPaper, Format: "json"}},
		namedPaper{"responsibility-matrix.xlsx", app.Paper{Kind: app.MatrixPaper, Format: "xlsx"}})
	for _, v := range s.Services {
		out = append(out, namedPaper{"responsibility-matrix-" + v.ID + ".docx", app.Paper{Kind: app.MatrixPaper, Format: "docx", Service: v.ID}})
	}
	for _, f := range []struct{ format, name string }{{"json", "findings.json"}, {"ocsf", "findings.ocsf.jsonl"}, {"sarif", "findings.sarif"}, {"csv", "findings.csv"}, {"xlsx", "findings.xlsx"}, {"junit", "findings.junit.xml"}} {
		out = append(out, namedPaper{f.name, app.Paper{Kind: app.FindingsPaper, Format: f.format}})
	}
	return out, nil
}
