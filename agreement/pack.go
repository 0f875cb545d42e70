// SPDX-License-Identifier: Apache-2.0

package agreement

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/internal/strict"
	"demarc.dev/demarc/problem"
)

//go:embed pack/*.yaml
var shipped embed.FS

// Topic is what the words of agreements are searched for: cues, who must owe
// the deed, and which number belongs to it. Topics name no standard and no law;
// requirements do, and several may ask for the same topic.
type Topic struct {
	ID       string   `yaml:"id"`
	Title    string   `yaml:"title"`
	Owner    Role     `yaml:"owner"`    // who owes it: provider, customer or both; a right of the customer is the customer's
	Strong   []string `yaml:"strong"`   // cues of a full promise
	Weak     []string `yaml:"weak"`     // cues of less than that
	Adverse  []string `yaml:"adverse"`  // cues of the contrary
	Without  []string `yaml:"without"`  // a passage with such a cue is about something else
	Headings []string `yaml:"headings"` // words of headings that raise a passage
	// Documents are the kinds of document where the topic usually stands; one
	// that is referred to and not supplied makes the topic by-reference.
	Documents []string `yaml:"documents"`
	Number    *Number  `yaml:"number"`
	// AdverseWins: one adverse passage outweighs any promise.
	AdverseWins bool `yaml:"adverse-wins"`
	// Permitted: a permission to do it promises as much as a duty, as in "may
	// change the service on 30 days' notice".
	Permitted bool `yaml:"permitted"`
	// Defined: the topic may stand in the definition of a term.
	Defined  bool   `yaml:"defined"`
	Proposal string `yaml:"proposal"` // wording of our own; {number} is the threshold

	strong, weak, adverse, without []Cue
	headings                       map[string]bool
}

// Number says which number belongs to a topic, and how much is asked.
type Number struct {
	Role     string `yaml:"role"`     // notice, deletion, availability …
	AtMost   string `yaml:"at-most"`  // such as 72 h
	AtLeast  string `yaml:"at-least"` // such as 99.9 %
	Required bool   `yaml:"required"` // a promise without it is weak
	Near     string `yaml:"near"`     // cue that stands in the same passage as the number
	Within   int    `yaml:"within"`   // words from the deed or from near; 0: 40
	// Range is the least and the most that such a number can be: a credit of
	// 99.9 % is an availability. Empty: any.
	Range []int `yaml:"range"`

	limit Quantity
	most  bool
	near  *Cue
}

// Requirement is what a pack asks of an agreement.
type Requirement struct {
	ID         string   `yaml:"id"`
	Title      string   `yaml:"title"`
	Asks       string   `yaml:"asks"`       // in our own words
	References []string `yaml:"references"` // numbers only, such as "ISO/IEC 27017:2015 16.1.2"
	Topic      string   `yaml:"topic"`
	Number     *Number  `yaml:"number"` // instead of the topic's
	Weight     int      `yaml:"weight"` // 1 (default) to 3

	topic *Topic
}

// Topics gives the topic of the requirement.
func (r *Requirement) topicNumber() *Number {
	if r.Number != nil {
		return r.Number
	}
	return r.topic.Number
}

// Pack is a list of requirements, and the topics of its own.
type Pack struct {
	ID    string `yaml:"pack"`
	Title string `yaml:"title"`
	Basis string `yaml:"basis"`
	// Phrases are rows of words that mean the same, by a name that the cues of
	// this pack use with @ before it.
	Phrases      map[string][]string `yaml:"phrases"`
	Topics       []Topic             `yaml:"topics"`
	Requirements []Requirement       `yaml:"requirements"`
}

// Library is the packs that are shipped, with the topics they share.
type Library struct {
	Packs   []*Pack
	topics  map[string]*Topic
	phrases map[string]*phrase
}

// Shipped reads the packs of the program.
func Shipped() (*Library, error) {
	l := &Library{topics: map[string]*Topic{}, phrases: map[string]*phrase{}}
	names, err := fs.Glob(shipped, "pack/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("listing the packs: %w", err)
	}
	rank := func(name string) int { // topics first, then the standard, then the laws
		return map[bool]int{shared(name): 2, strings.Contains(name, "iso"): 1}[true]
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(rank(b)-rank(a), strings.Compare(a, b)) })
	for _, name := range names {
		data, err := shipped.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading pack %s: %w", name, err)
		}
		pack, err := l.Read(name, data)
		if err != nil {
			return nil, err
		}
		if len(pack.Requirements) > 0 {
			l.Packs = append(l.Packs, pack)
		}
	}
	return l, nil
}

func shared(name string) bool { return strings.HasPrefix(name, "pack/topic") }

// Pack gives a shipped pack by its id.
func (l *Library) Pack(id string) (*Pack, bool) {
	for _, p := range l.Packs {
		if p.ID == id {
			return p, true
		}
	}
	return nil, false
}

// Names gives the ids of the shipped packs.
func (l *Library) Names() []string {
	out := make([]string, len(l.Packs))
	for i, p := range l.Packs {
		out[i] = p.ID
	}
	return out
}

// Read reads a pack; its requirements may use the topics of the library and
// their own. The error tells every fault, with file, line and field.
func (l *Library) Read(name string, data []byte) (*Pack, error) {
	var p Pack
	doc := strict.Read(name, data, &p)
	if p.ID == "" {
		doc.Fault("pack", "is missing: the pack's own name, such as house-2026")
	}
	if p.Title == "" {
		doc.Fault("title", "is missing")
	}
	phrases := l.readPhrases(doc, p.Phrases)
	own := map[string]*Topic{}
	for i := range p.Topics {
		at := fmt.Sprintf("topics[%d]", i)
		t := &p.Topics[i]
		t.lint(doc, at, phrases)
		if own[t.ID] != nil {
			doc.Fault(at+".id", "%q stands twice", t.ID)
		}
		own[t.ID] = t
	}
	ids := map[string]bool{}
	for i := range p.Requirements {
		at := fmt.Sprintf("requirements[%d]", i)
		r := &p.Requirements[i]
		if ids[r.ID] {
			doc.Fault(at+".id", "%q stands twice", r.ID)
		}
		ids[r.ID] = true
		l.lintRequirement(doc, at, r, own, phrases)
	}
	if len(p.Topics)+len(p.Requirements) == 0 {
		doc.Fault("requirements", "is missing: a pack asks for at least one thing")
	}
	if err := doc.Err(); err != nil {
		return nil, err
	}
	if shared(name) {
		for id, t := range own {
			l.topics[id] = t
		}
		l.phrases = phrases
	}
	return &p, nil
}

// readPhrases gives the phrases of the library and of a pack. A phrase may use
// the library's, not another of the same pack.
func (l *Library) readPhrases(doc *strict.Doc, own map[string][]string) map[string]*phrase {
	out := maps.Clone(l.phrases)
	for _, name := range slices.Sorted(maps.Keys(own)) {
		p := &phrase{}
		for i, source := range own[name] {
			cue, err := parseCue(source, l.phrases)
			switch {
			case err != nil:
				doc.Fault(fmt.Sprintf("phrases.%s[%d]", name, i), "%s", err)
			case len(cue.terms) != 1:
				doc.Fault(fmt.Sprintf("phrases.%s[%d]", name, i), "a phrase is one row of words, without & and !")
			default:
				p.rows = append(p.rows, cue.terms[0])
			}
		}
		out[name] = p
	}
	return out
}

var idForm = regexp.MustCompile(`^[a-z][a-z0-9.-]{1,60}$`)

func (l *Library) lintRequirement(doc *strict.Doc, at string, r *Requirement, own map[string]*Topic, phrases map[string]*phrase) {
	if !idForm.MatchString(r.ID) {
		doc.Fault(at+".id", "%q is no id: small letters, digits, dots and hyphens", r.ID)
	}
	if r.Title == "" {
		doc.Fault(at+".title", "is missing")
	}
	if r.Asks == "" {
		doc.Fault(at+".asks", "is missing: what is asked, in your own words")
	}
	if r.Weight == 0 {
		r.Weight = 1
	}
	if r.Weight < 1 || r.Weight > 3 {
		doc.Fault(at+".weight", "%d is not from 1 to 3", r.Weight)
	}
	r.topic = own[r.Topic]
	if r.topic == nil {
		r.topic = l.topics[r.Topic]
	}
	if r.topic == nil {
		var known []string
		for id := range l.topics {
			known = append(known, id)
		}
		for id := range own {
			known = append(known, id)
		}
		slices.Sort(known)
		doc.Fault(at+".topic", "%q is no topic%s", r.Topic, strict.DidYouMean(r.Topic, known))
	}
	if r.Number != nil {
		r.Number.lint(doc, at+".number", phrases)
	}
}

var roles = []Role{Provider, Customer, Both}

func (t *Topic) lint(doc *strict.Doc, at string, phrases map[string]*phrase) {
	if !idForm.MatchString(t.ID) {
		doc.Fault(at+".id", "%q is no id: small letters, digits, dots and hyphens", t.ID)
	}
	if t.Title == "" {
		doc.Fault(at+".title", "is missing")
	}
	if !slices.Contains(roles, t.Owner) {
		doc.Fault(at+".owner", "%q is none of %s", t.Owner, strict.OneOf(roles))
	}
	if len(t.Strong)+len(t.Weak) == 0 {
		doc.Fault(at+".strong", "is missing: at least one cue")
	}
	for _, l := range []struct {
		field string
		from  []string
		to    *[]Cue
	}{{"strong", t.Strong, &t.strong}, {"weak", t.Weak, &t.weak}, {"adverse", t.Adverse, &t.adverse}, {"without", t.Without, &t.without}} {
		for i, source := range l.from {
			cue, err := parseCue(source, phrases)
			if err != nil {
				doc.Fault(fmt.Sprintf("%s.%s[%d]", at, l.field, i), "%s", err)
				continue
			}
			*l.to = append(*l.to, cue)
		}
	}
	t.headings = map[string]bool{}
	for _, w := range t.Headings {
		t.headings[fold(strings.ToLower(w))] = true
	}
	if t.Number != nil {
		t.Number.lint(doc, at+".number", phrases)
	}
}

func (n *Number) lint(doc *strict.Doc, at string, phrases map[string]*phrase) {
	if n.Role == "" {
		doc.Fault(at+".role", "is missing: what the number is for, such as notice")
	}
	n.most = n.AtMost != ""
	if n.most == (n.AtLeast != "") {
		doc.Fault(at, "wants either at-most or at-least")
		return
	}
	field, given := ".at-least", n.AtLeast
	if n.most {
		field, given = ".at-most", n.AtMost
	}
	limit, ok := parseLimit(given)
	if !ok {
		doc.Fault(at+field, "%q is no number with a unit; write 72 h, 30 d, 10 bd, 12 mo, 99.9 %% or 1 /y", given)
	}
	n.limit = limit
	if n.Near != "" {
		cue, err := parseCue(n.Near, phrases)
		if err != nil {
			doc.Fault(at+".near", "%s", err)
		}
		n.near = &cue
	}
	if len(n.Range) != 0 && (len(n.Range) != 2 || n.Range[0] > n.Range[1]) {
		doc.Fault(at+".range", "wants the least and the most, such as [1, 60]")
	}
	if n.Within == 0 {
		n.Within = 40
	}
}

var units = []Unit{Minute, Hour, BusinessDay, Day, Week, Month, Year, Percent, PerYear}

func parseLimit(s string) (Quantity, bool) {
	value, unit, ok := strings.Cut(s, " ")
	v, err := strconv.ParseFloat(value, 64)
	return Quantity{Value: v, Unit: Unit(unit), Raw: s}, ok && err == nil && slices.Contains(units, Unit(unit))
}

// meets tells whether a number is as good as what is asked.
func (n *Number) meets(q Quantity) bool {
	have, want := q.Value, n.limit.Value
	if h, ok := q.hours(); ok {
		have = h
		want, _ = n.limit.hours()
	}
	if n.most {
		return have <= want
	}
	return have >= want
}

// Select gives the packs with the ids; none: all that are shipped.
func (l *Library) Select(ids []string) ([]*Pack, error) {
	if len(ids) == 0 {
		return l.Packs, nil
	}
	var out []*Pack
	for _, id := range ids {
		p, ok := l.Pack(id)
		if !ok {
			return nil, problem.New(problem.Usage, fmt.Sprintf("%q is no pack%s", id, strict.DidYouMean(id, l.Names())), "shipped are "+strings.Join(l.Names(), ", "))
		}
		out = append(out, p)
	}
	return out, nil
}
