// SPDX-License-Identifier: Apache-2.0

package agreement

import (
	"sort"
	"strings"

	"demarc.dev/demarc/agreement/text"
)

// unit is what is judged as one: a sentence, or an item of a list with the
// words that lead to it. Tokens before own are the lead.
type unit struct {
	clause   int
	from, to int // bytes of the document's text, without the lead
	toks     []token
	ids      []int32
	own      int
	numbers  []Quantity
	segs     []segment
	links    []text.Link
	phrases  map[*phrase][]bool // tokens at which a phrase begins, as far as asked
	heading  bool
	defines  bool // it defines a term
	pair     bool // two sentences of one clause
}

// linked tells whether the token stands in a link.
func (u *unit) linked(at int) bool {
	for _, l := range u.links {
		if u.toks[at].from >= l.From && u.toks[at].from < l.To {
			return true
		}
	}
	return false
}

// index is a document cut into units, with its words counted and its parties known.
type index struct {
	doc      *text.Document
	clauses  []Clause
	all      []unit
	roles    map[string]Role
	words    []string
	ids      map[string]int32
	postings [][]int // by word: units, rising
	atoms    map[*atom][]bool
	headings [][]string // by clause: the folded words of its headings
}

// maxUnit bounds the tokens of a unit: a longer sentence is cut.
const maxUnit = 700

// newIndex cuts a document.
func newIndex(d *text.Document) *index {
	x := &index{doc: d, clauses: clauses(d), ids: map[string]int32{}, atoms: map[*atom][]bool{}}
	blocks := make([][]token, len(x.clauses))
	var all []token
	for i, c := range x.clauses {
		blocks[i] = tokenise(d.Text, c.From, c.To)
		if n := len(blocks[i]); n > 0 {
			blocks[i][n-1].breaks = true
			all = append(all, blocks[i]...)
		}
	}
	x.roles = parties(all)
	for i := range x.clauses {
		x.cut(i, blocks)
		x.headings = append(x.headings, x.headingWords(i))
	}
	x.pair()
	for i := range x.all {
		x.finish(i)
	}
	return x
}

// pair adds each two sentences that follow each other in a clause.
func (x *index) pair() {
	n := len(x.all)
	for i := 0; i < n; i++ {
		a := &x.all[i]
		for k := i + 1; k < n && x.all[k].clause == a.clause; k++ {
			b := &x.all[k]
			if b.from < a.to {
				continue
			}
			if a.own == 0 && len(a.toks)+len(b.toks) < 160 {
				toks := append(append(make([]token, 0, len(a.toks)+len(b.toks)), a.toks...), b.toks[b.own:]...)
				x.all = append(x.all, unit{clause: a.clause, from: a.from, to: b.to, toks: toks, heading: a.heading, pair: true, defines: a.defines || b.defines})
			}
			break
		}
	}
}

func (x *index) headingWords(i int) []string {
	var out []string
	h := x.clauses[i].Headings
	for _, words := range h[max(0, len(h)-3):] {
		for _, t := range tokenise(words, 0, len(words)) {
			out = append(out, t.word)
		}
	}
	return out
}

// cut makes the units of a clause: its sentences, and the items of the lists within them.
func (x *index) cut(i int, blocks [][]token) {
	var lead []token
	for _, l := range x.clauses[i].lead {
		lead = append(lead, lastSentence(blocks[l])...)
	}
	if len(lead) > maxUnit/2 {
		lead = lead[len(lead)-maxUnit/2:]
	}
	toks := blocks[i]
	begin := 0
	for k := range toks {
		if toks[k].breaks || k-begin >= maxUnit {
			x.sentence(i, lead, toks[begin:k+1])
			begin = k + 1
			if toks[k].breaks && !x.clauses[i].heading {
				lead = x.goesOn(i, lead)
			}
		}
	}
}

// goesOn gives the lead of the next sentence of an item: only its first one
// goes on with the words before the list.
func (x *index) goesOn(_ int, _ []token) []token { return nil }

func lastSentence(toks []token) []token {
	for k := len(toks) - 2; k >= 0; k-- {
		if toks[k].breaks {
			return toks[k+1:]
		}
	}
	return toks
}

// sentence adds a sentence as a unit; one that holds a list of three or more
// parts adds each part, with the words that lead to the list.
func (x *index) sentence(i int, lead, toks []token) {
	x.add(i, lead, toks)
	start := -1
	for k := range toks {
		if toks[k].after == colon || toks[k].after == paren && k+1 < len(toks) && listMark(toks[k+1]) {
			start = k
			break
		}
	}
	if start < 0 || len(toks) < 30 {
		return
	}
	inner := append(append([]token{}, lead...), toks[:start+1]...)
	begin, parts := start+1, 0
	for k := start + 1; k < len(toks); k++ {
		if toks[k].after == semicolon || k == len(toks)-1 {
			if parts > 0 || k < len(toks)-1 {
				x.add(i, inner, toks[begin:k+1])
				parts++
			}
			begin = k + 1
		}
	}
}

func listMark(t token) bool { return t.after == paren && len(t.word) <= 3 }

func (x *index) add(i int, lead, own []token) {
	if len(own) == 0 {
		return
	}
	c := x.clauses[i]
	u := unit{clause: i, from: own[0].from, to: own[len(own)-1].to, own: len(lead), heading: c.heading}
	u.toks = append(append(make([]token, 0, len(lead)+len(own)), lead...), own...)
	u.to = extend(x.doc.Text, u.to, c.To)
	for k := u.own; k < min(len(u.toks), u.own+12); k++ {
		if u.toks[k].word == "means" || u.toks[k].word == "mean" {
			u.defines = true
		}
	}
	x.all = append(x.all, u)
}

// extend takes in the marks that close a sentence.
func extend(text string, at, limit int) int {
	for at < limit && strings.ContainsRune(".;:!?)%\"'”’", rune(text[at])) {
		at++
	}
	for _, mark := range []string{"”", "’"} {
		if at+len(mark) <= limit && strings.HasPrefix(text[at:], mark) {
			at += len(mark)
		}
	}
	return at
}

// debtor gives the party whose duty a number at a token belongs to: the subject
// before it in its sentence, or the one after it where the sentence begins with
// the time: "Within 30 days, Customer may object."
func (u *unit) debtor(at int) Role {
	begin := at
	for begin > 0 && !u.toks[begin-1].breaks {
		begin--
	}
	for i := len(u.segs) - 1; i >= 0; i-- {
		if s := u.segs[i]; s.start <= at && s.start >= begin {
			return s.owner
		}
	}
	for _, s := range u.segs {
		if s.start > at {
			for k := at; k < s.start; k++ {
				if u.toks[k].breaks {
					return Nobody
				}
			}
			return s.owner
		}
	}
	return Nobody
}

// runsIn tells that a unit is the title with which its clause begins.
func (x *index) runsIn(u *unit) bool {
	h := x.clauses[u.clause].Headings
	if u.pair || len(u.toks)-u.own > 14 || u.from != x.clauses[u.clause].From || len(h) == 0 {
		return false
	}
	words := strings.Trim(title(x.doc.Quote(u.from, u.to)), ".: ")
	return words == h[len(h)-1]
}

// finish counts the words of a unit and reads its duties and numbers.
func (x *index) finish(i int) {
	u := &x.all[i]
	u.ids = make([]int32, len(u.toks))
	for k := range u.toks {
		w := u.toks[k].word
		id, ok := x.ids[w]
		if !ok {
			id = int32(len(x.words))
			x.ids[w] = id
			x.words = append(x.words, w)
			x.postings = append(x.postings, nil)
		}
		u.ids[k] = id
		if p := x.postings[id]; len(p) == 0 || p[len(p)-1] != i {
			x.postings[id] = append(p, i)
		}
	}
	u.numbers = quantities(x.doc.Text, u.toks)
	u.segs = segments(u.toks, x.roles)
	u.heading = u.heading || x.runsIn(u)
	for k := range u.numbers {
		u.numbers[k].Owner = u.debtor(u.numbers[k].first)
	}
	first := sort.Search(len(x.doc.Links), func(k int) bool { return x.doc.Links[k].To > u.from })
	for _, l := range x.doc.Links[first:] {
		if l.From >= u.to {
			break
		}
		u.links = append(u.links, l)
	}
}
