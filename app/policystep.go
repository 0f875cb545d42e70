// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/policy"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// SubmitPolicy hands a text in for approval: seen is the version that was looked
// at. It is from then on about the facts of today.
func (a *App) SubmitPolicy(ctx context.Context, c Caller, id string, seen int) (policy.Policy, error) {
	by, err := a.Signer(ctx, c)
	if err != nil {
		return policy.Policy{}, err
	}
	return a.onPolicy(ctx, c, account.EditPolicy, id, seen, "policy.submitted", func(p *policy.Policy, g *policyGround, _ *store.Tx) error {
		if p.Retired != nil {
			return retired(id)
		}
		x := *p
		x.Facts, x.Approvals = g.bound(*p), nil
		x.Submitted = &policy.Signed{Account: c.pass.account, By: by, At: g.now}
		x.Submitted.Digest = x.Digest()
		if err := x.Approvable(g.of(x)); err != nil {
			return err
		}
		*p = x
		return nil
	})
}

// ApprovePolicy approves a policy as it was looked at: digest is that of what
// was seen. When as many have as must, it can be published.
func (a *App) ApprovePolicy(ctx context.Context, c Caller, id, digest string) (policy.Policy, error) {
	by, err := a.Signer(ctx, c)
	if err != nil {
		return policy.Policy{}, err
	}
	return a.onPolicy(ctx, c, account.ApprovePolicy, id, -1, "policy.approved", func(p *policy.Policy, g *policyGround, _ *store.Tx) error {
		if err := asSeen(*p, digest); err != nil {
			return err
		}
		if err := p.Approvable(g.of(*p)); err != nil {
			return err
		}
		if p.ApprovedBy(by) {
			return problem.New(problem.Conflict, by+" has approved it already", fmt.Sprintf("%d of %d have; somebody else goes on", len(p.Valid()), p.Quorum))
		}
		p.Approvals = append(p.Valid(), policy.Signed{Account: c.pass.account, By: by, At: g.now, Digest: digest})
		return nil
	})
}

func asSeen(p policy.Policy, digest string) error {
	if p.Digest() != digest {
		return problem.New(problem.Conflict, "the policy "+p.ID+" is not any more as you saw it", "look at what changed, and repeat yours")
	}
	return nil
}

// PublishPolicy puts an approved policy in force: its text is kept as a version,
// and everybody concerned is to acknowledge it.
func (a *App) PublishPolicy(ctx context.Context, c Caller, id, digest string) (policy.Policy, error) {
	by, err := a.Signer(ctx, c)
	if err != nil {
		return policy.Policy{}, err
	}
	return a.onPolicy(ctx, c, account.ApprovePolicy, id, -1, "policy.published", func(p *policy.Policy, g *policyGround, tx *store.Tx) error {
		if err := asSeen(*p, digest); err != nil {
			return err
		}
		if err := p.Approvable(g.of(*p)); err != nil {
			return err
		}
		if n := len(p.Valid()); n < p.Quorum {
			return problem.New(problem.Invalid, fmt.Sprintf("%d of %d people have approved it", n, p.Quorum), "it is published when all have")
		}
		i := policy.Issue{Number: len(p.Issues) + 1, Digest: digest, Title: p.Title, Owner: p.Owner, Audience: p.Audience, Facts: p.Facts, Satisfies: policy.Duties(p.Text), Note: p.Note,
			Approvals: p.Valid(), By: by, At: g.now, Review: reviewed(g.now, p.Every)}
		p.Issues = append(p.Issues[:len(p.Issues):len(p.Issues)], i)
		p.Submitted, p.Approvals, p.Note = nil, nil, ""
		return tx.Put(policyTexts, fmt.Sprintf("%s.%d", id, i.Number), p.Text, store.Event{Kind: "policy.text", Actor: c.Actor})
	})
}

// reviewed gives the day of review, some months after a moment: the last day of
// a month that has no such day.
func reviewed(at time.Time, months int) time.Time {
	y, m, d := at.Date()
	first := time.Date(y, m+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(d, last)-1)
}

// RetirePolicy ends a policy: it holds no more, and stays to be read.
func (a *App) RetirePolicy(ctx context.Context, c Caller, id string, seen int, why string) (policy.Policy, error) {
	by, err := a.Signer(ctx, c)
	if err != nil {
		return policy.Policy{}, err
	}
	return a.onPolicy(ctx, c, account.ApprovePolicy, id, seen, "policy.retired", func(p *policy.Policy, g *policyGround, _ *store.Tx) error {
		why = strings.TrimSpace(why)
		switch {
		case p.Retired != nil:
			return problem.New(problem.Conflict, "the policy "+id+" is retired already", "")
		case why == "" || len(why) > 2000:
			return problem.New(problem.Invalid, "why: say in at most 2,000 bytes why it holds no more", "such as: its rules moved to another policy")
		}
		p.Retired, p.Submitted, p.Approvals = &policy.Retired{Why: why, By: by, At: g.now}, nil, nil
		return nil
	})
}

// AcknowledgePolicy is the caller's word that he has read what is in force:
// digest is that of what he read. It is given once.
func (a *App) AcknowledgePolicy(ctx context.Context, c Caller, id, digest string) (Acknowledgement, error) {
	h, err := a.enter(ctx, c, account.AcknowledgePolicy)
	if err != nil {
		return Acknowledgement{}, err
	}
	by, err := a.Signer(ctx, c)
	if err != nil {
		return Acknowledgement{}, err
	}
	var k Acknowledgement
	err = h.Update(ctx, func(tx *store.Tx) error {
		p, ok, err := get[policy.Policy](ctx, tx, policies, id)
		if err == nil && !ok {
			err = noPolicy(id)
		}
		if err != nil {
			return err
		}
		i := p.InForce()
		if i == nil || i.Digest != digest {
			return problem.New(problem.Conflict, "what you read of the policy "+cutWord(id)+" is not what is in force", "read it again, then acknowledge it")
		}
		at := ackID(id, i.Number, c.pass.account)
		if was, done, err := get[Acknowledgement](ctx, tx, acknowledgements, at); err != nil || done && was.Digest == digest {
			k = was
			return err
		}
		k = Acknowledgement{Policy: id, Number: i.Number, Digest: digest, Account: c.pass.account, By: by, At: a.now().UTC()}
		return tx.Put(acknowledgements, at, k, store.Event{Kind: "policy.acknowledged", Actor: c.Actor})
	})
	return k, err
}

// Acknowledgements gives who acknowledged which version of a policy, oldest first.
func (a *App) Acknowledgements(ctx context.Context, c Caller, id string) ([]Acknowledgement, error) {
	all, err := listed[Acknowledgement](ctx, a, c, account.ReadMember, acknowledgements)
	var out []Acknowledgement
	for _, k := range all {
		if k.Policy == id {
			out = append(out, k)
		}
	}
	return out, err
}

// policyWork gives what policies wait for from the caller: to be read, approved,
// published, or looked at again.
func (a *App) policyWork(ctx context.Context, c Caller, m account.Member) ([]Work, error) {
	all, err := a.Policies(ctx, c)
	if err != nil {
		return nil, err
	}
	by, err := a.Signer(ctx, c)
	if err != nil {
		return nil, err
	}
	var out []Work
	for _, p := range all.Rows {
		where := "/policy/" + p.ID
		if p.Waits {
			due := p.InForce().At.AddDate(0, 0, readWithin)
			out = append(out, Work{What: "Read and acknowledge: " + p.Title, Where: where, Due: &due, Late: due.Before(a.now())})
		}
		switch {
		case !m.Role.May(account.ApprovePolicy):
		case p.State == policy.InReview && !p.ApprovedBy(by):
			out = append(out, Work{What: "Approve the policy: " + p.Title, Where: where})
		case p.State == policy.Approved:
			out = append(out, Work{What: "Publish the policy: " + p.Title, Where: where})
		}
		if i := p.InForce(); i != nil && m.Role.May(account.EditPolicy) {
			out = append(out, a.ending("The review of the policy "+p.Title, where, i.Review)...)
		}
	}
	return out, nil
}

// readWithin is how many days somebody has to read what was published.
const readWithin = 14

// policyGate is the gate of the policies: each topic has one in force that everybody
// concerned has read.
func (a *App) policyGate(ctx context.Context, c Caller) (Gate, error) {
	all, err := a.Policies(ctx, c)
	if err != nil {
		return Gate{}, err
	}
	g := Gate{ID: "ruled", Title: "Policies are in force and read", Why: "People keep only rules that exist, that somebody stands for, and that they were told."}
	if n := len(all.Templates); n > 0 {
		g.Blockers = append(g.Blockers, Blocker{fmt.Sprintf("%d topics have no policy yet, such as: %s", n, all.Templates[0].Title), "/policy"})
		g.Of += n
	}
	for _, p := range all.Rows {
		if p.State == policy.RetiredNow {
			continue
		}
		g.Of++
		where := "/policy/" + p.ID
		switch {
		case p.InForce() == nil:
			g.Blockers = append(g.Blockers, Blocker{p.Title + " is " + map[policy.State]string{policy.Draft: "a draft", policy.InReview: "in review", policy.Approved: "approved and not published"}[p.State], where})
		case p.State == policy.UnderReview && len(p.Due) > 0:
			g.Blockers = append(g.Blockers, Blocker{p.Title + " is to be looked at: " + p.Due[0], where})
		case p.Acknowledged < p.Concerned:
			g.Blockers = append(g.Blockers, Blocker{fmt.Sprintf("%d of %d have acknowledged %s", p.Acknowledged, p.Concerned, p.Title), where})
		default:
			g.Met++
		}
	}
	g.Of = max(g.Of, 1)
	g.Open = len(g.Blockers) == 0
	return g, nil
}
