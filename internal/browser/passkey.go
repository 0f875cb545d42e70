// SPDX-License-Identifier: Apache-2.0

//go:build unix

package browser

import "context"

// Authenticator is one that the page has at hand: it holds passkeys, and says
// yes to every question at once.
type Authenticator struct {
	p  *Page
	id string
}

// Authenticator gives the page an authenticator that keeps passkeys itself and
// checks its holder, as a telephone or a laptop does.
func (p *Page) Authenticator(ctx context.Context) (*Authenticator, error) {
	if err := p.call(ctx, "WebAuthn.enable", map[string]any{}, nil); err != nil {
		return nil, err
	}
	var got struct{ AuthenticatorID string }
	err := p.call(ctx, "WebAuthn.addVirtualAuthenticator", map[string]any{"options": map[string]any{"protocol": "ctap2", "transport": "internal",
		"hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true}}, &got)
	return &Authenticator{p, got.AuthenticatorID}, err
}

// Verifies sets whether it recognises its holder from now on.
func (a *Authenticator) Verifies(ctx context.Context, yes bool) error {
	return a.p.call(ctx, "WebAuthn.setUserVerified", map[string]any{"authenticatorId": a.id, "isUserVerified": yes}, nil)
}

// Lose takes all its passkeys away, as with a device that is lost, and tells
// how many there were.
func (a *Authenticator) Lose(ctx context.Context) (int, error) {
	var got struct{ Credentials []struct{} }
	if err := a.p.call(ctx, "WebAuthn.getCredentials", map[string]any{"authenticatorId": a.id}, &got); err != nil {
		return 0, err
	}
	return len(got.Credentials), a.p.call(ctx, "WebAuthn.clearCredentials", map[string]any{"authenticatorId": a.id}, nil)
}
