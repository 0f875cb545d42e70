// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"fmt"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
)

// setMatrix takes the service's matrix of the edition, and the defaults of the
// catalogue for the duties of which it says nothing.
func (v *served) setMatrix(in Input) error {
	v.matrix, v.usual = map[string]responsibility.Allocation{}, map[string]responsibility.Allocation{}
	var found *responsibility.Matrix
	for i := range in.Matrices {
		m := &in.Matrices[i]
		if m.Service != v.ID || m.Edition != in.Edition {
			continue
		}
		if found != nil && found.Version == m.Version {
			return problem.New(problem.Invalid, fmt.Sprintf("service %s has two matrices of the edition of %s, both of version %d", v.ID, in.Edition, m.Version), "keep one of them")
		}
		if found == nil || m.Version > found.Version {
			found = m
		}
	}
	if found != nil {
		v.facts.Matrix, v.facts.MatrixVersion = responsibility.Standing(*found, *v.Service, in.Now), found.Version
		v.facts.MatrixDigest = responsibility.Digest(*found, *v.Service)
		for _, a := range found.Allocations {
			v.matrix[a.Duty] = a
		}
	}
	for _, a := range responsibility.Default(in.Catalogue, *v.Service, in.Edition).Allocations {
		v.usual[a.Duty] = a
	}
	return nil
}

// allocation gives who performs a duty: by the matrix, else by default.
func (v *served) allocation(d *catalogue.Duty) (a responsibility.Allocation, defaulted bool) {
	if a, ok := v.matrix[d.ID]; ok {
		return a, false
	}
	if a, ok := v.usual[d.ID]; ok {
		return a, true
	}
	// The catalogue has no default for it: nobody is known to do the work but
	// the party that the standard speaks to.
	a = responsibility.Allocation{Duty: d.ID, Customer: responsibility.None, Provider: responsibility.None, Basis: responsibility.Basis{Kind: responsibility.DefaultBasis}}
	if d.Party == catalogue.Provider {
		a.Provider = responsibility.SharesBoth
	} else {
		a.Customer = responsibility.SharesBoth
	}
	return a, true
}
