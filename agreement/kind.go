// SPDX-License-Identifier: Apache-2.0

package agreement

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"demarc.dev/demarc/agreement/text"
)

// Kind is what a document of a set is.
type Kind string

// The kinds. A requirement names those in which it usually stands.
const (
	Master   Kind = "master" // terms of service, master agreement
	DPA      Kind = "dpa"
	SLA      Kind = "sla"
	Order    Kind = "order"
	Security Kind = "security" // security annex, policy or overview
	Privacy  Kind = "privacy"  // privacy policy
	Support  Kind = "support"  // support terms
	Use      Kind = "use"      // acceptable use
	Invoice  Kind = "invoice"
	Unknown  Kind = "unknown"
)

// titles are the words by which agreements call the documents of a set.
var titles = []struct {
	kind  Kind
	words []string
}{
	{DPA, []string{"data processing agreement", "data processing addendum", "data processing terms", "data protection addendum", "data protection agreement", "dpa"}},
	{SLA, []string{"service level agreement", "service level agreements", "service levels", "sla", "specific terms of service"}},
	{Security, []string{"security measures", "security policy", "security overview", "security schedule", "security exhibit", "security annex", "security statement", "trust centre"}},
	{Privacy, []string{"privacy policy", "privacy notice", "privacy statement"}},
	{Support, []string{"support policy", "support terms", "support plan", "github support"}},
	{Use, []string{"acceptable use policy", "acceptable use", "use restrictions policy"}},
	{Order, []string{"order form", "cover page", "statement of work"}},
	{Master, []string{"terms of service", "master services agreement", "master subscription agreement", "cloud service agreement", "customer agreement", "general terms"}},
}

// kindOf tells what a document is: by its title, and an invoice by what it
// counts and does not oblige.
func kindOf(x *index) Kind {
	duties, money := 0, 0
	for i := range x.all {
		if x.all[i].pair {
			continue
		}
		for _, s := range x.all[i].segs {
			if s.modality == binding || s.modality == allowed {
				duties++
			}
		}
	}
	n := func(words ...string) int {
		total := 0
		for _, w := range words {
			if id, ok := x.ids[w]; ok {
				total += len(x.postings[id])
			}
		}
		return total
	}
	money = n("invoice", "subtotal", "iban", "bic", "qty", "quantity", "vat", "total", "payable", "unit", "amount", "due", "€", "$", "£")
	if n("invoice") > 0 && duties < 8 && money >= 6 && money > 2*duties {
		return Invoice
	}
	var head strings.Builder
	for i := range x.all[:min(len(x.all), 12)] {
		for _, t := range x.all[i].toks[x.all[i].own:] {
			head.WriteString(t.word + " ")
		}
		head.WriteString(". ")
	}
	first, kind := math.MaxInt, Unknown
	for _, t := range titles {
		for _, w := range t.words {
			if at := strings.Index(head.String(), w+" "); at >= 0 && at < first && (at == 0 || head.String()[at-1] == ' ') {
				first, kind = at, t.kind
			}
		}
	}
	switch {
	case kind != Unknown && first < 120:
		return kind
	case duties >= 5:
		return Master
	}
	return Unknown
}

// partyNames gives the words by which the document names each side most often.
func (x *index) partyNames() map[Role]string {
	counts := map[Role]map[string]int{Provider: {}, Customer: {}}
	for i := range x.all {
		for _, s := range x.all[i].segs {
			if m := counts[s.owner]; m != nil && s.start < len(x.all[i].toks) {
				if w := x.all[i].toks[s.start]; x.roles[w.word] == s.owner {
					m[x.doc.Quote(w.from, w.to)]++
				}
			}
		}
	}
	out := map[Role]string{}
	for role, m := range counts {
		best, most := "", 0
		for w, n := range m {
			if n > most || n == most && w < best {
				best, most = w, n
			}
		}
		if best != "" {
			out[role] = best
		}
	}
	return out
}

// refUnit is a passage that refers to a document that was not supplied.
type refUnit struct {
	kind  Kind
	quote Quote
	url   string
	why   string
	away  int // letters between the words that point and the title
}

// references finds the documents that the set refers to and does not hold.
func (s *set) references() {
	for i, x := range s.indices {
		if x == nil {
			continue
		}
		for k := range x.all {
			s.referencesOf(i, x, &x.all[k])
		}
	}
	slices.SortStableFunc(s.refUnits, func(a, b refUnit) int { return cmp.Compare(a.away, b.away) })
	seen := map[Kind]bool{}
	for _, r := range s.refUnits {
		if !seen[r.kind] {
			seen[r.kind] = true
			s.refs = append(s.refs, Reference{Kind: r.kind, URL: r.url, Quote: r.quote})
		}
	}
}

var pointing = map[string]bool{"incorporat": true, "describ": true, "set": true, "specif": true, "availab": true, "see": true, "refer": true, "govern": true,
	"accordance": true, "applic": true, "apply": true, "pursuant": true, "subject": true, "agree": true, "more": true, "under": true, "stated": true, "defined": true, "locat": true, "found": true}

// referencesOf notes the documents to which a unit points.
func (s *set) referencesOf(i int, x *index, u *unit) {
	if u.heading || u.pair {
		return
	}
	line, pointers := " ", []int{}
	for _, t := range u.toks[u.own:] {
		for stem := range pointing {
			if strings.HasPrefix(t.word, stem) {
				pointers = append(pointers, len(line))
				break
			}
		}
		line += t.word + " "
	}
	if len(pointers) == 0 && len(u.links) == 0 {
		return
	}
	for _, t := range titles {
		if t.kind == Master || t.kind == Order || t.kind == s.kinds[i] || slices.Contains(s.kinds, t.kind) {
			continue
		}
		for _, w := range t.words {
			at := strings.Index(line, " "+w+" ")
			if at < 0 || strings.HasSuffix(line[:at], " this") {
				continue // "this DPA" is the document itself
			}
			away := nearestPointer(pointers, at)
			if away > maxPointer && len(u.links) == 0 {
				continue
			}
			r := refUnit{kind: t.kind, away: away, quote: x.quote(u), why: "it is left to another document that was not supplied: " + w}
			if len(u.links) > 0 {
				r.url = nearestLink(u.links, x.doc, w)
			}
			s.refUnits = append(s.refUnits, r)
			break
		}
	}
}

// maxPointer is how many letters may stand between the words that point and the
// title: "as described in our Security Policy".
const maxPointer = 90

func nearestPointer(pointers []int, at int) int {
	least := 1000
	for _, p := range pointers {
		least = min(least, abs(p-at))
	}
	return least
}

// nearestLink gives the address whose words hold the title, else the first.
func nearestLink(links []text.Link, d *text.Document, title string) string {
	for _, l := range links {
		if strings.Contains(strings.ToLower(d.Quote(l.From, l.To)), title) {
			return l.URL
		}
	}
	return links[0].URL
}

// referenceFor gives the passage that leaves a topic to a document not supplied.
func (s *set) referenceFor(t *Topic) *refUnit {
	for _, kind := range t.Documents {
		for i := range s.refUnits {
			if string(s.refUnits[i].kind) == kind {
				return &s.refUnits[i]
			}
		}
	}
	return nil
}

// nearest gives the passage nearest to a topic that no passage speaks about:
// by BM25 over the words of its cues.
func (x *index) nearest(t *Topic) (Quote, bool) {
	wanted := map[*atom]bool{}
	for _, cues := range [][]Cue{t.strong, t.weak} {
		for i := range cues {
			for j := range cues[i].terms {
				for k := range cues[i].terms[j].atoms {
					wanted[&cues[i].terms[j].atoms[k]] = !cues[i].terms[j].without
				}
			}
		}
	}
	ids := map[int32]bool{}
	for a, is := range wanted {
		if !is || len(a.alternatives) == 0 {
			continue
		}
		for id, member := range x.members(a) {
			if member && len(x.words[id]) > 3 {
				ids[int32(id)] = true
			}
		}
	}
	return x.bm25(ids)
}

func (x *index) bm25(ids map[int32]bool) (Quote, bool) {
	const k1, b = 1.2, 0.75
	total := 0
	for i := range x.all {
		total += len(x.all[i].toks)
	}
	mean := float64(total) / float64(max(1, len(x.all)))
	type scored struct {
		unit  int
		score float64
	}
	var best []scored
	for i := range x.all {
		u := &x.all[i]
		if u.heading || u.pair {
			continue
		}
		counts := map[int32]float64{}
		for _, id := range u.ids {
			if ids[id] {
				counts[id]++
			}
		}
		score := 0.0
		for _, id := range slices.Sorted(keysOf(counts)) {
			tf := counts[id]
			n := float64(len(x.postings[id]))
			idf := math.Log(1 + (float64(len(x.all))-n+0.5)/(n+0.5))
			score += idf * tf * (k1 + 1) / (tf + k1*(1-b+b*float64(len(u.toks))/mean))
		}
		if score > 0 {
			best = append(best, scored{i, score})
		}
	}
	if len(best) == 0 {
		return Quote{}, false
	}
	top := slices.MaxFunc(best, func(a, b scored) int { return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(b.unit, a.unit)) })
	return x.quote(&x.all[top.unit]), true
}

func keysOf[K comparable, V any](m map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
