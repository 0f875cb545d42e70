// SPDX-License-Identifier: Apache-2.0

package reach

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
)

// finish makes nodes and joins of what was gathered.
func (r *Reader) finish() {
	order := func(a, b *cloud.Resource) int { return strings.Compare(a.ID, b.ID) }
	for _, list := range [][]*cloud.Resource{r.cards, r.machines, r.balancers, r.listeners, r.databases, r.endpoints, r.joins, r.tables} {
		slices.SortFunc(list, order)
	}
	slices.SortFunc(r.m.Networks, func(a, b Network) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(r.m.Subnets, func(a, b Subnet) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(r.m.Filters, func(a, b Filter) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(r.m.Tables, func(a, b Table) int { return strings.Compare(a.ID, b.ID) })
	r.connect()
	n := &nodes{Reader: r, subnet: map[string]*Subnet{}, at: map[string]int{}, byAddress: map[string]string{}, byCard: map[string]string{}}
	for i := range r.m.Subnets {
		n.subnet[r.m.Subnets[i].ID] = &r.m.Subnets[i]
	}
	n.machines()
	n.stores()
	n.balancers()
	n.cards()
	n.targets()
	n.services()
	n.lost()
	for i := range r.m.Nodes {
		n.declare(&r.m.Nodes[i])
	}
}

// connect makes joins: peerings and transits with their tables.
func (r *Reader) connect() {
	tables := map[string][]*cloud.Resource{}
	for _, t := range r.tables {
		transit, _ := text(t, "transit")
		tables[short(transit)] = append(tables[short(transit)], t)
	}
	for _, res := range r.joins {
		j := Join{ID: short(res.ID), Name: res.Name, Hub: strings.Contains(res.Native, "transit") || len(tables[short(res.ID)]) > 0}
		j.Active, _ = res.Attributes["active"].(bool)
		j.Members, _ = res.Attributes["references"].(bool)
		if _, ok := res.Attributes["active"]; !ok {
			j.Unread = unread(res, "active")
		} else if _, ok := res.Attributes["references"]; !ok {
			j.Unread = unread(res, "references")
		}
		for _, l := range res.Links {
			if l.Relation == "joins" && !slices.ContainsFunc(j.Ends, func(e End) bool { return e.Network == short(l.Target) }) {
				j.Ends = append(j.Ends, End{Network: short(l.Target)})
			}
		}
		if j.Hub {
			r.hub(&j, tables[j.ID])
		}
		r.m.Joins = append(r.m.Joins, j)
	}
}

// hub gives each end of a transit the table that its packets ask. Only the
// owner's account sees the tables.
func (r *Reader) hub(j *Join, tables []*cloud.Resource) {
	if len(tables) == 0 {
		j.Unread = cmp.Or(j.Unread, "its tables were not listed")
	}
	for _, t := range tables {
		users, why := texts(t, "users")
		j.Unread = cmp.Or(j.Unread, why)
		table := tableOf(t)
		j.Tables = append(j.Tables, table)
		for _, u := range users {
			for i := range j.Ends {
				if j.Ends[i].Network == short(u) {
					j.Ends[i].Table = table.ID
				}
			}
		}
	}
}

// nodes makes the nodes of a model.
type nodes struct {
	*Reader
	subnet    map[string]*Subnet
	at        map[string]int    // node by id
	byAddress map[string]string // network and address → node
	byCard    map[string]string // interface → node
}

func (n *nodes) add(node Node) *Node {
	n.at[node.ID] = len(n.m.Nodes)
	n.m.Nodes = append(n.m.Nodes, node)
	return &n.m.Nodes[len(n.m.Nodes)-1]
}

func (n *nodes) node(res *cloud.Resource, kind string) *Node {
	id := short(res.ID)
	if kind == Balancer || kind == Database {
		id = res.ID
	}
	return n.add(Node{ID: id, Name: cmp.Or(res.Name, id), Kind: kind, Account: res.Account, Region: res.Region, Tags: res.Tags, Declared: res.Tenant})
}

func (n *nodes) machines() {
	for _, res := range n.Reader.machines {
		n.node(res, Machine)
	}
}

// stores makes nodes of managed databases: where an instance stands in one of
// its subnets, its address is not told.
func (n *nodes) stores() {
	for _, res := range n.Reader.databases {
		subnets, why := texts(res, "subnets")
		guards, why2 := texts(res, "firewalls")
		port, ok := number(res, "port")
		if why == "" && len(subnets) == 0 {
			continue // without an instance
		}
		node := n.node(res, Database)
		node.Doubt = cmp.Or(why, why2)
		if !ok {
			node.Doubt = cmp.Or(node.Doubt, unread(res, "port"))
		}
		if port > 0 {
			node.Listens = []Ports{{"tcp", port, port}}
		}
		public, _ := res.Attributes["public"].(bool)
		n.within(node, subnets, guards, public)
	}
}

// within gives a node an interface of unknown address in each subnet.
func (n *nodes) within(node *Node, subnets, guards []string, public bool) {
	for _, s := range subnets {
		nic := Interface{ID: node.ID, Subnet: short(s), Public: public, Guards: guardOf(guards)}
		if at := n.subnet[nic.Subnet]; at != nil {
			nic.Within = at.Ranges
		}
		node.Interfaces = append(node.Interfaces, nic)
	}
}

// guardOf makes one guard of all firewalls of an interface; without any there is
// none, as at a network balancer that has no group.
func guardOf(firewalls []string) [][]string {
	if len(firewalls) == 0 {
		return nil
	}
	return [][]string{shorts(firewalls)}
}

func (n *nodes) balancers() {
	listens := map[string][]Ports{}
	for _, l := range n.listeners {
		port, ok := number(l, "port")
		protocol, _ := text(l, "protocol")
		if !ok {
			continue
		}
		for _, link := range l.Links {
			if link.Relation != "part-of" {
				continue
			}
			list := []string{"tcp"}
			switch protocol {
			case "UDP", "QUIC":
				list = []string{"udp"}
			case "TCP_UDP", "TCP_QUIC":
				list = []string{"tcp", "udp"}
			}
			for _, p := range list {
				listens[link.Target] = append(listens[link.Target], Ports{p, port, port})
			}
		}
	}
	for _, res := range n.Reader.balancers {
		node := n.node(res, Balancer)
		node.Listens = listens[res.ID]
		if node.Listens == nil {
			node.Listens = []Ports{}
		}
		subnets, why := texts(res, "subnets")
		guards, why2 := texts(res, "firewalls")
		_, why3 := texts(res, "targets")
		node.Doubt = cmp.Or(why, why2, why3)
		if n.listed(res.ID) {
			continue // its interfaces tell of it
		}
		facing, _ := res.Attributes["internet_facing"].(bool)
		n.within(node, subnets, guards, facing)
	}
}

// listed tells whether an interface says that it belongs to a resource.
func (n *nodes) listed(id string) bool {
	return slices.ContainsFunc(n.Reader.cards, func(c *cloud.Resource) bool { return c.Attributes["attached"] == id })
}

// cards gives interfaces to their nodes; one whose owner was not listed is a
// node of its own.
func (n *nodes) cards() {
	for _, c := range n.Reader.cards {
		kind, _ := text(c, "type")
		owner, _ := text(c, "attached")
		if kind == "translation" || kind == "transit" || kind == "database" {
			continue // lets nothing in, or is told by what it belongs to
		}
		nic, doubt := n.card(c)
		at, ok := n.at[owner]
		if !ok {
			at, ok = n.at[short(owner)]
		}
		if !ok {
			own := Card
			if kind == "endpoint" {
				own = Endpoint
			}
			n.node(c, own)
			at = len(n.m.Nodes) - 1
		}
		node := &n.m.Nodes[at]
		node.Interfaces = append(node.Interfaces, nic)
		node.Doubt = cmp.Or(node.Doubt, doubt)
		n.byCard[nic.ID] = node.ID
		network, _ := text(c, "network")
		for _, a := range nic.Addresses {
			n.byAddress[short(network)+" "+a.String()] = node.ID
		}
	}
}

func (n *nodes) card(c *cloud.Resource) (Interface, string) {
	subnet, why := text(c, "subnet")
	addresses, why2 := texts(c, "addresses")
	guards, why3 := texts(c, "firewalls")
	public, why4 := text(c, "public_address")
	nic := Interface{ID: short(c.ID), Subnet: short(subnet), Public: public != "", Guards: guardOf(guards)}
	for _, s := range addresses {
		if a, err := netip.ParseAddr(s); err == nil {
			nic.Addresses = append(nic.Addresses, a)
		}
	}
	return nic, cmp.Or(why, why2, why3, why4)
}

// targets tells what balancers hand on to.
func (n *nodes) targets() {
	for _, res := range n.Reader.balancers {
		list, _ := texts(res, "targets")
		node := &n.m.Nodes[n.at[res.ID]]
		for _, s := range list {
			s, keeps := strings.CutSuffix(s, " keeps")
			f := strings.Split(s, " ")
			if len(f) < 3 {
				continue
			}
			p, ok := ports(f[0], f[1])
			if !ok {
				continue
			}
			t := Target{Node: short(f[2]), Ports: p, Keeps: keeps}
			if strings.Contains(f[2], ":loadbalancer/") {
				t.Node = f[2]
			}
			if f[2] == "ip" && len(f) == 5 {
				if t.Node, ok = n.byAddress[f[3]+" "+f[4]]; !ok {
					continue // an address of no interface that was listed: none of the nodes
				}
			}
			node.Targets = append(node.Targets, t)
		}
	}
}

// services leads endpoints to the balancers of the service that they are for. A
// service that nobody in the snapshot offers is not of these tenants.
func (n *nodes) services() {
	offered := map[string][]string{}
	for _, e := range n.endpoints {
		if yes, _ := e.Attributes["offered"].(bool); yes {
			name, _ := text(e, "service")
			offered[name], _ = texts(e, "balancers")
		}
	}
	// A service of somebody's own, not of the provider's, by the form of its name.
	private := func(name string) bool { return strings.Contains(name, "vpce-svc-") }
	for _, e := range n.endpoints {
		name, _ := text(e, "service")
		cards, why := texts(e, "interfaces")
		if yes, _ := e.Attributes["offered"].(bool); yes {
			continue
		}
		for _, c := range cards {
			at, ok := n.at[n.byCard[short(c)]]
			if !ok {
				continue
			}
			node := &n.m.Nodes[at]
			node.Name, node.Doubt = e.Name+" to "+name, cmp.Or(node.Doubt, why)
			if node.Declared == "" {
				node.Declared = e.Tenant
			}
			if private(name) && offered[name] == nil && n.offersUnread {
				node.Targets = append(node.Targets, Target{Node: "the balancers of " + name, Ports: Ports{Protocol: "all"}})
			}
			for _, b := range offered[name] {
				if k, ok := n.at[b]; ok {
					for _, p := range n.m.Nodes[k].Listens {
						node.Targets = append(node.Targets, Target{Node: b, Ports: p})
					}
				} else {
					node.Targets = append(node.Targets, Target{Node: b, Ports: Ports{Protocol: "all"}})
				}
			}
		}
	}
}

// lost doubts machines without an interface: every running one has some.
func (n *nodes) lost() {
	for _, res := range n.Reader.machines {
		node := &n.m.Nodes[n.at[short(res.ID)]]
		if len(node.Interfaces) == 0 && node.Doubt == "" {
			node.Doubt = "no interface of it was listed"
		}
	}
	for i := range n.m.Nodes {
		if node := &n.m.Nodes[i]; node.Kind == Balancer && len(node.Interfaces) == 0 && node.Doubt == "" {
			node.Doubt = "no interface of it was listed"
		}
	}
}

// declare says whose a node is: its own tag, else its subnet's, its network's,
// else what the collector took from its account.
func (n *nodes) declare(node *Node) {
	admin := administrative(node.Tags)
	own := tagOf(node.Tags, "tenant")
	for _, nic := range node.Interfaces {
		s := n.subnet[nic.Subnet]
		if s == nil {
			continue
		}
		admin = admin || n.admin[s.ID] || n.admin[s.Network]
		own = cmp.Or(own, n.tenants[s.ID], n.tenants[s.Network])
	}
	node.Declared = cmp.Or(own, node.Declared)
	if admin && own == "" {
		node.Declared = Administration
	}
}
