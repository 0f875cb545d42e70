// SPDX-License-Identifier: Apache-2.0

package oidc_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"demarc.dev/demarc/account/oidc"
	"demarc.dev/demarc/account/oidc/oidctest"
	"demarc.dev/demarc/problem"
)

const back = "https://demarc.example/sign-in/back"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func house(t *testing.T) (*oidctest.Issuer, *oidc.Provider) {
	t.Helper()
	i, err := oidctest.Start(back)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = i.Close() })
	i.Now = func() time.Time { return noon }
	i.Users["ada"] = oidctest.User{Password: "pw", Claims: map[string]any{"sub": "7", "email": "Ada@Example.org", "email_verified": true, "name": "Ada", "groups": []string{"audit", "staff"}}}
	p, err := oidc.Open(t.Context(), oidc.Config{Issuer: i.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret, Redirect: back, Scopes: []string{"email", "profile"}, GroupsClaim: "groups"})
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	return i, p
}

// login fills the form in and gives what the browser brings back.
func login(t *testing.T, address string) url.Values {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(address, url.Values{"login": {"ada"}, "password": {"pw"}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	to, err := resp.Location()
	if err != nil {
		t.Fatalf("%s: %v", resp.Status, err)
	}
	return to.Query()
}

func TestProvider_SignsIn(t *testing.T) {
	for _, lean := range []bool{false, true} {
		i, p := house(t)
		i.Lean = lean
		address, s := p.Begin(noon)
		q := login(t, address)
		id, err := p.Finish(t.Context(), q, s, noon)
		if err != nil {
			t.Fatal(err, errors.Unwrap(err))
		}
		email, err := id.LinkEmail()
		if err != nil || email != "ada@example.org" || id.Subject != "7" || id.Issuer != i.URL || !slices.Equal(id.Groups, []string{"audit", "staff"}) {
			t.Errorf("lean %v: %+v, %v", lean, id, err)
		}
		if _, err := p.Finish(t.Context(), q, s, noon); problem.Of(err) != problem.Denied {
			t.Errorf("a code served twice: %v", err)
		}
		if err := i.Rotate(); err != nil {
			t.Fatal(err)
		}
		address, s = p.Begin(noon)
		if _, err := p.Finish(t.Context(), login(t, address), s, noon); err != nil {
			t.Errorf("after the key was changed: %v", errors.Unwrap(err))
		}
	}
}

func TestProvider_RefusesTokens(t *testing.T) {
	for name, spoil := range map[string]func(h, c map[string]any){
		"None":     func(h, _ map[string]any) { h["alg"] = "none" },
		"HS256":    func(h, _ map[string]any) { h["alg"] = "HS256" },
		"Key":      func(h, _ map[string]any) { h["kid"] = "another" },
		"Audience": func(_, c map[string]any) { c["aud"] = "another" },
		"Party":    func(_, c map[string]any) { c["azp"] = "another" },
		"NoParty":  func(_, c map[string]any) { c["aud"] = []string{oidctest.ClientID, "another"} },
		"Nonce":    func(_, c map[string]any) { c["nonce"] = "another" },
		"NoNonce":  func(_, c map[string]any) { delete(c, "nonce") },
		"Issuer":   func(_, c map[string]any) { c["iss"] = "https://evil.test" },
		"Expired":  func(_, c map[string]any) { c["exp"] = noon.Add(-time.Second).Unix() },
		"Subject":  func(_, c map[string]any) { delete(c, "sub") },
	} {
		t.Run(name, func(t *testing.T) {
			i, p := house(t)
			i.Spoil = spoil
			address, s := p.Begin(noon)
			if id, err := p.Finish(t.Context(), login(t, address), s, noon); problem.Of(err) != problem.Denied {
				t.Errorf("passed: %+v, %v", id, err)
			}
		})
	}
}

func TestProvider_RefusesWays(t *testing.T) {
	for name, spoil := range map[string]func(q url.Values, s *oidc.State){
		"State":    func(q url.Values, _ *oidc.State) { q.Set("state", "another") },
		"NoState":  func(q url.Values, s *oidc.State) { q.Del("state"); s.State = "" },
		"Issuer":   func(q url.Values, _ *oidc.State) { q.Set("iss", "https://evil.test") },
		"Error":    func(q url.Values, _ *oidc.State) { q.Set("error", "access_denied") },
		"Code":     func(q url.Values, _ *oidc.State) { q.Set("code", "another") },
		"Verifier": func(_ url.Values, s *oidc.State) { s.Verifier = strings.Repeat("a", 43) },
		"Late":     func(_ url.Values, s *oidc.State) { s.Ends = noon },
	} {
		t.Run(name, func(t *testing.T) {
			_, p := house(t)
			address, s := p.Begin(noon)
			q := login(t, address)
			spoil(q, &s)
			if id, err := p.Finish(t.Context(), q, s, noon); problem.Of(err) != problem.Denied {
				t.Errorf("passed: %+v, %v", id, err)
			}
		})
	}
}

func TestIdentity_LinkEmail(t *testing.T) {
	for _, id := range []oidc.Identity{{}, {Email: "a@b.test"}, {EmailVerified: true}} {
		if _, err := id.LinkEmail(); problem.Of(err) != problem.Denied {
			t.Errorf("%+v may be linked", id)
		}
	}
}

func TestConfig_TellsAllFaults(t *testing.T) {
	err := oidc.Config{Issuer: "http://login.example.org", Redirect: "x", Scopes: []string{"a b"}, Mapping: []oidc.Grant{{Group: "g"}}}.Validate()
	for _, field := range []string{"issuer:", "client_id:", "redirect:", "scopes[0]:", "groups_claim:", "mapping[0]:"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%v does not name %s", err, field)
		}
	}
}
