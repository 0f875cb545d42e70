// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/cloud"
)

// guarded puts an organisation over the account.
func (e *estate) guarded(units ...string) {
	e.add(cloud.AccountKind, "account", home, home, map[string]any{"organisation_units": list(units...), "root_mfa": true, "root_last_used": time.Time{}})
}

func (e *estate) rail(name, on, document string, targets ...string) {
	e.add(cloud.Guardrail, "rail/"+name, name, "999988887777", map[string]any{"document": document, "targets": list(targets...), "type": on})
}

const selfService = "iam:AttachUserPolicy"

// TestRules are rules of the provider's evaluation, one each, told in our words:
// what the principal "anna" comes to.
func TestRules(t *testing.T) {
	in := func(condition string) string { return `"Condition":` + condition }
	for _, c := range []struct {
		name    string
		build   func(e *estate)
		verdict Verdict
		says    string
	}{
		{"all rights", func(e *estate) { e.user("anna", nil, allRights) }, Administrator, "anna/own"},
		{"all of identity management", func(e *estate) { e.user("anna", nil, allow("iam:*", "*")) }, Administrator, "anna/own"},
		{"all but identity management", func(e *estate) {
			e.user("anna", nil, `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`)
		}, None, "nothing that it may do"},
		{"all rights on all but one", func(e *estate) {
			e.user("anna", nil, `{"Effect":"Allow","Action":"*","NotResource":"`+arn("role", "x")+`"}`)
		}, Administrator, ""},
		{"a refusal stands above", func(e *estate) { e.user("anna", nil, allRights, statement("Deny", "iam:*", "*")) }, None, "refuses iam:AttachRolePolicy"},
		{"a refusal of one deciding call leaves the others", func(e *estate) { e.user("anna", nil, allRights, statement("Deny", "iam:CreateAccessKey", "*")) }, Administrator, ""},
		{"a refusal on something leaves the rest", func(e *estate) { e.user("anna", nil, allRights, statement("Deny", "iam:*", arn("role", "guard"))) }, Administrator, ""},
		{"a boundary that lets nothing of it through", func(e *estate) {
			e.managed("fence", nil, allow("s3:*", "*"))
			e.user("anna", nil, allow(selfService, "*")).Attributes["boundary"] = arn("policy", "fence")
		}, None, "the boundary fence does not allow iam:AttachUserPolicy"},
		{"a boundary that lets the call through and not what it gives", func(e *estate) {
			e.managed("fence", nil, allow(selfService+" s3:*", arn("user", "anna")))
			e.user("anna", nil, allow(selfService, "*")).Attributes["boundary"] = arn("policy", "fence")
		}, None, "the boundary fence does not allow"},
		{"a boundary that can be taken away", func(e *estate) {
			e.managed("fence", nil, allow("iam:DeleteUserPermissionsBoundary s3:*", "*"))
			e.user("anna", nil, allRights).Attributes["boundary"] = arn("policy", "fence")
		}, Escalates, "take the boundary of a user away"},
		{"a boundary whose text can be changed", func(e *estate) {
			e.managed("fence", nil, allow("iam:CreatePolicyVersion", arn("policy", "fence")))
			e.user("anna", nil, allRights).Attributes["boundary"] = arn("policy", "fence")
		}, Escalates, "fence, which bounds anna"},
		{"a boundary that was not read", func(e *estate) {
			e.user("anna", nil, allow(selfService, "*")).Attributes["boundary"] = arn("policy", "unlisted")
		}, Possible, "unlisted, which was not read"},
		{"a policy that was not read", func(e *estate) { e.user("anna", []string{arn("policy", "unlisted")}) }, Unknown, "the policy unlisted was not read"},
		{"a guard-rail at a unit", func(e *estate) {
			e.guarded("ou-1", "r-1")
			e.rail("all", "identities", text1(allRights), "r-1", "ou-1", home)
			e.rail("no-identities", "identities", text1(statement("Deny", "iam:Attach*", "*")), "ou-1")
			e.user("anna", nil, allow(selfService, "*"))
		}, None, "the guard-rail no-identities refuses iam:AttachUserPolicy"},
		{"a guard-rail that lists what is allowed", func(e *estate) {
			e.guarded("r-1")
			e.rail("only-data", "identities", text1(allow("s3:* lambda:*", "*")), "r-1")
			e.user("anna", nil, allow(selfService, "*"))
		}, None, "the guard-rail only-data does not allow"},
		{"a guard-rail elsewhere", func(e *estate) {
			e.guarded("r-1")
			e.rail("all", "identities", text1(allRights), "r-1", home)
			e.rail("no-identities", "identities", text1(statement("Deny", "iam:*", "*")), "ou-2")
			e.user("anna", nil, allow(selfService, "*"))
		}, Escalates, ""},
		{"a guard-rail of regions leaves one", func(e *estate) {
			e.guarded("r-1")
			e.rail("all", "identities", text1(allRights), "r-1", home)
			e.rail("europe", "identities", text1(`{"Effect":"Deny","NotAction":["iam:*","sts:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-central-1"]}}}`), "r-1")
			e.role("strong", forService("lambda.amazonaws.com"), nil, allRights)
			e.user("anna", nil, allow("iam:PassRole lambda:*", "*"))
		}, Escalates, "make a function"},
		{"a second factor that is there", func(e *estate) {
			e.user("anna", nil, allow(selfService, "*", in(`{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`))).Attributes["mfa"] = true
		}, Escalates, ""},
		{"a second factor that is not there", func(e *estate) {
			e.user("anna", nil, allow(selfService, "*", in(`{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`)))
		}, None, ""},
		{"a second factor in a session", func(e *estate) {
			e.role("anna", forService("x.amazonaws.com"), nil, allow("iam:PutRolePolicy", "*", in(`{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`)))
		}, Possible, "Bool aws:MultiFactorAuthPresent true"},
		{"an address", func(e *estate) {
			e.user("anna", nil, allow(selfService, "*", in(`{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`)))
		}, Possible, "aws:SourceIp 192.0.2.0/24"},
		{"a refusal from elsewhere", func(e *estate) {
			e.user("anna", nil, allow(selfService, "*"), statement("Deny", "*", "*", in(`{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`)))
		}, Possible, "the refusal of anna/own"},
		{"a time that is over", func(e *estate) {
			e.user("anna", nil, allow("*", "*", in(`{"DateLessThan":{"aws:CurrentTime":"2026-08-31T00:00:00Z"}}`)))
		}, None, ""},
		{"a time that is not over", func(e *estate) {
			e.user("anna", nil, allow("*", "*", in(`{"DateLessThan":{"aws:CurrentTime":"2026-09-02T00:00:00Z"}}`)))
		}, Administrator, ""},
		{"a policy that may be attached is none of an administrator", func(e *estate) {
			e.user("anna", nil, allow(selfService, "*", in(`{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}`)))
		}, None, ""},
		{"its own key", func(e *estate) {
			e.user("anna", nil, allow("iam:CreateAccessKey", "arn:aws:iam::*:user/${aws:username}"))
		}, None, ""},
		{"a second factor before another's password", func(e *estate) {
			chief := e.user("chief", nil, allRights)
			chief.Attributes["console_access"], chief.Attributes["mfa"] = true, true
			e.user("anna", nil, allow("iam:UpdateLoginProfile", "*"))
		}, None, ""},
		{"a service that the role does not trust", func(e *estate) {
			e.role("strong", forService("ec2.amazonaws.com"), nil, allRights)
			e.user("anna", nil, allow("iam:PassRole lambda:*", "*"))
		}, None, ""},
		{"a role for another service", func(e *estate) {
			e.role("strong", forService("lambda.amazonaws.com"), nil, allRights)
			e.user("anna", nil, allow("iam:PassRole", "*", in(`{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}`)), allow("lambda:*", "*"))
		}, None, ""},
		{"two names for one thing", func(e *estate) {
			e.role("strong", forService("lambda.amazonaws.com"), nil, allRights)
			e.user("anna", nil, allow("iam:PassRole", "*"), allow("lambda:CreateFunction", "arn:aws:lambda:*:*:function:dev-*"), allow("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:prod-*"))
		}, None, ""},
		{"trust in the account needs a policy", func(e *estate) {
			e.role("strong", trustOf(`{"AWS":"`+home+`"}`), nil, allRights)
			e.user("anna", nil, allow("s3:*", "*"))
		}, None, ""},
		{"trust in the user does not", func(e *estate) {
			e.role("strong", trustOf(`{"AWS":"`+arn("user", "anna")+`"}`), nil, allRights)
			e.user("anna", nil, allow("s3:*", "*"))
		}, Assumes, "assume a role (strong)"},
		{"a role of another account needs both", func(e *estate) {
			e.roleIn(other, "strong", trustOf(`{"AWS":"`+arn("user", "anna")+`"}`), nil, allRights)
			e.user("anna", nil, allow("s3:*", "*"))
		}, None, ""},
		{"a role of another account", func(e *estate) {
			e.roleIn(other, "strong", trustOf(`{"AWS":"`+home+`"}`), nil, allRights)
			e.user("anna", nil, allow("sts:AssumeRole", "arn:aws:iam::"+other+":role/*"))
		}, Assumes, ""},
		{"an external id", func(e *estate) {
			e.role("strong", trustOf(`{"AWS":"`+home+`"}`, in(`{"StringEquals":{"sts:ExternalId":"x"}}`)), nil, allRights)
			e.user("anna", nil, allow("sts:AssumeRole", "*"))
		}, Possible, "sts:ExternalId x"},
		{"a guard-rail over resources", func(e *estate) {
			e.guarded("r-1")
			e.rail("all", "identities", text1(allRights), "r-1", home)
			e.rail("ours", "resources", text1(`{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}`), "r-1")
			e.role("strong", trustOf(`{"AWS":"`+home+`"}`), nil, allRights)
			e.user("anna", nil, allow("sts:AssumeRole", "*"))
		}, None, ""},
		{"a chain", func(e *estate) {
			e.role("strong", trustOf(`{"AWS":"`+arn("role", "middle")+`"}`), nil, allRights)
			e.role("middle", trustOf(`{"AWS":"`+home+`"}`), nil, allow("sts:AssumeRole", "*"))
			e.user("anna", nil, allow("sts:AssumeRole", arn("role", "middle")))
		}, Assumes, "assume a role (middle), then assume a role (strong)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &estate{}
			c.build(e)
			p := e.answer(t).of(t, "anna")
			if p.Verdict != c.verdict || !strings.Contains(p.Why, c.says) {
				t.Errorf("%s: %s; want %s: … %s …", p.Verdict, p.Why, c.verdict, c.says)
			}
		})
	}
}

// TestHeld tells of sign-in: for how long, by what, used when.
func TestHeld(t *testing.T) {
	e := &estate{}
	e.guarded()
	used := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	anna := e.user("anna", nil, allRights)
	anna.Attributes["mfa"], anna.Attributes["password_last_used"] = true, time.Time{}
	e.add(cloud.Credential, arn("user", "anna")+"/access-key/1", "1", home, map[string]any{"type": "access-key", "active": true, "owner": arn("user", "anna"), "last_used": used})
	role := e.role("lent", trustOf(`{"AWS":"arn:aws:iam::777788889999:root"}`), nil, allow("*", "*", `"Condition":{"DateLessThan":{"aws:CurrentTime":"2026-09-02T00:00:00Z"}}`))
	role.Attributes["trust_requires_mfa"], role.Attributes["last_used"] = true, used
	e.role("people", text1(`{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::`+home+`:saml-provider/staff"},"Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}`), nil, allRights)
	a := e.answer(t)
	if p := a.of(t, "anna"); p.Hold != Standing || p.MFA != No || !p.LastUsed.Equal(used) || !p.Used {
		t.Errorf("a key stands and asks for no factor: %+v", p)
	}
	if p := a.of(t, "lent"); p.Hold != Timed || p.Until.Day() != 2 || p.MFA != Yes || !p.LastUsed.Equal(used) {
		t.Errorf("the role is lent until the second: %+v", p)
	}
	if p := a.of(t, "root"); p.Kind != Root || p.Verdict != Administrator || p.MFA != Yes || !p.LastUsed.IsZero() || !p.Used {
		t.Errorf("root: %+v", p)
	}
	if p := a.of(t, "777788889999"); p.Kind != Outside || p.Verdict != Assumes {
		t.Errorf("an account from outside: %+v", p)
	}
	if p := a.of(t, "staff"); p.Kind != SignIn || p.Verdict != Assumes || p.Hold != Session {
		t.Errorf("who signs in: %+v", p)
	}
}

// TestElsewhere: an administrator of one account tells of the others.
func TestElsewhere(t *testing.T) {
	e := &estate{}
	e.user("anna", nil, allRights)
	e.roleIn(other, "strong", trustOf(`{"AWS":"`+home+`"}`), nil, allRights)
	e.roleIn(other, "weak", trustOf(`{"AWS":"`+home+`"}`), nil, allow("s3:*", "*"))
	e.roleIn(other, "named", trustOf(`{"AWS":"`+home+`"}`, `"Condition":{"StringEquals":{"sts:ExternalId":"x"}}`), nil, allRights)
	p := e.answer(t).of(t, "anna")
	if len(p.Elsewhere) != 2 || p.Elsewhere[0].To != "arn:aws:iam::"+other+":role/named" || p.Elsewhere[0].Certain || !p.Elsewhere[1].Certain {
		t.Errorf("elsewhere: %+v", p.Elsewhere)
	}
}

// TestUnread: an older snapshot has none of the facts, and answers for none.
func TestUnread(t *testing.T) {
	e := &estate{}
	for _, name := range []string{"anna", "chief"} {
		e.add(cloud.Identity, arn("user", name), name, home, map[string]any{"admin": name == "chief"}).Gaps = map[string]cloud.Gap{"policies": {Reason: cloud.NotCollected}}
	}
	e.role("strong", trustOf(`{"AWS":"`+home+`"}`), nil, allRights)
	a := e.answer(t, cloud.ScopeGap{Provider: "aws", Account: home, Service: "iam", Kinds: []cloud.Kind{cloud.Role}, Gap: cloud.Gap{Reason: cloud.Denied, Call: "iam:GetAccountAuthorizationDetails"}})
	if p := a.of(t, "anna"); p.Verdict != Unknown || !strings.Contains(p.Why, "its policies were not read") {
		t.Errorf("anna: %s %s", p.Verdict, p.Why)
	}
	if p := a.of(t, "chief"); p.Verdict != Administrator {
		t.Errorf("what the collector judged stands: %s %s", p.Verdict, p.Why)
	}
	if len(a.Unread) != 1 || !strings.Contains(a.Unread[0], "not every role") {
		t.Errorf("unread: %v", a.Unread)
	}
}
