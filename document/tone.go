// SPDX-License-Identifier: Apache-2.0

package document

// Tone is the meaning of a colour. Beside each colour stands a mark or a
// pattern, so that the meaning survives a black-and-white printer.
type Tone int

// The tones.
const (
	None    Tone = iota // no meaning: ink
	Good                // met, satisfied
	Part                // met in part
	Bad                 // not met
	Unknown             // could not be told
	Muted               // does not apply, not expected
	Accent              // the house's one accent: a neutral quantity
	Second              // a second neutral quantity beside Accent
)

// Mark is a sign that stands before a word of status.
type Mark int

// The marks. MarkOfTone takes the usual one of the tone.
const (
	MarkOfTone   Mark = iota
	MarkCheck         // ✓
	MarkHalf          // ◐
	MarkCross         // ✕
	MarkQuestion      // ?
	MarkDash          // –
	MarkDot           // ●
	MarkRing          // ○
	MarkLevel1        // one of four bars, as in a severity
	MarkLevel2
	MarkLevel3
	MarkLevel4
	MarkNone
)

// Chip is a word of status with its mark.
type Chip struct {
	Word string
	Tone Tone
	Mark Mark
}

// colour is red, green, blue.
type colour struct{ r, g, b uint8 }

// palette is what a tone looks like: on light paper, on a dark screen, and as
// a tint behind text.
type palette struct {
	light, dark, tint colour
	pattern           pattern
	mark              Mark
	name              string // in CSS classes
}

// pattern is drawn over a filled area so that it is told apart without colour.
type pattern int

const (
	solid   pattern = iota
	rising          // lines rising to the right
	falling         // lines falling to the right
	dotted
	crossed
)

// look gives the palette of a tone. Contrast against white is at least 4.5:1
// for light and against the dark ground for dark.
func (t Tone) look() palette {
	switch t {
	case Good:
		return palette{colour{31, 117, 84}, colour{94, 194, 154}, colour{232, 243, 238}, solid, MarkCheck, "good"}
	case Part:
		return palette{colour{144, 95, 0}, colour{226, 178, 82}, colour{251, 243, 224}, rising, MarkHalf, "part"}
	case Bad:
		return palette{colour{176, 45, 55}, colour{242, 128, 130}, colour{251, 235, 235}, solid, MarkCross, "bad"}
	case Unknown:
		return palette{colour{98, 84, 156}, colour{176, 164, 232}, colour{240, 238, 248}, dotted, MarkQuestion, "unknown"}
	case Muted:
		return palette{colour{99, 110, 123}, colour{150, 160, 172}, colour{241, 243, 245}, falling, MarkDash, "muted"}
	case Accent:
		return palette{colour{14, 90, 107}, colour{104, 190, 208}, colour{230, 240, 243}, solid, MarkDot, "accent"}
	case Second:
		return palette{colour{150, 88, 52}, colour{222, 160, 122}, colour{248, 239, 232}, crossed, MarkRing, "second"}
	}
	return palette{colour{24, 34, 44}, colour{226, 231, 236}, colour{246, 247, 248}, solid, MarkNone, "ink"}
}

// The colours of the paper itself.
func ink() colour      { return colour{24, 34, 44} }
func quiet() colour    { return colour{91, 103, 115} }
func hairline() colour { return colour{214, 220, 226} }
func ground() colour   { return colour{246, 247, 248} }
func white() colour    { return colour{255, 255, 255} }

// mark gives the mark to draw.
func (c Chip) mark() Mark {
	if c.Mark == MarkOfTone {
		return c.Tone.look().mark
	}
	return c.Mark
}

// sign gives the mark as a letter, for papers that are typed, not drawn.
func (m Mark) sign() string {
	switch m {
	case MarkCheck:
		return "✓"
	case MarkHalf:
		return "◐"
	case MarkCross:
		return "✕"
	case MarkQuestion:
		return "?"
	case MarkDash:
		return "–"
	case MarkDot:
		return "●"
	case MarkRing:
		return "○"
	case MarkLevel1:
		return "▮▯▯▯"
	case MarkLevel2:
		return "▮▮▯▯"
	case MarkLevel3:
		return "▮▮▮▯"
	case MarkLevel4:
		return "▮▮▮▮"
	}
	return ""
}

const hexDigits = "0123456789ABCDEF"

// hex gives the colour as RRGGBB.
func (c colour) hex() string {
	out := make([]byte, 0, 6)
	for _, v := range []uint8{c.r, c.g, c.b} {
		out = append(out, hexDigits[v>>4], hexDigits[v&15])
	}
	return string(out)
}
