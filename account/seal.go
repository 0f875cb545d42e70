// SPDX-License-Identifier: Apache-2.0

package account

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Key is the key of an installation. What it seals, another installation cannot
// open; who loses it has every person set a new second factor.
type Key [32]byte

// keyWord begins a file with a key.
const keyWord = "demarc-installation-key-1 "

// NewKey draws a key.
func NewKey() (k Key) {
	rand.Read(k[:])
	return k
}

// Encode gives the line of the file that holds the key.
func (k Key) Encode() []byte {
	return []byte(keyWord + base64.StdEncoding.EncodeToString(k[:]) + "\n")
}

// String keeps the key out of messages.
func (Key) String() string { return "(key)" }

// ParseKey reads what Encode wrote.
func ParseKey(data []byte) (k Key, err error) {
	text, ok := strings.CutPrefix(strings.TrimSpace(string(data)), strings.TrimSpace(keyWord))
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if !ok || err != nil || len(b) != len(k) {
		return k, errors.New("this is no key of an installation")
	}
	copy(k[:], b)
	return k, nil
}

// Derive gives the secret of one purpose and one thing, such as that of a
// webhook: it need not be kept, for it can be made again.
func (k Key) Derive(purpose, id string) []byte {
	out, err := hkdf.Key(sha256.New, k[:], nil, fmt.Sprintf("demarc derive %q %q", purpose, id), 32)
	if err != nil {
		panic(err) // only for a length that SHA-256 cannot give
	}
	return out
}

func (k Key) aead() (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, k[:], nil, "demarc seal", 32)
	if err != nil {
		return nil, err
	}
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(b)
}

// Seal gives a secret in a form that may be kept: AES-256-GCM, bound to what it
// is for, so that a sealed secret does not open in another's place.
func (k Key) Seal(purpose, id string, secret []byte) (string, error) {
	a, err := k.aead()
	if err != nil {
		return "", fmt.Errorf("sealing: %w", err)
	}
	return base64.RawStdEncoding.EncodeToString(a.Seal(nil, nil, secret, fmt.Appendf(nil, "%q %q", purpose, id))), nil
}

// Open gives back what Seal sealed for the same purpose and thing.
func (k Key) Open(purpose, id, sealed string) ([]byte, error) {
	data, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, errors.New("a sealed secret is damaged")
	}
	a, err := k.aead()
	if err != nil {
		return nil, fmt.Errorf("opening what is sealed: %w", err)
	}
	if data, err = a.Open(nil, nil, data, fmt.Appendf(nil, "%q %q", purpose, id)); err != nil {
		return nil, errors.New("a sealed secret does not open with the key of this installation")
	}
	return data, nil
}
