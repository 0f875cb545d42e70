// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"slices"

	"demarc.dev/demarc/catalogue"
)

// Narrow gives the assessment as far as it speaks of some services, with every
// sum made anew of what is left, for a reader who is let in for these only. Of
// what belongs to no single one of them, such as accounts in no service and
// scopes that were not read, nothing is left. It keeps the digest of the whole:
// that is what was concluded. The arguments stay as they are.
func Narrow(a *Assessment, cat *catalogue.Catalogue, services []string) *Assessment {
	kept := func(id string) bool { return slices.Contains(services, id) }
	n := *a
	n.Unread, n.Unassigned, n.Imports = nil, nil, nil
	n.Services = only(a.Services, func(s Service) bool { return kept(s.ID) })
	n.Results = only(a.Results, func(r Result) bool { return kept(r.Service) })
	n.Answers = only(a.Answers, func(x Answer) bool { return kept(x.Service) })
	n.Gaps = only(a.Gaps, func(g Gap) bool { return kept(g.Service) })
	n.Said = only(a.Said, func(s Said) bool { return kept(s.Service) })
	n.Exceptions = nil
	for _, e := range a.Exceptions {
		if e.Services = only(e.Services, kept); len(e.Services) > 0 {
			n.Exceptions = append(n.Exceptions, e)
		}
	}
	sum := newSums(n.Answers)
	n.Controls = sum.rolls(a.Controls, kept)
	n.Themes = themes(a.Themes, n.Answers, cat.Themes(a.Edition))
	n.Readiness = Readiness{ByParty: map[catalogue.Party]Counts{}, ByService: map[string]Counts{}}
	for i := range n.Answers {
		n.Readiness.add(&n.Answers[i])
	}
	for i := range n.Services {
		n.Readiness.ByService[n.Services[i].ID] = n.Services[i].Counts
	}
	return &n
}

func only[T any](all []T, keep func(T) bool) []T {
	var out []T
	for _, x := range all {
		if keep(x) {
			out = append(out, x)
		}
	}
	return out
}

// sums are counts of answers by control and party.
type sums map[rollKey]*Counts

func newSums(answers []Answer) sums {
	s := sums{}
	for _, n := range answers {
		count(s, rollKey{n.Control, n.Party, ""}, n.Status)
	}
	return s
}

// rolls gives the rows of controls that are left; those over all services are
// summed anew.
func (s sums) rolls(all []Roll, kept func(string) bool) []Roll {
	var out []Roll
	for _, r := range all {
		if r.Service != "" {
			if kept(r.Service) {
				out = append(out, r)
			}
			continue
		}
		if c := s[rollKey{r.Key, r.Party, ""}]; c != nil {
			r.Counts, r.Status = *c, c.Worst()
			out = append(out, r)
		}
	}
	return out
}

// themes gives the rows of themes that are left, summed anew; the row without a
// key gathers the controls that the edition puts into no theme.
func themes(all []Roll, answers []Answer, of []catalogue.Theme) []Roll {
	themed := map[string]string{}
	for _, t := range of {
		for _, key := range t.Controls {
			themed[key] = t.ID
		}
	}
	counts := map[rollKey]*Counts{}
	for _, n := range answers {
		count(counts, rollKey{themed[n.Control], n.Party, ""}, n.Status)
	}
	var out []Roll
	for _, r := range all {
		if c := counts[rollKey{r.Key, r.Party, ""}]; c != nil {
			r.Counts, r.Status = *c, c.Worst()
			out = append(out, r)
		}
	}
	return out
}
