// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/policy"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
	"demarc.dev/demarc/store"
)

const (
	policies         = "policy"
	policyTexts      = "policytext" // of published versions
	policyFacts      = "policyfact"
	acknowledgements = "acknowledgement"
)

// PolicyLine is a policy as it stands.
type PolicyLine struct {
	policy.Policy
	State        policy.State  `json:"state"`
	Due          []string      `json:"due,omitempty"`  // why what is in force is to be looked at
	Open         []policy.Open `json:"open,omitempty"` // what the text does not know
	Digest       string        `json:"digest"`
	Approved     int           `json:"approved"`     // people who approved the text as it stands
	Concerned    int           `json:"concerned"`    // members who are to acknowledge what is in force
	Acknowledged int           `json:"acknowledged"` // of these
	Waits        bool          `json:"waits"`        // for the caller to acknowledge it
}

// Policies is the policies of an organisation, and what they can be begun with.
type Policies struct {
	Rows      []PolicyLine      `json:"rows"`      // by id
	Templates []policy.Template `json:"templates"` // of which there is no policy yet
	Unsaid    int               `json:"unsaid"`    // facts that nobody said
	Facts     int               `json:"facts"`     // that are to be said
}

// Policy gives a policy of the list by its id.
func (p *Policies) Policy(id string) (PolicyLine, error) {
	i := slices.IndexFunc(p.Rows, func(l PolicyLine) bool { return l.ID == id })
	if i < 0 {
		return PolicyLine{}, noPolicy(id)
	}
	return p.Rows[i], nil
}

func noPolicy(id string) error {
	return problem.New(problem.NotFound, "there is no policy "+cutWord(id), "the list names them: demarc policy list")
}

// PolicyReader is a member whom a policy in force concerns.
type PolicyReader struct {
	Account string       `json:"account"`
	Person  string       `json:"person"`
	Name    string       `json:"name,omitempty"`
	Role    account.Role `json:"role"`
	At      *time.Time   `json:"at,omitempty"` // when he acknowledged it; nil: he has not
}

// Acknowledgement is somebody's word that he has read a version of a policy.
type Acknowledgement struct {
	Policy  string    `json:"policy"`
	Number  int       `json:"number"`
	Digest  string    `json:"digest"`
	Account string    `json:"account"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
}

// policyGround is what policies refer to and are filled with.
type policyGround struct {
	book    *policy.Book
	cat     *catalogue.Catalogue
	scope   *scope.Scope
	said    policy.Known // by people
	known   policy.Known // with what the scope tells
	members []account.Member
	acks    map[string]Acknowledgement // by their ids
	now     time.Time
}

func (a *App) policyGround(ctx context.Context, from records) (*policyGround, error) {
	g := &policyGround{now: a.now().UTC(), acks: map[string]Acknowledgement{}}
	var err error
	if g.book, err = a.policies(); err != nil {
		return nil, err
	}
	if g.cat, err = a.Catalogue(); err != nil {
		return nil, err
	}
	s, _, err := get[scope.Scope](ctx, from, scopes, current)
	if err != nil {
		return nil, err
	}
	g.scope = &s
	if g.said, _, err = get[policy.Known](ctx, from, policyFacts, current); err != nil {
		return nil, err
	}
	g.known = policy.FromScope(g.scope)
	for id, v := range g.said {
		g.known[id] = v
	}
	if g.members, err = list[account.Member](ctx, from, members); err != nil {
		return nil, err
	}
	all, err := list[Acknowledgement](ctx, from, acknowledgements)
	for _, k := range all {
		g.acks[ackID(k.Policy, k.Number, k.Account)] = k
	}
	return g, err
}

func ackID(id string, number int, account string) string {
	if account == "" {
		account = "local"
	}
	return fmt.Sprintf("%s.%d.%s", id, number, account)
}

// of gives the facts of today as a policy is filled with them.
func (g *policyGround) of(p policy.Policy) policy.Known {
	owner := ""
	if x, ok := g.scope.Person(p.Owner); ok && x.Active {
		owner = x.Name
	}
	return p.With(g.known, owner)
}

// bound gives those that a policy rests on.
func (g *policyGround) bound(p policy.Policy) policy.Known {
	t, _ := g.book.Template(p.Template)
	return p.Of(t.Asks(), g.of(p))
}

func (g *policyGround) world() policy.World {
	w := policy.World{Duty: func(id string) bool { _, ok := g.cat.Duty(id); return ok }}
	if len(g.scope.People) > 0 {
		w.Person = func(id string) bool { p, ok := g.scope.Person(id); return ok && p.Active }
	}
	for _, r := range account.Roles() {
		w.Roles = append(w.Roles, string(r))
	}
	return w
}

// readers gives the members whom the issue in force concerns, by login. Who looks
// in from outside is bound by no policy.
func (g *policyGround) readers(p policy.Policy) []PolicyReader {
	i := p.InForce()
	if i == nil {
		return nil
	}
	var out []PolicyReader
	for _, m := range g.members {
		if m.Role == account.ExternalAuditor || m.Until != nil && !m.Until.After(g.now) || len(m.Services) > 0 || len(i.Audience) > 0 && !slices.Contains(i.Audience, string(m.Role)) {
			continue
		}
		r := PolicyReader{Account: m.Account, Person: m.Person, Name: m.Name, Role: m.Role}
		if k, ok := g.acks[ackID(p.ID, i.Number, m.Account)]; ok && k.Digest == i.Digest {
			r.At = &k.At
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b PolicyReader) int { return strings.Compare(a.Person, b.Person) })
	return out
}

func (g *policyGround) line(p policy.Policy, account string) PolicyLine {
	known := g.of(p)
	l := PolicyLine{Policy: p, State: p.State(g.now, known), Due: p.Due(g.now, known), Open: policy.Questions(p.Text), Digest: p.Digest(), Approved: len(p.Valid())}
	for _, r := range g.readers(p) {
		l.Concerned++
		if r.At != nil {
			l.Acknowledged++
		} else if account != "" && r.Account == account {
			l.Waits = true
		}
	}
	return l
}

// Policies gives the policies of the organisation as they stand.
func (a *App) Policies(ctx context.Context, c Caller) (*Policies, error) {
	h, err := a.enter(ctx, c, account.ReadPolicy)
	if err != nil {
		return nil, err
	}
	g, err := a.policyGround(ctx, h)
	if err != nil {
		return nil, err
	}
	all, err := list[policy.Policy](ctx, h, policies)
	if err != nil {
		return nil, err
	}
	out := &Policies{Rows: []PolicyLine{}}
	drafted := map[string]bool{}
	for _, p := range all {
		out.Rows = append(out.Rows, g.line(p, c.pass.account))
		drafted[p.ID] = true
	}
	slices.SortFunc(out.Rows, func(x, y PolicyLine) int { return strings.Compare(x.ID, y.ID) })
	for _, t := range g.book.Templates {
		if !drafted[t.ID] {
			out.Templates = append(out.Templates, t)
		}
	}
	for _, f := range g.book.Facts {
		if f.Derived {
			continue
		}
		if out.Facts++; g.said[f.ID] == "" {
			out.Unsaid++
		}
	}
	return out, nil
}

// PolicyView is one policy, with the text that is in force and who read it.
type PolicyView struct {
	PolicyLine
	InForce string            `json:"in_force,omitempty"` // the text that holds; empty: none does
	Missing []string          `json:"missing,omitempty"`  // facts that changed since the text was filled
	Says    map[string]string `json:"-"`                  // what each duty asks, by its id
	Readers []PolicyReader    `json:"readers,omitempty"`  // whom it concerns; only to who may see the members
	Begun   *policy.Template  `json:"-"`                  // the template that it was drafted from
}

// Policy gives one policy.
func (a *App) Policy(ctx context.Context, c Caller, id string) (*PolicyView, error) {
	h, err := a.enter(ctx, c, account.ReadPolicy)
	if err != nil {
		return nil, err
	}
	p, g, err := a.onePolicy(ctx, h, id)
	if err != nil {
		return nil, err
	}
	out := &PolicyView{PolicyLine: g.line(p, c.pass.account), Says: map[string]string{}}
	if i := p.InForce(); i != nil {
		if out.InForce, err = policyText(ctx, h, id, i.Number); err != nil {
			return nil, err
		}
	}
	out.Missing = policy.Since(p.Facts, g.of(p))
	for _, d := range append(policy.Duties(p.Text), policy.Duties(out.InForce)...) {
		duty, _ := g.cat.Duty(d)
		out.Says[d] = duty.Text
	}
	if t, ok := g.book.Template(p.Template); ok {
		out.Begun = &t
	}
	if h.member.Check(account.ReadMember, g.now) == nil {
		out.Readers = g.readers(p)
	}
	return out, nil
}

func (a *App) onePolicy(ctx context.Context, from records, id string) (policy.Policy, *policyGround, error) {
	p, ok, err := get[policy.Policy](ctx, from, policies, id)
	if err == nil && !ok {
		err = noPolicy(id)
	}
	if err != nil {
		return p, nil, err
	}
	g, err := a.policyGround(ctx, from)
	return p, g, err
}

// policyText gives the text of a published version.
func policyText(ctx context.Context, from records, id string, number int) (string, error) {
	text, ok, err := get[string](ctx, from, policyTexts, fmt.Sprintf("%s.%d", id, number))
	if err == nil && !ok {
		err = problem.Newf(problem.NotFound, "the policy %s has no version %d", cutWord(id), number).WithHint("its page lists the versions")
	}
	return text, err
}

// PolicyText gives the text of a version of a policy: 0 is the one that is being
// worked on.
func (a *App) PolicyText(ctx context.Context, c Caller, id string, number int) (string, error) {
	h, err := a.enter(ctx, c, account.ReadPolicy)
	if err != nil {
		return "", err
	}
	p, ok, err := get[policy.Policy](ctx, h, policies, id)
	switch {
	case err != nil:
		return "", err
	case !ok:
		return "", noPolicy(id)
	case number == 0:
		return p.Text, nil
	}
	return policyText(ctx, h, id, number)
}

// PolicyDiff compares two versions of a policy; 0 is the text that is being
// worked on.
func (a *App) PolicyDiff(ctx context.Context, c Caller, id string, from, to int) ([]policy.Piece, error) {
	was, err := a.PolicyText(ctx, c, id, from)
	if err != nil {
		return nil, err
	}
	now, err := a.PolicyText(ctx, c, id, to)
	if err != nil {
		return nil, err
	}
	return policy.Diff(was, now), nil
}

// DraftPolicies makes policies of templates, of all of which there is none yet
// when no id is named, owned by a person of the scope; nobody for an empty one.
// What exists stays as it is.
func (a *App) DraftPolicies(ctx context.Context, c Caller, ids []string, owner string) (drafted int, err error) {
	h, err := a.enter(ctx, c, account.EditPolicy)
	if err != nil {
		return 0, err
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		drafted = 0
		g, err := a.policyGround(ctx, tx)
		if err != nil {
			return err
		}
		if g.scope.Organisation.ID == "" {
			return problem.New(problem.Invalid, "there is no scope yet: a template is filled with what it says", "write the scope first")
		}
		chosen, err := g.chosen(ids)
		if err != nil {
			return err
		}
		if w := g.world(); owner != "" && w.Person != nil && !w.Person(owner) {
			return problem.New(problem.Invalid, "owner: nobody in the scope is called "+cutWord(owner)+", or the person has left", "demarc scope show lists the people")
		}
		for _, t := range chosen {
			if _, ok, err := get[policy.Policy](ctx, tx, policies, t.ID); err != nil || ok {
				if err != nil {
					return err
				}
				continue
			}
			if err := h.putPolicy(tx, g.drafted(t, owner), "policy.drafted"); err != nil {
				return err
			}
			drafted++
		}
		return nil
	})
	return drafted, err
}

func (g *policyGround) chosen(ids []string) ([]policy.Template, error) {
	if len(ids) == 0 {
		return g.book.Templates, nil
	}
	var out []policy.Template
	for _, id := range ids {
		t, ok := g.book.Template(id)
		if !ok {
			return nil, problem.New(problem.NotFound, "there is no template "+cutWord(id), "demarc policy template lists them")
		}
		out = append(out, t)
	}
	return out, nil
}

func (g *policyGround) drafted(t policy.Template, owner string) policy.Policy {
	p := policy.Policy{ID: t.ID, Template: t.ID, Title: t.Title, Owner: owner, Audience: t.Audience, Every: t.Every, Quorum: 1}
	p.Text = g.book.Fill(t, g.of(p), policy.Parties(g.scope), g.cat.Duty)
	p.Facts = g.bound(p)
	return p
}

// putPolicy writes a policy down as the caller changed it.
func (h *hall) putPolicy(tx *store.Tx, p policy.Policy, kind string) error {
	p.By, p.At = string(h.caller.Actor), h.now().UTC()
	p.Version++
	return tx.Put(policies, p.ID, p, store.Event{Kind: kind, Actor: h.caller.Actor})
}
