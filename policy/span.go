// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"regexp"
	"strings"
)

// Span is a stretch of words of one style.
type Span struct {
	Text   string
	Strong bool
	Em     bool
	Code   bool
	Open   string // the fact that is asked for; Text is the question. "open" when none is named
}

// question is what stands for something that is not known; questionFirst is one
// that a line begins with.
var (
	question      = regexp.MustCompile(`\[open question(?: ([a-z][a-z.]*))?: ([^\[\]]*)\]`)
	questionFirst = regexp.MustCompile(`^` + question.String())
)

// Question gives what stands in a text for a fact that is not known.
func Question(fact, ask string) string { return "[open question " + fact + ": " + ask + "]" }

// Open is a question that a text leaves open.
type Open struct {
	Fact string `json:"fact,omitempty"` // empty: a question of whoever wrote it
	Ask  string `json:"ask"`
}

// Questions gives what a text leaves open, each once.
func Questions(text string) []Open {
	var out []Open
	seen := map[Open]bool{}
	for _, m := range question.FindAllStringSubmatch(text, -1) {
		if o := (Open{m[1], m[2]}); !seen[o] {
			seen[o] = true
			out = append(out, o)
		}
	}
	return out
}

// Spans reads the words of a line. A mark that is never closed is a letter.
func Spans(line string) []Span {
	var out []Span
	plain := 0 // where the words began that are of no style
	flush := func(to int) {
		if plain < to {
			out = append(out, Span{Text: line[plain:to]})
		}
	}
	for i := 0; i < len(line); {
		s, n := Span{}, 0
		if strings.IndexByte("*`[", line[i]) >= 0 {
			s, n = styled(line[i:])
		}
		if n == 0 {
			i++
			continue
		}
		flush(i)
		out = append(out, s)
		i += n
		plain = i
	}
	flush(len(line))
	return out
}

// styled reads the styled words that a line begins with, and tells how many
// bytes they are; 0 when nothing closes them.
func styled(line string) (Span, int) {
	if m := questionFirst.FindStringSubmatchIndex(line); m != nil {
		s := Span{Text: line[m[4]:m[5]], Open: "open"}
		if m[2] >= 0 {
			s.Open = line[m[2]:m[3]]
		}
		return s, m[1]
	}
	for _, mark := range []string{"**", "*", "`"} {
		if !strings.HasPrefix(line, mark) {
			continue
		}
		end := strings.Index(line[len(mark):], mark)
		if end <= 0 {
			continue
		}
		inner := line[len(mark) : len(mark)+end]
		return Span{Text: inner, Strong: mark == "**", Em: mark == "*", Code: mark == "`"}, 2*len(mark) + end
	}
	return Span{}, 0
}
