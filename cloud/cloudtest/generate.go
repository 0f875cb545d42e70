// SPDX-License-Identifier: Apache-2.0

package cloudtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"demarc.dev/demarc/cloud"
)

// Accounts, regions, tenants and stages of generated resources.
var (
	accounts = [...]string{"109876543210", "210987654321"}
	regions  = [...]string{"eu-central-1", "eu-west-1"}
	tenants  = [...]string{"", "alder", "birch", "cedar"}
	stages   = [...]string{"prod", "prod", "stage", "dev"}
	origin   = time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
)

// share is how many of a hundred resources are of a kind; kinds that are not
// named here share the rest evenly.
var share = map[cloud.Kind]int{
	cloud.Disk: 14, cloud.DiskSnapshot: 12, cloud.Machine: 10, cloud.Firewall: 12, cloud.Role: 9, cloud.ObjectStore: 7,
	cloud.Identity: 4, cloud.Credential: 4, cloud.Policy: 4, cloud.LogStore: 4, cloud.Subnet: 3, cloud.Function: 3,
}

// Generate gives n resources of every kind, in canonical order, the same ones
// for the same seed. They are made while they are walked, so any number takes no
// memory. About one fact in six is a flaw, and one attribute in fifty a gap.
func Generate(n int, seed uint64) cloud.Source {
	plan, spread := allot(n), accountsOf(n)
	return func() iter.Seq2[*cloud.Resource, error] {
		return func(yield func(*cloud.Resource, error) bool) {
			for _, p := range plan {
				g := newMaker(p.spec, seed, spread)
				for i := range p.count {
					if !yield(g.make(i), nil) {
						return
					}
				}
			}
		}
	}
}

type part struct {
	spec  cloud.Spec
	count int
}

// perAccount is how many resources an account holds on average in large estates.
const perAccount = 1000

// accountsOf gives how many accounts n resources lie in.
func accountsOf(n int) int { return max(len(accounts), n/perAccount) }

// Accounts gives the ids of the accounts that n generated resources lie in.
func Accounts(n int) []string { return accountIDs(accountsOf(n)) }

// single gives how many there are of the kinds that an account, a region or an
// organisation has one of. Checks look from these at all others of an account,
// so that too many of them would measure an estate that nobody has. Small
// numbers of resources are divided evenly.
func single(n int) map[cloud.Kind]int {
	if n < perAccount {
		return nil
	}
	return map[cloud.Kind]int{cloud.AccountKind: accountsOf(n), cloud.RegionKind: accountsOf(n) * len(regions), cloud.Organisation: 1}
}

// allot divides n among the kinds, which it gives in canonical order.
func allot(n int) []part {
	specs := cloud.Kinds()
	slices.SortFunc(specs, func(a, b cloud.Spec) int { return cmp.Compare(a.Kind, b.Kind) })
	left, named, few := 100, 0, single(n)
	for _, weight := range share {
		left -= weight
		named++
	}
	parts, total := make([]part, len(specs)), 0
	for i, s := range specs {
		parts[i] = part{s, n * left / (100 * (len(specs) - named))}
		if w, ok := share[s.Kind]; ok {
			parts[i].count = n * w / 100
		}
		if count, ok := few[s.Kind]; ok {
			parts[i].count = count
		}
		total += parts[i].count
	}
	for i := 0; total < n; i = (i + 1) % len(parts) {
		if _, ok := few[parts[i].spec.Kind]; !ok {
			parts[i].count++
			total++
		}
	}
	return parts
}

// maker makes the resources of one kind. What comes again and again, such as
// times and packet rules, is drawn from small pools: making a resource must cost
// little beside what a bench measures.
type maker struct {
	spec  cloud.Spec
	rand  *rand.Rand
	state *rand.PCG
	seed  uint64
	call  string
	times [64]any
	rules [64]any
	text  []byte

	accounts []string
}

// accountIDs gives n accounts, the two named ones first.
func accountIDs(n int) []string {
	out := append(make([]string, 0, n), accounts[:]...)
	for i := len(out); i < n; i++ {
		out = append(out, fmt.Sprintf("3%011d", i))
	}
	return out
}

// place gives the account and region of the i-th resource: each account and
// region has its own one of the kinds that tell of them.
func (m *maker) place(i int) (account, region string) {
	switch m.spec.Kind {
	case cloud.AccountKind:
		return m.accounts[i%len(m.accounts)], regions[m.rand.IntN(len(regions))]
	case cloud.RegionKind:
		return m.accounts[i/len(regions)%len(m.accounts)], regions[i%len(regions)]
	}
	return m.accounts[m.rand.IntN(len(m.accounts))], regions[m.rand.IntN(len(regions))]
}

func newMaker(s cloud.Spec, seed uint64, spread int) *maker {
	h := fnv.New64a()
	h.Write([]byte(s.Kind))
	state := rand.NewPCG(seed, 0)
	m := &maker{spec: s, state: state, rand: rand.New(state), seed: seed ^ h.Sum64(), call: "generated:" + string(s.Kind)}
	m.accounts = accountIDs(spread)
	for i := range m.times {
		m.times[i] = origin.Add(-time.Duration(m.rand.IntN(26_000)) * time.Hour)
		m.rules[i] = m.makeRules(i%6 == 0)
	}
	return m
}

// owners and the like are made once.
var owners = func() (list [40]string) {
	for i := range list {
		list[i] = "team-" + strconv.Itoa(i)
	}
	return list
}()

// id writes "arn:aws:disk:0000017:210987654321:prod", so that ids sort as numbers.
func (m *maker) id(kind cloud.Kind, i int, account, stage string) string {
	b := append(append(append(m.text[:0], "arn:aws:"...), kind...), ':')
	b = number(b, i)
	b = append(append(append(append(b, ':'), account...), ':'), stage...)
	m.text = b
	return string(b)
}

// number appends i with seven digits.
func number(b []byte, i int) []byte {
	for limit := 1_000_000; limit > max(i, 1); limit /= 10 {
		if i < limit {
			b = append(b, '0')
		}
	}
	return strconv.AppendInt(b, int64(i), 10)
}

func (m *maker) make(i int) *cloud.Resource {
	m.state.Seed(m.seed, uint64(i))
	account, region := m.place(i)
	tenant, stage := tenants[m.rand.IntN(len(tenants))], stages[m.rand.IntN(len(stages))]
	r := &cloud.Resource{
		ID: m.id(m.spec.Kind, i, account, stage), Kind: m.spec.Kind, Native: m.call, Provider: "aws", Source: "live",
		Account: account, Region: region, Tenant: tenant,
		Tags:       map[string]string{"stage": stage, "owner": owners[m.rand.IntN(len(owners))]},
		Attributes: make(map[string]any, len(m.spec.Attributes)),
		Seen:       cloud.Seen{At: origin, Call: m.call},
	}
	r.Name = r.ID[len("arn:aws:"):]
	if m.rand.IntN(3) > 0 {
		r.Tags["classification"] = "confidential"
	}
	for _, a := range m.spec.Attributes {
		if m.rand.IntN(50) == 0 {
			if r.Gaps == nil {
				r.Gaps = map[string]cloud.Gap{}
			}
			r.Gaps[a.Name] = cloud.Gap{Reason: reasons[m.rand.IntN(len(reasons))], Call: m.call}
			continue
		}
		r.Attributes[a.Name] = m.fact(a)
	}
	if m.rand.IntN(2) == 0 {
		r.Links = []cloud.Link{{Relation: "encrypts-with", Target: m.id(cloud.Key, m.rand.IntN(1+i/8), account, stage)}}
	}
	m.text = append(append(append(m.text[:0], `{"Name":"`...), r.Name...), `"}`...)
	r.Raw = append(json.RawMessage(nil), m.text...)
	return r
}

// bad are the names of facts that are a flaw when they are true.
var bad = map[string]bool{"public": true, "trust_public": true, "wildcard": true, "admin": true, "root_access_keys": true, "public_address": true,
	"startup_secret": true, "plain_secret": true, "endpoint_open": true, "serial_console": true, "auto_public_address": true}

var words = map[string][]any{
	"state": {"running", "stopped", "enabled", "pending-deletion"}, "type": {"access-key", "password"}, "engine": {"postgres", "mysql"},
	"runtime": {"python3.13", "nodejs22.x", "python3.7"}, "protocol": {"HTTPS", "HTTP", "TCP"}, "tls_min": {"1.2", "1.0", "1.3"},
	"version": {"1.33", "1.29"}, "metric": {"CPUUtilization", "RootUse"}, "zone": {"private", "public", "data", ""}, "image": {"ami-0a1b2c3d"},
	"public_address": {"", "", "", "203.0.113.7"}, "delivery_error": {"", "", "AccessDenied"}, "store": {"larkspur-trail"},
	"network": {"vpc-0a1b", "vpc-0c2d"}, "owner": {"fern", "hazel", "rowan"},
}

var lists = map[string][]any{
	"trusted_by": {[]any{"account"}, []any{"service"}, []any{"account", "federated"}, []any{"anyone"}},
	"groups":     {[]any{"engineers"}, []any{"auditors", "engineers"}}, "cidrs": {[]any{"10.0.0.0/16"}, []any{"10.1.0.0/16"}},
	"tenants": {[]any{"alder"}, []any{"alder", "birch"}}, "stages": {[]any{"prod"}, []any{"dev", "prod"}}, "events": {[]any{}, []any{"root-use"}},
}

var stranger, nobody any = []any{"444455556666"}, []any{}

func (m *maker) fact(a cloud.Attribute) any {
	flaw := m.rand.IntN(6) == 0
	switch a.Type {
	case cloud.Bool:
		return flaw == bad[a.Name]
	case cloud.Int:
		return int64(m.rand.IntN(90))
	case cloud.Time:
		return m.times[m.rand.IntN(len(m.times))]
	case cloud.Strings:
		if l := lists[a.Name]; l != nil {
			return l[m.rand.IntN(len(l))]
		}
		if flaw {
			return stranger
		}
		return nobody
	case cloud.Rules:
		return m.rules[m.rand.IntN(len(m.rules))]
	}
	if w := words[a.Name]; w != nil {
		return w[m.rand.IntN(len(w))]
	}
	return ""
}

func (m *maker) makeRules(flaw bool) any {
	rules := []any{}
	for range m.rand.IntN(4) {
		rules = append(rules, rule("in", int64(443+m.rand.IntN(3)), false, "10.0.0.0/8"))
	}
	if flaw {
		ports := [...]int64{22, 3389, 5432, 443}
		rules = append(rules, rule("in", ports[m.rand.IntN(len(ports))], true, "0.0.0.0/0"))
	}
	return append(rules, rule("out", 443, true, "0.0.0.0/0"))
}

func rule(direction string, port int64, internet bool, source string) map[string]any {
	return map[string]any{"direction": direction, "allow": true, "protocol": "tcp", "from_port": port, "to_port": port,
		"internet": internet, "sources": []any{source}}
}
