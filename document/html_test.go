// SPDX-License-Identifier: Apache-2.0

package document

import (
	"math"
	"regexp"
	"strings"
	"testing"
)

// TestHTML_Accessible holds what a reader with a screen reader relies on.
func TestHTML_Accessible(t *testing.T) {
	page := string(render(t, HTML, specimen()))
	for _, want := range []string{`<html lang="en-GB">`, `<main id="main">`, `<nav aria-label="Contents">`, `<header class="cover">`, `<footer>`, `class="skip" href="#main"`} {
		if strings.Count(page, want) != 1 {
			t.Errorf("%s stands %d times", want, strings.Count(page, want))
		}
	}
	level := 0
	for _, m := range regexp.MustCompile(`<h([1-6])`).FindAllStringSubmatch(page, -1) {
		next := int(m[1][0] - '0')
		if next > level+1 {
			t.Errorf("heading h%d follows h%d", next, level)
		}
		level = next
	}
	for _, th := range regexp.MustCompile(`<th[^e][^>]*>`).FindAllString(page, -1) {
		if !strings.Contains(th, "scope=") {
			t.Errorf("a table header without scope: %s", th)
		}
	}
	for _, svg := range regexp.MustCompile(`<svg [^>]*>`).FindAllString(page, -1) {
		if !strings.Contains(svg, `role="img" aria-labelledby="fig-`) && !strings.Contains(svg, `aria-hidden="true"`) {
			t.Errorf("a drawing without words: %s", svg)
		}
	}
	if figures, tables := strings.Count(page, "<figure>"), strings.Count(page, "The numbers as a table"); figures != 6 || tables != figures {
		t.Errorf("%d figures, %d tables of their numbers", figures, tables)
	}
}

func TestHTML_SelfContained(t *testing.T) {
	page := string(render(t, HTML, specimen()))
	if strings.Contains(page, "<script") {
		t.Error("it holds a script")
	}
	for _, m := range regexp.MustCompile(`(?:src|href|url)[=(]["']?([^"')]*)`).FindAllStringSubmatch(page, -1) {
		switch at := m[1]; {
		case strings.HasPrefix(at, "#"), strings.HasPrefix(at, "data:font/woff2"), at == "https://example.org/a?b=1&amp;c=2":
		default:
			t.Errorf("it reaches outside: %s", at)
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("id %q stands twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !ids[m[1]] {
			t.Errorf("a link leads to %q, which is not there", m[1])
		}
	}
}

func TestCSSString(t *testing.T) {
	got := cssString("A \"quoted\"}</style>\\ & É")
	if strings.ContainsAny(got[1:len(got)-1], `"}<>&/`) {
		t.Errorf("it can leave the string: %s", got)
	}
	if !strings.Contains(got, "É") {
		t.Errorf("letters are lost: %s", got)
	}
}

// contrast is the ratio of WCAG 2.2.
func contrast(a, b colour) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func TestTone_Contrast(t *testing.T) {
	dark := colour{17, 22, 27}
	for tone := None; tone <= Second; tone++ {
		p := tone.look()
		if c := contrast(p.light, white()); c < 4.5 {
			t.Errorf("%s on white: %.2f", p.name, c)
		}
		if c := contrast(p.light, p.tint); c < 4.5 {
			t.Errorf("%s on its tint: %.2f", p.name, c)
		}
		if c := contrast(p.dark, dark); c < 4.5 {
			t.Errorf("%s on the dark page: %.2f", p.name, c)
		}
	}
	if c := contrast(quiet(), white()); c < 4.5 {
		t.Errorf("quiet text: %.2f", c)
	}
}

func luminance(c colour) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.03928 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}
