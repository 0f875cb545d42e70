// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"demarc.dev/demarc/problem"
)

// Fault is one thing that is wrong with a file.
type Fault struct {
	File  string
	Line  int    // 0: no line can be named
	Field string // path, such as services[2].model; empty: the file
	Says  string
}

// Error gives the fault as file:line: field: sentence.
func (f Fault) Error() string {
	out := f.File
	if f.Line > 0 {
		out += fmt.Sprintf(":%d", f.Line)
	}
	if f.Field != "" {
		out += ": " + f.Field
	}
	return out + ": " + f.Says
}

// Faults are all that is wrong with a file, by line.
type Faults []Fault

// Error gives one line a fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

// Fault notes that the field at the path is wrong. The line is that of the
// field, or of the nearest one above it that stands in the file. A field that
// Read could not read is not told again: that its value is missing follows.
func (d *Doc) Fault(path, format string, args ...any) {
	if !d.unread[path] {
		d.at(d.Line(path), path, format, args...)
	}
}

// Line gives the line of the field at the path, or of the nearest one above it.
func (d *Doc) Line(path string) int {
	for p := path; ; p = parent(p) {
		if line, ok := d.lines[p]; ok || p == "" {
			return line
		}
	}
}

// Has tells whether the field at the path stands in the file.
func (d *Doc) Has(path string) bool {
	_, ok := d.lines[path]
	return ok
}

// New gives a Doc without faults, for a format that Read does not read.
func New(file string) *Doc {
	return &Doc{file: file, lines: map[string]int{}, unread: map[string]bool{}}
}

// At notes a fault of a line; 0 when none can be named.
func (d *Doc) At(line int, field, format string, args ...any) { d.at(line, field, format, args...) }

func (d *Doc) at(line int, path, format string, args ...any) {
	if len(d.faults) == maxFaults {
		d.more++
		return
	}
	d.faults = append(d.faults, Fault{File: d.file, Line: line, Field: path, Says: fmt.Sprintf(format, args...)})
}

// Full tells that no further fault will be told. A caller stops looking then,
// so that a hostile file costs no more than a bad one.
func (d *Doc) Full() bool { return len(d.faults) == maxFaults }

// Faults gives what was found, by line.
func (d *Doc) Faults() Faults {
	out := slices.Clone(d.faults)
	slices.SortStableFunc(out, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Field, b.Field))
	})
	return out
}

// Err gives nil, or a problem that tells every fault; the Faults are in its chain.
func (d *Doc) Err() error {
	faults := d.Faults()
	if len(faults) == 0 {
		return nil
	}
	says := faults.Error()
	if d.more > 0 {
		says += fmt.Sprintf("\n%s: and %d faults more", d.file, d.more)
	}
	hint := "mend the line and read the file again"
	if len(faults) > 1 {
		hint = fmt.Sprintf("mend these %d faults and read the file again", len(faults)+d.more)
	}
	return problem.New(problem.Invalid, says, hint).Wrap(faults)
}

// Join gives the path of a field below another.
func Join(path, field string) string {
	if path == "" {
		return field
	}
	return path + "." + field
}

func parent(path string) string {
	if i := strings.LastIndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return ""
}

func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// DidYouMean gives "; did you mean …?" with the candidate nearest to the word,
// or nothing when none is near. Of equally near ones the first is taken.
func DidYouMean(word string, candidates []string) string {
	best, least := "", len(word)/3+2
	for _, c := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(c), least); d < least {
			best, least = c, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// OneOf says which words are allowed.
func OneOf[S ~string](allowed []S) string {
	words := make([]string, len(allowed))
	for i, a := range allowed {
		words[i] = string(a)
	}
	return strings.Join(words, ", ")
}

// distance is that of Levenshtein; it may stop at limit.
func distance(a, b string, limit int) int {
	if abs(len(a)-len(b)) >= limit || len(a) > 200 {
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
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

func abs(n int) int { return max(n, -n) }
