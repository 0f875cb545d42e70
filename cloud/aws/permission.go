// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/iampolicy"
)

// permission is a policy document that was read, and what it says; or why it
// cannot be understood.
type permission struct {
	policy *iampolicy.Policy // nil with err; nil without: there is none
	ours   []string
	call   string
	err    error
}

// permission reads the document that a call gave; an empty one is no policy.
func (u *unit) permission(document, call string) permission {
	p := permission{ours: u.ours, call: call}
	if strings.TrimSpace(document) == "" {
		return p
	}
	policy, err := iampolicy.Parse([]byte(document))
	if err != nil {
		p.err = missing(cloud.Unreadable, call, err.Error())
		return p
	}
	p.policy = policy
	return p
}

func (p permission) tri(v iampolicy.Verdict) tri {
	if v.Answer == iampolicy.Unknown {
		return tri{err: missing(cloud.Unreadable, p.call, v.Why)}
	}
	return tri{yes: v.Answer == iampolicy.Yes}
}

func (p permission) ask(question func(*iampolicy.Policy) iampolicy.Verdict) tri {
	if p.policy == nil {
		return tri{err: p.err}
	}
	return p.tri(question(p.policy))
}

func (p permission) public() tri          { return p.ask((*iampolicy.Policy).Public) }
func (p permission) wildcard() tri        { return p.ask((*iampolicy.Policy).Wildcard) }
func (p permission) demandsMFA() tri      { return p.ask((*iampolicy.Policy).RequiresMFA) }
func (p permission) restrictRegions() tri { return p.ask((*iampolicy.Policy).RestrictsRegions) }

func (p permission) tlsOnly(service string, resources ...string) tri {
	return p.ask(func(q *iampolicy.Policy) iampolicy.Verdict { return q.RefusesPlainHTTP(service, resources...) })
}

// outside gives accounts that are not of this run and are let in without a
// condition.
func (p permission) outside() ([]string, error) {
	if p.policy == nil {
		return nil, p.err
	}
	accounts, v := p.policy.External(p.ours)
	return accounts, p.tri(v).err
}

// accounts gives every account that is let in.
func (p permission) accounts() ([]string, error) {
	if p.policy == nil {
		return nil, p.err
	}
	return p.policy.Accounts(), nil
}

func (p permission) trusted() ([]string, error) {
	if p.policy == nil {
		return nil, p.err
	}
	return p.policy.TrustedBy(), nil
}

// granted is what an identity holds; nil stands for a policy that could not be
// understood.
type granted []*iampolicy.Policy

// strong are the policies of AWS that make an administrator, in the words that
// matter. The documents of the others are not read: none of them gives all, or
// all of IAM.
var strong = map[string]*iampolicy.Policy{
	"AdministratorAccess": {Statements: []iampolicy.Statement{{Allow: true, Actions: []string{"*"}, Resources: []string{"*"}}}},
	"IAMFullAccess":       {Statements: []iampolicy.Statement{{Allow: true, Actions: []string{"iam:*"}, Resources: []string{"*"}}}},
}

// providerPolicy gives the name of a policy that AWS wrote, and whether it is one.
func providerPolicy(arn string) (string, bool) {
	_, name, ok := strings.Cut(arn, ":iam::aws:policy/")
	return name[strings.LastIndexByte(name, '/')+1:], ok
}

// grant reads one document of an identity.
func (r *iamReader) grant(document string) granted {
	return granted{r.permission(document, "iam:GetAccountAuthorizationDetails").policy}
}

// holds gathers the policies attached to and written into an identity.
func (r *iamReader) holds(attached []types.AttachedPolicy, inline []types.PolicyDetail) granted {
	var out granted
	for _, a := range attached {
		arn := aws.ToString(a.PolicyArn)
		name, theirs := providerPolicy(arn)
		switch written, ok := r.written[arn]; {
		case theirs && strong[name] != nil:
			out = append(out, strong[name])
		case theirs:
		case ok:
			out = append(out, written...)
		default:
			out = append(out, nil)
		}
	}
	for _, p := range inline {
		out = append(out, r.grant(aws.ToString(p.PolicyDocument))...)
	}
	return out
}

// admin tells whether what is held, within the boundary, makes an administrator.
func (r *iamReader) admin(held granted, within *types.AttachedPermissionsBoundary) tri {
	if r.unread != nil {
		return tri{err: r.unread}
	}
	var boundary *iampolicy.Policy
	if within != nil {
		arn := aws.ToString(within.PermissionsBoundaryArn)
		if name, theirs := providerPolicy(arn); theirs {
			boundary = &iampolicy.Policy{} // lets through less than an administrator needs
			if strong[name] != nil {
				boundary = strong[name]
			}
		} else if written := r.written[arn]; len(written) > 0 && written[0] != nil {
			boundary = written[0]
		} else {
			return tri{err: missing(cloud.Unreadable, "iam:GetAccountAuthorizationDetails", "the permissions boundary was not understood")}
		}
	}
	return permission{call: "iam:GetAccountAuthorizationDetails"}.tri(iampolicy.Admin(held, boundary))
}
