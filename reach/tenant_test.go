// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	good := "administration:\n  tags: {zone: admin}\ntenants:\n  - {id: alder, accounts: [\"012345678901\"]}\n  - {id: birch, networks: [vpc-b]}\n  - {id: cedar, tags: {tenant: cedar, stage: prod}}\n  - {id: dogwood, namespaces: [dog]}\n"
	tenants, err := Parse("tenants.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		node Node
		want string
	}{
		{Node{Account: "012345678901"}, "alder"},
		{Node{Account: "012345678901", Tags: map[string]string{"zone": "admin"}}, Administration},
		{Node{Account: "9", Interfaces: []Interface{{Subnet: "s-b"}}}, "birch"},
		{Node{Tags: map[string]string{"tenant": "cedar", "stage": "prod"}}, "cedar"},
		{Node{Tags: map[string]string{"tenant": "cedar"}}, ""},
		{Node{Namespace: "dog"}, "dogwood"},
		{Node{Declared: "alder"}, ""},
	} {
		m := &Model{Nodes: []Node{c.node}, Subnets: []Subnet{{ID: "s-b", Network: "arn:aws:ec2:eu-west-1:9:vpc/vpc-b"}}}
		if m.Assign(tenants); m.Nodes[0].Tenant != c.want {
			t.Errorf("%+v is of %q, should be of %q", c.node, m.Nodes[0].Tenant, c.want)
		}
		if m.Assign(nil); m.Nodes[0].Tenant != c.node.Declared {
			t.Errorf("%+v is of %q without a file", c.node, m.Nodes[0].Tenant)
		}
	}
}

func TestParse_Faults(t *testing.T) {
	_, err := Parse("tenants.yaml", []byte("administration: {id: ops}\ntenants:\n  - {id: alder}\n  - {accounts: [1]}\n  - {id: administration, tags: {a: b}}\n  - {id: alder, vpcs: [x]}\n"))
	if err == nil {
		t.Fatal("all of it is wrong, and nothing was said")
	}
	for _, part := range []string{"tenants.yaml:1: administration.id", "tenants.yaml:3: tenants[0]: it picks nothing", "tenants.yaml:4: tenants[1].id: missing",
		"tenants.yaml:5: tenants[2].id", "stands twice", "vpcs"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("does not tell %q:\n%v", part, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("tenants:\n  - {id: alder, accounts: [\"1\"]}\n"))
	f.Add([]byte("administration:\n  networks: [vpc-1]\ntenants: []\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tenants, err := Parse("t.yaml", data)
		if err != nil {
			return
		}
		m := &Model{Nodes: []Node{{Account: "1", Tags: map[string]string{"a": "b"}}}}
		m.Assign(tenants)
	})
}
