// SPDX-License-Identifier: Apache-2.0

package iampolicy

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// assumes tells whether an allowing statement lets someone assume the role.
func (s *Statement) assumes() bool {
	if s.NotAction {
		return s.Allow
	}
	return s.Allow && slices.ContainsFunc(s.Actions, func(a string) bool { return len(a) < 256 && overlaps(a, "sts:assumerole*") })
}

// TrustedBy gives the kinds of principal, sorted, that a trust policy lets
// assume its role: account, service, federated, anyone.
func (p *Policy) TrustedBy() []string {
	kinds := map[string]bool{}
	for i := range p.Statements {
		s := &p.Statements[i]
		if !s.assumes() {
			continue
		}
		if s.everyone() {
			if tie, _ := s.who(); tie == closed {
				kinds["account"] = true
			} else {
				kinds["anyone"] = true
			}
			continue
		}
		for _, p := range s.Principals {
			switch p.Type {
			case "Service":
				kinds["service"] = true
			case "Federated":
				kinds["federated"] = true
			default:
				kinds["account"] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(kinds))
}

// RequiresMFA tells whether a trust policy demands a second factor of everyone
// but services: each statement that lets accounts, federated users or anyone
// assume the role asks it, or a denying statement does. A trust of services
// alone demands none.
func (p *Policy) RequiresMFA() Verdict {
	people, v := false, Verdict{Answer: Yes, Why: "each statement asks for it"}
	for i := range p.Statements {
		s := &p.Statements[i]
		if !s.Allow {
			if s.refusesWithoutMFA() {
				return Verdict{Yes, s.name}
			}
			continue
		}
		service := func(p Principal) bool { return p.Type == "Service" && !p.anyone() }
		if !s.assumes() || !s.NotPrincipal && !slices.ContainsFunc(s.Principals, func(p Principal) bool { return !service(p) }) {
			continue
		}
		people = true
		if !slices.ContainsFunc(s.Conditions, Condition.demandsMFA) {
			v = Verdict{No, s.name}
		}
	}
	if !people {
		return Verdict{Answer: No}
	}
	return v
}

func (c Condition) demandsMFA() bool {
	base, forAll, _, ifExists := c.operator()
	if forAll || ifExists {
		return false
	}
	if c.is("aws:MultiFactorAuthPresent") {
		return base == "bool" && slices.Equal(c.Values, []string{"true"})
	}
	return c.is("aws:MultiFactorAuthAge") && (base == "numericlessthan" || base == "numericlessthanequals") && len(c.Values) > 0 &&
		!slices.ContainsFunc(c.Values, func(v string) bool { _, err := strconv.ParseFloat(v, 64); return err != nil })
}

func (s *Statement) refusesWithoutMFA() bool {
	if s.NotPrincipal || !s.everyone() || !s.coversActions("sts:AssumeRole") || len(s.Conditions) != 1 {
		return false
	}
	c := s.Conditions[0]
	base, forAll, forAny, ifExists := c.operator()
	return c.is("aws:MultiFactorAuthPresent") && base == "bool" && ifExists && !forAll && !forAny && slices.Equal(c.Values, []string{"false"})
}

// RefusesPlainHTTP tells whether the document refuses every request without TLS
// for each of the resources, which are ARNs or patterns of them. The service is
// the prefix of its actions: "s3", "sqs", "sns", "elasticfilesystem".
func (p *Policy) RefusesPlainHTTP(service string, resources ...string) Verdict {
	for _, r := range resources {
		if v := p.refusesPlain(service+":*", r); v.Answer != Yes {
			return v
		}
	}
	if len(resources) == 0 {
		return p.refusesPlain(service+":*", "*")
	}
	return Verdict{Answer: Yes}
}

func (p *Policy) refusesPlain(actions, resource string) Verdict {
	v := Verdict{Answer: No}
	for i := range p.Statements {
		s := &p.Statements[i]
		if s.Allow || s.NotPrincipal || !s.everyone() || !s.coversActions(actions) || !s.coversResource(resource) {
			continue
		}
		switch base, forAll, forAny, _ := s.single("aws:SecureTransport").operator(); {
		case len(s.Conditions) == 0:
			return Verdict{Yes, s.name + " refuses everything"}
		case base == "":
		case base == "bool" && !forAll && !forAny && slices.Equal(s.Conditions[0].Values, []string{"false"}):
			return Verdict{Yes, s.name}
		case base == "bool" && slices.Equal(s.Conditions[0].Values, []string{"true"}):
		default:
			v = Verdict{Unknown, s.name + ": the condition " + s.Conditions[0].Operator + " on " + s.Conditions[0].Key + " is not understood"}
		}
	}
	return v
}

// single gives the only condition of s when it is on the key.
func (s *Statement) single(key string) Condition {
	if len(s.Conditions) == 1 && s.Conditions[0].is(key) {
		return s.Conditions[0]
	}
	return Condition{}
}

// RestrictsRegions tells whether a policy of an organisation denies regions
// outside a list: it refuses every action, or all but those of a list, where the
// region asked for is not one of it; or all that it allows is tied to regions.
func (p *Policy) RestrictsRegions() Verdict {
	allows, tied := 0, 0
	for i := range p.Statements {
		s := &p.Statements[i]
		j := slices.IndexFunc(s.Conditions, func(c Condition) bool { return c.is("aws:RequestedRegion") })
		if s.Allow {
			allows++
		}
		if j < 0 {
			continue
		}
		base, forAll, _, ifExists := s.Conditions[j].operator()
		listed := len(s.Conditions[j].Values) > 0 && !slices.Contains(s.Conditions[j].Values, "*")
		switch {
		case s.Allow && listed && !forAll && !ifExists && slices.Contains(equal, base):
			tied++
		case !s.Allow && listed && slices.Contains(notEqual, base) && (s.NotAction || coversAny(s.Actions, "*")) && s.coversResource("*"):
			return Verdict{Yes, s.name + ": " + strings.Join(s.Conditions[j].Values, ", ")}
		}
	}
	if allows > 0 && allows == tied {
		return Verdict{Yes, "every allowing statement names regions"}
	}
	return Verdict{Answer: No}
}
