// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/problem"
)

// Fault is one thing that is wrong with a check or an exception.
type Fault struct {
	File  string // as it was given to Parse
	Line  int    // 0 where none is known
	Field string // "test", "proves[1].duty"
	What  string // one sentence, without a full stop
	Cure  string // what to do; may be empty
}

// String gives "file:line: field: what; cure".
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d", f.Line)
	}
	if f.Field != "" {
		b.WriteString(": " + f.Field)
	}
	b.WriteString(": " + f.What)
	if f.Cure != "" {
		b.WriteString("; " + f.Cure)
	}
	return b.String()
}

// Faults are all the faults that were found; errors.As finds them in the errors
// of Parse, ParseExceptions, LoadFolder and Compile.
type Faults []Fault

// Error gives one line a fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// problem gives the faults as an error for people, nil when there are none.
func (fs Faults) problem() error {
	switch len(fs) {
	case 0:
		return nil
	case 1:
		f := fs[0]
		cure := f.Cure
		f.Cure = ""
		return problem.New(problem.Invalid, f.String(), cure).Wrap(fs)
	}
	return problem.New(problem.Invalid, fmt.Sprintf("%d faults:\n%s", len(fs), fs.Error()), "mend each line and run it again").Wrap(fs)
}

// nearest gives "did you mean …" for a misspelt word, or the list when it is
// short, or nothing.
func nearest(word string, known []string) string {
	best := closest(word, known)
	switch {
	case best != "":
		return "did you mean " + best + "?"
	case len(known) > 0 && len(known) <= 30:
		sorted := slices.Sorted(slices.Values(known))
		return "use one of " + strings.Join(sorted, ", ")
	}
	return ""
}

// closest gives the known word that is near enough to be the one that was
// meant, or nothing.
func closest(word string, known []string) string {
	best, distance := "", len(word)/3+1
	for _, k := range known {
		if d := editDistance(word, k, distance); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// editDistance is Levenshtein's, or limit when it is not below it.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return min(row[len(b)], limit)
}
