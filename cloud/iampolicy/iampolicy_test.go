// SPDX-License-Identifier: Apache-2.0

package iampolicy

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

const own = "111122223333"

// resource makes a policy of one allowing statement and more.
func resource(principal, condition string, more ...string) string {
	s := `{"Effect":"Allow","Principal":` + principal + `,"Action":"s3:GetObject","Resource":"arn:aws:s3:::books/*"`
	if condition != "" {
		s += `,"Condition":` + condition
	}
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(append([]string{s + "}"}, more...), ",") + `]}`
}

func parse(t *testing.T, doc string) *Policy {
	t.Helper()
	p, err := Parse([]byte(doc))
	if err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	return p
}

func TestPublic(t *testing.T) {
	deny := func(condition string) string {
		return `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":` + condition + `}`
	}
	for _, c := range []struct {
		name, doc string
		want      Answer
	}{
		{"everyone", resource(`"*"`, ""), Yes},
		{"everyone of AWS", resource(`{"AWS":"*"}`, ""), Yes},
		{"among others", resource(`{"AWS":["arn:aws:iam::111122223333:root","*"]}`, ""), Yes},
		{"an account", resource(`{"AWS":"444455556666"}`, ""), No},
		{"a service", resource(`{"Service":"cloudtrail.amazonaws.com"}`, ""), No},
		{"all but one", strings.Replace(resource(`{"AWS":"444455556666"}`, ""), `"Principal"`, `"NotPrincipal"`, 1), Yes},
		{"own organisation", resource(`"*"`, `{"StringEquals":{"aws:PrincipalOrgID":"o-abc"}}`), No},
		{"any organisation", resource(`"*"`, `{"StringLike":{"aws:PrincipalOrgID":"o-*"}}`), Yes},
		{"where the key is there", resource(`"*"`, `{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-abc"}}`), Yes},
		{"all of none", resource(`"*"`, `{"ForAllValues:StringEquals":{"aws:PrincipalOrgPaths":"o-abc/r/ou/"}}`), Yes},
		{"any path", resource(`"*"`, `{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-abc/r-1/ou-2/*"}}`), No},
		{"source account", resource(`"*"`, `{"StringEquals":{"AWS:SourceAccount":"111122223333"}}`), No},
		{"source bucket", resource(`"*"`, `{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::uploads"}}`), No},
		{"any bucket", resource(`"*"`, `{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::*"}}`), Yes},
		{"source topic of an account", resource(`"*"`, `{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:111122223333:*"}}`), No},
		{"source topic of anyone", resource(`"*"`, `{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:alerts"}}`), Yes},
		{"endpoint", resource(`"*"`, `{"StringEquals":{"aws:SourceVpce":"vpce-1"}}`), No},
		{"all but a network", resource(`"*"`, `{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}`), Yes},
		{"office", resource(`"*"`, `{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8::/48","198.51.100.7"]}}`), No},
		{"half the internet", resource(`"*"`, `{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","128.0.0.0/1"]}}`), Yes},
		{"not an address", resource(`"*"`, `{"IpAddress":{"aws:SourceIp":"office"}}`), Unknown},
		{"only over TLS", resource(`"*"`, `{"Bool":{"aws:SecureTransport":"true"}}`), Yes},
		{"a key nobody knows", resource(`"*"`, `{"StringEquals":{"aws:Moon":"full"}}`), Unknown},
		{"an operator nobody knows", resource(`"*"`, `{"StringRhymes":{"aws:PrincipalOrgID":"o-abc"}}`), Unknown},
		{"an unknown key beside a tie", resource(`"*"`, `{"StringEquals":{"aws:Moon":"full","aws:SourceAccount":"111122223333"}}`), No},
		{"the resource's own organisation", resource(`"*"`, `{"StringEquals":{"aws:PrincipalOrgID":"${aws:ResourceOrgID}"}}`), No},
		{"a variable", resource(`"*"`, `{"StringEquals":{"aws:PrincipalAccount":"${aws:PrincipalTag/x}"}}`), Unknown},
		{"a secret word", resource(`"*"`, `{"StringEquals":{"sts:ExternalId":"blue"}}`), Yes},
		{"a function's address", resource(`"*"`, `{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}}`), Yes},
		{"outsiders refused", resource(`"*"`, "", deny(`{"StringNotEquals":{"aws:PrincipalOrgID":"o-abc"}}`)), No},
		{"outsiders but services refused", resource(`"*"`, "", deny(`{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-abc"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}`)), No},
		{"outsiders of anything refused", resource(`"*"`, "", deny(`{"StringNotLike":{"aws:PrincipalOrgID":"*"}}`)), Yes},
		{"plain HTTP refused", resource(`"*"`, "", deny(`{"Bool":{"aws:SecureTransport":"false"}}`)), Yes},
		{"refused in a way nobody knows", resource(`"*"`, "", deny(`{"StringNotEquals":{"aws:Moon":"full"}}`)), Unknown},
		{"other actions refused", resource(`"*"`, "", `{"Effect":"Deny","Principal":"*","Action":"s3:Put*","Resource":"*"}`), Yes},
		{"the same refused", resource(`"*"`, "", `{"Effect":"Deny","Principal":"*","Action":"s3:Get*","Resource":"arn:aws:s3:::books/*"}`), No},
		{"refused but for those named", resource(`"*"`, "", `{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}`), No},
		{"all actions but the allowed refused", resource(`"*"`, "", `{"Effect":"Deny","Principal":"*","NotAction":"s3:Get*","Resource":"*"}`), Yes},
	} {
		t.Run(c.name, func(t *testing.T) {
			if v := parse(t, c.doc).Public(); v.Answer != c.want || v.Answer != No && v.Why == "" {
				t.Errorf("%v (%s), want %v\n%s", v.Answer, v.Why, c.want, c.doc)
			}
		})
	}
}

func trust(principal, action, condition string) string {
	return fmt.Sprintf(`{"Statement":{"Sid":"T","Effect":"Allow","Principal":%s,"Action":%s,"Condition":%s}}`, principal, action, condition)
}

func TestPublic_IdentityProviders(t *testing.T) {
	const github = `{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}`
	const web = `"sts:AssumeRoleWithWebIdentity"`
	for _, c := range []struct {
		principal, condition string
		want                 Answer
	}{
		{github, `{}`, Yes},
		{github, `{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}`, Yes},
		{github, `{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:larkspur/*"}}`, No},
		{github, `{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:*/deploy"}}`, Yes},
		{github, `{"StringLike":{"token.actions.githubusercontent.com:sub":"*"}}`, Yes},
		{github, `{"StringLike":{"token.actions.githubusercontent.com:repository":"larkspur/x"}}`, Unknown},
		{`{"Federated":"cognito-identity.amazonaws.com"}`, `{}`, Yes},
		{`{"Federated":"cognito-identity.amazonaws.com"}`, `{"StringEquals":{"cognito-identity.amazonaws.com:aud":"eu-central-1:1"}}`, No},
		{`{"Federated":"arn:aws:iam::111122223333:saml-provider/okta"}`, `{}`, No},
	} {
		if v := parse(t, trust(c.principal, web, c.condition)).Public(); v.Answer != c.want {
			t.Errorf("%s %s: %v (%s), want %v", c.principal, c.condition, v.Answer, v.Why, c.want)
		}
	}
}

func TestExternal(t *testing.T) {
	const vendor = `{"AWS":"arn:aws:iam::444455556666:role/backup"}`
	for _, c := range []struct {
		name, doc string
		accounts  []string
		want      Answer
	}{
		{"own", resource(`{"AWS":"arn:aws:iam::111122223333:root"}`, ""), nil, No},
		{"outside", resource(vendor, ""), []string{"444455556666"}, Yes},
		{"two", resource(`{"AWS":["777788889999","444455556666","111122223333"]}`, ""), []string{"444455556666", "777788889999"}, Yes},
		{"external id", resource(vendor, `{"StringEquals":{"sts:ExternalId":"blue-7"}}`), nil, No},
		{"any external id", resource(vendor, `{"StringLike":{"sts:ExternalId":"*"}}`), []string{"444455556666"}, Yes},
		{"named again", resource(vendor, `{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/backup"}}`), []string{"444455556666"}, Yes},
		{"second factor", resource(vendor, `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`), []string{"444455556666"}, Yes},
		{"organisation", resource(vendor, `{"StringEquals":{"aws:PrincipalOrgID":"o-abc"}}`), nil, No},
		{"unknown key", resource(vendor, `{"StringEquals":{"aws:Moon":"full"}}`), nil, Unknown},
		{"everyone of an account", resource(`"*"`, `{"StringEquals":{"aws:PrincipalAccount":["444455556666","111122223333"]}}`), []string{"444455556666"}, Yes},
		{"canonical user", resource(`{"CanonicalUser":"79a59df9"}`, ""), nil, Unknown},
		{"deleted user", resource(`{"AWS":"AIDAEXAMPLE"}`, ""), nil, No},
		{"service", resource(`{"Service":"backup.amazonaws.com"}`, ""), nil, No},
		{"outsiders refused", resource(vendor, "", `{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-abc"}}}`), nil, No},
	} {
		t.Run(c.name, func(t *testing.T) {
			accounts, v := parse(t, c.doc).External([]string{own})
			if v.Answer != c.want || !slices.Equal(accounts, c.accounts) {
				t.Errorf("%v %v (%s), want %v %v", accounts, v.Answer, v.Why, c.accounts, c.want)
			}
		})
	}
	if got := parse(t, resource(vendor, `{"StringEquals":{"sts:ExternalId":"blue-7"}}`)).Accounts(); !slices.Equal(got, []string{"444455556666"}) {
		t.Errorf("Accounts: %v", got)
	}
}

func TestTrustedBy(t *testing.T) {
	for _, c := range []struct{ principal, condition, want string }{
		{`"*"`, `{}`, "anyone"},
		{`"*"`, `{"StringEquals":{"aws:PrincipalOrgID":"o-abc"}}`, "account"},
		{`{"AWS":"111122223333","Service":["ec2.amazonaws.com"],"Federated":"arn:aws:iam::111122223333:saml-provider/okta"}`, `{}`, "account federated service"},
		{`{"Service":"lambda.amazonaws.com"}`, `{}`, "service"},
	} {
		if got := strings.Join(parse(t, trust(c.principal, `"sts:AssumeRole"`, c.condition)).TrustedBy(), " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.principal, got, c.want)
		}
	}
	if got := parse(t, trust(`"*"`, `"sts:TagSession"`, `{}`)).TrustedBy(); len(got) != 0 {
		t.Errorf("tagging a session assumes nothing, got %v", got)
	}
}

func TestRequiresMFA(t *testing.T) {
	account := func(condition string) string { return trust(`{"AWS":"111122223333"}`, `"sts:AssumeRole"`, condition) }
	for _, c := range []struct {
		doc  string
		want Answer
	}{
		{account(`{}`), No},
		{account(`{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`), Yes},
		{account(`{"Bool":{"aws:multifactorauthpresent":true}}`), Yes},
		{account(`{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}`), No},
		{account(`{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}`), Yes},
		{trust(`{"Service":"ec2.amazonaws.com"}`, `"sts:AssumeRole"`, `{}`), No},
		{`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"},
			{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}`, Yes},
		{`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"},
			{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}]}`, No},
		{`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}},
			{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}]}`, No},
	} {
		if v := parse(t, c.doc).RequiresMFA(); v.Answer != c.want {
			t.Errorf("%v (%s), want %v: %s", v.Answer, v.Why, c.want, c.doc)
		}
	}
}

func TestRefusesPlainHTTP(t *testing.T) {
	deny := func(principal, action, resources, condition string) string {
		return `{"Statement":[{"Effect":"Deny","Principal":` + principal + `,"Action":` + action + `,"Resource":` + resources + `,"Condition":` + condition + `}]}`
	}
	const both, plain = `["arn:aws:s3:::books","arn:aws:s3:::books/*"]`, `{"Bool":{"aws:SecureTransport":"false"}}`
	for _, c := range []struct {
		name, doc string
		want      Answer
	}{
		{"whole", deny(`"*"`, `"s3:*"`, both, plain), Yes},
		{"every action", deny(`{"AWS":"*"}`, `"*"`, `"*"`, plain), Yes},
		{"truth value", deny(`"*"`, `"s3:*"`, both, `{"BoolIfExists":{"aws:SecureTransport":false}}`), Yes},
		{"prefix", deny(`"*"`, `"s3:*"`, `"arn:aws:s3:::books*"`, plain), Yes},
		{"objects only", deny(`"*"`, `"s3:*"`, `"arn:aws:s3:::books/*"`, plain), No},
		{"reads only", deny(`"*"`, `"s3:Get*"`, both, plain), No},
		{"some callers", deny(`{"AWS":"444455556666"}`, `"s3:*"`, both, plain), No},
		{"the wrong way round", deny(`"*"`, `"s3:*"`, both, `{"Bool":{"aws:SecureTransport":"true"}}`), No},
		{"one more condition", deny(`"*"`, `"s3:*"`, both, `{"Bool":{"aws:SecureTransport":"false"},"StringEquals":{"aws:SourceVpc":"vpc-1"}}`), No},
		{"odd operator", deny(`"*"`, `"s3:*"`, both, `{"StringEquals":{"aws:SecureTransport":"false"}}`), Unknown},
		{"other bucket", deny(`"*"`, `"s3:*"`, `["arn:aws:s3:::other","arn:aws:s3:::other/*"]`, plain), No},
	} {
		if v := parse(t, c.doc).RefusesPlainHTTP("s3", "arn:aws:s3:::books", "arn:aws:s3:::books/*"); v.Answer != c.want {
			t.Errorf("%s: %v (%s), want %v", c.name, v.Answer, v.Why, c.want)
		}
	}
}

func identity(action, res, condition string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":` + action + `,"Resource":` + res + `,"Condition":` + condition + `}]}`
}

func TestWildcardAndAdmin(t *testing.T) {
	for _, c := range []struct {
		doc             string
		wildcard, admin Answer
	}{
		{identity(`"*"`, `"*"`, `{}`), Yes, Yes},
		{identity(`["s3:Get*","*:*"]`, `["*"]`, `{}`), Yes, Yes},
		{identity(`"*"`, `"arn:aws:*:*:*:*"`, `{}`), Yes, Yes},
		{identity(`"*"`, `"arn:aws:s3:::books/*"`, `{}`), No, No},
		{identity(`"s3:*"`, `"*"`, `{}`), No, No},
		{identity(`"iam:*"`, `"*"`, `{}`), No, Yes},
		{identity(`"*"`, `"*"`, `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`), Yes, Yes},
		{identity(`"*"`, `"*"`, `{"StringEquals":{"aws:ResourceTag/team":"x"}}`), Unknown, Unknown},
		{identity(`"*"`, `"*"`, `{"StringEquals":{"aws:Moon":"x"}}`), Unknown, Unknown},
		{strings.Replace(identity(`["iam:*","organizations:*"]`, `"*"`, `{}`), `"Action"`, `"NotAction"`, 1), No, No},
		{strings.Replace(identity(`"s3:*"`, `"*"`, `{}`), `"Action"`, `"NotAction"`, 1), No, Yes},
	} {
		p := parse(t, c.doc)
		if w, a := p.Wildcard(), Admin([]*Policy{p}, nil); w.Answer != c.wildcard || a.Answer != c.admin {
			t.Errorf("wildcard %v (%s), admin %v (%s), want %v, %v: %s", w.Answer, w.Why, a.Answer, a.Why, c.wildcard, c.admin, c.doc)
		}
	}
	all, some := parse(t, identity(`"*"`, `"*"`, `{}`)), parse(t, identity(`"s3:Get*"`, `"*"`, `{}`))
	deny := parse(t, `{"Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}`)
	for _, c := range []struct {
		name     string
		policies []*Policy
		boundary *Policy
		want     Answer
	}{
		{"none", nil, nil, No},
		{"one of two", []*Policy{some, all}, nil, Yes},
		{"one unread", []*Policy{some, nil}, nil, Unknown},
		{"one unread beside all", []*Policy{nil, all}, nil, Yes},
		{"denied", []*Policy{all, deny}, nil, No},
		{"bounded", []*Policy{all}, some, No},
		{"bounded by all", []*Policy{all}, all, Yes},
		{"unread and bounded", []*Policy{nil}, some, No},
	} {
		if v := Admin(c.policies, c.boundary); v.Answer != c.want {
			t.Errorf("%s: %v (%s), want %v", c.name, v.Answer, v.Why, c.want)
		}
	}
	if got := all.Escalations(); len(got) != len(escalations) {
		t.Errorf("everything allows %d of %d ways up", len(got), len(escalations))
	}
	if got := parse(t, identity(`["iam:PassRole","s3:*","lambda:Update*"]`, `"*"`, `{}`)); !slices.Equal(got.Escalations(), []string{"iam:PassRole", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"}) ||
		!slices.Equal(got.WildcardActions(), []string{"lambda:Update*", "s3:*"}) {
		t.Errorf("%v %v", got.Escalations(), got.WildcardActions())
	}
}

func TestRestrictsRegions(t *testing.T) {
	for _, c := range []struct {
		doc  string
		want Answer
	}{
		{`{"Statement":[{"Effect":"Deny","NotAction":["iam:*","sts:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-central-1"]},"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}}}]}`, Yes},
		{`{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotLike":{"aws:RequestedRegion":"eu-*"}}}}`, Yes},
		{`{"Statement":{"Effect":"Deny","Action":"ec2:RunInstances","Resource":"*","Condition":{"StringNotLike":{"aws:RequestedRegion":"eu-*"}}}}`, No},
		{`{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}}}`, No},
		{`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-central-1"}}}}`, Yes},
		{`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, No},
	} {
		if v := parse(t, c.doc).RestrictsRegions(); v.Answer != c.want {
			t.Errorf("%v, want %v: %s", v.Answer, c.want, c.doc)
		}
	}
}

func TestParse_Refuses(t *testing.T) {
	for _, doc := range []string{
		"", "null", "[]", `"x"`, "{}", `{"Statement":[]} {}`, `{"Statement":1}`, `{"Statement":[{"Effect":"Allow"}]}`,
		`{"Statement":[{"Effect":"allow","Action":"*"}]}`, `{"statement":[]}`,
		`{"Statement":[{"Effect":"Allow","Action":"*","NotAction":"*"}]}`,
		`{"Statement":[{"Effect":"Allow","Effect":"Deny","Action":"*"}]}`,
		`{"Statement":[{"Effect":"Allow","Action":{}}]}`, `{"Statement":[{"Effect":"Allow","Action":"*","Principal":"me"}]}`,
		`{"Statement":[{"Effect":"Allow","Action":"*","Principal":{"Planet":"*"}}]}`,
		`{"Statement":[{"Effect":"Allow","Action":"*","Condition":"x"}]}`, `{"Statement":[{"Effect":"Allow","Action":"*","Mood":"x"}]}`,
		`{"Statement":` + strings.Repeat("[", 50), `{"Statement":[{"Effect":"Allow","Action":"*"}]`, "%zz", strings.Repeat(" ", MaxSize) + "{}",
	} {
		if p, err := Parse([]byte(doc)); err == nil {
			t.Errorf("read %+v from %.80q", p, doc)
		}
	}
}

func TestParse_PercentEncoded(t *testing.T) {
	doc := identity(`"s3:Get+x"`, `"*"`, `{}`)
	p := parse(t, url.PathEscape(doc))
	if p.Statements[0].Actions[0] != "s3:Get+x" {
		t.Errorf("%+v", p)
	}
}

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		outer, inner string
		want         bool
	}{
		{"*", "s3:*", true}, {"s3:*", "s3:Get*", true}, {"s3:Get*", "s3:*", false}, {"s3:Get?", "s3:Get*", false}, {"a*c", "abbc", true},
		{"a*c", "a*c", true}, {"a*c", "a*d", false}, {"", "", true}, {"", "a", false}, {"a**", "a", true}, {"a?c", "a?c", true}, {"a", "?", false},
	} {
		if got := covers(c.outer, c.inner); got != c.want {
			t.Errorf("covers(%q, %q) = %v", c.outer, c.inner, got)
		}
		if c.want && !overlaps(c.outer, c.inner) {
			t.Errorf("%q covers %q but does not overlap it", c.outer, c.inner)
		}
	}
	if overlaps("s3:Get*", "s3:Put*") || !overlaps("s3:*Object", "s3:Get*") || !overlaps("a?", "*b") {
		t.Error("overlaps is wrong")
	}
}

// FuzzPolicy asks every question of every document: none may panic or hang, and
// a document that lets an account in without a condition never hides it.
func FuzzPolicy(f *testing.F) {
	f.Add(resource(`"*"`, `{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`))
	f.Add(trust(`{"AWS":"444455556666"}`, `"sts:AssumeRole"`, `{"StringEquals":{"sts:ExternalId":"x"}}`))
	f.Add(identity(`["*"]`, `"*"`, `{"Bool":{"aws:MultiFactorAuthPresent":true}}`))
	f.Add(`{"Statement":[{"Effect":"Deny","NotPrincipal":"*","NotAction":"a*","NotResource":"b?","Condition":{"ForAllValues:StringNotLike":{"aws:PrincipalArn":["arn:","${x}"]}}}]}`)
	f.Add(url.PathEscape(identity(`"iam:*"`, `"*"`, `{}`)))
	f.Fuzz(func(t *testing.T, doc string) {
		p, err := Parse([]byte(doc))
		if err != nil {
			return
		}
		accounts, v := p.External([]string{own})
		if (v.Answer == Yes) != (len(accounts) > 0) {
			t.Errorf("%v with accounts %v", v, accounts)
		}
		for _, v := range []Verdict{p.Public(), p.Wildcard(), p.RequiresMFA(), p.RestrictsRegions(), p.RefusesPlainHTTP("s3", "arn:aws:s3:::b"), Admin([]*Policy{p}, p)} {
			if v.Answer == Unknown && v.Why == "" {
				t.Errorf("unknown without a reason: %s", doc)
			}
		}
		if p.Wildcard().Answer == Yes && Admin([]*Policy{p}, nil).Answer == No && !p.deniesAll("iam:*") {
			t.Errorf("allows everything and is no administrator: %s", doc)
		}
		p.TrustedBy()
		p.Accounts()
		p.Escalations()
		p.WildcardActions()
	})
}
