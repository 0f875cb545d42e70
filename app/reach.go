// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/reach"
	"demarc.dev/demarc/store"
)

// tenantsOf is the collection of the one record that says whose nodes are whose.
const tenantsOf = "tenants"

// Reached is who can reach whom, and what that rests on.
type Reached struct {
	*reach.Answer
	Snapshots []Snapshot     `json:"-"`
	Tenanted  *reach.Tenants `json:"-"` // nil: as the tags declare
}

// Tenants gives what the organisation wrote down about its tenants; nil when
// tags tell.
func (a *App) Tenants(ctx context.Context, c Caller) (*reach.Tenants, error) {
	o, err := a.enter(ctx, c, account.ReadOrganisation)
	if err != nil {
		return nil, err
	}
	return tenants(ctx, o)
}

func tenants(ctx context.Context, from records) (*reach.Tenants, error) {
	t, ok, err := get[reach.Tenants](ctx, from, tenantsOf, current)
	if err != nil || !ok {
		return nil, err
	}
	return &t, nil
}

// SetTenants takes in a file of tenants. Pages and assessments follow it from
// then on.
func (a *App) SetTenants(ctx context.Context, c Caller, file string, data []byte) (*reach.Tenants, error) {
	t, err := reach.Parse(file, data)
	if err != nil {
		return nil, err
	}
	o, err := a.enter(ctx, c, account.EditScope)
	if err != nil {
		return nil, err
	}
	return t, o.Update(ctx, func(tx *store.Tx) error {
		return tx.Put(tenantsOf, current, t, store.Event{Kind: "tenants.changed", Actor: c.Actor})
	})
}

// Reach tells who can reach whom, from the newest snapshots of what runs. With t
// nodes belong to its tenants, else to those that were written down, else to
// those that tags declare. It reads the snapshots from their beginnings, unless
// it has just done so.
func (a *App) Reach(ctx context.Context, c Caller, t *reach.Tenants) (*Reached, error) {
	o, runs, err := a.whole(ctx, c, "who reaches whom", "a plan does not tell where packets go")
	if err != nil {
		return nil, err
	}
	if t == nil {
		if t, err = tenants(ctx, o); err != nil {
			return nil, err
		}
	}
	key, err := reachKey(o.ID(), runs, t)
	if err != nil {
		return nil, err
	}
	return a.reached.get(ctx, key, func(context.Context) (*Reached, error) {
		answer, err := solve(o.Org, runs, t)
		return &Reached{Answer: answer, Snapshots: runs, Tenanted: t}, err
	})
}

// whole enters for a question to everything that runs at once, and gives the
// newest snapshots of it. A reader who may look at some services may not ask.
func (a *App) whole(ctx context.Context, c Caller, question, noPlan string) (*hall, []Snapshot, error) {
	o, err := a.enter(ctx, c, account.ReadSnapshot)
	if err != nil {
		return nil, nil, err
	}
	if o.bound() {
		return nil, nil, problem.New(problem.Denied, question+" tells of every service, and you may look at some of them", "ask for a membership that is bound to no service")
	}
	all, err := list[Snapshot](ctx, o, snapshots)
	if err != nil {
		return nil, nil, err
	}
	chosen, err := choose(all, nil)
	if err != nil {
		return nil, nil, err
	}
	runs := running(chosen)
	if len(runs) == 0 {
		return nil, nil, problem.New(problem.NotFound, "no account was looked at: "+noPlan, "demarc collect aws")
	}
	return o, runs, nil
}

// live is the source of a snapshot of what runs.
const live = "live"

// running gives the snapshots of accounts as they run, whose networks and
// identities can be followed: a plan is no place for packets, and a machine or a
// cluster that was read for itself has none of the provider's rules.
func running(all []Snapshot) []Snapshot {
	return slices.DeleteFunc(slices.Clone(all), func(s Snapshot) bool { return s.Header.Source != live || s.Header.Provider != "aws" })
}

func solve(o *store.Org, runs []Snapshot, t *reach.Tenants) (*reach.Answer, error) {
	m, err := reach.Read(together(o, runs), unread(runs))
	if err != nil {
		return nil, fmt.Errorf("reading the network: %w", err)
	}
	m.Assign(t)
	return reach.Solve(m), nil
}

// together gives the resources of snapshots one after the other.
func together(o *store.Org, all []Snapshot) cloud.Source {
	return func() iter.Seq2[*cloud.Resource, error] {
		return func(yield func(*cloud.Resource, error) bool) {
			for _, s := range all {
				for r, err := range s.source(o)() {
					if !yield(r, err) {
						return
					}
				}
			}
		}
	}
}

// reachKey is the same for what gives the same answer.
func reachKey(org string, runs []Snapshot, t *reach.Tenants) (string, error) {
	h := sha256.New()
	e := json.NewEncoder(h)
	for _, s := range runs {
		var past []string
		for account := range s.past {
			past = append(past, account)
		}
		slices.Sort(past)
		if err := e.Encode([]any{s.SHA256, past}); err != nil {
			return "", fmt.Errorf("naming an answer: %w", err)
		}
	}
	if err := e.Encode(t); err != nil {
		return "", fmt.Errorf("naming an answer: %w", err)
	}
	return org + " " + string(h.Sum(nil)), nil
}

// reachedMost is how much the answers of all organisations may hold together,
// in bytes.
const reachedMost = 64 << 20

// bytes is about what an answer holds: a path has some five steps of a hundred
// bytes each.
func (r *Reached) bytes() int64 {
	return 1<<16 + 1000*int64(len(r.Pairs)+len(r.Internet))
}
