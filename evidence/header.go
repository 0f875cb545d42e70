// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"time"
)

// MaxHeader is the longest header in bytes; ids are short, so a header has
// about 380.
const MaxHeader = 2048

// Salt blinds the commitment to a body. Destroying it, with the body, leaves
// nothing from which the body could be guessed.
type Salt [32]byte

// Digest is a SHA-256 digest or a commitment of that size.
type Digest [sha256.Size]byte

// NewSalt draws a salt.
func NewSalt() (s Salt) {
	rand.Read(s[:]) // never fails, see crypto/rand
	return s
}

// Commit binds body without showing it: HMAC-SHA-256(salt, domain || body).
func Commit(salt Salt, body []byte) Digest {
	m := Commitment(salt)
	m.Write(body)
	return Digest(m.Sum(nil))
}

// Commitment is Commit for a body that is streamed: write the body, then Sum.
func Commitment(salt Salt) hash.Hash {
	m := hmac.New(sha256.New, salt[:])
	m.Write([]byte("demarc/commit/v1\n"))
	return m
}

// Header is the meaning of a leaf. AppendTo writes it once; ParseHeader reads
// what was written.
type Header struct {
	ID     [16]byte  // random
	Time   time.Time // wall clock of the writer, to the microsecond
	Boot   [16]byte  // identity of the machine's boot; zero when unknown
	Mono   int64     // microseconds since that boot, suspended time included
	ClkErr int64     // estimated error of the wall clock in microseconds; -1 when unknown or not synchronised
	Kind   string    // what happened, say "report.issued"
	Actor  string    // pseudonym of who did it
	Object string    // id of what it was done to
	Class  string    // retention class
	CT     Digest    // SHA-256 of the body as stored
	CM     Digest    // Commit(salt, body)
}

const timeLayout = "2006-01-02T15:04:05.000000Z"

// AppendTo appends the header's bytes to b. It refuses what is not an id:
// free text cannot enter a log that nobody can erase.
func (h *Header) AppendTo(b []byte) ([]byte, error) {
	switch {
	case !isWord(h.Kind, 48):
		return nil, fmt.Errorf("entry header: kind %q is no word of a-z, 0-9, '.', '-' (at most 48)", h.Kind)
	case !isWord(h.Actor, 48):
		return nil, fmt.Errorf("entry header: actor %q is no pseudonym of a-z, 0-9, '.', '-' (at most 48)", h.Actor)
	case !isID(h.Object, 160):
		return nil, fmt.Errorf("entry header: object %q is no id of letters, digits and '.', '_', '-', ':', '/' (at most 160)", h.Object)
	case !isWord(h.Class, 32):
		return nil, fmt.Errorf("entry header: retention class %q is no word of a-z, 0-9, '.', '-' (at most 32)", h.Class)
	case h.Time.UTC().Year() < 1970 || h.Time.UTC().Year() > 9999:
		return nil, fmt.Errorf("entry header: time %v is out of range", h.Time)
	case h.Mono < 0 || h.ClkErr < -1:
		return nil, errors.New("entry header: negative clock reading")
	}
	b = append(b, `{"v":1,"id":"`...)
	b = base64.RawURLEncoding.AppendEncode(b, h.ID[:])
	b = append(b, `","t":"`...)
	b = h.Time.UTC().AppendFormat(b, timeLayout)
	b = append(b, `","boot":"`...)
	b = base64.RawURLEncoding.AppendEncode(b, h.Boot[:])
	b = append(b, `","mono":`...)
	b = strconv.AppendInt(b, h.Mono, 10)
	b = append(b, `,"err":`...)
	b = strconv.AppendInt(b, h.ClkErr, 10)
	for _, f := range [...][2]string{{"kind", h.Kind}, {"actor", h.Actor}, {"obj", h.Object}, {"class", h.Class}} {
		b = append(b, `,"`...)
		b = append(b, f[0]...)
		b = append(b, `":"`...)
		b = append(b, f[1]...)
		b = append(b, '"')
	}
	b = append(b, `,"ct":"`...)
	b = base64.RawURLEncoding.AppendEncode(b, h.CT[:])
	b = append(b, `","cm":"`...)
	b = base64.RawURLEncoding.AppendEncode(b, h.CM[:])
	return append(b, `"}`...), nil
}

// ParseHeader reads a header of version 1. Fields stand in the order in which
// AppendTo writes them, each once: two readers cannot read two meanings.
func ParseHeader(leaf []byte) (Header, error) {
	var h Header
	if len(leaf) > MaxHeader {
		return h, fmt.Errorf("entry header: %d bytes, at most %d are allowed", len(leaf), MaxHeader)
	}
	p := scanner{what: "entry header", rest: leaf}
	p.literal(`{"v":1,"id":"`)
	p.base64(h.ID[:])
	p.literal(`","t":"`)
	h.Time = p.time()
	p.literal(`","boot":"`)
	p.base64(h.Boot[:])
	p.literal(`","mono":`)
	h.Mono = p.number(0)
	p.literal(`,"err":`)
	h.ClkErr = p.number(-1)
	p.literal(`,"kind":"`)
	h.Kind = p.text("kind", func(s string) bool { return isWord(s, 48) })
	p.literal(`","actor":"`)
	h.Actor = p.text("actor", func(s string) bool { return isWord(s, 48) })
	p.literal(`","obj":"`)
	h.Object = p.text("obj", func(s string) bool { return isID(s, 160) })
	p.literal(`","class":"`)
	h.Class = p.text("class", func(s string) bool { return isWord(s, 32) })
	p.literal(`","ct":"`)
	p.base64(h.CT[:])
	p.literal(`","cm":"`)
	p.base64(h.CM[:])
	p.literal(`"}`)
	if p.err == nil && h.Time.Year() < 1970 {
		p.err = errors.New("entry header: its time is out of range")
	}
	if p.err == nil && len(p.rest) > 0 {
		p.err = errors.New("entry header: bytes after its end")
	}
	return h, p.err
}

func isWord(s string, most int) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || i > 0 && (c == '.' || c == '-')) {
			return false
		}
	}
	return s != "" && len(s) <= most
}

func isID(s string, most int) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			i > 0 && (c == '.' || c == '-' || c == '_' || c == ':' || c == '/')) {
			return false
		}
	}
	return s != "" && len(s) <= most
}
