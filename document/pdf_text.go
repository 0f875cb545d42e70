// SPDX-License-Identifier: Apache-2.0

package document

import "strings"

// style is how running text is set.
type style struct {
	size    float64
	leading float64
	face    face
	colour  colour
}

// run is text of one face on one line.
type run struct {
	text   string
	face   face
	link   string
	x      float64 // from the start of the line
	width  float64
	colour colour
}

// textLine is one line that fits its width.
type textLine struct {
	runs  []run
	width float64
}

// atom is a piece of a word that has one style.
type atom struct {
	text   string
	face   face
	link   string
	colour colour
	width  float64
}

// word is atoms between two blanks; hard means that a line break follows.
type word struct {
	atoms []atom
	width float64
	hard  bool
}

// lay breaks text into lines of at most width.
func (p *pdfWriter) lay(t Text, st style, width float64) []textLine {
	words := p.words(t, st)
	blankWidth := p.fonts.width(" ", st.face, st.size)
	var out []textLine
	var now textLine
	end := func() {
		out = append(out, p.order(now, st))
		now = textLine{}
	}
	for _, w := range words {
		if len(w.atoms) > 0 {
			if len(now.runs) > 0 && now.width+blankWidth+w.width > width {
				end()
			}
			if w.width > width {
				for i, piece := range p.chop(w, st, width) {
					if i > 0 {
						end()
					}
					now.add(piece, blankWidth)
				}
			} else {
				now.add(w, blankWidth)
			}
		}
		if w.hard {
			end()
		}
	}
	if len(now.runs) > 0 || len(out) == 0 {
		end()
	}
	return out
}

// add appends a word after a blank; text of the same style becomes one run.
func (l *textLine) add(w word, blankWidth float64) {
	space := ""
	if len(l.runs) > 0 {
		space = " "
		l.width += blankWidth
	}
	for _, a := range w.atoms {
		if n := len(l.runs); n > 0 && l.runs[n-1].face == a.face && l.runs[n-1].link == a.link && l.runs[n-1].colour == a.colour {
			l.runs[n-1].text += space + a.text
			l.runs[n-1].width = l.width + a.width - l.runs[n-1].x
		} else {
			l.runs = append(l.runs, run{a.text, a.face, a.link, l.width, a.width, a.colour})
		}
		l.width += a.width
		space = ""
	}
}

// words splits text at blanks and line breaks.
func (p *pdfWriter) words(t Text, st style) []word {
	var out []word
	var now word
	end := func(hard bool) {
		if len(now.atoms) > 0 || hard {
			now.hard = hard
			out = append(out, now)
			now = word{}
		}
	}
	for _, s := range t {
		look := p.spanStyle(s, st)
		text := clean(s.Text)
		for len(text) > 0 {
			i := strings.IndexAny(text, " \n")
			part := text
			if i >= 0 {
				part = text[:i]
			}
			for _, a := range p.atoms(part, look, st.size) {
				now.atoms = append(now.atoms, a)
				now.width += a.width
			}
			if i < 0 {
				break
			}
			end(text[i] == '\n')
			text = text[i+1:]
		}
	}
	end(false)
	return out
}

func (p *pdfWriter) spanStyle(s Span, st style) atom {
	look := atom{face: st.face, colour: st.colour}
	switch {
	case s.Code:
		look.face = mono
	case s.Strong:
		look.face = bold
	case s.Em:
		look.face = italic
	}
	if s.Link != "" && safeLink(s.Link) {
		look.link, look.colour = s.Link, Accent.look().light
	}
	return look
}

// atoms gives the pieces of a word, one for each face that it needs.
func (p *pdfWriter) atoms(s string, look atom, size float64) []atom {
	if s == "" {
		return nil
	}
	if isPlain(s) {
		look.text, look.width = s, p.fonts.width(s, look.face, size)
		return []atom{look}
	}
	var out []atom
	for _, r := range s {
		if r >= 0xFE00 && r <= 0xFE0F || r == 0x200B || r == 0x200C || r == 0x200D {
			continue // they shape emoji and scripts that these fonts lack
		}
		f, shown := p.fonts.pick(look.face, r)
		if shown == box && r != box {
			p.missing++
		}
		w := p.fonts.width(string(shown), f, size)
		if n := len(out); n > 0 && out[n-1].face == f {
			out[n-1].text += string(shown)
			out[n-1].width += w
			continue
		}
		next := look
		next.text, next.face, next.width = string(shown), f, w
		out = append(out, next)
	}
	return out
}

// chop cuts a word that is wider than the line, after a sign such as / or -
// where there is one, else between letters.
func (p *pdfWriter) chop(w word, st style, width float64) []word {
	var out []word
	var now word
	for _, a := range w.atoms {
		for a.text != "" {
			head := p.fit(a, st.size, width-now.width)
			if head == "" {
				if len(now.atoms) > 0 {
					out = append(out, now)
					now = word{}
					continue
				}
				_, n := firstRune(a.text)
				head = a.text[:n]
			}
			piece := a
			piece.text, piece.width = head, p.fonts.width(head, a.face, st.size)
			now.atoms = append(now.atoms, piece)
			now.width += piece.width
			if a.text = a.text[len(head):]; a.text != "" {
				out = append(out, now)
				now = word{}
			}
		}
	}
	if len(now.atoms) > 0 {
		out = append(out, now)
	}
	return out
}

func firstRune(s string) (rune, int) {
	for i, r := range s {
		if i > 0 {
			return r, i
		}
	}
	return 0, len(s)
}

// fit gives the longest start of an atom that fits into room.
func (p *pdfWriter) fit(a atom, size, room float64) string {
	used, good, soft := 0.0, 0, 0
	for i, r := range a.text {
		f, shown := p.fonts.pick(a.face, r)
		used += float64(p.fonts.faces[f].advance[shown]) * size / 1000
		if used > room {
			break
		}
		good = i + len(string(r))
		if strings.ContainsRune("/-:._,=@?&;)", r) {
			soft = good
		}
	}
	if good < len(a.text) && soft > good/2 {
		return a.text[:soft]
	}
	return a.text[:good]
}

// order puts a line that holds a script written from right to left into the
// order of sight.
func (p *pdfWriter) order(l textLine, st style) textLine {
	found := false
	for _, r := range l.runs {
		found = found || anyTurns(r.text)
	}
	if !found {
		return l
	}
	var letters []letter
	for i, r := range l.runs {
		if i > 0 && r.x > l.runs[i-1].x+l.runs[i-1].width+0.01 {
			letters = append(letters, letter{' ', i})
		}
		for _, c := range r.text {
			letters = append(letters, letter{c, i})
		}
	}
	out := textLine{}
	for _, c := range visual(letters) {
		from := l.runs[c.span]
		f, shown := p.fonts.pick(from.face, c.r)
		w := p.fonts.width(string(shown), f, st.size)
		if n := len(out.runs); n > 0 && out.runs[n-1].face == f && out.runs[n-1].link == from.link && out.runs[n-1].colour == from.colour {
			out.runs[n-1].text += string(shown)
			out.runs[n-1].width += w
		} else {
			out.runs = append(out.runs, run{string(shown), f, from.link, out.width, w, from.colour})
		}
		out.width += w
	}
	return out
}
