// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/problem"
)

// choose gives the snapshots by their ids, or the newest of each source, in
// the order in which they were taken. Of an account that several saw, only the
// newest tells: a resource is never checked twice, nor in a state that is past.
func choose(all []Snapshot, ids []string) ([]Snapshot, error) {
	if len(all) == 0 {
		return nil, problem.New(problem.NotFound, "nothing was collected yet", "demarc collect aws, or demarc collect terraform plan.json; demarc example shows the whole path without an account")
	}
	for _, id := range ids {
		if !slices.ContainsFunc(all, func(s Snapshot) bool { return s.ID == id }) {
			return nil, problem.New(problem.NotFound, fmt.Sprintf("there is no snapshot %q", id), "demarc collect list")
		}
	}
	chosen := slices.Clone(all)
	if len(ids) > 0 {
		chosen = slices.DeleteFunc(chosen, func(s Snapshot) bool { return !slices.Contains(ids, s.ID) })
	}
	slices.SortFunc(chosen, func(x, y Snapshot) int { return newer(y, x) })
	seen := map[string]string{} // place → the snapshot that tells of it
	out := chosen[:0]
	for _, s := range chosen {
		rest, by := s.without(seen)
		if rest != nil {
			out = append(out, *rest)
		} else if len(ids) > 0 {
			return nil, problem.New(problem.Usage, fmt.Sprintf("snapshots %s and %s saw the same accounts, and %s is the newer", s.ID, by, by), fmt.Sprintf("assess one after the other: demarc assess %s, then demarc assess %s --baseline last", s.ID, by))
		}
	}
	slices.SortFunc(out, func(x, y Snapshot) int { return cmp.Compare(number(x.ID), number(y.ID)) })
	return out, nil
}

// newer orders snapshots by when the looking ended; of two that ended at once
// the one that was taken in later is the newer.
func newer(x, y Snapshot) int {
	return cmp.Or(x.Header.Ended.Compare(y.Header.Ended), cmp.Compare(number(x.ID), number(y.ID)))
}

// without gives what is left of a snapshot when the places in seen are told of
// by newer ones, nil when nothing is, and then by which. It adds its own.
func (s Snapshot) without(seen map[string]string) (rest *Snapshot, by string) {
	if len(s.Header.Accounts) == 0 {
		if by, ok := seen[s.place("")]; ok {
			return nil, by
		}
		seen[s.place("")] = s.ID
		return &s, ""
	}
	s.past = map[string]bool{}
	var left []cloud.Account
	for _, account := range s.Header.Accounts {
		if other, ok := seen[s.place(account.ID)]; ok && other != s.ID {
			s.past[account.ID], by = true, other
			continue
		}
		seen[s.place(account.ID)] = s.ID
		left = append(left, account)
	}
	if len(left) == 0 {
		return nil, by
	}
	s.Header.Accounts = left
	s.Gaps = slices.DeleteFunc(slices.Clone(s.Gaps), func(g cloud.ScopeGap) bool { return s.past[g.Account] })
	return &s, ""
}

// place says where the snapshot looked when it looked at an account. Plans of
// one account that speak of different things have different names.
func (s Snapshot) place(account string) string {
	return strings.Join([]string{s.Header.Provider, s.Header.Source, s.Name, account}, "|")
}
