// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"maps"
	"slices"
	"strings"

	"demarc.dev/demarc/catalogue"
)

// book is the catalogue as one edition orders it.
type book struct {
	edition  catalogue.Edition
	controls []catalogue.Control
	duties   []entry           // of the edition, in the order of the catalogue
	byID     map[string]entry  // duties of every edition
	keys     []string          // of the controls
	byKey    map[string]int    // index of a control
	byClause map[string]string // number in any edition, lower case → key; the edition's own numbers win
	usual    usual
	// What other frameworks ask, for questionnaires that use their ids. Empty
	// where nobody asks.
	frameworks []string
	mapped     map[[2]string][]string // framework and id → keys of controls
}

// usual gives who usually performs a duty under a service model; false when
// the catalogue does not say.
type usual func(model catalogue.ServiceModel, duty string) (customer, provider Share, ok bool)

// entry is a duty in its place.
type entry struct {
	catalogue.Duty
	at int // place among all duties of the catalogue
	in bool
}

func newBook(controls []catalogue.Control, edition catalogue.Edition, u usual) *book {
	b := &book{edition: edition, controls: controls, byID: map[string]entry{}, byKey: map[string]int{}, byClause: map[string]string{}, usual: u}
	for i, c := range controls {
		b.keys = append(b.keys, c.Key)
		b.byKey[c.Key] = i
		for _, d := range c.Duties {
			d.Control = c.Key
			e := entry{Duty: d, at: len(b.byID), in: slices.Contains(d.Editions, edition)}
			b.byID[d.ID] = e
			if e.in {
				b.duties = append(b.duties, e)
			}
		}
	}
	for _, own := range []bool{true, false} {
		for _, c := range controls {
			for _, clause := range c.Clauses {
				number := strings.ToLower(clause.ID)
				if _, known := b.byClause[number]; !known && (clause.Edition == edition) == own {
					b.byClause[number] = c.Key
				}
			}
		}
	}
	return b
}

// ids gives the ids of the edition's duties.
func (b *book) ids() []string {
	out := make([]string, len(b.duties))
	for i, d := range b.duties {
		out[i] = d.ID
	}
	return out
}

// everyID gives the ids of the duties of every edition.
func (b *book) everyID() []string {
	return slices.Sorted(maps.Keys(b.byID))
}

// of gives the edition's duties of a control.
func (b *book) of(key string) []entry {
	i, ok := b.byKey[key]
	if !ok {
		return nil
	}
	var out []entry
	for _, d := range b.controls[i].Duties {
		if e := b.byID[d.ID]; e.in {
			out = append(out, e)
		}
	}
	return out
}

// heading gives number and title of a control in the edition.
func (b *book) heading(c catalogue.Control) string {
	var numbers []string
	title := ""
	for _, clause := range c.Clauses {
		if clause.Edition == b.edition && !slices.Contains(numbers, clause.ID) {
			numbers = append(numbers, clause.ID)
			if title == "" {
				title = clause.Title
			}
		}
	}
	if title == "" {
		title = c.Title
	}
	return strings.TrimSpace(strings.Join(numbers, ", ") + " " + title)
}

// refersTo gives the duties that a reference names: a duty by its id, or all
// duties of a control by its key or its number in an edition. exact tells that
// it named one duty.
func (b *book) refersTo(ref string) (duties []entry, exact bool) {
	ref = strings.TrimSpace(ref)
	if e, ok := b.byID[ref]; ok {
		if e.in {
			return []entry{e}, true
		}
		return nil, true
	}
	if duties := b.of(ref); duties != nil {
		return duties, false
	}
	return b.of(b.byClause[strings.ToLower(ref)]), false
}

// asked gives the duties that a question of another framework is about: the
// operational ones of the controls that correspond. The others never leave
// their party, whatever the provider says of a control.
func (b *book) asked(framework, question string) []string {
	id, _, _ := strings.Cut(question, ".") // BCR-08.1 is the first question of BCR-08
	keys := b.mapped[[2]string{framework, question}]
	if len(keys) == 0 {
		keys = b.mapped[[2]string{framework, id}]
	}
	var out []string
	for _, key := range keys {
		for _, d := range b.controls[b.byKey[key]].Duties {
			if d.Operational {
				out = append(out, d.ID)
			}
		}
	}
	return out
}

// known tells whether a reference names a duty or a control of any edition.
func (b *book) known(ref string) bool {
	ref = strings.TrimSpace(ref)
	_, duty := b.byID[ref]
	_, control := b.byKey[ref]
	_, clause := b.byClause[strings.ToLower(ref)]
	return duty || control || clause
}
