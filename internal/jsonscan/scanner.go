// SPDX-License-Identifier: Apache-2.0

package jsonscan

import (
	"errors"
	"fmt"
	"io"
)

// MaxDepth is how deep values may nest.
const MaxDepth = 1000

// SyntaxError says where the input is not JSON, or not of the expected shape.
type SyntaxError struct {
	Offset int64 // bytes before the fault
	What   string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("byte %d: %s", e.Offset, e.What) }

// ErrTooLong says that one token or value is longer than the scanner's limit.
var ErrTooLong = errors.New("a value is longer than the limit")

// Scanner reads one JSON text. It is not safe for concurrent use. Slices that
// it gives are valid until its next method call.
type Scanner struct {
	r     io.Reader
	data  []byte // the window: what was read and not yet dropped
	pos   int    // next byte in data
	mark  int    // start of the value being kept; -1 without
	base  int64  // offset of data[0] in the input
	limit int    // longest window

	fresh   bool // an object or array was just opened
	depth   int
	wide    bool   // a skipped string was not all ASCII
	name    []byte // of the last Key
	scratch []byte // unescaped strings
	nest    []bool // within Skip: the open values, true for an object
	err     error
}

// New gives a scanner over r that holds at most limit bytes of it, which is
// therefore the longest token and the longest value for Raw.
func New(r io.Reader, limit int) *Scanner {
	return &Scanner{r: r, mark: -1, limit: limit, data: make([]byte, 0, min(limit, 256<<10))}
}

// Reset makes s a scanner over data, which stays the caller's and must not
// change while slices of it are in use.
func (s *Scanner) Reset(data []byte) {
	*s = Scanner{data: data, mark: -1, limit: len(data), scratch: s.scratch[:0], name: s.name[:0], nest: s.nest[:0]}
}

// Err gives the first error.
func (s *Scanner) Err() error { return s.err }

// Offset gives the number of bytes consumed.
func (s *Scanner) Offset() int64 { return s.base + int64(s.pos) }

// Fail makes err the scanner's error unless it has one already, with the offset.
func (s *Scanner) Fail(what string) {
	if s.err == nil {
		s.err = &SyntaxError{Offset: s.Offset(), What: what}
	}
}

// fill reads more of the input into the window and reports whether there was
// any. It keeps the window from the mark on, or else from pos.
func (s *Scanner) fill() bool {
	if s.err != nil || s.r == nil {
		return false
	}
	keep := s.pos
	if s.mark >= 0 {
		keep = s.mark
	}
	if len(s.data) == cap(s.data) || keep > cap(s.data)/2 {
		if !s.shift(keep) {
			return false
		}
	}
	for range 100 {
		n, err := s.r.Read(s.data[len(s.data):cap(s.data)])
		s.data = s.data[:len(s.data)+n]
		switch {
		case n > 0:
			return true
		case err == io.EOF:
			s.r = nil
			return false
		case err != nil:
			s.err = fmt.Errorf("reading at byte %d: %w", s.Offset(), err)
			return false
		}
	}
	s.err = fmt.Errorf("reading at byte %d: %w", s.Offset(), io.ErrNoProgress)
	return false
}

// shift drops what lies before keep, and grows the window when that leaves no room.
func (s *Scanner) shift(keep int) bool {
	held := len(s.data) - keep
	if held >= s.limit {
		s.err = &SyntaxError{Offset: s.base + int64(keep), What: fmt.Sprintf("%v of %d bytes", ErrTooLong, s.limit)}
		return false
	}
	target := s.data[:0]
	if held > cap(s.data)/2 {
		target = make([]byte, 0, min(s.limit, 2*cap(s.data)))
	}
	s.data = append(target, s.data[keep:]...)
	s.base += int64(keep)
	s.pos -= keep
	if s.mark >= 0 {
		s.mark = 0
	}
	return true
}

// peek skips space and gives the next byte without consuming it; 0 at the end.
func (s *Scanner) peek() byte {
	for {
		for s.pos < len(s.data) {
			c := s.data[s.pos]
			if c > ' ' {
				return c
			}
			if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
				return c
			}
			s.pos++
		}
		if !s.fill() {
			return 0
		}
	}
}

// unexpected fails on what stands at pos.
func (s *Scanner) unexpected(want string) {
	if s.err != nil {
		return
	}
	if s.pos >= len(s.data) {
		s.err = fmt.Errorf("byte %d: the input ends where %s should follow: %w", s.Offset(), want, io.ErrUnexpectedEOF)
		return
	}
	s.Fail(fmt.Sprintf("%s expected, %q found", want, s.data[s.pos]))
}

// End expects the end of the input and gives the scanner's error.
func (s *Scanner) End() error {
	if s.err == nil && s.peek() != 0 {
		s.Fail("more data follows the JSON value")
	}
	if s.err == nil && s.pos < len(s.data) {
		s.unexpected("the end")
	}
	return s.err
}

// Object enters an object; Key then steps through it.
func (s *Scanner) Object() { s.open('{', "an object") }

// Array enters an array; More then steps through it.
func (s *Scanner) Array() { s.open('[', "an array") }

func (s *Scanner) open(c byte, want string) {
	if s.err != nil {
		return
	}
	if s.peek() != c {
		s.unexpected(want)
		return
	}
	s.pos++
	s.depth++
	s.fresh = true
	if s.depth > MaxDepth {
		s.Fail(fmt.Sprintf("values nest deeper than %d", MaxDepth))
	}
}

// Key steps to the next member of the object and reports whether there is one;
// when there is none the object is left. Name gives its name, and the caller
// must read or Skip its value.
func (s *Scanner) Key() bool {
	if !s.step('}', "a comma or }") {
		return false
	}
	if s.peek() != '"' {
		s.unexpected("a member's name")
		return false
	}
	s.name = append(s.name[:0], s.Bytes()...)
	if s.err == nil && s.peek() != ':' {
		s.unexpected("a colon")
	}
	if s.err != nil {
		return false
	}
	s.pos++
	return true
}

// Name gives the name of the member that Key stepped to. It stays valid until
// the next Key.
func (s *Scanner) Name() []byte { return s.name }

// More steps to the next element of the array and reports whether there is one;
// when there is none the array is left. The caller must read or Skip it.
func (s *Scanner) More() bool {
	if !s.step(']', "a comma or ]") {
		return false
	}
	if s.peek() == ']' {
		s.unexpected("a value")
	}
	return s.err == nil
}

func (s *Scanner) step(end byte, want string) bool {
	if s.err != nil {
		return false
	}
	fresh := s.fresh
	s.fresh = false
	c := s.peek()
	switch {
	case c == end:
		s.pos++
		s.depth--
		return false
	case fresh:
		return true
	case c == ',':
		s.pos++
		return true
	}
	s.unexpected(want)
	return false
}
