// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
)

// Allow is what the owner of the server permits webhooks to reach beyond the
// public internet. The zero Allow permits nothing.
type Allow struct {
	// Networks are address ranges inside the network that may be called, such
	// as 10.20.0.0/16.
	Networks []netip.Prefix
	// Plain permits http:// for hosts that resolve into Networks.
	Plain bool
}

// errInside says that an address is none of the public internet.
var errInside = errors.New("the address is not one of the public internet, and the server's configuration does not allow it")

// refused are the ranges of the IANA registries of special-purpose addresses
// that no webhook has business with, beyond those that netip names itself.
// https://www.iana.org/assignments/iana-ipv4-special-registry and …-ipv6-…
func refused() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),        // this network
		netip.MustParsePrefix("100.64.0.0/10"),    // carrier-grade NAT (RFC 6598); also a metadata address of one provider
		netip.MustParsePrefix("192.0.0.0/24"),     // protocol assignments; also metadata
		netip.MustParsePrefix("192.0.2.0/24"),     // documentation
		netip.MustParsePrefix("192.88.99.0/24"),   // 6to4 relays, deprecated
		netip.MustParsePrefix("198.18.0.0/15"),    // benchmarks
		netip.MustParsePrefix("198.51.100.0/24"),  // documentation
		netip.MustParsePrefix("203.0.113.0/24"),   // documentation
		netip.MustParsePrefix("240.0.0.0/4"),      // reserved, with the broadcast
		netip.MustParsePrefix("168.63.129.16/32"), // the wire server of Azure, a metadata address
		netip.MustParsePrefix("::/96"),            // IPv4-compatible, deprecated
		netip.MustParsePrefix("64:ff9b:1::/48"),   // local translation
		netip.MustParsePrefix("100::/64"),         // discard
		netip.MustParsePrefix("2001::/23"),        // protocol assignments, Teredo
		netip.MustParsePrefix("2001:db8::/32"),    // documentation
		netip.MustParsePrefix("3fff::/20"),        // documentation
		netip.MustParsePrefix("5f00::/16"),        // segment routing
		netip.MustParsePrefix("fec0::/10"),        // site-local, deprecated
	}
}

// embedded gives the IPv4 address that an IPv6 address stands for when a
// translator or a tunnel would pass it on: mapped, NAT64 and 6to4.
func embedded(a netip.Addr) netip.Addr {
	if a.Is4In6() {
		return a.Unmap()
	}
	if !a.Is6() {
		return a
	}
	b := a.As16()
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case netip.MustParsePrefix("2002::/16").Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}

// public tells whether the address is one of the public internet.
func public(a netip.Addr) bool {
	a = embedded(a.WithZone(""))
	return a.IsValid() && a.IsGlobalUnicast() && !a.IsPrivate() && !a.IsLoopback() && !a.IsLinkLocalUnicast() && !a.IsMulticast() && !a.IsUnspecified() &&
		!slices.ContainsFunc(refused(), func(p netip.Prefix) bool { return p.Contains(a) })
}

// inside tells whether the address was allowed by configuration.
func (l Allow) inside(a netip.Addr) bool {
	a = embedded(a.WithZone(""))
	return slices.ContainsFunc(l.Networks, func(p netip.Prefix) bool { return p.Contains(a) })
}

// control is called by the dialler with the address that a name resolved to,
// just before the connection is made to that very address: a name that
// resolves to another one the next time gains nothing by it.
func (l Allow) control(plain bool) func(network, address string, c syscall.RawConn) error {
	return func(network, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		switch {
		case err != nil || !strings.HasPrefix(network, "tcp"):
			return fmt.Errorf("dialling %s %s: %w", network, address, errInside)
		case l.inside(at.Addr()):
			return nil
		case plain || !public(at.Addr()):
			return fmt.Errorf("dialling %s: %w", at.Addr(), errInside)
		}
		return nil
	}
}
