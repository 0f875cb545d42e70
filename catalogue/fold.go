// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxQuery bounds what Search looks at, in bytes; maxTerms in words.
const (
	maxQuery = 512
	maxTerms = 32
)

// plain maps letters with marks to those without. The standard library
// decomposes nothing, and the words of the field need no more than these.
var plain = strings.NewReplacer(
	"à", "a", "á", "a", "â", "a", "ã", "a", "ä", "a", "å", "a", "ā", "a", "ą", "a", "æ", "ae", "ç", "c", "ć", "c", "č", "c", "ď", "d", "đ", "d", "ð", "d",
	"è", "e", "é", "e", "ê", "e", "ë", "e", "ē", "e", "ę", "e", "ě", "e", "ì", "i", "í", "i", "î", "i", "ï", "i", "ī", "i", "ł", "l", "ñ", "n", "ń", "n", "ň", "n",
	"ò", "o", "ó", "o", "ô", "o", "õ", "o", "ö", "o", "ø", "o", "ő", "o", "œ", "oe", "ř", "r", "ś", "s", "š", "s", "ß", "ss", "ť", "t", "ù", "u", "ú", "u", "û", "u",
	"ü", "u", "ů", "u", "ű", "u", "ý", "y", "ÿ", "y", "ź", "z", "ž", "z", "ż", "z", "þ", "th", "’", "'", "‐", "-", "‑", "-", "–", "-", "—", "-")

// fold gives s in lower case without marks on its letters.
func fold(s string) string {
	s = plain.Replace(strings.ToLower(s))
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, s)
}

// cut shortens s to at most n bytes and never inside a letter.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// words splits folded text into words; a number such as cld.6.3.1, 5.38 or
// 12.3.1-c2 stays whole.
func words(folded string) []string {
	return strings.FieldsFunc(folded, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '-'
	})
}

// terms gives the stems of the words of folded text, without those that say
// nothing.
func terms(folded string) []string {
	var out []string
	for _, w := range words(folded) {
		for part := range strings.FieldsFuncSeq(w, func(r rune) bool { return r == '.' || r == '-' }) {
			if s := stem(part); s != "" && !empty(part) {
				out = append(out, s)
			}
		}
	}
	return out
}

// empty tells whether a word says nothing in a search.
func empty(w string) bool {
	switch w {
	case "a", "an", "and", "are", "as", "at", "be", "by", "do", "for", "from", "has", "have", "how", "in", "is", "it", "its", "of", "on", "or", "that", "the", "their", "this", "to", "was",
		"what", "where", "which", "who", "with", "we", "our", "iso", "iec", "27017", "control", "controls", "clause", "cld", "annex":
		return true
	}
	return false
}

// stem takes the ending off an English word, so that delete, deleted, deletion
// and deleting meet, and British and American spelling with them.
func stem(w string) string {
	if len(w) < 4 {
		return w
	}
	w = strings.ReplaceAll(w, "iz", "is")
	w = strings.ReplaceAll(w, "yz", "ys")
	if s, ok := strings.CutSuffix(w, "ies"); ok {
		w = s + "y"
	} else if !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") {
		w = strings.TrimSuffix(w, "s")
	}
	for _, ending := range []string{"ing", "ion", "ed", "e"} {
		if s, ok := strings.CutSuffix(w, ending); ok && len(s) >= 3 {
			w = s
			break
		}
	}
	if n := len(w); n > 3 && w[n-1] == w[n-2] && strings.IndexByte("bdglmnprt", w[n-1]) >= 0 {
		w = w[:n-1]
	}
	return w
}

// typos gives how many slips of the finger part a and b, at most limit+1: a
// letter wrong, missing, too many, or two that changed places.
func typos(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	var rows [3][64]int
	if len(b) >= len(rows[0]) {
		return limit + 1
	}
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		now, last, older := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		now[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], older[j-2]+1)
			}
			least = min(least, now[j])
		}
		if least > limit {
			return limit + 1
		}
	}
	return min(rows[len(a)%3][len(b)], limit+1)
}
