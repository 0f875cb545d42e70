// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/audit"
)

type (
	auditIn struct {
		Place
		Audit string `path:"audit" maxLength:"12" doc:"id of an audit" example:"a1"`
	}
	// AuditPlan is what is planned of an audit.
	AuditPlan struct {
		Version   int      `json:"version" minimum:"0" doc:"that was seen; 0 for a new one"`
		Title     string   `json:"title" minLength:"1" maxLength:"4000"`
		Begins    string   `json:"begins" format:"date"`
		Ends      string   `json:"ends" format:"date"`
		Lead      string   `json:"lead,omitempty" maxLength:"200" doc:"id of a person of the scope, or the name of somebody from outside"`
		Team      []string `json:"team,omitempty" maxItems:"20" nullable:"false"`
		Objective string   `json:"objective,omitempty" maxLength:"4000"`
		Method    string   `json:"method,omitempty" maxLength:"4000"`
		Clauses   []string `json:"clauses,omitempty" nullable:"false" doc:"of ISO/IEC 27001:2022"`
		Controls  []string `json:"controls,omitempty" nullable:"false" doc:"keys of the catalogue"`
		Services  []string `json:"services,omitempty" nullable:"false" doc:"ids of the scope; none: all"`
		Cancelled string   `json:"cancelled,omitempty" maxLength:"4000" doc:"why it does not take place"`
	}
	planAuditIn struct {
		Place
		Body AuditPlan
	}
	setAuditIn struct {
		Place
		Audit string `path:"audit" maxLength:"12" doc:"id of an audit" example:"a1"`
		Body  AuditPlan
	}
	programmeIn struct {
		Place
		Body struct {
			Version int    `json:"version" minimum:"0" doc:"that was seen; 0 when nobody had set a cycle"`
			Begins  string `json:"begins" format:"date" doc:"first day of the cycle"`
			Years   int    `json:"years" minimum:"1" maximum:"5"`
		}
	}
	auditAnswerIn struct {
		Place
		Audit string `path:"audit" maxLength:"12" doc:"id of an audit" example:"a1"`
		Body  struct {
			Version   int    `json:"version" minimum:"0" doc:"of the answer that was seen; 0 when there was none"`
			Question  string `json:"question" maxLength:"80" doc:"of the checklist: clause/9.2, duty/12.3.1-C1"`
			Result    string `json:"result" enum:"major,minor,opportunity,conforms,not looked at"`
			Seen      string `json:"seen" minLength:"1" maxLength:"4000" doc:"what was looked at, or why it was not"`
			Statement string `json:"statement,omitempty" maxLength:"4000" doc:"the lapse; needed for a nonconformity or an opportunity"`
			Where     string `json:"where,omitempty" maxLength:"200" doc:"service, process or place; likewise"`
		}
	}
	sampleIn struct {
		Place
		Audit string `path:"audit" maxLength:"12" doc:"id of an audit" example:"a1"`
		Body  struct {
			Population string `json:"population" maxLength:"80" doc:"id, as listPopulations gives it"`
			Size       int    `json:"size" minimum:"1" maximum:"500"`
			Seed       string `json:"seed,omitempty" maxLength:"200" doc:"empty: audit, population and number"`
			Why        string `json:"why" minLength:"1" maxLength:"4000" doc:"for which question"`
		}
	}
	concludeIn struct {
		Place
		Audit string `path:"audit" maxLength:"12" doc:"id of an audit" example:"a1"`
		Body  struct {
			Version int    `json:"version" minimum:"1" doc:"of the audit that was looked at"`
			Words   string `json:"words" minLength:"1" maxLength:"4000" doc:"whether the management system conforms and is effective"`
		}
	}
	auditPaperIn struct {
		Place
		Audit string `path:"audit" maxLength:"12" doc:"id of an audit" example:"a1"`
		Body  struct {
			Format string `json:"format" enum:"docx,pdf,html,json"`
		}
	}
	programmePaperIn struct {
		Place
		Body struct {
			Format string `json:"format" enum:"docx,pdf,html,xlsx,yaml,json"`
		}
	}
)

func (p AuditPlan) audit(id string) audit.Audit {
	return audit.Audit{ID: id, Title: p.Title, Begins: audit.Day(p.Begins), Ends: audit.Day(p.Ends), Lead: p.Lead, Team: p.Team, Objective: p.Objective, Method: p.Method, Clauses: p.Clauses, Controls: p.Controls, Services: p.Services, Cancelled: p.Cancelled}
}

func auditRef(ctx huma.Context) app.Ref { return app.AuditRef(ctx.Param("audit")) }
func programmeRef(huma.Context) app.Ref { return app.ProgrammeRef() }

// examplePlans is a file of plans that can be sent as it is.
const examplePlans = `programme: {begins: "2026-01-01", years: 3}
`

// exampleAudit is a plan that can be sent as it is.
var exampleAudit = map[string]any{"version": 0, "title": "Clauses 9 and 10", "begins": "2026-11-02", "ends": "2026-11-06", "lead": "Nadia Roth, Roth Audit", "clauses": []string{"9.2", "10.2"}}

func (s *server) auditCalls() []call {
	a := s.o.App
	const tag = "audit"
	return append([]call{
		{id: "getAudits", method: get, path: "/audit", tag: tag, need: account.ReadAudit, says: "The programme of internal audits",
			more: "The cycle, its audits with their states, and how far it covers the clauses of ISO/IEC 27001 and the controls of ISO/IEC 27017.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) (*app.AuditProgramme, error) {
				return a.Programme(ctx, c)
			})},
		{id: "planAudit", method: post, path: "/audit", tag: tag, need: account.ConductAudit, example: exampleAudit, says: "Plan an audit",
			more: "Whoever owns or answers for what it is to look at is refused as its auditor, with the reasons.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *planAuditIn) (audit.Audit, error) {
				return a.SetAudit(ctx, c, in.Body.audit(""), 0)
			})},
		{id: "importAudits", method: put, path: "/audit", tag: tag, need: account.ConductAudit, takes: []string{yaml}, example: examplePlans, says: "Take plans in",
			more: "All of the file or nothing, and every fault with its line. Audits that it does not name stay.",
			register: handleText(s, func(ctx context.Context, c app.Caller, in *uploaded, data []byte) (imported, error) {
				n, err := a.ImportAudits(ctx, c, "audits.yaml", data)
				return imported{Changed: n}, err
			})},
		{id: "proposeAudits", method: post, path: "/audit/propose", tag: tag, need: account.ConductAudit, says: "Propose audits for what no audit looks at", more: "One for each year of the cycle that has none; their auditors are to be named.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) (imported, error) {
				made, err := a.ProposeAudits(ctx, c)
				return imported{Added: len(made)}, err
			})},
		{id: "setProgramme", method: put, path: "/audit/programme", tag: tag, need: account.ConductAudit, ref: programmeRef, says: "Set the cycle", more: "In which every subject is looked at once; that of a certificate has three years.", example: map[string]any{"version": 0, "begins": "2026-01-01", "years": 3},
			register: handle(s, func(ctx context.Context, c app.Caller, in *programmeIn) (audit.Programme, error) {
				return a.SetProgramme(ctx, c, audit.Programme{Begins: audit.Day(in.Body.Begins), Years: in.Body.Years}, in.Body.Version)
			})},
		{id: "writeAuditProgramme", method: post, path: "/audit/paper", tag: tag, need: account.IssueReport, says: "The programme as a paper", gives: []string{octets}, example: map[string]any{"format": "docx"},
			more: "With its coverage and the register of nonconformities. What is issued leaves an entry with its SHA-256 in the log; yaml and json leave none.",
			register: handleFile(s, func(ctx context.Context, c app.Caller, in *programmePaperIn) (file, error) {
				return s.spool(c.Org+"-audits."+in.Body.Format, octets, func(w io.Writer) error { return a.ProgrammePaper(ctx, c, in.Body.Format, report.Paper{}, w) })
			})},
		{id: "listPopulations", method: get, path: "/audit/population", tag: tag, need: account.ReadAudit, says: "What samples can be drawn from", more: "With how many there are of each.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *populationIn) (Page[app.Population], error) {
				all, err := a.Populations(ctx, c)
				if err != nil {
					return Page[app.Population]{}, err
				}
				return paged(all, in.InPage, func(p app.Population) string { return p.ID })
			})},
	}, s.oneAuditCalls(tag)...)
}

type populationIn struct {
	Place
	InPage
}

// oneAuditCalls are the operations of one audit.
func (s *server) oneAuditCalls(tag string) []call {
	a := s.o.App
	return []call{
		{id: "getAudit", method: get, path: "/audit/{audit}", tag: tag, need: account.ReadAudit, says: "One audit", more: "With its checklist, what the records say about each question, what was answered, drawn and raised.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *auditIn) (*app.AuditView, error) {
				return a.Audit(ctx, c, in.Audit)
			})},
		{id: "setAudit", method: put, path: "/audit/{audit}", tag: tag, need: account.ConductAudit, ref: auditRef, example: map[string]any{"version": 1, "title": "Clauses 9 and 10", "begins": "2026-11-02", "ends": "2026-11-06", "lead": "Nadia Roth, Roth Audit", "clauses": []string{"9.2", "10.2"}}, says: "Change the plan of an audit", more: "What was answered, drawn and raised stays. Of a concluded audit nothing changes.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *setAuditIn) (audit.Audit, error) {
				return a.SetAudit(ctx, c, in.Body.audit(in.Audit), in.Body.Version)
			})},
		{id: "answerAudit", method: post, path: "/audit/{audit}/answer", tag: tag, need: account.ConductAudit, says: "Record what was seen about a question", example: map[string]any{"version": 0, "question": "clause/9.2", "result": "conforms", "seen": "the programme and the last report"},
			more: "What breaks a requirement, or could be better, is raised with it as a nonconformity. An auditor whose own work the audit looks at is refused.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *auditAnswerIn) (audit.Answer, error) {
				b := in.Body
				return a.AnswerAudit(ctx, c, in.Audit, app.AuditAnswer{Question: b.Question, Result: audit.Result(b.Result), Seen: b.Seen, Statement: b.Statement, Where: b.Where}, b.Version)
			})},
		{id: "sampleAudit", method: post, path: "/audit/{audit}/sample", tag: tag, need: account.ConductAudit, says: "Draw a sample", example: map[string]any{"population": "people", "size": 2, "why": "access of those who left"},
			more: "Drawn are the items whose SHA-256 over seed, line feed and item is the lowest: the same seed draws the same from the same population. No draw is taken away.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *sampleIn) (audit.Sample, error) {
				b := in.Body
				return a.SampleAudit(ctx, c, in.Audit, app.SampleAsk{Population: b.Population, Size: b.Size, Seed: b.Seed, Why: b.Why})
			})},
		{id: "concludeAudit", method: post, path: "/audit/{audit}/conclude", tag: tag, need: account.ConductAudit, says: "Conclude an audit", more: "Once every question has an answer. It binds to a digest of plan, answers, samples and what was raised.", example: map[string]any{"version": 1, "words": "The management system conforms, but for what was raised."},
			register: handle(s, func(ctx context.Context, c app.Caller, in *concludeIn) (audit.Audit, error) {
				return a.ConcludeAudit(ctx, c, in.Audit, in.Body.Words, in.Body.Version)
			})},
		{id: "writeAuditReport", method: post, path: "/audit/{audit}/paper", tag: tag, need: account.IssueReport, says: "The report of an audit", gives: []string{octets}, example: map[string]any{"format": "docx"}, more: "What is issued leaves an entry with its SHA-256 in the log; json is the record itself and leaves none.",
			register: handleFile(s, func(ctx context.Context, c app.Caller, in *auditPaperIn) (file, error) {
				return s.spool(c.Org+"-audit-"+in.Audit+"."+in.Body.Format, octets, func(w io.Writer) error { return a.AuditPaper(ctx, c, in.Audit, in.Body.Format, report.Paper{}, w) })
			})},
	}
}
