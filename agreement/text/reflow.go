// SPDX-License-Identifier: Apache-2.0

package text

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// line is a line of a page or of a text file.
type line struct{ from, to, page int }

var (
	// furniture is what a printer puts on each page: it parts no sentence.
	furniture = regexp.MustCompile(`(?i)^(page\s+)?\d{1,4}(\s*(/|of)\s*\d{1,4})?$|^[-–—]\s*\d{1,4}\s*[-–—]$`)
	// numbered begins a clause, a list item or a heading.
	numbered = regexp.MustCompile(`^(?i:(article|section|clause|appendix|annex|schedule|exhibit|part)\s+[0-9ivxa-z]{1,5}\b|§)|^\(?(\d{1,3}(\.\d{1,3}){0,5}|[a-zA-Z]|[ivxIVX]{1,6})[.)](\s|\t|$|[A-Z])|^\d{1,3}(\.\d{1,3}){1,5}\s|^[•●▪◦*–-]\s`)
)

// reflow makes blocks of lines: a line that goes on with the sentence before it
// belongs to the same block, across blank lines and the numbers of pages, as
// text taken out of a PDF has them.
func reflow(b *builder, lines []line) {
	all := b.out.String()
	repeated := repeatedLines(all, lines)
	var open *Block
	blank := false
	flush := func() {
		if open != nil {
			open.From, open.To = trim(all, open.From, open.To)
			b.doc.Blocks = append(b.doc.Blocks, *open)
			open = nil
		}
	}
	for _, l := range lines {
		from, to := trim(all, l.from, l.to)
		words := all[from:to]
		if words == "" {
			blank = true
			continue
		}
		if furniture.MatchString(words) || repeated[words] {
			continue
		}
		if open == nil || !goesOn(all[open.From:open.To], words, blank) {
			flush()
			kind := Paragraph
			if looksLikeHeading(words) {
				kind = Heading
			}
			open = &Block{Kind: kind, Level: 1, From: from, Page: l.page}
		}
		open.To = to
		blank = false
	}
	flush()
}

// repeatedLines are short lines that stand on many pages: headers and footers.
func repeatedLines(all string, lines []line) map[string]bool {
	pages, last := map[string]int{}, map[string]int{}
	most := 0
	for _, l := range lines {
		most = max(most, l.page)
		words := strings.TrimSpace(all[l.from:l.to])
		if words == "" || len(words) > 120 || last[words] == l.page {
			continue
		}
		pages[words]++
		last[words] = l.page
	}
	out := map[string]bool{}
	for words, n := range pages {
		out[words] = most >= 4 && n*2 > most
	}
	return out
}

// goesOn tells whether the words go on with the block before them.
func goesOn(before, words string, blank bool) bool {
	if numbered.MatchString(words) {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(words)
	switch {
	case last == '-' || last == '\u00AD':
		return true
	case strings.ContainsRune(".:;!?", last):
		// A sentence ended; without a blank line the paragraph may go on.
		return !blank && last != ':' && last != ';' && len(before) > 60
	case looksLikeHeading(before) && !unicode.IsLower(first):
		return false
	case !blank:
		return true
	}
	return unicode.IsLower(first) || unicode.IsDigit(first) || first == '(' || len(before) > 60
}

// looksLikeHeading tells whether a line alone is a title: short, without the
// end of a sentence, in capitals or with a capital at each long word.
func looksLikeHeading(words string) bool {
	if len(words) > 90 || strings.ContainsRune(".;,:", rune(words[len(words)-1])) && !strings.HasSuffix(words, ":") {
		return false
	}
	fields := strings.Fields(words)
	if len(fields) == 0 || len(fields) > 10 {
		return false
	}
	capital, long := 0, 0
	for _, f := range fields {
		if r, _ := utf8.DecodeRuneInString(f); unicode.IsLetter(r) && utf8.RuneCountInString(f) > 3 {
			long++
			if unicode.IsUpper(r) {
				capital++
			}
		}
	}
	return long > 0 && capital == long
}
