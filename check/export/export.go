// SPDX-License-Identifier: Apache-2.0

// Package export writes findings in the formats that other programs read:
//
//	json    one array of findings, as package check defines them
//	jsonl   one finding a line
//	csv     one row a finding, for a spreadsheet
//	ocsf    OCSF 1.5 events of class 2003, Compliance Finding, one a line
//	sarif   one SARIF 2.1.0 log, for code hosts and editors
//	junit   JUnit XML, one suite a check, for build servers
//
// An unknown finding stays apart in every format: OCSF's status Warning (no
// result, information is missing), SARIF's kind open, JUnit's skipped. An
// exception never removes a finding and never changes its outcome.
//
// The same findings, options and time give the same bytes. All formats but junit
// stream; junit counts come first in the file, so it keeps what it was given.
// The package opens no file and reads no clock.
package export

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/check"
)

// Options are what a writer cannot know from the findings.
type Options struct {
	Version    string            // of Demarc
	Time       time.Time         // of the run; ocsf cannot do without it
	Checks     []check.Check     // for titles, reasons and fixes; a finding of another check is written without them
	Exceptions []check.Exception // for the reasons of exceptions
	Artifact   string            // the file that was looked at, such as plan.json; empty for a live account: sarif then names the place in the cloud
}

// Writer takes findings one after the other. Close ends the document; it does
// not close what lies below. A Writer is for one goroutine.
type Writer interface {
	Write(check.Finding) error
	Close() error
}

// Formats gives the words for New, in order.
func Formats() []string { return []string{"csv", "json", "jsonl", "junit", "ocsf", "sarif"} }

// New gives a writer of the format.
func New(format string, w io.Writer, o Options) (Writer, error) {
	o.Checks = slices.Clone(o.Checks)
	slices.SortFunc(o.Checks, func(a, b check.Check) int { return strings.Compare(a.ID, b.ID) })
	b := &base{Options: o, out: bufio.NewWriterSize(w, 64<<10), index: map[string]int{}, exceptions: map[string]check.Exception{}}
	for i, c := range o.Checks {
		b.index[c.ID] = i
	}
	for _, e := range o.Exceptions {
		b.exceptions[e.ID] = e
	}
	switch format {
	case "json":
		return &arrayWriter{base: b}, nil
	case "jsonl":
		return &linesWriter{base: b}, nil
	case "csv":
		return newCSV(b)
	case "ocsf":
		return &ocsfWriter{base: b}, nil
	case "sarif":
		return newSARIF(b)
	case "junit":
		return &junitWriter{base: b, suites: map[string]*junitSuite{}}, nil
	}
	return nil, fmt.Errorf("no format is called %q; use one of %s", format, strings.Join(Formats(), ", "))
}

// base is what all writers share.
type base struct {
	Options
	out        *bufio.Writer
	index      map[string]int // of Checks, by id
	exceptions map[string]check.Exception
}

// check gives the check of a finding, or one that knows only its id.
func (b *base) check(id string) (c check.Check, at int, known bool) {
	if i, ok := b.index[id]; ok {
		return b.Checks[i], i, true
	}
	return check.Check{ID: id, Title: id}, -1, false
}

// justification says why a finding is excepted.
func (b *base) justification(id string) string {
	e, ok := b.exceptions[id]
	if !ok {
		return "exception " + id
	}
	return fmt.Sprintf("exception %s until %s, approved by %s: %s", id, e.Until.Format(time.DateOnly), e.ApprovedBy, e.Reason)
}

// fix gives the ways to mend what fails, as one text.
func fix(f check.Fix) string {
	var parts []string
	for _, p := range []struct{ name, text string }{{"Console", f.Console}, {"Command line", f.CLI}, {"Terraform", f.Terraform}} {
		if text := strings.TrimSpace(p.text); text != "" {
			parts = append(parts, p.name+": "+text)
		}
	}
	return strings.Join(parts, "\n")
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
