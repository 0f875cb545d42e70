// SPDX-License-Identifier: Apache-2.0

package iampolicy

import (
	"net/netip"
	"slices"
	"strings"
)

// effect is what a condition does to the question who may use a statement.
type effect uint8

const (
	obscure effect = iota // not understood
	open                  // it says nothing of who, or hardly
	closed                // it lets in only callers that are named
)

// operator takes a condition's operator apart.
func (c Condition) operator() (base string, forAll, forAny, ifExists bool) {
	base = strings.ToLower(c.Operator)
	base, ifExists = strings.CutSuffix(base, "ifexists")
	if rest, ok := strings.CutPrefix(base, "forallvalues:"); ok {
		return rest, true, false, ifExists
	}
	if rest, ok := strings.CutPrefix(base, "foranyvalue:"); ok {
		return rest, false, true, ifExists
	}
	return base, false, false, ifExists
}

func (c Condition) is(key string) bool { return strings.EqualFold(c.Key, key) }

// Operators on texts and their negations.
var (
	equal    = []string{"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"}
	notEqual = []string{"stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike"}
)

// callers are the keys that name who calls, or on whose behalf or from where.
var callers = []string{
	"aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:userid",
	"aws:principalservicename", "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths",
	"aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce", "kms:calleraccount", "s3:dataaccesspointaccount",
	"s3:dataaccesspointarn", "lambda:eventsourcetoken",
}

// circumstances are keys that say how or when something is asked, not by whom:
// everyone can fulfil them. A name that ends in ":" or "/" stands for all that
// begin so. An external id is none of a caller's own: whoever knows it has it.
var circumstances = []string{
	"aws:securetransport", "aws:currenttime", "aws:epochtime", "aws:tokenissuetime", "aws:useragent", "aws:referer",
	"aws:requestedregion", "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:viaawsservice", "aws:calledvia",
	"aws:calledviafirst", "aws:calledvialast", "aws:principaltype", "aws:principaltag/", "aws:requesttag/", "aws:tagkeys",
	"aws:resourcetag/", "aws:vpcsourceip", "sts:externalid", "sts:rolesessionname", "sts:sourceidentity", "s3:", "kms:",
	"sns:", "sqs:", "lambda:functionurlauthtype", "lambda:invokedviafunctionurl", "ecr:", "secretsmanager:", "backup:", "elasticfilesystem:", "aws:resourceaccount",
	"aws:resourceorgid", "aws:resourceorgpaths",
}

func known(list []string, key string) bool {
	key = strings.ToLower(key)
	return slices.ContainsFunc(list, func(name string) bool {
		return key == name || (name[len(name)-1] == ':' || name[len(name)-1] == '/') && strings.HasPrefix(key, name)
	})
}

// restricts weighs a condition of an allowing statement.
func (c Condition) restricts() effect {
	base, forAll, _, ifExists := c.operator()
	if c.is("aws:SourceIp") {
		switch {
		case base == "ipaddress" && !forAll && !ifExists:
			return narrow(c.Values)
		case base == "ipaddress", base == "notipaddress":
			return open
		}
		return obscure
	}
	if c.is("aws:PrincipalIsAWSService") && base == "bool" && !ifExists && slices.Equal(c.Values, []string{"true"}) {
		return closed
	}
	switch {
	case base == "null":
		return open // it asks only whether the key is there
	case known(callers, c.Key):
		if slices.Contains(notEqual, base) {
			return open // it leaves out a few
		}
		if !slices.Contains(equal, base) {
			return obscure
		}
		if forAll || ifExists {
			return open // both hold where the key is not there
		}
		return c.fixed()
	case known(circumstances, c.Key):
		return open
	}
	return obscure
}

// fixed tells whether each value names a caller; an account, an organisation
// and a network must be whole, the rest of an ARN may hold wildcards.
func (c Condition) fixed() effect {
	if len(c.Values) == 0 {
		return obscure
	}
	for _, v := range c.Values {
		wild := strings.ContainsAny(v, "*?")
		switch {
		case strings.EqualFold(v, "${aws:ResourceAccount}"), strings.EqualFold(v, "${aws:ResourceOrgID}"):
		case strings.Contains(v, "${"):
			return obscure
		case strings.HasPrefix(v, "arn:"):
			account := arnAccount(v)
			if strings.ContainsAny(account, "*?") || account == "" && wildStart(v) {
				return open
			}
		case known([]string{"aws:userid", "aws:principalorgpaths", "aws:sourceorgpaths"}, c.Key):
			// "AROA…:*" names a role, "o-abc/*" an organisation.
			if strings.ContainsAny(strings.FieldsFunc(v+" ", func(r rune) bool { return r == ':' || r == '/' })[0], "*?") {
				return open
			}
		case wild:
			return open
		}
	}
	return closed
}

// wildStart tells whether the resource of an ARN without an account, such as a
// bucket's, begins with a wildcard.
func wildStart(arn string) bool {
	f := strings.SplitN(arn, ":", 6)
	return len(f) < 6 || f[5] == "" || strings.ContainsAny(f[2], "*?") || strings.ContainsAny(strings.SplitN(f[5], "/", 2)[0], "*?")
}

// Address ranges with fewer leading bits than these are nobody's in particular.
const narrow4, narrow6 = 8, 32

func narrow(values []string) effect {
	for _, v := range values {
		if !strings.Contains(v, "/") {
			if _, err := netip.ParseAddr(v); err != nil {
				return obscure
			}
			continue
		}
		p, err := netip.ParsePrefix(v)
		if err != nil {
			return obscure
		}
		if p.Addr().Is4() && p.Bits() < narrow4 || p.Addr().Is6() && p.Bits() < narrow6 {
			return open
		}
	}
	if len(values) == 0 {
		return obscure
	}
	return closed
}

// negated turns a condition of a denying statement round: what it lets through.
func (c Condition) negated() (Condition, bool) {
	base, forAll, forAny, _ := c.operator()
	if forAll || forAny && !c.is("aws:PrincipalOrgPaths") {
		return c, false
	}
	if i := slices.Index(notEqual, base); i >= 0 {
		return Condition{equal[i], c.Key, c.Values}, true
	}
	if base == "notipaddress" {
		return Condition{"ipaddress", c.Key, c.Values}, true
	}
	if base == "bool" && c.is("aws:PrincipalIsAWSService") && slices.Equal(c.Values, []string{"false"}) {
		return Condition{"bool", c.Key, []string{"true"}}, true
	}
	return c, false
}

// who weighs all conditions of an allowing statement: one that closes is enough.
func (s *Statement) who() (effect, string) {
	result, why := open, ""
	for _, c := range s.Conditions {
		switch c.restricts() {
		case closed:
			return closed, s.name + ": " + c.Key
		case obscure:
			result, why = obscure, s.name+": the condition "+c.Operator+" on "+c.Key+" is not understood"
		}
	}
	return result, why
}
