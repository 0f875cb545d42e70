// SPDX-License-Identifier: Apache-2.0

package account

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"demarc.dev/demarc/account/passkeytest"
	"demarc.dev/demarc/problem"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func party(t *testing.T) *RelyingParty {
	t.Helper()
	rp, err := NewRelyingParty("demarc.example", "Demarc", "https://demarc.example")
	if err != nil {
		t.Fatal(err)
	}
	return rp
}

// kept sends a value through JSON, as a store would.
func kept[T any](t *testing.T, v T) (out T) {
	t.Helper()
	data, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func registered(t *testing.T, rp *RelyingParty, a *passkeytest.Authenticator) Holder {
	t.Helper()
	h := Holder{Account: Account{ID: "a-one", Login: "ada@example.org"}}
	options, c, err := rp.BeginPasskey(h, noon)
	if err != nil {
		t.Fatal(err)
	}
	p, err := rp.FinishPasskey(h, kept(t, c), a.Register(options), "key", noon)
	if err != nil {
		t.Fatalf("registering: %v: %v", err, errors.Unwrap(err))
	}
	h.Passkeys = []Passkey{kept(t, p)}
	return h
}

func TestPasskey_SignsIn(t *testing.T) {
	rp, a := party(t), passkeytest.New("demarc.example", "a-one")
	h := registered(t, rp, a)
	find := func(id string) (Holder, error) {
		if id != h.Account.ID {
			return Holder{}, errors.New("nobody")
		}
		return h, nil
	}
	for name, who := range map[string]*Holder{"Known": &h, "Discovered": nil} {
		t.Run(name, func(t *testing.T) {
			options, c, err := rp.BeginSignIn(who, noon)
			if err != nil {
				t.Fatal(err)
			}
			answer := a.Assert(options)
			got, err := rp.FinishSignIn(kept(t, c), answer, find, noon)
			if err != nil || got.Account != "a-one" || !got.Verified || got.Passkey.LastUsed == nil || got.Passkey.Cloned() {
				t.Fatalf("%+v, %v: %v", got, err, errors.Unwrap(err))
			}
			h.Passkeys[0] = kept(t, got.Passkey)
			// The same answer once more: to its own ceremony, and to a new one.
			again, err := rp.FinishSignIn(c, answer, find, noon)
			if problem.Of(err) != problem.Denied || !again.Passkey.Cloned() {
				t.Errorf("a replay passed, or left no warning: %v", err)
			}
			_, fresh, err := rp.BeginSignIn(who, noon)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := rp.FinishSignIn(fresh, answer, find, noon); problem.Of(err) != problem.Denied {
				t.Errorf("the answer to another challenge passed: %v", err)
			}
		})
	}
}

func TestPasskey_IsRefused(t *testing.T) {
	rp := party(t)
	wrong := map[string]func(*passkeytest.Authenticator){
		"Origin":      func(a *passkeytest.Authenticator) { a.Origin = "https://demarc.example.evil.test" },
		"PlainOrigin": func(a *passkeytest.Authenticator) { a.Origin = "http://demarc.example" },
		"OtherParty":  func(a *passkeytest.Authenticator) { a.Party = "evil.test" },
		"Absent":      func(a *passkeytest.Authenticator) { a.Flags = 0 },
	}
	for name, spoil := range wrong {
		t.Run("Register/"+name, func(t *testing.T) {
			a, h := passkeytest.New("demarc.example", "a-one"), Holder{Account: Account{ID: "a-one", Login: "ada@example.org"}}
			spoil(a)
			options, c, err := rp.BeginPasskey(h, noon)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := rp.FinishPasskey(h, c, a.Register(options), "key", noon); problem.Of(err) != problem.Denied {
				t.Errorf("passed: %v", err)
			}
		})
	}
	wrong["Handle"] = func(a *passkeytest.Authenticator) { a.Handle = []byte("a-two") }
	wrong["Key"] = func(a *passkeytest.Authenticator) { a.Key = passkeytest.New("demarc.example", "a-one").Key }
	wrong["OtherCredential"] = func(a *passkeytest.Authenticator) { a.ID = passkeytest.New("demarc.example", "a-one").ID }
	for name, spoil := range wrong {
		t.Run("SignIn/"+name, func(t *testing.T) {
			a := passkeytest.New("demarc.example", "a-one")
			h := registered(t, rp, a)
			spoil(a)
			options, c, err := rp.BeginSignIn(&h, noon)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := rp.FinishSignIn(c, a.Assert(options), func(string) (Holder, error) { return h, nil }, noon); problem.Of(err) != problem.Denied {
				t.Errorf("passed: %v", err)
			}
		})
	}
	t.Run("Late", func(t *testing.T) {
		a := passkeytest.New("demarc.example", "a-one")
		h := registered(t, rp, a)
		options, c, err := rp.BeginSignIn(&h, noon)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rp.FinishSignIn(c, a.Assert(options), func(string) (Holder, error) { return h, nil }, c.Ends); problem.Of(err) != problem.Denied {
			t.Errorf("passed: %v", err)
		}
	})
}
