// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"slices"
	"strings"
)

// wordIndex holds the words of all controls by their stems.
type wordIndex struct {
	weights map[string]map[int]float64 // stem → control → weight
	shown   map[string]string          // stem → a word that has it
	sorted  []string
	phrases [][][]string // control → what people call it → stems
}

func newWordIndex(b *book) *wordIndex {
	x := &wordIndex{weights: map[string]map[int]float64{}, shown: map[string]string{}}
	for i, c := range b.Controls {
		x.add(i, 1, c.Key)
		x.add(i, 1, c.Title)
		for _, l := range c.Clauses {
			if l.Relation != RelationDropped {
				x.add(i, 0.6, l.Title)
			}
		}
		var phrases [][]string
		for _, w := range c.Words {
			x.add(i, 0.9, w)
			phrases = append(phrases, terms(fold(w)))
		}
		x.phrases = append(x.phrases, phrases)
		x.add(i, 0.5, c.Objective)
		for _, d := range c.Duties {
			x.add(i, 0.25, d.Text)
		}
		for _, list := range [][]string{c.Documents, c.Records, c.States} {
			for _, s := range list {
				x.add(i, 0.3, s)
			}
		}
		for _, a := range c.Asks {
			x.add(i, 0.2, a.Text)
		}
	}
	for s := range x.weights {
		x.sorted = append(x.sorted, s)
	}
	slices.Sort(x.sorted)
	return x
}

// add notes the words of a text; a word counts where it weighs most.
func (x *wordIndex) add(control int, weight float64, text string) {
	for _, w := range words(fold(text)) {
		for part := range strings.FieldsFuncSeq(w, func(r rune) bool { return r == '.' || r == '-' }) {
			s := stem(part)
			if s == "" || empty(part) {
				continue
			}
			if x.weights[s] == nil {
				x.weights[s] = map[int]float64{}
				x.shown[s] = part
			}
			x.weights[s][control] = max(x.weights[s][control], weight)
		}
	}
}

// nearTerm is a stem of the index that is like one of the query.
type nearTerm struct {
	term    string
	quality float64
}

// near gives the stem itself, else the stems that begin with it, else those
// that a slip of the finger or two parts from it.
func (x *wordIndex) near(stem string) []nearTerm {
	if x.weights[stem] != nil {
		return []nearTerm{{stem, 1}}
	}
	var out []nearTerm
	if len(stem) >= 3 {
		at, _ := slices.BinarySearch(x.sorted, stem)
		for ; at < len(x.sorted) && strings.HasPrefix(x.sorted[at], stem); at++ {
			out = append(out, nearTerm{x.sorted[at], 0.7})
		}
	}
	if out != nil || len(stem) < 5 {
		return out
	}
	limit := 1
	if len(stem) >= 8 {
		limit = 2
	}
	for best, at := limit, 0; at < len(x.sorted); at++ {
		switch d := typos(stem, x.sorted[at], best); {
		case d > best || len(x.sorted[at]) < 4:
		case d < best:
			best, out = d, append(out[:0], nearTerm{x.sorted[at], 0.6})
		default:
			out = append(out, nearTerm{x.sorted[at], 0.6})
		}
	}
	return out
}
