// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/internal/strict"
	"demarc.dev/demarc/scope"
)

// statementFile is the YAML of a statement.
type statementFile struct {
	Service  string    `yaml:"service"`
	Provider string    `yaml:"provider,omitempty"`
	Title    string    `yaml:"title"`
	Date     string    `yaml:"date,omitempty"`
	Rows     []rowFile `yaml:"rows"`
}

type rowFile struct {
	Ref  string `yaml:"ref"`
	Who  string `yaml:"who"`
	Text string `yaml:"text,omitempty"`
}

// statementReader finds what is wrong with a statement.
type statementReader struct {
	doc   *strict.Doc
	book  *book // of any edition: it is asked for names only
	scope *scope.Scope
}

// StatementOptions say what a file of a statement does not say itself.
type StatementOptions struct {
	Service  string // scope.Service.ID; a YAML file may name it
	Provider string
	Title    string // empty: the file's name
	Date     string // 2006-01-02
	// Framework of the catalogue whose ids a questionnaire uses, such as
	// ccm-4.1.0. Empty: taken from the version in the file's name or title lines.
	Framework string
}

func parseStatement(file string, data []byte, o StatementOptions, b *book, s *scope.Scope) (*Statement, error) {
	r := &statementReader{book: b, scope: s}
	var out *Statement
	if isYAML(file, data) {
		out = r.yaml(file, data, o)
	} else {
		out = r.csv(file, data, o)
	}
	if r.doc.Err() == nil {
		r.head(out)
	}
	if err := r.doc.Err(); err != nil {
		return nil, err
	}
	out.File = file
	return out, nil
}

// isYAML goes by the file's name, and by what stands in it when the name says
// nothing.
func isYAML(file string, data []byte) bool {
	name := strings.ToLower(file)
	switch {
	case strings.HasSuffix(name, ".yaml"), strings.HasSuffix(name, ".yml"):
		return true
	case strings.HasSuffix(name, ".csv"), strings.HasSuffix(name, ".tsv"):
		return false
	}
	return bytes.HasPrefix(data, []byte("rows:")) || bytes.Contains(data, []byte("\nrows:"))
}

func (r *statementReader) yaml(file string, data []byte, o StatementOptions) *Statement {
	f := new(statementFile)
	r.doc = strict.Read(file, data, f)
	if faults := r.doc.Faults(); len(faults) == 1 && faults[0].Field == "" {
		return nil
	}
	out := &Statement{Service: first(f.Service, o.Service), Provider: first(f.Provider, o.Provider), Title: first(f.Title, o.Title, file), Date: first(f.Date, o.Date)}
	if o.Service != "" && f.Service != "" && o.Service != f.Service {
		r.doc.Fault("service", "the statement is about %.80q, and was given for %q", f.Service, o.Service)
	}
	for i, row := range f.Rows {
		if r.doc.Full() {
			break
		}
		at := fmt.Sprintf("rows[%d]", i)
		who, ok := whoOf(row.Who)
		if !ok {
			r.doc.Fault(at+".who", "%s", unclearWho(row.Who))
		}
		line := r.doc.Line(at)
		r.ref(r.doc.Line(at+".ref"), at+".ref", row.Ref)
		out.Rows = append(out.Rows, StatementRow{Ref: strings.TrimSpace(row.Ref), Who: who, Text: row.Text, Line: line})
	}
	return out
}

// head looks at what holds for the whole statement.
func (r *statementReader) head(s *Statement) {
	switch {
	case s.Service == "":
		r.doc.Fault("service", "it is missing; say which service of the scope the statement is about")
	case r.scope != nil:
		service, ok := r.scope.Service(s.Service)
		if !ok {
			r.doc.Fault("service", "the scope has no service %.80q%s", s.Service, strict.DidYouMean(s.Service, r.scope.ServiceIDs()))
		} else if s.Provider == "" {
			s.Provider = service.Provider
		}
	}
	if _, err := time.Parse(dayLayout, s.Date); err != nil && s.Date != "" {
		r.doc.Fault("date", "%.40q is not a day such as 2026-03-31", s.Date)
	}
	if len(s.Rows) == 0 {
		r.doc.Fault("rows", "the statement says nothing about any duty")
	}
}

// ref looks whether a reference names something.
func (r *statementReader) ref(line int, at, ref string) {
	switch {
	case strings.TrimSpace(ref) == "":
		r.doc.At(line, at, "it is missing; write the id of a duty or the key of a control")
	case !r.book.known(ref):
		r.doc.At(line, at, "the catalogue has no duty and no control %.80q%s", ref, strict.DidYouMean(ref, slices.Concat(r.book.keys, r.book.everyID())))
	}
}

func unclearWho(word string) string {
	if strings.TrimSpace(word) == "" {
		return "it is missing; it is one of customer, provider, both, nobody"
	}
	return fmt.Sprintf("%.60q is not one of customer, provider, both, nobody, nor a word of a questionnaire such as CSP-owned", word)
}

// whoOf reads who performs, in our words or in those of questionnaires and
// published matrices. What a third party does for the provider is on the
// provider's side.
func whoOf(word string) (Who, bool) {
	plain := strings.Join(strings.FieldsFunc(strings.ToLower(word), func(r rune) bool {
		return r != '3' && (r < 'a' || r > 'z')
	}), " ")
	switch plain {
	case "customer", "csc", "csc owned", "customer owned", "customer responsibility", "consumer", "client", "tenant", "user":
		return ByCustomer, true
	case "provider", "csp", "csp owned", "provider owned", "provider responsibility", "vendor", "inherited", "fully inherited",
		"3rd party outsourced", "third party outsourced", "3rd party", "third party", "shared csp and 3rd party", "shared csp and third party", "csp and 3rd party":
		return ByProvider, true
	case "both", "shared", "shared csp and csc", "shared csc and csp", "csp and csc", "csc and csp", "customer and provider", "provider and customer",
		"shared responsibility", "hybrid", "partially inherited":
		return ByBoth, true
	case "nobody", "none", "no one", "neither":
		return ByNobody, true
	}
	return "", false
}

func first(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}
