// SPDX-License-Identifier: Apache-2.0

package account

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"demarc.dev/demarc/problem"
)

// Passkey is one authenticator of an account (WebAuthn level 3). It holds a
// public key only.
type Passkey struct {
	Name       string              `json:"name"`
	Created    time.Time           `json:"created"`
	LastUsed   *time.Time          `json:"last_used,omitempty"`
	Credential webauthn.Credential `json:"credential"`
}

// ID names the passkey: the digest of what its authenticator calls it.
func (p Passkey) ID() string {
	sum := sha256.Sum256(p.Credential.ID)
	return hex.EncodeToString(sum[:16])
}

// Cloned tells whether the counter of the authenticator went back once: two of
// them may hold the key.
func (p Passkey) Cloned() bool { return p.Credential.Authenticator.CloneWarning }

// Holder is an account with its passkeys, as a ceremony asks for it.
type Holder struct {
	Account  Account
	Passkeys []Passkey
}

// WebAuthnID gives the user handle: the id of the account.
func (h Holder) WebAuthnID() []byte { return []byte(h.Account.ID) }

// WebAuthnName gives what the browser lists.
func (h Holder) WebAuthnName() string { return h.Account.Login }

// WebAuthnDisplayName gives the name, or the login where there is none.
func (h Holder) WebAuthnDisplayName() string {
	if h.Account.Name == "" {
		return h.Account.Login
	}
	return h.Account.Name
}

// WebAuthnCredentials gives the credentials of the passkeys.
func (h Holder) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, len(h.Passkeys))
	for i, p := range h.Passkeys {
		out[i] = p.Credential
	}
	return out
}

// ceremonyTime is how long a browser may take over a ceremony.
const ceremonyTime = 5 * time.Minute

// answerMost bounds what a browser sends back, in bytes.
const answerMost = 64 << 10

// Ceremony is what must be known of the question to an authenticator when its
// answer comes. It belongs to one browser and is used once: the caller sees to
// both.
type Ceremony struct {
	Data webauthn.SessionData `json:"data"`
	Ends time.Time            `json:"ends"`
}

// ID names the ceremony: the digest of what was asked.
func (c Ceremony) ID() string {
	sum := sha256.Sum256([]byte(c.Data.Challenge))
	return hex.EncodeToString(sum[:16])
}

// RelyingParty is this installation towards authenticators. Safe for concurrent
// use.
type RelyingParty struct {
	w       *webauthn.WebAuthn
	origins []string
}

// Serves tells whether passkeys work in a page of the origin (https://host).
func (r *RelyingParty) Serves(origin string) bool { return slices.Contains(r.origins, origin) }

// Origin gives the first of its origins, where passkeys work.
func (r *RelyingParty) Origin() string { return r.origins[0] }

// NewRelyingParty makes it from the host name that passkeys are bound to, the
// name that the browser shows, and the origins of the pages (https://host).
func NewRelyingParty(host, name string, origins ...string) (*RelyingParty, error) {
	w, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: name, RPOrigins: origins,
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationPreferred,
		},
	})
	if err != nil || host == "" || len(origins) == 0 {
		return nil, problem.New(problem.Invalid, "passkeys cannot be used at this address", "set the public address to https and a host name").Wrap(err)
	}
	return &RelyingParty{w, origins}, nil
}

// BeginPasskey asks for a new passkey; options is the JSON for
// navigator.credentials.create.
func (r *RelyingParty) BeginPasskey(h Holder, now time.Time) (options []byte, c Ceremony, err error) {
	has := webauthn.Credentials(h.WebAuthnCredentials()).CredentialDescriptors()
	creation, data, err := r.w.BeginRegistration(h, webauthn.WithExclusions(has))
	if err != nil {
		return nil, c, fmt.Errorf("beginning a registration: %w", err)
	}
	return marshal(creation, data, now)
}

// FinishPasskey gives the passkey that an authenticator made.
func (r *RelyingParty) FinishPasskey(h Holder, c Ceremony, answer []byte, name string, now time.Time) (Passkey, error) {
	if err := c.open(answer, now); err != nil {
		return Passkey{}, err
	}
	name, err := Name(name)
	if err != nil {
		return Passkey{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Passkey{}, refused(err)
	}
	credential, err := r.w.CreateCredential(h, c.Data, parsed)
	if err != nil {
		return Passkey{}, refused(err)
	}
	for _, p := range h.Passkeys {
		if string(p.Credential.ID) == string(credential.ID) {
			return Passkey{}, problem.New(problem.Conflict, "this passkey is registered already", "")
		}
	}
	return Passkey{Name: name, Created: now, Credential: *credential}, nil
}

// BeginSignIn asks an authenticator to prove who holds it: one of h, or, where
// h is nil, whoever the passkey names; it must then check a PIN or a finger, for
// nothing else is asked. options is the JSON for
// navigator.credentials.get.
func (r *RelyingParty) BeginSignIn(h *Holder, now time.Time) (options []byte, c Ceremony, err error) {
	var question *protocol.CredentialAssertion
	var data *webauthn.SessionData
	if h == nil {
		question, data, err = r.w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	} else if len(h.Passkeys) == 0 {
		return nil, c, problem.New(problem.NotFound, "this account has no passkey", "sign in another way")
	} else {
		question, data, err = r.w.BeginLogin(*h)
	}
	if err != nil {
		return nil, c, fmt.Errorf("beginning a sign-in: %w", err)
	}
	return marshal(question, data, now)
}

// Proved is what a sign-in with a passkey showed.
type Proved struct {
	Account  string  // id
	Passkey  Passkey // to be kept in place of the one with the same credential id
	Verified bool    // the authenticator checked a PIN or a finger: two factors in one
}

// FinishSignIn checks the answer; find gives the holder of an account id. When
// the counter went back the sign-in is refused, and Proved holds the passkey
// with its warning nevertheless: keep it.
func (r *RelyingParty) FinishSignIn(c Ceremony, answer []byte, find func(id string) (Holder, error), now time.Time) (Proved, error) {
	if err := c.open(answer, now); err != nil {
		return Proved{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Proved{}, refused(err)
	}
	id := c.Data.UserID
	if len(id) == 0 {
		id = parsed.Response.UserHandle
	}
	h, err := find(string(id))
	if err != nil {
		return Proved{}, refused(err)
	}
	var credential *webauthn.Credential
	if len(c.Data.UserID) == 0 {
		credential, err = r.w.ValidateDiscoverableLogin(func([]byte, []byte) (webauthn.User, error) { return h, nil }, c.Data, parsed)
	} else {
		credential, err = r.w.ValidateLogin(h, c.Data, parsed)
	}
	if err != nil {
		return Proved{}, refused(err)
	}
	out := Proved{Account: h.Account.ID, Verified: parsed.Response.AuthenticatorData.Flags.HasUserVerified()}
	warned := false
	for _, p := range h.Passkeys {
		if string(p.Credential.ID) == string(credential.ID) {
			warned, out.Passkey = p.Cloned(), p
		}
	}
	// The library sets the warning and never takes it back; only a counter that
	// goes back now refuses, so that a person who was warned is not shut out.
	back := counterWentBack(out.Passkey.Credential.Authenticator.SignCount, parsed.Response.AuthenticatorData.Counter)
	credential.Authenticator.CloneWarning = warned || back
	out.Passkey.Credential = *credential
	if back {
		return out, problem.New(problem.Denied, "this passkey may have been copied", "sign in another way, remove it and register it anew")
	}
	out.Passkey.LastUsed = &now
	return out, nil
}

func counterWentBack(had, got uint32) bool { return (had != 0 || got != 0) && got <= had }

func (c Ceremony) open(answer []byte, now time.Time) error {
	if !now.Before(c.Ends) || len(answer) > answerMost {
		return refused(errors.New("too late or too long"))
	}
	return nil
}

func marshal(question any, data *webauthn.SessionData, now time.Time) ([]byte, Ceremony, error) {
	options, err := json.Marshal(question)
	return options, Ceremony{Data: *data, Ends: now.Add(ceremonyTime)}, err
}

func refused(err error) error {
	return problem.New(problem.Denied, "the passkey was not accepted", "try again, or sign in another way").Wrap(err)
}
