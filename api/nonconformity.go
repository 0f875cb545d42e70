// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/audit"
)

type (
	foundIn struct {
		Place
		InPage
		State string `query:"state" enum:"noted,raised,analysed,acting,not effective,to verify,closed" doc:"only those in this state"`
	}
	oneFoundIn struct {
		Place
		Nonconformity string `path:"nonconformity" maxLength:"12" doc:"id of a nonconformity" example:"n1"`
	}
	raiseIn struct {
		Place
		Body struct {
			Source      string `json:"source" enum:"certification audit,incident,complaint,monitoring"`
			Grade       string `json:"grade" enum:"major,minor,opportunity"`
			Requirement string `json:"requirement" minLength:"1" maxLength:"4000" doc:"what is not fulfilled"`
			Where       string `json:"where" minLength:"1" maxLength:"4000" doc:"service, process or place"`
			Statement   string `json:"statement" minLength:"1" maxLength:"4000" doc:"the lapse"`
			Evidence    string `json:"evidence" minLength:"1" maxLength:"4000" doc:"what was seen"`
			Due         string `json:"due,omitempty" format:"date" doc:"to be closed by; in 90 days when it is not given"`
		}
	}
	treatIn struct {
		Place
		Nonconformity string `path:"nonconformity" maxLength:"12" doc:"id of a nonconformity" example:"n1"`
		Body          struct {
			Version    int            `json:"version" minimum:"1" doc:"that was seen"`
			Cause      string         `json:"cause,omitempty" maxLength:"4000" doc:"why it came to it"`
			Similar    string         `json:"similar,omitempty" maxLength:"4000" doc:"whether the like exists elsewhere"`
			Correction string         `json:"correction,omitempty" maxLength:"4000" doc:"what was mended at once"`
			Corrected  string         `json:"corrected,omitempty" format:"date"`
			Actions    []audit.Action `json:"actions,omitempty" maxItems:"100" nullable:"false" doc:"so that it does not come again"`
			Decision   string         `json:"decision,omitempty" maxLength:"4000" doc:"why nothing is done about an opportunity"`
		}
	}
	verifyIn struct {
		Place
		Nonconformity string `path:"nonconformity" maxLength:"12" doc:"id of a nonconformity" example:"n1"`
		Body          struct {
			Version   int    `json:"version" minimum:"1" doc:"that was seen"`
			Effective bool   `json:"effective" doc:"whether what was done works"`
			Words     string `json:"words" minLength:"1" maxLength:"4000" doc:"what was looked at"`
		}
	}
)

func nonconformityRef(ctx huma.Context) app.Ref {
	return app.NonconformityRef(ctx.Param("nonconformity"))
}

func (s *server) nonconformityCalls() []call {
	a := s.o.App
	const tag = "nonconformity"
	return []call{
		{id: "listNonconformities", method: get, path: "/nonconformity", tag: tag, need: account.ReadAudit, says: "Nonconformities and opportunities", more: "Each with its state and what of it is late: what is overdue first, then the worse grade; what is closed last.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *foundIn) (Page[app.NonconformityLine], error) {
				all, err := a.Nonconformities(ctx, c)
				if err != nil {
					return Page[app.NonconformityLine]{}, err
				}
				var kept []app.NonconformityLine
				for _, n := range all {
					if in.State == "" || string(n.State) == in.State {
						kept = append(kept, n)
					}
				}
				return paged(kept, in.InPage, func(n app.NonconformityLine) string { return n.ID })
			})},
		{id: "raiseNonconformity", method: post, path: "/nonconformity", tag: tag, need: account.ConductAudit, says: "Raise what no internal audit found", more: "What the certifier, an incident, a complaint or monitoring found; an internal audit raises with answerAudit.",
			example: map[string]any{"source": "certification audit", "grade": "minor", "requirement": "ISO/IEC 27001, 7.2", "where": "support", "statement": "two of ten records of competence are missing", "evidence": "the register of people of 3 November"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *raiseIn) (audit.Nonconformity, error) {
				b := in.Body
				return a.RaiseNonconformity(ctx, c, audit.Nonconformity{Source: audit.Source(b.Source), Grade: audit.Result(b.Grade), Requirement: b.Requirement, Where: b.Where, Statement: b.Statement, Evidence: b.Evidence, Due: audit.Day(b.Due)})
			})},
		{id: "getNonconformity", method: get, path: "/nonconformity/{nonconformity}", tag: tag, need: account.ReadAudit, ref: nonconformityRef, says: "One nonconformity", more: "With its cause, correction, corrective action, and who said whether that works.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *oneFoundIn) (app.NonconformityLine, error) {
				return a.Nonconformity(ctx, c, in.Nonconformity)
			})},
		{id: "treatNonconformity", method: put, path: "/nonconformity/{nonconformity}", tag: tag, need: account.TreatNonconformity, ref: nonconformityRef, says: "Write down what is done about it", more: "Cause, correction and corrective action, whole: what is not sent is taken away.",
			example: map[string]any{"version": 1, "cause": "nobody had the task", "correction": "the records were completed", "corrected": "2026-11-20", "actions": []map[string]string{{"what": "a look at the records every quarter", "owner": "security", "due": "2026-12-31"}}},
			register: handle(s, func(ctx context.Context, c app.Caller, in *treatIn) (app.NonconformityLine, error) {
				b := in.Body
				return a.TreatNonconformity(ctx, c, audit.Nonconformity{ID: in.Nonconformity, Cause: b.Cause, Similar: b.Similar, Correction: b.Correction, Corrected: audit.Day(b.Corrected), Actions: b.Actions, Decision: b.Decision}, b.Version)
			})},
		{id: "verifyNonconformity", method: post, path: "/nonconformity/{nonconformity}/verify", tag: tag, need: account.VerifyNonconformity, ref: nonconformityRef, says: "Say whether what was done works", more: "By somebody who had no hand in it. When it works, the nonconformity is closed.", example: map[string]any{"version": 2, "effective": true, "words": "the protocol of two quarters"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *verifyIn) (app.NonconformityLine, error) {
				return a.VerifyNonconformity(ctx, c, in.Nonconformity, in.Body.Version, in.Body.Effective, in.Body.Words)
			})},
	}
}
