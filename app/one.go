// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"slices"
	"strconv"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/job"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/store"
)

// oneOf gives a record to who may read it.
func oneOf[T any](ctx context.Context, a *App, c Caller, need account.Permission, collection, id string) (value T, err error) {
	h, err := a.enter(ctx, c, need)
	if err != nil {
		return value, err
	}
	value, ok, err := get[T](ctx, h, collection, id)
	if err == nil && !ok {
		err = problem.New(problem.NotFound, "there is no "+collection+" "+cutWord(id), "the list of the same name has those that there are")
	}
	return value, err
}

// Collector gives a collector by its id.
func (a *App) Collector(ctx context.Context, c Caller, id string) (Collector, error) {
	return oneOf[Collector](ctx, a, c, account.ReadWork, collectors, id)
}

// Schedule gives a schedule by its id.
func (a *App) Schedule(ctx context.Context, c Caller, id string) (Schedule, error) {
	return oneOf[Schedule](ctx, a, c, account.ReadWork, schedules, id)
}

// Subscription gives a subscription by its id.
func (a *App) Subscription(ctx context.Context, c Caller, id string) (Subscription, error) {
	return oneOf[Subscription](ctx, a, c, account.ReadWork, subscriptions, id)
}

// MemberOf gives what an account is in the organisation.
func (a *App) MemberOf(ctx context.Context, c Caller, id string) (account.Member, error) {
	return oneOf[account.Member](ctx, a, c, account.ReadMember, members, id)
}

// ChangeMember changes what a member may do: of change, Role, Services and Until
// count. What SetMember says of owners holds here too.
func (a *App) ChangeMember(ctx context.Context, c Caller, id string, change account.Member) (account.Member, error) {
	h, err := a.enter(ctx, c, account.ManageMember)
	if err != nil {
		return change, err
	}
	now := a.now().UTC()
	if err := change.Validate(now); err != nil {
		return change, err
	}
	var m account.Member
	err = h.Update(ctx, func(tx *store.Tx) (err error) {
		var ok bool
		if m, ok, err = get[account.Member](ctx, tx, members, id); err != nil {
			return err
		}
		if !ok {
			return problem.New(problem.NotFound, "there is no member "+cutWord(id), "the list of members names them")
		}
		if err := h.mayChange(ctx, tx, id, change.Role); err != nil {
			return err
		}
		m.Role, m.Services, m.Until, m.By, m.At = change.Role, change.Services, change.Until, string(c.Actor), now
		return putMember(tx, c, m)
	})
	return m, err
}

// Snapshot gives one snapshot by its id.
func (a *App) Snapshot(ctx context.Context, c Caller, id string) (Snapshot, error) {
	all, err := a.Snapshots(ctx, c)
	if err != nil {
		return Snapshot{}, err
	}
	i := slices.IndexFunc(all, func(s Snapshot) bool { return s.ID == id })
	if i < 0 {
		return Snapshot{}, problem.New(problem.NotFound, "there is no snapshot "+cutWord(id), "the list of snapshots names them")
	}
	return all[i], nil
}

// Matrix gives the matrix of one service without putting the rules to it: the
// stored one, or the usual division, which nobody has looked at yet.
func (a *App) Matrix(ctx context.Context, c Caller, id string, ed catalogue.Edition) (m *responsibility.Matrix, stored bool, err error) {
	h, err := a.enter(ctx, c, account.ReadMatrix)
	if err != nil {
		return nil, false, err
	}
	s, err := scopeOf(ctx, h, h.ID())
	if err != nil {
		return nil, false, err
	}
	v, err := service(h.narrowScope(s), id)
	if err != nil {
		return nil, false, err
	}
	was, stored, err := get[responsibility.Matrix](ctx, h, matrices, matrixID(id, ed))
	if err != nil || stored {
		return &was, stored, err
	}
	cat, err := a.Catalogue()
	if err != nil {
		return nil, false, err
	}
	return responsibility.Default(cat, v, ed), false, nil
}

// JobsBefore gives at most so many jobs of the organisation whose ids are below
// before, the newest first; 0 is from the newest.
func (a *App) JobsBefore(ctx context.Context, c Caller, before int64, most int) ([]job.Job, error) {
	h, err := a.enter(ctx, c, account.ReadWork)
	if err != nil || a.queue == nil {
		return nil, err
	}
	return a.queue.List(ctx, h.ID(), job.Filter{Before: before, Limit: most})
}

// Job gives a job of the organisation.
func (a *App) Job(ctx context.Context, c Caller, id int64) (job.Job, error) {
	h, err := a.enter(ctx, c, account.ReadWork)
	if err != nil {
		return job.Job{}, err
	}
	if a.queue == nil {
		return job.Job{}, problem.New(problem.NotFound, "there is no run "+strconv.FormatInt(id, 10), "the list of runs names them")
	}
	return a.queue.Get(ctx, h.ID(), id)
}

// Statement gives what the provider of a service says of it.
func (a *App) Statement(ctx context.Context, c Caller, service string) (*responsibility.Statement, error) {
	h, err := a.enter(ctx, c, account.ReadMatrix)
	if err != nil {
		return nil, err
	}
	st, ok, err := get[responsibility.Statement](ctx, h, statements, service)
	if err == nil && (!ok || !h.sees(service)) {
		err = problem.New(problem.NotFound, "no statement of the provider of "+cutWord(service)+" was filed", "file the one that he gave you")
	}
	return &st, err
}
