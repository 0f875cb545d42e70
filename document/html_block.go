// SPDX-License-Identifier: Apache-2.0

package document

import (
	"strconv"
	"strings"
)

func (h *htmlWriter) body(blocks []Block) {
	for _, b := range blocks {
		switch v := b.(type) {
		case Heading:
			h.heading(v)
		case Paragraph:
			h.paragraph(v)
		case List:
			h.list(v)
		case Callout:
			h.put(`<aside class="callout t-`+v.Tone.look().name+`" aria-label="§"><p class="title">§</p><p>`, v.Title, v.Title)
			h.text(v.Text)
			h.raw("</p></aside>\n")
		case Tiles:
			h.tiles(v)
		case Definitions:
			h.raw(`<dl class="terms">`)
			for _, d := range v.Items {
				h.put("<dt>§</dt><dd>", d.Term)
				h.text(d.Text)
				h.raw("</dd>")
			}
			h.raw("</dl>\n")
		case Code:
			h.put("<pre tabindex=\"0\"><code>§</code></pre>\n", v.Text)
		case Table:
			h.table(v)
		case Columns:
			h.columns(v)
		case Chart:
			h.chart(v)
		case Signatures:
			h.signatures(v)
		case PageBreak:
			h.raw("<div class=\"break\"></div>\n")
		}
	}
}

// heading takes the next section of the outline. One in columns has none, and
// stands one level below the section that it is in.
func (h *htmlWriter) heading(v Heading) {
	if h.inColumns {
		level := strconv.Itoa(h.level + 2)
		h.put("<h"+level+" class=\"minor\">§</h"+level+">\n", v.Text)
		return
	}
	s := h.sections[h.next]
	h.next, h.level = h.next+1, v.Level
	level := strconv.Itoa(v.Level + 1)
	h.put("<h"+level+` id="§">`, s.id)
	if s.number != "" {
		h.put(`<span class="no">§</span> `, s.number)
	}
	h.put("§</h"+level+">\n", v.Text)
}

func (h *htmlWriter) columns(v Columns) {
	h.inColumns = true
	h.raw(`<div class="columns"><div>`)
	h.body(v.Left)
	h.raw(`</div><div>`)
	h.body(v.Right)
	h.raw("</div></div>\n")
	h.inColumns = false
}

func (h *htmlWriter) paragraph(v Paragraph) {
	switch {
	case v.Keep:
		h.raw(`<p class="keep">`)
	case v.Lead:
		h.raw(`<p class="lead">`)
	case v.Small:
		h.raw(`<p class="small">`)
	default:
		h.raw("<p>")
	}
	h.text(v.Text)
	h.raw("</p>\n")
}

func (h *htmlWriter) list(v List) {
	tag := "ul"
	if v.Numbered {
		tag = "ol"
	}
	h.raw("<" + tag + ">")
	for _, t := range v.Items {
		h.raw("<li>")
		h.text(t)
		h.raw("</li>")
	}
	h.raw("</" + tag + ">\n")
}

func (h *htmlWriter) text(t Text) {
	for _, s := range t {
		h.span(s)
	}
}

func (h *htmlWriter) span(s Span) {
	var closing []string
	open := func(start, tag string) {
		h.raw(start)
		closing = append(closing, "</"+tag+">")
	}
	if s.Link != "" && safeLink(s.Link) {
		h.put(`<a href="§">`, s.Link)
		closing = append(closing, "</a>")
	}
	if s.Strong {
		open("<strong>", "strong")
	}
	if s.Em {
		open("<em>", "em")
	}
	if s.Code {
		open("<code>", "code")
	}
	h.raw(strings.ReplaceAll(escape(s.Text), "\n", "<br>"))
	for i := len(closing) - 1; i >= 0; i-- {
		h.raw(closing[i])
	}
}

func (h *htmlWriter) tiles(v Tiles) {
	h.raw(`<dl class="tiles">`)
	for _, t := range v.Items {
		h.put(`<div class="t-`+t.Tone.look().name+`"><dt>§</dt><dd><b>§</b>`, t.Label, t.Value)
		if t.Note != "" {
			h.put(`<span>§</span>`, t.Note)
		}
		h.raw("</dd></div>")
	}
	h.raw("</dl>\n")
}

func (h *htmlWriter) signatures(v Signatures) {
	h.raw(`<div class="signers">`)
	for _, s := range v.Signers {
		h.put(`<section class="signer" aria-label="§"><p>§</p>`, s.For, s.For)
		for _, name := range signLines(s) {
			h.put(`<p class="blank">§</p>`, name)
		}
		h.raw("</section>")
	}
	h.raw("</div>\n")
}

// signLines are the words under the lines that a signer fills.
func signLines(s Signer) []string {
	name := "Name and function"
	if said(s.Name) != "" {
		name = "Name and function: " + clean(s.Name)
	}
	return []string{name, "Place and date", "Signature"}
}

func (h *htmlWriter) chart(c Chart) {
	h.figures++
	id := "fig-" + strconv.Itoa(h.figures)
	f := c.figure()
	h.put(`<figure><figcaption id="`+id+`">§</figcaption><p class="small">§</p>`, f.Title, f.Says)
	for _, v := range []struct {
		class string
		width float64
	}{{"wide", 560}, {"narrow", 340}} {
		h.svg(c.draw(h.fonts, v.width), v.class, id)
	}
	h.raw(`<details><summary>The numbers as a table</summary>`)
	t := c.data()
	t.Caption = f.Title
	h.table(t)
	h.raw("</details></figure>\n")
}
