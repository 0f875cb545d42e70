// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
	"demarc.dev/demarc/store"
)

const (
	matrices   = "matrix"
	statements = "statement"
)

func matrixID(service string, ed catalogue.Edition) string { return service + "." + string(ed) }

// Matrices are the matrices of an organisation by one edition, with what the
// rules find in them.
type Matrices struct {
	Scope      *scope.Scope
	Edition    catalogue.Edition
	Stored     map[string]*responsibility.Matrix // by service; a service without one has none
	Statements []responsibility.Statement
	Findings   []responsibility.Finding
	Verdicts   []responsibility.Verdict
	input      responsibility.Input
}

// Matrices gives the matrices of the edition, and puts all rules to them. What it
// gives is shared: read it only.
func (a *App) Matrices(ctx context.Context, c Caller, ed catalogue.Edition) (*Matrices, error) {
	o, err := a.enter(ctx, c, account.ReadMatrix)
	if err != nil {
		return nil, err
	}
	size, err := o.Log().Size(ctx)
	if err != nil {
		return nil, err
	}
	// No record changes without an entry in the log, so that they are named by
	// its size; and by the hour, for a sign-off may be dated ahead.
	now := a.now().UTC()
	key := fmt.Sprintf("%s/%s/%d/%s", o.ID(), ed, size, now.Format("2006-01-02T15"))
	m, err := a.ruled.get(ctx, key, func(ctx context.Context) (m *Matrices, err error) {
		err = o.View(ctx, func(v *store.View) error {
			s, err := scopeOf(ctx, v, o.ID())
			if err != nil {
				return err
			}
			m, err = a.matrices(ctx, v, s, ed, now)
			return err
		})
		return m, err
	})
	if err != nil {
		return nil, err
	}
	return o.narrowMatrices(m), nil
}

// ruledMost is how much the matrices of all organisations that were asked for
// last may hold together, in bytes.
const ruledMost = 96 << 20

// bytes is about what they hold: ten thousand lines are some ten MiB.
func (m *Matrices) bytes() int64 {
	n := 64<<10 + 1000*int64(len(m.Findings))
	for _, x := range m.Stored {
		n += 800 * int64(len(x.Allocations))
	}
	return n
}

func (a *App) matrices(ctx context.Context, from records, s *scope.Scope, ed catalogue.Edition, now time.Time) (*Matrices, error) {
	cat, err := a.Catalogue()
	if err != nil {
		return nil, err
	}
	m := &Matrices{Scope: s, Edition: ed, Stored: map[string]*responsibility.Matrix{}}
	if m.Statements, err = list[responsibility.Statement](ctx, from, statements); err != nil {
		return nil, err
	}
	for _, v := range s.Services {
		stored, ok, err := get[responsibility.Matrix](ctx, from, matrices, matrixID(v.ID, ed))
		if err != nil {
			return nil, err
		}
		if ok {
			m.Stored[v.ID] = &stored
		}
	}
	m.input = responsibility.Input{Catalogue: cat, Scope: s, Matrices: m.list(), Statements: m.Statements, Edition: ed, Now: now}
	m.Findings = responsibility.Check(m.input)
	m.Verdicts = responsibility.Verdicts(m.input)
	return m, nil
}

// list gives the stored matrices in the order of the services.
func (m *Matrices) list() []responsibility.Matrix {
	var out []responsibility.Matrix
	for _, id := range slices.Sorted(maps.Keys(m.Stored)) {
		out = append(out, *m.Stored[id])
	}
	return out
}

// Of gives the matrix of a service: the stored one, or the default of the
// catalogue, which nobody has looked at yet.
func (m *Matrices) Of(id string) (matrix *responsibility.Matrix, stored bool, err error) {
	v, err := service(m.Scope, id)
	if err != nil {
		return nil, false, err
	}
	if matrix, ok := m.Stored[id]; ok {
		return matrix, true, nil
	}
	return responsibility.Default(m.input.Catalogue, v, m.Edition), false, nil
}

// DefaultMatrix gives the division that is usual for the service's model.
func (a *App) DefaultMatrix(ctx context.Context, c Caller, id string, ed catalogue.Edition) (*responsibility.Matrix, error) {
	s, err := a.Scope(ctx, c)
	if err != nil {
		return nil, err
	}
	v, err := service(s, id)
	if err != nil {
		return nil, err
	}
	cat, err := a.Catalogue()
	if err != nil {
		return nil, err
	}
	return responsibility.Default(cat, v, ed), nil
}

// ParseMatrix reads a matrix file against the organisation's scope.
func (a *App) ParseMatrix(ctx context.Context, c Caller, file string, data []byte) (*responsibility.Matrix, error) {
	s, err := a.Scope(ctx, c)
	if err != nil {
		return nil, err
	}
	cat, err := a.Catalogue()
	if err != nil {
		return nil, err
	}
	return responsibility.ParseMatrix(file, data, cat, s)
}

// EncodeMatrix writes a matrix file for people.
func (a *App) EncodeMatrix(m *responsibility.Matrix) ([]byte, error) {
	cat, err := a.Catalogue()
	if err != nil {
		return nil, err
	}
	return responsibility.EncodeMatrix(*m, cat)
}

// ImportMatrix takes in a matrix that people wrote, as the next version. Version
// in m is the one that it was written from: when a later one is stored, it is a
// Conflict. A file signs nothing: a sign-off stands only where the store has it
// already, and remarks say what became of one that the file claims.
func (a *App) ImportMatrix(ctx context.Context, c Caller, m *responsibility.Matrix) (version int, remarks []string, err error) {
	taken, err := a.ImportMatrices(ctx, c, []*responsibility.Matrix{m})
	if err != nil {
		return 0, nil, err
	}
	return taken[0].Version, taken[0].Remarks, nil
}

// putMatrix stores a matrix as the next version, unless nothing changed.
func putMatrix(ctx context.Context, tx *store.Tx, c Caller, next responsibility.Matrix) (version int, err error) {
	id := matrixID(next.Service, next.Edition)
	was, stored, err := get[responsibility.Matrix](ctx, tx, matrices, id)
	if err != nil {
		return 0, err
	}
	if next.Version = was.Version; stored && sameRecord(next, was) {
		return was.Version, nil
	}
	next.Version = was.Version + 1
	return next.Version, tx.Put(matrices, id, next, store.Event{Kind: "matrix.changed", Actor: c.Actor})
}

// sameRecord tells whether two values are one record: what no record holds,
// such as the file that a value was read from, makes no difference.
func sameRecord(x, y any) bool {
	one, err := json.Marshal(x)
	other, err2 := json.Marshal(y)
	return err == nil && err2 == nil && bytes.Equal(one, other)
}

// SignMatrix signs the stored matrix of a service off: by says who, for our
// side. The sign-off binds to what the matrix and its service say today. seen is
// the version that the signer looked at: of another it is a Conflict; 0 signs
// whatever is stored.
func (a *App) SignMatrix(ctx context.Context, c Caller, id string, ed catalogue.Edition, seen int, by string) (*responsibility.Matrix, error) {
	return a.stepMatrix(ctx, c, id, ed, seen, func(m responsibility.Matrix, v scope.Service, now time.Time) (responsibility.Matrix, error) {
		return responsibility.Sign(m, v, by, now)
	})
}

// SendMatrix notes that the signed matrix was sent to the other party.
func (a *App) SendMatrix(ctx context.Context, c Caller, id string, ed catalogue.Edition, seen int) (*responsibility.Matrix, error) {
	return a.stepMatrix(ctx, c, id, ed, seen, responsibility.Send)
}

// AcknowledgeMatrix notes that the other party agreed; by says who.
func (a *App) AcknowledgeMatrix(ctx context.Context, c Caller, id string, ed catalogue.Edition, seen int, by string) (*responsibility.Matrix, error) {
	return a.stepMatrix(ctx, c, id, ed, seen, func(m responsibility.Matrix, v scope.Service, now time.Time) (responsibility.Matrix, error) {
		return responsibility.Acknowledge(m, v, by, now)
	})
}

// stepMatrix takes a stored matrix one step on in its life.
func (a *App) stepMatrix(ctx context.Context, c Caller, id string, ed catalogue.Edition, seen int, step func(responsibility.Matrix, scope.Service, time.Time) (responsibility.Matrix, error)) (*responsibility.Matrix, error) {
	o, err := a.enter(ctx, c, account.SignMatrix)
	if err != nil {
		return nil, err
	}
	var next responsibility.Matrix
	err = o.Update(ctx, func(tx *store.Tx) error {
		s, err := scopeOf(ctx, tx, o.ID())
		if err != nil {
			return err
		}
		v, err := service(s, id)
		if err != nil {
			return err
		}
		was, stored, err := get[responsibility.Matrix](ctx, tx, matrices, matrixID(id, ed))
		if err != nil {
			return err
		}
		if !stored {
			return problem.Newf(problem.NotFound, "service %s has no matrix of the edition of %s", id, ed).
				WithHint("demarc responsibility default %s > %s.yaml, read and edit it, then demarc responsibility import %s.yaml", id, id, id)
		}
		if seen != 0 && seen != was.Version {
			return changedMeanwhile(id, seen, was.Version)
		}
		if next, err = step(was, v, a.now().UTC()); err != nil {
			return err
		}
		next.Version, err = putMatrix(ctx, tx, c, next)
		return err
	})
	return &next, err
}

// FileStatement takes in what a provider says about a service; options say what
// the file does not say itself.
func (a *App) FileStatement(ctx context.Context, c Caller, file string, data []byte, o responsibility.StatementOptions) (*responsibility.Statement, error) {
	org, err := a.enter(ctx, c, account.EditMatrix)
	if err != nil {
		return nil, err
	}
	s, err := scopeOf(ctx, org, org.ID())
	if err != nil {
		return nil, err
	}
	cat, err := a.Catalogue()
	if err != nil {
		return nil, err
	}
	st, err := responsibility.ParseStatement(file, data, o, cat, s)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	st.SHA256 = hex.EncodeToString(sum[:])
	blob, err := org.PutBlob(ctx, bytes.NewReader(data), ext(file))
	if err != nil {
		return nil, err
	}
	err = org.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Append(store.Event{Kind: "statement.file", Object: statements + "/" + st.Service, Actor: c.Actor, Blob: blob}); err != nil {
			return err
		}
		return tx.Put(statements, st.Service, st, store.Event{Kind: "statement.filed", Actor: c.Actor})
	})
	return st, err
}

// ext gives the ending of a file's name as the log takes it.
func ext(file string) string {
	at := strings.LastIndexByte(file, '.')
	if at < 0 {
		return ""
	}
	e := strings.ToLower(file[at+1:])
	if e == "" || len(e) > 16 || strings.Trim(e, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return ""
	}
	return e
}

// Standing derives whether the matrix of a service still stands as signed.
func (m *Matrices) Standing(id string) (responsibility.Status, error) {
	v, err := service(m.Scope, id)
	if err != nil {
		return "", err
	}
	matrix, _, err := m.Of(id)
	if err != nil {
		return "", err
	}
	return responsibility.Standing(*matrix, v, m.input.Now), nil
}

// about gives the findings and the verdicts of one service.
func (m *Matrices) about(id string) (findings []responsibility.Finding, verdicts []responsibility.Verdict) {
	for _, f := range m.Findings {
		if f.Service == id {
			findings = append(findings, f)
		}
	}
	for _, v := range m.Verdicts {
		if v.Service == id {
			verdicts = append(verdicts, v)
		}
	}
	return findings, verdicts
}

// Compare gives what differs between the matrix of a service and another one.
func (m *Matrices) Compare(id string, other *responsibility.Matrix) ([]responsibility.Difference, error) {
	matrix, _, err := m.Of(id)
	if err != nil {
		return nil, err
	}
	if other.Service != id {
		return nil, problem.New(problem.Usage, fmt.Sprintf("the matrix to compare with is of service %s, not of %s", other.Service, id), "demarc responsibility compare "+other.Service+" FILE")
	}
	return responsibility.Compare(*matrix, *other), nil
}

// CompareStatement gives what differs between the matrix of a service and what
// its provider says.
func (m *Matrices) CompareStatement(id string) ([]responsibility.Difference, error) {
	matrix, _, err := m.Of(id)
	if err != nil {
		return nil, err
	}
	for _, st := range m.Statements {
		if st.Service == id {
			return responsibility.CompareStatement(*matrix, st, m.input.Catalogue), nil
		}
	}
	return nil, problem.New(problem.NotFound, "no statement of the provider of "+id+" was filed", "demarc responsibility statement FILE")
}
