// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
	"demarc.dev/demarc/store"
)

// NonconformityLine is a nonconformity with what is derived at a moment.
type NonconformityLine struct {
	audit.Nonconformity
	State   audit.NonconformityState `json:"state"`
	Overdue []string                 `json:"overdue,omitempty"` // what of it is late
	PlanDue audit.Day                `json:"plan_due,omitempty"`
}

func nonconformityLine(n audit.Nonconformity, now time.Time) NonconformityLine {
	return NonconformityLine{n, n.State(), n.Overdue(now), n.PlanDue()}
}

// Nonconformities gives what was raised: what is overdue first, then the worse
// grade, then the older; what is closed last.
func (a *App) Nonconformities(ctx context.Context, c Caller) ([]NonconformityLine, error) {
	all, err := listed[audit.Nonconformity](ctx, a, c, account.ReadAudit, nonconformities)
	if err != nil {
		return nil, err
	}
	out := make([]NonconformityLine, len(all))
	for i, n := range all {
		out[i] = nonconformityLine(n, a.now().UTC())
	}
	rank := func(n NonconformityLine) int {
		switch {
		case n.State == audit.Closed:
			return 9
		case len(n.Overdue) > 0:
			return 0
		}
		return 1 + slices.Index(audit.Results(), n.Grade)
	}
	slices.SortFunc(out, func(x, y NonconformityLine) int {
		return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(number(x.ID), number(y.ID)))
	})
	return out, nil
}

// Nonconformity gives one.
func (a *App) Nonconformity(ctx context.Context, c Caller, id string) (NonconformityLine, error) {
	h, err := a.enter(ctx, c, account.ReadAudit)
	if err != nil {
		return NonconformityLine{}, err
	}
	n, err := h.nonconformity(ctx, h, id)
	return nonconformityLine(n, a.now().UTC()), err
}

func (h *hall) nonconformity(ctx context.Context, from records, id string) (audit.Nonconformity, error) {
	n, ok, err := get[audit.Nonconformity](ctx, from, nonconformities, id)
	if err == nil && !ok {
		err = problem.New(problem.NotFound, "there is no nonconformity "+cutWord(id), "demarc nonconformity list names them")
	}
	return n, err
}

// RaiseNonconformity writes down what somebody else than an internal audit found:
// the certifier, an incident, a complaint, monitoring. Of n what is raised counts.
func (a *App) RaiseNonconformity(ctx context.Context, c Caller, n audit.Nonconformity) (audit.Nonconformity, error) {
	h, err := a.enter(ctx, c, account.ConductAudit)
	if err != nil {
		return n, err
	}
	n = audit.Nonconformity{Source: n.Source, Grade: n.Grade, Requirement: strings.TrimSpace(n.Requirement), Where: strings.TrimSpace(n.Where), Statement: strings.TrimSpace(n.Statement), Evidence: strings.TrimSpace(n.Evidence), Due: n.Due}
	if n.Source == audit.OfAudit {
		return n, problem.New(problem.Invalid, "source: an internal audit raises with the answer to a question", "answer the question of its checklist")
	}
	err = h.Update(ctx, func(tx *store.Tx) error { return h.raise(ctx, tx, &n) })
	return n, err
}

// raise writes down what was raised, under a new id when it has none.
func (h *hall) raise(ctx context.Context, tx *store.Tx, n *audit.Nonconformity) (err error) {
	kind := "nonconformity.changed"
	if n.ID == "" {
		kind, n.Raised = "nonconformity.raised", h.mark()
		if n.ID, err = next(ctx, tx, nonconformities, "n"); err != nil {
			return err
		}
	}
	if n.Audit != "" || n.Due == "" {
		n.Due = audit.DueOf(n.Grade, n.Raised.At)
	}
	if err := n.Validate(); err != nil {
		return err
	}
	n.Version++
	return tx.Put(nonconformities, n.ID, *n, store.Event{Kind: kind, Actor: h.caller.Actor})
}

// TreatNonconformity writes down what is done about it: of n, Cause, Similar,
// Correction, Corrected, Actions and Decision count. seen is the version that the
// caller saw.
func (a *App) TreatNonconformity(ctx context.Context, c Caller, n audit.Nonconformity, seen int) (NonconformityLine, error) {
	return a.turnNonconformity(ctx, c, account.TreatNonconformity, n.ID, seen, "nonconformity.treated", func(h *hall, tx *store.Tx, was *audit.Nonconformity) error {
		people, err := activePeople(ctx, tx)
		if err != nil {
			return err
		}
		was.Cause, was.Similar, was.Correction, was.Corrected, was.Actions, was.Decision = strings.TrimSpace(n.Cause), strings.TrimSpace(n.Similar), strings.TrimSpace(n.Correction), n.Corrected, n.Actions, strings.TrimSpace(n.Decision)
		if i := slices.IndexFunc(was.Treated, func(m audit.Mark) bool { return m.By == string(c.Actor) }); i >= 0 {
			was.Treated[i] = h.mark()
		} else {
			was.Treated = append(was.Treated, h.mark())
		}
		return was.ValidateTreatment(people, a.now().UTC())
	})
}

// VerifyNonconformity says whether what was done works, by somebody who had no
// hand in it. When it works, the nonconformity is closed.
func (a *App) VerifyNonconformity(ctx context.Context, c Caller, id string, seen int, effective bool, words string) (NonconformityLine, error) {
	return a.turnNonconformity(ctx, c, account.VerifyNonconformity, id, seen, "nonconformity.verified", func(h *hall, tx *store.Tx, n *audit.Nonconformity) error {
		s, _, err := get[scope.Scope](ctx, tx, scopes, current)
		if err != nil {
			return err
		}
		if err := n.Verifiable(h.known(&s), words); err != nil {
			return err
		}
		n.Verifications = append(n.Verifications, audit.Verification{Mark: h.mark(), Effective: effective, Words: strings.TrimSpace(words), Actions: len(n.Actions)})
		return nil
	})
}

func (a *App) turnNonconformity(ctx context.Context, c Caller, need account.Permission, id string, seen int, kind string, change func(*hall, *store.Tx, *audit.Nonconformity) error) (NonconformityLine, error) {
	var n audit.Nonconformity
	h, err := a.enter(ctx, c, need)
	if err != nil {
		return NonconformityLine{}, err
	}
	err = h.Update(ctx, func(tx *store.Tx) (err error) {
		if n, err = h.nonconformity(ctx, tx, id); err != nil {
			return err
		}
		if err := meanwhile(id, n.Version, seen); err != nil {
			return err
		}
		if err := change(h, tx, &n); err != nil {
			return err
		}
		n.Version++
		return tx.Put(nonconformities, id, n, store.Event{Kind: kind, Actor: c.Actor})
	})
	return nonconformityLine(n, a.now().UTC()), err
}

// activePeople gives the ids of the people of the scope who have not left; none
// when the scope keeps no people.
func activePeople(ctx context.Context, from records) ([]string, error) {
	s, _, err := get[scope.Scope](ctx, from, scopes, current)
	var out []string
	for _, p := range s.People {
		if p.Active {
			out = append(out, p.ID)
		}
	}
	return out, err
}

// auditWork gives what waits for the caller of audits and nonconformities.
func (a *App) auditWork(ctx context.Context, c Caller, m account.Member) ([]Work, error) {
	treat, verify, conduct := m.Role.May(account.TreatNonconformity), m.Role.May(account.VerifyNonconformity), m.Role.May(account.ConductAudit)
	if !treat && !verify && !conduct {
		return nil, nil
	}
	all, err := a.Nonconformities(ctx, c)
	if err != nil {
		return nil, err
	}
	var out []Work
	for _, n := range all {
		where, what := "/nonconformity/"+n.ID, string(n.Grade)+" "+n.ID+": "+cutWord(n.Statement)
		due := func(d audit.Day) (*time.Time, bool) {
			if d == "" {
				return nil, false
			}
			t := d.Time()
			return &t, d.Before(a.now())
		}
		w := Work{Where: where}
		switch n.State {
		case audit.Raised, audit.Analysed, audit.NotEffective:
			if !treat {
				continue
			}
			w.What = "Say why it came to it and what will be done, " + what
			w.Due, w.Late = due(n.PlanDue)
		case audit.Acting:
			if !treat {
				continue
			}
			next := slices.MinFunc(openActions(n.Actions), func(x, y audit.Action) int { return cmp.Compare(x.Due, y.Due) })
			w.What = "Corrective action of " + n.ID + ": " + cutWord(next.What)
			w.Due, w.Late = due(next.Due)
		case audit.ToVerify:
			if !verify {
				continue
			}
			w.What = "Look whether what was done works, " + what
			w.Due, w.Late = due(n.Due)
		default:
			continue
		}
		out = append(out, w)
	}
	if !conduct {
		return out, nil
	}
	p, err := a.Programme(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, x := range p.Audits {
		if x.State == audit.Due || x.State == audit.UnderWay || x.State == audit.Late {
			ends := x.Ends.Time()
			out = append(out, Work{What: "Internal audit " + x.ID + ", " + cutWord(x.Title), Where: "/audit/" + x.ID, Due: &ends, Late: x.State == audit.Late})
		}
	}
	return out, nil
}

func openActions(all []audit.Action) []audit.Action {
	return slices.DeleteFunc(slices.Clone(all), func(x audit.Action) bool { return x.Done != "" })
}
