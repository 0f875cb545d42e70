// SPDX-License-Identifier: Apache-2.0

package document

import (
	"strconv"
	"strings"
)

// svg writes a scene as an image named by the caption with the given id.
func (h *htmlWriter) svg(s *scene, class, label string) {
	h.raw(`<svg class="` + class + `" role="img" aria-labelledby="` + label + `" viewBox="0 0 ` + fixed(s.width) + " " + fixed(s.height) + `">`)
	h.raw(svgPatterns(s, label+class))
	h.raw(svgShapes(s, label+class))
	h.raw("</svg>\n")
}

// fixed prints a number with at most two digits after the point.
func fixed(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

// svgPatterns defines the patterns that the scene uses.
func svgPatterns(s *scene, prefix string) string {
	used := map[pattern]bool{}
	for _, sh := range s.shapes {
		used[sh.pattern] = true
	}
	var b strings.Builder
	for p := rising; p <= crossed; p++ {
		if used[p] {
			b.WriteString(`<pattern id="` + prefix + strconv.Itoa(int(p)) + `" width="5" height="5" patternUnits="userSpaceOnUse"><path class="hatch" d="` + hatch(p) + `"/></pattern>`)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "<defs>" + b.String() + "</defs>"
}

// hatch draws one tile of a pattern, 5 by 5, that meets its neighbours.
func hatch(p pattern) string {
	switch p {
	case rising:
		return "M-1 1L1-1M0 5L5 0M4 6L6 4"
	case falling:
		return "M-1 4L1 6M0 0L5 5M4-1L6 1"
	case dotted:
		return "M2 2.5h1"
	}
	return "M0 0L5 5M0 5L5 0"
}

func svgShapes(s *scene, prefix string) string {
	var b strings.Builder
	for _, sh := range s.shapes {
		b.WriteString(svgShape(sh, svgPaint(sh)))
		if sh.pattern != solid && sh.kind != words {
			over := sh
			over.stroke = paint{}
			b.WriteString(svgShape(over, ` fill="url(#`+prefix+strconv.Itoa(int(sh.pattern))+`)"`))
		}
	}
	return b.String()
}

func svgPaint(sh shape) string {
	out := ` class="` + paintClass("f", sh.fill)
	if sh.stroke.role != blank {
		out += " " + paintClass("s", sh.stroke) + `" stroke-width="` + fixed(sh.width)
	}
	if sh.dash {
		out += `" stroke-dasharray="4 2.4`
	}
	return out + `"`
}

// paintClass gives the class of a fill (f) or stroke (s).
func paintClass(kind string, p paint) string {
	switch p.role {
	case blank:
		return kind + "-no"
	case full:
		return kind + "-tone t-" + p.tone.look().name
	case tint:
		return kind + "-tint t-" + p.tone.look().name
	case quietRole:
		return kind + "-quiet"
	case hairRole:
		return kind + "-hair"
	case paperRole:
		return kind + "-paper"
	case groundRole:
		return kind + "-ground"
	}
	return kind + "-ink"
}

func svgShape(sh shape, paint string) string {
	p := sh.points[0]
	switch sh.kind {
	case rect:
		q := sh.points[1]
		return `<rect x="` + fixed(p.x) + `" y="` + fixed(p.y) + `" width="` + fixed(q.x-p.x) + `" height="` + fixed(q.y-p.y) + `"` + paint + "/>"
	case circle:
		return `<circle cx="` + fixed(p.x) + `" cy="` + fixed(p.y) + `" r="` + fixed(sh.r) + `"` + paint + "/>"
	case words:
		weight := ""
		if sh.face == bold {
			weight = ` font-weight="600"`
		}
		return `<text x="` + fixed(p.x) + `" y="` + fixed(p.y) + `" font-size="` + fixed(sh.size) + `"` + svgAnchor(sh.anchor) + weight + paint + ">" + escape(sh.text) + "</text>"
	}
	var b strings.Builder
	for i, q := range sh.points {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(fixed(q.x) + "," + fixed(q.y))
	}
	tag := "polyline"
	if sh.kind == poly {
		tag = "polygon"
	}
	return "<" + tag + ` points="` + b.String() + `"` + paint + "/>"
}

func svgAnchor(a Align) string {
	switch a {
	case Right:
		return ` text-anchor="end"`
	case Centre:
		return ` text-anchor="middle"`
	}
	return ""
}
