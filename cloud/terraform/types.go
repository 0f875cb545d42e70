// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"sync"

	"demarc.dev/demarc/cloud"
)

// mapping says of which kind the resources of a type are, and what fills them.
type mapping struct {
	kind  cloud.Kind
	facts func(*builder)
}

// mapped are the types that become resources. It is read-only.
var mapped = map[string]mapping{
	"aws_s3_bucket": {cloud.ObjectStore, bucket},

	"aws_iam_user": {cloud.Identity, user}, "aws_iam_role": {cloud.Role, role}, "aws_iam_service_linked_role": {cloud.Role, linkedRole},
	"aws_iam_access_key": {cloud.Credential, accessKey}, "aws_iam_user_login_profile": {cloud.Credential, password},
	"aws_iam_policy": {cloud.Policy, managedPolicy}, "aws_iam_user_policy": {cloud.Policy, inlinePolicy},
	"aws_iam_role_policy": {cloud.Policy, inlinePolicy}, "aws_iam_group_policy": {cloud.Policy, inlinePolicy},
	"aws_organizations_organization": {cloud.Organisation, organisation}, "aws_organizations_policy": {cloud.Guardrail, guardrail},

	"aws_ebs_volume": {cloud.Disk, disk}, "aws_ebs_snapshot": {cloud.DiskSnapshot, diskSnapshot}, "aws_ebs_snapshot_copy": {cloud.DiskSnapshot, diskSnapshot},
	"aws_instance": {cloud.Machine, machine}, "aws_ami": {cloud.MachineImage, image}, "aws_ami_copy": {cloud.MachineImage, image},
	"aws_ami_from_instance": {cloud.MachineImage, image}, "aws_autoscaling_group": {cloud.MachineGroup, machineGroup},

	"aws_vpc": {cloud.Network, network}, "aws_default_vpc": {cloud.Network, network}, "aws_subnet": {cloud.Subnet, subnet},
	"aws_security_group": {cloud.Firewall, securityGroup}, "aws_default_security_group": {cloud.Firewall, securityGroup},
	"aws_network_acl": {cloud.Firewall, networkACL}, "aws_default_network_acl": {cloud.Firewall, networkACL},
	"aws_vpc_peering_connection": {cloud.Interconnect, peering},
	"aws_lb":                     {cloud.LoadBalancer, loadBalancer}, "aws_alb": {cloud.LoadBalancer, loadBalancer}, "aws_elb": {cloud.LoadBalancer, loadBalancer},
	"aws_lb_listener": {cloud.Listener, listener}, "aws_alb_listener": {cloud.Listener, listener},

	"aws_kms_key": {cloud.Key, key}, "aws_kms_external_key": {cloud.Key, key}, "aws_kms_replica_key": {cloud.Key, key},
	"aws_secretsmanager_secret": {cloud.Secret, secret}, "aws_acm_certificate": {cloud.Certificate, certificate},

	"aws_db_instance": {cloud.Database, database}, "aws_rds_cluster": {cloud.Database, database}, "aws_dynamodb_table": {cloud.Table, table},
	"aws_efs_file_system": {cloud.FileStore, fileStore}, "aws_elasticache_replication_group": {cloud.Cache, cache}, "aws_elasticache_cluster": {cloud.Cache, cache},
	"aws_sqs_queue": {cloud.Queue, queue}, "aws_sns_topic": {cloud.Topic, topic},

	"aws_lambda_function": {cloud.Function, function}, "aws_eks_cluster": {cloud.Cluster, cluster},
	"aws_ecr_repository": {cloud.Registry, registry}, "aws_ecrpublic_repository": {cloud.Registry, registry},

	"aws_cloudtrail": {cloud.LogTrail, trail}, "aws_cloudwatch_log_group": {cloud.LogStore, logGroup}, "aws_cloudwatch_metric_alarm": {cloud.Alarm, alarm},
	"aws_backup_plan": {cloud.BackupPlan, backupPlan}, "aws_backup_vault": {cloud.BackupVault, backupVault},
}

// partOf says that resources of one type are a part of one of another, which
// they name by an argument.
type partOf struct {
	part  string
	by    string
	whole []string
}

var joins = []partOf{
	{"aws_s3_bucket_public_access_block", "bucket", []string{"aws_s3_bucket"}},
	{"aws_s3_bucket_policy", "bucket", []string{"aws_s3_bucket"}},
	{"aws_s3_bucket_server_side_encryption_configuration", "bucket", []string{"aws_s3_bucket"}},
	{"aws_s3_bucket_versioning", "bucket", []string{"aws_s3_bucket"}},
	{"aws_s3_bucket_logging", "bucket", []string{"aws_s3_bucket"}},
	{"aws_s3_bucket_lifecycle_configuration", "bucket", []string{"aws_s3_bucket"}},
	{"aws_s3_bucket_object_lock_configuration", "bucket", []string{"aws_s3_bucket"}},
	{"aws_s3_bucket_acl", "bucket", []string{"aws_s3_bucket"}},
	{"aws_cloudtrail", "s3_bucket_name", []string{"aws_s3_bucket"}},

	{"aws_iam_user_policy", "user", []string{"aws_iam_user"}},
	{"aws_iam_user_policy_attachment", "user", []string{"aws_iam_user"}},
	{"aws_iam_user_policy_attachment", "policy_arn", []string{"aws_iam_policy"}},
	{"aws_iam_user_group_membership", "user", []string{"aws_iam_user"}},
	{"aws_iam_user_login_profile", "user", []string{"aws_iam_user"}},
	{"aws_iam_group_policy", "group", []string{"aws_iam_group"}},
	{"aws_iam_group_policy_attachment", "group", []string{"aws_iam_group"}},
	{"aws_iam_group_policy_attachment", "policy_arn", []string{"aws_iam_policy"}},
	{"aws_iam_role_policy", "role", []string{"aws_iam_role"}},
	{"aws_iam_role_policy_attachment", "role", []string{"aws_iam_role"}},
	{"aws_iam_role_policy_attachment", "policy_arn", []string{"aws_iam_policy"}},
	{"aws_organizations_policy_attachment", "policy_id", []string{"aws_organizations_policy"}},

	{"aws_volume_attachment", "volume_id", []string{"aws_ebs_volume"}},
	{"aws_snapshot_create_volume_permission", "snapshot_id", []string{"aws_ebs_snapshot", "aws_ebs_snapshot_copy"}},
	{"aws_ami_launch_permission", "image_id", []string{"aws_ami", "aws_ami_copy", "aws_ami_from_instance"}},

	{"aws_flow_log", "vpc_id", []string{"aws_vpc", "aws_default_vpc"}},
	{"aws_flow_log", "subnet_id", []string{"aws_subnet"}},
	{"aws_vpc_dhcp_options_association", "vpc_id", []string{"aws_vpc", "aws_default_vpc"}},
	{"aws_route_table_association", "subnet_id", []string{"aws_subnet"}},
	{"aws_route", "route_table_id", []string{"aws_route_table", "aws_default_route_table"}},
	{"aws_route", "vpc_peering_connection_id", []string{"aws_vpc_peering_connection"}},
	{"aws_security_group_rule", "security_group_id", []string{"aws_security_group", "aws_default_security_group"}},
	{"aws_vpc_security_group_ingress_rule", "security_group_id", []string{"aws_security_group", "aws_default_security_group"}},
	{"aws_vpc_security_group_egress_rule", "security_group_id", []string{"aws_security_group", "aws_default_security_group"}},
	{"aws_network_acl_rule", "network_acl_id", []string{"aws_network_acl", "aws_default_network_acl"}},

	{"aws_secretsmanager_secret_rotation", "secret_id", []string{"aws_secretsmanager_secret"}},
	{"aws_secretsmanager_secret_policy", "secret_arn", []string{"aws_secretsmanager_secret"}},
	{"aws_kms_key_policy", "key_id", []string{"aws_kms_key"}},
	{"aws_lb_listener", "certificate_arn", []string{"aws_acm_certificate"}},
	{"aws_rds_cluster_instance", "cluster_identifier", []string{"aws_rds_cluster"}},
	{"aws_efs_file_system_policy", "file_system_id", []string{"aws_efs_file_system"}},
	{"aws_efs_backup_policy", "file_system_id", []string{"aws_efs_file_system"}},
	{"aws_sqs_queue_policy", "queue_url", []string{"aws_sqs_queue"}},
	{"aws_sns_topic_policy", "arn", []string{"aws_sns_topic"}},
	{"aws_sns_topic_subscription", "topic_arn", []string{"aws_sns_topic"}},
	{"aws_lambda_permission", "function_name", []string{"aws_lambda_function"}},
	{"aws_lambda_function_url", "function_name", []string{"aws_lambda_function"}},
	{"aws_ecr_repository_policy", "repository", []string{"aws_ecr_repository"}},
	{"aws_backup_vault_lock_configuration", "backup_vault_name", []string{"aws_backup_vault"}},
	{"aws_backup_vault_policy", "backup_vault_name", []string{"aws_backup_vault"}},
	{"aws_cloudwatch_metric_alarm", "dimensions.AutoScalingGroupName", []string{"aws_autoscaling_group"}},
}

// aside are types that are looked up and never become resources or parts.
var aside = []string{"aws_iam_group", "aws_iam_group_membership", "aws_kms_alias", "aws_launch_template", "aws_route_table", "aws_default_route_table",
	"aws_internet_gateway", "aws_vpc_dhcp_options", "aws_db_parameter_group", "aws_rds_cluster_parameter_group", "aws_cloudwatch_log_metric_filter",
	"aws_backup_selection", "aws_s3_account_public_access_block", "aws_iam_account_password_policy", "aws_account_alternate_contact",
	"aws_iam_saml_provider", "aws_ebs_encryption_by_default", "aws_ec2_serial_console_access",
	"aws_config_configuration_recorder", "aws_config_configuration_recorder_status", "aws_guardduty_detector", "aws_securityhub_account",
	"aws_securityhub_standards_subscription", "aws_inspector2_enabler", "aws_accessanalyzer_analyzer", "aws_lb_listener_rule"}

// types are the names of all types that are read. Computed once.
var types = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for name := range mapped {
		all[name] = name
	}
	for _, j := range joins {
		all[j.part] = j.part
	}
	for _, name := range aside {
		all[name] = name
	}
	return all
})
