// SPDX-License-Identifier: Apache-2.0

package agreement

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// State is what an agreement says about a requirement.
type State string

// The states. Unreadable is never missing: nothing is concluded from what was
// not read.
const (
	Met         State = "met"
	Weak        State = "weak"        // promised, and less than is asked
	ByReference State = "byreference" // promised in a document that was not supplied
	Adverse     State = "adverse"     // the contrary is agreed
	Missing     State = "missing"
	Unreadable  State = "unreadable"
)

// kind is how much a cue says.
type kind uint8

const (
	strongCue kind = iota
	weakCue
	adverseCue
)

// candidate is a passage that speaks about a topic.
type candidate struct {
	document int
	unit     int
	kind     kind
	said     kind // what its cue says, before the modality made it weaker
	cue      *Cue
	order    int // of the cue among those of its kind: the most telling stands first
	hit      hit
	owner    Role
	modality modality
	heading  bool
	score    float64
}

// candidates finds the passages of a document that speak about a topic, the
// best first, one a unit.
func (x *index) candidates(t *Topic) []candidate {
	byUnit := map[int]candidate{}
	for k, cues := range [][]Cue{strongCue: t.strong, weakCue: t.weak, adverseCue: t.adverse} {
		for i := range cues {
			for _, u := range x.units(&cues[i]) {
				if x.all[u].pair {
					continue
				}
				c, ok := x.candidate(t, &cues[i], i, kind(k), u)
				if !ok {
					continue
				}
				if old, seen := byUnit[u]; !seen || better(c, old) {
					byUnit[u] = c
				}
			}
		}
	}
	if !holds(byUnit, strongCue) {
		x.pairs(t, byUnit)
	}
	out := make([]candidate, 0, len(byUnit))
	for _, c := range byUnit {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b candidate) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.unit, b.unit)) })
	return out
}

func holds(byUnit map[int]candidate, k kind) bool {
	for _, c := range byUnit {
		if c.said == k {
			return true
		}
	}
	return false
}

// pairs looks for full promises in two sentences that follow each other, where
// none stands in one: "If a court orders it, we disclose data. We will notify you."
func (x *index) pairs(t *Topic, byUnit map[int]candidate) {
	for i := range t.strong {
		for _, u := range x.units(&t.strong[i]) {
			if !x.all[u].pair {
				continue
			}
			if c, ok := x.candidate(t, &t.strong[i], i, strongCue, u); ok {
				c.score -= 2
				byUnit[u] = c
			}
		}
	}
}

func better(a, b candidate) bool {
	if (a.kind == adverseCue) != (b.kind == adverseCue) {
		return a.kind == adverseCue
	}
	return a.score > b.score
}

// candidate judges one cue in one unit.
func (x *index) candidate(t *Topic, cue *Cue, order int, k kind, at int) (candidate, bool) {
	u := &x.all[at]
	if u.heading || u.defines && !t.Defined {
		return candidate{}, false
	}
	h, ok := cue.find(x, u)
	if !ok {
		return candidate{}, false
	}
	for i := range t.without {
		if _, no := t.without[i].find(x, u); no {
			return candidate{}, false
		}
	}
	c := candidate{unit: at, kind: k, said: k, cue: cue, order: order, hit: h}
	if s, ok := ownerAt(u.segs, h.anchor); ok {
		c.owner, c.modality = s.owner, s.modality
	} else {
		c.owner = Nobody
	}
	if k != adverseCue && !c.owed(t) {
		return candidate{}, false
	}
	for _, w := range x.headings[u.clause] {
		c.heading = c.heading || t.headings[w]
	}
	c.score = c.weigh(len(u.toks))
	return c, true
}

// owed tells whether the party that must owe the topic owes the passage, and
// makes a permission or an effort a weak promise.
func (c *candidate) owed(t *Topic) bool {
	if c.owner != Nobody && c.owner != Both && t.Owner != Both && c.owner != t.Owner {
		return false
	}
	if c.modality == denied && !strings.Contains(" "+c.cue.source+" ", " not ") && !strings.Contains(c.cue.source, "no ") {
		return false
	}
	permission := t.Owner == Provider && c.modality == allowed && !t.Permitted
	effort := c.modality == efforts && (t.Owner == Provider || c.owner == Provider)
	if c.kind == strongCue && (permission || effort) {
		c.kind = weakCue
	}
	return true
}

func (c *candidate) weigh(length int) float64 {
	score := map[kind]float64{strongCue: 10, weakCue: 6, adverseCue: 9}[c.said] + 0.4*float64(c.hit.tokens) - 0.5*float64(min(c.order, 6))
	if c.heading {
		score += 2
	}
	if c.owner != Nobody {
		score++
	}
	if c.modality == binding {
		score += 0.5
	}
	score -= math.Min(2, float64(length)/120) + math.Min(1.5, float64(c.hit.last-c.hit.first)/40)
	return math.Round(score*2) / 2 // near scores are equal: the earlier passage is quoted
}

// number gives the number of a passage that belongs to the topic: of the right
// kind, owed by the right party, nearest to the deed.
func (x *index) number(c *candidate, n *Number, owner Role) (Quantity, bool) {
	u := &x.all[c.unit]
	from, to := c.hit.anchor, c.hit.anchor
	if n.near != nil {
		h, ok := n.near.find(x, u)
		if !ok {
			return Quantity{}, false
		}
		from, to = h.first, h.last
	}
	best, least := Quantity{}, math.MaxInt
	for _, q := range u.numbers {
		if len(n.Range) == 2 && (q.Value < float64(n.Range[0]) || q.Value > float64(n.Range[1])) {
			continue
		}
		if n.most && q.lasting { // a deadline is asked
			continue
		}
		if !q.Unit.same(n.limit.Unit) || q.Owner != Nobody && q.Owner != Both && owner != Both && q.Owner != owner && q.Owner != c.owner {
			continue
		}
		away := max(0, from-q.first, q.first-to)
		if away <= n.Within && away < least {
			best, least = q, away
		}
	}
	best.Role = n.Role
	if best.Owner == Nobody {
		best.Owner = c.owner
	}
	return best, least < math.MaxInt
}

// verdict is what a passage comes to under a requirement.
type verdict struct {
	state   State
	numbers []Quantity
	why     []string
	score   float64
}

// verdict judges a passage by what the requirement asks of its number.
func (x *index) verdict(c *candidate, r *Requirement) verdict {
	t := r.topic
	v := verdict{state: Met, score: c.score}
	v.why = append(v.why, fmt.Sprintf("it speaks of “%s”", x.matched(c)))
	switch c.owner {
	case Nobody:
		v.why = append(v.why, "it does not say who must do it")
	default:
		v.why = append(v.why, fmt.Sprintf("it is the duty or right of the %s", c.owner))
	}
	switch c.kind {
	case adverseCue:
		v.state = Adverse
		v.why[0] = fmt.Sprintf("it agrees the contrary: “%s”", x.matched(c))
	case weakCue:
		v.state = Weak
		switch c.modality {
		case allowed:
			v.why = append(v.why, "it is a permission, no duty")
		case efforts:
			v.why = append(v.why, "it promises an effort, no result")
		default:
			v.why = append(v.why, "it promises less than is asked")
		}
	}
	n := r.topicNumber()
	if n == nil {
		return v
	}
	q, found := x.number(c, n, t.Owner)
	switch {
	case !found && n.Required && v.state == Met:
		v.state = Weak
		v.why = append(v.why, "it names no number where "+n.words()+" is asked")
	case found:
		v.numbers = append(v.numbers, q)
		v.score++
		if n.meets(q) {
			v.score += 2
			v.why = append(v.why, fmt.Sprintf("%s: %s, and %s is asked", n.Role, q.Raw, n.words()))
		} else if v.state == Met {
			v.state = Weak
			v.why = append(v.why, fmt.Sprintf("%s: %s is less than %s", n.Role, q.Raw, n.words()))
		}
	}
	return v
}

// matched gives the words by which a passage was found, in their order.
func (x *index) matched(c *candidate) string {
	spans := slices.Clone(c.hit.spans)
	slices.SortFunc(spans, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(b[1], a[1])) })
	u, out, last := &x.all[c.unit], "", -1
	for _, s := range spans {
		from, to := max(s[0], last+1), s[1]
		if from > to {
			continue
		}
		var words []string
		for k := from; k <= to; k++ {
			if t := u.toks[k]; t.to > t.from {
				words = append(words, strings.Join(strings.Fields(x.doc.Quote(t.from, t.to)), " "))
			}
		}
		switch {
		case out == "":
		case from == last+1:
			out += " "
		default:
			out += " … "
		}
		out += strings.Join(words, " ")
		last = to
	}
	return out
}

func (n *Number) words() string {
	if n.most {
		return "at most " + n.limit.Raw
	}
	return "at least " + n.limit.Raw
}
