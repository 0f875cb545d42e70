// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"demarc.dev/demarc/cloud"
)

const allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

func trustOf(principal, condition string) *string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"` + condition + `}]}`)
}

func TestIAM(t *testing.T) {
	c, ctx := iam.NewFromConfig(seeder(t, "us-east-1")), t.Context()
	must(c.UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{MinimumPasswordLength: aws.Int32(16), PasswordReusePrevention: aws.Int32(24),
		RequireLowercaseCharacters: true, RequireUppercaseCharacters: true, RequireNumbers: true, RequireSymbols: true}))(t)
	anna, bert := aws.String("anna"), aws.String("bert")
	must(c.CreateUser(ctx, &iam.CreateUserInput{UserName: anna}))(t)
	must(c.CreateUser(ctx, &iam.CreateUserInput{UserName: bert}))(t)
	must(c.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: anna, Password: aws.String("Planted-Secret-Password-1")}))(t)
	device := must(c.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: anna}))(t)
	must(c.EnableMFADevice(ctx, &iam.EnableMFADeviceInput{UserName: anna, SerialNumber: device.VirtualMFADevice.SerialNumber, AuthenticationCode1: aws.String("123456"), AuthenticationCode2: aws.String("234567")}))(t)
	key := must(c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: bert}))(t).AccessKey
	group := aws.String("operators")
	must(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: group}))(t)
	must(c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: group, UserName: anna}))(t)
	wide := must(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("wide"), PolicyDocument: aws.String(allowAll)}))(t).Policy.Arn
	must(c.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: group, PolicyArn: wide}))(t)
	must(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: bert, PolicyName: aws.String("own"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`)}))(t)
	for name, trust := range map[string]*string{
		"anyone":   trustOf(`"*"`, ""),
		"partner":  trustOf(`{"AWS":"arn:aws:iam::555566667777:root"}`, ""),
		"external": trustOf(`{"AWS":"arn:aws:iam::555566667777:root"}`, `{"StringEquals":{"sts:ExternalId":"x1"}}`),
		"machine":  trustOf(`{"Service":"ec2.amazonaws.com"}`, ""),
		"careful":  trustOf(`{"AWS":"arn:aws:iam::`+motoAccount+`:root"}`, `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`),
	} {
		must(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String(name), AssumeRolePolicyDocument: trust}))(t)
	}
	must(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("careful"), PolicyArn: wide}))(t)

	must(c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("machine")}))(t)
	must(c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("machine"), RoleName: aws.String("machine")}))(t)

	o := options(t)
	o.Services = []string{"iam"}
	s := collect(t, o)
	account := find(t, s, cloud.AccountKind, "account")
	expect(t, account, map[string]any{"root_mfa": false, "root_access_keys": 0, "password_min_length": 16, "password_reuse_prevention": 24,
		"password_complexity": true, "support_role": false, "federated": cloud.NotCollected, "alarm_root_use": cloud.NotCollected})
	// The emulator's credential report has no row of the root user.
	expect(t, account, map[string]any{"root_last_used": cloud.Unreadable})
	expect(t, find(t, s, cloud.Identity, "anna"), map[string]any{"console_access": true, "mfa": true, "admin": true, "direct_policies": 0, "groups": []string{"operators"}, "policies": []string{}, "boundary": ""})
	expect(t, find(t, s, cloud.Group, "operators"), map[string]any{"policies": []string{*wide}})
	expect(t, find(t, s, cloud.Identity, "bert"), map[string]any{"console_access": false, "mfa": false, "admin": false, "direct_policies": 1, "groups": []string{}, "policies": []string{"arn:aws:iam::" + motoAccount + ":user/bert/inline/own"}})
	expect(t, find(t, s, cloud.Credential, "user/anna/password"), map[string]any{"type": "password", "active": true, "owner": "arn:aws:iam::" + motoAccount + ":user/anna"})
	expect(t, find(t, s, cloud.Credential, *key.AccessKeyId), map[string]any{"type": "access-key", "active": true})
	expect(t, find(t, s, cloud.Policy, "wide"), map[string]any{"wildcard": true, "attached": 2, "inline": false, "document": allowAll, "versions": []string{}})
	expect(t, find(t, s, cloud.Policy, "bert/inline/own"), map[string]any{"wildcard": false, "attached": 1, "inline": true})
	expect(t, find(t, s, cloud.Role, "anyone"), map[string]any{"trust_public": true, "trusted_by": []string{"anyone"}, "admin": false})
	expect(t, find(t, s, cloud.Role, "partner"), map[string]any{"trust_public": false, "trust_external": []string{"555566667777"}, "trust_requires_mfa": false})
	expect(t, find(t, s, cloud.Role, "external"), map[string]any{"trust_external": []string{}})
	expect(t, find(t, s, cloud.Role, "machine"), map[string]any{"trusted_by": []string{"service"}, "service_linked": false, "trust": *trustOf(`{"Service":"ec2.amazonaws.com"}`, ""), "profiles": []string{"arn:aws:iam::" + motoAccount + ":instance-profile/machine"}})
	expect(t, find(t, s, cloud.Role, "careful"), map[string]any{"trust_requires_mfa": true, "admin": true})
	if got := account.Seen.Call; got != "iam:GetAccountPasswordPolicy, iam:GetAccountSummary, iam:GetCredentialReport, iam:ListSAMLProviders" && got != "iam:GetAccountPasswordPolicy, iam:GetAccountSummary, iam:ListSAMLProviders" {
		t.Errorf("the account is seen by %s", got)
	}
	for _, r := range s.Resources {
		if r.Kind == cloud.Policy && r.Name == "" {
			t.Errorf("%s has no name", r.ID)
		}
		if strings.Contains(string(r.Raw), *key.SecretAccessKey) {
			t.Errorf("%s holds a secret key", r.ID)
		}
	}
}
