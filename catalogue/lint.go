// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
)

//go:embed data/framework data/control data/mapping data/threat
var files embed.FS

// Lint reads the files that the catalogue was made from and tells every fault,
// by file and line; none when all is well. A mapping has two ends that exist, a
// known relation and a source, and stands once; a control has clauses, duties,
// proofs and a threat that it treats; a duty keeps its number.
func Lint() []Fault {
	data, err := fs.Sub(files, "data")
	if err != nil {
		return []Fault{{File: "data", Says: err.Error()}}
	}
	return LintFiles(data)
}

// LintFiles is Lint for the files under fsys, whose root is the folder data.
func LintFiles(fsys fs.FS) []Fault {
	s := readSource(fsys)
	s.lintEditions()
	s.lintControls()
	s.lintSections()
	s.lintClauses()
	s.lintFrameworks()
	s.lintMappings()
	s.lintCrossings()
	s.lintThreats()
	s.lintCitations()
	s.lintFolders()
	slices.SortStableFunc(s.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Field, b.Field))
	})
	return s.faults
}

var (
	keyShape     = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	versionShape = regexp.MustCompile(`^20[0-9]{2}\.[0-9]{2}(\.[0-9]+)?$`)
	dutyShape    = regexp.MustCompile(`^((?:CLD\.)?[0-9.]+)-([CP])([1-9][0-9]*)$`)
	clauseShape  = map[Edition]*regexp.Regexp{
		Edition2015: regexp.MustCompile(`^(CLD\.)?[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2}$`),
		Edition2026: regexp.MustCompile(`^[5-8]\.[0-9]{1,2}$`),
	}
)

// one notes a fault when the word is none of those allowed.
func (s *source) one(file, field, word string, allowed ...string) {
	if !slices.Contains(allowed, word) {
		s.at(file, field, "%.60q is none of %s", word, strings.Join(allowed, ", "))
	}
}

// given notes a fault when a text is missing or has blanks around it.
func (s *source) given(file, field, text string) {
	switch {
	case text == "":
		s.at(file, field, "is missing")
	case strings.TrimSpace(text) != text || strings.Contains(text, "\n"):
		s.at(file, field, "begins or ends with a blank, or has more than one line")
	}
}

// once notes a fault when a value was seen before.
func (s *source) once(seen map[string]bool, value, file string, line int, field string) {
	if seen[value] {
		s.fault(file, line, field, "%.80q stands twice", value)
	}
	seen[value] = true
}

func (s *source) lintEditions() {
	if !versionShape.MatchString(s.book.Version) {
		s.at(editionFile, "version", "%.40q is no version such as 2026.11", s.book.Version)
	}
	seen := map[string]bool{}
	for i, e := range s.book.Editions {
		at := fmt.Sprintf("editions[%d]", i)
		s.one(editionFile, at+".id", string(e.ID), string(Edition2015), string(Edition2026))
		s.given(editionFile, at+".title", e.Title)
		s.given(editionFile, at+".status", e.Status)
		s.once(seen, "edition "+string(e.ID), editionFile, lineOf(s.roots[editionFile], at), at+".id")
	}
	for i, t := range s.book.Themes {
		at := fmt.Sprintf("themes[%d]", i)
		s.one(editionFile, at+".edition", string(t.Edition), string(Edition2015), string(Edition2026))
		s.given(editionFile, at+".title", t.Title)
		s.once(seen, string(t.Edition)+" "+t.ID, editionFile, lineOf(s.roots[editionFile], at), at+".id")
		if len(t.Controls) == 0 {
			s.at(editionFile, at, "no control stands under %s of %s", t.ID, t.Edition)
		}
	}
	for i, key := range s.order {
		at := fmt.Sprintf("controls[%d]", i)
		s.once(seen, "control "+key, editionFile, lineOf(s.roots[editionFile], at), at)
	}
}

func (s *source) lintControls() {
	duties := map[string]bool{}
	for _, c := range s.book.Controls {
		s.lintControl(c)
		s.lintPlaces(c)
		s.lintDuties(c, duties)
	}
}

func (s *source) lintControl(c Control) {
	file := controlFile(c.Key)
	if !keyShape.MatchString(c.Key) {
		s.at(file, "key", "%.60q is no key such as shared-roles", c.Key)
	}
	s.given(file, "title", c.Title)
	s.given(file, "objective", c.Objective)
	s.one(file, "automation", c.Automation, "high", "medium", "low", "none")
	for _, model := range []ServiceModel{IaaS, PaaS, SaaS} {
		s.one(file, "operates."+string(model), string(c.Operates[model]), string(ByCustomer), string(ByProvider), string(Shared))
	}
	if len(c.Operates) > 3 {
		s.at(file, "operates", "names a service model other than iaas, paas and saas")
	}
	if len(c.Documents)+len(c.Records)+len(c.States) == 0 {
		s.at(file, "documents", "nothing proves the control: name documents, records or states")
	}
	for field, list := range map[string][]string{"documents": c.Documents, "records": c.Records, "states": c.States, "words": c.Words} {
		seen := map[string]bool{}
		for i, text := range list {
			at := fmt.Sprintf("%s[%d]", field, i)
			s.given(file, at, text)
			s.once(seen, fold(text), file, lineOf(s.roots[file], at), at)
		}
	}
	for i, a := range c.Asks {
		at := fmt.Sprintf("asks[%d]", i)
		s.one(file, at+".party", a.Party, string(Customer), string(Provider), "both")
		s.given(file, at+".text", a.Text)
	}
	if !slices.ContainsFunc(s.book.Threats, func(t Threat) bool { return slices.Contains(t.Controls, c.Key) }) {
		s.at(file, "", "it treats no threat of %s", threatFile)
	}
}

// lintPlaces looks at where the editions place a control.
func (s *source) lintPlaces(c Control) {
	file, seen := controlFile(c.Key), map[string]bool{}
	if len(c.Clauses) == 0 {
		s.at(file, "clauses", "no edition has a place for the control")
	}
	for i, l := range c.Clauses {
		at := fmt.Sprintf("clauses[%d]", i)
		shape := clauseShape[l.Edition]
		if shape == nil {
			s.at(file, at+".edition", "%.20q is neither 2015 nor 2026", l.Edition)
			continue
		}
		if !shape.MatchString(l.ID) {
			s.at(file, at+".id", "%.40q is no number of the edition of %s", l.ID, l.Edition)
		}
		s.given(file, at+".title", l.Title)
		s.given(file, at+".certainty", l.Certainty)
		s.once(seen, string(l.Edition)+" "+l.ID, file, lineOf(s.roots[file], at), at+".id")
		switch {
		case i == 0:
			s.one(file, at+".relation", l.Relation, RelationSource, RelationNew)
		default:
			s.one(file, at+".relation", l.Relation, RelationSuccessor, RelationPart, RelationDropped)
		}
		if l.Edition == Edition2026 {
			s.lintPlace2026(file, at, l)
		}
	}
}

// lintPlace2026 compares a place with the list of the edition's clauses.
func (s *source) lintPlace2026(file, at string, l Clause) {
	i := slices.IndexFunc(s.book.Sections, func(v Section) bool { return v.ID == l.ID })
	if i < 0 {
		s.at(file, at+".id", "%s does not have %.40q", sectionFile, l.ID)
		return
	}
	section := s.book.Sections[i]
	if section.Title != l.Title {
		s.at(file, at+".title", "is %.120q, but %s says %q", l.Title, sectionFile, section.Title)
	}
	if (l.Relation == RelationDropped) != (section.Guidance == "none") {
		s.at(file, at+".relation", "is %q, but the cloud guidance of %s speaks to %s", l.Relation, l.ID, section.Guidance)
	}
}

// lintDuties looks at the duties of a control; seen holds the ids of all.
func (s *source) lintDuties(c Control, seen map[string]bool) {
	file, count, last := controlFile(c.Key), map[string]int{}, Party("")
	if len(c.Duties) == 0 {
		s.at(file, "duties", "the control asks nothing of anybody")
	}
	for i, d := range c.Duties {
		at := fmt.Sprintf("duties[%d]", i)
		s.once(seen, d.ID, file, lineOf(s.roots[file], at), at+".id")
		s.lintDuty(c, d, file, at)
		if last == Provider && d.Party == Customer {
			s.at(file, at, "a duty of the customer stands after one of the provider")
		}
		last = d.Party
		if parts := dutyShape.FindStringSubmatch(d.ID); parts != nil {
			place := parts[1] + "-" + parts[2]
			if count[place]++; fmt.Sprint(count[place]) != parts[3] {
				s.at(file, at+".id", "%s should be %s%d: numbers run from 1 without a hole", d.ID, place, count[place])
			}
		}
	}
	for i, d := range c.Duties {
		if len(d.Editions) == 1 && d.Editions[0] == Edition2015 && !slices.ContainsFunc(c.Duties, func(n Duty) bool { return slices.Contains(n.Replaces, d.ID) }) {
			s.at(file, fmt.Sprintf("duties[%d].editions", i), "%s ends in 2015, and no duty of 2026 replaces it", d.ID)
		}
	}
}

func (s *source) lintDuty(c Control, d Duty, file, at string) {
	bases := []string{BasisGuidance, BasisTheme, BasisPractice}
	s.one(file, at+".party", string(d.Party), string(Customer), string(Provider))
	s.one(file, at+".basis", d.Basis, bases...)
	s.given(file, at+".text", d.Text)
	if parts := dutyShape.FindStringSubmatch(d.ID); parts == nil {
		s.at(file, at+".id", "%.60q is no id such as 12.3.1-C2", d.ID)
	} else {
		if (parts[2] == "C") != (d.Party == Customer) {
			s.at(file, at+".party", "%s is of the %s by its letter, but the party is %.20q", d.ID, map[string]Party{"C": Customer, "P": Provider}[parts[2]], d.Party)
		}
		if !slices.ContainsFunc(c.Clauses, func(l Clause) bool { return l.ID == parts[1] }) {
			s.at(file, at+".id", "the control has no clause %s", parts[1])
		}
	}
	if d.Basis2026 != "" {
		s.one(file, at+".basis_2026", d.Basis2026, bases...)
		if !d.In(Edition2026) || d.Basis2026 == d.Basis {
			s.at(file, at+".basis_2026", "says nothing: the duty does not stand in 2026, or rests on the same there")
		}
	}
	if len(d.Editions) == 0 || !slices.IsSorted(d.Editions) || len(slices.Compact(slices.Clone(d.Editions))) != len(d.Editions) {
		s.at(file, at+".editions", "must name each edition once, in order")
	}
	for _, e := range d.Editions {
		if !slices.ContainsFunc(c.Clauses, func(l Clause) bool { return l.Edition == e }) {
			s.at(file, at+".editions", "the control has no place in the edition %.20q", e)
		}
	}
	for _, old := range d.Replaces {
		i := slices.IndexFunc(c.Duties, func(v Duty) bool { return v.ID == old })
		switch {
		case i < 0:
			s.at(file, at+".replaces", "the control has no duty %.60q", old)
		case c.Duties[i].Party != d.Party:
			s.at(file, at+".replaces", "%s is a duty of the other party", old)
		case c.Duties[i].In(Edition2026) || d.In(Edition2015):
			s.at(file, at+".replaces", "%s and %s stand in the same edition", old, d.ID)
		}
	}
}

// lintSections compares the list of 2026 with the controls, from both ends.
func (s *source) lintSections() {
	seen := map[string]bool{}
	for _, v := range s.book.Sections {
		line := s.rows[sectionFile+" "+v.ID]
		s.once(seen, v.ID, sectionFile, line, "id")
		if !clauseShape[Edition2026].MatchString(v.ID) || !strings.HasPrefix(v.ID, v.Theme+".") {
			s.fault(sectionFile, line, "id", "%.40q is no number of theme %.10q", v.ID, v.Theme)
		}
		if !slices.Contains([]string{"both", "customer", "provider", "none"}, v.Guidance) {
			s.fault(sectionFile, line, "guidance", "%.40q is none of both, customer, provider, none", v.Guidance)
		}
		if v.Title == "" || v.Certainty == "" {
			s.fault(sectionFile, line, "title", "title or certainty is missing")
		}
		from, placed := map[string]bool{}, false
		for _, c := range s.book.Controls {
			if slices.ContainsFunc(c.Clauses, func(l Clause) bool { return l.Edition == Edition2026 && l.ID == v.ID }) {
				placed = true
				if c.Clauses[0].Edition == Edition2015 {
					from[c.Clauses[0].ID] = true
				}
			}
		}
		if v.Guidance != "none" && !placed {
			s.fault(sectionFile, line, "id", "%s carries cloud guidance, but no control stands there", v.ID)
		}
		if got, want := slices.Sorted(slices.Values(v.From)), slices.Sorted(maps.Keys(from)); !slices.Equal(got, want) {
			s.fault(sectionFile, line, "from_2015", "says %v, the controls say %v", got, want)
		}
	}
}
