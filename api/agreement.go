// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/app"
)

// agreementMost bounds a body with files, which are longer by a third in JSON.
const agreementMost = app.AgreementBytes*4/3 + 1<<20

// InAgreement names an agreement.
type InAgreement struct {
	Place
	Agreement string `path:"agreement" maxLength:"20" doc:"id of an agreement" example:"g1"`
}

// InVersion names a version of an agreement.
type InVersion struct {
	InAgreement
	Version int `query:"version" minimum:"0" doc:"of the agreement; 0: the newest" example:"1"`
}

type (
	removeAgreementIn struct{ InAgreement }
	agreementIn       struct{ InVersion }
	putAgreementIn    struct {
		Place
		Body struct {
			Name    string       `json:"name" minLength:"1" maxLength:"120" doc:"who it is with, and what"`
			Service string       `json:"service,omitempty" maxLength:"64" doc:"of the scope, that it is about"`
			Packs   []string     `json:"packs,omitempty" maxItems:"20" nullable:"false" doc:"that it is read against; absent: all"`
			Files   []app.Upload `json:"files" minItems:"1" maxItems:"20" nullable:"false" doc:"in their order of precedence; data in Base64"`
		}
	}
	putVersionIn struct {
		InAgreement
		Body struct {
			Packs []string     `json:"packs,omitempty" maxItems:"20" nullable:"false" doc:"absent: those of the version before"`
			Files []app.Upload `json:"files" minItems:"1" maxItems:"20" nullable:"false" doc:"all of them, in their order of precedence; data in Base64"`
		}
	}
	decideIn struct {
		InAgreement
		Body struct {
			Key     string            `json:"key" maxLength:"130" doc:"pack/requirement"`
			Verdict agreement.Verdict `json:"verdict" enum:"accepted,overridden,counsel" doc:"what the reviewer makes of the finding"`
			State   agreement.State   `json:"state,omitempty" enum:"met,weak,byreference,adverse,missing,unreadable" doc:"of an override: what it is"`
			Reason  string            `json:"reason,omitempty" maxLength:"4000" doc:"of an override, or for counsel"`
		}
	}
	agreementReportIn struct {
		InVersion
		Body struct {
			Format string `json:"format" enum:"pdf,docx,xlsx,html,json,redline,letter,letterpdf" doc:"of the report; redline is the agreement with tracked changes, letter what to ask the other party for, both DOCX"`
		}
	}
)

func agreementRef(ctx huma.Context) app.Ref { return app.AgreementRef(ctx.Param("agreement")) }

// aFile stands for a file in the examples of the document.
func aFile() []map[string]any {
	return []map[string]any{{"name": "terms.md", "data": "IyBUZXJtcw=="}}
}

func (s *server) agreementCalls() []call {
	a := s.o.App
	return []call{
		{id: "listAgreements", method: get, path: "/agreement", tag: "agreement", need: account.ReadAgreement, says: "The agreements, by name",
			more: "With their versions, what the judge said of each, and what reviewers decided.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *listIn) (Page[app.Agreement], error) {
				all, err := a.Agreements(ctx, c)
				if err != nil {
					return Page[app.Agreement]{}, err
				}
				return paged(all, in.InPage, func(g app.Agreement) string { return g.ID })
			})},
		{id: "putAgreement", method: post, path: "/agreement", tag: "agreement", need: account.EditAgreement, status: 201, most: agreementMost, says: "Hand in the files of an agreement: it is read and judged",
			more:    "PDF, DOCX, HTML, Markdown or text. What is answered is the agreement as it is kept; its findings are read with getAgreement. It is an aid for reading and not legal advice.",
			example: map[string]any{"name": "Postrider: terms of 2026", "files": aFile()}, register: handle(s, func(ctx context.Context, c app.Caller, in *putAgreementIn) (app.Agreement, error) {
				return a.PutAgreement(ctx, c, app.AgreementAsk{Name: in.Body.Name, Service: in.Body.Service, Packs: in.Body.Packs, Files: in.Body.Files})
			})},
		{id: "getAgreement", method: get, path: "/agreement/{agreement}", tag: "agreement", need: account.ReadAgreement, says: "A version of an agreement, judged",
			more: "For each requirement its state, the passage word for word with its clause and page, who owes it, the numbers, why, and wording to propose; what changed since the version before.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *agreementIn) (app.AgreementReading, error) {
				return a.Agreement(ctx, c, in.Agreement, in.Version)
			})},
		{id: "putAgreementVersion", method: post, path: "/agreement/{agreement}/version", tag: "agreement", need: account.EditAgreement, ref: agreementRef, status: 201, most: agreementMost, says: "Hand in the files of a new version",
			more: "It is compared with the version before clause by clause; a decision holds on where the words that it was given on are the same.", example: map[string]any{"files": aFile()},
			register: handle(s, func(ctx context.Context, c app.Caller, in *putVersionIn) (app.Agreement, error) {
				return a.PutAgreement(ctx, c, app.AgreementAsk{ID: in.Agreement, Packs: in.Body.Packs, Files: in.Body.Files})
			})},
		{id: "decideAgreement", method: post, path: "/agreement/{agreement}/decide", tag: "agreement", need: account.ReviewAgreement, ref: agreementRef, says: "Accept a finding, override it, or send it to counsel",
			more: "An override says what the state is, and why.", example: map[string]any{"key": "gdpr28/incident-notice", "verdict": "accepted"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *decideIn) (app.Agreement, error) {
				return a.DecideAgreement(ctx, c, in.Agreement, agreement.Decision{Key: in.Body.Key, Verdict: in.Body.Verdict, State: in.Body.State, Reason: in.Body.Reason})
			})},
		{id: "reportAgreement", method: post, path: "/agreement/{agreement}/report", tag: "agreement", need: account.IssueReport, gives: agreementKinds(), says: "Write the report of a review",
			more: "The same version with the same decisions gives the same bytes. That it was issued, and its SHA-256, is written into the log.", example: map[string]any{"format": "pdf"},
			register: handleFile(s, func(ctx context.Context, c app.Caller, in *agreementReportIn) (file, error) {
				if _, err := a.Agreement(ctx, c, in.Agreement, in.Version); err != nil {
					return file{}, err // the name of the file holds it
				}
				kind, ending := kindOf(in.Body.Format)
				return s.spool(c.Org+"-agreement-"+in.Agreement+ending, kind, func(w io.Writer) error {
					return a.AgreementReport(ctx, c, in.Agreement, in.Version, in.Body.Format, w)
				})
			})},
		{id: "removeAgreement", method: del, path: "/agreement/{agreement}", tag: "agreement", need: account.EditAgreement, ref: agreementRef, says: "Take an agreement off the list",
			more: "The log keeps that it was there, and its files.",
			register: handleNone(s, func(ctx context.Context, c app.Caller, in *removeAgreementIn) error {
				return a.RemoveAgreement(ctx, c, in.Agreement)
			})},
	}
}

func agreementKinds() []string {
	var out []string
	for _, f := range app.AgreementFormats() {
		kind, _ := kindOf(f)
		kind, _, _ = mediaType(kind)
		out = append(out, kind)
	}
	return out
}
