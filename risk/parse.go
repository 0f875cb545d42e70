// SPDX-License-Identifier: Apache-2.0

package risk

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/internal/strict"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// World is what the risks of an organisation refer to.
type World struct {
	Method    Method
	Catalogue *catalogue.Catalogue
	Scope     *scope.Scope
}

type file struct {
	Risks []Risk `yaml:"risks"`
}

// mostRisks bounds a register; a larger file is no register.
const mostRisks = 10_000

// Parse reads a register as people write it; the error tells all its faults
// with line and field.
func Parse(name string, data []byte, w World) ([]Risk, error) {
	var f file
	doc := strict.Read(name, data, &f)
	if len(f.Risks) > mostRisks {
		doc.Fault("risks", "a register holds %d risks at most, this one %d", mostRisks, len(f.Risks))
		return nil, doc.Err()
	}
	seen := map[string]bool{}
	for i, r := range f.Risks {
		at := fmt.Sprintf("risks[%d]", i)
		if seen[r.ID] && r.ID != "" {
			doc.Fault(at+".id", "%q stands twice", r.ID)
		}
		seen[r.ID] = true
		r.check(w, func(field, says string) { doc.Fault(strict.Join(at, field), "%s", says) })
	}
	return f.Risks, doc.Err()
}

// Encode writes a register as Parse reads it.
func Encode(all []Risk) ([]byte, error) {
	data, err := yaml.Marshal(file{all})
	if err != nil {
		return nil, fmt.Errorf("encoding the register: %w", err)
	}
	return data, nil
}

// Validate tells all that is wrong with one risk.
func (r Risk) Validate(w World) error {
	var faults []string
	r.check(w, func(field, says string) { faults = append(faults, field+": "+says) })
	return problem.Faulty("the risk cannot be written down so", faults)
}

func (r Risk) check(w World, fault func(field, says string)) {
	if !regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,79}$`).MatchString(r.ID) {
		fault("id", "an id is of small letters, digits, - and ., at most 80")
	}
	if r.ID == "seed" || r.ID == "paper" {
		fault("id", fmt.Sprintf("%q is a word of the program; choose another", r.ID))
	}
	if strings.TrimSpace(r.Title) == "" {
		fault("title", "a risk needs a title")
	}
	for field, words := range map[string]string{"title": r.Title, "event": r.Event, "because": r.Because, "closed": r.Closed, "treatment.reason": r.Treatment.Reason} {
		if len(words) > 4000 {
			fault(field, "it is longer than 4,000 bytes")
		}
	}
	if _, ok := w.Scope.Service(r.Service); r.Service != "" && !ok {
		fault("service", fmt.Sprintf("no service of the scope is called %q%s", r.Service, strict.DidYouMean(r.Service, w.Scope.ServiceIDs())))
	}
	if r.Threat != "" && !slices.ContainsFunc(w.Catalogue.Threats(), func(t catalogue.Threat) bool { return t.ID == r.Threat }) {
		fault("threat", fmt.Sprintf("the catalogue has no threat %q; demarc risk threat lists them", r.Threat))
	}
	r.checkPerson(w, "owner", r.Owner, fault)
	for field, rating := range map[string]Rating{"inherent": r.Inherent, "current": r.Current, "treatment.target": r.Treatment.Target} {
		if !rating.None() && !w.Method.Within(rating) {
			fault(field, fmt.Sprintf("%d and %d: the likelihood goes from 1 to %d, the consequence from 1 to %d", rating.Likelihood, rating.Consequence, len(w.Method.Likelihood), len(w.Method.Consequence)))
		}
	}
	if !r.Current.None() && r.Inherent.None() {
		fault("inherent", "say first what the risk is without any control")
	}
	r.checkTreatment(w, fault)
}

func (r Risk) checkTreatment(w World, fault func(field, says string)) {
	t := r.Treatment
	if t.Option != "" && !slices.Contains(Options(), t.Option) {
		fault("treatment.option", fmt.Sprintf("%q is none of %s", t.Option, strict.OneOf(Options())))
	}
	if t.Option == "" && (len(t.Actions) > 0 || !t.Target.None()) {
		fault("treatment.option", "there is something to do and no option; say "+strict.OneOf(Options()))
	}
	if (t.Option == Modify || t.Option == Share) && len(t.Actions) == 0 {
		fault("treatment.actions", "to "+string(t.Option)+" a risk something has to be done; say what")
	}
	if (t.Option == Modify || t.Option == Share) && t.Target.None() {
		fault("treatment.target", "say what is expected to be left once it is done")
	}
	if len(t.Actions) > 100 {
		fault("treatment.actions", "a treatment has 100 steps at most")
	}
	for i, s := range t.Actions {
		at := fmt.Sprintf("treatment.actions[%d]", i)
		if strings.TrimSpace(s.What) == "" || len(s.What) > 4000 {
			fault(at+".what", "say what is to be done, in 4,000 bytes at most")
		}
		for field, day := range map[string]Day{".due": s.Due, ".done": s.Done} {
			if !day.Valid() {
				fault(at+field, fmt.Sprintf("%q is no day; write it like 2026-12-31", day))
			}
		}
		r.checkPerson(w, at+".owner", s.Owner, fault)
	}
}

// checkPerson accepts any owner while the scope keeps no people.
func (r Risk) checkPerson(w World, field, id string, fault func(field, says string)) {
	if p, ok := w.Scope.Person(id); id != "" && len(w.Scope.People) > 0 && (!ok || !p.Active && r.Closed == "") {
		fault(field, fmt.Sprintf("nobody in the scope is called %q, or the person has left", id))
	}
}
