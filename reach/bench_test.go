// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"fmt"
	"net/netip"
	"testing"
)

// estate makes a model of a service for many tenants: a network of its own for
// each, all at one hub; in each three subnets and ten groups; some tenants'
// groups let others in by mistake.
func estate(machines, tenants, groups int) *Model {
	m := &Model{Joins: []Join{{ID: "tgw-1", Active: true, Hub: true, Tables: []Table{{ID: "tgw-rtb-1"}}}}}
	hub := &m.Joins[0]
	all := netip.MustParsePrefix("0.0.0.0/0")
	per := groups / tenants
	any := Ports{Protocol: "all"}
	allow := func(id string) Filter {
		return Filter{ID: id, Kind: "network ACL", Stateless: true, Rules: []Rule{{Inbound: true, Allow: true, Ports: any, Peers: []netip.Prefix{all}}, {Allow: true, Ports: any, Peers: []netip.Prefix{all}}}}
	}
	for t := range tenants {
		base := netip.AddrFrom4([4]byte{10, byte(t), 0, 0})
		net := netip.PrefixFrom(base, 16)
		id := fmt.Sprintf("vpc-%d", t)
		m.Networks = append(m.Networks, Network{ID: id, Ranges: []netip.Prefix{net}, Gateway: "igw-" + id})
		m.Tables = append(m.Tables, Table{ID: "rtb-" + id, Routes: []Route{{net, Local, ""}, {netip.MustParsePrefix("10.0.0.0/8"), Through, "tgw-1"}, {all, Internet, "igw-" + id}}})
		m.Filters = append(m.Filters, allow("acl-"+id))
		hub.Ends = append(hub.Ends, End{id, "tgw-rtb-1"})
		hub.Tables[0].Routes = append(hub.Tables[0].Routes, Route{net, Attached, id})
		for s := range 3 {
			m.Subnets = append(m.Subnets, Subnet{ID: fmt.Sprintf("%s-%d", id, s), Network: id, Table: "rtb-" + id, Filters: []string{"acl-" + id},
				Ranges: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(t), byte(s * 64), 0}), 18)}})
		}
		for g := range per {
			f := Filter{ID: fmt.Sprintf("sg-%d-%d", t, g), Rules: []Rule{{Allow: true, Ports: any, Peers: []netip.Prefix{all}},
				{Inbound: true, Allow: true, Ports: Ports{"tcp", 8000 + g, 8000 + g}, Members: []string{fmt.Sprintf("sg-%d-%d", t, (g+1)%per)}},
				{Inbound: true, Allow: true, Ports: Ports{"tcp", 5432, 5432}, Peers: []netip.Prefix{net}},
				{Inbound: true, Allow: true, Ports: Ports{"tcp", 22, 22}, Peers: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}}}
			if g == 0 && t%7 == 3 {
				f.Rules = append(f.Rules, Rule{Inbound: true, Allow: true, Ports: Ports{"tcp", 443, 443}, Peers: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/12")}})
			}
			m.Filters = append(m.Filters, f)
		}
	}
	for i := range machines {
		t, k := i%tenants, i/tenants
		s := k % 3
		m.Nodes = append(m.Nodes, Node{ID: fmt.Sprintf("i-%d", i), Kind: Machine, Tenant: fmt.Sprintf("tenant-%03d", t), Interfaces: []Interface{{ID: fmt.Sprintf("eni-%d", i),
			Subnet: fmt.Sprintf("vpc-%d-%d", t, s), Addresses: []netip.Addr{netip.AddrFrom4([4]byte{10, byte(t), byte(s*64 + k/250%60), byte(4 + k%250)})},
			Public: i%50 == 0, Guards: [][]string{{fmt.Sprintf("sg-%d-%d", t, k%per), fmt.Sprintf("sg-%d-%d", t, k*7%per)}}}}})
	}
	return m
}

// BenchmarkSolve prints the curve: two hundred tenants, two thousand groups, and
// from a thousand to thirty thousand machines.
func BenchmarkSolve(b *testing.B) {
	for _, n := range []int{1000, 3000, 10000, 30000} {
		m := estate(n, 200, 2000)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if a := Solve(m); len(a.Pairs) != 200*199 {
					b.Fatal(len(a.Pairs))
				}
			}
		})
	}
}
