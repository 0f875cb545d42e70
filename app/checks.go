// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"demarc.dev/demarc/check"
	"demarc.dev/demarc/check/rule"
	"demarc.dev/demarc/problem"
)

// Checks gives the shipped checks and, when own is not nil, those of a user's
// folder, in order of their ids. A user's check may not take the id of a
// shipped one: two answers under one name would be worse than none.
func Checks(own fs.FS) ([]check.Check, error) {
	all, err := rule.Load()
	if err != nil {
		return nil, err
	}
	if own == nil {
		return all, nil
	}
	more, err := check.LoadFolder(own)
	if err != nil {
		return nil, err
	}
	for _, c := range more {
		if slices.ContainsFunc(all, func(s check.Check) bool { return s.ID == c.ID }) {
			return nil, problem.New(problem.Invalid, fmt.Sprintf("%s: id %s is the id of a shipped check", c.File(), c.ID), "give it another id, and the file the same name")
		}
	}
	all = append(all, more...)
	slices.SortFunc(all, func(x, y check.Check) int { return strings.Compare(x.ID, y.ID) })
	return all, nil
}
