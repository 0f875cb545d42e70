// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"demarc.dev/demarc/scope"
)

// defaults gives the matrix that the catalogue proposes for the service: a
// draft that nobody has looked at yet. A duty of which the catalogue says
// nothing has no line.
func defaults(b *book, service scope.Service) *Matrix {
	m := &Matrix{Service: service.ID, Edition: b.edition, Version: 1, Status: Draft, Agreement: service.Agreement,
		Customer: service.Customer, Provider: service.Provider}
	for _, d := range b.duties {
		customer, provider, ok := b.usual(service.Model, d.ID)
		if !ok {
			continue
		}
		m.Allocations = append(m.Allocations, Allocation{Duty: d.ID, Customer: customer, Provider: provider, Basis: Basis{Kind: DefaultBasis}})
	}
	return m
}
