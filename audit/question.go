// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/catalogue"
)

// Question is one line of the checklist of an audit. It is made from the clauses,
// the controls and the duties that the audit looks at, and never written by hand,
// so that none is forgotten.
type Question struct {
	ID      string `json:"id"`      // "clause/9.2", "duty/12.3.1-C1"
	Subject string `json:"subject"` // the clause, or the key of the control
	Title   string `json:"title"`   // of the subject
	Asks    string `json:"asks"`
	Looks   string `json:"looks,omitempty"` // at what an auditor looks
	Facts   []Fact `json:"facts"`           // what the records say already
}

// Fact is what the records say about a question.
type Fact struct {
	Says  string `json:"says"`
	Where string `json:"where,omitempty"` // path of the page that it stands on
}

// Result is what an auditor found about a question.
type Result string

// The results. The grades are those of ISO/IEC 17021-1, 3.12 and 3.13, which
// most firms use for their own audits too.
const (
	Conforms    Result = "conforms"
	Minor       Result = "minor"       // a single lapse
	Major       Result = "major"       // real doubt that the requirement is controlled
	Opportunity Result = "opportunity" // nothing is breached; it could be better
	NotSeen     Result = "not looked at"
)

// Results gives the results, the worst first.
func Results() []Result { return []Result{Major, Minor, Opportunity, Conforms, NotSeen} }

// Raises tells whether a result raises a nonconformity, or an opportunity.
func (r Result) Raises() bool { return r == Major || r == Minor || r == Opportunity }

// Answer is what was seen about a question.
type Answer struct {
	Question string `json:"question"`
	Result   Result `json:"result"`
	Seen     string `json:"seen"`             // what was looked at: the evidence; for what was not, why
	Raised   string `json:"raised,omitempty"` // id of what was raised with it
	Version  int    `json:"version"`
	Mark
}

// World is what the plan of an audit refers to.
type World struct {
	Catalogue *catalogue.Catalogue
	Edition   catalogue.Edition
	Services  []Side // of the scope; none: both sides of services that nobody named yet
}

// Side is a cloud service and the side on which the organisation stands for it.
type Side struct {
	ID    string
	Party catalogue.Party
}

// sides gives the services that an audit looks at.
func (w World) sides(a Audit) []Side {
	if len(w.Services) == 0 {
		return []Side{{"", catalogue.Customer}, {"", catalogue.Provider}}
	}
	var out []Side
	for _, s := range w.Services {
		if a.Looks(s.ID) {
			out = append(out, s)
		}
	}
	return out
}

// parties gives the sides of the services that an audit looks at, each once.
func (w World) parties(a Audit) []catalogue.Party {
	var out []catalogue.Party
	for _, p := range []catalogue.Party{catalogue.Customer, catalogue.Provider} {
		if slices.ContainsFunc(w.sides(a), func(s Side) bool { return s.Party == p }) {
			out = append(out, p)
		}
	}
	return out
}

func (w World) serviceIDs() []string {
	out := make([]string, len(w.Services))
	for i, s := range w.Services {
		out[i] = s.ID
	}
	return out
}

// Questions makes the checklist of an audit, in the order of the clauses, then of
// the catalogue. facts tells what the records say; it may be nil.
func (w World) Questions(a Audit, facts func(Question) []Fact) []Question {
	var out []Question
	add := func(q Question) {
		if facts != nil {
			q.Facts = facts(q)
		}
		out = append(out, q)
	}
	for _, c := range w.Catalogue.Clauses() {
		if slices.Contains(a.Clauses, c.ID) {
			add(clauseQuestion(c))
		}
	}
	for _, c := range w.Catalogue.Controls() {
		if !slices.Contains(a.Controls, c.Key) {
			continue
		}
		for _, party := range w.parties(a) {
			for _, d := range c.DutiesOf(w.Edition, party) {
				add(Question{ID: "duty/" + d.ID, Subject: c.Key, Title: c.Title, Asks: fmt.Sprintf("As %s: %s", party, d.Text), Looks: strings.Join(slices.Concat(c.Documents, c.Records), "; ")})
			}
		}
	}
	return out
}

func clauseQuestion(c catalogue.ManagementClause) Question {
	q := Question{ID: "clause/" + c.ID, Subject: c.ID, Title: c.Title, Asks: shown(c.Stage2)}
	var papers []string
	for _, p := range c.Papers {
		papers = append(papers, p.Name)
	}
	if q.Looks = strings.Join(papers, "; "); c.Cloud != "" {
		q.Looks = strings.TrimPrefix(q.Looks+"; of the cloud: "+c.Cloud, "; ")
	}
	return q
}

// shown says that something is to be shown.
func shown(what string) string {
	if what == "" {
		return "To be shown: how it is done."
	}
	return "To be shown: " + strings.TrimSuffix(what, ".") + "."
}
