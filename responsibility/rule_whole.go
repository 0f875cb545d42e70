// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"fmt"
	"strings"

	"demarc.dev/demarc/scope"
)

// whole asks what holds for the matrix as a whole.
func (r *review) whole(s scope.Service, m Matrix, ok bool) {
	if state := r.left(s.Owner); state != "" {
		r.find(OwnerLeft, Medium, s, "", fmt.Sprintf("%s, named as owner of %s, %s.", s.Owner, name(s), state),
			fmt.Sprintf("Name in the scope somebody else as owner of %s.", name(s)), nil)
	}
	if !ok {
		r.find(Gap, High, s, "", fmt.Sprintf("%s has no matrix of the edition of %s, so none of its %d duties is given to anybody.", name(s), r.book.edition, len(r.book.duties)),
			fmt.Sprintf("Take the defaults of the catalogue for %s, look at each line, and agree on it with %s.", name(s), r.party(s, m, s.Other())), nil)
		return
	}
	if a := m.Agreement; a != "" && s.Agreement != "" && !strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(s.Agreement)) {
		r.find(ContractMismatch, High, s, "", fmt.Sprintf("The matrix of %s rests on %q, while the agreement in force is %q.", name(s), a, s.Agreement),
			"Look at every line that rests on a clause, then name the agreement in force in the matrix.", nil)
	}
	r.standing(s, m)
}

// standing looks at sign-off and acknowledgement.
func (r *review) standing(s scope.Service, m Matrix) {
	other := r.party(s, m, s.Other())
	ask := fmt.Sprintf("Send the matrix to %s and record who acknowledged it and when.", other)
	switch Standing(m, s, r.now) {
	case Stale:
		r.find(StaleSignOff, High, s, "", fmt.Sprintf("%s signed the matrix of %s on %s; the matrix, or the service's role, model, parties, agreement, services beneath, accounts, regions, data or criticality, changed since.", m.SignOff.By, name(s), m.SignOff.On),
			fmt.Sprintf("Look at what changed, sign the matrix of %s again, and send it to %s.", name(s), other), nil)
	case Acknowledged:
	case Sent:
		r.find(NotAcknowledged, Low, s, "", fmt.Sprintf("The matrix of %s was sent and is not acknowledged by %s.", name(s), other),
			fmt.Sprintf("Ask %s to acknowledge it and record who did and when.", other), nil)
	case InternallyAgreed:
		r.find(NotAcknowledged, Medium, s, "", fmt.Sprintf("The matrix of %s is agreed on our side only and was not sent to %s.", name(s), other), ask, nil)
	default:
		r.find(NotAcknowledged, Medium, s, "", fmt.Sprintf("The matrix of %s is a draft: it is not signed on our side and not acknowledged by %s.", name(s), other), "Sign it. "+ask, nil)
	}
}
