// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/document"
)

func findingsOf(n int) Findings {
	f := Findings{Paper: Paper{ID: "FIND-1", Version: "1.0", Classification: "Confidential"}, Organisation: "Example", At: at(), Digest: "sha256:00ff", Catalogue: "2026.11",
		Checks: []check.Check{{ID: "object-store-public", Title: "Object stores are not public", Severity: check.Critical}, {ID: "root-mfa", Severity: check.High}}}
	for i := range n {
		v := check.Finding{Check: f.Checks[i%2].ID, Outcome: outcomes()[i%5], Severity: f.Checks[i%2].Severity, Resource: fmt.Sprintf("arn:aws:s3:::bucket-%d", i), Message: "public is true: the policy allows everybody to read the objects of the bucket, and the account does not stop it"}
		if i%7 == 0 {
			v.Exception = "EX-1"
		}
		f.Findings = append(f.Findings, v)
	}
	return f
}

// TestFindingsWorkbook_CountsAreTheFindings proves that both sheets count the
// same population.
func TestFindingsWorkbook_CountsAreTheFindings(t *testing.T) {
	f := findingsOf(211)
	data, err := document.XLSX(FindingsWorkbook(f))
	if err != nil {
		t.Fatal(err)
	}
	sheets, err := document.ReadWorkbook("f.xlsx", data)
	if err != nil {
		t.Fatal(err)
	}
	listed, counted := map[string]int{}, map[string]int{}
	for _, r := range sheets[1].Rows {
		listed[r[slices.Index(sheets[1].Columns, "Answer")]]++
	}
	for title, word := range map[string]string{"Pass": "Pass", "Fail": "Fail", "Accepted": "Risk accepted", "Unknown": "Unknown", "Faulty": "Check faulty", "Not applicable": "Not applicable"} {
		for _, r := range sheets[0].Rows {
			n, err := strconv.Atoi(r[slices.Index(sheets[0].Columns, title)])
			if err != nil {
				t.Fatal(err)
			}
			counted[word] += n
		}
		if listed[word] != counted[word] || listed[word] == 0 {
			t.Errorf("%s: %d findings are listed, %d are counted", word, listed[word], counted[word])
		}
	}
	if len(sheets[1].Rows) != 211 {
		t.Errorf("%d rows", len(sheets[1].Rows))
	}
}

func TestFindingsWorkbook_NothingHasAWord(t *testing.T) {
	f := findingsOf(0)
	f.Checks = nil
	if err := document.CheckWorkbook(FindingsWorkbook(f)); err != nil {
		t.Error(err)
	}
}

func TestFindingsWorkbook_ThirtyThousand(t *testing.T) {
	start := time.Now()
	if _, err := document.XLSX(FindingsWorkbook(findingsOf(30_000))); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 8*time.Second {
		t.Errorf("30,000 findings took %s", took)
	}
	t.Logf("30,000 findings: %s", time.Since(start))
}

// TestFailingChecks_CountAResourceOnce holds the report to the number of
// resources, though two services rest on one account.
func TestFailingChecks_CountAResourceOnce(t *testing.T) {
	services := map[string]assess.Service{"a": {Accounts: []string{"1", "2"}}, "b": {Accounts: []string{"1"}}, "c": {Accounts: []string{"3"}}}
	same := assess.Example{Fingerprint: "f", Resource: "arn:x", Outcome: check.Fail}
	got := failingChecks([]assess.Result{
		{Service: "b", Check: "k", Severity: check.High, Tally: assess.Tally{Fail: 2, Pass: 3}, Exposed: 1, Worst: []assess.Example{same}},
		{Service: "a", Check: "k", Severity: check.High, Tally: assess.Tally{Fail: 5, Pass: 7}, Exposed: 2, Worst: []assess.Example{same}},
		{Service: "c", Check: "k", Severity: check.High, Tally: assess.Tally{Fail: 1, Pass: 1}},
		{Service: "c", Check: "fine", Severity: check.High, Tally: assess.Tally{Pass: 1}},
	}, services)
	if len(got) != 1 || got[0].tally.Fail != 6 || got[0].tally.Pass != 8 || got[0].exposed != 2 || len(got[0].worst) != 1 {
		t.Errorf("%+v", got)
	}
}
