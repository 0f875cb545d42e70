// SPDX-License-Identifier: Apache-2.0

package document

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestSay(t *testing.T) {
	for _, c := range []struct {
		name   string
		format string
		args   []any
		want   Text
	}{
		{"plain", "a %d b", []any{3}, Text{{Text: "a 3 b"}}},
		{"strong", "**%s** b", []any{"x"}, Text{{Text: "x", Strong: true}, {Text: " b"}}},
		{"emphasis and code", "*a* `b`", nil, Text{{Text: "a", Em: true}, {Text: " "}, {Text: "b", Code: true}}},
		{"link", "see [%s](#%s).", []any{"the [x]", "id"}, Text{{Text: "see "}, {Text: "the [x]", Link: "#id"}, {Text: "."}}},
		{"markup in an argument stays words", "%s", []any{"**a** [b](c) `d` *e*"}, Text{{Text: "**a** [b](c) `d` *e*"}}},
		{"a bracket that is no link", "a [b] c", nil, Text{{Text: "a [b] c"}}},
		{"never closed", "a **b", nil, Text{{Text: "a "}, {Text: "b", Strong: true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, Say(c.format, c.args...)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestSay_ArgumentsAreNeverMarkup(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		got := Say("%s", s)
		if got.String() != clean(s) {
			t.Fatalf("%q became %q", s, got)
		}
		for _, span := range got {
			if span.Strong || span.Em || span.Code || span.Link != "" {
				t.Fatalf("%q got a style: %+v", s, got)
			}
		}
	})
}

func TestSafeLink(t *testing.T) {
	for target, want := range map[string]bool{
		"https://example.org/": true, "http://example.org": true, "mailto:a@example.org": true, "#place": true,
		"#": false, "": false, "javascript:alert(1)": false, "data:text/html,x": false, "file:///etc/passwd": false, "//example.org": false, "\x00": false,
	} {
		if got := safeLink(target); got != want {
			t.Errorf("%q: %v", target, got)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain":               "plain",
		"a\tb\r\nc":           "a b\nc",
		"a\x00\x1bb":          "ab",
		"\u202Eevil\u202C":    "evil",
		"caf\xe9":             "caf\uFFFD",
		"x\uFFFE\uFDD0y":      "xy",
		"שלום 漢字 🎉":           "שלום 漢字 🎉",
		"\u2066a\u2069\ufeff": "a",
	} {
		if got := clean(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// TestVisual uses capital letters' places: what is read first of a script from
// right to left stands rightmost.
func TestVisual(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"latin", "abc 12", "abc 12"},
		{"hebrew", "אבג", "גבא"},
		{"hebrew in latin", "a אבג b", "a גבא b"},
		{"latin in hebrew", "אב Ltd גד", "דג Ltd בא"},
		{"digits keep their order", "אב 12 גד", "דג 12 בא"},
		{"brackets turn", "אב (ג)", "(ג) בא"},
		{"brackets around latin", "אב Ltd (x)", "Ltd (x) בא"},
		{"arabic joins", "بيت", "ﺖﻴﺑ"},
		{"lam alef", "لا", "ﻻ"},
		{"final lam alef", "بلا", "ﻼﺑ"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var line []letter
			for _, r := range c.in {
				line = append(line, letter{r, 0})
			}
			var got strings.Builder
			for _, l := range visual(line) {
				got.WriteRune(l.r)
			}
			if got.String() != c.want {
				t.Errorf("%q is seen as %+q, want %+q", c.in, got.String(), c.want)
			}
		})
	}
}

func TestVisual_KeepsEveryLetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SliceOf(rapid.RuneFrom([]rune("ab1 ()[]אבג-.,"))).Draw(t, "s")
		line := make([]letter, len(s))
		for i, r := range s {
			line[i] = letter{r, i}
		}
		seen := map[int]bool{}
		for _, l := range visual(line) {
			seen[l.span] = true
		}
		if len(seen) != len(s) {
			t.Fatalf("%d of %d letters are seen", len(seen), len(s))
		}
	})
}

func FuzzSay(f *testing.F) {
	for _, s := range hostile() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := Say("**%s** [%s](#x)", s, s).String(); !strings.HasPrefix(got, clean(s)) {
			t.Errorf("%q became %q", s, got)
		}
		parse(s) // whatever a format holds, it ends
	})
}
