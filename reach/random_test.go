// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
)

// lottery draws small networks. Everything is rare enough to be decisive, and
// common enough to meet everything else.
type lottery struct {
	*rand.Rand
	m *Model
}

func (l *lottery) chance(percent int) bool { return l.IntN(100) < percent }

func (l *lottery) one(list ...string) string { return list[l.IntN(len(list))] }

func draw(seed uint64) *Model {
	l := &lottery{rand.New(rand.NewPCG(seed, 17)), &Model{}}
	l.filters()
	l.networks()
	l.joins()
	l.tables()
	l.nodes()
	if l.chance(2) {
		l.m.Unread = []string{"the machines of an account were not read"}
	}
	return l.m
}

func (l *lottery) ports() Ports {
	p := Ports{Protocol: l.one("tcp", "tcp", "udp", "icmp", "all", "all", "50")}
	if p.Protocol == "tcp" || p.Protocol == "udp" {
		p.From = []int{0, 22, 80, 1000, 5432, 30000}[l.IntN(6)]
		p.To = min(65535, p.From+[]int{0, 0, 10, 3000, 65535}[l.IntN(5)])
	}
	return p
}

func (l *lottery) prefix() netip.Prefix {
	if l.chance(12) {
		return netip.MustParsePrefix(l.one("::/0", "2600:1::/64", "2600:2::/62", "2600:1::4/127"))
	}
	return netip.MustParsePrefix(l.one("0.0.0.0/0", "0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/28", "10.1.0.0/29", "10.1.0.8/29", "10.2.0.0/28", "10.2.0.2/31", "10.3.0.0/28",
		"10.1.0.3/32", "10.3.0.4/30", "203.0.113.0/24", "0.0.0.0/0", "0.0.0.0/1", "10.2.0.0/15"))
}

func (l *lottery) rule(members bool) Rule {
	r := Rule{Inbound: l.chance(55), Allow: true, Ports: l.ports()}
	for range 1 + l.IntN(2) {
		if members && l.chance(40) {
			r.Members = append(r.Members, l.one("sg1", "sg2", "sg3", "sg4", "sg9"))
		} else {
			r.Peers = append(r.Peers, l.prefix())
		}
	}
	return r
}

func (l *lottery) filters() {
	for i := range 4 {
		f := Filter{ID: fmt.Sprintf("sg%d", i+1)}
		if l.chance(60) {
			f.Rules = append(f.Rules, Rule{Allow: true, Ports: Ports{Protocol: "all"}, Peers: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}})
		}
		for range l.IntN(4) {
			f.Rules = append(f.Rules, l.rule(true))
		}
		if l.chance(6) {
			f.Unread = "denied"
		}
		l.m.Filters = append(l.m.Filters, f)
	}
	for i := range 3 {
		f := Filter{ID: fmt.Sprintf("acl%d", i+1), Stateless: !l.chance(20)}
		for range l.IntN(6) {
			r := l.rule(false)
			r.Allow = !l.chance(35)
			f.Rules = append(f.Rules, r)
		}
		if l.chance(50) {
			for _, in := range []bool{true, false} {
				f.Rules = append(f.Rules, Rule{Inbound: in, Allow: true, Ports: Ports{Protocol: "all"}, Peers: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}})
			}
		}
		if l.chance(5) {
			f.Unread = "denied"
		}
		l.m.Filters = append(l.m.Filters, f)
	}
}

func (l *lottery) networks() {
	for i := range 1 + l.IntN(3) {
		n := Network{ID: fmt.Sprintf("net%d", i+1)}
		four, six := fmt.Sprintf("10.%d.0.", i+1), fmt.Sprintf("2600:%d::", i+1)
		if i > 0 && l.chance(10) {
			four = "10.1.0." // two networks may have the same addresses
		}
		n.Ranges = []netip.Prefix{netip.MustParsePrefix(four + "0/28"), netip.MustParsePrefix(six + "/64")}
		switch {
		case l.chance(50):
			n.Gateway = "igw-" + n.ID
		case l.chance(10):
			n.GatewayUnread = "denied"
		}
		l.m.Networks = append(l.m.Networks, n)
		for k := range 2 {
			s := Subnet{ID: fmt.Sprintf("%s-sub%d", n.ID, k+1), Network: n.ID, Table: l.one("rt1", "rt2", "rt3", "rt4", "rt-"+n.ID)}
			s.Ranges = []netip.Prefix{netip.MustParsePrefix(fmt.Sprintf("%s%d/29", four, k*8)), netip.MustParsePrefix(fmt.Sprintf("%s%d/125", six, k*8))}
			if l.chance(70) {
				s.Filters = append(s.Filters, l.one("acl1", "acl2", "acl3"))
			}
			if l.chance(10) {
				s.Filters = append(s.Filters, l.one("acl1", "acl2", "acl-gone"))
			}
			l.m.Subnets = append(l.m.Subnets, s)
		}
	}
}

func (l *lottery) network() string { return l.m.Networks[l.IntN(len(l.m.Networks))].ID }

func (l *lottery) joins() {
	for i := range 2 {
		j := Join{ID: fmt.Sprintf("pcx%d", i+1), Active: !l.chance(10), Members: l.chance(60), Ends: []End{{Network: l.network()}, {Network: l.network()}}}
		if l.chance(5) {
			j.Unread = "denied"
		}
		l.m.Joins = append(l.m.Joins, j)
	}
	j := Join{ID: "tgw1", Active: true, Hub: true, Members: l.chance(50)}
	for _, n := range l.m.Networks {
		if l.chance(80) {
			j.Ends = append(j.Ends, End{n.ID, l.one("h1", "h2", "h2", "h-gone", "")})
		}
	}
	for _, id := range []string{"h1", "h2"} {
		t := Table{ID: id}
		for range l.IntN(4) {
			t.Routes = append(t.Routes, Route{l.prefix(), []Way{Attached, Attached, Attached, Drop, Through}[l.IntN(5)], l.network()})
		}
		if l.chance(6) {
			t.Unread = "denied"
		}
		j.Tables = append(j.Tables, t)
	}
	l.m.Joins = append(l.m.Joins, j)
}

func (l *lottery) tables() {
	for _, id := range []string{"rt1", "rt2", "rt3", "rt-net1", "rt-net2", "rt-net3"} {
		t := Table{ID: id}
		if !l.chance(5) {
			for i := range 3 {
				t.Routes = append(t.Routes, Route{netip.MustParsePrefix(fmt.Sprintf("10.%d.0.0/28", i+1)), Local, ""}, Route{netip.MustParsePrefix(fmt.Sprintf("2600:%d::/64", i+1)), Local, ""})
			}
			// The local route is only for the own network: another may win for others.
			t.Routes = t.Routes[:2*(1+l.IntN(3))]
		}
		if l.chance(40) {
			t.Routes = append(t.Routes, Route{netip.MustParsePrefix("0.0.0.0/0"), Internet, "igw"})
		}
		for range l.IntN(5) {
			way := []Way{Through, Through, Through, Through, Internet, Internet, Outward, Drop, Appliance}[l.IntN(9)]
			t.Routes = append(t.Routes, Route{l.prefix(), way, l.one("pcx1", "pcx1", "pcx2", "tgw1", "tgw1", "pcx-gone")})
		}
		if l.chance(4) {
			t.Unread = "denied"
		}
		l.m.Tables = append(l.m.Tables, t)
	}
}

func (l *lottery) nodes() {
	for i := range 2 + l.IntN(5) {
		n := Node{ID: fmt.Sprintf("i%d", i+1), Kind: Machine, Tenant: l.one("alder", "birch", "cedar", "")}
		for k := range 1 + l.IntN(2) {
			n.Interfaces = append(n.Interfaces, l.card(fmt.Sprintf("eni%d-%d", i+1, k+1)))
		}
		if l.chance(25) {
			n.Kind = Balancer
			n.Listens = []Ports{l.ports()}
			for range 1 + l.IntN(2) {
				n.Targets = append(n.Targets, Target{Node: l.one("i1", "i2", "i3", "i4", "i1", "i2", "i-gone"), Ports: l.ports(), Keeps: l.chance(20)})
			}
			if n.Targets[0].Node == "i-gone" && l.chance(70) {
				n.Targets[0].Node = "i1"
			}
		}
		if l.chance(2) {
			n.Doubt = "denied"
		}
		l.m.Nodes = append(l.m.Nodes, n)
	}
	for i := range l.m.Nodes { // a balancer may name a node that was not drawn
		for k := range l.m.Nodes[i].Targets {
			t := &l.m.Nodes[i].Targets[k]
			if t.Node != "i-gone" && int(t.Node[1]-'0') > len(l.m.Nodes) {
				t.Node = "i1"
			}
		}
	}
}

func (l *lottery) card(id string) Interface {
	s := l.m.Subnets[l.IntN(len(l.m.Subnets))]
	nic := Interface{ID: id, Subnet: s.ID, Public: l.chance(40)}
	if l.chance(1) {
		nic.Subnet = "sub-gone"
	}
	for range 1 + l.IntN(2) {
		nic.Guards = append(nic.Guards, nil)
	}
	if l.chance(80) {
		nic.Guards = nic.Guards[:1]
	}
	for g := range nic.Guards {
		for range 1 + l.IntN(2) {
			nic.Guards[g] = append(nic.Guards[g], l.one("sg1", "sg2", "sg3", "sg4", "sg4", "sg-gone"))
		}
		if l.chance(90) && nic.Guards[g][0] == "sg-gone" {
			nic.Guards[g] = []string{"sg1"}
		}
	}
	if l.chance(10) {
		nic.Within = []netip.Prefix{netip.PrefixFrom(s.Ranges[0].Addr(), 30)}
		return nic
	}
	step := func(a netip.Addr) netip.Addr {
		for range 1 + l.IntN(6) {
			a = a.Next()
		}
		return a
	}
	nic.Addresses = append(nic.Addresses, step(s.Ranges[0].Addr()))
	if l.chance(20) {
		nic.Addresses = append(nic.Addresses, step(s.Ranges[1].Addr()))
	}
	return nic
}

// TestSolve_Oracle compares every answer for thousands of drawn networks with
// that of the oracle.
func TestSolve_Oracle(t *testing.T) {
	count := map[Verdict]int{}
	networks := 3000
	if testing.Short() {
		networks = 300
	}
	for seed := range uint64(networks) {
		m := draw(seed)
		a, o := Solve(m), newOracle(m)
		for _, p := range a.Pairs {
			count[p.Verdict]++
			if want := o.pair(p.From, p.To); want != p.Verdict {
				t.Fatalf("network %d: %s to %s is %s (%s), and the oracle says %s\n%s", seed, p.From, p.To, p.Verdict, p.Why, want, document(t, m))
			}
			if p.Why == "" || (p.Verdict == Open || p.Verdict == OneWay) && len(p.Path) < 2 {
				t.Fatalf("network %d: %s to %s is %s without a reason or a path", seed, p.From, p.To, p.Verdict)
			}
		}
		want := o.exposed()
		for _, x := range a.Internet {
			count["internet "+x.Verdict]++
			if want[x.Node] != x.Verdict {
				t.Fatalf("network %d: from the internet to %s is %s (%s), and the oracle says %s\n%s", seed, x.Node, x.Verdict, x.Why, want[x.Node], document(t, m))
			}
		}
	}
	for _, v := range []Verdict{Open, OneWay, Unknown, Closed} {
		if count[v] < networks/50 || count["internet "+v] < networks/50 {
			t.Errorf("too few answers are %s to prove anything: %v", v, count)
		}
	}
	t.Log(count)
}

func document(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
