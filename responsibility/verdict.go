// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"slices"
	"strings"
)

// verdicts gives exactly one verdict for every service and duty of the edition:
// by the id of the service, then in the order of the catalogue.
func (r *review) verdicts() []Verdict {
	rules := map[[2]string][]Rule{}
	for _, f := range r.run() {
		key := [2]string{f.Service, f.Duty}
		rules[key] = append(rules[key], f.Rule)
	}
	out := make([]Verdict, 0, len(r.services)*len(r.book.duties))
	for _, s := range r.services {
		_, has := r.matrices[s.ID]
		for _, d := range r.book.duties {
			v := Verdict{Service: s.ID, Duty: d.ID, Kind: NoMatrix, Rules: sortedRules(rules[[2]string{s.ID, d.ID}])}
			if has {
				v.Kind = r.verdict(s.ID, d.ID)
			}
			out = append(out, v)
		}
	}
	return out
}

func (r *review) verdict(service, duty string) VerdictKind {
	a, ok := r.lines[service][duty]
	if !ok {
		return Unallocated
	}
	switch a.Who() {
	case ByCustomer:
		return OnCustomer
	case ByProvider:
		return OnProvider
	case ByBoth:
		if strings.TrimSpace(a.Split) != "" {
			return OnShared
		}
		return OnBoth
	}
	return OnNobody
}

func sortedRules(rules []Rule) []Rule {
	slices.Sort(rules)
	return rules
}
