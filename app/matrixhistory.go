// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/store"
)

// MatrixVersion is a matrix as it was once stored, by whom and when, as the log
// tells. MatrixAt gives what it said.
type MatrixVersion struct {
	Entry   int64                       `json:"entry"` // of the log
	At      time.Time                   `json:"at"`
	By      store.Actor                 `json:"by"` // empty: nobody knows any more
	Version int                         `json:"version"`
	Status  responsibility.Status       `json:"status"` // as stored
	SignOff *responsibility.SignOff     `json:"sign_off,omitempty"`
	Changed []responsibility.Difference `json:"changed,omitempty"` // since the version before; none of the first
}

// version is what is kept at hand of a step in the life of a matrix.
type version struct {
	step
	erased bool
	told   MatrixVersion // without when and by whom
}

// MatrixHistory gives every version of a service's matrix, the oldest first, but
// for those that were lawfully erased.
func (a *App) MatrixHistory(ctx context.Context, c Caller, id string, ed catalogue.Edition) ([]MatrixVersion, error) {
	h, err := a.matrixHall(ctx, c, id)
	if err != nil {
		return nil, err
	}
	return a.history(ctx, h, matrices+"/"+matrixID(id, ed))
}

// matrixHall lets in who may read the matrix of a service.
func (a *App) matrixHall(ctx context.Context, c Caller, id string) (*hall, error) {
	h, err := a.enter(ctx, c, account.ReadMatrix)
	if err == nil && !h.sees(id) {
		err = problem.New(problem.NotFound, "no service is called "+cutWord(id), "the scope lists them")
	}
	return h, err
}

// MatrixAt gives the matrix of a service as one version said it.
func (a *App) MatrixAt(ctx context.Context, c Caller, id string, ed catalogue.Edition, version int) (*responsibility.Matrix, error) {
	h, err := a.matrixHall(ctx, c, id)
	if err != nil {
		return nil, err
	}
	all, err := a.history(ctx, h, matrices+"/"+matrixID(id, ed))
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(x MatrixVersion) bool { return x.Version == version })
	if i < 0 {
		return nil, problem.New(problem.NotFound, fmt.Sprintf("the matrix of %s has no version %d", id, version), "its history lists them")
	}
	m, kept, err := valueAt[responsibility.Matrix](ctx, h.Log(), all[i].Entry)
	if err == nil && !kept {
		err = problem.New(problem.NotFound, fmt.Sprintf("version %d of the matrix of %s was lawfully erased", version, id), "its history lists those that are kept")
	}
	return &m, err
}

// history gives the versions of a record that is a matrix.
func (a *App) history(ctx context.Context, h *hall, object string) ([]MatrixVersion, error) {
	t := a.trails.trail(h.Org)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.follow(ctx, h.Log()); err != nil {
		return nil, err
	}
	if err := t.tell(ctx, h.Log(), object); err != nil {
		return nil, err
	}
	names := map[string]store.Actor{}
	var out []MatrixVersion
	for _, x := range t.seen[object] {
		if x.erased {
			continue
		}
		by, err := nameOf(ctx, h.Org, x.actor, names)
		if err != nil {
			return nil, err
		}
		x.told.At, x.told.By = x.at, by
		out = append(out, x.told)
	}
	return out, nil
}

// tell reads the versions of a matrix that were not read yet. The caller holds
// t.mu.
func (t *trail) tell(ctx context.Context, l *store.Log, object string) error {
	steps, known := t.steps[object], t.seen[object]
	if len(known) == len(steps) {
		return nil
	}
	if known == nil && len(t.seen) >= seenMost {
		clear(t.seen)
	}
	var before *responsibility.Matrix
	if n := len(known); n > 0 && !known[n-1].erased {
		m, kept, err := valueAt[responsibility.Matrix](ctx, l, known[n-1].entry)
		if err != nil {
			return err
		}
		if kept {
			before = &m
		}
	}
	for _, at := range steps[len(known):] {
		m, kept, err := valueAt[responsibility.Matrix](ctx, l, at.entry)
		if err != nil {
			return err
		}
		if !kept {
			known, before = append(known, version{step: at, erased: true}), nil
			continue
		}
		v := MatrixVersion{Entry: at.entry, Version: m.Version, Status: m.Status, SignOff: m.SignOff}
		if before != nil {
			v.Changed = responsibility.Compare(*before, m)
		}
		known, before = append(known, version{step: at, told: v}), &m
	}
	t.seen[object] = known
	return nil
}
