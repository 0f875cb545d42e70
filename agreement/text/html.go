// SPDX-License-Identifier: Apache-2.0

package text

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"demarc.dev/demarc/problem"
)

// readHTML reads a page as a browser would show it.
func readHTML(b *builder, data []byte) error {
	root, err := html.Parse(bytes.NewReader(data))
	if err != nil {
		return problem.New(problem.Invalid, b.doc.Name+" nests deeper than is read", "give the page as PDF").Wrap(err)
	}
	w := &htmlWalker{b: b}
	if err := w.walk(root, 0); err != nil {
		return err
	}
	w.close()
	return b.full()
}

// htmlWalker makes blocks of the elements of a page.
type htmlWalker struct {
	b     *builder
	open  bool
	block Block
	lists []*list
	head  [][2]int
}

// list is an open ol or ul.
type list struct {
	ordered bool
	style   string
	next    int
}

func (l *list) label() string {
	if !l.ordered {
		return ""
	}
	n := l.next
	l.next++
	switch l.style {
	case "a", "A":
		return "(" + letters(n, l.style == "A") + ")"
	case "i", "I":
		return "(" + strings.ToLower(roman(n)) + ")"
	}
	return strconv.Itoa(n)
}

var hidden = map[atom.Atom]bool{atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true,
	atom.Nav: true, atom.Head: true, atom.Svg: true, atom.Select: true, atom.Button: true, atom.Iframe: true}

var blockLevel = map[atom.Atom]bool{atom.P: true, atom.Div: true, atom.Section: true, atom.Article: true, atom.Main: true,
	atom.Blockquote: true, atom.Dd: true, atom.Dt: true, atom.Dl: true, atom.Ul: true, atom.Ol: true, atom.Table: true,
	atom.Tr: true, atom.Header: true, atom.Footer: true, atom.Pre: true, atom.Form: true, atom.Figure: true, atom.Aside: true,
	atom.Caption: true, atom.Tbody: true, atom.Thead: true, atom.Body: true, atom.Hr: true, atom.Fieldset: true, atom.Address: true}

func (w *htmlWalker) walk(n *html.Node, depth int) error {
	if depth > maxDepth {
		return problem.New(problem.Invalid, fmt.Sprintf("%s nests more than %d elements within each other", w.b.doc.Name, maxDepth), "give the page as PDF")
	}
	if n.Type == html.TextNode {
		w.text(n.Data)
		return nil
	}
	if n.Type == html.ElementNode && (hidden[n.DataAtom] || isHidden(n)) {
		return nil
	}
	w.enter(n)
	from := w.b.at()
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if err := w.walk(c, depth+1); err != nil {
			return err
		}
	}
	w.leave(n, from)
	return w.b.full()
}

func (w *htmlWalker) enter(n *html.Node) {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.start(Block{Kind: Heading, Level: int(n.Data[1] - '0')})
	case atom.Li:
		block := Block{Kind: Item, Level: len(w.lists)}
		if len(w.lists) > 0 {
			block.Label = w.lists[len(w.lists)-1].label()
		}
		w.start(block)
	case atom.Tr:
		w.start(Block{Kind: Row, Head: w.head})
	case atom.Ol, atom.Ul:
		w.close()
		l := &list{ordered: n.DataAtom == atom.Ol, style: attribute(n, "type"), next: 1}
		if start, err := strconv.Atoi(attribute(n, "start")); err == nil {
			l.next = start
		}
		w.lists = append(w.lists, l)
	case atom.Table:
		w.close()
		w.head = nil
	case atom.Br:
		if w.open {
			w.b.write("\n")
		}
	default:
		if blockLevel[n.DataAtom] && w.block.Kind != Row {
			w.close()
		}
	}
}

func (w *htmlWalker) leave(n *html.Node, from int) {
	switch n.DataAtom {
	case atom.A:
		w.b.link(from, attribute(n, "href"))
	case atom.Td, atom.Th:
		if w.open {
			w.b.cell(from)
		}
	case atom.Tr:
		if w.open && w.head == nil && w.b.cells != nil {
			w.head = w.b.cells
		}
		w.close()
	case atom.Ol, atom.Ul:
		w.close()
		w.lists = w.lists[:max(0, len(w.lists)-1)]
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Li:
		w.close()
	default:
		if blockLevel[n.DataAtom] && w.block.Kind != Row {
			w.close()
		}
	}
}

func (w *htmlWalker) start(block Block) {
	w.close()
	w.b.begin()
	w.open, w.block = true, block
}

func (w *htmlWalker) close() {
	if w.open {
		w.b.end(w.block)
	}
	w.open, w.block = false, Block{}
}

func (w *htmlWalker) text(s string) {
	if !w.open {
		if strings.TrimSpace(s) == "" {
			return
		}
		w.start(Block{Kind: Paragraph})
	}
	w.b.write(strings.NewReplacer("\r", "", "\t", " ").Replace(s))
}

func isHidden(n *html.Node) bool {
	for _, a := range n.Attr {
		switch {
		case a.Key == "hidden", a.Key == "aria-hidden" && a.Val == "true",
			a.Key == "style" && strings.Contains(strings.ReplaceAll(a.Val, " ", ""), "display:none"):
			return true
		}
	}
	return false
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// letters gives a for 1, z for 26, aa for 27.
func letters(n int, upper bool) string {
	if n < 1 || n > 1000 {
		return strconv.Itoa(n)
	}
	first := byte('a')
	if upper {
		first = 'A'
	}
	return strings.Repeat(string(first+byte((n-1)%26)), (n-1)/26+1)
}

// roman gives a number in Roman figures.
func roman(n int) string {
	if n < 1 || n > 3999 {
		return strconv.Itoa(n)
	}
	var out strings.Builder
	for _, s := range []struct {
		value int
		sign  string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for n >= s.value {
			out.WriteString(s.sign)
			n -= s.value
		}
	}
	return out.String()
}
