// SPDX-License-Identifier: Apache-2.0

// Package rule holds the checks that ship with the program, one YAML file each:
// <id>.yaml, in the format that package check defines. A file carries the words,
// the fix and the examples of its check, and nothing outside it has to be
// changed when one is added, but for the two files that are made from all of
// them: checks.jsonl and the golden lists of the tests. Make them with
//
//	go test ./check/rule -run Golden -update
//
// checks.jsonl holds one check a line, because reading YAML takes ten times as
// long, and commands that only show a check must start at once. A test compares
// it with the YAML files.
//
// Most checks ask a concept (an object store, a key) and serve every provider;
// their fixes are written for AWS, whose collectors came first. A threshold in a
// check (90 days, a year) is the common benchmark of the field; who lives by
// another one writes a check under another name, in a folder of their own, and
// excepts this one.
//
// The package holds no logic about resources, never lists frameworks, and never
// runs a check.
package rule

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"demarc.dev/demarc/check"
)

// files is read-only.
//
//go:embed *.yaml
var files embed.FS

//go:embed checks.jsonl
var compact string

// Load gives every shipped check in order of its id, ready for check.Compile. It
// takes about ten milliseconds. The checks know no file and no lines: Parse does.
// The slice is the caller's.
func Load() ([]check.Check, error) {
	var out []check.Check
	d := json.NewDecoder(strings.NewReader(compact))
	for d.More() {
		var c check.Check
		if err := d.Decode(&c); err != nil {
			return nil, fmt.Errorf("reading the shipped checks: %w", err)
		}
		out = append(out, c)
	}
	return out, nil
}

// Parse reads the shipped checks from their YAML files, in order of their ids, so
// that a fault names its file and line. It is for those who write checks: it
// takes about a tenth of a second.
func Parse() ([]check.Check, error) {
	checks, err := check.ParseFolder(files)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(checks, func(a, b check.Check) int { return cmp.Compare(a.ID, b.ID) })
	return checks, nil
}

// Source gives the YAML file of a shipped check as it was written, false when
// there is none. It is a good beginning for a check of one's own.
func Source(id string) ([]byte, bool) {
	text, err := files.ReadFile(id + ".yaml")
	return text, err == nil
}
