// SPDX-License-Identifier: Apache-2.0

package agreement

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Cue is a pattern of words, as requirement packs write it:
//
//	notif*|inform* &25 breach*|incident*
//	delet*|eras* ~4 within ~1 @time
//
// An atom is a word, a beginning of a word with *, alternatives parted by |, or
// a class: @time, @percent, @frequency, @money, @number, @provider, @customer,
// @link, or a phrase that the pack names, such as @incident, which stands where
// one of its rows of words begins. Atoms in a row follow each other; articles do not count, and ~N allows
// N other words between them. Terms parted by & stand anywhere in the same
// passage, with &N at most N words from the first term; !term must not stand in
// it. The first term is the deed: whoever owes it owes the whole.
type Cue struct {
	source string
	terms  []term
}

type term struct {
	atoms   []atom
	without bool
	within  int // words from the first term; 0: anywhere
}

// phrase is rows of words that mean the same and are named once.
type phrase struct{ rows []term }

type atom struct {
	alternatives []string
	classes      []string
	phrases      []*phrase
	gap          int // other words allowed before it
}

// cueClasses are the classes that an atom may name.
var cueClasses = []string{"@time", "@percent", "@frequency", "@money", "@number", "@provider", "@customer", "@link"}

// ParseCue reads a cue without phrases; the error is one sentence about its fault.
func ParseCue(source string) (Cue, error) { return parseCue(source, nil) }

func parseCue(source string, phrases map[string]*phrase) (Cue, error) {
	c := Cue{source: source}
	current, gap, within := term{}, 0, 0
	flush := func() error {
		if len(current.atoms) == 0 {
			return fmt.Errorf("a term of the cue %q is empty", source)
		}
		current.within = within
		c.terms = append(c.terms, current)
		current = term{}
		return nil
	}
	for _, f := range strings.Fields(source) {
		switch {
		case f[0] == '&':
			if err := flush(); err != nil {
				return c, err
			}
			var err error
			if within, err = distanceOf(f, "&"); err != nil {
				return c, fmt.Errorf("the cue %q: %w", source, err)
			}
		case f[0] == '~':
			var err error
			if gap, err = distanceOf(f, "~"); err != nil || len(current.atoms) == 0 {
				return c, fmt.Errorf("the cue %q: ~ wants a number and stands between two words", source)
			}
		default:
			if strings.HasPrefix(f, "!") && len(current.atoms) == 0 {
				current.without, f = true, f[1:]
			}
			a, err := parseAtom(f, phrases)
			if err != nil {
				return c, fmt.Errorf("the cue %q: %w", source, err)
			}
			a.gap, gap = gap, 0
			current.atoms = append(current.atoms, a)
		}
	}
	if err := flush(); err != nil {
		return c, err
	}
	if c.terms[0].without {
		return c, fmt.Errorf("the cue %q begins with what must not stand there; begin with the deed", source)
	}
	return c, nil
}

func distanceOf(f, sign string) (int, error) {
	if f == sign {
		return 0, nil
	}
	n, err := strconv.Atoi(f[1:])
	if err != nil || n < 1 || n > 400 {
		return 0, fmt.Errorf("%q is no distance from 1 to 400 words", f)
	}
	return n, nil
}

func parseAtom(f string, phrases map[string]*phrase) (atom, error) {
	a := atom{}
	for _, w := range strings.Split(f, "|") {
		if strings.HasPrefix(w, "@") {
			p := phrases[w[1:]]
			switch {
			case p != nil:
				a.phrases = append(a.phrases, p)
			case slices.Contains(cueClasses, w):
				a.classes = append(a.classes, w)
			default:
				return a, fmt.Errorf("%q is no class and no phrase; classes are %s", w, strings.Join(cueClasses, " "))
			}
			continue
		}
		bare := strings.TrimSuffix(w, "*")
		if bare == "" || strings.ContainsAny(bare, "*&~!@-'’.,;:()") || bare != strings.ToLower(bare) {
			return a, fmt.Errorf("%q is no word: lower-case letters or digits, with * at its end only", w)
		}
		a.alternatives = append(a.alternatives, fold(bare)+w[len(bare):])
	}
	return a, nil
}

// String gives the cue as it was written.
func (c Cue) String() string { return c.source }

// passed are the words that do not count between atoms.
var passed = map[string]bool{"the": true, "a": true, "an": true, "any": true, "all": true, "such": true, "its": true, "our": true, "your": true, "their": true, "that": true, "those": true, "these": true, "each": true}

// hit is where a cue was found in a unit.
type hit struct {
	anchor      int      // token of the deed
	first, last int      // tokens of the whole match
	tokens      int      // words that matched
	spans       [][2]int // tokens of each term, the deed first
}

// find looks for the cue in a unit; the deed stands at one of starts.
func (c *Cue) find(x *index, u *unit) (hit, bool) {
	first := &c.terms[0]
	for at := range u.toks {
		last, ok := x.term(u, first, at)
		if !ok {
			continue
		}
		h := hit{anchor: at, first: at, last: last, tokens: len(first.atoms), spans: [][2]int{{at, last}}}
		if c.others(x, u, &h, last) && h.last >= u.own {
			return h, true
		}
	}
	return hit{}, false
}

func (c *Cue) others(x *index, u *unit, h *hit, deed int) bool {
	for i := 1; i < len(c.terms); i++ {
		t := &c.terms[i]
		from, to := 0, len(u.toks)
		if t.within > 0 {
			from, to = max(0, h.anchor-t.within), min(len(u.toks), deed+t.within+1)
		}
		found, end := -1, 0
		for at := from; at < to; at++ {
			if last, ok := x.term(u, t, at); ok && (t.without || at > deed || last < h.anchor) {
				if found < 0 || abs(at-h.anchor) < abs(found-h.anchor) {
					found, end = at, last
				}
			}
		}
		if (found >= 0) == t.without {
			return false
		}
		if found >= 0 {
			h.first, h.last = min(h.first, found), max(h.last, end)
			h.tokens += len(t.atoms)
			h.spans = append(h.spans, [2]int{found, end})
		}
	}
	return true
}

// term tells whether a term stands at a token, and where it ends.
func (x *index) term(u *unit, t *term, at int) (int, bool) {
	if !x.atom(u, &t.atoms[0], at) {
		return 0, false
	}
	for i := 1; i < len(t.atoms); i++ {
		next, ok := x.after(u, &t.atoms[i], at+1)
		if !ok {
			return 0, false
		}
		at = next
	}
	return at, true
}

func (x *index) after(u *unit, a *atom, at int) (int, bool) {
	for others := 0; at < len(u.toks); at++ {
		if x.atom(u, a, at) {
			return at, true
		}
		if !passed[u.toks[at].word] {
			if others++; others > a.gap {
				break
			}
		}
	}
	return 0, false
}

func (x *index) atom(u *unit, a *atom, at int) bool {
	for _, class := range a.classes {
		if x.class(u, class, at) {
			return true
		}
	}
	for _, p := range a.phrases {
		if x.phrased(u, p)[at] {
			return true
		}
	}
	return len(a.alternatives) > 0 && x.members(a)[u.ids[at]]
}

// phrased tells of each token of a unit whether the phrase begins there.
func (x *index) phrased(u *unit, p *phrase) []bool {
	if is, ok := u.phrases[p]; ok {
		return is
	}
	is := make([]bool, len(u.toks))
	for i := range p.rows {
		first := &p.rows[i].atoms[0]
		for at := range u.toks {
			if !is[at] && x.atom(u, first, at) {
				_, is[at] = x.term(u, &p.rows[i], at)
			}
		}
	}
	if u.phrases == nil {
		u.phrases = map[*phrase][]bool{}
	}
	u.phrases[p] = is
	return is
}

func (x *index) class(u *unit, class string, at int) bool {
	switch class {
	case "@provider":
		return x.roles[u.toks[at].word] == Provider
	case "@customer":
		return x.roles[u.toks[at].word] == Customer
	case "@link":
		return u.linked(at)
	}
	for _, q := range u.numbers {
		if q.first == at {
			switch class {
			case "@time":
				return q.Unit.dimension() == "time"
			case "@percent":
				return q.Unit == Percent
			case "@frequency":
				return q.Unit == PerYear
			case "@money":
				return q.Unit == Money
			}
			return true
		}
	}
	return false
}

// members gives the words of the document that an atom means.
func (x *index) members(a *atom) []bool {
	if m, ok := x.atoms[a]; ok {
		return m
	}
	m := make([]bool, len(x.words))
	for id, w := range x.words {
		if x.isName(w) { // a firm called Changepoint changes nothing
			continue
		}
		for _, alt := range a.alternatives {
			if alt == w || alt[len(alt)-1] == '*' && strings.HasPrefix(w, alt[:len(alt)-1]) {
				m[id] = true
				break
			}
		}
	}
	x.atoms[a] = m
	return m
}

// isName tells that a word names a party of this very document.
func (x *index) isName(w string) bool {
	_, party := x.roles[w]
	_, usual := defaults[w]
	return party && !usual
}

// units gives the units in which the deed of a cue may stand, in order.
func (x *index) units(c *Cue) []int {
	first := &c.terms[0].atoms[0]
	if len(first.classes) > 0 {
		all := make([]int, len(x.all))
		for i := range all {
			all[i] = i
		}
		return all
	}
	seen := map[int]bool{}
	x.holding(first, seen)
	return slices.Sorted(maps.Keys(seen))
}

// holding notes the units that hold a word with which the atom may begin.
func (x *index) holding(a *atom, seen map[int]bool) {
	for id, is := range x.members(a) {
		if is {
			for _, u := range x.postings[id] {
				seen[u] = true
			}
		}
	}
	for _, p := range a.phrases {
		for i := range p.rows {
			x.holding(&p.rows[i].atoms[0], seen)
		}
	}
}

func abs(n int) int { return max(n, -n) }
