// SPDX-License-Identifier: Apache-2.0

package text

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"demarc.dev/demarc/problem"
)

// docxFile is an opened DOCX: its parts by name, and what may still be unpacked.
type docxFile struct {
	name  string
	parts map[string]*zip.File
	left  int64
}

// docx reads a Word document: insertions are read as accepted and deletions as
// accepted too, which is what the document says once its changes are accepted;
// that there were changes, comments or macros is noted.
func docx(ctx context.Context, b *builder, data []byte) error {
	f, err := openDocx(b.doc.Name, data)
	if err != nil {
		return err
	}
	w := &docxWalker{ctx: ctx, b: b, notes: map[string]string{}}
	if w.numbers, err = readNumbering(f); err != nil {
		return err
	}
	if w.styles, err = readStyles(f); err != nil {
		return err
	}
	if w.targets, err = readTargets(f); err != nil {
		return err
	}
	for _, part := range []string{"word/footnotes.xml", "word/endnotes.xml"} {
		if err := w.readNotes(f, part); err != nil {
			return err
		}
	}
	if err := f.each("word/document.xml", w.start, w.end, w.chars); err != nil {
		return err
	}
	w.remark(f)
	return b.full()
}

func openDocx(name string, data []byte) (*docxFile, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, problem.New(problem.Invalid, name+" is broken: its ZIP cannot be read", "open it in a word processor and save it again").Wrap(err)
	}
	f := &docxFile{name: name, parts: map[string]*zip.File{}, left: maxUnpack}
	for _, part := range z.File {
		if _, twice := f.parts[part.Name]; twice {
			return nil, problem.New(problem.Invalid, fmt.Sprintf("%s holds %s twice", name, part.Name), "open it in a word processor and save it again")
		}
		f.parts[part.Name] = part
	}
	if f.parts["word/document.xml"] == nil {
		return nil, problem.New(problem.Invalid, name+" is a ZIP and no Word document: it holds no word/document.xml", "give the DOCX, PDF, HTML or text file itself")
	}
	return f, nil
}

// each reads a part, element by element. A part that is not there is empty.
func (f *docxFile) each(part string, start func(xml.StartElement), end func(xml.EndElement), chars func(string)) error {
	file := f.parts[part]
	if file == nil {
		return nil
	}
	r, err := file.Open()
	if err != nil {
		return f.broken(part, err)
	}
	defer r.Close()
	limited := &limitedReader{r: r, left: f.left}
	d := xml.NewDecoder(limited)
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	depth := 0
	for {
		token, err := d.RawToken()
		f.left = limited.left
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, errUnpack) {
			return problem.New(problem.Invalid, fmt.Sprintf("%s unpacks to more than %d MB", f.name, maxUnpack>>20), "this is no agreement; do not open it elsewhere")
		}
		if err != nil {
			return f.broken(part, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return problem.New(problem.Invalid, fmt.Sprintf("%s nests more than %d elements within each other", f.name, maxDepth), "open it in a word processor and save it again")
			}
			start(t)
		case xml.EndElement:
			depth--
			end(t)
		case xml.CharData:
			chars(string(t))
		case xml.Directive:
			return problem.New(problem.Invalid, f.name+" declares XML entities, which no word processor writes", "this is no agreement; do not open it elsewhere")
		}
	}
}

func (f *docxFile) broken(part string, err error) error {
	return problem.New(problem.Invalid, fmt.Sprintf("%s is broken: its part %s cannot be read", f.name, part), "open it in a word processor and save it again").Wrap(err)
}

var errUnpack = errors.New("unpacks to too much")

type limitedReader struct {
	r    io.Reader
	left int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errUnpack
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

// docxWalker makes blocks of the elements of word/document.xml.
type docxWalker struct {
	ctx     context.Context
	b       *builder
	numbers *numbering
	styles  map[string]docxStyle
	targets map[string]string
	notes   map[string]string // footnotes by id

	paragraph  int // depth of w:p: text boxes hold paragraphs of their own
	style      string
	numID      string
	numLevel   int
	outline    int
	skip       int // depth below w:del, w:instrText and the like
	inText     bool
	tables     int
	rows       int // rows seen in the outermost table
	cellFrom   int
	head       [][2]int
	linkFrom   int
	linkURL    string
	footnotes  []string
	insertions int
	deletions  int
	comments   int
}

// skipped are elements whose words a reader does not see.
var skipped = map[string]bool{"del": true, "moveFrom": true, "instrText": true, "delInstrText": true, "Fallback": true, "pPrChange": true, "rPrChange": true,
	"tblPrChange": true, "tcPrChange": true, "trPrChange": true, "sectPr": true}

func (w *docxWalker) start(e xml.StartElement) {
	name := e.Name.Local
	if skipped[name] {
		w.skip++
		if name == "del" || name == "moveFrom" {
			w.deletions++
		}
		return
	}
	if w.skip > 0 {
		return
	}
	switch name {
	case "p":
		w.paragraph++
		if w.paragraph == 1 && w.tables == 0 {
			w.b.begin()
		} else if w.b.at() > w.cellFrom {
			w.b.write("\n")
		}
		w.style, w.numID, w.numLevel, w.outline = "", "", 0, 0
	case "tbl":
		if w.tables++; w.tables == 1 {
			w.head, w.rows = nil, 0
		}
	case "tr":
		if w.tables == 1 {
			w.b.begin()
			w.rows++
		}
	case "tc":
		if w.tables == 1 {
			w.cellFrom = w.b.at()
		}
	default:
		w.inline(e)
	}
}

func (w *docxWalker) inline(e xml.StartElement) {
	switch e.Name.Local {
	case "pStyle":
		w.style = val(e)
	case "numId":
		w.numID = val(e)
	case "ilvl":
		w.numLevel = number(val(e))
	case "outlineLvl":
		w.outline = number(val(e)) + 1
	case "ins", "moveTo":
		w.insertions++
	case "t":
		w.inText = true
	case "tab":
		w.b.write("\t")
	case "br", "cr":
		w.b.write("\n")
	case "noBreakHyphen":
		w.b.write("-")
	case "softHyphen":
		w.b.write("\u00AD")
	case "hyperlink":
		w.linkFrom, w.linkURL = w.b.at(), w.targets[attr(e, "id")]
	case "commentReference":
		w.comments++
	case "footnoteReference", "endnoteReference":
		w.footnotes = append(w.footnotes, e.Name.Local[:1]+attr(e, "id"))
	}
}

func (w *docxWalker) end(e xml.EndElement) {
	name := e.Name.Local
	if skipped[name] {
		w.skip--
		return
	}
	if w.skip > 0 {
		return
	}
	switch name {
	case "t":
		w.inText = false
	case "hyperlink":
		w.b.link(w.linkFrom, w.linkURL)
	case "p":
		w.paragraph--
		if w.paragraph == 0 && w.tables == 0 {
			w.b.end(w.block())
			w.placeNotes()
		}
	case "tc":
		if w.tables == 1 {
			w.b.cell(w.cellFrom)
		}
	case "tr":
		if w.tables == 1 {
			cells := w.b.cells
			w.b.end(Block{Kind: Row, Head: w.head})
			if w.rows == 1 {
				w.head = cells
			}
		}
	case "tbl":
		if w.tables--; w.tables == 0 {
			w.placeNotes()
		}
	}
}

func (w *docxWalker) chars(s string) {
	if w.inText && w.skip == 0 {
		w.b.write(s)
	}
}

// block says what the paragraph that ends is: its level and its number.
func (w *docxWalker) block() Block {
	style := w.styles[w.style]
	level := max(w.outline, style.level)
	numID, numLevel := w.numID, w.numLevel
	if numID == "" {
		numID, numLevel = style.numID, style.numLevel
	}
	out := Block{Kind: Paragraph}
	if level > 0 {
		out.Kind, out.Level = Heading, level
	}
	if numID != "" && numID != "0" {
		out.Label = w.numbers.next(numID, numLevel)
		if level == 0 {
			out.Kind, out.Level = Item, numLevel+1
		}
	}
	return out
}

// placeNotes sets the footnotes of a paragraph or table after it.
func (w *docxWalker) placeNotes() {
	for _, id := range w.footnotes {
		if words := w.notes[id]; words != "" {
			w.b.begin()
			w.b.write(words)
			w.b.end(Block{Kind: Footnote})
		}
	}
	w.footnotes = nil
}

// remark notes what a reader of the findings must know.
func (w *docxWalker) remark(f *docxFile) {
	if w.insertions+w.deletions > 0 {
		w.b.note("it holds tracked changes (%d insertions, %d deletions): it was read as if all were accepted", w.insertions, w.deletions)
	}
	if w.comments > 0 {
		w.b.note("it holds %d comments, which are no part of the agreement and were not read", w.comments)
	}
	if f.parts["word/vbaProject.bin"] != nil {
		w.b.note("it holds macros; they were not run and are no part of the agreement")
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func val(e xml.StartElement) string { return attr(e, "val") }

func number(s string) int {
	n := 0
	for _, r := range s {
		if r < '0' || r > '9' || n > 10_000 {
			break
		}
		n = n*10 + int(r-'0')
	}
	return n
}

// readNotes reads footnotes or endnotes by their id.
func (w *docxWalker) readNotes(f *docxFile, part string) error {
	id, inText, words := "", false, strings.Builder{}
	kind := "f"
	if strings.Contains(part, "endnotes") {
		kind = "e"
	}
	return f.each(part, func(e xml.StartElement) {
		switch e.Name.Local {
		case "footnote", "endnote":
			id = kind + attr(e, "id")
			words.Reset()
		case "t":
			inText = true
		}
	}, func(e xml.EndElement) {
		switch e.Name.Local {
		case "footnote", "endnote":
			w.notes[id] = strings.TrimSpace(words.String())
		case "t":
			inText = false
		}
	}, func(s string) {
		if inText && words.Len() < 1<<20 {
			words.WriteString(s)
		}
	})
}
