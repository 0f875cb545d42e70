// SPDX-License-Identifier: Apache-2.0

// Package text takes the words of an agreement out of a file: PDF, DOCX, HTML,
// Markdown or plain text become one string and a list of blocks, each block a
// span of that string.
//
//	reader := text.NewReader(text.Options{CacheDir: dir})
//	defer reader.Close()
//	doc, err := reader.Read(ctx, "dpa.pdf", data)
//	doc.Text[doc.Blocks[3].From:doc.Blocks[3].To]
//
// Text is what a person sees, verbatim, in reading order: nothing is mended in
// it, so that a quote cut from it stands in the file word for word. What hides
// words from a search (soft hyphens, hyphens at the end of a line, glued words)
// is mended by the reader of the blocks, who keeps a map back to Text.
//
// A page that holds no text is said to be unreadable and never taken for an
// empty one. Files are foreign: their size, their pages, what they unpack to and
// how deep they nest are bounded, and the PDF parser runs in the memory of a
// WebAssembly machine. The package opens no file and no connection; the folder
// of the compilation cache, when one is named, is all that it writes to.
package text

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/klippa-app/go-pdfium"

	"demarc.dev/demarc/problem"
)

// The bounds of a file.
const (
	MaxSize   = 100 << 20 // bytes of the file
	MaxText   = 24 << 20  // bytes of the text taken out of it
	MaxPages  = 3000      // pages of a PDF
	maxUnpack = 128 << 20 // bytes that one part of a DOCX unpacks to, and all that are read together
	maxDepth  = 400       // elements within each other
	maxBlocks = 400_000
)

// Format is what a file is written in.
type Format string

// The formats that are read.
const (
	PDF      Format = "pdf"
	DOCX     Format = "docx"
	HTML     Format = "html"
	Markdown Format = "markdown"
	Plain    Format = "text"
)

// Kind is what a block is.
type Kind string

// The kinds of block.
const (
	Heading   Kind = "heading"
	Paragraph Kind = "paragraph"
	Item      Kind = "item" // of a list
	Row       Kind = "row"  // of a table
	Footnote  Kind = "footnote"
)

// Block is a span of the text that a reader sees as one piece.
type Block struct {
	Kind  Kind
	Level int    // of a heading from 1, of an item its depth from 1
	Label string // number that the file's own numbering gives and Text does not hold, such as "7.3" or "(b)"
	From  int    // bytes of Document.Text
	To    int
	Page  int      // from 1; 0 when the format has no pages
	Cells [][2]int // spans of the cells of a row
	Head  [][2]int // spans of the header cells of the row's table
}

// Page is a page of a PDF.
type Page struct {
	From, To   int  // bytes of Document.Text
	Characters int  // letters and digits on it
	Unreadable bool // it shows something and holds no text
}

// Link is a reference to another document.
type Link struct {
	From, To int // bytes of Document.Text: the words that are linked
	URL      string
}

// Document is what was read.
type Document struct {
	Name   string
	Format Format
	Text   string
	Blocks []Block
	Pages  []Page
	Links  []Link
	// Notes are what a reader of the findings must know, each one sentence:
	// tracked changes, comments, macros, pages that could not be read.
	Notes []string
	// Language is the code of the language, such as en; empty when there is
	// too little text to tell.
	Language string
	// Unreadable says why nothing may be concluded from the document; empty
	// when it was read.
	Unreadable string
}

// Quote gives the words of a span, verbatim.
func (d *Document) Quote(from, to int) string { return d.Text[from:to] }

// PageOf gives the page of a position, from 1; 0 when there are no pages.
func (d *Document) PageOf(at int) int {
	for i, p := range d.Pages {
		if at < p.To {
			return i + 1
		}
	}
	return len(d.Pages)
}

// Options of a reader.
type Options struct {
	// CacheDir keeps the compiled PDF parser: the first PDF costs some seconds
	// of processor time without it and a tenth of a second with it. Empty:
	// nothing is written.
	CacheDir string
}

// Reader reads files. It is safe for concurrent use; the PDF parser is started
// by the first PDF and serves one file at a time.
type Reader struct {
	options Options

	mu   sync.Mutex
	pool pdfium.Pool
}

// NewReader makes a Reader. Close it.
func NewReader(o Options) *Reader { return &Reader{options: o} }

// Close stops the PDF parser.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pool == nil {
		return nil
	}
	pool := r.pool
	r.pool = nil
	return pool.Close()
}

// Read takes the text out of a file. The name tells the format where the
// content does not. An error is a Problem: the file is too large, broken,
// encrypted or of no known format.
func (r *Reader) Read(ctx context.Context, name string, data []byte) (*Document, error) {
	if len(data) > MaxSize {
		return nil, problem.New(problem.Invalid, fmt.Sprintf("%s is %d MB, more than the %d MB that are read", name, len(data)>>20, MaxSize>>20),
			"give the agreement alone, without its scans and pictures")
	}
	format, err := formatOf(name, data)
	if err != nil {
		return nil, err
	}
	b := &builder{doc: &Document{Name: name, Format: format}}
	switch format {
	case PDF:
		err = r.pdf(ctx, b, data)
	case DOCX:
		err = docx(ctx, b, data)
	case HTML:
		err = readHTML(b, data)
	case Markdown:
		err = markdown(b, data)
	default:
		err = plain(b, data)
	}
	if err != nil {
		return nil, err
	}
	return b.finish(), nil
}

// formatOf tells the format by the first bytes, then by the name.
func formatOf(name string, data []byte) (Format, error) {
	head := data[:min(len(data), 2048)]
	ext := strings.ToLower(path.Ext(name))
	switch {
	case bytes.Contains(head[:min(len(head), 1024)], []byte("%PDF-")):
		return PDF, nil
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return DOCX, nil
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		if ext == ".docx" || ext == ".docm" {
			return "", problem.New(problem.Invalid, name+" is encrypted", "save it without a password and give that file")
		}
		return "", problem.New(problem.Invalid, name+" is a document of the old binary Word format", "save it as DOCX or PDF and give that file")
	case ext == ".pdf" || ext == ".docx" || ext == ".docm":
		return "", problem.New(problem.Invalid, fmt.Sprintf("%s is no %s: its first bytes are not those of one", name, strings.ToUpper(ext[1:])), "give the file as it was received")
	}
	if !utf8.Valid(head[:lastRune(head)]) || bytes.IndexByte(head, 0) >= 0 {
		return "", problem.New(problem.Invalid, name+" holds no text that can be read (it is not PDF, DOCX or UTF-8)", "give a PDF, DOCX, HTML, Markdown or UTF-8 text file")
	}
	switch ext {
	case ".htm", ".html", ".xhtml":
		return HTML, nil
	case ".md", ".markdown":
		return Markdown, nil
	}
	lower := bytes.ToLower(bytes.TrimSpace(head))
	if bytes.HasPrefix(lower, []byte("<!doctype html")) || bytes.HasPrefix(lower, []byte("<html")) {
		return HTML, nil
	}
	return Plain, nil
}

// lastRune gives the length of b without a rune that its end cuts.
func lastRune(b []byte) int {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return i
			}
			break
		}
	}
	return len(b)
}
