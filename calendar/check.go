// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/internal/day"
	"demarc.dev/demarc/internal/strict"
	"demarc.dev/demarc/problem"
)

// World is what routines refer to.
type World struct {
	Catalogue *catalogue.Catalogue
	Services  []string // ids of the scope
	People    []string // ids of those who have not left; empty: not kept
}

type file struct {
	Routines []Routine `yaml:"routines"`
}

const (
	mostRoutines = 500
	longest      = 4000 // bytes of a text
)

// Parse reads routines as people write them; the error tells all faults with
// line and field.
func Parse(name string, data []byte, w World) ([]Routine, error) {
	var f file
	doc := strict.Read(name, data, &f)
	if len(f.Routines) > mostRoutines {
		doc.Fault("routines", "a calendar holds %d routines at most", mostRoutines)
		return nil, doc.Err()
	}
	seen := map[string]bool{}
	for i, r := range f.Routines {
		at := fmt.Sprintf("routines[%d]", i)
		if seen[r.ID] && r.ID != "" {
			doc.Fault(at+".id", "%q stands twice", r.ID)
		}
		seen[r.ID] = true
		r.check(w, func(field, says string) { doc.Fault(strict.Join(at, field), "%s", says) })
	}
	return f.Routines, doc.Err()
}

// Encode writes routines as Parse reads them.
func Encode(all []Routine) ([]byte, error) { return strict.Write(file{all}) }

// Validate tells all that is wrong with a routine.
func (r Routine) Validate(w World) error {
	var faults []string
	r.check(w, func(field, says string) { faults = append(faults, field+": "+says) })
	return problem.Faulty("this routine cannot be kept so", faults)
}

func (r Routine) check(w World, fault func(field, says string)) {
	if !regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`).MatchString(r.ID) || r.ID == "seed" || r.ID == "paper" {
		fault("id", "an id is of small letters, digits and hyphens, at most 40; seed and paper are words of the program")
	}
	if strings.TrimSpace(r.Title) == "" {
		fault("title", "a routine needs a title")
	}
	for _, f := range [][2]string{{"title", r.Title}, {"does", r.Does}} {
		if len(f[1]) > longest {
			fault(f[0], "it is longer than 4,000 bytes")
		}
	}
	if _, err := parseRule(r.Rule); err != nil {
		fault("rule", err.Error())
	}
	if r.From == "" || !r.From.Valid() || !r.Until.Valid() || r.Until != "" && r.Until < r.From {
		fault("from", "name the first day on which it is due, such as 2026-01-31; the last day is not before it")
	}
	if r.Grace < 0 || r.Grace > 366 {
		fault("grace", "0 to 366 days")
	}
	for _, key := range r.Controls {
		if k, ok := w.Catalogue.Control(key); !ok || k.Key != key {
			fault("controls", fmt.Sprintf("the catalogue has no control %q", key))
		}
	}
	for _, id := range r.Clauses {
		if !slices.ContainsFunc(w.Catalogue.Clauses(), func(c catalogue.ManagementClause) bool { return c.ID == id }) {
			fault("clauses", fmt.Sprintf("ISO/IEC 27001 has no clause %q of its management system", id))
		}
	}
	if r.Service != "" && !slices.Contains(w.Services, r.Service) {
		fault("service", fmt.Sprintf("no service of the scope is called %q%s", r.Service, strict.DidYouMean(r.Service, w.Services)))
	}
	if r.Owner != "" && len(w.People) > 0 && !slices.Contains(w.People, r.Owner) {
		fault("owner", fmt.Sprintf("nobody in the scope is called %q, or the person has left", r.Owner))
	}
}

// Doable tells all that stands in the way of writing down that an occurrence was
// done.
func (o Occurrence) Doable(d Done, now time.Time) error {
	var faults []string
	today := day.Of(now)
	switch o.State {
	case Missed:
		faults = append(faults, fmt.Sprintf("it was to be done by %s and is missed: that stays; do the next one", o.Closes))
	case ToCome:
		faults = append(faults, fmt.Sprintf("it may be done from %s on", o.Opens))
	}
	if d.On == "" || !d.On.Valid() || d.On > today || d.On < o.Opens {
		faults = append(faults, fmt.Sprintf("on: the day on which it was done, from %s to today", o.Opens))
	}
	if !slices.Contains(Outcomes(), d.Outcome) {
		faults = append(faults, "outcome: nothing found, or something found")
	}
	if strings.TrimSpace(d.Words) == "" || len(d.Words) > longest {
		faults = append(faults, "words: say what was looked at, and what came of it")
	}
	return problem.Faulty("it cannot be written down so", faults)
}
