// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"
)

// scanner walks over text that has one spelling; its first error sticks.
type scanner struct {
	what string // is read
	rest []byte
	err  error
}

func (p *scanner) literal(want string) {
	if p.err != nil {
		return
	}
	rest, ok := bytes.CutPrefix(p.rest, []byte(want))
	if !ok {
		p.err = fmt.Errorf("%s: expected %s", p.what, want)
		return
	}
	p.rest = rest
}

func (p *scanner) base64(dst []byte) {
	if p.err != nil {
		return
	}
	n := base64.RawURLEncoding.EncodedLen(len(dst))
	if len(p.rest) < n {
		p.err = fmt.Errorf("%s: cut off in a digest or id", p.what)
		return
	}
	// The decoder skips line ends, so it may leave dst short.
	got, err := base64.RawURLEncoding.Strict().Decode(dst, p.rest[:n])
	if err != nil || got != len(dst) {
		p.err = fmt.Errorf("%s: a digest or id is no base64url of %d bytes", p.what, len(dst))
		return
	}
	p.rest = p.rest[n:]
}

func (p *scanner) time() (t time.Time) {
	if p.err != nil {
		return t
	}
	if len(p.rest) < len(timeLayout) {
		p.err = fmt.Errorf("%s: cut off in its time", p.what)
		return t
	}
	s := string(p.rest[:len(timeLayout)])
	t, err := time.Parse(timeLayout, s)
	if err != nil || t.Format(timeLayout) != s {
		p.err = fmt.Errorf("%s: t is not a time like %s", p.what, timeLayout)
		return t
	}
	p.rest = p.rest[len(timeLayout):]
	return t
}

func (p *scanner) number(least int64) int64 {
	if p.err != nil {
		return 0
	}
	n := 0
	for n < len(p.rest) && n < 20 && (p.rest[n] == '-' || p.rest[n] >= '0' && p.rest[n] <= '9') {
		n++
	}
	var spelt [20]byte
	v, err := strconv.ParseInt(string(p.rest[:n]), 10, 64)
	if err != nil || v < least || !bytes.Equal(strconv.AppendInt(spelt[:0], v, 10), p.rest[:n]) {
		p.err = fmt.Errorf("%s: no number in range", p.what)
		return 0
	}
	p.rest = p.rest[n:]
	return v
}

func (p *scanner) text(field string, valid func(string) bool) string {
	if p.err != nil {
		return ""
	}
	n := bytes.IndexByte(p.rest, '"')
	s := string(p.rest[:max(n, 0)])
	if n < 0 || !valid(s) {
		p.err = fmt.Errorf("%s: %s is missing or holds what no id may hold", p.what, field)
		return ""
	}
	p.rest = p.rest[n:]
	return s
}
