// SPDX-License-Identifier: Apache-2.0

package export

import (
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"slices"

	"demarc.dev/demarc/check"
)

type junitSuites struct {
	XMLName  xml.Name      `xml:"testsuites"`
	Name     string        `xml:"name,attr"`
	Tests    int           `xml:"tests,attr"`
	Failures int           `xml:"failures,attr"`
	Errors   int           `xml:"errors,attr"`
	Skipped  int           `xml:"skipped,attr"`
	Suites   []*junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"timestamp,attr,omitempty"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string       `xml:"name,attr"`
	Class   string       `xml:"classname,attr"`
	Failure *junitResult `xml:"failure"`
	Error   *junitResult `xml:"error"`
	Skipped *junitResult `xml:"skipped"`
}

type junitResult struct {
	Message string `xml:"message,attr,omitempty"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// junitWriter keeps the cases until Close: a suite begins with its counts.
type junitWriter struct {
	*base
	suites map[string]*junitSuite
}

// Write is part of Writer. A failing resource with an exception is skipped, as
// is what is unknown or does not apply: a build must break for neither, and must
// not call them passed.
func (w *junitWriter) Write(f check.Finding) error {
	s := w.suites[f.Check]
	if s == nil {
		s = &junitSuite{Name: f.Check}
		if !w.Time.IsZero() {
			s.Time = w.Time.UTC().Format("2006-01-02T15:04:05")
		}
		w.suites[f.Check] = s
	}
	c := junitCase{Name: f.Resource, Class: f.Check}
	s.Tests++
	switch {
	case f.Exception != "":
		c.Skipped = &junitResult{Message: w.justification(f.Exception) + " (" + string(f.Outcome) + ": " + f.Message + ")"}
		s.Skipped++
	case f.Outcome == check.Fail:
		k, _, _ := w.check(f.Check)
		c.Failure = &junitResult{Message: f.Message, Type: string(f.Severity), Text: fix(k.Fix)}
		s.Failures++
	case f.Outcome == check.Error:
		c.Error = &junitResult{Message: f.Message, Type: "error"}
		s.Errors++
	case f.Outcome != check.Pass:
		c.Skipped = &junitResult{Message: string(f.Outcome) + ": " + f.Message}
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
	return nil
}

// Close is part of Writer.
func (w *junitWriter) Close() error {
	all := junitSuites{Name: "Demarc"}
	for _, id := range slices.Sorted(maps.Keys(w.suites)) {
		s := w.suites[id]
		all.Suites = append(all.Suites, s)
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
		all.Skipped += s.Skipped
	}
	if _, err := io.WriteString(w.out, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w.out)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return fmt.Errorf("writing JUnit: %w", err)
	}
	if err := w.out.WriteByte('\n'); err != nil {
		return err
	}
	return w.out.Flush()
}
