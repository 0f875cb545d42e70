// SPDX-License-Identifier: Apache-2.0

// Package account says who somebody is, how he proves it, and what he may do.
//
// It owns the formats of accounts, members, sessions, tokens and links, the
// table of roles and permissions, and every piece of cryptography between a
// person and a door: passwords (argon2id), time-based codes (RFC 6238), recovery
// codes, passkeys (WebAuthn), and the sealing of what must stay secret at rest.
//
// Everything is a function of values: time comes as an argument, and what is to
// be kept the caller keeps. Of a secret that only has to be recognised there is
// a digest, never the secret; of one that must be used again there is a sealed
// form (see Seal).
//
// The package never opens a file or a connection, and never says whether an
// account exists to somebody who could not prove that it is his.
package account

import (
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"

	"demarc.dev/demarc/problem"
)

// Account is somebody, or a program, known to the installation.
type Account struct {
	ID       string    `json:"id"`    // "a-…"
	Login    string    `json:"login"` // an e-mail address, as Login gives it
	Name     string    `json:"name,omitempty"`
	Operator bool      `json:"operator,omitempty"` // may manage the installation
	Disabled bool      `json:"disabled,omitempty"`
	Created  time.Time `json:"created"`
	External *External `json:"external,omitempty"` // who vouches for it in place of a password
}

// External is an identity at an OpenID provider.
type External struct {
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
}

// NewID draws the id of an account.
func NewID() string { return "a-" + strings.ToLower(draw(16)) }

// loginMost is the longest login, in bytes (RFC 5321, 4.5.3.1.3).
const loginMost = 254

// Login gives an e-mail address in the one form in which logins are compared:
// lower case, without a name beside it.
func Login(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	a, err := mail.ParseAddress(s)
	switch {
	case err != nil || a.Name != "" || a.Address != s:
		return "", problem.New(problem.Invalid, fmt.Sprintf("login: %q is no e-mail address", shorten(s)), "write it like ada@example.org")
	case len(s) > loginMost, strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || r == '"' }):
		return "", problem.New(problem.Invalid, "login: this address cannot be used", "use a plain e-mail address of at most 254 characters")
	}
	return s, nil
}

// nameMost is the longest name of a person, in characters.
const nameMost = 120

// Name gives a person's name without what a page could trip over.
func Name(s string) (string, error) {
	s = strings.TrimSpace(s)
	if len([]rune(s)) > nameMost || strings.ContainsFunc(s, unicode.IsControl) {
		return "", problem.New(problem.Invalid, "name: this is no name", fmt.Sprintf("use at most %d characters on one line", nameMost))
	}
	return s, nil
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
