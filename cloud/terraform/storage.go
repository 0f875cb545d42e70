// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"strings"

	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/iampolicy"
)

// The four switches of a block on public access.
var blocks = []string{"block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"}

func bucket(b *builder) {
	b.base(false)
	block := b.publicBlock()
	b.put("public_block", allOf(block[:]...))
	b.put("public", b.bucketPublic(block))
	b.put("encrypted", known(true)) // since 2023 there is no other
	b.put("customer_key", b.bucketKey())
	b.put("tls_only", b.policy("policy", "aws_s3_bucket_policy", "policy", false, b.bucketTLS))
	b.put("versioning", b.bucketVersioning())
	b.put("access_logging", b.bucketPart("aws_s3_bucket_logging", "target_bucket", "logging"))
	b.put("lifecycle_expiry", b.expiry())
	b.lock()
	b.trails()
}

// publicBlock gives the four switches. A new bucket has them on by default,
// since April 2023.
func (b *builder) publicBlock() (out [4]fact) {
	d, f := b.part("aws_s3_bucket_public_access_block", known(true))
	for i, name := range blocks {
		if out[i] = f; d != nil {
			out[i] = d.flag(name, known(false))
		}
	}
	return out
}

func (b *builder) bucketPublic(block [4]fact) fact {
	for _, it := range b.index.byKind["aws_s3_account_public_access_block"] {
		d := b.index.doc(it)
		for i, name := range blocks {
			if d.flag(name, known(false)).is(true) {
				block[i] = known(true)
			}
		}
	}
	ignore, restrict := block[2], block[3]
	byACL := allOf(ignore.not(), b.publicACL())
	byPolicy := allOf(restrict.not(), b.policy("policy", "aws_s3_bucket_policy", "policy", false, public))
	return anyOf(byACL, byPolicy)
}

func (b *builder) publicACL() fact {
	d, f := b.part("aws_s3_bucket_acl", known(false))
	if d == nil {
		if acl := b.text("acl", f); acl != f {
			return acl.when(openACL)
		}
		if !f.known() && f.reason == cloud.NotInSource {
			return b.grants(b.doc, "grant", f)
		}
		return f
	}
	if acl := d.text("acl", known("")); !acl.is("") {
		return acl.when(openACL)
	}
	return b.grants(d, "access_control_policy.0.grant", known(false))
}

func openACL(acl string) bool {
	return strings.HasPrefix(acl, "public-") || acl == "authenticated-read"
}

// grants looks for everyone among the grants of an ACL.
func (b *builder) grants(d *doc, path string, none fact) fact {
	list, f := d.list(path)
	if !f.known() || len(list) == 0 {
		if f.known() {
			return none
		}
		return f
	}
	for _, g := range list {
		for _, uri := range []string{"uri", "grantee.0.uri"} {
			v, _ := walk(g, uri)
			if s, _ := v.(string); strings.HasSuffix(s, "/global/AllUsers") || strings.HasSuffix(s, "/global/AuthenticatedUsers") {
				return known(true)
			}
		}
	}
	return known(false)
}

func (b *builder) bucketKey() fact {
	d, f := b.part("aws_s3_bucket_server_side_encryption_configuration", known(false))
	path := "rule.0.apply_server_side_encryption_by_default.0"
	if d == nil {
		path = "server_side_encryption_configuration.0." + path
		if d = b.doc; f.known() || b.at(path) == nil {
			return f
		}
	}
	algorithm := d.text(path+".sse_algorithm", known("AES256"))
	key := &builder{collector: b.collector, doc: d, r: b.r}
	return allOf(algorithm.when(func(a string) bool { return strings.HasPrefix(a, "aws:kms") }), key.customerKey(path+".kms_master_key_id"))
}

func (b *builder) bucketTLS(p *iampolicy.Policy) fact {
	name, _ := b.at("bucket").(string)
	if name == "" {
		return afterApply("bucket")
	}
	return verdict(p.RefusesPlainHTTP("s3", "arn:aws:s3:::"+name, "arn:aws:s3:::"+name+"/*"))
}

func (b *builder) bucketVersioning() fact {
	d, f := b.part("aws_s3_bucket_versioning", known(false))
	if d != nil {
		return d.text("versioning_configuration.0.status", known("")).equals("Enabled")
	}
	if !f.known() && f.reason == cloud.NotInSource {
		return b.flag("versioning.0.enabled", f)
	}
	return f
}

// bucketPart tells whether a part sets the path, or the bucket's own block is
// there.
func (b *builder) bucketPart(part, path, own string) fact {
	d, f := b.part(part, known(false))
	if d != nil {
		return d.given(path)
	}
	if list, _ := b.at(own).([]any); len(list) > 0 {
		return known(true)
	}
	return f
}

func (b *builder) expiry() fact {
	d, f := b.part("aws_s3_bucket_lifecycle_configuration", known(false))
	path := "rule"
	if d == nil {
		if d, path = b.doc, "lifecycle_rule"; f.known() || b.at(path) == nil {
			return f
		}
	}
	rules, f := d.list(path)
	if !f.known() {
		return f
	}
	for _, r := range rules {
		status, _ := walk(r, "status")
		enabled, _ := walk(r, "enabled")
		days, _ := walk(r, "expiration.0.days")
		date, _ := walk(r, "expiration.0.date")
		if n, _ := days.(int64); (status == "Enabled" || enabled == true) && (n > 0 || date != nil && date != "") {
			return known(true)
		}
	}
	return known(false)
}

func (b *builder) lock() {
	b.put("lock_days", known(int64(0)))
	enabled := b.flag("object_lock_enabled", known(false))
	d, f := b.part("aws_s3_bucket_object_lock_configuration", known(false))
	if d != nil {
		enabled = known(true)
		const path = "rule.0.default_retention.0."
		days, years := d.number(path+"days", known(int64(0))), d.number(path+"years", known(int64(0)))
		if n, ok := years.value.(int64); ok && n > 0 {
			days = known(n * 365)
		}
		delete(b.r.Attributes, "lock_days")
		b.put("lock_days", days)
	} else if !f.known() && !enabled.is(false) {
		delete(b.r.Attributes, "lock_days")
		b.put("lock_days", f)
	}
	b.put("object_lock", enabled)
}

// trails answers what audit trails of the input have to do with the bucket; that
// there is none elsewhere no plan can tell.
func (b *builder) trails() {
	elsewhere := notInSource("audit trails outside this " + b.source)
	into, sure := b.parts("aws_cloudtrail")
	switch {
	case len(into) > 0:
		b.put("holds_audit_logs", known(true))
	case !sure:
		b.put("holds_audit_logs", afterApply("the bucket of an audit trail"))
	case len(b.index.byKind["aws_cloudtrail"]) > 0:
		b.put("holds_audit_logs", known(false))
	default:
		b.put("holds_audit_logs", elsewhere)
	}
	name, _ := b.at("bucket").(string)
	for _, it := range b.index.byKind["aws_cloudtrail"] {
		if covered(b.index.doc(it), name) {
			b.put("data_events", known(true))
			return
		}
	}
	b.put("data_events", elsewhere)
}

// covered tells whether a trail records reads and writes of a bucket's objects.
func covered(d *doc, bucket string) bool {
	selectors, _ := d.list("event_selector")
	for _, s := range selectors {
		kind, _ := walk(s, "read_write_type")
		resources, _ := walk(s, "data_resource")
		list, _ := resources.([]any)
		for _, r := range list {
			v, _ := walk(r, "values")
			for _, arn := range texts(v) {
				whole := arn == "arn:aws:s3" || arn == "arn:aws:s3:::" || bucket != "" && arn == "arn:aws:s3:::"+bucket+"/"
				if whole && (kind == nil || kind == "All") {
					return true
				}
			}
		}
	}
	return false
}
