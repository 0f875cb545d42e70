// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"net/netip"
	"strings"
	"testing"
)

// world of the tables: two or three networks, a machine each, everything open
// but what a case changes.

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func in(protocol string, from, to int, peers ...string) Rule {
	r := Rule{Inbound: true, Allow: true, Ports: Ports{protocol, from, to}}
	for _, p := range peers {
		if strings.Contains(p, "/") {
			r.Peers = append(r.Peers, netip.MustParsePrefix(p))
		} else {
			r.Members = append(r.Members, p)
		}
	}
	return r
}

func out(r Rule) Rule    { r.Inbound = false; return r }
func refuse(r Rule) Rule { r.Allow = false; return r }

func anyRule() Rule { return in("all", 0, 0, "0.0.0.0/0") }

// three gives the networks a (10.1.0.0/16), b (10.2.0.0/16) and c (10.3.0.0/16),
// each with one machine of its name; a and b, b and c are peered, and the tables
// of each know the way to the neighbours.
func three() *Model {
	m := &Model{
		Joins: []Join{{ID: "pcx-ab", Active: true, Members: true, Ends: []End{{"vpc-a", ""}, {"vpc-b", ""}}}, {ID: "pcx-bc", Active: true, Members: true, Ends: []End{{"vpc-b", ""}, {"vpc-c", ""}}}},
	}
	for i, n := range []string{"a", "b", "c"} {
		own := []string{"10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"}[i]
		m.Networks = append(m.Networks, Network{ID: "vpc-" + n, Ranges: prefixes(own)})
		m.Subnets = append(m.Subnets, Subnet{ID: "subnet-" + n, Network: "vpc-" + n, Ranges: prefixes(own[:5] + "0.0/24"), Table: "rtb-" + n, Filters: []string{"acl-" + n}})
		m.Tables = append(m.Tables, Table{ID: "rtb-" + n, Routes: []Route{{netip.MustParsePrefix(own), Local, ""}}})
		m.Filters = append(m.Filters, Filter{ID: "sg-" + n, Kind: "security group", Rules: []Rule{out(anyRule()), in("tcp", 443, 443, "10.0.0.0/8")}},
			Filter{ID: "acl-" + n, Kind: "network ACL", Stateless: true, Rules: []Rule{anyRule(), out(anyRule())}})
		m.Nodes = append(m.Nodes, Node{ID: "i-" + n, Name: n, Kind: Machine, Tenant: n, Interfaces: []Interface{{ID: "eni-" + n, Subnet: "subnet-" + n,
			Addresses: []netip.Addr{netip.MustParseAddr(own[:5] + "0.10")}, Guards: [][]string{{"sg-" + n}}}}})
	}
	route(m, "rtb-a", "10.2.0.0/16", "pcx-ab")
	route(m, "rtb-b", "10.1.0.0/16", "pcx-ab")
	route(m, "rtb-b", "10.3.0.0/16", "pcx-bc")
	route(m, "rtb-c", "10.2.0.0/16", "pcx-bc")
	return m
}

func table(m *Model, id string) *Table {
	for i := range m.Tables {
		if m.Tables[i].ID == id {
			return &m.Tables[i]
		}
	}
	panic(id)
}

func filter(m *Model, id string) *Filter {
	for i := range m.Filters {
		if m.Filters[i].ID == id {
			return &m.Filters[i]
		}
	}
	panic(id)
}

func route(m *Model, id, to, target string) {
	t := table(m, id)
	t.Routes = append(t.Routes, Route{netip.MustParsePrefix(to), Through, target})
}

func answer(t *testing.T, a *Answer, from, to string) Pair {
	t.Helper()
	for _, p := range a.Pairs {
		if p.From == from && p.To == to {
			return p
		}
	}
	t.Fatalf("no answer for %s to %s", from, to)
	return Pair{}
}

// TestSolve_Documented holds what the provider's documents say of its network,
// in our own words: each case changes three() and asks from a to c, or b.
func TestSolve_Documented(t *testing.T) {
	hub := func(m *Model, tables ...string) {
		j := Join{ID: "tgw-1", Active: true, Hub: true, Tables: []Table{{ID: "tgw-rtb-1"}, {ID: "tgw-rtb-2"}}}
		for i, n := range []string{"a", "b", "c"} {
			j.Ends = append(j.Ends, End{"vpc-" + n, tables[i]})
		}
		m.Joins = append(m.Joins, j)
		route(m, "rtb-a", "10.3.0.0/16", "tgw-1")
		route(m, "rtb-c", "10.1.0.0/16", "tgw-1")
	}
	attach := func(m *Model, table int, to, network string) {
		j := &m.Joins[2]
		j.Tables[table].Routes = append(j.Tables[table].Routes, Route{netip.MustParsePrefix(to), Attached, network})
	}
	for _, c := range []struct {
		says   string
		change func(m *Model)
		to     string
		want   Verdict
		why    string // a part of the reason, or of a step
	}{
		{"a peering with routes on both sides leads to the neighbour", func(*Model) {}, "b", Open, "tcp 443"},
		{"a peering leads no further than to the neighbour", func(m *Model) { route(m, "rtb-a", "10.3.0.0/16", "pcx-ab") }, "c", Closed, "no route leads from vpc-a to vpc-c"},
		{"without a route a peering leads nowhere", func(m *Model) { table(m, "rtb-a").Routes = table(m, "rtb-a").Routes[:1] }, "b", Closed, "pcx-ab joins vpc-a and vpc-b"},
		{"with a route on one side only no answer comes back", func(m *Model) { table(m, "rtb-b").Routes = table(m, "rtb-b").Routes[:1] }, "b", OneWay, "no answer comes back"},
		{"a peering that nobody accepted leads nowhere", func(m *Model) { m.Joins[0].Active = false }, "b", Closed, "not active"},
		{"a more specific route wins over the peering", func(m *Model) {
			table(m, "rtb-a").Routes = append(table(m, "rtb-a").Routes, Route{netip.MustParsePrefix("10.2.0.0/24"), Drop, ""})
		}, "b", Closed, "no route"},
		{"a less specific route does not", func(m *Model) {
			table(m, "rtb-a").Routes = append(table(m, "rtb-a").Routes, Route{netip.MustParsePrefix("10.0.0.0/8"), Drop, ""})
		}, "b", Open, ""},
		{"a group keeps state: the answer needs no rule", func(m *Model) { filter(m, "sg-b").Rules = filter(m, "sg-b").Rules[1:] }, "b", Open, ""},
		{"a group without an inbound rule lets nothing in", func(m *Model) { filter(m, "sg-b").Rules = filter(m, "sg-b").Rules[:1] }, "b", Closed, "no inbound rule of sg-b"},
		{"a group without an outbound rule lets nothing out", func(m *Model) { filter(m, "sg-a").Rules = nil }, "b", Closed, "no outbound rule of sg-a"},
		{"a network ACL keeps no state: an answer to a client's port must pass too", func(m *Model) {
			filter(m, "acl-b").Rules = []Rule{anyRule(), out(in("tcp", 443, 443, "0.0.0.0/0"))}
		}, "b", OneWay, ""},
		{"and passes by a rule for the ports of clients", func(m *Model) {
			filter(m, "acl-b").Rules = []Rule{in("tcp", 443, 443, "10.1.0.0/16"), out(in("tcp", 32768, 60999, "10.1.0.0/16"))}
		}, "b", Open, ""},
		{"of a network ACL the rule with the lower number decides", func(m *Model) {
			filter(m, "acl-b").Rules = []Rule{refuse(in("tcp", 443, 443, "10.1.0.0/16")), anyRule(), out(anyRule())}
		}, "b", Closed, "no packet passes all"},
		{"a rule that comes after an equal one decides nothing", func(m *Model) {
			filter(m, "acl-b").Rules = []Rule{anyRule(), refuse(in("tcp", 443, 443, "10.1.0.0/16")), out(anyRule())}
		}, "b", Open, ""},
		{"what no rule of a network ACL matches is refused", func(m *Model) { filter(m, "acl-b").Rules = nil }, "b", Closed, "no inbound rule of acl-b"},
		{"within a subnet no network ACL is asked", func(m *Model) {
			filter(m, "acl-b").Rules = nil
			m.Nodes[0].Interfaces[0].Subnet, m.Nodes[0].Interfaces[0].Addresses[0] = "subnet-b", netip.MustParseAddr("10.2.0.99")
		}, "b", Open, ""},
		{"a group may name a group beyond a peering", func(m *Model) {
			filter(m, "sg-b").Rules = []Rule{in("tcp", 5432, 5432, "sg-a")}
		}, "b", Open, "members of sg-a"},
		{"but not where the join does not know it", func(m *Model) {
			filter(m, "sg-b").Rules = []Rule{in("tcp", 5432, 5432, "sg-a")}
			m.Joins[0].Members = false
		}, "b", Closed, "no inbound rule of sg-b"},
		{"of several groups one that lets in is enough", func(m *Model) {
			filter(m, "sg-b").Rules = nil
			m.Nodes[1].Interfaces[0].Guards[0] = append(m.Nodes[1].Interfaces[0].Guards[0], "sg-c")
		}, "b", Open, "sg-c"},
		{"a hub leads where the table of the sender's attachment does", func(m *Model) {
			hub(m, "tgw-rtb-1", "tgw-rtb-1", "tgw-rtb-1")
			attach(m, 0, "10.3.0.0/16", "vpc-c")
			attach(m, 0, "10.1.0.0/16", "vpc-a")
		}, "c", Open, "its table tgw-rtb-1 leads to vpc-c"},
		{"two tables of a hub keep networks apart", func(m *Model) {
			hub(m, "tgw-rtb-1", "tgw-rtb-1", "tgw-rtb-2")
			attach(m, 0, "10.2.0.0/16", "vpc-b")
			attach(m, 1, "10.3.0.0/16", "vpc-c")
		}, "c", Closed, "no route"},
		{"a table of a hub may lead there and not back", func(m *Model) {
			hub(m, "tgw-rtb-1", "", "tgw-rtb-2")
			attach(m, 0, "10.3.0.0/16", "vpc-c")
		}, "c", OneWay, ""},
		{"a hub beyond the hub is not followed", func(m *Model) {
			hub(m, "tgw-rtb-1", "", "tgw-rtb-2")
			m.Joins[2].Tables[0].Routes = []Route{{netip.MustParsePrefix("10.0.0.0/8"), Through, "tgw-attach-9"}}
		}, "c", Unknown, "which is not followed"},
		{"a route to a machine is not followed", func(m *Model) {
			table(m, "rtb-a").Routes = append(table(m, "rtb-a").Routes, Route{netip.MustParsePrefix("10.3.0.0/16"), Appliance, "eni-9"})
		}, "c", Unknown, "eni-9"},
		{"rules that were not read refuse nothing", func(m *Model) { filter(m, "sg-b").Unread = "denied" }, "b", Unknown, "the rules of sg-b were not read: denied"},
		{"and allow nothing either, where another thing stops", func(m *Model) {
			filter(m, "sg-b").Unread = "denied"
			filter(m, "sg-a").Rules = nil
		}, "b", Closed, "sg-a"},
		{"routes that were not read may lead anywhere", func(m *Model) { table(m, "rtb-a").Unread = "throttled" }, "c", Unknown, "the routes of rtb-a were not read"},
		{"a peering that was not read may lead anywhere", func(m *Model) { route(m, "rtb-a", "10.3.0.0/16", "pcx-9") }, "c", Unknown, "pcx-9"},
		{"machines that were not listed may be anybody's", func(m *Model) { m.Unread = []string{"machines were not listed: denied"} }, "c", Unknown, "machines were not listed"},
		{"a machine of unknown place may be anywhere", func(m *Model) { m.Nodes[2].Doubt = "denied" }, "c", Unknown, "i-c"},
		{"an address that was not read may be one that passes", func(m *Model) {
			filter(m, "sg-b").Rules = []Rule{in("tcp", 443, 443, "10.1.0.0/28")}
			m.Nodes[0].Interfaces[0].Addresses, m.Nodes[0].Interfaces[0].Within = nil, prefixes("10.1.0.0/24")
		}, "b", Unknown, "the address of i-a was not read"},
		{"unless all of its range passes", func(m *Model) {
			m.Nodes[0].Interfaces[0].Addresses, m.Nodes[0].Interfaces[0].Within = nil, prefixes("10.1.0.0/24")
		}, "b", Open, ""},
		{"a balancer hands on what it takes in", func(m *Model) {
			m.Nodes[1].Targets = []Target{{Node: "i-c", Ports: Ports{"tcp", 443, 443}}}
		}, "c", Open, "through b"},
		{"and nothing where its target does not let it in", func(m *Model) {
			m.Nodes[1].Targets = []Target{{Node: "i-c", Ports: Ports{"tcp", 8443, 8443}}}
		}, "c", Closed, ""},
		{"a balancer takes in only on its listeners", func(m *Model) {
			m.Nodes[1].Listens = []Ports{{"tcp", 80, 80}}
		}, "b", Closed, "listens on tcp 80"},
		{"a target that was not read may be anybody's", func(m *Model) {
			m.Nodes[1].Targets = []Target{{Node: "i-9", Ports: Ports{"tcp", 443, 443}}}
		}, "c", Unknown, "i-9"},
		{"an answer through a balancer comes back only if each part of it does", func(m *Model) {
			m.Nodes[1].Targets = []Target{{Node: "i-c", Ports: Ports{"tcp", 443, 443}}}
			table(m, "rtb-c").Routes = table(m, "rtb-c").Routes[:1]
		}, "c", OneWay, ""},
	} {
		t.Run(c.says, func(t *testing.T) {
			m := three()
			c.change(m)
			p := answer(t, Solve(m), "a", c.to)
			if want := newOracle(m).pair("a", c.to); want != c.want {
				t.Errorf("the oracle says %s", want)
			}
			text := p.Why
			for _, s := range p.Path {
				text += "\n" + s.What + " " + s.ID + ": " + s.Says
			}
			if p.Verdict != c.want || !strings.Contains(text, c.why) {
				t.Errorf("is %s, should be %s; should tell %q:\n%s", p.Verdict, c.want, c.why, text)
			}
			if (p.Verdict == Open || p.Verdict == OneWay) && p.Fix == "" {
				t.Error("does not tell what would stop it")
			}
		})
	}
}

// TestSolve_Internet holds the same of the internet and the machine a.
func TestSolve_Internet(t *testing.T) {
	open := func(m *Model) {
		m.Networks[0].Gateway = "igw-a"
		m.Nodes[0].Interfaces[0].Public = true
		table(m, "rtb-a").Routes = append(table(m, "rtb-a").Routes, Route{netip.MustParsePrefix("0.0.0.0/0"), Internet, "igw-a"})
		filter(m, "sg-a").Rules = append(filter(m, "sg-a").Rules, in("tcp", 22, 22, "0.0.0.0/0"))
	}
	for _, c := range []struct {
		says   string
		change func(m *Model)
		node   string
		want   Verdict
		why    string
	}{
		{"public address, gateway, route and rule together open", func(*Model) {}, "i-a", Open, "the internet reaches a on tcp 22"},
		{"without a public address nothing comes in", func(m *Model) { m.Nodes[0].Interfaces[0].Public = false }, "i-a", Closed, "no address"},
		{"without a gateway nothing comes in", func(m *Model) { m.Networks[0].Gateway = "" }, "i-a", Closed, "no gateway"},
		{"without a route to it no answer goes back", func(m *Model) { table(m, "rtb-a").Routes = table(m, "rtb-a").Routes[:2] }, "i-a", OneWay, "no answer goes back"},
		{"a rule for private addresses lets no internet in", func(m *Model) { filter(m, "sg-a").Rules = filter(m, "sg-a").Rules[:2] }, "i-a", Closed, "sg-a"},
		{"a rule for a few addresses is told as such", func(m *Model) {
			filter(m, "sg-a").Rules[2].Peers = prefixes("198.51.100.0/24")
		}, "i-a", Open, "some addresses of the internet"},
		{"a network ACL may stop it", func(m *Model) { filter(m, "acl-a").Rules = []Rule{in("all", 0, 0, "10.0.0.0/8"), out(anyRule())} }, "i-a", Closed, "subnet-a"},
		{"a gateway that nobody asked for may be there", func(m *Model) {
			m.Networks[0].Gateway, m.Networks[0].GatewayUnread = "", "denied"
		}, "i-a", Unknown, "gateway"},
		{"what a balancer hands on is reached through it", func(m *Model) {
			m.Nodes[0].Targets = []Target{{Node: "i-b", Ports: Ports{"tcp", 443, 443}}}
		}, "i-b", Open, "through a"},
		{"translation lets nothing in", func(m *Model) { table(m, "rtb-a").Routes[2].Way = Outward }, "i-a", OneWay, ""},
		{"an address of IPv6 is public by itself", func(m *Model) {
			m.Networks[1].Gateway, m.Networks[1].Ranges = "igw-b", append(m.Networks[1].Ranges, prefixes("2600:2::/56")...)
			table(m, "rtb-b").Routes = append(table(m, "rtb-b").Routes, Route{netip.MustParsePrefix("::/0"), Internet, "igw-b"})
			m.Nodes[1].Interfaces[0].Addresses = append(m.Nodes[1].Interfaces[0].Addresses, netip.MustParseAddr("2600:2::5"))
			filter(m, "sg-b").Rules = append(filter(m, "sg-b").Rules, in("tcp", 22, 22, "::/0"))
			filter(m, "acl-b").Rules = append(filter(m, "acl-b").Rules, in("all", 0, 0, "::/0"), out(in("all", 0, 0, "::/0")))
		}, "i-b", Open, "tcp 22"},
	} {
		t.Run(c.says, func(t *testing.T) {
			m := three()
			open(m)
			c.change(m)
			if want := newOracle(m).exposed()[c.node]; want != c.want {
				t.Errorf("the oracle says %s", want)
			}
			for _, x := range Solve(m).Internet {
				if x.Node == c.node && (x.Verdict != c.want || !strings.Contains(x.Why, c.why)) {
					t.Errorf("is %s, should be %s; should tell %q: %s", x.Verdict, c.want, c.why, x.Why)
				}
			}
		})
	}
}

// TestSolve_Same: equal models give equal answers, whatever the goroutines do.
func TestSolve_Same(t *testing.T) {
	for seed := range uint64(40) {
		first := document(t, Solve(draw(seed)))
		if again := document(t, Solve(draw(seed))); again != first {
			t.Fatalf("network %d is answered in two ways:\n%s\n%s", seed, first, again)
		}
	}
}
