// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/applicability"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/problem"
)

type (
	// InStatement chooses an edition of the statement.
	InStatement struct {
		Place
		Edition string `query:"edition" enum:"2015,2026" doc:"of ISO/IEC 27017; that of the newest assessment when it is not given"`
	}
	oneLineIn struct {
		InStatement
		Line string `path:"line" maxLength:"80" doc:"id of a line of the statement" example:"A.7.4"`
	}
	decideLineIn struct {
		InStatement
		Line string `path:"line" maxLength:"80" doc:"id of a line of the statement" example:"A.7.4"`
		Body struct {
			Version       int    `json:"version" minimum:"0" doc:"of the decision that was seen; 0 when nobody had decided"`
			Applicable    bool   `json:"applicable"`
			Justification string `json:"justification" minLength:"1" maxLength:"4000" doc:"why it applies, or why it does not"`
			Responsible   string `json:"responsible,omitempty" maxLength:"64" doc:"id of a person of the scope"`
		}
	}
	approveIn struct {
		InStatement
		Body struct {
			Digest string `json:"digest" minLength:"8" maxLength:"80" doc:"of the statement that was looked at"`
		}
	}
	statementFile struct {
		InStatement
		Upload
	}
	statementPaperIn struct {
		InStatement
		Body struct {
			Format string `json:"format" enum:"docx,pdf,html,xlsx,yaml,json"`
		}
	}
)

func (in InStatement) edition() catalogue.Edition { return catalogue.Edition(in.Edition) }

func lineRef(ctx huma.Context) app.Ref { return app.ApplicabilityRef(ctx.Param("line")) }

// exampleStatement is a file of decisions that can be sent as it is.
const exampleStatement = `lines:
  - {line: A.7.4, applicable: false, justification: The firm has no premises of its own.}
`

func (s *server) applicabilityCalls() []call {
	a := s.o.App
	const tag = "applicability"
	return []call{
		{id: "getApplicability", method: get, path: "/applicability", tag: tag, need: account.ReadApplicability, says: "The Statement of Applicability",
			more: "Each line of ISO/IEC 27001:2022 Annex A and of ISO/IEC 27017 by party: whether it applies, why, who says so, and how it stands; with the approval and what changed since.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *InStatement) (*app.Applicability, error) {
				return a.Applicability(ctx, c, in.edition())
			})},
		{id: "importApplicability", method: put, path: "/applicability", tag: tag, need: account.EditApplicability, takes: []string{yaml, octets}, example: exampleStatement, most: 32 << 20, says: "Take decisions in",
			more: "From YAML or from the edited workbook: all of it or nothing, and every fault with its place. Lines that it does not name stay.",
			register: handleText(s, func(ctx context.Context, c app.Caller, in *statementFile, data []byte) (imported, error) {
				n, err := a.ImportApplicability(ctx, c, in.edition(), "statement", data)
				return imported{Changed: n}, err
			})},
		{id: "getApplicabilityLine", method: get, path: "/applicability/{line}", tag: tag, need: account.ReadApplicability, says: "One line of the statement", more: "With the risks that it treats, and the answers that its status rests on.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *oneLineIn) (applicability.Line, error) {
				st, err := a.Applicability(ctx, c, in.edition())
				if err != nil {
					return applicability.Line{}, err
				}
				l, ok := st.Line(in.Line)
				if !ok {
					return l, problem.New(problem.NotFound, "the statement has no such line", "getApplicability lists them")
				}
				return l, nil
			})},
		{id: "decideApplicability", method: put, path: "/applicability/{line}", tag: tag, need: account.EditApplicability, ref: lineRef, says: "Decide a line",
			more:    "Whether it applies, and why. The status is derived and never decided.",
			example: map[string]any{"version": 0, "applicable": false, "justification": "The firm has no premises of its own."},
			register: handle(s, func(ctx context.Context, c app.Caller, in *decideLineIn) (applicability.Decision, error) {
				b := in.Body
				return a.DecideApplicability(ctx, c, in.edition(), applicability.Decision{Line: in.Line, Applicable: b.Applicable, Justification: b.Justification, Responsible: b.Responsible}, b.Version)
			})},
		{id: "approveApplicability", method: post, path: "/applicability/approve", tag: tag, need: account.ApproveApplicability, says: "Approve the statement",
			more:    "As it stands: digest is that of the statement that was looked at. A line without a justification stands in the way.",
			example: map[string]any{"digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *approveIn) (applicability.Approval, error) {
				return a.ApproveApplicability(ctx, c, in.edition(), in.Body.Digest)
			})},
		{id: "writeApplicabilityPaper", method: post, path: "/applicability/paper", tag: tag, need: account.IssueReport, says: "The statement as a paper", gives: []string{octets}, example: map[string]any{"format": "docx"},
			more: "What is issued leaves an entry with its SHA-256 in the log; yaml and json are the statement itself and leave none.",
			register: handleFile(s, func(ctx context.Context, c app.Caller, in *statementPaperIn) (file, error) {
				return s.spool(c.Org+"-applicability."+in.Body.Format, octets, func(w io.Writer) error {
					return a.ApplicabilityPaper(ctx, c, in.edition(), in.Body.Format, report.Paper{}, w)
				})
			})},
	}
}
