// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
	"demarc.dev/demarc/store"
)

const (
	audits          = "audit"
	programmes      = "programme"
	nonconformities = "nonconformity"
)

// AuditProgramme is the programme of internal audits as it stands: the cycle,
// its audits, and how far it covers what is to be covered.
type AuditProgramme struct {
	audit.Programme
	Usual    bool                `json:"usual"` // nobody set a cycle: it is the one to begin with
	Edition  catalogue.Edition   `json:"edition"`
	Audits   []AuditLine         `json:"audits"` // by their days
	Coverage []audit.Coverage    `json:"coverage"`
	Covers   map[audit.Cover]int `json:"covers"`
	Tally    audit.Tally         `json:"nonconformities"`
	At       time.Time           `json:"-"`
}

// AuditLine is an audit in a list.
type AuditLine struct {
	audit.Audit
	State    audit.State `json:"state"`
	Asked    int         `json:"asked"` // questions of its checklist
	Answered int         `json:"answered"`
	Raised   int         `json:"raised"`
}

// AuditView is one audit with its checklist and what it raised.
type AuditView struct {
	AuditLine
	Questions []QuestionLine      `json:"questions"`
	Findings  []NonconformityLine `json:"findings"`
	Conflicts []string            `json:"conflicts,omitempty"` // auditors whose own work it looks at, as the records stand now
	Valid     bool                `json:"valid"`               // what was concluded is what stands
	At        time.Time           `json:"-"`
}

// QuestionLine is a question with its answer.
type QuestionLine struct {
	audit.Question
	Answer *audit.Answer `json:"answer,omitempty"` // nil: nobody looked yet
}

// auditGround is what audits refer to.
type auditGround struct {
	world audit.World
	scope *scope.Scope
	cycle audit.Programme
	usual bool
}

func (a *App) auditGround(ctx context.Context, from records) (g auditGround, err error) {
	if g.world.Catalogue, err = a.Catalogue(); err != nil {
		return g, err
	}
	s, _, err := get[scope.Scope](ctx, from, scopes, current)
	if err != nil {
		return g, err
	}
	g.scope, g.world.Edition = &s, catalogue.Edition2026
	all, err := list[Run](ctx, from, runs)
	if err != nil {
		return g, err
	}
	if i := lastRun(all); i >= 0 {
		g.world.Edition = all[i].Edition
	}
	for _, v := range s.Services {
		g.world.Services = append(g.world.Services, audit.Side{ID: v.ID, Party: v.Party()})
	}
	var set bool
	if g.cycle, set, err = get[audit.Programme](ctx, from, programmes, current); err == nil && !set {
		g.usual = true
		g.cycle = audit.Programme{Begins: audit.Day(fmt.Sprintf("%d-01-01", a.now().UTC().Year())), Years: 3}
	}
	return g, err
}

// lastRun gives the index of the newest run; -1 when there is none.
func lastRun(all []Run) int {
	last := -1
	for i, r := range all {
		if last < 0 || cmp.Or(r.At.Compare(all[last].At), cmp.Compare(number(r.ID), number(all[last].ID))) > 0 {
			last = i
		}
	}
	return last
}

// Programme gives the programme of internal audits.
func (a *App) Programme(ctx context.Context, c Caller) (*AuditProgramme, error) {
	h, err := a.enter(ctx, c, account.ReadAudit)
	if err != nil {
		return nil, err
	}
	return a.programme(ctx, h)
}

func (a *App) programme(ctx context.Context, from records) (*AuditProgramme, error) {
	g, err := a.auditGround(ctx, from)
	if err != nil {
		return nil, err
	}
	out := &AuditProgramme{Programme: g.cycle, Usual: g.usual, Edition: g.world.Edition, Audits: []AuditLine{}, Covers: map[audit.Cover]int{}, At: a.now().UTC()}
	all, err := list[audit.Audit](ctx, from, audits)
	if err != nil {
		return nil, err
	}
	raised, err := list[audit.Nonconformity](ctx, from, nonconformities)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		out.Audits = append(out.Audits, g.line(x, raised, out.At))
	}
	slices.SortStableFunc(out.Audits, func(x, y AuditLine) int {
		return cmp.Or(cmp.Compare(x.Begins, y.Begins), cmp.Compare(number(x.ID), number(y.ID)))
	})
	out.Coverage = g.world.Coverage(g.cycle, all)
	for _, x := range out.Coverage {
		out.Covers[x.Cover]++
	}
	out.Tally = audit.Count(raised, out.At)
	return out, nil
}

func (g auditGround) line(x audit.Audit, raised []audit.Nonconformity, now time.Time) AuditLine {
	l := AuditLine{Audit: x, State: x.State(now)}
	for _, q := range g.world.Questions(x, nil) {
		l.Asked++
		if _, ok := x.Answer(q.ID); ok {
			l.Answered++
		}
	}
	for _, n := range raised {
		if n.Audit == x.ID {
			l.Raised++
		}
	}
	return l
}

// SetProgramme sets the cycle. seen is its version that the caller saw, 0 when
// nobody had set one.
func (a *App) SetProgramme(ctx context.Context, c Caller, p audit.Programme, seen int) (audit.Programme, error) {
	h, err := a.enter(ctx, c, account.ConductAudit)
	if err != nil {
		return p, err
	}
	err = h.Update(ctx, func(tx *store.Tx) error { return h.putProgramme(ctx, tx, &p, seen) })
	return p, err
}

func (h *hall) putProgramme(ctx context.Context, tx *store.Tx, p *audit.Programme, seen int) error {
	was, _, err := get[audit.Programme](ctx, tx, programmes, current)
	if err != nil {
		return err
	}
	if err := meanwhile("the programme", was.Version, seen); err != nil {
		return err
	}
	if err := p.Validate(); err != nil {
		return err
	}
	p.Version, p.Mark = was.Version+1, h.mark()
	return tx.Put(programmes, current, *p, store.Event{Kind: "programme.set", Actor: h.caller.Actor})
}

// meanwhile tells of a record that is at another version than was seen.
func meanwhile(what string, is, seen int) error {
	if is == seen {
		return nil
	}
	return problem.Newf(problem.Conflict, "%s was changed meanwhile: you saw version %d, it is at version %d", what, seen, is).WithHint("open it again, look at what changed, and repeat yours")
}

// mark is the caller, now.
func (h *hall) mark() audit.Mark { return audit.Mark{By: string(h.caller.Actor), At: h.now().UTC()} }

// ProposeAudits plans an audit for each year of the cycle that has none, so that
// every subject is looked at once; their auditors are to be named.
func (a *App) ProposeAudits(ctx context.Context, c Caller) (made []audit.Audit, err error) {
	h, err := a.enter(ctx, c, account.ConductAudit)
	if err != nil {
		return nil, err
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		g, err := a.auditGround(ctx, tx)
		if err != nil {
			return err
		}
		if g.usual {
			if err := h.putProgramme(ctx, tx, &g.cycle, 0); err != nil {
				return err
			}
		}
		all, err := list[audit.Audit](ctx, tx, audits)
		if err != nil {
			return err
		}
		made = g.world.Propose(g.cycle, all, a.now())
		for i := range made {
			if made[i].ID, err = next(ctx, tx, audits, "a"); err != nil {
				return err
			}
			made[i].Version = 1
			if err := tx.Put(audits, made[i].ID, made[i], store.Event{Kind: "audit.planned", Actor: c.Actor}); err != nil {
				return err
			}
		}
		return nil
	})
	return made, err
}

// SetAudit plans an audit, under a new id when x has none, or changes a plan.
// seen is the version that the caller saw. Of x the plan counts; what was
// answered, drawn and concluded stays. Whoever is to audit his own work is
// refused with the reasons.
func (a *App) SetAudit(ctx context.Context, c Caller, x audit.Audit, seen int) (audit.Audit, error) {
	h, err := a.enter(ctx, c, account.ConductAudit)
	if err != nil {
		return x, err
	}
	err = h.Update(ctx, func(tx *store.Tx) (err error) {
		if x.ID == "" {
			if x.ID, err = next(ctx, tx, audits, "a"); err != nil {
				return err
			}
		}
		_, err = a.putAudit(ctx, h, tx, &x, seen)
		return err
	})
	return x, err
}

// putAudit writes a plan down with what is kept of the audit, and tells whether
// anything changed. seen below 0 is whatever there is.
func (a *App) putAudit(ctx context.Context, h *hall, tx *store.Tx, x *audit.Audit, seen int) (bool, error) {
	g, err := a.auditGround(ctx, tx)
	if err != nil {
		return false, err
	}
	was, ok, err := get[audit.Audit](ctx, tx, audits, x.ID)
	if err != nil {
		return false, err
	}
	if seen >= 0 {
		if !ok && seen > 0 {
			return false, noAudit(x.ID)
		}
		if err := meanwhile("the audit "+x.ID, was.Version, seen); err != nil {
			return false, err
		}
	}
	if was.Conclusion != nil {
		return false, concludedAlready(x.ID)
	}
	if err := x.Validate(g.world); err != nil {
		return false, err
	}
	own, err := a.ownWork(ctx, tx, g, *x)
	if err != nil {
		return false, err
	}
	if err := x.Independent(own, g.name); err != nil {
		return false, err
	}
	x.Answers, x.Samples, x.Version = was.Answers, was.Samples, was.Version+1
	if ok && samePlan(*x, was) {
		x.Version = was.Version
		return false, nil
	}
	kind := map[bool]string{true: "audit.changed", false: "audit.planned"}[ok]
	return true, tx.Put(audits, x.ID, *x, store.Event{Kind: kind, Actor: h.caller.Actor})
}

func samePlan(x, y audit.Audit) bool {
	x.Version = y.Version
	return x.Digest(nil) == y.Digest(nil)
}

func noAudit(id string) error {
	return problem.New(problem.NotFound, "there is no audit "+cutWord(id), "the programme names them: demarc audit list")
}

func concludedAlready(id string) error {
	return problem.New(problem.Conflict, "the audit "+id+" is concluded: what it asked and found stands", "plan another one")
}

// name gives the name of a person of the scope, or the word itself.
func (g auditGround) name(who string) string {
	if p, ok := g.scope.Person(who); ok {
		return p.Name
	}
	return who
}

// ImportAudits takes a file of plans in: all of it or nothing. Audits that it
// does not name stay.
func (a *App) ImportAudits(ctx context.Context, c Caller, file string, data []byte) (changed int, err error) {
	h, err := a.enter(ctx, c, account.ConductAudit)
	if err != nil {
		return 0, err
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		changed = 0
		g, err := a.auditGround(ctx, tx)
		if err != nil {
			return err
		}
		p, err := audit.ParsePlan(file, data, g.world)
		if err != nil {
			return err
		}
		if p.Programme != nil && (g.usual || g.cycle.Begins != p.Programme.Begins || g.cycle.Years != p.Programme.Years) {
			if err := h.putProgramme(ctx, tx, p.Programme, g.cycle.Version); err != nil {
				return err
			}
			changed++
		}
		for _, x := range p.Audits {
			moved, err := a.putAudit(ctx, h, tx, &x, -1)
			if err != nil {
				return err
			}
			if moved {
				changed++
			}
		}
		return nil
	})
	return changed, err
}

// Audit gives one audit with its checklist and what it raised.
func (a *App) Audit(ctx context.Context, c Caller, id string) (*AuditView, error) {
	h, err := a.enter(ctx, c, account.ReadAudit)
	if err != nil {
		return nil, err
	}
	g, err := a.auditGround(ctx, h)
	if err != nil {
		return nil, err
	}
	x, ok, err := get[audit.Audit](ctx, h, audits, id)
	if err == nil && !ok {
		err = noAudit(id)
	}
	if err != nil {
		return nil, err
	}
	all, err := list[audit.Nonconformity](ctx, h, nonconformities)
	if err != nil {
		return nil, err
	}
	out := &AuditView{AuditLine: g.line(x, all, a.now().UTC()), At: a.now().UTC(), Questions: []QuestionLine{}, Findings: []NonconformityLine{}}
	facts, err := a.auditFacts(ctx, h, g, x)
	if err != nil {
		return nil, err
	}
	for _, q := range g.world.Questions(x, facts) {
		l := QuestionLine{Question: q}
		if said, ok := x.Answer(q.ID); ok {
			l.Answer = &said
		}
		out.Questions = append(out.Questions, l)
	}
	raised := raisedBy(all, id)
	for _, n := range raised {
		out.Findings = append(out.Findings, nonconformityLine(n, out.At))
	}
	own, err := a.ownWork(ctx, h, g, x)
	if err != nil {
		return nil, err
	}
	for _, who := range x.Auditors() {
		for _, why := range own[who] {
			out.Conflicts = append(out.Conflicts, g.name(who)+" "+why)
		}
	}
	out.Valid = x.Conclusion != nil && x.Conclusion.Digest == x.Digest(raised)
	return out, nil
}

func raisedBy(all []audit.Nonconformity, id string) []audit.Nonconformity {
	var out []audit.Nonconformity
	for _, n := range all {
		if n.Audit == id {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(x, y audit.Nonconformity) int { return cmp.Compare(number(x.ID), number(y.ID)) })
	return out
}
