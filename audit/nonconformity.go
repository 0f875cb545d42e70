// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"slices"
	"time"
)

// Source says where a nonconformity comes from.
type Source string

// The sources.
const (
	OfAudit      Source = "internal audit"
	OfCertifier  Source = "certification audit"
	OfIncident   Source = "incident"
	OfComplaint  Source = "complaint"
	OfMonitoring Source = "monitoring"
)

// Sources gives all of them.
func Sources() []Source {
	return []Source{OfAudit, OfCertifier, OfIncident, OfComplaint, OfMonitoring}
}

// Nonconformity is a requirement that is not fulfilled, or an opportunity to do
// better, with what was done about it (ISO/IEC 27001:2022, 10.2).
type Nonconformity struct {
	ID          string `json:"id"` // "n1"
	Source      Source `json:"source"`
	Audit       string `json:"audit,omitempty"`    // id, of one that an internal audit raised
	Question    string `json:"question,omitempty"` // of its checklist
	Grade       Result `json:"grade"`              // major, minor or opportunity
	Requirement string `json:"requirement"`        // what is not fulfilled: a clause, a duty, an own rule
	Where       string `json:"where"`              // the service, process or site
	Statement   string `json:"statement"`          // the lapse
	Evidence    string `json:"evidence"`           // what was seen
	Raised      Mark   `json:"raised"`
	Due         Day    `json:"due,omitempty"` // by when it is to be closed; none: an opportunity

	Cause         string         `json:"cause,omitempty"`      // why it came to it
	Similar       string         `json:"similar,omitempty"`    // whether the like exists elsewhere, or could
	Correction    string         `json:"correction,omitempty"` // what was mended at once
	Corrected     Day            `json:"corrected,omitempty"`  // when
	Actions       []Action       `json:"actions,omitempty"`    // so that it does not come again
	Decision      string         `json:"decision,omitempty"`   // of an opportunity that nothing is done about: why
	Treated       []Mark         `json:"treated,omitempty"`    // who wrote the above
	Verifications []Verification `json:"verifications,omitempty"`
	Version       int            `json:"version"`
}

// Action is a corrective action.
type Action struct {
	What  string `json:"what"`
	Owner string `json:"owner,omitempty"` // id of a person of the scope
	Due   Day    `json:"due,omitempty"`
	Done  Day    `json:"done,omitempty"`
}

// Verification says whether what was done works, by somebody who did not do it.
type Verification struct {
	Mark
	Effective bool   `json:"effective"`
	Words     string `json:"words"` // what was looked at
	Actions   int    `json:"actions"`
}

// NonconformityState is where a nonconformity is. It is derived and never stored.
type NonconformityState string

// The states, in the order of a life.
const (
	Raised       NonconformityState = "raised"        // nobody said why it came to it
	Analysed     NonconformityState = "analysed"      // the cause is known; what is done is not
	Acting       NonconformityState = "acting"        // corrective actions are open
	ToVerify     NonconformityState = "to verify"     // all is done; somebody else looks whether it works
	NotEffective NonconformityState = "not effective" // somebody looked: it does not, and nothing more is planned
	Noted        NonconformityState = "noted"         // an opportunity, and nothing was decided about it
	Closed       NonconformityState = "closed"
)

// NonconformityStates gives the states, in the order of a life.
func NonconformityStates() []NonconformityState {
	return []NonconformityState{Noted, Raised, Analysed, Acting, NotEffective, ToVerify, Closed}
}

// State gives where it is.
func (n Nonconformity) State() NonconformityState {
	last := n.last()
	switch {
	case last != nil && last.Effective && last.Actions == len(n.Actions) && !n.open():
		return Closed
	case n.Grade == Opportunity && n.Decision != "" && len(n.Actions) == 0:
		return Closed
	case n.open():
		return Acting
	case last != nil && !last.Effective && last.Actions >= len(n.Actions):
		return NotEffective
	case n.Grade == Opportunity && len(n.Actions) == 0:
		return Noted
	case n.Grade != Opportunity && n.Cause == "":
		return Raised
	case n.Grade != Opportunity && (n.Correction == "" || n.Corrected == "") || len(n.Actions) == 0:
		return Analysed
	}
	return ToVerify
}

func (n Nonconformity) open() bool {
	return slices.ContainsFunc(n.Actions, func(a Action) bool { return a.Done == "" })
}

func (n Nonconformity) last() *Verification {
	if len(n.Verifications) == 0 {
		return nil
	}
	return &n.Verifications[len(n.Verifications)-1]
}

// Bodies set their deadlines themselves; these are the common ones, in days.
const (
	closeDays = 90 // to mend it and show that it works
	planDays  = 30 // to say why it came to it, and what will be done
)

// DueOf gives the day by which a nonconformity of a grade is to be closed; none
// for an opportunity.
func DueOf(grade Result, raised time.Time) Day {
	if grade == Opportunity {
		return ""
	}
	return Day(raised.UTC().AddDate(0, 0, closeDays).Format(time.DateOnly))
}

// PlanDue gives the day by which cause and actions are to be known.
func (n Nonconformity) PlanDue() Day {
	if n.Grade == Opportunity {
		return ""
	}
	return Day(n.Raised.At.UTC().AddDate(0, 0, planDays).Format(time.DateOnly))
}

// Overdue says what of it is late, each in a sentence; none when nothing is.
func (n Nonconformity) Overdue(now time.Time) []string {
	state := n.State()
	if state == Closed {
		return nil
	}
	var out []string
	if n.Due.Before(now) {
		out = append(out, fmt.Sprintf("It was to be closed by %s.", n.Due))
	}
	if (state == Raised || state == Analysed) && n.PlanDue().Before(now) {
		out = append(out, fmt.Sprintf("Cause and corrective action were to be known by %s.", n.PlanDue()))
	}
	for _, a := range n.Actions {
		if a.Done == "" && a.Due.Before(now) {
			out = append(out, fmt.Sprintf("%q was due on %s.", a.What, a.Due))
		}
	}
	return out
}

// Doers gives who had a hand in what was done about it: the owners of its
// actions, and who wrote it down.
func (n Nonconformity) Doers() []string {
	var out []string
	for _, a := range n.Actions {
		if a.Owner != "" && !slices.Contains(out, a.Owner) {
			out = append(out, a.Owner)
		}
	}
	for _, m := range n.Treated {
		if !slices.Contains(out, m.By) {
			out = append(out, m.By)
		}
	}
	return out
}

// asRaised is what was said when it was raised, which nobody changes.
func (n Nonconformity) asRaised() Nonconformity {
	return Nonconformity{ID: n.ID, Source: n.Source, Audit: n.Audit, Question: n.Question, Grade: n.Grade, Requirement: n.Requirement, Where: n.Where, Statement: n.Statement, Evidence: n.Evidence, Raised: n.Raised}
}

// Tally counts nonconformities.
type Tally struct {
	All     int                        `json:"all"`
	Open    map[Result]int             `json:"open"` // by grade
	States  map[NonconformityState]int `json:"states"`
	Overdue int                        `json:"overdue"`
}

// Count counts nonconformities as of a moment.
func Count(all []Nonconformity, now time.Time) Tally {
	t := Tally{All: len(all), Open: map[Result]int{}, States: map[NonconformityState]int{}}
	for _, n := range all {
		state := n.State()
		t.States[state]++
		if state != Closed {
			t.Open[n.Grade]++
		}
		if len(n.Overdue(now)) > 0 {
			t.Overdue++
		}
	}
	return t
}
