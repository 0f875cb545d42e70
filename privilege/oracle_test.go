// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
)

// The oracle answers by enumeration, and shares no code with what it checks: it
// reads the policies with encoding/json, compares with path.Match on one
// resource at a time, and repeats "who can take one more step" until nothing
// changes. It knows the methods that the drawn estates can hold, written out by
// hand, and counts steps as the paths do.

type oraclePolicy struct {
	Statement []struct {
		Effect                                   string
		Action, NotAction, Resource, NotResource []string
		Principal                                map[string]string
		Condition                                map[string]map[string]string
	}
}

type oracle struct {
	docs      map[string]*oraclePolicy
	nodes     map[string]*oracleNode // principals, groups, and "free " ones without their boundary
	names     []string
	functions map[string]string // function → role
}

type oracleNode struct {
	id, kind, boundary, real string
	mfa                      bool
	policies, direct, groups []string
	trust                    *oraclePolicy
	tags                     map[string]string
}

func oracleOf(all []cloud.Resource) *oracle {
	o := &oracle{docs: map[string]*oraclePolicy{}, nodes: map[string]*oracleNode{}, functions: map[string]string{}}
	strs := func(r *cloud.Resource, name string) (out []string) {
		for _, v := range r.Attributes[name].([]any) {
			out = append(out, v.(string))
		}
		return out
	}
	read := func(text string) *oraclePolicy {
		p := &oraclePolicy{}
		if err := json.Unmarshal([]byte(text), p); err != nil {
			panic(err)
		}
		return p
	}
	for i := range all {
		r := &all[i]
		switch r.Kind {
		case cloud.Policy:
			o.docs[r.ID] = read(r.Attributes["document"].(string))
		case cloud.Function:
			o.functions[r.ID] = r.Attributes["role"].(string)
		case cloud.Group:
			o.nodes[r.ID] = &oracleNode{id: r.ID, real: r.ID, kind: "group", policies: strs(r, "policies"), direct: strs(r, "policies")}
		case cloud.Identity:
			n := &oracleNode{id: r.ID, real: r.ID, kind: "user", direct: strs(r, "policies"), boundary: r.Attributes["boundary"].(string), mfa: r.Attributes["mfa"].(bool), tags: r.Tags}
			for _, g := range strs(r, "groups") {
				n.groups = append(n.groups, arn("group", g))
			}
			o.nodes[r.ID] = n
		case cloud.Role:
			o.nodes[r.ID] = &oracleNode{id: r.ID, real: r.ID, kind: "role", direct: strs(r, "policies"), boundary: r.Attributes["boundary"].(string), trust: read(r.Attributes["trust"].(string)), tags: r.Tags}
		}
	}
	for _, n := range o.nodes {
		if n.kind == "group" {
			continue
		}
		n.policies = append(n.policies, n.direct...)
		for _, g := range n.groups {
			n.policies = append(n.policies, o.nodes[g].direct...)
		}
	}
	for id, n := range o.nodes {
		if n.boundary != "" {
			free := *n
			free.id, free.boundary = "free "+id, ""
			o.nodes[free.id] = &free
		}
	}
	for id := range o.nodes {
		o.names = append(o.names, id)
	}
	slices.Sort(o.names)
	return o
}

func glob(pattern, s string) bool {
	// path.Match gives "/" a meaning that policies do not have.
	ok, _ := path.Match(strings.ReplaceAll(pattern, "/", "|"), strings.ReplaceAll(s, "/", "|"))
	return ok
}

func globs(patterns []string, s string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return glob(p, s) })
}

// The three answers of a condition or a request.
const (
	oNo = iota
	oMay
	oYes
)

func (o *oracle) holds(conditions map[string]map[string]string, n *oracleNode, on *oracleNode, service string) int {
	result := oYes
	for operator, keys := range conditions {
		for key, want := range keys {
			value, known := "", true
			switch key {
			case "aws:MultiFactorAuthPresent":
				switch {
				case n.kind != "user":
					known = false
				case n.mfa:
					value = "true"
				default:
					value = "absent"
				}
			case "iam:PassedToService":
				value = service
			case "aws:PrincipalTag/team":
				if value = n.tags["team"]; value == "" {
					value = "absent"
				}
				if n.kind == "group" {
					known = false
				}
			case "iam:ResourceTag/team":
				known = on != nil && on.kind != "group"
				if known {
					if value = on.tags["team"]; value == "" {
						value = "absent"
					}
				}
			default:
				known = false // aws:SourceIp
			}
			one := oNo
			switch {
			case !known:
				one = oMay
			case operator == "StringNotEquals":
				if value != want {
					one = oYes
				}
			case operator == "BoolIfExists":
				if value == "absent" || value == want {
					one = oYes
				}
			case value == want:
				one = oYes
			}
			result = min(result, one)
		}
	}
	return result
}

// may weighs one concrete request.
func (o *oracle) may(n *oracleNode, action, resource string, on *oracleNode, service string, granted bool) int {
	ask := func(policies []string) (allow, deny int) {
		for _, id := range policies {
			for _, s := range o.docs[id].Statement {
				matches := (globs(s.Action, action) || len(s.NotAction) > 0 && !globs(s.NotAction, action)) &&
					(globs(s.Resource, resource) || len(s.NotResource) > 0 && !globs(s.NotResource, resource))
				if !matches {
					continue
				}
				h := o.holds(s.Condition, n, on, service)
				if s.Effect == "Allow" {
					allow = max(allow, h)
				} else {
					deny = max(deny, h)
				}
			}
		}
		return allow, deny
	}
	allow, deny := ask(n.policies)
	if granted {
		allow = oYes
	}
	if n.boundary != "" {
		within, refused := ask([]string{n.boundary})
		allow, deny = min(allow, within), max(deny, refused)
	}
	return min(allow, oYes-deny)
}

// elsewhere stands for any resource that no policy names.
const elsewhere = "arn:aws:iam::" + home + ":anything/nobody-named-this"

// admin: every action of IAM on a resource that nobody named, and nothing that
// takes it back for all of the deciding calls.
func (o *oracle) admin(n *oracleNode, granted bool) int {
	best := oNo
	for _, action := range []string{"iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:PutRolePolicy", "iam:PutUserPolicy", "iam:CreatePolicyVersion", "iam:UpdateAssumeRolePolicy", "iam:CreateAccessKey"} {
		if granted {
			best = max(best, o.may(n, action, elsewhere, nil, "", true))
			continue
		}
		full := *n
		full.policies = nil
		for _, id := range n.policies {
			kept := &oraclePolicy{}
			for _, s := range o.docs[id].Statement {
				// Only statements that speak of all of IAM can make an administrator.
				if s.Effect == "Deny" || globs(s.Action, "iam:Zzz") && globs(s.Action, "iam:Aaa") {
					kept.Statement = append(kept.Statement, s)
				}
			}
			o.docs["kept "+id] = kept
			full.policies = append(full.policies, "kept "+id)
		}
		best = max(best, o.may(&full, action, elsewhere, nil, "", false))
	}
	return best
}

// becomes: whether p can act as v with one method.
func (o *oracle) becomes(p, v *oracleNode) int {
	if p == v || p.real == v.real || v.id != v.real {
		return oNo
	}
	best := oNo
	rest := func(actions ...string) int { // on a function that does not exist yet
		any := oNo
		for _, name := range []string{"f0", "nobody-named-this"} {
			id := "arn:aws:lambda:eu-central-1:" + home + ":function:" + name
			r := oYes
			for _, a := range actions {
				r = min(r, o.may(p, a, id, nil, "", false))
			}
			if _, exists := o.functions[id]; !exists {
				any = max(any, r)
			}
		}
		return any
	}
	switch v.kind {
	case "user":
		best = max(best, o.may(p, "iam:CreateAccessKey", v.id, v, "", false))
		if !v.mfa {
			best = max(best, o.may(p, "iam:CreateLoginProfile", v.id, v, "", false))
		}
	case "group":
		if p.kind == "user" {
			best = max(best, min(o.may(p, "iam:AddUserToGroup", v.id, v, "", false), o.admin(p, true)))
		}
	case "role":
		best = max(best, o.assumes(p, v))
		best = max(best, min(o.may(p, "iam:UpdateAssumeRolePolicy", v.id, v, "", false), o.may(p, "sts:AssumeRole", v.id, v, "", true)))
		if o.trustsService(v, "lambda.amazonaws.com") {
			best = max(best, min(o.may(p, "iam:PassRole", v.id, v, "lambda.amazonaws.com", false),
				max(rest("lambda:CreateFunction", "lambda:InvokeFunction"), rest("lambda:CreateFunction", "lambda:AddPermission"),
					min(rest("lambda:CreateFunction"), o.may(p, "lambda:CreateEventSourceMapping", elsewhere, nil, "", false)))))
		}
		for f, role := range o.functions {
			if role == v.id {
				best = max(best, o.may(p, "lambda:UpdateFunctionCode", f, &oracleNode{kind: "function"}, "", false), o.may(p, "lambda:UpdateFunctionConfiguration", f, &oracleNode{kind: "function"}, "", false))
			}
		}
	}
	return best
}

func (o *oracle) trustsService(v *oracleNode, service string) bool {
	for _, s := range v.trust.Statement {
		if s.Principal["Service"] == service {
			return true
		}
	}
	return false
}

func (o *oracle) assumes(p, v *oracleNode) int {
	named, account := oNo, oNo
	for _, s := range v.trust.Statement {
		h := o.holds(s.Condition, p, v, "")
		if s.Principal["AWS"] == p.real && p.kind != "group" {
			named = max(named, h)
		}
		if s.Principal["AWS"] == home {
			account = max(account, h)
		}
	}
	// Named: nothing but a refusal stops a user; a role's boundary must allow too.
	self := *p
	if p.kind == "user" && p.boundary != "" {
		self.policies, self.boundary = append(slices.Clone(p.policies), "denials "+p.boundary), ""
		kept := &oraclePolicy{}
		for _, s := range o.docs[p.boundary].Statement {
			if s.Effect == "Deny" {
				kept.Statement = append(kept.Statement, s)
			}
		}
		o.docs["denials "+p.boundary] = kept
	}
	byName := min(named, o.may(&self, "sts:AssumeRole", v.id, v, "", true))
	byAccount := min(max(named, account), o.may(p, "sts:AssumeRole", v.id, v, "", false))
	return max(byName, byAccount)
}

// widens: whether p can give v all rights.
func (o *oracle) widens(p, v *oracleNode) int {
	self := o.nodes[v.real]
	best := oNo
	on := append([]string{self.id}, self.groups...)
	for _, id := range on {
		n := o.nodes[id]
		switch n.kind {
		case "user":
			best = max(best, o.may(p, "iam:AttachUserPolicy", n.id, n, "", false), o.may(p, "iam:PutUserPolicy", n.id, n, "", false))
		case "role":
			best = max(best, o.may(p, "iam:AttachRolePolicy", n.id, n, "", false), o.may(p, "iam:PutRolePolicy", n.id, n, "", false))
		case "group":
			best = max(best, o.may(p, "iam:AttachGroupPolicy", n.id, n, "", false), o.may(p, "iam:PutGroupPolicy", n.id, n, "", false))
		}
		for _, policy := range n.direct {
			if strings.Contains(policy, ":policy/") {
				best = max(best, o.may(p, "iam:CreatePolicyVersion", policy, nil, "", false))
			}
		}
	}
	return min(best, o.admin(v, true))
}

func (o *oracle) frees(p, v *oracleNode) int {
	if v.boundary == "" {
		return oNo
	}
	action := "iam:DeleteUserPermissionsBoundary"
	if v.kind == "role" {
		action = "iam:DeleteRolePermissionsBoundary"
	}
	return max(o.may(p, action, v.id, v, "", false), o.may(p, "iam:CreatePolicyVersion", v.boundary, nil, "", false))
}

// distances gives the fewest steps of each node, with certain steps alone or
// with all; what is missing has no path.
func (o *oracle) distances(least int) map[string]int {
	const far = 1 << 20
	dist := map[string]int{}
	for _, id := range o.names {
		dist[id] = far
		if o.admin(o.nodes[id], false) >= least {
			dist[id] = 0
		}
	}
	type edge struct {
		from, to string
		steps    int
	}
	var edges []edge
	for _, from := range o.names {
		p := o.nodes[from]
		if o.widens(p, p) >= least {
			dist[from] = min(dist[from], 1)
		}
		for _, to := range o.names {
			v := o.nodes[to]
			becomes := o.becomes(p, v) >= least
			if becomes {
				edges = append(edges, edge{from, to, 1})
				if o.widens(p, v) >= least {
					dist[from] = min(dist[from], 2)
				}
			}
			if o.frees(p, v) >= least {
				if p.real == v.real && p.id == p.real {
					edges = append(edges, edge{from, "free " + to, 1})
				} else if becomes {
					edges = append(edges, edge{from, "free " + to, 2})
				}
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for _, e := range edges {
			if d := dist[e.to] + e.steps; d < dist[e.from] {
				dist[e.from], changed = d, true
			}
		}
	}
	for id, d := range dist {
		if d == far {
			delete(dist, id)
		}
	}
	return dist
}
