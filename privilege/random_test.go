// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"demarc.dev/demarc/cloud"
)

// draw makes a small random estate.
func draw(r *rand.Rand) *estate {
	e := &estate{}
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	users, roles, groups, policies := 1+r.IntN(3), 1+r.IntN(4), r.IntN(3), r.IntN(3)
	name := func(sort string, n int) string { return fmt.Sprintf("%s%d", sort, r.IntN(max(n, 1))) }
	resource := func() string {
		return pick("*", "*", arn("user", name("u", users)), arn("role", name("r", roles)), arn("user", "*"), arn("role", "*"), arn("group", name("g", groups)), arn("group", "*"),
			arn("policy", name("p", policies)), "arn:aws:lambda:*:"+home+":function:*", "arn:aws:lambda:eu-central-1:"+home+":function:f0")
	}
	actions := []string{"iam:CreatePolicyVersion", "iam:AttachUserPolicy", "iam:PutUserPolicy", "iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:AttachGroupPolicy", "iam:PutGroupPolicy",
		"iam:AddUserToGroup", "iam:CreateAccessKey", "iam:UpdateAssumeRolePolicy", "sts:AssumeRole", "sts:*", "iam:PassRole", "lambda:*", "lambda:CreateFunction", "lambda:InvokeFunction", "lambda:UpdateFunctionCode",
		"iam:DeleteUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary", "s3:GetObject", "iam:Get*", "iam:*Policy*"}
	condition := func(chance int) string {
		if r.IntN(chance) > 0 {
			return ""
		}
		return pick(`,"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`, `,"Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`, `,"Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}`,
			`,"Condition":{"StringEquals":{"iam:ResourceTag/team":"red"}}`, `,"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`, `,"Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}`,
			`,"Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"red"}}`)
	}
	one := func(deny int) string {
		effect := "Allow"
		if r.IntN(deny) == 0 {
			effect = "Deny"
		}
		action := fmt.Sprintf(`"Action":[%q,%q]`, pick(actions...), pick(actions...))
		switch r.IntN(14) {
		case 0:
			action = `"Action":["*"]`
		case 1:
			action = fmt.Sprintf(`"NotAction":[%q,"iam:*"]`, pick(actions...))
		}
		on := fmt.Sprintf(`"Resource":[%q,%q]`, resource(), resource())
		if r.IntN(10) == 0 {
			on = fmt.Sprintf(`"NotResource":[%q]`, arn(pick("user", "role"), name("u", users)))
		}
		return `{"Effect":"` + effect + `",` + action + `,` + on + condition(3) + `}`
	}
	held := func(id string) []string {
		var out []string
		if policies > 0 && r.IntN(2) == 0 {
			out = append(out, arn("policy", name("p", policies)))
		}
		if r.IntN(3) > 0 {
			statements := []string{one(9)}
			if r.IntN(2) == 0 {
				statements = append(statements, one(3))
			}
			if r.IntN(8) == 0 {
				statements = append(statements, allRights)
			}
			out = append(out, e.inline(id, statements...))
		}
		return out
	}
	tags := func() map[string]string {
		return map[string]string{"team": pick("red", "blue")}
	}
	boundary := func() string {
		if policies == 0 || r.IntN(3) > 0 {
			return ""
		}
		return arn("policy", name("p", policies))
	}
	for i := range policies {
		statements := []string{one(8)}
		if r.IntN(3) == 0 {
			statements = append(statements, allRights)
		}
		e.managed(fmt.Sprintf("p%d", i), nil, statements...)
	}
	for i := range groups {
		id := fmt.Sprintf("g%d", i)
		e.group(id, held(arn("group", id)))
	}
	for i := range users {
		id := fmt.Sprintf("u%d", i)
		u := e.user(id, held(arn("user", id)))
		u.Tags, u.Attributes["mfa"], u.Attributes["boundary"] = tags(), r.IntN(2) == 0, boundary()
		if groups > 0 && r.IntN(2) == 0 {
			u.Attributes["groups"] = list(name("g", groups))
		}
	}
	for i := range roles {
		id := fmt.Sprintf("r%d", i)
		trust := []string{fmt.Sprintf(`{"Effect":"Allow","Principal":%s,"Action":["sts:AssumeRole"]%s}`,
			pick(`{"AWS":"`+home+`"}`, `{"Service":"lambda.amazonaws.com"}`, `{"AWS":"`+arn("user", name("u", users))+`"}`, `{"AWS":"`+arn("role", name("r", roles))+`"}`), condition(4))}
		if r.IntN(3) == 0 {
			trust = append(trust, `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":["sts:AssumeRole"]}`)
		}
		x := e.role(id, text1(trust...), held(arn("role", id)))
		x.Tags, x.Attributes["boundary"] = tags(), boundary()
	}
	if r.IntN(2) == 0 {
		e.add(cloud.Function, "arn:aws:lambda:eu-central-1:"+home+":function:f0", "f0", home, map[string]any{"role": arn("role", name("r", roles))})
	}
	return e
}

// drawnMethods are the methods that the drawn estates can hold: the oracle knows
// no other. Of a wildcard such as lambda:* the others must not be found.
var drawnMethods = []string{"policy-version", "attach-user", "attach-group", "attach-role", "put-user", "put-group", "put-role", "join-group", "unbound-user", "unbound-role", "assume", "retrust", "key", "password", "pass-lambda", "pass-lambda-event", "pass-lambda-open", "function-code", "function-layer"}

// TestOracle compares every answer with the oracle's: who has a path, by certain
// steps and by all, and how long the shortest is.
func TestOracle(t *testing.T) {
	tally := map[Verdict]int{}
	for seed := range uint64(1500) {
		e := draw(rand.New(rand.NewPCG(seed, 4)))
		o := oracleOf(e.all)
		certain, all := o.distances(oYes), o.distances(oMay)
		a := e.answer(t)
		for _, p := range a.Principals {
			if p.Kind != User && p.Kind != RoleKind {
				continue
			}
			sure, isSure := certain[p.ID]
			_, isAny := all[p.ID]
			tally[p.Verdict]++
			switch p.Verdict {
			case Administrator:
				if !isSure || sure != 0 {
					t.Fatalf("seed %d: %s is said to be an administrator (%s), the oracle: %v %d", seed, p.Name, p.Why, isSure, sure)
				}
			case Escalates, Assumes:
				if !isSure || sure == 0 || len(p.Path) != sure {
					t.Fatalf("seed %d: %s: %d steps (%s), the oracle: %v %d", seed, p.Name, len(p.Path), p.Why, isSure, sure)
				}
			case Possible:
				if isSure || !isAny {
					t.Fatalf("seed %d: %s is possible (%s), the oracle: certain %v, possible %v", seed, p.Name, p.Why, isSure, isAny)
				}
			case None:
				if isAny {
					t.Fatalf("seed %d: %s has no path (%s), the oracle: certain %v, possible %v", seed, p.Name, p.Why, isSure, isAny)
				}
			default:
				t.Fatalf("seed %d: %s is %s", seed, p.Name, p.Verdict)
			}
			for _, s := range p.Path {
				if !strings.Contains(" "+strings.Join(drawnMethods, " ")+" ", " "+s.Method+" ") {
					t.Fatalf("seed %d: the method %s cannot be in this estate", seed, s.Method)
				}
			}
		}
	}
	for _, v := range []Verdict{Administrator, Escalates, Assumes, Possible, None} {
		if tally[v] < 80 {
			t.Errorf("only %d answers are %s: the estates are too alike", tally[v], v)
		}
	}
	t.Logf("answers: %v", tally)
}

// TestOrder: the order of resources changes nothing.
func TestOrder(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 5))
		e := draw(r)
		want := e.answer(t)
		r.Shuffle(len(e.all), func(i, j int) { e.all[i], e.all[j] = e.all[j], e.all[i] })
		if got := e.answer(t); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: another order, another answer", seed)
		}
	}
}

// TestMoreRefusals: a refusal more never opens a path; an allowance more never
// closes one.
func TestMonotone(t *testing.T) {
	rank := map[Verdict]int{None: 0, Possible: 1, Assumes: 2, Escalates: 2, Administrator: 3}
	for seed := range uint64(200) {
		before := draw(rand.New(rand.NewPCG(seed, 6)))
		was := before.answer(t)
		for _, effect := range []string{"Allow", "Deny"} {
			e := draw(rand.New(rand.NewPCG(seed, 6)))
			extra := e.managed("extra", nil, statement(effect, "iam:* sts:* lambda:*", arn("role", "*")+" "+arn("group", "*")))
			e.all[len(e.all)-1].Attributes["inline"] = true // nobody can write a version of it
			for i := range e.all {
				if r := &e.all[i]; r.Kind == cloud.Identity {
					policies, _ := texts(r, "policies")
					r.Attributes["policies"] = list(append(policies, extra)...)
				}
			}
			for _, p := range e.answer(t).Principals {
				old := was.of(t, p.Name)
				if effect == "Allow" && rank[p.Verdict] < rank[old.Verdict] || effect == "Deny" && rank[p.Verdict] > rank[old.Verdict] {
					t.Fatalf("seed %d: with %s more, %s was %s and is %s (%s)", seed, effect, p.Name, old.Verdict, p.Verdict, p.Why)
				}
			}
		}
	}
}
