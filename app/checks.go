// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/check/rule"
	"demarc.dev/demarc/problem"
)

// Checks gives the shipped checks and, when own is not nil, those of a user's
// folder, in order of their ids. A user's check may not take the id of a
// shipped one: two answers under one name would be worse than none. A folder
// whose checks have a fault, or answer their own examples wrongly, is refused.
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
	if len(more) == 0 {
		return nil, problem.New(problem.Invalid, "the folder of checks holds none", "a check is a file ID.yaml; demarc check explain object-store-public --source prints one to begin with")
	}
	if err := trustworthy(more); err != nil {
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

// trustworthy refuses checks that have a fault or answer their examples wrongly:
// such a check must not prove a duty.
func trustworthy(checks []check.Check) error {
	cat, err := catalogue.Load()
	if err != nil {
		return err
	}
	var wrong []string
	for _, f := range check.Lint(checks, func(id string) bool { _, ok := cat.Duty(id); return ok }, nil) {
		wrong = append(wrong, f.String())
	}
	for _, c := range checks {
		results, err := check.RunExamples(c)
		if err != nil {
			return err
		}
		for _, r := range results {
			if !r.OK() {
				wrong = append(wrong, fmt.Sprintf("%s:%d: example %q: expected %s, got %s", c.File(), r.Line, r.Example, r.Expect, r.Got))
			}
		}
	}
	if len(wrong) > 0 {
		return problem.New(problem.Invalid, strings.Join(wrong, "\n"), "mend them; demarc check test FOLDER tells when they are in order")
	}
	return nil
}
