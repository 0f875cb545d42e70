// SPDX-License-Identifier: Apache-2.0

// Package oidc signs people in through an OpenID provider: the authorisation
// code flow with PKCE (S256), state and nonce.
//
// It owns the configuration of a provider and the State between the way out and
// the way back. It decides who somebody is at the provider; which account that
// is, and whether one is made, the caller decides. It never trusts an unsigned
// token or one signed with a shared secret, and keeps nothing.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"demarc.dev/demarc/problem"
)

// algorithms are those that only the provider can sign with.
func algorithms() []string {
	return []string{gooidc.RS256, gooidc.RS384, gooidc.RS512, gooidc.ES256, gooidc.ES384, gooidc.ES512, gooidc.PS256, gooidc.PS384, gooidc.PS512, gooidc.EdDSA}
}

const (
	stateTime  = 10 * time.Minute // from the way out to the way back
	groupsMost = 1000             // groups that are looked at
	patience   = 15 * time.Second // for one answer of the provider
)

// Provider is a configured OpenID provider. Safe for concurrent use.
type Provider struct {
	config   Config
	client   *http.Client
	provider *gooidc.Provider
	oauth    oauth2.Config
}

// Open reads the discovery document of the issuer over the network.
func Open(ctx context.Context, c Config) (*Provider, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	client := &http.Client{Timeout: patience, Transport: bounded{http.DefaultTransport}}
	p, err := gooidc.NewProvider(gooidc.ClientContext(ctx, client), c.Issuer)
	if err != nil {
		return nil, problem.New(problem.Unavailable, "the sign-in service "+c.Issuer+" could not be read", "check issuer: it must be exactly what its discovery document says").Wrap(err)
	}
	scopes := []string{gooidc.ScopeOpenID}
	for _, s := range c.Scopes {
		if !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	return &Provider{config: c, client: client, provider: p, oauth: oauth2.Config{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret, Endpoint: p.Endpoint(), RedirectURL: c.Redirect, Scopes: scopes,
	}}, nil
}

// State is what the caller keeps, for one browser and one use, while somebody is
// at the provider. It holds secrets: keep it on the server or sealed.
type State struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Ends     time.Time `json:"ends"`
}

// Begin gives the address to send the browser to.
func (p *Provider) Begin(now time.Time) (address string, s State) {
	s = State{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Ends: now.Add(stateTime)}
	return p.oauth.AuthCodeURL(s.State, gooidc.Nonce(s.Nonce), oauth2.S256ChallengeOption(s.Verifier)), s
}

// Identity is who somebody is at the provider.
type Identity struct {
	Issuer        string   `json:"issuer"`
	Subject       string   `json:"subject"`
	Email         string   `json:"email,omitempty"`
	EmailVerified bool     `json:"email_verified,omitempty"`
	Name          string   `json:"name,omitempty"`
	Groups        []string `json:"groups,omitempty"`
}

// LinkEmail gives the address by which an account may be found or made: only
// one that the provider has verified.
func (i Identity) LinkEmail() (string, error) {
	if i.Email == "" || !i.EmailVerified {
		return "", problem.New(problem.Denied, "the sign-in service has not verified your e-mail address", "verify it there, then sign in again")
	}
	return i.Email, nil
}

// Finish takes what the browser brought back and gives who it is. The caller
// has deleted the State already, so that it serves once.
func (p *Provider) Finish(ctx context.Context, query url.Values, s State, now time.Time) (Identity, error) {
	switch {
	case s.State == "" || !now.Before(s.Ends):
		return Identity{}, refused(errors.New("the state is missing or too old"))
	case subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(s.State)) != 1:
		return Identity{}, refused(errors.New("the state is another"))
	case query.Has("iss") && query.Get("iss") != p.config.Issuer: // RFC 9207
		return Identity{}, refused(errors.New("the answer names another issuer"))
	case query.Has("error"):
		return Identity{}, refused(fmt.Errorf("the provider says %.100q", query.Get("error")))
	case query.Get("code") == "":
		return Identity{}, refused(errors.New("no code"))
	}
	ctx = gooidc.ClientContext(ctx, p.client)
	token, err := p.oauth.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(s.Verifier))
	if err != nil {
		return Identity{}, refused(fmt.Errorf("exchanging the code: %w", err))
	}
	raw, _ := token.Extra("id_token").(string)
	verifier := p.provider.VerifierContext(ctx, &gooidc.Config{ClientID: p.config.ClientID, SupportedSigningAlgs: algorithms(), Now: func() time.Time { return now }})
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return Identity{}, refused(err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(s.Nonce)) != 1 {
		return Identity{}, refused(errors.New("the nonce is another"))
	}
	return p.identity(ctx, token, id)
}

// claims is what is read of a token or of the userinfo.
type claims map[string]json.RawMessage

func (c claims) text(name string) (s string) {
	_ = json.Unmarshal(c[name], &s) // what is no text is as good as absent
	return s
}

// yes reads a truth, which some providers send as text.
func (c claims) yes(name string) bool {
	raw := string(c[name])
	return raw == "true" || raw == `"true"`
}

func (c claims) list(name string) (out []string) {
	if json.Unmarshal(c[name], &out) != nil {
		out = nil
		if s := c.text(name); s != "" {
			out = []string{s}
		}
	}
	return out[:min(len(out), groupsMost)]
}

func (p *Provider) identity(ctx context.Context, token *oauth2.Token, id *gooidc.IDToken) (Identity, error) {
	var c claims
	if err := id.Claims(&c); err != nil {
		return Identity{}, refused(err)
	}
	// OpenID Connect Core 1.0, 3.1.3.7, 4 and 5: made for us, not only audible to us.
	if azp := c.text("azp"); id.Subject == "" || len(id.Audience) > 1 && azp == "" || azp != "" && azp != p.config.ClientID {
		return Identity{}, refused(errors.New("no subject, or made for another client"))
	}
	if c["email"] == nil && p.provider.UserInfoEndpoint() != "" {
		info, err := p.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return Identity{}, refused(fmt.Errorf("reading userinfo: %w", err))
		}
		var more claims
		if err := info.Claims(&more); err != nil || info.Subject != id.Subject {
			return Identity{}, refused(errors.New("userinfo is about somebody else"))
		}
		for name, v := range more {
			if c[name] == nil {
				c[name] = v
			}
		}
	}
	out := Identity{Issuer: id.Issuer, Subject: id.Subject, Email: strings.ToLower(c.text("email")), EmailVerified: c.yes("email_verified"), Name: c.text("name")}
	if p.config.GroupsClaim != "" {
		out.Groups = c.list(p.config.GroupsClaim)
	}
	return out, nil
}

// Grants gives what the groups of somebody are worth.
func (c Config) Grants(groups []string) (out []Grant) {
	for _, g := range c.Mapping {
		if slices.Contains(groups, g.Group) {
			out = append(out, g)
		}
	}
	return out
}

func refused(err error) error {
	return problem.New(problem.Denied, "signing in through the sign-in service did not work", "begin again; if it fails again, ask who runs this installation").Wrap(err)
}
