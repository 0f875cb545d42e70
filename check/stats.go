// SPDX-License-Identifier: Apache-2.0

package check

import "slices"

// Join adds what another run of the same set did: a check is silent only when
// it was in both, and an exception covers what it covered in either.
func (s *Stats) Join(o Stats) {
	first := s.Outcomes == nil
	if first {
		fresh := newStats(0)
		s.Outcomes, s.Unread = fresh.Outcomes, fresh.Unread
		s.Silent = slices.Clone(o.Silent)
	} else {
		s.Silent = slices.DeleteFunc(s.Silent, func(id string) bool { return !slices.Contains(o.Silent, id) })
	}
	o.asked = nil
	s.add(&o)
	s.Scopes += o.Scopes
	s.joinUses(o.Exceptions)
}

func (s *Stats) joinUses(uses []ExceptionUse) {
	for _, u := range uses {
		i := slices.IndexFunc(s.Exceptions, func(e ExceptionUse) bool { return e.ID == u.ID })
		if i < 0 {
			s.Exceptions = append(s.Exceptions, u)
			continue
		}
		e := &s.Exceptions[i]
		e.Covers += u.Covers
		e.Unclear += u.Unclear
		if e.State == "unused" {
			e.State, e.Note = u.State, u.Note
		}
	}
}

// Take moves counts of outcomes by what was learnt elsewhere.
func (s *Stats) Take(outcomes map[Outcome]int64) {
	for o, n := range outcomes {
		if s.Outcomes == nil {
			s.Outcomes = map[Outcome]int64{}
		}
		if s.Outcomes[o] += n; s.Outcomes[o] == 0 {
			delete(s.Outcomes, o)
		}
	}
}
