// SPDX-License-Identifier: Apache-2.0

package account

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"demarc.dev/demarc/problem"
)

var b64 = base64.RawURLEncoding

// authenticator is one in software: ES256, attestation "none", its CBOR by hand.
type authenticator struct {
	key    *ecdsa.PrivateKey
	id     []byte
	rp     string
	origin string
	count  uint32
	flags  byte
	handle []byte
}

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 16)
	rand.Read(id)
	return &authenticator{key: key, id: id, rp: "demarc.example", origin: "https://demarc.example", flags: 0x05, handle: []byte("a-one")}
}

func cborBytes(b []byte) []byte {
	if len(b) < 24 {
		return append([]byte{0x40 | byte(len(b))}, b...)
	}
	return append([]byte{0x59, byte(len(b) >> 8), byte(len(b))}, b...)
}

func (a *authenticator) data(flags byte) []byte {
	hash := sha256.Sum256([]byte(a.rp))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), a.count)
}

func (a *authenticator) client(kind string, options []byte) []byte {
	var o struct {
		PublicKey struct{ Challenge string }
	}
	if err := json.Unmarshal(options, &o); err != nil {
		panic(err)
	}
	out, _ := json.Marshal(map[string]any{"type": kind, "challenge": o.PublicKey.Challenge, "origin": a.origin, "crossOrigin": false})
	return out
}

func (a *authenticator) answer(response map[string]string) []byte {
	out, _ := json.Marshal(map[string]any{"id": b64.EncodeToString(a.id), "rawId": b64.EncodeToString(a.id), "type": "public-key", "response": response})
	return out
}

func (a *authenticator) register(options []byte) []byte {
	point, err := a.key.PublicKey.Bytes() // 0x04 x y
	if err != nil {
		panic(err)
	}
	// {1: 2, 3: -7, -1: 1, -2: x, -3: y} (RFC 9053)
	cose := []byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21}
	cose = append(cose, 0x58, 32)
	cose = append(cose, point[1:33]...)
	cose = append(cose, 0x22, 0x58, 32)
	cose = append(cose, point[33:]...)
	data := append(a.data(a.flags|0x40), make([]byte, 16)...)
	data = append(data, 0, byte(len(a.id)))
	data = append(append(data, a.id...), cose...)
	object := append([]byte{0xa3, 0x63}, "fmt"...)
	object = append(append(object, 0x64), "none"...)
	object = append(append(object, 0x67), "attStmt"...)
	object = append(append(object, 0xa0, 0x68), "authData"...)
	object = append(object, cborBytes(data)...)
	return a.answer(map[string]string{"clientDataJSON": b64.EncodeToString(a.client("webauthn.create", options)), "attestationObject": b64.EncodeToString(object)})
}

func (a *authenticator) assert(options []byte) []byte {
	a.count++
	data, client := a.data(a.flags), a.client("webauthn.get", options)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, a.key, sum[:])
	if err != nil {
		panic(err)
	}
	return a.answer(map[string]string{"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data),
		"signature": b64.EncodeToString(sig), "userHandle": b64.EncodeToString(a.handle)})
}

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

func registered(t *testing.T, rp *RelyingParty, a *authenticator) Holder {
	t.Helper()
	h := Holder{Account: Account{ID: "a-one", Login: "ada@example.org"}}
	options, c, err := rp.BeginPasskey(h, noon)
	if err != nil {
		t.Fatal(err)
	}
	p, err := rp.FinishPasskey(h, kept(t, c), a.register(options), "key", noon)
	if err != nil {
		t.Fatalf("registering: %v: %v", err, errors.Unwrap(err))
	}
	h.Passkeys = []Passkey{kept(t, p)}
	return h
}

func TestPasskey_SignsIn(t *testing.T) {
	rp, a := party(t), newAuthenticator(t)
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
			answer := a.assert(options)
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
	wrong := map[string]func(*authenticator){
		"Origin":      func(a *authenticator) { a.origin = "https://demarc.example.evil.test" },
		"PlainOrigin": func(a *authenticator) { a.origin = "http://demarc.example" },
		"OtherParty":  func(a *authenticator) { a.rp = "evil.test" },
		"Absent":      func(a *authenticator) { a.flags = 0 },
	}
	for name, spoil := range wrong {
		t.Run("Register/"+name, func(t *testing.T) {
			a, h := newAuthenticator(t), Holder{Account: Account{ID: "a-one", Login: "ada@example.org"}}
			spoil(a)
			options, c, err := rp.BeginPasskey(h, noon)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := rp.FinishPasskey(h, c, a.register(options), "key", noon); problem.Of(err) != problem.Denied {
				t.Errorf("passed: %v", err)
			}
		})
	}
	wrong["Handle"] = func(a *authenticator) { a.handle = []byte("a-two") }
	wrong["Key"] = func(a *authenticator) { a.key = newAuthenticator(t).key }
	wrong["OtherCredential"] = func(a *authenticator) { a.id = newAuthenticator(t).id }
	for name, spoil := range wrong {
		t.Run("SignIn/"+name, func(t *testing.T) {
			a := newAuthenticator(t)
			h := registered(t, rp, a)
			spoil(a)
			options, c, err := rp.BeginSignIn(&h, noon)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := rp.FinishSignIn(c, a.assert(options), func(string) (Holder, error) { return h, nil }, noon); problem.Of(err) != problem.Denied {
				t.Errorf("passed: %v", err)
			}
		})
	}
	t.Run("Late", func(t *testing.T) {
		a := newAuthenticator(t)
		h := registered(t, rp, a)
		options, c, err := rp.BeginSignIn(&h, noon)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rp.FinishSignIn(c, a.assert(options), func(string) (Holder, error) { return h, nil }, c.Ends); problem.Of(err) != problem.Denied {
			t.Errorf("passed: %v", err)
		}
	})
}
