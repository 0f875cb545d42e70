// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"slices"
	"strings"
)

// noLine stands for the side that has no line for a duty.
const noLine = "no line"

// Compare gives every difference between two matrices: first those of the
// matrix as a whole, without a duty, then those of the lines in the order of
// the left matrix, then the duties that only the right one has. What a sign-off
// or a version says is no difference.
func Compare(left, right Matrix) []Difference {
	out := differences("", [][3]string{
		{"service", left.Service, right.Service},
		{"edition", string(left.Edition), string(right.Edition)},
		{"customer_name", left.Customer, right.Customer},
		{"provider_name", left.Provider, right.Provider},
		{"agreement", left.Agreement, right.Agreement},
	})
	others := linesOf(right)
	mine := linesOf(left)
	for _, l := range left.Allocations {
		r, ok := others[l.Duty]
		if !ok {
			out = append(out, Difference{Duty: l.Duty, Field: "line", Left: sides(l), Right: noLine})
			continue
		}
		out = append(out, differences(l.Duty, [][3]string{
			{"customer", string(l.Customer), string(r.Customer)},
			{"provider", string(l.Provider), string(r.Provider)},
			{"split", l.Split, r.Split},
			{"customer_owner", l.CustomerOwner, r.CustomerOwner},
			{"provider_contact", l.ProviderContact, r.ProviderContact},
			{"basis", l.Basis.String(), r.Basis.String()},
			{"rationale", l.Rationale, r.Rationale},
			{"evidence", strings.Join(l.Evidence, ", "), strings.Join(r.Evidence, ", ")},
			{"note", l.Note, r.Note},
		})...)
	}
	for _, r := range right.Allocations {
		if _, ok := mine[r.Duty]; !ok {
			out = append(out, Difference{Duty: r.Duty, Field: "line", Left: noLine, Right: sides(r)})
		}
	}
	return out
}

func differences(duty string, fields [][3]string) []Difference {
	var out []Difference
	for _, f := range fields {
		if f[1] != f[2] {
			out = append(out, Difference{Duty: duty, Field: f[0], Left: f[1], Right: f[2]})
		}
	}
	return out
}

// compareStatement gives the duties of which the statement says that others
// perform than the matrix does, in the order of the catalogue.
func compareStatement(b *book, m Matrix, st Statement) []Difference {
	var out []Difference
	lines := linesOf(m)
	said := b.said([]Statement{st})
	for _, d := range b.duties {
		s, ok := said[d.ID]
		if !ok {
			continue
		}
		a, ok := lines[d.ID]
		switch {
		case !ok:
			out = append(out, Difference{Duty: d.ID, Field: "performs", Left: noLine, Right: string(s.who)})
		case a.Who() != s.who:
			out = append(out, Difference{Duty: d.ID, Field: "performs", Left: string(a.Who()), Right: string(s.who)})
		}
	}
	return out
}

// String gives the basis in words: "contract: MSA 2024, 7.3(b)".
func (b Basis) String() string {
	if b.Reference == "" {
		return string(b.Kind)
	}
	return string(b.Kind) + ": " + b.Reference
}

func sides(a Allocation) string {
	return "customer " + string(a.Customer) + ", provider " + string(a.Provider)
}

func linesOf(m Matrix) map[string]Allocation {
	out := make(map[string]Allocation, len(m.Allocations))
	for _, a := range m.Allocations {
		if _, twice := out[a.Duty]; !twice {
			out[a.Duty] = a
		}
	}
	return out
}

// Lines gives the matrix's line of each duty; of two lines, the first.
func (m Matrix) Lines() map[string]Allocation { return linesOf(m) }

// Line gives the matrix's line of a duty.
func (m Matrix) Line(duty string) (Allocation, bool) {
	i := slices.IndexFunc(m.Allocations, func(a Allocation) bool { return a.Duty == duty })
	if i < 0 {
		return Allocation{}, false
	}
	return m.Allocations[i], true
}
