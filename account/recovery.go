// SPDX-License-Identifier: Apache-2.0

package account

import "strings"

// recoveryCodes is how many codes are given at once.
const recoveryCodes = 10

// NewRecovery draws codes, each of which stands in for a second factor once.
// codes are shown once; secrets are kept.
func NewRecovery() (codes []string, secrets []Secret) {
	for range recoveryCodes {
		c := draw(16) // 80 bits
		codes = append(codes, c[:4]+"-"+c[4:8]+"-"+c[8:12]+"-"+c[12:])
		secrets = append(secrets, digest(c))
	}
	return codes, secrets
}

// UseRecovery gives the codes that are left when code is one of them.
func UseRecovery(secrets []Secret, code string) (left []Secret, ok bool) {
	// As people read it: no case, no signs, and the letters that look like digits.
	code = strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(strings.TrimSpace(code)))
	for _, s := range secrets {
		if s.Is(code) {
			ok = true
			continue
		}
		left = append(left, s)
	}
	return left, ok
}
