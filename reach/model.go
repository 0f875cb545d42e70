// SPDX-License-Identifier: Apache-2.0

package reach

import "net/netip"

// Model is what stands between machines, neutral of providers. Ids are the
// provider's own. A reference to something that is not in the model is a fact
// that was not read, but for a member that no interface names.
type Model struct {
	Nodes    []Node
	Networks []Network
	Subnets  []Subnet
	Tables   []Table
	Filters  []Filter
	Joins    []Join
	// Unread say which lists of nodes are not whole, so that a tenant may have
	// nodes that the model does not hold. No answer is closed then.
	Unread []string
}

// Kinds of nodes.
const (
	Machine  = "machine"
	Balancer = "load-balancer"
	Database = "database"
	Endpoint = "service-endpoint"
	Card     = "network-interface" // one whose owner was not listed: a function, a container, a cache
)

// Node is what has interfaces.
type Node struct {
	ID        string
	Name      string
	Kind      string
	Account   string
	Region    string
	Namespace string
	Tags      map[string]string
	Declared  string // the tenant that its own tags declare
	Tenant    string // whose it is; "" is nobody's
	// Listens limits what it takes in; nil: any protocol and port.
	Listens []Ports
	// Targets is where a balancer or an endpoint hands on what it takes in.
	Targets    []Target
	Interfaces []Interface
	Doubt      string // why its interfaces are not known; "" when they are
}

// Ports is a range of ports of a protocol: "tcp", "udp", "icmp", "all" or a
// number. For protocols without ports both are 0.
type Ports struct {
	Protocol string `json:"protocol"`
	From     int    `json:"from"`
	To       int    `json:"to"`
}

// Target is one node that a balancer hands on to, and the port there.
type Target struct {
	Node string
	Ports
	// Keeps tells that the target may see the sender's address in place of the
	// balancer's.
	Keeps bool
}

// Interface is one network interface.
type Interface struct {
	ID        string
	Subnet    string
	Addresses []netip.Addr // private IPv4, and IPv6
	// Within stand in place of addresses that were not read: it has one address,
	// in each of them.
	Within []netip.Prefix
	// Public tells that the internet can address it over IPv4; a global IPv6
	// address always can be.
	Public bool
	// Guards must all let a packet through; in each, one of its filters must.
	// They keep state: the answer to what passed passes.
	Guards [][]string
}

// Network is one private network.
type Network struct {
	ID, Name, Account, Region string
	Declared                  string
	Ranges                    []netip.Prefix
	// Gateway is the way in from the internet: its id, "" for none.
	Gateway string
	// GatewayUnread tells why nobody knows whether there is one.
	GatewayUnread string
}

// Subnet is a part of a network.
type Subnet struct {
	ID, Name, Network string
	Declared          string
	Ranges            []netip.Prefix
	Table             string
	Filters           []string // each must let packets through that cross its border
}

// Table is a table of routes.
type Table struct {
	ID, Name string
	Routes   []Route
	Unread   string // why the routes are not known; "" when they are
}

// Way is what a route leads to.
type Way string

// The ways.
const (
	Local     Way = "local"     // the network itself
	Through   Way = "through"   // a join, Route.Target
	Attached  Way = "attached"  // in a table of a hub: the network Route.Target
	Internet  Way = "internet"  // the network's gateway
	Outward   Way = "outward"   // address translation, or a gateway that lets nothing in
	Service   Way = "service"   // the provider's own services
	Elsewhere Way = "elsewhere" // a private line to what is in no cloud
	Drop      Way = "drop"      // nowhere: a black hole
	Appliance Way = "appliance" // a machine that may forward
)

// Route is one route.
type Route struct {
	To     netip.Prefix
	Way    Way
	Target string
}

// Filter is a list of packet rules. The first that matches decides; what none
// matches is refused. Where filters stand together in one guard, or rules name
// members, there is no rule that refuses; else the filter counts as not read.
type Filter struct {
	ID, Name  string
	Kind      string // what people call it: "security group", "network ACL"
	Stateless bool   // of a subnet's filters: an answer must pass too
	Rules     []Rule
	Unread    string // why the rules are not known; "" when they are
}

// Rule is one rule. It matches the other side's address: one of Peers, or one
// of an interface that has a filter of Members in its guards.
type Rule struct {
	Inbound bool
	Allow   bool
	Ports
	Peers   []netip.Prefix
	Members []string
}

// Join connects networks.
type Join struct {
	ID, Name string
	Active   bool
	// Hub is false for a peering, which leads from each of its two ends to the
	// other; a hub asks the table of the end that a packet comes from.
	Hub    bool
	Ends   []End
	Tables []Table
	// Members tells that rules which name filters know them across the join.
	Members bool
	Unread  string // why its ends or tables are not known
}

// End is a network at a join.
type End struct {
	Network string
	Table   string // of the hub; "" leads nowhere
}
