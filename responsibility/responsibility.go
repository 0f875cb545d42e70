// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"time"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/scope"
)

// Input is everything that the rules look at.
type Input struct {
	Catalogue  *catalogue.Catalogue
	Scope      *scope.Scope
	Matrices   []Matrix    // of any edition and service: of several of one service and edition, the highest version is read
	Statements []Statement // what providers say: of several of one service, the newer is believed
	Edition    catalogue.Edition
	Now        time.Time // as of when sign-offs are judged
}

// Check asks the rules RM-01 to RM-13 about every service of the scope and
// every duty of the edition. The worst findings come first, then those of the
// same service together, in the order of the catalogue. A rule finds at most
// one thing about a duty of a service. Matrices of services out of scope are
// not looked at.
func Check(in Input) []Finding { return in.review().run() }

// Verdicts gives exactly one verdict for every service of the scope and every
// duty of the edition: by the id of the service, then in the order of the
// catalogue. Findings about a matrix as a whole stand in no verdict.
func Verdicts(in Input) []Verdict { return in.review().verdicts() }

func (in Input) review() *review {
	return newReview(bookOf(in.Catalogue, in.Edition), in.Scope, in.Matrices, in.Statements, in.Now)
}

// Default gives the matrix that the catalogue proposes for a service: a draft
// whose every line rests on the default, which nobody has looked at yet.
func Default(cat *catalogue.Catalogue, service scope.Service, edition catalogue.Edition) *Matrix {
	return defaults(bookOf(cat, edition), service)
}

// DefaultLine gives the line that the catalogue proposes for one duty; false
// when the duty or the model is unknown.
func DefaultLine(cat *catalogue.Catalogue, model catalogue.ServiceModel, duty string) (Allocation, bool) {
	customer, provider, ok := usualOf(cat)(model, duty)
	return Allocation{Duty: duty, Customer: customer, Provider: provider, Basis: Basis{Kind: DefaultBasis}}, ok
}

// ParseMatrix reads a matrix; the package comment shows the format. The error
// is a problem that tells every fault; the strict.Faults are in its chain. file
// is the name used in messages. Without a scope, services and people are not
// looked at. Lines are put in the order of the catalogue. It is safe for foreign
// input.
func ParseMatrix(file string, data []byte, cat *catalogue.Catalogue, s *scope.Scope) (*Matrix, error) {
	return parseMatrix(file, data, func(e catalogue.Edition) *book { return bookOf(cat, e) }, s)
}

// EncodeMatrix gives the file of a matrix, with the number and title of each
// control and the words of each duty as comments. ParseMatrix gives the same
// Matrix back, in the order of the catalogue; the same Matrix gives the same
// bytes. The error tells the faults of a Matrix that ParseMatrix would refuse.
func EncodeMatrix(m Matrix, cat *catalogue.Catalogue) ([]byte, error) {
	return encodeMatrix(m, bookOf(cat, m.Edition))
}

// ParseStatement reads what a provider says about who does what, as YAML or as
// CSV by the file's name. The YAML:
//
//	service: aws
//	provider: Amazon Web Services
//	title: Shared responsibility of 2026
//	date: 2026-03-01
//	rows:
//	  - {ref: backup, who: customer, text: …}   # ref: a duty, or a control by key or number
//
// The CSV has the columns id, who and text. A questionnaire such as CAIQ, with
// a question id or control id and an SSRM control ownership, is read too: its
// title lines, unanswered and not applicable rows are left out, questions of a
// framework that the catalogue maps become rows about the operational duties of
// the controls that correspond, and what it asks beyond is kept (see Unmatched). Who is customer, provider, both,
// nobody, or a word of questionnaires such as "CSP-owned" or "Shared CSP and
// CSC". The error tells every fault. It is safe for foreign input.
func ParseStatement(file string, data []byte, o StatementOptions, cat *catalogue.Catalogue, s *scope.Scope) (*Statement, error) {
	b := bookOf(cat, "")
	b.mapped = map[[2]string][]string{}
	for _, f := range cat.Frameworks() {
		b.frameworks = append(b.frameworks, f.ID)
	}
	for _, m := range cat.Mappings() {
		key := [2]string{m.Framework, m.ID}
		b.mapped[key] = append(b.mapped[key], m.Control)
	}
	return parseStatement(file, data, o, b, s)
}

// CompareStatement gives the duties of the matrix's edition of which the
// statement says that others perform than the matrix does.
func CompareStatement(m Matrix, st Statement, cat *catalogue.Catalogue) []Difference {
	return compareStatement(bookOf(cat, m.Edition), m, st)
}

// Unmatched gives the rows of a statement that name no duty and no control of
// the edition.
func Unmatched(st Statement, cat *catalogue.Catalogue, edition catalogue.Edition) []StatementRow {
	return bookOf(cat, edition).unmatched(st)
}

func bookOf(cat *catalogue.Catalogue, edition catalogue.Edition) *book {
	return newBook(cat.Controls(), edition, usualOf(cat))
}

func usualOf(cat *catalogue.Catalogue) usual {
	return func(model catalogue.ServiceModel, duty string) (customer, provider Share, ok bool) {
		d, ok := cat.Default(model, duty)
		return Share(d.Customer), Share(d.Provider), ok
	}
}
