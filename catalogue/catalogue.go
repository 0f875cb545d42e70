// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:generate go test . -run Golden -update

//go:embed data/catalogue.json
var compact []byte

// Catalogue holds all values. It never changes after Load.
type Catalogue struct {
	book
	byKey    map[string]int
	byClause map[string]int // lower-case number → the control of which it is the main clause, else the first
	byDuty   map[string]place
	maps     map[string][]Mapping
	lexicon  func() *wordIndex // built by the first search
}

// book is what the compact file holds.
type book struct {
	Version    string             `json:"version"`
	Editions   []EditionFacts     `json:"editions"`
	Themes     []Theme            `json:"themes"`
	Controls   []Control          `json:"controls"`
	Sections   []Section          `json:"sections"`
	Clauses    []ManagementClause `json:"clauses"`
	Frameworks []Framework        `json:"frameworks"`
	Mappings   []Mapping          `json:"mappings"`
	Crossings  []Crossing         `json:"crossings"`
	Threats    []Threat           `json:"threats"`
	Lists      []ThreatEntry      `json:"lists"`
	Citations  []Citation         `json:"citations"`
}

// place is where a duty stands.
type place struct{ control, duty int }

// Load gives the catalogue that is built into the program. It costs a few
// milliseconds each time; keep the result.
func Load() (*Catalogue, error) {
	var b book
	if err := json.Unmarshal(compact, &b); err != nil {
		return nil, fmt.Errorf("reading the built-in catalogue: %w", err)
	}
	return index(b), nil
}

func index(b book) *Catalogue {
	c := &Catalogue{book: b, byKey: make(map[string]int, len(b.Controls)), byClause: map[string]int{}, byDuty: make(map[string]place, 8*len(b.Controls)), maps: make(map[string][]Mapping, len(b.Controls))}
	for i, control := range b.Controls {
		c.byKey[control.Key] = i
		for j, duty := range control.Duties {
			c.byDuty[duty.ID] = place{i, j}
		}
	}
	for _, main := range []bool{true, false} {
		for i, control := range b.Controls {
			for _, clause := range control.Clauses {
				number := strings.ToLower(clause.ID)
				if _, known := c.byClause[number]; !known && (clause.Relation != RelationPart) == main {
					c.byClause[number] = i
				}
			}
		}
	}
	c.lexicon = sync.OnceValue(func() *wordIndex { return newWordIndex(&c.book) })
	for _, m := range b.Mappings {
		c.maps[m.Control] = append(c.maps[m.Control], m)
	}
	return c
}

// Version gives the version of the catalogue, such as "2026.11". It changes
// with every change of a duty, a clause or a mapping.
func (c *Catalogue) Version() string { return c.book.Version }

// Editions gives the editions, the older first.
func (c *Catalogue) Editions() []EditionFacts { return slices.Clone(c.book.Editions) }

// Controls gives all controls in the order of the catalogue, which is that of
// the clauses of 2015 with the new ones beside their kin.
func (c *Catalogue) Controls() []Control { return slices.Clone(c.book.Controls) }

// Control finds a control by its key or by its number in an edition, whatever
// the case. A number that several controls share gives the first.
func (c *Catalogue) Control(keyOrClause string) (Control, bool) {
	word := strings.ToLower(strings.TrimSpace(keyOrClause))
	i, ok := c.byKey[word]
	if !ok {
		i, ok = c.byClause[word]
	}
	if !ok {
		return Control{}, false
	}
	return c.book.Controls[i], true
}

// At gives the controls that a number of the edition names, in order.
func (c *Catalogue) At(edition Edition, number string) []Control {
	var out []Control
	for _, control := range c.book.Controls {
		if slices.ContainsFunc(control.Clauses, func(l Clause) bool {
			return l.Edition == edition && strings.EqualFold(l.ID, strings.TrimSpace(number))
		}) {
			out = append(out, control)
		}
	}
	return out
}

// Duty finds a duty by its id, exactly as written.
func (c *Catalogue) Duty(id string) (Duty, bool) {
	p, ok := c.byDuty[id]
	if !ok {
		return Duty{}, false
	}
	return c.book.Controls[p.control].Duties[p.duty], true
}

// ControlOf gives the control of a duty.
func (c *Catalogue) ControlOf(dutyID string) (Control, bool) {
	p, ok := c.byDuty[dutyID]
	if !ok {
		return Control{}, false
	}
	return c.book.Controls[p.control], true
}

// Duties gives the duties of an edition in the order of the catalogue; an empty
// party means both, an empty edition any.
func (c *Catalogue) Duties(edition Edition, party Party) []Duty {
	var out []Duty
	for _, control := range c.book.Controls {
		out = append(out, control.DutiesOf(edition, party)...)
	}
	return out
}

// DutiesOf gives the control's duties in an edition; an empty party means both,
// an empty edition any.
func (c Control) DutiesOf(edition Edition, party Party) []Duty {
	var out []Duty
	for _, duty := range c.Duties {
		if (party == "" || duty.Party == party) && (edition == "" || duty.In(edition)) {
			out = append(out, duty)
		}
	}
	return out
}

// Place gives the main place of a control in an edition; false when the edition
// has none.
func (c Control) Place(e Edition) (Clause, bool) {
	i := slices.IndexFunc(c.Clauses, func(p Clause) bool { return p.Edition == e })
	if i < 0 {
		return Clause{}, false
	}
	return c.Clauses[i], true
}

// In tells whether the duty stands in the edition.
func (d Duty) In(edition Edition) bool { return slices.Contains(d.Editions, edition) }

// BasisIn gives what the duty rests on in the edition.
func (d Duty) BasisIn(edition Edition) string {
	if edition == Edition2026 && d.Basis2026 != "" {
		return d.Basis2026
	}
	return d.Basis
}

// Themes gives the themes of an edition that hold controls, in order. Each
// control stands under one theme: that of its main clause.
func (c *Catalogue) Themes(edition Edition) []Theme {
	var out []Theme
	for _, theme := range c.book.Themes {
		if theme.Edition == edition && len(theme.Controls) > 0 {
			out = append(out, theme)
		}
	}
	return out
}

// Clauses gives clauses 4 to 10 of ISO/IEC 27001:2022.
func (c *Catalogue) Clauses() []ManagementClause { return slices.Clone(c.book.Clauses) }

// Sections gives the 97 clauses of the edition of 2026, with or without cloud
// guidance.
func (c *Catalogue) Sections() []Section { return slices.Clone(c.book.Sections) }

// Frameworks gives the frameworks that mappings lead to.
func (c *Catalogue) Frameworks() []Framework { return slices.Clone(c.book.Frameworks) }

// Mappings gives every mapping from our controls to other frameworks, by
// framework and control.
func (c *Catalogue) Mappings() []Mapping { return slices.Clone(c.book.Mappings) }

// MapsOf gives the mappings of a control.
func (c *Catalogue) MapsOf(controlKey string) []Mapping { return slices.Clone(c.maps[controlKey]) }

// Crossings gives what corresponds between two frameworks by their ids, such as
// "iso27001-2013" and "iso27001-2022".
func (c *Catalogue) Crossings(from, to string) []Crossing {
	var out []Crossing
	for _, x := range c.book.Crossings {
		if x.From == from && x.To == to {
			out = append(out, x)
		}
	}
	return out
}

// Threats gives the seeds of a risk register.
func (c *Catalogue) Threats() []Threat { return slices.Clone(c.book.Threats) }

// ThreatsOf gives the threats that a control treats.
func (c *Catalogue) ThreatsOf(controlKey string) []Threat {
	var out []Threat
	for _, t := range c.book.Threats {
		if slices.Contains(t.Controls, controlKey) {
			out = append(out, t)
		}
	}
	return out
}

// ThreatLists gives the public lists that threats refer to.
func (c *Catalogue) ThreatLists() []ThreatEntry { return slices.Clone(c.book.Lists) }

// Citations gives what people often write about the standard, and what is so.
func (c *Catalogue) Citations() []Citation { return slices.Clone(c.book.Citations) }
