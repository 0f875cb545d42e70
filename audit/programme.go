// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Programme is the cycle in which every subject is audited once (ISO/IEC
// 27001:2022, 9.2.2; the cycle of a certificate is three years).
type Programme struct {
	Begins  Day `yaml:"begins" json:"begins"` // first day of the cycle
	Years   int `yaml:"years" json:"years"`   // 1 to 5
	Version int `yaml:"-" json:"version"`
	Mark    `yaml:"-"`
}

// Ends gives the last day of the cycle.
func (p Programme) Ends() Day { return p.Begins.Months(12 * p.Years).Add(-1) }

// Holds tells whether an audit takes place in the cycle: it ends in it.
func (p Programme) Holds(a Audit) bool {
	return a.Ends >= p.Begins && a.Ends <= p.Ends()
}

// Kind says what a subject is.
type Kind string

// The kinds of subjects.
const (
	Clause  Kind = "clause"
	Control Kind = "control"
)

// Subject is what is to be audited once a cycle.
type Subject struct {
	ID    string `json:"id"` // number of a clause, key of a control
	Kind  Kind   `json:"kind"`
	Title string `json:"title"`
	Place string `json:"place,omitempty"` // number of a control in the edition
}

// Subjects gives all that a cycle has to look at: the clauses 4 to 10, and the
// controls that speak to a side on which the organisation stands.
func (w World) Subjects() []Subject {
	var out []Subject
	for _, c := range w.Catalogue.Clauses() {
		out = append(out, Subject{ID: c.ID, Kind: Clause, Title: c.Title, Place: c.ID})
	}
	for _, c := range w.Catalogue.Controls() {
		place, ok := c.Place(w.Edition)
		if ok && slices.ContainsFunc(w.parties(Audit{}), func(p Party) bool { return len(c.DutiesOf(w.Edition, p)) > 0 }) {
			out = append(out, Subject{ID: c.Key, Kind: Control, Title: c.Title, Place: place.ID})
		}
	}
	return out
}

// Cover is how a subject stands in the cycle.
type Cover string

// The covers. What a concluded audit did not look at is none of the covered.
const (
	Covered   Cover = "covered"   // concluded audits looked at all of it, for every service
	Partly    Cover = "in part"   // they left some of its questions or services out
	Scheduled Cover = "scheduled" // an audit of the cycle is to look at it
	Uncovered Cover = "open"      // no audit of the cycle looks at it, or none did
)

// Covers gives the covers, the worst first.
func Covers() []Cover { return []Cover{Uncovered, Scheduled, Partly, Covered} }

// Coverage is a subject with the audits that look at it.
type Coverage struct {
	Subject
	Cover  Cover    `json:"cover"`
	Seen   int      `json:"seen"` // of Of: questions, one a service, that concluded audits looked at
	Of     int      `json:"of"`
	Audits []string `json:"audits,omitempty"` // ids, in the order of their days
}

// Coverage computes how far the cycle is: every subject with how it stands.
func (w World) Coverage(p Programme, audits []Audit) []Coverage {
	var out []Coverage
	for _, s := range w.Subjects() {
		c := Coverage{Subject: s, Cover: Uncovered}
		seen := map[asked]bool{}
		for _, q := range w.asks(Audit{}, s) {
			seen[q] = false
		}
		for _, a := range byDay(audits) {
			if a.Cancelled != "" || !p.Holds(a) || !a.looksAt(s) {
				continue
			}
			if c.Audits = append(c.Audits, a.ID); a.Conclusion == nil {
				c.Cover = Scheduled
				continue
			}
			for _, q := range w.asks(a, s) {
				x, ok := a.Answer(q.question)
				seen[q] = seen[q] || ok && x.Result != NotSeen
			}
		}
		for _, ok := range seen {
			if c.Of++; ok {
				c.Seen++
			}
		}
		switch {
		case c.Seen == c.Of:
			c.Cover = Covered
		case c.Seen > 0:
			c.Cover = Partly
		}
		out = append(out, c)
	}
	return out
}

// asked is a question that is put to a service.
type asked struct{ question, service string }

// asks gives what an audit asks of a subject: a clause once, a duty of a control
// for each service of its side.
func (w World) asks(a Audit, s Subject) []asked {
	if s.Kind == Clause {
		return []asked{{"clause/" + s.ID, ""}}
	}
	k, _ := w.Catalogue.Control(s.ID)
	var out []asked
	for _, v := range w.sides(a) {
		for _, d := range k.DutiesOf(w.Edition, v.Party) {
			out = append(out, asked{"duty/" + d.ID, v.ID})
		}
	}
	return out
}

func byDay(audits []Audit) []Audit {
	out := slices.Clone(audits)
	slices.SortStableFunc(out, func(x, y Audit) int { return strings.Compare(string(x.Begins), string(y.Begins)) })
	return out
}

func (a Audit) looksAt(s Subject) bool {
	return s.Kind == Clause && slices.Contains(a.Clauses, s.ID) || s.Kind == Control && slices.Contains(a.Controls, s.ID)
}

// always are the clauses that every audit looks at: what a body looks at in each
// surveillance too.
var always = []string{"9.1", "9.2", "9.3", "10.1", "10.2"}

// Propose makes an audit for each year of a cycle that has none yet, so that the
// cycle covers every subject: those that are always looked at in each year, the
// others shared out in their order. Its auditors are not named. Nothing comes of
// a cycle that is covered or scheduled whole.
func (w World) Propose(p Programme, audits []Audit, now time.Time) []Audit {
	var open []Subject
	for _, c := range w.Coverage(p, audits) {
		if c.Cover == Uncovered {
			open = append(open, c.Subject)
		}
	}
	var years []int
	for y := range p.Years {
		from, to := p.Begins.Months(12*y), p.Begins.Months(12*(y+1)).Add(-1)
		if !to.Before(now) && !slices.ContainsFunc(audits, func(a Audit) bool { return a.Cancelled == "" && a.Ends >= from && a.Ends <= to }) {
			years = append(years, y)
		}
	}
	if len(open) == 0 || len(years) == 0 {
		return nil
	}
	out := make([]Audit, len(years))
	for i, y := range years {
		begins := max(p.Begins.Months(12*y+9), Day(now.UTC().AddDate(0, 0, 14).Format(time.DateOnly)))
		out[i] = Audit{Title: fmt.Sprintf("Internal audit, year %d of the cycle", y+1), Begins: begins, Ends: min(begins.Add(4), p.Begins.Months(12*(y+1)).Add(-1)),
			Objective: "Whether the management system conforms to ISO/IEC 27001 and to what the organisation asks of itself, and is effective.", Method: "Interviews, documents, records, and samples drawn by a seed."}
		if out[i].Ends < out[i].Begins {
			out[i].Begins = out[i].Ends
		}
	}
	w.share(out, open)
	return out
}

// share gives the subjects to the audits.
func (w World) share(out []Audit, open []Subject) {
	n := map[Kind]int{}
	for _, s := range open {
		if s.Kind == Clause && !slices.Contains(always, s.ID) || s.Kind == Control {
			n[s.Kind]++
		}
	}
	at := map[Kind]int{}
	for _, c := range w.Catalogue.Clauses() {
		if slices.Contains(always, c.ID) {
			for i := range out {
				out[i].Clauses = append(out[i].Clauses, c.ID)
			}
		}
	}
	for _, s := range open {
		i := 0
		if n[s.Kind] > 0 {
			i = min(len(out)-1, at[s.Kind]*len(out)/n[s.Kind])
		}
		switch {
		case s.Kind == Control:
			out[i].Controls = append(out[i].Controls, s.ID)
		case slices.Contains(always, s.ID):
			continue
		default:
			out[i].Clauses = append(out[i].Clauses, s.ID)
		}
		at[s.Kind]++
	}
}
