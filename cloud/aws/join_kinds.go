// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
)

func (j *join) account(r *cloud.Resource) {
	if _, known := r.Attributes["organisation_units"]; !known && truth(r, "organisation_member") {
		if i := slices.IndexFunc(j.notes["units"], func(n *cloud.Resource) bool { return n.Name == r.Account }); i >= 0 {
			set(r, "organisation_units", stringList(textList(j.notes["units"][i], "ids")))
		} else if why := j.why(r.Account, "*", "organizations", cloud.AccountKind); why == nil {
			unknown(r, "organisation_units", cloud.Gap{Reason: cloud.NotCollected, Call: "organizations:ListParents", Detail: "the account that manages the organisation was not read"})
		}
	}
	if _, known := r.Attributes["federated"]; !known {
		yes := slices.ContainsFunc(j.notes["sso"], func(n *cloud.Resource) bool { return n.Account == r.Account })
		why := j.why(r.Account, "*", "iam", cloud.AccountKind)
		if why == nil {
			why = j.why(r.Account, "*", "sso", cloud.AccountKind)
		}
		j.answer(r, "federated", yes, why)
	}
	for attribute, event := range map[string]string{"alarm_root_use": "root-use", "alarm_failed_sign_in": "failed-sign-in"} {
		yes, why := j.alarmed(r.Account, event)
		j.answer(r, attribute, yes, why)
	}
}

// alarmed tells whether an event of an account's audit trail raises an alarm
// that reaches a subscriber: trail → log group → metric filter → alarm → topic.
func (j *join) alarmed(account, event string) (bool, *cloud.Gap) {
	var unheard *cloud.Gap
	for _, f := range j.notes["metric-filter"] {
		if f.Account != account || !slices.Contains(textList(f, "events"), event) || !j.fromTrail(account, text(f, "group")) {
			continue
		}
		for _, a := range j.notes["alarm"] {
			if a.Account != account || a.Region != f.Region || text(a, "namespace") != text(f, "namespace") || text(a, "metric") != text(f, "metric") || !truth(a, "enabled") {
				continue
			}
			yes, why := j.reaches(textList(a, "actions"))
			if yes {
				return true, nil
			}
			if why != nil {
				unheard = why
			}
		}
	}
	if unheard == nil {
		unheard = j.whyAny(account, "*", asked{"cloudtrail", cloud.LogTrail}, asked{"logs", cloud.LogStore}, asked{"cloudwatch", cloud.Alarm}, asked{"sns", cloud.Topic})
	}
	return false, unheard
}

// fromTrail tells whether a logging trail of any account delivers to the group.
func (j *join) fromTrail(account, group string) bool {
	return slices.ContainsFunc(j.notes["trail"], func(n *cloud.Resource) bool {
		return truth(n, "logging") && strings.TrimSuffix(text(n, "log_group"), ":*") == strings.TrimSuffix(group, ":*") &&
			(n.Account == account || truth(n, "organisation"))
	})
}

// reaches tells whether one of the actions leads to a topic with a subscriber.
func (j *join) reaches(actions []string) (bool, *cloud.Gap) {
	var unheard *cloud.Gap
	for _, arn := range actions {
		parts := strings.Split(arn, ":")
		if len(parts) < 6 || parts[2] != "sns" {
			continue
		}
		topic := j.byKey["topic "+parts[4]+" "+parts[3]+" "+arn]
		switch {
		case topic == nil:
			// A topic that was listed nowhere is either gone or not ours to see.
			unheard = j.why(parts[4], parts[3], "sns", cloud.Topic)
		case truth(topic, "unread"):
			unheard = &cloud.Gap{Reason: cloud.Reason(text(topic, "reason")), Call: "sns:ListSubscriptionsByTopic", Detail: text(topic, "detail")}
		case number(topic, "subscribers") > 0:
			return true, nil
		}
	}
	return false, unheard
}

func (j *join) alarm(r *cloud.Resource) {
	namespace, metric := text(r, "_namespace"), text(r, "metric")
	var events []string
	for _, f := range j.notes["metric-filter"] {
		if f.Account == r.Account && f.Region == r.Region && text(f, "namespace") == namespace && text(f, "metric") == metric {
			events = append(events, textList(f, "events")...)
		}
	}
	if why := j.why(r.Account, r.Region, "logs", cloud.LogStore); why != nil && len(events) == 0 && !strings.HasPrefix(namespace, "AWS/") {
		unknown(r, "events", *why)
	} else {
		set(r, "events", stringList(events))
	}
	yes, why := j.reaches(textList(r, "_actions"))
	j.answer(r, "reaches_subscriber", yes, why)
}

func (j *join) region(r *cloud.Resource) {
	yes := slices.ContainsFunc(j.notes["used"], func(n *cloud.Resource) bool { return n.Account == r.Account && n.Region == r.Region })
	j.answer(r, "used", yes, j.whyAny(r.Account, r.Region, asked{"ec2", cloud.Machine}, asked{"ec2", cloud.Network}, asked{"rds", cloud.Database}, asked{"lambda", cloud.Function}))
}

func (j *join) objectStore(r *cloud.Resource) {
	var why *cloud.Gap
	for _, a := range j.accounts {
		if why == nil {
			why = j.why(a, "*", "cloudtrail", cloud.LogTrail)
		}
	}
	holds, events := false, false
	for _, n := range j.notes["trail"] {
		holds = holds || text(n, "bucket") == r.Name
		covers := n.Account == r.Account && (truth(n, "multi_region") || text(n, "home") == r.Region) || truth(n, "organisation")
		events = events || truth(n, "logging") && covers && slices.ContainsFunc(textList(n, "data_buckets"), func(p string) bool {
			return p != "" && strings.HasPrefix(r.ID+"/", p)
		})
	}
	j.answer(r, "holds_audit_logs", holds, why)
	j.answer(r, "data_events", events, why)
}

func (j *join) machine(r *cloud.Resource) {
	id := r.ID[strings.LastIndexByte(r.ID, '/')+1:]
	why := j.why(r.Account, r.Region, "ssm", cloud.Machine)
	managed := j.noted(r, "managed", id)
	j.answer(r, "managed", managed, why)
	patch := j.byKey["patch "+r.Account+" "+r.Region+" "+id]
	switch {
	case patch != nil:
		set(r, "missing_patches", number(patch, "missing"))
	case managed && j.byKey["patch-gap "+r.Account+" "+r.Region+" "] != nil:
		n := j.byKey["patch-gap "+r.Account+" "+r.Region+" "]
		unknown(r, "missing_patches", cloud.Gap{Reason: cloud.Reason(text(n, "reason")), Call: text(n, "call"), Detail: text(n, "detail")})
	case why != nil:
		unknown(r, "missing_patches", *why)
	default:
		unknown(r, "missing_patches", cloud.Gap{Reason: cloud.NotEnabled, Call: "ssm:DescribeInstancePatchStates", Detail: "no scan for patches was reported for the machine"})
	}
}

// key tells what a key protects, and whose that is.
func (j *join) key(r *cloud.Resource) {
	why := j.whyAny(r.Account, r.Region, keyUsers...)
	j.answer(r, "in_use", j.used[r.ID] != nil, why)
	var tenants []string
	for t := range j.used[r.ID] {
		if t != "" {
			tenants = append(tenants, t)
		}
	}
	if why != nil && len(tenants) < 2 {
		unknown(r, "tenants", *why)
		return
	}
	set(r, "tenants", stringList(tenants))
}

// role tells whether another tenant's account may assume a tenant's role.
func (j *join) role(r *cloud.Resource) {
	if _, read := r.Attributes["_trusts"]; !read {
		return
	}
	var others []string
	for _, account := range textList(r, "_trusts") {
		if t := j.tenants[account]; t != "" && r.Tenant != "" && t != r.Tenant {
			others = append(others, t)
		}
	}
	set(r, "trust_tenants", stringList(others))
}

// interconnect asks the tags of the networks that a unit named in "_networks",
// each as "account vpc".
func (j *join) interconnect(r *cloud.Resource) {
	id := text(r, "_id")
	if slices.ContainsFunc(j.notes["route"], func(n *cloud.Resource) bool { return n.Name == id }) {
		set(r, "routed", true)
	} else if g, ok := r.Gaps["routed"]; !ok || unread(g) {
		set(r, "routed", false)
	}
	var tenants, stages []string
	var why *cloud.Gap
	for _, ref := range textList(r, "_networks") {
		n := j.networkNote(ref)
		if n == nil {
			why = &cloud.Gap{Reason: cloud.NotCollected, Call: "ec2:DescribeVpcs", Detail: "a joined network was not read: " + ref}
			continue
		}
		if t := text(n, "tenant"); t != "" {
			tenants = append(tenants, t)
		}
		if s := text(n, "stage"); s != "" {
			stages = append(stages, s)
		}
	}
	if why != nil {
		unknown(r, "tenants", *why)
		unknown(r, "stages", *why)
		return
	}
	if _, gone := r.Gaps["tenants"]; !gone || unread(r.Gaps["tenants"]) {
		set(r, "tenants", stringList(tenants))
		set(r, "stages", stringList(stages))
	}
}

func (j *join) networkNote(ref string) *cloud.Resource {
	account, vpc, _ := strings.Cut(ref, " ")
	for _, n := range j.notes["network"] {
		if n.Name == vpc && n.Account == account {
			return n
		}
	}
	return nil
}

// backup tells whether a backup plan of the resource's account and region
// selects it, by its ARN or its tags.
func (j *join) backup(r *cloud.Resource) {
	spec, _ := cloud.Lookup(r.Kind)
	if _, asks := spec.Attribute("backed_up"); !asks {
		return
	}
	yes := false
	for _, n := range j.notes["selection"] {
		yes = yes || n.Account == r.Account && n.Region == r.Region && selects(n, r)
	}
	why := j.why(r.Account, r.Region, "backup", cloud.BackupPlan)
	if g, untold := r.Gaps["tags"]; untold && !yes && why == nil && len(j.notes["selection"]) > 0 {
		why = &g
	}
	j.answer(r, "backed_up", yes, why)
}

// selects follows the rules of a selection: a list of ARN patterns or, by OR,
// tags; all conditions; and what is excluded.
func selects(n *cloud.Resource, r *cloud.Resource) bool {
	for _, p := range textList(n, "not") {
		if wild(p, r.ID) {
			return false
		}
	}
	for _, c := range conditions(n, "all") {
		if !c.holds(r.Tags) {
			return false
		}
	}
	resources, anyOf := textList(n, "resources"), conditions(n, "any")
	for _, p := range resources {
		if wild(p, r.ID) {
			return true
		}
	}
	for _, c := range anyOf {
		if c.holds(r.Tags) {
			return true
		}
	}
	return len(resources) == 0 && len(anyOf) == 0
}

// condition compares a tag: test is equals, not-equals, like or not-like.
type condition struct{ test, key, value string }

func conditions(n *cloud.Resource, name string) []condition {
	var out []condition
	for _, t := range textList(n, name) {
		if f := strings.SplitN(t, "\x1f", 3); len(f) == 3 {
			out = append(out, condition{f[0], f[1], f[2]})
		}
	}
	return out
}

func (c condition) holds(tags map[string]string) bool {
	v, ok := tags[c.key]
	switch c.test {
	case "equals":
		return ok && v == c.value
	case "not-equals":
		return !ok || v != c.value
	case "like":
		return ok && wild(c.value, v)
	}
	return !ok || !wild(c.value, v)
}

// wild matches a pattern in which * stands for any text, in time that grows
// with pattern × text.
func wild(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == text[t] || pattern[p] == '?'):
			p, t = p+1, t+1
		case star >= 0:
			p, mark = star+1, mark+1
			t = mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
