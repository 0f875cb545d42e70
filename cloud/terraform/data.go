// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/cloud/iampolicy"
)

func key(b *builder) {
	b.base(false)
	b.put("customer_managed", known(true))
	symmetric := known(false)
	if b.it.kind == "aws_kms_key" {
		symmetric = b.text("customer_master_key_spec", known("SYMMETRIC_DEFAULT")).equals("SYMMETRIC_DEFAULT")
		if b.text("key_usage", known("")).is("GENERATE_VERIFY_MAC") {
			symmetric = known(false)
		}
	}
	b.put("symmetric", symmetric)
	state := "is_enabled"
	if b.it.kind != "aws_kms_key" {
		state = "enabled"
	}
	enabled := b.flag(state, known(true))
	if v, ok := enabled.value.(bool); ok && enabled.known() {
		enabled = known(map[bool]string{true: "enabled", false: "disabled"}[v])
	}
	b.put("state", enabled)
	rotation := b.flag("enable_key_rotation", known(false))
	if b.it.kind != "aws_kms_key" {
		rotation = known(false)
	}
	b.put("rotation", rotation)
	part := ""
	if b.it.kind == "aws_kms_key" {
		part = "aws_kms_key_policy"
	}
	b.put("public", b.policy("policy", part, "policy", false, public))
	outside := b.policy("policy", part, "policy", false, b.external)
	if outside.is(false) {
		outside = stringList(nil)
	}
	b.put("external_accounts", outside)
	b.keyUse()
}

// keyUse finds what is encrypted with the key, which is all that a plan can say:
// other stacks may use it too.
func (b *builder) keyUse() {
	users := b.index.usersOf(b.it)
	if len(users) == 0 {
		b.put("in_use", notInSource("what uses it outside this "+b.source))
		b.put("tenants", notInSource("what uses it outside this "+b.source))
		return
	}
	b.put("in_use", known(true))
	var tenants []string
	for _, it := range users {
		t := tag(b.collector.doc(it).tags(), "tenant")
		if t == "" {
			t = b.options.Tenant
		}
		if t != "" {
			tenants = append(tenants, t)
		}
	}
	b.put("tenants", stringList(tenants))
}

// keyPaths are the arguments by which resources name their key.
var keyPaths = map[string][]string{
	"aws_s3_bucket_server_side_encryption_configuration": {"rule.0.apply_server_side_encryption_by_default.0.kms_master_key_id"},
	"aws_ebs_volume": {"kms_key_id"}, "aws_db_instance": {"kms_key_id"}, "aws_rds_cluster": {"kms_key_id"}, "aws_efs_file_system": {"kms_key_id"},
	"aws_dynamodb_table": {"server_side_encryption.0.kms_key_arn"}, "aws_sqs_queue": {"kms_master_key_id"}, "aws_sns_topic": {"kms_master_key_id"},
	"aws_secretsmanager_secret": {"kms_key_id"}, "aws_cloudtrail": {"kms_key_id"}, "aws_cloudwatch_log_group": {"kms_key_id"},
	"aws_elasticache_replication_group": {"kms_key_id"}, "aws_backup_vault": {"kms_key_arn"}, "aws_eks_cluster": {"encryption_config.0.provider.0.key_arn"},
	"aws_ecr_repository": {"encryption_configuration.0.kms_key"}, "aws_lambda_function": {"kms_key_arn"}, "aws_ebs_snapshot_copy": {"kms_key_id"},
}

// usersOf gives what names a key, by whatever way.
func (x *index) usersOf(key *item) []*item {
	if x.users == nil {
		x.users = map[*item][]*item{}
		for kind, paths := range keyPaths {
			for _, it := range x.byKind[kind] {
				for _, k := range x.keysOf(it, paths[0]) {
					x.users[k] = append(x.users[k], it)
				}
			}
		}
	}
	return x.users[key]
}

// keysOf gives the keys that the argument of an item names. Most items name none
// by a value, and then nothing is decoded.
func (x *index) keysOf(it *item, path string) []*item {
	leaf := []byte(`"` + path[strings.LastIndexByte(path, '.')+1:] + `":`)
	var found []*item
	if i := bytes.Index(it.values, leaf); i >= 0 && bytes.HasPrefix(bytes.TrimLeft(it.values[i+len(leaf):], " "), []byte(`"`)) {
		found, _ = x.targets(x.decoder.doc(x.in, it), path, "aws_kms_key", "aws_kms_alias")
	} else if bytes.Contains(it.unknown, leaf) {
		found, _ = x.refer(it, path, []string{"aws_kms_key", "aws_kms_alias"})
	}
	var keys []*item
	for _, k := range found {
		if k.kind == "aws_kms_alias" {
			aliased, _ := x.targets(x.doc(k), "target_key_id", "aws_kms_key")
			keys = append(keys, aliased...)
		} else {
			keys = append(keys, k)
		}
	}
	return keys
}

func secret(b *builder) {
	b.base(false)
	d, f := b.part("aws_secretsmanager_secret_rotation", known(false))
	if d != nil {
		f = known(true)
	} else if b.flag("rotation_enabled", known(false)).is(true) {
		f = known(true)
	}
	b.put("rotation", f)
	b.put("changed", b.created("last_changed_date"))
	b.put("customer_key", b.customerKey("kms_key_id"))
	b.put("public", b.policy("policy", "aws_secretsmanager_secret_policy", "policy", false, public))
}

func certificate(b *builder) {
	b.base(false)
	b.put("expires", b.created("not_after"))
	imported := anyOf(b.given("private_key"), b.given("certificate_body"))
	b.put("renews", imported.not())
	if presented, _ := b.parts("aws_lb_listener"); len(presented) > 0 {
		b.put("in_use", known(true))
	} else {
		b.put("in_use", notInSource("what presents it outside this "+b.source))
	}
}

func database(b *builder) {
	b.base(false)
	isCluster := b.it.kind == "aws_rds_cluster"
	engine := b.text("engine", notInSource("engine"))
	b.put("engine", engine)
	b.put("encrypted", b.flag("storage_encrypted", known(false)))
	b.link("encrypts-with", "kms_key_id", "aws_kms_key", "aws_kms_alias")
	b.put("backup_days", b.number("backup_retention_period", known(int64(1))))
	b.put("delete_protected", b.flag("deletion_protection", known(false)))
	b.put("audit_log", b.auditLog(engine))
	b.put("tls_required", b.tlsRequired(engine, isCluster))
	b.put("backed_up", b.backedUp())
	for _, name := range []string{"port", "subnets", "firewalls"} {
		b.put(name, notInSource("where it stands"))
	}
	if isCluster {
		b.clusterFacts()
		return
	}
	b.put("public", b.flag("publicly_accessible", known(false)))
	b.put("multi_zone", b.flag("multi_az", known(false)))
}

// clusterFacts asks the instances of a cluster.
func (b *builder) clusterFacts() {
	instances, sure := b.parts("aws_rds_cluster_instance")
	everyone := known(false)
	for _, d := range instances {
		everyone = anyOf(everyone, d.flag("publicly_accessible", known(false)))
	}
	several := known(len(instances) > 1)
	if (!sure || len(instances) == 0) && !everyone.is(true) {
		everyone = notInSource("its instances")
		several = notInSource("its instances")
	}
	b.put("public", everyone)
	b.put("multi_zone", several)
}

func (b *builder) auditLog(engine fact) fact {
	_, f := b.list("enabled_cloudwatch_logs_exports")
	if !f.known() {
		return f
	}
	exports := texts(b.at("enabled_cloudwatch_logs_exports"))
	return engine.when(func(name string) bool {
		if strings.Contains(name, "postgres") {
			return slices.Contains(exports, "postgresql")
		}
		return slices.Contains(exports, "audit")
	})
}

// tlsRequired asks the parameter group, or the engine's default without one.
func (b *builder) tlsRequired(engine fact, isCluster bool) fact {
	path, group := "parameter_group_name", "aws_db_parameter_group"
	if isCluster {
		path, group = "db_cluster_parameter_group_name", "aws_rds_cluster_parameter_group"
	}
	name, ok := engine.value.(string)
	if !engine.known() || !ok {
		return engine
	}
	if groups, sure := b.index.targets(b.doc, path, group); len(groups) == 1 && sure {
		d := b.index.doc(groups[0])
		list, f := d.list("parameter")
		if !f.known() {
			return f
		}
		for _, p := range list {
			n, _ := walk(p, "name")
			v, _ := walk(p, "value")
			if n == "rds.force_ssl" || n == "require_secure_transport" {
				return known(slices.Contains([]string{"1", "on", "true"}, strings.ToLower(scalar(v))))
			}
		}
	} else if given := b.text(path, known("")); !given.is("") && !given.when(func(s string) bool { return strings.HasPrefix(s, "default.") }).is(true) && !b.unset(path) {
		return notInSource("the parameter group of the database")
	}
	if !strings.Contains(name, "postgres") {
		return known(false)
	}
	version := b.text("engine_version", notInSource("engine_version"))
	return version.when(func(v string) bool {
		major, _, _ := strings.Cut(v, ".")
		n, err := strconv.Atoi(major)
		return err == nil && n >= 15 // from 15 on RDS forces TLS by default
	})
}

func table(b *builder) {
	b.base(false)
	b.put("customer_key", allOf(b.flag("server_side_encryption.0.enabled", known(false)), b.customerKey("server_side_encryption.0.kms_key_arn")))
	b.put("point_in_time_recovery", b.flag("point_in_time_recovery.0.enabled", known(false)))
	b.put("delete_protected", b.flag("deletion_protection_enabled", known(false)))
	b.put("backed_up", b.backedUp())
}

func fileStore(b *builder) {
	b.base(false)
	b.put("encrypted", b.flag("encrypted", known(false)))
	b.link("encrypts-with", "kms_key_id", "aws_kms_key", "aws_kms_alias")
	b.put("tls_only", b.policy("", "aws_efs_file_system_policy", "policy", false, func(p *iampolicy.Policy) fact {
		return verdict(p.RefusesPlainHTTP("elasticfilesystem"))
	}))
	backed := b.backedUp()
	if d, _ := b.part("aws_efs_backup_policy", known(false)); d != nil && !backed.is(true) {
		backed = anyOf(d.text("backup_policy.0.status", known("")).equals("ENABLED"), backed)
	}
	b.put("backed_up", backed)
}

func cache(b *builder) {
	b.base(false)
	otherwise := known(false)
	if b.text("engine", known("redis")).is("valkey") {
		otherwise = known(true)
	}
	b.put("encrypted", b.flag("at_rest_encryption_enabled", otherwise))
	b.put("tls_required", allOf(b.flag("transit_encryption_enabled", known(false)), b.text("transit_encryption_mode", known("required")).equals("required")))
	b.put("auth", anyOf(b.given("auth_token"), b.given("user_group_ids")))
}

func queue(b *builder) {
	b.base(false)
	own := b.given("kms_master_key_id")
	b.put("encrypted", anyOf(own, b.flag("sqs_managed_sse_enabled", known(true))))
	b.link("encrypts-with", "kms_master_key_id", "aws_kms_key", "aws_kms_alias")
	b.put("public", b.policy("policy", "aws_sqs_queue_policy", "policy", false, public))
	b.put("tls_only", b.policy("policy", "aws_sqs_queue_policy", "policy", false, func(p *iampolicy.Policy) fact {
		if arn, _ := b.at("arn").(string); arn != "" {
			return verdict(p.RefusesPlainHTTP("sqs", arn))
		}
		return verdict(p.RefusesPlainHTTP("sqs"))
	}))
}

func topic(b *builder) {
	b.base(false)
	b.put("encrypted", b.given("kms_master_key_id"))
	b.link("encrypts-with", "kms_master_key_id", "aws_kms_key", "aws_kms_alias")
	b.put("public", b.policy("policy", "aws_sns_topic_policy", "policy", false, public))
	b.put("subscribers", b.subscribers())
}

// subscribers counts subscriptions that need nobody's confirmation; one by
// e-mail is confirmed by a person, after apply.
func (b *builder) subscribers() fact {
	list, sure := b.parts("aws_sns_topic_subscription")
	n, waiting := int64(0), false
	for _, d := range list {
		p := d.text("protocol", known(""))
		if pending := d.flag("pending_confirmation", known(true)); p.is("email") || p.is("email-json") || !p.known() {
			waiting = waiting || !pending.is(false)
			if !pending.is(false) {
				continue
			}
		}
		n++
	}
	switch {
	case n > 0:
		return known(n)
	case waiting:
		return afterApply("a person must confirm the subscription")
	case !sure:
		return afterApply("the topic of a subscription")
	case !b.it.create:
		return notInSource("subscriptions outside this " + b.source)
	}
	return known(n)
}
