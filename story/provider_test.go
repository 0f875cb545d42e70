// SPDX-License-Identifier: Apache-2.0

//go:build unix

package story

import (
	"net"
	"testing"

	"demarc.dev/demarc/account/oidc/oidctest"
	"demarc.dev/demarc/internal/browser"
)

// TestProvider: a person signs in through the identity provider of her firm,
// whose groups say what she may do.
func TestProvider(t *testing.T) {
	// The provider must know where people come back to before the server runs.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	issuer, err := oidctest.Start("http://" + address + "/signin/oidc/back")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { issuer.Close() })
	issuer.Users["ivo"] = oidctest.User{Password: "pw", Claims: map[string]any{"sub": "7", "email": "ivo@larkspur.example", "email_verified": true, "name": "Ivo", "groups": []string{"audit"}}}
	issuer.Users["eve"] = oidctest.User{Password: "pw", Claims: map[string]any{"sub": "8", "email": "eve@other.example", "email_verified": false, "groups": []string{"audit"}}}
	s := serve(t, []string{"DEMARC_OIDC_SECRET=" + oidctest.ClientSecret}, nil, "--listen", address, "--url", "http://"+address,
		"--oidc-issuer", issuer.URL, "--oidc-client", oidctest.ClientID, "--oidc-groups", "groups", "--oidc-grant", "audit=larkspur:internalauditor", "--oidc-sign-up")

	ivo := s.person("ivo")
	ivo.ok = []string{"/favicon.ico"} // the provider has no icon
	ivo.visit("/signin")
	ivo.follows("Sign in through your firm", "")
	ivo.fills("Login", "ivo")
	ivo.fills("Password", "pw")
	ivo.presses("Log in", "")
	ivo.sees("Larkspur Ledger", "ivo@larkspur.example", "The seven phases")
	ivo.visit("/self")
	ivo.sees("the identity provider")
	ivo.visit("/o/larkspur/member")
	ivo.sees("Internal auditor")

	eve := s.person("eve")
	eve.ok = ivo.ok
	eve.visit("/signin/oidc")
	eve.fills("Login", "eve")
	eve.fills("Password", "pw")
	eve.must(eve.page.Follow(eve.ctx, browser.Thing{Role: "button", Name: "Log in"}))
	eve.sees("Sign in")
	if status, _ := eve.page.Status(); status != 401 && status != 403 {
		t.Errorf("an address that nobody verified signs in: %d", status)
	}
}
