// SPDX-License-Identifier: Apache-2.0

package check

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
)

// scopes gives the findings for what was asked for and not read at all, so that
// nothing read is never silent: a gap of a service, region or account, and an
// account or region without the one resource that stands for its settings.
type scopes struct {
	in       Input
	accounts map[string]bool // "provider:account" of account resources
	regions  map[string]bool // "provider:account:region" of region resources
}

func newScopes(in Input) *scopes {
	return &scopes{in: in, accounts: map[string]bool{}, regions: map[string]bool{}}
}

// note takes in a resource that was read.
func (s *scopes) note(r *cloud.Resource) {
	switch r.Kind {
	case cloud.AccountKind:
		s.accounts[r.Provider+":"+r.Account] = true
	case cloud.RegionKind:
		s.regions[r.Provider+":"+r.Account+":"+r.Region] = true
	}
}

// missing gives the accounts and regions that were asked for, of which neither
// the resource of settings nor a gap tells anything.
func (s *scopes) missing() []cloud.ScopeGap {
	if s.in.Header.Source != "live" {
		return nil // a plan and a host have no account to ask
	}
	provider := s.in.Header.Provider
	var out []cloud.ScopeGap
	miss := func(kind cloud.Kind, account, region string) {
		g := cloud.ScopeGap{Provider: provider, Account: account, Region: region, Kinds: []cloud.Kind{kind}}
		g.Reason = cloud.NotCollected
		if !slices.ContainsFunc(s.in.Gaps, func(o cloud.ScopeGap) bool { return tells(o, g) }) {
			out = append(out, g)
		}
	}
	for _, a := range s.in.Header.Accounts {
		if !s.accounts[provider+":"+a.ID] {
			miss(cloud.AccountKind, a.ID, "")
		}
		for _, region := range s.in.Header.Regions {
			if region != "global" && !s.regions[provider+":"+a.ID+":"+region] {
				miss(cloud.RegionKind, a.ID, region)
			}
		}
	}
	return out
}

// tells reports whether the gap o covers the missing g already.
func tells(o, g cloud.ScopeGap) bool {
	return slices.Contains(o.Kinds, g.Kinds[0]) && (o.Provider == "" || o.Provider == g.Provider) &&
		(o.Account == "" || o.Account == g.Account) && (o.Region == "" || g.Region == "" || o.Region == g.Region)
}

// findings gives one unknown finding for each scope and each check about a kind
// that is incomplete there, with the check's place in the set, in order of
// scope and check.
func (s *scopes) findings(r *run) iter.Seq2[int, Finding] {
	return func(yield func(int, Finding) bool) {
		gaps := slices.Concat(s.in.Gaps, s.missing())
		slices.SortStableFunc(gaps, func(a, b cloud.ScopeGap) int { return strings.Compare(scopeID(a), scopeID(b)) })
		for i, g := range gaps {
			for j := range r.set.checks {
				c := &r.set.checks[j]
				kind, ok := concerns(c, g)
				if !ok || slices.ContainsFunc(gaps[:i], func(o cloud.ScopeGap) bool {
					_, told := concerns(c, o)
					return told && scopeID(o) == scopeID(g)
				}) {
					continue
				}
				if !yield(j, s.finding(r, c, kind, g)) {
					return
				}
			}
		}
	}
}

// concerns tells whether a check is about a kind that the gap makes incomplete.
func concerns(c *Check, g cloud.ScopeGap) (cloud.Kind, bool) {
	if len(c.Providers) > 0 && g.Provider != "" && !slices.Contains(c.Providers, g.Provider) {
		return "", false
	}
	for _, k := range c.Kinds {
		if slices.Contains(g.Kinds, k) {
			return k, true
		}
	}
	return "", false
}

func (s *scopes) finding(r *run, c *Check, kind cloud.Kind, g cloud.ScopeGap) Finding {
	f := Finding{
		Check: c.ID, Outcome: Unknown, Severity: c.Severity, Resource: scopeID(g), Kind: kind, Native: "scope", Provider: g.Provider,
		Source: s.in.Header.Source, Account: g.Account, Region: g.Region, Seen: cloud.Seen{At: s.in.Header.Ended, Call: g.Call},
	}
	f.Fingerprint = Fingerprint(f.Check, f.Resource)
	f.Message = "cannot tell: the " + string(kind) + " of " + f.Resource + " was not read" + because(string(cmp.Or(g.Reason, cloud.NotCollected)), g.Call)
	if g.Detail != "" {
		f.Message += ": " + g.Detail
	}
	r.except.scope(&f)
	return f
}
