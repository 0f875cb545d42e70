// SPDX-License-Identifier: Apache-2.0

package jsonscan

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// Type is the first byte of a kind of value.
type Type byte

// The types of values.
const (
	None   Type = 0 // the input ends, or an error stands
	Object Type = '{'
	Array  Type = '['
	String Type = '"'
	Number Type = '0'
	True   Type = 't'
	False  Type = 'f'
	Null   Type = 'n'
)

// Peek gives the type of the next value without consuming it.
func (s *Scanner) Peek() Type {
	if s.err != nil {
		return None
	}
	switch c := s.peek(); {
	case c == '-' || c >= '0' && c <= '9':
		return Number
	default:
		return Type(c)
	}
}

// Null consumes a null and reports whether there was one.
func (s *Scanner) Null() bool {
	if s.Peek() != Null {
		return false
	}
	s.literal("null")
	return s.err == nil
}

// Bool reads true or false.
func (s *Scanner) Bool() bool {
	switch s.Peek() {
	case True:
		s.literal("true")
		return s.err == nil
	case False:
		s.literal("false")
	default:
		s.unexpected("true or false")
	}
	return false
}

// Text reads a string.
func (s *Scanner) Text() string { return string(s.Bytes()) }

// Bytes reads a string, unescaped. The slice is valid until the next call.
func (s *Scanner) Bytes() []byte {
	if s.err != nil {
		return nil
	}
	if s.peek() != '"' {
		s.unexpected("a string")
		return nil
	}
	s.mark = s.pos
	escaped, ascii := s.skipString()
	literal := s.data[s.mark:s.pos]
	s.mark = -1
	if s.err != nil {
		return nil
	}
	return s.unquote(literal, escaped, ascii)
}

// unquote gives the contents of a string literal.
func (s *Scanner) unquote(literal []byte, escaped, ascii bool) []byte {
	text := literal[1 : len(literal)-1]
	if !ascii && !utf8.Valid(text) {
		s.Fail("a string is not valid UTF-8")
		return nil
	}
	if !escaped {
		return text
	}
	var out string
	if err := json.Unmarshal(literal, &out); err != nil {
		s.Fail("a string has a wrong escape")
		return nil
	}
	s.scratch = append(s.scratch[:0], out...)
	return s.scratch
}

// skipString consumes a string literal, which must begin at pos.
func (s *Scanner) skipString() (escaped, ascii bool) {
	s.pos++
	ascii = true
	for {
		data, i := s.data, s.pos
		for i < len(data) && plain[data[i]] {
			i++
		}
		s.pos = i
		if i == len(data) {
			if !s.fill() {
				s.unexpected("the end of a string")
				return escaped, ascii
			}
			continue
		}
		switch c := data[i]; {
		case c == '"':
			s.pos++
			return escaped, ascii
		case c == '\\':
			escaped = true
			s.skipEscape()
		case c >= utf8.RuneSelf:
			ascii = false
			s.pos++
			continue
		default:
			s.Fail("a control character stands in a string")
		}
		if s.err != nil {
			return escaped, ascii
		}
	}
}

// skipEscape consumes a backslash and what it escapes.
func (s *Scanner) skipEscape() {
	if c, ok := s.at(1); !ok || bytes.IndexByte([]byte(`"\/bfnrtu`), c) < 0 {
		s.Fail("a string has a wrong escape")
		return
	} else if c != 'u' {
		s.pos += 2
		return
	}
	for i := 2; i < 6; i++ {
		if c, ok := s.at(i); !ok || !hex(c) {
			s.Fail("a string has a wrong escape")
			return
		}
	}
	s.pos += 6
}

func hex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// at gives the byte that stands i after pos.
func (s *Scanner) at(i int) (byte, bool) {
	for s.pos+i >= len(s.data) {
		if !s.fill() {
			return 0, false
		}
	}
	return s.data[s.pos+i], true
}

// plain are the bytes that need no care within a string: ASCII but controls,
// quote and backslash.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

func (s *Scanner) literal(word string) {
	for i := range len(word) {
		if c, ok := s.at(i); !ok || c != word[i] {
			s.unexpected(word)
			return
		}
	}
	s.pos += len(word)
}

// number consumes a number and gives its text.
func (s *Scanner) number() []byte {
	outer := s.mark
	if outer < 0 {
		s.mark = s.pos
	}
	start := s.pos - s.mark
	for {
		for s.pos < len(s.data) && inNumber(s.data[s.pos]) {
			s.pos++
		}
		if s.pos < len(s.data) || !s.fill() {
			break
		}
	}
	if s.err != nil {
		return nil
	}
	text := s.data[s.mark+start : s.pos]
	if outer < 0 {
		s.mark = -1
	}
	if !validNumber(text) {
		s.Fail("a number is malformed")
		return nil
	}
	return text
}

func inNumber(c byte) bool {
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'
}

func validNumber(b []byte) bool {
	i := 0
	digits := func() bool {
		n := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i > n
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if !digits() {
		return false
	}
	if i < len(b) && b[i] == '.' {
		if i++; !digits() {
			return false
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(b)
}

// Int reads a number without a fraction.
func (s *Scanner) Int() int64 {
	if s.Peek() != Number {
		s.unexpected("a number")
		return 0
	}
	text := s.number()
	if s.err != nil {
		return 0
	}
	n, err := parseInt(text)
	if err != nil {
		s.Fail("a whole number of 64 bits expected")
	}
	return n
}

// Float reads a number.
func (s *Scanner) Float() float64 {
	if s.Peek() != Number {
		s.unexpected("a number")
		return 0
	}
	text := s.number()
	if s.err != nil {
		return 0
	}
	f, err := parseFloat(text)
	if err != nil {
		s.Fail("a number is out of range")
	}
	return f
}

func parseFloat(text []byte) (float64, error) { return strconv.ParseFloat(string(text), 64) }

func parseInt(text []byte) (int64, error) {
	if len(text) < 18 {
		var n int64
		digits := text
		if len(text) > 0 && text[0] == '-' {
			digits = text[1:]
		}
		for _, c := range digits {
			if c < '0' || c > '9' {
				return 0, strconv.ErrSyntax
			}
			n = n*10 + int64(c-'0')
		}
		if len(digits) < len(text) {
			n = -n
		}
		return n, nil
	}
	return strconv.ParseInt(string(text), 10, 64)
}
