// SPDX-License-Identifier: Apache-2.0

package document

import "strconv"

const (
	labelSize = 8.0
	barRow    = 19.0
	barHeight = 10.5
)

// labelWidth gives the room that labels at the left take.
func labelWidth(width float64) float64 { return width * 0.34 }

// rowLabel writes a label of one or two lines beside the bar whose middle is y.
func (s *scene) rowLabel(text string, y, width float64) {
	lines := s.wrap(text, labelSize, width-8, 2)
	if len(lines) == 1 {
		s.text(0, y+labelSize*0.36, labelSize, lines[0], Left, regular, paint{role: inkRole})
		return
	}
	s.text(0, y-1.2, labelSize-0.6, lines[0], Left, regular, paint{role: inkRole})
	s.text(0, y+7.2, labelSize-0.6, lines[1], Left, regular, paint{role: inkRole})
}

func (c Bars) draw(fs *fonts, width float64) *scene {
	s := &scene{width: width, height: float64(len(c.Bars))*barRow + 4, fonts: fs}
	left, right := labelWidth(width), 0.0
	for _, b := range c.Bars {
		right = max(right, fs.width(b.Says, bold, labelSize)+8)
	}
	room, top := width-left-right, c.Max
	for _, b := range c.Bars {
		top = max(top, b.Value)
	}
	for i, b := range c.Bars {
		y := float64(i)*barRow + barRow/2 + 2
		s.rowLabel(b.Label, y, left)
		s.rect(left, y-barHeight/2, room, barHeight, paint{role: groundRole})
		if top > 0 && b.Value > 0 {
			s.rect(left, y-barHeight/2, room*b.Value/top, barHeight, toned(b.Tone)).pattern = b.Tone.look().pattern
		}
		s.text(left+room+8, y+labelSize*0.36, labelSize, b.Says, Left, bold, paint{role: inkRole})
	}
	return s
}

func (c Bars) faults() []string {
	for _, b := range c.Bars {
		if b.Label == "" || b.Says == "" || b.Value < 0 {
			return []string{"a bar without a label or words, or below zero: " + b.Label}
		}
	}
	return nil
}

func (c Stacked) draw(fs *fonts, width float64) *scene {
	s := &scene{width: width, fonts: fs}
	items := make([]legendItem, len(c.Series))
	for i, v := range c.Series {
		items[i] = legendItem{v.Name, areaSwatch(v.Tone)}
	}
	y := s.legend(items, 0, 2, width) + 6
	left := labelWidth(width)
	top, right := 0, 0.0
	for _, r := range c.Rows {
		top = max(top, sum(r.Counts))
		right = max(right, fs.width(strconv.Itoa(sum(r.Counts)), bold, labelSize)+8)
	}
	for _, r := range c.Rows {
		full := top
		if c.Share {
			full = sum(r.Counts)
		}
		s.rowLabel(r.Label, y+barRow/2, left)
		s.stack(c.Series, r.Counts, left, y+barRow/2-barHeight/2, width-left-right, full)
		s.text(width, y+barRow/2+labelSize*0.36, labelSize, strconv.Itoa(sum(r.Counts)), Right, bold, paint{role: inkRole})
		y += barRow
	}
	s.height = y + 2
	return s
}

// stack draws one bar; a count stands in its part where there is room.
func (s *scene) stack(series []Series, counts []int, x, y, width float64, full int) {
	if full == 0 {
		s.rect(x, y, width, barHeight, paint{role: groundRole})
		return
	}
	for i, n := range counts {
		if n == 0 {
			continue
		}
		w := width * float64(n) / float64(full)
		s.rect(x, y, w, barHeight, toned(series[i].Tone)).pattern = series[i].Tone.look().pattern
		if x > 0 {
			s.rect(x-0.4, y, 0.8, barHeight, paint{role: paperRole})
		}
		if word := strconv.Itoa(n); s.fonts.width(word, bold, 7.2)+5 < w {
			s.plate(word, x+w/2, y, series[i].Tone)
		}
		x += w
	}
}

// plate writes a count on a patterned area; a patch of plain colour beneath
// keeps it legible.
func (s *scene) plate(word string, x, y float64, t Tone) {
	w := s.fonts.width(word, bold, 7.2) + 3
	if t.look().pattern != solid {
		s.rect(x-w/2, y+1, w, barHeight-2, toned(t))
	}
	s.text(x, y+barHeight/2+2.6, 7.2, word, Centre, bold, paint{role: paperRole})
}

func (c Stacked) faults() []string {
	for _, r := range c.Rows {
		if r.Label == "" || len(r.Counts) != len(c.Series) {
			return []string{"a bar without a label, or with counts for other series: " + r.Label}
		}
	}
	return nil
}

func sum(ns []int) int {
	t := 0
	for _, n := range ns {
		t += n
	}
	return t
}
