// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"demarc.dev/demarc/internal/strict"
)

const (
	maxStatement = 16 << 20 // bytes of a CSV file
	maxRows      = 100_000
	maxPreamble  = 20 // lines above the line of column names
)

// columns are the places of what a row says; -1: there is no such column.
type columns struct {
	ref, who  int
	texts     []int
	foreign   bool   // a questionnaire: what it asks beyond the catalogue is kept and not a fault
	framework string // whose ids it uses
}

// csv reads a table whose first lines may be a title. Of a questionnaire, a row
// without an owner says nothing and is left out.
func (r *statementReader) csv(file string, data []byte, o StatementOptions) *Statement {
	r.doc = strict.New(file)
	if len(data) > maxStatement {
		r.doc.At(0, "", "the file has %d bytes; the most is %d", len(data), maxStatement)
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	out := &Statement{Service: o.Service, Provider: o.Provider, Title: first(o.Title, file), Date: o.Date}
	reader := csv.NewReader(bytes.NewReader(data))
	reader.Comma, reader.FieldsPerRecord, reader.LazyQuotes = separator(data), -1, true
	framework := r.framework(o, file)
	var cols *columns
	for n := 0; ; n++ {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.csvFault(err)
			break
		}
		line, _ := reader.FieldPos(0)
		switch {
		case cols == nil && n < maxPreamble:
			if cols = columnsOf(record); cols != nil {
				cols.framework = framework
			}
			framework = first(framework, r.versionIn(strings.Join(record, " ")))
		case cols == nil || r.doc.Full():
		case len(out.Rows) == maxRows:
			r.doc.At(line, "", "the table has more than %d rows", maxRows)
			return out
		default:
			r.row(out, line, record, cols)
		}
	}
	if cols == nil && r.doc.Err() == nil {
		r.doc.At(1, "", "no line names a column with the id of a duty or control, and one with who performs; write id,who,text")
	}
	return out
}

func (r *statementReader) csvFault(err error) {
	var e *csv.ParseError
	if errors.As(err, &e) {
		r.doc.At(e.Line, "", "this is not CSV: %s", e.Err)
		return
	}
	r.doc.At(0, "", "this is not CSV: %s", err)
}

func (r *statementReader) row(out *Statement, line int, record []string, c *columns) {
	at := func(i int) string {
		if i < 0 || i >= len(record) {
			return ""
		}
		return strings.TrimSpace(record[i])
	}
	ref, word := at(c.ref), at(c.who)
	if ref == "" && word == "" || c.foreign && (ref == "" || word == "" || notApplicable(word)) {
		return
	}
	if !c.foreign {
		r.ref(line, "id", ref)
	}
	who, ok := whoOf(word)
	if !ok {
		r.doc.At(line, "who", "%s", unclearWho(word))
		return
	}
	var texts []string
	for _, i := range c.texts {
		if t := at(i); t != "" && !slices.Contains(texts, t) {
			texts = append(texts, t)
		}
	}
	text := strings.Join(texts, " ")
	if duties := r.book.asked(c.framework, ref); c.foreign && len(duties) > 0 {
		for _, d := range duties {
			out.Rows = append(out.Rows, StatementRow{Ref: d, Who: who, Text: strings.TrimSpace(ref + ": " + text), Line: line})
		}
		return
	}
	out.Rows = append(out.Rows, StatementRow{Ref: ref, Who: who, Text: text, Line: line})
}

// framework gives the framework whose ids a questionnaire uses, by what the
// caller says or else by the version in the file's name and title.
func (r *statementReader) framework(o StatementOptions, file string) string {
	if o.Framework == "" {
		return r.versionIn(file + " " + o.Title)
	}
	if !slices.Contains(r.book.frameworks, o.Framework) {
		r.doc.At(0, "framework", "the catalogue has no framework %.60q%s", o.Framework, strict.DidYouMean(o.Framework, r.book.frameworks))
	}
	return o.Framework
}

// versionIn finds a version of CAIQ or CCM: ids of one version mean other
// controls in another.
func (r *statementReader) versionIn(words string) string {
	m := regexp.MustCompile(`(?i)\b(?:caiq|ccm)\D{0,12}(\d+\.\d+)`).FindStringSubmatch(words)
	if m == nil {
		return ""
	}
	i := slices.IndexFunc(r.book.frameworks, func(f string) bool { return strings.HasPrefix(f, "ccm-"+m[1]+".") })
	if i < 0 {
		return ""
	}
	return r.book.frameworks[i]
}

func notApplicable(word string) bool {
	w := strings.ToLower(strings.Trim(word, " ."))
	return slices.Contains([]string{"na", "n/a", "not applicable", "-"}, w)
}

// separator takes the sign that stands most often in the first lines.
func separator(data []byte) rune {
	head := data[:min(len(data), 4096)]
	best, most := ',', 0
	for _, c := range ",;\t" {
		if n := bytes.Count(head, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

// columnsOf reads a line as names of columns, nil when it is none.
func columnsOf(record []string) *columns {
	c := &columns{ref: -1, who: -1}
	for i, name := range record {
		switch n := plainName(name); {
		case slices.Contains([]string{"id", "ref", "duty", "reference", "duty or control"}, n):
			c.ref, c.foreign = i, false
		case c.ref < 0 && slices.Contains([]string{"question id", "control id", "ccm control id", "ccm id", "control", "requirement id"}, n):
			c.ref, c.foreign = i, n != "control"
		case slices.Contains([]string{"who", "performs", "performed by", "responsible", "responsibility", "ownership", "control ownership", "ssrm control ownership", "control origination"}, n):
			c.who = i
		case n == "text" || n == "statement" || n == "note" || n == "description" || strings.HasPrefix(n, "csp implementation description") || strings.HasPrefix(n, "csc responsibilities"):
			c.texts = append(c.texts, i)
		}
	}
	if c.ref < 0 || c.who < 0 {
		return nil
	}
	return c
}

func plainName(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r < 'a' || r > 'z' }), " ")
}
