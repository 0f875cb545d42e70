// SPDX-License-Identifier: Apache-2.0

package text

import (
	"html"
	"regexp"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tableast "github.com/yuin/goldmark/extension/ast"
	goldmarktext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

var frontMatter = regexp.MustCompile(`(?s)\A---\n.*?\n---\n`)

// markdown reads CommonMark with tables.
func markdown(b *builder, data []byte) error {
	source := []byte(frontMatter.ReplaceAllString(clean(data), ""))
	root := goldmark.New(goldmark.WithExtensions(extension.Table)).Parser().Parse(goldmarktext.NewReader(source))
	w := &markdownWalker{b: b, source: source}
	w.blocks(root, 0)
	if len(b.doc.Blocks) > 0 && wrapped(b) {
		lines := make([]line, len(b.doc.Blocks))
		for i, block := range b.doc.Blocks {
			lines[i] = line{from: block.From, to: block.To}
		}
		b.doc.Blocks = nil
		relined(b, lines)
	}
	return b.full()
}

type markdownWalker struct {
	b      *builder
	source []byte
	head   [][2]int
}

// blocks walks what stands below a block.
func (w *markdownWalker) blocks(parent ast.Node, depth int) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Heading:
			w.block(n, Block{Kind: Heading, Level: n.Level})
		case *ast.Paragraph, *ast.TextBlock:
			kind := Paragraph
			if depth > 0 {
				kind = Item
			}
			w.block(n, Block{Kind: kind, Level: depth})
		case *ast.List:
			w.list(n, depth+1)
		case *ast.HTMLBlock, *ast.CodeBlock, *ast.FencedCodeBlock:
			w.raw(n, depth)
		case *tableast.Table:
			w.table(n)
		default:
			w.blocks(n, depth)
		}
	}
}

func (w *markdownWalker) block(n ast.Node, block Block) {
	w.b.begin()
	w.inline(n)
	w.b.end(block)
}

// list walks the items; the first block of an item carries its number.
func (w *markdownWalker) list(l *ast.List, depth int) {
	number := l.Start
	for item := l.FirstChild(); item != nil; item = item.NextSibling() {
		before := len(w.b.doc.Blocks)
		w.blocks(item, depth)
		if l.IsOrdered() && len(w.b.doc.Blocks) > before && w.b.doc.Blocks[before].Kind == Item && w.b.doc.Blocks[before].Label == "" {
			w.b.doc.Blocks[before].Label = strconv.Itoa(number)
		}
		number++
	}
}

// raw reads a block of HTML or of code: its tags are dropped, its words kept.
// An indented paragraph of a numbered list is code to CommonMark and a clause
// to its reader.
func (w *markdownWalker) raw(n ast.Node, depth int) {
	for i := range n.Lines().Len() {
		segment := n.Lines().At(i)
		words := strings.TrimSpace(tags.ReplaceAllString(string(segment.Value(w.source)), ""))
		if words == "" || strings.HasPrefix(words, "<!--") {
			continue
		}
		w.b.begin()
		w.b.write(html.UnescapeString(words))
		kind := Paragraph
		if depth > 0 {
			kind = Item
		}
		w.b.end(Block{Kind: kind, Level: depth})
	}
}

var tags = regexp.MustCompile(`</?[a-zA-Z][^<>]{0,400}>`)

func (w *markdownWalker) table(t *tableast.Table) {
	w.head = nil
	for row := t.FirstChild(); row != nil; row = row.NextSibling() {
		w.b.begin()
		for c := row.FirstChild(); c != nil; c = c.NextSibling() {
			from := w.b.at()
			w.inline(c)
			w.b.cell(from)
		}
		cells := w.b.cells
		w.b.end(Block{Kind: Row, Head: w.head})
		if w.head == nil {
			w.head = cells
		}
	}
}

// inline writes the words below a node.
func (w *markdownWalker) inline(parent ast.Node) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			w.b.write(html.UnescapeString(string(util.UnescapePunctuations(n.Segment.Value(w.source)))))
			if n.HardLineBreak() || n.SoftLineBreak() {
				w.b.write("\n")
			}
		case *ast.String:
			w.b.write(string(n.Value))
		case *ast.RawHTML:
		case *ast.AutoLink:
			from := w.b.at()
			w.b.write(string(n.Label(w.source)))
			w.b.link(from, string(n.URL(w.source)))
		case *ast.Link:
			from := w.b.at()
			w.inline(n)
			w.b.link(from, string(n.Destination))
		default:
			w.inline(n)
		}
	}
}

// wrapped tells that each paragraph is one line of a page: text out of a PDF
// that was saved as Markdown.
func wrapped(b *builder) bool {
	all := b.out.String()
	paragraphs, cut := 0, 0
	for _, block := range b.doc.Blocks {
		if block.Kind != Paragraph {
			continue
		}
		paragraphs++
		words := strings.TrimSpace(all[block.From:block.To])
		if len(words) > 60 && len(words) < 160 && !strings.ContainsAny(words[len(words)-1:], ".:;!?\"”)") {
			cut++
		}
	}
	return paragraphs >= 40 && cut*2 > paragraphs
}

// relined makes blocks of lines that a blank line parts everywhere.
func relined(b *builder, lines []line) {
	spaced := make([]line, 0, 2*len(lines))
	for _, l := range lines {
		spaced = append(spaced, l, line{from: l.to, to: l.to})
	}
	reflow(b, spaced)
}
