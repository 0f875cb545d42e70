// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
)

// catalogueSays runs one command of the catalogue.
func catalogueSays(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err := run(t.Context(), append([]string{"demarc", "catalogue"}, args...), nil, strings.NewReader(""), &stdout, &stderr)
	if stderr.Len() > 0 {
		t.Errorf("%v: stderr says %q", args, stderr.String())
	}
	return stdout.String(), err
}

func TestCatalogue_AnswersInWords(t *testing.T) {
	for _, row := range []struct {
		args string
		want []string
	}{
		{"list", []string{"50 controls, 298 duties, edition of 2026.", "8  Technological controls", "unauthorised-use"}},
		{"list --edition 2015", []string{"44 controls, 279 duties, edition of 2015.", "CLD.6.3.1", "12  Operations security"}},
		{"list --edition 2015 --party provider", []string{"44 controls, 131 duties of the provider, edition of 2015."}},
		{"show CLD.6.3.1", []string{"shared-roles · 2015: CLD.6.3.1 · 2026: 5.38", "Duties of the customer", "Duties of the provider", "in place of CLD.6.3.1-C1", "What proves it", "A.5.23", "CT-10"}},
		{"show 8.24", []string{"Other controls have the number 8.24 too: key-management, cryptography-law."}},
		{"show 12.3.1-c2", []string{"Information backup"}},
		{"show 12.4.6", []string{"There is no 12.4.6", "Monitoring of cloud services"}},
		{"search 5.1.1 shared responsibility", []string{"often cited", "CLD.6.3.1", "5.38-C2", "What proves them"}},
		{"search 12.4.6", []string{"number does not exist", "cloud-monitoring"}},
		{"search data deletion", []string{"asset-removal · 2015: CLD.8.1.5 · 2026: 5.11, 8.10"}},
		{"search 27017 certification", []string{"! Certification"}},
		{"search 5.12", []string{"adds nothing for cloud services"}},
	} {
		got, err := catalogueSays(t, strings.Fields(row.args)...)
		if err != nil {
			t.Errorf("%s: %v", row.args, err)
		}
		for _, want := range row.want {
			if !strings.Contains(strings.Join(strings.Fields(got), " "), strings.Join(strings.Fields(want), " ")) {
				t.Errorf("%s does not say %q:\n%s", row.args, want, got)
			}
		}
	}
}

func TestCatalogue_FitsTheTerminal(t *testing.T) {
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{}
	for _, ed := range cat.Editions() {
		for _, party := range []catalogue.Party{"", catalogue.Customer, catalogue.Provider} {
			shown["list "+string(ed.ID+catalogue.Edition(party))] = listing(cat, ed.ID, party)
		}
	}
	for _, control := range cat.Controls() {
		shown["show "+control.Key] = sheet(cat, control)
		shown["search "+control.Title] = found(cat.Search(control.Title, 5), cat.Remarks(control.Title))
	}
	shown["search 12.4.2"] = found(cat.Search("12.4.2", 5), cat.Remarks("12.4.2"))
	for what, text := range shown {
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if n := utf8.RuneCountInString(line); n > 100 || strings.TrimRight(line, " ") != line {
				t.Errorf("%s: a line of %d columns, or with blanks at its end: %q", what, n, line)
			}
		}
	}
}

func TestCatalogue_AnswersPrograms(t *testing.T) {
	var controls []catalogue.Control
	got, err := catalogueSays(t, "list", "--json", "--party", "customer")
	if err != nil || json.Unmarshal([]byte(got), &controls) != nil || len(controls) != 50 {
		t.Errorf("list --json: %d controls, %v", len(controls), err)
	}
	var control catalogue.Control
	got, err = catalogueSays(t, "show", "backup", "--json")
	if err != nil || json.Unmarshal([]byte(got), &control) != nil || control.Key != "backup" {
		t.Errorf("show --json: %q, %v", control.Key, err)
	}
	var answer struct {
		Hits    []struct{ Key, Note string }
		Remarks []catalogue.Citation
	}
	got, err = catalogueSays(t, "search", "12.4.6", "--json")
	if err != nil || json.Unmarshal([]byte(got), &answer) != nil || len(answer.Hits) != 1 || answer.Hits[0].Key != "cloud-monitoring" || answer.Hits[0].Note == "" {
		t.Errorf("search --json: %+v, %v", answer, err)
	}
	if got, err = catalogueSays(t, "search", "qqqqqq", "--json"); err != nil || !strings.Contains(got, `"hits": []`) {
		t.Errorf("search --json without a hit: %q, %v", got, err)
	}
}

func TestCatalogue_RefusesWithAHint(t *testing.T) {
	for args, kind := range map[string]problem.Kind{
		"show": problem.Usage, "show a b": problem.Usage, "show qqqqqq": problem.NotFound, "show 17.1.1": problem.NotFound, "search": problem.Usage, "search qqqqqq": problem.NotFound,
		"search --limit 0 x": problem.Usage, "list --edition 2020": problem.Usage, "list --party us": problem.Usage, "list x": problem.Usage, "list --what": problem.Usage,
	} {
		_, err := catalogueSays(t, strings.Fields(args)...)
		if err == nil || problem.Of(err) != kind {
			t.Errorf("%s: %v, want the kind %v", args, err, kind)
		}
	}
}
