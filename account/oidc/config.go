// SPDX-License-Identifier: Apache-2.0

package oidc

import (
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"demarc.dev/demarc/problem"
)

// Config is how a provider is set up.
type Config struct {
	Issuer       string   `json:"issuer"`    // as its discovery document says, https
	ClientID     string   `json:"client_id"` // as registered with it
	ClientSecret string   `json:"-"`         // kept sealed; empty for a public client
	Redirect     string   `json:"redirect"`  // the address that people come back to
	Scopes       []string `json:"scopes,omitempty"`
	GroupsClaim  string   `json:"groups_claim,omitempty"`
	Mapping      []Grant  `json:"mapping,omitempty"`
	AllowSignUp  bool     `json:"allow_sign_up,omitempty"` // make an account for whoever comes with a verified address
}

// Grant gives the members of a group a role in an organisation. Whether the
// organisation and the role exist, the caller checks.
type Grant struct {
	Group string `json:"group"`
	Org   string `json:"org"`
	Role  string `json:"role"`
}

// Validate tells every fault, each with its field and its cure.
func (c Config) Validate() error {
	var faults []string
	fault := func(field, cure string) { faults = append(faults, field+": "+cure) }
	if !address(c.Issuer) {
		fault("issuer", "give an https address without query, such as https://login.example.org")
	}
	if c.ClientID == "" {
		fault("client_id", "give the id that the provider shows for this application")
	}
	if !address(c.Redirect) {
		fault("redirect", "give the https address of this installation that people come back to")
	}
	for i, s := range c.Scopes {
		if s == "" || strings.ContainsAny(s, " \"\\\t\r\n") {
			fault("scopes["+strconv.Itoa(i)+"]", "give one word an entry, such as email")
		}
	}
	if len(c.Mapping) > 0 && c.GroupsClaim == "" {
		fault("groups_claim", "name the claim that holds the groups, such as groups, or remove mapping")
	}
	for i, g := range c.Mapping {
		if g.Group == "" || g.Org == "" || g.Role == "" {
			fault("mapping["+strconv.Itoa(i)+"]", "name group, org and role")
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return problem.New(problem.Invalid, "the sign-in service is not set up rightly: "+strings.Join(faults, "; "), "change these fields")
}

// address tells whether s is an https address, or http on this very machine.
func address(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && ip.IsLoopback())
}

// bounded cuts answers of the provider short: none of them needs a megabyte.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, 1<<20), resp.Body}
	}
	return resp, err
}
