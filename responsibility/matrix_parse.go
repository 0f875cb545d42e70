// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/internal/strict"
	"demarc.dev/demarc/scope"
)

// sortedLines gives the lines in the order of the catalogue; lines of duties
// that it does not hold come last.
func sortedLines(lines []Allocation, b *book) []Allocation {
	place := func(a Allocation) int {
		if e, ok := b.byID[a.Duty]; ok {
			return e.at
		}
		return len(b.byID)
	}
	out := slices.Clone(lines)
	slices.SortStableFunc(out, func(x, y Allocation) int {
		return cmp.Or(cmp.Compare(place(x), place(y)), strings.Compare(x.Duty, y.Duty))
	})
	return out
}

// matrixReader finds what is wrong with a matrix.
type matrixReader struct {
	doc   *strict.Doc
	file  *matrixFile
	book  *book
	scope *scope.Scope // nil: services and people are not looked at
}

func parseMatrix(file string, data []byte, books func(catalogue.Edition) *book, s *scope.Scope) (*Matrix, error) {
	f := new(matrixFile)
	doc := strict.Read(file, data, f)
	if faults := doc.Faults(); len(faults) == 1 && faults[0].Field == "" {
		return nil, doc.Err()
	}
	if !doc.Has("version") {
		f.Version = 1
	}
	if !doc.Has("controls") {
		doc.Fault("controls", "it is missing; write controls: [] for a matrix without a line")
	}
	if f.Status == "" {
		f.Status = Draft
	}
	b := books(f.Edition)
	(&matrixReader{doc: doc, file: f, book: b, scope: s}).all()
	if err := doc.Err(); err != nil {
		return nil, err
	}
	m := f.matrix(file)
	m.Allocations = sortedLines(m.Allocations, b)
	return m, nil
}

func (r *matrixReader) all() {
	f := r.file
	r.service()
	oneOf(r.tell, "edition", f.Edition, editions())
	if f.Version < 1 {
		r.doc.Fault("version", "%d is no version; the first is 1", f.Version)
	}
	if f.Status == Stale {
		r.doc.Fault("status", "stale is found by comparing the matrix with its sign-off and is never written; leave the status as it was")
	} else {
		oneOf(r.tell, "status", f.Status, []Status{Draft, InternallyAgreed, Sent, Acknowledged})
	}
	r.signOff()
	seen := map[string]string{}
	for i, c := range f.Controls {
		r.control(fmt.Sprintf("controls[%d]", i), c, seen)
		if r.doc.Full() {
			return
		}
	}
}

// tell notes a fault of a field.
func (r *matrixReader) tell(field, says string) { r.doc.Fault(field, "%s", says) }

func (r *matrixReader) service() {
	switch {
	case r.file.Service == "":
		r.doc.Fault("service", "it is missing; write the id of a service of the scope")
	case r.scope != nil:
		if _, ok := r.scope.Service(r.file.Service); !ok {
			r.doc.Fault("service", "the scope has no service %.80q%s", r.file.Service, strict.DidYouMean(r.file.Service, r.scope.ServiceIDs()))
		}
	}
}

func (r *matrixReader) signOff() {
	s := r.file.SignOff
	if s == nil {
		if slices.Contains([]Status{InternallyAgreed, Sent, Acknowledged}, r.file.Status) {
			r.doc.Fault("status", "the status is %s and nobody signed: sign the matrix, or write draft", r.file.Status)
		}
		return
	}
	if !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(s.Digest) {
		r.doc.Fault("sign_off.digest", "%.80q is no digest; sign the matrix again", s.Digest)
	}
	r.signature("by", s.By, "on", s.On, true)
	r.signature("acknowledged_by", s.AcknowledgedBy, "acknowledged_on", s.AcknowledgedOn, r.file.Status == Acknowledged)
}

func (r *matrixReader) signature(byField, by, onField, on string, needed bool) {
	if strings.TrimSpace(by) == "" && (needed || on != "") {
		r.doc.Fault("sign_off."+byField, "it is missing; say who")
	}
	if _, err := time.Parse(dayLayout, on); err != nil && (needed || by != "" || on != "") {
		r.doc.Fault("sign_off."+onField, "%.40q is not a day such as 2026-03-31", on)
	}
}

func (r *matrixReader) control(at string, c controlFile, seen map[string]string) {
	_, known := r.book.byKey[c.Control]
	switch {
	case c.Control == "":
		r.doc.Fault(at+".control", "it is missing; write the key of a control")
	case !known:
		r.doc.Fault(at+".control", "the catalogue has no control %.80q%s", c.Control, r.nearControl(c.Control))
	}
	for j, l := range c.Duties {
		if r.doc.Full() {
			return
		}
		sub := fmt.Sprintf("%s.duties[%d]", at, j)
		r.duty(sub, c, known, l.Duty, seen)
		r.line(sub, l)
	}
}

// nearControl helps who wrote the number of a control instead of its key.
func (r *matrixReader) nearControl(word string) string {
	if key := r.book.byClause[strings.ToLower(word)]; key != "" {
		return fmt.Sprintf("; did you mean %q?", key)
	}
	return strict.DidYouMean(word, r.book.keys)
}

func (r *matrixReader) duty(at string, c controlFile, knownControl bool, id string, seen map[string]string) {
	e, known := r.book.byID[id]
	path := at + ".duty"
	switch {
	case id == "":
		r.doc.Fault(path, "it is missing; write the id of a duty")
	case !known:
		r.doc.Fault(path, "the catalogue has no duty %.80q%s", id, strict.DidYouMean(id, r.book.ids()))
	case !e.in && slices.Contains(editions(), r.file.Edition):
		r.doc.Fault(path, "the duty %s does not stand in the edition of %s", id, r.file.Edition)
	case knownControl && e.Control != c.Control:
		r.doc.Fault(path, "the duty %s belongs to the control %s, not to %s", id, e.Control, c.Control)
	}
	if first, twice := seen[id]; twice && id != "" {
		r.doc.Fault(path, "the duty %.80s has a line already%s", id, r.inLine(first))
		return
	}
	seen[id] = path
}

func (r *matrixReader) inLine(path string) string {
	if line := r.doc.Line(path); line > 0 {
		return fmt.Sprintf(", in line %d", line)
	}
	return ""
}

func (r *matrixReader) line(at string, l lineFile) {
	tell := func(field, says string) { r.doc.Fault(at+"."+field, "%s", says) }
	var service scope.Service
	people := r.scope
	if people != nil {
		var ok bool
		if service, ok = people.Service(r.file.Service); !ok {
			people = nil // whose people it would be is not known
		}
	}
	lineFaults(l.allocation(), service, people, tell)
}

func editions() []catalogue.Edition {
	return []catalogue.Edition{catalogue.Edition2015, catalogue.Edition2026}
}
