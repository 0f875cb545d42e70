// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"cmp"
	"slices"
	"strings"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
)

// Finish draws the conclusion from everything that was added. It changes
// nothing in the run: more can be added, and it can be asked again.
func (r *Run) Finish() (*Assessment, error) {
	a := &Assessment{Format: Format, At: r.in.Now.UTC(), Organisation: r.in.Scope.Organisation, Edition: r.in.Edition, Catalogue: r.in.Catalogue.Version(), Parties: r.ground.parties}
	for _, v := range r.ground.services {
		a.Services = append(a.Services, v.facts)
	}
	a.Snapshots, a.Unread, a.Imports = snapshots(r.in.Snapshots), unread(r.in.Unread), imports(r.imports)
	a.Results = r.results()
	said := newHearing(r.in.Attestations, a.At)
	for _, v := range r.ground.services {
		for _, c := range r.ground.controls {
			for i := range c.Duties {
				a.Answers = append(a.Answers, r.facts(v, c, &c.Duties[i], said))
			}
		}
	}
	a.Said = said.told()
	a.Exceptions, a.Unassigned = r.used(), r.unassigned()
	b := newBench(a)
	for i := range a.Answers {
		b.judge(&a.Answers[i])
	}
	r.roll(a)
	a.Gaps = gaps(a)
	a.tidy()
	return a, a.seal()
}

func (r *Run) results() []Result {
	out := make([]Result, 0, len(r.tallies))
	for at, t := range r.tallies {
		title := ""
		if c := r.ground.checks[at.Check]; c != nil {
			title = c.Title
		}
		res := t.result(at, title)
		res.Worst = slices.Clone(res.Worst)
		out = append(out, res)
	}
	slices.SortFunc(out, func(a, b Result) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Check, b.Check))
	})
	return out
}

// facts gathers what an answer rests on.
func (r *Run) facts(v *served, c *catalogue.Control, d *catalogue.Duty, said *hearing) Answer {
	a := Answer{Service: v.ID, Duty: d.ID, Control: c.Key, Party: d.Party, Ours: d.Party == v.facts.Ours}
	a.Allocation, a.Defaulted = v.allocation(d)
	a.By = a.Allocation.Who()
	we := a.Allocation.Share(v.facts.Ours).Performs()
	if a.Ours || we {
		a.Checks = r.bearing(v, d.ID)
	}
	for _, c := range a.Checks {
		t := c.Tally
		a.Coverage.Read += t.Pass + t.Fail + t.Accepted
		a.Coverage.Required += t.Pass + t.Fail + t.Accepted + t.Unknown + t.Error
	}
	if a.Attestation = said.on(v, d, c, we); a.Attestation == nil {
		a.Passed = said.passing(d)
	}
	return a
}

// bearing gives the checks that bear on a duty of a service. Those of a
// provider that has none of the service's accounts are left out: they could
// never say anything of it.
func (r *Run) bearing(v *served, duty string) []CheckAnswer {
	var out []CheckAnswer
	for _, p := range r.ground.proofs[duty] {
		t := r.tallies[At{v.ID, p.check.ID}]
		reachable := len(p.check.Providers) == 0 || slices.ContainsFunc(p.check.Providers, func(name string) bool { return v.providers[name] })
		if t == nil && (p.check.Origin == check.Foreign || !reachable && len(v.providers) > 0) {
			continue
		}
		c := CheckAnswer{Check: p.check.ID, Title: p.check.Title, Severity: p.check.Severity, Extent: p.Extent, Why: p.Why, Ran: t != nil || reachable && len(v.providers) > 0}
		if t != nil {
			c.Tally, c.Scopes, c.Foreign, c.Disputed = t.counts, t.scopes, t.foreign, t.disputed
			if t.standing > 0 {
				c.Planned = t.planned
			}
			if t.sound > 0 {
				c.Would = t.wouldFail
			}
			c.Stale = r.in.MaxAge > 0 && !t.oldest.IsZero() && r.in.Now.Sub(t.oldest) > r.in.MaxAge
		}
		out = append(out, c)
	}
	return out
}

func (r *Run) used() []ExceptionUse {
	var out []ExceptionUse
	for _, id := range sortedKeys(r.uses) {
		u := r.uses[id]
		out = append(out, ExceptionUse{ID: id, Findings: u.findings, Checks: sortedKeys(u.checks), Services: sortedKeys(u.services)})
	}
	return out
}

func (r *Run) unassigned() []Unassigned {
	var out []Unassigned
	for _, id := range sortedKeys(r.outside) {
		out = append(out, *r.outside[id])
	}
	return out
}

// snapshots gives copies in a fixed order.
func snapshots(in []Snapshot) []Snapshot {
	out := slices.Clone(in)
	for i := range out {
		s := &out[i]
		s.Accounts, s.Regions = sorted(s.Accounts), sorted(s.Regions)
		s.Started, s.Ended = s.Started.UTC(), s.Ended.UTC()
		if s.Accounts == nil {
			s.Accounts = []string{}
		}
	}
	slices.SortFunc(out, func(a, b Snapshot) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Source, b.Source), slices.Compare(a.Accounts, b.Accounts), a.Started.Compare(b.Started), a.Ended.Compare(b.Ended),
			slices.Compare(a.Regions, b.Regions), cmp.Compare(a.Tool, b.Tool), cmp.Compare(a.Calls, b.Calls), cmp.Compare(a.Lost, b.Lost), cmp.Compare(a.Unread, b.Unread), cmp.Compare(a.Synthetic, b.Synthetic))
	})
	return out
}

// imports gives copies in a fixed order.
func imports(in []Import) []Import {
	out := slices.Clone(in)
	for i := range out {
		out[i].Accounts = sorted(out[i].Accounts)
		out[i].From, out[i].Until = out[i].From.UTC(), out[i].Until.UTC()
	}
	slices.SortFunc(out, func(a, b Import) int { return compareNatural(a.ID, b.ID) })
	return out
}

// unread gives copies in a fixed order.
func unread(in []cloud.ScopeGap) []cloud.ScopeGap {
	out := slices.Clone(in)
	for i := range out {
		out[i].Kinds = slices.Clone(out[i].Kinds)
		slices.Sort(out[i].Kinds)
	}
	slices.SortFunc(out, func(a, b cloud.ScopeGap) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Service, b.Service),
			cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Call, b.Call), cmp.Compare(a.Detail, b.Detail), slices.Compare(a.Kinds, b.Kinds))
	})
	return out
}

// tidy gives every list of the JSON a value: an absence is an empty list.
func (a *Assessment) tidy() {
	fill(&a.Services)
	fill(&a.Snapshots)
	fill(&a.Unread)
	fill(&a.Results)
	fill(&a.Answers)
	fill(&a.Controls)
	fill(&a.Themes)
	fill(&a.Gaps)
	fill(&a.Said)
	fill(&a.Exceptions)
	fill(&a.Unassigned)
	for i := range a.Answers {
		fill(&a.Answers[i].Reasons)
	}
}

func fill[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}

// shorten cuts words to about n letters.
func shorten(s string, n int) string {
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) <= n {
		return string(runes)
	}
	return strings.TrimRight(string(runes[:n-1]), " ,;:") + "…"
}
