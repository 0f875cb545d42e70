// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"demarc.dev/demarc/catalogue"
)

// The bounds of a text.
const (
	MaxText   = 200 << 10 // bytes
	maxBlocks = 2000
)

// Kind is what a block is.
type Kind string

// The kinds of block.
const (
	Heading   Kind = "heading"
	Paragraph Kind = "paragraph"
	List      Kind = "list"
	Numbered  Kind = "numbered"
)

// Block is one piece of a text.
type Block struct {
	Kind      Kind            `json:"kind"`
	Level     int             `json:"level,omitempty"` // of a heading, from 1: the number of its # less one
	Lines     []string        `json:"lines"`           // one of a heading or paragraph; one an item of a list
	Satisfies []string        `json:"satisfies,omitempty"`
	Line      int             `json:"line"`
	party     catalogue.Party // of a template: for whom it is; empty: everybody
}

// Section gives the heading that a block stands under; empty before the first.
func Section(blocks []Block, i int) string {
	for ; i >= 0; i-- {
		if blocks[i].Kind == Heading {
			return blocks[i].Lines[0]
		}
	}
	return ""
}

var (
	dutyID       = regexp.MustCompile(`^[A-Z0-9.]+-[CP][0-9]+$`)
	satisfies    = regexp.MustCompile(`^(?i:satisfies):\s*(.*)$`)
	bullet       = regexp.MustCompile(`^[-*](?:\s+(.*))?$`)
	numberedItem = regexp.MustCompile(`^[0-9]{1,3}[.)](?:\s+(.*))?$`)
)

// Blocks reads a text. Whatever it holds, it is read: what is no heading and no
// list is a paragraph. Duties that stand alone are those of the block before.
func Blocks(text string) []Block { return read(text, false) }

func read(text string, template bool) []Block {
	var out []Block
	var now []string
	from := 0
	flush := func() {
		if len(now) == 0 {
			return
		}
		b := blockOf(now, from, template)
		if now = nil; len(b.Lines) > 0 {
			out = append(out, b)
		} else if n := len(out); n > 0 {
			out[n-1].Satisfies = append(out[n-1].Satisfies, b.Satisfies...)
		}
	}
	for i, line := range strings.Split(Clean(text), "\n") {
		switch {
		case strings.TrimSpace(line) == "":
			flush()
			continue
		case strings.HasPrefix(line, "#") && len(now) > 0 && !(template && strings.HasPrefix(now[0], "@")):
			flush()
		case len(now) > 0 && strings.HasPrefix(now[len(now)-1], "#"):
			if !satisfies.MatchString(line) {
				flush()
			}
		}
		if len(now) == 0 {
			from = i + 1
		}
		now = append(now, line)
	}
	flush()
	return out
}

func blockOf(lines []string, from int, template bool) Block {
	b := Block{Kind: Paragraph, Line: from}
	if party, ok := strings.CutPrefix(lines[0], "@"); ok && template {
		b.party, lines = catalogue.Party(party), lines[1:]
	}
	lines = slices.DeleteFunc(slices.Clone(lines), func(l string) bool {
		m := satisfies.FindStringSubmatch(strings.TrimSpace(l))
		if m != nil {
			b.Satisfies = append(b.Satisfies, dutiesIn(m[1])...)
		}
		return m != nil
	})
	if len(lines) == 0 {
		return b
	}
	first := strings.TrimSpace(lines[0])
	switch {
	case strings.HasPrefix(first, "#"):
		bare := strings.TrimLeft(first, "#")
		b.Kind, b.Level, b.Lines = Heading, min(max(len(first)-len(bare)-1, 1), 3), []string{strings.TrimSpace(bare)}
	case bullet.MatchString(first):
		b.Kind, b.Lines = List, items(lines, bullet)
	case numberedItem.MatchString(first):
		b.Kind, b.Lines = Numbered, items(lines, numberedItem)
	default:
		b.Lines = []string{strings.Join(trimmed(lines), " ")}
	}
	return b
}

// items joins the lines of each item of a list.
func items(lines []string, begins *regexp.Regexp) []string {
	var out []string
	for _, l := range trimmed(lines) {
		if m := begins.FindStringSubmatch(l); m != nil {
			out = append(out, m[1])
		} else if last := &out[len(out)-1]; *last == "" {
			*last = l
		} else {
			*last += " " + l
		}
	}
	return out
}

func trimmed(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.TrimSpace(l)
	}
	return out
}

func dutiesIn(words string) []string {
	return strings.FieldsFunc(words, func(r rune) bool { return r == ',' || r == ' ' || r == ';' })
}

// Write gives the text of blocks, in one form: Blocks gives them back.
func Write(blocks []Block) string {
	var b strings.Builder
	for i, x := range blocks {
		if i > 0 {
			b.WriteByte('\n')
		}
		for k, l := range x.Lines {
			switch x.Kind {
			case Heading:
				b.WriteString(strings.Repeat("#", x.Level+1) + " " + l)
			case List:
				b.WriteString("- " + l)
			case Numbered:
				fmt.Fprintf(&b, "%d. %s", k+1, l)
			default:
				b.WriteString(l)
			}
			b.WriteByte('\n')
		}
		if len(x.Satisfies) > 0 {
			b.WriteString("Satisfies: " + strings.Join(x.Satisfies, ", ") + "\n")
		}
	}
	return b.String()
}

// Clean gives a text with line feeds alone, without a byte order mark and with
// nothing after the words of a line. What is no UTF-8 becomes a question mark.
func Clean(text string) string {
	text = strings.TrimPrefix(strings.ToValidUTF8(text, "?"), "\ufeff")
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n") + "\n"
}

// Duties gives the duties that a text satisfies, each once, in its order.
func Duties(text string) []string {
	var out []string
	for _, b := range Blocks(text) {
		for _, d := range b.Satisfies {
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
	}
	return out
}

// CheckText tells all that is wrong with a text: fault is called with the line
// and what it says.
func CheckText(text string, known func(duty string) bool, fault func(line int, says string)) {
	if len(text) > MaxText {
		fault(0, fmt.Sprintf("the text has %d KB, and a policy has %d KB at most: part it", len(text)>>10, MaxText>>10))
		return
	}
	checkBlocks(Blocks(text), known, fault)
}

func checkBlocks(blocks []Block, known func(duty string) bool, fault func(line int, says string)) {
	switch {
	case len(blocks) == 0:
		fault(0, "the text is empty")
	case len(blocks) > maxBlocks:
		fault(0, fmt.Sprintf("the text has %d blocks, and a policy has %d at most: part it", len(blocks), maxBlocks))
		return
	}
	level := 0
	for _, b := range blocks {
		if b.Kind == Heading {
			if b.Level > level+1 {
				fault(b.Line, fmt.Sprintf("the heading %q skips a level: begin with ##, then ###", b.Lines[0]))
			}
			if level = b.Level; b.Lines[0] == "" {
				fault(b.Line, "the heading has no words")
			}
			if b.Lines[0] == Control {
				fault(b.Line, fmt.Sprintf("the heading %q is kept for what Demarc adds to a paper: choose another", Control))
			}
		}
		for _, d := range b.Satisfies {
			if !dutyID.MatchString(d) || !known(d) {
				fault(b.Line, fmt.Sprintf("the catalogue has no duty %.40q", d))
			}
		}
	}
}

// Control is the heading of what is added to the text in a paper: who approved
// it when. A paper that is read back ends there.
const Control = "Document control"
