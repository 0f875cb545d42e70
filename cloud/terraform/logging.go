// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"slices"
	"strconv"
	"strings"
)

func trail(b *builder) {
	b.base(false)
	b.put("logging", b.flag("enable_logging", known(true)))
	b.put("multi_region", b.flag("is_multi_region_trail", known(false)))
	b.put("management_events", b.managementEvents())
	b.put("validation", b.flag("enable_log_file_validation", known(false)))
	b.put("customer_key", b.customerKey("kms_key_id"))
	b.put("store", b.linked("logs-to", "s3_bucket_name", "aws_s3_bucket"))
	b.put("organisation", b.flag("is_organization_trail", known(false)))
}

func (b *builder) managementEvents() fact {
	advanced, f := b.list("advanced_event_selector")
	if !f.known() && !b.unset("advanced_event_selector") {
		return f
	}
	for _, s := range advanced {
		fields, _ := walk(s, "field_selector")
		list, _ := fields.([]any)
		management, limited := false, false
		for _, f := range list {
			name, _ := walk(f, "field")
			equals, _ := walk(f, "equals")
			management = management || name == "eventCategory" && slices.Contains(texts(equals), "Management")
			limited = limited || name == "readOnly"
		}
		if management && !limited {
			return known(true)
		}
	}
	if len(advanced) > 0 {
		return known(false)
	}
	selectors, f := b.list("event_selector")
	if !f.known() && !b.unset("event_selector") {
		return f
	}
	out := known(len(selectors) == 0) // without a selector a trail records them
	for i := range selectors {
		path := "event_selector." + strconv.Itoa(i) + "."
		out = anyOf(out, allOf(b.flag(path+"include_management_events", known(true)), b.text(path+"read_write_type", known("All")).equals("All")))
	}
	return out
}

func logGroup(b *builder) {
	b.base(false)
	b.put("retention_days", b.number("retention_in_days", known(int64(0))))
	b.put("customer_key", b.customerKey("kms_key_id"))
}

func alarm(b *builder) {
	b.base(false)
	b.put("metric", b.text("metric_name", known("")))
	b.put("events", b.events())
	b.put("reaches_subscriber", b.reaches())
	b.put("enabled", b.flag("actions_enabled", known(true)))
	b.link("tells", "alarm_actions", "aws_sns_topic")
}

// events gives what the alarm's metric counts, by the filter that feeds it.
func (b *builder) events() fact {
	name, space := b.text("metric_name", known("")), b.text("namespace", known(""))
	if !name.known() || !space.known() {
		return anyOf(name, space)
	}
	fed := false
	var out []string
	for _, it := range b.index.byKind["aws_cloudwatch_log_metric_filter"] {
		d := b.index.doc(it)
		if !d.text("metric_transformation.0.name", known("")).is(name.value) || !d.text("metric_transformation.0.namespace", known("")).is(space.value) {
			continue
		}
		fed = true
		pattern, _ := d.at("pattern").(string)
		out = append(out, counted(pattern)...)
	}
	if s, _ := space.value.(string); fed || strings.HasPrefix(s, "AWS/") {
		return stringList(out)
	}
	return notInSource("what feeds the metric")
}

// counted names the events that a filter's pattern counts.
func counted(pattern string) []string {
	plain := strings.ToLower(strings.NewReplacer(" ", "", `"`, "", "'", "").Replace(pattern))
	var out []string
	if strings.Contains(plain, "$.useridentity.type=root") {
		out = append(out, "root-use")
	}
	if strings.Contains(plain, "$.eventname=consolelogin") && strings.Contains(plain, "failed") {
		out = append(out, "failed-sign-in")
	}
	return out
}

// reaches tells whether an action of the alarm leads to a topic with subscribers.
func (b *builder) reaches() fact {
	given := b.given("alarm_actions")
	if given.is(false) {
		return given
	}
	topics, sure := b.index.targets(b.doc, "alarm_actions", "aws_sns_topic")
	out := known(false)
	for _, it := range topics {
		t := &builder{collector: b.collector, doc: b.collector.doc(it), r: b.r}
		n := t.subscribers()
		if v, ok := n.value.(int64); ok && n.known() {
			n = known(v > 0)
		}
		out = anyOf(out, n)
	}
	if !sure || len(topics) < len(texts(b.at("alarm_actions"))) {
		out = anyOf(out, notInSource("the subscribers of its topic"))
	}
	return out
}

func backupPlan(b *builder) {
	b.base(false)
	rules, f := b.list("rule")
	if !f.known() {
		b.put("rules", f)
		b.put("keep_days", f)
		b.put("copies_elsewhere", f)
		return
	}
	b.put("rules", known(int64(len(rules))))
	shortest, copies := fact{value: int64(0)}, known(false)
	for i := range rules {
		path := "rule." + strconv.Itoa(i) + "."
		days := b.number(path+"lifecycle.0.delete_after", known(int64(0)))
		if n, ok := days.value.(int64); !days.known() {
			shortest = days
		} else if old, known := shortest.value.(int64); ok && known && n > 0 && (old == 0 || n < old) {
			shortest = days
		}
		copies = anyOf(copies, b.given(path+"copy_action"))
	}
	b.put("keep_days", shortest)
	b.put("copies_elsewhere", copies)
}

func backupVault(b *builder) {
	b.base(false)
	d, f := b.part("aws_backup_vault_lock_configuration", known(false))
	if d != nil {
		f = known(true)
	}
	b.put("locked", f)
	b.put("public", b.policy("", "aws_backup_vault_policy", "policy", false, public))
	b.link("encrypts-with", "kms_key_arn", "aws_kms_key", "aws_kms_alias")
}
