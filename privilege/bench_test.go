// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// large makes an estate as a large organisation has it: most policies are about
// data, some hold parts of identity management on named things or on prefixes,
// a few on everything; roles trust services, accounts or named principals.
func large(principals, policies int) *estate {
	r := rand.New(rand.NewPCG(1, 2))
	e := &estate{}
	users, roles, groups := principals*2/5, principals*3/5, principals/50
	team := func() string { return fmt.Sprintf("team%02d", r.IntN(40)) }
	data := []string{"s3:GetObject s3:PutObject", "dynamodb:Query", "sqs:*", "logs:*", "ec2:Describe*", "kms:Decrypt", "lambda:Get* lambda:List*", "cloudwatch:*"}
	strong := []string{"iam:PassRole lambda:CreateFunction lambda:InvokeFunction", "iam:CreateAccessKey", "iam:AttachRolePolicy iam:PutRolePolicy", "sts:AssumeRole", "iam:CreatePolicyVersion",
		"iam:PassRole ec2:RunInstances", "iam:UpdateAssumeRolePolicy", "ssm:SendCommand", "lambda:UpdateFunctionCode", "iam:AddUserToGroup", "glue:UpdateDevEndpoint", "cloudformation:UpdateStack"}
	for i := range policies {
		var statements []string
		for range 2 + r.IntN(4) {
			statements = append(statements, allow(data[r.IntN(len(data))], "arn:aws:s3:::"+team()+"-*"))
		}
		switch x := r.IntN(100); {
		case x < 12:
			statements = append(statements, allow(strong[r.IntN(len(strong))], arn("role", team()+"-*")+" "+arn("user", team()+"-*")))
		case x < 15:
			statements = append(statements, allow(strong[r.IntN(len(strong))], "*"))
		case x < 18:
			statements = append(statements, allow(strong[r.IntN(len(strong))], "*", `"Condition":{"StringEquals":{"aws:PrincipalTag/team":"a"}}`))
		case x < 24:
			statements = append(statements, statement("Deny", "iam:* organizations:*", "*"))
		case x < 40:
			statements = append(statements, allow("sts:AssumeRole", arn("role", fmt.Sprintf("%s-%d", team(), r.IntN(roles)))))
		}
		e.managed(fmt.Sprintf("policy-%d", i), nil, statements...)
	}
	held := func() []string {
		var out []string
		for range 1 + r.IntN(4) {
			out = append(out, arn("policy", fmt.Sprintf("policy-%d", r.IntN(policies))))
		}
		return out
	}
	for i := range groups {
		e.group(fmt.Sprintf("group-%d", i), held())
	}
	for i := range users {
		u := e.user(fmt.Sprintf("%s-%d", team(), i), held())
		u.Attributes["groups"] = list(fmt.Sprintf("group-%d", r.IntN(groups)))
		u.Attributes["mfa"] = r.IntN(2) == 0
	}
	for i := range roles {
		trust := forService([]string{"lambda.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "glue.amazonaws.com", "cloudformation.amazonaws.com"}[r.IntN(5)])
		switch r.IntN(4) {
		case 0:
			trust = trustOf(`{"AWS":"arn:aws:iam::` + home + `:root"}`)
		case 1:
			trust = trustOf(`{"AWS":"` + arn("role", fmt.Sprintf("%s-%d", team(), r.IntN(roles))) + `"}`)
		}
		policies := held()
		if i%100 == 0 {
			policies = append(policies, e.inline(arn("role", fmt.Sprintf("x-%d", i)), allRights))
		}
		x := e.role(fmt.Sprintf("%s-%d", team(), i), trust, policies)
		x.Attributes["profiles"] = list(arn("instance-profile", fmt.Sprint(i)))
		if r.IntN(10) == 0 {
			x.Attributes["boundary"] = arn("policy", fmt.Sprintf("policy-%d", r.IntN(50)))
		}
	}
	return e
}

// BenchmarkAnswer prints the curve: go test ./privilege -run none -bench Answer.
func BenchmarkAnswer(b *testing.B) {
	for _, n := range []int{1000, 2500, 5000, 10000} {
		e := large(n, n*3/5)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				a := e.answer(b)
				if b.N == 1 {
					tally := map[Verdict]int{}
					for _, p := range a.Principals {
						tally[p.Verdict]++
					}
					b.Logf("%d principals: %v", len(a.Principals), tally)
				}
			}
		})
	}
}
