// SPDX-License-Identifier: Apache-2.0

package iampolicy

import (
	"maps"
	"slices"
	"strings"
)

// maxPairs bounds the comparison of allowing with denying statements.
const maxPairs = 200_000

// Public tells whether the document lets everyone do something: an allowing
// statement for "*", or for all but a few, or for all users of a public identity
// provider, whose conditions do not tie it to named callers and that no denying
// statement shuts.
func (p *Policy) Public() Verdict {
	v := Verdict{Answer: No}
	for i := range p.Statements {
		s := &p.Statements[i]
		if !s.Allow {
			continue
		}
		if s.everyone() {
			tie, why := s.who()
			v = v.or(p.through(s, tie, why, "lets everyone in"))
		}
		tie, why := s.publicProvider()
		if why != "" {
			v = v.or(p.through(s, tie, why, "lets every user of an identity provider in"))
		}
	}
	return v
}

// through gives the verdict of an allowing statement with such a tie.
func (p *Policy) through(s *Statement, tie effect, why, what string) Verdict {
	if tie == closed {
		return Verdict{Answer: No}
	}
	shut := p.shut(s)
	switch {
	case shut == closed:
		return Verdict{Answer: No}
	case tie == obscure:
		return Verdict{Unknown, why}
	case shut == obscure:
		return Verdict{Unknown, s.name + ": a denying statement that may shut it is not understood"}
	}
	return Verdict{Yes, s.name + " " + what}
}

func (s *Statement) everyone() bool {
	return s.NotPrincipal || slices.ContainsFunc(s.Principals, Principal.anyone)
}

// shut tells whether denying statements take from outsiders all that s allows.
func (p *Policy) shut(s *Statement) effect {
	actions, resources := s.Actions, s.Resources
	if s.NotAction {
		actions = []string{"*"}
	}
	if s.NotResource || len(resources) == 0 {
		resources = []string{"*"}
	}
	if len(actions)*len(resources)*len(p.Statements) > maxPairs {
		return obscure
	}
	result := closed
	for _, action := range actions {
		for _, resource := range resources {
			if e := p.shutOne(action, resource); e == open {
				return open
			} else if e == obscure {
				result = obscure
			}
		}
	}
	return result
}

func (p *Policy) shutOne(action, resource string) effect {
	result := open
	for i := range p.Statements {
		d := &p.Statements[i]
		if d.Allow || !d.coversActions(action) || !d.coversResource(resource) {
			continue
		}
		switch d.refuses() {
		case closed:
			return closed
		case obscure:
			result = obscure
		}
	}
	return result
}

// refuses tells whether a denying statement refuses all callers but named ones.
func (d *Statement) refuses() effect {
	everyone := slices.ContainsFunc(d.Principals, Principal.anyone)
	if everyone == d.NotPrincipal {
		return open
	}
	result := closed
	for _, c := range d.Conditions {
		through, ok := c.negated()
		switch {
		case ok && through.restricts() == closed:
		case ok && through.restricts() == open, !ok && c.restricts() != obscure:
			return open // it refuses under circumstances only, or only a few
		default:
			result = obscure
		}
	}
	return result
}

// publicProviders are identity providers whose users are everyone, with the
// claims that tie a trust to one's own part of them.
var publicProviders = map[string][]string{
	"token.actions.githubusercontent.com": {"sub"},
	"gitlab.com":                          {"sub", "namespace_path", "project_path"},
	"app.terraform.io":                    {"sub"},
	"agent.buildkite.com":                 {"sub"},
	"cognito-identity.amazonaws.com":      {"aud", "sub"},
	"accounts.google.com":                 {"aud", "sub", "oaud"},
	"graph.facebook.com":                  {"app_id", "id"},
	"www.amazon.com":                      {"app_id", "user_id"},
}

// publicProvider weighs trust in such a provider; why is empty when s trusts none.
func (s *Statement) publicProvider() (tie effect, why string) {
	for _, p := range s.Principals {
		name := p.Value
		if _, after, ok := strings.Cut(name, ":oidc-provider/"); ok {
			name = after
		}
		claims, ok := publicProviders[name]
		if p.Type != "Federated" || !ok {
			continue
		}
		why = s.name + ": no condition names whom of " + name + " it trusts"
		if e := s.claimed(name, claims); e != closed {
			return e, why
		}
		tie = closed
	}
	return tie, why
}

func (s *Statement) claimed(provider string, claims []string) effect {
	result := open
	for _, c := range s.Conditions {
		claim, ok := strings.CutPrefix(strings.ToLower(c.Key), provider+":")
		base, forAll, _, ifExists := c.operator()
		switch {
		case !ok, forAll, ifExists:
		case !slices.Contains(claims, claim):
			if claim != "aud" {
				result = obscure
			}
		case slices.Contains(equal, base) && !slices.ContainsFunc(c.Values, vague):
			return closed
		}
	}
	return result
}

// vague tells whether a claim's value leaves open whose it is: "*", "repo:*".
func vague(value string) bool {
	f := strings.SplitN(value, ":", 3)
	owner := f[0]
	if len(f) > 1 && (f[0] == "repo" || f[0] == "organization" || f[0] == "project_path") {
		owner = f[1]
	}
	return owner == "" || strings.ContainsAny(strings.SplitN(owner, "/", 2)[0], "*?")
}

// External gives the accounts, sorted, that are not in own and that the document
// lets in without a condition that ties the access to something of ours: an
// external id, an organisation, a source. Access of everyone is Public's to
// tell. With Unknown there may be such accounts; with Yes there may be more.
func (p *Policy) External(own []string) ([]string, Verdict) {
	found := map[string]bool{}
	v := Verdict{Answer: No}
	for i := range p.Statements {
		s := &p.Statements[i]
		if !s.Allow {
			continue
		}
		accounts, odd := s.accounts()
		accounts = slices.DeleteFunc(accounts, func(id string) bool { return slices.Contains(own, id) })
		odd = slices.DeleteFunc(odd, func(id string) bool { return slices.Contains(own, id) })
		if len(accounts)+len(odd) == 0 {
			continue
		}
		tie, why := s.tied()
		w := p.through(s, tie, why, "lets outside accounts in without a condition")
		if w.Answer == Yes && len(accounts) == 0 {
			w = Verdict{Unknown, s.name + ": whose the principal " + odd[0] + " is cannot be told"}
		}
		if w.Answer == Yes {
			for _, id := range accounts {
				found[id] = true
			}
		}
		v = v.or(w)
	}
	return slices.Sorted(maps.Keys(found)), v
}

// Accounts gives every account, sorted, that an allowing statement names, with
// or without conditions.
func (p *Policy) Accounts() []string {
	found := map[string]bool{}
	for i := range p.Statements {
		if s := &p.Statements[i]; s.Allow && !s.NotPrincipal {
			ids, _ := s.accounts()
			for _, id := range ids {
				found[id] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// accounts gives the accounts that s names, in its principals or, for everyone,
// in its conditions, and the principals whose account cannot be told.
func (s *Statement) accounts() (ids, odd []string) {
	if s.NotPrincipal {
		return nil, nil
	}
	for _, p := range s.Principals {
		id := p.account()
		switch {
		case id != "":
			ids = append(ids, id)
		case p.Type == "CanonicalUser":
			odd = append(odd, p.Value)
		case p.Type == "AWS" && !p.anyone() && !harmless(p.Value):
			odd = append(odd, p.Value)
		}
	}
	if !s.everyone() {
		return ids, odd
	}
	for _, c := range s.Conditions {
		base, _, _, _ := c.operator()
		if !slices.Contains(equal, base) || !(c.is("aws:PrincipalAccount") || c.is("kms:CallerAccount") || c.is("aws:PrincipalArn")) {
			continue
		}
		for _, v := range c.Values {
			if strings.HasPrefix(v, "arn:") {
				v = arnAccount(v)
			}
			if isAccount(v) {
				ids = append(ids, v)
			}
		}
	}
	return ids, odd
}

// harmless are principals of nobody outside: the id of a deleted user or role,
// and the identities of one's own content distributions.
func harmless(value string) bool {
	return strings.HasPrefix(value, "AIDA") || strings.HasPrefix(value, "AROA") || strings.HasPrefix(value, "arn:aws:iam::cloudfront:")
}

// tied weighs the conditions of a statement that names outside accounts: those
// that only name them again do not tie.
func (s *Statement) tied() (effect, string) {
	result, why := open, ""
	for _, c := range s.Conditions {
		if c.is("aws:PrincipalAccount") || c.is("aws:PrincipalArn") || c.is("kms:CallerAccount") || c.is("aws:userid") {
			continue
		}
		e := c.restricts()
		if base, forAll, _, ifExists := c.operator(); c.is("sts:ExternalId") && slices.Contains(equal, base) && !forAll && !ifExists {
			e = c.fixed()
		}
		switch e {
		case closed:
			return closed, ""
		case obscure:
			result, why = obscure, s.name+": the condition "+c.Operator+" on "+c.Key+" is not understood"
		}
	}
	return result, why
}
