// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"

	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
)

// ReadWorkbook reads matrices back from a workbook that people edited. What
// the workbook does not show, such as parties and agreement, stays as stored.
func (a *App) ReadWorkbook(ctx context.Context, c Caller, file string, data []byte) ([]*responsibility.Matrix, error) {
	edited, err := report.ReadMatrices(file, data)
	if err != nil {
		return nil, err
	}
	var out []*responsibility.Matrix
	for _, sheet := range edited {
		m, err := a.Matrices(ctx, c, sheet.Edition)
		if err != nil {
			return nil, err
		}
		was, stored, err := m.Of(sheet.Service)
		if err != nil {
			return nil, err
		}
		next := *was
		next.Allocations, next.Version = sheet.Allocations, sheet.Version
		if !stored {
			next.Version = 0
		}
		v, err := service(m.Scope, sheet.Service)
		if err != nil {
			return nil, err
		}
		if err := responsibility.CheckLines(next.Allocations, v, m.Scope, m.input.Catalogue, sheet.Edition); err != nil {
			return nil, problem.New(problem.Invalid, fmt.Sprintf("%s, sheet %s:\n%s", file, sheet.Sheet, err), "mend these lines, and keep the column Duty as it was").Wrap(err)
		}
		out = append(out, &next)
	}
	return out, nil
}
