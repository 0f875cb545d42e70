// SPDX-License-Identifier: Apache-2.0

package iampolicy

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// known are the facts of a request in these tests.
func fixed(key string) (string, Known) {
	switch key {
	case "aws:username":
		return "anna", Given
	case "aws:principaltag/team":
		return "red", Given
	case "aws:currenttime":
		return "2026-09-01T12:00:00Z", Given
	case "aws:multifactorauthage":
		return "120", Given
	case "aws:principalarn":
		return "arn:aws:iam::111122223333:role/team/red", Given
	case "aws:sourceip":
		return "192.0.2.7", Given
	case "aws:principaltag/none":
		return "", Absent
	case "sts:rolesessionname":
		return "", Free
	}
	return "", Obscure
}

func one(t *testing.T, effect, rest string) *Statement {
	t.Helper()
	p, err := Parse([]byte(`{"Statement":{"Effect":"` + effect + `","Action":"iam:*",` + rest + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	return &p.Statements[0]
}

// TestStatement_Holds weighs single conditions.
func TestStatement_Holds(t *testing.T) {
	for _, c := range []struct {
		condition   string
		allow, deny Answer
	}{
		{`"StringEquals":{"aws:PrincipalTag/team":["blue","red"]}`, Yes, Yes},
		{`"StringEquals":{"aws:PrincipalTag/team":"blue"}`, No, No},
		{`"StringNotEquals":{"aws:PrincipalTag/team":["blue","red"]}`, No, No},
		{`"StringLike":{"aws:PrincipalTag/team":"r*"}`, Yes, Yes},
		{`"StringEqualsIgnoreCase":{"aws:PrincipalTag/team":"RED"}`, Yes, Yes},
		{`"StringEquals":{"aws:PrincipalTag/none":"x"}`, No, No},
		{`"StringEqualsIfExists":{"aws:PrincipalTag/none":"x"}`, Yes, Yes},
		{`"StringNotEquals":{"aws:PrincipalTag/none":"x"}`, Yes, Yes},
		{`"ForAllValues:StringEquals":{"aws:PrincipalTag/none":"x"}`, Yes, Yes},
		{`"ForAnyValue:StringNotEquals":{"aws:PrincipalTag/none":"x"}`, No, No},
		{`"Null":{"aws:PrincipalTag/none":"true"}`, Yes, Yes},
		{`"Null":{"aws:PrincipalTag/team":"true"}`, No, No},
		{`"Null":{"aws:SomethingElse":"true"}`, Unknown, Unknown},
		{`"DateLessThan":{"aws:CurrentTime":"2026-09-02T00:00:00Z"}`, Yes, Yes},
		{`"DateGreaterThan":{"aws:CurrentTime":"2026-09-02T00:00:00Z"}`, No, No},
		{`"DateLessThan":{"aws:CurrentTime":"soon"}`, Unknown, Unknown},
		{`"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}`, Yes, Yes},
		{`"NumericLessThanEquals":{"aws:MultiFactorAuthAge":"60"}`, No, No},
		{`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/team/*"}`, Yes, Yes},
		{`"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/team/*"}`, No, No},
		{`"IpAddress":{"aws:SourceIp":["10.0.0.0/8","192.0.2.0/24"]}`, Yes, Yes},
		{`"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`, No, No},
		{`"StringEquals":{"sts:RoleSessionName":"${aws:username}"}`, Yes, No},
		{`"StringEquals":{"aws:SourceVpc":"vpc-1"}`, Unknown, Unknown},
		{`"StringEquals":{"aws:PrincipalTag/team":"${aws:PrincipalTag/team}"}`, Yes, Yes},
	} {
		rest := `"Resource":"*","Condition":{` + c.condition + `}`
		if got := one(t, "Allow", rest).Holds(fixed).Answer; got != c.allow {
			t.Errorf("allowing, %s: %v, want %v", c.condition, got, c.allow)
		}
		if got := one(t, "Deny", rest).Holds(fixed).Answer; got != c.deny {
			t.Errorf("denying, %s: %v, want %v", c.condition, got, c.deny)
		}
	}
}

// TestStatement_Within compares resources of a statement with those asked for.
func TestStatement_Within(t *testing.T) {
	const user, users = "arn:aws:iam::111122223333:user/anna", "arn:aws:iam::111122223333:user/*"
	for _, c := range []struct {
		resources, asked string
		want             []Part
		misses           Answer
	}{
		{`"Resource":"*"`, user, []Part{{user, true}}, No},
		{`"Resource":"arn:aws:iam::*:user/${aws:username}"`, user, []Part{{user, true}}, No},
		{`"Resource":"arn:aws:iam::*:user/${aws:PrincipalTag/none}"`, user, nil, Yes},
		{`"Resource":"arn:aws:iam::*:user/${saml:sub}"`, user, []Part{{user, false}}, Yes},
		{`"Resource":"arn:aws:iam::*:role/*"`, user, nil, Yes},
		{`"Resource":["arn:aws:iam::*:user/a*","arn:aws:iam::*:user/b*"]`, users, []Part{{"arn:aws:iam::111122223333:user/a*", true}, {"arn:aws:iam::111122223333:user/b*", true}}, Unknown},
		{`"Resource":"arn:aws:iam::*:user/a*"`, users, []Part{{"arn:aws:iam::111122223333:user/a*", true}}, Yes},
		{`"NotResource":"` + user + `"`, user, nil, Yes},
		{`"NotResource":"` + user + `"`, users, []Part{{users, true}}, Unknown},
		{`"NotResource":"arn:aws:iam::*:role/*"`, user, []Part{{user, true}}, No},
		{`"Resource":"` + user + `"`, "*", []Part{{user, true}}, Yes},
	} {
		s := one(t, "Allow", c.resources)
		if got := s.Within(c.asked, fixed); !slices.Equal(got, c.want) {
			t.Errorf("%s of %s: %v, want %v", c.resources, c.asked, got, c.want)
		}
		if c.resources == `"Resource":"arn:aws:iam::*:user/${saml:sub}"` {
			continue // it may be about it, or not: the caller asks Within
		}
		if got := s.Misses(c.asked, fixed).Answer; got != c.misses {
			t.Errorf("%s leaves of %s: %v, want %v", c.resources, c.asked, got, c.misses)
		}
	}
}

// TestStatement_Names tells how a trust names an identity.
func TestStatement_Names(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/team/red"
	for principal, want := range map[string]Naming{
		`"*"`:                    ByName,
		`{"AWS":"111122223333"}`: ByAccount,
		`{"AWS":"arn:aws:iam::111122223333:root"}`:                      ByAccount,
		`{"AWS":"arn:aws:iam::444455556666:root"}`:                      NotNamed,
		`{"AWS":"` + role + `"}`:                                        ByName,
		`{"AWS":"arn:aws:sts::111122223333:assumed-role/red/session"}`:  ByName,
		`{"AWS":"arn:aws:sts::111122223333:assumed-role/blue/session"}`: NotNamed,
		`{"Service":"ec2.amazonaws.com"}`:                               NotNamed,
	} {
		if got := one(t, "Allow", `"Principal":`+principal).Names(role, "111122223333"); got != want {
			t.Errorf("%s names it as %d, want %d", principal, got, want)
		}
	}
	s := one(t, "Allow", `"Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2026-10-01T00:00:00Z"},"Bool":{"aws:MultiFactorAuthPresent":"true"}}`)
	if !s.Ends().Equal(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)) || !s.DemandsMFA() {
		t.Errorf("it ends at %v and asks for a factor: %v", s.Ends(), s.DemandsMFA())
	}
}

// FuzzStatement: no document makes a question panic, and what a statement is
// about lies within what was asked.
func FuzzStatement(f *testing.F) {
	f.Add(`{"Statement":{"Effect":"Allow","Action":"*","Resource":["arn:aws:s3:::a?*","${aws:username"]}}`, "arn:aws:s3:::ab*")
	f.Add(`{"Statement":[{"Effect":"Deny","NotAction":"s3:*","NotResource":"arn:*:*:*","Condition":{"StringLike":{"aws:username":"${*}"}}}]}`, "*")
	f.Add(`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:sts::1:assumed-role/"},"Action":"sts:AssumeRole"}]}`, "arn:aws:iam::1:role/x")
	f.Fuzz(func(t *testing.T, document, asked string) {
		p, err := Parse([]byte(document))
		if err != nil || len(asked) > 200 {
			return
		}
		for i := range p.Statements {
			s := &p.Statements[i]
			s.Holds(fixed)
			s.Misses(asked, fixed)
			s.Names(asked, "1")
			s.Ends()
			for _, part := range s.Within(asked, fixed) {
				if part.Sure && part.Pattern != asked && !covers(asked, part.Pattern) && len(s.Resources) > 0 {
					t.Errorf("%s: a part of %q is %q", fmt.Sprint(s.Resources), asked, part.Pattern)
				}
			}
		}
	})
}
