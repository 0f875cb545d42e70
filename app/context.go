// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
	"demarc.dev/demarc/store"
)

const (
	contexts        = "context"
	scopeStatements = "scopestatement" // approved
)

// Context is the context of the organisation with the scope that it frames.
type Context struct {
	scope.Context
	Scope    *scope.Scope    `json:"scope"`
	Proposed bool            `json:"proposed"` // nobody wrote one: it is what the scope proposes to begin with
	Open     []string        `json:"open,omitempty"`
	Seen     []SeenRegion    `json:"seen,omitempty"` // regions in which the newest assessment saw resources
	Digest   string          `json:"digest"`
	Approved *scope.Approval `json:"approved,omitempty"`
	Since    []string        `json:"since,omitempty"` // what changed since the approval
	Version  int64           `json:"version"`         // revision of the record; 0: nobody wrote one
	At       time.Time       `json:"-"`
}

// Valid tells whether what stands is what was approved.
func (x *Context) Valid() bool { return x.Approved != nil && x.Approved.Digest == x.Digest }

// Proposals gives the regions that were seen and that the scope does not name.
func (x *Context) Proposals() []SeenRegion {
	return slices.DeleteFunc(slices.Clone(x.Seen), func(r SeenRegion) bool { return r.InScope })
}

// SeenRegion is a region in which resources of a service were seen.
type SeenRegion struct {
	Service string `json:"service"`
	Region  string `json:"region"`
	InScope bool   `json:"in_scope"` // the scope names it for the service
}

// Context gives the context of the organisation. It is of the organisation as a
// whole: who is let in for some services does not see it.
func (a *App) Context(ctx context.Context, c Caller) (*Context, error) {
	h, err := a.enter(ctx, c, account.ReadOrganisation)
	if err != nil {
		return nil, err
	}
	if h.bound() {
		return nil, problem.New(problem.Denied, "you are let in for some services, and the context is of the whole organisation", "ask an administrator of the organisation, if it is your task")
	}
	x, err := a.context(ctx, h)
	if err != nil {
		return nil, err
	}
	x.Seen, err = a.seenRegions(ctx, c, x.Scope)
	return x, err
}

// context reads the context as records stand, say those of a change under way.
func (a *App) context(ctx context.Context, from records) (*Context, error) {
	s, ok, err := get[scope.Scope](ctx, from, scopes, current)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, problem.New(problem.NotFound, "the organisation has no scope yet, and a context frames one", "write which cloud services it consumes and provides: demarc scope import")
	}
	x := &Context{Scope: &s, At: a.now().UTC()}
	kept, ok, err := get[scope.Context](ctx, from, contexts, current)
	if err != nil {
		return nil, err
	}
	if x.Context = kept; !ok {
		x.Context, x.Proposed = *scope.ProposeContext(&s), true
	}
	if x.Version, err = revision(ctx, from, ContextRef()); err != nil {
		return nil, err
	}
	x.Open, x.Digest = x.Context.Open(&s), scope.StatementDigest(&s, &x.Context)
	approved, ok, err := get[scope.Approval](ctx, from, scopeStatements, current)
	if ok {
		x.Approved, x.Since = &approved, approved.Since(&s, &x.Context)
	}
	return x, err
}

// seenRegions gives the regions of each service in which the newest assessment
// saw resources; none while nothing was assessed.
func (a *App) seenRegions(ctx context.Context, c Caller, s *scope.Scope) ([]SeenRegion, error) {
	run, err := a.Run(ctx, c, "")
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	view, err := a.findingView(ctx, c, run, FindingFilter{})
	if err != nil {
		return nil, err
	}
	seen := map[SeenRegion]bool{}
	for account, regions := range view.regions() {
		for _, v := range s.ServicesOf(account) {
			for _, region := range regions {
				if region != "" && region != "global" {
					seen[SeenRegion{v.ID, region, slices.Contains(v.Regions, region)}] = true
				}
			}
		}
	}
	out := slices.Collect(maps.Keys(seen))
	slices.SortFunc(out, func(x, y SeenRegion) int { return strings.Compare(x.Service+" "+x.Region, y.Service+" "+y.Region) })
	return out, nil
}

// SetContext takes a context in, in place of the one before: seen is the version
// that the caller saw, 0 when nobody had written one.
func (a *App) SetContext(ctx context.Context, c Caller, file string, data []byte, seen int64) (*Context, error) {
	h, err := a.enter(ctx, c, account.EditScope)
	if err != nil {
		return nil, err
	}
	var out *Context
	err = h.Update(ctx, func(tx *store.Tx) error {
		was, err := a.context(ctx, tx)
		if err != nil {
			return err
		}
		if was.Version != seen {
			return problem.Newf(problem.Conflict, "the context was changed meanwhile: you saw version %d, it is at version %d", seen, was.Version).WithHint("look at what changed, and repeat yours")
		}
		next, err := scope.ParseContext(file, data, was.Scope)
		if err != nil {
			return err
		}
		if err := tx.Put(contexts, current, next, store.Event{Kind: "context.changed", Actor: c.Actor}); err != nil {
			return err
		}
		out, err = a.context(ctx, tx)
		return err
	})
	return out, err
}

// ConfirmRegion writes a region into the scope in which resources of a service
// were seen. What was not seen is not confirmed.
func (a *App) ConfirmRegion(ctx context.Context, c Caller, id, region string) (*scope.Scope, error) {
	h, err := a.enter(ctx, c, account.EditScope)
	if err != nil {
		return nil, err
	}
	s, err := scopeOf(ctx, h, h.ID())
	if err != nil {
		return nil, err
	}
	seen, err := a.seenRegions(ctx, c, s)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(seen, func(r SeenRegion) bool { return r.Service == id && r.Region == region }) {
		return nil, problem.New(problem.NotFound, fmt.Sprintf("nothing of %s was seen in %s", cutWord(id), cutWord(region)), "collect and assess first, or edit the scope")
	}
	err = h.Update(ctx, func(tx *store.Tx) error {
		if s, err = scopeOf(ctx, tx, h.ID()); err != nil {
			return err
		}
		i := slices.IndexFunc(s.Services, func(v scope.Service) bool { return v.ID == id })
		if i < 0 || slices.Contains(s.Services[i].Regions, region) {
			return nil // somebody was quicker
		}
		s.Services[i].Regions = append(slices.Clone(s.Services[i].Regions), region)
		slices.Sort(s.Services[i].Regions)
		return tx.Put(scopes, current, s, store.Event{Kind: "scope.changed", Actor: c.Actor})
	})
	return s, err
}

// ApproveContext approves the scope with its context as it was looked at: digest
// is that of what was seen. What it leaves open stands in the way.
func (a *App) ApproveContext(ctx context.Context, c Caller, digest string) (scope.Approval, error) {
	h, err := a.enter(ctx, c, account.ApproveScope)
	if err != nil {
		return scope.Approval{}, err
	}
	by, err := a.Signer(ctx, c)
	if err != nil {
		return scope.Approval{}, err
	}
	var out scope.Approval
	err = h.Update(ctx, func(tx *store.Tx) error {
		x, err := a.context(ctx, tx)
		if err != nil {
			return err
		}
		if x.Digest != digest {
			return problem.New(problem.Conflict, "the scope and its context are not any more as you saw them", "look at what changed, then approve")
		}
		if err := problem.Faulty("the scope cannot be approved yet", x.Open); err != nil {
			return err
		}
		out = scope.Approval{Version: 1, By: by, At: x.At, Digest: digest, Context: x.Context, Scope: *x.Scope}
		if x.Approved != nil {
			out.Version = x.Approved.Version + 1
		}
		return tx.Put(scopeStatements, current, out, store.Event{Kind: "scope.approved", Actor: c.Actor})
	})
	return out, err
}

// ContextFormats gives the formats of the scope statement: papers, and the
// context itself.
func ContextFormats() []string { return []string{"docx", "pdf", "html", "yaml", "json"} }

// ContextPaper writes the scope statement with the registers of its context to
// w. What is issued leaves an entry with its SHA-256; yaml and json are the
// context itself and leave none. It is dated by the day.
func (a *App) ContextPaper(ctx context.Context, c Caller, format string, words report.Paper, w io.Writer) error {
	if err := named("scope statement", format, ContextFormats()); err != nil {
		return err
	}
	x, err := a.Context(ctx, c)
	if err != nil {
		return err
	}
	switch format {
	case "yaml":
		data, err := scope.EncodeContext(&x.Context)
		return write(w, data, err)
	case "json":
		return writeRecord(w, x)
	}
	if err := a.May(ctx, c, account.IssueReport); err != nil {
		return err
	}
	cat, err := a.Catalogue()
	if err != nil {
		return err
	}
	d := report.Context{Paper: a.words(Paper{Words: words}, "SCOPE-"+x.At.Format(time.DateOnly)), Catalogue: cat.Version(), Context: x.Context, Scope: x.Scope, Proposed: x.Proposed, Open: x.Open, Digest: x.Digest, Approved: x.Approved, Since: x.Since, At: x.At.Truncate(24 * time.Hour)}
	for _, r := range x.Proposals() {
		d.Unconfirmed = append(d.Unconfirmed, r.Service+" in "+r.Region)
	}
	return issue(ctx, a, c, contexts, format, map[string]any{"report": "scope", "statement": x.Digest}, d, report.ScopeStatement, nil, w)
}

// contextWork tells who may approve the scope that it waits for it.
func (a *App) contextWork(ctx context.Context, c Caller, m account.Member) ([]Work, error) {
	if !m.Role.May(account.ApproveScope) {
		return nil, nil
	}
	x, err := a.Context(ctx, c)
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil || x.Valid() || x.Proposed {
		return nil, err
	}
	if len(x.Open) > 0 {
		return []Work{{What: fmt.Sprintf("The context of the scope leaves %d things open", len(x.Open)), Where: "/context"}}, nil
	}
	return []Work{{What: "Approve the scope and its context", Where: "/context"}}, nil
}
