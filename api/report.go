// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/problem"
)

type (
	reportIn struct {
		InRun
		Body struct {
			Paper   string `json:"paper" enum:"gap,matrix,findings" doc:"which"`
			Format  string `json:"format" enum:"html,pdf,docx,xlsx,json,csv,ocsf,sarif,junit" doc:"one that the paper has: see the list of papers"`
			Service string `json:"service,omitempty" maxLength:"64" doc:"of a matrix: the service; empty: all, which only xlsx can hold"`
		}
	}
	askIn struct {
		Place
		Body struct {
			About string     `json:"about,omitempty" maxLength:"160" doc:"id of a duty, a control or a service" example:"5.1.1-C1"`
			Text  string     `json:"text" minLength:"1" maxLength:"4000" doc:"what is asked for"`
			Due   *time.Time `json:"due,omitempty" doc:"by when"`
		}
	}
	answerIn struct {
		Place
		Request string `path:"request" maxLength:"20" doc:"id of a request" example:"q1"`
		Body    struct {
			Text string `json:"text" minLength:"1" maxLength:"4000" doc:"the answer in words"`
			Pack bool   `json:"pack,omitempty" doc:"true: with a sealed pack of entries of the log"`
			From int64  `json:"from,omitempty" minimum:"0" doc:"of the pack: number of the first entry"`
			To   int64  `json:"to,omitempty" minimum:"0" doc:"of the pack: number of the entry after the last; 0: to the end"`
		}
	}
	followIn struct {
		Place
		Request string `path:"request" maxLength:"20" doc:"id of a request" example:"q1"`
		Body    struct {
			Text  string `json:"text,omitempty" maxLength:"4000" doc:"what is said; not empty when it is opened again"`
			State string `json:"state" enum:"open,closed,withdrawn" doc:"what becomes of the request"`
		}
	}
	requestIn struct {
		Place
		Request string `path:"request" maxLength:"20" doc:"id of a request" example:"q1"`
	}
)

func requestRef(ctx huma.Context) app.Ref { return app.RequestRef(ctx.Param("request")) }

// paper is a paper that can be written.
type paper struct {
	Paper   string   `json:"paper" example:"gap"`
	Says    string   `json:"says"`
	Formats []string `json:"formats" nullable:"false"`
}

func papers() []paper {
	return []paper{
		{app.GapPaper, "How the organisation stands, its gaps and the plan", app.Formats(app.GapPaper)},
		{app.MatrixPaper, "The responsibility matrix of a service, to be handed to the other party", app.Formats(app.MatrixPaper)},
		{app.FindingsPaper, "Every answer of the checks", app.Formats(app.FindingsPaper)},
	}
}

// kindOf gives the media type and the ending of a format.
func kindOf(format string) (kind, ending string) {
	switch format {
	case "html":
		return "text/html; charset=utf-8", ".html"
	case "pdf":
		return "application/pdf", ".pdf"
	case "letterpdf":
		return "application/pdf", "-letter.pdf"
	case "redline", "letter":
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "-" + format + ".docx"
	case "docx":
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"
	case "xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"
	case "csv":
		return "text/csv; charset=utf-8", ".csv"
	case "sarif":
		return "application/sarif+json", ".sarif"
	case "ocsf":
		return "application/x-ndjson", ".ocsf.jsonl"
	case "junit":
		return "application/xml", ".junit.xml"
	}
	return "application/json", ".json"
}

// paperKinds gives the media types of all papers.
func paperKinds() []string {
	var out []string
	for _, p := range papers() {
		for _, f := range p.Formats {
			kind, _ := kindOf(f)
			kind, _, _ = mediaType(kind)
			out = append(out, kind)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (s *server) reportCalls() []call {
	a := s.o.App
	return []call{
		{id: "listPapers", method: get, path: "/report", tag: "report", need: account.ReadReport, says: "The papers that can be written, and their formats",
			more:     "Which papers an assessment can be written as.",
			register: handle(s, func(context.Context, app.Caller, *placed) ([]paper, error) { return papers(), nil })},
		{id: "issueReport", method: post, path: "/report", tag: "report", need: account.IssueReport, says: "Write a paper of an assessment", gives: paperKinds(),
			more:    "Made from what was concluded then: the same assessment gives the same bytes. That it was issued, and its SHA-256, is written into the log.",
			example: map[string]any{"paper": "gap", "format": "pdf"}, register: handleFile(s, s.report)},
		{id: "listRequests", method: get, path: "/request", tag: "request", need: account.ReadRequest, says: "Auditors' requests, the newest first",
			more: "An external auditor sees his own; the others see all.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *listIn) (Page[app.Request], error) {
				all, err := a.Requests(ctx, c)
				if err != nil {
					return Page[app.Request]{}, err
				}
				return paged(all, in.InPage, func(r app.Request) string { return r.ID })
			})},
		{id: "getRequest", method: get, path: "/request/{request}", tag: "request", need: account.ReadRequest, ref: requestRef, says: "One request",
			more: "What was asked, all that was said since, and the pack that it was answered with.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *requestIn) (app.Request, error) {
				return a.Request(ctx, c, in.Request)
			})},
		{id: "ask", method: post, path: "/request", tag: "request", need: account.AskRequest, status: 201, says: "Ask for evidence",
			more: "Files a request in the name of the token's account.", example: map[string]any{"about": "5.1.1-C1", "text": "The access review of March, please."},
			register: handle(s, func(ctx context.Context, c app.Caller, in *askIn) (app.Request, error) {
				return a.Ask(ctx, c, app.Request{About: in.Body.About, Text: in.Body.Text, Due: in.Body.Due})
			})},
		{id: "answerRequest", method: post, path: "/request/{request}/answer", tag: "request", need: account.AnswerRequest, ref: requestRef, says: "Answer a request, with a pack or without",
			more: "Words, and when asked for a sealed pack of entries of the log.", example: map[string]any{"text": "Here it is.", "pack": true},
			register: handle(s, func(ctx context.Context, c app.Caller, in *answerIn) (app.Request, error) {
				var pack *app.PackAsk
				if in.Body.Pack {
					pack = &app.PackAsk{From: in.Body.From, To: in.Body.To}
				}
				return a.AnswerRequest(ctx, c, in.Request, in.Body.Text, pack)
			})},
		{id: "followRequest", method: post, path: "/request/{request}/follow", tag: "request", need: account.AskRequest, ref: requestRef, says: "Go on with a request of one's own",
			more: "Opens it again with more words, closes it, or takes it back. Only who asked may.", example: map[string]any{"text": "Thank you.", "state": "closed"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *followIn) (app.Request, error) {
				return a.FollowRequest(ctx, c, in.Request, in.Body.Text, app.RequestState(in.Body.State))
			})},
		{id: "getRequestPack", method: get, path: "/request/{request}/pack", tag: "request", need: account.ReadRequest, says: "The pack that answers a request", gives: []string{zipped},
			more: "A sealed zip, streamed; it verifies offline (demarc evidence verify).",
			register: handleFile(s, func(ctx context.Context, c app.Caller, in *requestIn) (file, error) {
				from, err := a.RequestPack(ctx, c, in.Request)
				return file{c.Org + "-" + in.Request + ".zip", zipped, from}, err
			})},
	}
}

func (s *server) report(ctx context.Context, c app.Caller, in *reportIn) (file, error) {
	b := in.Body
	if !slices.Contains(app.Formats(b.Paper), b.Format) {
		return file{}, problem.New(problem.Invalid, "format: this paper has no such one", "the list of papers names them")
	}
	run, err := s.o.App.Run(ctx, c, in.Run)
	if err != nil {
		return file{}, err
	}
	kind, ending := kindOf(b.Format)
	name := c.Org + "-" + b.Paper
	if b.Service != "" {
		if _, _, err := s.o.App.Matrix(ctx, c, b.Service, run.Edition); err != nil {
			return file{}, err // the name of the file holds it
		}
		name += "-" + b.Service
	}
	return s.spool(name+"-"+run.ID+ending, kind, func(w io.Writer) error {
		return s.o.App.Report(ctx, c, run, app.Paper{Kind: b.Paper, Format: b.Format, Service: b.Service}, w)
	})
}
