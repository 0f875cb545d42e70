// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/audit"
	"demarc.dev/demarc/internal/day"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// AuditAnswer is what an auditor says about a question. What breaks a
// requirement, or could be better, is raised with it: Statement says what the
// lapse is, and Where in which service or process.
type AuditAnswer struct {
	Question  string       `json:"question"`
	Result    audit.Result `json:"result"`
	Seen      string       `json:"seen"`
	Statement string       `json:"statement,omitempty"`
	Where     string       `json:"where,omitempty"`
}

// turnAudit changes an audit that is not concluded, of which the caller looks at
// nothing of his own.
func (a *App) turnAudit(ctx context.Context, c Caller, id, kind string, change func(*hall, *store.Tx, auditGround, *audit.Audit) error) (audit.Audit, error) {
	var x audit.Audit
	h, err := a.enter(ctx, c, account.ConductAudit)
	if err != nil {
		return x, err
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		g, err := a.auditGround(ctx, tx)
		if err != nil {
			return err
		}
		var ok bool
		if x, ok, err = get[audit.Audit](ctx, tx, audits, id); err == nil && !ok {
			err = noAudit(id)
		}
		switch {
		case err != nil:
			return err
		case x.Conclusion != nil:
			return concludedAlready(id)
		case x.Cancelled != "":
			return problem.New(problem.Conflict, "the audit "+id+" is cancelled", "take the reason away, or plan another one")
		}
		if err := a.impartial(ctx, h, tx, g, x); err != nil {
			return err
		}
		if err := change(h, tx, g, &x); err != nil {
			return err
		}
		x.Version++
		return tx.Put(audits, id, x, store.Event{Kind: kind, Actor: c.Actor})
	})
	return x, err
}

// impartial refuses a caller, or an auditor, whose own work the audit looks at.
func (a *App) impartial(ctx context.Context, h *hall, from records, g auditGround, x audit.Audit) error {
	own, err := a.ownWork(ctx, from, g, x)
	if err != nil {
		return err
	}
	x.Team = slices.Concat(x.Team, h.known(g.scope))
	return x.Independent(own, g.name)
}

// AnswerAudit records what was seen about a question of the checklist. seen is
// the version of the answer that the caller saw, 0 when there was none. What is
// raised with it becomes a nonconformity at once.
func (a *App) AnswerAudit(ctx context.Context, c Caller, id string, said AuditAnswer, seen int) (audit.Answer, error) {
	var out audit.Answer
	_, err := a.turnAudit(ctx, c, id, "audit.answered", func(h *hall, tx *store.Tx, g auditGround, x *audit.Audit) error {
		questions := g.world.Questions(*x, nil)
		was, _ := x.Answer(said.Question)
		out = audit.Answer{Question: said.Question, Result: said.Result, Seen: strings.TrimSpace(said.Seen), Raised: was.Raised, Version: was.Version + 1, Mark: h.mark()}
		if err := out.Validate(questions); err != nil {
			return err
		}
		if err := meanwhile("the answer", was.Version, seen); err != nil {
			return err
		}
		if x.Begins > day.Of(a.now()) {
			return problem.New(problem.Invalid, "begins: the audit begins on "+string(x.Begins), "change its days when it begins earlier")
		}
		i := slices.IndexFunc(questions, func(q audit.Question) bool { return q.ID == said.Question })
		if err := a.raiseFor(ctx, h, tx, *x, questions[i], said, &out); err != nil {
			return err
		}
		x.Answers = append(slices.DeleteFunc(slices.Clone(x.Answers), func(y audit.Answer) bool { return y.Question == out.Question }), out)
		return nil
	})
	return out, err
}

// raiseFor raises what an answer raises, changes what it raised before, or takes
// it back.
func (a *App) raiseFor(ctx context.Context, h *hall, tx *store.Tx, x audit.Audit, q audit.Question, said AuditAnswer, out *audit.Answer) error {
	if out.Raised == "" && !said.Result.Raises() {
		return nil
	}
	var n audit.Nonconformity
	if out.Raised != "" {
		var err error
		if n, err = h.nonconformity(ctx, tx, out.Raised); err != nil {
			return err
		}
		if len(n.Treated) > 0 {
			return problem.New(problem.Conflict, n.ID+" is being treated already: what was raised stands", "raise another one, or say in its treatment why it is none")
		}
		if !said.Result.Raises() {
			out.Raised = ""
			return tx.Delete(nonconformities, n.ID, store.Event{Kind: "nonconformity.withdrawn", Actor: h.caller.Actor})
		}
	}
	n.Source, n.Audit, n.Question, n.Grade = audit.OfAudit, x.ID, q.ID, said.Result
	n.Requirement, n.Where, n.Statement, n.Evidence = requirementOf(q), strings.TrimSpace(said.Where), strings.TrimSpace(said.Statement), out.Seen
	if err := h.raise(ctx, tx, &n); err != nil {
		return err
	}
	out.Raised = n.ID
	return nil
}

// requirementOf names what a question asks.
func requirementOf(q audit.Question) string {
	if id, ok := strings.CutPrefix(q.ID, "duty/"); ok {
		return fmt.Sprintf("%s, %s", id, q.Title)
	}
	return fmt.Sprintf("ISO/IEC 27001, %s %s", q.Subject, q.Title)
}

// SampleAsk says what to draw.
type SampleAsk struct {
	Population string `json:"population"`     // id of a population
	Size       int    `json:"size"`           // 1 to 500
	Seed       string `json:"seed,omitempty"` // empty: audit, population and how many were drawn
	Why        string `json:"why"`
}

// SampleAudit draws a sample for an audit. Nothing that was drawn goes away: who
// draws until it pleases shows it.
func (a *App) SampleAudit(ctx context.Context, c Caller, id string, ask SampleAsk) (audit.Sample, error) {
	var out audit.Sample
	h, err := a.enter(ctx, c, account.ConductAudit)
	if err != nil {
		return out, err
	}
	items, err := a.population(ctx, h, ask.Population)
	if err != nil {
		return out, err
	}
	_, err = a.turnAudit(ctx, c, id, "audit.sampled", func(h *hall, _ *store.Tx, _ auditGround, x *audit.Audit) error {
		var faults []string
		if ask.Size < 1 || ask.Size > audit.MostSampled {
			faults = append(faults, fmt.Sprintf("size: 1 to %d", audit.MostSampled))
		}
		if strings.TrimSpace(ask.Why) == "" || len(ask.Why) > requestWords {
			faults = append(faults, "why: say which question it is for")
		}
		if len(ask.Seed) > 200 || len(x.Samples) >= 200 {
			faults = append(faults, "seed: 200 bytes at most, and 200 samples an audit")
		}
		if err := problem.Faulty("this cannot be drawn", faults); err != nil {
			return err
		}
		if ask.Seed == "" {
			ask.Seed = fmt.Sprintf("%s/%s/%d", id, ask.Population, len(x.Samples)+1)
		}
		out = audit.Sample{ID: fmt.Sprintf("s%d", len(x.Samples)+1), Population: ask.Population, Of: len(items), Digest: audit.PopulationDigest(items), Seed: ask.Seed, Items: audit.Draw(ask.Seed, items, ask.Size), Why: strings.TrimSpace(ask.Why), Mark: h.mark()}
		x.Samples = append(x.Samples, out)
		return nil
	})
	return out, err
}

// ConcludeAudit ends an audit with what its lead concludes. seen is the version
// that was looked at. Afterwards nothing of it changes.
func (a *App) ConcludeAudit(ctx context.Context, c Caller, id, words string, seen int) (audit.Audit, error) {
	by, err := a.Signer(ctx, c)
	if err != nil {
		return audit.Audit{}, err
	}
	return a.turnAudit(ctx, c, id, "audit.concluded", func(h *hall, tx *store.Tx, g auditGround, x *audit.Audit) error {
		if err := meanwhile("the audit "+id, x.Version, seen); err != nil {
			return err
		}
		if err := x.Concludable(g.world.Questions(*x, nil), words, a.now().UTC()); err != nil {
			return err
		}
		all, err := list[audit.Nonconformity](ctx, tx, nonconformities)
		if err != nil {
			return err
		}
		done := audit.Conclusion{Mark: audit.Mark{By: by, At: a.now().UTC()}, Words: strings.TrimSpace(words), Digest: x.Digest(raisedBy(all, id))}
		x.Conclusion = &done
		return nil
	})
}
