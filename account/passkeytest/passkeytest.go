// SPDX-License-Identifier: Apache-2.0

// Package passkeytest is an authenticator in software, for tests: ES256,
// attestation "none", its CBOR written by hand (WebAuthn level 3, RFC 9053). It
// says yes to every question, and lies where a test tells it to.
package passkeytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
)

// Authenticator holds one passkey. A test may spoil each field.
type Authenticator struct {
	Key    *ecdsa.PrivateKey
	ID     []byte // of the credential
	Party  string // host name that it is asked for
	Origin string // of the page, as the browser tells
	Count  uint32 // of its answers so far
	Flags  byte   // 1: somebody is there; 4: and was recognised
	Handle []byte // of the account
}

// New makes an authenticator that recognises its holder, for a page of https.
func New(host, account string) *Authenticator {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // only for a curve that there is not
	}
	id := make([]byte, 16)
	rand.Read(id)
	return &Authenticator{Key: key, ID: id, Party: host, Origin: "https://" + host, Flags: 0x05, Handle: []byte(account)}
}

func cborBytes(b []byte) []byte {
	if len(b) < 24 {
		return append([]byte{0x40 | byte(len(b))}, b...)
	}
	return append([]byte{0x59, byte(len(b) >> 8), byte(len(b))}, b...)
}

func (a *Authenticator) data(flags byte) []byte {
	hash := sha256.Sum256([]byte(a.Party))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), a.Count)
}

func (a *Authenticator) client(kind string, options []byte) []byte {
	var o struct {
		PublicKey struct{ Challenge string }
	}
	if err := json.Unmarshal(options, &o); err != nil {
		panic(err)
	}
	out, _ := json.Marshal(map[string]any{"type": kind, "challenge": o.PublicKey.Challenge, "origin": a.Origin, "crossOrigin": false})
	return out
}

func (a *Authenticator) answer(response map[string]string) []byte {
	out, _ := json.Marshal(map[string]any{"id": base64.RawURLEncoding.EncodeToString(a.ID), "rawId": base64.RawURLEncoding.EncodeToString(a.ID), "type": "public-key", "response": response})
	return out
}

// Register answers the question for a new passkey.
func (a *Authenticator) Register(options []byte) []byte {
	point, err := a.Key.PublicKey.Bytes() // 0x04 x y
	if err != nil {
		panic(err)
	}
	// {1: 2, 3: -7, -1: 1, -2: x, -3: y} (RFC 9053)
	cose := []byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21}
	cose = append(cose, 0x58, 32)
	cose = append(cose, point[1:33]...)
	cose = append(cose, 0x22, 0x58, 32)
	cose = append(cose, point[33:]...)
	data := append(a.data(a.Flags|0x40), make([]byte, 16)...)
	data = append(data, 0, byte(len(a.ID)))
	data = append(append(data, a.ID...), cose...)
	object := append([]byte{0xa3, 0x63}, "fmt"...)
	object = append(append(object, 0x64), "none"...)
	object = append(append(object, 0x67), "attStmt"...)
	object = append(append(object, 0xa0, 0x68), "authData"...)
	object = append(object, cborBytes(data)...)
	return a.answer(map[string]string{"clientDataJSON": base64.RawURLEncoding.EncodeToString(a.client("webauthn.create", options)), "attestationObject": base64.RawURLEncoding.EncodeToString(object)})
}

// Assert answers the question who is there; its counter goes on.
func (a *Authenticator) Assert(options []byte) []byte {
	a.Count++
	data, client := a.data(a.Flags), a.client("webauthn.get", options)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, a.Key, sum[:])
	if err != nil {
		panic(err)
	}
	return a.answer(map[string]string{"clientDataJSON": base64.RawURLEncoding.EncodeToString(client), "authenticatorData": base64.RawURLEncoding.EncodeToString(data),
		"signature": base64.RawURLEncoding.EncodeToString(sig), "userHandle": base64.RawURLEncoding.EncodeToString(a.Handle)})
}
