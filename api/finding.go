// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/check"
)

// InView is a view of the findings of an assessment, as the page of findings
// has it.
type InView struct {
	InRun
	Outcome  string `query:"outcome" maxLength:"20"`
	Severity string `query:"severity" maxLength:"20"`
	Check    string `query:"check" maxLength:"100"`
	Control  string `query:"control" maxLength:"100" doc:"key of a control that the check bears on"`
	Service  string `query:"service" maxLength:"64" doc:"whose accounts the resource is in"`
	Account  string `query:"account" maxLength:"200"`
	Region   string `query:"region" maxLength:"100"`
	Kind     string `query:"kind" maxLength:"100" doc:"of the resource"`
	Text     string `query:"text" maxLength:"200" doc:"in the name or id of the resource, or the message"`
}

func (in *InView) filter() app.FindingFilter {
	return app.FindingFilter{Outcome: in.Outcome, Severity: in.Severity, Check: in.Check, Control: in.Control, Service: in.Service, Account: in.Account, Region: in.Region, Kind: in.Kind, Text: in.Text}
}

type findingsIn struct {
	InView
	Sort   string `query:"sort" enum:"check,severity,account,resource,seen" doc:"absent: worst first"`
	Cursor string `query:"cursor" maxLength:"40" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

// findingPage is a page of findings.
type findingPage struct {
	Run      string          `json:"run"`
	Found    int             `json:"found" doc:"findings in the view, on all pages"`
	Findings []check.Finding `json:"findings"`
	Next     string          `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
}

func (s *server) findings(ctx context.Context, c app.Caller, in *findingsIn) (findingPage, error) {
	id := in.Run
	if id == "" {
		id = app.CursorRun(in.Cursor)
	}
	run, err := s.o.App.Run(ctx, c, id)
	if err != nil {
		return findingPage{}, err
	}
	page, err := s.o.App.FindingPage(ctx, c, run, app.FindingAsk{FindingFilter: in.filter(), Sort: in.Sort, After: in.Cursor, Most: in.Limit})
	return findingPage{Run: run.ID, Found: page.Found, Findings: page.Findings, Next: page.Later}, err
}

type groupsIn struct {
	InView
	By string `path:"by" enum:"check,control,service,account,region,kind,severity,outcome"`
}

func (s *server) findingGroups(ctx context.Context, c app.Caller, in *groupsIn) ([]app.FindingGroup, error) {
	run, err := s.o.App.Run(ctx, c, in.Run)
	if err != nil {
		return nil, err
	}
	return s.o.App.FindingGroups(ctx, c, run, in.filter(), in.By)
}

type findingIn struct {
	InRun
	Fingerprint string `path:"fingerprint" maxLength:"64"`
}

func (s *server) finding(ctx context.Context, c app.Caller, in *findingIn) (check.Finding, error) {
	run, err := s.o.App.Run(ctx, c, in.Run)
	if err != nil {
		return check.Finding{}, err
	}
	return s.o.App.Finding(ctx, c, run, in.Fingerprint)
}
