// SPDX-License-Identifier: Apache-2.0

package host

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// socket is one that waits for others.
type socket struct {
	protocol string
	address  netip.Addr
	port     uint16
	inode    string
}

// readPorts gives the sockets that listen on more than the machine itself, with
// the program that holds each. Without the right to look into the processes of
// others the program is "?": the port is a fact all the same.
func (m *machine) readPorts() {
	if !m.running("open_ports", "undeclared_ports") {
		return
	}
	var all []socket
	for _, file := range []string{"tcp", "tcp6", "udp", "udp6"} {
		text, err := m.text("/proc/net/" + file)
		if errors.Is(err, fs.ErrNotExist) && strings.HasSuffix(file, "6") {
			continue
		}
		if err == nil {
			var found []socket
			found, err = parseSockets(file, text)
			all = append(all, found...)
		}
		if err != nil {
			m.miss(err, "open_ports", "undeclared_ports")
			return
		}
	}
	owners, _ := m.sockets() // whoever may not be looked into stays unnamed
	programs := map[string]string{}
	var open []string
	for _, s := range all {
		program := "?"
		if pid := owners[s.inode]; pid != "" {
			if programs[pid] == "" {
				name, _ := m.word("/proc/" + pid + "/comm")
				programs[pid] = cut(name, 64)
			}
			if programs[pid] != "" {
				program = programs[pid]
			}
		}
		line := fmt.Sprintf("%s/%d %s", s.protocol, s.port, program)
		m.raw.Ports = append(m.raw.Ports, line+" at "+s.address.String())
		if !s.address.IsLoopback() {
			open = append(open, line)
		}
	}
	slices.Sort(m.raw.Ports)
	m.raw.Ports = slices.Compact(m.raw.Ports)
	m.set("open_ports", open, nil)
	m.set("undeclared_ports", undeclared(open, m.o.Tags), nil)
}

// undeclared gives the ports that the tag ports does not name: "22, 443, udp/123"
// names ports of TCP where it names no protocol.
func undeclared(open []string, tags map[string]string) []string {
	declared := map[string]bool{}
	for name, value := range tags {
		if !strings.EqualFold(name, "ports") {
			continue
		}
		for _, p := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
			if !strings.Contains(p, "/") {
				p = "tcp/" + p
			}
			declared[strings.ToLower(p)] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(open), func(line string) bool {
		port, _, _ := strings.Cut(line, " ")
		return declared[port]
	})
}

// parseSockets reads /proc/net/tcp and its kin: addresses in hex, each group of
// four bytes in the order of the machine, which is little-endian on all that run
// Linux in clouds. A socket of UDP waits when it is bound and not connected.
func parseSockets(file, text string) ([]socket, error) {
	protocol := strings.TrimSuffix(file, "6")
	waits := map[string]string{"tcp": "0A", "udp": "07"}[protocol]
	var out []socket
	for i, line := range lines(text, "") {
		f := strings.Fields(line)
		if i == 0 || len(f) < 10 || f[3] != waits {
			continue
		}
		address, port, ok := strings.Cut(f[1], ":")
		raw, err := hex.DecodeString(address)
		number, err2 := strconv.ParseUint(port, 16, 16)
		if !ok || err != nil || err2 != nil || len(raw) != 4 && len(raw) != 16 {
			return nil, &pathError{"/proc/net/" + file, fmt.Errorf("line %d cannot be understood", i+1)}
		}
		for at := 0; at < len(raw); at += 4 {
			slices.Reverse(raw[at : at+4])
		}
		ip, _ := netip.AddrFromSlice(raw)
		out = append(out, socket{protocol: protocol, address: ip.Unmap(), port: uint16(number), inode: f[9]})
		if len(out) > maxEntries {
			return nil, &pathError{"/proc/net/" + file, errLarge}
		}
	}
	return out, nil
}
