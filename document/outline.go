// SPDX-License-Identifier: Apache-2.0

package document

import "strconv"

// section is a heading as the contents show it.
type section struct {
	number string // "2.1"; empty for level 3
	title  string
	level  int
	id     string // as given, or made of its place
}

// outline numbers the headings of a document, in order.
func outline(blocks []Block) []section {
	var out []section
	first, second, third := 0, 0, 0
	for _, b := range blocks {
		h, ok := b.(Heading)
		if !ok {
			continue
		}
		s := section{title: clean(h.Text), level: h.Level, id: h.ID}
		switch h.Level {
		case 1:
			first, second, third = first+1, 0, 0
			s.number = strconv.Itoa(first)
		case 2:
			second, third = second+1, 0
			s.number = strconv.Itoa(first) + "." + strconv.Itoa(second)
		default:
			third++
		}
		if s.id == "" {
			s.id = "s-" + strconv.Itoa(first) + "-" + strconv.Itoa(second) + "-" + strconv.Itoa(third)
		}
		out = append(out, s)
	}
	return out
}
