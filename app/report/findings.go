// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"time"

	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/document"
)

// Findings is what a workbook of findings is made of.
type Findings struct {
	Paper        Paper
	Organisation string
	At           time.Time
	Digest       string // of the findings
	Catalogue    string
	Notice       string // may be empty
	Findings     []check.Finding
	Checks       []check.Check
}

// FindingsWorkbook lists every finding, one a row, and every check that gave
// one.
func FindingsWorkbook(f Findings) document.Workbook {
	w := document.Workbook{Meta: document.Meta{Title: "Findings", Subtitle: count(len(f.Findings), "finding", "findings"), Organisation: f.Organisation, ID: f.Paper.ID, Version: f.Paper.Version,
		Classification: f.Paper.Classification, Date: f.At, Catalogue: f.Catalogue, Digest: strings.TrimPrefix(f.Digest, "sha256:"), Notice: f.Notice}}
	for _, o := range outcomes() {
		w.Legend = append(w.Legend, document.LegendRow{Chip: outcomeChip(o), Meaning: outcomeMeaning(o)})
	}
	w.Legend = append(w.Legend, document.LegendRow{Chip: statusOf(assess.Accepted).chip(), Meaning: "The resource fails, under an exception in force."})
	w.Sheets = []document.Sheet{f.checkSheet(), f.sheet()}
	return w
}

func outcomes() []check.Outcome {
	return []check.Outcome{check.Fail, check.Unknown, check.Error, check.Pass, check.NotApplicable}
}

func outcomeMeaning(o check.Outcome) string {
	switch o {
	case check.Pass:
		return "The resource is as the check asks."
	case check.Fail:
		return "The resource is not as the check asks."
	case check.NotApplicable:
		return "The check does not ask this resource."
	case check.Error:
		return "The check itself is faulty; nothing is said of the resource."
	}
	return "A fact that the check needs was not read."
}

// answer is the word for a finding; a failure under an exception is no failure
// and no pass.
func answer(f check.Finding) string {
	if f.Outcome == check.Fail && f.Exception != "" {
		return statusOf(assess.Accepted).word
	}
	return outcomeChip(f.Outcome).Word
}

func (f Findings) sheet() document.Sheet {
	states := sheetColumn("Answer", 14)
	for _, o := range outcomes() {
		states.States = append(states.States, outcomeChip(o))
	}
	states.States = append(states.States, statusOf(assess.Accepted).chip())
	s := document.Sheet{Name: "Findings", Title: "Every finding", Empty: "No check gave a finding.", Columns: []document.SheetColumn{
		sheetColumn("Resource", 50), sheetColumn("Name", 26), states, severityColumn(), sheetColumn("Check", 30), sheetColumn("What was found", 60), sheetColumn("Exposed", 9), sheetColumn("Kind", 18), sheetColumn("Native type", 20),
		sheetColumn("Provider", 10), sheetColumn("Account", 16), sheetColumn("Region", 14), sheetColumn("Tenant", 14), sheetColumn("Source", 9), sheetColumn("Exception", 20), sheetColumn("Seen", 26), sheetColumn("Call", 30), sheetColumn("Fingerprint", 22)}}
	for _, v := range f.Findings {
		s.Rows = append(s.Rows, []document.Value{word(or(v.Resource, "no resource was read")), word(or(v.Name, "no name")), word(answer(v)), word(severityChip(v.Severity).Word), word(v.Check), word(or(v.Message, "nothing to add")), yes(v.Exposed), word(or(string(v.Kind), "no kind")), word(or(v.Native, "not stated")),
			word(or(v.Provider, "not stated")), word(or(v.Account, "no account named")), word(or(v.Region, "no region named")), word(or(v.Tenant, "no tenant")), word(or(v.Source, "not stated")), word(or(v.Exception, "none")), word(moment(v.Seen.At, "not seen")), word(or(v.Seen.Call, "no call")), word(or(v.Fingerprint, "none"))})
	}
	return s
}

// checkSheet sums the findings up by check, in the order of the checks.
func (f Findings) checkSheet() document.Sheet {
	s := document.Sheet{Name: "Checks", Title: "Findings by check", Empty: "No check was run.",
		Columns: append(append([]document.SheetColumn{sheetColumn("Check", 30), sheetColumn("Title", 50), severityColumn()}, tallyColumns()...), sheetColumn("Duties it bears on", 30), sheetColumn("Why it is asked", 60), sheetColumn("How to mend", 60))}
	tallies := map[string]assess.Tally{}
	for _, v := range f.Findings {
		tallies[v.Check] = add(tallies[v.Check], tallyOf(v))
	}
	for _, c := range f.Checks {
		var duties []string
		for _, p := range c.Proves {
			duties = append(duties, p.Duty)
		}
		cells := append([]document.Value{word(c.ID), word(or(c.Title, c.ID)), word(severityChip(c.Severity).Word)}, tallyValues(tallies[c.ID])...)
		s.Rows = append(s.Rows, append(cells, word(list(duties, "none")), word(or(c.Why, "not written")), word(fixWords(c.Fix))))
	}
	return s
}

func tallyOf(f check.Finding) assess.Tally {
	switch {
	case f.Outcome == check.Fail && f.Exception != "":
		return assess.Tally{Accepted: 1}
	case f.Outcome == check.Pass:
		return assess.Tally{Pass: 1}
	case f.Outcome == check.Fail:
		return assess.Tally{Fail: 1}
	case f.Outcome == check.Error:
		return assess.Tally{Error: 1}
	case f.Outcome == check.NotApplicable:
		return assess.Tally{NotApplicable: 1}
	}
	return assess.Tally{Unknown: 1}
}
