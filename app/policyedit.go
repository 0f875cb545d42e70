// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/agreement/text"
	"demarc.dev/demarc/policy"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/store"
)

// onPolicy changes a policy that the caller saw at a version.
func (a *App) onPolicy(ctx context.Context, c Caller, need account.Permission, id string, seen int, kind string, change func(p *policy.Policy, g *policyGround, tx *store.Tx) error) (policy.Policy, error) {
	h, err := a.enter(ctx, c, need)
	if err != nil {
		return policy.Policy{}, err
	}
	var out policy.Policy
	err = h.Update(ctx, func(tx *store.Tx) error {
		p, g, err := a.onePolicy(ctx, tx, id)
		if err != nil {
			return err
		}
		if seen >= 0 && p.Version != seen {
			return changedPolicy(id, seen, p)
		}
		was := p
		if err := change(&p, g, tx); err != nil {
			return err
		}
		if out = p; reflect.DeepEqual(p, was) {
			return nil
		}
		if err := h.putPolicy(tx, p, kind); err != nil {
			return err
		}
		out.Version++
		return nil
	})
	return out, err
}

func changedPolicy(id string, seen int, p policy.Policy) error {
	return problem.Newf(problem.Conflict, "the policy %s was changed meanwhile by %s: you saw version %d, it is at version %d", id, p.By, seen, p.Version).WithHint("look at what changed, and repeat yours")
}

// SetPolicy writes a policy down, or changes it: seen is the version that the
// caller saw, 0 for a new one. When it is another meanwhile, it is a Conflict. A
// changed text is a draft again; what is in force stays in force.
func (a *App) SetPolicy(ctx context.Context, c Caller, p policy.Policy, seen int) (policy.Policy, error) {
	if seen > 0 {
		return a.onPolicy(ctx, c, account.EditPolicy, p.ID, seen, "policy.changed", func(now *policy.Policy, g *policyGround, _ *store.Tx) error {
			return reworded(now, g, p)
		})
	}
	h, err := a.enter(ctx, c, account.EditPolicy)
	if err != nil {
		return p, err
	}
	fresh := policy.Policy{ID: p.ID}
	err = h.Update(ctx, func(tx *store.Tx) error {
		g, err := a.policyGround(ctx, tx)
		if err != nil {
			return err
		}
		if was, ok, err := get[policy.Policy](ctx, tx, policies, p.ID); err != nil || ok {
			if err == nil {
				err = changedPolicy(p.ID, 0, was)
			}
			return err
		}
		fresh = policy.Policy{ID: p.ID}
		if err := reworded(&fresh, g, p); err != nil {
			return err
		}
		return h.putPolicy(tx, fresh, "policy.drafted")
	})
	if err == nil {
		fresh.Version = 1
	}
	return fresh, err
}

// reworded takes over what somebody wrote: title, owner, audience, interval,
// quorum, note and text.
func reworded(now *policy.Policy, g *policyGround, p policy.Policy) error {
	if now.Retired != nil {
		return retired(now.ID)
	}
	x := *now
	x.Title, x.Owner, x.Every, x.Quorum, x.Note = strings.TrimSpace(p.Title), p.Owner, p.Every, p.Quorum, strings.TrimSpace(p.Note)
	x.Text = policy.Clean(p.Text)
	if x.Audience = slices.Clone(p.Audience); len(x.Audience) == 0 {
		x.Audience = nil
	}
	if err := x.Validate(g.world()); err != nil {
		return err
	}
	if t, ok := g.book.Template(x.Template); ok && (x.Owner != now.Owner || x.Every != now.Every) { // the text says who and how often
		facts := keepFacts(x.Facts, g.of(x), "policy.owner", "policy.interval")
		x.Text, x.Facts = g.book.Refresh(t, x.Text, x.Facts, facts), facts
	}
	if x.Digest() != now.Digest() {
		x.Submitted, x.Approvals = nil, nil
	}
	*now = x
	return nil
}

// keepFacts takes some facts over as they are today.
func keepFacts(was, known policy.Known, ids ...string) policy.Known {
	out := policy.Known{}
	for id, v := range was {
		out[id] = v
	}
	for _, id := range ids {
		if delete(out, id); known[id] != "" {
			out[id] = known[id]
		}
	}
	return out
}

// FillPolicy takes the facts of today into a text: it answers questions, and
// follows what changed where the text stands as the template made it.
func (a *App) FillPolicy(ctx context.Context, c Caller, id string, seen int) (policy.Policy, error) {
	return a.onPolicy(ctx, c, account.EditPolicy, id, seen, "policy.changed", func(p *policy.Policy, g *policyGround, _ *store.Tx) error {
		if p.Retired != nil {
			return retired(id)
		}
		if !g.refreshed(p) {
			return problem.New(problem.Invalid, "the text says already what is known", "say the facts that it leaves open first")
		}
		return nil
	})
}

// refreshed takes the facts of today into a policy, and tells whether it says
// anything else than before.
func (g *policyGround) refreshed(p *policy.Policy) bool {
	t, _ := g.book.Template(p.Template)
	facts := g.bound(*p)
	text := g.book.Refresh(t, p.Text, p.Facts, facts)
	if text == p.Text && len(policy.Since(p.Facts, facts)) == 0 {
		return false
	}
	p.Text, p.Facts, p.Submitted, p.Approvals = text, facts, nil, nil
	return true
}

// FillPolicies takes the facts of today into every text that is being written:
// what was submitted or is in force as it stands waits for its own turn.
func (a *App) FillPolicies(ctx context.Context, c Caller) (filled int, err error) {
	h, err := a.enter(ctx, c, account.EditPolicy)
	if err != nil {
		return 0, err
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		filled = 0
		g, err := a.policyGround(ctx, tx)
		if err != nil {
			return err
		}
		all, err := list[policy.Policy](ctx, tx, policies)
		if err != nil {
			return err
		}
		for _, p := range all {
			if i := p.InForce(); p.Retired != nil || p.Submitted != nil || i != nil && i.Digest == p.Digest() || !g.refreshed(&p) {
				continue
			}
			if err := h.putPolicy(tx, p, "policy.changed"); err != nil {
				return err
			}
			filled++
		}
		return nil
	})
	return filled, err
}

func retired(id string) error {
	return problem.New(problem.Conflict, "the policy "+id+" is retired", "write another one")
}

// PolicyFile is the largest file that a policy is read from, in bytes.
const PolicyFile = 8 << 20

// ImportPolicy takes the text of a policy from a file that somebody edited:
// Markdown, or a paper in DOCX as it was written here. What Demarc added to the
// paper is left out of it.
func (a *App) ImportPolicy(ctx context.Context, c Caller, id string, seen int, file string, data []byte) (policy.Policy, error) {
	words, err := a.policyWords(ctx, file, data)
	if err != nil {
		return policy.Policy{}, err
	}
	return a.onPolicy(ctx, c, account.EditPolicy, id, seen, "policy.changed", func(p *policy.Policy, g *policyGround, _ *store.Tx) error {
		x := *p
		x.Text = words
		return reworded(p, g, x)
	})
}

// policyWords reads a file into the text of a policy.
func (a *App) policyWords(ctx context.Context, file string, data []byte) (string, error) {
	if len(data) > PolicyFile {
		return "", problem.Newf(problem.Invalid, "%s: it is larger than %d MB", file, PolicyFile>>20)
	}
	if !strings.HasPrefix(string(data[:min(len(data), 2)]), "PK") {
		if !utf8.Valid(data) {
			return "", problem.New(problem.Invalid, file+": it is neither Markdown nor DOCX", "save it as DOCX or as plain text in UTF-8")
		}
		return withoutTitle(string(data)), nil
	}
	doc, err := a.papers.Read(ctx, file, data)
	if err != nil {
		return "", err
	}
	var blocks []policy.Block
	begun := false
	for _, b := range doc.Blocks {
		words := strings.Join(strings.Fields(doc.Quote(b.From, b.To)), " ")
		if begun = begun || b.Kind == text.Heading; !begun || words == "" {
			continue // the cover and the contents
		}
		if b.Kind == text.Heading && words == policy.Control {
			break
		}
		blocks = append(blocks, policyBlock(b, words))
	}
	return policy.Write(policy.Blocks(policy.Write(joinItems(blocks)))), nil
}

// policyBlock gives a block of a paper as one of a policy.
func policyBlock(b text.Block, words string) policy.Block {
	out := policy.Block{Kind: policy.Paragraph, Lines: []string{words}}
	switch {
	case b.Kind == text.Heading:
		out.Kind, out.Level = policy.Heading, min(b.Level, 3)
	case b.Kind == text.Item && strings.ContainsAny(b.Label, "0123456789"):
		out.Kind = policy.Numbered
	case b.Kind == text.Item:
		out.Kind = policy.List
	}
	return out
}

// joinItems makes one list of the items that follow each other.
func joinItems(blocks []policy.Block) []policy.Block {
	var out []policy.Block
	for _, b := range blocks {
		if n := len(out); n > 0 && b.Kind == out[n-1].Kind && (b.Kind == policy.List || b.Kind == policy.Numbered) {
			out[n-1].Lines = append(out[n-1].Lines, b.Lines...)
			continue
		}
		out = append(out, b)
	}
	return out
}

// withoutTitle writes a text without the title that an exported file begins with
// and without what was added at its end.
func withoutTitle(written string) string {
	written = policy.Clean(written)
	if rest, ok := strings.CutPrefix(written, "# "); ok {
		_, written, _ = strings.Cut(rest, "\n")
	}
	blocks := policy.Blocks(written)
	if i := slices.IndexFunc(blocks, func(b policy.Block) bool { return b.Kind == policy.Heading && b.Lines[0] == policy.Control }); i >= 0 {
		blocks = blocks[:i]
	}
	return policy.Write(blocks)
}
