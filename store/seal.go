// SPDX-License-Identifier: Apache-2.0

package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"

	"golang.org/x/crypto/argon2"

	"demarc.dev/demarc/problem"
)

// keyFiles are the files of a log's key.
type keyFiles struct {
	Secret []byte `json:"secret"`          // <org>.key
	State  []byte `json:"state,omitempty"` // <org>.key.state
}

// sealedKey is a key that a passphrase opens: AES-256-GCM under
// Argon2id(passphrase, salt), 3 passes over 64 MiB in 4 lanes, RFC 9106. Salt
// and nonce are drawn from what is sealed, under the secret key itself, so the
// same key and state give the same bytes and another never has the same salt.
type sealedKey struct {
	Salt  []byte `json:"salt"`
	Nonce []byte `json:"nonce"`
	Box   []byte `json:"box"`
}

// PassphraseLeast is the shortest passphrase that seals a key, in bytes.
const PassphraseLeast = 12

func checkPassphrase(passphrase string) error {
	if len(passphrase) < PassphraseLeast {
		return problem.Newf(problem.Usage, "the passphrase has %d bytes, a key is sealed by at least %d", len(passphrase), PassphraseLeast).
			WithHint("take a few words that are not a sentence")
	}
	return nil
}

// text gives the files as a part holds them: sealed, unless the passphrase is
// empty.
func (k keyFiles) text(passphrase, bound string) ([]byte, error) {
	if passphrase == "" {
		return marshalLine(k)
	}
	sealed, err := k.seal(passphrase, []byte(bound))
	if err != nil {
		return nil, err
	}
	return marshalLine(sealed)
}

// seal seals the key's files; bound is what they belong to.
func (k keyFiles) seal(passphrase string, bound []byte) (s sealedKey, err error) {
	text, err := marshalLine(k)
	if err != nil {
		return s, err
	}
	secret := sha256.Sum256(k.Secret)
	draw := func(what string) []byte {
		mac := hmac.New(sha256.New, secret[:])
		mac.Write([]byte("demarc sealed key, " + what + "\n"))
		mac.Write(text)
		mac.Write(bound)
		return mac.Sum(nil)
	}
	s.Salt, s.Nonce = draw("salt")[:16], draw("nonce")[:12]
	box, err := sealer(passphrase, s.Salt)
	if err != nil {
		return s, err
	}
	s.Box = box.Seal(nil, s.Nonce, text, bound)
	return s, nil
}

var errSealed = errors.New("the passphrase does not open it")

func (s sealedKey) open(passphrase string, bound []byte) (k keyFiles, err error) {
	box, err := sealer(passphrase, s.Salt)
	if err != nil {
		return k, err
	}
	if len(s.Nonce) != box.NonceSize() || len(s.Salt) != 16 {
		return k, errSealed
	}
	text, err := box.Open(nil, s.Nonce, s.Box, bound)
	if err != nil {
		return k, errSealed
	}
	return k, unmarshalLine(text, &k)
}

func sealer(passphrase string, salt []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(argon2.IDKey([]byte(passphrase), salt, 3, 64<<10, 4, 32))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
