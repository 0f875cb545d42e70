// SPDX-License-Identifier: Apache-2.0

package document

import (
	"bytes"
	_ "embed"
	"html"
	"strconv"
	"strings"
)

//go:embed html.css
var htmlStyle string

// HTML renders a self-contained page: no script, no address outside the file,
// light and dark, ready to print.
func HTML(d Document) ([]byte, error) {
	if err := Check(d); err != nil {
		return nil, err
	}
	fs, err := loadFonts()
	if err != nil {
		return nil, err
	}
	h := &htmlWriter{fonts: fs, sections: outline(d.Blocks), room: 812}
	if d.Landscape {
		h.room = 1120
	}
	if err := h.head(d.Meta, d.Landscape); err != nil {
		return nil, err
	}
	h.cover(d.Meta)
	h.raw(`<div class="frame">`)
	h.contents()
	h.raw(`<main id="main">`)
	h.body(d.Blocks)
	h.raw("</main></div>\n")
	h.foot(d.Meta)
	h.raw("</body>\n</html>\n")
	return h.b.Bytes(), nil
}

// htmlWriter writes elements; every text and every value goes through escape.
type htmlWriter struct {
	b        bytes.Buffer
	fonts    *fonts
	sections []section
	next     int // of sections
	level    int // of the last heading
	figures  int
	room     float64 // of the text on a wide screen, in pixels

	inColumns bool
}

func escape(s string) string { return html.EscapeString(clean(s)) }

// raw writes markup that this package wrote.
func (h *htmlWriter) raw(s string) { h.b.WriteString(s) }

// put writes markup in which each § is replaced by the next text, escaped.
func (h *htmlWriter) put(markup string, texts ...string) {
	for i, part := range strings.Split(markup, "§") {
		if i > 0 {
			h.b.WriteString(escape(texts[i-1]))
		}
		h.b.WriteString(part)
	}
}

func (h *htmlWriter) head(m Meta, landscape bool) error {
	normal, err := webFont("Inter-Regular")
	if err != nil {
		return err
	}
	strong, err := webFont("Inter-SemiBold")
	if err != nil {
		return err
	}
	h.put("<!doctype html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"+
		"<title>§ – §</title>\n<meta name=\"color-scheme\" content=\"light dark\">\n", m.Title, m.Organisation)
	for _, f := range m.lines() {
		h.put("<meta name=\"§\" content=\"§\">\n", "demarc:"+metaName(f.Name), f.Value)
	}
	h.raw("<style>\n@font-face{font-family:Paper;font-weight:400;src:url(" + normal + ") format(\"woff2\")}\n" +
		"@font-face{font-family:Paper;font-weight:600;src:url(" + strong + ") format(\"woff2\")}\n")
	h.raw(htmlStyle)
	h.raw(toneStyle())
	h.raw(pageStyle(m, landscape))
	body := "<body>"
	if landscape {
		body = `<body class="landscape">`
	}
	h.raw("</style>\n</head>\n" + body + "\n<a class=\"skip\" href=\"#main\">Skip to the text</a>\n")
	return nil
}

func metaName(s string) string {
	name, _, _ := strings.Cut(strings.ToLower(s), " (")
	return strings.ReplaceAll(name, " ", "-")
}

// toneStyle writes the tones as variables, light and dark.
func toneStyle() string {
	var light, dark, use strings.Builder
	for t := None; t <= Second; t++ {
		p := t.look()
		light.WriteString("--" + p.name + ":#" + p.light.hex() + ";--" + p.name + "-tint:#" + p.tint.hex() + ";")
		dark.WriteString("--" + p.name + ":#" + p.dark.hex() + ";--" + p.name + "-tint:color-mix(in srgb,#" + p.dark.hex() + " 16%,var(--paper));")
		use.WriteString(".t-" + p.name + "{--tone:var(--" + p.name + ");--tint:var(--" + p.name + "-tint)}\n")
	}
	return ":root{" + light.String() + "}\n@media screen and (prefers-color-scheme:dark){:root{" + dark.String() + "}}\n" + use.String()
}

// pageStyle writes what the printed page carries in its margins.
func pageStyle(m Meta, landscape bool) string {
	size := "A4"
	if landscape {
		size = "A4 landscape"
	}
	margin := "font:7.5pt Paper,Arial,sans-serif;color:#" + quiet().hex() + ";content:"
	return "@page{size:" + size + ";margin:20mm 18mm 20mm;" +
		"@top-left{" + margin + cssString(m.Organisation+" · "+m.Title) + "}@top-right{" + margin + cssString(m.Classification) + "}" +
		"@bottom-left{" + margin + cssString(m.ID+" · version "+m.Version+" · "+m.shortDigest()) + "}" +
		"@bottom-right{" + margin + "\"Page \" counter(page) \" of \" counter(pages)}}\n@page:first{@top-left{content:none}@top-right{content:none}}\n"
}

// cssString quotes a text for CSS; nothing of it can leave the string or the
// style element.
func cssString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range clean(s) {
		if r == ' ' || r == '.' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r > 0xA0 {
			b.WriteRune(r)
			continue
		}
		b.WriteString(`\` + strconv.FormatInt(int64(r), 16) + " ")
	}
	b.WriteByte('"')
	return b.String()
}

func (h *htmlWriter) cover(m Meta) {
	h.put(`<header class="cover"><p class="org">§</p><h1>§</h1>`, m.Organisation, m.Title)
	if m.Subtitle != "" {
		h.put(`<p class="sub">§</p>`, m.Subtitle)
	}
	if m.Notice != "" {
		h.put(`<p class="notice">§</p>`, m.Notice)
	}
	h.raw(`<dl class="facts">`)
	for _, f := range m.lines() {
		class := ""
		if f.Value == m.Digest {
			class = ` class="digest"`
		}
		h.put("<div"+class+"><dt>§</dt><dd>§</dd></div>", f.Name, f.Value)
	}
	h.raw("</dl></header>\n")
}

func (h *htmlWriter) contents() {
	h.raw(`<nav aria-label="Contents"><h2>Contents</h2><ol>`)
	for _, s := range h.sections {
		if s.level < 3 {
			h.put(`<li class="l`+strconv.Itoa(s.level)+`"><a href="#§"><span>§</span> §</a></li>`, s.id, s.number, s.title)
		}
	}
	h.raw("</ol></nav>\n")
}

func (h *htmlWriter) foot(m Meta) {
	h.put(`<footer><p>§ · § · version § · §</p><p>Generated § from catalogue §. Data digest (SHA-256) <code>§</code></p></footer>`,
		m.Organisation, m.ID, m.Version, m.Classification, stamp(m.Date), m.Catalogue, m.Digest)
}
