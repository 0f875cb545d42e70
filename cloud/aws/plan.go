// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"demarc.dev/demarc/cloud"
)

// plan is which accounts and regions a run reads.
type plan struct {
	accounts []cloud.Account // asked for
	regions  []string        // of any account
	open     map[string][]string
	creds    map[string]aws.CredentialsProvider
	gaps     []cloud.ScopeGap
}

var (
	accountForm = regexp.MustCompile(`^[0-9]{12}$`)
	roleForm    = regexp.MustCompile(`^arn:[a-z-]+:iam::([0-9]{12}|\{account\}):role/.+$`)
)

// plan finds the accounts and, in each, the regions.
func (s *session) plan(ctx context.Context, services []*service) (*plan, error) {
	p := &plan{open: map[string][]string{}, creds: map[string]aws.CredentialsProvider{}}
	if err := s.findAccounts(ctx, p); err != nil {
		return nil, err
	}
	var last cloud.Gap
	for _, a := range p.accounts {
		p.creds[a.ID] = s.credentials(a.ID)
		open, known, err := s.enabledRegions(ctx, a.ID, p.creds[a.ID])
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil && (len(s.o.Regions) == 0 || strings.HasPrefix(gapOf(err).Call, "sts:") || assumeFailed(err)) {
			last = gapOf(err)
			p.gaps = append(p.gaps, cloud.ScopeGap{Provider: "aws", Account: a.ID, Kinds: allKinds(services), Gap: last})
			delete(p.creds, a.ID)
			continue
		}
		if err := s.chooseRegions(p, a.ID, open, known, services); err != nil {
			return nil, err
		}
	}
	if len(p.creds) == 0 {
		return nil, &Refusal{Sentence: "no account can be read: " + last.Detail, Hint: "let the credentials call " + last.Call + "; print the whole policy with: demarc collect aws --policy"}
	}
	slices.Sort(p.regions)
	p.regions = slices.Compact(p.regions)
	return p, nil
}

// assumeFailed tells that the call was never made because its role could not be
// assumed.
func assumeFailed(err error) bool { return strings.Contains(err.Error(), "AssumeRole") }

func (s *session) findAccounts(ctx context.Context, p *plan) error {
	role := s.o.RoleARN
	if role != "" && !roleForm.MatchString(role) {
		return &Refusal{Sentence: "the role " + role + " is no role's ARN", Hint: "write it as arn:aws:iam::123456789012:role/NAME, or with {account} in place of the number", Usage: true}
	}
	for _, id := range s.o.Accounts {
		if !accountForm.MatchString(id) {
			return &Refusal{Sentence: "the account " + id + " is not twelve digits", Hint: "list the accounts with: aws organizations list-accounts", Usage: true}
		}
		p.accounts = append(p.accounts, cloud.Account{ID: id})
	}
	only := s.caller
	if role != "" && !strings.Contains(role, placeholder) {
		only = strings.Split(role, ":")[4]
	}
	if !strings.Contains(role, placeholder) {
		for _, a := range p.accounts {
			if a.ID != only {
				return &Refusal{Sentence: "the credentials belong to account " + only + ", not to " + a.ID,
					Hint: "name a role that may be assumed in each account: --role-arn 'arn:aws:iam::{account}:role/NAME'", Usage: true}
			}
		}
		p.accounts = []cloud.Account{{ID: only}}
	}
	if len(p.accounts) > 0 && strings.Contains(role, placeholder) {
		slices.SortFunc(p.accounts, func(a, b cloud.Account) int { return strings.Compare(a.ID, b.ID) })
		p.accounts = slices.CompactFunc(p.accounts, func(a, b cloud.Account) bool { return a.ID == b.ID })
	}
	if len(p.accounts) > 0 {
		return s.nameAccounts(ctx, p)
	}
	return s.listAccounts(ctx, p)
}

// listAccounts asks the organisation.
func (s *session) listAccounts(ctx context.Context, p *plan) error {
	client := organizations.NewFromConfig(s.config(s.caller, s.home(), s.base.Credentials, &s.own))
	list := paged(client.ListAccounts, &organizations.ListAccountsInput{})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			f := diagnose(err)
			return &Refusal{Sentence: "the accounts of the organisation cannot be listed: " + f.words(),
				Hint: "use credentials of the management account, or name the accounts: --accounts 111122223333,…", Err: err}
		}
		for _, a := range page.Accounts {
			if a.Status != orgtypes.AccountStatusActive { //nolint:staticcheck // State is not answered by all partitions yet
				p.gaps = append(p.gaps, cloud.ScopeGap{Provider: "aws", Account: aws.ToString(a.Id), Kinds: allKinds(services()),
					Gap: cloud.Gap{Reason: cloud.NotEnabled, Call: "organizations:ListAccounts", Detail: "the account is " + strings.ToLower(string(a.Status))}})
				continue
			}
			p.accounts = append(p.accounts, cloud.Account{ID: aws.ToString(a.Id), Name: aws.ToString(a.Name)})
		}
	}
	slices.SortFunc(p.accounts, func(a, b cloud.Account) int { return strings.Compare(a.ID, b.ID) })
	return s.tagAccounts(ctx, client, p)
}

// nameAccounts adds names and tags to accounts that were asked for by number,
// where the organisation may be asked. It is no gap if it may not: a name is no
// fact that a check asks.
func (s *session) nameAccounts(ctx context.Context, p *plan) error {
	if !strings.Contains(s.o.RoleARN, placeholder) {
		return nil
	}
	client := organizations.NewFromConfig(s.config(s.caller, s.home(), s.base.Credentials, &s.own))
	for i := range p.accounts {
		a, err := client.DescribeAccount(ctx, &organizations.DescribeAccountInput{AccountId: &p.accounts[i].ID})
		if err != nil {
			return ctx.Err()
		}
		if a.Account != nil {
			p.accounts[i].Name = aws.ToString(a.Account.Name)
		}
	}
	return s.tagAccounts(ctx, client, p)
}

func (s *session) tagAccounts(ctx context.Context, client *organizations.Client, p *plan) error {
	for i := range p.accounts {
		list, err := client.ListTagsForResource(ctx, &organizations.ListTagsForResourceInput{ResourceId: &p.accounts[i].ID})
		if err != nil {
			return ctx.Err()
		}
		tags := tagMap(list.Tags, func(t orgtypes.Tag) (*string, *string) { return t.Key, t.Value })
		if len(tags) > 0 {
			p.accounts[i].Tags = tags
		}
		p.accounts[i].Tenant = tagged(tags, "tenant")
	}
	return nil
}

// enabledRegions asks an account for its regions, and which of them it uses.
func (s *session) enabledRegions(ctx context.Context, account string, creds aws.CredentialsProvider) (open, known []string, err error) {
	client := ec2.NewFromConfig(s.config(account, s.home(), creds, &s.own))
	list, err := client.DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)})
	if err != nil {
		return nil, nil, err
	}
	for _, r := range list.Regions {
		known = append(known, aws.ToString(r.RegionName))
		if aws.ToString(r.OptInStatus) != "not-opted-in" {
			open = append(open, aws.ToString(r.RegionName))
		}
	}
	slices.Sort(open)
	return open, known, nil
}

func (s *session) chooseRegions(p *plan, account string, open, known []string, services []*service) error {
	wanted := s.o.Regions
	if len(wanted) == 0 {
		wanted = open
	}
	for _, region := range slices.Compact(slices.Sorted(slices.Values(wanted))) {
		if len(known) > 0 && !slices.Contains(known, region) {
			return &Refusal{Sentence: "AWS has no region " + region, Hint: "regions: " + strings.Join(slices.Sorted(slices.Values(known)), ", "), Usage: true}
		}
		p.regions = append(p.regions, region)
		if len(known) > 0 && !slices.Contains(open, region) {
			p.gaps = append(p.gaps, cloud.ScopeGap{Provider: "aws", Account: account, Region: region, Kinds: regionalKinds(services),
				Gap: cloud.Gap{Reason: cloud.NotEnabled, Call: "ec2:DescribeRegions", Detail: "the account has not enabled the region"}})
			continue
		}
		p.open[account] = append(p.open[account], region)
	}
	return nil
}

func (p *plan) accountIDs() []string {
	var out []string
	for _, a := range p.accounts {
		out = append(out, a.ID)
	}
	return out
}

// units gives every unit, in the order of the table of services, so that the
// long ones begin first.
func (p *plan) units(s *session, services []*service, out *spool) []*unit {
	var all []*unit
	for _, service := range services {
		for _, a := range p.accounts {
			creds := p.creds[a.ID]
			if creds == nil {
				continue
			}
			regions := p.open[a.ID]
			if service.global {
				regions = []string{everywhere}
			}
			for _, region := range regions {
				u := &unit{s: s, service: service, account: a.ID, region: region, regions: p.open[a.ID], ours: p.accountIDs(), out: out, told: map[string]bool{}}
				at := region
				if service.global {
					at = s.home()
				}
				u.cfg = s.config(a.ID, at, creds, &u.counters)
				all = append(all, u)
			}
		}
	}
	return all
}

func allKinds(services []*service) []cloud.Kind { return kindsOf(services, false) }

func regionalKinds(services []*service) []cloud.Kind { return kindsOf(services, true) }

func kindsOf(services []*service, regional bool) []cloud.Kind {
	var out []cloud.Kind
	for _, s := range services {
		if !regional || !s.global {
			out = append(out, s.kinds...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
