// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/reach"
)

const exampleTenants = "administration:\n  tags: {zone: admin}\ntenants:\n  - {id: alder, accounts: [\"111122223333\"]}\n  - {id: birch, networks: [vpc-0a1b2c3d]}\n"

// reachCalls are those of who can reach whom.
func (s *server) reachCalls() []call {
	const tag = "assess"
	a := s.o.App
	return []call{
		{id: "getReach", method: get, path: "/reach", tag: tag, need: account.ReadSnapshot, says: "Who can reach whom: tenants, the internet, the administration network",
			more: "Computed from the newest snapshots: every pair of tenants, and every machine and the internet, each open, one-way, closed or unknown, with the path and what would stop it. docs/reach.md says what is weighed and what is not.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) (*reach.Answer, error) {
				r, err := a.Reach(ctx, c, nil)
				if err != nil {
					return nil, err
				}
				return r.Answer, nil
			})},
		{id: "getTenants", method: get, path: "/tenants", tag: tag, need: account.ReadOrganisation, says: "Whose machines are whose",
			more: "What was written down about tenants; without any, tags tell.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) (*reach.Tenants, error) {
				t, err := a.Tenants(ctx, c)
				if err != nil || t != nil {
					return t, err
				}
				return &reach.Tenants{Tenants: []reach.Selector{}}, nil
			})},
		{id: "setTenants", method: put, path: "/tenants", tag: tag, need: account.EditScope, takes: []string{yaml}, example: exampleTenants, says: "Take a file of tenants in",
			more: "Puts the file, as docs/reach.md describes it, in the place of the one before. Every fault is told with its line and field, and nothing is taken in then.",
			register: handleText(s, func(ctx context.Context, c app.Caller, in *uploaded, data []byte) (*reach.Tenants, error) {
				return a.SetTenants(ctx, c, "tenants.yaml", data)
			})},
	}
}
