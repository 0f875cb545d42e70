// SPDX-License-Identifier: Apache-2.0

package document

import "strings"

// wordFonts lists the fonts that the styles name.
func wordFonts() string {
	font := func(name, family, pitch string) string {
		return `<w:font w:name="` + name + `"><w:charset w:val="00"/><w:family w:val="` + family + `"/><w:pitch w:val="` + pitch + `"/></w:font>`
	}
	return xmlHead + `<w:fonts ` + wordNamespaces + `>` + font("Arial", "swiss", "variable") + font("Consolas", "modern", "fixed") + font("Courier New", "modern", "fixed") + `</w:fonts>`
}

// wordTheme offers the paper's colours and font where people edit it.
func wordTheme() string {
	var b strings.Builder
	b.WriteString(xmlHead + `<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="Demarc"><a:themeElements><a:clrScheme name="Demarc">`)
	for _, c := range []struct {
		name string
		c    colour
	}{{"dk1", ink()}, {"lt1", white()}, {"dk2", quiet()}, {"lt2", ground()}, {"accent1", Accent.look().light}, {"accent2", Second.look().light}, {"accent3", Good.look().light},
		{"accent4", Part.look().light}, {"accent5", Bad.look().light}, {"accent6", Unknown.look().light}, {"hlink", Accent.look().light}, {"folHlink", quiet()}} {
		b.WriteString(`<a:` + c.name + `><a:srgbClr val="` + c.c.hex() + `"/></a:` + c.name + `>`)
	}
	face := `<a:latin typeface="Arial"/><a:ea typeface=""/><a:cs typeface=""/>`
	fill := `<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>`
	line := `<a:ln w="9525">` + fill + `</a:ln>`
	b.WriteString(`</a:clrScheme><a:fontScheme name="Demarc"><a:majorFont>` + face + `</a:majorFont><a:minorFont>` + face + `</a:minorFont></a:fontScheme>` +
		`<a:fmtScheme name="Demarc"><a:fillStyleLst>` + strings.Repeat(fill, 3) + `</a:fillStyleLst><a:lnStyleLst>` + strings.Repeat(line, 3) + `</a:lnStyleLst>` +
		`<a:effectStyleLst>` + strings.Repeat(`<a:effectStyle><a:effectLst/></a:effectStyle>`, 3) + `</a:effectStyleLst><a:bgFillStyleLst>` + strings.Repeat(fill, 3) + `</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>`)
	return b.String()
}
