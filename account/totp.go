// SPDX-License-Identifier: Apache-2.0

package account

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"
	"rsc.io/qr"
)

const (
	totpStep = 30 // seconds (RFC 6238, 5.2)
	totpSeed = 20 // bytes: as long as SHA-1 (RFC 4226, 4, R6)
)

// NewSeed draws the seed of a time-based code, in base 32 as programs take it.
func NewSeed() string {
	b := make([]byte, totpSeed)
	rand.Read(b)
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
}

// SeedURI gives the address that a program for codes reads.
func SeedURI(issuer, login, seed string) string {
	q := url.Values{"secret": {seed}, "issuer": {issuer}}
	return "otpauth://totp/" + url.PathEscape(issuer+":"+login) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// SeedPicture gives the address as the path of an SVG of the size side: a QR
// code, one square a unit, with a margin of four.
func SeedPicture(uri string) (path string, side int, err error) {
	code, err := qr.Encode(uri, qr.M)
	if err != nil {
		return "", 0, fmt.Errorf("drawing the code: %w", err)
	}
	var b strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+4, y+4)
			}
		}
	}
	return b.String(), code.Size + 8, nil
}

// CheckCode tells whether a code is that of now, or of the step before or after
// it, and of which step. A step that is not later than last was used before and
// does not count again; the caller keeps it.
func CheckCode(seed, code string, now time.Time, last int64) (step int64, ok bool) {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	at := now.Unix() / totpStep
	for _, s := range []int64{at, at - 1, at + 1} {
		want, err := hotp.GenerateCode(seed, uint64(s))
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && s > last {
			step, ok = s, true
		}
	}
	return step, ok
}
