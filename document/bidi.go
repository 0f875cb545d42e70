// SPDX-License-Identifier: Apache-2.0

package document

import "slices"

// A PDF page has no idea of the direction of a script: letters stand where
// they are put. This file puts a line that holds Hebrew or Arabic into the
// order in which it is seen. It follows the Unicode bidirectional algorithm
// for what names and sentences need (UAX 9, without explicit marks, which
// clean removes), and joins Arabic letters by their presentation forms.

// letter is one letter of a line with the style it has.
type letter struct {
	r    rune
	span int // index of its atom
}

// turns says whether a rune is written from right to left.
func turns(r rune) bool {
	return r >= 0x0590 && r <= 0x08FF && !(r >= 0x0660 && r <= 0x0669) || r >= 0xFB1D && r <= 0xFDFF || r >= 0xFE70 && r <= 0xFEFC
}

func anyTurns(s string) bool {
	for _, r := range s {
		if r >= 0x0590 && turns(r) {
			return true
		}
	}
	return false
}

// strength of a letter's direction.
type strength int

const (
	neutral strength = iota
	leftward
	rightward
	digit
)

func strengthOf(r rune) strength {
	switch {
	case r >= '0' && r <= '9', r >= 0x0660 && r <= 0x0669:
		return digit
	case turns(r):
		return leftward
	case r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r >= 0xC0 && r != 0xD7 && r != 0xF7 && !(r >= 0x2000 && r <= 0x2BFF):
		return rightward
	}
	return neutral
}

// visual reorders a line from the order of reading to the order of sight.
func visual(line []letter) []letter {
	line = join(line)
	kinds := make([]strength, len(line))
	base := rightward
	for i, l := range line {
		kinds[i] = strengthOf(l.r)
	}
	if i := slices.IndexFunc(kinds, func(k strength) bool { return k == leftward || k == rightward }); i >= 0 {
		base = kinds[i]
	}
	levels := levelsOf(kinds, base)
	pairBrackets(line, levels)
	for i, l := range line {
		if levels[i]%2 == 1 {
			line[i].r = mirrored(l.r)
		}
	}
	for level := slices.Max(append([]int{0}, levels...)); level > 0; level-- {
		for i := 0; i < len(line); {
			if levels[i] < level {
				i++
				continue
			}
			from := i
			for i < len(line) && levels[i] >= level {
				i++
			}
			slices.Reverse(line[from:i])
			slices.Reverse(levels[from:i])
		}
	}
	return line
}

// levelsOf gives each letter its depth: odd runs from right to left. A neutral
// takes the direction of both its neighbours when they agree, else the line's.
func levelsOf(kinds []strength, base strength) []int {
	out := make([]int, len(kinds))
	before := base
	for i := 0; i < len(kinds); i++ {
		k := kinds[i]
		if k == neutral {
			end := i
			for end < len(kinds) && kinds[end] == neutral {
				end++
			}
			after := base
			if end < len(kinds) {
				if after = kinds[end]; after == digit {
					after = before
				}
			}
			k = base
			if before == after {
				k = before
			}
			for ; i < end; i++ {
				out[i] = depth(k, base)
			}
			i--
			continue
		}
		if k == digit {
			out[i] = depth(rightward, base)
			if before == leftward {
				out[i] = 2
			}
			continue
		}
		out[i], before = depth(k, base), k
	}
	return out
}

// pairBrackets gives a closing bracket the depth of the one that it closes.
func pairBrackets(line []letter, levels []int) {
	var open []int
	for i, l := range line {
		switch l.r {
		case '(', '[', '<', '«':
			open = append(open, i)
		case ')', ']', '>', '»':
			if n := len(open); n > 0 && line[open[n-1]].r == mirrored(l.r) {
				levels[i] = levels[open[n-1]]
				open = open[:n-1]
			}
		}
	}
}

func depth(k, base strength) int {
	switch {
	case k == leftward:
		return 1
	case base == leftward:
		return 2
	}
	return 0
}

func mirrored(r rune) rune {
	switch r {
	case '(':
		return ')'
	case ')':
		return '('
	case '[':
		return ']'
	case ']':
		return '['
	case '<':
		return '>'
	case '>':
		return '<'
	case '«':
		return '»'
	case '»':
		return '«'
	}
	return r
}

// arabicForms counts the presentation forms of U+0621 to U+064A: 1 stands
// alone, 2 joins to the letter before it, 4 to both. They lie one after the
// other from U+FE80.
func arabicForms(r rune) (first rune, count int) {
	const counts = "122224242444442222444444440000004444444224"
	if r < 0x0621 || r > 0x064A {
		return 0, 0
	}
	first = 0xFE80
	for i := range r - 0x0621 {
		first += rune(counts[i] - '0')
	}
	return first, int(counts[r-0x0621] - '0')
}

// join replaces Arabic letters by the forms that their neighbours ask for.
func join(line []letter) []letter {
	out := make([]letter, 0, len(line))
	linked := false // the letter before reaches out to this one
	for i := 0; i < len(line); i++ {
		r := line[i].r
		if r >= 0x064B && r <= 0x0652 { // a vowel mark hides nothing
			out = append(out, line[i])
			continue
		}
		if r == 0x0640 {
			out, linked = append(out, line[i]), true
			continue
		}
		if lig := lamAlef(line, i); lig != 0 {
			if linked {
				lig++
			}
			out, linked = append(out, letter{lig, line[i].span}), false
			i++
			continue
		}
		first, count := arabicForms(r)
		if count == 0 {
			out, linked = append(out, line[i]), false
			continue
		}
		next := count == 4 && reaches(line, i+1)
		form := first
		if linked && count > 1 {
			form++
		}
		if next {
			form += 2
		}
		out, linked = append(out, letter{form, line[i].span}), next
	}
	return out
}

// reaches says whether the next letter can join to the one before it.
func reaches(line []letter, i int) bool {
	for ; i < len(line); i++ {
		r := line[i].r
		if r >= 0x064B && r <= 0x0652 {
			continue
		}
		_, count := arabicForms(r)
		return count > 1 || r == 0x0640
	}
	return false
}

// lamAlef gives the ligature of lam and the alef after it, standing alone.
func lamAlef(line []letter, i int) rune {
	if line[i].r != 0x0644 || i+1 >= len(line) {
		return 0
	}
	switch line[i+1].r {
	case 0x0622:
		return 0xFEF5
	case 0x0623:
		return 0xFEF7
	case 0x0625:
		return 0xFEF9
	case 0x0627:
		return 0xFEFB
	}
	return 0
}
