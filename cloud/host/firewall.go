// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"regexp"
	"strings"
)

// readFirewall tells by its files which firewall starts with the machine, and
// whether it drops what nothing lets in. Rules that somebody put into the kernel
// by hand and that a restart forgets are not looked for, and do not count.
func (m *machine) readFirewall() {
	name, drops, err := m.firewall()
	m.set("firewall", name, err)
	m.set("firewall_drops", drops, err)
}

func (m *machine) firewall() (name string, drops bool, err error) {
	for _, f := range []struct {
		name string
		ask  func() (on, drops bool, err error)
	}{{"ufw", m.ufw}, {"firewalld", m.firewalld}, {"nftables", m.nftables}, {"iptables", m.iptables}} {
		on, drops, err := f.ask()
		if err != nil || on {
			return f.name, drops, err
		}
	}
	return "", false, nil
}

func (m *machine) ufw() (on, drops bool, err error) {
	text, err := m.optional("/etc/ufw/ufw.conf")
	if err != nil {
		return false, false, err
	}
	if enabled, _ := setting(text, "ENABLED"); !strings.EqualFold(enabled, "yes") {
		return false, false, nil
	}
	policy, err := m.optional("/etc/default/ufw")
	value, ok := setting(policy, "DEFAULT_INPUT_POLICY")
	return true, !ok || value == "DROP" || value == "REJECT", err
}

// firewalld: every zone drops or rejects but "trusted", which is the default when
// somebody makes it so.
func (m *machine) firewalld() (on, drops bool, err error) {
	if on, err = m.units.on("firewalld"); err != nil || !on {
		return false, false, err
	}
	text, err := m.optional("/etc/firewalld/firewalld.conf")
	zone, _ := setting(text, "DefaultZone")
	if zone == "" {
		zone = "public"
	}
	own, other := m.optional("/etc/firewalld/zones/" + zone + ".xml")
	return true, zone != "trusted" && !strings.Contains(own, `target="ACCEPT"`), errors.Join(err, other)
}

var inputDrops = regexp.MustCompile(`(?s)hook\s+input\b[^}]*?policy\s+drop`)

func (m *machine) nftables() (on, drops bool, err error) {
	if on, err = m.units.on("nftables"); err != nil || !on {
		return false, false, err
	}
	text := ""
	for _, name := range []string{"/etc/nftables.conf", "/etc/sysconfig/nftables.conf", "/etc/nftables.nft"} {
		part, err := m.optional(name)
		if err != nil {
			return true, false, err
		}
		text += part + "\n"
	}
	for _, line := range lines(text, "#") {
		pattern, ok := strings.CutPrefix(line, "include ")
		if !ok {
			continue
		}
		files, err := m.glob(strings.Trim(strings.TrimSpace(pattern), `"`))
		if err != nil {
			return true, false, err
		}
		for _, f := range files {
			part, err := m.optional(f)
			if err != nil {
				return true, false, err
			}
			text += part + "\n"
		}
	}
	return true, inputDrops.MatchString(strings.Join(lines(text, "#"), "\n")), nil
}

func (m *machine) iptables() (on, drops bool, err error) {
	if on, err = m.units.on("netfilter-persistent", "iptables", "iptables-persistent"); err != nil || !on {
		return false, false, err
	}
	for _, name := range []string{"/etc/iptables/rules.v4", "/etc/sysconfig/iptables", "/etc/iptables/rules-save"} {
		text, err := m.optional(name)
		if err != nil {
			return true, false, err
		}
		rules := lines(text, "#")
		for i, line := range rules {
			if strings.HasPrefix(line, ":INPUT DROP") || (line == "-A INPUT -j DROP" || strings.HasPrefix(line, "-A INPUT -j REJECT")) && i > 0 {
				return true, true, nil
			}
		}
	}
	return true, false, nil
}
