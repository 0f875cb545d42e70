// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"strings"
	"testing"

	"demarc.dev/demarc/cloud"
)

const arn = "arn:aws:ec2:eu-central-1:111122223333:"

// res makes a resource as the AWS collector does.
func res(kind cloud.Kind, id, name string, facts map[string]any) cloud.Resource {
	for k, v := range facts {
		if list, ok := v.([]string); ok {
			var plain []any
			for _, s := range list {
				plain = append(plain, s)
			}
			facts[k] = plain
		}
	}
	if !strings.HasPrefix(id, "arn:") {
		id = arn + id
	}
	return cloud.Resource{ID: id, Kind: kind, Native: string(kind), Provider: "aws", Source: "live", Account: "111122223333", Region: "eu-central-1", Name: name, Attributes: facts}
}

func opening(direction, protocol string, from, to int64, sources ...any) map[string]any {
	return map[string]any{"direction": direction, "allow": true, "protocol": protocol, "from_port": from, "to_port": to, "internet": false, "sources": sources}
}

// seen is two networks with a peering: in the first a worker of alder, in the
// second a balancer, a machine behind it and a database of birch.
func seen() []cloud.Resource {
	everyone := []any{opening("in", "all", 0, 65535, "0.0.0.0/0"), opening("out", "all", 0, 65535, "0.0.0.0/0")}
	peering := res(cloud.Interconnect, "vpc-peering-connection/pcx-1", "", map[string]any{"active": true, "references": true})
	peering.Links = []cloud.Link{{Relation: "joins", Target: arn + "vpc/vpc-a"}, {Relation: "joins", Target: arn + "vpc/vpc-b"}}
	balancer := "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/front/50dc6c495c0c9188"
	listener := res(cloud.Listener, balancer+"/l1", "", map[string]any{"port": int64(443), "protocol": "HTTPS"})
	listener.Links = []cloud.Link{{Relation: "part-of", Target: balancer}}
	vpcB := res(cloud.Network, "vpc/vpc-b", "b", map[string]any{"cidrs": []string{"10.2.0.0/16"}, "internet_gateway": "igw-b"})
	vpcB.Tags = map[string]string{"Tenant": "birch"}
	bastion := res(cloud.Machine, "instance/i-adm", "bastion", nil)
	bastion.Tags = map[string]string{"zone": "admin"}
	worker := res(cloud.Machine, "instance/i-a", "worker", nil)
	worker.Tags = map[string]string{"tenant": "alder"}
	card := func(id, subnet, address, public, owner string, guards ...string) cloud.Resource {
		for i, g := range guards {
			guards[i] = arn + "security-group/" + g
		}
		network := arn + "vpc/vpc-" + subnet
		return res(cloud.NetworkInterface, "network-interface/"+id, "", map[string]any{"network": network, "subnet": arn + "subnet/subnet-" + subnet, "addresses": []string{address},
			"public_address": public, "attached": owner, "type": "interface", "firewalls": guards})
	}
	return []cloud.Resource{
		res(cloud.Network, "vpc/vpc-a", "a", map[string]any{"cidrs": []string{"10.1.0.0/16"}, "internet_gateway": ""}), vpcB,
		res(cloud.Subnet, "subnet/subnet-a", "", map[string]any{"network": arn + "vpc/vpc-a", "cidrs": []string{"10.1.0.0/24"}, "route_table": arn + "route-table/rtb-a", "firewalls": []string{arn + "network-acl/acl"}}),
		res(cloud.Subnet, "subnet/subnet-b", "", map[string]any{"network": arn + "vpc/vpc-b", "cidrs": []string{"10.2.0.0/24"}, "route_table": arn + "route-table/rtb-b", "firewalls": []string{arn + "network-acl/acl"}}),
		res(cloud.RouteTable, "route-table/rtb-a", "", map[string]any{"network": arn + "vpc/vpc-a", "transit": "", "users": []string{}, "routes": []string{"10.1.0.0/16 local -", "10.2.0.0/16 through pcx-1"}}),
		res(cloud.RouteTable, "route-table/rtb-b", "", map[string]any{"network": arn + "vpc/vpc-b", "transit": "", "users": []string{}, "routes": []string{"0.0.0.0/0 internet igw-b", "10.1.0.0/16 through pcx-1", "10.2.0.0/16 local -"}}),
		res(cloud.Firewall, "network-acl/acl", "", map[string]any{"stateless": true, "rules": everyone}),
		res(cloud.Firewall, "security-group/sg-out", "out", map[string]any{"stateless": false, "rules": []any{opening("out", "all", 0, 65535, "0.0.0.0/0")}}),
		res(cloud.Firewall, "security-group/sg-lb", "lb", map[string]any{"stateless": false, "rules": everyone}),
		res(cloud.Firewall, "security-group/sg-web", "web", map[string]any{"stateless": false, "rules": []any{opening("in", "tcp", 8443, 8443, "sg-lb")}}),
		res(cloud.Firewall, "security-group/sg-db", "db", map[string]any{"stateless": false, "rules": []any{opening("in", "tcp", 5432, 5432, "10.2.0.0/16")}}),
		peering, worker, res(cloud.Machine, "instance/i-b", "web", nil), bastion, listener,
		card("eni-a", "a", "10.1.0.9", "", arn+"instance/i-a", "sg-out"), card("eni-b", "b", "10.2.0.9", "", arn+"instance/i-b", "sg-web", "sg-out"),
		card("eni-adm", "a", "10.1.0.200", "", arn+"instance/i-adm", "sg-out"), card("eni-fn", "b", "10.2.0.77", "", "", "sg-out"),
		res(cloud.LoadBalancer, balancer, "front", map[string]any{"internet_facing": true, "subnets": []string{arn + "subnet/subnet-b"}, "firewalls": []string{arn + "security-group/sg-lb"},
			"targets": []string{"tcp 8443 " + arn + "instance/i-b", "tcp 8443 ip vpc-b 10.2.0.99"}}),
		res(cloud.Database, "arn:aws:rds:eu-central-1:111122223333:db:books", "books", map[string]any{"public": false, "port": int64(5432), "subnets": []string{arn + "subnet/subnet-b"}, "firewalls": []string{arn + "security-group/sg-db"}}),
	}
}

func solved(t *testing.T, all []cloud.Resource, gaps ...cloud.ScopeGap) *Answer {
	t.Helper()
	s := &cloud.Snapshot{Resources: all}
	m, err := Read(s.Source(), gaps)
	if err != nil {
		t.Fatal(err)
	}
	m.Assign(nil)
	return Solve(m)
}

func TestRead(t *testing.T) {
	a := solved(t, seen())
	if a.Nodes != 6 || a.Nobody != 0 || len(a.Tenants) != 3 {
		t.Errorf("%d nodes, %d of nobody, tenants %v", a.Nodes, a.Nobody, a.Tenants)
	}
	for _, c := range []struct {
		from, to string
		want     Verdict
		says     string
	}{
		{"alder", "birch", Open, "worker reaches front on tcp 443"},
		{"birch", "alder", Closed, "no inbound rule of sg-out"},
		{"alder", Administration, Closed, "no inbound rule of sg-out"},
		{Administration, "birch", Open, "bastion reaches front"},
	} {
		if p := answer(t, a, c.from, c.to); p.Verdict != c.want || !strings.Contains(p.Why, c.says) {
			t.Errorf("%s to %s is %s (%s), should be %s and tell %q", c.from, c.to, p.Verdict, p.Why, c.want, c.says)
		}
	}
	exposed := map[string]Verdict{}
	for _, x := range a.Internet {
		exposed[x.Name] = x.Verdict
	}
	want := map[string]Verdict{"front": Open, "web": Open, "books": Closed, "worker": Closed, "bastion": Closed, "eni-fn": Closed}
	for name, v := range want {
		if exposed[name] != v && exposed[arn+name] != v {
			t.Errorf("the internet to %s is %s, should be %s: %v", name, exposed[name], v, exposed)
		}
	}
}

// TestRead_Unread: what is missing from a snapshot is never a refusal.
func TestRead_Unread(t *testing.T) {
	gap := func(r *cloud.Resource, name string) {
		delete(r.Attributes, name)
		r.Gaps = map[string]cloud.Gap{name: {Reason: cloud.Denied, Call: "ec2:Describe"}}
	}
	for _, c := range []struct {
		says     string
		change   func(all []cloud.Resource) []cloud.Resource
		gaps     []cloud.ScopeGap
		from, to string
		why      string
	}{
		{"rules of a group", func(all []cloud.Resource) []cloud.Resource { gap(&all[7], "rules"); return all }, nil, "birch", "alder", "sg-out"},
		{"a group", func(all []cloud.Resource) []cloud.Resource { return append(all[:7:7], all[8:]...) }, nil, "birch", "alder", "sg-out"},
		{"routes", func(all []cloud.Resource) []cloud.Resource {
			gap(&all[5], "routes")
			all[7].Attributes["rules"] = all[6].Attributes["rules"]
			return all
		}, nil, "birch", "alder", "rtb-b"},
		{"the machine's interfaces", func(all []cloud.Resource) []cloud.Resource { return append(all[:16:16], all[17:]...) }, nil, "birch", "alder", "no interface of it was listed"},
		{"the list of interfaces", func(all []cloud.Resource) []cloud.Resource { return all }, []cloud.ScopeGap{{Provider: "aws", Account: "9", Service: "ec2", Kinds: []cloud.Kind{cloud.NetworkInterface}, Gap: cloud.Gap{Reason: cloud.Denied}}},
			"birch", "alder", "not every network interface of 9 was listed: denied"},
	} {
		t.Run(c.says, func(t *testing.T) {
			p := answer(t, solved(t, c.change(seen()), c.gaps...), c.from, c.to)
			if p.Verdict != Unknown || !strings.Contains(p.Why, c.why) {
				t.Errorf("is %s (%s), should be unknown and tell %q", p.Verdict, p.Why, c.why)
			}
		})
	}
	// A service that tells more of machines, and lists none, hides no machine.
	a := solved(t, seen(), cloud.ScopeGap{Provider: "aws", Account: "9", Service: "ssm", Kinds: []cloud.Kind{cloud.Machine}, Gap: cloud.Gap{Reason: cloud.Denied}})
	if p := answer(t, a, "birch", "alder"); p.Verdict != Closed {
		t.Errorf("a gap of patch states makes the answer %s (%s)", p.Verdict, p.Why)
	}
}

// FuzzRead: whatever a snapshot holds, it is read or refused.
func FuzzRead(f *testing.F) {
	f.Add("10.1.0.0/16 local -", "10.1.0.9", "tcp 8443 arn:aws:ec2:x:1:instance/i-b keeps", "sg-lb")
	f.Add("x through", "::1", "ip", "10.0.0.0/33")
	f.Fuzz(func(t *testing.T, route, address, target, source string) {
		all := seen()
		all[4].Attributes["routes"] = []any{route, "10.2.0.0/16 through pcx-1"}
		all[16].Attributes["addresses"] = []any{address}
		all[len(all)-2].Attributes["targets"] = []any{target}
		all[9].Attributes["rules"] = []any{opening("in", "tcp", 1, 2, source), map[string]any{"protocol": 3}}
		s := &cloud.Snapshot{Resources: all}
		m, err := Read(s.Source(), nil)
		if err != nil {
			t.Fatal(err)
		}
		m.Assign(nil)
		Solve(m)
	})
}
