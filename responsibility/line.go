// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/internal/strict"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/scope"
)

// The most that a line of a matrix holds, in a file as in a form.
const (
	textMost     = 4000 // characters of split, rationale and note
	nameMost     = 400  // characters of a name, of a reference and of one evidence
	evidenceMost = 50   // evidences
)

// Shares gives what one party can do for a duty, as the format lists them.
func Shares() []Share { return []Share{None, Performs, Accounts, SharesBoth} }

// BasisKinds gives what an allocation can rest on, the strongest first.
func BasisKinds() []BasisKind {
	return []BasisKind{ContractClause, ProviderStatement, InternalControl, Assumption, DefaultBasis}
}

// LineFault is what is wrong with one field of a line. Field is that of the
// YAML: "customer", "customer_owner", "evidence[2]".
type LineFault struct{ Duty, Field, Says string }

// LineFaults are all that is wrong with some lines.
type LineFaults []LineFault

// Error gives one line a fault.
func (f LineFaults) Error() string {
	out := make([]string, len(f))
	for i, x := range f {
		out[i] = x.Duty + ": " + x.Field + ": " + x.Says
	}
	return strings.Join(out, "\n")
}

// CheckLines looks for every fault of lines that a person wrote for a service:
// what a matrix file may not say, a line may not. Whether they are wise is for
// the rules. The error is a problem with LineFaults in its chain.
func CheckLines(lines []Allocation, service scope.Service, s *scope.Scope, cat *catalogue.Catalogue, ed catalogue.Edition) error {
	return checkLines(lines, service, s, bookOf(cat, ed))
}

func checkLines(lines []Allocation, service scope.Service, s *scope.Scope, b *book) error {
	var out LineFaults
	seen := map[string]bool{}
	for _, l := range lines {
		tell := func(field, says string) { out = append(out, LineFault{l.Duty, field, says}) }
		switch e, known := b.byID[l.Duty]; {
		case !known:
			tell("duty", fmt.Sprintf("the catalogue has no duty %.80q%s", l.Duty, strict.DidYouMean(l.Duty, b.ids())))
		case !e.in:
			tell("duty", fmt.Sprintf("the duty %s does not stand in the edition of %s", l.Duty, b.edition))
		case seen[l.Duty]:
			tell("duty", "two lines are about it")
		}
		seen[l.Duty] = true
		lineFaults(l, service, s, tell)
	}
	if len(out) == 0 {
		return nil
	}
	hint := "mend it and save again"
	if len(out) > 1 {
		hint = fmt.Sprintf("mend these %d faults and save again", len(out))
	}
	return problem.New(problem.Invalid, out.Error(), hint).Wrap(out)
}

// lineFaults tells every fault of a line but those of its duty. Without a scope,
// people are not looked at.
func lineFaults(l Allocation, service scope.Service, s *scope.Scope, tell func(field, says string)) {
	oneOf(tell, "customer", l.Customer, Shares())
	oneOf(tell, "provider", l.Provider, Shares())
	oneOf(tell, "basis", l.Basis.Kind, BasisKinds())
	short(tell, "reference", l.Basis.Reference, nameMost)
	short(tell, "split", l.Split, textMost)
	short(tell, "customer_owner", l.CustomerOwner, nameMost)
	short(tell, "provider_contact", l.ProviderContact, nameMost)
	short(tell, "rationale", l.Rationale, textMost)
	short(tell, "note", l.Note, textMost)
	if len(l.Evidence) > evidenceMost {
		tell("evidence", fmt.Sprintf("%d are named; name at most %d, and put the others behind one reference", len(l.Evidence), evidenceMost))
	}
	for i, e := range l.Evidence {
		field := fmt.Sprintf("evidence[%d]", i)
		if strings.TrimSpace(e) == "" {
			tell(field, "it is empty")
		}
		short(tell, field, e, nameMost)
	}
	ownerFaults(l, service, s, tell)
}

// ownerFaults looks for the person of our side; people of the other side are its
// own affair.
func ownerFaults(l Allocation, service scope.Service, s *scope.Scope, tell func(field, says string)) {
	field, id := "customer_owner", l.CustomerOwner
	if service.Party() == catalogue.Provider {
		field, id = "provider_contact", l.ProviderContact
	}
	if s == nil || len(s.People) == 0 || id == "" {
		return
	}
	if _, ok := s.Person(id); !ok {
		ids := make([]string, len(s.People))
		for i, p := range s.People {
			ids[i] = p.ID
		}
		tell(field, fmt.Sprintf("people of the scope has nobody with the id %.80q%s", id, strict.DidYouMean(id, ids)))
	}
}

func short(tell func(field, says string), field, text string, most int) {
	if n := utf8.RuneCountInString(text); n > most {
		tell(field, fmt.Sprintf("it has %d characters; the most is %d", n, most))
	}
}

// oneOf finds a word that the format does not know.
func oneOf[S ~string](tell func(field, says string), field string, w S, allowed []S) {
	if slices.Contains(allowed, w) {
		return
	}
	if w == "" {
		tell(field, "it is missing; it is one of "+strict.OneOf(allowed))
		return
	}
	words := make([]string, len(allowed))
	for i, a := range allowed {
		words[i] = string(a)
	}
	tell(field, fmt.Sprintf("%.40q is not one of %s%s", string(w), strict.OneOf(allowed), strict.DidYouMean(string(w), words)))
}

// WithLines gives the matrix with lines in the place of those of the same
// duties, in the order of the catalogue. The matrix that is handed in stays as
// it is; of two lines of one duty the last counts.
func WithLines(m Matrix, lines []Allocation, cat *catalogue.Catalogue) Matrix {
	return withLines(m, lines, bookOf(cat, m.Edition))
}

func withLines(m Matrix, lines []Allocation, b *book) Matrix {
	fresh := map[string]Allocation{}
	for _, l := range lines {
		fresh[l.Duty] = l
	}
	var all []Allocation
	for _, l := range m.Allocations {
		if next, ok := fresh[l.Duty]; ok {
			l = next
			delete(fresh, l.Duty)
		}
		all = append(all, l)
	}
	for _, l := range fresh { // in any order: they are sorted below, each in its one place
		all = append(all, l)
	}
	m.Allocations = sortedLines(all, b)
	return m
}
