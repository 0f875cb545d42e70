// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/policy"
)

// examplePolicies gives the example's firm its policies: most are drafts that
// say all that is known, four are in force, one of these under review since a
// fact changed, and one waits for a second approval.
func (e *env) examplePolicies(ctx context.Context, a *app.App, c app.Caller) error {
	if _, err := a.DraftPolicies(ctx, c, nil, "security"); err != nil {
		return err
	}
	said := policy.Known{"role.management": "the managing directors", "role.security": "Ruth Calder", "role.privacy": "Noor Haddad", "role.platform": "the platform team", "role.incident": "the engineer on duty",
		"role.keys": "the platform team", "role.people": "the people team", "contact.report": "security@larkspur-ledger.example"}
	all, err := a.PolicyFacts(ctx, c)
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.Usual != "" && f.ID != "isolation.test" { // which nobody at the firm has decided
			said[f.ID] = f.Usual
		}
	}
	if _, err := a.SetPolicyFacts(ctx, c, said); err != nil {
		return err
	}
	if _, err := a.FillPolicies(ctx, c); err != nil {
		return err
	}
	for _, id := range []string{"cloud-security", "access", "backup", "awareness", "cryptography"} {
		if err := examplePolicy(ctx, a, c, id); err != nil {
			return err
		}
	}
	_, err = a.SetPolicyFacts(ctx, c, policy.Known{"restore.test": "3 months"})
	return err
}

// examplePolicy brings one policy to its publication; that of cryptography takes
// two, and one of them has not looked yet.
func examplePolicy(ctx context.Context, a *app.App, c app.Caller, id string) error {
	v, err := a.Policy(ctx, c, id)
	if err != nil {
		return err
	}
	p := v.Policy
	p.Note = "The first version."
	if id == "cryptography" {
		p.Quorum = 2
	}
	if p, err = a.SetPolicy(ctx, c, p, p.Version); err != nil {
		return err
	}
	if p, err = a.SubmitPolicy(ctx, c, id, p.Version); err != nil {
		return err
	}
	digest := p.Digest()
	if p, err = a.ApprovePolicy(ctx, c, id, digest); err != nil || p.Quorum > 1 {
		return err
	}
	_, err = a.PublishPolicy(ctx, c, id, digest)
	return err
}
