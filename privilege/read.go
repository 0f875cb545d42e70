// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/cloud/iampolicy"
)

// maxSeen bounds what is kept: far above what an organisation has.
const maxSeen = 500_000

// Reader gathers the identities of snapshots and what they hold. The order of
// resources does not matter; what is in two snapshots is read once. It is for
// one goroutine at a time.
type Reader struct {
	seen     map[string]bool
	docs     map[string]*doc // policies by id
	nodes    []*node
	groups   map[string]*node // by account and name
	accounts map[string]*account
	rails    []*rail
	objects  []*object
	keys     map[string]*credentials // by owner
}

// NewReader gives a reader that has seen nothing.
func NewReader() *Reader {
	return &Reader{seen: map[string]bool{}, docs: map[string]*doc{}, groups: map[string]*node{}, accounts: map[string]*account{}, keys: map[string]*credentials{}}
}

// Watch gives the same source, and takes in what goes through it.
func (r *Reader) Watch(source cloud.Source) cloud.Source {
	return func() iter.Seq2[*cloud.Resource, error] {
		return func(yield func(*cloud.Resource, error) bool) {
			for res, err := range source() {
				if err == nil {
					r.See(res)
				}
				if !yield(res, err) {
					return
				}
			}
		}
	}
}

// doc is a policy with its text.
type doc struct {
	id, what string // what people call it: "policy", "boundary", "guard-rail", "trust"
	policy   *iampolicy.Policy
	unread   string
	versions []string
	written  bool // by the customer, and not into its holder
	account  string
	tags     map[string]string

	allow, deny [][]*iampolicy.Statement // by action of the methods
	holders     []*node
}

// node is a principal, or a group whose rights its members have.
type node struct {
	id, name, kind, account string
	tags                    map[string]string
	tagsUnread              bool
	policies                []string
	unread                  string // why its policies are not known
	boundary                string
	boundaryUnread          string
	memberOf                []string
	trust                   *doc
	profiles                []string
	profilesUnread          bool
	mfa                     Tri
	console                 Tri
	lastUsed                time.Time
	created                 time.Time
	used                    bool
	seenAdmin               bool // the collector judged so
	linked                  bool // the provider made it for its own service

	place    int
	docs     []*doc
	grants   [][]grant // by action
	bound    *doc
	groups   []*node
	members  []*node
	free     *node // the same without its boundary
	whole    *node // of such a one: itself
	services map[string]bool
	outside  []outsider
	machines []*object
	runs     []*object // functions
}

// grant is a statement that allows an action, and the policy that it stands in.
type grant struct {
	doc *doc
	st  *iampolicy.Statement
}

type account struct {
	id         string
	units      []string
	known      bool // units were read
	levels     [][]*doc
	railsWhy   string // why guard-rails are not known
	guards     []*doc // over resources
	rootMFA    Tri
	rootUsed   time.Time
	rootIsUsed bool
	seen       bool
}

type rail struct {
	doc     *doc
	targets []string
	on      string // identities or resources
}

// object is a machine or a function that runs as a role.
type object struct {
	id, name, account string
	tags              map[string]string
	tagsUnread        bool
	role, profile     string
	machine           bool
	managed           Tri
}

type credentials struct {
	keys, active int
	used         time.Time
	unread       bool
}

// See takes a resource in, where it bears on the question.
func (r *Reader) See(res *cloud.Resource) {
	if res.Provider != "aws" || res.Source != "live" || len(r.seen) > maxSeen {
		return
	}
	take := r.taker(res.Kind)
	if take == nil || r.seen[string(res.Kind)+res.ID] {
		return
	}
	r.seen[string(res.Kind)+res.ID] = true
	take(res)
}

// taker gives what takes a kind in: nil for what does not bear on the question.
func (r *Reader) taker(k cloud.Kind) func(*cloud.Resource) {
	switch k {
	case cloud.Identity:
		return r.user
	case cloud.Role:
		return r.role
	case cloud.Group:
		return r.group
	case cloud.Policy, cloud.ProviderPolicy:
		return r.policy
	case cloud.Guardrail:
		return r.rail
	case cloud.AccountKind:
		return r.account
	case cloud.Function:
		return r.function
	case cloud.Machine:
		return r.machine
	case cloud.Credential:
		return r.credential
	}
	return nil
}

func text(res *cloud.Resource, name string) (string, bool) {
	s, ok := res.Attributes[name].(string)
	return s, ok
}

func texts(res *cloud.Resource, name string) ([]string, bool) {
	list, ok := res.Attributes[name].([]any)
	out := make([]string, 0, len(list))
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out, ok
}

func tri(res *cloud.Resource, name string) Tri {
	b, ok := res.Attributes[name].(bool)
	return triOf(b, ok)
}

func triOf(b, known bool) Tri {
	switch {
	case !known:
		return Maybe
	case b:
		return Yes
	}
	return No
}

// why tells why an attribute is not known.
func why(res *cloud.Resource, name string) string {
	g := res.Gaps[name]
	return strings.TrimSuffix(strings.TrimSpace(cmp.Or(string(g.Reason), "not-collected")+" "+cmp.Or(g.Detail, g.Call)), ":")
}

func (r *Reader) identity(res *cloud.Resource, kind string) *node {
	n := &node{id: res.ID, name: res.Name, kind: kind, account: res.Account, tags: res.Tags, mfa: Maybe, console: Maybe}
	_, n.tagsUnread = res.Gaps["tags"]
	var ok bool
	if n.policies, ok = texts(res, "policies"); !ok {
		n.unread = "its policies were not read: " + why(res, "policies")
	}
	n.created, _ = res.Attributes["created"].(time.Time)
	n.seenAdmin = tri(res, "admin") == Yes
	if kind != groupKind {
		if n.boundary, ok = text(res, "boundary"); !ok {
			n.boundaryUnread = "its boundary was not read: " + why(res, "boundary")
		}
	}
	return n
}

func (r *Reader) user(res *cloud.Resource) {
	n := r.identity(res, User)
	var ok bool
	if n.memberOf, ok = texts(res, "groups"); !ok && n.unread == "" {
		n.unread = "its groups were not read: " + why(res, "groups")
	}
	n.mfa, n.console = tri(res, "mfa"), tri(res, "console_access")
	n.lastUsed, n.used = res.Attributes["password_last_used"].(time.Time)
	r.nodes = append(r.nodes, n)
}

func (r *Reader) role(res *cloud.Resource) {
	n := r.identity(res, RoleKind)
	n.linked = tri(res, "service_linked") == Yes
	n.mfa = tri(res, "trust_requires_mfa")
	n.lastUsed, n.used = res.Attributes["last_used"].(time.Time)
	var ok bool
	n.profiles, ok = texts(res, "profiles")
	n.profilesUnread = !ok
	n.trust = r.doc(res, "trust", "trust")
	n.trust.id = res.ID
	r.nodes = append(r.nodes, n)
}

func (r *Reader) group(res *cloud.Resource) {
	n := r.identity(res, groupKind)
	r.groups[n.account+" "+n.name] = n
}

// doc reads a policy's text.
func (r *Reader) doc(res *cloud.Resource, attribute, what string) *doc {
	d := &doc{id: res.ID, what: what, account: res.Account, tags: res.Tags}
	s, ok := text(res, attribute)
	if !ok {
		d.unread = why(res, attribute)
		return d
	}
	p, err := iampolicy.Parse([]byte(s))
	if err != nil {
		d.unread = err.Error()
		return d
	}
	d.policy = p
	return d
}

func (r *Reader) policy(res *cloud.Resource) {
	d := r.doc(res, "document", "policy")
	inline, _ := res.Attributes["inline"].(bool)
	d.written = res.Kind == cloud.Policy && !inline
	d.versions, _ = texts(res, "versions")
	r.docs[res.ID] = d
}

func (r *Reader) rail(res *cloud.Resource) {
	x := &rail{doc: r.doc(res, "document", "guard-rail")}
	x.doc.id = cmp.Or(res.Name, res.ID)
	var ok bool
	x.targets, ok = texts(res, "targets")
	if x.on, _ = text(res, "type"); !ok {
		x.doc.unread = "where it is attached was not read"
	}
	r.rails = append(r.rails, x)
}

func (r *Reader) home(id string) *account {
	if r.accounts[id] == nil {
		r.accounts[id] = &account{id: id, rootMFA: Maybe}
	}
	return r.accounts[id]
}

func (r *Reader) account(res *cloud.Resource) {
	a := r.home(res.Account)
	a.seen = true
	a.units, a.known = texts(res, "organisation_units")
	if !a.known {
		a.railsWhy = "guard-rails of the organisation over " + a.id + " were not read: " + why(res, "organisation_units")
	}
	a.rootMFA = tri(res, "root_mfa")
	a.rootUsed, a.rootIsUsed = res.Attributes["root_last_used"].(time.Time)
}

func (r *Reader) function(res *cloud.Resource) {
	o := r.object(res)
	o.role, _ = text(res, "role")
	r.objects = append(r.objects, o)
}

func (r *Reader) machine(res *cloud.Resource) {
	o := r.object(res)
	o.machine, o.managed = true, tri(res, "managed")
	o.profile, _ = text(res, "profile")
	r.objects = append(r.objects, o)
}

func (r *Reader) object(res *cloud.Resource) *object {
	o := &object{id: res.ID, name: cmp.Or(res.Name, res.ID), account: res.Account, tags: res.Tags}
	_, o.tagsUnread = res.Gaps["tags"]
	return o
}

func (r *Reader) credential(res *cloud.Resource) {
	owner, _ := text(res, "owner")
	c := r.keys[owner]
	if c == nil {
		c = &credentials{}
		r.keys[owner] = c
	}
	if sort, _ := text(res, "type"); sort == "access-key" {
		c.keys++
		if active, _ := res.Attributes["active"].(bool); active {
			c.active++
		}
	}
	used, ok := res.Attributes["last_used"].(time.Time)
	c.unread = c.unread || !ok
	if used.After(c.used) {
		c.used = used
	}
}

// unlisted names the lists that are not whole.
func unlisted(gaps []cloud.ScopeGap) []string {
	var out []string
	for _, g := range gaps {
		if g.Provider != "aws" {
			continue
		}
		for _, k := range g.Kinds {
			wanted := map[cloud.Kind]string{cloud.Identity: "iam", cloud.Role: "iam", cloud.Group: "iam", cloud.Policy: "iam", cloud.ProviderPolicy: "iam", cloud.Function: "lambda", cloud.Machine: "ec2", cloud.Guardrail: "organizations"}[k]
			if wanted == "" || g.Service != "" && g.Service != wanted {
				continue
			}
			where := strings.TrimSpace(g.Account + " " + g.Region)
			out = append(out, strings.TrimSpace(fmt.Sprintf("not every %s of %s was listed: %s %s", strings.ReplaceAll(string(k), "-", " "), cmp.Or(where, "the account"), g.Reason, g.Call)))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
