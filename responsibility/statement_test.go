// SPDX-License-Identifier: Apache-2.0

package responsibility

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"demarc.dev/demarc/catalogue"
)

const yamlStatement = `service: cloud
provider: Bigco
title: Bigco responsibility matrix
date: 2026-03-01
rows:
  - {ref: 12.3.1-P1, who: provider, text: We tell it.}
  - ref: roles
    who: shared
`

// A questionnaire as spreadsheets export it: a title above the names of the
// columns, questions that the catalogue does not hold, rows without an owner.
const questionnaire = "\xef\xbb\xbfCONSENSUS QUESTIONNAIRE v4;;;;\r\n" +
	"Question ID;Question;CSP CAIQ Answer;SSRM Control Ownership;CSP Implementation Description (Optional/Recommended);CSC Responsibilities (Optional/Recommended)\r\n" +
	"12.3.1;Are copies made?;Yes;Shared CSP and CSC;\"We copy disks;\nnot files.\";You copy files.\r\n" +
	"BCR-08.1;Are backups tested?;Yes;CSP-owned;;\r\n" +
	"BCR-09.1;And the others?;NA;;;\r\n" +
	"5.38;Are roles told?;Yes;3rd-party outsourced;;\r\n" +
	"8.1;x;No;N/A;;\r\n"

func parseS(file, text string, o StatementOptions) (*Statement, error) {
	return parseStatement(file, []byte(text), o, smallBook(catalogue.Edition2015), estate())
}

func TestParseStatement(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		options    StatementOptions
		want       Statement
	}{
		"yaml": {"s.yaml", yamlStatement, StatementOptions{}, Statement{Service: "cloud", Provider: "Bigco", Title: "Bigco responsibility matrix", Date: "2026-03-01", File: "s.yaml",
			Rows: []StatementRow{{"12.3.1-P1", ByProvider, "We tell it.", 6}, {"roles", ByBoth, "", 7}}}},
		"csv": {"s.csv", "id,who,text\n12.3.1-P1,provider,\"we, always\"\n\nbackup,Customer,\n", StatementOptions{Service: "cloud", Title: "T"},
			Statement{Service: "cloud", Provider: "Bigco", Title: "T", File: "s.csv", Rows: []StatementRow{{"12.3.1-P1", ByProvider, "we, always", 2}, {"backup", ByCustomer, "", 4}}}},
		"questionnaire": {"caiq.csv", questionnaire, StatementOptions{Service: "mailer", Date: "2026-01-02"},
			Statement{Service: "mailer", Provider: "Postrider Inc", Title: "caiq.csv", Date: "2026-01-02", File: "caiq.csv", Rows: []StatementRow{
				{"12.3.1", ByBoth, "We copy disks;\nnot files. You copy files.", 3}, {"BCR-08.1", ByProvider, "", 5}, {"5.38", ByProvider, "", 7}}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseS(c.file, c.text, c.options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseStatement_Faults(t *testing.T) {
	cloud := StatementOptions{Service: "cloud"}
	for name, c := range map[string]struct {
		file, text string
		options    StatementOptions
		want       string
	}{
		"unknown ref":       {"s.yaml", strings.Replace(yamlStatement, "ref: roles", "ref: rolls", 1), cloud, `s.yaml:7: rows[1].ref: the catalogue has no duty and no control "rolls"; did you mean "roles"?`},
		"unknown who":       {"s.yaml", strings.Replace(yamlStatement, "who: shared", "who: them", 1), cloud, `s.yaml:8: rows[1].who: "them" is not one of customer, provider, both, nobody`},
		"no who":            {"s.csv", "id,who\nbackup,\n", cloud, "s.csv:2: who: it is missing"},
		"no id":             {"s.csv", "id,who\n,provider\n", cloud, "s.csv:2: id: it is missing"},
		"unknown id":        {"s.csv", "id,who\nbackupp,provider\n", cloud, `s.csv:2: id: the catalogue has no duty and no control "backupp"; did you mean "backup"?`},
		"unknown ownership": {"c.csv", "Question ID,SSRM Control Ownership\n12.3.1,Somebody\n", cloud, `c.csv:2: who: "Somebody" is not one of`},
		"no columns":        {"s.csv", "a,b\n1,2\n", cloud, "s.csv:1: no line names a column with the id"},
		"nothing":           {"s.csv", "", cloud, "no line names a column"},
		"no rows":           {"s.csv", "id,who\n", cloud, "rows: the statement says nothing about any duty"},
		"no service":        {"s.csv", "id,who\nbackup,both\n", StatementOptions{}, "service: it is missing"},
		"unknown service":   {"s.csv", "id,who\nbackup,both\n", StatementOptions{Service: "clod"}, `the scope has no service "clod"; did you mean "cloud"?`},
		"two services":      {"s.yaml", yamlStatement, StatementOptions{Service: "mailer"}, `s.yaml:1: service: the statement is about "cloud", and was given for "mailer"`},
		"date":              {"s.csv", "id,who\nbackup,both\n", StatementOptions{Service: "cloud", Date: "soon"}, `date: "soon" is not a day`},
		"not YAML":          {"s.yaml", "{", cloud, "s.yaml:1: this is not YAML"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := parseS(c.file, c.text, c.options)
			if s != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v and error:\n%v\nwant:\n%s", s, err, c.want)
			}
		})
	}
}

func TestParseStatement_TellsAllFaults(t *testing.T) {
	_, err := parseS("s.csv", "id,who\nx,provider\nbackup,x\ny,both\n", StatementOptions{Service: "cloud"})
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("three faults, got:\n%v", err)
	}
	var many strings.Builder
	many.WriteString("id,who\n")
	for i := range 1000 {
		fmt.Fprintf(&many, "row%d,provider\n", i)
	}
	if _, err = parseS("s.csv", many.String(), StatementOptions{Service: "cloud"}); err == nil || strings.Count(err.Error(), "\n") > 201 {
		t.Error("faults without end")
	}
}

func TestUnmatched(t *testing.T) {
	s, err := parseS("caiq.csv", questionnaire, StatementOptions{Service: "mailer"})
	if err != nil {
		t.Fatal(err)
	}
	if got := smallBook("2015").unmatched(*s); len(got) != 1 || got[0].Ref != "BCR-08.1" {
		t.Errorf("unmatched %v", got)
	}
}

func TestSaid(t *testing.T) {
	b := smallBook("2015")
	got := b.said([]Statement{{Rows: []StatementRow{{Ref: "backup", Who: ByProvider}, {Ref: "12.3.1", Who: ByCustomer}, {Ref: "12.3.1-P1", Who: ByProvider}, {Ref: "CLD.6.3.1-C1", Who: ByNobody}, {Ref: "5.38-P1", Who: ByProvider}}}})
	var lines []string
	for _, d := range b.duties {
		if s, ok := got[d.ID]; ok {
			lines = append(lines, d.ID+" "+string(s.who))
		}
	}
	want := []string{"12.3.1-C1 both", "12.3.1-P1 provider", "CLD.6.3.1-C1 nobody"}
	if !slices.Equal(lines, want) || len(got) != 3 {
		t.Errorf("said %q, want %q", lines, want)
	}
}

func TestCompareStatement(t *testing.T) {
	w := settledWorld(t)
	m := *w.matrix("cloud")
	m.Allocations = slices.DeleteFunc(slices.Clone(m.Allocations), func(a Allocation) bool { return a.Duty == "CLD.9.5.2-C1" })
	got := compareStatement(smallBook("2015"), m, Statement{Rows: []StatementRow{{Ref: "hardening", Who: ByProvider}, {Ref: "12.3.1-P1", Who: ByProvider}, {Ref: "12.3.1-C1", Who: ByBoth}}})
	want := []Difference{{"12.3.1-C1", "performs", "customer", "both"}, {"CLD.9.5.2-C1", "performs", "no line", "provider"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCompare(t *testing.T) {
	left := Matrix{Service: "cloud", Edition: "2015", Agreement: "MSA 2024", Allocations: []Allocation{settledLine("12.3.1-C1"), settledLine("12.3.1-P1")}}
	right := Matrix{Service: "cloud", Edition: "2015", Agreement: "MSA 2026", Version: 7, Allocations: []Allocation{settledLine("12.3.1-P1"), settledLine("CLD.6.3.1-C1")}}
	right.Allocations[0].Basis, right.Allocations[0].Evidence = Basis{Kind: Assumption}, nil
	got := Compare(left, right)
	want := []Difference{
		{"", "agreement", "MSA 2024", "MSA 2026"},
		{"12.3.1-C1", "line", "customer both, provider none", "no line"},
		{"12.3.1-P1", "basis", "contract: MSA 2024, 7.3(b)", "assumption"},
		{"12.3.1-P1", "evidence", "report.pdf", ""},
		{"CLD.6.3.1-C1", "line", "no line", "customer both, provider none"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := Compare(left, left); got != nil {
		t.Errorf("a matrix differs from itself: %v", got)
	}
}

func FuzzParseStatement(f *testing.F) {
	f.Add("s.yaml", []byte(yamlStatement))
	f.Add("s.csv", []byte(questionnaire))
	f.Add("s.csv", []byte("id\twho\n\"backup\tboth\n"))
	f.Add("", []byte("id,who\nbackup,both"))
	f.Fuzz(func(t *testing.T, file string, data []byte) {
		s, err := parseStatement(file, data, StatementOptions{Service: "cloud"}, smallBook("2015"), estate())
		if (s == nil) == (err == nil) {
			t.Fatal("neither a statement nor an error, or both")
		}
		if err == nil {
			for _, d := range compareStatement(smallBook("2015"), Matrix{}, *s) {
				if d.Right == "" {
					t.Fatalf("a row says nothing: %+v", d)
				}
			}
		}
	})
}
