// SPDX-License-Identifier: Apache-2.0

package text

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"demarc.dev/demarc/problem"
)

const (
	pdfMemory     = 512 << 20 / 65536 // pages of 64 kB that the parser may hold
	scanThreshold = 20                // letters and digits below which a page counts as a picture
)

// start gives the parser's pool, and compiles the parser for the first PDF.
func (r *Reader) start() (pdfium.Pool, error) {
	if r.pool != nil {
		return r.pool, nil
	}
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithMemoryLimitPages(pdfMemory).WithCloseOnContextDone(true)
	if r.options.CacheDir != "" {
		cache, err := wazero.NewCompilationCacheWithDir(r.options.CacheDir)
		if err != nil {
			return nil, problem.Newf(problem.Unavailable, "opening the folder of the PDF parser %s: %w", r.options.CacheDir, err)
		}
		config = config.WithCompilationCache(cache)
	}
	pool, err := webassembly.Init(webassembly.Config{MinIdle: 0, MaxIdle: 1, MaxTotal: 1, RuntimeConfig: config})
	if err != nil {
		return nil, fmt.Errorf("starting the PDF parser: %w", err)
	}
	r.pool = pool
	return pool, nil
}

// pdf reads a PDF, page by page.
func (r *Reader) pdf(ctx context.Context, b *builder, data []byte) (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pool, err := r.start()
	if err != nil {
		return err
	}
	instance, err := pool.GetInstance(0)
	if err != nil {
		return fmt.Errorf("starting the PDF parser: %w", err)
	}
	defer instance.Close()
	// A hostile file may break the parser's machine; that ends the machine, not us.
	defer func() {
		if x := recover(); x != nil {
			err = broken(b.doc.Name, fmt.Errorf("the PDF parser stopped: %v", x))
		}
	}()
	opened, err := instance.OpenDocument(&requests.OpenDocument{File: &data})
	if err != nil {
		if errors.Is(err, pdfiumerrors.ErrPassword) || errors.Is(err, pdfiumerrors.ErrSecurity) {
			return problem.New(problem.Invalid, b.doc.Name+" is encrypted: it opens only with a password", "save it without a password and give that file").Wrap(err)
		}
		return broken(b.doc.Name, err)
	}
	count, err := instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: opened.Document})
	if err != nil {
		return broken(b.doc.Name, err)
	}
	if count.PageCount > MaxPages {
		return problem.New(problem.Invalid, fmt.Sprintf("%s has %d pages, more than the %d that are read", b.doc.Name, count.PageCount, MaxPages), "give the agreement alone")
	}
	var lines []line
	for i := range count.PageCount {
		if err := ctx.Err(); err != nil {
			return err
		}
		page, err := pdfPage(instance, b, opened.Document, i)
		if err != nil {
			return err
		}
		lines = append(lines, page...)
	}
	unreadablePages(b)
	reflow(b, lines)
	return nil
}

func broken(name string, err error) error {
	return problem.New(problem.Invalid, name+" is broken: the PDF parser cannot read it", "open it in a viewer, print it to a new PDF and give that file").Wrap(err)
}

// pdfPage adds the text of a page and gives its lines.
func pdfPage(instance pdfium.Pdfium, b *builder, document references.FPDF_DOCUMENT, i int) ([]line, error) {
	page := Page{From: b.at()}
	said, err := instance.GetPageText(&requests.GetPageText{
		Page: requests.Page{ByIndex: &requests.PageByIndex{Document: document, Index: i}}})
	words := ""
	if err == nil {
		words = pdfMarks.Replace(said.Text)
	}
	for _, r := range words {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			page.Characters++
		}
	}
	page.Unreadable = err != nil || page.Characters < scanThreshold && shows(instance, document, i, page.Characters == 0)
	var lines []line
	for _, words := range strings.Split(words, "\n") {
		from := b.at()
		b.write(words)
		lines = append(lines, line{from: from, to: b.at(), page: i + 1})
		b.write("\n")
	}
	page.To = b.at()
	b.doc.Pages = append(b.doc.Pages, page)
	return lines, b.full()
}

// maxObjects bounds what is looked at on a page that holds next to no text.
const maxObjects = 500

// shows tells whether a page with next to no text shows a picture, or, when it
// holds none at all, anything: letters may be drawn as lines. An empty page, or
// one with a short title alone, hides nothing. What cannot be told counts as shown.
func shows(instance pdfium.Pdfium, document references.FPDF_DOCUMENT, i int, anything bool) bool {
	page := requests.Page{ByIndex: &requests.PageByIndex{Document: document, Index: i}}
	n, err := instance.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: page})
	if err != nil || anything {
		return err != nil || n.Count > 0
	}
	for k := range min(n.Count, maxObjects) {
		object, err := instance.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: page, Index: k})
		if err != nil {
			return true
		}
		kind, err := instance.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: object.PageObject})
		if err != nil || kind.Type == enums.FPDF_PAGEOBJ_IMAGE || kind.Type == enums.FPDF_PAGEOBJ_FORM {
			return true
		}
	}
	return n.Count > maxObjects
}

// pdfMarks gives the parser's marks their plain form: it ends lines with two
// characters and writes U+FFFE or U+0002 for a hyphen at the end of a line.
var pdfMarks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\uFFFE", "\u00AD", "\u0002", "\u00AD", "\x00", "")

// unreadablePages says which pages hold no text; when they are most of them,
// nothing may be concluded from the document.
func unreadablePages(b *builder) {
	var without []string
	for i, p := range b.doc.Pages {
		if p.Unreadable {
			without = append(without, fmt.Sprint(i+1))
		}
	}
	switch n, all := len(without), len(b.doc.Pages); {
	case all == 0:
		b.doc.Unreadable = "it has no pages"
	case n*2 > all:
		b.doc.Unreadable = fmt.Sprintf("%d of its %d pages hold no text: it is a scan", n, all)
	case n > 0:
		b.note("page %s holds no text: what stands there was not judged", strings.Join(without[:min(n, 20)], ", "))
	}
}
