// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"

	"demarc.dev/demarc/cloud"
)

func organizationService() *service {
	return &service{
		name: "organizations", global: true, kinds: []cloud.Kind{cloud.AccountKind, cloud.Guardrail, cloud.Organisation},
		actions: []string{"organizations:DescribeOrganization", "organizations:DescribePolicy", "organizations:ListAccounts",
			"organizations:ListPolicies", "organizations:ListTargetsForPolicy"},
		collect: collectOrganization,
	}
}

func collectOrganization(ctx context.Context, u *unit) error {
	c := organizations.NewFromConfig(u.cfg)
	out, err := c.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if absent(err, "AWSOrganizationsNotInUseException") {
		a := u.accountPart(nil, cloud.Seen{At: u.s.o.Now().UTC(), Call: "organizations:DescribeOrganization"})
		fact(a, "organisation_member", false, nil)
		u.add(a)
		return nil
	}
	if err == nil && out.Organization == nil {
		err = orElse(nil, "organizations:DescribeOrganization")
	}
	if err != nil {
		return err
	}
	o := out.Organization
	seen := u.seen("organizations:DescribeOrganization", out.ResultMetadata)
	a := u.accountPart(map[string]any{"OrganizationId": o.Id}, seen)
	fact(a, "organisation_member", true, nil)
	link(a, "member-of", aws.ToString(o.Arn))
	u.add(a)
	if master := aws.ToString(o.MasterAccountId); master != u.account {
		u.note("member", aws.ToString(o.Id), map[string]any{"master": master})
		return nil
	}
	u.organization(ctx, c, o, seen)
	return nil
}

// organization reads the organisation from its management account.
func (u *unit) organization(ctx context.Context, c *organizations.Client, o *types.Organization, seen cloud.Seen) {
	r := u.resource(cloud.Organisation, "organizations.organization", aws.ToString(o.Arn), aws.ToString(o.Id),
		map[string]any{"Id": o.Id, "FeatureSet": o.FeatureSet, "MasterAccountId": o.MasterAccountId}, seen)
	accounts := int64(0)
	err := pages(ctx, c.ListAccounts, &organizations.ListAccountsInput{}, func(page *organizations.ListAccountsOutput) {
		accounts += int64(len(page.Accounts))
	})
	fact(r, "accounts", accounts, err)
	g := &guardrails{unit: u, client: c}
	err = pages(ctx, c.ListPolicies, &organizations.ListPoliciesInput{Filter: types.PolicyTypeServiceControlPolicy}, func(page *organizations.ListPoliciesOutput) {
		at := u.seen("organizations:ListPolicies", page.ResultMetadata)
		each(ctx, u, page.Policies, func(p types.PolicySummary) { g.read(ctx, p, r.ID, at) })
	})
	if absent(err, "PolicyTypeNotEnabledException") {
		err = nil
	}
	u.miss(err, cloud.Guardrail)
	if err == nil {
		err = g.unread
	}
	fact(r, "guardrails", g.attached, err)
	either(tri{yes: g.restricts}, tri{err: err}).into(r, "region_restricted")
	u.add(r)
}

// guardrails reads service control policies and counts what counts for the
// organisation.
type guardrails struct {
	*unit
	client *organizations.Client

	count     sync.Mutex
	attached  int64
	restricts bool
	unread    error
}

func (g *guardrails) read(ctx context.Context, p types.PolicySummary, organisation string, seen cloud.Seen) {
	r := g.resource(cloud.Guardrail, "organizations.policy", aws.ToString(p.Arn), aws.ToString(p.Name), nil, seen)
	fact(r, "default", p.AwsManaged, nil)
	link(r, "part-of", organisation)
	targets := int64(0)
	unlisted := pages(ctx, g.client.ListTargetsForPolicy, &organizations.ListTargetsForPolicyInput{PolicyId: p.Id}, func(page *organizations.ListTargetsForPolicyOutput) {
		targets += int64(len(page.Targets))
	})
	fact(r, "attached", targets, unlisted)
	restricts := tri{}
	out, err := g.client.DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: p.Id})
	if err == nil && out.Policy == nil {
		err = orElse(nil, "organizations:DescribePolicy")
	}
	if err != nil {
		restricts.err = err
	} else {
		restricts = g.permission(aws.ToString(out.Policy.Content), "organizations:DescribePolicy").restrictRegions()
		r.Raw = document(out.Policy)
	}
	restricts.into(r, "restricts_regions")
	g.add(r)
	g.count.Lock()
	defer g.count.Unlock()
	held := tri{yes: targets > 0, err: unlisted}
	effective := both(held, restricts)
	g.restricts = g.restricts || effective.is(true)
	if !p.AwsManaged && held.is(true) {
		g.attached++
	}
	if err := held.err; err != nil {
		g.unread = err
	}
	if effective.err != nil {
		g.unread = effective.err
	}
}

func accountService() *service {
	return &service{
		name: "account", global: true, kinds: []cloud.Kind{cloud.AccountKind},
		actions: []string{"account:GetAlternateContact"},
		collect: collectContact,
	}
}

// collectContact asks whether a security contact is registered; who it is stays
// with AWS.
func collectContact(ctx context.Context, u *unit) error {
	c := account.NewFromConfig(u.cfg)
	out, err := c.GetAlternateContact(ctx, &account.GetAlternateContactInput{AlternateContactType: accounttypes.AlternateContactTypeSecurity})
	registered := err == nil && out.AlternateContact != nil
	if err != nil && !absent(err, "ResourceNotFoundException") {
		return err
	}
	a := u.accountPart(map[string]any{"SecurityContact": registered}, cloud.Seen{At: u.s.o.Now().UTC(), Call: "account:GetAlternateContact"})
	fact(a, "security_contact", registered, nil)
	u.add(a)
	return nil
}

func ssoService() *service {
	return &service{
		name: "sso", kinds: []cloud.Kind{cloud.AccountKind},
		actions: []string{"sso:ListInstances"},
		collect: collectSSO,
	}
}

// collectSSO notes whether IAM Identity Center lives in the region.
func collectSSO(ctx context.Context, u *unit) error {
	c := ssoadmin.NewFromConfig(u.cfg)
	return pages(ctx, c.ListInstances, &ssoadmin.ListInstancesInput{}, func(page *ssoadmin.ListInstancesOutput) {
		for _, i := range page.Instances {
			u.note("sso", aws.ToString(i.InstanceArn), nil)
		}
	})
}
