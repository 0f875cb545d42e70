// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"encoding/json"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
)

// account is a service account.
type account struct {
	meta
	Token *bool
	r     *cloud.Resource
}

// role is a role of the cluster or of a namespace.
type role struct {
	meta
	rules []rule
	r     *cloud.Resource
}

// rule is one line of a role. Names limit it to some objects.
type rule struct {
	Groups    []string `json:"apiGroups"`
	Resources []string `json:"resources"`
	Verbs     []string `json:"verbs"`
	Names     []string `json:"resourceNames"`
}

// binding gives a role to subjects.
type binding struct {
	meta
	kind, role string // "ClusterRole" or "Role", and its name
	subjects   []string
	r          *cloud.Resource
}

// key names the role of a binding as roles are looked up.
func (b *binding) key() string {
	if b.kind == "ClusterRole" {
		return "/" + b.role
	}
	return b.Namespace + "/" + b.role
}

func (c *cluster) addServiceAccount(l listing, raw json.RawMessage) error {
	var o struct {
		Meta  meta  `json:"metadata"`
		Token *bool `json:"automountServiceAccountToken"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	a := &account{meta: o.Meta, Token: o.Token, r: c.resource(cloud.ServiceAccount, l, &o.Meta)}
	set(a.r, "namespace", a.Namespace)
	set(a.r, "system", isSystem(a.Namespace))
	set(a.r, "default", a.Name == "default")
	set(a.r, "token", a.Token == nil || *a.Token)
	c.found.accounts = append(c.found.accounts, a)
	return nil
}

func (c *cluster) addRole(l listing, raw json.RawMessage) error {
	var o struct {
		Meta  meta   `json:"metadata"`
		Rules []rule `json:"rules"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	x := &role{meta: o.Meta, rules: o.Rules, r: c.resource(cloud.ClusterRole, l, &o.Meta)}
	x.r.Raw = evidence(raw)
	set(x.r, "namespace", x.Namespace)
	set(x.r, "default", isDefault(&o.Meta))
	set(x.r, "wildcard", x.grants([]string{"*"}, "*", "*"))
	set(x.r, "reads_secrets", x.grants([]string{""}, "secrets", "get", "list", "watch"))
	set(x.r, "enters_pods", x.grants([]string{""}, "pods/exec", "create", "get") || x.grants([]string{""}, "pods/attach", "create", "get") || x.grants([]string{""}, "pods/ephemeralcontainers", "update", "patch"))
	set(x.r, "escalates", x.escalates())
	c.found.roles = append(c.found.roles, x)
	return nil
}

// isDefault tells what Kubernetes makes by itself.
func isDefault(m *meta) bool {
	return m.Labels["kubernetes.io/bootstrapping"] == "rbac-defaults" || strings.HasPrefix(m.Name, "system:")
}

// grants tells whether a rule allows one of the verbs on every object of a
// resource of a group.
func (x *role) grants(groups []string, resource string, verbs ...string) bool {
	has := func(list []string, word string) bool {
		return slices.Contains(list, word) || slices.Contains(list, "*")
	}
	return slices.ContainsFunc(x.rules, func(r rule) bool {
		kind, sub, nested := strings.Cut(resource, "/")
		named := has(r.Resources, resource) || nested && (slices.Contains(r.Resources, kind+"/*") || slices.Contains(r.Resources, "*/"+sub))
		return len(r.Names) == 0 && named &&
			slices.ContainsFunc(groups, func(g string) bool { return has(r.Groups, g) }) && slices.ContainsFunc(verbs, func(v string) bool { return has(r.Verbs, v) })
	})
}

func (x *role) escalates() bool {
	const rbac = "rbac.authorization.k8s.io"
	for _, resource := range []string{"roles", "clusterroles"} {
		if x.grants([]string{rbac}, resource, "bind", "escalate") {
			return true
		}
	}
	for _, resource := range []string{"users", "groups", "serviceaccounts"} {
		if x.grants([]string{""}, resource, "impersonate") {
			return true
		}
	}
	return false
}

func (c *cluster) addBinding(l listing, raw json.RawMessage) error {
	var o struct {
		Meta meta `json:"metadata"`
		Role struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"roleRef"`
		Subjects []struct {
			Kind      string `json:"kind"`
			Name      string `json:"name"`
			Namespace string `json:"namespace"`
		} `json:"subjects"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	b := &binding{meta: o.Meta, kind: o.Role.Kind, role: o.Role.Name, r: c.resource(cloud.ClusterBinding, l, &o.Meta)}
	b.r.Raw = evidence(raw)
	for _, s := range o.Subjects {
		switch s.Kind {
		case "ServiceAccount":
			b.subjects = append(b.subjects, "service-account "+s.Namespace+"/"+s.Name)
		case "Group":
			b.subjects = append(b.subjects, "group "+s.Name)
		default:
			b.subjects = append(b.subjects, strings.ToLower(s.Kind)+" "+s.Name)
		}
	}
	set(b.r, "namespace", b.Namespace)
	set(b.r, "default", isDefault(&o.Meta))
	set(b.r, "role", b.role)
	set(b.r, "subjects", b.subjects)
	set(b.r, "anonymous", slices.Contains(b.subjects, "group system:unauthenticated") || slices.Contains(b.subjects, "user system:anonymous"))
	c.found.bindings = append(c.found.bindings, b)
	return nil
}

// finishAccess joins roles, bindings and accounts.
func (c *cluster) finishAccess() []cloud.Resource {
	everything := map[string]bool{"/cluster-admin": true}
	for _, x := range c.found.roles {
		if x.Namespace == "" && x.r.Attributes["wildcard"] == true {
			everything["/"+x.Name] = true
		}
	}
	bound, held, admins := map[string][]string{}, map[string][]string{}, map[string]bool{}
	for _, b := range c.found.bindings {
		admin := b.Namespace == "" && everything[b.key()]
		if b.Namespace != "" || admin {
			set(b.r, "admin", admin)
		} else {
			c.need(b.r, "admin", admin, "clusterroles")
		}
		bound[b.key()] = append(bound[b.key()], b.subjects...)
		for _, s := range b.subjects {
			held[s] = append(held[s], strings.TrimPrefix(b.key(), "/"))
			admins[s] = admins[s] || admin
		}
	}
	var out []cloud.Resource
	for _, x := range c.found.roles {
		c.need(x.r, "subjects", bound[x.Namespace+"/"+x.Name], "clusterrolebindings", "rolebindings")
		out = append(out, *x.r)
	}
	for _, b := range c.found.bindings {
		out = append(out, *b.r)
	}
	for _, a := range c.found.accounts {
		names := []string{"service-account " + a.Namespace + "/" + a.Name, "group system:serviceaccounts:" + a.Namespace, "group system:serviceaccounts"}
		var roles []string
		admin := false
		for _, n := range names {
			roles, admin = append(roles, held[n]...), admin || admins[n]
		}
		c.need(a.r, "roles", roles, "clusterrolebindings", "rolebindings")
		if admin {
			set(a.r, "admin", true)
		} else {
			c.need(a.r, "admin", false, "clusterrolebindings", "clusterroles")
		}
		out = append(out, *a.r)
	}
	return out
}
