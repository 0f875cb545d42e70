// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"
	"slices"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/cloud"
)

// InView is a view of the findings of an assessment, as the page of findings
// has it.
type InView struct {
	InRun
	Outcome  string `query:"outcome" enum:"pass,fail,unknown,notapplicable,error" doc:"only of this outcome"`
	Severity string `query:"severity" enum:"critical,high,medium,low" doc:"only of this severity"`
	Check    string `query:"check" maxLength:"100" doc:"only of this check" example:"object-store-public"`
	Control  string `query:"control" maxLength:"100" doc:"key of a control that the check bears on" example:"cloud-policy"`
	Service  string `query:"service" maxLength:"64" doc:"whose accounts the resource is in" example:"aws"`
	Account  string `query:"account" maxLength:"200" doc:"only of this cloud account" example:"210987654321"`
	Region   string `query:"region" maxLength:"100" doc:"only of this region" example:"eu-central-1"`
	Kind     string `query:"kind" maxLength:"100" doc:"of the resource" example:"object-store"`
	Text     string `query:"text" maxLength:"200" doc:"in the name, id, type or tenant of the resource, the message, check, kind, account or region"`
}

func (in *InView) filter() app.FindingFilter {
	return app.FindingFilter{Outcome: in.Outcome, Severity: in.Severity, Check: in.Check, Control: in.Control, Service: in.Service, Account: in.Account, Region: in.Region, Kind: in.Kind, Text: in.Text}
}

type (
	findingsIn struct {
		InView
		Sort   string `query:"sort" enum:"check,severity,account,resource,seen" doc:"absent: worst first"`
		Cursor string `query:"cursor" maxLength:"40" doc:"next of the page before, unchanged"`
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"the most items of a page" example:"100"`
	}
	groupsIn struct {
		InView
		By string `path:"by" enum:"check,control,service,account,region,kind,severity,outcome" doc:"what they have in common" example:"check"`
	}
	viewIn    struct{ InView }
	findingIn struct {
		InRun
		Fingerprint string `path:"fingerprint" maxLength:"128" doc:"of the finding" example:"0f3a5c7e9b1d2f40"`
	}
)

// findingPage is a page of findings, of one assessment to its end.
type findingPage struct {
	Run   string          `json:"run"`
	Found int             `json:"found" doc:"findings in the view, on all pages"`
	Items []check.Finding `json:"items" nullable:"false"`
	Next  string          `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
}

// answered is a finding with the check that gave it.
type answered struct {
	Run     string        `json:"run"`
	Finding check.Finding `json:"finding"`
	Check   *check.Check  `json:"check,omitempty" doc:"as it stood at the assessment"`
}

// grounds are what a finding rests on.
type grounds struct {
	Run      string          `json:"run"`
	Resource *cloud.Resource `json:"resource,omitempty" doc:"as it was seen; absent when the finding stands for a scope that was not read"`
	Snapshot string          `json:"snapshot,omitempty" doc:"id of where it was seen"`
	Entries  []app.LogEntry  `json:"entries" nullable:"false" doc:"of the log, where snapshot and finding stand"`
}

func (s *server) findingCalls() []call {
	const tag = "assess"
	return []call{
		{id: "listFindings", method: get, path: "/finding", tag: tag, need: account.ReadFinding, says: "The answers of the checks",
			more: "Every answer that a check gave about a resource: pass, fail, unknown, notapplicable, error. What was not read is unknown, and no pass. The pages of one cursor are of one assessment, whatever is assessed meanwhile.", register: handle(s, s.findings)},
		{id: "groupFindings", method: get, path: "/finding-group/{by}", tag: tag, need: account.ReadFinding, says: "The answers of the checks, counted by what they have in common",
			more: "Counts of a view by check, control, service, account, region, kind, severity or outcome; the worst come first.", register: handle(s, s.findingGroups)},
		{id: "exportFindingsCSV", method: get, path: "/finding.csv", tag: tag, need: account.ReadFinding, says: "A view of the findings as a table", gives: []string{"text/csv"},
			more: "The same view as the list of findings, whole, for a spreadsheet. For papers with a digest in the log see the reports.", register: handleFile(s, s.findingsFile("csv"))},
		{id: "exportFindingsJSON", method: get, path: "/finding.json", tag: tag, need: account.ReadFinding, says: "A view of the findings as a file", gives: []string{"application/json"},
			more: "The same view as the list of findings, whole, with the checks that gave them.", register: handleFile(s, s.findingsFile("json"))},
		{id: "exportFindingsXLSX", method: get, path: "/finding.xlsx", tag: tag, need: account.ReadFinding, says: "A view of the findings as a workbook", gives: []string{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
			more: "The same view as the list of findings, whole, with the checks that gave them: at most 100,000 findings.", register: handleFile(s, s.findingsFile("xlsx"))},
		{id: "getFinding", method: get, path: "/finding/{fingerprint}", tag: tag, need: account.ReadFinding, says: "One answer of a check",
			more: "The finding, and the check as it stood at the assessment: why it asks, its test, and how to mend what fails.", register: handle(s, s.finding)},
		{id: "getFindingGround", method: get, path: "/finding/{fingerprint}/ground", tag: tag, need: account.ReadSnapshot, says: "What a finding rests on, down to the raw document",
			more: "The resource as it was seen, with what the provider said, and the entries of the log where snapshot and finding stand.", register: handle(s, s.ground)},
	}
}

func (s *server) findings(ctx context.Context, c app.Caller, in *findingsIn) (findingPage, error) {
	id := in.Run
	if id == "" {
		id = app.CursorRun(in.Cursor)
	}
	run, err := s.o.App.Run(ctx, c, id)
	if err != nil && in.Cursor != "" && in.Run == "" {
		return findingPage{}, errCursor()
	}
	if err != nil {
		return findingPage{}, err
	}
	page, err := s.o.App.FindingPage(ctx, c, run, app.FindingAsk{FindingFilter: in.filter(), Sort: in.Sort, After: in.Cursor, Most: in.Limit})
	return findingPage{Run: run.ID, Found: page.Found, Items: page.Findings, Next: page.Later}, err
}

func (s *server) findingGroups(ctx context.Context, c app.Caller, in *groupsIn) ([]app.FindingGroup, error) {
	run, err := s.o.App.Run(ctx, c, in.Run)
	if err != nil {
		return nil, err
	}
	return whole(s.o.App.FindingGroups(ctx, c, run, in.filter(), in.By))
}

func (s *server) findingsFile(format string) func(context.Context, app.Caller, *viewIn) (file, error) {
	return func(ctx context.Context, c app.Caller, in *viewIn) (file, error) {
		run, err := s.o.App.Run(ctx, c, in.Run)
		if err != nil {
			return file{}, err
		}
		kind, ending := kindOf(format)
		return s.spool(c.Org+"-findings-"+run.ID+ending, kind, func(w io.Writer) error {
			return s.o.App.ExportFindings(ctx, c, run, in.filter(), format, w)
		})
	}
}

func (s *server) finding(ctx context.Context, c app.Caller, in *findingIn) (answered, error) {
	a := s.o.App
	run, err := a.Run(ctx, c, in.Run)
	if err != nil {
		return answered{}, err
	}
	out := answered{Run: run.ID}
	if out.Finding, err = a.Finding(ctx, c, run, in.Fingerprint); err != nil {
		return answered{}, err
	}
	checks, err := a.Asked(ctx, c, run)
	if i := slices.IndexFunc(checks, func(x check.Check) bool { return x.ID == out.Finding.Check }); i >= 0 {
		out.Check = &checks[i]
	}
	return out, err
}

func (s *server) ground(ctx context.Context, c app.Caller, in *findingIn) (grounds, error) {
	a := s.o.App
	run, err := a.Run(ctx, c, in.Run)
	if err != nil {
		return grounds{}, err
	}
	f, err := a.Finding(ctx, c, run, in.Fingerprint)
	if err != nil {
		return grounds{}, err
	}
	rests, err := a.Rests(ctx, c, run, f)
	if err != nil {
		return grounds{}, err
	}
	return grounds{Run: run.ID, Resource: rests.Resource, Snapshot: rests.Snapshot.ID, Entries: append([]app.LogEntry{}, rests.Entries...)}, nil
}
