// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/cloudtest"
)

var options = Options{Account: "109876543210", Name: "ops", Region: "eu-central-1", Tool: "demarc test", Now: time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)}

// change is one resource of a plan for tests; members may be left out.
type change struct {
	address, actions          string
	after, unknown, sensitive string
}

// plan writes a plan of changes and the resources and calls of its root module.
func plan(config string, changes ...change) string {
	var list []string
	for _, c := range changes {
		local := c.address
		if i := strings.LastIndex(local, ".aws_"); i >= 0 {
			local = local[i+1:]
		}
		kind, name, _ := strings.Cut(local, ".")
		index := ""
		if i := strings.IndexByte(name, '['); i >= 0 {
			index = `"index":` + strings.Trim(name[i:], "[]") + `,`
			name = name[:i]
		}
		list = append(list, fmt.Sprintf(`{"address":%q,"mode":"managed","type":%q,"name":%q,%s"provider_name":"registry.terraform.io/hashicorp/aws","change":{"actions":[%s],"before":null,"after":%s,"after_unknown":%s,"after_sensitive":%s}}`,
			c.address, kind, name, index, or(c.actions, `"create"`), or(c.after, "{}"), or(c.unknown, "{}"), or(c.sensitive, "{}")))
	}
	return `{"format_version":"1.2","terraform_version":"1.11.4","resource_changes":[` + strings.Join(list, ",") + `],"configuration":{"root_module":` + or(config, "{}") + `}}`
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func collect(t testing.TB, input string, o Options) (map[string]*cloud.Resource, cloud.Header, []cloud.ScopeGap) {
	t.Helper()
	all := map[string]*cloud.Resource{}
	last := ""
	h, gaps, err := Collect(strings.NewReader(input), o, func(r *cloud.Resource) error {
		if err := cloudtest.Resource(r); err != nil {
			t.Error(err)
		}
		if key := string(r.Kind) + "\x00" + r.ID; key <= last {
			t.Errorf("%s is out of order", r.ID)
		} else {
			last = key
		}
		all[r.ID] = r
		return nil
	})
	if err != nil {
		t.Fatalf("%v in %.500s", err, input)
	}
	return all, h, gaps
}

// expect compares attributes written as JSON, or a gap's reason after "?".
func expect(t *testing.T, r *cloud.Resource, want map[string]string) {
	t.Helper()
	if r == nil {
		t.Error("the resource is not there")
		return
	}
	for name, w := range want {
		got := "?" + string(r.Gaps[name].Reason)
		if v, ok := r.Attributes[name]; ok {
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			got = string(text)
		}
		if got != w {
			t.Errorf("%s: %s is %s (%+v), want %s", r.ID, name, got, r.Gaps[name], w)
		}
	}
}

func TestBucket_PartsJoinedByReference(t *testing.T) {
	config := `{"resources":[
		{"address":"aws_s3_bucket.a","mode":"managed","type":"aws_s3_bucket","name":"a","expressions":{"bucket":{"constant_value":"books"}}},
		{"type":"aws_kms_key","name":"k","expressions":{}},
		{"type":"aws_s3_bucket_public_access_block","name":"a","expressions":{"bucket":{"references":["aws_s3_bucket.a.id","aws_s3_bucket.a"]}}},
		{"type":"aws_s3_bucket_server_side_encryption_configuration","name":"a","expressions":{"bucket":{"references":["aws_s3_bucket.a.id","aws_s3_bucket.a"]},
			"rule":[{"apply_server_side_encryption_by_default":[{"kms_master_key_id":{"references":["aws_kms_key.k.arn","aws_kms_key.k"]}}]}]}},
		{"type":"aws_s3_bucket_policy","name":"a","expressions":{"bucket":{"references":["aws_s3_bucket.a.id","aws_s3_bucket.a"]},"policy":{}}}]}`
	unknown := `{"bucket":true,"id":true}`
	all, h, gaps := collect(t, plan(config,
		change{address: "aws_s3_bucket.a", after: `{"bucket":"books","tags":{"tenant":"alder","Name":"Books"}}`, unknown: `{"arn":true,"id":true,"policy":true,"acl":true}`},
		change{address: "aws_kms_key.k", after: `{"enable_key_rotation":true}`, unknown: `{"arn":true,"policy":true}`},
		change{address: "aws_s3_bucket_public_access_block.a", after: `{"block_public_acls":true,"block_public_policy":true,"ignore_public_acls":true,"restrict_public_buckets":false}`, unknown: unknown},
		change{address: "aws_s3_bucket_server_side_encryption_configuration.a", after: `{"rule":[{"apply_server_side_encryption_by_default":[{"sse_algorithm":"aws:kms"}]}]}`,
			unknown: `{"bucket":true,"rule":[{"apply_server_side_encryption_by_default":[{"kms_master_key_id":true}]}]}`},
		change{address: "aws_s3_bucket_policy.a", after: `{"policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::books/*\"}]}"}`, unknown: unknown},
	), options)
	r := all["aws_s3_bucket.a"]
	expect(t, r, map[string]string{"public_block": "false", "public": "true", "encrypted": "true", "customer_key": "true", "tls_only": "false",
		"versioning": "false", "access_logging": "false", "lifecycle_expiry": "false", "object_lock": "false", "lock_days": "0",
		"holds_audit_logs": "?not-in-source", "data_events": "?not-in-source"})
	if r.Name != "books" || r.Tenant != "alder" || r.Account != "109876543210" || r.Region != "eu-central-1" || r.Source != "plan" {
		t.Errorf("%+v", r)
	}
	expect(t, all["aws_kms_key.k"], map[string]string{"in_use": "true", "rotation": "true", "public": "false", "external_accounts": "[]", "state": `"enabled"`, "symmetric": "true"})
	if h.Source != "plan" || len(h.Accounts) != 1 || len(gaps) != 0 || len(all) != 2 {
		t.Errorf("%+v %+v %d", h, gaps, len(all))
	}
}

func TestBucket_NewOldAndUnresolved(t *testing.T) {
	config := `{"resources":[{"type":"aws_s3_bucket","name":"a","expressions":{}},{"type":"aws_s3_bucket_public_access_block","name":"x","expressions":{"bucket":{"references":["local.bucket"]}}}]}`
	bucket := change{address: "aws_s3_bucket.a", after: `{"bucket":"books"}`}
	all, _, _ := collect(t, plan(config, bucket), options)
	expect(t, all["aws_s3_bucket.a"], map[string]string{"public_block": "true", "public": "false", "customer_key": "false", "versioning": "false"})

	old := bucket
	old.actions, old.after = `"no-op"`, `{"bucket":"books","versioning":[{"enabled":true}],"policy":""}`
	all, _, _ = collect(t, plan(config, old), options)
	expect(t, all["aws_s3_bucket.a"], map[string]string{"public_block": "?not-in-source", "customer_key": "?not-in-source", "versioning": "true", "encrypted": "true"})

	lost := change{address: "aws_s3_bucket_public_access_block.x", after: `{"block_public_acls":true}`, unknown: `{"bucket":true}`}
	all, _, _ = collect(t, plan(config, bucket, lost), options)
	expect(t, all["aws_s3_bucket.a"], map[string]string{"public_block": "?after-apply"})
	named := change{address: "aws_s3_bucket_public_access_block.x", after: `{"bucket":"books","block_public_acls":false}`}
	all, _, _ = collect(t, plan(config, bucket, named), options)
	expect(t, all["aws_s3_bucket.a"], map[string]string{"public_block": "false"})
}

func TestModules_ReferencesThroughVariablesOutputsAndKeys(t *testing.T) {
	config := `{"module_calls":{
		"store":{"expressions":{},"module":{"resources":[{"type":"aws_s3_bucket","name":"b","expressions":{"bucket":{"references":["each.key"]}}}],
			"outputs":{"name":{"expression":{"references":["aws_s3_bucket.b.id","aws_s3_bucket.b"]}}}}},
		"guard":{"expressions":{"bucket":{"references":["module.store[\"east\"].name","module.store[\"east\"]","module.store"]}},
			"module":{"resources":[{"type":"aws_s3_bucket_versioning","name":"v","expressions":{"bucket":{"references":["var.bucket"]}}}]}}},
		"resources":[{"type":"aws_sqs_queue","name":"q","expressions":{}},
			{"type":"aws_sqs_queue_policy","name":"p","expressions":{"queue_url":{"references":["aws_sqs_queue.q","each.key"]}}}]}`
	versioning := `{"versioning_configuration":[{"status":"Enabled"}]}`
	open := `{"policy":"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sqs:*\",\"Resource\":\"*\"}}"}`
	all, _, _ := collect(t, plan(config,
		change{address: `module.store["east"].aws_s3_bucket.b`, unknown: `{"id":true}`, after: `{"bucket":"east"}`},
		change{address: `module.store["we.st"].aws_s3_bucket.b`, unknown: `{"id":true}`, after: `{"bucket":"west"}`},
		change{address: `module.guard.aws_s3_bucket_versioning.v`, unknown: `{"bucket":true}`, after: versioning},
		change{address: `aws_sqs_queue.q["a"]`, unknown: `{"url":true}`, after: `{"name":"a"}`},
		change{address: `aws_sqs_queue.q["b"]`, unknown: `{"url":true}`, after: `{"name":"b"}`},
		change{address: `aws_sqs_queue_policy.p["a"]`, unknown: `{"queue_url":true}`, after: open},
	), options)
	expect(t, all[`module.store["east"].aws_s3_bucket.b`], map[string]string{"versioning": "true"})
	expect(t, all[`module.store["we.st"].aws_s3_bucket.b`], map[string]string{"versioning": "false"})
	expect(t, all[`aws_sqs_queue.q["a"]`], map[string]string{"public": "true", "tls_only": "false", "encrypted": "true"})
	expect(t, all[`aws_sqs_queue.q["b"]`], map[string]string{"public": "false"})
}

// TestChainedParts has the references of a widespread module: a part names
// another part, or the bucket, by the answer to a local question.
func TestChainedParts(t *testing.T) {
	config := `{"module_calls":{"b":{"expressions":{},"module":{"resources":[
		{"type":"aws_s3_bucket","name":"this","expressions":{}},
		{"type":"aws_s3_bucket_policy","name":"this","expressions":{"bucket":{"references":["aws_s3_bucket.this[0].id","aws_s3_bucket.this[0]","aws_s3_bucket.this"]}}},
		{"type":"aws_s3_bucket_public_access_block","name":"this","expressions":{"bucket":{"references":["local.attach_policy","aws_s3_bucket_policy.this[0].id","aws_s3_bucket_policy.this[0]","aws_s3_bucket_policy.this","aws_s3_bucket.this[0].id","aws_s3_bucket.this[0]","aws_s3_bucket.this"]}}},
		{"type":"aws_s3_bucket_versioning","name":"this","expressions":{"bucket":{"references":["aws_s3_bucket_policy.this[0].id","aws_s3_bucket_policy.this[0]","aws_s3_bucket_policy.this"]}}}]}}},
		"resources":[{"type":"aws_s3_bucket","name":"other","expressions":{}}]}`
	unknown := `{"bucket":true}`
	all, _, _ := collect(t, plan(config,
		change{address: "module.b.aws_s3_bucket.this[0]", after: `{"bucket":"b"}`},
		change{address: "module.b.aws_s3_bucket_policy.this[0]", after: `{"policy":` + tlsPolicy + `}`, unknown: unknown},
		change{address: "module.b.aws_s3_bucket_public_access_block.this[0]", after: `{"block_public_acls":false}`, unknown: unknown},
		change{address: "module.b.aws_s3_bucket_versioning.this[0]", after: `{"versioning_configuration":[{"status":"Enabled"}]}`, unknown: unknown},
		change{address: "aws_s3_bucket.other", after: `{"bucket":"other"}`}), options)
	expect(t, all["module.b.aws_s3_bucket.this[0]"], map[string]string{"tls_only": "true", "public_block": "false", "versioning": "true"})
	expect(t, all["aws_s3_bucket.other"], map[string]string{"tls_only": "false", "public_block": "true", "versioning": "false"})
}

func TestDeletedAndForeignResources(t *testing.T) {
	input := plan("", change{address: "aws_ebs_volume.gone", actions: `"delete"`, after: "null"},
		change{address: "aws_ebs_volume.new", actions: `"delete","create"`, after: `{"encrypted":false}`},
		change{address: "aws_ebs_volume.auto", after: `{}`, unknown: `{"encrypted":true}`},
		change{address: "aws_route53_record.www", after: `{}`})
	input = strings.Replace(input, `"resource_changes":[`, `"resource_changes":[{"address":"google_storage_bucket.x","mode":"managed","type":"google_storage_bucket","name":"x","provider_name":"registry.terraform.io/hashicorp/google","change":{"actions":["create"],"after":{}}},`, 1)
	all, _, gaps := collect(t, input, options)
	if len(all) != 2 || all["aws_ebs_volume.gone"] != nil {
		t.Errorf("%d resources", len(all))
	}
	expect(t, all["aws_ebs_volume.new"], map[string]string{"encrypted": "false", "created": "?after-apply", "attached": "?not-in-source"})
	expect(t, all["aws_ebs_volume.auto"], map[string]string{"encrypted": "?after-apply"})
	if len(gaps) != 1 || gaps[0].Provider != "other" || gaps[0].Reason != cloud.NotCollected {
		t.Errorf("%+v", gaps)
	}
}

func TestFirewall(t *testing.T) {
	config := `{"resources":[{"type":"aws_security_group","name":"g","expressions":{}},
		{"type":"aws_vpc_security_group_ingress_rule","name":"r","expressions":{"security_group_id":{"references":["aws_security_group.g.id","aws_security_group.g"]},"cidr_ipv4":{},"from_port":{},"to_port":{},"ip_protocol":{}}},
		{"type":"aws_network_acl","name":"n","expressions":{"ingress":{}}}]}`
	rule := change{address: "aws_vpc_security_group_ingress_rule.r", after: `{"cidr_ipv4":"0.0.0.0/0","ip_protocol":"tcp","from_port":22,"to_port":22}`, unknown: `{"security_group_id":true,"id":true}`}
	group := change{address: "aws_security_group.g", after: `{"name":"g","tags":{"zone":"data"}}`, unknown: `{"ingress":true,"egress":true,"vpc_id":true}`}
	acl := change{address: "aws_network_acl.n", unknown: `{"egress":true,"vpc_id":true}`, after: `{"ingress":[
		{"rule_no":200,"action":"allow","protocol":"-1","cidr_block":"10.1.0.0/16","from_port":0,"to_port":0},
		{"rule_no":100,"action":"deny","protocol":"-1","cidr_block":"10.0.0.0/8","from_port":0,"to_port":0}]}`}
	all, _, _ := collect(t, plan(config, group, rule, acl), options)
	expect(t, all["aws_security_group.g"], map[string]string{"zone": `"data"`, "stateless": "false", "default": "false",
		"rules": `[{"allow":true,"direction":"in","from_port":22,"internet":true,"protocol":"tcp","sources":["0.0.0.0/0"],"to_port":22}]`})
	expect(t, all["aws_network_acl.n"], map[string]string{"stateless": "true",
		"rules": `[{"allow":false,"direction":"in","from_port":0,"internet":false,"protocol":"all","sources":["10.0.0.0/8"],"to_port":65535}]`})

	rule.unknown = `{"security_group_id":true,"cidr_ipv4":true}`
	all, _, _ = collect(t, plan(config, group, rule), options)
	expect(t, all["aws_security_group.g"], map[string]string{"rules": "?after-apply"})
}

func TestIdentity(t *testing.T) {
	trust := func(principal string) string {
		return `"assume_role_policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"AWS\":\"` + principal + `\"}}]}"`
	}
	config := `{"resources":[{"type":"aws_iam_role_policy_attachment","name":"a","expressions":{"role":{"references":["aws_iam_role.deploy.name","aws_iam_role.deploy"]},"policy_arn":{"references":["aws_iam_policy.all.arn","aws_iam_policy.all"]}}}]}`
	all, _, _ := collect(t, plan(config,
		change{address: "aws_iam_role.deploy", after: `{"name":"deploy",` + trust("444455556666") + `}`, unknown: `{"arn":true}`},
		change{address: "aws_iam_role.plain", after: `{"name":"plain",` + trust("109876543210") + `}`},
		change{address: "aws_iam_role.later", unknown: `{"assume_role_policy":true}`, after: `{"name":"later"}`},
		change{address: "aws_iam_policy.all", after: `{"name":"all","policy":"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}"}`, unknown: `{"arn":true}`},
		change{address: "aws_iam_role_policy_attachment.a", after: `{"role":"deploy"}`, unknown: `{"policy_arn":true}`},
		change{address: "aws_iam_user.fern", after: `{"name":"fern"}`},
		change{address: "aws_iam_user_policy_attachment.x", after: `{"user":"fern","policy_arn":"arn:aws:iam::aws:policy/AdministratorAccess"}`},
		change{address: "aws_iam_access_key.k", after: `{"user":"fern"}`, unknown: `{"secret":true}`},
	), options)
	expect(t, all["aws_iam_role.deploy"], map[string]string{"admin": "true", "trust_external": `["444455556666"]`, "trust_public": "false", "trusted_by": `["account"]`, "trust_requires_mfa": "false"})
	expect(t, all["aws_iam_role.plain"], map[string]string{"admin": "false", "trust_external": `[]`, "last_used": "?not-in-source"})
	expect(t, all["aws_iam_role.later"], map[string]string{"trust_public": "?after-apply"})
	expect(t, all["aws_iam_policy.all"], map[string]string{"wildcard": "true", "attached": "1", "inline": "false"})
	expect(t, all["aws_iam_user.fern"], map[string]string{"admin": "true", "direct_policies": "1", "mfa": "?not-in-source", "console_access": "false"})
	expect(t, all["aws_iam_access_key.k"], map[string]string{"type": `"access-key"`, "active": "true", "owner": `"aws_iam_user.fern"`})

	o := options
	o.Account = ""
	all, h, _ := collect(t, plan("", change{address: "aws_iam_role.deploy", after: `{"name":"deploy",` + trust("444455556666") + `}`}), o)
	expect(t, all["aws_iam_role.deploy"], map[string]string{"trust_external": "?not-in-source"})
	if len(h.Accounts) != 0 {
		t.Errorf("%+v", h)
	}
}

func TestState(t *testing.T) {
	all, h, _ := collect(t, `{"format_version":"1.0","terraform_version":"1.11.4","values":{"root_module":{"resources":[
		{"address":"aws_ebs_volume.v[0]","mode":"managed","type":"aws_ebs_volume","name":"v","index":0,"provider_name":"registry.terraform.io/hashicorp/aws",
		"values":{"arn":"arn:aws:ec2:eu-west-1:109876543210:volume/vol-1","encrypted":true,"create_time":"2026-01-02T03:04:05Z","tags":{"password_hint":"x"}},"sensitive_values":{}},
		{"address":"data.aws_ami.x","mode":"data","type":"aws_ami","name":"x","provider_name":"registry.terraform.io/hashicorp/aws","values":{}}],
		"child_modules":[{"address":"module.m","resources":[{"address":"module.m.aws_sqs_queue.q","mode":"managed","type":"aws_sqs_queue","name":"q","provider_name":"registry.terraform.io/hashicorp/aws","values":{"name":"q","policy":"","sqs_managed_sse_enabled":false}}]}]}}}`, options)
	if h.Source != "state" || len(all) != 2 {
		t.Errorf("%+v, %d resources", h, len(all))
	}
	expect(t, all["aws_ebs_volume.v[0]"], map[string]string{"encrypted": "true", "created": `"2026-01-02T03:04:05Z"`})
	if all["aws_ebs_volume.v[0]"].Region != "eu-west-1" {
		t.Errorf("%+v", all["aws_ebs_volume.v[0]"])
	}
	expect(t, all["module.m.aws_sqs_queue.q"], map[string]string{"encrypted": "false"})
	if _, h, _ := collect(t, `{"format_version":"1.0","values":{"root_module":{}}}`, options); h.Source != "state" {
		t.Errorf("an empty state: %+v", h)
	}
}

func TestSecretsNeverLeave(t *testing.T) {
	const secret = "hunter2-hunter2-42"
	input := plan("",
		change{address: "aws_db_instance.db", after: `{"identifier":"db","engine":"postgres","engine_version":"16.4","password":"` + secret + `","username":"ledger"}`, unknown: `{"master_user_secret":true}`},
		change{address: "aws_instance.app", after: `{"ami":"ami-1","user_data":"#!/bin/sh\nexport DB_PASSWORD=` + secret + `\n"}`},
		change{address: "aws_lambda_function.f", after: `{"function_name":"f","runtime":"python3.9","environment":[{"variables":{"MODE":"` + secret + `","API_KEY":"` + secret + `"}}]}`},
		change{address: "aws_elasticache_replication_group.c", after: `{"replication_group_id":"c","auth_token":"` + secret + `"}`},
		change{address: "aws_sns_topic.t", after: `{"name":"t","display_name":"password=` + secret + `"}`},
		change{address: "aws_sqs_queue.q", after: `{"name":"` + secret + `","tags":{"note":"` + secret + `"},"tags_all":{"note":"` + secret + `"}}`, sensitive: `{"name":true,"tags":{"note":true},"tags_all":{"note":true}}`},
		change{address: "aws_ecr_repository.r", after: `{"name":"r","policy_text":"-----BEGIN RSA PRIVATE KEY-----\n` + secret + `"}`})
	s := cloud.Snapshot{}
	var err error
	s.Header, s.Gaps, err = Collect(strings.NewReader(input), options, func(r *cloud.Resource) error { s.Resources = append(s.Resources, *r); return nil })
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := s.Encode(&file); err != nil {
		t.Fatal(err)
	}
	if err := cloudtest.Contract(file.Bytes(), secret); err != nil {
		t.Error(err)
	}
	all, _, _ := collect(t, input, options)
	expect(t, all["aws_instance.app"], map[string]string{"startup_secret": "true", "public_address": "?not-in-source"})
	expect(t, all["aws_lambda_function.f"], map[string]string{"plain_secret": "true", "runtime_supported": "false", "public": "false"})
	expect(t, all["aws_elasticache_replication_group.c"], map[string]string{"auth": "true", "encrypted": "false"})
	expect(t, all["aws_db_instance.db"], map[string]string{"encrypted": "false", "tls_required": "true", "engine": `"postgres"`})
}

func TestRaw_KeepsWhatIsNoSecret(t *testing.T) {
	const policy = `{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"secretsmanager:GetSecretValue\",\"Resource\":\"arn:aws:secretsmanager:eu-central-1:1:secret:db\"}}`
	all, _, _ := collect(t, plan("", change{address: "aws_iam_policy.p", after: `{"name":"p","policy":"` + policy + `"}`},
		change{address: "aws_efs_file_system.f", after: `{"creation_token":"export-fonts"}`},
		change{address: "aws_instance.i", after: `{"metadata_options":[{"http_tokens":"required"}],"user_data":null}`}), options)
	for id, want := range map[string]string{"aws_iam_policy.p": "secretsmanager:GetSecretValue", "aws_efs_file_system.f": "export-fonts", "aws_instance.i": `"required"`} {
		if raw := string(all[id].Raw); !strings.Contains(raw, want) || strings.Contains(raw, removed) {
			t.Errorf("%s: %s", id, raw)
		}
	}
}

func TestCollect_Refuses(t *testing.T) {
	good := plan("", change{address: "aws_ebs_volume.v", after: `{"encrypted":true}`})
	for _, c := range []struct {
		name, input, want string
		is                error
	}{
		{"empty", "", "the file is empty", ErrInput},
		{"blank", " \n", "the file is empty", ErrInput},
		{"binary plan", "PK\x03\x04\x14\x00", "binary plan file", ErrInput},
		{"compressed", "\x1f\x8b\x08", "compressed", ErrInput},
		{"configuration", "resource \"aws_s3_bucket\" \"a\" {\n}\n", "it is text", ErrInput},
		{"a list", "[]", "a JSON list", ErrInput},
		{"a word", "null\n", "a single value", ErrInput},
		{"a number", "17", "a single value", ErrInput},
		{"a text in quotes", `"plan"`, "a single value", ErrInput},
		{"binary", "\x7fELF\x02\x01\x01\x00\x00", "a binary file", ErrInput},
		{"a picture", "\x89PNG\r\n\x1a\n", "a binary file", ErrInput},
		{"a plan in another language", "Plán: 1 к созданию", "it is text", ErrInput},
		{"a text cut within a letter", strings.Repeat("x", 511) + "é", "it is text", ErrInput},
		{"colours", "\x1b[1mTerraform will perform\x1b[0m", "it is text", ErrInput},
		{"version alone", `{"format_version":"1.2"}`, "neither planned_values nor resource_changes nor values", ErrInput},
		{"version and Terraform's", `{"format_version":"1.2","terraform_version":"1.9.8"}`, "neither planned_values", ErrInput},
		{"nothing but null", `{"format_version":"1.2","planned_values":null,"values":null}`, "neither planned_values", ErrInput},
		{"configuration alone", `{"format_version":"1.2","configuration":{}}`, "neither planned_values", ErrInput},
		{"byte order mark", "\xef\xbb\xbf{}", "byte order mark", ErrInput},
		{"no version", "{}", "no format_version", ErrInput},
		{"newer", strings.Replace(good, `"1.2"`, `"2.0"`, 1), `format_version is "2.0"`, ErrVersion},
		{"state file", `{"version":4,"terraform_version":"1.11.4","serial":1,"lineage":"x"}`, "state file itself", ErrInput},
		{"truncated", good[:len(good)-30], "truncated", ErrInput},
		{"more", good + "{}", "more data", ErrInput},
		{"no address", strings.Replace(good, `"address":"aws_ebs_volume.v",`, "", 1), "no address", ErrInput},
		{"wrong shape", `{"format_version":"1.2","resource_changes":{}}`, "an array expected", ErrInput},
		{"deep", `{"format_version":"1.2","x":` + strings.Repeat("[", 100_000), "nest", ErrInput},
		{"twice", strings.Replace(good, `"resource_changes":[`, `"resource_changes":[`+good[strings.Index(good, `[{"addr`)+1:strings.Index(good, `],"configuration"`)]+",", 1), "twice", ErrInput},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := Collect(strings.NewReader(c.input), options, func(*cloud.Resource) error { t.Error("emitted"); return nil })
			if err == nil || !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	folder, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if _, _, err := Collect(folder, options, func(*cloud.Resource) error { return nil }); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), "it is a folder") {
		t.Errorf("a folder: %v", err)
	}
	for _, empty := range []string{`{"format_version":"1.2","values":{}}`, `{"format_version":"1.2","planned_values":{"root_module":{}}}`, `{"format_version":"1.2","resource_changes":[]}`} {
		if _, _, err := Collect(strings.NewReader(empty), options, func(*cloud.Resource) error { return nil }); err != nil {
			t.Errorf("%s, which holds no resource but could: %v", empty, err)
		}
	}
	for n := 1; n < len(good); n++ {
		if _, _, err := Collect(strings.NewReader(good[:n]), options, func(*cloud.Resource) error { return nil }); !errors.Is(err, ErrInput) {
			t.Fatalf("cut after %d bytes: %v", n, err)
		}
	}
	if _, _, err := Write(strings.NewReader(good), options, failing{}); !errors.Is(err, errFull) {
		t.Errorf("%v", err)
	}
	stop := errors.New("disk full")
	if _, _, err := Collect(strings.NewReader(good), options, func(*cloud.Resource) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

var errFull = errors.New("no space left")

// failing is a disk that is full.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestCollect_IncompletePlansSaySo(t *testing.T) {
	good := plan("", change{address: "aws_ebs_volume.v", after: `{"encrypted":true}`})
	for more, want := range map[string]cloud.Reason{`"errored":true`: cloud.Unavailable, `"complete":false`: cloud.NotCollected,
		`"planned_values":{"root_module":{"resources":[{"mode":"managed","values":{}},{"mode":"managed","values":{}},{"mode":"data"}]}}`: cloud.Unreadable} {
		_, _, gaps := collect(t, strings.Replace(good, "{", "{"+more+",", 1), options)
		if len(gaps) != 1 || gaps[0].Reason != want || gaps[0].Detail == "" || len(gaps[0].Kinds) < 20 {
			t.Errorf("%s: %+v", more, gaps)
		}
	}
}

// TestWritePlan reads the plan of the benches and counts what it must hold.
func TestWritePlan(t *testing.T) {
	var b bytes.Buffer
	written, err := cloudtest.WritePlan(&b, 1_000_000, 1)
	if err != nil || int64(b.Len()) != written.Bytes || !json.Valid(b.Bytes()) {
		t.Fatalf("%v, %+v, %d bytes", err, written, b.Len())
	}
	if b.Len() < 900_000 || b.Len() > 1_100_000 {
		t.Errorf("%d bytes, 1,000,000 asked", b.Len())
	}
	all, _, gaps := collect(t, b.String(), options)
	buckets, unread := 0, 0
	for _, r := range all {
		if r.Kind != cloud.ObjectStore {
			continue
		}
		buckets++
		for _, name := range []string{"public_block", "customer_key", "versioning"} {
			if _, gap := r.Gaps[name]; gap {
				unread++
			}
		}
	}
	if buckets != written.Buckets || unread > 0 || len(gaps) > 0 {
		t.Errorf("%d buckets of %d, %d facts unread, %+v", buckets, written.Buckets, unread, gaps)
	}
}

func FuzzCollect(f *testing.F) {
	f.Add(plan(`{"module_calls":{"m":{"expressions":{"x":{"references":["module.m.y","var.x"]}},"module":{"outputs":{"y":{"expression":{"references":["var.x"]}}},"resources":[{"type":"aws_s3_bucket_policy","name":"p","expressions":{"bucket":{"references":["var.x"]}}}]}}}}`,
		change{address: `module.m.aws_s3_bucket_policy.p`, unknown: `{"bucket":true}`}, change{address: `aws_s3_bucket.a`, after: `{"bucket":"a"}`}))
	f.Add(plan("", change{address: "aws_instance.a", after: `{"user_data":"x","metadata_options":[{"http_tokens":1}]}`, unknown: `{"metadata_options":[{"http_tokens":true}]}`, sensitive: `{"user_data":true}`}))
	f.Add(`{"format_version":"1.0","values":{"root_module":{"resources":[{"address":"aws_security_group.g","mode":"managed","type":"aws_security_group","name":"g","provider_name":"aws","values":{"ingress":[{"from_port":"x"}]}}]}}}`)
	f.Fuzz(func(t *testing.T, input string) {
		// Without the goroutines of emit, which would hide the paths from the fuzzer.
		in, err := read(strings.NewReader(input))
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("not one sentence: %v", err)
			}
			return
		}
		c := newCollector(in, options)
		c.settings()
		for i := range in.items {
			if m, ok := mapped[in.items[i].kind]; ok {
				r := c.begin(&decoder{}, order{m.kind, in.items[i].address, &in.items[i]}, nil).finish()
				if err := cloudtest.Resource(r); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

func TestRegionsOfProviders(t *testing.T) {
	config := `{"resources":[{"type":"aws_sqs_queue","name":"home","provider_config_key":"aws","expressions":{}},{"type":"aws_sqs_queue","name":"away","provider_config_key":"aws.away","expressions":{}}]}`
	input := plan(config, change{address: "aws_sqs_queue.home", after: `{"name":"a"}`}, change{address: `aws_sqs_queue.away["a<b"]`, after: `{"name":"b"}`})
	input = strings.Replace(input, `"configuration":{`, `"configuration":{"provider_config":{"aws":{"name":"aws","expressions":{"region":{"constant_value":"eu-central-1"}}},
		"aws.away":{"name":"aws","alias":"away","expressions":{"region":{"constant_value":"eu-west-1"}}}},`, 1)
	o := options
	o.Region = ""
	all, h, _ := collect(t, input, o)
	if a, b := all["aws_sqs_queue.home"].Region, all[`aws_sqs_queue.away["a<b"]`].Region; a != "eu-central-1" || b != "eu-west-1" || len(h.Regions) != 1 {
		t.Errorf("%q %q %v", a, b, h.Regions)
	}
}

func TestSensitiveValuesInFacts(t *testing.T) {
	all, _, _ := collect(t, plan("",
		change{address: "aws_security_group.g", after: `{"name":"g","ingress":[{"protocol":"tcp","from_port":22,"to_port":22,"cidr_blocks":["203.0.113.9/32"]}],"egress":[]}`,
			sensitive: `{"ingress":[{"cidr_blocks":[true]}]}`},
		change{address: "aws_vpc.v", after: `{"cidr_block":"10.9.0.0/16","tags":{"tenant":"alder-secret"}}`, sensitive: `{"cidr_block":true,"tags":{"tenant":true}}`}), options)
	expect(t, all["aws_security_group.g"], map[string]string{"rules": "?not-in-source"})
	expect(t, all["aws_vpc.v"], map[string]string{"cidrs": "?not-in-source"})
	for _, r := range all {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"203.0.113.9", "10.9.0.0", "alder-secret"} {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s holds %s: %s", r.ID, secret, text)
			}
		}
	}
}

// TestExample reads the plan of the shipped estate, which Terraform wrote.
func TestExample(t *testing.T) {
	plan, err := os.ReadFile("../../example/estate/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	o := options
	o.Region = "" // the plan's own configuration tells it
	s := cloud.Snapshot{}
	s.Header, s.Gaps, err = Collect(bytes.NewReader(plan), o, func(r *cloud.Resource) error { s.Resources = append(s.Resources, *r); return nil })
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := s.Encode(&file); err != nil {
		t.Fatal(err)
	}
	if err := cloudtest.Contract(file.Bytes(), "Larkspur-export-7qv"); err != nil {
		t.Error(err)
	}
	var direct bytes.Buffer
	if _, n, err := Write(bytes.NewReader(plan), o, &direct); err != nil || n != 30 || !bytes.Equal(direct.Bytes(), file.Bytes()) {
		t.Errorf("Write: %v, %d resources, equal to what Collect gives: %v", err, n, bytes.Equal(direct.Bytes(), file.Bytes()))
	}
	all, _, gaps := collect(t, string(plan), o)
	if len(all) != 30 || len(gaps) != 0 {
		t.Errorf("%d resources, %+v", len(all), gaps)
	}
	for id, want := range map[string]map[string]string{
		`module.store["exports"].aws_s3_bucket.this`: {"public": "false", "public_block": "true", "customer_key": "true", "tls_only": "true", "versioning": "true", "lifecycle_expiry": "true"},
		`module.store["drop"].aws_s3_bucket.this`:    {"public": "true", "public_block": "false", "tls_only": "false", "versioning": "false"},
		"aws_instance.renderer":                      {"public_address": `"after apply"`, "public_tier": "true", "metadata_token": "false", "startup_secret": "true", "missing_patches": "?not-in-source"},
		"aws_ebs_volume.spool":                       {"encrypted": "false", "attached": "true", "created": "?after-apply"},
		"aws_db_instance.export":                     {"backup_days": "1", "backed_up": "true", "delete_protected": "false", "tls_required": "true"},
		"aws_lambda_function.notify":                 {"plain_secret": "true", "runtime_supported": "false"},
		"aws_iam_role.notify":                        {"admin": "true", "trusted_by": `["service"]`},
		"aws_iam_role.printer":                       {"trust_external": `["498765432109"]`, "admin": "false"},
		"aws_cloudwatch_metric_alarm.stuck":          {"reaches_subscriber": "true", "enabled": "true"},
		"aws_subnet.public":                          {"public": "true", "auto_public_address": "true"},
		"aws_kms_key.export":                         {"in_use": "true", "rotation": "true"},
		"aws_lb_listener.plain":                      {"internet_facing": "true", "redirects_to_tls": "false"},
	} {
		expect(t, all[id], want)
	}
	if r := all["aws_instance.renderer"]; r.Region != "eu-central-1" || r.Account != "109876543210" || r.Name != "export-renderer" {
		t.Errorf("%+v", r)
	}
}
