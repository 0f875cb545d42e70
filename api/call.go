// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"context"
	"net/http"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/job"
	"demarc.dev/demarc/remediation"
	"demarc.dev/demarc/responsibility"
	"demarc.dev/demarc/scope"
)

const (
	get  = http.MethodGet
	post = http.MethodPost
	put  = http.MethodPut
	del  = http.MethodDelete
)

// calls is the table of all operations.
func (s *server) calls() []call {
	a := s.o.App
	return []call{
		{id: "listOrganisations", method: get, path: "/organisations", says: "The organisations that the token opens", open: true, register: handle(s, func(ctx context.Context, c app.Caller, _ *struct{}) ([]string, error) {
			ids, err := a.Orgs(ctx, c)
			return append([]string{}, ids...), err
		})},

		{id: "getScope", method: get, path: "/scope", need: account.ReadOrganisation, says: "The scope: services consumed and provided", register: handle(s, func(ctx context.Context, c app.Caller, _ *Place) (*scope.Scope, error) { return a.Scope(ctx, c) })},
		{id: "setScope", method: put, path: "/scope", need: account.EditScope, says: "Take a scope.yaml in", register: handle(s, func(ctx context.Context, c app.Caller, in *rawIn) (*scope.Scope, error) {
			return a.SetScope(ctx, c, "scope.yaml", in.RawBody)
		})},
		{id: "listGates", method: get, path: "/gate", need: account.ReadOrganisation, says: "How ready the organisation is to be audited", register: handle(s, func(ctx context.Context, c app.Caller, _ *Place) ([]app.Gate, error) { return a.Gates(ctx, c) })},
		{id: "listMyWork", method: get, path: "/job/mine", need: account.ReadOrganisation, says: "What waits for the caller", register: handle(s, func(ctx context.Context, c app.Caller, _ *Place) ([]app.Work, error) { return a.MyWork(ctx, c) })},

		{id: "getMatrix", method: get, path: "/responsibility/{service}", need: account.ReadMatrix, says: "The responsibility matrix of a service", register: handle(s, s.matrix)},
		{id: "setLine", method: put, path: "/responsibility/{service}", need: account.EditMatrix, says: "Change one line of a matrix, from the version that was seen", register: handle(s, s.setLine)},
		{id: "stepMatrix", method: post, path: "/responsibility/{service}/{step}", need: account.SignMatrix, says: "Sign off, note as sent, or as acknowledged", register: handle(s, s.stepMatrix)},
		{id: "listResponsibilityFindings", method: get, path: "/responsibility-finding", need: account.ReadMatrix, says: "What the rules find in the matrices", register: handle(s, func(ctx context.Context, c app.Caller, in *InEdition) ([]responsibility.Finding, error) {
			m, err := a.Matrices(ctx, c, catalogue.Edition(in.Edition))
			if err != nil {
				return nil, err
			}
			return m.Findings, nil
		})},

		{id: "listAssessments", method: get, path: "/assess", need: account.ReadAssessment, says: "The assessments, the oldest first", register: handle(s, func(ctx context.Context, c app.Caller, _ *Place) ([]app.Run, error) { return a.Runs(ctx, c) })},
		{id: "listDuties", method: get, path: "/duty", need: account.ReadAssessment, says: "How each duty stands", register: handle(s, s.duties)},
		{id: "listFindings", method: get, path: "/finding", need: account.ReadFinding, says: "The answers of the checks, page by page", register: handle(s, s.findings)},
		{id: "groupFindings", method: get, path: "/finding-group/{by}", need: account.ReadFinding, says: "The answers of the checks, counted by what they have in common", register: handle(s, s.findingGroups)},
		{id: "getFinding", method: get, path: "/finding/{fingerprint}", need: account.ReadFinding, says: "One answer of a check", register: handle(s, s.finding)},
		{id: "getPlan", method: get, path: "/remediation", need: account.ReadAssessment, says: "The plan: what to do in which order, and why", register: handle(s, func(ctx context.Context, c app.Caller, in *InRun) (remediation.Plan, error) {
			run, err := a.Run(ctx, c, in.Run)
			if err != nil {
				return remediation.Plan{}, err
			}
			g, err := a.GapData(ctx, c, run)
			return g.Plan, err
		})},

		{id: "listSnapshots", method: get, path: "/collect", need: account.ReadSnapshot, says: "What was seen, the oldest first", register: handle(s, func(ctx context.Context, c app.Caller, _ *Place) ([]app.Snapshot, error) { return a.Snapshots(ctx, c) })},
		{id: "takeSnapshot", method: post, path: "/collect", need: account.TakeSnapshot, says: "Take a snapshot file in", most: 256 << 20, register: handle(s, func(ctx context.Context, c app.Caller, in *rawIn) (app.Snapshot, error) {
			x, _, err := a.TakeSnapshot(ctx, c, "api.snapshot", bytes.NewReader(in.RawBody))
			return x, err
		})},
		{id: "listCollectors", method: get, path: "/job/collector", need: account.ReadWork, says: "The collectors", register: handle(s, func(ctx context.Context, c app.Caller, _ *Place) ([]app.Collector, error) {
			return a.Collectors(ctx, c)
		})},
		{id: "listSchedules", method: get, path: "/job/schedule", need: account.ReadWork, says: "The schedules", register: handle(s, func(ctx context.Context, c app.Caller, _ *Place) ([]app.Schedule, error) { return a.Schedules(ctx, c) })},
		{id: "listRuns", method: get, path: "/job/run", need: account.ReadWork, says: "What runs, waits and ran", register: handle(s, func(ctx context.Context, c app.Caller, _ *Place) ([]job.Job, error) { return a.Jobs(ctx, c) })},
		{id: "run", method: post, path: "/job/run", need: account.RunWork, says: "Have a collector run, and what it saw assessed", register: handle(s, func(ctx context.Context, c app.Caller, in *lookIn) (ordered, error) {
			id, err := a.Look(ctx, c, in.Body.Collector, catalogue.Edition(in.Body.Edition))
			return ordered{id}, err
		})},

		{id: "listEntries", method: get, path: "/evidence", need: account.ReadEvidence, says: "Entries of the log", register: handle(s, s.entries)},
		{id: "getCheckpoint", method: get, path: "/evidence/checkpoint", need: account.ReadOrganisation, says: "The signed head of the log", register: handleFile(s, "text/plain; charset=utf-8", func(ctx context.Context, c app.Caller, _ *Place) (string, []byte, error) {
			data, err := a.Checkpoint(ctx, c)
			return c.Org + ".checkpoint", data, err
		})},
		{id: "getKey", method: get, path: "/evidence/key", need: account.ReadOrganisation, says: "The public key of the log", register: handleFile(s, "text/plain; charset=utf-8", func(ctx context.Context, c app.Caller, _ *Place) (string, []byte, error) {
			key, err := a.PublicKey(ctx, c)
			return c.Org + ".key", []byte(key + "\n"), err
		})},
		{id: "verifyLog", method: post, path: "/evidence/verify", need: account.VerifyEvidence, says: "Check every entry, record and blob", register: handle(s, s.verify)},
		{id: "makePack", method: post, path: "/evidence/pack", need: account.PackEvidence, says: "Make a sealed pack of entries", register: handleFile(s, "application/zip", func(ctx context.Context, c app.Caller, in *packIn) (string, []byte, error) {
			var b bytes.Buffer
			_, err := a.Pack(ctx, c, app.PackAsk{From: in.Body.From, To: in.Body.To, Reason: in.Body.Reason}, &b)
			return c.Org + "-evidence.zip", b.Bytes(), err
		})},
		{id: "issueReport", method: post, path: "/report", need: account.IssueReport, says: "Write a paper of an assessment", register: handleFile(s, "application/octet-stream", s.report)},

		{id: "listRequests", method: get, path: "/request", need: account.ReadRequest, says: "Auditors' requests, the newest first", register: handle(s, func(ctx context.Context, c app.Caller, _ *Place) ([]app.Request, error) { return a.Requests(ctx, c) })},
		{id: "ask", method: post, path: "/request", need: account.AskRequest, says: "Ask for evidence", register: handle(s, func(ctx context.Context, c app.Caller, in *askIn) (app.Request, error) {
			return a.Ask(ctx, c, app.Request{About: in.Body.About, Text: in.Body.Text})
		})},
		{id: "answerRequest", method: post, path: "/request/{request}/answer", need: account.AnswerRequest, says: "Answer a request, with a pack", register: handle(s, func(ctx context.Context, c app.Caller, in *answerIn) (app.Request, error) {
			var pack *app.PackAsk
			if in.Body.Pack {
				pack = &app.PackAsk{From: in.Body.From, To: in.Body.To}
			}
			return a.AnswerRequest(ctx, c, in.Request, in.Body.Text, pack)
		})},
		{id: "listMembers", method: get, path: "/member", need: account.ReadMember, says: "Who may do what", register: handle(s, func(ctx context.Context, c app.Caller, _ *Place) ([]account.Member, error) { return a.Members(ctx, c) })},
		{id: "removeMember", method: del, path: "/member/{account}", need: account.ManageMember, says: "End somebody's access", register: handle(s, func(ctx context.Context, c app.Caller, in *memberIn) (struct{}, error) {
			return struct{}{}, a.RemoveMember(ctx, c, in.Account)
		})},
		{id: "listControls", method: get, path: "/catalogue", need: account.ReadOrganisation, says: "The controls with the duties of both parties", register: handle(s, func(context.Context, app.Caller, *Place) ([]catalogue.Control, error) {
			cat, err := a.Catalogue()
			if err != nil {
				return nil, err
			}
			return cat.Controls(), nil
		})},
		{id: "listChecks", method: get, path: "/check", need: account.ReadOrganisation, says: "The checks that Demarc ships", register: handle(s, func(context.Context, app.Caller, *Place) ([]check.Check, error) { return app.Checks(nil) })},
	}
}

// What operations take. What is embedded is exported, or it would not be set.
type (
	rawIn struct {
		Place
		RawBody []byte
	}
	InEdition struct {
		Place
		Edition string `query:"edition" enum:"2015,2026" default:"2026" doc:"edition of ISO/IEC 27017"`
	}
	InRun struct {
		Place
		Run string `query:"run" maxLength:"20" doc:"id of an assessment; empty: the newest"`
	}
	InMatrix struct {
		InEdition
		Service string `path:"service" maxLength:"64"`
	}
	lineIn struct {
		InMatrix
		Version int `query:"version" minimum:"0" doc:"that was seen; 0: none was stored"`
		Body    responsibility.Allocation
	}
	stepIn struct {
		InMatrix
		Version int    `query:"version" minimum:"0" doc:"that was looked at; 0: whatever is stored"`
		Step    string `path:"step" enum:"sign,send,acknowledge"`
		Body    struct {
			By string `json:"by,omitempty" maxLength:"200" doc:"who agreed on the other side"`
		}
	}
	lookIn struct {
		Place
		Body struct {
			Collector string `json:"collector,omitempty" maxLength:"40" doc:"empty: only assess"`
			Edition   string `json:"edition,omitempty" enum:"2015,2026" doc:"empty: only collect"`
		}
	}
	ordered struct {
		ID int64 `json:"id"`
	}
	packIn struct {
		Place
		Body struct {
			From   int64  `json:"from,omitempty" minimum:"0"`
			To     int64  `json:"to,omitempty" minimum:"0" doc:"0: to the end"`
			Reason string `json:"reason,omitempty" maxLength:"160" doc:"an id such as audit/2026"`
		}
	}
	askIn struct {
		Place
		Body struct {
			About string `json:"about,omitempty" maxLength:"160"`
			Text  string `json:"text" minLength:"1" maxLength:"4000"`
		}
	}
	answerIn struct {
		Place
		Request string `path:"request" maxLength:"20"`
		Body    struct {
			Text string `json:"text" minLength:"1" maxLength:"4000"`
			Pack bool   `json:"pack,omitempty"`
			From int64  `json:"from,omitempty" minimum:"0"`
			To   int64  `json:"to,omitempty" minimum:"0"`
		}
	}
	memberIn struct {
		Place
		Account string `path:"account" maxLength:"40"`
	}
)

func (s *server) matrix(ctx context.Context, c app.Caller, in *InMatrix) (*responsibility.Matrix, error) {
	m, err := s.o.App.Matrices(ctx, c, catalogue.Edition(in.Edition))
	if err != nil {
		return nil, err
	}
	matrix, _, err := m.Of(in.Service)
	return matrix, err
}

func (s *server) setLine(ctx context.Context, c app.Caller, in *lineIn) (*responsibility.Matrix, error) {
	if _, _, err := s.o.App.EditMatrix(ctx, c, in.Service, catalogue.Edition(in.Edition), in.Version, []responsibility.Allocation{in.Body}); err != nil {
		return nil, err
	}
	return s.matrix(ctx, c, &in.InMatrix)
}

func (s *server) stepMatrix(ctx context.Context, c app.Caller, in *stepIn) (*responsibility.Matrix, error) {
	ed := catalogue.Edition(in.Edition)
	switch in.Step {
	case "sign":
		by, err := s.o.App.Signer(ctx, c)
		if err != nil {
			return nil, err
		}
		return s.o.App.SignMatrix(ctx, c, in.Service, ed, in.Version, by)
	case "send":
		return s.o.App.SendMatrix(ctx, c, in.Service, ed, in.Version)
	}
	return s.o.App.AcknowledgeMatrix(ctx, c, in.Service, ed, in.Version, in.Body.By)
}

type dutiesIn struct {
	InRun
	Service string `query:"service" maxLength:"64"`
	Status  string `query:"status" maxLength:"20"`
}

func (s *server) duties(ctx context.Context, c app.Caller, in *dutiesIn) ([]assess.Answer, error) {
	run, err := s.o.App.Run(ctx, c, in.Run)
	if err != nil {
		return nil, err
	}
	x, err := s.o.App.Assessment(ctx, c, run)
	if err != nil {
		return nil, err
	}
	out := []assess.Answer{}
	for _, n := range x.Answers {
		if (in.Service == "" || n.Service == in.Service) && (in.Status == "" || string(n.Status) == in.Status) {
			out = append(out, n)
		}
	}
	return out, nil
}

type entriesIn struct {
	Place
	From  int64 `query:"from" minimum:"0"`
	Limit int64 `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

// entryPage is a page of the log.
type entryPage struct {
	Size    int64          `json:"size" doc:"entries of the whole log"`
	Entries []app.LogEntry `json:"entries"`
}

func (s *server) entries(ctx context.Context, c app.Caller, in *entriesIn) (entryPage, error) {
	size, err := s.o.App.LogSize(ctx, c)
	if err != nil {
		return entryPage{}, err
	}
	page := entryPage{Size: size, Entries: []app.LogEntry{}}
	if in.From >= size {
		return page, nil
	}
	for e, err := range s.o.App.Log(ctx, c, in.From, min(size, in.From+in.Limit)) {
		if err != nil {
			return entryPage{}, err
		}
		page.Entries = append(page.Entries, e)
	}
	return page, nil
}

// verified is what a look at the whole log found.
type verified struct {
	Whole   bool     `json:"whole"`
	Entries int64    `json:"entries"`
	Records int64    `json:"records"`
	Faults  []string `json:"faults,omitempty"`
}

func (s *server) verify(ctx context.Context, c app.Caller, _ *Place) (verified, error) {
	v, err := s.o.App.VerifyLog(ctx, c)
	if err != nil {
		return verified{}, err
	}
	out := verified{Whole: v.Err() == nil, Entries: v.Size, Records: v.Records}
	for _, f := range v.Faults {
		out.Faults = append(out.Faults, f.Part+": "+f.What)
	}
	return out, nil
}

type reportIn struct {
	InRun
	Body struct {
		Paper   string `json:"paper" enum:"gap,matrix,findings"`
		Format  string `json:"format" maxLength:"10"`
		Service string `json:"service,omitempty" maxLength:"64"`
	}
}

func (s *server) report(ctx context.Context, c app.Caller, in *reportIn) (string, []byte, error) {
	run, err := s.o.App.Run(ctx, c, in.Run)
	if err != nil {
		return "", nil, err
	}
	var b bytes.Buffer
	err = s.o.App.Report(ctx, c, run, app.Paper{Kind: in.Body.Paper, Format: in.Body.Format, Service: in.Body.Service}, &b)
	return c.Org + "-" + in.Body.Paper + "." + in.Body.Format, b.Bytes(), err
}
