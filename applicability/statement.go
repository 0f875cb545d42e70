// SPDX-License-Identifier: Apache-2.0

package applicability

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/scope"
)

// AnnexA is the framework of the base controls in the catalogue.
const AnnexA = "iso27001-2022"

// Line is one line of the statement as it stands.
type Line struct {
	ID            string          `json:"id"`              // A.5.15, or 27017-5.15-customer
	Set           string          `json:"set"`             // the standard that it is of
	Group         string          `json:"group,omitempty"` // theme
	Number        string          `json:"number"`
	Title         string          `json:"title"`
	Party         catalogue.Party `json:"party,omitempty"` // to whom a clause of 27017 speaks; empty: a base control
	Controls      []string        `json:"controls"`        // keys of our controls that it corresponds to
	Applicable    bool            `json:"applicable"`
	Justification string          `json:"justification"`         // never empty: an absence is told
	Standing      Standing        `json:"standing"`              // who says so
	Responsible   string          `json:"responsible,omitempty"` // id of a person of the scope
	By            string          `json:"by,omitempty"`
	At            *time.Time      `json:"at,omitempty"`
	Version       int             `json:"version"` // of the decision; 0: nobody decided
	Status        assess.Status   `json:"status,omitempty"`
	Absence       string          `json:"absence,omitempty"` // why there is no status
	Counts        assess.Counts   `json:"counts"`
	Risks         []string        `json:"risks,omitempty"`    // ids of the register that it treats
	Policies      []string        `json:"policies,omitempty"` // ids of the policies in force that say how it is done
}

// Standing says whether somebody decided a line.
type Standing string

// The standings.
const (
	Decided  Standing = "decided"
	Proposed Standing = "proposed" // derived from scope, risks and catalogue; nobody decided
	Blank    Standing = "blank"    // nobody decided, and nothing tells why it should apply
)

// Standings gives all of them.
func Standings() []Standing { return []Standing{Decided, Proposed, Blank} }

// Decision is what somebody decided about a line.
type Decision struct {
	Line          string    `yaml:"line" json:"line"`
	Applicable    bool      `yaml:"applicable" json:"applicable"`
	Justification string    `yaml:"justification" json:"justification"`
	Responsible   string    `yaml:"responsible,omitempty" json:"responsible,omitempty"`
	By            string    `yaml:"-" json:"by"`
	At            time.Time `yaml:"-" json:"at"`
	Version       int       `yaml:"-" json:"version"`
}

// Statement is the whole.
type Statement struct {
	Edition catalogue.Edition `json:"edition"` // of ISO/IEC 27017
	Lines   []Line            `json:"lines"`   // Annex A, then 27017, by number
	Summary Summary           `json:"summary"`
}

// Summary is the statement in numbers.
type Summary struct {
	Lines      int                   `json:"lines"`
	Applicable int                   `json:"applicable"`
	Excluded   int                   `json:"excluded"`
	Standings  map[Standing]int      `json:"standings"`
	Statuses   map[assess.Status]int `json:"statuses"` // of the lines that apply and have one
	Untested   int                   `json:"untested"` // that apply and have no status
}

// Input is what a statement is made of.
type Input struct {
	Catalogue  *catalogue.Catalogue
	Edition    catalogue.Edition
	Scope      *scope.Scope
	Assessment *assess.Assessment  // nil: nothing was assessed
	Risks      map[string][]string // ids of the risks that a control treats, by its key
	Policies   []Policy            // in force
	Decisions  []Decision
}

// Policy is a policy in force, by what it speaks of.
type Policy struct {
	ID, Title string
	Duties    []string // that its paragraphs satisfy
	Annex     []string // lines of Annex A that it is for
}

// Make puts the statement together. It is a value of its input.
func Make(in Input) Statement {
	m := &maker{Input: in, decided: map[string]Decision{}, titles: map[string]string{}}
	for _, d := range in.Decisions {
		m.decided[d.Line] = d
	}
	for _, v := range in.Scope.Services {
		m.ours = append(m.ours, v.Party())
	}
	s := Statement{Edition: in.Edition, Lines: slices.Concat(m.annex(), m.cloud())}
	s.Summary = sum(s.Lines)
	return s
}

func sum(lines []Line) Summary {
	s := Summary{Lines: len(lines), Standings: map[Standing]int{}, Statuses: map[assess.Status]int{}}
	for _, l := range lines {
		s.Standings[l.Standing]++
		switch {
		case !l.Applicable:
			s.Excluded++
			continue
		case l.Status == "":
			s.Untested++
		default:
			s.Statuses[l.Status]++
		}
		s.Applicable++
	}
	return s
}

// Line gives a line by its id.
func (s Statement) Line(id string) (Line, bool) {
	i := slices.IndexFunc(s.Lines, func(l Line) bool { return l.ID == id })
	if i < 0 {
		return Line{}, false
	}
	return s.Lines[i], true
}

type maker struct {
	Input
	decided map[string]Decision
	titles  map[string]string
	ours    []catalogue.Party
}

// annex gives the lines of the base controls.
func (m *maker) annex() []Line {
	keys := map[string][]string{}
	for _, x := range m.Catalogue.Mappings() {
		if x.Framework == AnnexA {
			keys[x.ID] = append(keys[x.ID], x.Control)
		}
	}
	var out []Line
	for _, f := range m.Catalogue.Frameworks() {
		if f.ID != AnnexA {
			continue
		}
		for _, p := range f.Parts {
			l := Line{ID: p.ID, Set: "ISO/IEC 27001:2022 Annex A", Group: p.Group, Number: p.ID, Title: p.Title, Controls: keys[p.ID]}
			out = append(out, m.finish(l))
		}
	}
	return out
}

// cloud gives a line for each clause of 27017 and party that it speaks to.
func (m *maker) cloud() []Line {
	at := map[string]int{}
	var out []Line
	for _, c := range m.Catalogue.Controls() {
		place, ok := c.Place(m.Edition)
		if !ok {
			continue
		}
		for _, party := range []catalogue.Party{catalogue.Customer, catalogue.Provider} {
			if len(c.DutiesOf(m.Edition, party)) == 0 {
				continue
			}
			id := "27017-" + place.ID + "-" + string(party)
			i, ok := at[id]
			if !ok {
				i = len(out)
				at[id] = i
				out = append(out, Line{ID: id, Set: "ISO/IEC 27017:" + string(m.Edition), Number: place.ID, Title: place.Title, Party: party})
			}
			out[i].Controls = append(out[i].Controls, c.Key)
		}
	}
	slices.SortStableFunc(out, func(x, y Line) int {
		return cmp.Or(compareNumbers(x.Number, y.Number), strings.Compare(string(x.Party), string(y.Party)))
	})
	for i := range out {
		out[i] = m.finish(out[i])
	}
	return out
}

// compareNumbers orders 5.9 before 5.10, and what begins with letters last.
func compareNumbers(x, y string) int {
	a, b := strings.Split(x, "."), strings.Split(y, ".")
	for i := range min(len(a), len(b)) {
		n, err := strconv.Atoi(a[i])
		k, err2 := strconv.Atoi(b[i])
		switch {
		case err == nil && err2 != nil:
			return -1
		case err != nil && err2 == nil:
			return 1
		case err != nil && a[i] != b[i]:
			return strings.Compare(a[i], b[i])
		case n != k:
			return cmp.Compare(n, k)
		}
	}
	return cmp.Compare(len(a), len(b))
}

// finish adds what is derived and what was decided.
func (m *maker) finish(l Line) Line {
	for _, key := range l.Controls {
		for _, id := range m.Risks[key] {
			if !slices.Contains(l.Risks, id) {
				l.Risks = append(l.Risks, id)
			}
		}
	}
	slices.Sort(l.Risks)
	for _, p := range m.Policies {
		if slices.Contains(p.Annex, l.ID) || slices.ContainsFunc(p.Duties, func(id string) bool { return m.asks(l, id) }) {
			l.Policies = append(l.Policies, p.ID)
		}
	}
	m.status(&l)
	if d, ok := m.decided[l.ID]; ok {
		at := d.At
		l.Applicable, l.Justification, l.Responsible, l.Standing, l.By, l.At, l.Version = d.Applicable, d.Justification, d.Responsible, Decided, d.By, &at, d.Version
		return l
	}
	m.propose(&l)
	return l
}

// asks tells whether a duty is one of a line.
func (m *maker) asks(l Line, id string) bool {
	d, ok := m.Catalogue.Duty(id)
	return ok && slices.Contains(l.Controls, d.Control) && (l.Party == "" || d.Party == l.Party)
}

// status derives how the line stands from the answers about our own duties.
func (m *maker) status(l *Line) {
	switch {
	case len(l.Controls) == 0:
		l.Absence = "no test defined"
		return
	case m.Assessment == nil:
		l.Absence = "not assessed"
		return
	}
	for _, a := range m.Assessment.Answers {
		if a.Ours && slices.Contains(l.Controls, a.Control) && (l.Party == "" || a.Party == l.Party) {
			l.Counts.Add(a.Status)
		}
	}
	if l.Counts.Total == 0 {
		l.Absence = "nothing is asked of our side"
		return
	}
	l.Status = l.Counts.Worst()
}

// propose says why a line applies, where something tells.
func (m *maker) propose(l *Line) {
	l.Applicable, l.Standing = true, Proposed
	switch {
	case l.Party != "" && !slices.Contains(m.ours, l.Party):
		does := map[catalogue.Party]string{catalogue.Customer: "consumes", catalogue.Provider: "provides"}[l.Party]
		l.Applicable, l.Justification = false, "The clause speaks to the "+string(l.Party)+", and the organisation "+does+" no cloud service in scope."
	case len(l.Risks) > 0:
		l.Justification = fmt.Sprintf("Treats %s of the register: %s.", count(len(l.Risks), "risk", "risks"), some(l.Risks, 4))
	case l.Party != "":
		l.Justification = "The organisation is a cloud service " + string(l.Party) + ": " + some(m.services(l.Party), 4) + "."
	case len(l.Controls) > 0 && len(m.ours) > 0:
		l.Justification = "ISO/IEC 27017 adds to it for the cloud services in scope: " + some(m.services(""), 4) + "."
	case len(l.Policies) > 0:
		l.Justification = "The organisation has put rules for it in force: " + some(m.rules(l.Policies), 4) + "."
	default:
		l.Standing, l.Justification = Blank, "Nobody has justified it yet."
	}
}

// rules gives what policies are called.
func (m *maker) rules(ids []string) []string {
	var out []string
	for _, p := range m.Policies {
		if slices.Contains(ids, p.ID) {
			out = append(out, p.Title)
		}
	}
	return out
}

// services gives the names of those on whose side we stand as that party.
func (m *maker) services(party catalogue.Party) []string {
	var out []string
	for _, v := range m.Scope.Services {
		if party == "" || v.Party() == party {
			out = append(out, cmp.Or(v.Name, v.ID))
		}
	}
	return out
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n) + " " + many
}

// some lists the first words and says how many follow.
func some(words []string, most int) string {
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return strings.Join(words[:most], ", ") + fmt.Sprintf(" and %d more", len(words)-most)
}
