// SPDX-License-Identifier: Apache-2.0

package foreign

import (
	"cmp"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"demarc.dev/demarc/internal/jsonscan"
	"demarc.dev/demarc/problem"
)

// Read recognises a report, goes through it and hands each result to emit, in
// the order of the report. file is what the report is called in messages. The
// result is emit's to keep; an error of emit ends the reading and comes back as
// it is. When Read gives an error, what was emitted is a part of a report and
// must not be used.
func Read(file string, r io.Reader, o Options, emit func(*Result) error) (Head, error) {
	if o.MaxBytes <= 0 {
		o.MaxBytes = MaxBytes
	}
	p := &parser{file: file, o: o, emit: emit, head: Head{Tools: map[string]string{}}}
	var err error
	if p.in, err = newInput(r, o.MaxBytes); err != nil {
		return p.head, p.named(err)
	}
	start, err := p.in.Peek(window)
	if err != nil && err != io.EOF {
		return p.head, p.named(p.in.told(err))
	}
	if p.head.Format, err = recognise(start, err == io.EOF); err != nil {
		return p.head, p.named(err)
	}
	if o.Recognised != nil {
		o.Recognised(p.head.Format)
	}
	err = p.parse()
	p.head.Bytes = p.in.lines.read
	if err == nil {
		err = p.whole()
	}
	if err != nil {
		return p.head, p.named(err)
	}
	return p.head, nil
}

// parser is one reading of one report.
type parser struct {
	file  string
	o     Options
	in    *input
	emit  func(*Result) error
	head  Head
	json  *jsonscan.Scanner // nil where the report is no JSON
	words words
	at    Place // of the record that is being read
	known bool  // a record, or the frame of one, was understood
	stop  error // of emit
}

func (p *parser) parse() error {
	switch p.head.Format {
	case ProwlerCSV:
		return p.prowlerCSV()
	case XCCDF:
		return p.xccdf()
	}
	p.json = jsonscan.New(&stoppable{p.in.Reader, p}, MaxRecord)
	map[Format]func(){OCSF: p.ocsf, ASFF: p.asff, SARIF: p.sarif, Trivy: p.trivy, Checkov: p.checkov, KubeBench: p.kubeBench, Config: p.config}[p.head.Format]()
	if p.stop != nil {
		return p.stop
	}
	if err := p.json.End(); err != nil {
		return p.jsonFault(err)
	}
	return nil
}

// whole refuses a report in which nothing of its format was found.
func (p *parser) whole() error {
	if p.known || p.head.Results > 0 {
		return nil
	}
	return invalid("the file looks like "+p.head.Format.Name()+", and nothing in it is a result", "give the report as the tool wrote it: "+made(p.head.Format))
}

func made(f Format) string {
	for _, s := range Formats() {
		if s.Format == f {
			return s.Made
		}
	}
	return ""
}

// stoppable ends the input when emit gave an error: the scanner then ends too.
type stoppable struct {
	r io.Reader
	p *parser
}

func (s *stoppable) Read(b []byte) (int, error) {
	if s.p.stop != nil {
		return 0, s.p.stop
	}
	return s.r.Read(b)
}

// mark notes where the record begins that comes next.
func (p *parser) mark() {
	p.json.Peek() // over the blanks before it
	p.place(p.json.Offset() + p.in.shift)
}

func (p *parser) place(offset int64) { p.at = Place{Line: p.in.lines.line(offset), Offset: offset} }

// give completes a result and hands it on.
func (p *parser) give(r *Result) {
	if p.stop != nil || p.json != nil && p.json.Err() != nil {
		return
	}
	p.known = true
	r.At = p.at
	r.Tool, r.Check = cmp.Or(r.Tool, string(p.head.Format)), cmp.Or(r.Check, "unnamed")
	if r.Resource.Account == "" {
		r.Resource.Account = p.o.Account
	}
	if r.Resource.Provider == "" {
		r.Resource.Provider = p.o.Provider
	}
	r.Resource.complete()
	p.tool(r.Tool, r.Version)
	p.head.Results++
	if t := r.Seen; !t.IsZero() {
		if p.head.First.IsZero() || t.Before(p.head.First) {
			p.head.First = t
		}
		if t.After(p.head.Last) {
			p.head.Last = t
		}
	}
	p.stop = p.emit(r)
}

func (p *parser) tool(name, version string) {
	if known, ok := p.head.Tools[name]; ok && (known != "" || version == "") || !ok && len(p.head.Tools) >= maxTools {
		return
	}
	p.head.Tools[name] = version
}

// slug turns a tool's name into the word that mappings know it by.
func slug(name string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(cut(name, 60)) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.TrimSuffix(b.String(), "-")
}

// invalid is a fault of the report, without its name.
func invalid(sentence, hint string) *problem.Problem {
	return problem.New(problem.Invalid, sentence, hint)
}

// named puts the report's name before a fault.
func (p *parser) named(err error) error {
	if fault, ok := err.(*problem.Problem); ok && err != p.stop && fault.Kind == problem.Invalid {
		fault.Sentence = p.file + ": " + fault.Sentence
	}
	return err
}

// jsonFault tells where the report is not the JSON that it should be.
func (p *parser) jsonFault(err error) error {
	if told := p.in.told(err); told != err {
		return told
	}
	offset := p.json.Offset() + p.in.shift
	line := p.in.lines.line(offset)
	where := fmt.Sprintf("line %d, byte %d: ", line, offset)
	what := err.Error()
	if _, after, ok := strings.Cut(what, ": "); ok && strings.HasPrefix(what, "byte ") {
		what = after
	}
	var syntax *jsonscan.SyntaxError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return invalid(where+"the report ends too early", "copy it again; when the tool was stopped in the middle, let it run to its end").Wrap(err)
	case !errors.As(err, &syntax):
		return err // of the disk or the network
	case strings.Contains(what, "'N' found"), strings.Contains(what, "'I' found"):
		return invalid(where+"NaN and Infinity are no JSON", "write the value as null").Wrap(err)
	case strings.Contains(what, "deeper"):
		return invalid(where+what, "no tool's report nests like this: check that it is the right file").Wrap(err)
	case strings.Contains(what, "UTF-8"):
		return invalid(where+what, "write the file in UTF-8: iconv -f LATIN1 -t UTF-8 FILE").Wrap(err)
	}
	return invalid(where+what, "give the report as the tool wrote it, or let it write it again").Wrap(err)
}

// csvFault and xmlFault do the same for the others.
func (p *parser) csvFault(err error) error {
	if told := p.in.told(err); told != err {
		return told
	}
	var fault *csv.ParseError
	if !errors.As(err, &fault) {
		return err
	}
	hint := "give the report as Prowler wrote it; a spreadsheet changes it when it saves it"
	return invalid(fmt.Sprintf("line %d, column %d: %v", fault.Line, fault.Column, fault.Err), hint).Wrap(err)
}

func (p *parser) xmlFault(d *xml.Decoder, in *recordBudget, err error) error {
	if told := p.in.told(err); told != err {
		return told
	}
	if in.err != nil {
		return err // of the disk or the network
	}
	line, _ := d.InputPos()
	where := fmt.Sprintf("line %d, byte %d: ", line, d.InputOffset()+p.in.shift)
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &syntax) && (strings.Contains(syntax.Msg, "unexpected EOF") || strings.Contains(syntax.Msg, "unexpected end")):
		return invalid(where+"the report ends too early", "copy it again; when the tool was stopped in the middle, let it run to its end").Wrap(err)
	case errors.As(err, &syntax) && strings.Contains(syntax.Msg, "entity"):
		return invalid(where+"an entity that XML does not know: "+syntax.Msg, "entities of a document's own are not read").Wrap(err)
	case strings.Contains(err.Error(), "encoding"):
		return invalid(where+"the report is not in UTF-8", "write it in UTF-8: iconv -t UTF-8, and change the encoding in its first line").Wrap(err)
	case errors.As(err, &syntax):
		return invalid(where+syntax.Msg, "give the report as the tool wrote it, or let it write it again").Wrap(err)
	}
	return invalid(where+strings.TrimPrefix(err.Error(), "xml: "), "give the report as the tool wrote it, or let it write it again").Wrap(err)
}
