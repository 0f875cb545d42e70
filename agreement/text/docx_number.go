// SPDX-License-Identifier: Apache-2.0

package text

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// numbering gives the numbers that Word computes and does not store: a clause
// "7.3" is a paragraph of the second level of a list, nothing more.
type numbering struct {
	abstract map[string]*[9]numLevel // by abstractNumId
	list     map[string]string       // numId → abstractNumId
	override map[string]map[int]int  // numId → level → start
	count    map[string]*[9]int      // by abstractNumId: lists of one definition go on counting
	begun    map[string]bool         // numIds whose overrides took effect
}

type numLevel struct {
	format, text string
	start        int
}

func readNumbering(f *docxFile) (*numbering, error) {
	n := &numbering{abstract: map[string]*[9]numLevel{}, list: map[string]string{}, override: map[string]map[int]int{},
		count: map[string]*[9]int{}, begun: map[string]bool{}}
	var levels *[9]numLevel
	level, num := 0, ""
	err := f.each("word/numbering.xml", func(e xml.StartElement) {
		switch e.Name.Local {
		case "abstractNum":
			levels = &[9]numLevel{}
			n.abstract[attr(e, "abstractNumId")] = levels
		case "num":
			num, levels = attr(e, "numId"), nil
		case "abstractNumId":
			n.list[num] = val(e)
		case "lvl", "lvlOverride":
			level = min(number(attr(e, "ilvl")), 8)
		case "startOverride":
			if n.override[num] == nil {
				n.override[num] = map[int]int{}
			}
			n.override[num][level] = number(val(e))
		}
		if levels == nil {
			return
		}
		switch e.Name.Local {
		case "start":
			levels[level].start = number(val(e))
		case "numFmt":
			levels[level].format = val(e)
		case "lvlText":
			levels[level].text = val(e)
		}
	}, func(xml.EndElement) {}, func(string) {})
	return n, err
}

// next counts a paragraph of a list and gives its number, such as "7.3" or
// "(b)"; a bullet has none.
func (n *numbering) next(id string, level int) string {
	level = min(level, 8)
	abstract := n.list[id]
	levels := n.abstract[abstract]
	if levels == nil {
		return ""
	}
	count := n.count[abstract]
	if count == nil {
		count = &[9]int{}
		n.count[abstract] = count
	}
	if !n.begun[id] {
		n.begun[id] = true
		for l, start := range n.override[id] {
			count[l] = start - 1
		}
	}
	if count[level] == 0 && levels[level].start > 1 {
		count[level] = levels[level].start - 1
	}
	count[level]++
	for l := level + 1; l < 9; l++ {
		count[l] = 0
	}
	if levels[level].format == "bullet" || levels[level].format == "none" {
		return ""
	}
	label := levels[level].text
	for l := range 9 {
		mark := "%" + strconv.Itoa(l+1)
		if strings.Contains(label, mark) {
			label = strings.ReplaceAll(label, mark, figure(levels[l].format, max(count[l], 1)))
		}
	}
	return strings.TrimSpace(strings.TrimRight(label, "."))
}

func figure(format string, n int) string {
	switch format {
	case "lowerLetter":
		return letters(n, false)
	case "upperLetter":
		return letters(n, true)
	case "lowerRoman":
		return strings.ToLower(roman(n))
	case "upperRoman":
		return roman(n)
	}
	return strconv.Itoa(n)
}

// docxStyle is what a paragraph style gives: a heading's level, a list.
type docxStyle struct {
	level    int
	numID    string
	numLevel int
	based    string
}

func readStyles(f *docxFile) (map[string]docxStyle, error) {
	styles := map[string]docxStyle{}
	id, style := "", docxStyle{}
	err := f.each("word/styles.xml", func(e xml.StartElement) {
		switch e.Name.Local {
		case "style":
			id, style = attr(e, "styleId"), docxStyle{}
		case "basedOn":
			style.based = val(e)
		case "outlineLvl":
			if l := number(val(e)); l < 9 {
				style.level = l + 1
			}
		case "numId":
			style.numID = val(e)
		case "ilvl":
			style.numLevel = number(val(e))
		}
	}, func(e xml.EndElement) {
		if e.Name.Local == "style" {
			styles[id] = style
		}
	}, func(string) {})
	for id := range styles {
		styles[id] = inherited(styles, id, 0)
	}
	return styles, err
}

func inherited(styles map[string]docxStyle, id string, depth int) docxStyle {
	style := styles[id]
	if style.based == "" || depth > 20 {
		return style
	}
	base := inherited(styles, style.based, depth+1)
	if style.level == 0 {
		style.level = base.level
	}
	if style.numID == "" {
		style.numID, style.numLevel = base.numID, max(style.numLevel, base.numLevel)
	}
	return style
}

// readTargets reads the addresses of the document's links.
func readTargets(f *docxFile) (map[string]string, error) {
	targets := map[string]string{}
	err := f.each("word/_rels/document.xml.rels", func(e xml.StartElement) {
		if e.Name.Local == "Relationship" && strings.HasSuffix(attr(e, "Type"), "/hyperlink") {
			targets[attr(e, "Id")] = attr(e, "Target")
		}
	}, func(xml.EndElement) {}, func(string) {})
	return targets, err
}
