// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"strings"
	"testing"

	"demarc.dev/demarc/document"
	"demarc.dev/demarc/problem"
	"demarc.dev/demarc/responsibility"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

func matrixFile(t interface {
	Helper()
	Fatal(...any)
}, ms ...Matrix) []byte {
	t.Helper()
	w, err := MatrixWorkbook(ms)
	if err != nil {
		t.Fatal(err)
	}
	data, err := document.XLSX(w)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestMatrixWorkbook_RoundTrip proves that what people do not touch comes back
// as it was.
func TestMatrixWorkbook_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := matrixOf(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") })
		other := m
		other.Service.ID, other.Service.Name, other.Findings = "mail/eu", "Mail", nil
		got, err := ReadMatrices("m.xlsx", matrixFile(t, m, other))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || got[0].Service != "aws" || got[0].Edition != "2015" || got[0].Version != 2 || got[1].Service != "mail/eu" {
			t.Fatalf("%+v", got)
		}
		if d := cmp.Diff(m.Matrix.Allocations, got[0].Allocations); d != "" {
			t.Fatal(d)
		}
	})
}

func TestReadMatrices_TellsEveryFault(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(matrixFile(t, matrixOf(counter()))))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for cell, value := range map[string]string{"E5": "perhaps", "F6": "", "E6": "none", "J7": "", "E7": "none", "F7": "both", "A8": "", "A10": "5.1.1-C1", "P11": "another", "R12": "x"} {
		if err := f.SetCellStr("aws", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	var edited bytes.Buffer
	if err := f.Write(&edited); err != nil {
		t.Fatal(err)
	}
	_, err = ReadMatrices("m.xlsx", edited.Bytes())
	if problem.Of(err) != problem.Invalid {
		t.Fatal(err)
	}
	for _, want := range []string{`row 5, "Customer": "perhaps" is none of none, performs, accountable, both`, "row 6, duty", "row 7, duty", "the basis is missing", "row 8: the duty is missing", "stands in row 5 already", "row 11: service, edition and version differ", `row 12, "Matrix version": "x" is no version`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in: %v", want, err)
		}
	}
}

func TestReadMatrices_RefusesOtherWorkbooks(t *testing.T) {
	w, err := GapWorkbook(gapOf(counter()))
	if err != nil {
		t.Fatal(err)
	}
	data, err := document.XLSX(w)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"gap.xlsx": data, "text": []byte("x")} {
		if _, err := ReadMatrices(name, file); problem.Of(err) != problem.Invalid || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMatrixDocument_EveryDutyHasOneLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := matrixOf(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") })
		d, err := MatrixDocument(m)
		if err != nil {
			t.Fatal(err)
		}
		lines, verdicts := 0, 0
		for _, b := range flat(d.Blocks) {
			switch v := b.(type) {
			case document.Table:
				for _, r := range v.Rows {
					if strings.HasPrefix(r.ID, "duty-") {
						lines++
					}
				}
			case document.Donut:
				for _, s := range v.Slices {
					verdicts += s.Count
				}
			}
		}
		if lines != len(m.Verdicts) || verdicts != len(m.Verdicts) {
			t.Fatalf("%d lines and %d verdicts for %d duties", lines, verdicts, len(m.Verdicts))
		}
	})
}

func TestMatrixDocument_DigestFollowsTheMatrix(t *testing.T) {
	one, err := MatrixDocument(matrixOf(counter()))
	if err != nil {
		t.Fatal(err)
	}
	m := matrixOf(counter())
	m.Matrix.Allocations[3].Note = "changed"
	two, err := MatrixDocument(m)
	if err != nil {
		t.Fatal(err)
	}
	if one.Meta.Digest == two.Meta.Digest || len(one.Meta.Digest) != 64 {
		t.Errorf("the digests are %s and %s", one.Meta.Digest, two.Meta.Digest)
	}
}

func TestMatrixDocument_RefusesWhatDoesNotBelongTogether(t *testing.T) {
	m := matrixOf(counter())
	m.Matrix.Allocations = append(m.Matrix.Allocations, responsibility.Allocation{Duty: "unheard-of"})
	if _, err := MatrixDocument(m); problem.Of(err) != problem.Conflict {
		t.Errorf("a line for a duty of no catalogue: %v", err)
	}
	m = matrixOf(counter())
	m.Findings = append(m.Findings, responsibility.Finding{Service: "mail"})
	if _, err := MatrixDocument(m); problem.Of(err) != problem.Invalid {
		t.Errorf("a finding of another service: %v", err)
	}
}

func FuzzReadMatrices(f *testing.F) {
	w, err := MatrixWorkbook([]Matrix{matrixOf(counter())})
	if err != nil {
		f.Fatal(err)
	}
	data, err := document.XLSX(w)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ReadMatrices("fuzz.xlsx", data)
		if err == nil && len(got) == 0 {
			t.Error("neither a matrix nor an error")
		}
	})
}
