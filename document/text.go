// SPDX-License-Identifier: Apache-2.0

package document

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is running text with simple emphasis and links.
type Text []Span

// Span is a stretch of text of one style.
type Span struct {
	Text   string
	Strong bool
	Em     bool
	Code   bool
	Link   string // "#id", "https://…", "mailto:…"; empty for none
}

// Plain is text without style.
func Plain(s string) Text { return Text{{Text: s}} }

// Strong is bold text.
func Strong(s string) Text { return Text{{Text: s, Strong: true}} }

// Mono is text in the font of code: an identifier, a field.
func Mono(s string) Text { return Text{{Text: s, Code: true}} }

// Link is text that leads to target.
func Link(s, target string) Text { return Text{{Text: s, Link: target}} }

// Say formats like fmt.Sprintf and reads markup in the format only:
// **strong**, *em*, `code` and [words](target). What args bring is plain text
// whatever it holds, except in a target, where it is part of the address.
func Say(format string, args ...any) Text {
	safe := make([]any, len(args))
	for i, a := range args {
		safe[i] = guarded(a)
	}
	return parse(fmt.Sprintf(format, safe...))
}

// Join puts sep between texts.
func Join(sep string, texts ...Text) Text {
	var out Text
	for i, t := range texts {
		if i > 0 {
			out = append(out, Span{Text: sep})
		}
		out = append(out, t...)
	}
	return out
}

// String gives the words without style.
func (t Text) String() string {
	var b strings.Builder
	for _, s := range t {
		b.WriteString(s.Text)
	}
	return b.String()
}

// guard marks a letter of an argument that would be markup in a format. It is
// a noncharacter, which clean removes from every argument.
const guard = '\uFDD0'

func guarded(a any) any {
	var s string
	switch v := a.(type) {
	case string:
		s = v
	case fmt.Stringer:
		s = v.String()
	case error:
		s = v.Error()
	case bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
		return a
	default:
		s = fmt.Sprint(v)
	}
	var b strings.Builder
	for _, r := range clean(s) {
		if strings.ContainsRune("*`[]()", r) {
			b.WriteRune(guard)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// parse reads the markup of Say. A mark that is never closed styles the rest.
func parse(s string) Text {
	var out Text
	var now Span
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			now.Text = b.String()
			out = append(out, now)
			b.Reset()
		}
	}
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == guard:
			i += n
			r, n = utf8.DecodeRuneInString(s[i:])
			b.WriteRune(r)
		case strings.HasPrefix(s[i:], "**") && !now.Code:
			flush()
			now.Strong, n = !now.Strong, 2
		case r == '*' && !now.Code:
			flush()
			now.Em = !now.Em
		case r == '`':
			flush()
			now.Code = !now.Code
		case r == '[' && !now.Code && linkEnd(s[i:]) > 0:
			flush()
			n = linkEnd(s[i:])
			words, target, _ := strings.Cut(s[i+1:i+n-1], "](")
			inner := now
			inner.Text, inner.Link = unguard(words), unguard(target)
			out = append(out, inner)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	flush()
	return out
}

// linkEnd gives the length of "[words](target)" at the start of s, or 0.
func linkEnd(s string) int {
	mid := unguardedIndex(s, "](")
	if mid < 0 {
		return 0
	}
	end := unguardedIndex(s[mid+2:], ")")
	if end < 0 {
		return 0
	}
	return mid + 2 + end + 1
}

func unguardedIndex(s, mark string) int {
	for from := 0; ; {
		i := strings.Index(s[from:], mark)
		if i < 0 {
			return -1
		}
		if !strings.HasSuffix(s[:from+i], string(guard)) {
			return from + i
		}
		from += i + 1
	}
}

func unguard(s string) string { return strings.ReplaceAll(s, string(guard), "") }

// safeLink says whether a target may become a link: web, mail, or a place in
// the same document. A target from data could be anything.
func safeLink(target string) bool {
	if strings.HasPrefix(target, "#") {
		return len(target) > 1
	}
	u, err := url.Parse(target)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http" || u.Scheme == "mailto") && (u.Host != "" || u.Scheme == "mailto")
}

// clean gives s as every paper may carry it: valid UTF-8 without control
// characters, noncharacters and marks that turn the direction of what follows,
// since those can make a name read as another one. Line breaks stay.
func clean(s string) string {
	if isPlain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), r >= 0xFDD0 && r <= 0xFDEF, r&0xFFFE == 0xFFFE,
			r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F, r == 0x061C, r == 0xFEFF:
			return -1
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n"))
}

// isPlain says that s holds printable ASCII only: the common case.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' && s[i] != '\n' || s[i] > '~' {
			return false
		}
	}
	return true
}

// fields splits at blanks, so that a no-break space stays inside its word.
func fields(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' })
}
