// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"slices"
	"strings"

	"demarc.dev/demarc/scope"
)

// Material gives what changed between what was signed and what stands now, of
// all that Digest covers: first of the service, then of the matrix. Left is what
// was signed. It is empty exactly when the digests are equal.
func Material(signed Matrix, was scope.Service, now Matrix, is scope.Service) []Difference {
	out := ServiceChanges(was, is)
	for _, d := range Compare(signed, now) {
		if d.Field != "evidence" && d.Field != "note" {
			out = append(out, d)
		}
	}
	return out
}

// ServiceChanges gives what changed of a service, of all that its digest covers.
func ServiceChanges(was, is scope.Service) []Difference {
	list := func(l []string) string { return strings.Join(slices.Sorted(slices.Values(l)), ", ") }
	return differences("", [][3]string{
		{"the service", was.ID, is.ID},
		{"role of the service", string(was.Role), string(is.Role)},
		{"model of the service", string(was.Model), string(is.Model)},
		{"provider of the service", was.Provider, is.Provider},
		{"customer of the service", was.Customer, is.Customer},
		{"agreement of the service", was.Agreement, is.Agreement},
		{"what it is built on", list(was.BuiltOn), list(is.BuiltOn)},
		{"accounts", list(was.Accounts), list(is.Accounts)},
		{"regions", list(was.Regions), list(is.Regions)},
		{"classes of data", list(was.DataClasses), list(is.DataClasses)},
		{"criticality", string(was.Criticality), string(is.Criticality)},
	})
}
