// SPDX-License-Identifier: Apache-2.0

package document

// strip is a piece of the page that is never divided: a line, a row, a chart.
// Layout makes strips of blocks, flow puts them on pages, and only then is
// anything painted: so page numbers are known before the first page.
type strip struct {
	before  float64 // space above, dropped at the top of a page
	height  float64
	keep    bool   // stays on the page of the next strip
	breaks  bool   // begins a new page
	head    *strip // painted above this strip when it begins a page
	section int    // 1 + index of the section that it opens; 0 for none
	ids     []string
	paint   func(x, y float64)
}

// placed is a strip with its top on the page.
type placed struct {
	strip
	y float64
}

// flow puts strips on pages of the given height.
func flow(strips []strip, height float64) [][]placed {
	pages := [][]placed{nil}
	y, wantBreak := 0.0, false
	turn := func() {
		pages = append(pages, nil)
		y = 0
	}
	for i, s := range strips {
		if s.breaks {
			wantBreak = true
			continue
		}
		last := len(pages) - 1
		if len(pages[last]) > 0 && (wantBreak || y+s.before+needed(strips[i:], height) > height) {
			turn()
			last++
		}
		wantBreak = false
		if len(pages[last]) > 0 {
			y += s.before
		} else if s.head != nil {
			pages[last] = append(pages[last], placed{*s.head, 0})
			y = s.head.height
		}
		pages[last] = append(pages[last], placed{s, y})
		y += s.height
	}
	return pages
}

// needed gives the height that must be free for the first strip to stand: its
// own and that of those that it is kept with, unless they fill a page.
func needed(strips []strip, height float64) float64 {
	sum := 0.0
	for i, s := range strips {
		if s.breaks {
			break
		}
		if i > 0 {
			sum += s.before
		}
		sum += s.height
		if sum > height {
			return strips[0].height
		}
		if !s.keep {
			break
		}
	}
	return sum
}

// lineStrips makes strips of lines; the first two and the last two lines of a
// paragraph stay together.
func lineStrips(lines []textLine, leading, before float64, paint func(l textLine, x, y float64)) []strip {
	var out []strip
	for i := 0; i < len(lines); {
		n := 1
		left := len(lines) - i
		switch {
		case left <= 3:
			n = left
		case i == 0:
			n = 2
		}
		group := lines[i : i+n]
		s := strip{height: leading * float64(n), paint: func(x, y float64) {
			for k, l := range group {
				paint(l, x, y+leading*float64(k))
			}
		}}
		if i == 0 {
			s.before = before
		}
		out = append(out, s)
		i += n
	}
	return out
}
