// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
	"demarc.dev/demarc/store"
)

// EditMatrix changes lines of a service's matrix and stores the whole as the
// next version; without lines it takes the usual division over as it is. from is
// the version that the caller saw, 0 for the usual division: when another is
// stored meanwhile, it is a Conflict. What a file may not say, a line may not:
// the problem then has responsibility.LineFaults in its chain.
func (a *App) EditMatrix(ctx context.Context, c Caller, id string, ed catalogue.Edition, from int, lines []responsibility.Allocation) (version int, remarks []string, err error) {
	return a.editMatrix(ctx, c, id, ed, from, func(responsibility.Matrix, scope.Service) ([]responsibility.Allocation, error) { return lines, nil })
}

// Patch is what is set in several lines at once. What is nil stays as it is.
type Patch struct {
	Customer, Provider *responsibility.Share
	Basis              *responsibility.Basis
	Split              *string
	CustomerOwner      *string
	ProviderContact    *string
	Rationale          *string
	Note               *string
	Evidence           []string // is added to what a line names already
}

// PatchMatrix sets the same in the lines of several duties, as one change: one
// version and one entry in the log, or none of it. from is as for EditMatrix. A
// duty without a line begins with the usual one.
func (a *App) PatchMatrix(ctx context.Context, c Caller, id string, ed catalogue.Edition, from int, duties []string, p Patch) (version int, remarks []string, err error) {
	if len(duties) == 0 {
		return 0, nil, problem.New(problem.Usage, "no line was chosen", "choose the lines that are to be changed")
	}
	if p.empty() {
		return 0, nil, problem.New(problem.Usage, "nothing was said that the lines are to hold", "set at least one of their fields")
	}
	cat, err := a.Catalogue()
	if err != nil {
		return 0, nil, err
	}
	return a.editMatrix(ctx, c, id, ed, from, func(base responsibility.Matrix, v scope.Service) ([]responsibility.Allocation, error) {
		lines := base.Lines()
		var out []responsibility.Allocation
		for _, duty := range duties {
			line, ok := lines[duty]
			if !ok {
				if line, ok = responsibility.DefaultLine(cat, v.Model, duty); !ok {
					line = responsibility.Allocation{Duty: duty, Customer: responsibility.None, Provider: responsibility.None, Basis: responsibility.Basis{Kind: responsibility.Assumption}}
				}
			}
			out = append(out, p.on(line))
		}
		return out, nil
	})
}

func (p Patch) empty() bool {
	return p.Customer == nil && p.Provider == nil && p.Basis == nil && p.Split == nil && p.CustomerOwner == nil && p.ProviderContact == nil && p.Rationale == nil && p.Note == nil && len(p.Evidence) == 0
}

// on gives a line with what the patch sets.
func (p Patch) on(l responsibility.Allocation) responsibility.Allocation {
	set(&l.Customer, p.Customer)
	set(&l.Provider, p.Provider)
	set(&l.Basis, p.Basis)
	set(&l.Split, p.Split)
	set(&l.CustomerOwner, p.CustomerOwner)
	set(&l.ProviderContact, p.ProviderContact)
	set(&l.Rationale, p.Rationale)
	set(&l.Note, p.Note)
	l.Evidence = distinctInOrder(append(append([]string{}, l.Evidence...), p.Evidence...))
	return l
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// distinctInOrder leaves the first of equal words; nil when there is none.
func distinctInOrder(words []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, w := range words {
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

// editMatrix changes what a service's matrix says, all in one transaction: lines
// gives the new lines when the version is still the one that was seen.
func (a *App) editMatrix(ctx context.Context, c Caller, id string, ed catalogue.Edition, from int, lines func(responsibility.Matrix, scope.Service) ([]responsibility.Allocation, error)) (version int, remarks []string, err error) {
	o, err := a.enter(ctx, c, account.EditMatrix)
	if err != nil {
		return 0, nil, err
	}
	cat, err := a.Catalogue()
	if err != nil {
		return 0, nil, err
	}
	err = o.Update(ctx, func(tx *store.Tx) error {
		s, err := scopeOf(ctx, tx, o.ID())
		if err != nil {
			return err
		}
		s = o.narrowScope(s)
		v, err := service(s, id)
		if err != nil {
			return err
		}
		was, stored, err := get[responsibility.Matrix](ctx, tx, matrices, matrixID(id, ed))
		if err != nil {
			return err
		}
		if was.Version != from {
			return changedMeanwhile(id, from, was.Version)
		}
		base, before := *responsibility.Default(cat, v, ed), (*responsibility.Matrix)(nil)
		if stored {
			base, before = was, &was
		}
		some, err := lines(base, v)
		if err != nil {
			return err
		}
		if err := responsibility.CheckLines(some, v, s, cat, ed); err != nil {
			return err
		}
		next, said := responsibility.Carry(before, responsibility.WithLines(base, some, cat), v)
		remarks = said
		version, err = putMatrix(ctx, tx, c, next)
		return err
	})
	return version, remarks, err
}

// changedMeanwhile says that somebody else was quicker.
func changedMeanwhile(id string, seen, now int) error {
	return problem.Newf(problem.Conflict, "the matrix of %s was changed meanwhile: you saw version %d, it is at version %d", id, seen, now).
		WithHint("open it again, look at what changed since (its history says who), and repeat yours")
}

// Signer says how the caller signs: by name, as the organisation knows the person.
func (a *App) Signer(ctx context.Context, c Caller) (string, error) {
	m, err := a.Member(ctx, c)
	if err != nil || m.Name == "" {
		return string(c.Actor), err
	}
	return fmt.Sprintf("%s (%s)", m.Name, m.Person), nil
}
