// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"testing"
	"time"

	"demarc.dev/demarc/cloud"
)

// doc escapes a policy document for a string of JSON.
const (
	openPolicy  = `"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}}"`
	tlsPolicy   = `"{\"Statement\":{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"false\"}}}}"`
	brokenWords = `"{\"Statement\""`
)

// TestKinds asks facts of each kind where the table of the example does not:
// each line has the changes of one plan and what the first of them tells.
func TestKinds(t *testing.T) {
	type line struct {
		name    string
		changes []change
		want    map[string]string
	}
	for _, c := range []line{
		{"snapshot, shared", []change{{address: "aws_ebs_snapshot.s", after: `{"id":"snap-1","encrypted":true}`}, {address: "aws_snapshot_create_volume_permission.p", after: `{"snapshot_id":"snap-1","account_id":"498765432109"}`}},
			map[string]string{"encrypted": "true", "shared_with": `["498765432109"]`, "public": "false"}},
		{"image, public", []change{{address: "aws_ami.a", after: `{"id":"ami-1","ebs_block_device":[{"encrypted":true},{"encrypted":false}]}`}, {address: "aws_ami_launch_permission.p", after: `{"image_id":"ami-1","group":"all"}`}},
			map[string]string{"public": "true", "shared_with": "[]", "encrypted": "false", "created": "?after-apply"}},
		{"image copy", []change{{address: "aws_ami_copy.a", after: `{"encrypted":true}`}}, map[string]string{"public": "false", "encrypted": "true"}},
		{"group of machines", []change{{address: "aws_autoscaling_group.g", after: `{"name":"g","min_size":2,"max_size":6,"availability_zones":["eu-central-1a","eu-central-1b"]}`},
			{address: "aws_cloudwatch_metric_alarm.a", after: `{"alarm_name":"cpu","dimensions":{"AutoScalingGroupName":"g"}}`}}, map[string]string{"minimum": "2", "maximum": "6", "zones": "2", "alarm": "true"}},
		{"certificate", []change{{address: "aws_acm_certificate.c", after: `{"domain_name":"x.example","arn":"arn:aws:acm:eu-central-1:1:certificate/1"}`}, {address: "aws_lb_listener.l", after: `{"certificate_arn":"arn:aws:acm:eu-central-1:1:certificate/1"}`}},
			map[string]string{"renews": "true", "in_use": "true", "expires": "?after-apply"}},
		{"imported certificate", []change{{address: "aws_acm_certificate.c", after: `{"certificate_body":"x","private_key":"y"}`}}, map[string]string{"renews": "false", "in_use": "?not-in-source"}},
		{"cluster of databases", []change{{address: "aws_rds_cluster.c", after: `{"cluster_identifier":"c","engine":"aurora-postgresql","engine_version":"14.6","storage_encrypted":true,"backup_retention_period":14}`},
			{address: "aws_rds_cluster_instance.a", after: `{"cluster_identifier":"c","publicly_accessible":true}`}, {address: "aws_rds_cluster_instance.b", after: `{"cluster_identifier":"c"}`}},
			map[string]string{"public": "true", "multi_zone": "true", "backup_days": "14", "tls_required": "false", "audit_log": "false"}},
		{"database with parameters", []change{{address: "aws_db_instance.d", after: `{"identifier":"d","engine":"mysql","parameter_group_name":"strict","publicly_accessible":true,"enabled_cloudwatch_logs_exports":["audit"]}`},
			{address: "aws_db_parameter_group.p", after: `{"name":"strict","parameter":[{"name":"require_secure_transport","value":"ON"}]}`}}, map[string]string{"tls_required": "true", "public": "true", "audit_log": "true"}},
		{"database with parameters from elsewhere", []change{{address: "aws_db_instance.d", after: `{"engine":"mysql","parameter_group_name":"other"}`}}, map[string]string{"tls_required": "?not-in-source"}},
		{"group's administrator", []change{{address: "aws_iam_user.u", after: `{"name":"u"}`}, {address: "aws_iam_group.g", after: `{"name":"admins"}`}, {address: "aws_iam_user_group_membership.m", after: `{"user":"u","groups":["admins"]}`},
			{address: "aws_iam_group_policy_attachment.a", after: `{"group":"admins","policy_arn":"arn:aws:iam::aws:policy/AdministratorAccess"}`}},
			map[string]string{"admin": "true", "groups": `["admins"]`, "direct_policies": "0"}},
		{"old user", []change{{address: "aws_iam_user.u", actions: `"no-op"`, after: `{"name":"u"}`}}, map[string]string{"admin": "?not-in-source", "direct_policies": "?not-in-source", "groups": "?not-in-source", "console_access": "?not-in-source"}},
		{"user of a group's membership", []change{{address: "aws_iam_user.u", after: `{"name":"u"}`}, {address: "aws_iam_group.g", after: `{"name":"g"}`}, {address: "aws_iam_group_membership.m", after: `{"group":"g","users":["u"]}`},
			{address: "aws_iam_user_login_profile.p", after: `{"user":"u"}`}}, map[string]string{"admin": "false", "groups": `["g"]`, "console_access": "true"}},
		{"linked role", []change{{address: "aws_iam_service_linked_role.r", after: `{"aws_service_name":"x.amazonaws.com"}`}}, map[string]string{"service_linked": "true", "trusted_by": `["service"]`, "admin": "false"}},
		{"broken policy", []change{{address: "aws_iam_policy.p", after: `{"policy":` + brokenWords + `}`}}, map[string]string{"wildcard": "?unreadable"}},
		{"guard-rail", []change{{address: "aws_organizations_policy.p", after: `{"id":"p-1","content":"{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{\"StringNotEquals\":{\"aws:RequestedRegion\":\"eu-central-1\"}}}}"}`},
			{address: "aws_organizations_policy_attachment.a", after: `{"policy_id":"p-1","target_id":"r-1"}`}}, map[string]string{"restricts_regions": "true", "attached": "1", "default": "false"}},
		{"trail", []change{{address: "aws_cloudtrail.t", after: `{"name":"t","s3_bucket_name":"audit","is_multi_region_trail":true,"enable_log_file_validation":true,"kms_key_id":"arn:aws:kms:x","event_selector":[{"include_management_events":true,"read_write_type":"WriteOnly"}]}`}},
			map[string]string{"logging": "true", "multi_region": "true", "management_events": "false", "validation": "true", "customer_key": "true", "store": `"audit"`, "organisation": "false", "delivery_error": "?not-in-source"}},
		{"trail of everything", []change{{address: "aws_cloudtrail.t", after: `{"name":"t","s3_bucket_name":"audit","advanced_event_selector":[{"field_selector":[{"field":"eventCategory","equals":["Management"]}]}]}`}}, map[string]string{"management_events": "true", "customer_key": "false"}},
		{"bucket of a trail", []change{{address: "aws_s3_bucket.b", after: `{"bucket":"audit","object_lock_enabled":true}`}, {address: "aws_cloudtrail.t", after: `{"s3_bucket_name":"audit","event_selector":[{"read_write_type":"All","data_resource":[{"type":"AWS::S3::Object","values":["arn:aws:s3"]}]}]}`},
			{address: "aws_s3_bucket_object_lock_configuration.l", after: `{"bucket":"audit","rule":[{"default_retention":[{"mode":"COMPLIANCE","years":1}]}]}`},
			{address: "aws_s3_bucket_logging.l", after: `{"bucket":"audit","target_bucket":"logs"}`}},
			map[string]string{"holds_audit_logs": "true", "data_events": "true", "object_lock": "true", "lock_days": "365", "access_logging": "true"}},
		{"bucket with an open list", []change{{address: "aws_s3_bucket.b", after: `{"bucket":"b"}`}, {address: "aws_s3_bucket_acl.a", after: `{"bucket":"b","acl":"public-read"}`},
			{address: "aws_s3_bucket_public_access_block.p", after: `{"bucket":"b","block_public_acls":false,"ignore_public_acls":false}`}}, map[string]string{"public": "true", "public_block": "false"}},
		{"bucket with an open grant", []change{{address: "aws_s3_bucket.b", after: `{"bucket":"b"}`}, {address: "aws_s3_bucket_acl.a", after: `{"bucket":"b","access_control_policy":[{"grant":[{"grantee":[{"uri":"http://acs.amazonaws.com/groups/global/AllUsers"}]}]}]}`},
			{address: "aws_s3_bucket_public_access_block.p", after: `{"bucket":"b"}`}}, map[string]string{"public": "true"}},
		{"bucket under the account's block", []change{{address: "aws_s3_bucket.b", after: `{"bucket":"b"}`}, {address: "aws_s3_bucket_acl.a", after: `{"bucket":"b","acl":"public-read"}`}, {address: "aws_s3_bucket_public_access_block.p", after: `{"bucket":"b"}`},
			{address: "aws_s3_account_public_access_block.a", after: `{"block_public_acls":true,"block_public_policy":true,"ignore_public_acls":true,"restrict_public_buckets":true}`}}, map[string]string{"public": "false", "public_block": "false"}},
		{"bucket with TLS only", []change{{address: "aws_s3_bucket.b", after: `{"bucket":"b"}`}, {address: "aws_s3_bucket_policy.p", after: `{"bucket":"b","policy":` + tlsPolicy + `}`}}, map[string]string{"tls_only": "true", "public": "false"}},
		{"queue with TLS only", []change{{address: "aws_sqs_queue.q", after: `{"name":"q","policy":` + tlsPolicy + `}`}}, map[string]string{"tls_only": "true", "public": "false"}},
		{"topic for all", []change{{address: "aws_sns_topic.t", after: `{"arn":"arn:aws:sns:eu-central-1:1:t","policy":` + openPolicy + `}`}, {address: "aws_sns_topic_subscription.s", after: `{"topic_arn":"arn:aws:sns:eu-central-1:1:t","protocol":"email"}`}},
			map[string]string{"public": "true", "subscribers": "?after-apply", "encrypted": "false"}},
		{"key for all", []change{{address: "aws_kms_key.k", after: `{"policy":` + openPolicy + `,"is_enabled":false,"customer_master_key_spec":"RSA_4096"}`}}, map[string]string{"public": "true", "state": `"disabled"`, "symmetric": "false", "rotation": "false"}},
		{"vault, locked", []change{{address: "aws_backup_vault.v", after: `{"name":"v"}`}, {address: "aws_backup_vault_lock_configuration.l", after: `{"backup_vault_name":"v"}`}, {address: "aws_backup_vault_policy.p", after: `{"backup_vault_name":"v","policy":` + openPolicy + `}`}},
			map[string]string{"locked": "true", "public": "true"}},
		{"file store with TLS", []change{{address: "aws_efs_file_system.f", after: `{"id":"fs-1","encrypted":true}`}, {address: "aws_efs_file_system_policy.p", after: `{"file_system_id":"fs-1","policy":` + tlsPolicy + `}`}, {address: "aws_efs_backup_policy.b", after: `{"file_system_id":"fs-1","backup_policy":[{"status":"ENABLED"}]}`}},
			map[string]string{"tls_only": "true", "encrypted": "true", "backed_up": "true"}},
		{"function for all", []change{{address: "aws_lambda_function.f", after: `{"function_name":"f","runtime":"nodejs22.x","environment":[{"variables":{"SECRET_ARN":"arn:aws:x"}}]}`}, {address: "aws_lambda_function_url.u", after: `{"function_name":"f","authorization_type":"NONE"}`}},
			map[string]string{"public": "true", "plain_secret": "false", "runtime_supported": "true"}},
		{"function for a service", []change{{address: "aws_lambda_function.f", after: `{"function_name":"f","package_type":"Image"}`}, {address: "aws_lambda_permission.p", after: `{"function_name":"f","principal":"*","source_account":"109876543210"}`}},
			map[string]string{"public": "false", "runtime": `""`, "runtime_supported": "?not-in-source"}},
		{"open cluster", []change{{address: "aws_eks_cluster.c", after: `{"name":"c","version":"1.33","enabled_cluster_log_types":["audit"],"vpc_config":[{"endpoint_public_access":true}]}`}}, map[string]string{"endpoint_open": "true", "audit_log": "true", "secrets_encrypted": "false", "version": `"1.33"`}},
		{"closed cluster", []change{{address: "aws_eks_cluster.c", after: `{"name":"c","vpc_config":[{"endpoint_public_access":true,"public_access_cidrs":["203.0.113.0/24"]}],"encryption_config":[{"resources":["secrets"],"provider":[{"key_arn":"arn:aws:kms:x"}]}]}`}},
			map[string]string{"endpoint_open": "false", "audit_log": "false", "secrets_encrypted": "true"}},
		{"public registry", []change{{address: "aws_ecrpublic_repository.r", after: `{"repository_name":"r"}`}}, map[string]string{"public": "true"}},
		{"modern listener", []change{{address: "aws_lb_listener.l", after: `{"port":443,"protocol":"HTTPS","ssl_policy":"ELBSecurityPolicy-TLS13-1-2-2021-06","default_action":[{"type":"forward"}]}`}}, map[string]string{"tls_min": `"1.2"`, "internet_facing": "?not-in-source", "redirects_to_tls": "false"}},
		{"redirecting listener", []change{{address: "aws_lb_listener.l", after: `{"load_balancer_arn":"arn:lb","port":80,"protocol":"HTTP","default_action":[{"type":"redirect","redirect":[{"protocol":"HTTPS"}]}]}`}, {address: "aws_lb.b", after: `{"arn":"arn:lb","internal":true}`}},
			map[string]string{"redirects_to_tls": "true", "internet_facing": "false", "tls_min": `""`}},
		{"listener with a rule", []change{{address: "aws_lb_listener.l", after: `{"arn":"arn:l","port":80,"protocol":"HTTP","default_action":[{"type":"redirect","redirect":[{"protocol":"HTTPS"}]}]}`},
			{address: "aws_lb_listener_rule.r", after: `{"listener_arn":"arn:l","action":[{"type":"forward"}]}`}}, map[string]string{"redirects_to_tls": "false"}},
		{"list of a zone", []change{{address: "aws_network_acl.n", after: `{"subnet_ids":["subnet-1"],"ingress":[{"rule_no":1,"action":"allow","protocol":"icmp","cidr_block":"128.0.0.0/1","from_port":0,"to_port":0}]}`}, {address: "aws_subnet.s", after: `{"id":"subnet-1","tags":{"tier":"Data"}}`}},
			map[string]string{"zone": `"data"`, "rules": `[{"allow":true,"direction":"in","from_port":0,"internet":true,"protocol":"icmp","sources":["128.0.0.0/1"],"to_port":0}]`}},
		{"peering of tenants", []change{{address: "aws_vpc_peering_connection.p", after: `{"id":"pcx-1","vpc_id":"vpc-1","peer_vpc_id":"vpc-2","auto_accept":true}`}, {address: "aws_vpc.a", after: `{"id":"vpc-1","tags":{"tenant":"alder","stage":"prod"}}`},
			{address: "aws_vpc.b", after: `{"id":"vpc-2","tags":{"Tenant":"birch","stage":"prod"}}`}, {address: "aws_route.r", after: `{"vpc_peering_connection_id":"pcx-1"}`}}, map[string]string{"tenants": `["alder","birch"]`, "stages": `["prod"]`, "routed": "true", "active": "true"}},
		{"network with a log and clocks", []change{{address: "aws_vpc.v", after: `{"id":"vpc-1","cidr_block":"10.0.0.0/16"}`}, {address: "aws_flow_log.l", after: `{"vpc_id":"vpc-1","traffic_type":"REJECT"}`},
			{address: "aws_vpc_dhcp_options.o", after: `{"id":"dopt-1","ntp_servers":["169.254.169.123"]}`}, {address: "aws_vpc_dhcp_options_association.a", after: `{"vpc_id":"vpc-1","dhcp_options_id":"dopt-1"}`}},
			map[string]string{"flow_log": "true", "time_servers": `["169.254.169.123"]`, "default": "false"}},
		{"alarm of root", []change{{address: "aws_cloudwatch_metric_alarm.a", after: `{"alarm_name":"root","metric_name":"Root","namespace":"Audit","alarm_actions":["arn:aws:sns:x:1:t"]}`},
			{address: "aws_cloudwatch_log_metric_filter.f", after: `{"pattern":"{ $.userIdentity.type = \"Root\" }","metric_transformation":[{"name":"Root","namespace":"Audit"}]}`}},
			map[string]string{"events": `["root-use"]`, "reaches_subscriber": "?not-in-source", "enabled": "true"}},
		{"machine of a template", []change{{address: "aws_instance.i", after: `{"launch_template":[{"id":"lt-1"}],"associate_public_ip_address":true}`, unknown: `{"metadata_options":true,"public_ip":true}`},
			{address: "aws_launch_template.t", after: `{"id":"lt-1","metadata_options":[{"http_tokens":"required"}],"user_data":"ZXhwb3J0IERCX1BBU1NXT1JEPWh1bnRlcjJodW50ZXIK"}`}},
			map[string]string{"metadata_token": "true", "startup_secret": "true", "public_address": `"after apply"`}},
		{"machine of an older provider", []change{{address: "aws_instance.i", after: `{"user_data":"da39a3ee5e6b4b0d3255bfef95601890afd80709"}`}}, map[string]string{"startup_secret": "?not-in-source"}},
		{"old rules", []change{{address: "aws_security_group.g", after: `{"id":"sg-1","name":"default","ingress":[],"egress":[]}`}, {address: "aws_security_group_rule.r", after: `{"type":"egress","security_group_id":"sg-1","protocol":"-1","from_port":0,"to_port":0,"cidr_blocks":["0.0.0.0/0"],"self":true}`}},
			map[string]string{"default": "true", "rules": `[{"allow":true,"direction":"out","from_port":0,"internet":true,"protocol":"all","sources":["0.0.0.0/0","self"],"to_port":65535}]`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			all, _, _ := collect(t, plan("", c.changes...), options)
			expect(t, all[c.changes[0].address], c.want)
		})
	}
}

func TestSettings(t *testing.T) {
	all, _, _ := collect(t, plan("",
		change{address: "aws_iam_account_password_policy.p", after: `{"minimum_password_length":14,"password_reuse_prevention":24,"require_lowercase_characters":true,"require_uppercase_characters":true,"require_numbers":true,"require_symbols":false}`},
		change{address: "aws_s3_account_public_access_block.b", after: `{"block_public_acls":true,"block_public_policy":true,"ignore_public_acls":true,"restrict_public_buckets":true}`},
		change{address: "aws_account_alternate_contact.s", after: `{"alternate_contact_type":"SECURITY"}`},
		change{address: "aws_iam_role_policy_attachment.s", after: `{"role":"support","policy_arn":"arn:aws:iam::aws:policy/AWSSupportAccess"}`},
		change{address: "aws_iam_saml_provider.i", after: `{"name":"i"}`},
		change{address: "aws_ebs_encryption_by_default.e", after: `{"enabled":true}`}, change{address: "aws_guardduty_detector.d", after: `{"enable":true}`},
		change{address: "aws_config_configuration_recorder.r", after: `{"recording_group":[{"all_supported":false}]}`}, change{address: "aws_config_configuration_recorder_status.r", after: `{"is_enabled":true}`},
		change{address: "aws_securityhub_account.h", after: `{}`}, change{address: "aws_securityhub_standards_subscription.s", after: `{}`},
		change{address: "aws_inspector2_enabler.i", after: `{"resource_types":["ECR"]}`}, change{address: "aws_accessanalyzer_analyzer.a", after: `{}`},
		change{address: "aws_cloudwatch_metric_alarm.a", after: `{"alarm_name":"root","metric_name":"Root","namespace":"Audit","alarm_actions":["arn:aws:sns:x:1:t"]}`},
		change{address: "aws_cloudwatch_log_metric_filter.f", after: `{"pattern":"{ $.userIdentity.type = Root }","metric_transformation":[{"name":"Root","namespace":"Audit"}]}`},
		change{address: "aws_sns_topic.t", after: `{"arn":"arn:aws:sns:x:1:t"}`}, change{address: "aws_sns_topic_subscription.s", after: `{"topic_arn":"arn:aws:sns:x:1:t","protocol":"https"}`},
		change{address: "aws_ebs_volume.v", after: `{}`, unknown: `{"encrypted":true}`}), options)
	expect(t, all["terraform.account"], map[string]string{"password_min_length": "14", "password_reuse_prevention": "24", "password_complexity": "false", "object_store_public_block": "true",
		"security_contact": "true", "support_role": "true", "federated": "true", "alarm_root_use": "true", "alarm_failed_sign_in": "?not-in-source", "root_mfa": "?not-in-source"})
	expect(t, all["terraform.region.eu-central-1"], map[string]string{"disk_encryption_default": "true", "threat_detection": "true", "recorder_on": "true", "recorder_all_types": "false",
		"posture_service": "true", "posture_standards": "1", "vulnerability_scan_images": "true", "vulnerability_scan_machines": "?not-in-source", "access_analyser": "true", "serial_console": "?not-in-source"})
	expect(t, all["aws_ebs_volume.v"], map[string]string{"encrypted": "true"})
}

func TestOrganisation(t *testing.T) {
	all, _, _ := collect(t, plan("", change{address: "aws_organizations_organization.o", after: `{"accounts":[{"id":"1"},{"id":"2"}]}`},
		change{address: "aws_organizations_policy.p", after: `{"id":"p-1","content":"{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"s3:*\",\"Resource\":\"*\"}}"}`},
		change{address: "aws_organizations_policy_attachment.a", after: `{"policy_id":"p-1"}`}), options)
	expect(t, all["aws_organizations_organization.o"], map[string]string{"guardrails": "1", "region_restricted": "false", "accounts": "2"})
	expect(t, all["terraform.account"], map[string]string{"organisation_member": "true"})
}

func TestRuntimes_EndInTime(t *testing.T) {
	input := plan("", change{address: "aws_lambda_function.f", after: `{"function_name":"f","runtime":"python3.10"}`})
	for day, want := range map[string]string{"2026-10-30": "true", "2026-11-01": "false"} {
		o := options
		now, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		o.Now = now
		all, _, _ := collect(t, input, o)
		expect(t, all["aws_lambda_function.f"], map[string]string{"runtime_supported": want})
	}
}

// TestMapped compares the table of types with the kinds.
func TestMapped(t *testing.T) {
	for name, m := range mapped {
		if _, ok := cloud.Lookup(m.kind); !ok {
			t.Errorf("%s becomes %s, which is no kind", name, m.kind)
		}
	}
	for _, j := range joins {
		if j.part == "" || j.by == "" || len(j.whole) == 0 {
			t.Errorf("%+v", j)
		}
		for _, w := range j.whole {
			if _, ok := types()[w]; !ok {
				t.Errorf("%s is a part of %s, which is not read", j.part, w)
			}
		}
	}
}
