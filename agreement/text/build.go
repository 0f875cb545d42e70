// SPDX-License-Identifier: Apache-2.0

package text

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"demarc.dev/demarc/problem"
)

// builder gathers the text and the blocks of a document.
type builder struct {
	doc   *Document
	out   strings.Builder
	open  int // start of the open block, or -1
	cells [][2]int
}

// begin opens a block, and ends the line before it.
func (b *builder) begin() {
	if b.out.Len() > 0 {
		b.out.WriteByte('\n')
	}
	b.open = b.out.Len()
	b.cells = nil
}

// write adds words to the open block.
func (b *builder) write(s string) { b.out.WriteString(s) }

// cell notes that what was written since from is a cell, and parts it from the next.
func (b *builder) cell(from int) {
	b.cells = append(b.cells, [2]int{from, b.out.Len()})
	b.out.WriteByte('\t')
}

// at gives the position of the next word.
func (b *builder) at() int { return b.out.Len() }

// end closes the block; one without words is dropped.
func (b *builder) end(block Block) {
	block.From, block.To = b.open, b.out.Len()
	block.Cells = b.cells
	if strings.TrimSpace(b.out.String()[block.From:block.To]) != "" {
		b.doc.Blocks = append(b.doc.Blocks, block)
	}
}

// full tells that the bounds of a document are reached.
func (b *builder) full() error {
	if b.out.Len() <= MaxText && len(b.doc.Blocks) <= maxBlocks {
		return nil
	}
	return problem.New(problem.Invalid, fmt.Sprintf("%s unpacks to more than %d MB of text", b.doc.Name, MaxText>>20), "give the agreement alone")
}

func (b *builder) note(format string, args ...any) {
	says := fmt.Sprintf(format, args...)
	if !slices.Contains(b.doc.Notes, says) {
		b.doc.Notes = append(b.doc.Notes, says)
	}
}

func (b *builder) link(from int, url string) {
	if url != "" && b.out.Len() > from {
		b.doc.Links = append(b.doc.Links, Link{From: from, To: b.out.Len(), URL: url})
	}
}

// finish trims the blocks, tells the language, and says when there is nothing to judge.
func (b *builder) finish() *Document {
	d := b.doc
	d.Text = b.out.String()
	for i := range d.Blocks {
		d.Blocks[i].From, d.Blocks[i].To = trim(d.Text, d.Blocks[i].From, d.Blocks[i].To)
	}
	d.Language = languageOf(d.Text)
	letters := 0
	for _, r := range d.Text {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	if d.Unreadable == "" {
		switch {
		case letters == 0:
			d.Unreadable = "it holds no text"
		case d.Language != "" && !slices.Contains(Judged, d.Language):
			d.Unreadable = fmt.Sprintf("it is written in %s; only English is judged", Language(d.Language))
		}
	}
	return d
}

// trim narrows a span to its first and last visible character.
func trim(s string, from, to int) (int, int) {
	part := s[from:to]
	left := len(part) - len(strings.TrimLeftFunc(part, unicode.IsSpace))
	right := len(strings.TrimRightFunc(part, unicode.IsSpace))
	if left >= right {
		return from, from
	}
	return from + left, from + right
}
