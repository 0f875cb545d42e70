// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/internal/strict"
)

// Tenants say whose nodes are whose. The file:
//
//	administration:                 # the provider's own way in
//	  tags: {zone: admin}
//	tenants:
//	  - id: alder
//	    accounts: ["111122223333"]
//	  - id: birch
//	    networks: [vpc-0a1b2c3d]
//	  - id: cedar
//	    tags: {tenant: cedar}       # all of them
//	    namespaces: [cedar]
//
// A node belongs to the first that one of its words fits, the administration
// before all. Without a file a node belongs to the tenant that its tag "tenant"
// declares, else its subnet's, its network's or its account's; and to the
// administration if its or its subnet's tag "zone" or "tier" is admin.
type Tenants struct {
	Administration *Selector  `yaml:"administration,omitempty" json:"administration,omitempty"`
	Tenants        []Selector `yaml:"tenants" json:"tenants"`
}

// Selector picks nodes: those that one of its words fits.
type Selector struct {
	ID         string            `yaml:"id,omitempty" json:"id,omitempty"` // not of the administration
	Accounts   []string          `yaml:"accounts,omitempty" json:"accounts,omitempty"`
	Networks   []string          `yaml:"networks,omitempty" json:"networks,omitempty"` // ids, or the last part of them
	Tags       map[string]string `yaml:"tags,omitempty" json:"tags,omitempty"`         // all of them
	Namespaces []string          `yaml:"namespaces,omitempty" json:"namespaces,omitempty"`
}

// maxTenants bounds a file: the answer has a pair for each two of them.
const maxTenants = 1000

// Parse reads a file of tenants. The error is a problem that tells every fault
// with its line. It is safe for foreign input.
func Parse(file string, data []byte) (*Tenants, error) {
	t := new(Tenants)
	doc := strict.Read(file, data, t)
	if len(doc.Faults()) == 1 && doc.Faults()[0].Field == "" {
		return nil, doc.Err()
	}
	if a := t.Administration; a != nil {
		if a.ID != "" {
			doc.Fault("administration.id", "the administration network has no id of its own; take the field out")
		}
		if a.empty() {
			doc.Fault("administration", "it picks nothing; name accounts, networks, tags or namespaces")
		}
	}
	switch n := len(t.Tenants); {
	case n == 0:
		doc.Fault("tenants", "there is no tenant; name at least one")
	case n > maxTenants:
		doc.Fault("tenants", "there are %d tenants; the most is %d", n, maxTenants)
		return nil, doc.Err()
	}
	seen := map[string]int{}
	for i := range t.Tenants {
		s, at := &t.Tenants[i], fmt.Sprintf("tenants[%d]", i)
		first, twice := seen[s.ID]
		switch {
		case s.ID == "":
			doc.Fault(at+".id", "missing; the name of the tenant")
		case s.ID == Administration:
			doc.Fault(at+".id", "%q is the administration network; write it under administration", s.ID)
		case twice:
			doc.Fault(at+".id", "the tenant %q stands twice; the first is tenants[%d]", s.ID, first)
		default:
			seen[s.ID] = i
		}
		if s.empty() {
			doc.Fault(at, "it picks nothing; name accounts, networks, tags or namespaces")
		}
	}
	if err := doc.Err(); err != nil {
		return nil, err
	}
	return t, nil
}

func (s *Selector) empty() bool {
	return len(s.Accounts)+len(s.Networks)+len(s.Tags)+len(s.Namespaces) == 0
}

// Assign gives every node its tenant. Nil stands for what tags and accounts
// declare.
func (m *Model) Assign(t *Tenants) {
	network := map[string]string{}
	for i := range m.Subnets {
		network[m.Subnets[i].ID] = m.Subnets[i].Network
	}
	for i := range m.Nodes {
		n := &m.Nodes[i]
		if t == nil {
			n.Tenant = n.Declared
			continue
		}
		var networks []string
		for _, nic := range n.Interfaces {
			networks = append(networks, network[nic.Subnet])
		}
		n.Tenant = t.of(n, networks)
	}
}

func (t *Tenants) of(n *Node, networks []string) string {
	if t.Administration != nil && t.Administration.picks(n, networks) {
		return Administration
	}
	for i := range t.Tenants {
		if t.Tenants[i].picks(n, networks) {
			return t.Tenants[i].ID
		}
	}
	return ""
}

func (s *Selector) picks(n *Node, networks []string) bool {
	if slices.Contains(s.Accounts, n.Account) || n.Namespace != "" && slices.Contains(s.Namespaces, n.Namespace) {
		return true
	}
	for _, id := range networks {
		if slices.Contains(s.Networks, id) || slices.Contains(s.Networks, id[strings.LastIndexByte(id, '/')+1:]) {
			return true
		}
	}
	for name, value := range s.Tags {
		if n.Tags[name] != value {
			return false
		}
	}
	return len(s.Tags) > 0
}
