// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

// The names of a webhook's headers.
const (
	SignatureHeader = "Demarc-Signature"
	DeliveryHeader  = "Demarc-Delivery"
)

// Why a receiver must not act on a delivery.
var (
	ErrSignature = errors.New("the signature does not fit the body")
	ErrTooOld    = errors.New("the signature is from another time")
)

// sign gives the header's value: the time and a signature for each secret.
func sign(body []byte, at time.Time, secrets ...[]byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	out := "t=" + t
	for _, s := range secrets {
		out += ",v1=" + hex.EncodeToString(mac(s, t, body))
	}
	return out
}

func mac(secret []byte, t string, body []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(t + "."))
	h.Write(body)
	return h.Sum(nil)
}

// VerifyHook is the receiver's half: it gives nil when the header was made for
// this body by who holds the secret, not longer than tolerance before or after
// now; else ErrSignature or ErrTooOld. The body is the bytes as they came. Any
// one fitting v1 is enough; what other words the header holds is passed over,
// so that a v2 can come beside v1. Signatures are compared in constant time.
func VerifyHook(secret []byte, header string, body []byte, now time.Time, tolerance time.Duration) error {
	t, signatures := parseSignature(header)
	if t == "" || len(secret) == 0 {
		return ErrSignature
	}
	want, fits := mac(secret, t, body), false
	for _, s := range signatures {
		fits = hmac.Equal(s, want) || fits
	}
	if !fits {
		return ErrSignature
	}
	seconds, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		return ErrSignature
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > tolerance || -age > tolerance {
		return ErrTooOld
	}
	return nil
}

// parseSignature gives the time as it stands and the signatures; "" and nil
// when the header is not whole: longer than 2 kB, no or two times, a time that
// is no plain number of at most 12 digits, a v1 that is not 32 bytes in hex.
func parseSignature(header string) (t string, signatures [][]byte) {
	if len(header) > 2048 {
		return "", nil
	}
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			if t != "" || !digits(value) {
				return "", nil
			}
			t = value
		case "v1":
			b, err := hex.DecodeString(value)
			if err != nil || len(b) != sha256.Size {
				return "", nil
			}
			signatures = append(signatures, b)
		}
	}
	if t == "" || len(signatures) == 0 {
		return "", nil
	}
	return t, signatures
}

func digits(s string) bool {
	return s != "" && len(s) <= 12 && strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
