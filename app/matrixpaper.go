// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"io"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

func (a *App) matrixPaper(ctx context.Context, c Caller, run Run, p Paper, w io.Writer) error {
	ed := p.Edition
	if ed == "" {
		ed = run.Edition
	}
	papers, err := a.MatrixData(ctx, c, run, ed, p)
	if err != nil {
		return err
	}
	if p.Format == "xlsx" {
		book, err := report.MatrixWorkbook(papers)
		if err != nil {
			return err
		}
		return writeWorkbook(w, book)
	}
	if len(papers) != 1 {
		return problem.New(problem.Usage, "a matrix document speaks of one service", "say which with --service")
	}
	d, err := report.MatrixDocument(papers[0])
	if err != nil {
		return err
	}
	return writeDocument(w, p.Format, d)
}

// MatrixData gathers what the papers of matrices are made of: of one service,
// or of all of the scope.
func (a *App) MatrixData(ctx context.Context, c Caller, run Run, ed catalogue.Edition, p Paper) ([]report.Matrix, error) {
	m, at, err := a.matricesSince(ctx, c, run, ed)
	if err != nil {
		return nil, err
	}
	cat, err := a.Catalogue()
	if err != nil {
		return nil, err
	}
	if p.Service != "" {
		if _, err := service(m.Scope, p.Service); err != nil {
			return nil, err
		}
	}
	var out []report.Matrix
	for _, v := range m.Scope.Services {
		if p.Service != "" && p.Service != v.ID {
			continue
		}
		matrix, _, err := m.Of(v.ID)
		if err != nil {
			return nil, err
		}
		standing, err := m.Standing(v.ID)
		if err != nil {
			return nil, err
		}
		findings, verdicts := m.about(v.ID)
		out = append(out, report.Matrix{Paper: a.words(p, "RM-"+strings.ToUpper(v.ID)), Organisation: m.Scope.Organisation, Service: v, Matrix: *matrix, Standing: standing,
			Verdicts: verdicts, Findings: findings, Controls: cat.Controls(), Catalogue: cat.Version(), At: at})
	}
	return out, nil
}

// matricesSince gives the matrices as they stand, and as of when: at the run,
// or at their last change when that came later.
func (a *App) matricesSince(ctx context.Context, c Caller, run Run, ed catalogue.Edition) (m *Matrices, at time.Time, err error) {
	o, err := a.enter(ctx, c, account.ReadMatrix)
	if err != nil {
		return nil, at, err
	}
	err = o.View(ctx, func(v *store.View) error {
		s, err := scopeOf(ctx, v, o.ID())
		if err != nil {
			return err
		}
		made, err := v.Record(ctx, runs, run.ID)
		if err != nil {
			return err
		}
		last, err := lastChange(ctx, v, ed)
		if err != nil {
			return err
		}
		if at = run.At; last.Rev > made.Rev {
			at = last.Changed.Truncate(time.Second)
		}
		m, err = a.matrices(ctx, v, s, ed, at)
		return err
	})
	return m, at, err
}

// lastChange gives the newest of the records that a matrix paper is made of.
func lastChange(ctx context.Context, from records, ed catalogue.Edition) (*store.Record, error) {
	last, err := from.Record(ctx, scopes, current)
	if err != nil {
		return nil, err
	}
	for _, collection := range []string{matrices, statements} {
		for rec, err := range from.List(ctx, collection) {
			if err != nil {
				return nil, err
			}
			if rec.Rev > last.Rev && (collection == statements || strings.HasSuffix(rec.ID, matrixID("", ed))) {
				last = rec
			}
		}
	}
	return last, nil
}
