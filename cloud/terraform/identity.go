// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/cloud/iampolicy"
)

// administrators are policies of AWS with which one can do everything or give
// oneself the right to.
var administrators = []string{"arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/IAMFullAccess"}

func isAdministrator(arn string) bool { return slices.Contains(administrators, arn) }

func user(b *builder) {
	b.base(true)
	attached, sureA := b.parts("aws_iam_user_policy_attachment")
	inline, sureI := b.parts("aws_iam_user_policy")
	groups, sureG := b.groups()
	b.put("groups", groups.fact(b, sureG))
	n := int64(len(attached) + len(inline))
	direct := known(n)
	if !sureA || !sureI {
		direct = afterApply("whom a policy is attached to")
	} else if n == 0 && !b.it.create {
		direct = notInSource("policies attached outside this " + b.source)
	}
	b.put("direct_policies", direct)
	admin := anyOf(b.attachedAdmin(attached, "policy_arn"), b.inlineAdmin(inline, "policy"), b.groupAdmin(groups))
	b.put("admin", b.alone(admin, sureA && sureI && sureG))
	d, f := b.part("aws_iam_user_login_profile", known(false))
	if d != nil {
		f = known(true)
	}
	b.put("console_access", f)
	b.put("created", b.created("create_date"))
}

// alone gives an answer about rights: "no" is one only where nothing else can
// give rights.
func (b *builder) alone(admin fact, sure bool) fact {
	switch {
	case admin.is(true) || !admin.known():
		return admin
	case !sure:
		return afterApply("whom a policy is attached to")
	case !b.it.create:
		return notInSource("rights given outside this " + b.source)
	}
	return admin
}

// attachedAdmin asks attached policies.
func (b *builder) attachedAdmin(parts []*doc, path string) fact {
	out := known(false)
	for _, d := range parts {
		out = anyOf(out, b.policyAdmin(d, path))
	}
	return out
}

func (b *builder) policyAdmin(d *doc, path string) fact {
	if arns := texts(d.at(path)); len(arns) > 0 && slices.ContainsFunc(arns, isAdministrator) {
		return known(true)
	}
	policies, sure := b.index.targets(d, path, "aws_iam_policy")
	out := known(false)
	for _, it := range policies {
		out = anyOf(out, asksAdmin(b.index.doc(it), "policy"))
	}
	if !sure {
		return anyOf(out, afterApply(path))
	}
	for _, arn := range texts(d.at(path)) {
		if len(policies) == 0 && !strings.HasPrefix(arn, "arn:aws:iam::aws:policy/") {
			out = anyOf(out, notInSource("the policy "+arn))
		}
	}
	return out
}

func (b *builder) inlineAdmin(parts []*doc, path string) fact {
	out := known(false)
	for _, d := range parts {
		out = anyOf(out, asksAdmin(d, path))
	}
	return out
}

func asksAdmin(d *doc, path string) fact {
	p, f := d.policyOf(path)
	if p == nil {
		if f.known() {
			return known(false)
		}
		return f
	}
	return verdict(iampolicy.Admin([]*iampolicy.Policy{p}, nil))
}

// memberships are the groups of a user: their names and those of this input.
type memberships struct {
	names []string
	items []*item
	gap   *fact
}

func (m memberships) fact(b *builder, sure bool) fact {
	switch {
	case m.gap != nil:
		return *m.gap
	case !sure:
		return afterApply("the members of a group")
	case len(m.names) == 0 && !b.it.create:
		return notInSource("groups given outside this " + b.source)
	}
	return stringList(m.names)
}

func (b *builder) groups() (memberships, bool) {
	m := memberships{}
	parts, sure := b.parts("aws_iam_user_group_membership")
	for _, d := range parts {
		m.add(b, d, "groups")
	}
	for _, it := range b.index.byKind["aws_iam_group_membership"] {
		d := b.index.doc(it)
		users, all := b.index.targets(d, "users", "aws_iam_user")
		if slices.Contains(users, b.it) {
			m.add(b, d, "group")
		} else if !all {
			sure = false
		}
	}
	return m, sure
}

func (m *memberships) add(b *builder, d *doc, path string) {
	items, sure := b.index.targets(d, path, "aws_iam_group")
	m.items = append(m.items, items...)
	names := texts(d.at(path))
	if len(names) == 0 {
		for _, it := range items {
			names = append(names, it.address)
		}
	}
	m.names = append(m.names, names...)
	if !sure || len(names) == 0 {
		gap := afterApply(path)
		m.gap = &gap
	}
}

func (b *builder) groupAdmin(m memberships) fact {
	out := known(false)
	if m.gap != nil {
		out = *m.gap
	}
	if len(m.items) < len(m.names) {
		out = anyOf(out, notInSource("groups outside this "+b.source))
	}
	for _, it := range m.items {
		children := b.index.children[it]
		out = anyOf(out, b.attachedAdmin(children["aws_iam_group_policy_attachment"], "policy_arn"), b.inlineAdmin(children["aws_iam_group_policy"], "policy"))
	}
	return out
}

func role(b *builder) {
	b.base(true)
	attached, sureA := b.parts("aws_iam_role_policy_attachment")
	inline, sureI := b.parts("aws_iam_role_policy")
	admin := anyOf(b.attachedAdmin(attached, "policy_arn"), b.inlineAdmin(inline, "policy"))
	if given := b.given("managed_policy_arns"); given.is(true) {
		admin = anyOf(admin, b.policyAdmin(b.doc, "managed_policy_arns"))
	}
	if blocks, f := b.list("inline_policy"); f.known() {
		for i := range blocks {
			admin = anyOf(admin, asksAdmin(b.doc, "inline_policy."+strconv.Itoa(i)+".policy"))
		}
	}
	b.put("admin", b.alone(admin, sureA && sureI))
	b.put("service_linked", known(false))
	b.put("created", b.created("create_date"))
	b.trust()
}

func (b *builder) trust() {
	p, f := b.policyOf("assume_role_policy")
	if p == nil {
		if f.known() {
			f = unreadable("assume_role_policy")
		}
		for _, name := range []string{"trust_public", "trust_external", "trust_requires_mfa", "trusted_by", "trust_tenants"} {
			b.put(name, f)
		}
		return
	}
	b.put("trust_public", verdict(p.Public()))
	b.put("trust_requires_mfa", verdict(p.RequiresMFA()))
	b.put("trusted_by", stringList(p.TrustedBy()))
	b.put("trust_external", b.external(p))
	outside := slices.DeleteFunc(p.Accounts(), func(id string) bool { return id == b.r.Account })
	if b.r.Tenant == "" || len(outside) == 0 {
		b.put("trust_tenants", stringList(nil))
	} else {
		b.put("trust_tenants", notInSource("the tenants of the accounts "+strings.Join(outside, ", ")))
	}
}

// external gives the outside accounts that a policy lets in without a condition.
func (b *builder) external(p *iampolicy.Policy) fact {
	if b.r.Account == "" {
		if len(p.Accounts()) == 0 {
			return stringList(nil)
		}
		return notInSource("which account the " + b.source + " is for; tell it")
	}
	accounts, v := p.External([]string{b.r.Account})
	if v.Answer == iampolicy.Unknown {
		return verdict(v)
	}
	return stringList(accounts)
}

func linkedRole(b *builder) {
	b.base(true)
	b.put("service_linked", known(true))
	b.put("admin", known(false))
	b.put("trust_public", known(false))
	b.put("trust_external", stringList(nil))
	b.put("trust_requires_mfa", known(false))
	b.put("trusted_by", stringList([]string{"service"}))
	b.put("trust_tenants", stringList(nil))
	b.put("created", b.created("create_date"))
}

func accessKey(b *builder) {
	b.base(true)
	b.put("type", known("access-key"))
	b.put("active", b.text("status", known("Active")).equals("Active"))
	b.put("owner", b.linked("member-of", "user", "aws_iam_user"))
	b.put("created", b.created("create_date"))
}

func password(b *builder) {
	b.base(true)
	b.put("type", known("password"))
	b.put("active", known(true))
	b.put("owner", b.linked("member-of", "user", "aws_iam_user"))
	b.put("created", b.created("create_date"))
}

func (b *builder) wildcard() {
	p, f := b.policyOf("policy")
	if p != nil {
		f = verdict(p.Wildcard())
	} else if f.known() {
		f = unreadable("policy")
	}
	b.put("wildcard", f)
}

func managedPolicy(b *builder) {
	b.base(true)
	b.wildcard()
	b.put("inline", known(false))
	n, sure := int64(0), true
	for _, part := range []string{"aws_iam_user_policy_attachment", "aws_iam_group_policy_attachment", "aws_iam_role_policy_attachment"} {
		list, all := b.parts(part)
		n += int64(len(list))
		sure = sure && all
	}
	switch {
	case !sure && n == 0:
		b.put("attached", afterApply("what a policy is attached to"))
	case n == 0 && !b.it.create:
		b.put("attached", notInSource("what it is attached to outside this "+b.source))
	default:
		b.put("attached", known(n))
	}
}

func inlinePolicy(b *builder) {
	b.base(true)
	b.wildcard()
	b.put("inline", known(true))
	b.put("attached", known(int64(1)))
	holder := strings.TrimSuffix(strings.TrimPrefix(b.it.kind, "aws_iam_"), "_policy")
	b.link("attached-to", holder, "aws_iam_"+holder)
}

func guardrail(b *builder) {
	b.base(true)
	b.put("default", known(false))
	p, f := b.policyOf("content")
	if p != nil {
		f = verdict(p.RestrictsRegions())
	} else if f.known() {
		f = unreadable("content")
	}
	b.put("restricts_regions", f)
	n, sure := b.parts("aws_organizations_policy_attachment")
	switch {
	case !sure:
		b.put("attached", afterApply("what a policy is attached to"))
	case len(n) == 0 && !b.it.create:
		b.put("attached", notInSource("what it is attached to outside this "+b.source))
	default:
		b.put("attached", known(int64(len(n))))
	}
}

func organisation(b *builder) {
	b.base(true)
	n, restricted := int64(0), known(false)
	for _, it := range b.index.byKind["aws_organizations_policy"] {
		d := b.index.doc(it)
		attached := b.index.children[it]["aws_organizations_policy_attachment"]
		n += int64(len(attached))
		if p, f := d.policyOf("content"); len(attached) > 0 && p != nil {
			restricted = anyOf(restricted, verdict(p.RestrictsRegions()))
		} else if len(attached) > 0 && !f.known() {
			restricted = anyOf(restricted, f)
		}
	}
	if elsewhere := notInSource("policies kept outside this " + b.source); n == 0 {
		b.put("guardrails", elsewhere)
		b.put("region_restricted", elsewhere)
	} else {
		b.put("guardrails", known(n))
		b.put("region_restricted", restricted)
	}
	list, f := b.list("accounts")
	if f.known() {
		f = known(int64(len(list)))
	}
	b.put("accounts", f)
}
