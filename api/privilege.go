// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"slices"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/privilege"
)

// privilegeAsk narrows the answer of privileges.
type privilegeAsk struct {
	placed
	Verdict   string `query:"verdict" enum:"administrator,escalates,assumes,possible,unknown,none" doc:"only these answers"`
	Principal string `query:"principal" maxLength:"2048" doc:"only the identity of this name or id" example:"j.okafor"`
}

// privilegeCalls are those of who is an administrator.
func (s *server) privilegeCalls() []call {
	return []call{
		{id: "getPrivilege", method: get, path: "/privilege", tag: "assess", need: account.ReadSnapshot, says: "Who is an administrator, and who can become one",
			more: "Computed from the newest snapshots: every identity with its answer, the shortest path with the statement that allows each call, what it hangs on or what stops it, and what would. docs/privilege.md lists the methods and says what is not weighed.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *privilegeAsk) (*privilege.Answer, error) {
				r, err := s.o.App.Privilege(ctx, c)
				if err != nil {
					return nil, err
				}
				answer := *r.Answer
				answer.Principals = slices.DeleteFunc(slices.Clone(answer.Principals), func(p privilege.Principal) bool {
					return in.Verdict != "" && in.Verdict != string(p.Verdict) || in.Principal != "" && in.Principal != p.Name && in.Principal != p.ID
				})
				return &answer, nil
			})},
	}
}
