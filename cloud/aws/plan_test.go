// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"demarc.dev/demarc/cloud"
)

// TestOrganisation reads two accounts through a role in each.
func TestOrganisation(t *testing.T) {
	ctx, cfg := t.Context(), seeder(t, "us-east-1")
	org := organizations.NewFromConfig(cfg)
	must(org.CreateOrganization(ctx, &organizations.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetAll}))(t)
	member := must(org.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: aws.String("birch"), Email: aws.String("birch@example.com"),
		Tags: []types.Tag{{Key: aws.String("tenant"), Value: aws.String("birch")}}}))(t).CreateAccountStatus.AccountId
	root := must(org.ListRoots(ctx, &organizations.ListRootsInput{}))(t).Roots[0].Id
	must(org.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: root, PolicyType: types.PolicyTypeServiceControlPolicy}))(t)
	fence := must(org.CreatePolicy(ctx, &organizations.CreatePolicyInput{Name: aws.String("fence"), Description: aws.String("f"), Type: types.PolicyTypeServiceControlPolicy,
		Content: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":["iam:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-central-1"]}}}]}`)}))(t).Policy.PolicySummary.Id
	must(org.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: fence, TargetId: root}))(t)
	inside := seeder(t, "sa-east-1")
	inside.Credentials = stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), "arn:aws:iam::"+*member+":role/demarc-read")
	must(sqs.NewFromConfig(inside).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("theirs")}))(t)

	o := options(t)
	o.RoleARN, o.Services, o.Regions = "arn:aws:iam::{account}:role/demarc-read", []string{"organizations", "sqs"}, []string{"sa-east-1"}
	s := collect(t, o)
	if len(s.Header.Accounts) != 2 || s.Header.Accounts[0].ID > s.Header.Accounts[1].ID {
		t.Fatalf("accounts %+v", s.Header.Accounts)
	}
	queue := find(t, s, cloud.Queue, "theirs")
	if queue.Account != *member || queue.Tenant != "birch" {
		t.Errorf("the queue is of account %s and tenant %q, want %s and birch, by its account's tag", queue.Account, queue.Tenant, *member)
	}
	expect(t, find(t, s, cloud.Organisation, ""), map[string]any{"guardrails": 1, "region_restricted": true, "accounts": 2})
	expect(t, find(t, s, cloud.Guardrail, "fence"), map[string]any{"default": false, "attached": 1, "restricts_regions": true, "type": "identities", "targets": []string{*root}})
	expect(t, find(t, s, cloud.Guardrail, "FullAWSAccess"), map[string]any{"default": true, "restricts_regions": false})

	if got := accountOf(t, s, *member).Attributes["organisation_units"]; !reflect.DeepEqual(got, []any{*root}) {
		t.Errorf("the member stands below %v, want the root", got)
	}
	if got := accountOf(t, s, motoAccount).Attributes["organisation_units"]; !reflect.DeepEqual(got, []any{}) {
		t.Errorf("guard-rails do not bear on the account that manages the organisation, but it stands below %v", got)
	}

	o.Accounts = []string{*member} // only a member: the organisation itself is a gap
	o.Spool = t.TempDir()
	s = collect(t, o)
	if len(gapsOf(s)) != 1 || gapsOf(s)[0].Reason != cloud.NotCollected || gapsOf(s)[0].Service != "organizations" {
		t.Errorf("gaps %+v", s.Gaps)
	}
	if a := s.Header.Accounts; len(a) != 1 || a[0].Name != "birch" {
		t.Errorf("accounts %+v", a)
	}
	if _, known := accountOf(t, s, *member).Attributes["organisation_units"]; known {
		t.Error("a member alone does not know below which units it stands")
	}
	// By now, with the estate, everything has been called that can be.
	comparePolicy(t)
}

func accountOf(t *testing.T, s *cloud.Snapshot, id string) *cloud.Resource {
	t.Helper()
	for i := range s.Resources {
		if s.Resources[i].Kind == cloud.AccountKind && s.Resources[i].Account == id {
			return &s.Resources[i]
		}
	}
	t.Fatalf("no account %s", id)
	return nil
}
