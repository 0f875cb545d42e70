// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"slices"
	"strings"
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
		actions: []string{"organizations:DescribeOrganization", "organizations:DescribePolicy", "organizations:ListAccounts", "organizations:ListParents",
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
		fact(a, "organisation_units", stringList(nil), nil)
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
	master := aws.ToString(o.MasterAccountId)
	if master == u.account { // guard-rails do not bear on it
		fact(a, "organisation_units", stringList(nil), nil)
	}
	u.add(a)
	if master != u.account {
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
	var accounts []string
	err := pages(ctx, c.ListAccounts, &organizations.ListAccountsInput{}, func(page *organizations.ListAccountsOutput) {
		for _, a := range page.Accounts {
			accounts = append(accounts, aws.ToString(a.Id))
		}
	})
	fact(r, "accounts", int64(len(accounts)), err)
	members := slices.DeleteFunc(slices.Clone(u.ours), func(id string) bool {
		return id == aws.ToString(o.MasterAccountId) || !slices.Contains(accounts, id)
	})
	u.placed(ctx, c, members)
	g := &guardrails{unit: u, client: c}
	for _, sort := range []types.PolicyType{types.PolicyTypeResourceControlPolicy, types.PolicyTypeServiceControlPolicy} {
		err = pages(ctx, c.ListPolicies, &organizations.ListPoliciesInput{Filter: sort}, func(page *organizations.ListPoliciesOutput) {
			at := u.seen("organizations:ListPolicies", page.ResultMetadata)
			listed := slices.DeleteFunc(page.Policies, func(p types.PolicySummary) bool { return p.Type != sort })
			each(ctx, u, listed, func(p types.PolicySummary) { g.read(ctx, p, r.ID, at) })
		})
		if absent(err, "PolicyTypeNotEnabledException") {
			err = nil
		}
		u.miss(err, cloud.Guardrail)
	}
	if err == nil {
		err = g.unread
	}
	fact(r, "guardrails", g.attached, err)
	either(tri{yes: g.restricts}, tri{err: err}).into(r, "region_restricted")
	u.add(r)
}

// placed notes of each account that is read below which units it stands.
func (u *unit) placed(ctx context.Context, c *organizations.Client, members []string) {
	above := map[string]string{}
	for _, account := range members {
		var units []string
		err := error(nil)
		for child := account; err == nil && len(units) <= deepest; {
			if _, known := above[child]; !known {
				err = pages(ctx, c.ListParents, &organizations.ListParentsInput{ChildId: aws.String(child)}, func(page *organizations.ListParentsOutput) {
					for _, p := range page.Parents {
						above[child] = aws.ToString(p.Id)
					}
				})
			}
			if child = above[child]; child == "" {
				break
			}
			if units = append(units, child); strings.HasPrefix(child, "r-") {
				break
			}
		}
		if err != nil {
			u.miss(err, cloud.AccountKind)
			continue
		}
		u.note("units", account, map[string]any{"ids": stringList(units)})
	}
}

// deepest is how many units can stand one below the other: AWS allows five.
const deepest = 8

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
	limits := "identities"
	if p.Type == types.PolicyTypeResourceControlPolicy {
		limits = "resources"
	}
	fact(r, "type", limits, nil)
	var targets []string
	unlisted := pages(ctx, g.client.ListTargetsForPolicy, &organizations.ListTargetsForPolicyInput{PolicyId: p.Id}, func(page *organizations.ListTargetsForPolicyOutput) {
		for _, t := range page.Targets {
			targets = append(targets, aws.ToString(t.TargetId))
		}
	})
	fact(r, "attached", int64(len(targets)), unlisted)
	fact(r, "targets", stringList(targets), unlisted)
	restricts := tri{}
	out, err := g.client.DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: p.Id})
	if err == nil && out.Policy == nil {
		err = orElse(nil, "organizations:DescribePolicy")
	}
	if err != nil {
		restricts.err = err
		gap(r, err, "document")
	} else {
		fact(r, "document", plain(aws.ToString(out.Policy.Content)), nil)
		restricts = g.permission(aws.ToString(out.Policy.Content), "organizations:DescribePolicy").restrictRegions()
		r.Raw = document(out.Policy)
	}
	restricts.into(r, "restricts_regions")
	g.add(r)
	g.count.Lock()
	defer g.count.Unlock()
	held := tri{yes: len(targets) > 0, err: unlisted}
	effective := both(held, restricts)
	ours := p.Type == types.PolicyTypeServiceControlPolicy
	g.restricts = g.restricts || ours && effective.is(true)
	if ours && !p.AwsManaged && held.is(true) {
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
