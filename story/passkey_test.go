// SPDX-License-Identifier: Apache-2.0

//go:build unix

package story

import (
	"strings"
	"testing"

	"demarc.dev/demarc/internal/browser"
)

// byName has a person reach the server by its name: passkeys are bound to one.
func (s *server) byName() *server {
	named := &server{t: s.t, at: strings.Replace(s.at, "127.0.0.1", "localhost", 1), data: s.data, env: s.env, more: s.more}
	return named
}

// TestPasskey: a person registers one, names it, signs in with it as the second
// factor and alone, loses the device, comes in with a recovery code, and removes
// it.
func TestPasskey(t *testing.T) {
	s := serve(t, nil, nil)
	ada := s.person("ada")
	ada.signsInByLink()
	link := ada.letsIn("larkspur", "mia@larkspur.example", "Manager")

	mia := s.byName().person("mia")
	device, err := mia.page.Authenticator(mia.ctx)
	mia.must(err)
	mia.joins(link)
	mia.visit("/self")
	mia.sees("Only a password is asked for")
	mia.follows("Register a passkey", "")
	l := look{mia, axe(t)}
	l.must(l.page.Eval(l.ctx, l.axe, nil))
	l.judge("the page of a new passkey", "")
	mia.fills("Name", "laptop")
	mia.presses("Register it", "")
	mia.sees("Your recovery codes", "laptop", "10 recovery codes left")
	text, err := mia.page.Value(mia.ctx, browser.Thing{Role: "ul.codes"}, "innerText")
	mia.must(err)
	codes := strings.Fields(text)
	if len(codes) != 10 {
		t.Fatalf("recovery codes %q", codes)
	}
	mia.signsOut()

	t.Run("Second", func(t *testing.T) {
		mia.signsIn("mia@larkspur.example", phrase)
		mia.sees("Use your passkey, or type one of your recovery codes")
		mia.presses("Use your passkey", "")
		mia.visit("/self")
		mia.sees("a password and a passkey")
		mia.signsOut()
	})
	t.Run("Alone", func(t *testing.T) {
		mia.visit("/signin")
		mia.presses("Sign in with a passkey", "")
		mia.visit("/self")
		mia.sees("mia@larkspur.example")
		mia.signsOut()
	})
	t.Run("Unverified", func(t *testing.T) {
		mia.must(device.Verifies(mia.ctx, false))
		mia.visit("/signin")
		mia.must(mia.page.Click(mia.ctx, browser.Thing{Role: "button", Name: "Sign in with a passkey"}))
		mia.sees("No passkey was given")
		mia.must(device.Verifies(mia.ctx, true))
	})
	t.Run("OtherAddress", func(t *testing.T) {
		bare := s.person("bare")
		bare.visit("/signin")
		if ok, err := bare.page.Has(bare.ctx, browser.Thing{Role: "button", Name: "Sign in with a passkey"}); ok || err != nil {
			t.Errorf("a passkey is offered where it cannot work: %v, %v", ok, err)
		}
		bare.signsIn("mia@larkspur.example", phrase)
		bare.sees("Your passkey works at http://localhost:")
	})
	t.Run("Lost", func(t *testing.T) {
		if n, err := device.Lose(mia.ctx); n != 1 || err != nil {
			t.Fatalf("the device held %d passkeys, %v", n, err)
		}
		mia.signsIn("mia@larkspur.example", phrase)
		mia.fills("Recovery code", codes[3])
		mia.presses("Go on", "")
		mia.visit("/self")
		mia.sees("9 recovery codes left", "a password and a recovery code")
		mia.presses("Make new recovery codes in their place", "")
		mia.sees("10 recovery codes left")
		mia.presses("Remove the passkey laptop", "")
		mia.sees("You have none", "Only a password is asked for")
		mia.signsOut()
		mia.signsIn("mia@larkspur.example", phrase)
		mia.sees("Larkspur")
	})
}
