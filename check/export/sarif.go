// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"demarc.dev/demarc/check"
)

// The objects of SARIF 2.1.0 that are used here, by the names of the standard.

type sarifText struct {
	Text string `json:"text"`
}

type sarifInvocation struct {
	Successful bool   `json:"executionSuccessful"`
	End        string `json:"endTimeUtc,omitempty"`
}

type sarifDriver struct {
	Name            string      `json:"name"`
	SemanticVersion string      `json:"semanticVersion,omitempty"`
	Version         string      `json:"version,omitempty"`
	Rules           []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string         `json:"id"`
	ShortDescription *sarifText     `json:"shortDescription,omitempty"`
	FullDescription  *sarifText     `json:"fullDescription,omitempty"`
	Help             *sarifText     `json:"help,omitempty"`
	HelpURI          string         `json:"helpUri,omitempty"`
	Configuration    sarifConfig    `json:"defaultConfiguration"`
	Properties       sarifRuleExtra `json:"properties"`
}

type sarifConfig struct {
	Level string `json:"level"`
}

type sarifRuleExtra struct {
	Severity         string   `json:"severity"`
	SecuritySeverity string   `json:"security-severity"` // what GitHub sorts by, 0–10
	Effort           string   `json:"effort,omitempty"`
	Duties           []string `json:"duties,omitempty"`
	Tags             []string `json:"tags"`
}

type sarifResult struct {
	RuleID              string            `json:"ruleId"`
	RuleIndex           *int              `json:"ruleIndex,omitempty"`
	Kind                string            `json:"kind"`
	Level               string            `json:"level"`
	Message             sarifText         `json:"message"`
	Locations           []sarifLocation   `json:"locations"`
	Fingerprints        map[string]string `json:"fingerprints"`
	PartialFingerprints map[string]string `json:"partialFingerprints"`
	Suppressions        []sarifSuppressed `json:"suppressions,omitempty"`
	Properties          sarifResultExtra  `json:"properties"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"` // code hosts take no result without one
	Logical  []sarifLogical `json:"logicalLocations"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifLogical struct {
	Name               string `json:"name,omitempty"`
	FullyQualifiedName string `json:"fullyQualifiedName"`
	Kind               string `json:"kind"`
}

type sarifSuppressed struct {
	Kind          string `json:"kind"`
	Status        string `json:"status"`
	Justification string `json:"justification"`
}

type sarifResultExtra struct {
	Outcome  check.Outcome `json:"outcome"`
	Severity string        `json:"severity"`
	Kind     string        `json:"kind"`
	Provider string        `json:"provider"`
	Account  string        `json:"account,omitempty"`
	Region   string        `json:"region,omitempty"`
	Fields   []string      `json:"fields,omitempty"`
	Exposed  bool          `json:"exposed,omitempty"`
}

// sarifWriter writes the rules first and then the results as they come.
type sarifWriter struct {
	*base
	begun bool
}

func newSARIF(b *base) (*sarifWriter, error) {
	rules := make([]sarifRule, len(b.Checks))
	for i, c := range b.Checks {
		rules[i] = sarifRuleOf(c)
	}
	driver := sarifDriver{Name: "Demarc", Version: b.Version, Rules: rules}
	if b.Version != "" && strings.Count(b.Version, ".") == 2 && !strings.HasPrefix(b.Version, "v") {
		driver.SemanticVersion = b.Version
	}
	head, err := plainJSON(driver)
	if err != nil {
		return nil, fmt.Errorf("writing the rules of SARIF: %w", err)
	}
	invocation, err := plainJSON(sarifInvocation{true, stamp(b.Time)})
	if err != nil {
		return nil, fmt.Errorf("writing the invocation of SARIF: %w", err)
	}
	_, err = fmt.Fprintf(b.out, `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"tool":{"driver":%s},`+
		`"invocations":[%s],"columnKind":"utf16CodeUnits","results":[`, head, invocation)
	return &sarifWriter{base: b}, err
}

func plainJSON(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(out.Bytes()), err
}

func sarifRuleOf(c check.Check) sarifRule {
	r := sarifRule{ID: c.ID, ShortDescription: sarifMaybe(c.Title), FullDescription: sarifMaybe(c.Why), Help: sarifMaybe(fix(c.Fix)), Configuration: sarifConfig{sarifLevel(c.Severity)},
		Properties: sarifRuleExtra{Severity: string(c.Severity), SecuritySeverity: securitySeverity(c.Severity), Effort: c.Effort, Tags: []string{"security", "cloud"}}}
	if len(c.References) > 0 {
		r.HelpURI = c.References[0]
	}
	for _, p := range c.Proves {
		r.Properties.Duties = append(r.Properties.Duties, p.Duty)
	}
	return r
}

func sarifMaybe(text string) *sarifText {
	if text == "" {
		return nil
	}
	return &sarifText{text}
}

// Write is part of Writer.
func (w *sarifWriter) Write(f check.Finding) error {
	_, at, known := w.check(f.Check)
	r := sarifResult{
		RuleID: f.Check, Kind: sarifKind(f.Outcome), Level: "none", Message: sarifText{f.Message},
		Locations:    []sarifLocation{{Physical: sarifPhysical{sarifArtifact{w.uri(f)}}, Logical: []sarifLogical{{Name: f.Name, FullyQualifiedName: f.Resource, Kind: "resource"}}}},
		Fingerprints: map[string]string{"demarc/v1": f.Fingerprint}, PartialFingerprints: map[string]string{"demarc/v1": f.Fingerprint},
		Properties: sarifResultExtra{Outcome: f.Outcome, Severity: string(f.Severity), Kind: string(f.Kind), Provider: f.Provider, Account: f.Account, Region: f.Region, Fields: f.Fields, Exposed: f.Exposed},
	}
	if known {
		r.RuleIndex = &at
	}
	if f.Outcome == check.Fail { // 3.27.10: any other kind has the level none
		r.Level = sarifLevel(f.Severity)
	}
	if f.Exception != "" {
		r.Suppressions = []sarifSuppressed{{"external", "accepted", w.justification(f.Exception)}}
	}
	separator := ",\n"
	if !w.begun {
		separator, w.begun = "\n", true
	}
	text, err := plainJSON(r)
	if err != nil {
		return fmt.Errorf("writing a result of SARIF: %w", err)
	}
	if _, err := w.out.WriteString(separator); err != nil {
		return err
	}
	_, err = w.out.Write(text)
	return err
}

// uri gives the file that the finding is in, or else the place in the cloud as
// the path of a file that would describe the resource. It has no region: it
// stands for the whole (3.29.4).
func (w *sarifWriter) uri(f check.Finding) string {
	if w.Artifact != "" {
		return fileURI(w.Artifact)
	}
	return placeURI(f.Provider, f.Account, f.Region, string(f.Kind), cmp.Or(f.Name, f.Resource))
}

// Close is part of Writer.
func (w *sarifWriter) Close() error {
	if _, err := w.out.WriteString("\n]}]}\n"); err != nil {
		return err
	}
	return w.out.Flush()
}

// sarifKind: open means that the information did not suffice to decide, review
// that a person must look.
func sarifKind(o check.Outcome) string {
	switch o {
	case check.Pass:
		return "pass"
	case check.Fail:
		return "fail"
	case check.Unknown:
		return "open"
	case check.NotApplicable:
		return "notApplicable"
	}
	return "review"
}

func sarifLevel(s check.Severity) string {
	switch s {
	case check.Critical, check.High:
		return "error"
	case check.Low:
		return "note"
	}
	return "warning"
}

func securitySeverity(s check.Severity) string {
	switch s {
	case check.Critical:
		return "9.5"
	case check.High:
		return "8.0"
	case check.Low:
		return "2.0"
	}
	return "5.0"
}
