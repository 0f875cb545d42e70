// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"slices"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/applicability"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/policy"
	"demarc.dev/demarc/store"
)

// PolicyFact is a fact with what is known of it.
type PolicyFact struct {
	policy.Fact
	Value string   `json:"value,omitempty"` // empty: nobody knows
	Asked []string `json:"asked,omitempty"` // titles of the templates that ask for it
}

// PolicyFacts gives the facts that policies are filled with. Those that are of
// one policy, its owner and its interval, are not among them.
func (a *App) PolicyFacts(ctx context.Context, c Caller) ([]PolicyFact, error) {
	h, err := a.enter(ctx, c, account.ReadPolicy)
	if err != nil {
		return nil, err
	}
	g, err := a.policyGround(ctx, h)
	if err != nil {
		return nil, err
	}
	var out []PolicyFact
	for _, f := range g.book.Facts {
		if strings.HasPrefix(f.ID, "policy.") {
			continue
		}
		x := PolicyFact{Fact: f, Value: g.known[f.ID]}
		for _, t := range g.book.Templates {
			if slices.Contains(t.Asks(), f.ID) {
				x.Asked = append(x.Asked, t.Title)
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// SetPolicyFacts writes down what the organisation says about the facts that it
// names; an empty word takes back what was said. Others stay. A policy in force
// that was filled with another word is to be looked at again.
func (a *App) SetPolicyFacts(ctx context.Context, c Caller, said policy.Known) (policy.Known, error) {
	h, err := a.enter(ctx, c, account.EditPolicy)
	if err != nil {
		return nil, err
	}
	book, err := a.policies()
	if err != nil {
		return nil, err
	}
	fresh := policy.Known{}
	for id, v := range said {
		fresh[id] = strings.TrimSpace(v)
	}
	if err := book.CheckFacts(fresh); err != nil {
		return nil, err
	}
	var all policy.Known
	err = h.Update(ctx, func(tx *store.Tx) error {
		was, _, err := get[policy.Known](ctx, tx, policyFacts, current)
		if err != nil {
			return err
		}
		all = policy.Known{}
		for _, from := range []policy.Known{was, fresh} {
			for id, v := range from {
				if all[id] = v; v == "" {
					delete(all, id)
				}
			}
		}
		if len(policy.Since(was, all)) == 0 && len(was) == len(all) {
			return nil
		}
		return tx.Put(policyFacts, current, all, store.Event{Kind: "policy.facts", Actor: c.Actor})
	})
	return all, err
}

// PolicyCoverage is what speaks of each duty of the organisation's side.
type PolicyCoverage struct {
	Edition   catalogue.Edition `json:"edition"`
	Duties    []policy.Touch    `json:"duties"`
	Untouched int               `json:"untouched"`  // that no check, answer or policy speaks of
	WordsOnly int               `json:"words_only"` // that only a policy speaks of
	Promised  int               `json:"promised"`   // that some policy speaks of
}

// PolicyCoverage tells for each duty of the organisation's side what speaks of
// it: a policy, a check or somebody's answer. An empty edition is that of the
// newest assessment.
func (a *App) PolicyCoverage(ctx context.Context, c Caller, ed catalogue.Edition) (*PolicyCoverage, error) {
	h, err := a.enter(ctx, c, account.ReadPolicy)
	if err != nil {
		return nil, err
	}
	g, err := a.policyGround(ctx, h)
	if err != nil {
		return nil, err
	}
	if ed == "" {
		ed = catalogue.Edition2026
		if run, err := a.Run(ctx, c, ""); err == nil {
			ed = run.Edition
		} else if !isNotFound(err) {
			return nil, err
		}
	}
	texts, err := policiesSay(ctx, h)
	if err != nil {
		return nil, err
	}
	checked, answered, err := touching(ctx, h, g.cat)
	if err != nil {
		return nil, err
	}
	var duties []catalogue.Duty
	for _, p := range policy.Parties(g.scope) {
		duties = append(duties, g.cat.Duties(ed, p)...)
	}
	out := &PolicyCoverage{Edition: ed, Duties: policy.Coverage(duties, texts, func(d string) bool { return checked[d] }, func(d string) bool { return answered[d] })}
	for _, t := range out.Duties {
		switch {
		case t.Untouched():
			out.Untouched++
		case t.WordsOnly():
			out.WordsOnly++
		}
		if len(t.Promised) > 0 {
			out.Promised++
		}
	}
	return out, nil
}

// policiesSay gives the texts of the policies: of each the one in force, or the
// one that is being written while none is.
func policiesSay(ctx context.Context, from records) ([]policy.Text, error) {
	all, err := list[policy.Policy](ctx, from, policies)
	if err != nil {
		return nil, err
	}
	var out []policy.Text
	for _, p := range all {
		t := policy.Text{Policy: p.ID, Title: p.Title, Text: p.Text}
		if p.Retired != nil {
			continue
		}
		if i := p.InForce(); i != nil {
			t.InForce = true
			if t.Text, err = policyText(ctx, from, p.ID, i.Number); err != nil {
				return nil, err
			}
		}
		out = append(out, t)
	}
	return out, nil
}

// touching gives the duties that a shipped check bears on, and those that
// somebody answered for.
func touching(ctx context.Context, h *hall, cat *catalogue.Catalogue) (checked, answered map[string]bool, err error) {
	checked, answered = map[string]bool{}, map[string]bool{}
	all, err := Checks(nil)
	if err != nil {
		return nil, nil, err
	}
	for _, x := range all {
		for _, p := range x.Proves {
			checked[p.Duty] = true
		}
	}
	said, _, err := get[[]assess.Attestation](ctx, h, attestations, current)
	for _, x := range said {
		answered[x.Duty] = true
		control, ok := cat.Control(x.Control)
		if x.Control == "" || !ok {
			continue
		}
		for _, d := range control.Duties {
			if x.Party == "" || d.Party == x.Party {
				answered[d.ID] = true
			}
		}
	}
	return checked, answered, err
}

// rulesInForce gives the policies in force by what they speak of.
func (a *App) rulesInForce(ctx context.Context, from records) ([]applicability.Policy, error) {
	all, err := list[policy.Policy](ctx, from, policies)
	if err != nil {
		return nil, err
	}
	book, err := a.policies()
	if err != nil {
		return nil, err
	}
	var out []applicability.Policy
	for _, p := range all {
		if i := p.InForce(); i != nil {
			t, _ := book.Template(p.Template)
			out = append(out, applicability.Policy{ID: p.ID, Title: i.Title, Duties: i.Satisfies, Annex: t.Annex})
		}
	}
	return out, nil
}
