// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/iampolicy"
)

// builder fills one cloud resource.
type builder struct {
	*collector
	*doc
	r     *cloud.Resource
	facts func(*builder) // that are still to be put
}

// doc decodes an item, or takes what the joins have decoded.
func (c *collector) doc(it *item) *doc {
	if d := c.index.docs[it]; d != nil {
		return d
	}
	return c.index.decoder.doc(c.input, it)
}

// resource begins the cloud resource of a document.
func (b *doc) resource(kind cloud.Kind) *cloud.Resource {
	return &cloud.Resource{ID: b.it.address, Kind: kind, Native: b.it.kind, Provider: "aws", Source: b.in.source,
		Attributes: map[string]any{}, Tags: b.tags(), Raw: b.raw()}
}

// tags gives the tags with those of the provider's default.
func (d *doc) tags() map[string]string {
	for _, path := range []string{"tags_all", "tags"} {
		m, _ := d.at(path).(map[string]any)
		if len(m) == 0 {
			continue
		}
		out := make(map[string]string, len(m))
		for k, v := range m {
			if s, ok := v.(string); ok && !d.secretAt(path+"."+k) {
				out[k] = s
			}
		}
		return out
	}
	return nil
}

// tag gives the first of the tags, without regard to case of their names.
func tag(tags map[string]string, names ...string) string {
	for _, name := range names {
		if v, ok := tags[name]; ok {
			return v
		}
		best := ""
		for k := range tags {
			if strings.EqualFold(k, name) && (best == "" || k < best) {
				best = k
			}
		}
		if best != "" {
			return tags[best]
		}
	}
	return ""
}

// base fills what every resource has. Services without regions are global.
func (b *builder) base(global bool) {
	r := b.r
	r.Account, r.Region = b.options.Account, b.region
	if region := b.collector.regionOf(b.it); region != "" {
		r.Region = region
	}
	r.Seen = cloud.Seen{At: b.options.Now, Call: b.call()}
	if zone, _ := b.at("availability_zone").(string); len(zone) > 1 {
		r.Region = strings.TrimRight(zone, "abcdefghijklmnopqrstuvwxyz")
	}
	if arn, _ := b.at("arn").(string); strings.Count(arn, ":") >= 5 {
		if f := strings.SplitN(arn, ":", 6); f[3] != "" {
			r.Region = f[3]
		}
	}
	if region, _ := b.at("region").(string); region != "" {
		r.Region = region
	}
	if global {
		r.Region = "global"
	}
	r.Name = b.name()
	if r.Tenant = tag(r.Tags, "tenant"); r.Tenant == "" {
		r.Tenant = b.options.Tenant
	}
}

// name gives the name that people know the resource by.
func (b *builder) name() string {
	for _, path := range []string{"bucket", "name", "identifier", "cluster_identifier", "function_name", "replication_group_id", "cluster_id", "alarm_name", "user"} {
		if v, _ := b.at(path).(string); v != "" && !b.secretAt(path) {
			return v
		}
	}
	if name := tag(b.r.Tags, "Name"); name != "" {
		return name
	}
	return b.it.address
}

// put sets an attribute to a fact or its gap. A fact stands before a gap.
func (b *builder) put(name string, f fact) {
	if f.known() {
		b.r.Attributes[name] = f.value
		delete(b.r.Gaps, name)
		return
	}
	if _, ok := b.r.Attributes[name]; ok {
		return
	}
	if b.r.Gaps == nil {
		b.r.Gaps = map[string]cloud.Gap{}
	}
	b.r.Gaps[name] = cloud.Gap{Reason: f.reason, Call: b.call(), Detail: f.detail}
}

// link draws edges to what an attribute names: items of the types where they
// are in the input, and the value itself where it is known and they are not.
func (b *builder) link(relation, attribute string, kinds ...string) []*item {
	found, _ := b.index.targets(b.doc, attribute, kinds...)
	for _, it := range found {
		b.r.Links = append(b.r.Links, cloud.Link{Relation: relation, Target: it.address})
	}
	if len(found) == 0 && !b.secretAt(attribute) {
		for _, v := range texts(b.at(attribute)) {
			if v != "" {
				b.r.Links = append(b.r.Links, cloud.Link{Relation: relation, Target: v})
			}
		}
	}
	return found
}

// linked gives the address of the one thing that an attribute names, or its value.
func (b *builder) linked(relation, attribute string, kinds ...string) fact {
	found := b.link(relation, attribute, kinds...)
	if len(found) == 1 {
		return known(found[0].address)
	}
	return b.text(attribute, known(""))
}

// parts gives the parts of a type that belong to this resource; sure tells that
// no other part of the input may.
func (b *builder) parts(kind string) (parts []*doc, sure bool) {
	return b.index.children[b.it][kind], len(b.index.lost[kind]) == 0
}

// part gives the one part of a type. Without one, otherwise holds where the
// plan creates the whole; where the whole exists the part may be kept elsewhere.
func (b *builder) part(kind string, otherwise fact) (*doc, fact) {
	parts, sure := b.parts(kind)
	if len(parts) > 0 {
		return parts[0], known(true)
	}
	if !sure {
		return nil, afterApply("which resource an " + kind + " belongs to")
	}
	if b.it.create {
		return nil, otherwise
	}
	return nil, notInSource("no " + kind + " is in this " + b.source)
}

// policyOf gives the policy document at a path.
func (d *doc) policyOf(path string) (*iampolicy.Policy, fact) {
	f := d.get(path, known(""))
	text, ok := f.value.(string)
	if !f.known() || text == "" {
		return nil, f
	}
	if !ok {
		return nil, unreadable(path)
	}
	p, err := iampolicy.Parse([]byte(text))
	if err != nil {
		return nil, fact{reason: cloud.Unreadable, detail: path + ": " + err.Error()}
	}
	return p, known(true)
}

// verdict makes a fact of an answer.
func verdict(v iampolicy.Verdict) fact {
	if v.Answer == iampolicy.Unknown {
		return fact{reason: cloud.Unreadable, detail: v.Why}
	}
	return known(v.Answer == iampolicy.Yes)
}

// policy asks the policy of this resource, which may be an argument of it or a
// part; without one, otherwise holds.
func (b *builder) policy(argument, part, partPath string, otherwise bool, ask func(*iampolicy.Policy) fact) fact {
	answer := func(p *iampolicy.Policy, f fact) fact {
		if p != nil {
			return ask(p)
		}
		if f.known() {
			return known(otherwise)
		}
		return f
	}
	if part != "" {
		if d, f := b.part(part, known(false)); d != nil {
			return answer(d.policyOf(partPath))
		} else if f.reason == cloud.AfterApply {
			return f
		} else if f.known() && (argument == "" || b.unknownAt(argument)) {
			return known(otherwise)
		} else if argument == "" || b.at(argument) == nil && !b.unknownAt(argument) {
			if f.known() {
				return known(otherwise)
			}
			return f
		}
	}
	return answer(b.policyOf(argument))
}

func public(p *iampolicy.Policy) fact { return verdict(p.Public()) }

// created is when a thing was made, which only an existing one has.
func (b *builder) created(path string) fact {
	if b.it.create {
		return afterApply("it is made by this plan")
	}
	text, _ := b.at(path).(string)
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return known(t.UTC())
	}
	return notInSource("when it was made")
}

// strings makes a fact of a sorted list.
func stringList(list []string) fact {
	slices.Sort(list)
	out := make([]any, 0, len(list))
	for _, s := range slices.Compact(list) {
		out = append(out, s)
	}
	return known(out)
}

// customerKey tells whether the key at the path is one that the customer
// manages; without a key it is not.
func (b *builder) customerKey(path string, kind ...string) fact {
	b.link("encrypts-with", path, "aws_kms_key", "aws_kms_alias")
	given := b.given(path)
	if text, _ := b.at(path).(string); strings.Contains(text, "alias/aws/") {
		return known(false)
	}
	return given
}
