// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
)

// Hit is a control that a search found.
type Hit struct {
	Control Control
	Score   float64 // the higher the better; comparable within one search only
	Why     string  // what was found: "number CLD.6.3.1 of 2015", `called "exit"`, …
	Note    string  // what to know of a number or phrase that is often cited wrongly; mostly empty
}

// Search finds controls by number (of either edition, of other frameworks, of
// duties, and numbers that are often cited wrongly), by what people call them,
// and by the words of their titles, objectives and duties; slips of the finger
// and accents do not matter. The best comes first; a limit below 1 means all.
// The same query always gives the same hits.
func (c *Catalogue) Search(query string, limit int) []Hit {
	q := newQuery(query)
	s := &search{c: c, found: map[int]*found{}}
	s.numbers(q)
	s.phrases(q)
	s.terms(q)
	s.citations(q)
	hits := s.hits()
	if limit > 0 && len(hits) > limit {
		hits = hits[:limit]
	}
	return hits
}

// Remarks gives what is true of a common saying about the standard as a whole
// that the query repeats, such as "27017 certification" or "clauses 4-10".
func (c *Catalogue) Remarks(query string) []Citation {
	q := newQuery(query)
	var out []Citation
	for _, cited := range c.book.Citations {
		if cited.Control == "" && repeats(q, cited) {
			out = append(out, cited)
		}
	}
	for _, n := range q.numbers {
		if remark, ok := c.bare(n); ok {
			out = append(out, remark)
		}
	}
	return out
}

// bare tells of a number that no control of ours has: a base control without
// cloud guidance, or one that does not exist.
func (c *Catalogue) bare(n string) (Citation, bool) {
	number := strings.TrimPrefix(n, "a.")
	if _, ours := c.byClause[number]; ours || strings.Trim(strings.TrimPrefix(number, "cld."), "0123456789.") != "" || !strings.Contains(number, ".") {
		return Citation{}, false
	}
	if slices.ContainsFunc(c.book.Citations, func(v Citation) bool { return v.Cited == number }) {
		return Citation{}, false // told beside the control that is meant
	}
	if i := slices.IndexFunc(c.book.Sections, func(s Section) bool { return s.ID == number }); i >= 0 {
		return Citation{Cited: number, Topic: c.book.Sections[i].Title, Verdict: "no cloud guidance", Note: "The edition of 2026 has this section and adds nothing for cloud services; the control of ISO/IEC 27002:2022 applies as it stands."}, true
	}
	if title, ok := c.title("iso27001-2013", "A."+number); ok {
		note := "ISO/IEC 27017:2015 adds nothing for cloud services; the control of ISO/IEC 27002:2013 applies as it stands."
		for _, x := range c.Crossings("iso27001-2013", "iso27001-2022") {
			if x.FromID == "A."+number {
				now, _ := c.title(x.To, x.ToID)
				note += " In 2022 it became " + strings.TrimPrefix(x.ToID, "A.") + ", " + now + "."
			}
		}
		return Citation{Cited: number, Topic: title, Verdict: "no cloud guidance", Note: note}, true
	}
	return Citation{Cited: number, Verdict: "number does not exist", Note: "Neither edition of ISO/IEC 27017, nor the base controls of 27002, have it."}, true
}

// title gives the title of a framework's part.
func (c *Catalogue) title(framework, id string) (string, bool) {
	for _, f := range c.book.Frameworks {
		for _, p := range f.Parts {
			if f.ID == framework && p.ID == id {
				return p.Title, true
			}
		}
	}
	return "", false
}

// repeats tells whether the query's words hold a saying in a row and speak of
// the standard: of "27017", of the saying alone, or of its topic. A job title
// and the timeline of an incident are no sayings.
func repeats(q query, cited Citation) bool {
	saying := words(fold(cited.Cited))
	if !strings.Contains(" "+strings.Join(q.words, " ")+" ", " "+strings.Join(saying, " ")+" ") {
		return false
	}
	return slices.Contains(q.words, "27017") || len(q.words) == len(saying) || sharesAny(q.stems, terms(fold(cited.Topic)))
}

// query is what somebody searches for.
type query struct {
	words   []string // numbers whole
	numbers []string // such as cld.6.3.1, 12.4.6, 12.3.1-c2, grc-01
	stems   []string // of the words that are no number
	word    map[string]string
}

func newQuery(text string) query {
	q := query{words: words(fold(cut(text, maxQuery))), word: map[string]string{}}
	if len(q.words) > maxTerms {
		q.words = q.words[:maxTerms]
	}
	for i, w := range q.words {
		w = strings.Trim(w, ".-")
		q.words[i] = w
		if strings.ContainsAny(w, "0123456789") && w != "27017" {
			if i > 0 && q.words[i-1] == "cld" {
				w = "cld." + w
			} else if i > 0 && (q.words[i-1] == "art" || q.words[i-1] == "article") {
				w = "art. " + w
			}
			if !slices.Contains(q.numbers, w) {
				q.numbers = append(q.numbers, w)
			}
			continue
		}
		for _, t := range terms(w) {
			if !slices.Contains(q.stems, t) {
				q.stems = append(q.stems, t)
				q.word[t] = w
			}
		}
	}
	return q
}

// search gathers what was found of each control, by its place.
type search struct {
	c     *Catalogue
	found map[int]*found
}

type found struct {
	score, reason float64 // reason is the weight of why
	why, note     string
}

func (s *search) add(control int, score float64, why string) *found {
	f := s.found[control]
	if f == nil {
		f = &found{}
		s.found[control] = f
	}
	f.score += score
	if score > f.reason {
		f.reason, f.why = score, why
	}
	return f
}

// named notes what people call the control; it tells more than single words.
func (s *search) named(control int, score float64, name string) {
	f := s.add(control, score, "")
	if f.reason < byForeign/2 || f.why == "" {
		f.reason, f.why = byNumber/2, `called "`+name+`"`
	}
}

// Weights of what may be found. A number outweighs all words; a wrong number
// with the right subject outweighs the right owner of that number.
const (
	byNumber   = 100
	bySubject  = 160 // a number often cited for this subject, and the subject too
	byMiscited = 60
	byForeign  = 50
	byPhrase   = 24
	byTerm     = 10
)

func (s *search) numbers(q query) {
	for _, n := range q.numbers {
		s.foreign(n)
		n = strings.TrimPrefix(n, "a.") // Annex A of 27001 has the numbers of 27002
		for i, control := range s.c.book.Controls {
			for _, clause := range control.Clauses {
				id := strings.ToLower(clause.ID)
				switch {
				case id == n && (clause.Relation == RelationPart || clause.Relation == RelationDropped):
					s.add(i, byNumber*0.7, "number "+clause.ID+" of "+string(clause.Edition)+" ("+clause.Relation+")")
				case id == n:
					s.add(i, byNumber, "number "+clause.ID+" of "+string(clause.Edition))
				case id == "cld."+n:
					s.add(i, byMiscited/2, "its number is "+clause.ID)
				}
			}
			if i2 := slices.IndexFunc(control.Duties, func(d Duty) bool { return strings.ToLower(d.ID) == n }); i2 >= 0 {
				s.add(i, byNumber*1.2, "duty "+control.Duties[i2].ID)
			}
		}
	}
}

// foreign finds numbers of other frameworks, and numbers of base controls
// without cloud guidance, by the control that is mapped to them.
func (s *search) foreign(n string) {
	key := squeeze(n)
	for _, m := range s.c.book.Mappings {
		if id := squeeze(m.ID); id == key || id == "a."+key && m.Framework == "iso27001-2022" && s.exclusive(n) {
			score := float64(byForeign)
			if m.Relation != "equivalent" {
				score *= 0.8
			}
			if s.found[s.c.byKey[m.Control]] == nil || s.found[s.c.byKey[m.Control]].reason < score {
				s.add(s.c.byKey[m.Control], score, m.ID+" of "+s.name(m.Framework)+" ("+m.Relation+")")
			}
		}
	}
	for _, t := range s.c.book.Threats {
		if strings.ToLower(t.ID) != n {
			continue
		}
		for rank, control := range t.Controls {
			s.add(s.c.byKey[control], byForeign-float64(rank), "treats threat "+t.ID+", "+t.Title)
		}
	}
	for _, x := range s.c.book.Crossings {
		if x.From != "iso27001-2013" || strings.TrimPrefix(strings.ToLower(x.FromID), "a.") != strings.TrimPrefix(n, "a.") || !s.exclusive(n) {
			continue
		}
		for _, m := range s.c.book.Mappings {
			if m.Framework == "iso27001-2022" && m.ID == x.ToID {
				s.add(s.c.byKey[m.Control], byForeign/2, x.FromID+" of 2013 became "+x.ToID+", which is near")
			}
		}
	}
}

// exclusive tells that no clause of ours has the number.
func (s *search) exclusive(n string) bool {
	_, ours := s.c.byClause[strings.TrimPrefix(n, "a.")]
	return !ours
}

func (s *search) name(framework string) string {
	for _, f := range s.c.book.Frameworks {
		if f.ID == framework {
			return f.Name
		}
	}
	return framework
}

// squeeze makes one id of "Art. 28", "art 28" and "Article 28".
func squeeze(id string) string {
	id = strings.ReplaceAll(strings.ReplaceAll(fold(id), "article", "art"), "art.", "art")
	return strings.ReplaceAll(id, " ", "")
}

// phrases finds what people call a control, when the query holds all of it.
func (s *search) phrases(q query) {
	have := q.stems
	for _, stem := range q.stems {
		for _, near := range s.c.lexicon().near(stem) {
			have = append(have[:len(have):len(have)], near.term)
		}
	}
	for i, names := range s.c.lexicon().phrases {
		best, name := 0, ""
		for j, stems := range names {
			if len(stems) > best && holdsAll(have, stems) {
				best, name = len(stems), s.c.book.Controls[i].Words[j]
			}
		}
		if best > 0 {
			s.named(i, byPhrase*float64(best), name)
		}
	}
}

// holdsAll tells whether all of want stand in have; false when want is empty.
func holdsAll(have, want []string) bool {
	for _, w := range want {
		if !slices.Contains(have, w) {
			return false
		}
	}
	return len(want) > 0
}

// terms finds the words of the query in the words of the controls. A rare word
// weighs more than a common one, and a control that has all words more than one
// that has some.
func (s *search) terms(q query) {
	x := s.c.lexicon()
	type sum struct {
		score float64
		terms []string
	}
	sums := map[int]*sum{}
	for _, stem := range q.stems {
		for _, near := range x.near(stem) {
			rarity := math.Log(1 + float64(len(s.c.book.Controls))/float64(len(x.weights[near.term])))
			for control, weight := range x.weights[near.term] {
				v := sums[control]
				if v == nil {
					v = &sum{}
					sums[control] = v
				}
				v.score += byTerm * rarity * weight * near.quality
				word := x.shown[near.term]
				if near.quality == 1 {
					word = q.word[stem]
				}
				if !slices.Contains(v.terms, word) {
					v.terms = append(v.terms, word)
				}
			}
		}
	}
	for control, v := range sums {
		share := min(1, float64(len(v.terms))/float64(len(q.stems)))
		slices.Sort(v.terms)
		s.add(control, v.score*share*share, "words: "+strings.Join(v.terms, ", "))
	}
}

// citations attaches what is true where the query repeats what people often
// write wrongly, and brings the control that they mean to the top.
func (s *search) citations(q query) {
	for _, cited := range s.c.book.Citations {
		control, ok := s.c.byKey[cited.Control]
		if !ok {
			continue
		}
		if !strings.ContainsAny(cited.Cited, "0123456789") {
			if f := s.found[control]; f != nil && holdsAll(q.stems, terms(fold(cited.Cited))) {
				f.note = cmp.Or(f.note, cited.Cited+" ("+cited.Verdict+"): "+cited.Note)
			}
			continue
		}
		if !slices.Contains(q.numbers, cited.Cited) {
			continue
		}
		score, real := float64(byMiscited), !s.exclusive(cited.Cited)
		if sharesAny(q.stems, terms(fold(cited.Topic))) {
			score = bySubject
		} else if real && len(q.stems) > 0 {
			continue // "5.1.1 policy" means 5.1.1
		}
		f := s.add(control, score, cited.Cited+" is often cited for it")
		f.note = cited.Cited + ` is often cited for "` + cited.Topic + `" (` + cited.Verdict + "). " + cited.Note
	}
}

func sharesAny(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// hits sorts what was found and leaves out what is far behind the best.
func (s *search) hits() []Hit {
	best := 0.0
	for _, f := range s.found {
		best = max(best, f.score)
	}
	order := slices.SortedFunc(maps.Keys(s.found), func(a, b int) int {
		return cmp.Or(cmp.Compare(s.found[b].score, s.found[a].score), cmp.Compare(a, b))
	})
	var out []Hit
	for _, i := range order {
		if f := s.found[i]; f.score >= best*0.15 {
			out = append(out, Hit{Control: s.c.book.Controls[i], Score: math.Round(f.score*100) / 100, Why: f.why, Note: f.note})
		}
	}
	return out
}
