// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"slices"
	"strconv"
	"strings"
)

func disk(b *builder) {
	b.base(false)
	byDefault := known(false)
	for _, it := range b.index.byKind["aws_ebs_encryption_by_default"] {
		byDefault = b.index.doc(it).flag("enabled", known(true))
	}
	encrypted := b.flag("encrypted", notInSource("whether the region encrypts by default"))
	if !encrypted.known() && byDefault.is(true) {
		encrypted = known(true)
	}
	b.put("encrypted", encrypted)
	b.link("encrypts-with", "kms_key_id", "aws_kms_key", "aws_kms_alias")
	attached, _ := b.parts("aws_volume_attachment")
	if len(attached) > 0 {
		b.put("attached", known(true))
	} else {
		b.put("attached", notInSource("attachments outside this "+b.source))
	}
	b.put("created", b.created("create_time"))
	b.put("backed_up", b.backedUp())
}

// backedUp tells whether a backup selection of the input takes this resource.
func (b *builder) backedUp() fact {
	arn, _ := b.at("arn").(string)
	for _, it := range b.index.byKind["aws_backup_selection"] {
		d := b.index.doc(it)
		found, _ := b.index.targets(d, "resources", b.it.kind)
		named := texts(d.at("resources"))
		if slices.Contains(found, b.it) || slices.Contains(named, "*") || arn != "" && slices.Contains(named, arn) {
			return known(true)
		}
		selections, _ := d.list("selection_tag")
		for _, s := range selections {
			k, _ := walk(s, "key")
			v, _ := walk(s, "value")
			if name, ok := k.(string); ok && name != "" {
				if value, has := b.r.Tags[name]; has && value == v {
					return known(true)
				}
			}
		}
	}
	return notInSource("backup plans outside this " + b.source)
}

func diskSnapshot(b *builder) {
	b.base(false)
	b.put("encrypted", b.flag("encrypted", known(false)))
	b.put("created", b.created("start_time"))
	permissions, sure := b.parts("aws_snapshot_create_volume_permission")
	var accounts []string
	for _, d := range permissions {
		accounts = append(accounts, texts(d.at("account_id"))...)
	}
	switch {
	case !sure:
		b.put("shared_with", afterApply("which snapshot a permission is for"))
	case len(accounts) < len(permissions):
		b.put("shared_with", afterApply("account_id"))
	case len(accounts) == 0 && !b.it.create:
		b.put("shared_with", notInSource("permissions outside this "+b.source))
	default:
		b.put("shared_with", stringList(accounts))
	}
	if b.it.create { // the provider has no way to share it with everyone
		b.put("public", known(false))
	}
}

func machine(b *builder) {
	b.base(false)
	state := b.text("instance_state", known("running"))
	if !state.known() && b.it.create {
		state = known("running")
	}
	b.put("state", state)
	template := b.template()
	b.put("metadata_token", b.metadataToken(template))
	b.put("public_address", b.publicAddress())
	b.put("public_tier", b.publicTier())
	b.put("startup_secret", b.startup(template))
	b.put("delete_protected", b.flag("disable_api_termination", known(false)))
	b.put("image", b.text("ami", known("")))
	b.put("backed_up", b.backedUp())
	b.link("in-network", "subnet_id", "aws_subnet")
	b.link("protected-by", "vpc_security_group_ids", "aws_security_group", "aws_default_security_group")
	b.link("assumes", "iam_instance_profile", "aws_iam_role")
}

// template gives the launch template of the input that a machine starts from.
func (b *builder) template() *doc {
	for _, path := range []string{"launch_template.0.id", "launch_template.0.name"} {
		if found, sure := b.index.targets(b.doc, path, "aws_launch_template"); sure && len(found) == 1 {
			return b.index.doc(found[0])
		}
	}
	return nil
}

func (b *builder) metadataToken(template *doc) fact {
	const path = "metadata_options.0.http_tokens"
	off := b.text("metadata_options.0.http_endpoint", known("enabled")).equals("disabled")
	f := b.text(path, notInSource("the default of the image and the account"))
	if !f.known() && template != nil {
		f = template.text(path, f)
	}
	return anyOf(off, f.equals("required"))
}

// publicAddress is the address, empty for none. A plan knows whether there will
// be one, by the machine's own word or its subnet's, but not which: that is told
// as "after apply".
func (b *builder) publicAddress() fact {
	if b.it.create || b.unknownAt("public_ip") {
		asked := b.flag("associate_public_ip_address", notInSource("whether it gets a public address"))
		subnets, sure := b.index.targets(b.doc, "subnet_id", "aws_subnet")
		if b.unset("associate_public_ip_address") && sure && len(subnets) == 1 {
			asked = b.index.doc(subnets[0]).flag("map_public_ip_on_launch", known(false))
		}
		switch {
		case asked.is(false):
			return known("")
		case asked.is(true):
			return known("after apply")
		}
		return asked
	}
	return b.text("public_ip", known(""))
}

// publicTier asks the tags of the machine and of its subnet.
func (b *builder) publicTier() fact {
	isPublic := func(tags map[string]string) bool {
		return slices.Contains([]string{"public", "dmz", "edge"}, strings.ToLower(tag(tags, "zone", "tier")))
	}
	if isPublic(b.r.Tags) {
		return known(true)
	}
	subnets, sure := b.index.targets(b.doc, "subnet_id", "aws_subnet")
	if len(subnets) == 1 && sure {
		return known(isPublic(b.index.doc(subnets[0]).tags()))
	}
	return notInSource("the tags of its subnet")
}

func (b *builder) startup(template *doc) fact {
	f := b.scriptSecret("user_data", "user_data_base64")
	if template == nil || f.is(true) {
		return f
	}
	return anyOf(f, template.scriptSecret("", "user_data"))
}

func image(b *builder) {
	b.base(false)
	permissions, sure := b.parts("aws_ami_launch_permission")
	var accounts []string
	everyone := known(false)
	if !b.it.create {
		everyone = b.flag("public", notInSource("permissions outside this "+b.source))
	}
	for _, d := range permissions {
		accounts = append(accounts, texts(d.at("account_id"))...)
		if d.text("group", known("")).is("all") {
			everyone = known(true)
		}
	}
	if !sure {
		everyone = anyOf(everyone, afterApply("which image a permission is for"))
	}
	b.put("public", everyone)
	switch {
	case !sure:
		b.put("shared_with", afterApply("which image a permission is for"))
	case len(accounts) == 0 && !b.it.create:
		b.put("shared_with", notInSource("permissions outside this "+b.source))
	default:
		b.put("shared_with", stringList(accounts))
	}
	b.put("created", b.created("creation_date"))
	b.put("encrypted", b.imageEncrypted())
}

func (b *builder) imageEncrypted() fact {
	if b.flag("encrypted", known(false)).is(true) {
		return known(true)
	}
	disks, f := b.list("ebs_block_device")
	if !f.known() {
		return f
	}
	if len(disks) == 0 {
		return notInSource("the disks of the image")
	}
	out := known(true)
	for i := range disks {
		out = allOf(out, b.flag("ebs_block_device."+strconv.Itoa(i)+".encrypted", notInSource("whether its snapshot is encrypted")))
	}
	return out
}

func machineGroup(b *builder) {
	b.base(false)
	b.put("minimum", b.number("min_size", known(int64(0))))
	b.put("maximum", b.number("max_size", known(int64(0))))
	alarms, _ := b.parts("aws_cloudwatch_metric_alarm")
	if len(alarms) > 0 {
		b.put("alarm", known(true))
	} else {
		b.put("alarm", notInSource("alarms outside this "+b.source))
	}
	zones := texts(b.at("availability_zones"))
	subnets, sure := b.index.targets(b.doc, "vpc_zone_identifier", "aws_subnet")
	told := true
	for _, it := range subnets {
		zone, _ := b.index.doc(it).at("availability_zone").(string)
		told = told && zone != ""
		zones = append(zones, zone)
	}
	slices.Sort(zones)
	zones = slices.Compact(zones)
	if len(zones) == 0 || !told || !sure || len(subnets) < len(texts(b.at("vpc_zone_identifier"))) {
		b.put("zones", afterApply("the zones of its subnets"))
	} else {
		b.put("zones", known(int64(len(zones))))
	}
}
