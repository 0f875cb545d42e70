// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"slices"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
)

// noneStored is the version that an edit is written from when nothing was stored.
const noneStored = -1

// EditMatrix changes lines of a service's matrix and stores the whole as the
// next version; without lines it takes the usual division over as it is. from is
// the version that the caller saw, 0 for the usual division: when another is
// stored meanwhile, it is a Conflict. What a file may not say, a line may not.
func (a *App) EditMatrix(ctx context.Context, c Caller, id string, ed catalogue.Edition, from int, lines []responsibility.Allocation) (version int, remarks []string, err error) {
	if err := a.May(ctx, c, account.EditMatrix); err != nil {
		return 0, nil, err
	}
	all, err := a.Matrices(ctx, c, ed)
	if err != nil {
		return 0, nil, err
	}
	was, stored, err := all.Of(id)
	if err != nil {
		return 0, nil, err
	}
	if now := was.Version; stored && now != from {
		return 0, nil, changedMeanwhile(id, from, now)
	}
	next := *was
	next.Allocations = slices.Clone(was.Allocations)
	for _, line := range lines {
		at := slices.IndexFunc(next.Allocations, func(x responsibility.Allocation) bool { return x.Duty == line.Duty })
		if at < 0 {
			next.Allocations = append(next.Allocations, line)
			continue
		}
		next.Allocations[at] = line
	}
	data, err := a.EncodeMatrix(&next)
	if err != nil {
		return 0, nil, err
	}
	parsed, err := a.ParseMatrix(ctx, c, "matrix "+id, data)
	if err != nil {
		return 0, nil, err
	}
	if parsed.Version = from; !stored {
		parsed.Version = noneStored
	}
	return a.ImportMatrix(ctx, c, parsed)
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
