// SPDX-License-Identifier: Apache-2.0

// Package reach answers whether packets can go: from one tenant's machines to
// another's, from the internet to a machine, from tenants to the provider's
// administration network (ISO/IEC 27017 CLD.9.5.1, 13.1.3, CLD.13.1.4). It
// computes the answer from what was seen; no packet is ever sent.
//
//	m.Assign(tenants)                      // whose nodes are whose
//	a := reach.Solve(m)                    // every pair, every exposure
//
// # The model
//
// A Model is neutral of providers. Nodes (machines, balancers, databases) have
// interfaces; an interface lies in a subnet and has guards: every guard must
// let a packet through, and in each one of its filters must. A filter is a list
// of rules of which the first that matches decides, and what none matches is
// refused. A subnet has filters of its own, which packets within it do not
// pass, and a table of routes, of which the longest prefix wins. Joins connect
// networks: a peering leads from one network to the other and no further, a hub
// has tables of its own. So a security group is a filter in a guard, a network
// ACL a stateless filter of a subnet.
//
// # The answers
//
// Open: a packet can go and its answer can come back. OneWay: a packet arrives,
// and no answer comes back, for want of a route or by a stateless filter: that
// is enough for a datagram. Closed: no packet of any protocol to any port can
// go, and the answer names what stops it. Unknown: a fact on which it depends
// was not read; closed is said only where every such fact was, and open only
// where none is needed. What was not read is never taken for a refusal.
//
// Pairs are about the paths inside the provider. What the internet reaches,
// every tenant with a way out reaches too: that is told once, as exposure.
//
// # How it is computed
//
// Interfaces with the same subnet, rules and tenant are one class, whatever
// their number. Rules become cells of (protocol, range of ports) with sets of
// addresses. A packet goes from one class to another if two cells meet and
// both hold addresses of the classes: each side is asked for itself, so the
// cost grows with the machines, and not with their square. What was not read is
// weighed by solving twice: once as if it let nothing through, once as if it let
// everything. The tests compare all this with an oracle that sends every packet
// of small random networks through every rule, one by one.
//
// # What is not weighed
//
// Names (DNS); what runs on a machine and listens; the machine's own firewall;
// types of ICMP; hosts that forward for others, appliances and further hubs
// beyond a hub (a route to one makes an answer Unknown); network ACLs of the
// subnets in which a hub's own interfaces stand; balancers' rules by host and
// path (every target of a balancer counts as reached); classic balancers,
// virtual private lines and what lies on the other side of them.
package reach
