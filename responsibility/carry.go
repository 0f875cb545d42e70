// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"cmp"
	"fmt"
	"strings"

	"demarc.dev/demarc/scope"
)

// Carry gives the matrix that is to be stored when the matrix of a file takes
// the place of the stored one (nil: there is none yet), and what a person has
// to be told of its sign-off, one sentence each.
//
// A file is text that anybody can edit, so it signs nothing: its sign-off, its
// acknowledgement and its status are taken over only as a whole, where they are
// those that Sign, Send and Acknowledge left in the store. Otherwise the result
// is a draft without a sign-off. So a file may lower what is stored and never
// raise it. A sign-off that is taken over still binds to what was signed: where
// the lines or the service differ from that, Standing derives that it is stale.
func Carry(stored *Matrix, imported Matrix, service scope.Service) (Matrix, []string) {
	out := imported
	out.Status, out.SignOff = Draft, nil
	had := signatures{}
	if stored != nil {
		had = signaturesOf(*stored)
	}
	claims := signaturesOf(imported)
	switch {
	case had != claims:
		return out, []string{refused(had, claims)}
	case claims.SignOff.By == "":
		return out, nil
	}
	signed := claims.SignOff
	out.Status, out.SignOff = cmp.Or(claims.status, Draft), &signed
	if signed.Digest != Digest(out, service) {
		return out, []string{fmt.Sprintf("What %s signed on %s said something else: the sign-off is stale until the matrix is signed again.", signed.By, signed.On)}
	}
	return out, nil
}

// signatures are what people agreed to. The zero signatures are those of a draft.
type signatures struct {
	status Status
	SignOff
}

func signaturesOf(m Matrix) signatures {
	s := signatures{}
	if m.SignOff != nil {
		s.SignOff = *m.SignOff
	}
	if m.Status != Draft {
		s.status = m.Status
	}
	return s
}

// refused tells why the signatures of a file are not taken over.
func refused(had, claims signatures) string {
	who := func(by, on string) string {
		return fmt.Sprintf("by %s on %s", cmp.Or(strings.TrimSpace(by), "somebody"), cmp.Or(on, "no day"))
	}
	unlike := claims.Digest != had.Digest || claims.By != had.By || claims.On != had.On
	switch {
	case claims == signatures{}:
		return fmt.Sprintf("The file holds no sign-off, so the one %s ends and the matrix is a draft.", who(had.By, had.On))
	case claims.SignOff == SignOff{}:
		return fmt.Sprintf("The file claims the status %s and no sign-off: the matrix is a draft.", claims.status)
	case unlike:
		return fmt.Sprintf("The file claims a sign-off %s that was not given here: it was dropped, and the matrix is a draft.", who(claims.By, claims.On))
	case claims.AcknowledgedBy != had.AcknowledgedBy || claims.AcknowledgedOn != had.AcknowledgedOn:
		if claims.AcknowledgedBy == "" {
			return fmt.Sprintf("The file lacks the acknowledgement %s: the sign-off was dropped with it, and the matrix is a draft.", who(had.AcknowledgedBy, had.AcknowledgedOn))
		}
		return fmt.Sprintf("The file claims an acknowledgement %s that was not given here: the sign-off was dropped with it, and the matrix is a draft.", who(claims.AcknowledgedBy, claims.AcknowledgedOn))
	}
	return fmt.Sprintf("The file claims the status %s, and the stored matrix is %s: the sign-off was dropped, and the matrix is a draft.", cmp.Or(claims.status, Draft), cmp.Or(had.status, Draft))
}
