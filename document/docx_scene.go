// SPDX-License-Identifier: Apache-2.0

package document

import (
	"fmt"
	"strings"
)

// emu gives English metric units, DrawingML's grain: 12,700 to a point.
func emu(points float64) int { return int(points*12700 + 0.5) }

// chart writes title, words and the drawing as one group of shapes, which Word
// lets people take apart. A program that does not know groups shows the words.
func (w *docxWriter) chart(c Chart, width int) {
	f := c.figure()
	w.paragraph("Caption", Plain(f.Title), "")
	w.paragraph("Small", Plain(f.Says), `<w:keepNext/><w:spacing w:after="100"/>`)
	s := c.draw(w.fonts, float64(width)/20)
	w.drawings++
	id := w.drawings * 1000
	w.put(`<w:p><w:pPr><w:spacing w:before="0" w:after="120" w:line="240" w:lineRule="auto"/></w:pPr><w:r><mc:AlternateContent><mc:Choice Requires="wpg"><w:drawing>`)
	w.put(fmt.Sprintf(`<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="%d" cy="%d"/><wp:docPr id="%d" name="Chart %d" descr="§"/><wp:cNvGraphicFramePr/>`,
		emu(s.width), emu(s.height), id, w.drawings), f.Title+". "+f.Says)
	w.put(fmt.Sprintf(`<a:graphic><a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingGroup"><wpg:wgp><wpg:cNvGrpSpPr/><wpg:grpSpPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="%d" cy="%d"/><a:chOff x="0" y="0"/><a:chExt cx="%d" cy="%d"/></a:xfrm></wpg:grpSpPr>`,
		emu(s.width), emu(s.height), emu(s.width), emu(s.height)))
	// An unseen shape of the full size keeps programs from stretching the group
	// to what is drawn.
	w.shape(s, shape{kind: rect, points: []point{{}, {s.width, s.height}}}, id+1)
	for i, sh := range s.shapes {
		w.shape(s, sh, id+i+2)
	}
	w.put(`</wpg:wgp></a:graphicData></a:graphic></wp:inline></w:drawing></mc:Choice><mc:Fallback><w:t xml:space="preserve">§</w:t></mc:Fallback></mc:AlternateContent></w:r></w:p>`, f.Title+". "+f.Says)
}

func (w *docxWriter) shape(s *scene, sh shape, id int) {
	if sh.kind == words {
		w.wordsShape(s, sh, id)
		return
	}
	lo, hi := bounds(sh)
	w.put(fmt.Sprintf(`<wps:wsp><wps:cNvPr id="%d" name="Shape %d"/><wps:cNvSpPr/><wps:spPr><a:xfrm><a:off x="%d" y="%d"/><a:ext cx="%d" cy="%d"/></a:xfrm>`,
		id, id, emu(lo.x), emu(lo.y), emu(hi.x-lo.x), emu(hi.y-lo.y)))
	switch sh.kind {
	case rect:
		w.put(`<a:prstGeom prst="rect"><a:avLst/></a:prstGeom>`)
	case circle:
		w.put(`<a:prstGeom prst="ellipse"><a:avLst/></a:prstGeom>`)
	default:
		w.put(outlinePath(sh, lo, hi))
	}
	w.put(drawingFill(sh) + drawingLine(sh) + `</wps:spPr><wps:bodyPr/></wps:wsp>`)
}

func bounds(sh shape) (lo, hi point) {
	lo, hi = sh.points[0], sh.points[0]
	for _, q := range sh.points {
		lo, hi = point{min(lo.x, q.x), min(lo.y, q.y)}, point{max(hi.x, q.x), max(hi.y, q.y)}
	}
	if sh.kind == circle {
		lo, hi = point{lo.x - sh.r, lo.y - sh.r}, point{hi.x + sh.r, hi.y + sh.r}
	}
	return lo, hi
}

// outlinePath writes a path through the points, closed for an area.
func outlinePath(sh shape, lo, hi point) string {
	var b strings.Builder
	fill := ""
	if sh.fill.role == blank {
		fill = ` fill="none"`
	}
	fmt.Fprintf(&b, `<a:custGeom><a:avLst/><a:gdLst/><a:ahLst/><a:cxnLst/><a:rect l="0" t="0" r="r" b="b"/><a:pathLst><a:path w="%d" h="%d"%s>`, emu(hi.x-lo.x), emu(hi.y-lo.y), fill)
	for i, q := range sh.points {
		verb := "lnTo"
		if i == 0 {
			verb = "moveTo"
		}
		fmt.Fprintf(&b, `<a:%s><a:pt x="%d" y="%d"/></a:%s>`, verb, emu(q.x-lo.x), emu(q.y-lo.y), verb)
	}
	if sh.kind == poly {
		b.WriteString(`<a:close/>`)
	}
	b.WriteString(`</a:path></a:pathLst></a:custGeom>`)
	return b.String()
}

func drawingFill(sh shape) string {
	if sh.fill.role == blank {
		return `<a:noFill/>`
	}
	c := sh.fill.colour().hex()
	if preset := presetPattern(sh.pattern); preset != "" {
		return `<a:pattFill prst="` + preset + `"><a:fgClr><a:srgbClr val="FFFFFF"/></a:fgClr><a:bgClr><a:srgbClr val="` + c + `"/></a:bgClr></a:pattFill>`
	}
	return `<a:solidFill><a:srgbClr val="` + c + `"/></a:solidFill>`
}

// presetPattern gives DrawingML's name of a pattern.
func presetPattern(p pattern) string {
	switch p {
	case rising:
		return "ltUpDiag"
	case falling:
		return "ltDnDiag"
	case dotted:
		return "pct10"
	case crossed:
		return "openDmnd"
	}
	return ""
}

func drawingLine(sh shape) string {
	if sh.stroke.role == blank {
		return `<a:ln><a:noFill/></a:ln>`
	}
	dash := ""
	if sh.dash {
		dash = `<a:prstDash val="dash"/>`
	}
	return fmt.Sprintf(`<a:ln w="%d"><a:solidFill><a:srgbClr val="%s"/></a:solidFill>%s</a:ln>`, emu(sh.width), sh.stroke.colour().hex(), dash)
}

// wordsShape is a text box around the measured words.
func (w *docxWriter) wordsShape(s *scene, sh shape, id int) {
	size := sh.size * 0.96 // Arial is a little wider than the font that was measured
	width := s.fonts.width(sh.text, sh.face, sh.size)*1.08 + 4
	x := sh.points[0].x + shift(sh.anchor, 0, width)
	jc := map[Align]string{Left: "left", Right: "right", Centre: "center"}[sh.anchor]
	bolder := ""
	if sh.face == bold {
		bolder = "<w:b/><w:bCs/>"
	}
	w.put(fmt.Sprintf(`<wps:wsp><wps:cNvPr id="%d" name="Words %d"/><wps:cNvSpPr txBox="1"/><wps:spPr><a:xfrm><a:off x="%d" y="%d"/><a:ext cx="%d" cy="%d"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:noFill/><a:ln><a:noFill/></a:ln></wps:spPr>`,
		id, id, emu(x), emu(sh.points[0].y-sh.size*1.02), emu(width), emu(sh.size*1.5)))
	w.put(fmt.Sprintf(`<wps:txbx><w:txbxContent><w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="%d" w:lineRule="exact"/><w:jc w:val="%s"/></w:pPr><w:r><w:rPr>%s%s<w:sz w:val="%d"/><w:szCs w:val="%d"/></w:rPr><w:t xml:space="preserve">§</w:t></w:r></w:p></w:txbxContent></wps:txbx>`,
		int(sh.size*1.25*20), jc, bolder, runColour(sh.fill.colour()), int(size*2+0.5), int(size*2+0.5)), sh.text)
	w.put(`<wps:bodyPr wrap="none" lIns="0" tIns="0" rIns="0" bIns="0" anchor="t"><a:noAutofit/></wps:bodyPr></wps:wsp>`)
}
