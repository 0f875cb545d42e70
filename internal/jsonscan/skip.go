// SPDX-License-Identifier: Apache-2.0

package jsonscan

import (
	"fmt"
	"unicode/utf8"
)

// Skip consumes a value of any type and checks that it is JSON.
func (s *Scanner) Skip() {
	s.nest = s.nest[:0]
	for s.err == nil {
		if s.enter() {
			continue
		}
		if s.leave() {
			return
		}
	}
}

// enter consumes a simple or empty value, or opens one up to its first inner
// value and then reports true.
func (s *Scanner) enter() bool {
	switch c := s.peek(); c {
	case '"':
		if _, ascii := s.skipString(); !ascii {
			s.wide = true
		}
	case '{', '[':
		s.pos++
		if s.peek() == c+2 { // "{" + 2 is "}", "[" + 2 is "]"
			s.pos++
			return false
		}
		s.nest = append(s.nest, c == '{')
		if s.depth+len(s.nest) > MaxDepth {
			s.Fail(fmt.Sprintf("values nest deeper than %d", MaxDepth))
		}
		if c == '{' {
			s.skipName()
		}
		return true
	case 't':
		s.literal("true")
	case 'f':
		s.literal("false")
	case 'n':
		s.literal("null")
	default:
		if c != '-' && (c < '0' || c > '9') {
			s.unexpected("a value")
			return false
		}
		s.number()
	}
	return false
}

// leave closes what ends here, up to the next inner value, and reports whether
// the outermost value is complete.
func (s *Scanner) leave() bool {
	for s.err == nil {
		last := len(s.nest) - 1
		if last < 0 {
			return true
		}
		switch c := s.peek(); {
		case c == ',':
			s.pos++
			if s.nest[last] {
				s.skipName()
			}
			return false
		case c == '}' && s.nest[last], c == ']' && !s.nest[last]:
			s.pos++
			s.nest = s.nest[:last]
		default:
			s.unexpected("a comma or the end of the value")
		}
	}
	return true
}

func (s *Scanner) skipName() {
	if s.peek() != '"' {
		s.unexpected("a member's name")
		return
	}
	if _, ascii := s.skipString(); !ascii {
		s.wide = true
	}
	if s.err == nil && s.peek() != ':' {
		s.unexpected("a colon")
		return
	}
	if s.err == nil {
		s.pos++
	}
}

// Raw consumes a value and gives its text. The slice is valid until the next
// call; of a scanner that was Reset it lies in the caller's data.
func (s *Scanner) Raw() []byte {
	if s.err != nil {
		return nil
	}
	s.peek()
	s.mark, s.wide = s.pos, false
	s.Skip()
	raw := s.data[s.mark:s.pos]
	s.mark = -1
	if s.err == nil && s.wide && !utf8.Valid(raw) {
		s.Fail("a string is not valid UTF-8")
	}
	if s.err != nil {
		return nil
	}
	return raw
}

// Value reads a value of any type: nil, bool, string, int64 for a whole number
// that fits, float64 for every other, []any, map[string]any. Of members with
// the same name the last one stays.
func (s *Scanner) Value() any {
	switch s.Peek() {
	case Null:
		s.Null()
	case True, False:
		return s.Bool()
	case String:
		return s.Text()
	case Number:
		return s.numeral()
	case Array:
		list := []any{}
		for s.Array(); s.More(); {
			list = append(list, s.Value())
		}
		return list
	case Object:
		object := map[string]any{}
		for s.Object(); s.Key(); {
			name := string(s.Name())
			object[name] = s.Value()
		}
		return object
	default:
		s.unexpected("a value")
	}
	return nil
}

func (s *Scanner) numeral() any {
	text := s.number()
	if s.err != nil {
		return nil
	}
	if n, err := parseInt(text); err == nil {
		return n
	}
	f, err := parseFloat(text)
	if err != nil {
		s.Fail("a number is out of range")
		return nil
	}
	return f
}
