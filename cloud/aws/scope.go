// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"slices"

	"demarc.dev/demarc/cloud"
)

// sightings are the accounts and regions whose own resource was read: it says
// of each attribute why it is not known, so that no gap of a whole kind needs to.
type sightings map[string]bool

func (s sightings) note(r *cloud.Resource) {
	switch r.Kind {
	case cloud.AccountKind:
		s[r.Account] = true
	case cloud.RegionKind:
		s[r.Account+" "+r.Region] = true
	}
}

// unasked gives a gap for each account and service that was not asked for: what
// nobody read is not absent.
func (r *run) unasked(seen sightings) []cloud.ScopeGap {
	var out []cloud.ScopeGap
	for _, a := range r.p.accounts {
		for _, s := range services() {
			if slices.ContainsFunc(r.services, func(asked *service) bool { return asked.name == s.name }) {
				continue
			}
			if kinds := r.lacking(s, a.ID, seen); len(kinds) > 0 { // else each attribute tells it
				out = append(out, cloud.ScopeGap{Provider: "aws", Account: a.ID, Service: s.name, Kinds: kinds,
					Gap: cloud.Gap{Reason: cloud.NotCollected, Call: s.name + ":*", Detail: notAsked(s.name)}})
			}
		}
	}
	return out
}

func notAsked(service string) string { return "the service " + service + " was not asked for" }

// lacking gives the kinds that are incomplete in an account without a service:
// those that it lists, and those that it only tells more of where nobody else
// lists them.
func (r *run) lacking(s *service, account string, seen sightings) []cloud.Kind {
	var out []cloud.Kind
	for _, k := range s.kinds {
		whole := false
		switch k {
		case cloud.AccountKind:
			whole = seen[account]
		case cloud.RegionKind:
			whole = !slices.ContainsFunc(r.p.open[account], func(region string) bool { return !seen[account+" "+region] })
		default:
			whole = s.completes && slices.ContainsFunc(r.services, func(o *service) bool { return !o.completes && slices.Contains(o.kinds, k) })
		}
		if !whole {
			out = append(out, k)
		}
	}
	return out
}
