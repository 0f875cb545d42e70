// SPDX-License-Identifier: Apache-2.0

package document

import (
	"fmt"
	"strings"
)

const wordNamespaces = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" ` +
	`xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" ` +
	`xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" ` +
	`xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" ` +
	`xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" ` +
	`xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" ` +
	`xmlns:wpg="http://schemas.microsoft.com/office/word/2010/wordprocessingGroup"`

// wordStyle is one style of styles.xml.
type wordStyle struct {
	id, name, base, next string
	paragraph, run       string // the content of pPr and rPr
	character            bool
}

// styles.xml: Arial, because its metrics are the same on every machine.
func wordStyles() string {
	var b strings.Builder
	b.WriteString(xmlHead + `<w:styles ` + wordNamespaces + `><w:docDefaults><w:rPrDefault><w:rPr>` +
		`<w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:eastAsia="Arial" w:cs="Arial"/><w:color w:val="` + ink().hex() + `"/><w:sz w:val="19"/><w:szCs w:val="19"/><w:lang w:val="en-GB" w:eastAsia="en-GB" w:bidi="he-IL"/>` +
		`</w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>`)
	for _, s := range styleList() {
		b.WriteString(s.xml())
	}
	b.WriteString(`<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:uiPriority w:val="99"/><w:semiHidden/><w:unhideWhenUsed/>` +
		`<w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="0" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>`)
	b.WriteString(`</w:styles>`)
	return b.String()
}

func styleList() []wordStyle {
	soft, accent := runColour(quiet()), runColour(Accent.look().light)
	return []wordStyle{
		{id: "Normal", name: "Normal"},
		{id: "Heading1", name: "heading 1", base: "Normal", next: "Normal", paragraph: `<w:keepNext/><w:keepLines/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr><w:spacing w:before="480" w:after="160" w:line="240" w:lineRule="auto"/><w:outlineLvl w:val="0"/>`, run: "<w:b/><w:bCs/>" + size(20)},
		{id: "Heading2", name: "heading 2", base: "Normal", next: "Normal", paragraph: `<w:keepNext/><w:keepLines/><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr><w:spacing w:before="360" w:after="100" w:line="240" w:lineRule="auto"/><w:outlineLvl w:val="1"/>`, run: "<w:b/><w:bCs/>" + size(13)},
		{id: "Heading3", name: "heading 3", base: "Normal", next: "Normal", paragraph: `<w:keepNext/><w:keepLines/><w:spacing w:before="260" w:after="60" w:line="240" w:lineRule="auto"/><w:outlineLvl w:val="2"/>`, run: "<w:b/><w:bCs/>" + size(10.5)},
		{id: "Title", name: "Title", base: "Normal", next: "Subtitle", paragraph: `<w:spacing w:before="0" w:after="120" w:line="240" w:lineRule="auto"/>`, run: "<w:b/><w:bCs/>" + size(34)},
		{id: "Subtitle", name: "Subtitle", base: "Normal", next: "Normal", paragraph: `<w:spacing w:after="240"/>`, run: soft + size(13)},
		{id: "Organisation", name: "Cover organisation", base: "Normal", paragraph: `<w:tabs><w:tab w:val="right" w:pos="9638"/></w:tabs>`, run: "<w:b/><w:bCs/>" + accent + size(12)},
		{id: "Lead", name: "Lead", base: "Normal", paragraph: `<w:spacing w:after="160" w:line="288" w:lineRule="auto"/>`, run: size(11.5)},
		{id: "Small", name: "Small", base: "Normal", run: soft + size(8)},
		{id: "Caption", name: "caption", base: "Normal", paragraph: `<w:keepNext/><w:spacing w:before="260" w:after="60"/>`, run: "<w:b/><w:bCs/>" + size(9.5)},
		{id: "TableText", name: "Table text", base: "Normal", paragraph: `<w:spacing w:before="0" w:after="0" w:line="259" w:lineRule="auto"/>`, run: size(8)},
		{id: "TableHead", name: "Table head", base: "TableText", paragraph: `<w:keepNext/>`, run: soft + size(7.5)},
		{id: "Gap", name: "Table gap", base: "Normal", paragraph: `<w:spacing w:before="0" w:after="0" w:line="160" w:lineRule="exact"/>`, run: size(6)},
		{id: "Code", name: "Code block", base: "Normal", paragraph: `<w:shd w:val="clear" w:color="auto" w:fill="` + ground().hex() + `"/><w:spacing w:before="80" w:after="160" w:line="252" w:lineRule="auto"/><w:ind w:left="120" w:right="120"/>`, run: monoRun() + size(8)},
		{id: "ListBullet", name: "List Bullet", base: "Normal", paragraph: `<w:numPr><w:ilvl w:val="0"/><w:numId w:val="2"/></w:numPr><w:spacing w:after="60"/>`},
		{id: "ListNumber", name: "List Number", base: "Normal", paragraph: `<w:spacing w:after="60"/>`},
		{id: "Contents", name: "Contents heading", base: "Normal", paragraph: `<w:spacing w:after="240"/>`, run: "<w:b/><w:bCs/>" + size(20)},
		{id: "TOC1", name: "toc 1", base: "Normal", paragraph: `<w:tabs><w:tab w:val="left" w:pos="480"/></w:tabs><w:spacing w:before="140" w:after="20"/>`, run: "<w:b/><w:bCs/>"},
		{id: "TOC2", name: "toc 2", base: "Normal", paragraph: `<w:tabs><w:tab w:val="left" w:pos="1080"/></w:tabs><w:spacing w:after="20"/><w:ind w:left="480"/>`},
		{id: "Header", name: "header", base: "Normal", paragraph: `<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="6" w:color="` + hairline().hex() + `"/></w:pBdr><w:tabs><w:tab w:val="right" w:pos="9638"/></w:tabs><w:spacing w:after="0"/>`, run: soft + size(7.5)},
		{id: "Footer", name: "footer", base: "Normal", paragraph: `<w:pBdr><w:top w:val="single" w:sz="4" w:space="6" w:color="` + hairline().hex() + `"/></w:pBdr><w:tabs><w:tab w:val="right" w:pos="9638"/></w:tabs><w:spacing w:after="0"/>`, run: soft + size(7.5)},
		{id: "Hyperlink", name: "Hyperlink", run: accent + `<w:u w:val="single"/>`, character: true},
		{id: "CodeText", name: "Code text", run: monoRun(), character: true},
	}
}

func (s wordStyle) xml() string {
	kind, standard := "paragraph", ""
	if s.character {
		kind = "character"
	}
	if s.id == "Normal" {
		standard = ` w:default="1"`
	}
	out := `<w:style w:type="` + kind + `"` + standard + ` w:styleId="` + s.id + `"><w:name w:val="` + s.name + `"/>`
	if s.base != "" {
		out += `<w:basedOn w:val="` + s.base + `"/>`
	}
	if s.next != "" {
		out += `<w:next w:val="` + s.next + `"/>`
	}
	out += `<w:qFormat/>`
	if s.paragraph != "" {
		out += `<w:pPr>` + s.paragraph + `</w:pPr>`
	}
	if s.run != "" {
		out += `<w:rPr>` + s.run + `</w:rPr>`
	}
	return out + `</w:style>`
}

// size gives a font size; Word counts half points.
func size(points float64) string {
	return fmt.Sprintf(`<w:sz w:val="%d"/><w:szCs w:val="%d"/>`, int(points*2+0.5), int(points*2+0.5))
}

func runColour(c colour) string { return `<w:color w:val="` + c.hex() + `"/>` }

func monoRun() string {
	return `<w:rFonts w:ascii="Consolas" w:hAnsi="Consolas" w:cs="Courier New"/>`
}

// numbering.xml: 1 numbers the headings, 2 is the bullet, and each numbered
// list has a number of its own so that it begins at one.
func wordNumbering(lists int) string {
	var b strings.Builder
	b.WriteString(xmlHead + `<w:numbering ` + wordNamespaces + `>`)
	b.WriteString(`<w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="multilevel"/>` +
		headingLevel(0, "Heading1", "%1", 480) + headingLevel(1, "Heading2", "%1.%2", 600) + `</w:abstractNum>`)
	b.WriteString(`<w:abstractNum w:abstractNumId="1"><w:multiLevelType w:val="hybridMultilevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:pStyle w:val="ListBullet"/><w:lvlText w:val="•"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="284" w:hanging="284"/></w:pPr><w:rPr>` + runColour(quiet()) + `</w:rPr></w:lvl></w:abstractNum>`)
	b.WriteString(`<w:abstractNum w:abstractNumId="2"><w:multiLevelType w:val="hybridMultilevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="360" w:hanging="360"/></w:pPr><w:rPr>` + runColour(quiet()) + `</w:rPr></w:lvl></w:abstractNum>`)
	b.WriteString(`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>`)
	for i := range lists {
		fmt.Fprintf(&b, `<w:num w:numId="%d"><w:abstractNumId w:val="2"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>`, i+3)
	}
	b.WriteString(`</w:numbering>`)
	return b.String()
}

func headingLevel(level int, style, text string, indent int) string {
	return fmt.Sprintf(`<w:lvl w:ilvl="%d"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="%s"/><w:lvlText w:val="%s"/><w:lvlJc w:val="left"/><w:pPr><w:tabs><w:tab w:val="num" w:pos="%d"/></w:tabs><w:ind w:left="%d" w:hanging="%d"/></w:pPr><w:rPr><w:b w:val="0"/><w:bCs w:val="0"/>%s</w:rPr></w:lvl>`,
		level, style, text, indent, indent, indent, runColour(quiet()))
}

func wordSettings() string {
	return xmlHead + `<w:settings ` + wordNamespaces + `><w:zoom w:percent="100"/><w:defaultTabStop w:val="567"/><w:characterSpacingControl w:val="doNotCompress"/>` +
		`<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>` +
		`<w:themeFontLang w:val="en-GB"/></w:settings>`
}
