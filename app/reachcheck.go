// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/reach"
)

// apart gives what the checks of tenants are put to: the tenants, as their
// machines can send packets. Nil with fewer than two. ways have seen every
// resource of what runs.
func (g *ground) apart(ways *reach.Reader) (*check.Input, error) {
	runs := running(g.snapshots)
	if len(runs) == 0 {
		return nil, nil
	}
	m, err := ways.Model(unread(runs))
	if err != nil {
		return nil, fmt.Errorf("reading the network: %w", err)
	}
	m.Assign(g.tenants)
	seen := tenantResources(reach.Solve(m), runs)
	if len(seen) == 0 {
		return nil, nil
	}
	all := &cloud.Snapshot{Header: runs[0].Header, Resources: seen}
	return &check.Input{Header: all.Header, Source: all.Source()}, nil
}

// tenantResources makes each tenant a resource in each account that it has
// machines in, in canonical order.
func tenantResources(a *reach.Answer, runs []Snapshot) []cloud.Resource {
	if len(a.Tenants) < 2 {
		return nil
	}
	newest := newest(runs)
	administered := slices.ContainsFunc(a.Tenants, func(t reach.Tenant) bool { return t.ID == reach.Administration })
	var out []cloud.Resource
	for _, t := range a.Tenants {
		if t.ID == reach.Administration {
			continue
		}
		for _, account := range t.Accounts {
			r := cloud.Resource{ID: "tenant/" + t.ID + "/" + account, Kind: cloud.Tenant, Native: "reach.tenant", Provider: newest.Header.Provider, Source: newest.Header.Source,
				Account: account, Region: "global", Name: t.ID, Tenant: t.ID, Attributes: map[string]any{"machines": int64(t.Nodes), "administered": administered},
				Seen: cloud.Seen{At: newest.Header.Ended, Call: "demarc reach"}}
			reaches(&r, "reaches", a, func(p reach.Pair) bool { return p.From == t.ID && p.To != reach.Administration })
			reaches(&r, "reaches_administration", a, func(p reach.Pair) bool { return p.From == t.ID && p.To == reach.Administration })
			out = append(out, r)
		}
	}
	cloud.Sort(out)
	return out
}

// newest gives the snapshot that was taken last.
func newest(runs []Snapshot) Snapshot {
	return slices.MaxFunc(runs, func(x, y Snapshot) int {
		return cmp.Or(x.Header.Ended.Compare(y.Header.Ended), cmp.Compare(number(x.ID), number(y.ID)))
	})
}

// reaches sets an attribute to the packets that go. That none goes is a fact
// only where every such answer is closed.
func reaches(r *cloud.Resource, name string, a *reach.Answer, of func(reach.Pair) bool) {
	packets, unknown := []any{}, ""
	for _, p := range a.Pairs {
		switch {
		case !of(p):
		case p.Verdict == reach.Open || p.Verdict == reach.OneWay:
			text := p.Why
			if name == "reaches" {
				text = p.To + ": " + p.Why
			}
			packets = append(packets, text)
		case p.Verdict == reach.Unknown:
			unknown = cmp.Or(unknown, p.Why)
		}
	}
	if len(packets) == 0 && unknown != "" {
		if r.Gaps == nil {
			r.Gaps = map[string]cloud.Gap{}
		}
		r.Gaps[name] = cloud.Gap{Reason: cloud.NotCollected, Call: "demarc reach", Detail: unknown}
		return
	}
	slices.SortFunc(packets, func(x, y any) int { return cmp.Compare(x.(string), y.(string)) })
	r.Attributes[name] = packets
}

// tenantSeen computes a tenant of a run again, and gives the newest snapshot
// that it rests on. Tenants may have been written down anew since.
func tenantSeen(ctx context.Context, o *hall, all []Snapshot, run Run, id string) (*cloud.Resource, Snapshot, error) {
	runs := running(slices.DeleteFunc(slices.Clone(all), func(s Snapshot) bool { return !slices.Contains(run.Snapshots, s.ID) }))
	if len(runs) == 0 {
		return nil, Snapshot{}, nil
	}
	t, err := tenants(ctx, o)
	if err != nil {
		return nil, Snapshot{}, err
	}
	answer, err := solve(o.Org, runs, t)
	if err != nil {
		return nil, Snapshot{}, err
	}
	seen := tenantResources(answer, runs)
	if i := slices.IndexFunc(seen, func(r cloud.Resource) bool { return r.ID == id }); i >= 0 {
		return &seen[i], runs[len(runs)-1], nil
	}
	return nil, Snapshot{}, nil
}
