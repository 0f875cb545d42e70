// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// readBridges tells which interfaces each bridge of the machine joins. Those that
// hypervisors and containers make for their guests come and go, and are left out:
// what counts is through which of its own networks a bridge leads.
func (m *machine) readBridges() {
	names := []string{"bridges", "undeclared_bridges"}
	if !m.running(names...) {
		return
	}
	const dir = "/sys/class/net"
	if there, err := m.exists(dir); !there {
		if err == nil {
			err = &pathError{dir, fs.ErrNotExist}
		}
		m.miss(err, names...)
		return
	}
	all, err := m.names(dir)
	joined := map[string][]string{}
	for _, name := range all {
		ports, other := m.names(path.Join(dir, name, "brif"))
		if errors.Is(other, errNoFolder) {
			continue // bonding_masters is a file
		}
		if other != nil {
			err = other
			break
		}
		if is, _ := m.exists(path.Join(dir, name, "bridge")); !is {
			continue
		}
		joined[name] = slices.DeleteFunc(ports, ofGuest)
	}
	var told, undeclared []string
	for _, name := range sortedKeys(joined) {
		line := name + ": " + strings.Join(joined[name], " ")
		told = append(told, strings.TrimSuffix(line, ": "))
		if !declared(name, joined[name], m.o.Tags) {
			undeclared = append(undeclared, strings.TrimSuffix(line, ": "))
		}
	}
	m.set("bridges", told, err)
	m.set("undeclared_bridges", undeclared, err)
}

// ofGuest tells whether an interface is one that a guest or a container brought.
func ofGuest(name string) bool {
	for _, prefix := range []string{"vnet", "tap", "veth", "vif", "macvtap", "lxc", "cali", "fwpr", "fwln"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// declared tells whether the tag bridge/NAME names exactly these interfaces:
// bridge/br-alder=eth1.100, and an empty value for a bridge that leads nowhere.
func declared(bridge string, ports []string, tags map[string]string) bool {
	for name, value := range tags {
		if !strings.EqualFold(name, "bridge/"+bridge) {
			continue
		}
		want := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
		slices.Sort(want)
		return slices.Equal(want, slices.Sorted(slices.Values(ports)))
	}
	return false
}
