// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"fmt"
	"regexp"
	"strings"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/scope"
)

// line is one duty of a service with the matrix's line for it.
type line struct {
	*review
	service scope.Service
	matrix  Matrix
	duty    entry
	Allocation
}

// lineRule finds at most one fault of a line; an empty why is none.
type lineRule struct {
	rule Rule
	base Severity
	find func(line) (why, fix string)
}

func lineRules() []lineRule {
	return []lineRule{
		{Gap, High, line.gap},
		{Overlap, Medium, line.overlap},
		{OrphanShared, Medium, line.orphan},
		{TwoAccountable, Medium, line.twoAccountable},
		{AssumptionOnly, Medium, line.assumption},
		{ContractMismatch, Medium, line.contract},
		{NoEvidence, Low, line.evidence},
		{ModelAnomaly, Low, line.anomaly},
		{OwnerLeft, Medium, line.ownerLeft},
	}
}

func (r *review) line(s scope.Service, m Matrix, d entry) {
	a, ok := r.lines[s.ID][d.ID]
	l := line{review: r, service: s, matrix: m, duty: d, Allocation: a}
	if !ok {
		r.find(Gap, High, s, d.ID, fmt.Sprintf("The matrix of %s has no line for %s, so nobody is given the work.", name(s), d.ID),
			fmt.Sprintf("Add a line for %s that says what %s and what %s do.", d.ID, l.called(catalogue.Customer), l.called(catalogue.Provider)), nil)
		return
	}
	for _, rule := range lineRules() {
		why, fix := rule.find(l)
		r.find(rule.rule, rule.base, s, d.ID, why, fix, nil)
	}
	why, fix, base := l.statement()
	r.find(StatementMismatch, base, s, d.ID, why, fix, nil)
}

// called names a party with its side: "Postrider as provider".
func (l line) called(p catalogue.Party) string {
	n := l.party(l.service, l.matrix, p)
	if n == "the "+string(p) {
		return n
	}
	return n + " as " + string(p)
}

// what names the duty: "12.3.1-C2 of Amazon Web Services".
func (l line) what() string { return l.duty.ID + " of " + name(l.service) }

func (l line) ours() catalogue.Party  { return l.service.Party() }
func (l line) other() catalogue.Party { return l.service.Other() }

func (l line) gap() (string, string) {
	if l.Who() != ByNobody {
		return "", ""
	}
	return fmt.Sprintf("Nobody performs %s: neither %s nor %s is given the work.", l.what(), l.called(catalogue.Customer), l.called(catalogue.Provider)),
		fmt.Sprintf("Agree who performs %s, name the person, and write what the agreement rests on.", l.duty.ID)
}

func (l line) overlap() (string, string) {
	if l.Who() != ByBoth || strings.TrimSpace(l.Split) != "" {
		return "", ""
	}
	return fmt.Sprintf("Both %s and %s perform %s, and nothing says who does which part.", l.called(catalogue.Customer), l.called(catalogue.Provider), l.what()),
		fmt.Sprintf("Write in split which part of %s each of them does, or leave the work to one.", l.duty.ID)
}

func (l line) orphan() (string, string) {
	if l.Who() != ByBoth {
		return "", ""
	}
	var unnamed []string
	for _, p := range []catalogue.Party{catalogue.Customer, catalogue.Provider} {
		if strings.TrimSpace(l.Owner(p)) == "" {
			unnamed = append(unnamed, l.called(p))
		}
	}
	if len(unnamed) == 0 {
		return "", ""
	}
	return fmt.Sprintf("%s is shared, and nobody is named for %s: each side may wait for the other.", capital(l.what()), strings.Join(unnamed, " and for ")),
		fmt.Sprintf("Name for %s who does the part of %s.", l.duty.ID, strings.Join(unnamed, " and that of "))
}

func (l line) twoAccountable() (string, string) {
	if !l.Customer.Accountable() || !l.Provider.Accountable() {
		return "", ""
	}
	return fmt.Sprintf("Both %s and %s are accountable for %s; in a dispute nobody is.", l.called(catalogue.Customer), l.called(catalogue.Provider), l.what()),
		fmt.Sprintf("Leave the accountability for %s to one of them, to %s when the agreement does not say otherwise.", l.duty.ID, l.called(l.duty.Party))
}

// assumption looks at critical duties for whose work we count on the other
// side. Our own control is no basis for what others do, and a statement that is
// not named is none.
func (l line) assumption() (string, string) {
	if !l.book.weighty(l.service, l.duty) || !l.Share(l.other()).Performs() {
		return "", ""
	}
	switch {
	case l.Basis.Kind == ContractClause:
		return "", ""
	case l.Basis.Kind == ProviderStatement && strings.TrimSpace(l.Basis.Reference) != "":
		return "", ""
	}
	rests := map[BasisKind]string{
		Assumption:        "an assumption",
		DefaultBasis:      "the default of the catalogue, which nobody has looked at",
		InternalControl:   "a control of our own, which does not bind the other side",
		ProviderStatement: "a statement that is not named",
	}[l.Basis.Kind]
	return fmt.Sprintf("%s is left to %s on the strength of %s; no clause and no statement says so, and the duty is critical.", capital(l.what()), l.called(l.other()), first(rests, "nothing")),
		fmt.Sprintf("Find the clause of the agreement or the statement of %s that covers %s and write it as basis and reference, or do the work yourselves.", l.party(l.service, l.matrix, l.other()), l.duty.ID)
}

// contract looks at lines that claim a contract.
func (l line) contract() (string, string) {
	if l.Basis.Kind != ContractClause {
		return "", ""
	}
	reference := strings.TrimSpace(l.Basis.Reference)
	agreement := strings.TrimSpace(first(l.matrix.Agreement, l.service.Agreement))
	place := reference // within the agreement, whose own name may hold a number
	if agreement != "" {
		place = strings.ReplaceAll(reference, agreement, " ")
	}
	switch {
	case reference == "":
		return fmt.Sprintf("%s is said to rest on a contract, and no clause is named.", capital(l.what())),
			fmt.Sprintf("Write the agreement and its clause for %s as reference, such as MSA 2024, 7.3(b).", l.duty.ID)
	case !namesClause(place):
		return fmt.Sprintf("%s is said to rest on %q, which names no clause.", capital(l.what()), reference),
			fmt.Sprintf("Add the number of the clause that covers %s; when there is none, the basis is an assumption.", l.duty.ID)
	case agreement == "":
		return fmt.Sprintf("%s is said to rest on %q, while neither the matrix nor the service names an agreement in force.", capital(l.what()), reference),
			fmt.Sprintf("Write the agreement of %s in the matrix and in the scope, or take the claim back.", name(l.service))
	}
	return "", ""
}

// namesClause tells whether a reference names a place in a document and not the
// document alone: "7.3(b)", "section 4", "§ 9", "MSA 2024, 12".
func namesClause(reference string) bool {
	return clauseNumber.MatchString(strings.TrimSpace(reference))
}

// clauseNumber never changes; it is compiled once because thousands of lines
// may ask it.
var clauseNumber = regexp.MustCompile(`(?i)§|\b(clauses?|sections?|sec|articles?|art|annex|schedule|exhibit|appendix|paragraphs?|para)\b\.?\s*(\d|\(|[a-z]\b|[ivx]+\b)|` +
	`\b\d+(\.\d+)+|\b\d+\s*\([a-z0-9]+\)|(^|[,;:]\s*)\d{1,3}\b`)

// statement compares with what the provider says itself.
func (l line) statement() (why, fix string, base Severity) {
	s, ok := l.said[l.service.ID][l.duty.ID]
	if !ok || s.who == l.Who() {
		return "", "", Medium
	}
	base = Medium
	if l.Provider.Performs() && (s.who == ByCustomer || s.who == ByNobody) {
		base = High // work that is counted on is refused
	}
	of := ""
	if !s.exact {
		of = " of the whole control " + s.row.Ref
	}
	return fmt.Sprintf("By the matrix %s is performed %s; the provider's statement %q says%s: %s.", l.what(), l.by(l.Who()), s.title, of, l.by(s.who)),
		fmt.Sprintf("Settle with %s who performs %s, then correct the line or have the statement corrected.", l.party(l.service, l.matrix, catalogue.Provider), l.what()), base
}

// by says by whom the duty is performed.
func (l line) by(w Who) string {
	switch w {
	case ByCustomer:
		return "by " + l.called(catalogue.Customer)
	case ByProvider:
		return "by " + l.called(catalogue.Provider)
	case ByBoth:
		return "by both sides"
	}
	return "by nobody"
}

// evidence looks at work for which we count on a provider. Our own work is
// shown by checks and attestations, which an assessment weighs, and what our
// customers do is not ours to prove.
func (l line) evidence() (string, string) {
	if l.service.Role != scope.Consumes || !l.Provider.Performs() || len(l.Evidence) > 0 {
		return "", ""
	}
	return fmt.Sprintf("Nothing shows that %s is performed by %s: the line names no evidence.", l.what(), l.called(catalogue.Provider)),
		fmt.Sprintf("Ask %s for a current report, certificate or record that covers %s and name it as evidence.", l.party(l.service, l.matrix, catalogue.Provider), l.duty.ID)
}

func (l line) anomaly() (string, string) {
	customer, provider, ok := l.book.usual(l.service.Model, l.duty.ID)
	usual := Allocation{Customer: customer, Provider: provider}.Who()
	if !ok || usual == l.Who() || strings.TrimSpace(l.Rationale) != "" {
		return "", ""
	}
	return fmt.Sprintf("Under %s %s is usually performed %s; here %s, and no reason is written.", l.service.Model.Name(), l.what(), l.by(usual), l.by(l.Who())),
		fmt.Sprintf("Write as rationale why %s differs, or correct the line.", l.duty.ID)
}

// ownerLeft looks at the person of our side.
func (l line) ownerLeft() (string, string) {
	owner := strings.TrimSpace(l.Owner(l.ours()))
	state := l.left(owner)
	if state == "" {
		return "", ""
	}
	return fmt.Sprintf("%s, named for %s on the side of %s, %s.", owner, l.what(), l.called(l.ours()), state),
		fmt.Sprintf("Name somebody else of %s for %s.", l.party(l.service, l.matrix, l.ours()), l.duty.ID)
}

// left says in which way a person is gone, "" when they are not or when no
// people are kept.
func (r *review) left(id string) string {
	if id == "" || len(r.scope.People) == 0 {
		return ""
	}
	switch p, ok := r.scope.Person(id); {
	case !ok:
		return "is not among the people of the scope"
	case !p.Active:
		return "has left"
	}
	return ""
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
