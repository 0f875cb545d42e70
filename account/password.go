// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"demarc.dev/demarc/problem"
)

// The cost of a password hash: argon2id with 19 MiB and two passes, about 20 ms
// on one core (OWASP Password Storage Cheat Sheet, its smallest setting).
const (
	argonMemory = 19 << 10 // KiB
	argonPasses = 2
	argonLanes  = 1
	argonSalt   = 16
	argonKey    = 32
)

// The lengths of a password, in characters and bytes (NIST SP 800-63B-4,
// 3.1.1.2: at least 15 where it stands alone, 8 beside a second factor, and no
// rule about its letters; we ask for 12 of everybody).
const (
	passwordLeast = 12
	passwordMost  = 1024
)

// Hasher hashes passwords, few at a time: each takes 19 MiB while it lasts.
// Safe for concurrent use.
type Hasher struct {
	places chan struct{}
	dummy  string
}

// NewHasher makes a hasher that works on at most n passwords at once.
func NewHasher(n int) *Hasher {
	h := &Hasher{places: make(chan struct{}, max(1, n))}
	h.dummy = hash(draw(20))
	return h
}

// Hash gives the hash of a password, as a string in the PHC format.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	if len(password) > passwordMost {
		return "", problem.New(problem.Invalid, fmt.Sprintf("password: longer than %d bytes", passwordMost), "choose a shorter one")
	}
	return hash(password), nil
}

// Verify tells whether a password has the hash, and whether it should be hashed
// anew because the hash was made at a lower cost. With an empty hash, of an
// account that is not there or has no password, it takes as long and says no.
func (h *Hasher) Verify(ctx context.Context, phc, password string) (ok, anew bool, err error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return false, false, err
	}
	defer leave()
	if phc == "" || len(password) > passwordMost {
		verify(h.dummy, "no")
		return false, false, nil
	}
	ok, anew = verify(phc, password)
	return ok, ok && anew, nil
}

func (h *Hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.places <- struct{}{}:
		return func() { <-h.places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func hash(password string) string {
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	key := argon2.IDKey(plain(password), salt, argonPasses, argonMemory, argonLanes, argonKey)
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes, b.EncodeToString(salt), b.EncodeToString(key))
}

// verify bounds what the hash asks for: it comes from a record, and a record
// that was changed must not make the server take all memory.
func verify(phc, password string) (ok, anew bool) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, false
	}
	var version int
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &lanes); err != nil ||
		parts[3] != fmt.Sprintf("m=%d,t=%d,p=%d", memory, passes, lanes) ||
		version != argon2.Version || memory > 1<<20 || memory == 0 || passes > 16 || passes == 0 || lanes == 0 || lanes > 16 {
		return false, false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, false
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) < 16 || len(want) > 64 {
		return false, false
	}
	got := argon2.IDKey(plain(password), salt, passes, memory, lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, memory < argonMemory || passes < argonPasses
}

// plain gives the bytes of a password, the same however a keyboard composes its
// letters (NIST SP 800-63B-4, 3.1.1.2: normalise before hashing).
func plain(password string) []byte { return []byte(norm.NFKC.String(password)) }

// commonest are patterns of which too many passwords are made.
var commonest = []string{"password", "passwort", "qwerty", "qwertz", "azerty", "letmein", "welcome", "admin", "iloveyou", "demarc", "abc123", "changeme", "summer", "winter", "123456", "111111", "000000"}

// CheckPassword tells what is wrong with a password that is about to be set.
func CheckPassword(login, password string) error {
	low := strings.ToLower(norm.NFKC.String(password))
	rest := low
	for _, w := range append([]string{login, strings.Split(login, "@")[0]}, commonest...) {
		if len(w) > 2 {
			rest = strings.ReplaceAll(rest, w, "")
		}
	}
	const hint = "a sentence of four or five words that nobody would guess is best"
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password) || len(password) > passwordMost:
		return problem.New(problem.Invalid, fmt.Sprintf("password: longer than %d bytes, or no text", passwordMost), hint)
	case n < passwordLeast:
		return problem.New(problem.Invalid, fmt.Sprintf("password: %d characters are too few", n), fmt.Sprintf("%d at least; %s", passwordLeast, hint))
	case kinds(rest) < 5:
		return problem.New(problem.Invalid, "password: it is made of what is guessed first: the login, a common word, or one character again and again", hint)
	}
	return nil
}

// kinds counts the different characters.
func kinds(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}
