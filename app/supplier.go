// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
	"demarc.dev/demarc/store"
	"demarc.dev/demarc/supplier"
)

// suppliers is the collection of what is known of suppliers besides the scope.
const suppliers = "supplier"

// keptSupplier is a supplier as it is kept.
type keptSupplier struct {
	Supplier  supplier.Supplier   `json:"supplier"`
	Decisions []supplier.Decision `json:"decisions,omitempty"` // the newest last
}

// SupplierReading is a supplier of the scope with what follows of it.
type SupplierReading struct {
	ID        string              `json:"id"` // of the provider's name: "postrider-mail-ltd"
	Name      string              `json:"name"`
	Services  []scope.Service     `json:"services"`
	Supplier  supplier.Supplier   `json:"supplier"`
	Standings []supplier.Standing `json:"standings"` // of its assurances
	Score     supplier.Score      `json:"score"`
	Adverse   int                 `json:"adverse"` // passages of its agreements that agree the contrary
	State     supplier.State      `json:"state"`
	Decision  *supplier.Decision  `json:"decision,omitempty"` // the newest
	Past      []supplier.Decision `json:"past,omitempty"`     // those before
	Clauses   []SupplierClause    `json:"clauses,omitempty"`
}

// SupplierClause is what an agreement says on the topic of a question.
type SupplierClause struct {
	Topic     string          `json:"topic"`
	Agreement string          `json:"agreement"`
	Name      string          `json:"name"`
	Key       string          `json:"key"`
	State     agreement.State `json:"state"`
}

// Of gives what the agreements say on a topic.
func (r SupplierReading) Of(topic string) []SupplierClause {
	return slices.DeleteFunc(slices.Clone(r.Clauses), func(c SupplierClause) bool { return c.Topic != topic })
}

// supplierID makes an id of a provider's name.
func supplierID(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			return strings.Trim(b.String(), "-")
		}
	}
	return cmp.Or(strings.Trim(b.String(), "-"), "unnamed")
}

// Suppliers gives the suppliers of the services that the scope consumes, those
// on which most rests first.
func (a *App) Suppliers(ctx context.Context, c Caller) ([]SupplierReading, error) {
	h, err := a.enter(ctx, c, account.ReadAgreement)
	if err != nil {
		return nil, err
	}
	sc, err := scopeOf(ctx, h, h.ID())
	if isNotFound(err) {
		return []SupplierReading{}, nil
	}
	if err != nil {
		return nil, err
	}
	sc = h.narrowScope(sc)
	byID := map[string]*SupplierReading{}
	for _, v := range sc.Services {
		if v.Role != scope.Consumes {
			continue
		}
		name := cmp.Or(v.Provider, v.Name)
		id := supplierID(name)
		if byID[id] == nil {
			byID[id] = &SupplierReading{ID: id, Name: name}
		}
		byID[id].Services = append(byID[id].Services, v)
	}
	clauses, err := h.clauses(ctx)
	if err != nil {
		return nil, err
	}
	q, err := supplier.Shipped()
	if err != nil {
		return nil, err
	}
	out := []SupplierReading{}
	for _, r := range byID {
		k, _, err := get[keptSupplier](ctx, h, suppliers, r.ID)
		if err != nil {
			return nil, err
		}
		r.derive(k, q, sc.Services, clauses, a.now().UTC())
		out = append(out, *r)
	}
	slices.SortFunc(out, func(x, y SupplierReading) int {
		return cmp.Or(cmp.Compare(y.Score.Tier.Level, x.Score.Tier.Level), strings.Compare(x.ID, y.ID))
	})
	return out, nil
}

// serviceClause is a finding of an agreement about a service.
type serviceClause struct {
	service string
	SupplierClause
}

// clauses gives what the agreements say against the pack of ISO/IEC 27017.
func (h *hall) clauses(ctx context.Context) ([]serviceClause, error) {
	all, err := list[Agreement](ctx, h, agreements)
	if err != nil {
		return nil, err
	}
	var out []serviceClause
	for _, g := range all {
		if g.Service == "" {
			continue
		}
		_, review, err := h.unpackAgreement(g.Versions[g.Latest()-1])
		if err != nil {
			return nil, err
		}
		seen := map[string]bool{}
		for _, f := range review.Findings {
			if !seen[f.Topic] { // the first pack that asks for it
				seen[f.Topic] = true
				state, _ := f.Settled(g.Decisions)
				out = append(out, serviceClause{g.Service, SupplierClause{f.Topic, g.ID, g.Name, f.Key(), state}})
			}
		}
	}
	return out, nil
}

func (r *SupplierReading) derive(k keptSupplier, q supplier.Questionnaire, all []scope.Service, clauses []serviceClause, now time.Time) {
	for _, c := range clauses {
		if slices.ContainsFunc(r.Services, func(v scope.Service) bool { return v.ID == c.service }) {
			r.Clauses = append(r.Clauses, c.SupplierClause)
			if c.State == agreement.Adverse {
				r.Adverse++
			}
		}
	}
	r.Supplier = k.Supplier
	r.Standings = k.Supplier.Standings(r.Services, now)
	r.Score = k.Supplier.ScoreOf(q, r.Services, all, r.Adverse, now)
	if n := len(k.Decisions); n > 0 {
		r.Decision, r.Past = &k.Decisions[n-1], k.Decisions[:n-1]
	}
	r.State = supplier.StateOf(k.Supplier, r.Decision, r.digest(), now)
}

func (r *SupplierReading) digest() string { return r.Supplier.Digest(r.Score.Tier, r.Adverse) }

// Supplier gives one supplier.
func (a *App) Supplier(ctx context.Context, c Caller, id string) (SupplierReading, error) {
	all, err := a.Suppliers(ctx, c)
	if err != nil {
		return SupplierReading{}, err
	}
	i := slices.IndexFunc(all, func(r SupplierReading) bool { return r.ID == id })
	if i < 0 {
		return SupplierReading{}, problem.New(problem.NotFound, fmt.Sprintf("there is no supplier %q", cutWord(id)), "suppliers are the providers of the services that the scope consumes")
	}
	return all[i], nil
}

// changeSupplier changes what is kept of a supplier of the scope.
func (a *App) changeSupplier(ctx context.Context, c Caller, need account.Permission, id, kind string, change func(*keptSupplier) error) error {
	h, err := a.enter(ctx, c, need)
	if err != nil {
		return err
	}
	return h.Update(ctx, func(tx *store.Tx) error {
		k, _, err := get[keptSupplier](ctx, tx, suppliers, id)
		if err != nil {
			return err
		}
		if err := change(&k); err != nil {
			return err
		}
		return tx.Put(suppliers, id, k, store.Event{Kind: kind, Actor: c.Actor})
	})
}

// SetSupplier takes what is known of a supplier in, as a file: all of it or
// nothing. Decisions stay, and become stale where something material changed.
func (a *App) SetSupplier(ctx context.Context, c Caller, id, file string, data []byte) (SupplierReading, error) {
	r, err := a.Supplier(ctx, c, id)
	if err != nil {
		return r, err
	}
	q, err := supplier.Shipped()
	if err != nil {
		return r, err
	}
	s, err := supplier.Parse(file, data, r.Services, q)
	if err != nil {
		return r, err
	}
	if err := a.changeSupplier(ctx, c, account.EditAgreement, id, "supplier.changed", func(k *keptSupplier) error {
		k.Supplier = s
		return nil
	}); err != nil {
		return r, err
	}
	return a.Supplier(ctx, c, id)
}

// AnswerSupplier writes answers down; those to other questions stay, and an
// answer without a reply is taken away.
func (a *App) AnswerSupplier(ctx context.Context, c Caller, id string, answers []supplier.Answer) (SupplierReading, error) {
	r, err := a.Supplier(ctx, c, id)
	if err != nil {
		return r, err
	}
	q, err := supplier.Shipped()
	if err != nil {
		return r, err
	}
	if err := a.changeSupplier(ctx, c, account.EditAgreement, id, "supplier.answered", func(k *keptSupplier) error {
		next := k.Supplier
		for _, x := range answers {
			next.Answers = slices.DeleteFunc(slices.Clone(next.Answers), func(y supplier.Answer) bool { return y.Question == x.Question })
			if x.Answer != "" {
				next.Answers = append(next.Answers, x)
			}
		}
		data, err := next.Encode()
		if err != nil {
			return err
		}
		k.Supplier, err = supplier.Parse("answers", data, r.Services, q)
		return err
	}); err != nil {
		return r, err
	}
	return a.Supplier(ctx, c, id)
}

// DecideSupplier keeps the word of whoever answers for a supplier. Of d,
// Verdict, Conditions, Note and Until are the caller's.
func (a *App) DecideSupplier(ctx context.Context, c Caller, id string, d supplier.Decision) (SupplierReading, error) {
	r, err := a.Supplier(ctx, c, id)
	if err != nil {
		return r, err
	}
	now := a.now().UTC()
	if err := d.Check(now); err != nil {
		return r, err
	}
	if len(r.Supplier.Answers) == 0 && d.Verdict != supplier.Reject {
		return r, problem.New(problem.Invalid, "nothing is known of the supplier yet", "write its answers down first, or reject it")
	}
	by, err := a.Signer(ctx, c)
	if err != nil {
		return r, err
	}
	d.By, d.At, d.Digest, d.Left = by, now, r.digest(), r.Score.Left
	was, err := r.Supplier.Encode()
	if err != nil {
		return r, err
	}
	if err := a.changeSupplier(ctx, c, account.ReviewAgreement, id, "supplier.decided", func(k *keptSupplier) error {
		is, err := k.Supplier.Encode()
		if err == nil && string(is) != string(was) {
			err = problem.New(problem.Conflict, "the supplier was changed meanwhile", "look at it and decide again")
		}
		if err != nil {
			return err
		}
		k.Decisions = append(k.Decisions, d)
		return nil
	}); err != nil {
		return r, err
	}
	return a.Supplier(ctx, c, id)
}

// supplierWork is what is due about suppliers: assurances and decisions that
// end, conditions, and those on which much rests and nobody decided.
func (a *App) supplierWork(ctx context.Context, c Caller, m account.Member) ([]Work, error) {
	if !m.Role.May(account.ReviewAgreement) {
		return nil, nil
	}
	all, err := a.Suppliers(ctx, c)
	var out []Work
	due := func(what, at, day string) {
		if t, err := time.Parse(time.DateOnly, day); err == nil && a.now().AddDate(0, 0, 90).After(t) {
			out = append(out, Work{What: what, Where: at, Due: &t, Late: a.now().After(t.AddDate(0, 0, 1))})
		}
	}
	for _, r := range all {
		at := "/supplier/" + r.ID
		for _, s := range r.Standings {
			due(fmt.Sprintf("The %s of %s ends", s.Kind, cutWord(r.Name)), at, s.Ends)
		}
		switch r.State {
		case supplier.Unasked, supplier.Answered, supplier.Stale:
			if r.Score.Tier.Level >= 3 && (r.Decision != nil || len(r.Supplier.Answers) > 0) {
				out = append(out, Work{What: "Decide on the supplier " + cutWord(r.Name) + ": " + r.State.Says(), Where: at})
			}
		default:
			due("Look at the supplier "+cutWord(r.Name)+" again", at, r.Decision.Until)
			for _, x := range r.Decision.Conditions {
				due("A condition for "+cutWord(r.Name)+": "+cutWord(x.What), at, x.Due)
			}
		}
	}
	return out, err
}
