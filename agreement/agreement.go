// SPDX-License-Identifier: Apache-2.0

// Package agreement reads cloud agreements against what standards and laws ask
// of them: for each requirement it says whether the agreement meets it, promises
// less, only points to a document that was not supplied, agrees the contrary, or
// is silent, and quotes the passage word for word with its page and clause.
//
//	library, err := agreement.Shipped()
//	review := agreement.Judge(documents, library.Packs)
//	review.Findings[0].State       // weak
//	review.Findings[0].Quote.Text  // "Provider will notify Customer without undue delay …"
//
// The judgement is made by rules that a person can read: cues (words and their
// order), the party that owes the deed, and the number that belongs to it. Each
// finding says which rule made it. Nothing is learnt, nothing is guessed by a
// model, and the same file gives the same findings everywhere.
//
// It is an aid for reading and no legal advice, which every review says. The
// package opens no file, no connection and no clock; it is given documents that
// package text has read. A Library and a Review may be read concurrently.
package agreement

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"demarc.dev/demarc/agreement/text"
)

// Disclaimer stands on every review and every report made of one.
const Disclaimer = "This is an aid for reading an agreement, made by rules. It is not legal advice; a person who answers for it reads the quoted passage."

// Quote is a passage of a document, word for word.
type Quote struct {
	Document string `json:"document"`
	Clause   string `json:"clause,omitempty"` // path, such as 7.3(b)
	Heading  string `json:"heading,omitempty"`
	Page     int    `json:"page,omitempty"`
	From     int    `json:"from"` // bytes of the document's text
	To       int    `json:"to"`
	Text     string `json:"text"`
	// Core is the sentence that was judged, in bytes of Text: a short clause is
	// quoted whole, because a lawyer reads the sentence in it.
	Core [2]int `json:"core"`
}

// Finding is what the agreement says about a requirement.
type Finding struct {
	Pack        string     `json:"pack"`
	Requirement string     `json:"requirement"`
	Topic       string     `json:"topic"`
	Title       string     `json:"title"`
	References  []string   `json:"references"`
	Weight      int        `json:"weight"`
	State       State      `json:"state"`
	Quote       *Quote     `json:"quote,omitempty"`
	Owner       Role       `json:"owner,omitempty"` // who owes what the quote says
	Numbers     []Quantity `json:"numbers,omitempty"`
	Why         []string   `json:"why"`
	Against     *Quote     `json:"against,omitempty"` // a passage that takes from what is promised
	Also        []Quote    `json:"also,omitempty"`    // the next best passages
	Nearest     *Quote     `json:"nearest,omitempty"` // of a missing one: the passage nearest to the subject
	Proposal    string     `json:"proposal,omitempty"`
}

// Reviewed is a document of the set, as it was taken.
type Reviewed struct {
	Name       string          `json:"name"`
	Format     text.Format     `json:"format"`
	Kind       Kind            `json:"kind"`
	Pages      int             `json:"pages,omitempty"`
	Language   string          `json:"language,omitempty"`
	Unreadable string          `json:"unreadable,omitempty"`
	Notes      []string        `json:"notes,omitempty"`
	Parties    map[Role]string `json:"parties,omitempty"`
}

// Reference is a document that the set refers to and does not hold.
type Reference struct {
	Kind  Kind   `json:"kind"`
	URL   string `json:"url,omitempty"`
	Quote Quote  `json:"quote"`
}

// Review is the result over a set of documents.
type Review struct {
	Disclaimer  string      `json:"disclaimer"`
	Documents   []Reviewed  `json:"documents"`
	Findings    []Finding   `json:"findings"`
	NotSupplied []Reference `json:"notSupplied,omitempty"`
}

// Count gives how many findings are in a state.
func (r *Review) Count(s State) int {
	n := 0
	for _, f := range r.Findings {
		if f.State == s {
			n++
		}
	}
	return n
}

// set is the documents of a review, cut and known.
type set struct {
	docs     []*text.Document
	kinds    []Kind
	indices  []*index // nil: unreadable or no agreement
	refs     []Reference
	refUnits []refUnit
}

// Judge reads a set of documents, in their order of precedence (the first
// prevails), against the packs.
func Judge(docs []*text.Document, packs []*Pack) *Review {
	s := &set{docs: docs}
	r := &Review{Disclaimer: Disclaimer}
	for _, d := range docs {
		r.Documents = append(r.Documents, s.take(d))
	}
	s.references()
	r.NotSupplied = s.refs
	seen := map[*Topic][]candidate{}
	for _, p := range packs {
		for i := range p.Requirements {
			req := &p.Requirements[i]
			if _, ok := seen[req.topic]; !ok {
				seen[req.topic] = s.candidates(req.topic)
			}
			f := s.finding(req, seen[req.topic])
			f.Pack = p.ID
			r.Findings = append(r.Findings, f)
		}
	}
	return r
}

// take cuts a document and says what it is.
func (s *set) take(d *text.Document) Reviewed {
	out := Reviewed{Name: d.Name, Format: d.Format, Pages: len(d.Pages), Language: d.Language, Unreadable: d.Unreadable, Notes: d.Notes}
	if d.Unreadable != "" {
		out.Kind = Unknown
		s.kinds, s.indices = append(s.kinds, Unknown), append(s.indices, nil)
		return out
	}
	x := newIndex(d)
	out.Kind = kindOf(x)
	if out.Kind == Invoice {
		out.Unreadable = "it is an invoice and no agreement"
		x = nil
	} else if out.Kind == Unknown && len(x.all) > 0 {
		out.Notes = append(slices.Clone(out.Notes), "it does not look like an agreement: it obliges nobody")
	}
	if x != nil {
		out.Parties = x.partyNames()
	}
	s.kinds, s.indices = append(s.kinds, out.Kind), append(s.indices, x)
	return out
}

// candidates gathers the passages of all documents, the best first.
func (s *set) candidates(t *Topic) []candidate {
	var out []candidate
	for i, x := range s.indices {
		if x == nil {
			continue
		}
		for _, c := range x.candidates(t) {
			c.document = i
			out = append(out, c)
		}
	}
	return out
}

// finding judges a requirement by the passages of its topic.
func (s *set) finding(r *Requirement, all []candidate) Finding {
	f := Finding{Requirement: r.ID, Topic: r.Topic, Title: r.Title, References: r.References, Weight: r.Weight}
	type judged struct {
		c candidate
		v verdict
	}
	var good, bad []judged
	for _, c := range all {
		j := judged{c, s.indices[c.document].verdict(&c, r)}
		if j.v.state == Adverse {
			bad = append(bad, j)
		} else {
			good = append(good, j)
		}
	}
	order := func(list []judged) {
		sort.SliceStable(list, func(i, j int) bool {
			if a, b := list[i].v.state == Met, list[j].v.state == Met; a != b {
				return a
			}
			if list[i].v.score != list[j].v.score {
				return list[i].v.score > list[j].v.score
			}
			return list[i].c.document < list[j].c.document
		})
	}
	order(good)
	order(bad)
	var best *judged
	switch {
	case len(good) > 0 && (good[0].v.state == Met && !r.topic.AdverseWins || len(bad) == 0):
		best = &good[0]
	case len(bad) > 0:
		best = &bad[0]
	}
	if best == nil {
		s.silent(&f, r)
		return f
	}
	f.State, f.Owner, f.Numbers, f.Why = best.v.state, best.c.owner, best.v.numbers, best.v.why
	q := s.quote(best.c)
	f.Quote = &q
	if best.v.state != Adverse && len(bad) > 0 {
		q := s.quote(bad[0].c)
		f.Against = &q
		f.Why = append(f.Why, fmt.Sprintf("another passage takes from it: “%s”", s.indices[bad[0].c.document].matched(&bad[0].c)))
	}
	for _, j := range append(append([]judged{}, good...), bad...) {
		if len(f.Also) == 2 {
			break
		}
		if j.c.document != best.c.document || j.c.unit != best.c.unit {
			f.Also = append(f.Also, s.quote(j.c))
		}
	}
	if f.State != Met {
		f.Proposal = r.proposal()
	}
	return f
}

// proposal fills the topic's wording with what is asked.
func (r *Requirement) proposal() string {
	if n := r.topicNumber(); n != nil {
		return strings.ReplaceAll(r.topic.Proposal, "{number}", n.limit.spoken())
	}
	return strings.ReplaceAll(r.topic.Proposal, "{number}", "")
}

// spoken writes a limit as an agreement would.
func (q Quantity) spoken() string {
	names := map[Unit]string{Minute: "minutes", Hour: "hours", BusinessDay: "business days", Day: "days", Week: "weeks", Month: "months", Year: "years"}
	value := strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.3f", q.Value), "0"), ".")
	switch q.Unit {
	case Percent:
		return value + " %"
	case PerYear:
		if q.Value == 1 {
			return "once a year"
		}
		return value + " times a year"
	}
	return value + " " + names[q.Unit]
}

// quote cuts the passage of a candidate out of its document.
func (s *set) quote(c candidate) Quote {
	x := s.indices[c.document]
	return x.quote(&x.all[c.unit])
}

// wholeClause is how many bytes a clause may have that is quoted whole.
const wholeClause = 600

func (x *index) quote(u *unit) Quote {
	c := x.clauses[u.clause]
	from, to := u.from, u.to
	if c.To-c.From <= wholeClause {
		from, to = min(from, c.From), max(to, c.To)
	}
	q := Quote{Document: x.doc.Name, Clause: c.Path, Page: c.Page, From: from, To: to, Text: x.doc.Quote(from, to), Core: [2]int{u.from - from, u.to - from}}
	if len(c.Headings) > 0 {
		q.Heading = c.Headings[len(c.Headings)-1]
	}
	if len(x.doc.Pages) > 0 {
		q.Page = x.doc.PageOf(u.from)
	}
	return q
}

// silent says what a requirement without a passage comes to: a document that
// could not be read, one that was not supplied, or nothing.
func (s *set) silent(f *Finding, r *Requirement) {
	readable := false
	for i, x := range s.indices {
		if x == nil && s.docs[i].Unreadable != "" {
			f.State = Unreadable
			f.Why = append(f.Why, fmt.Sprintf("%s could not be judged: %s", s.docs[i].Name, s.docs[i].Unreadable))
		}
		readable = readable || x != nil
	}
	if !readable && f.State == "" {
		f.State = Unreadable
		f.Why = append(f.Why, "there is no agreement among the documents")
	}
	if f.State == Unreadable {
		return
	}
	if ref := s.referenceFor(r.topic); ref != nil {
		f.State = ByReference
		q := ref.quote
		f.Quote = &q
		f.Why = append(f.Why, ref.why)
		f.Proposal = r.proposal()
		return
	}
	f.State = Missing
	f.Proposal = r.proposal()
	f.Why = append(f.Why, "no passage speaks about it")
	for i, x := range s.indices {
		if x == nil {
			continue
		}
		if partial := unreadablePages(s.docs[i]); partial != "" {
			f.State = Unreadable
			f.Why = []string{partial}
			return
		}
		if q, ok := x.nearest(r.topic); ok && f.Nearest == nil {
			f.Nearest = &q
		}
	}
}

func unreadablePages(d *text.Document) string {
	for i, p := range d.Pages {
		if p.Unreadable {
			return fmt.Sprintf("page %d of %s holds no text: it may stand there", i+1, d.Name)
		}
	}
	return ""
}
