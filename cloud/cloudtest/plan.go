// SPDX-License-Identifier: Apache-2.0

package cloudtest

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// Plan says what WritePlan wrote.
type Plan struct {
	Bytes     int64
	Resources int // in resource_changes
	Buckets   int // in pairs with their block on public access and encryption, where they have one
}

// groupBytes is about what one group of ten resources takes in a plan.
const groupBytes = 11_950

// WritePlan writes what `terraform show -json` prints of a plan that makes ten
// kinds of resources anew, of about the given size (within a few per cent): for
// each team a module with a bucket and its parts, a security group, a machine, a
// disk, a database, a user, a key and a queue. About one setting in three is a
// flaw. The same size and seed give the same bytes.
func WritePlan(w io.Writer, bytes int64, seed uint64) (Plan, error) {
	p := planWriter{out: bufio.NewWriterSize(w, 1<<20), groups: max(1, int(bytes/groupBytes)), seed: seed}
	p.print(`{"format_version":"1.2","terraform_version":"1.11.4","planned_values":{"root_module":{"child_modules":[`)
	p.each(func(i int, all []made) {
		p.comma(i)
		p.print(`{"resources":[`)
		for j, m := range all {
			p.comma(j)
			p.print(`{"address":%q,"mode":"managed","type":%q,"name":%q,"provider_name":"registry.terraform.io/hashicorp/aws","schema_version":0,"values":%s,"sensitive_values":{"tags_all":{}}}`,
				m.address, m.kind, m.name, m.values)
		}
		p.print(`],"address":%q}`, team(i))
	})
	p.print(`]}},"resource_changes":[`)
	first := true
	p.each(func(i int, all []made) {
		for _, m := range all {
			if !first {
				p.print(`,`)
			}
			first = false
			p.plan.Resources++
			p.print(`{"address":%q,"module_address":%q,"mode":"managed","type":%q,"name":%q,"provider_name":"registry.terraform.io/hashicorp/aws","change":{"actions":["create"],"before":null,"after":%s,"after_unknown":%s,"before_sensitive":false,"after_sensitive":{"tags_all":{}}}}`,
				m.address, team(i), m.kind, m.name, m.values, m.unknown)
		}
		p.plan.Buckets++
	})
	p.print(`],"configuration":{"provider_config":{"aws":{"name":"aws","full_name":"registry.terraform.io/hashicorp/aws","expressions":{"region":{"constant_value":"eu-central-1"}}}},"root_module":{"module_calls":{"team":{"source":"./team","module":{"resources":[%s]}}}}},"timestamp":"2026-09-01T08:00:00Z","applyable":true,"complete":true,"errored":false}`+"\n", planConfig)
	if p.err == nil {
		p.err = p.out.Flush()
	}
	return p.plan, p.err
}

func team(i int) string { return fmt.Sprintf(`module.team["t%06d"]`, i) }

// planConfig is the configuration of the module: what refers to what.
var planConfig = strings.Join([]string{
	configured("aws_s3_bucket", "data", `"bucket":{"references":["var.name"]},"tags":{"references":["var.tags"]}`),
	configured("aws_s3_bucket_public_access_block", "data", `"bucket":{"references":["aws_s3_bucket.data.id","aws_s3_bucket.data"]},"block_public_acls":{"references":["var.block"]}`),
	configured("aws_s3_bucket_server_side_encryption_configuration", "data", `"bucket":{"references":["aws_s3_bucket.data.id","aws_s3_bucket.data"]},"rule":[{"apply_server_side_encryption_by_default":[{"kms_master_key_id":{"references":["aws_kms_key.data.arn","aws_kms_key.data"]},"sse_algorithm":{"constant_value":"aws:kms"}}]}]`),
	configured("aws_kms_key", "data", `"enable_key_rotation":{"references":["var.rotate"]}`),
	configured("aws_security_group", "app", `"ingress":{"references":["var.open"]},"name":{"references":["var.name"]}`),
	configured("aws_instance", "app", `"vpc_security_group_ids":{"references":["aws_security_group.app.id","aws_security_group.app"]},"ami":{"constant_value":"ami-0a1b"}`),
	configured("aws_ebs_volume", "data", `"encrypted":{"references":["var.encrypt"]},"availability_zone":{"constant_value":"eu-central-1a"}`),
	configured("aws_db_instance", "db", `"storage_encrypted":{"references":["var.encrypt"]},"publicly_accessible":{"references":["var.open"]}`),
	configured("aws_iam_user", "robot", `"name":{"references":["var.name"]}`),
	configured("aws_sqs_queue", "jobs", `"name":{"references":["var.name"]}`),
}, ",")

func configured(kind, name, expressions string) string {
	return fmt.Sprintf(`{"address":"%s.%s","mode":"managed","type":%q,"name":%q,"provider_config_key":"aws","expressions":{%s},"schema_version":0}`, kind, name, kind, name, expressions)
}

type planWriter struct {
	out    *bufio.Writer
	groups int
	seed   uint64
	plan   Plan
	err    error
}

func (p *planWriter) print(format string, args ...any) {
	if p.err == nil {
		var n int
		n, p.err = fmt.Fprintf(p.out, format, args...)
		p.plan.Bytes += int64(n)
	}
}

func (p *planWriter) comma(i int) {
	if i > 0 {
		p.print(",")
	}
}

// made is one resource of a plan.
type made struct{ address, kind, name, values, unknown string }

func (p *planWriter) each(group func(i int, all []made)) {
	for i := range p.groups {
		group(i, makeGroup(i, rand.New(rand.NewPCG(p.seed, uint64(i)))))
	}
}

func makeGroup(i int, r *rand.Rand) []made {
	flaw := func() bool { return r.IntN(3) == 0 }
	good := func() bool { return !flaw() }
	name := fmt.Sprintf("larkspur-t%06d", i)
	tags := fmt.Sprintf(`{"stage":%q,"owner":"team-%d","Name":%q}`, stages[r.IntN(len(stages))], r.IntN(40), name)
	var all []made
	add := func(kind, local, unknown, format string, args ...any) {
		common := `"tags":` + tags + `,"tags_all":` + tags + `,`
		if strings.Contains(kind, "bucket_") {
			common = ""
		}
		all = append(all, made{team(i) + "." + kind + "." + local, kind, local, "{" + common + fmt.Sprintf(format, args...) + "}", unknown})
	}
	cidr := "10.0.0.0/8"
	if flaw() {
		cidr = "0.0.0.0/0"
	}
	add("aws_s3_bucket", "data", `{"arn":true,"id":true,"acl":true,"policy":true,"versioning":true,"tags":{},"tags_all":{},"logging":true,"website":true}`,
		`"bucket":%q,"force_destroy":%t,"object_lock_enabled":%t,"timeouts":null`, name, flaw(), good())
	if good() {
		add("aws_s3_bucket_public_access_block", "data", `{"bucket":true,"id":true}`, `"block_public_acls":%t,"block_public_policy":true,"ignore_public_acls":true,"restrict_public_buckets":%t`, good(), good())
	}
	if good() {
		add("aws_s3_bucket_server_side_encryption_configuration", "data", `{"bucket":true,"id":true,"rule":[{"apply_server_side_encryption_by_default":[{"kms_master_key_id":true}]}]}`,
			`"expected_bucket_owner":null,"rule":[{"apply_server_side_encryption_by_default":[{"sse_algorithm":"aws:kms"}],"bucket_key_enabled":true}]`)
	}
	add("aws_kms_key", "data", `{"arn":true,"id":true,"key_id":true,"policy":true,"tags":{},"tags_all":{}}`,
		`"customer_master_key_spec":"SYMMETRIC_DEFAULT","deletion_window_in_days":30,"description":"data of %s","enable_key_rotation":%t,"is_enabled":true,"key_usage":"ENCRYPT_DECRYPT"`, name, good())
	add("aws_security_group", "app", `{"arn":true,"id":true,"owner_id":true,"egress":true,"ingress":[{"cidr_blocks":[false]}],"vpc_id":true,"tags":{},"tags_all":{}}`,
		`"description":"application","name":%q,"ingress":[{"cidr_blocks":[%q],"description":"","from_port":22,"ipv6_cidr_blocks":[],"prefix_list_ids":[],"protocol":"tcp","security_groups":[],"self":false,"to_port":22}],"revoke_rules_on_delete":false`, name, cidr)
	tokens := "required"
	if flaw() {
		tokens = "optional"
	}
	add("aws_instance", "app", `{"arn":true,"id":true,"private_ip":true,"public_ip":true,"instance_state":true,"vpc_security_group_ids":true,"tags":{},"tags_all":{},"root_block_device":true,"metadata_options":[{"instance_metadata_tags":true}]}`,
		`"ami":"ami-0a1b2c3d","associate_public_ip_address":%t,"availability_zone":"eu-central-1a","disable_api_termination":%t,"instance_type":"t3.small","metadata_options":[{"http_endpoint":"enabled","http_tokens":%q}],"monitoring":true,"user_data":null`, flaw(), good(), tokens)
	add("aws_ebs_volume", "data", `{"arn":true,"id":true,"kms_key_id":true,"iops":true,"tags":{},"tags_all":{}}`, `"availability_zone":"eu-central-1a","encrypted":%t,"final_snapshot":false,"size":100,"type":"gp3"`, good())
	add("aws_db_instance", "db", `{"arn":true,"id":true,"address":true,"endpoint":true,"kms_key_id":true,"engine_version_actual":true,"tags":{},"tags_all":{}}`,
		`"allocated_storage":20,"backup_retention_period":%d,"deletion_protection":%t,"enabled_cloudwatch_logs_exports":["postgresql"],"engine":"postgres","engine_version":"16.4","identifier":%q,"instance_class":"db.t4g.medium","multi_az":%t,"publicly_accessible":%t,"storage_encrypted":%t,"username":"ledger"`,
		r.IntN(14), good(), name, good(), flaw(), good())
	add("aws_iam_user", "robot", `{"arn":true,"id":true,"unique_id":true,"tags":{},"tags_all":{}}`, `"force_destroy":false,"name":%q,"path":"/","permissions_boundary":null`, name)
	add("aws_sqs_queue", "jobs", `{"arn":true,"id":true,"url":true,"policy":true,"tags":{},"tags_all":{}}`, `"delay_seconds":0,"fifo_queue":false,"kms_master_key_id":null,"name":%q,"sqs_managed_sse_enabled":%t`, name, good())
	return all
}
