// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"iter"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/check/export"
	"demarc.dev/demarc/document"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/remediation"
	"demarc.dev/demarc/store"
)

// The papers that can be written.
const (
	GapPaper      = "gap"
	MatrixPaper   = "matrix"
	FindingsPaper = "findings"
)

// Formats gives the formats of a paper.
func Formats(paper string) []string {
	switch paper {
	case GapPaper:
		return []string{"html", "pdf", "docx", "xlsx", "json"}
	case MatrixPaper:
		return []string{"docx", "pdf", "html", "xlsx"}
	case FindingsPaper:
		return append(export.Formats(), "xlsx")
	}
	return nil
}

// Paper says which paper to write.
type Paper struct {
	Kind    string            // GapPaper, MatrixPaper or FindingsPaper
	Format  string            // one of Formats(Kind)
	Service string            // of a matrix: one service; empty: all, which only xlsx can hold
	Edition catalogue.Edition // of a matrix; empty: the run's
	Words   report.Paper      // what only the sender can say; empty fields are filled
}

// Report writes a paper of a run to w, and then an entry that says what was
// written, with its SHA-256. The same run gives the same bytes. When w fails
// there is no entry; when the entry fails it is an error, and the caller takes
// back what was written. A matrix paper tells of the matrices of today: they
// are what is signed. While they stand as they stood at the run it is dated by
// the run, afterwards by their last change.
func (a *App) Report(ctx context.Context, c Caller, run Run, p Paper, w io.Writer) error {
	if err := named(string(p.Kind)+" report", p.Format, Formats(p.Kind)); err != nil {
		return err
	}
	sum := &summing{w: w, sum: sha256.New()}
	var err error
	switch p.Kind {
	case GapPaper:
		err = a.gapPaper(ctx, c, run, p, sum)
	case MatrixPaper:
		err = a.matrixPaper(ctx, c, run, p, sum)
	default:
		err = a.findingsPaper(ctx, c, run, p, sum)
	}
	if err != nil {
		return err
	}
	return a.issued(ctx, c, run, p, sum)
}

// summing takes the digest of what is written.
type summing struct {
	w   io.Writer
	sum hash.Hash
	n   int64
}

func (s *summing) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.sum.Write(p[:n])
	s.n += int64(n)
	return n, err
}

// issued writes down what was said.
func (a *App) issued(ctx context.Context, c Caller, run Run, p Paper, sum *summing) error {
	return a.issuedOf(ctx, c, runs+"/"+run.ID, map[string]any{"report": p.Kind, "format": p.Format, "service": p.Service, "run": run.ID}, sum)
}

// issuedOf writes down that a paper about an object left, with its digest.
func (a *App) issuedOf(ctx context.Context, c Caller, object string, says map[string]any, sum *summing) error {
	o, err := a.enter(ctx, c, account.IssueReport)
	if err != nil {
		return err
	}
	says["sha256"], says["bytes"] = hex.EncodeToString(sum.sum.Sum(nil)), sum.n
	body, err := json.Marshal(says)
	if err != nil {
		return fmt.Errorf("writing down a report: %w", err)
	}
	return o.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Event{Kind: "report.issued", Object: object, Actor: c.Actor, Body: body, Ext: "json"})
		return err
	})
}

// issuedBytes writes a paper that is made whole, and then that it left.
func (a *App) issuedBytes(ctx context.Context, c Caller, object string, says map[string]any, data []byte, w io.Writer) error {
	sum := &summing{w: w, sum: sha256.New()}
	if _, err := sum.Write(data); err != nil {
		return err
	}
	return a.issuedOf(ctx, c, object, says, sum)
}

func (a *App) words(p Paper, id string) report.Paper {
	w := p.Words
	if w.ID == "" {
		w.ID = id
	}
	if w.Version == "" {
		w.Version = "1.0"
	}
	if w.Classification == "" {
		w.Classification = "Confidential"
	}
	if w.PreparedBy == "" {
		w.PreparedBy = "Demarc " + a.version
	}
	return w
}

// GapData gathers what a gap report is made of. Its values are shared: read them
// only.
func (a *App) GapData(ctx context.Context, c Caller, run Run) (report.Gap, error) {
	h, err := a.enter(ctx, c, account.ReadAssessment)
	if err != nil {
		return report.Gap{}, err
	}
	key := fmt.Sprintf("%s/%q/%s/%s", h.ID(), h.member.Services, run.ID, run.Concluded.SHA256) // a run never changes
	g, err := a.gaps.get(ctx, key, func(ctx context.Context) (gapData, error) {
		g, err := a.gapData(ctx, c, run)
		return gapData{g}, err
	})
	return g.Gap, err
}

// gapsMost is how much the conclusions with their plans that were looked at last
// may hold together, in bytes.
const gapsMost = 192 << 20

// gapData is a gap that knows its weight: fifty services with all duties are some
// ten MiB, most organisations far less.
type gapData struct{ report.Gap }

func (g gapData) bytes() int64 {
	return 1<<20 + 2000*int64(len(g.Assessment.Answers)) + 500*int64(len(g.Assessment.Results))
}

func (a *App) gapData(ctx context.Context, c Caller, run Run) (report.Gap, error) {
	cat, err := a.Catalogue()
	if err != nil {
		return report.Gap{}, err
	}
	g := report.Gap{Controls: cat.Controls(), Catalogue: cat.Version(), Exceptions: run.Exceptions, Uses: run.Stats.Exceptions}
	if g.Assessment, err = a.Assessment(ctx, c, run); err != nil {
		return report.Gap{}, err
	}
	if g.Checks, err = a.Asked(ctx, c, run); err != nil {
		return report.Gap{}, err
	}
	g.Plan = remediation.Make(g.Assessment, cat, g.Checks)
	if best := remediation.Best(g.Assessment, g.Plan, 5); len(best) > 0 {
		o, err := remediation.WhatIf(g.Assessment, g.Plan, best)
		if err != nil {
			return report.Gap{}, err
		}
		g.Outlooks = append(g.Outlooks, o)
	}
	return g, nil
}

func (a *App) gapPaper(ctx context.Context, c Caller, run Run, p Paper, w io.Writer) error {
	g, err := a.GapData(ctx, c, run)
	if err != nil {
		return err
	}
	g.Paper = a.words(p, "GAP-"+strings.ToUpper(run.ID))
	switch p.Format {
	case "json":
		data, err := assess.Encode(g.Assessment)
		if err != nil {
			return err
		}
		return write(w, data, nil)
	case "xlsx":
		book, err := report.GapWorkbook(g)
		if err != nil {
			return err
		}
		return writeWorkbook(w, book)
	}
	d, err := report.GapReport(g)
	if err != nil {
		return err
	}
	return writeDocument(w, p.Format, d)
}

func writeDocument(w io.Writer, format string, d document.Document) error {
	render := map[string]func(document.Document) ([]byte, error){"html": document.HTML, "pdf": document.PDF, "docx": document.DOCX}[format]
	data, err := render(d)
	return write(w, data, err)
}

func writeWorkbook(w io.Writer, b document.Workbook) error {
	data, err := document.XLSX(b)
	return write(w, data, err)
}

func write(w io.Writer, data []byte, err error) error {
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

func (a *App) findingsPaper(ctx context.Context, c Caller, run Run, p Paper, w io.Writer) error {
	checks, err := a.Asked(ctx, c, run)
	if err != nil {
		return err
	}
	if p.Format == "xlsx" {
		return a.findingsWorkbook(ctx, c, run, a.words(p, "FIN-"+strings.ToUpper(run.ID)), checks, a.Findings(ctx, c, run), w)
	}
	o := export.Options{Version: a.version, Time: run.At, Checks: checks, Exceptions: run.Exceptions}
	if o.Artifact, err = a.artifact(ctx, c, run); err != nil {
		return err
	}
	out, err := export.New(p.Format, w, o)
	if err != nil {
		return err
	}
	return exportAll(out, a.Findings(ctx, c, run))
}

func exportAll(out export.Writer, findings iter.Seq2[check.Finding, error]) error {
	for f, err := range findings {
		if err == nil {
			err = out.Write(f)
		}
		if err != nil {
			return err
		}
	}
	return out.Close()
}

// artifact gives the file that a run looked at, when it was one plan or state.
func (a *App) artifact(ctx context.Context, c Caller, run Run) (string, error) {
	if len(run.Snapshots) != 1 {
		return "", nil
	}
	all, err := a.Snapshots(ctx, c)
	for _, s := range all {
		if s.ID == run.Snapshots[0] && s.Header.Source != "live" {
			return s.File, err
		}
	}
	return "", err
}

// maxSheet is how many findings a sheet can hold: a limit of the format.
// viewSheet is how many a view may have as a workbook, which is made in memory
// while somebody waits.
const (
	maxSheet  = 1_000_000
	viewSheet = 100_000
)

// findingsWorkbook writes findings as a workbook.
func (a *App) findingsWorkbook(ctx context.Context, c Caller, run Run, words report.Paper, checks []check.Check, findings iter.Seq2[check.Finding, error], w io.Writer) error {
	h, err := a.enter(ctx, c, account.ReadFinding)
	if err != nil {
		return err
	}
	conclusion, err := h.conclusion(run)
	if err != nil {
		return err
	}
	f := report.Findings{Paper: words, Organisation: conclusion.Organisation.Name, At: run.At, Digest: run.Findings.SHA256, Catalogue: run.Catalogue, Checks: checks}
	for finding, err := range findings {
		if err != nil {
			return err
		}
		if f.Findings = append(f.Findings, finding); len(f.Findings) > maxSheet {
			return problem.New(problem.Invalid, "a sheet holds at most one million findings", "take another format: demarc report findings --format csv")
		}
	}
	return writeWorkbook(w, report.FindingsWorkbook(f))
}
