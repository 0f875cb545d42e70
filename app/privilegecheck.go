// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"slices"
	"time"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/privilege"
)

// principals gives what the checks of privileges are put to: every identity, with
// what it can become. Nil without any. seen has seen every resource of what runs.
func (g *ground) principals(seen *privilege.Reader) *check.Input {
	runs := running(g.snapshots)
	if len(runs) == 0 {
		return nil
	}
	all := &cloud.Snapshot{Header: newest(runs).Header, Resources: principalResources(seen.Answer(unread(runs), newest(runs).Header.Ended), runs)}
	if len(all.Resources) == 0 {
		return nil
	}
	return &check.Input{Header: all.Header, Source: all.Source()}
}

// principalResources makes each principal a resource, in canonical order. Of one
// that stands outside, the account is the one whose roles trust it first.
func principalResources(a *privilege.Answer, runs []Snapshot) []cloud.Resource {
	head := newest(runs).Header
	out := make([]cloud.Resource, 0, len(a.Principals))
	for i := range a.Principals {
		p := &a.Principals[i]
		account := p.Account
		if len(p.Path) > 0 && !slices.Contains(a.Accounts, account) {
			account = homeOf(a, p.Path[0].To)
		}
		r := cloud.Resource{ID: "principal/" + p.ID, Kind: cloud.Principal, Native: "privilege.principal", Provider: head.Provider, Source: head.Source, Account: account, Region: "global",
			Name: p.Name, Attributes: map[string]any{"sort": p.Kind, "standing": p.Hold == privilege.Standing, "created": p.Created}, Seen: cloud.Seen{At: head.Ended, Call: "demarc privilege"}}
		become(&r, p)
		known(&r, "second_factor", p.MFA == privilege.Yes, p.MFA != privilege.Maybe)
		known(&r, "last_used", p.LastUsed, p.Used)
		out = append(out, r)
	}
	cloud.Sort(out)
	return out
}

func homeOf(a *privilege.Answer, id string) string {
	if i := slices.IndexFunc(a.Principals, func(p privilege.Principal) bool { return p.ID == id }); i >= 0 {
		return a.Principals[i].Account
	}
	return ""
}

// become says what a principal is and can become. What hangs on a condition, or
// on what was not read, is no fact.
func become(r *cloud.Resource, p *privilege.Principal) {
	way := map[privilege.Verdict][]any{p.Verdict: {p.Why}}
	unsure := p.Verdict == privilege.Possible || p.Verdict == privilege.Unknown
	for name, v := range map[string]privilege.Verdict{"escalates": privilege.Escalates, "assumes": privilege.Assumes} {
		if unsure {
			gapOf(r, name, p.Why)
			continue
		}
		r.Attributes[name] = append([]any{}, way[v]...)
	}
	if unsure && len(p.Path) == 0 {
		gapOf(r, "administrator", p.Why)
		return
	}
	r.Attributes["administrator"] = p.Verdict == privilege.Administrator
}

func known[T bool | time.Time](r *cloud.Resource, name string, value T, is bool) {
	if !is {
		gapOf(r, name, "")
		return
	}
	r.Attributes[name] = value
}

func gapOf(r *cloud.Resource, name, why string) {
	if r.Gaps == nil {
		r.Gaps = map[string]cloud.Gap{}
	}
	r.Gaps[name] = cloud.Gap{Reason: cloud.NotCollected, Call: "demarc privilege", Detail: why}
}

// principalSeen computes a principal of a run again, and gives the newest
// snapshot that it rests on.
func principalSeen(_ context.Context, o *hall, all []Snapshot, run Run, id string) (*cloud.Resource, Snapshot, error) {
	runs := running(slices.DeleteFunc(slices.Clone(all), func(s Snapshot) bool { return !slices.Contains(run.Snapshots, s.ID) }))
	if len(runs) == 0 {
		return nil, Snapshot{}, nil
	}
	answer, err := powers(o.Org, runs)
	if err != nil {
		return nil, Snapshot{}, err
	}
	seen := principalResources(answer, runs)
	if i := slices.IndexFunc(seen, func(r cloud.Resource) bool { return r.ID == id }); i >= 0 {
		return &seen[i], newest(runs), nil
	}
	return nil, Snapshot{}, nil
}
