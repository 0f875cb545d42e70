// SPDX-License-Identifier: Apache-2.0

package account

import (
	"encoding/base64"

	"golang.org/x/crypto/argon2"
)

// weakKey hashes at a cost below ours.
func weakKey(password, salt string) string {
	s, _ := base64.RawStdEncoding.DecodeString(salt)
	return base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte(password), s, 1, 8192, 1, 32))
}
