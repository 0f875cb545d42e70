// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
	"demarc.dev/demarc/store"
)

// Taken is what became of a matrix that was taken in.
type Taken struct {
	Service string            `json:"service"`
	Edition catalogue.Edition `json:"edition"`
	Version int               `json:"version"`
	Remarks []string          `json:"remarks,omitempty"` // what became of a sign-off that the file claims
}

// ImportMatrices is ImportMatrix for several, all of them or none.
func (a *App) ImportMatrices(ctx context.Context, c Caller, all []*responsibility.Matrix) ([]Taken, error) {
	o, err := a.enter(ctx, c, account.EditMatrix)
	if err != nil {
		return nil, err
	}
	var out []Taken
	err = o.Update(ctx, func(tx *store.Tx) error {
		out = nil
		s, err := scopeOf(ctx, tx, o.ID())
		if err != nil {
			return err
		}
		s = o.narrowScope(s)
		for _, m := range all {
			next, remarks, err := carried(ctx, tx, s, m)
			if err != nil {
				return err
			}
			version, err := putMatrix(ctx, tx, c, next)
			if err != nil {
				return err
			}
			out = append(out, Taken{m.Service, m.Edition, version, remarks})
		}
		return nil
	})
	return out, err
}

// carried gives what would be stored of a matrix that people wrote; Conflict when
// a later one than it was written from is stored.
func carried(ctx context.Context, from records, s *scope.Scope, m *responsibility.Matrix) (responsibility.Matrix, []string, error) {
	v, err := service(s, m.Service)
	if err != nil {
		return *m, nil, err
	}
	was, stored, err := get[responsibility.Matrix](ctx, from, matrices, matrixID(m.Service, m.Edition))
	if err != nil {
		return *m, nil, err
	}
	if stored && m.Version != 0 && m.Version < was.Version {
		return *m, nil, problem.Newf(problem.Conflict, "the matrix of %s was changed meanwhile: yours was written from version %d, it is at version %d", m.Service, m.Version, was.Version).
			WithHint("demarc responsibility compare %s --with FILE shows the differences; export it anew and repeat the change", m.Service)
	}
	var before *responsibility.Matrix
	if stored {
		before = &was
	}
	next, remarks := responsibility.Carry(before, *m, v)
	return next, remarks, nil
}

// MatrixLook is what taking a matrix in would change.
type MatrixLook struct {
	Matrix  *responsibility.Matrix
	Stored  int                         // version that is stored; 0: none
	Changes []responsibility.Difference // Left stands now, or is usual; Right is what the file says
	Remarks []string                    // what would become of a sign-off
	Refused error                       // why it would not be taken; nil: it would
}

// LookMatrices reads matrices from a file that people wrote, YAML or the edited
// workbook as its content tells, and says what taking them in would change.
// Nothing is stored.
func (a *App) LookMatrices(ctx context.Context, c Caller, file string, data []byte) ([]MatrixLook, error) {
	o, err := a.enter(ctx, c, account.EditMatrix)
	if err != nil {
		return nil, err
	}
	read, err := a.ReadMatrixFile(ctx, c, file, data)
	if err != nil {
		return nil, err
	}
	s, err := scopeOf(ctx, o, o.ID())
	if err != nil {
		return nil, err
	}
	s = o.narrowScope(s)
	var out []MatrixLook
	for _, m := range read {
		all, err := a.Matrices(ctx, c, m.Edition)
		if err != nil {
			return nil, err
		}
		now, stored, err := all.Of(m.Service)
		if err != nil {
			return nil, err
		}
		look := MatrixLook{Matrix: m, Changes: responsibility.Compare(*now, *m)}
		if stored {
			look.Stored = now.Version
		}
		if _, look.Remarks, err = carried(ctx, o, s, m); err != nil && problem.Of(err) != problem.Conflict {
			return nil, err
		}
		look.Refused = err
		out = append(out, look)
	}
	return out, nil
}

// ReadMatrixFile reads the matrices of a file: those of an edited workbook, or
// the one of a YAML file. Its content tells which it is.
func (a *App) ReadMatrixFile(ctx context.Context, c Caller, file string, data []byte) ([]*responsibility.Matrix, error) {
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return a.ReadWorkbook(ctx, c, file, data)
	}
	m, err := a.ParseMatrix(ctx, c, file, data)
	if err != nil {
		return nil, err
	}
	return []*responsibility.Matrix{m}, nil
}

// StatementLook is what a provider's statement says beside what stands.
type StatementLook struct {
	Statement *responsibility.Statement
	Before    *responsibility.Statement                         // that it would take the place of; nil: none
	Changes   map[catalogue.Edition][]responsibility.Difference // beside our matrix: Left is ours
	Unmatched []responsibility.StatementRow                     // rows about nothing that the catalogue knows
}

// LookStatement reads what a provider says, and holds it against the matrices of
// both editions. Nothing is stored.
func (a *App) LookStatement(ctx context.Context, c Caller, file string, data []byte, opt responsibility.StatementOptions) (*StatementLook, error) {
	if err := a.May(ctx, c, account.EditMatrix); err != nil {
		return nil, err
	}
	s, err := a.Scope(ctx, c)
	if err != nil {
		return nil, err
	}
	cat, err := a.Catalogue()
	if err != nil {
		return nil, err
	}
	out := &StatementLook{Changes: map[catalogue.Edition][]responsibility.Difference{}}
	if out.Statement, err = responsibility.ParseStatement(file, data, opt, cat, s); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	out.Statement.SHA256 = hex.EncodeToString(sum[:])
	for _, ed := range []catalogue.Edition{catalogue.Edition2015, catalogue.Edition2026} {
		all, err := a.Matrices(ctx, c, ed)
		if err != nil {
			return nil, err
		}
		m, _, err := all.Of(out.Statement.Service)
		if err != nil {
			return nil, err
		}
		out.Changes[ed] = responsibility.CompareStatement(*m, *out.Statement, cat)
		if i := slices.IndexFunc(all.Statements, func(x responsibility.Statement) bool { return x.Service == out.Statement.Service }); i >= 0 {
			out.Before = &all.Statements[i]
		}
	}
	other := map[responsibility.StatementRow]bool{}
	for _, r := range responsibility.Unmatched(*out.Statement, cat, catalogue.Edition2026) {
		other[r] = true
	}
	for _, r := range responsibility.Unmatched(*out.Statement, cat, catalogue.Edition2015) {
		if other[r] { // of neither edition
			out.Unmatched = append(out.Unmatched, r)
		}
	}
	return out, nil
}
