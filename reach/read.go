// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"cmp"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/cloud"
)

// Read makes the model of what was seen, from any number of snapshots: the
// resources of all, and all their gaps of scope. What is in the snapshots twice
// is read once. The order of resources does not matter. Nodes have no tenant
// until Assign.
func Read(source cloud.Source, gaps []cloud.ScopeGap) (*Model, error) {
	r := NewReader()
	for _, err := range r.Watch(source)() {
		if err != nil {
			return nil, err
		}
	}
	return r.Model(gaps)
}

// Watch gives the same source, and takes in what goes through it: who has to walk
// a large snapshot anyway, for the checks, makes a model without walking it again.
// A source may be walked in part or more than once, by one goroutine at a time.
func (r *Reader) Watch(source cloud.Source) cloud.Source {
	return func() iter.Seq2[*cloud.Resource, error] {
		return func(yield func(*cloud.Resource, error) bool) {
			for res, err := range source() {
				if err == nil {
					r.take(res)
				}
				if !yield(res, err) {
					return
				}
			}
		}
	}
}

// NewReader gives a reader that has seen nothing.
func NewReader() *Reader {
	return &Reader{m: &Model{}, seen: map[string]bool{}, tenants: map[string]string{}, admin: map[string]bool{}}
}

// Model makes the model of all that went through, once.
func (r *Reader) Model(gaps []cloud.ScopeGap) (*Model, error) {
	if r.kept > maxResources {
		return nil, fmt.Errorf("there are more than %d resources of networks", maxResources)
	}
	r.unlisted(gaps)
	r.finish()
	return r.m, nil
}

// Bounds of a model: far above what an organisation has, low enough for memory.
const (
	maxResources = 500_000
	maxEntries   = 10_000 // routes of a table, rules of a firewall, addresses of an interface
)

// Reader gathers resources. Those that need others wait for the end.
type Reader struct {
	m       *Model
	seen    map[string]bool
	kept    int
	tenants map[string]string // of subnets and networks
	admin   map[string]bool   // subnets and networks of the administration

	cards     []*cloud.Resource
	machines  []*cloud.Resource
	balancers []*cloud.Resource
	listeners []*cloud.Resource
	databases []*cloud.Resource
	endpoints []*cloud.Resource
	joins     []*cloud.Resource
	tables    []*cloud.Resource // of transits

	offersUnread bool // offered services may be missing
}

// short is the last part of an id: the provider's own, which is unique.
func short(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

func (r *Reader) take(res *cloud.Resource) {
	list, plain := r.placeOf(res.Kind)
	key := string(res.Kind) + res.ID
	if list == nil && plain == nil || r.kept > maxResources || r.seen[key] {
		return
	}
	r.seen[key] = true
	r.kept++
	if plain != nil {
		plain(res)
		return
	}
	kept := *res
	kept.Raw = nil
	*list = append(*list, &kept)
}

// placeOf gives where resources of a kind wait, or what takes them in at once.
func (r *Reader) placeOf(k cloud.Kind) (*[]*cloud.Resource, func(*cloud.Resource)) {
	switch k {
	case cloud.NetworkInterface:
		return &r.cards, nil
	case cloud.Machine:
		return &r.machines, nil
	case cloud.LoadBalancer:
		return &r.balancers, nil
	case cloud.Listener:
		return &r.listeners, nil
	case cloud.Database:
		return &r.databases, nil
	case cloud.Endpoint:
		return &r.endpoints, nil
	case cloud.Interconnect:
		return &r.joins, nil
	case cloud.Network:
		return nil, r.network
	case cloud.Subnet:
		return nil, r.subnet
	case cloud.Firewall:
		return nil, r.firewall
	case cloud.RouteTable:
		return nil, r.table
	}
	return nil, nil
}

// text gives a fact, or why it is not one.
func text(res *cloud.Resource, name string) (string, string) {
	if v, ok := res.Attributes[name].(string); ok {
		return v, ""
	}
	return "", unread(res, name)
}

func texts(res *cloud.Resource, name string) ([]string, string) {
	list, ok := res.Attributes[name].([]any)
	if !ok {
		return nil, unread(res, name)
	}
	if len(list) > maxEntries {
		return nil, fmt.Sprintf("%s has more than %d %s", short(res.ID), maxEntries, name)
	}
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out, ""
}

// unread tells why an attribute is not known.
func unread(res *cloud.Resource, name string) string {
	g := res.Gaps[name]
	return strings.TrimSuffix(cmp.Or(strings.TrimSpace(string(g.Reason)+" "+g.Call), "not collected")+": "+g.Detail, ": ")
}

func shorts(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = short(id)
	}
	return out
}

// ranges reads prefixes and skips what is none.
func ranges(list []string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		if p, err := netip.ParsePrefix(s); err == nil {
			out = append(out, p.Masked())
		}
	}
	return out
}

// tagOf gives a tag's value without regard to the case of its name.
func tagOf(tags map[string]string, name string) string {
	best := ""
	for k, v := range tags {
		if strings.EqualFold(k, name) && (best == "" || v < best) {
			best = v
		}
	}
	return best
}

// declare notes whose a place is by its tags.
func (r *Reader) declare(res *cloud.Resource) {
	if t := tagOf(res.Tags, "tenant"); t != "" {
		r.tenants[short(res.ID)] = t
	}
	r.admin[short(res.ID)] = administrative(res.Tags)
}

// administrative tells whether tags mark the administration network.
func administrative(tags map[string]string) bool {
	for _, name := range []string{"zone", "tier"} {
		switch strings.ToLower(tagOf(tags, name)) {
		case "admin", "administration", "management":
			return true
		}
	}
	return false
}

func (r *Reader) network(res *cloud.Resource) {
	r.declare(res)
	n := Network{ID: short(res.ID), Name: res.Name, Account: res.Account, Region: res.Region, Declared: r.tenants[short(res.ID)]}
	cidrs, _ := texts(res, "cidrs")
	n.Ranges = ranges(cidrs)
	n.Gateway, n.GatewayUnread = text(res, "internet_gateway")
	r.m.Networks = append(r.m.Networks, n)
}

func (r *Reader) subnet(res *cloud.Resource) {
	r.declare(res)
	s := Subnet{ID: short(res.ID), Name: res.Name, Declared: r.tenants[short(res.ID)]}
	network, _ := text(res, "network")
	table, _ := text(res, "route_table")
	cidrs, _ := texts(res, "cidrs")
	filters, why := texts(res, "firewalls")
	s.Network, s.Table, s.Ranges, s.Filters = short(network), short(table), ranges(cidrs), shorts(filters)
	if why != "" || res.Provider == "aws" && len(filters) == 0 {
		// Every subnet of this provider has a network ACL: one that was not read.
		s.Filters = []string{"the network ACL of " + s.ID}
	}
	r.m.Subnets = append(r.m.Subnets, s)
}

func (r *Reader) firewall(res *cloud.Resource) {
	f := Filter{ID: short(res.ID), Name: res.Name, Kind: "security group"}
	f.Stateless, _ = res.Attributes["stateless"].(bool)
	if f.Stateless {
		f.Kind = "network ACL"
	}
	list, ok := res.Attributes["rules"].([]any)
	switch {
	case !ok:
		f.Unread = unread(res, "rules")
	case len(list) > maxEntries:
		f.Unread = fmt.Sprintf("it has more than %d rules", maxEntries)
	default:
		for _, v := range list {
			if rule, ok := v.(map[string]any); ok {
				f.Rules = append(f.Rules, ruleOf(rule))
			}
		}
	}
	r.m.Filters = append(r.m.Filters, f)
}

// ruleOf reads a rule: a source that is no range of addresses is the name of a
// firewall.
func ruleOf(v map[string]any) Rule {
	protocol, _ := v["protocol"].(string)
	direction, _ := v["direction"].(string)
	from, _ := v["from_port"].(int64)
	to, _ := v["to_port"].(int64)
	rule := Rule{Inbound: direction == "in", Ports: Ports{protocol, int(from), int(to)}}
	rule.Allow, _ = v["allow"].(bool)
	sources, _ := v["sources"].([]any)
	for _, s := range sources {
		source, _ := s.(string)
		if p, err := netip.ParsePrefix(source); err == nil {
			rule.Peers = append(rule.Peers, p.Masked())
		} else if source != "" {
			rule.Members = append(rule.Members, short(source))
		}
	}
	return rule
}

func (r *Reader) table(res *cloud.Resource) {
	transit, why := text(res, "transit")
	if transit != "" || why != "" {
		kept := *res
		kept.Raw = nil
		r.tables = append(r.tables, &kept)
		return
	}
	r.m.Tables = append(r.m.Tables, tableOf(res))
}

func tableOf(res *cloud.Resource) Table {
	t := Table{ID: short(res.ID), Name: res.Name}
	list, why := texts(res, "routes")
	t.Unread = why
	for _, s := range list {
		f := strings.SplitN(s, " ", 3)
		if len(f) != 3 {
			t.Unread = "a route is in no known form: " + s
			continue
		}
		to, err := netip.ParsePrefix(f[0])
		if err != nil {
			t.Unread = "a route is in no known form: " + s
			continue
		}
		way := Way(f[1])
		if !slices.Contains([]Way{Local, Through, Attached, Internet, Outward, Service, Elsewhere, Drop, Appliance}, way) {
			t.Unread = "a route leads in no known way: " + s
			continue
		}
		t.Routes = append(t.Routes, Route{to.Masked(), way, strings.TrimSuffix(short(f[2]), "-")})
	}
	return t
}

// unlisted names what lists are not whole. Routes, rules and joins that were not
// listed are missed where something names them.
func (r *Reader) unlisted(gaps []cloud.ScopeGap) {
	for _, g := range gaps {
		for _, k := range g.Kinds {
			r.offersUnread = r.offersUnread || k == cloud.Endpoint
			if !lists(g, k) {
				continue
			}
			where := strings.TrimSpace(g.Account + " " + g.Region)
			r.m.Unread = append(r.m.Unread, strings.TrimSuffix(fmt.Sprintf("not every %s of %s was listed: %s %s", words(k), cmp.Or(where, "the account"), g.Reason, g.Call), " "))
		}
	}
	slices.Sort(r.m.Unread)
	r.m.Unread = slices.Compact(r.m.Unread)
}

// lists tells whether a gap leaves a list of nodes incomplete. Several services
// tell of one machine, and only one lists it.
func lists(g cloud.ScopeGap, k cloud.Kind) bool {
	lister, ok := map[cloud.Kind]string{cloud.NetworkInterface: "ec2", cloud.Machine: "ec2", cloud.LoadBalancer: "elbv2", cloud.Database: "rds"}[k]
	return ok && (g.Provider != "aws" || g.Service == "" || g.Service == lister)
}

func words(k cloud.Kind) string { return strings.ReplaceAll(string(k), "-", " ") }

func number(res *cloud.Resource, name string) (int, bool) {
	v, ok := res.Attributes[name].(int64)
	return int(v), ok
}

func ports(protocol, port string) (Ports, bool) {
	n, err := strconv.Atoi(port)
	return Ports{protocol, n, n}, err == nil && n >= 0 && n <= maxPort
}
