// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"sync"

	"demarc.dev/demarc/check"
)

// findingIndex makes the findings of one run quick to look at, however many
// they are. It holds some fifty bytes a finding in memory; the findings
// themselves, and the words that are searched, lie in two files that no name
// leads to: they go when the index does. It never changes, for a run does not,
// and is safe for concurrent use.
//
// Findings that are alike in all that is filtered and counted by (check,
// account, region, kind, outcome, severity) are a class. There are few, so that
// a filter is put to the classes, and what a class holds is only counted.
type findingIndex struct {
	classes []findingClass
	names   []string // of checks, accounts, regions and kinds
	asked   []askedCheck

	// By place, which is the number of a finding as they came.
	class       []int32
	where, said []int32 // in words: name and id of the resource; the message
	print       []fingerprint
	seen        []uint32 // Unix seconds

	whole  *subset
	prints printIndex
	lines  *lineFile
	words  *wordFile

	ranks  []int32 // of words: the place of a resource among the others by name
	orders sync.Map
	mu     sync.Mutex
	told   []subsetOf // of texts that were sought last
}

// findingClass is what findings of a class have in common. Texts are in names.
type findingClass struct {
	check, account, region, kind int32
	outcome                      uint8 // in Outcomes()
	rank                         int8  // of the severity
	exposed, excepted            bool
}

// askedCheck is what the index knows of a check, in names.
type askedCheck struct {
	id, title string
	controls  []string // keys
}

// Outcomes lists the outcomes, the worst first.
func Outcomes() []check.Outcome {
	return []check.Outcome{check.Fail, check.Error, check.Unknown, check.Pass, check.NotApplicable}
}

// subset is some of the findings.
type subset struct {
	places []int32 // grouped by class; in a class as they came
	ends   []int32 // by class, where it ends in places

	mu    sync.Mutex
	flats map[string][]int32 // places in an order that goes across classes
}

// subsetOf is the findings that hold a text.
type subsetOf struct {
	text string
	*subset
}

// toldMost is how many texts' findings are kept.
const toldMost = 8

// group makes a subset of those places that holds accepts; nil: of all.
func (x *findingIndex) group(holds func(place int32) bool) *subset {
	s := &subset{ends: make([]int32, len(x.classes)), flats: map[string][]int32{}}
	for place, c := range x.class {
		if holds == nil || holds(int32(place)) {
			s.ends[c]++
		}
	}
	var n int32
	for c, size := range s.ends {
		s.ends[c] = n // where it begins, until it is filled
		n += size
	}
	s.places = make([]int32, n)
	for place, c := range x.class {
		if holds == nil || holds(int32(place)) {
			s.places[s.ends[c]] = int32(place)
			s.ends[c]++
		}
	}
	return s
}

func (s *subset) of(class int32) []int32 {
	if class == 0 {
		return s.places[:s.ends[0]]
	}
	return s.places[s.ends[class-1]:s.ends[class]]
}

// saying gives the findings that hold a text, in small letters.
func (x *findingIndex) saying(text string) (*subset, error) {
	if text == "" {
		return x.whole, nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if i := slices.IndexFunc(x.told, func(t subsetOf) bool { return t.text == text }); i >= 0 {
		t := x.told[i]
		x.told = append(slices.Delete(x.told, i, i+1), t)
		return t.subset, nil
	}
	words, err := x.words.holding(text)
	if err != nil {
		return nil, err
	}
	classes := make([]bool, len(x.classes))
	for i, c := range x.classes {
		for _, name := range []int32{c.check, c.account, c.region, c.kind} {
			classes[i] = classes[i] || strings.Contains(strings.ToLower(x.names[name]), text)
		}
	}
	s := x.group(func(place int32) bool {
		return classes[x.class[place]] || words.has(x.where[place]) || words.has(x.said[place])
	})
	if len(x.told) == toldMost {
		x.told = slices.Delete(x.told, 0, 1)
	}
	x.told = append(x.told, subsetOf{text, s})
	return s, nil
}

// The orders of findings: worst first, and these.
const (
	ByCheck    = "check"
	BySeverity = "severity"
	ByAccount  = "account"
	ByResource = "resource"
	BySeen     = "seen"
)

// FindingSorts gives the words for an order, but for the empty one: worst first.
func FindingSorts() []string { return []string{ByCheck, BySeverity, ByAccount, ByResource, BySeen} }

// classOrder gives the classes in an order that does not part them.
func (x *findingIndex) classOrder(sort string) []int32 {
	if made, ok := x.orders.Load(sort); ok {
		return made.([]int32)
	}
	order := make([]int32, len(x.classes))
	for i := range order {
		order[i] = int32(i)
	}
	name := func(a, b int32) int { return strings.Compare(x.names[a], x.names[b]) }
	slices.SortFunc(order, func(i, k int32) int {
		a, b := &x.classes[i], &x.classes[k]
		first := 0
		switch sort {
		case ByCheck:
			first = name(a.check, b.check)
		case ByAccount:
			first = name(a.account, b.account)
		case BySeverity:
			first = cmp.Compare(b.rank, a.rank)
		}
		return cmp.Or(first, cmp.Compare(a.outcome, b.outcome), cmp.Compare(b.rank, a.rank), -compareBool(a.exposed, b.exposed),
			name(a.check, b.check), name(a.account, b.account), name(a.region, b.region), cmp.Compare(i, k))
	})
	x.orders.Store(sort, order)
	return order
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// flat gives the places of a subset in an order that parts the classes.
func (x *findingIndex) flat(s *subset, sort string) []int32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flats[sort] == nil {
		s.flats[sort] = slices.Clone(s.places)
		slices.SortFunc(s.flats[sort], func(a, b int32) int {
			if sort == BySeen {
				return cmp.Or(cmp.Compare(x.seen[b], x.seen[a]), cmp.Compare(a, b))
			}
			return cmp.Or(cmp.Compare(x.ranks[x.where[a]], x.ranks[x.where[b]]), cmp.Compare(a, b))
		})
	}
	return s.flats[sort]
}

// find gives the place of the finding with the fingerprint.
func (x *findingIndex) find(p fingerprint) (place int32, ok bool) {
	for _, place := range x.prints.near(p) {
		if x.print[place] == p {
			return place, true
		}
	}
	return 0, false
}

// bytes tells how much memory it holds, about.
func (x *findingIndex) bytes() int64 {
	return int64(len(x.class))*52 + int64(len(x.ranks))*4 + int64(len(x.words.sieve))*8 + int64(len(x.classes))*64 + 1<<16
}

// close gives its files back; nobody may read on.
func (x *findingIndex) close() error {
	var err error
	for _, f := range []interface{ close() error }{x.lines, x.words} {
		err = errors.Join(err, f.close())
	}
	return err
}

// fingerprint is one of check.Finding, as bytes.
type fingerprint [16]byte

// printIndex finds places by fingerprints, which are spread evenly.
type printIndex struct {
	shift  uint
	starts []int32
	places []int32
}

func newPrintIndex(prints []fingerprint) printIndex {
	bits := uint(1)
	for 1<<bits < len(prints)/8 {
		bits++
	}
	p := printIndex{shift: 32 - bits, starts: make([]int32, 1<<bits+1), places: make([]int32, len(prints))}
	for i := range prints {
		p.starts[p.bucket(prints[i])+1]++
	}
	for i := 1; i < len(p.starts); i++ {
		p.starts[i] += p.starts[i-1]
	}
	next := slices.Clone(p.starts)
	for i := range prints {
		b := p.bucket(prints[i])
		p.places[next[b]] = int32(i)
		next[b]++
	}
	return p
}

func (p *printIndex) bucket(f fingerprint) uint32 {
	return (uint32(f[0])<<24 | uint32(f[1])<<16 | uint32(f[2])<<8 | uint32(f[3])) >> p.shift
}

// near gives the places among which one with the fingerprint is, if any.
func (p *printIndex) near(f fingerprint) []int32 {
	b := p.bucket(f)
	return p.places[p.starts[b]:p.starts[b+1]]
}
