// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"slices"

	"demarc.dev/demarc/cloud"
)

// settings gives the account and the region, when the input sets anything of
// them. What it does not set may be set elsewhere, and is a gap.
func (c *collector) settings() []*cloud.Resource {
	account := c.setting(cloud.AccountKind, "account", "global")
	c.accountFacts(account)
	region := c.setting(cloud.RegionKind, "region", c.region)
	c.regionFacts(region)
	var out []*cloud.Resource
	for _, b := range []*builder{account, region} {
		if len(b.r.Attributes) > 0 {
			b.r.Complete(cloud.Gap{Reason: cloud.NotInSource, Call: c.call(), Detail: "what is set outside this " + c.source})
			out = append(out, b.r)
		}
	}
	return out
}

func (c *collector) setting(kind cloud.Kind, native, region string) *builder {
	name := c.options.Name
	if name == "" {
		name = c.options.Account
	}
	id := "terraform." + native
	if kind == cloud.RegionKind {
		name = region
		id += "." + region
	}
	if name == "" {
		name = native
	}
	return &builder{collector: c, r: &cloud.Resource{ID: id, Kind: kind, Native: "terraform." + native, Provider: "aws", Source: c.source,
		Account: c.options.Account, Region: region, Name: name, Tenant: c.options.Tenant,
		Attributes: map[string]any{}, Seen: cloud.Seen{At: c.options.Now, Call: c.call()}}}
}

// each asks each resource of a type of the input.
func (b *builder) each(kind string, ask func(d *doc)) {
	for _, it := range b.index.byKind[kind] {
		ask(b.index.doc(it))
	}
}

func (c *collector) accountFacts(b *builder) {
	b.each("aws_iam_account_password_policy", func(d *doc) {
		b.put("password_min_length", d.number("minimum_password_length", known(int64(6))))
		b.put("password_reuse_prevention", d.number("password_reuse_prevention", known(int64(0))))
		var all []fact
		for _, name := range []string{"require_lowercase_characters", "require_uppercase_characters", "require_numbers", "require_symbols"} {
			all = append(all, d.flag(name, known(false)))
		}
		b.put("password_complexity", allOf(all...))
	})
	b.each("aws_s3_account_public_access_block", func(d *doc) {
		var all []fact
		for _, name := range blocks {
			all = append(all, d.flag(name, known(false)))
		}
		b.put("object_store_public_block", allOf(all...))
	})
	b.each("aws_account_alternate_contact", func(d *doc) {
		if d.text("alternate_contact_type", known("")).is("SECURITY") {
			b.put("security_contact", known(true))
		}
	})
	if len(b.index.byKind["aws_iam_saml_provider"]) > 0 {
		b.put("federated", known(true))
	}
	if len(b.index.byKind["aws_organizations_organization"]) > 0 {
		b.put("organisation_member", known(true))
	}
	b.alarms()
	b.support()
}

// alarms asks whether an alarm of the input counts an event and reaches someone.
func (b *builder) alarms() {
	for name, event := range map[string]string{"alarm_root_use": "root-use", "alarm_failed_sign_in": "failed-sign-in"} {
		for _, it := range b.index.byKind["aws_cloudwatch_metric_alarm"] {
			a := &builder{collector: b.collector, doc: b.collector.doc(it), r: b.r}
			list, _ := a.events().value.([]any)
			if !slices.Contains(list, any(event)) {
				continue
			}
			if f := allOf(a.reaches(), a.flag("actions_enabled", known(true))); f.is(true) {
				b.put(name, f)
			}
		}
	}
}

// support looks for a role with the policy for calling the provider's support.
func (b *builder) support() {
	b.each("aws_iam_role_policy_attachment", func(d *doc) {
		if d.text("policy_arn", known("")).is("arn:aws:iam::aws:policy/AWSSupportAccess") {
			b.put("support_role", known(true))
		}
	})
}

func (c *collector) regionFacts(b *builder) {
	b.each("aws_ebs_encryption_by_default", func(d *doc) { b.put("disk_encryption_default", d.flag("enabled", known(true))) })
	b.each("aws_ec2_serial_console_access", func(d *doc) { b.put("serial_console", d.flag("enabled", known(true))) })
	b.each("aws_config_configuration_recorder", func(d *doc) {
		b.put("recorder_all_types", d.flag("recording_group.0.all_supported", known(true)))
	})
	b.each("aws_config_configuration_recorder_status", func(d *doc) { b.put("recorder_on", d.flag("is_enabled", known(false))) })
	b.each("aws_guardduty_detector", func(d *doc) { b.put("threat_detection", d.flag("enable", known(true))) })
	b.each("aws_securityhub_account", func(d *doc) { b.put("posture_service", known(true)) })
	if n := len(b.index.byKind["aws_securityhub_standards_subscription"]); n > 0 {
		b.put("posture_standards", known(int64(n)))
	}
	b.each("aws_inspector2_enabler", func(d *doc) {
		kinds := texts(d.at("resource_types"))
		if slices.Contains(kinds, "EC2") {
			b.put("vulnerability_scan_machines", known(true))
		}
		if slices.Contains(kinds, "ECR") {
			b.put("vulnerability_scan_images", known(true))
		}
	})
	if len(b.index.byKind["aws_accessanalyzer_analyzer"]) > 0 {
		b.put("access_analyser", known(true))
	}
	for _, kind := range []string{"aws_instance", "aws_db_instance", "aws_rds_cluster", "aws_lambda_function", "aws_vpc"} {
		if len(b.index.byKind[kind]) > 0 && len(b.r.Attributes) > 0 {
			b.put("used", known(true))
		}
	}
}
