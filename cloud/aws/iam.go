// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"demarc.dev/demarc/cloud"
)

func iamService() *service {
	return &service{
		name: "iam", global: true, kinds: []cloud.Kind{cloud.AccountKind, cloud.Credential, cloud.Group, cloud.Identity, cloud.Policy, cloud.ProviderPolicy, cloud.Role},
		actions: []string{"iam:GenerateCredentialReport", "iam:GetAccessKeyLastUsed", "iam:GetAccountAuthorizationDetails", "iam:GetAccountPasswordPolicy",
			"iam:GetAccountSummary", "iam:GetCredentialReport", "iam:GetLoginProfile", "iam:ListAccessKeys", "iam:ListMFADevices",
			"iam:ListSAMLProviders", "iam:ListUsers"},
		collect: collectIAM,
	}
}

// accountPart begins what a service tells of the account itself; raw is kept
// under the name of the service's answer.
func (u *unit) accountPart(raw map[string]any, seen cloud.Seen) *cloud.Resource {
	return &cloud.Resource{ID: "arn:" + u.s.partition + ":account::" + u.account + ":account", Kind: cloud.AccountKind, Native: "account", Provider: "aws", Source: "live",
		Account: u.account, Region: everywhere, Name: u.account, Attributes: map[string]any{}, Raw: document(raw), Seen: seen}
}

// regionPart begins what a service tells of the account's settings in a region.
func (u *unit) regionPart(raw map[string]any, seen cloud.Seen) *cloud.Resource {
	return &cloud.Resource{ID: "arn:" + u.s.partition + ":account::" + u.account + ":region/" + u.region, Kind: cloud.RegionKind, Native: "region", Provider: "aws", Source: "live",
		Account: u.account, Region: u.region, Name: u.region, Attributes: map[string]any{}, Raw: document(raw), Seen: seen}
}

// iamReader reads one account's IAM.
type iamReader struct {
	*unit
	client  *iam.Client
	report  map[string]reportRow
	noted   error              // why there is no report
	written map[string]granted // managed policies that the customer wrote, by ARN
	groups  map[string]granted // by name
	unread  error              // why policies and groups are not known
	support bool               // a role for support was seen
	theirs  map[string]bool    // policies of the provider that somebody holds, by ARN
}

func collectIAM(ctx context.Context, u *unit) error {
	r := &iamReader{unit: u, client: iam.NewFromConfig(u.cfg), written: map[string]granted{}, groups: map[string]granted{}, theirs: map[string]bool{}}
	r.report, r.noted = r.credentialReport(ctx)
	r.unread = r.policies(ctx)
	u.miss(r.unread, cloud.Policy, cloud.Group)
	account := r.settings(ctx)
	roles := r.details(ctx, types.EntityTypeRole, func(page *iam.GetAccountAuthorizationDetailsOutput, seen cloud.Seen) {
		for _, d := range page.RoleDetailList {
			u.add(r.role(d, seen))
		}
	})
	u.miss(roles, cloud.Role, cloud.Policy)
	fact(account, "support_role", r.support, roles)
	u.add(account)
	users, err := r.users(ctx)
	if err != nil {
		u.miss(err, cloud.Identity, cloud.Credential, cloud.Policy)
		u.miss(r.provided(ctx), cloud.ProviderPolicy)
		return nil
	}
	u.miss(r.details(ctx, types.EntityTypeUser, func(page *iam.GetAccountAuthorizationDetailsOutput, seen cloud.Seen) {
		each(ctx, u, page.UserDetailList, func(d types.UserDetail) { r.user(ctx, d, users[aws.ToString(d.UserName)], seen) })
	}), cloud.Identity, cloud.Credential, cloud.Policy)
	r.rootKeys()
	u.miss(r.provided(ctx), cloud.ProviderPolicy)
	return nil
}

// details walks the account's authorisation details of one sort.
func (r *iamReader) details(ctx context.Context, sort types.EntityType, page func(*iam.GetAccountAuthorizationDetailsOutput, cloud.Seen)) error {
	list := paged(r.client.GetAccountAuthorizationDetails, &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{sort}})
	for list.more() {
		out, err := list.next(ctx)
		if err != nil {
			return err
		}
		page(out, r.seen("iam:GetAccountAuthorizationDetails", out.ResultMetadata))
	}
	return nil
}

// policies reads what the customer wrote, before the identities that hold it.
func (r *iamReader) policies(ctx context.Context) error {
	err := r.details(ctx, types.EntityTypeLocalManagedPolicy, func(page *iam.GetAccountAuthorizationDetailsOutput, seen cloud.Seen) {
		for _, p := range page.Policies {
			doc, others := versions(p.PolicyVersionList)
			r.written[aws.ToString(p.Arn)] = r.grant(doc)
			r.policy(aws.ToString(p.Arn), aws.ToString(p.PolicyName), doc, others, int64(aws.ToInt32(p.AttachmentCount)), "", map[string]any{"Policy": p}, seen)
		}
	})
	if err != nil {
		return err
	}
	return r.details(ctx, types.EntityTypeGroup, func(page *iam.GetAccountAuthorizationDetailsOutput, seen cloud.Seen) {
		for _, g := range page.GroupDetailList {
			r.groups[aws.ToString(g.GroupName)] = r.holds(g.AttachedManagedPolicies, g.GroupPolicyList)
			group := r.resource(cloud.Group, "iam.group", aws.ToString(g.Arn), aws.ToString(g.GroupName), g, seen)
			r.held(group, g.AttachedManagedPolicies, g.GroupPolicyList)
			r.add(group)
			r.inline(aws.ToString(g.Arn), g.GroupPolicyList, seen)
		}
	})
}

// policy adds a policy that the customer wrote; holder is set for inline ones.
func (r *iamReader) policy(id, name, doc string, others []string, attached int64, holder string, raw map[string]any, seen cloud.Seen) {
	if name == "" { // an answer may name it by its ARN only
		name = id[strings.LastIndexByte(id, '/')+1:]
	}
	native := "iam.policy"
	if holder != "" {
		native = "iam.inline-policy"
	}
	p := r.resource(cloud.Policy, native, id, name, raw, seen)
	r.permission(doc, "iam:GetAccountAuthorizationDetails").wildcard().into(p, "wildcard")
	fact(p, "attached", attached, nil)
	fact(p, "inline", holder != "", nil)
	fact(p, "document", plain(doc), nil)
	fact(p, "versions", stringList(others), nil)
	link(p, "attached-to", holder)
	r.add(p)
}

func (r *iamReader) inline(holder string, list []types.PolicyDetail, seen cloud.Seen) {
	for _, p := range list {
		name := aws.ToString(p.PolicyName)
		r.policy(holder+"/inline/"+name, name, aws.ToString(p.PolicyDocument), nil, 1, holder, map[string]any{"Policy": p}, seen)
	}
}

func (r *iamReader) role(d types.RoleDetail, seen cloud.Seen) *cloud.Resource {
	arn := aws.ToString(d.Arn)
	role := r.resource(cloud.Role, "iam.role", arn, aws.ToString(d.RoleName), d, seen)
	tag(role, iamTags(d.Tags), nil)
	r.admin(r.holds(d.AttachedManagedPolicies, d.RolePolicyList), d.PermissionsBoundary).into(role, "admin")
	trust := r.permission(aws.ToString(d.AssumeRolePolicyDocument), "iam:GetAccountAuthorizationDetails")
	trust.public().into(role, "trust_public")
	outside, err := trust.outside()
	fact(role, "trust_external", stringList(outside), err)
	if accounts, err := trust.accounts(); err != nil {
		gap(role, err, "trust_tenants")
	} else {
		role.Attributes["_trusts"] = stringList(accounts)
	}
	fact(role, "created", aws.ToTime(d.CreateDate).UTC(), nil)
	trust.demandsMFA().into(role, "trust_requires_mfa")
	kinds, err := trust.trusted()
	fact(role, "trusted_by", stringList(kinds), err)
	fact(role, "service_linked", strings.HasPrefix(aws.ToString(d.Path), "/aws-service-role/"), nil)
	used := time.Time{}
	if d.RoleLastUsed != nil {
		used = aws.ToTime(d.RoleLastUsed.LastUsedDate)
	}
	fact(role, "last_used", used.UTC(), nil)
	fact(role, "trust", plain(aws.ToString(d.AssumeRolePolicyDocument)), nil)
	var profiles []string
	for _, p := range d.InstanceProfileList {
		profiles = append(profiles, aws.ToString(p.Arn))
	}
	fact(role, "profiles", stringList(profiles), nil)
	r.held(role, d.AttachedManagedPolicies, d.RolePolicyList)
	r.bounded(role, d.PermissionsBoundary)
	for _, p := range d.AttachedManagedPolicies {
		link(role, "holds", aws.ToString(p.PolicyArn))
		if strings.HasSuffix(aws.ToString(p.PolicyArn), ":aws:policy/AWSSupportAccess") {
			r.support = true
		}
	}
	r.inline(arn, d.RolePolicyList, seen)
	return role
}

func iamTags(list []types.Tag) map[string]string {
	return tagMap(list, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
}

// users gives what only the list of users tells: when a password was last used.
func (r *iamReader) users(ctx context.Context) (map[string]types.User, error) {
	out := map[string]types.User{}
	list := paged(r.client.ListUsers, &iam.ListUsersInput{})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return nil, err
		}
		for _, u := range page.Users {
			out[aws.ToString(u.UserName)] = u
		}
	}
	return out, nil
}

// user reads one user and its credentials, from calls that answer with the
// present state: the credential report may be four hours old.
func (r *iamReader) user(ctx context.Context, d types.UserDetail, listed types.User, seen cloud.Seen) {
	arn, name := aws.ToString(d.Arn), aws.ToString(d.UserName)
	user := r.resource(cloud.Identity, "iam.user", arn, name, map[string]any{"User": d, "Report": r.report[arn]}, seen)
	asking := told(ctx, user)
	tag(user, iamTags(d.Tags), nil)
	rights := r.holds(d.AttachedManagedPolicies, d.UserPolicyList)
	for _, g := range d.GroupList {
		rights = append(rights, r.groups[g]...)
	}
	r.admin(rights, d.PermissionsBoundary).into(user, "admin")
	fact(user, "direct_policies", int64(len(d.AttachedManagedPolicies)+len(d.UserPolicyList)), nil)
	fact(user, "groups", stringList(d.GroupList), nil)
	r.held(user, d.AttachedManagedPolicies, d.UserPolicyList)
	r.bounded(user, d.PermissionsBoundary)
	fact(user, "created", aws.ToTime(d.CreateDate).UTC(), nil)
	fact(user, "password_last_used", aws.ToTime(listed.PasswordLastUsed).UTC(), nil)
	for _, p := range d.AttachedManagedPolicies {
		link(user, "holds", aws.ToString(p.PolicyArn))
	}
	devices, err := r.client.ListMFADevices(asking, &iam.ListMFADevicesInput{UserName: d.UserName})
	fact(user, "mfa", err == nil && len(devices.MFADevices) > 0, err)
	profile, err := r.client.GetLoginProfile(asking, &iam.GetLoginProfileInput{UserName: d.UserName})
	switch {
	case absent(err, "NoSuchEntity", "NoSuchEntityException"):
		fact(user, "console_access", false, nil)
	case err != nil:
		gap(user, err, "console_access")
		r.miss(err, cloud.Credential)
	default:
		fact(user, "console_access", true, nil)
		r.password(arn, name, profile.LoginProfile, aws.ToTime(listed.PasswordLastUsed))
	}
	r.add(user)
	r.inline(arn, d.UserPolicyList, seen)
	r.miss(r.accessKeys(ctx, arn, d.UserName), cloud.Credential)
}

func (r *iamReader) password(owner, name string, profile *types.LoginProfile, used time.Time) {
	created := time.Time{}
	if profile != nil {
		created = aws.ToTime(profile.CreateDate)
	}
	if changed := r.report[owner].time("password_last_changed"); changed.After(created) {
		created = changed
	}
	c := r.resource(cloud.Credential, "iam.login-profile", owner+"/password", name, profile, cloud.Seen{At: r.s.o.Now().UTC(), Call: "iam:GetLoginProfile"})
	r.credential(c, "password", owner, true, created)
	fact(c, "last_used", used.UTC(), nil)
	r.add(c)
}

func (r *iamReader) credential(c *cloud.Resource, sort, owner string, active bool, created time.Time) {
	fact(c, "type", sort, nil)
	fact(c, "owner", owner, nil)
	fact(c, "active", active, nil)
	fact(c, "created", created.UTC(), nil)
	link(c, "member-of", owner)
}

func (r *iamReader) accessKeys(ctx context.Context, owner string, name *string) error {
	list := paged(r.client.ListAccessKeys, &iam.ListAccessKeysInput{UserName: name})
	for list.more() {
		page, err := list.next(ctx)
		if err != nil {
			return err
		}
		for _, k := range page.AccessKeyMetadata {
			id := aws.ToString(k.AccessKeyId)
			c := r.resource(cloud.Credential, "iam.access-key", owner+"/access-key/"+id, id, k, r.seen("iam:ListAccessKeys", page.ResultMetadata))
			r.credential(c, "access-key", owner, k.Status == types.StatusTypeActive, aws.ToTime(k.CreateDate))
			used, err := r.client.GetAccessKeyLastUsed(told(ctx, c), &iam.GetAccessKeyLastUsedInput{AccessKeyId: k.AccessKeyId})
			last := time.Time{}
			if err == nil && used.AccessKeyLastUsed != nil {
				last = aws.ToTime(used.AccessKeyLastUsed.LastUsedDate)
			}
			fact(c, "last_used", last.UTC(), err)
			r.add(c)
		}
	}
	return nil
}
