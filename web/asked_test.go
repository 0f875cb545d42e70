// SPDX-License-Identifier: Apache-2.0

package web

import (
	"strings"
	"testing"

	"demarc.dev/demarc/catalogue"
)

// TestAskedBy asks every page of the menu which clauses ask for it, and the
// catalogue whether there are such.
func TestAskedBy(t *testing.T) {
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, c := range cat.Clauses() {
		known[c.ID] = true
	}
	sections := []string{"/go", "/self", "/admin", "/?all=yes"}
	for _, m := range siteMenu() {
		for _, i := range m.Items {
			sections = append(sections, i.Path)
		}
	}
	letters := map[string]string{}
	for _, section := range sections {
		controls, clauses := askedBy(section)
		if len(controls) == 0 && clauses == "" {
			t.Errorf("%s: no clause asks for it; say which in askedBy of asked.go", section)
		}
		for _, key := range controls {
			if _, ok := cat.Control(key); !ok {
				t.Errorf("%s: there is no control %s", section, key)
			}
		}
		for _, c := range strings.FieldsFunc(clauses, func(r rune) bool { return r == ',' || r == ' ' }) {
			if !known[c] {
				t.Errorf("%s: ISO/IEC 27001 has no clause %s", section, c)
			}
		}
		if l := letterOf(section); l != "" && letters[l] != "" {
			t.Errorf("%s and %s are both reached by g %s", section, letters[l], l)
		} else if l != "" {
			letters[l] = section
		}
	}
}
