// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
)

// cluster is what is being read.
type cluster struct {
	o       Options
	name    string
	account string
	failed  map[string]cloud.Gap // by the resource of a list that was not read whole
	gaps    []cloud.ScopeGap
	found   found
}

// found is what lists brought. Those of one list are kept apart until it ends.
type found struct {
	namespaces []*namespace
	policies   []policy
	quotas     map[string]bool
	limits     map[string]limits
	accounts   []*account
	roles      []*role
	bindings   []*binding
	workloads  []*workload
	server     []string // flags of the API server
	served     bool     // one was seen
	others     []cloud.Resource
}

func (f *found) merge(n found) {
	f.namespaces, f.policies = append(f.namespaces, n.namespaces...), append(f.policies, n.policies...)
	f.accounts, f.roles, f.bindings = append(f.accounts, n.accounts...), append(f.roles, n.roles...), append(f.bindings, n.bindings...)
	f.workloads, f.others = append(f.workloads, n.workloads...), append(f.others, n.others...)
	for ns := range n.quotas {
		f.quota(ns)
	}
	for ns, l := range n.limits {
		f.limit(ns, l)
	}
	if n.served {
		f.server, f.served = n.server, true
	}
}

func (f *found) quota(ns string) {
	if f.quotas == nil {
		f.quotas = map[string]bool{}
	}
	f.quotas[ns] = true
}

func (f *found) limit(ns string, l limits) {
	if f.limits == nil {
		f.limits = map[string]limits{}
	}
	had := f.limits[ns]
	f.limits[ns] = limits{had.memory || l.memory, had.cpu || l.cpu}
}

// limits are what containers of a namespace get that name none.
type limits struct{ memory, cpu bool }

// namespace is one, with its resource.
type namespace struct {
	meta
	r *cloud.Resource
}

// isSystem tells whether a namespace is Kubernetes' own.
func isSystem(name string) bool {
	return name == "kube-system" || name == "kube-public" || name == "kube-node-lease"
}

// id gives the id of an object: kubernetes/CLUSTER/namespaces/NS/deployments/NAME.
func (c *cluster) id(resource string, m *meta) string {
	parts := []string{"kubernetes", c.account}
	if c.account != c.name {
		parts = append(parts, c.name)
	}
	if m.Namespace != "" {
		parts = append(parts, "namespaces", m.Namespace)
	}
	return strings.Join(append(parts, resource, m.Name), "/")
}

// root gives the id of the cluster itself.
func (c *cluster) root() string {
	if c.account != c.name {
		return "kubernetes/" + c.account + "/" + c.name
	}
	return "kubernetes/" + c.name
}

// resource begins the resource of an object.
func (c *cluster) resource(kind cloud.Kind, l listing, m *meta) *cloud.Resource {
	r := &cloud.Resource{ID: c.id(l.resource, m), Kind: kind, Native: native(l), Provider: Provider, Source: Source, Account: c.account, Region: c.o.Region, Name: m.Name, Tags: m.Labels,
		Attributes: map[string]any{}, Gaps: map[string]cloud.Gap{}, Seen: cloud.Seen{At: c.o.Now.UTC(), Call: call(l)}}
	if m.Namespace != "" {
		r.Name = m.Namespace + "/" + m.Name
	}
	return r
}

// native names the type of a list's items: "apps.deployment".
func native(l listing) string {
	group, _, _ := strings.Cut(cmp.Or(l.group, "core"), ".")
	word := strings.TrimSuffix(l.resource, "s")
	switch l.resource {
	case "networkpolicies":
		word = "networkpolicy"
	case "ingresses":
		word = "ingress"
	case "storageclasses":
		word = "storageclass"
	}
	return group + "." + word
}

// tenant gives the tenant that the labels of an object or of its namespace name.
func (c *cluster) tenant(labels ...map[string]string) string {
	for _, all := range append(labels, c.o.Tags) {
		for _, k := range sortedKeys(all) {
			if strings.EqualFold(k, "tenant") && all[k] != "" {
				return all[k]
			}
		}
	}
	return ""
}

// need notes a fact that stands or falls with lists: a gap when one of them was
// not read whole.
func (c *cluster) need(r *cloud.Resource, name string, value any, lists ...string) {
	for _, l := range lists {
		if g, failed := c.failed[l]; failed {
			r.Gaps[name] = g
			return
		}
	}
	set(r, name, value)
}

func set(r *cloud.Resource, name string, value any) {
	switch v := value.(type) {
	case int:
		value = int64(v)
	case []string:
		value = words(v)
	}
	r.Attributes[name] = value
}

// words gives a list as an attribute holds it: sorted, each once.
func words(list []string) []any {
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	out := make([]any, len(list))
	for i, s := range list {
		if len(s) > 300 {
			s = s[:300]
		}
		out[i] = strings.ToValidUTF8(s, "�")
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// finish joins what was read, and gives the resources.
func (c *cluster) finish(version string) []cloud.Resource {
	byName := map[string]*namespace{}
	for _, n := range c.found.namespaces {
		byName[n.Name] = n
	}
	out := c.finishCluster(version)
	out = append(out, c.finishWorkloads(byName)...)
	out = append(out, c.finishAccess()...)
	out = append(out, c.finishNamespaces()...)
	out = append(out, c.found.others...)
	for i := range out {
		r := &out[i]
		labels := map[string]string(nil)
		if n := byName[namespaceOf(r)]; n != nil {
			labels = n.Labels
		}
		r.Tenant = c.tenant(r.Tags, labels)
		r.Complete(cloud.Gap{Reason: cloud.NotInSource, Call: r.Seen.Call})
		slices.SortFunc(r.Links, func(a, b cloud.Link) int {
			return cmp.Or(strings.Compare(a.Relation, b.Relation), strings.Compare(a.Target, b.Target))
		})
	}
	return unique(out)
}

// namespaceOf gives the namespace that stands in an id, empty for what lies in none.
func namespaceOf(r *cloud.Resource) string {
	_, rest, _ := strings.Cut(r.ID, "/namespaces/")
	ns, _, _ := strings.Cut(rest, "/")
	return ns
}

// unique leaves out what a list gave twice because it changed between pages.
func unique(all []cloud.Resource) []cloud.Resource {
	cloud.Sort(all)
	return slices.CompactFunc(all, func(a, b cloud.Resource) bool { return a.Kind == b.Kind && a.ID == b.ID })
}

func (c *cluster) addNamespace(l listing, raw json.RawMessage) error {
	var n namespace
	var o struct {
		Meta *meta `json:"metadata"`
	}
	o.Meta = &n.meta
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	n.r = c.resource(cloud.Namespace, l, &n.meta)
	n.r.Raw = evidence(raw)
	set(n.r, "system", isSystem(n.Name))
	set(n.r, "pod_security", n.Labels["pod-security.kubernetes.io/enforce"])
	c.found.namespaces = append(c.found.namespaces, &n)
	return nil
}

func (c *cluster) finishNamespaces() []cloud.Resource {
	in, out := map[string]bool{}, map[string]bool{}
	for _, p := range c.found.policies {
		if p.all {
			in[p.namespace] = in[p.namespace] || p.in && !p.opensIn
			out[p.namespace] = out[p.namespace] || p.out && !p.opensOut
		}
	}
	count := map[string]int{}
	for _, w := range c.found.workloads {
		count[w.Namespace]++
	}
	var all []cloud.Resource
	for _, n := range c.found.namespaces {
		limit := c.found.limits[n.Name]
		c.need(n.r, "workloads", count[n.Name], "pods", "deployments", "replicasets", "daemonsets", "statefulsets", "cronjobs", "jobs")
		c.need(n.r, "denies_in", in[n.Name], "networkpolicies")
		c.need(n.r, "denies_out", out[n.Name], "networkpolicies")
		c.need(n.r, "quota", c.found.quotas[n.Name], "resourcequotas")
		c.need(n.r, "limits", limit.memory && limit.cpu, "limitranges")
		all = append(all, *n.r)
	}
	return all
}

func (c *cluster) addQuota(_ listing, raw json.RawMessage) error {
	var o struct {
		Meta meta `json:"metadata"`
		Spec struct {
			Hard map[string]json.RawMessage `json:"hard"`
		} `json:"spec"`
	}
	err := json.Unmarshal(raw, &o)
	if len(o.Spec.Hard) > 0 {
		c.found.quota(o.Meta.Namespace)
	}
	return err
}

func (c *cluster) addLimit(_ listing, raw json.RawMessage) error {
	var o struct {
		Meta meta `json:"metadata"`
		Spec struct {
			Limits []struct {
				Type    string                     `json:"type"`
				Default map[string]json.RawMessage `json:"default"`
			} `json:"limits"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	for _, l := range o.Spec.Limits {
		if l.Type == "Container" {
			c.found.limit(o.Meta.Namespace, limits{memory: l.Default["memory"] != nil, cpu: l.Default["cpu"] != nil})
		}
	}
	return nil
}

// policy is a network policy.
type policy struct {
	namespace                       string
	all, in, out, opensIn, opensOut bool
}

// peers is a rule of a network policy, of either direction.
type peers struct {
	From  []peer            `json:"from"`
	To    []peer            `json:"to"`
	Ports []json.RawMessage `json:"ports"`
}

type peer struct {
	Block *struct {
		CIDR   string   `json:"cidr"`
		Except []string `json:"except"`
	} `json:"ipBlock"`
	Pods       *json.RawMessage `json:"podSelector"`
	Namespaces *json.RawMessage `json:"namespaceSelector"`
}

// open tells whether a rule lets everyone through on every port.
func (p peers) open(side []peer) bool {
	if len(p.Ports) > 0 {
		return false
	}
	return len(side) == 0 || slices.ContainsFunc(side, func(x peer) bool {
		return x.Block != nil && (x.Block.CIDR == "0.0.0.0/0" || x.Block.CIDR == "::/0") && len(x.Block.Except) == 0
	})
}

func (c *cluster) addNetworkPolicy(l listing, raw json.RawMessage) error {
	var o struct {
		Meta meta `json:"metadata"`
		Spec struct {
			Pods struct {
				Labels      map[string]string `json:"matchLabels"`
				Expressions []json.RawMessage `json:"matchExpressions"`
			} `json:"podSelector"`
			Types   []string `json:"policyTypes"`
			Ingress []peers  `json:"ingress"`
			Egress  []peers  `json:"egress"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	p := policy{namespace: o.Meta.Namespace, all: len(o.Spec.Pods.Labels)+len(o.Spec.Pods.Expressions) == 0, in: slices.Contains(o.Spec.Types, "Ingress"), out: slices.Contains(o.Spec.Types, "Egress")}
	if len(o.Spec.Types) == 0 { // as the API fills it in
		p.in, p.out = true, len(o.Spec.Egress) > 0
	}
	p.opensIn = p.in && slices.ContainsFunc(o.Spec.Ingress, func(x peers) bool { return x.open(x.From) })
	p.opensOut = p.out && slices.ContainsFunc(o.Spec.Egress, func(x peers) bool { return x.open(x.To) })
	c.found.policies = append(c.found.policies, p)
	r := c.resource(cloud.NetworkPolicy, l, &o.Meta)
	r.Raw = evidence(raw)
	set(r, "namespace", p.namespace)
	set(r, "all_pods", p.all)
	set(r, "directions", chosen(map[string]bool{"in": p.in, "out": p.out}))
	set(r, "opens", chosen(map[string]bool{"in": p.opensIn, "out": p.opensOut}))
	c.found.others = append(c.found.others, *r)
	return nil
}

// chosen gives the names that hold.
func chosen(all map[string]bool) []string {
	var out []string
	for name, is := range all {
		if is {
			out = append(out, name)
		}
	}
	return out
}
