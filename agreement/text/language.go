// SPDX-License-Identifier: Apache-2.0

package text

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// Judged are the languages whose agreements are judged. Of all others the
// words are read and nothing is concluded.
var Judged = []string{"en"}

// languages are those that are told apart by their small words.
var languages = []struct{ code, name, words string }{
	{"en", "English", "the of and to in or is by be with for any that this will shall not as are may"},
	{"de", "German", "der die das und ist nicht von mit den des dem ein eine für auf zu im wird werden sowie durch"},
	{"fr", "French", "le la les des et est dans pour que une du par au aux sur ou ne pas sont cette"},
	{"es", "Spanish", "el la los las y es que en del para por una con no se su al como o sus"},
	{"it", "Italian", "il lo la gli e di che è per una del della dei nel con non sono alla si le"},
	{"nl", "Dutch", "de het een en van is dat te op zijn met voor niet door aan worden wordt bij of deze"},
	{"pt", "Portuguese", "o os as e é que em do da dos das para uma com não se por ao na no"},
	{"pl", "Polish", "i w na z do jest nie się oraz że przez od dla lub o po ze są tym jako"},
	{"sv", "Swedish", "och att det som en är av för på med till den inte om ska eller ett vid har skall"},
}

var scripts = []struct {
	code, name string
	table      *unicode.RangeTable
}{
	{"ar", "Arabic", unicode.Arabic}, {"he", "Hebrew", unicode.Hebrew}, {"ru", "a Cyrillic script", unicode.Cyrillic},
	{"el", "Greek", unicode.Greek}, {"zh", "Chinese", unicode.Han}, {"ja", "Japanese", unicode.Hiragana},
	{"ko", "Korean", unicode.Hangul}, {"th", "Thai", unicode.Thai}, {"hi", "Devanagari", unicode.Devanagari},
}

// Language gives the name of a language's code.
func Language(code string) string {
	for _, l := range languages {
		if l.code == code {
			return l.name
		}
	}
	for _, s := range scripts {
		if s.code == code {
			return s.name
		}
	}
	return code
}

// languageOf tells the language of a text by its script, then by its small
// words. It gives nothing for a text that is too short to tell.
func languageOf(s string) string {
	if len(s) > 400_000 {
		s = strings.ToValidUTF8(s[:400_000], "")
	}
	letters, counts := 0, make([]int, len(scripts))
	for _, r := range s {
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		if r < 0x370 {
			continue
		}
		for i := range scripts {
			if unicode.Is(scripts[i].table, r) {
				counts[i]++
			}
		}
	}
	for i, n := range counts {
		if letters >= 20 && n*2 > letters {
			return scripts[i].code
		}
	}
	return byWords(s)
}

func byWords(s string) string {
	seen := map[string]int{}
	total := 0
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) }) {
		seen[w]++
		total++
	}
	if total < 25 {
		return ""
	}
	type score struct {
		code string
		n    int
	}
	var scores []score
	for _, l := range languages {
		n := 0
		for _, w := range strings.Fields(l.words) {
			n += seen[w]
		}
		scores = append(scores, score{l.code, n})
	}
	slices.SortStableFunc(scores, func(a, b score) int { return cmp.Compare(b.n, a.n) })
	if scores[0].n*12 < total {
		return ""
	}
	return scores[0].code
}
