// SPDX-License-Identifier: Apache-2.0

package account

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
)

// readable has no letter that is taken for another: Crockford's base 32.
var readable = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// draw gives n random characters of five bits each.
func draw(n int) string {
	b := make([]byte, (n*5+7)/8)
	rand.Read(b) // never fails
	return readable.EncodeToString(b)[:n]
}

// Secret is a digest of a secret that only has to be recognised.
type Secret string

// digest gives the digest of a secret with 128 bits or more of randomness; one
// that a person chose is to be hashed as a password.
func digest(secret string) Secret {
	sum := sha256.Sum256([]byte(secret))
	return Secret(base64.RawURLEncoding.EncodeToString(sum[:]))
}

// Is tells whether a secret is the one, in a time that does not tell how much
// of it is right.
func (s Secret) Is(secret string) bool {
	return subtle.ConstantTimeCompare([]byte(s), []byte(digest(secret))) == 1
}
