// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/check/foreign"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/privilege"
	"demarc.dev/demarc/reach"
	"demarc.dev/demarc/scope"
	"demarc.dev/demarc/store"
)

// Ask says what to assess.
type Ask struct {
	Snapshots []string // ids; empty: the newest of each source
	Edition   catalogue.Edition
	Parties   []catalogue.Party
	Services  []string // ids; empty: all of the scope
	Own       fs.FS    // a folder of the user's own checks; may be nil
	Workers   int      // 0: as many as there are cores
	Job       string   // that makes it; empty: none
}

// Assessed is what an assessment gave.
type Assessed struct {
	Run           Run
	Assessment    *assess.Assessment
	Snapshots     []Snapshot
	Checks        []check.Check
	Matrices      *Matrices
	ScopeProposed bool // nobody had written a scope: the proposed one was written down

	failing map[check.Severity]int // failures that no exception covers
}

// ground is all that an assessment rests on, as it stood at one moment.
type ground struct {
	org       *hall
	now       time.Time
	snapshots []Snapshot
	imports   []Import
	join      *foreign.Join // nil: there is no import
	proposed  bool          // the scope is ours, and not written down yet
	matrices  *Matrices
	excepted  []check.Exception
	said      []assess.Attestation
	set       *check.Set
	tenants   *reach.Tenants // nil: as tags declare
}

// Assess puts all checks to what was seen, concludes, and writes findings,
// checks, conclusion and run down together: when it ends early, nothing of it
// stands in the log.
func (a *App) Assess(ctx context.Context, c Caller, ask Ask) (*Assessed, error) {
	g := &ground{now: a.now().UTC()}
	var err error
	if g.org, err = a.enter(ctx, c, account.RunAssessment); err != nil {
		return nil, err
	}
	if err := g.org.View(ctx, func(v *store.View) error { return a.gather(ctx, v, ask, g) }); err != nil {
		return nil, err
	}
	out := &Assessed{Snapshots: g.snapshots, Matrices: g.matrices, ScopeProposed: g.proposed, failing: map[check.Severity]int{}}
	if out.Checks, err = Checks(ask.Own); err != nil {
		return nil, err
	}
	if g.set, err = check.Compile(out.Checks); err != nil {
		return nil, err
	}
	if err := a.conclude(ctx, g, c, ask, out); err != nil {
		return nil, err
	}
	return out, nil
}

// gather reads everything but the resources, in one state of the records.
func (a *App) gather(ctx context.Context, v *store.View, ask Ask, g *ground) error {
	all, err := list[Snapshot](ctx, v, snapshots)
	if err != nil {
		return err
	}
	reports, err := list[Import](ctx, v, imports)
	if err != nil {
		return err
	}
	g.imports = inForce(reports)
	if g.snapshots, err = choose(all, ask.Snapshots); len(all) == 0 && isNotFound(err) && (len(g.imports) > 0 || cloudless(ctx, v)) {
		err = nil
	}
	if err != nil {
		return err
	}
	s, err := scopeOf(ctx, v, g.org.ID())
	if isNotFound(err) {
		s, g.proposed, err = proposeScope(g.org.ID(), g.snapshots, g.imports), true, nil
	}
	if err != nil {
		return err
	}
	for _, id := range ask.Services {
		if _, err := service(s, id); err != nil {
			return err
		}
	}
	if g.matrices, err = a.matrices(ctx, v, s, ask.Edition, g.now); err != nil {
		return err
	}
	if g.tenants, err = tenants(ctx, v); err != nil {
		return err
	}
	if g.excepted, _, err = get[[]check.Exception](ctx, v, exceptions, current); err != nil {
		return err
	}
	g.said, _, err = get[[]assess.Attestation](ctx, v, attestations, current)
	return err
}

// cloudless tells whether the scope names services of others only, of which no
// account of ours could be looked at: people's answers are all there is.
func cloudless(ctx context.Context, from records) bool {
	s, ok, err := get[scope.Scope](ctx, from, scopes, current)
	return err == nil && ok && accountless(&s)
}

// accountless tells whether no service of a scope has an account of ours.
func accountless(s *scope.Scope) bool {
	return len(s.Services) > 0 && !slices.ContainsFunc(s.Services, func(v scope.Service) bool { return len(v.Accounts) > 0 })
}

func (a *App) conclude(ctx context.Context, g *ground, c Caller, ask Ask, out *Assessed) error {
	cat, err := a.Catalogue()
	if err != nil {
		return err
	}
	if err := exceptionFaults(g.set, g.excepted); err != nil {
		return err
	}
	if err := a.joined(ctx, g, out); err != nil {
		return err
	}
	conclusion, err := assess.New(assess.Input{
		Catalogue: cat, Scope: g.matrices.Scope, Matrices: g.matrices.list(), Attestations: g.said, Checks: out.Checks, Exceptions: g.excepted,
		Edition: ask.Edition, Parties: ask.Parties, Services: ask.Services, Now: g.now, Snapshots: told(g.snapshots), Unread: unread(g.snapshots),
	})
	if err != nil {
		return err
	}
	out.Run = Run{At: g.now, Edition: ask.Edition, Job: ask.Job, Parties: ask.Parties, Services: ask.Services, Demarc: a.version, Catalogue: cat.Version(), Checks: len(g.set.Checks()), Exceptions: g.excepted}
	for _, s := range g.snapshots {
		out.Run.Snapshots = append(out.Run.Snapshots, s.ID)
	}
	findings, err := g.findings(ctx, out, ask, conclusion)
	if err != nil {
		return err
	}
	conclusion.Imported(toldImports(g.imports, out.Run.Imports))
	if out.Assessment, err = conclusion.Finish(); err != nil {
		return err
	}
	out.Run.Ours = out.Assessment.Readiness.Ours
	return g.record(ctx, c, out, findings)
}

// findings runs the checks over every snapshot. The findings go two ways at
// once, to the disk and to the conclusion, and are never all in memory.
func (g *ground) findings(ctx context.Context, out *Assessed, ask Ask, conclusion *assess.Run) (*store.Blob, error) {
	concerns := concerned(g.matrices.Scope, ask.Services)
	ways, powers := reach.NewReader(), privilege.NewReader()
	return putPacked(ctx, g.org.Org, "jsonl.zst", func(w io.Writer) error {
		lines := json.NewEncoder(w)
		lines.SetEscapeHTML(false)
		add := func(f check.Finding) error {
			if err := conclusion.Add(f); err != nil {
				return err
			}
			if f.Outcome == check.Fail && f.Exception == "" && concerns(f.Account) {
				out.failing[f.Severity]++
			}
			return lines.Encode(f)
		}
		flips := map[check.Outcome]int64{}
		put := func(what string, in check.Input) error {
			in.Now, in.Exceptions, in.Workers = g.now, g.excepted, ask.Workers
			stats, err := g.set.Run(ctx, in, func(f check.Finding) error {
				g.own(&f, flips)
				return add(f)
			})
			if err != nil {
				return fmt.Errorf("checking %s: %w", what, err)
			}
			out.Run.Stats.Join(stats)
			return nil
		}
		for _, s := range g.snapshots {
			source := s.source(g.org.Org)
			if s.Header.Source == live {
				source = powers.Watch(ways.Watch(source))
			}
			if err := put("snapshot "+s.ID, check.Input{Header: s.Header, Gaps: s.Gaps, Source: source}); err != nil {
				return err
			}
		}
		if apart, err := g.apart(ways); err != nil {
			return err
		} else if apart != nil {
			if err := put("the tenants", *apart); err != nil {
				return err
			}
		}
		if all := g.principals(powers); all != nil {
			if err := put("the principals", *all); err != nil {
				return err
			}
		}
		out.Run.Stats.Take(flips)
		return g.rest(ctx, out, add)
	})
}

// concerned tells whether a finding of an account is one of the services that
// were asked for; an account that no service of the scope names is everybody's.
func concerned(s *scope.Scope, asked []string) func(account string) bool {
	if len(asked) == 0 {
		return func(string) bool { return true }
	}
	ours, others := map[string]bool{}, map[string]bool{}
	for _, v := range s.Services {
		for _, account := range v.Accounts {
			if slices.Contains(asked, v.ID) {
				ours[account] = true
			} else {
				others[account] = true
			}
		}
	}
	return func(account string) bool { return ours[account] || ours[scope.AnyAccount] || !others[account] }
}

// record writes the findings, the checks and the conclusion down, together.
func (g *ground) record(ctx context.Context, c Caller, out *Assessed, findings *store.Blob) error {
	concluded, err := assess.Encode(out.Assessment)
	if err != nil {
		return err
	}
	conclusion, err := g.org.PutBlob(ctx, bytes.NewReader(concluded), "json")
	if err != nil {
		return err
	}
	asked, err := putPacked(ctx, g.org.Org, "json.zst", func(w io.Writer) error { return json.NewEncoder(w).Encode(out.Checks) })
	if err != nil {
		return err
	}
	out.Run.Findings, out.Run.Asked, out.Run.Concluded = bodyOf(findings), bodyOf(asked), bodyOf(conclusion)
	return g.org.Update(ctx, func(tx *store.Tx) error {
		if g.proposed {
			if err := tx.PutIf(scopes, current, 0, g.matrices.Scope, store.Event{Kind: "scope.changed", Actor: c.Actor}); err != nil {
				return err
			}
		}
		id, err := next(ctx, tx, runs, "r")
		if err != nil {
			return err
		}
		out.Run.ID = id
		for _, part := range []struct {
			kind string
			blob *store.Blob
		}{{"findings.made", findings}, {"checks.used", asked}, {"assessment.concluded", conclusion}} {
			if _, err := tx.Append(store.Event{Kind: part.kind, Object: runs + "/" + id, Actor: c.Actor, Blob: part.blob}); err != nil {
				return err
			}
		}
		return tx.Put(runs, id, out.Run, store.Event{Kind: "assessment.made", Actor: c.Actor})
	})
}

// told is what an assessment says of its snapshots.
func told(all []Snapshot) []assess.Snapshot {
	out := make([]assess.Snapshot, len(all))
	for i, s := range all {
		h := s.Header
		out[i] = assess.Snapshot{Provider: h.Provider, Source: h.Source, Tool: h.Tool, Regions: h.Regions, Started: h.Started, Ended: h.Ended, Calls: h.Calls, Lost: h.Lost, Unread: len(s.Gaps), Synthetic: h.Synthetic}
		for _, account := range h.Accounts {
			out[i].Accounts = append(out[i].Accounts, account.ID)
		}
	}
	return out
}

func unread(all []Snapshot) (out []cloud.ScopeGap) {
	for _, s := range all {
		out = append(out, s.Gaps...)
	}
	return out
}
