// SPDX-License-Identifier: Apache-2.0

package account

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/problem"
)

// Token lets a program act for an account in one organisation, for some of what
// that account may do and for a time.
//
//	dmc_<id>_<secret>_<check>
//
// The word in front and the check at the end, a CRC-32 of what stands before it,
// let a scanner for leaked secrets know one without asking us.
type Token struct {
	ID       string       `json:"id"`
	Secret   Secret       `json:"secret"`
	Account  string       `json:"account"`
	Person   string       `json:"person"`
	Org      string       `json:"org"`
	Name     string       `json:"name"` // what it is for
	Scopes   []Permission `json:"scopes"`
	Created  time.Time    `json:"created"`
	Ends     time.Time    `json:"ends"`
	LastUsed *time.Time   `json:"last_used,omitempty"` // to the hour
}

const (
	tokenWord   = "dmc"
	tokenIDs    = 12
	tokenSecret = 52
	tokenCheck  = 7
	tokenTime   = 366 * 24 * time.Hour
)

// NewToken makes a token; text is shown once and kept by whoever uses it.
func NewToken(t Token, now time.Time) (made Token, text string, err error) {
	var faults []string
	if t.Name = strings.TrimSpace(t.Name); t.Name == "" || len(t.Name) > 100 {
		faults = append(faults, "name: say in up to 100 characters what it is for")
	}
	if len(t.Scopes) == 0 {
		faults = append(faults, "scopes: name at least one permission")
	}
	for _, p := range t.Scopes {
		if !slices.Contains(Permissions(), p) {
			faults = append(faults, fmt.Sprintf("scopes: %q is no permission", shorten(string(p))))
		}
	}
	if !t.Ends.After(now) || t.Ends.Sub(now) > tokenTime {
		faults = append(faults, "ends: a token ends within a year")
	}
	if err := problem.Faulty("this token cannot be made", faults); err != nil {
		return Token{}, "", err
	}
	secret := draw(tokenSecret)
	t.ID, t.Secret, t.Created, t.LastUsed = draw(tokenIDs), digest(secret), now, nil
	body := tokenWord + "_" + t.ID + "_" + secret
	return t, body + "_" + check(body), nil
}

// ParseToken takes a token apart. It says what is wrong with the form only: who
// it belongs to the caller looks up.
func ParseToken(text string) (id, secret string, err error) {
	parts := strings.Split(text, "_")
	if len(parts) != 4 || parts[0] != tokenWord || len(parts[1]) != tokenIDs || len(parts[2]) != tokenSecret || len(parts[3]) != tokenCheck ||
		check(strings.Join(parts[:3], "_")) != parts[3] {
		return "", "", problem.New(problem.Denied, "this is no token of Demarc", "send the whole token, dmc_…, as Authorization: Bearer")
	}
	return parts[1], parts[2], nil
}

func check(body string) string {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], crc32.ChecksumIEEE([]byte(body)))
	return readable.EncodeToString(b[:])
}

// Valid tells whether the token may be used.
func (t Token) Valid(now time.Time) bool { return now.Before(t.Ends) }
