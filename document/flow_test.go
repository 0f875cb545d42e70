// SPDX-License-Identifier: Apache-2.0

package document

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestFlow proves that no strip is lost, divided, or painted over another.
func TestFlow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const height = 100.0
		n := rapid.IntRange(0, 60).Draw(t, "n")
		head := &strip{height: 5, section: -1}
		strips := make([]strip, n)
		wanted := 0
		for i := range strips {
			strips[i] = strip{
				height:  float64(rapid.IntRange(0, 60).Draw(t, "height")),
				before:  float64(rapid.IntRange(0, 20).Draw(t, "before")),
				keep:    rapid.Bool().Draw(t, "keep"),
				breaks:  rapid.IntRange(0, 9).Draw(t, "breaks") == 0,
				section: i + 1,
			}
			if rapid.Bool().Draw(t, "head") {
				strips[i].head = head
			}
			if !strips[i].breaks {
				wanted++
			}
		}
		last, placed := 0, 0
		for p, page := range flow(strips, height) {
			y := 0.0
			for k, s := range page {
				if s.y < y {
					t.Fatalf("page %d: strip %d begins at %v, over the one before, which ends at %v", p, s.section, s.y, y)
				}
				y = s.y + s.height
				if y > height+5 { // a head may push the strip that it stands over
					t.Fatalf("page %d: strip %d ends at %v", p, s.section, y)
				}
				if s.section == -1 {
					if k != 0 {
						t.Fatalf("page %d: the header stands at place %d", p, k)
					}
					continue
				}
				if s.section <= last {
					t.Fatalf("strip %d follows strip %d", s.section, last)
				}
				last = s.section
				placed++
			}
		}
		if placed != wanted {
			t.Fatalf("%d of %d strips are placed", placed, wanted)
		}
	})
}

func TestFlow_HeadingStaysWithWhatFollows(t *testing.T) {
	strips := []strip{{height: 85}, {height: 10, keep: true, section: 1}, {height: 10, section: 2}}
	pages := flow(strips, 100)
	if len(pages) != 2 || len(pages[1]) != 2 || pages[1][0].section != 1 {
		t.Errorf("the heading stands alone: %+v", pages)
	}
}

// TestLay proves that no line is wider than its room and no letter is lost.
func TestLay(t *testing.T) {
	fs, err := loadFonts()
	if err != nil {
		t.Fatal(err)
	}
	p := &pdfWriter{fonts: fs, links: map[string]int{}}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-zA-Zé漢/:.-]{1,60}`), 1, 20).Draw(t, "words")
		width := rapid.Float64Range(40, 400).Draw(t, "width")
		text := strings.Join(words, " ")
		got := ""
		for _, l := range p.lay(Say("**%s** %s", text, text), tableStyle(), width) {
			if l.width > width+0.01 {
				t.Fatalf("a line of %v in a room of %v", l.width, width)
			}
			for _, r := range l.runs {
				got += r.text
			}
		}
		want := strings.Map(func(r rune) rune {
			if r == ' ' {
				return -1
			}
			if r == '漢' {
				return box
			}
			return r
		}, text+text)
		if strings.ReplaceAll(got, " ", "") != want {
			t.Fatalf("%q became %q", want, got)
		}
	})
}

func TestFonts_HaveWhatThePapersSay(t *testing.T) {
	fs, err := loadFonts()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range "AZaz09äéßŁőΩЖ–—…“”‘’•·→≤≥≠×§©€" {
		if !fs.faces[regular].has(r) || !fs.faces[bold].has(r) {
			t.Errorf("Inter lacks %q", r)
		}
	}
	for _, r := range "אתابﻻ□✓●" {
		if f, shown := fs.pick(regular, r); shown != r {
			t.Errorf("no font shows %q (%d)", r, f)
		}
	}
	w := fs.width("0", regular, 1000)
	for _, r := range "123456789" {
		if fs.width(string(r), regular, 1000) != w {
			t.Errorf("digit %c is not as wide as 0: figures in a column would not align", r)
		}
	}
}

func TestSpread(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "n")
		shares, least, sum := make([]float64, n), make([]float64, n), 0.0
		for i := range shares {
			shares[i] = rapid.Float64Range(0.1, 5).Draw(t, "share")
			sum += shares[i]
			least[i] = rapid.Float64Range(0, 480/float64(n)).Draw(t, "least")
		}
		for i := range shares {
			shares[i] /= sum
		}
		total := 0.0
		for i, w := range spread(shares, least, 481) {
			if w < least[i]-1e-6 {
				t.Fatalf("column %d is %v wide and needs %v", i, w, least[i])
			}
			total += w
		}
		if total < 480.99 || total > 481.01 {
			t.Fatalf("the columns are %v wide together", total)
		}
	})
}
