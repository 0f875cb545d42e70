// SPDX-License-Identifier: Apache-2.0

// Package document turns words and data into paper: one Document becomes HTML,
// PDF or DOCX, one Workbook becomes XLSX.
//
// A Document is a value: what stands on the cover and in the running header
// (Meta), and blocks in reading order.
//
//	doc := document.Document{
//		Meta: document.Meta{Title: "Gap report", Organisation: "Northwind", …},
//		Blocks: []document.Block{
//			document.Heading{Level: 1, Text: "Summary"},
//			document.Paragraph{Text: document.Say("**%d** of %d duties are met.", 12, 80)},
//			document.Table{Columns: …, Rows: …, Empty: "No gap was found."},
//		},
//	}
//	pdf, err := document.PDF(doc)
//
// What a caller may rely on:
//   - The same value gives the same bytes: no clock, no randomness, fixed
//     times in every archive. The date of a paper is Meta.Date.
//   - Check finds what must not reach a client: an empty cell, a missing
//     digest, a skipped heading level, a link to nowhere, a chart without words. Every
//     renderer calls it first and refuses with all faults at once.
//   - Text from data is text: it cannot become markup, a formula, or a link.
//   - Colour never carries a meaning alone: a mark or a pattern stands beside it.
//   - A chart is data. Each paper draws it from the same scene, and shows or
//     carries the numbers as a table.
//
// The package fetches nothing and knows no record of the product: it is handed
// its words. It never decides what is true.
package document

import "time"

// Document is one paper before it has a format.
type Document struct {
	Meta      Meta
	Landscape bool
	Blocks    []Block
}

// Meta is what every page or sheet carries.
type Meta struct {
	Title          string
	Subtitle       string // may be empty
	Organisation   string
	ID             string // of the document, such as "GAP-2026-11"
	Version        string
	Classification string
	Date           time.Time // printed as "generated" and used as every file's time
	Catalogue      string    // version of the catalogue that the data rests on
	Digest         string    // SHA-256 of the data, in hex
	Facts          []Fact    // further lines of the cover, in order
	// Notice stands on the cover: what a reader must know before the first page,
	// such as that the estate is an example. It may be empty.
	Notice string
}

// Fact is a line of the cover.
type Fact struct{ Name, Value string }

// Block is a part of a Document: Heading, Paragraph, List, Table, Callout,
// Tiles, Chart, Definitions, Code, Columns, Signatures or PageBreak.
type Block interface{ block() }

// Heading opens a section. Levels are 1 to 3 and never skip; levels 1 and 2 are
// numbered and stand in the contents.
type Heading struct {
	Level int
	Text  string
	ID    string // target of links "#ID"; may be empty
}

// Paragraph is running text.
type Paragraph struct {
	Text  Text
	Lead  bool // the first words of a section: larger
	Small bool // a note under a table or figure
	Keep  bool // stays on the page of the block that follows
}

// List is a bulleted or numbered list.
type List struct {
	Items    []Text
	Numbered bool
}

// Callout is a boxed remark.
type Callout struct {
	Tone  Tone
	Title string
	Text  Text
}

// Tiles are key figures, up to four in a row.
type Tiles struct{ Items []Tile }

// Tile is one key figure.
type Tile struct {
	Value string // "62 %", "14"
	Label string
	Note  string // may be empty
	Tone  Tone   // None for a plain figure
}

// Definitions are terms with their explanation.
type Definitions struct{ Items []Definition }

// Definition is one term.
type Definition struct {
	Term string
	Text Text
}

// Code is text to be typed or read letter by letter.
type Code struct{ Text string }

// Columns stand side by side where the paper is wide enough.
type Columns struct{ Left, Right []Block }

// Signatures are blank lines to be signed by hand, one group for each signer.
type Signatures struct{ Signers []Signer }

// Signer is one who signs.
type Signer struct {
	For  string // "Northwind, as cloud service customer"
	Name string // printed under the line when known; may be empty
}

// PageBreak begins a new page where there are pages.
type PageBreak struct{}

func (Heading) block()     {}
func (Paragraph) block()   {}
func (List) block()        {}
func (Callout) block()     {}
func (Tiles) block()       {}
func (Definitions) block() {}
func (Code) block()        {}
func (Columns) block()     {}
func (Signatures) block()  {}
func (PageBreak) block()   {}
func (Table) block()       {}

// stamp is how a time stands in a paper.
func stamp(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// line is the running header's facts: name, value.
func (m Meta) lines() []Fact {
	facts := []Fact{
		{"Document", m.ID},
		{"Version", m.Version},
		{"Classification", m.Classification},
		{"Generated", stamp(m.Date)},
		{"Catalogue", m.Catalogue},
	}
	facts = append(facts, m.Facts...)
	return append(facts, Fact{"Data digest (SHA-256)", m.Digest})
}

// shortDigest is the part of the digest that fits a footer.
func (m Meta) shortDigest() string {
	if len(m.Digest) > 16 {
		return m.Digest[:16]
	}
	return m.Digest
}
