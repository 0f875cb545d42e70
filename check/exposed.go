// SPDX-License-Identifier: Apache-2.0

package check

import "demarc.dev/demarc/cloud"

// Exposed tells whether the internet or everyone can reach a resource, as far as
// its attributes were read:
//
//   - public is true: object stores, databases, functions, queues, topics,
//     secrets, keys, registries, backup vaults, disk snapshots, machine images;
//   - a machine has a public address;
//   - a subnet routes to the internet, or a firewall has an inbound rule that
//     allows something from the internet;
//   - a load balancer or a listener faces the internet;
//   - a cluster's endpoint is open;
//   - a role may be assumed by anyone.
//
// What was not read does not count as exposed; its own check tells that it is
// unknown.
func Exposed(r *cloud.Resource) bool {
	is := func(name string) bool {
		b, _ := r.Attributes[name].(bool)
		return b
	}
	switch r.Kind {
	case cloud.Machine:
		address, _ := r.Attributes["public_address"].(string)
		return address != ""
	case cloud.Firewall:
		return letsInternetIn(r.Attributes["rules"])
	case cloud.LoadBalancer, cloud.Listener:
		return is("internet_facing")
	case cloud.Cluster:
		return is("endpoint_open")
	case cloud.Role:
		return is("trust_public")
	}
	return is("public")
}

func letsInternetIn(rules any) bool {
	list, _ := rules.([]any)
	for _, e := range list {
		rule, _ := e.(map[string]any)
		allow, _ := rule["allow"].(bool)
		internet, _ := rule["internet"].(bool)
		if rule["direction"] == "in" && allow && internet {
			return true
		}
	}
	return false
}
