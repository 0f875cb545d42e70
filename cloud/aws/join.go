// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
)

// join puts together what several services tell of one thing. It holds the
// notes of all units, never the resources.
type join struct {
	services []string
	accounts []string
	tenants  map[string]string            // of accounts
	notes    map[string][]*cloud.Resource // by topic
	byKey    map[string]*cloud.Resource   // topic + " " + account + " " + region + " " + key
	gaps     map[[2]string][]cloud.ScopeGap
	used     map[string]map[string]bool // keys that protect something → of which tenants
	managed  map[string]bool            // keys by ARN: the customer's?
	aliases  map[string]string
}

func newJoin(services []string, accounts []cloud.Account) *join {
	tenants, ids := map[string]string{}, []string{}
	for _, a := range accounts {
		ids, tenants[a.ID] = append(ids, a.ID), a.Tenant
	}
	return &join{services: services, accounts: ids, tenants: tenants, notes: map[string][]*cloud.Resource{}, byKey: map[string]*cloud.Resource{},
		gaps: map[[2]string][]cloud.ScopeGap{}, used: map[string]map[string]bool{}, managed: map[string]bool{}, aliases: map[string]string{}}
}

func (j *join) note(n *cloud.Resource) {
	switch n.Native {
	case "key":
		j.managed[n.Name] = truth(n, "customer")
	case "alias":
		j.aliases[n.Name] = text(n, "key")
	default:
		j.notes[n.Native] = append(j.notes[n.Native], n)
		j.byKey[n.Native+" "+n.Account+" "+n.Region+" "+n.Name] = n
	}
}

// ready takes the gaps of scope and gives those that only the whole run shows.
func (j *join) ready(gaps []cloud.ScopeGap) []cloud.ScopeGap {
	for _, g := range gaps {
		j.gaps[[2]string{g.Account, g.Service}] = append(j.gaps[[2]string{g.Account, g.Service}], g)
	}
	for _, n := range j.notes["uses-key"] {
		arn := j.keyARN(text(n, "key"), n.Account, text(n, "region"))
		if j.used[arn] == nil {
			j.used[arn] = map[string]bool{}
		}
		j.used[arn][j.tenant(text(n, "tenant"), n.Account)] = true
	}
	return j.organisationGaps()
}

// organisationGaps names organisations whose members were read and whose
// management account was not.
func (j *join) organisationGaps() []cloud.ScopeGap {
	var out []cloud.ScopeGap
	told := map[string]bool{}
	for _, n := range j.notes["member"] {
		master := text(n, "master")
		if slices.Contains(j.accounts, master) || told[n.Name] {
			continue
		}
		told[n.Name] = true
		out = append(out, cloud.ScopeGap{Provider: "aws", Account: n.Account, Region: everywhere, Service: "organizations", Kinds: []cloud.Kind{cloud.Guardrail, cloud.Organisation},
			Gap: cloud.Gap{Reason: cloud.NotCollected, Call: "organizations:ListPolicies", Detail: "the account is a member; only the management account " + master + " tells of the organisation"}})
	}
	return out
}

// why tells why what a service says of a kind is not complete in an account and
// region ("*" any), or gives nil when it is.
func (j *join) why(account, region, service string, kind cloud.Kind) *cloud.Gap {
	if !slices.Contains(j.services, service) {
		return &cloud.Gap{Reason: cloud.NotCollected, Call: service + ":*", Detail: notAsked(service)}
	}
	if !slices.Contains(j.accounts, account) {
		return &cloud.Gap{Reason: cloud.NotCollected, Call: service + ":*", Detail: "account " + account + " was not asked for"}
	}
	for _, key := range [][2]string{{account, service}, {account, ""}} {
		for i, g := range j.gaps[key] {
			at := g.Region == "" || g.Region == everywhere || region == "*" || g.Region == region
			if at && (kind == "" || slices.Contains(g.Kinds, kind)) {
				return &j.gaps[key][i].Gap
			}
		}
	}
	return nil
}

// whyAny is why over several services.
func (j *join) whyAny(account, region string, asked ...asked) *cloud.Gap {
	for _, a := range asked {
		if g := j.why(account, region, a.service, a.kind); g != nil {
			return g
		}
	}
	return nil
}

type asked struct {
	service string
	kind    cloud.Kind
}

// owner tells which service an attribute comes from, where several services
// tell of one resource.
var owner = map[cloud.Kind]map[string]string{
	cloud.AccountKind: {"root_mfa": "iam", "root_access_keys": "iam", "root_last_used": "iam", "password_min_length": "iam",
		"password_reuse_prevention": "iam", "password_complexity": "iam", "support_role": "iam", "security_contact": "account",
		"object_store_public_block": "s3", "organisation_member": "organizations", "organisation_units": "organizations"},
	cloud.RegionKind: {"disk_encryption_default": "ec2", "serial_console": "ec2", "recorder_on": "config", "recorder_all_types": "config",
		"threat_detection": "guardduty", "posture_service": "securityhub", "posture_standards": "securityhub",
		"vulnerability_scan_machines": "inspector2", "vulnerability_scan_images": "inspector2", "access_analyser": "accessanalyzer"},
}

// finish makes a resource whole. It gives false for what is no resource.
func (j *join) finish(r *cloud.Resource) bool {
	if r.Kind == noteKind {
		return false
	}
	r.Tenant = j.tenant(r.Tenant, r.Account)
	switch r.Kind {
	case cloud.AccountKind:
		j.account(r)
	case cloud.RegionKind:
		j.region(r)
	case cloud.ObjectStore:
		j.objectStore(r)
	case cloud.Machine:
		j.machine(r)
	case cloud.MachineGroup:
		j.answer(r, "alarm", j.noted(r, "group-alarm", r.Name), j.why(r.Account, r.Region, "cloudwatch", cloud.Alarm))
	case cloud.Interconnect:
		j.interconnect(r)
	case cloud.Alarm:
		j.alarm(r)
	case cloud.Key:
		j.key(r)
	case cloud.Role:
		j.role(r)
	}
	j.customerKey(r)
	j.backup(r)
	for name := range r.Attributes {
		if strings.HasPrefix(name, "_") {
			delete(r.Attributes, name)
		}
	}
	for name, g := range r.Gaps {
		if service := owner[r.Kind][name]; service != "" && unread(g) {
			if why := j.why(r.Account, r.Region, service, r.Kind); why != nil {
				r.Gaps[name] = *why
			}
		}
	}
	if len(r.Gaps) == 0 {
		r.Gaps = nil
	}
	return true
}

// keyUsers are the services whose things may be encrypted with a key: if one
// was not read, nobody knows that a key protects nothing.
var keyUsers = []asked{{"s3", cloud.ObjectStore}, {"ec2", cloud.Disk}, {"ec2", cloud.DiskSnapshot}, {"rds", cloud.Database}, {"dynamodb", cloud.Table},
	{"efs", cloud.FileStore}, {"secretsmanager", cloud.Secret}, {"logs", cloud.LogStore}, {"cloudtrail", cloud.LogTrail}, {"sns", cloud.Topic},
	{"sqs", cloud.Queue}, {"elasticache", cloud.Cache}, {"lambda", cloud.Function}, {"eks", cloud.Cluster}, {"backup", cloud.BackupVault}}

// tenant gives a resource's own tenant, else its account's.
func (j *join) tenant(own, account string) string {
	if own != "" {
		return own
	}
	return j.tenants[account]
}

// set makes an attribute a fact whatever was known before.
func set(r *cloud.Resource, name string, value any) {
	r.Attributes[name] = value
	delete(r.Gaps, name)
}

// unknown makes an attribute a gap.
func unknown(r *cloud.Resource, name string, g cloud.Gap) {
	if r.Gaps == nil {
		r.Gaps = map[string]cloud.Gap{}
	}
	delete(r.Attributes, name)
	r.Gaps[name] = g
}

// answer sets a yes; a no only when all who could have said yes were heard.
func (j *join) answer(r *cloud.Resource, name string, yes bool, unheard *cloud.Gap) {
	switch {
	case yes:
		set(r, name, true)
	case unheard != nil:
		unknown(r, name, *unheard)
	default:
		set(r, name, false)
	}
}

// noted tells whether a note of the topic exists in the resource's account and
// region.
func (j *join) noted(r *cloud.Resource, topic, key string) bool {
	return j.byKey[topic+" "+r.Account+" "+r.Region+" "+key] != nil
}

func text(n *cloud.Resource, name string) string {
	s, _ := n.Attributes[name].(string)
	return s
}

func truth(n *cloud.Resource, name string) bool {
	b, _ := n.Attributes[name].(bool)
	return b
}

func number(n *cloud.Resource, name string) int64 {
	i, _ := n.Attributes[name].(int64)
	return i
}

func textList(n *cloud.Resource, name string) []string {
	var out []string
	list, _ := n.Attributes[name].([]any)
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// keyARN gives the ARN of a key that is named by its ARN, its id or an alias.
func (j *join) keyARN(key, account, region string) string {
	partition := "aws"
	switch {
	case strings.HasPrefix(region, "cn-"):
		partition = "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		partition = "aws-us-gov"
	}
	if !strings.HasPrefix(key, "arn:") {
		if !strings.HasPrefix(key, "alias/") {
			key = "key/" + strings.TrimPrefix(key, "key/")
		}
		key = "arn:" + partition + ":kms:" + region + ":" + account + ":" + key
	}
	if target, ok := j.aliases[key]; ok {
		return target
	}
	return key
}

// customerKey weighs whose key it is that a unit named in "_key".
func (j *join) customerKey(r *cloud.Resource) {
	key, ok := r.Attributes["_key"].(string)
	if !ok {
		return
	}
	region := r.Region
	if region == everywhere {
		region = ""
	}
	arn := j.keyARN(key, r.Account, region)
	if key != "" && !strings.Contains(arn, ":alias/") && !slices.ContainsFunc(r.Links, func(l cloud.Link) bool { return l.Relation == "encrypts-with" }) {
		link(r, "encrypts-with", arn)
	}
	spec, _ := cloud.Lookup(r.Kind)
	if _, asks := spec.Attribute("customer_key"); !asks {
		return
	}
	if key == "" || strings.Contains(key, "alias/aws/") {
		set(r, "customer_key", false)
		return
	}
	if customers, known := j.managed[arn]; known {
		set(r, "customer_key", customers)
		return
	}
	parts := strings.Split(arn, ":")
	if len(parts) > 5 && parts[4] != r.Account {
		set(r, "customer_key", true) // a key that the provider manages serves its own account only
		return
	}
	why := j.why(r.Account, parts[3], "kms", cloud.Key)
	if why == nil {
		why = &cloud.Gap{Reason: cloud.NotCollected, Call: "kms:DescribeKey", Detail: "the key is not among those that were listed in region " + parts[3]}
	}
	unknown(r, "customer_key", *why)
}
