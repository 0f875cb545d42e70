// SPDX-License-Identifier: Apache-2.0

package document

import (
	"embed"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode"
)

//go:embed font/*.ttf font/*.woff2
var fontFiles embed.FS

// face is one of the fonts that the papers use.
type face int

const (
	regular face = iota
	bold
	italic
	mono
	fallback // what the others lack
	faces    // how many there are
)

func (f face) file() string {
	return [...]string{"Inter-Regular", "Inter-SemiBold", "Inter-Italic", "DejaVuSansMono", "DejaVuSans"}[f]
}

// metrics hold the advance of every letter of one font, in thousandths of its
// size; a letter that the font lacks is -1.
type metrics struct{ advance []int16 }

// fonts hold the metrics of every face and the bytes of its file.
type fonts struct {
	faces [faces]metrics
	files [faces][]byte
}

// loadFonts reads the metrics of the embedded fonts: about a millisecond.
func loadFonts() (*fonts, error) {
	out := &fonts{}
	for f := range faces {
		data, err := fontFiles.ReadFile("font/" + f.file() + ".ttf")
		if err != nil {
			return nil, fmt.Errorf("reading font %s: %w", f.file(), err)
		}
		m, err := readMetrics(data)
		if err != nil {
			return nil, fmt.Errorf("reading font %s: %w", f.file(), err)
		}
		out.files[f], out.faces[f] = data, m
	}
	return out, nil
}

// webFont gives a font for an HTML file, as the address of its own bytes.
func webFont(name string) (string, error) {
	data, err := fontFiles.ReadFile("font/" + name + ".woff2")
	if err != nil {
		return "", fmt.Errorf("reading font %s: %w", name, err)
	}
	return "data:font/woff2;base64," + base64.StdEncoding.EncodeToString(data), nil
}

// has says whether a face can show r.
func (m metrics) has(r rune) bool { return r >= 0 && int(r) < len(m.advance) && m.advance[r] >= 0 }

// box stands for a letter that no font has.
const box = '□'

// pick gives the face that shows r when f is wanted, and the letter to show.
func (fs *fonts) pick(f face, r rune) (face, rune) {
	switch {
	case fs.faces[f].has(r):
		return f, r
	case unicode.Is(unicode.Zs, r):
		return f, ' '
	case f != mono && fs.faces[regular].has(r):
		return regular, r
	case fs.faces[fallback].has(r):
		return fallback, r
	}
	return fallback, box
}

// width gives the width of s in units of size.
func (fs *fonts) width(s string, f face, size float64) float64 {
	sum := 0
	for _, r := range s {
		at, letter := fs.pick(f, r)
		sum += int(fs.faces[at].advance[letter])
	}
	return float64(sum) * size / 1000
}

// cut shortens s with an ellipsis so that it fits into width.
func (fs *fonts) cut(s string, f face, size, width float64) string {
	if fs.width(s, f, size) <= width {
		return s
	}
	room, used := width-fs.width("…", f, size), 0.0
	for i, r := range s {
		at, letter := fs.pick(f, r)
		if used += float64(fs.faces[at].advance[letter]) * size / 1000; used > room {
			return strings.TrimRight(s[:i], " ") + "…"
		}
	}
	return s
}

// readMetrics reads the tables of a TrueType file that tell the advances. The
// files are our own, so a fault is an error, not a case to recover from.
func readMetrics(data []byte) (metrics, error) {
	tables, err := fontTables(data)
	if err != nil {
		return metrics{}, err
	}
	head, hhea, hmtx, cmap := tables["head"], tables["hhea"], tables["hmtx"], tables["cmap"]
	if len(head) < 54 || len(hhea) < 36 || len(cmap) < 4 {
		return metrics{}, fmt.Errorf("a table is missing")
	}
	perEm := int(binary.BigEndian.Uint16(head[18:]))
	count := int(binary.BigEndian.Uint16(hhea[34:]))
	if perEm == 0 || count == 0 || len(hmtx) < 4*count {
		return metrics{}, fmt.Errorf("the advances are missing")
	}
	advance := func(glyph int) int16 {
		return int16(int(binary.BigEndian.Uint16(hmtx[4*min(glyph, count-1):])) * 1000 / perEm)
	}
	return readCmap(cmap, advance)
}

func fontTables(data []byte) (map[string][]byte, error) {
	if len(data) < 12 {
		return nil, fmt.Errorf("it is too short")
	}
	out := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint16(data[4:])) {
		at := 12 + 16*i
		if at+16 > len(data) {
			return nil, fmt.Errorf("its directory is cut off")
		}
		from, size := int(binary.BigEndian.Uint32(data[at+8:])), int(binary.BigEndian.Uint32(data[at+12:]))
		if from+size > len(data) {
			return nil, fmt.Errorf("table %s is cut off", data[at:at+4])
		}
		out[string(data[at:at+4])] = data[from : from+size]
	}
	return out, nil
}

// readCmap reads the subtable of format 4: the letters of the basic plane.
func readCmap(cmap []byte, advance func(glyph int) int16) (metrics, error) {
	u16 := func(b []byte, at int) int { return int(binary.BigEndian.Uint16(b[at:])) }
	for i := range u16(cmap, 2) {
		sub := cmap[binary.BigEndian.Uint32(cmap[4+8*i+4:]):]
		if u16(sub, 0) != 4 {
			continue
		}
		out := metrics{advance: make([]int16, 0x10000)}
		for r := range out.advance {
			out.advance[r] = -1
		}
		segments := u16(sub, 6) / 2
		ends, starts := sub[14:], sub[16+2*segments:]
		deltas, offsets := sub[16+4*segments:], sub[16+6*segments:]
		for s := range segments {
			for r := u16(starts, 2*s); r <= u16(ends, 2*s) && r != 0xFFFF; r++ {
				glyph := r
				if off := u16(offsets, 2*s); off != 0 {
					glyph = u16(offsets, 2*s+off+2*(r-u16(starts, 2*s)))
				}
				if glyph = (glyph + u16(deltas, 2*s)) & 0xFFFF; glyph != 0 {
					out.advance[r] = advance(glyph)
				}
			}
		}
		return out, nil
	}
	return metrics{}, fmt.Errorf("it has no map of letters of format 4")
}
