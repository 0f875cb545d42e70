// SPDX-License-Identifier: Apache-2.0

package agreement

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// token is a word, a number or a sign, in the form in which cues are written:
// lower case, British endings, without soft hyphens, joined where a line or a
// prefix cut it. Its span is that of the verbatim text.
type token struct {
	word       string
	from, to   int
	after      punct // what stands between it and the next token
	capital    bool
	possessive bool
	breaks     bool // a sentence ends after it
}

// punct is the strongest mark between two tokens.
type punct uint8

const (
	space punct = iota
	comma
	paren
	quoteMark
	colon
	semicolon
	stop
)

// abbreviations end with a full stop that ends no sentence.
var abbreviations = map[string]bool{"inc": true, "ltd": true, "llc": true, "corp": true, "co": true, "no": true, "art": true, "sec": true, "para": true,
	"e.g": true, "i.e": true, "eg": true, "ie": true, "etc": true, "v": true, "vs": true, "mr": true, "ms": true, "dr": true, "st": true, "cf": true, "approx": true, "incl": true, "u.s": true, "p.m": true, "a.m": true, "s.a": true, "b.v": true}

// prefixes are joined to the word after their hyphen: sub-processor is subprocessor.
var prefixes = map[string]bool{"sub": true, "non": true, "re": true, "pre": true, "co": true, "anti": true, "multi": true, "back": true}

// glue are small words that a converter left standing without a space before a
// capital or a number.
var glue = []string{"the", "to", "of", "by", "and", "or", "any", "that", "if", "with", "within", "for", "from", "in", "least", "than", "such", "all", "each", "this", "provider", "customer", "client", "processor", "controller"}

// tokenise cuts text[from:to] into tokens.
func tokenise(text string, from, to int) []token {
	out := make([]token, 0, (to-from)/5)
	for i := from; i < to; {
		r, size := utf8.DecodeRuneInString(text[i:to])
		switch {
		case unicode.IsLetter(r):
			end := wordEnd(text, i, to)
			out = appendWord(out, text, i, end)
			i = end
		case unicode.IsDigit(r):
			end := numberEnd(text, i, to)
			out = append(out, token{word: text[i:end], from: i, to: end})
			i = end
		case r == '%' || unicode.Is(unicode.Sc, r):
			out = append(out, token{word: string(r), from: i, to: i + size})
			i += size
		default:
			if len(out) > 0 {
				mark(&out[len(out)-1], text, r, i, to)
			}
			i += size
		}
	}
	return out
}

// wordEnd gives the end of the word that begins at i: soft hyphens, a hyphen
// at the end of a line, and apostrophes within belong to it.
func wordEnd(text string, i, to int) int {
	for i < to {
		r, size := utf8.DecodeRuneInString(text[i:to])
		switch {
		case unicode.IsLetter(r) || unicode.IsMark(r) || r == '\u00AD' || r == '\u200B':
		case r == '\'' || r == '’' || r == '‘':
			next, _ := utf8.DecodeRuneInString(text[i+size : to])
			if !unicode.IsLetter(next) {
				return i
			}
		case r == '-' || r == '\u2010' || r == '\u2011' || r == '\n':
			// Only a line's end cuts a word: "sub-\nprocessor", "infor\u00AD\nmation".
			n := lineBreak(text, i, to)
			if n == 0 {
				return i
			}
			size = n
		default:
			return i
		}
		i += size
	}
	return i
}

// lineBreak gives the length of a hyphen and the line end after it, when the
// word goes on in lower case on the next line.
func lineBreak(text string, i, to int) int {
	j := i
	if text[j] == '\n' {
		if !strings.HasSuffix(text[:j], "\u00AD") {
			return 0
		}
	} else {
		_, size := utf8.DecodeRuneInString(text[j:to])
		j += size
		for j < to && (text[j] == ' ' || text[j] == '\r') {
			j++
		}
	}
	if j >= to || text[j] != '\n' {
		return 0
	}
	for j < to && (text[j] == '\n' || text[j] == ' ' || text[j] == '\t' || text[j] == '\r') {
		j++
	}
	if r, _ := utf8.DecodeRuneInString(text[j:to]); !unicode.IsLower(r) {
		return 0
	}
	return j - i
}

func numberEnd(text string, i, to int) int {
	for i < to {
		c := text[i]
		if c >= '0' && c <= '9' {
			i++
			continue
		}
		if (c == '.' || c == ',') && i+1 < to && text[i+1] >= '0' && text[i+1] <= '9' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:to])
		if unicode.IsDigit(r) {
			i += size
			continue
		}
		break
	}
	return i
}

// mark notes what stands after a token, and whether a sentence ends there.
func mark(t *token, text string, r rune, i, to int) {
	p := space
	switch r {
	case ',':
		p = comma
	case '(', ')', '[', ']':
		p = paren
	case '"', '“', '”', '„', '«', '»':
		p = quoteMark
	case ':', '—', '–':
		p = colon
	case ';':
		p = semicolon
	case '.', '!', '?':
		p = stop
		t.breaks = t.breaks || endsSentence(t, text, r, i, to)
	}
	t.after = max(t.after, p)
}

func endsSentence(t *token, text string, r rune, i, to int) bool {
	if r == '.' && (abbreviations[t.word] || len(t.word) == 1 && !unicode.IsDigit(rune(t.word[0]))) {
		return false
	}
	rest := strings.TrimLeft(text[i+1:min(to, i+40)], ".!?)”\"’'*_")
	if rest == "" {
		return true
	}
	next, _ := utf8.DecodeRuneInString(rest)
	if !unicode.IsSpace(next) {
		return false
	}
	rest = strings.TrimSpace(rest)
	next, _ = utf8.DecodeRuneInString(rest)
	if unicode.IsLower(next) && len(rest) > 2 && rest[1] == '.' && unicode.IsSpace(rune(rest[2])) {
		return true // "… within 60 days. c. After that": a label within the line
	}
	return !unicode.IsLower(next)
}

// appendWord adds a word, split and mended.
func appendWord(out []token, text string, from, to int) []token {
	raw := text[from:to]
	capital := unicode.IsUpper(firstRune(raw))
	word := raw
	if strings.ContainsFunc(raw, func(r rune) bool { return r > 0x7E || r == '-' || r == '\n' || r == ' ' }) {
		word = clean(raw)
	}
	if left, ok := glued(word); ok {
		out = append(out, token{word: fold(word[:left]), from: from, to: from + left, capital: capital})
		return appendWord(out, text, from+left, to)
	}
	word = strings.ToLower(word)
	t := token{from: from, to: to, capital: capital}
	if base, tail, ok := strings.Cut(word, "'"); ok {
		return appendContraction(out, t, base, tail)
	}
	t.word = fold(word)
	if n := len(out); n > 0 && prefixes[out[n-1].word] && out[n-1].to+1 == from && strings.ContainsRune("-", rune(text[from-1])) {
		out[n-1].word += t.word
		out[n-1].to = to
		return out
	}
	return append(out, t)
}

// appendContraction writes "we'll" as two words and drops the 's of a possessive.
func appendContraction(out []token, t token, base, tail string) []token {
	second := map[string]string{"ll": "will", "ve": "have", "re": "are", "d": "would", "m": "am"}[tail]
	switch {
	case tail == "t" && strings.HasSuffix(base, "n"):
		first := map[string]string{"won": "will", "can": "can", "shan": "shall"}[base]
		if first == "" {
			first = strings.TrimSuffix(base, "n")
		}
		t.word = first
		return append(out, t, token{word: "not", from: t.to, to: t.to})
	case second != "":
		t.word = fold(base)
		return append(out, t, token{word: second, from: t.to, to: t.to})
	}
	t.word = fold(base)
	t.possessive = tail == "s"
	return append(out, t)
}

// clean drops what hides a word from a search.
func clean(raw string) string {
	raw = strings.Map(func(r rune) rune {
		switch r {
		case '\u00AD', '\u200B', '\u2010', '\u2011', '-', '\n', '\r', ' ', '\t':
			return -1
		case '’', '‘':
			return '\''
		}
		return r
	}, raw)
	return norm.NFKC.String(raw)
}

// glued tells where a small word was left without a space before the next one:
// "theProvider", "withinten".
func glued(word string) (int, bool) {
	for _, g := range glue {
		if len(word) <= len(g)+1 || !strings.EqualFold(word[:len(g)], g) {
			continue
		}
		rest := word[len(g):]
		if unicode.IsUpper(firstRune(rest)) && unicode.IsLower(rune(word[len(g)-1])) {
			return len(g), true
		}
		if _, ok := numberWords[strings.ToLower(rest)]; ok && (g == "within" || g == "least" || g == "than") {
			return len(g), true
		}
	}
	return 0, false
}

// fold gives a word its British form, so that a cue is written once.
func fold(w string) string {
	if len(w) < 5 || !strings.Contains(w, "z") {
		if w == "center" || w == "centers" {
			return strings.Replace(w, "er", "re", 1)
		}
		return w
	}
	for _, s := range []string{"ization", "izations", "izing", "ize", "ized", "izes", "yze", "yzed", "yzing", "izer", "izers"} {
		if strings.HasSuffix(w, s) && w != "size" && w != "sized" && w != "prize" && w != "seize" {
			return w[:len(w)-len(s)] + strings.Replace(s, "z", "s", 1)
		}
	}
	return w
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}
