// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"sync/atomic"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
)

// ErrChanged is in the chain of the Conflict of a change that was made for a
// record as it no longer is.
var ErrChanged = errors.New("changed since it was seen")

// Ref names a record of an organisation whose revision a door may tell and ask
// for.
type Ref struct{ collection, id string }

// The records that can be changed on condition that nobody else did.
func ScopeRef() Ref                                      { return Ref{scopes, current} }
func MatrixRef(service string, ed catalogue.Edition) Ref { return Ref{matrices, matrixID(service, ed)} }
func StatementRef(service string) Ref                    { return Ref{statements, service} }
func AttestationRef() Ref                                { return Ref{attestations, current} }
func ExceptionRef() Ref                                  { return Ref{exceptions, current} }
func AssignmentRef(action string) Ref                    { return Ref{assignments, action} }
func RiskRef(id string) Ref                              { return Ref{risks, id} }
func RiskMethodRef() Ref                                 { return Ref{riskMethods, current} }
func ApplicabilityRef(line string) Ref                   { return Ref{applicabilities, line} }
func AuditRef(id string) Ref                             { return Ref{audits, id} }
func ProgrammeRef() Ref                                  { return Ref{programmes, current} }
func NonconformityRef(id string) Ref                     { return Ref{nonconformities, id} }
func ContextRef() Ref                                    { return Ref{contexts, current} }
func PolicyRef(id string) Ref                            { return Ref{policies, id} }
func PolicyFactRef() Ref                                 { return Ref{policyFacts, current} }
func ReviewRef(id string) Ref                            { return Ref{reviews, id} }
func RoutineRef(id string) Ref                           { return Ref{routines, id} }
func RequestRef(id string) Ref                           { return Ref{requests, id} }
func AgreementRef(id string) Ref                         { return Ref{agreements, id} }
func LevelRef(id string) Ref                             { return Ref{levels, id} }
func SupplierRef(id string) Ref                          { return Ref{suppliers, id} }
func MemberRef(account string) Ref                       { return Ref{members, account} }
func CollectorRef(id string) Ref                         { return Ref{collectors, id} }
func ScheduleRef(id string) Ref                          { return Ref{schedules, id} }
func SubscriptionRef(id string) Ref                      { return Ref{subscriptions, id} }

// seen is a record as a caller saw it.
type seen struct {
	Ref
	is   func(rev int64) bool
	done atomic.Bool  // he changed it: from now on it is as he knows
	made atomic.Int64 // the revision that he made
}

// Seen gives the caller that changes something only while is tells so of the
// revision of a record, 0 for one that does not exist; otherwise it is a
// Conflict that Is ErrChanged. The condition is for one change: it is asked in
// the transaction that makes it.
func (c Caller) Seen(r Ref, is func(rev int64) bool) Caller {
	c.seen = &seen{Ref: r, is: is}
	return c
}

func (s *seen) holds(ctx context.Context, from records) error {
	if s == nil || s.done.Load() {
		return nil
	}
	rev, err := revision(ctx, from, s.Ref)
	if err != nil || s.is(rev) {
		return err
	}
	return problem.New(problem.Conflict, "it is not any more as you saw it: somebody else changed it", "read it again, look at what changed, and repeat yours").Wrap(ErrChanged)
}

// note keeps the revision that a change makes.
func (s *seen) note(ctx context.Context, tx records) error {
	if s == nil {
		return nil
	}
	rev, err := revision(ctx, tx, s.Ref)
	s.made.Store(rev)
	return err
}

// Revised gives the revision of what Seen named after the caller's change, 0
// when that took it away; ok is false while there was none.
func (c Caller) Revised() (rev int64, ok bool) {
	if c.seen == nil || !c.seen.done.Load() {
		return 0, false
	}
	return c.seen.made.Load(), true
}

// changed notes that a change of the caller's is durable.
func (c Caller) changed() {
	if c.seen != nil {
		c.seen.done.Store(true)
	}
	if c.once != nil {
		c.once.done.Store(true)
	}
}

func revision(ctx context.Context, from records, r Ref) (int64, error) {
	rec, err := from.Record(ctx, r.collection, r.id)
	if isNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return rec.Rev, nil
}

// Revision gives the revision of a record, which no two states of it share; 0
// when it does not exist. It says nothing of what stands in it.
func (a *App) Revision(ctx context.Context, c Caller, need account.Permission, r Ref) (int64, error) {
	h, err := a.enter(ctx, c, need)
	if err != nil {
		return 0, err
	}
	return revision(ctx, h, r)
}
