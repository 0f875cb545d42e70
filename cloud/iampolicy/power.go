// SPDX-License-Identifier: Apache-2.0

package iampolicy

import (
	"maps"
	"slices"
	"strings"
)

// Wildcard tells whether the document allows every action on every resource, as
// it stands: conditions of circumstance, such as a second factor or a region, do
// not make it less, a condition that is not understood makes it Unknown.
func (p *Policy) Wildcard() Verdict { return p.allowsAll("*") }

// allowsAll tells whether the document allows all actions of the pattern on
// every resource.
func (p *Policy) allowsAll(actions string) Verdict {
	v := Verdict{Answer: No}
	for i := range p.Statements {
		s := &p.Statements[i]
		if s.Allow && s.coversActions(actions) && s.coversResource("*") {
			v = v.or(s.held())
		}
	}
	return v
}

// held gives Yes when the conditions of an allowing statement of an identity can
// be fulfilled by that identity.
func (s *Statement) held() Verdict {
	for _, c := range s.Conditions {
		if !known(circumstances, c.Key) && !known(callers, c.Key) && !c.is("aws:SourceIp") {
			return Verdict{Unknown, s.name + ": the condition on " + c.Key + " is not understood"}
		}
		if k := strings.ToLower(c.Key); strings.HasPrefix(k, "aws:resource") || strings.HasPrefix(k, "aws:requesttag/") {
			return Verdict{Unknown, s.name + ": how far the condition on " + c.Key + " reaches is not known"}
		}
	}
	return Verdict{Yes, s.name}
}

// deniesAll tells whether the document denies all actions of the pattern on
// every resource, always.
func (p *Policy) deniesAll(actions string) bool {
	return slices.ContainsFunc(p.Statements, func(s Statement) bool {
		return !s.Allow && len(s.Conditions) == 0 && s.coversActions(actions) && s.coversResource("*")
	})
}

// Admin tells whether policies of an identity, taken together, give the rights
// of an administrator: every action on every resource, or every action of IAM,
// which can give itself the rest. A nil policy is one that could not be read. A
// boundary, which may be nil for none, must allow it too.
func Admin(policies []*Policy, boundary *Policy) Verdict {
	v := Verdict{Answer: No}
	for _, p := range policies {
		if p == nil {
			v = v.or(Verdict{Unknown, "a policy could not be read"})
			continue
		}
		v = v.or(p.allowsAll("iam:*"))
	}
	if boundary != nil {
		policies = append(slices.Clone(policies), boundary)
		if b := boundary.allowsAll("iam:*"); b.Answer == No || b.Answer == Unknown && v.Answer == Yes {
			v = b
		}
	}
	for _, p := range policies {
		if p != nil && p.deniesAll("iam:*") {
			return Verdict{Answer: No}
		}
	}
	return v
}

// WildcardActions gives the actions with a wildcard, sorted, that the document
// allows; "*" for a statement that allows all but some.
func (p *Policy) WildcardActions() []string {
	found := map[string]bool{}
	for _, s := range p.Statements {
		switch {
		case !s.Allow:
		case s.NotAction:
			found["*"] = true
		default:
			for _, a := range s.Actions {
				if strings.ContainsAny(a, "*?") {
					found[a] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// escalations are actions by which an identity can give itself more rights than
// it has, when they are allowed on every resource.
var escalations = []string{
	"iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey",
	"iam:CreateLoginProfile", "iam:CreatePolicyVersion", "iam:DeletePermissionsBoundary", "iam:DeleteRolePermissionsBoundary",
	"iam:DeleteUserPermissionsBoundary", "iam:PassRole", "iam:PutGroupPolicy", "iam:PutRolePolicy", "iam:PutUserPolicy",
	"iam:SetDefaultPolicyVersion", "iam:UpdateAssumeRolePolicy", "iam:UpdateLoginProfile", "lambda:UpdateFunctionCode",
	"lambda:UpdateFunctionConfiguration", "ssm:SendCommand", "sts:AssumeRole",
}

// Escalations gives the actions, sorted, that the document allows on every
// resource and by which an identity can give itself more rights.
func (p *Policy) Escalations() []string {
	var found []string
	for _, action := range escalations {
		if p.allowsAll(action).Answer == Yes && !p.deniesAll(action) {
			found = append(found, action)
		}
	}
	return found
}
